//! `daedal chain`

mod deploy;
mod fund;
mod serve;
mod status;

use alloy_primitives::Address;
use clap::Subcommand;
use daedal_chain::deployment::Deployment;

use super::Common;
use crate::failure::Failure;
use crate::ui::Ui;

/// The chain that the studio's works are on.
#[derive(Debug, clap::Args)]
pub(crate) struct Chain {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show which chain it is, and where the contracts are
    Status(status::Status),
    /// Serve the embedded chain as JSON-RPC, for wallets and other tools, until Ctrl-C
    Serve(serve::Serve),
    /// Make the contracts on the chain under [chain], from the studio's account
    Deploy(deploy::Deploy),
    /// Give an account worthless money, on the embedded chain or one with test money
    Fund(fund::Fund),
}

impl Chain {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        match self.what {
            What::Status(command) => command.run(common, ui),
            What::Serve(command) => command.run(common, ui),
            What::Deploy(command) => command.run(common, ui),
            What::Fund(command) => command.run(common, ui),
        }
    }
}

/// Contracts by the names that they have under [chain].
fn named(at: &Deployment) -> [(&'static str, Address); 8] {
    [
        ("registry", at.registry),
        ("anchor", at.anchor),
        ("editions", at.editions),
        ("asset", at.asset),
        ("capital", at.capital),
        ("market", at.market),
        ("commissions", at.commissions),
        ("governance", at.governance),
    ]
}
