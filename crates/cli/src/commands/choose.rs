//! `daedal choose`

use super::Common;
use crate::failure::Failure;
use crate::intents::SignedBy;
use crate::runs::{Answer, decide};
use crate::ui::Ui;

/// Keeps these of what a run shows, and signs the decision.
#[derive(Debug, clap::Args)]
pub(crate) struct Choose {
    /// First digits of the run, its process, or `latest`
    run: String,
    /// The step that asks
    step: String,
    /// What to keep: numbers on the contact sheet, or first digits of an asset's SHA-256
    #[arg(required = true, value_name = "ASSET")]
    assets: Vec<String>,
    #[command(flatten)]
    by: SignedBy,
}

impl Choose {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        decide(
            common,
            &self.run,
            &self.step,
            &Answer::Keep(self.assets),
            &self.by,
            ui,
        )
    }
}
