//! Commissions as they stand.

use std::path::PathBuf;

use daedal_chain::operations::Commission;
use serde_json::{Value, json};

use super::order::Order;
use super::standing::{now, shown, to_json, told};
use super::{Common, find, short};
use crate::chain::desk::Desk;
use crate::chain::{self, Looking, amount};
use crate::failure::Failure;
use crate::ui::Ui;

/// Lists the commissions in which the account is client, arbiter or operator: how each stands, what it
/// waits for, and until when.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Only those of this work, whoever they concern: a process of this studio, its number, or its CAIP-19
    /// name
    work: Option<String>,
    /// All of the chain
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    looking: Looking,
}

/// Shows a commission: its terms, where it stands, and what was ordered if this studio knows.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// The commission, by its name or first digits
    commission: String,
    /// Write the order, which this studio has to know, into this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    looking: Looking,
}

impl List {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.looking.look(common, ui, "daedal commission list", async |desk| {
            let now = now(desk).await?;
            let found = match &self.work {
                Some(name) => {
                    let work = desk.work(name).await?.work;
                    desk.reads.commissions_of(work).await
                }
                None => desk.reads.commissions().await,
            };
            let (mut text, mut listed) = (String::new(), Vec::new());
            for one in found.map_err(chain::refused)? {
                let role = role(desk, &one).await?;
                if role.is_none() && self.work.is_none() && !self.all {
                    continue;
                }
                let coin = desk.reads.coin(one.terms.asset).await;
                let coin = coin.map_err(chain::refused)?;
                text.push_str(&format!(
                    "{}  work {}, {}{}\n  {}\n",
                    short(one.id),
                    one.terms.work,
                    amount::told(&coin, one.amount),
                    role.map_or(String::new(), |role| format!("; you are its {role}")),
                    told(&one, now)
                ));
                let mut value = to_json(&one, &coin, now);
                value["you_are"] = json!(role);
                listed.push(value);
            }
            if listed.is_empty() {
                text.push_str(
                    "no commissions: order one with `daedal commission open WORK PRICE`; --all shows \
                     those of others\n",
                );
            }
            ui.result(&Value::Array(listed), &text);
            Ok(0)
        })
    }
}

impl Show {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.looking
            .look(common, ui, "daedal commission show", async |desk| {
                let found = find(&desk.reads, &self.commission).await?;
                let coin = desk.reads.coin(found.terms.asset).await;
                let coin = coin.map_err(chain::refused)?;
                let now = now(desk).await?;
                let mut text = shown(&found, &coin, now);
                let mut value = to_json(&found, &coin, now);
                let order = Order::kept(&desk.studio, found.id).await?;
                match &order {
                    Some(order) => {
                        text.push_str(&format!(
                            "ordered    of {}: inputs {}, parameters {}\n",
                            order.process, order.inputs, order.parameters
                        ));
                        value["order"] = json!({
                            "process": order.process, "bundle": order.bundle,
                            "inputs": order.inputs, "parameters": order.parameters,
                        });
                    }
                    None => text.push_str("ordered    only the digests are known here\n"),
                }
                if let Some(place) = &self.out {
                    let order = order.ok_or_else(|| {
                        Failure::new("this studio does not know what was ordered, only its digests")
                            .help("the client has the order-….json")
                    })?;
                    order.write(place)?;
                }
                ui.result(&value, &text);
                Ok(0)
            })
    }
}

/// What the account is in a commission.
async fn role(desk: &Desk, one: &Commission) -> Result<Option<&'static str>, Failure> {
    let me = desk.me;
    if one.terms.client == me {
        return Ok(Some("client"));
    }
    if one.terms.arbiter == me {
        return Ok(Some("arbiter"));
    }
    let operates = desk.reads.is_operator(one.terms.work, me).await;
    Ok(operates.map_err(chain::refused)?.then_some("operator"))
}
