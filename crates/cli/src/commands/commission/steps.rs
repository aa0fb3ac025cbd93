//! What moves a commission on once it is open: each to be done by one side, in one state.

use std::collections::BTreeSet;

use alloy_primitives::{Address, keccak256};
use daedal_chain::operations::{Act, Commission, CommissionState as State, OperationError};
use daedal_core::units::BasisPoints;
use serde_json::json;

use super::standing::{now, refused, until};
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
                if found.state == State::Completed {
                    return taken_before(desk, &found).await;
                }
                if !matches!(found.state, State::Submitted | State::Disputed) {
                    return Err(refused(&found, now(desk).await?, "accepted"));
                }
                let act = desk.reads.accept_run(&found.terms);
                let step = Step {
                    what: "accept",
                    act,
                    words: "accept the run and pay the work",
                    note: "",
                };
                carry_out(desk, &found, step).await
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
                if found.state == State::Disputed {
                    return taken_before(desk, &found).await;
                }
                if found.state != State::Submitted || now > until(&found) {
                    return Err(refused(&found, now, "disputed"));
                }
                let reason = self.reason.as_ref().map(keccak256).unwrap_or_default();
                let act = desk.reads.dispute_run(&found.terms, reason);
                let note = format!(
                    "the arbiter {} has so long to decide: tell them why\n",
                    found.terms.arbiter
                );
                let step = Step {
                    what: "dispute",
                    act,
                    words: "dispute the run",
                    note: &note,
                };
                carry_out(desk, &found, step).await
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
                let what = format!("decide:{}", part.0);
                if found.state != State::Disputed && desk.has_done(&key_of(&what, &found)).await? {
                    return taken_before(desk, &found).await;
                }
                if found.state != State::Disputed || now > until(&found) {
                    return Err(refused(&found, now, "decided"));
                }
                let act = desk.reads.decide_dispute(&found.terms, part);
                let words = format!("give the work {part}, and the client the rest");
                let step = Step {
                    what: &what,
                    act,
                    words: &words,
                    note: "",
                };
                carry_out(desk, &found, step).await
            })
    }
}

impl Settle {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal commission settle", async |desk| {
                let found = find(&desk.reads, &self.commission).await?;
                let now = now(desk).await?;
                let what = "settle";
                if found.state.is_end() && desk.has_done(&key_of(what, &found)).await? {
                    return taken_before(desk, &found).await;
                }
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
                let step = Step {
                    what,
                    act,
                    words: &words,
                    note: "",
                };
                carry_out(desk, &found, step).await
            })
    }
}

impl Refund {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal commission refund", async |desk| {
                let found = find(&desk.reads, &self.commission).await?;
                let now = now(desk).await?;
                if found.state == State::Expired {
                    return taken_before(desk, &found).await;
                }
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
                let step = Step {
                    what: "refund",
                    act,
                    words: "give the client everything back",
                    note: "",
                };
                carry_out(desk, &found, step).await
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
                    desk.ensure(&what, &act, &format!("pay {amount} of {account} to {to}"))
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
        "only the {role} of commission {}, {theirs}, can do this, and not {me}",
        short(found.id)
    ))
    .help("act as that account: --account NAME; `daedal account list` shows the studio's")
}

/// How a step of a commission is called among what was done.
fn key_of(what: &str, found: &Commission) -> String {
    format!("commission:{what}:{}", found.id)
}

/// Tells where a commission stands after a step that was taken before.
async fn taken_before(desk: &Desk, found: &Commission) -> Result<u8, Failure> {
    let coin = desk.reads.coin(found.terms.asset).await;
    let coin = coin.map_err(chain::refused)?;
    let now = now(desk).await?;
    let mut value = super::standing::to_json(found, &coin, now);
    value["done_before"] = true.into();
    let mut text = format!(
        "this was done before: commission {} is {}\n",
        short(found.id),
        super::standing::told(found, now)
    );
    if let Some(paid) = found.paid {
        let shared = super::standing::shared(&coin, found.terms.work, paid);
        text.push_str(&format!("  {shared}\n"));
    }
    desk.result(value, &text).await
}

/// One step of a commission.
struct Step<'a> {
    what: &'a str,
    act: Result<Act, OperationError>,
    /// What it does, for people.
    words: &'a str,
    /// What is told beside where the commission stands then.
    note: &'a str,
}

/// Does one step, and tells where the commission stands then.
async fn carry_out(desk: &Desk, found: &Commission, step: Step<'_>) -> Result<u8, Failure> {
    let act = step.act.map_err(chain::refused)?;
    desk.act(&key_of(step.what, found), &act, step.words)
        .await?;
    if desk.is_dry() {
        return desk.result(serde_json::Value::Null, "").await;
    }
    let after = desk.reads.commission(found.id).await;
    let after = after.map_err(chain::refused)?.unwrap_or(*found);
    let coin = desk.reads.coin(found.terms.asset).await;
    let coin = coin.map_err(chain::refused)?;
    let now = now(desk).await?;
    let mut text = format!(
        "commission {} is {}\n",
        short(found.id),
        super::standing::told(&after, now)
    );
    let mut value = super::standing::to_json(&after, &coin, now);
    value["done_before"] = false.into();
    if let Some(paid) = after.paid {
        let shared = super::standing::shared(&coin, found.terms.work, paid);
        text.push_str(&format!("  {shared}\n"));
    }
    text.push_str(step.note);
    desk.result(value, &text).await
}
