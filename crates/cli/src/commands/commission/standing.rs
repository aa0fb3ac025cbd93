//! Where a commission stands: what it waits for, and who may do what.

use alloy_primitives::U256;
use daedal_chain::operations::{Coin, Commission, CommissionState as State};
use daedal_core::run::Moment;
use serde_json::{Value, json};

use super::short;
use crate::chain::amount;
use crate::chain::desk::Desk;
use crate::failure::Failure;
use crate::text;

const DAY: u32 = 86_400;

/// The chain's clock, or the real one if it is ahead: the next block will have that time.
pub(super) async fn now(desk: &Desk) -> Result<u64, Failure> {
    Ok(desk.now().await?.max(text::now().0 / 1_000))
}

/// A moment of a chain, for people.
pub(super) fn at(seconds: u64) -> String {
    text::moment(Moment(seconds.saturating_mul(1_000)))
}

/// Who has to do something until when; no moment where it can be done at any time.
pub(super) struct Wait {
    pub(super) whom: &'static str,
    pub(super) what: &'static str,
    pub(super) until: Option<u64>,
}

/// Until when the client may dispute or the arbiter decide.
pub(super) fn until(commission: &Commission) -> u64 {
    let terms = &commission.terms;
    let span = match commission.state {
        State::Disputed => terms.arbitration,
        _ => terms.window,
    };
    commission.since.saturating_add(span.into())
}

/// What a commission waits for; nothing once it has ended.
pub(super) fn wait(commission: &Commission, now: u64) -> Option<Wait> {
    let (deadline, until) = (commission.terms.deadline, until(commission));
    let wait = |whom, what, until| Some(Wait { whom, what, until });
    match commission.state {
        State::Funded if now <= deadline => wait("the work's operator", "deliver", Some(deadline)),
        State::Funded => wait("anyone", "refund", None),
        State::Submitted if now <= until => wait("the client", "accept or dispute", Some(until)),
        State::Disputed if now <= until => wait("the arbiter", "decide", Some(until)),
        State::Submitted | State::Disputed => wait("anyone", "settle", None),
        State::None | State::Completed | State::Rejected | State::Expired => None,
    }
}

/// Where it stands, in a line.
pub(super) fn told(commission: &Commission, now: u64) -> String {
    let state = commission.state.word();
    match wait(commission, now) {
        None => format!("{state} on {}", at(commission.since)),
        Some(Wait { whom, what, until }) => match until {
            Some(until) => format!("{state}; {whom} may {what} until {}", at(until)),
            None => format!("{state}, and the time is over; {whom} may {what} it"),
        },
    }
}

/// That something can't be done in this state, and what can.
pub(super) fn refused(commission: &Commission, now: u64, what: &str) -> Failure {
    let failure = Failure::new(format!(
        "commission {} can't be {what}: it is {}",
        short(commission.id),
        told(commission, now)
    ));
    match wait(commission, now) {
        None => failure.help("every commission ends once; nothing is left to do"),
        Some(Wait { what, .. }) => failure.help(format!("what can be done now: {what}")),
    }
}

/// A commission for programs.
pub(super) fn to_json(commission: &Commission, coin: &Coin, now: u64) -> Value {
    let terms = &commission.terms;
    let wait = wait(commission, now);
    json!({
        "commission": commission.id, "work": terms.work, "version": terms.version,
        "state": commission.state.word(), "since": commission.since,
        "client": terms.client, "arbiter": terms.arbiter,
        "coin": coin.symbol, "price": terms.price.to_string(),
        "amount": commission.amount.to_string(),
        "deadline": terms.deadline, "window": terms.window, "arbitration": terms.arbitration,
        "split_bps": terms.split.0,
        "inputs": terms.inputs, "parameters": terms.parameters, "run_root": commission.run_root,
        "waits_for": wait.as_ref().map(|wait| wait.whom),
        "to": wait.as_ref().map(|wait| wait.what),
        "until": wait.and_then(|wait| wait.until),
        "to_work": commission.paid.map(|(to_work, _)| to_work.to_string()),
        "to_client": commission.paid.map(|(_, to_client)| to_client.to_string()),
    })
}

/// Who had what in the end.
pub(super) fn shared(coin: &Coin, work: u64, (to_work, to_client): (U256, U256)) -> String {
    format!(
        "{} for the shares of work {work}, {} for the client",
        amount::told(coin, to_work),
        amount::told(coin, to_client)
    )
}

/// A commission for people.
pub(super) fn shown(commission: &Commission, coin: &Coin, now: u64) -> String {
    let terms = &commission.terms;
    let days = |seconds: u32| match seconds {
        seconds if seconds >= DAY && seconds.is_multiple_of(DAY) => {
            text::count((seconds / DAY) as usize, "day")
        }
        seconds => text::duration(u64::from(seconds) * 1_000),
    };
    let mut text = format!(
        "commission {}\nwork       {}, version {}\nstands     {}\n{}\nclient     {}\n\
         arbiter    {}\ndeadline   {}\nthen       {} to dispute, {} to decide; {} for the work if the \
         arbiter stays silent\ninputs     {}\nparameters {}\n",
        commission.id,
        terms.work,
        terms.version,
        told(commission, now),
        match commission.paid {
            None => format!("escrow     {}", amount::told(coin, commission.amount)),
            Some(paid) => format!("paid       {}", shared(coin, terms.work, paid)),
        },
        terms.client,
        terms.arbiter,
        at(terms.deadline),
        days(terms.window),
        days(terms.arbitration),
        terms.split,
        terms.inputs,
        terms.parameters,
    );
    if let Some(root) = commission.run_root {
        text.push_str(&format!("run root   {root}\n"));
    }
    text
}
