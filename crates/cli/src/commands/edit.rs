//! `daedal edit`

use std::path::PathBuf;

use super::Common;
use crate::failure::Failure;
use crate::intents::SignedBy;
use crate::runs::{self, edit};
use crate::ui::Ui;

/// Puts your own version in the place of what a task of a run gave, and signs it. What was made from it is made
/// again by `daedal resume`, questions and all. An image takes the place of an image, a text of a text, a JSON file
/// of fields. A run that was released stands: begin another.
#[derive(Debug, clap::Args)]
pub(crate) struct Edit {
    /// First digits of the run, its process, or `latest`
    run: String,
    /// The step, or one of its tasks: draft, or draft#3
    step: String,
    /// What comes in its place
    #[arg(required_unless_present = "undo")]
    file: Option<PathBuf>,
    /// Take your edits back: what the task gave by itself stands again
    #[arg(long, conflicts_with = "file")]
    undo: bool,
    #[command(flatten)]
    by: SignedBy,
}

impl Edit {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let what = self.file.map_or(runs::Edit::Undo, runs::Edit::File);
        edit(common, &self.run, &self.step, &what, &self.by, ui)
    }
}
