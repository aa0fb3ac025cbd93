//! `daedal commission`

mod before;
mod bring;
mod deliver;
mod delivery;
mod open;
mod order;
mod overview;
mod standing;
mod steps;
mod voted;

use alloy_primitives::B256;
use clap::Subcommand;
use daedal_chain::operations::{Commission as Found, Ledgers};

use super::Common;
use crate::chain;
use crate::failure::Failure;
use crate::ui::Ui;

/// Digits of a commission's name that are enough to look for it.
const DIGITS_MIN: usize = 4;

/// Paid runs: a client orders a run and pays into escrow; whoever operates the work delivers it, and the
/// work is paid.
#[derive(Debug, clap::Args)]
pub(crate) struct Commission {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Order a run, and pay for it into escrow
    Open(Box<open::Open>),
    /// Open a commission that its client has paid by a signature
    Bring(bring::Bring),
    /// List commissions: what waits for whom, and until when
    List(overview::List),
    /// Show a commission
    Show(overview::Show),
    /// Carry out what was ordered, anchor it and submit it
    Deliver(deliver::Deliver),
    /// Take a delivered run, and pay the work: the client's
    Accept(steps::Accept),
    /// Refuse a delivered run, for the arbiter to decide: the client's
    Dispute(steps::Dispute),
    /// Decide about a disputed run: the arbiter's
    Decide(steps::Decide),
    /// End a commission whose time to dispute or decide is over: anyone's
    Settle(steps::Settle),
    /// Give the client back what nobody delivered: anyone's after the deadline, an operator's before
    Refund(steps::Refund),
    /// Take what a commission could not pay out
    Withdraw(steps::Withdraw),
}

impl Commission {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        match self.what {
            What::Open(command) => command.run(common, ui),
            What::Bring(command) => command.run(common, ui),
            What::List(command) => command.run(common, ui),
            What::Show(command) => command.run(common, ui),
            What::Deliver(command) => command.run(common, ui),
            What::Accept(command) => command.run(common, ui),
            What::Dispute(command) => command.run(common, ui),
            What::Decide(command) => command.run(common, ui),
            What::Settle(command) => command.run(common, ui),
            What::Refund(command) => command.run(common, ui),
            What::Withdraw(command) => command.run(common, ui),
        }
    }
}

/// The commission that somebody means: by its name, or by so many of its digits that there is no other.
async fn find(reads: &Ledgers, name: &str) -> Result<Found, Failure> {
    let digits = name.strip_prefix("0x").unwrap_or(name).to_ascii_lowercase();
    let unknown = || {
        Failure::new(format!("there is no commission `{name}` on this chain"))
            .help("name one by its digits; `daedal commission list --all` shows them")
    };
    let is_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digits.len() < DIGITS_MIN || !is_digits {
        return Err(unknown());
    }
    if let Ok(id) = digits.parse::<B256>() {
        let found = reads.commission(id).await.map_err(chain::refused)?;
        return found.ok_or_else(unknown);
    }
    let all = reads.commissions().await.map_err(chain::refused)?;
    let mut meant = all
        .into_iter()
        .filter(|known| known.id.to_string()[2..].starts_with(&digits));
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(
            Failure::new(format!("several commissions begin with {name}"))
                .help("give more digits; `daedal commission list --all` shows them"),
        ),
        _ => Err(unknown()),
    }
}

/// As many digits as tell commissions apart.
fn short(id: B256) -> String {
    id.to_string()[2..18].to_owned()
}
