//! `daedal show`

use daedal_chain::operations::{Derivatives, Kind, Ledgers};
use daedal_core::run::Moment;
use daedal_core::units::BasisPoints;
use daedal_store::Studio;
use serde_json::{Value, json};

use super::Common;
use crate::chain;
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::text;
use crate::ui::Ui;

/// Shows a work as it stands on the chain: versions, shares, what it owes, editions. Without a name, all
/// of the registry.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: Option<String>,
}

impl Show {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        block_on(async {
            let studio = home.open_to_read().await?;
            let client = chain::reach(&home, "daedal show").await?;
            let reads = chain::ledgers(&home, &studio, client).await?;
            match &self.work {
                Some(name) => {
                    let work = number(&studio, &reads, name).await?;
                    let (value, text) = one(&reads, work).await?;
                    ui.result(&value, &text);
                }
                None => {
                    let (value, text) = all(&reads).await?;
                    ui.result(&value, &text);
                }
            }
            Ok(0)
        })
    }
}

/// The number of a work, by whatever a person calls it.
pub(crate) async fn number(studio: &Studio, reads: &Ledgers, name: &str) -> Result<u64, Failure> {
    if let Some(known) = chain::known(studio, reads, name).await? {
        return Ok(known.work);
    }
    chain::work_number(name, reads).map_err(|failure| match name.contains(':') {
        true => failure,
        false => Failure::new(format!("`{name}` is no registered process of this studio"))
            .help("name one, the number of a work, or its CAIP-19 name; `daedal show` lists them"),
    })
}

async fn all(reads: &Ledgers) -> Result<(Value, String), Failure> {
    let count = reads.works().await.map_err(chain::refused)?;
    let mut text = String::new();
    let mut listed = Vec::new();
    for number in 1..=count {
        let work = reads.work(number).await.map_err(chain::refused)?;
        text.push_str(&format!(
            "{number:>4}  {:<8} version {:<4} royalty {:<6} {}\n",
            kind(work.kind),
            work.versions,
            work.royalty.to_string(),
            work.owner
        ));
        listed.push(json!({
            "work": number, "kind": kind(work.kind), "versions": work.versions,
            "royalty_bps": work.royalty.0, "owner": work.owner, "shares": work.shares,
        }));
    }
    if count == 0 {
        text.push_str("nothing is registered yet: daedal register PROCESS\n");
    }
    Ok((Value::Array(listed), text))
}

async fn one(reads: &Ledgers, number: u64) -> Result<(Value, String), Failure> {
    let work = reads.work(number).await.map_err(chain::refused)?;
    let versions = reads.versions(number).await.map_err(chain::refused)?;
    let stack = reads.stack(number).await.map_err(chain::refused)?;
    let holders = reads.holders(number).await.map_err(chain::refused)?;
    let editions = reads.editions(number).await.map_err(chain::refused)?;
    let (chain_id, registry) = (reads.client().chain_id(), reads.deployment().registry);
    let token = chain::caip19(chain_id, registry, number);
    let mut text = format!(
        "work       {number}, a {} on chain {chain_id} ({})\ntoken      {token}\nowner      {}\n\
         controller {}\nshares     {}\nroyalty    {} of what derivatives earn; {} may derive\n",
        kind(work.kind),
        reads.client().place(),
        work.owner,
        work.controller,
        work.shares,
        work.royalty,
        derivers(work.derivatives),
    );
    for (ancestor, part) in &stack {
        text.push_str(&format!("owes       {part} to work {ancestor}\n"));
    }
    for version in &versions {
        let at = text::moment(Moment(version.published_at * 1_000));
        text.push_str(&format!(
            "version    {:<3} {}  {at}\n",
            version.version,
            version.bundle.short()
        ));
    }
    let supply: alloy_primitives::U256 = holders.iter().map(|holder| holder.shares).sum();
    for holder in &holders {
        let part = holder.shares * alloy_primitives::U256::from(10_000)
            / supply.max(alloy_primitives::U256::ONE);
        text.push_str(&format!(
            "holder     {}  {}\n",
            holder.account,
            BasisPoints(part.saturating_to())
        ));
    }
    text.push_str(&format!("editions   {}\n", editions.len()));
    let value = json!({
        "work": number, "kind": kind(work.kind), "chain": chain_id, "token": token,
        "owner": work.owner, "controller": work.controller, "shares": work.shares,
        "asset": work.asset, "royalty_bps": work.royalty.0, "stack_bps": work.stack.0,
        "derivatives": derivers(work.derivatives),
        "upstream": stack.iter()
            .map(|(work, part)| json!({ "work": work, "bps": part.0 })).collect::<Vec<_>>(),
        "versions": versions.iter().map(|version| json!({
            "version": version.version, "bundle": version.bundle, "uri": version.uri,
            "published_at": version.published_at,
        })).collect::<Vec<_>>(),
        "holders": holders.iter().map(|holder| json!({
            "address": holder.account, "shares": holder.shares.to_string(),
        })).collect::<Vec<_>>(),
        "editions": editions.len(),
    });
    Ok((value, text))
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Process => "process",
        Kind::Model => "model",
        Kind::Dataset => "dataset",
    }
}

fn derivers(who: Derivatives) -> &'static str {
    match who {
        Derivatives::Open => "anyone",
        Derivatives::AllowList => "who is on its list",
        Derivatives::Closed => "nobody else",
    }
}
