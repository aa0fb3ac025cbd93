//! Where the metadata of editions is, and where the chain says that it is. The site may get an address, or
//! another one, after editions were minted: then they have to be told.

use alloy_primitives::U256;
use daedal_chain::operations::{Ledgers, MINT_MAX, Operator};
use daedal_channels::site;
use daedal_core::process::Process;
use daedal_core::run::RunId;
use daedal_store::Studio;
use daedal_store::ports::Document;

use super::onchain::{self, key};
use super::written::OnChain;
use crate::chain::{self, Known};
use crate::failure::Failure;
use crate::home::{Home, remembered};

/// How the editions of a work stand to the site.
pub(crate) struct Addresses {
    /// Where the site is served.
    pub(crate) url: Option<String>,
    /// Batches of editions that the chain says elsewhere of.
    elsewhere: Vec<Elsewhere>,
    /// Records that will be right then.
    notes: Vec<Document>,
}

/// A batch whose metadata is not where the chain says.
struct Elsewhere {
    batch: u64,
    /// Where it begins.
    base: String,
}

impl Addresses {
    /// How many batches of editions are said to have their metadata elsewhere.
    pub(crate) fn elsewhere(&self) -> usize {
        self.elsewhere.len()
    }
}

/// Compares what the chain says of the editions of a work with where the site is. Without an address of
/// the site there is nothing to compare with.
pub(crate) async fn addresses(
    studio: &Studio,
    reads: &Ledgers,
    url: Option<String>,
    work: &Known,
) -> Result<Addresses, Failure> {
    let mut found = Addresses {
        url,
        elsewhere: Vec::new(),
        notes: Vec::new(),
    };
    let Some(url) = &found.url else {
        return Ok(found);
    };
    let released = released(studio, reads, work).await?;
    // One edition of each mint: all of a mint are beside each other.
    let mut firsts = Vec::new();
    for (run, on_chain) in released {
        let base = site::token_base(Some(url), &run.0);
        let minted = on_chain.editions.iter().step_by(MINT_MAX);
        firsts.extend(minted.map(|minted| (minted.token, minted.index, base.clone())));
        if on_chain.base.as_ref() != Some(&base) {
            let base = Some(base);
            found.notes.push(Document::of(
                onchain::KIND,
                key(run, work),
                &OnChain { base, ..on_chain },
            ));
        }
    }
    let tokens: Vec<U256> = firsts.iter().map(|(token, ..)| *token).collect();
    let uris = reads.edition_uris(&tokens).await.map_err(chain::refused)?;
    for ((token, index, base), uri) in firsts.into_iter().zip(uris) {
        if uri.is_none_or(|uri| uri == format!("{base}{index}.json")) {
            continue;
        }
        let edition = reads.edition(token).await.map_err(chain::refused)?;
        found.elsewhere.extend(edition.map(|edition| Elsewhere {
            batch: edition.batch,
            base,
        }));
    }
    Ok(found)
}

/// Has the chain say where the metadata of the work's editions is. Gives how many batches it said
/// something else of.
pub(crate) async fn mend(
    home: &Home,
    studio: &Studio,
    operator: &Operator,
    process: &Process,
    work: &Known,
) -> Result<usize, Failure> {
    let url = super::site_url(home, process)?;
    let found = addresses(studio, operator.reads(), url, work).await?;
    for Elsewhere { batch, base } in &found.elsewhere {
        // A site can move to and fro: each time is another transaction.
        let turn = studio.records.next("addresses").await;
        let turn = turn.map_err(|error| remembered(&error))?;
        let key = format!("base:{batch}:{turn}");
        let set = operator.set_base_uri(&key, *batch, base).await;
        set.map_err(chain::refused)?;
    }
    let count = found.elsewhere.len();
    if !found.notes.is_empty() {
        let noted = studio.records.put(found.notes).await;
        noted.map_err(|error| remembered(&error))?;
    }
    Ok(count)
}

/// The runs whose editions are of the work.
async fn released(
    studio: &Studio,
    reads: &Ledgers,
    work: &Known,
) -> Result<Vec<(RunId, OnChain)>, Failure> {
    let all = studio.records.list(onchain::KIND).await;
    let all = all.map_err(|error| remembered(&error))?.into_iter();
    let read = |(key, value): (String, serde_json::Value)| {
        let run = key.split('/').next()?.parse().ok()?;
        Some((run, serde_json::from_value::<OnChain>(value).ok()?))
    };
    let contract = reads.deployment().editions;
    Ok(all
        .filter_map(read)
        .filter(|(_, on_chain)| on_chain.work == *work && on_chain.contract == contract)
        .collect())
}
