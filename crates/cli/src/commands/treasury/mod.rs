//! `daedal treasury`

mod draw;
mod purpose;
mod show;

use alloy_primitives::{Address, B256};
use clap::Subcommand;
use daedal_chain::operations::Work;
use serde_json::{Value, json};

use super::Common;
use crate::chain::desk::Desk;
use crate::chain::{self, Acting, when};
use crate::failure::Failure;
use crate::hint;
use crate::runs::Cost;
use crate::ui::Ui;

/// The capital of a work: what offerings raised and what anybody put there. It is no revenue, and holders
/// of shares can't claim it. It leaves in one way: an operator draws within an allowance.
#[derive(Debug, clap::Args)]
pub(crate) struct Treasury {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show what is in a treasury, who may draw, and what was drawn
    Show(show::Show),
    /// Open the treasury of a work, which gives it an address; anyone can
    Open {
        /// A process of this studio, the number of a work, or its CAIP-19 name
        work: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Let somebody draw up to an amount in each period
    Allow(Allow),
    /// Draw what runs have cost, or an amount, within your allowance
    Draw(draw::DrawOut),
}

/// Lets an operator draw up to an amount in each period. Who controls the work decides: its creator, or the
/// votes of its shares once they govern (`daedal govern propose WORK --allow …`).
#[derive(Debug, clap::Args)]
struct Allow {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    /// Who may draw: an address, or the name of an account of this studio
    operator: String,
    /// How much in a period, with its unit: "50 USDC"; "0 USDC" takes the allowance away
    amount: String,
    /// Length of the period, at least a day
    #[arg(long, value_name = "DURATION", default_value = "7d")]
    per: String,
    #[command(flatten)]
    acting: Acting,
}

impl Treasury {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        match self.what {
            What::Show(command) => command.run(common, ui),
            What::Open { work, acting } => {
                acting.carry_out(common, ui, "daedal treasury open", async |desk| {
                    let work = desk.work(&work).await?;
                    let treasury = open(desk, &work).await?;
                    let value = json!({ "work": work.work, "treasury": treasury });
                    let text = match treasury {
                        Some(address) => {
                            format!("the treasury of work {} is {address}\n", work.work)
                        }
                        None => String::new(),
                    };
                    desk.result(value, &text).await
                })
            }
            What::Allow(command) => command.run(common, ui),
            What::Draw(command) => command.run(common, ui),
        }
    }
}

/// The treasury of a work, opened if nobody has; none where that is only looked at.
async fn open(desk: &Desk, work: &Work) -> Result<Option<Address>, Failure> {
    let number = work.work;
    if let Some(found) = desk
        .reads
        .treasury_of(number)
        .await
        .map_err(chain::refused)?
    {
        return Ok(Some(found));
    }
    let words = format!("open the treasury of work {number}");
    let act = desk.reads.open_treasury(number);
    desk.act(&format!("treasury:{number}"), &act, &words)
        .await?;
    desk.reads.treasury_of(number).await.map_err(chain::refused)
}

async fn existing(desk: &Desk, work: &Work) -> Result<Address, Failure> {
    let found = desk.reads.treasury_of(work.work).await;
    found
        .map_err(chain::refused)?
        .ok_or_else(|| none(work.work))
}

fn none(work: u64) -> Failure {
    Failure::new(format!("work {work} has no treasury yet")).help(format!(
        "an offering opens it, or: {} treasury open WORK",
        hint::daedal()
    ))
}

impl Allow {
    fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal treasury allow", async |desk| {
                let work = desk.work(&self.work).await?;
                let coins = desk.coins(&work).await?;
                let (asset, amount) = coins.read(&self.amount)?;
                let operator = desk.who(&self.operator)?;
                let period = when::span(&self.per)?;
                if period < 86_400 {
                    return Err(Failure::new(format!("a period of {} is too short", self.per))
                        .help("a treasury takes a day at least: --per 1d"));
                }
                if desk.me != work.controller {
                    let mut failure = Failure::new(format!(
                        "work {} is controlled by {}, and not by {}",
                        work.work, work.controller, desk.me
                    ));
                    let votes = desk.reads.governor_of(work.work).await;
                    failure = match votes.map_err(chain::refused)? {
                        Some(_) => failure.help(format!(
                            "its shares vote on allowances: {} govern propose {} --allow {operator}=\"{}\" --per {}",
                            hint::daedal(), work.work, self.amount, self.per
                        )),
                        None => failure.help("act as its controller: --account NAME"),
                    };
                    return Err(failure);
                }
                let told = coins.told(asset, amount);
                // A treasury that is only looked at has no address: nothing more can be said of it.
                let Some(treasury) = open(desk, &work).await? else {
                    return desk.result(Value::Null, "").await;
                };
                let address = work.address_of(asset);
                let act = desk.reads.allow(treasury, operator, address, amount, period);
                let act = act.map_err(chain::refused)?;
                let what = format!("allowance:{treasury}:{operator}:{address}:{amount}:{period}");
                let words = format!("let {operator} draw up to {told} every {}", self.per);
                desk.ensure(&what, &act, &words).await?;
                let value = json!({
                    "work": work.work, "treasury": treasury, "operator": operator,
                    "coin": coins.of(asset).symbol, "amount": amount.to_string(), "period": period,
                });
                let text = format!("{operator} may draw up to {told} every {}\n", self.per);
                desk.result(value, &text).await
            })
    }
}

/// What a draw for a run names: the run.
fn purpose_of(cost: &Cost) -> B256 {
    B256::from(cost.run.0.0)
}
