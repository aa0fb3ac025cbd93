//! `daedal treasury draw`

use alloy_primitives::{Address, B256, U256, keccak256};
use daedal_chain::operations::{Act, Draw, Work};
use daedal_core::UsdMicros;
use daedal_core::economy::Asset;
use daedal_core::run::Moment;
use serde_json::json;

use super::{existing, purpose, purpose_of};
use crate::chain::amount::Coins;
use crate::chain::desk::Desk;
use crate::chain::{self, Acting};
use crate::commands::Common;
use crate::failure::Failure;
use crate::hint;
use crate::runs;
use crate::text;
use crate::ui::Ui;

/// Digits of the dollar behind the point, as costs of runs are counted.
const USD_DECIMALS: u8 = 6;

/// Draws what runs of the work in this studio have cost, one draw a run and none twice; or an amount for
/// something else.
#[derive(Debug, clap::Args)]
pub(crate) struct DrawOut {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    /// How much, with its unit, for something else than runs
    #[arg(requires = "for_what")]
    amount: Option<String>,
    /// What it is for: its digest is kept on the chain, the text in this studio. The same text can be drawn for
    /// again
    #[arg(
        long = "for",
        value_name = "TEXT",
        id = "for_what",
        requires = "amount"
    )]
    purpose: Option<String>,
    /// Only for this run; may be given more than once
    #[arg(long = "run", value_name = "RUN", conflicts_with = "amount")]
    only: Vec<String>,
    /// Where it goes: an address, or the name of an account of this studio [default: your own account]
    #[arg(long, value_name = "WHO")]
    to: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

/// A draw that is to be made.
struct Wanted {
    words: String,
    asset: Asset,
    amount: U256,
    purpose: B256,
}

impl DrawOut {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal treasury draw", async |desk| {
                let work = desk.work(&self.work).await?;
                let coins = desk.coins(&work).await?;
                let treasury = existing(desk, &work).await?;
                let to = self.to.as_deref().map_or(Ok(desk.me), |to| desk.who(to))?;
                let draws = desk.reads.draws(treasury).await.map_err(chain::refused)?;
                let wanted = match (&self.amount, &self.purpose) {
                    (Some(amount), Some(purpose)) => {
                        let (asset, amount) = coins.read(amount)?;
                        if amount.is_zero() {
                            return Err(Failure::new("nothing can't be drawn")
                                .help("give an amount above zero"));
                        }
                        let digest = keccak256(purpose);
                        purpose::keep(desk, digest, purpose).await?;
                        vec![Wanted {
                            words: format!("\"{purpose}\""),
                            asset,
                            amount,
                            purpose: digest,
                        }]
                    }
                    _ => self.costs(desk, &work, &coins, &draws).await?,
                };
                let mut sums = [U256::ZERO; 2];
                for one in &wanted {
                    sums[one.asset as usize] += one.amount;
                }
                for asset in Asset::ALL {
                    let sum = sums[asset as usize];
                    let address = work.address_of(asset);
                    let allowance = desk.reads.allowance(treasury, desk.me, address).await;
                    let allowance = allowance.map_err(chain::refused)?;
                    if allowance.left < sum {
                        let next = allowance.start + allowance.period;
                        let help = match allowance.period {
                            0 => self.who_may(desk, &work, treasury).await?,
                            _ => format!(
                                "draw less, for example for single runs with --run; the next period begins at {}",
                                text::moment(Moment(next * 1_000))
                            ),
                        };
                        return Err(Failure::new(format!(
                            "{} may draw {} now, which is less than {}",
                            desk.me,
                            coins.told(asset, allowance.left),
                            coins.told(asset, sum)
                        ))
                        .help(help));
                    }
                    let have = desk.reads.money_of(treasury, address).await;
                    let have = have.map_err(chain::refused)?;
                    if have < sum {
                        return Err(Failure::new(format!(
                            "the treasury has {}, which is less than {}",
                            coins.told(asset, have),
                            coins.told(asset, sum)
                        ))
                        .help("draw less; an offering or a plain transfer fills it"));
                    }
                }
                let mut shown = String::new();
                let mut drawn = Vec::new();
                for one in &wanted {
                    let told = coins.told(one.asset, one.amount);
                    let act = self.act(desk, &work, treasury, to, one)?;
                    let what = format!("draw:{treasury}:{}:{}", one.purpose, one.amount);
                    // Nothing keeps anybody from drawing for the same text twice: it has to be seen.
                    let before: Vec<&Draw> =
                        draws.iter().filter(|draw| draw.purpose == one.purpose).collect();
                    let again = before.last().map_or(String::new(), |last| {
                        format!(
                            "; it was drawn for before: {}, the last at {}",
                            text::count(before.len(), "draw"),
                            text::moment(Moment(last.at * 1_000))
                        )
                    });
                    let words = format!("draw {told} for {} to {to}{again}", one.words);
                    desk.act(&what, &act, &words).await?;
                    shown.push_str(&format!("drew {told} for {} to {to}{again}\n", one.words));
                    drawn.push(json!({
                        "coin": coins.of(one.asset).symbol, "amount": one.amount.to_string(),
                        "purpose": one.purpose, "for": one.words, "drawn_for_before": before.len(),
                    }));
                }
                if wanted.is_empty() {
                    shown.push_str(match self.only.is_empty() {
                        true => "every run that cost something has been drawn for\n",
                        false => "these runs cost nothing, or have been drawn for already\n",
                    });
                }
                let value = json!({
                    "work": work.work, "treasury": treasury, "to": to, "drawn": drawn,
                });
                desk.result(value, &shown).await
            })
    }

    /// Who may draw where this account may not.
    async fn who_may(
        &self,
        desk: &Desk,
        work: &Work,
        treasury: Address,
    ) -> Result<String, Failure> {
        let allowances = desk.reads.allowances(treasury).await;
        let mut may: Vec<String> = Vec::new();
        for allowance in allowances.map_err(chain::refused)? {
            let who = allowance.operator.to_string();
            if !may.contains(&who) {
                may.push(who);
            }
        }
        let may = match may.is_empty() {
            true => "nobody may draw yet".to_owned(),
            false => format!("these may draw: {} (--account NAME)", may.join(", ")),
        };
        let (daedal, number) = (hint::daedal(), work.work);
        let votes = desk
            .reads
            .governor_of(number)
            .await
            .map_err(chain::refused)?;
        Ok(match votes {
            Some(_) => format!(
                "{may}; the shares vote on who may: {daedal} govern propose {number} --allow WHO=AMOUNT"
            ),
            None => format!(
                "{may}; {}, who controls the work, can let others: {daedal} treasury allow {number} WHO AMOUNT",
                work.controller
            ),
        })
    }

    fn act(
        &self,
        desk: &Desk,
        work: &Work,
        treasury: Address,
        to: Address,
        one: &Wanted,
    ) -> Result<Act, Failure> {
        let asset = work.address_of(one.asset);
        let act = desk
            .reads
            .draw(treasury, asset, one.amount, to, one.purpose);
        act.map_err(chain::refused)
    }

    /// Draws for runs that nobody has drawn for, in the work's stablecoin.
    async fn costs(
        &self,
        desk: &Desk,
        work: &Work,
        coins: &Coins,
        draws: &[Draw],
    ) -> Result<Vec<Wanted>, Failure> {
        let process = chain::process_of(&desk.studio, &desk.reads, work.work).await?;
        let process = process.ok_or_else(|| {
            Failure::new(format!("work {} has no runs in this studio", work.work))
                .help("draw an amount for something else: AMOUNT --for TEXT")
        })?;
        let costs = runs::costs(&desk.studio, &process).await?;
        let mut only = Vec::new();
        for name in &self.only {
            only.push(runs::find(&desk.studio, name).await?.run);
        }
        let mut wanted = Vec::new();
        for cost in costs.iter().rev() {
            if !only.is_empty() && !only.contains(&cost.run) {
                continue;
            }
            let paid = draws.iter().any(|draw| draw.purpose == purpose_of(cost));
            let name = cost.run.0.short();
            if paid || cost.cost == UsdMicros::default() {
                continue;
            }
            let decimals = coins.of(Asset::Stablecoin).decimals;
            wanted.push(Wanted {
                words: format!("run {name}"),
                asset: Asset::Stablecoin,
                amount: in_stablecoin(cost.cost, decimals),
                purpose: purpose_of(cost),
            });
        }
        Ok(wanted)
    }
}

/// Dollars as a stablecoin counts them, rounded down: never a unit more than was spent.
fn in_stablecoin(cost: UsdMicros, decimals: u8) -> U256 {
    let ten = U256::from(10);
    let cost = U256::from(cost.0);
    match decimals >= USD_DECIMALS {
        true => cost * ten.pow(U256::from(decimals - USD_DECIMALS)),
        false => cost / ten.pow(U256::from(USD_DECIMALS - decimals)),
    }
}

#[cfg(test)]
#[test]
fn dollars_become_units_of_any_stablecoin_and_never_more() {
    let units = |decimals| in_stablecoin(UsdMicros(1_234_567), decimals).to_string();
    assert_eq!(units(6), "1234567");
    assert_eq!(units(18), "1234567000000000000");
    assert_eq!(units(2), "123");
}
