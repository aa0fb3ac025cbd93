//! `daedal collect`

use daedal_core::economy::Asset;
use serde_json::json;

use super::Common;
use crate::chain::{self, Acting};
use crate::failure::Failure;
use crate::hint;
use crate::ui::Ui;

/// Has a work pay the works upstream of it what is due to them. Anyone may ask for it: it goes to the
/// shares of those works and nowhere else.
#[derive(Debug, clap::Args)]
pub(crate) struct Collect {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    /// Only for this work upstream
    #[arg(long = "for", value_name = "WORK")]
    upstream: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

impl Collect {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal collect", async |desk| {
                let work = desk.work(&self.work).await?;
                let coins = desk.coins(&work).await?;
                let mut stack = desk.reads.stack(work.work).await.map_err(chain::refused)?;
                if let Some(name) = &self.upstream {
                    let only = desk.work(name).await?.work;
                    stack.retain(|(ancestor, _)| *ancestor == only);
                    if stack.is_empty() {
                        return Err(Failure::new(format!(
                            "work {only} does not stand upstream of work {}",
                            work.work
                        ))
                        .help(format!(
                            "`{} show {}` lists what does",
                            hint::daedal(),
                            work.work
                        )));
                    }
                }
                let (mut paid, mut text) = (Vec::new(), String::new());
                for (ancestor, _) in stack {
                    for asset in [Asset::Stablecoin, Asset::Native] {
                        let due = desk.reads.due(&work, ancestor, asset).await;
                        let due = due.map_err(chain::refused)?;
                        if due.is_zero() {
                            continue;
                        }
                        let told = coins.told(asset, due);
                        let coin = coins.of(asset);
                        let what = format!("collect:{}:{ancestor}:{}", work.work, coin.address);
                        let words = format!("pay {told} of work {} to work {ancestor}", work.work);
                        desk.ensure(&what, &work.collect(ancestor, asset), &words)
                            .await?;
                        text.push_str(&format!("paid {told} to work {ancestor}\n"));
                        paid.push(json!({
                            "to": ancestor, "coin": coin.symbol, "amount": due.to_string(),
                        }));
                    }
                }
                if text.is_empty() {
                    text = format!("work {} owes nothing upstream\n", work.work);
                }
                desk.result(json!({ "work": work.work, "paid": paid }), &text)
                    .await
            })
    }
}
