//! `daedal collective pool`

use serde_json::json;

use super::{find, seat};
use crate::chain::desk::Desk;
use crate::chain::{Acting, notice, refused};
use crate::commands::Common;
use crate::failure::Failure;
use crate::ui::Ui;
use crate::votes::Standing;
use daedal_chain::operations::{Coin, Collective, SeatOffer, Work};

pub(super) fn run(
    collective: &str,
    work: &str,
    yes: bool,
    acting: &Acting,
    common: &Common,
    ui: Ui,
) -> Result<u8, Failure> {
    acting.carry_out(common, ui, "daedal collective pool", async |desk| {
        let collective = find(desk, collective).await?;
        let work = desk.work(work).await?;
        let seat = desk
            .reads
            .seat(&collective, work.work)
            .await
            .map_err(refused)?;
        let seat = seat.ok_or_else(|| {
            Failure::new(format!(
                "the collective of work {} offers no seat for work {}",
                collective.work, work.work
            ))
            .help(format!(
                "members can vote to offer one: daedal collective admit {} --seat …",
                collective.work
            ))
        })?;
        let offer = seat.offer;
        if seat.is_pooled {
            return told(desk, &collective, &offer, true).await;
        }
        judge(desk, &collective, &work, &offer).await?;
        let mut text = notice::COLLECTIVE.to_owned();
        text.push_str(&format!("\nYou would pool {}.\n", seat::told(&offer)));
        desk.acknowledge(yes, &text)?;
        let shares = shares_coin(&work);
        let brings = seat::told(&offer);
        desk.allow(
            &shares,
            collective.address,
            offer.work_shares,
            &format!("its shares of {brings}"),
        )
        .await?;
        if work.controller != collective.address {
            let what = format!("hand over:{}:{}", work.work, collective.address);
            let words = format!("hand control of work {} to the collective", work.work);
            let act = desk.reads.hand_over(work.work, collective.address);
            desk.ensure(&what, &act, &words).await?;
        }
        let what = format!("pool:{}:{}", collective.address, work.work);
        let words = format!("pool {brings}");
        let sent = desk
            .ensure(&what, &collective.pool(work.work), &words)
            .await?;
        // Shares without a delegate have no vote.
        let own = Standing::of_token(&desk.reads, collective.shares, desk.me).await?;
        if own.delegate.is_none() {
            let own_work = desk.reads.work(collective.work).await.map_err(refused)?;
            let what = format!("delegate:{}:{}", collective.work, desk.me);
            let words = "let it vote with its shares of the collective".to_owned();
            desk.ensure(&what, &own_work.delegate(desk.me), &words)
                .await?;
        }
        match sent {
            Some(_) => told(desk, &collective, &offer, false).await,
            None => desk.result(json!({}), "").await,
        }
    })
}

/// Shares of a work, as something that can be approved.
pub(super) fn shares_coin(work: &Work) -> Coin {
    Coin {
        address: work.shares,
        symbol: "shares".to_owned(),
        decimals: 18,
    }
}

/// Says what the contract would refuse, in words.
async fn judge(
    desk: &Desk,
    collective: &Collective,
    work: &Work,
    offer: &SeatOffer,
) -> Result<(), Failure> {
    if offer.member != desk.me {
        return Err(Failure::new(format!(
            "the seat of work {} is {}'s, and not {}'s",
            work.work, offer.member, desk.me
        ))
        .help("act as the member: --account NAME"));
    }
    let now = desk.now().await?;
    if now > offer.until {
        return Err(Failure::new(format!(
            "the seat of work {} lapsed {}",
            work.work,
            crate::votes::told_at(offer.until, now)
        ))
        .help("have it offered again by vote: daedal collective admit"));
    }
    if work.owner != desk.me {
        return Err(Failure::new(format!(
            "work {} belongs to {}, and not to {}",
            work.work, work.owner, desk.me
        ))
        .help("a work is pooled by whoever has its token"));
    }
    if work.controller != desk.me && work.controller != collective.address {
        return Err(Failure::new(format!(
            "work {} is controlled by {}",
            work.work, work.controller
        ))
        .help("who pools a work hands over its control, and has to have it"));
    }
    desk.require(&shares_coin(work), offer.work_shares).await
}

async fn told(
    desk: &Desk,
    collective: &Collective,
    offer: &SeatOffer,
    before: bool,
) -> Result<u8, Failure> {
    let found = find(desk, &collective.work.to_string()).await?;
    let news = match before {
        true => "is pooled already",
        false => "is pooled",
    };
    let mut text = format!("work {} {news}: {}\n", offer.work, seat::told(offer));
    text.push_str(&match found.is_founded {
        true => format!(
            "  the collective votes: daedal govern status {}\n",
            found.work
        ),
        false => format!("  founders who have not pooled yet: {}\n", found.missing),
    });
    let value = json!({
        "collective": found.address, "work": offer.work, "member": offer.member,
        "work_shares": offer.work_shares.to_string(), "shares": offer.shares.to_string(),
        "founded": found.is_founded, "missing": found.missing, "pooled_before": before,
    });
    desk.result(value, &text).await
}
