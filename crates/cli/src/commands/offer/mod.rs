//! `daedal offer`

mod buy;
mod create;
mod end;
mod show;

use std::path::{Path, PathBuf};

use alloy_primitives::{Address, B256};
use clap::Subcommand;
use daedal_chain::operations::{Offering, allowed_leaf};
use daedal_core::merkle::Tree;

use super::Common;
use crate::chain::desk::who;
use crate::chain::notice;
use crate::failure::Failure;
use crate::home::Home;
use crate::ui::Ui;

/// Offers shares of a work at a fixed price, to raise capital for it. The money goes to the work's
/// treasury if enough is sold by the deadline, and back to the buyers if not; until then nobody has it.
#[derive(Debug, clap::Args)]
pub(crate) struct Offer {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Offer shares of yours
    Create(create::Create),
    /// List offerings, or show one
    Show(show::Show),
    /// Buy lots of an offering
    Buy(buy::Buy),
    /// End an offering that is sold out or past its deadline, and send the money to the treasury
    Finalize(end::Finalize),
    /// Take the shares that you bought, and what they earned while the offering held them
    Claim(end::Claim),
    /// Take your money back from an offering that failed
    Refund(end::Refund),
}

impl Offer {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        match self.what {
            What::Create(command) => command.run(common, ui),
            What::Show(command) => command.run(common, ui),
            What::Buy(command) => command.run(common, ui),
            What::Finalize(command) => command.run(common, ui),
            What::Claim(command) => command.run(common, ui),
            What::Refund(command) => command.run(common, ui),
        }
    }
}

/// The text that buyers are told: from a file, or our own.
fn notice_text(file: Option<&Path>) -> Result<String, Failure> {
    let Some(file) = file else {
        return Ok(notice::SHARES.to_owned());
    };
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::because(format!("{} can't be read", file.display()), &error)
            .help("the notice is a text in UTF-8")
    })?;
    match text.trim().is_empty() {
        true => Err(Failure::new(format!("{} is empty", file.display())).help(
            "say what buyers get, and what they do not; or leave --notice away for our text",
        )),
        false => Ok(text),
    }
}

/// The notice of an offering, which has to be the one that its digest names.
fn notice_of(offering: &Offering, file: Option<&PathBuf>) -> Result<String, Failure> {
    let text = notice_text(file.map(PathBuf::as_path))?;
    if notice::digest_of(&text) == offering.terms.notice {
        return Ok(text);
    }
    Err(match file {
        Some(file) => Failure::new(format!(
            "{} is not the notice of offering {}",
            file.display(),
            offering.number
        ))
        .help("ask the issuer for the file whose digest the offering names, byte for byte"),
        None => Failure::new(format!(
            "offering {} has a notice of its own, with the digest {}",
            offering.number, offering.terms.notice
        ))
        .help("get its text from the issuer, read it, and give it with --notice FILE"),
    })
}

/// Accounts that may buy, one a line; what follows a `#` is a remark.
fn allow_list(home: &Home, file: &Path) -> Result<Vec<Address>, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::because(format!("{} can't be read", file.display()), &error))?;
    let mut accounts = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if !line.is_empty() {
            accounts.push(who(home, line)?);
        }
    }
    accounts.sort_unstable();
    accounts.dedup();
    match accounts.is_empty() {
        true => Err(Failure::new(format!("{} names nobody", file.display()))
            .help("write one account a line, or leave --only away to sell to anyone")),
        false => Ok(accounts),
    }
}

/// The tree of an allow-list: its order does not matter.
fn tree_of(accounts: &[Address]) -> Tree {
    let leaves: Vec<B256> = accounts
        .iter()
        .map(|account| allowed_leaf(*account))
        .collect();
    Tree::over(&leaves)
}

fn next(verb: &str, number: u64) -> String {
    format!("{} offer {verb} {number}", crate::hint::daedal())
}
