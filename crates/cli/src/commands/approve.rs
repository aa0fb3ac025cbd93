//! `daedal approve`

use super::Common;
use crate::failure::Failure;
use crate::intents::SignedBy;
use crate::runs::{Answer, decide};
use crate::ui::Ui;

/// Keeps what is suggested, and signs the decision.
#[derive(Debug, clap::Args)]
pub(crate) struct Approve {
    /// First digits of the run, its process, or `latest`
    run: String,
    /// The step that asks
    step: String,
    #[command(flatten)]
    by: SignedBy,
}

impl Approve {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        decide(
            common,
            &self.run,
            &self.step,
            &Answer::Suggested,
            &self.by,
            ui,
        )
    }
}
