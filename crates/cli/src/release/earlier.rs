//! What a run took of earlier runs (`run.earlier`). Those files are as they were before they were sealed, and bear no mark of
//! what made them: the records of their runs tell.

use std::collections::{BTreeMap, BTreeSet};

use daedal_core::asset::assets_in;
use daedal_core::engine::Engines;
use daedal_core::record::RunRecord;
use daedal_core::run::RunId;
use daedal_core::{AssetRef, Digest};
use daedal_provenance::made_of::Marks;
use daedal_provenance::manifest::Source;
use daedal_store::Studio;
use daedal_store::ports::RunSummary;

use super::Subject;
use super::record::record_of;
use crate::came_with;
use crate::failure::Failure;
use crate::oversight::is_by_model;
use crate::runs::{self, outputs_of};

/// A file that an earlier run gave.
pub(super) struct Earlier {
    pub(super) run: RunId,
    /// Whether a trained model made it, or had part in it.
    pub(super) by_model: bool,
}

/// What the tasks of a run took of earlier ones.
pub(super) async fn of(
    studio: &Studio,
    engines: &Engines,
    subject: &Subject,
) -> Result<BTreeMap<Digest, Earlier>, Failure> {
    let receipts = subject.record.receipts.iter();
    let taken: BTreeSet<Digest> = receipts
        .flat_map(|receipt| &receipt.inputs)
        .map(|asset| asset.digest)
        .collect();
    let earlier = subject.spec.earlier.iter();
    let mut wanted = earlier
        .filter(|asset| taken.contains(&asset.digest))
        .peekable();
    let mut found = BTreeMap::new();
    if wanted.peek().is_none() {
        return Ok(found);
    }
    let others = Others {
        studio,
        engines,
        runs: runs::all(studio).await?,
    };
    for asset in wanted {
        let givers = others.givers(&asset.digest).await?;
        // Another process may have given the same.
        let is_own = |run: &&&RunSummary| {
            let spec = runs::spec_of(run);
            spec.is_some_and(|spec| spec.process == subject.spec.process)
        };
        if let Some(run) = givers.iter().find(is_own) {
            let earlier = Earlier {
                run: run.run,
                by_model: others.is_by_model(&asset.digest).await?,
            };
            found.insert(asset.digest, earlier);
        }
    }
    Ok(found)
}

/// The runs of a studio.
struct Others<'s> {
    studio: &'s Studio,
    engines: &'s Engines,
    runs: Vec<RunSummary>,
}

impl Others<'_> {
    /// The runs that gave a file, the first of them first.
    async fn givers(&self, digest: &Digest) -> Result<Vec<&RunSummary>, Failure> {
        let mut found = Vec::new();
        for run in self
            .runs
            .iter()
            .rev()
            .filter(|run| runs::has_succeeded(run))
        {
            let outputs = outputs_of(self.studio, run, self.engines).await?;
            if assets_in(&outputs)
                .iter()
                .any(|asset| asset.digest == *digest)
            {
                found.push(run);
            }
        }
        Ok(found)
    }

    /// Whether a trained model had part in a file, in a run that gave it or in one that this took from.
    async fn is_by_model(&self, digest: &Digest) -> Result<bool, Failure> {
        let mut asked = BTreeSet::new();
        let mut pending = vec![*digest];
        while let Some(digest) = pending.pop() {
            if !asked.insert(digest) {
                continue;
            }
            for run in self.givers(&digest).await? {
                let record = record_of(self.studio, self.engines, run).await?;
                if Source::of(&record, &digest, is_by_model) != Source::Algorithmic {
                    return Ok(true);
                }
                for brought in brought(&record, &digest) {
                    if self.has_mark(run.run, brought).await? {
                        return Ok(true);
                    }
                    pending.push(brought.digest);
                }
            }
        }
        Ok(false)
    }

    /// Whether a file says of itself that a model made it.
    async fn has_mark(&self, run: RunId, asset: &AssetRef) -> Result<bool, Failure> {
        let beside = came_with::beside(self.studio, run, &asset.digest).await?;
        let bytes = self.studio.blobs.read(&asset.digest);
        let marks = bytes.map(|bytes| Marks::of(&asset.media_type, &bytes, beside.as_deref()));
        Ok(marks.is_ok_and(|marks| marks.by_model))
    }
}

/// What went into a file and no task of its run made.
fn brought<'r>(record: &'r RunRecord, digest: &Digest) -> impl Iterator<Item = &'r AssetRef> {
    let lineage = record.lineage(digest).into_iter();
    let inputs = lineage.flat_map(|place| &record.receipts[place].inputs);
    inputs.filter(|asset| record.maker_of(&asset.digest).is_none())
}
