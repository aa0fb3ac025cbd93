//! `daedal model`

mod fetch;

use clap::Subcommand;

use super::Common;
use crate::failure::Failure;
use crate::ui::Ui;

/// Brings models that make pictures on this machine, in the layout of Hugging Face's diffusers.
#[derive(Debug, clap::Args)]
pub(crate) struct Model {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Fetch a model from the Hugging Face Hub, and say what to write into daedal.toml
    Fetch(fetch::Fetch),
}

impl Model {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        match self.what {
            What::Fetch(command) => command.run(common, ui),
        }
    }
}
