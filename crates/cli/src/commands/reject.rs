//! `daedal reject`

use super::Common;
use crate::failure::Failure;
use crate::intents::SignedBy;
use crate::runs::{Answer, decide};
use crate::ui::Ui;

/// Keeps nothing of what is shown, and signs the decision.
#[derive(Debug, clap::Args)]
pub(crate) struct Reject {
    /// First digits of the run, its process, or `latest`
    run: String,
    /// The step that asks
    step: String,
    #[command(flatten)]
    by: SignedBy,
}

impl Reject {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        decide(
            common,
            &self.run,
            &self.step,
            &Answer::Nothing,
            &self.by,
            ui,
        )
    }
}
