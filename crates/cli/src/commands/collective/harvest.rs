//! `daedal collective harvest`

use alloy_primitives::U256;
use daedal_core::economy::Asset;
use serde_json::{Value, json};

use super::find;
use crate::chain::{Acting, refused};
use crate::commands::Common;
use crate::failure::Failure;
use crate::ui::Ui;

pub(super) fn run(
    collective: &str,
    acting: &Acting,
    common: &Common,
    ui: Ui,
) -> Result<u8, Failure> {
    acting.carry_out(common, ui, "daedal collective harvest", async |desk| {
        let collective = find(desk, collective).await?;
        let own = desk.reads.work(collective.work).await.map_err(refused)?;
        let coins = desk.coins(&own).await?;
        // Those of members who left, too: what their shares earned before is the collective's. Its own comes
        // last, as the reserve has a part of what has just arrived.
        let mut works = desk.reads.offered(&collective).await.map_err(refused)?;
        works.push(collective.work);
        // What has arrived before, by asset: nothing has, where it is only looked what would happen.
        let mut arrived = [U256::ZERO; 2];
        let supply = desk.reads.supply_of(&own).await.map_err(refused)?;
        let reserve = desk
            .reads
            .shares_of(collective.work, collective.address)
            .await;
        let reserve = reserve.map_err(refused)?;
        let mut listed: Vec<Value> = Vec::new();
        let mut text = String::new();
        for number in works {
            let work = desk.reads.work(number).await.map_err(refused)?;
            for (place, asset) in Asset::ALL.into_iter().enumerate() {
                let owed = desk.reads.owed(&work, collective.address, asset).await;
                let mut owed = owed.map_err(refused)?;
                if number != collective.work {
                    arrived[place] += owed;
                } else if desk.is_dry() && !supply.is_zero() {
                    owed += arrived[place] * reserve / supply;
                }
                if owed.is_zero() {
                    continue;
                }
                let told = coins.told(asset, owed);
                let from = match number == collective.work {
                    true => "the part of the reserve goes around again".to_owned(),
                    false => format!("work {number} paid"),
                };
                let what = format!("harvest:{}:{number}:{asset:?}", collective.address);
                let words = format!("harvest {told} of work {number}");
                let act = collective.harvest(number, work.address_of(asset));
                desk.ensure(&what, &act, &words).await?;
                text.push_str(&format!("{from}: {told}\n"));
                listed.push(json!({
                    "work": number, "coin": coins.of(asset).symbol, "amount": owed.to_string(),
                }));
            }
        }
        text.push_str(&match listed.is_empty() {
            true => "nothing to harvest\n".to_owned(),
            false => format!(
                "each member claims their part: daedal claim {}\n",
                collective.work
            ),
        });
        let value = json!({ "work": collective.work, "harvested": listed });
        desk.result(value, &text).await
    })
}
