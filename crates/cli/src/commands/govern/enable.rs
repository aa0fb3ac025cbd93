//! `daedal govern enable`

use alloy_primitives::{Address, U256};
use daedal_chain::operations::{Governor, Settings, Work};
use serde_json::{Value, json};

use crate::chain::desk::Desk;
use crate::chain::{Acting, amount, refused};
use crate::commands::Common;
use crate::failure::Failure;
use crate::ui::Ui;
use crate::votes::{SettingFlags, Standing, settings_to_json, settings_told};

pub(super) fn run(
    work: &str,
    flags: &SettingFlags,
    yes: bool,
    acting: &Acting,
    common: &Common,
    ui: Ui,
) -> Result<u8, Failure> {
    let settings = flags.read()?;
    acting.carry_out(common, ui, "daedal govern enable", async |desk| {
        let work = desk.work(work).await?;
        if let Some(governor) = desk.reads.governor_of(work.work).await.map_err(refused)? {
            if flags.any() && governor.settings != settings {
                return Err(Failure::new(format!(
                    "work {} is voted on already, by other rules: {}",
                    work.work,
                    settings_told(&governor.settings)
                ))
                .help("the rules of a vote are frozen: leave these options away"));
            }
            return enabled(desk, &work, &governor, true).await;
        }
        if work.controller != desk.me {
            return Err(Failure::new(format!(
                "work {} is controlled by {}, and not by {}",
                work.work, work.controller, desk.me
            ))
            .help("only its controller can let the shares vote: act as it with --account NAME"));
        }
        desk.acknowledge(yes, &notice(&work, &settings))?;
        // Votes that are not delegated when a vote begins do not count in it.
        let own = Standing::of_token(&desk.reads, work.shares, desk.me).await?;
        if own.is_mute() {
            let what = format!("delegate:{}:{}", work.work, desk.me);
            let told = amount::plain(own.shares, 18);
            let words = format!("let {} vote with its {told} shares", desk.me);
            desk.ensure(&what, &work.delegate(desk.me), &words).await?;
        }
        let timelock = made(desk, &work, &settings).await?;
        let what = format!("hand over:{}:{timelock}", work.work);
        let words = format!("hand control of work {} to {timelock}, for good", work.work);
        let act = desk.reads.hand_over(work.work, timelock);
        if desk.act(&what, &act, &words).await?.is_none() {
            return desk.result(json!({}), "").await;
        }
        let governor = crate::votes::governor_of(&desk.reads, work.work).await?;
        enabled(desk, &work, &governor, false).await
    })
}

/// The timelock of a governor as it is asked for: one that was made before and not given the work, or a
/// new one.
async fn made(desk: &Desk, work: &Work, settings: &Settings) -> Result<Address, Failure> {
    let before = desk.reads.governors_made(work.work, desk.me).await;
    let mut before = before.map_err(refused)?.into_iter();
    let same = |known: &Governor| known.settings == *settings && known.collective.is_none();
    if let Some(governor) = before.find(same) {
        return Ok(governor.timelock);
    }
    let what = format!("govern:{}:{settings:?}", work.work);
    let act = desk.reads.govern(work.work, settings);
    let words = format!("make a governor and a timelock for work {}", work.work);
    match desk.act(&what, &act, &words).await? {
        Some(receipt) => {
            let (_, timelock) = desk.reads.governor_made(&receipt).map_err(refused)?;
            Ok(timelock)
        }
        None => {
            let would = desk.reads.would_govern(desk.me, work.work, settings).await;
            Ok(would.map_err(refused)?.1)
        }
    }
}

fn notice(work: &Work, settings: &Settings) -> String {
    format!(
        "From now on the shares of work {} vote on it, and nobody else moves it, its creator neither:\n  \
         - its governed dials, within their frozen bounds, steps and cooldowns;\n  \
         - its versions, and what operators may draw from its treasury.\n\
         Nothing else can be voted: nobody's shares or money, no royalty, no bounds, no rules of the vote.\n\
         The rules are frozen, too: {}.\n\
         This cannot be undone. Whoever has most of the delegated shares decides.\n\
         {} keeps the work's token, and goes on anchoring runs and minting editions.\n",
        work.work,
        settings_told(settings),
        work.owner,
    )
}

async fn enabled(
    desk: &Desk,
    work: &Work,
    governor: &Governor,
    before: bool,
) -> Result<u8, Failure> {
    let news = match (before, governor.collective) {
        (true, Some(_)) => "votes on it already, as a collective's",
        (true, None) => "vote on it already",
        (false, _) => "vote on it from now on",
    };
    let who = match governor.collective {
        Some(_) => format!(
            "work {}: the collective of work {}",
            work.work, governor.work
        ),
        None => format!("work {}: its shares", work.work),
    };
    let own = Standing::of(&desk.reads, governor, desk.me).await?;
    let mut text = format!(
        "{who} {news}\n  governor {}\n  timelock {}\n  {}\n  {} has {} votes\n",
        governor.address,
        governor.timelock,
        settings_told(&governor.settings),
        desk.me,
        amount::plain(own.votes, 18),
    );
    let undelegated = undelegated(desk, governor).await?;
    if !undelegated.is_zero() {
        text.push_str(&format!(
            "  {} shares have no vote yet: each holder delegates theirs, to itself or another: daedal \
             govern delegate {} WHO\n",
            amount::plain(undelegated, 18),
            governor.work
        ));
    }
    let mut value = to_json(governor);
    value["work"] = work.work.into();
    value["enabled_before"] = before.into();
    value["undelegated"] = undelegated.to_string().into();
    desk.result(value, &text).await
}

/// Shares with which nobody votes.
async fn undelegated(desk: &Desk, governor: &Governor) -> Result<U256, Failure> {
    let holders = desk.reads.holders(governor.work).await.map_err(refused)?;
    let mut sum = U256::ZERO;
    for holder in holders {
        let delegate = desk.reads.delegate_of(governor.token, holder.account).await;
        if delegate.map_err(refused)?.is_none() {
            sum += holder.shares;
        }
    }
    Ok(sum)
}

/// A governor for programs.
pub(super) fn to_json(governor: &Governor) -> Value {
    json!({
        "governor": governor.address, "timelock": governor.timelock,
        "collective": governor.collective, "governs": governor.work, "votes": governor.token,
        "settings": settings_to_json(&governor.settings),
    })
}
