//! `daedal treasury show`

use alloy_primitives::Address;
use daedal_chain::operations::Draw;
use daedal_core::UsdMicros;
use daedal_core::economy::Asset;
use daedal_core::run::Moment;
use daedal_store::Studio;
use serde_json::{Value, json};

use super::{none, purpose, purpose_of};
use crate::chain::desk::Desk;
use crate::chain::{self, Looking, amount};
use crate::commands::Common;
use crate::failure::Failure;
use crate::hint;
use crate::runs::{self, Cost};
use crate::text;
use crate::ui::Ui;

/// Shows what is in a treasury, who may draw, and what was drawn.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    #[command(flatten)]
    looking: Looking,
}

impl Show {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.looking
            .look(common, ui, "daedal treasury show", async |desk| {
                let (value, text) = shown(desk, &self.work).await?;
                ui.result(&value, &text);
                Ok(0)
            })
    }
}

async fn shown(desk: &Desk, work: &str) -> Result<(Value, String), Failure> {
    let (reads, studio) = (&desk.reads, &desk.studio);
    let work = desk.work(work).await?;
    let number = work.work;
    let coins = desk.coins(&work).await?;
    let treasury = reads.treasury_of(number).await.map_err(chain::refused)?;
    let treasury = treasury.ok_or_else(|| none(number))?;
    let coin_of = |address: Address| match address == work.asset {
        true => coins.stablecoin.clone(),
        false => coins.native.clone(),
    };
    let mut text = format!(
        "treasury of work {number}\n  address    {treasury}\n  controller {}{}\n",
        work.controller,
        desk.you(work.controller)
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
            "  may draw   {}  {} of {} every {}{}\n",
            allowance.operator,
            amount::told(&coin, allowance.left),
            amount::told(&coin, allowance.amount),
            text::duration(allowance.period * 1_000),
            desk.you(allowance.operator),
        ));
    }
    let draws = reads.draws(treasury).await.map_err(chain::refused)?;
    let process = chain::process_of(studio, reads, number).await?;
    let costs = match &process {
        Some(process) => runs::costs(studio, process).await?,
        None => Vec::new(),
    };
    let mut purposes = Vec::new();
    for draw in &draws {
        let purpose = purpose_told(studio, draw, &costs).await?;
        text.push_str(&format!(
            "  drawn      {}  {}  for {}, by {}\n",
            text::moment(Moment(draw.at * 1_000)),
            amount::told(&coin_of(draw.asset), draw.amount),
            purpose.as_deref().unwrap_or(&draw.purpose.to_string()),
            draw.operator,
        ));
        purposes.push(purpose);
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
            "  open       {runs} cost {sum}: {} treasury draw {number}\n",
            hint::daedal()
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
        "draws": draws.iter().zip(&purposes).map(|(draw, purpose)| json!({
            "at": draw.at, "operator": draw.operator, "coin": coin_of(draw.asset).symbol,
            "amount": draw.amount.to_string(), "to": draw.to, "purpose": draw.purpose, "for": purpose,
            "transaction": draw.transaction,
        })).collect::<Vec<_>>(),
        "open_usd_micros": sum,
    });
    Ok((value, text))
}

/// What a draw was for, where this studio knows: a run of it, or a text.
async fn purpose_told(
    studio: &Studio,
    draw: &Draw,
    costs: &[Cost],
) -> Result<Option<String>, Failure> {
    let run = costs.iter().find(|cost| purpose_of(cost) == draw.purpose);
    match run {
        Some(cost) => Ok(Some(format!("run {}", cost.run.0.short()))),
        None => {
            let text = purpose::text(studio, draw.purpose).await?;
            Ok(text.map(|text| format!("\"{text}\"")))
        }
    }
}
