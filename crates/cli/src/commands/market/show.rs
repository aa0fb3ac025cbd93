//! `daedal market show`

use daedal_chain::operations::{Goods, Ledgers, Listing};
use daedal_core::run::Moment;
use serde_json::{Value, json};

use super::state_of;
use crate::chain::desk::coins;
use crate::chain::{self, amount};
use crate::commands::Common;
use crate::commands::show::number;
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::text;
use crate::ui::Ui;

pub(super) fn show(common: &Common, work: Option<&str>, all: bool, ui: Ui) -> Result<u8, Failure> {
    let home = Home::find(common)?;
    block_on(async {
        let (studio, client) = chain::look(&home, "daedal market show").await?;
        let reads = chain::ledgers(&home, &studio, &client).await?;
        let now = reads.client().block_time(None).await;
        let now = now.map_err(chain::refused)?.unwrap_or_default();
        let only = match work {
            Some(work) => Some(number(&home, &studio, &reads, work).await?),
            None => None,
        };
        let count = reads.listings().await.map_err(chain::refused)?;
        let (mut listed, mut text) = (Vec::new(), String::new());
        for number in 1..=count {
            let listing = reads.listing(number).await.map_err(chain::refused)?;
            let state = state_of(&listing, now);
            let wanted = only.is_none_or(|work| work == listing.work);
            if !wanted || !all && state != "open" {
                continue;
            }
            let (value, told) = told(&reads, &listing, state).await?;
            listed.push(value);
            text.push_str(&told);
        }
        if listed.is_empty() {
            text.push_str("nothing is for sale: `daedal market list` lists shares or an edition\n");
        }
        ui.result(&Value::Array(listed), &text);
        Ok(0)
    })
}

async fn told(reads: &Ledgers, listing: &Listing, state: &str) -> Result<(Value, String), Failure> {
    let work = reads.work(listing.work).await.map_err(chain::refused)?;
    let coins = coins(reads, &work).await?;
    let (kind, goods, edition) = match listing.goods {
        Goods::Edition { token, .. } => (
            "edition",
            format!("edition {token:#x}"),
            Some(format!("{token:#066x}")),
        ),
        Goods::Shares { amount, left } => {
            let (left, amount) = (amount::plain(left, 18), amount::plain(amount, 18));
            ("shares", format!("{left} of {amount} shares"), None)
        }
    };
    let text = format!(
        "listing {}  {state}\n  {goods} of work {}, all for {}\n  of {}, until {}\n",
        listing.number,
        listing.work,
        coins.told(listing.asset, listing.price),
        listing.seller,
        text::moment(Moment(listing.until * 1_000)),
    );
    let value = json!({
        "listing": listing.number, "state": state, "kind": kind, "work": listing.work,
        "edition": edition, "left": listing.left().to_string(), "seller": listing.seller,
        "coin": coins.of(listing.asset).symbol, "price": listing.price.to_string(),
        "until": listing.until,
    });
    Ok((value, text))
}
