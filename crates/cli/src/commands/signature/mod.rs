//! `daedal signature`

mod build;
mod drift;
mod show;
mod test;

use clap::Subcommand;

use super::Common;
use crate::failure::Failure;
use crate::ui::Ui;

/// Keeps the hand of a process recognisable: measures its references in colour, composition, edge and texture,
/// and tells how far other pictures are from them. 1 is as far as the references are from one another.
#[derive(Debug, clap::Args)]
pub(crate) struct Signature {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Measure the references and keep their profile beside them
    Build(build::Build),
    /// Show the profile: colours, edges, texture, placement
    Show(show::Show),
    /// Tell how far pictures are from the references: inside, near (exit code 20) or outside (21)
    Test(test::Test),
    /// Show how far the runs of this studio were from the references, over time
    Drift(drift::Drift),
}

impl Signature {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        match self.what {
            What::Build(command) => command.run(ui),
            What::Show(command) => command.run(ui),
            What::Test(command) => command.run(ui),
            What::Drift(command) => command.run(common, ui),
        }
    }
}
