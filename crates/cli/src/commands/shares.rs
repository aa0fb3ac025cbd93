//! `daedal shares`

use daedal_core::economy::Asset;
use serde_json::{Value, json};

use super::Common;
use crate::chain::desk::part;
use crate::chain::{self, Looking, amount};
use crate::failure::Failure;
use crate::keys;
use crate::ui::Ui;

/// Shows who has shares of a work, what they can claim, and what is due to the works upstream of it.
#[derive(Debug, clap::Args)]
pub(crate) struct Shares {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    #[command(flatten)]
    looking: Looking,
}

impl Shares {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.looking
            .look(common, ui, "daedal shares", async |desk| {
                let reads = &desk.reads;
                let work = desk.work(&self.work).await?;
                let number = work.work;
                let coins = desk.coins(&work).await?;
                let holders = reads.holders_ever(number).await.map_err(chain::refused)?;
                let contracts = chain::contracts_among(reads, number, &holders).await?;
                // Names are for reading: what is there to see does not hang on them.
                let accounts = keys::addresses(&desk.home).unwrap_or_default();
                let stack = reads.stack(number).await.map_err(chain::refused)?;
                let supply = holders.iter().map(|holder| holder.shares).sum();
                let mut text = format!(
                    "work {number} has {} shares, at {}\n",
                    amount::plain(supply, 18),
                    work.shares
                );
                let (mut listed, mut upstream, mut books) = (Vec::new(), Vec::new(), Vec::new());
                for holder in &holders {
                    let (mut told, mut owed) = (Vec::new(), serde_json::Map::new());
                    for asset in [Asset::Stablecoin, Asset::Native] {
                        let can = reads.owed(&work, holder.account, asset).await;
                        let can = can.map_err(chain::refused)?;
                        told.push(coins.told(asset, can));
                        owed.insert(coins.of(asset).symbol.clone(), can.to_string().into());
                    }
                    let is_owed = owed.values().any(|can| can != "0");
                    if holder.shares.is_zero() && !is_owed {
                        continue;
                    }
                    let is = contracts.get(&holder.account);
                    let mut own = accounts.iter();
                    let own = own.find(|(_, address)| *address == holder.account);
                    let own = own.map(|(name, _)| name);
                    let name = match holder.account == desk.me {
                        true => " (you)".to_owned(),
                        false => is.or(own).map_or_else(String::new, |name| format!(" ({name})")),
                    };
                    text.push_str(&format!(
                        "holder    {}  {:>7}  {:<16} can claim {}{name}\n",
                        holder.account,
                        part(holder.shares, supply),
                        amount::plain(holder.shares, 18),
                        told.join(" and "),
                    ));
                    listed.push(json!({
                        "address": holder.account, "shares": holder.shares.to_string(), "owed": owed,
                        "you": holder.account == desk.me, "account": own, "contract": is,
                    }));
                }
                for (ancestor, rate) in &stack {
                    let (mut told, mut dues) = (Vec::new(), serde_json::Map::new());
                    for asset in [Asset::Stablecoin, Asset::Native] {
                        let due = reads.due(&work, *ancestor, asset).await;
                        let due = due.map_err(chain::refused)?;
                        told.push(coins.told(asset, due));
                        dues.insert(coins.of(asset).symbol.clone(), due.to_string().into());
                    }
                    text.push_str(&format!(
                        "upstream  work {ancestor} has {rate} of the revenue; {} due\n",
                        told.join(" and ")
                    ));
                    upstream.push(json!({ "work": ancestor, "bps": rate.0, "due": dues }));
                }
                for asset in [Asset::Stablecoin, Asset::Native] {
                    let book = reads.revenue(&work, asset).await.map_err(chain::refused)?;
                    text.push_str(&format!(
                        "revenue   {} earned, {} in royalties, {} paid out\n",
                        coins.told(asset, book.gross),
                        coins.told(asset, book.inbound),
                        coins.told(asset, book.paid_out),
                    ));
                    books.push(json!({
                        "coin": coins.of(asset).symbol, "address": coins.of(asset).address,
                        "decimals": coins.of(asset).decimals, "gross": book.gross.to_string(),
                        "inbound": book.inbound.to_string(), "net": book.net.to_string(),
                        "paid_out": book.paid_out.to_string(),
                    }));
                }
                let value: Value = json!({
                    "work": number, "shares": work.shares, "supply": supply.to_string(),
                    "holders": listed, "upstream": upstream, "revenue": books,
                });
                ui.result(&value, &text);
                Ok(0)
            })
    }
}
