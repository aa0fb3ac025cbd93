//! `daedal offer show`

use daedal_chain::operations::{Offering, OfferingState};
use daedal_core::run::Moment;
use serde_json::{Value, json};

use super::next;
use crate::chain::desk::Desk;
use crate::chain::{self, Looking, amount};
use crate::commands::Common;
use crate::failure::Failure;
use crate::text;
use crate::ui::Ui;

/// Lists all offerings, or those of a work, or shows one by its number.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// Number of an offering
    offering: Option<u64>,
    /// Only those of this work
    #[arg(long, conflicts_with = "offering")]
    work: Option<String>,
    #[command(flatten)]
    looking: Looking,
}

impl Show {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.looking
            .look(common, ui, "daedal offer show", async |desk| {
                let reads = &desk.reads;
                let now = desk.now().await?;
                if let Some(number) = self.offering {
                    let offering = reads.offering(number).await.map_err(chain::refused)?;
                    let (value, text) = told(desk, &offering, now).await?;
                    ui.result(&value, &text);
                    return Ok(0);
                }
                let work = match &self.work {
                    Some(work) => Some(desk.work(work).await?.work),
                    None => None,
                };
                let offerings = reads.offerings(work).await.map_err(chain::refused)?;
                let (mut listed, mut text) = (Vec::new(), String::new());
                for offering in &offerings {
                    let (value, told) = told(desk, offering, now).await?;
                    listed.push(value);
                    text.push_str(&told);
                }
                if offerings.is_empty() {
                    text.push_str("no offerings: `daedal offer create` makes one\n");
                }
                ui.result(&Value::Array(listed), &text);
                Ok(0)
            })
    }
}

async fn told(desk: &Desk, offering: &Offering, now: u64) -> Result<(Value, String), Failure> {
    let reads = &desk.reads;
    let work = reads.work(offering.work).await.map_err(chain::refused)?;
    let coins = desk.coins(&work).await?;
    let lots = reads.lots_of(offering, desk.me).await;
    let lots = lots.map_err(chain::refused)?;
    let terms = &offering.terms;
    let number = offering.number;
    let ended = offering.lots_sold == terms.lots_max || now >= terms.deadline;
    let (word, step) = match offering.state {
        OfferingState::Open if ended => ("ended", next("finalize", number)),
        OfferingState::Open => ("open", next("buy", number) + " LOTS"),
        OfferingState::Succeeded => ("succeeded", next("claim", number)),
        OfferingState::Failed => ("failed", next("refund", number)),
    };
    let mut text = format!(
        "offering {number}  {word}\n  \
         work      {}\n  issuer    {}{}\n  lots      {} of {} sold, at least {} needed\n  \
         lot       {} shares at {}\n  until     {}\n  treasury  {}\n  notice    {}\n",
        offering.work,
        offering.issuer,
        desk.you(offering.issuer),
        offering.lots_sold,
        terms.lots_max,
        terms.lots_min,
        amount::plain(terms.lot, 18),
        coins.told(terms.asset, terms.price),
        text::moment(Moment(terms.deadline * 1_000)),
        offering.treasury,
        terms.notice,
    );
    if let Some(root) = terms.allow_list {
        text.push_str(&format!("  only      accounts of the list {root}\n"));
    }
    if lots > 0 {
        let lots = text::count(lots as usize, "lot");
        text.push_str(&format!(
            "  you       {lots}, neither claimed nor refunded\n"
        ));
    }
    text.push_str(&format!("  next      {step}\n"));
    let value = json!({
        "offering": number, "address": offering.address, "work": offering.work,
        "issuer": offering.issuer, "your_lots": lots, "state": word, "lots_sold": offering.lots_sold,
        "lots": terms.lots_max, "min": terms.lots_min, "lot": terms.lot.to_string(),
        "coin": coins.of(terms.asset).symbol, "price": terms.price.to_string(),
        "deadline": terms.deadline, "treasury": offering.treasury,
        "withdrawn": offering.withdrawn, "allow_list": terms.allow_list, "notice": terms.notice,
    });
    Ok((value, text))
}
