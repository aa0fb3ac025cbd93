//! Which runs are anchored together, and anchoring them.

use std::collections::BTreeMap;

use daedal_chain::operations::{Operator, RunReceipt};
use daedal_chain::proof::{AnchorProof, AnchoredRun};
use daedal_core::run::RunId;
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde::{Deserialize, Serialize};

use super::onchain::key;
use super::written::Anchor;
use super::{Subject, kept, payment};
use crate::chain::{self, Known};
use crate::failure::Failure;
use crate::home::{Home, remembered};

/// Kind of the records of what is anchored together.
pub(crate) const KIND: &str = "batch";

/// Runs that are anchored together, in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Batch {
    runs: Vec<RunId>,
    leaves: Vec<AnchoredRun>,
}

/// Decides what is anchored together, for runs of which that is not decided.
pub(super) async fn decide(
    studio: &Studio,
    subjects: &[Subject],
    due: &BTreeMap<RunId, (Known, u64)>,
) -> Result<(), Failure> {
    let mut batch = Batch {
        runs: Vec::new(),
        leaves: Vec::new(),
    };
    let mut keys = Vec::new();
    for subject in subjects {
        let Some((known, version)) = due.get(&subject.run) else {
            continue;
        };
        let key = key(subject.run, known);
        if kept::get(studio, KIND, &key).await?.is_some() {
            continue;
        }
        let sequence = format!("release/{}/{}/{}", known.chain, known.registry, known.work);
        let sequence = studio.records.next(&sequence).await;
        let sequence = sequence.map_err(|error| remembered(&error))?;
        let receipt = payment::receipt(studio, subject, known.work, *version, sequence).await?;
        batch.leaves.push(AnchoredRun::from(&receipt));
        batch.runs.push(subject.run);
        keys.push(key);
    }
    if batch.runs.is_empty() {
        return Ok(());
    }
    let documents = keys.into_iter().map(|key| Document::of(KIND, key, &batch));
    let put = studio.records.put(documents.collect()).await;
    put.map_err(|error| remembered(&error))
}

/// Anchors the batch of a run, unless that has been done, and keeps the proof.
pub(super) async fn anchor(
    home: &Home,
    studio: &Studio,
    operator: &Operator,
    run: RunId,
    known: &Known,
) -> Result<Anchor, Failure> {
    let damaged = || Failure::bug(format!("run {} has lost its batch", run.0.short()));
    let batch = kept::get(studio, KIND, &key(run, known)).await?;
    let batch: Batch = batch
        .and_then(|batch| serde_json::from_value(batch).ok())
        .ok_or_else(damaged)?;
    let index = batch
        .runs
        .iter()
        .position(|other| *other == run)
        .ok_or_else(damaged)?;
    let first = batch.runs.first().ok_or_else(damaged)?;
    let receipts: Vec<RunReceipt> = batch.leaves.iter().map(AnchoredRun::receipt).collect();
    let url = home.settings.site.url.as_deref().unwrap_or_default();
    let anchored = operator
        .anchor(&format!("anchor:{first}"), &receipts, url)
        .await
        .map_err(chain::refused)?;
    let proof = AnchorProof::of(operator.reads(), &anchored, &receipts[index], index)
        .await
        .map_err(chain::refused)?;
    Ok(Anchor {
        contract: proof.contract,
        by: proof.by,
        root: proof.root,
        transaction: proof.transaction.hash,
        block: proof.block.number,
        proof: kept::write(studio, "application/json", &proof.to_bytes())?,
    })
}
