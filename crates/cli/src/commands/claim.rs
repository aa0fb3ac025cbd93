//! `daedal claim`

use daedal_core::economy::Asset;
use serde_json::json;

use super::Common;
use crate::chain::{self, Acting};
use crate::failure::Failure;
use crate::ui::Ui;

/// Takes what your shares of a work have earned. Nobody else can take it; what is not taken waits.
#[derive(Debug, clap::Args)]
pub(crate) struct Claim {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    /// Where it goes: an address, or the name of an account of this studio [default: the account that claims]
    #[arg(long, value_name = "WHO")]
    to: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

impl Claim {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal claim", async |desk| {
                let work = desk.work(&self.work).await?;
                let to = match &self.to {
                    Some(name) => desk.who(name)?,
                    None => desk.me,
                };
                if to == work.shares {
                    return Err(Failure::new(format!(
                        "{to} is the address of the shares of work {} themselves",
                        work.work
                    ))
                    .help(
                        "what arrives there is revenue of all holders again: leave --to away, or name who \
                         gets it",
                    ));
                }
                let coins = desk.coins(&work).await?;
                let (mut claimed, mut told) = (serde_json::Map::new(), Vec::new());
                for asset in [Asset::Stablecoin, Asset::Native] {
                    let owed = desk.reads.owed(&work, desk.me, asset).await;
                    let owed = owed.map_err(chain::refused)?;
                    let coin = coins.of(asset);
                    if owed.is_zero() {
                        claimed.insert(coin.symbol.clone(), "0".into());
                        continue;
                    }
                    let amount = coins.told(asset, owed);
                    let what = format!("claim:{}:{}:{to}", work.work, coin.address);
                    let words = format!("claim {amount} of work {} to {to}", work.work);
                    let receipt = desk.ensure(&what, &work.claim(asset, to), &words).await?;
                    let taken = receipt.map_or(owed, |receipt| work.claimed(&receipt, asset));
                    claimed.insert(coin.symbol.clone(), taken.to_string().into());
                    told.push(coins.told(asset, taken));
                }
                let text = match told.is_empty() {
                    true => format!("{} has nothing to claim of work {}\n", desk.me, work.work),
                    false => format!(
                        "claimed {} of work {} to {to}\n",
                        told.join(" and "),
                        work.work
                    ),
                };
                let value = json!({
                    "work": work.work, "account": desk.me, "to": to, "claimed": claimed,
                });
                desk.result(value, &text).await
            })
    }
}
