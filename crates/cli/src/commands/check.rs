//! `daedal check`

use std::path::PathBuf;

use daedal_core::plan;

use super::Common;
use crate::assemble;
use crate::failure::Failure;
use crate::home::Home;
use crate::process::Loaded;
use crate::ui::Ui;

/// Finds every mistake in a process and shows its plan.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Directory of the process, or its process file
    #[arg(default_value = ".")]
    process: PathBuf,
}

impl Check {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find_around(common, &self.process)?;
        let engines = home.as_ref().map(assemble::engines_of).transpose()?;
        let engines = engines.unwrap_or_else(assemble::engines);
        let loaded = Loaded::open(&self.process, &engines)?;
        let tree = plan::tree(&loaded.planned);
        let digest = loaded.planned.bundle.digest();
        let value = serde_json::json!({
            "process": loaded.planned.plan.process,
            "bundle": digest,
            "files": loaded.planned.bundle.files,
            "plan": tree,
            "warnings": loaded.planned.warnings,
        });
        let text = format!("{tree}\nbundle {}\n", digest.short());
        ui.result(&value, &text);
        for warning in &loaded.planned.warnings {
            ui.note(format!(
                "warning: {}\nhelp: {}",
                warning.message, warning.help
            ));
        }
        Ok(0)
    }
}
