//! `daedal ledger`

use std::collections::BTreeMap;
use std::path::PathBuf;

use alloy_primitives::U256;
use daedal_chain::operations::{Flow, Moved, Movement, Work};
use daedal_core::economy::Asset;
use daedal_core::run::Moment;
use serde_json::{Value, json};

use super::Common;
use crate::chain::amount::Coins;
use crate::chain::{self, Looking, amount};
use crate::failure::Failure;
use crate::hint;
use crate::plot::{self, Series};
use crate::runs::{Cost, costs};
use crate::text;
use crate::ui::Ui;

/// Shows the money of a work: what came in and from where, what went to holders and to works upstream,
/// and what its runs in this studio have cost.
#[derive(Debug, clap::Args)]
pub(crate) struct Ledger {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    /// Write every movement as a line of CSV to this file; - is stdout
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Draw revenue over time into this SVG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    looking: Looking,
}

impl Ledger {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.looking
            .look(common, ui, "daedal ledger", async |desk| {
                let reads = &desk.reads;
                let work = desk.work(&self.work).await?;
                let number = work.work;
                let coins = desk.coins(&work).await?;
                let movements = reads.movements(&work).await.map_err(chain::refused)?;
                let process = chain::process_of(&desk.studio, reads, number).await?;
                let costs = match &process {
                    Some(process) => costs(&desk.studio, process).await?,
                    None => Vec::new(),
                };
                if let Some(file) = &self.csv {
                    let table = csv(&movements, &coins, &costs)?;
                    if file.as_os_str() == "-" {
                        ui.result(&json!({ "work": number, "csv": table }), &table);
                        return Ok(0);
                    }
                    text::write_whole(file, table.as_bytes())?;
                    ui.note(format!("wrote {}", file.display()));
                }
                let series: Vec<Series> = [Asset::Stablecoin, Asset::Native]
                    .into_iter()
                    .filter_map(|asset| series(&movements, &coins, asset))
                    .collect();
                if let Some(file) = &self.plot {
                    let title = format!("Revenue of work {number}");
                    let drawn = plot::svg(&title, &series);
                    if file.as_os_str() == "-" {
                        ui.result(&json!({ "work": number, "svg": drawn }), &drawn);
                        return Ok(0);
                    }
                    text::write_whole(file, drawn.as_bytes())?;
                    ui.note(format!("wrote {}", file.display()));
                }
                let value = to_json(&work, &movements, &coins, &costs);
                ui.result(&value, &told(&work, &movements, &coins, &costs, &series));
                Ok(0)
            })
    }
}

/// A movement as words: its kind, and who is at the other end.
fn kind(what: Moved) -> (&'static str, String) {
    match what {
        Moved::Sale { by } => ("sale", by.to_string()),
        Moved::Resale { by } => ("resale", by.to_string()),
        Moved::Commission { client } => ("commission", client.to_string()),
        Moved::Payment { by } => ("payment", by.to_string()),
        Moved::Noted => ("arrived", String::new()),
        Moved::Harvest { from } => ("harvest", format!("work {from}")),
        Moved::Around { of } => ("reserve", of.to_string()),
        Moved::RoyaltyIn { from } => ("royalty in", format!("work {from}")),
        Moved::RoyaltyOut { to } => ("royalty out", format!("work {to}")),
        Moved::Claim { by, .. } => ("claim", by.to_string()),
    }
}

/// Which way money went: what goes around is neither earned again nor gone.
fn direction(what: Moved) -> &'static str {
    match what.flow() {
        Flow::In => "in",
        Flow::Out => "out",
        Flow::Around => "around",
    }
}

fn is_income(movement: &Movement) -> bool {
    movement.what.flow() == Flow::In
}

/// Sums by kind and coin.
fn sums(movements: &[Movement]) -> BTreeMap<(&'static str, usize), U256> {
    let mut sums = BTreeMap::new();
    for movement in movements {
        let (kind, _) = kind(movement.what);
        *sums.entry((kind, movement.asset as usize)).or_default() += movement.amount;
    }
    sums
}

/// All that came in, in one coin.
fn earned(movements: &[Movement], asset: Asset) -> U256 {
    let of = movements.iter().filter(|one| one.asset == asset);
    of.filter(|one| is_income(one)).map(|one| one.amount).sum()
}

fn told(
    work: &Work,
    movements: &[Movement],
    coins: &Coins,
    costs: &[Cost],
    series: &[Series],
) -> String {
    let mut text = format!("money of work {}, at {}\n", work.work, work.shares);
    for movement in movements {
        let (kind, who) = kind(movement.what);
        let sign = match movement.what.flow() {
            Flow::In => '+',
            Flow::Out => '-',
            Flow::Around => '=',
        };
        text.push_str(&format!(
            "{}  {:<11} {sign}{:<22} {who}\n",
            text::moment(Moment(movement.at * 1_000)),
            kind,
            coins.told(movement.asset, movement.amount)
        ));
    }
    for ((kind, asset), sum) in sums(movements) {
        let sum = coins.told(Asset::ALL[asset], sum);
        text.push_str(&format!("sum       {kind:<11} {sum}\n"));
    }
    for asset in Asset::ALL {
        let earned = earned(movements, asset);
        if !earned.is_zero() {
            let earned = coins.told(asset, earned);
            text.push_str(&format!("sum       {:<11} {earned}\n", "income"));
        }
    }
    let has = |wanted: fn(&Moved) -> bool| movements.iter().any(|one| wanted(&one.what));
    if has(|what| matches!(what, Moved::Noted)) {
        text.push_str(
            "arrived   is of the chain's own coin: nobody says from whom where a contract sent it, or where the \
             chain is too long to search\n",
        );
    }
    if has(|what| matches!(what, Moved::Around { .. })) {
        text.push_str(
            "reserve   is what shares earned that the work's own reserve holds: it goes around, and is no revenue \
             again\n",
        );
    }
    for one in series {
        text.push_str(&plot::line(one));
    }
    if movements.is_empty() {
        text.push_str(&format!(
            "nothing has come in yet: anyone can pay its address, or `{} pay`\n",
            hint::daedal()
        ));
    }
    for cost in costs {
        let at = text::moment(cost.at);
        text.push_str(&format!(
            "cost      run {}  {at}  {}\n",
            cost.run.0.short(),
            cost.cost
        ));
    }
    text
}

fn to_json(work: &Work, movements: &[Movement], coins: &Coins, costs: &[Cost]) -> Value {
    let movement = |movement: &Movement| {
        let (kind, who) = kind(movement.what);
        json!({
            "at": movement.at, "block": movement.block, "transaction": movement.transaction,
            "kind": kind, "who": who, "coin": coins.of(movement.asset).symbol,
            "amount": movement.amount.to_string(), "income": is_income(movement),
            "direction": direction(movement.what),
        })
    };
    let sum = |((kind, asset), sum): ((&str, usize), U256)| {
        let coin = &coins.of(Asset::ALL[asset]).symbol;
        json!({ "kind": kind, "coin": coin, "amount": sum.to_string() })
    };
    let cost = |cost: &Cost| json!({ "run": cost.run.0.short(), "created": text::moment(cost.at), "usd_micros": cost.cost });
    json!({
        "work": work.work, "shares": work.shares,
        "movements": movements.iter().map(movement).collect::<Vec<_>>(),
        "sums": sums(movements).into_iter().map(sum).collect::<Vec<_>>(),
        "income": Asset::ALL.map(|asset| json!({
            "coin": coins.of(asset).symbol, "amount": earned(movements, asset).to_string(),
        })),
        "costs": costs.iter().map(cost).collect::<Vec<_>>(),
    })
}

fn csv(movements: &[Movement], coins: &Coins, costs: &[Cost]) -> Result<String, Failure> {
    let mut table = String::from("time,block,transaction,kind,who,direction,amount,coin\n");
    for movement in movements {
        let (kind, who) = kind(movement.what);
        let coin = coins.of(movement.asset);
        // No field can hold a comma or a quote: symbols are tidied, and all else is ours.
        let symbol = coin.symbol.replace([',', '"'], "");
        table.push_str(&format!(
            "{},{},{},{kind},{who},{},{},{symbol}\n",
            text::moment(Moment(movement.at * 1_000)),
            movement.block,
            movement.transaction,
            direction(movement.what),
            amount::plain(movement.amount, coin.decimals),
        ));
    }
    for cost in costs {
        let (at, run) = (text::moment(cost.at), cost.run.0.short());
        let spent = amount::plain(U256::from(cost.cost.0), 6);
        table.push_str(&format!("{at},,,cost,run {run},out,{spent},USD\n"));
    }
    Ok(table)
}

/// Revenue of one coin as it grew; none if there was none.
fn series(movements: &[Movement], coins: &Coins, asset: Asset) -> Option<Series> {
    let coin = coins.of(asset);
    let income = movements
        .iter()
        .filter(|movement| movement.asset == asset && is_income(movement));
    let mut sum = U256::ZERO;
    let points: Vec<(u64, f64)> = income
        .map(|movement| {
            sum += movement.amount;
            let shown = amount::plain(sum, coin.decimals).parse();
            (movement.at, shown.unwrap_or(f64::MAX))
        })
        .collect();
    (!points.is_empty()).then(|| Series {
        unit: coin.symbol.clone(),
        points,
    })
}
