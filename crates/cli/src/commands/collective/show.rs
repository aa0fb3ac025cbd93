//! `daedal collective show`

use daedal_chain::operations::{Collective, SeatOffer};
use daedal_core::economy::Asset;
use daedal_core::run::Moment;
use serde_json::{Value, json};

use super::{find, seat};
use crate::chain::desk::{Desk, part};
use crate::chain::{self, Looking, amount, refused};
use crate::commands::Common;
use crate::failure::Failure;
use crate::text;
use crate::ui::Ui;
use crate::votes::{governor_of, settings_to_json, settings_told};

pub(super) fn run(
    collective: Option<&str>,
    looking: Looking,
    common: &Common,
    ui: Ui,
) -> Result<u8, Failure> {
    looking.look(common, ui, "daedal collective show", async |desk| {
        let (value, text) = match collective {
            Some(name) => {
                let found = find(desk, name).await?;
                one(desk, &found).await?
            }
            None => all(desk).await?,
        };
        ui.result(&value, &text);
        Ok(0)
    })
}

async fn all(desk: &Desk) -> Result<(Value, String), Failure> {
    let mut listed = Vec::new();
    let mut text = String::new();
    for work in desk.reads.collectives().await.map_err(refused)? {
        let Some(found) = desk.reads.collective(work).await.map_err(refused)? else {
            continue;
        };
        let name = chain::process_of(&desk.studio, &desk.reads, work).await?;
        let seats = desk.reads.seats(&found).await.map_err(refused)?;
        let pooled = seats.iter().filter(|seat| seat.is_pooled).count();
        let stands = match found.is_founded {
            true => "it votes".to_owned(),
            false => format!("{} founders have not pooled yet", found.missing),
        };
        text.push_str(&format!(
            "work {work}  {}  {}; {stands}\n",
            name.as_deref().unwrap_or("made elsewhere"),
            text::count(pooled, "pooled work"),
        ));
        listed.push(json!({
            "work": work, "name": name, "collective": found.address, "shares": found.shares,
            "pooled": pooled, "founded": found.is_founded,
        }));
    }
    if listed.is_empty() {
        text.push_str("no collectives yet: daedal collective create --help\n");
    }
    Ok((listed.into(), text))
}

async fn one(desk: &Desk, found: &Collective) -> Result<(Value, String), Failure> {
    let reads = &desk.reads;
    let own = reads.work(found.work).await.map_err(refused)?;
    let governor = governor_of(reads, found.work).await?;
    let mut text = format!(
        "collective  work {}\ncontract    {}\nshares      {}\ngovernor    {}\nrules       {}\n",
        found.work,
        found.address,
        found.shares,
        governor.address,
        settings_told(&governor.settings)
    );
    text.push_str(&match found.is_founded {
        true => format!("votes       daedal govern status {}\n", found.work),
        false => format!(
            "votes       not yet: {} founders have not pooled\n",
            found.missing
        ),
    });
    let mut seats = Vec::new();
    for seat in reads.seats(found).await.map_err(refused)? {
        let until = text::moment(Moment(seat.offer.until * 1_000));
        let stands = match seat.is_pooled {
            true => "pooled".to_owned(),
            false => format!("offered until {until}"),
        };
        text.push_str(&format!(
            "seat        {}; {stands}\n",
            seat::told(&seat.offer)
        ));
        let mut value = offer_to_json(&seat.offer);
        value["pooled"] = seat.is_pooled.into();
        seats.push(value);
    }
    let holders = reads.holders(found.work).await.map_err(refused)?;
    let supply: alloy_primitives::U256 = holders.iter().map(|holder| holder.shares).sum();
    let mut members = Vec::new();
    for holder in &holders {
        let is_reserve = holder.account == found.address;
        let what = if is_reserve { "reserve" } else { "holder" };
        text.push_str(&format!(
            "{what:<11} {}  {:>7}  {}\n",
            holder.account,
            part(holder.shares, supply),
            amount::plain(holder.shares, 18)
        ));
        members.push(json!({
            "address": holder.account, "shares": holder.shares.to_string(), "reserve": is_reserve,
        }));
    }
    let coins = desk.coins(&own).await?;
    let mut waiting = Vec::new();
    for number in reads.offered(found).await.map_err(refused)? {
        let work = reads.work(number).await.map_err(refused)?;
        for asset in Asset::ALL {
            let owed = reads
                .owed(&work, found.address, asset)
                .await
                .map_err(refused)?;
            if owed.is_zero() {
                continue;
            }
            text.push_str(&format!(
                "to harvest  {} of work {number}\n",
                coins.told(asset, owed)
            ));
            waiting.push(json!({
                "work": number, "coin": coins.of(asset).symbol, "amount": owed.to_string(),
            }));
        }
    }
    let value = json!({
        "work": found.work, "collective": found.address, "shares": found.shares,
        "governor": governor.address, "timelock": found.timelock,
        "settings": settings_to_json(&governor.settings), "founded": found.is_founded,
        "missing": found.missing, "supply": supply.to_string(), "seats": seats,
        "holders": members, "to_harvest": waiting,
    });
    Ok((value, text))
}

/// A seat for programs.
pub(super) fn offer_to_json(offer: &SeatOffer) -> Value {
    json!({
        "work": offer.work, "member": offer.member, "work_shares": offer.work_shares.to_string(),
        "shares": offer.shares.to_string(), "until": offer.until,
    })
}
