//! What moves a commission on once it is open: each to be done by one side, in one state.

use std::collections::BTreeSet;

use alloy_primitives::{Address, keccak256};
use daedal_chain::operations::{Act, Commission, CommissionState as State, OperationError};
use daedal_core::units::BasisPoints;
use serde_json::json;

use super::standing::{at, now, refused, until};
use super::{Common, find, short};
use crate::chain::desk::Desk;
use crate::chain::{self, Acting, amount};
use crate::failure::Failure;
use crate::ui::Ui;

/// Takes a delivered run: the work's shares are paid. Also after a dispute, as long as nobody has decided.
#[derive(Debug, clap::Args)]
pub(super) struct Accept {
    /// The commission, by its name or first digits
    commission: String,
    #[command(flatten)]
    acting: Acting,
}

/// Refuses a delivered run within the window. The arbiter decides then.
#[derive(Debug, clap::Args)]
pub(super) struct Dispute {
    /// The commission, by its name or first digits
    commission: String,
    /// Why: the chain keeps the digest of this text; tell the text itself to the arbiter
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

/// Decides about a disputed run: the work gets a part of the price, the client the rest.
#[derive(Debug, clap::Args)]
pub(super) struct Decide {
    /// The commission, by its name or first digits
    commission: String,
    /// The work's part, from 0% to 100%
    part: String,
    #[command(flatten)]
    acting: Acting,
}

/// Ends a commission whose time is over: a run that nobody disputed is paid; one about which the arbiter
/// stayed silent is split as agreed.
#[derive(Debug, clap::Args)]
pub(super) struct Settle {
    /// The commission, by its name or first digits
    commission: String,
    #[command(flatten)]
    acting: Acting,
}

/// Gives the client back what they paid for a run that nobody delivered: after the deadline; an operator of
/// the work at any time before.
#[derive(Debug, clap::Args)]
pub(super) struct Refund {
    /// The commission, by its name or first digits
    commission: String,
    #[command(flatten)]
    acting: Acting,
}

/// Takes what a commission could not pay out, as the coin refused its receiver at that time.
#[derive(Debug, clap::Args)]
pub(super) struct Withdraw {
    /// What is credited to the shares of this work, to them, in the place of what is credited to the account
    #[arg(long, conflicts_with = "to")]
    work: Option<String>,
    /// Where it goes [default: the account itself]
    #[arg(long, value_name = "WHO")]
    to: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

impl Accept {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal commission accept", async |desk| {
                let found = find(&desk.reads, &self.commission).await?;
                is_client(desk, &found)?;
                if !matches!(found.state, State::Submitted | State::Disputed) {
                    return Err(refused(&found, now(desk).await?, "accepted"));
                }
                let act = desk.reads.accept_run(&found.terms);
                end(
                    desk,
                    &found,
                    "accept",
                    act,
                    "accept the run and pay the work",
                    "",
                )
                .await
            })
    }
}

impl Dispute {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal commission dispute", async |desk| {
                let found = find(&desk.reads, &self.commission).await?;
                is_client(desk, &found)?;
                let now = now(desk).await?;
                if found.state != State::Submitted || now > until(&found) {
                    return Err(refused(&found, now, "disputed"));
                }
                let reason = self.reason.as_ref().map(keccak256).unwrap_or_default();
                let act = desk.reads.dispute_run(&found.terms, reason);
                let note = format!(
                    "the arbiter {} has until {} to decide: tell them why\n",
                    found.terms.arbiter,
                    at(now + u64::from(found.terms.arbitration))
                );
                end(desk, &found, "dispute", act, "dispute the run", &note).await
            })
    }
}

impl Decide {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let part = chain::percent(&self.part)?;
        self.acting
            .carry_out(common, ui, "daedal commission decide", async |desk| {
                let found = find(&desk.reads, &self.commission).await?;
                if desk.me != found.terms.arbiter {
                    return Err(not_yours(&found, "arbiter", found.terms.arbiter, desk.me));
                }
                let now = now(desk).await?;
                if found.state != State::Disputed || now > until(&found) {
                    return Err(refused(&found, now, "decided"));
                }
                let act = desk.reads.decide_dispute(&found.terms, part);
                let words = format!("give the work {part}, and the client the rest");
                end(desk, &found, &format!("decide:{}", part.0), act, &words, "").await
            })
    }
}

impl Settle {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal commission settle", async |desk| {
                let found = find(&desk.reads, &self.commission).await?;
                let now = now(desk).await?;
                let is_live = matches!(found.state, State::Submitted | State::Disputed);
                if !is_live || now <= until(&found) {
                    return Err(refused(&found, now, "settled"));
                }
                let part = match found.state {
                    State::Disputed => found.terms.split,
                    _ => BasisPoints::ALL,
                };
                let act = desk.reads.settle_commission(&found.terms);
                let words = format!("end it: {part} for the work, the rest for the client");
                end(desk, &found, "settle", act, &words, "").await
            })
    }
}

impl Refund {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal commission refund", async |desk| {
                let found = find(&desk.reads, &self.commission).await?;
                let now = now(desk).await?;
                if found.state != State::Funded {
                    return Err(refused(&found, now, "refunded"));
                }
                let work = found.terms.work;
                let operates = desk.reads.is_operator(work, desk.me).await;
                if now <= found.terms.deadline && !operates.map_err(chain::refused)? {
                    return Err(refused(&found, now, "refunded").help(format!(
                        "until the deadline only an operator of work {work} gives an order back"
                    )));
                }
                let act = desk.reads.refund_commission(&found.terms);
                end(
                    desk,
                    &found,
                    "refund",
                    act,
                    "give the client everything back",
                    "",
                )
                .await
            })
    }
}

impl Withdraw {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal commission withdraw", async |desk| {
                let account = match &self.work {
                    Some(name) => desk.work(name).await?.shares,
                    None => desk.me,
                };
                let to = match &self.to {
                    Some(name) => desk.who(name)?,
                    None => account,
                };
                let all = desk.reads.commissions().await.map_err(chain::refused)?;
                let coins: BTreeSet<Address> = all.iter().map(|one| one.terms.asset).collect();
                let (mut taken, mut told) = (serde_json::Map::new(), Vec::new());
                for asset in coins {
                    let credit = desk.reads.credit_of(account, asset).await;
                    let credit = credit.map_err(chain::refused)?;
                    if credit.is_zero() {
                        continue;
                    }
                    let coin = desk.reads.coin(asset).await.map_err(chain::refused)?;
                    let amount = amount::told(&coin, credit);
                    let act = desk.reads.withdraw_credit(account, asset, to);
                    let what = format!("commission:withdraw:{account}:{asset}:{to}");
                    desk.act(&what, &act, &format!("pay {amount} of {account} to {to}"))
                        .await?;
                    taken.insert(coin.symbol, credit.to_string().into());
                    told.push(amount);
                }
                let text = match told.is_empty() {
                    true => format!("nothing is credited to {account}\n"),
                    false => format!("paid {} of {account} to {to}\n", told.join(" and ")),
                };
                let value = json!({ "account": account, "to": to, "withdrawn": taken });
                desk.result(value, &text).await
            })
    }
}

fn is_client(desk: &Desk, found: &Commission) -> Result<(), Failure> {
    match desk.me == found.terms.client {
        true => Ok(()),
        false => Err(not_yours(found, "client", found.terms.client, desk.me)),
    }
}

fn not_yours(found: &Commission, role: &str, theirs: Address, me: Address) -> Failure {
    Failure::new(format!(
        "commission {} is {theirs}'s to do this with, its {role}'s, and not {me}'s",
        short(found.id)
    ))
    .help("act as that account: --account NAME; `daedal account list` shows the studio's")
}

/// Does one step, and tells where the commission stands then.
async fn end(
    desk: &Desk,
    found: &Commission,
    what: &str,
    act: Result<Act, OperationError>,
    words: &str,
    note: &str,
) -> Result<u8, Failure> {
    let act = act.map_err(chain::refused)?;
    let key = format!("commission:{what}:{}", found.id);
    desk.act(&key, &act, words).await?;
    if desk.is_dry() {
        return desk.result(serde_json::Value::Null, "").await;
    }
    let after = desk.reads.commission(found.id).await;
    let after = after.map_err(chain::refused)?.unwrap_or(*found);
    let coin = desk.reads.coin(found.terms.asset).await;
    let coin = coin.map_err(chain::refused)?;
    let now = now(desk).await?;
    let text = format!(
        "commission {} is {}\n{note}",
        short(found.id),
        super::standing::told(&after, now)
    );
    let value = super::standing::to_json(&after, &coin, now);
    desk.result(value, &text).await
}
