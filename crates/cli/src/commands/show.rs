//! `daedal show`

use daedal_chain::operations::{Derivatives, Kind, Ledgers, ParameterSpec};
use daedal_core::run::Moment;
use daedal_core::units::BasisPoints;
use daedal_store::Studio;
use serde_json::{Value, json};

use super::Common;
use crate::chain::dials::{counted, name_of};
use crate::chain::{self, Looking};
use crate::failure::Failure;
use crate::hint;
use crate::home::Home;
use crate::release::{self, Addresses};
use crate::text;
use crate::ui::Ui;

/// Shows a work as it stands on the chain: versions, shares, what it owes, editions. Without a name, all
/// of the registry.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: Option<String>,
    #[command(flatten)]
    looking: Looking,
}

impl Show {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.looking.look(common, ui, "daedal show", async |desk| {
            let (home, studio, reads) = (&desk.home, &desk.studio, &desk.reads);
            match &self.work {
                Some(name) => {
                    let work = number(home, studio, reads, name).await?;
                    let (mut value, mut text) = one(reads, work).await?;
                    let known = chain::known(studio, reads, name).await?;
                    // Of a model or a dataset nothing is on the site.
                    if let Some(known) = known.filter(|_| value["kind"] == "process") {
                        let url = release::studio_url(home)?;
                        let at = release::addresses(studio, reads, url, &known).await?;
                        value["metadata"] =
                            json!({ "site": at.url, "mints_elsewhere": at.elsewhere() });
                        text.push_str(&metadata(&at));
                    }
                    ui.result(&value, &text);
                }
                None => {
                    let (value, text) = all(reads).await?;
                    ui.result(&value, &text);
                }
            }
            Ok(0)
        })
    }
}

/// The number of a work, by whatever a person calls it.
pub(crate) async fn number(
    home: &Home,
    studio: &Studio,
    reads: &Ledgers,
    name: &str,
) -> Result<u64, Failure> {
    if let Some(known) = chain::known(studio, reads, name).await? {
        return Ok(known.work);
    }
    if !chain::known_anywhere(studio, name).await?.is_empty() {
        let known = chain::known_here(home, studio, reads.client(), name).await?;
        return Ok(known.work);
    }
    chain::work_number(name, reads).map_err(|failure| match name.contains(':') {
        true => failure,
        false => {
            Failure::new(format!("`{name}` is no registered process of this studio")).help(format!(
                "name one, the number of a work, or its CAIP-19 name; `{} show` lists them",
                hint::daedal()
            ))
        }
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
            work.kind.word(),
            work.versions,
            work.royalty.to_string(),
            work.owner
        ));
        listed.push(json!({
            "work": number, "kind": work.kind.word(), "versions": work.versions,
            "royalty_bps": work.royalty.0, "owner": work.owner, "shares": work.shares,
        }));
    }
    if count == 0 {
        text.push_str(&format!(
            "nothing is registered yet: {} register PROCESS\n",
            hint::daedal()
        ));
    }
    Ok((Value::Array(listed), text))
}

async fn one(reads: &Ledgers, number: u64) -> Result<(Value, String), Failure> {
    let work = reads.work(number).await.map_err(chain::refused)?;
    let versions = reads.versions(number).await.map_err(chain::refused)?;
    let stack = reads.stack(number).await.map_err(chain::refused)?;
    let dials = reads.parameters(number).await.map_err(chain::refused)?;
    let holders = reads.holders(number).await.map_err(chain::refused)?;
    let editions = reads.editions(number).await.map_err(chain::refused)?;
    let anchors = reads.anchors_of(work.owner).await;
    let anchors = anchors.map_err(chain::refused)?;
    let (chain_id, registry) = (reads.client().chain_id(), reads.deployment().registry);
    let token = chain::caip19(chain_id, registry, number);
    let mut text = format!(
        "work       {number}, a {} on chain {chain_id} ({})\ntoken      {token}\nowner      {}\n\
         controller {}\nshares     {}\nroyalty    {} of what derivatives earn; {} may derive\n",
        work.kind.word(),
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
    for dial in &dials {
        text.push_str(&format!("dial       {}\n", dial_told(dial)));
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
    let value = json!({
        "work": number, "kind": work.kind.word(), "chain": chain_id, "token": token,
        "owner": work.owner, "controller": work.controller, "shares": work.shares,
        "asset": work.asset, "royalty_bps": work.royalty.0, "stack_bps": work.stack.0,
        "derivatives": derivers(work.derivatives),
        "upstream": stack.iter()
            .map(|(work, part)| json!({ "work": work, "bps": part.0 })).collect::<Vec<_>>(),
        "versions": versions.iter().map(|version| json!({
            "version": version.version, "bundle": version.bundle, "uri": version.uri,
            "published_at": version.published_at,
        })).collect::<Vec<_>>(),
        "parameters": dials.iter().map(|dial| json!({
            "name": name_of(dial), "value": counted(dial.value.into(), dial.decimals),
            "min": counted(dial.min.into(), dial.decimals), "max": counted(dial.max.into(), dial.decimals),
            "max_step": counted(dial.step.into(), dial.decimals), "cooldown_s": dial.cooldown,
        })).collect::<Vec<_>>(),
        "holders": holders.iter().map(|holder| json!({
            "address": holder.account, "shares": holder.shares.to_string(),
        })).collect::<Vec<_>>(),
        "editions": editions.len(),
        "anchors": anchors.iter()
            .map(|(root, runs)| json!({ "root": root, "runs": runs })).collect::<Vec<_>>(),
        "anchored_by": work.owner, "anchor_contract": reads.deployment().anchor,
    });
    if work.kind != Kind::Process {
        // Nothing of it runs, so that there is nothing to check.
        let version = versions.last().filter(|version| !version.uri.is_empty());
        let at = version.map(|version| format!("metadata   {}\n", version.uri));
        text.push_str(&at.unwrap_or_default());
        return Ok((value, text));
    }
    text.push_str(&format!("editions   {}\n", editions.len()));
    for (root, runs) in &anchors {
        let runs = text::count(usize::try_from(*runs).unwrap_or(usize::MAX), "run");
        text.push_str(&format!("anchor     {root}  {runs}\n"));
    }
    text.push_str(&format!(
        "check      daedal verify FILE --rpc URL; or ask {} yourself: anchorOf({}, ROOT)\n",
        reads.deployment().anchor,
        work.owner
    ));
    Ok((value, text))
}

/// A governed dial: where it stands and within which bounds it may be moved.
fn dial_told(dial: &ParameterSpec) -> String {
    let number = |counted_in: i128| counted(counted_in, dial.decimals);
    let mut told = format!(
        "{} {}, from {} to {}, by {} at most",
        name_of(dial),
        number(dial.value.into()),
        number(dial.min.into()),
        number(dial.max.into()),
        number(dial.step.into()),
    );
    if dial.cooldown > 0 {
        let pause = text::duration(u64::from(dial.cooldown) * 1_000);
        told.push_str(&format!(" every {pause}"));
    }
    told
}

/// Where wallets find the metadata of editions, and what is to be done about it.
fn metadata(at: &Addresses) -> String {
    match (&at.url, at.elsewhere()) {
        (None, _) => format!(
            "metadata   at no address yet: set `url` under [site], then `{} publish`\n",
            hint::daedal()
        ),
        (Some(url), 0) => format!("metadata   on {url}\n"),
        (Some(url), count) => format!(
            "metadata   on {url}; the chain says something else of {}: `{} publish` tells it\n",
            text::count(count, "mint"),
            hint::daedal()
        ),
    }
}

fn derivers(who: Derivatives) -> &'static str {
    match who {
        Derivatives::Open => "anyone",
        Derivatives::AllowList => "who is on its list",
        Derivatives::Closed => "nobody else",
    }
}
