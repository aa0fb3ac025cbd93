//! `daedal edition`

mod trade;
mod verify;

use alloy_primitives::U256;
use clap::Subcommand;
use daedal_chain::operations::{Edition as Found, Ledgers};
use serde_json::{Value, json};

use super::Common;
use super::show::number;
use crate::chain::{self, amount};
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on};
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
    List {
        /// A process of this studio, the number of a work, or its CAIP-19 name
        work: String,
    },
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
            What::List { work } => list(&Home::find(common)?, &work, ui),
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

fn list(home: &Home, work: &str, ui: Ui) -> Result<u8, Failure> {
    block_on(async {
        let (studio, client) = chain::look(home, "daedal edition list").await?;
        let reads = chain::ledgers(home, &studio, &client).await?;
        let work = number(home, &studio, &reads, work).await?;
        // A work that is not there is told as such, and not as one without editions.
        let by = reads.work(work).await.map_err(chain::refused)?.owner;
        let editions = reads.editions(work).await.map_err(chain::refused)?;
        let mints = reads.mints(work).await.map_err(chain::refused)?;
        let (chain_id, contract) = (reads.client().chain_id(), reads.deployment().editions);
        let mut text = String::new();
        let mut listed: Vec<Value> = Vec::new();
        for edition in &editions {
            let in_shop = edition.owner == contract;
            let price = match in_shop {
                true => reads
                    .shop_price(edition.token)
                    .await
                    .map_err(chain::refused)?,
                false => None,
            };
            let price = match price {
                Some((asset, price)) => {
                    let coin = reads.coin(asset).await.map_err(chain::refused)?;
                    Some((amount::told(&coin, price), coin.symbol, price))
                }
                None => None,
            };
            let owner = match (in_shop, &price) {
                (true, Some((told, ..))) => format!("in the shop for {told}"),
                (true, None) => "in the shop".to_owned(),
                _ => edition.owner.to_checksum(None),
            };
            let mint = mints.iter().find(|mint| mint.batch == edition.batch);
            let (version, run) = mint.map(|mint| (mint.version, mint.run_root)).unzip();
            text.push_str(&format!(
                "{:#x}\n  number {} of mint {}, version {}, run root {}\n  {owner}\n  {}\n",
                edition.token,
                edition.index,
                edition.batch,
                version.unwrap_or_default(),
                run.unwrap_or_default(),
                edition.uri
            ));
            listed.push(json!({
                "token": chain::caip19(chain_id, contract, edition.token),
                "id": format!("{:#066x}", edition.token), "batch": edition.batch,
                "index": edition.index, "owner": edition.owner, "in_shop": in_shop,
                "price": price.as_ref().map(|(_, _, price)| price.to_string()),
                "coin": price.as_ref().map(|(_, coin, _)| coin),
                "uri": edition.uri, "version": version, "run_root": run, "anchored_by": by,
            }));
        }
        if !editions.is_empty() {
            text.push_str(
                "check one: `daedal edition verify TOKEN FILE`, with its anchor.json and attestation beside the file\n",
            );
        }
        if editions.is_empty() {
            text.push_str(
                "no editions yet: `release: editions:` of the process says what is minted\n",
            );
        }
        ui.result(&Value::Array(listed), &text);
        Ok(0)
    })
}
