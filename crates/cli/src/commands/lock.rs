//! `daedal lock`

use std::path::PathBuf;

use serde_json::json;

use super::Common;
use crate::bundles::Sources;
use crate::chain::Looking;
use crate::failure::Failure;
use crate::process::write_lock;
use crate::ui::Ui;

/// Pins what a process is made with, in `process.lock` beside it: the versions of its engines, and the bundles of
/// works that are steps of it. Processes that are steps by digest or work are fetched from the studio into `bundles/`.
#[derive(Debug, clap::Args)]
pub(crate) struct Lock {
    /// Directory of the process, or its process file
    #[arg(default_value = ".")]
    process: PathBuf,
    /// Fetch the newest versions of works that are steps, in the place of those that are there
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    looking: Looking,
}

impl Lock {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let sources = Sources {
            common,
            looking: &self.looking,
            ui,
        };
        let fetched = sources.fetch(&self.process, self.update)?;
        let fetched: Vec<String> = fetched
            .iter()
            .map(|place| place.display().to_string())
            .collect();
        let (place, content) = write_lock(&self.process)?;
        let mut text = String::new();
        for folder in &fetched {
            text.push_str(&format!("fetched {folder}\n"));
        }
        text.push_str(&format!("wrote {}\n{content}", place.display()));
        let value = json!({ "file": place, "content": content, "fetched": fetched });
        ui.result(&value, &text);
        Ok(0)
    }
}
