//! `daedal market show`

use daedal_chain::operations::{Goods, Listing};
use daedal_core::run::Moment;
use serde_json::{Value, json};

use super::state_of;
use crate::chain::desk::Desk;
use crate::chain::{self, Looking, amount};
use crate::commands::Common;
use crate::failure::Failure;
use crate::text;
use crate::ui::Ui;

/// Shows what is for sale.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// Only of this work
    work: Option<String>,
    /// With what is sold, over or taken back
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    looking: Looking,
}

impl Show {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.looking
            .look(common, ui, "daedal market show", async |desk| {
                let reads = &desk.reads;
                let now = desk.now().await?;
                let only = match &self.work {
                    Some(work) => Some(desk.work(work).await?.work),
                    None => None,
                };
                let cancelled = reads.cancelled_listings().await;
                let cancelled = cancelled.map_err(chain::refused)?;
                let count = reads.listings().await.map_err(chain::refused)?;
                let (mut listed, mut text) = (Vec::new(), String::new());
                for number in 1..=count {
                    let listing = reads.listing(number).await.map_err(chain::refused)?;
                    let state = match state_of(&listing, now) {
                        "sold" if cancelled.contains(&number) => "taken back",
                        state => state,
                    };
                    let wanted = only.is_none_or(|work| work == listing.work);
                    if !wanted || !self.all && state != "open" {
                        continue;
                    }
                    let (value, told) = told(desk, &listing, state).await?;
                    listed.push(value);
                    text.push_str(&told);
                }
                if listed.is_empty() {
                    text.push_str(
                        "nothing is for sale: `daedal market list` lists shares or an edition\n",
                    );
                }
                ui.result(&Value::Array(listed), &text);
                Ok(0)
            })
    }
}

async fn told(desk: &Desk, listing: &Listing, state: &str) -> Result<(Value, String), Failure> {
    let work = desk.reads.work(listing.work).await;
    let coins = desk.coins(&work.map_err(chain::refused)?).await?;
    let (kind, goods, edition) = match listing.goods {
        Goods::Edition { token, .. } => (
            "edition",
            format!("edition {token:#x}"),
            Some(format!("{token:#066x}")),
        ),
        Goods::Shares { amount, left } => {
            let (left, amount) = (amount::plain(left, 18), amount::plain(amount, 18));
            // What is taken back leaves nothing on the market, whatever was sold of it.
            let goods = match state {
                "taken back" => format!("{amount} shares"),
                _ => format!("{left} shares left of {amount}"),
            };
            ("shares", goods, None)
        }
    };
    // What was sold can't be priced: the market refuses to.
    let left = match listing.left().is_zero() {
        true => None,
        false => {
            let cost = desk.reads.cost_of(listing.number, listing.left()).await;
            Some(cost.map_err(chain::refused)?.cost)
        }
    };
    let whole = coins.told(listing.asset, listing.price);
    let price = match left {
        None => format!("listed for {whole}"),
        Some(left) if left == listing.price => format!("for {whole}"),
        Some(left) => format!(
            "for {} together (all of it was listed for {whole})",
            coins.told(listing.asset, left)
        ),
    };
    let text = format!(
        "listing {}  {state}\n  {goods} of work {}, {price}\n  of {}{}, until {}\n",
        listing.number,
        listing.work,
        listing.seller,
        desk.you(listing.seller),
        text::moment(Moment(listing.until * 1_000)),
    );
    let value = json!({
        "listing": listing.number, "state": state, "kind": kind, "work": listing.work,
        "edition": edition, "left": listing.left().to_string(), "seller": listing.seller,
        "yours": listing.seller == desk.me, "price_of_left": left.map(|cost| cost.to_string()),
        "coin": coins.of(listing.asset).symbol, "price": listing.price.to_string(),
        "until": listing.until,
    });
    Ok((value, text))
}
