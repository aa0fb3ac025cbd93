//! `daedal offer buy`

use std::path::PathBuf;

use daedal_chain::operations::OfferingState;
use daedal_core::economy::Asset;
use serde_json::json;

use super::{allow_list, next, notice_of, tree_of};
use crate::chain::{self, Acting, amount};
use crate::commands::Common;
use crate::failure::Failure;
use crate::text::count;
use crate::ui::Ui;

/// Buys lots of an offering. They are yours to claim once it has succeeded; if it fails, your money is
/// yours to take back.
#[derive(Debug, clap::Args)]
pub(crate) struct Buy {
    /// Number of the offering
    offering: u64,
    /// How many lots
    lots: u32,
    /// The accounts that may buy, where the issuer sells only to some: the same file
    #[arg(long, value_name = "FILE")]
    only: Option<PathBuf>,
    /// The issuer's own notice, where there is one
    #[arg(long, value_name = "FILE")]
    notice: Option<PathBuf>,
    /// Agree with the notice without being asked
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    acting: Acting,
}

impl Buy {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal offer buy", async |desk| {
                let offering = desk.reads.offering(self.offering).await;
                let offering = offering.map_err(chain::refused)?;
                let number = offering.number;
                let left = offering.terms.lots_max - offering.lots_sold;
                let over = desk.now().await? >= offering.terms.deadline;
                if offering.state != OfferingState::Open || over {
                    return Err(Failure::new(format!("offering {number} is over"))
                        .help(format!("see what came of it: {}", next("show", number))));
                }
                if self.lots == 0 || self.lots > left {
                    return Err(Failure::new(format!(
                        "{} can't be bought of offering {number}: {} left",
                        count(self.lots as usize, "lot"),
                        count(left as usize, "lot"),
                    ))
                    .help(format!("buy from 1 to {left}")));
                }
                let text = notice_of(&offering, self.notice.as_ref())?;
                let proof = match (offering.terms.allow_list, &self.only) {
                    (None, _) => Vec::new(),
                    (Some(_), None) => {
                        return Err(Failure::new(format!(
                            "offering {number} is only for accounts on its list"
                        ))
                        .help("get the list from the issuer, and give it with --only FILE"));
                    }
                    (Some(root), Some(file)) => {
                        let accounts = allow_list(&desk.home, file)?;
                        let tree = tree_of(&accounts);
                        let place = accounts.iter().position(|account| *account == desk.me);
                        let proof = place.and_then(|place| tree.path(place as u64));
                        match proof.filter(|_| tree.root() == root) {
                            Some(proof) => proof,
                            None if tree.root() != root => {
                                return Err(Failure::new(format!(
                                    "{} is not the list of offering {number}",
                                    file.display()
                                ))
                                .help("ask the issuer for the list with which it was created"));
                            }
                            None => {
                                return Err(Failure::new(format!(
                                    "{} is not on the list of offering {number}",
                                    desk.me
                                ))
                                .help("act as an account that is: --account NAME"));
                            }
                        }
                    }
                };
                let work = desk.work(&offering.work.to_string()).await?;
                let coins = desk.coins(&work).await?;
                let (asset, cost) = (offering.terms.asset, offering.cost(self.lots));
                let (coin, told) = (coins.of(asset), coins.told(asset, cost));
                desk.require(coin, cost).await?;
                desk.acknowledge(self.yes, &text)?;
                if asset == Asset::Stablecoin {
                    desk.allow(coin, offering.address, cost, &told).await?;
                }
                let shares = offering.terms.lot * alloy_primitives::U256::from(self.lots);
                let told_shares = amount::plain(shares, 18);
                let lots = count(self.lots as usize, "lot");
                let what = format!("buy-lots:{number}:{}", self.lots);
                let words = format!("buy {lots} of offering {number} for {told}");
                desk.act(&what, &offering.buy(self.lots, proof), &words).await?;
                let value = json!({
                    "offering": number, "work": offering.work, "buyer": desk.me,
                    "lots": self.lots, "shares": shares.to_string(), "coin": coin.symbol,
                    "cost": cost.to_string(),
                });
                let text = format!(
                    "bought {lots} of offering {number} for {told}: {told_shares} shares of work {} once it \
                     has succeeded\n  then    {}\n",
                    offering.work,
                    next("claim", number),
                );
                desk.result(value, &text).await
            })
    }
}
