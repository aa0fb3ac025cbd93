//! `daedal offer finalize`, `claim` and `refund`

use daedal_chain::operations::{Offering, OfferingState, Work};
use daedal_core::economy::Asset;
use serde_json::json;

use super::next;
use crate::chain::desk::Desk;
use crate::chain::{self, Acting, amount};
use crate::commands::Common;
use crate::failure::Failure;
use crate::text;
use crate::ui::Ui;

/// Ends an offering, once it is sold out or past its deadline: anyone can. If enough was sold, the money
/// goes to the work's treasury; what nobody bought goes back to the issuer.
#[derive(Debug, clap::Args)]
pub(crate) struct Finalize {
    /// Number of the offering
    offering: u64,
    #[command(flatten)]
    acting: Acting,
}

/// Takes the shares that you bought of an offering that succeeded, and what they earned while the offering
/// held them. The issuer takes what the shares earned before it was over.
#[derive(Debug, clap::Args)]
pub(crate) struct Claim {
    /// Number of the offering
    offering: u64,
    /// Where it goes: an address, or the name of an account of this studio [default: your own account]
    #[arg(long, value_name = "WHO")]
    to: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

/// Takes your money back from an offering that failed.
#[derive(Debug, clap::Args)]
pub(crate) struct Refund {
    /// Number of the offering
    offering: u64,
    /// Where it goes: an address, or the name of an account of this studio [default: your own account]
    #[arg(long, value_name = "WHO")]
    to: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

impl Finalize {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal offer finalize", async |desk| {
                let (offering, work) = found(desk, self.offering).await?;
                let number = offering.number;
                let coins = desk.coins(&work).await?;
                let terms = &offering.terms;
                let sold_out = offering.lots_sold == terms.lots_max;
                if offering.state == OfferingState::Open {
                    if !sold_out && desk.now().await? < terms.deadline {
                        let at = text::moment(daedal_core::run::Moment(terms.deadline * 1_000));
                        return Err(Failure::new(format!(
                            "offering {number} goes on until {at}, or until its last lot is sold"
                        ))
                        .help("wait; on the embedded chain `daedal time` puts the clock forward"));
                    }
                    let what = format!("finalize:{number}");
                    let words = format!("end offering {number}");
                    desk.ensure(&what, &offering.finalize(), &words).await?;
                }
                let succeeded = match offering.state {
                    OfferingState::Open => offering.lots_sold >= terms.lots_min,
                    state => state == OfferingState::Succeeded,
                };
                let raised = offering.cost(offering.lots_sold);
                let told = coins.told(terms.asset, raised);
                if succeeded && !offering.withdrawn {
                    let what = format!("proceeds:{number}");
                    let words = format!("send {told} to the treasury {}", offering.treasury);
                    desk.ensure(&what, &offering.withdraw(), &words).await?;
                }
                let before = offering.state != OfferingState::Open;
                let it = match before {
                    true => format!("offering {number} was ended before: it"),
                    false => format!("offering {number}"),
                };
                let sold = format!("{} of {} lots", offering.lots_sold, terms.lots_max);
                let shown = match succeeded {
                    true => format!(
                        "{it} succeeded, with {sold} sold and {told} in the treasury {}\n  \
                         buyers  {}\n",
                        offering.treasury,
                        next("claim", number)
                    ),
                    false => format!(
                        "{it} failed, with {sold} sold where at least {} were needed\n  \
                         buyers  {}\n",
                        terms.lots_min,
                        next("refund", number)
                    ),
                };
                let value = json!({
                    "offering": number, "work": offering.work, "succeeded": succeeded,
                    "lots_sold": offering.lots_sold, "coin": coins.of(terms.asset).symbol,
                    "raised": raised.to_string(), "treasury": offering.treasury, "ended_before": before,
                });
                desk.result(value, &shown).await
            })
    }
}

impl Claim {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal offer claim", async |desk| {
                let (offering, work) = found(desk, self.offering).await?;
                let number = offering.number;
                let coins = desk.coins(&work).await?;
                let to = destination(desk, self.to.as_deref())?;
                let lots = desk.reads.lots_of(&offering, desk.me).await;
                let lots = lots.map_err(chain::refused)?;
                let is_issuer = offering.issuer == desk.me;
                match offering.state {
                    OfferingState::Open if !is_issuer => {
                        return Err(Failure::new(format!("offering {number} is not over")).help(
                            format!(
                                "once it is, anybody can say so: {}",
                                next("finalize", number)
                            ),
                        ));
                    }
                    OfferingState::Failed if lots > 0 => {
                        return Err(Failure::new(format!("offering {number} failed"))
                            .help(format!("take your money back: {}", next("refund", number))));
                    }
                    _ => {}
                }
                let mut got = Vec::new();
                let mut shares = alloy_primitives::U256::ZERO;
                if lots > 0 && offering.state == OfferingState::Succeeded {
                    shares = offering.terms.lot * alloy_primitives::U256::from(lots);
                    let told = format!("{} shares of work {}", amount::plain(shares, 18), work.work);
                    let what = format!("claim-lots:{number}:{to}:{lots}");
                    let words = format!("send {told} to {to}");
                    desk.ensure(&what, &offering.claim(to), &words).await?;
                    got.push(told);
                }
                let mut revenue = serde_json::Map::new();
                for asset in Asset::ALL {
                    let address = work.address_of(asset);
                    let owed = desk
                        .reads
                        .offered_revenue_of(&offering, desk.me, address)
                        .await;
                    let owed = owed.map_err(chain::refused)?;
                    revenue.insert(coins.of(asset).symbol.clone(), owed.to_string().into());
                    if owed.is_zero() {
                        continue;
                    }
                    let told = coins.told(asset, owed);
                    let what = format!("claim-revenue:{number}:{address}:{to}:{owed}");
                    let words = format!("send {told} that the shares earned to {to}");
                    let act = offering.claim_revenue(address, to);
                    desk.ensure(&what, &act, &words).await?;
                    got.push(told);
                }
                let value = json!({
                    "offering": number, "work": work.work, "account": desk.me, "to": to,
                    "shares": shares.to_string(), "revenue": revenue,
                });
                let text = match got.is_empty() {
                    true => format!(
                        "{} has nothing to claim of offering {number}: it has been claimed, or another account \
                         bought (--account NAME)\n",
                        desk.me
                    ),
                    false => format!("{to} got {}\n", got.join(" and ")),
                };
                desk.result(value, &text).await
            })
    }
}

impl Refund {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal offer refund", async |desk| {
                let (offering, work) = found(desk, self.offering).await?;
                let number = offering.number;
                let coins = desk.coins(&work).await?;
                let to = destination(desk, self.to.as_deref())?;
                match offering.state {
                    OfferingState::Failed => {}
                    OfferingState::Open => {
                        return Err(Failure::new(format!("offering {number} is not over"))
                            .help("only an offering that failed refunds its buyers"));
                    }
                    OfferingState::Succeeded => {
                        return Err(Failure::new(format!("offering {number} succeeded"))
                            .help(format!("take your shares: {}", next("claim", number))));
                    }
                }
                let lots = desk.reads.lots_of(&offering, desk.me).await;
                let lots = lots.map_err(chain::refused)?;
                let asset = offering.terms.asset;
                let cost = offering.cost(lots);
                let told = coins.told(asset, cost);
                if lots > 0 {
                    let what = format!("refund-lots:{number}:{to}");
                    let words = format!("send {told} back to {to}");
                    desk.ensure(&what, &offering.refund(to), &words).await?;
                }
                let value = json!({
                    "offering": number, "account": desk.me, "to": to,
                    "coin": coins.of(asset).symbol, "amount": cost.to_string(),
                });
                let text = match lots {
                    0 => format!(
                        "{} has nothing in offering {number}: it has been refunded, or another account bought \
                         (--account NAME)\n",
                        desk.me
                    ),
                    _ => format!("{to} got {told} back\n"),
                };
                desk.result(value, &text).await
            })
    }
}

async fn found(desk: &Desk, number: u64) -> Result<(Offering, Work), Failure> {
    let offering = desk.reads.offering(number).await.map_err(chain::refused)?;
    let work = desk.reads.work(offering.work).await;
    Ok((offering, work.map_err(chain::refused)?))
}

fn destination(desk: &Desk, to: Option<&str>) -> Result<alloy_primitives::Address, Failure> {
    to.map_or(Ok(desk.me), |to| desk.who(to))
}
