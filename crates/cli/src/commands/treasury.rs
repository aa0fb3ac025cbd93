//! `daedal treasury`

use alloy_primitives::{Address, B256, U256, keccak256};
use clap::Subcommand;
use daedal_chain::operations::{Act, Draw, Work};
use daedal_core::UsdMicros;
use daedal_core::economy::Asset;
use daedal_core::run::Moment;
use serde_json::{Value, json};

use super::Common;
use crate::chain::amount::Coins;
use crate::chain::desk::{Desk, coins};
use crate::chain::{self, Acting, amount, when};
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::runs::{self, Cost};
use crate::text;
use crate::ui::Ui;

/// Digits of the dollar behind the point, as costs of runs are counted.
const USD_DECIMALS: u8 = 6;

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
    Show {
        /// A process of this studio, the number of a work, or its CAIP-19 name
        work: String,
    },
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
    Draw(DrawOut),
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

/// Draws what runs of the work in this studio have cost, one draw a run and none twice; or an amount for
/// something else.
#[derive(Debug, clap::Args)]
struct DrawOut {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    /// How much, with its unit, for something else than runs
    #[arg(requires = "for_what")]
    amount: Option<String>,
    /// What it is for: its digest is kept beside the draw
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

impl Treasury {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        match self.what {
            What::Show { work } => show(common, &work, ui),
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
    Failure::new(format!("work {work} has no treasury yet"))
        .help("an offering opens it, or: daedal treasury open WORK")
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
                            "its shares vote on allowances: daedal govern propose {} --allow {operator}=\"{}\" --per {}",
                            work.work, self.amount, self.per
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
                desk.act(&what, &act, &words).await?;
                let value = json!({
                    "work": work.work, "treasury": treasury, "operator": operator,
                    "coin": coins.of(asset).symbol, "amount": amount.to_string(), "period": period,
                });
                let text = format!("{operator} may draw up to {told} every {}\n", self.per);
                desk.result(value, &text).await
            })
    }
}

/// A draw that is to be made.
struct Wanted {
    words: String,
    asset: Asset,
    amount: U256,
    purpose: B256,
}

impl DrawOut {
    fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal treasury draw", async |desk| {
                let work = desk.work(&self.work).await?;
                let coins = desk.coins(&work).await?;
                let treasury = existing(desk, &work).await?;
                let to = self.to.as_deref().map_or(Ok(desk.me), |to| desk.who(to))?;
                let wanted = match (&self.amount, &self.purpose) {
                    (Some(amount), Some(purpose)) => {
                        let (asset, amount) = coins.read(amount)?;
                        vec![Wanted {
                            words: format!("\"{purpose}\""),
                            asset,
                            amount,
                            purpose: keccak256(purpose),
                        }]
                    }
                    _ => self.costs(desk, &work, &coins, treasury).await?,
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
                            0 => "ask who controls the work for one: daedal treasury allow".to_owned(),
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
                let mut text = String::new();
                let mut drawn = Vec::new();
                for one in &wanted {
                    let told = coins.told(one.asset, one.amount);
                    let act = self.act(desk, &work, treasury, to, one)?;
                    let what = format!("draw:{treasury}:{}:{}", one.purpose, one.amount);
                    let words = format!("draw {told} for {} to {to}", one.words);
                    desk.act(&what, &act, &words).await?;
                    text.push_str(&format!("drew {told} for {} to {to}\n", one.words));
                    drawn.push(json!({
                        "coin": coins.of(one.asset).symbol, "amount": one.amount.to_string(),
                        "purpose": one.purpose, "for": one.words,
                    }));
                }
                if wanted.is_empty() {
                    text.push_str("every run that cost something has been drawn for\n");
                }
                let value = json!({
                    "work": work.work, "treasury": treasury, "to": to, "drawn": drawn,
                });
                desk.result(value, &text).await
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
        treasury: Address,
    ) -> Result<Vec<Wanted>, Failure> {
        let process = chain::process_of(&desk.studio, &desk.reads, work.work).await?;
        let process = process.ok_or_else(|| {
            Failure::new(format!("work {} has no runs in this studio", work.work))
                .help("draw an amount for something else: AMOUNT --for TEXT")
        })?;
        let costs = runs::costs(&desk.studio, &process).await?;
        let draws = desk.reads.draws(treasury).await.map_err(chain::refused)?;
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
            if paid && !only.is_empty() {
                return Err(
                    Failure::new(format!("run {name} has been drawn for already"))
                        .help("`daedal treasury show WORK` lists all draws"),
                );
            }
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

/// What a draw for a run names: the run.
fn purpose_of(cost: &Cost) -> B256 {
    B256::from(cost.run.0.0)
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

fn show(common: &Common, work: &str, ui: Ui) -> Result<u8, Failure> {
    let home = Home::find(common)?;
    block_on(async {
        let studio = home.open_to_read().await?;
        let client = chain::reach(&home, "daedal treasury show").await?;
        let reads = chain::ledgers(&home, &studio, client).await?;
        let number = super::show::number(&studio, &reads, work).await?;
        let work = reads.work(number).await.map_err(chain::refused)?;
        let coins = coins(&reads, &work).await?;
        let treasury = reads.treasury_of(number).await.map_err(chain::refused)?;
        let treasury = treasury.ok_or_else(|| none(number))?;
        let coin_of = |address: Address| match address == work.asset {
            true => coins.stablecoin.clone(),
            false => coins.native.clone(),
        };
        let mut text = format!(
            "treasury of work {number}\n  address    {treasury}\n  controller {}\n",
            work.controller
        );
        let mut has = serde_json::Map::new();
        for asset in [Asset::Stablecoin, Asset::Native] {
            let money = reads.money_of(treasury, work.address_of(asset)).await;
            let money = money.map_err(chain::refused)?;
            text.push_str(&format!("  has        {}\n", coins.told(asset, money)));
            has.insert(coins.of(asset).symbol.clone(), money.to_string().into());
        }
        let allowances = reads.allowances(treasury).await.map_err(chain::refused)?;
        for allowance in &allowances {
            let coin = coin_of(allowance.asset);
            text.push_str(&format!(
                "  may draw   {}  {} of {} every {}\n",
                allowance.operator,
                amount::told(&coin, allowance.left),
                amount::told(&coin, allowance.amount),
                text::duration(allowance.period * 1_000),
            ));
        }
        let draws = reads.draws(treasury).await.map_err(chain::refused)?;
        let process = chain::process_of(&studio, &reads, number).await?;
        let costs = match &process {
            Some(process) => runs::costs(&studio, process).await?,
            None => Vec::new(),
        };
        for draw in &draws {
            text.push_str(&format!(
                "  drawn      {}  {}  for {}, by {}\n",
                text::moment(Moment(draw.at * 1_000)),
                amount::told(&coin_of(draw.asset), draw.amount),
                purpose_told(draw, &costs),
                draw.operator,
            ));
        }
        let open: Vec<&Cost> = costs
            .iter()
            .filter(|cost| cost.cost != UsdMicros::default())
            .filter(|cost| draws.iter().all(|draw| draw.purpose != purpose_of(cost)))
            .collect();
        let sum = open.iter().map(|cost| cost.cost);
        let sum = sum.fold(UsdMicros::default(), UsdMicros::saturating_add);
        if !open.is_empty() {
            let runs = text::count(open.len(), "run");
            text.push_str(&format!(
                "  open       {runs} cost {sum}: daedal treasury draw\n"
            ));
        }
        let value = json!({
            "work": number, "treasury": treasury, "controller": work.controller, "has": has,
            "allowances": allowances.iter().map(|allowance| json!({
                "operator": allowance.operator, "coin": coin_of(allowance.asset).symbol,
                "amount": allowance.amount.to_string(), "drawn": allowance.drawn.to_string(),
                "left": allowance.left.to_string(), "start": allowance.start,
                "period": allowance.period,
            })).collect::<Vec<_>>(),
            "draws": draws.iter().map(|draw| json!({
                "at": draw.at, "operator": draw.operator, "coin": coin_of(draw.asset).symbol,
                "amount": draw.amount.to_string(), "to": draw.to, "purpose": draw.purpose,
                "transaction": draw.transaction,
            })).collect::<Vec<_>>(),
            "open_usd_micros": sum,
        });
        ui.result(&value, &text);
        Ok(0)
    })
}

fn purpose_told(draw: &Draw, costs: &[Cost]) -> String {
    let run = costs.iter().find(|cost| purpose_of(cost) == draw.purpose);
    run.map_or_else(
        || draw.purpose.to_string(),
        |cost| format!("run {}", cost.run.0.short()),
    )
}

#[cfg(test)]
#[test]
fn dollars_become_units_of_any_stablecoin_and_never_more() {
    let units = |decimals| in_stablecoin(UsdMicros(1_234_567), decimals).to_string();
    assert_eq!(units(6), "1234567");
    assert_eq!(units(18), "1234567000000000000");
    assert_eq!(units(2), "123");
}
