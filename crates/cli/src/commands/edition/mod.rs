//! `daedal edition`

mod list;
mod trade;
mod verify;

use alloy_primitives::U256;
use clap::Subcommand;
use daedal_chain::operations::{Edition as Found, Ledgers};

use super::Common;
use crate::chain;
use crate::failure::Failure;
use crate::hint;
use crate::ui::Ui;

/// The tokens of published assets.
#[derive(Debug, clap::Args)]
pub(crate) struct Edition {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the editions of a work
    List(list::List),
    /// Buy an edition from the shop, at its price
    Buy(trade::Buy),
    /// Give an edition to another account
    Transfer(trade::Transfer),
    /// Check that a file is the one that an edition stands for
    Verify(verify::Verify),
}

impl Edition {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        match self.what {
            What::List(command) => command.run(common, ui),
            What::Buy(command) => command.run(common, ui),
            What::Transfer(command) => command.run(common, ui),
            What::Verify(command) => command.run(common, ui),
        }
    }
}

/// The number of a token, as somebody names it: by itself, or behind its CAIP-19 name.
fn named(token: &str) -> Result<U256, Failure> {
    let name = token.rsplit('/').next().unwrap_or(token);
    chain::token(name).ok_or_else(|| {
        Failure::new(format!("`{token}` is no token")).help(format!(
            "`{} edition list PROCESS` shows the tokens",
            hint::daedal()
        ))
    })
}

/// An edition that is there.
async fn find(reads: &Ledgers, token: U256) -> Result<Found, Failure> {
    let found = reads.edition(token).await.map_err(chain::refused)?;
    found.ok_or_else(|| {
        Failure::new(format!("there is no edition {token:#x} on this chain")).help(format!(
            "`{} edition list PROCESS` shows the tokens",
            hint::daedal()
        ))
    })
}
