//! `daedal edition list`

use serde_json::{Value, json};

use super::Common;
use crate::chain::{self, Looking, amount};
use crate::failure::Failure;
use crate::ui::Ui;

/// Lists the editions of a work.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    #[command(flatten)]
    looking: Looking,
}

impl List {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.looking.look(common, ui, "daedal edition list", async |desk| {
        let reads = &desk.reads;
        // A work that is not there is told as such, and not as one without editions.
        let work = desk.work(&self.work).await?;
        let (work, by) = (work.work, work.owner);
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
                _ => format!(
                    "{}{}",
                    edition.owner.to_checksum(None),
                    desk.you(edition.owner)
                ),
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
                "yours": edition.owner == desk.me,
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
}
