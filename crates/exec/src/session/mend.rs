//! Assets of a run whose bytes were damaged since they were made.
//!
//! The memo vouches for the presence and length of blobs, which is cheap enough for every task of a
//! cached run, but not for their bytes. Those are hashed where they are about to be used: what a task
//! takes before it starts, what the run gives before it succeeds, each once in a sitting and not if it
//! was made in it. A task that made damaged bytes is performed again, after those that made what it
//! takes. Its outcome is recorded already; if the same bytes come out, as they do where an engine is
//! reproducible, the blob is whole again and nothing else changes.

use std::collections::BTreeSet;

use daedal_core::asset::assets_in;
use daedal_core::run::{Finish, TaskName, TaskRecord, records};
use daedal_core::{AssetRef, Digest};

use daedal_store::StoreError;

use super::Session;
use super::waiting::Wake;
use crate::ports::Job;
use crate::{ExecError, Update};

impl Session<'_> {
    /// Has the assets made again whose bytes are damaged, where that is possible.
    pub(crate) async fn mend(&mut self, assets: &[AssetRef]) -> Result<(), ExecError> {
        let mut pending: Vec<Digest> = assets.iter().map(|asset| asset.digest).collect();
        pending.retain(|digest| !self.is_whole(digest));
        if pending.is_empty() {
            return Ok(());
        }
        self.journal.flush().await?;
        let events = self.ports.log.read(self.run).await?;
        let tasks = records(self.plan, &events);
        let (mut looked_at, mut performed) = (BTreeSet::new(), BTreeSet::new());
        while let Some(digest) = pending.last().copied() {
            let maker = tasks.iter().find(|task| {
                !performed.contains(&task.name) && self.can_repeat(task) && makes(task, &digest)
            });
            let Some(maker) = maker.filter(|_| !self.is_whole(&digest)) else {
                pending.pop();
                continue;
            };
            if looked_at.insert(&maker.name) {
                let taken = assets_in(&maker.task.params).into_iter();
                let damaged = taken.map(|asset| asset.digest);
                pending.extend(damaged.filter(|digest| !self.is_whole(digest)));
                continue;
            }
            performed.insert(&maker.name);
            if !self.perform_again(maker).await? {
                return Ok(());
            }
            if self.is_whole(&digest) {
                let task = maker.name.clone();
                self.mended.push(task.clone());
                self.tell(|_| Update::Mended { task });
            }
        }
        Ok(())
    }

    /// Stops where bytes are damaged that can't be made again. That is no fault of the task that takes them: once
    /// they are back, the run goes on as if nothing had been.
    pub(super) fn require(&mut self, assets: &[AssetRef]) -> Result<(), ExecError> {
        for asset in assets {
            if !self.whole.contains(&asset.digest)
                && let Err(error) = self.ports.blobs.read(&asset.digest)
            {
                let message = format!("{error}; then resume run {}", self.run.0.short());
                return Err(StoreError::Corrupted { message }.into());
            }
        }
        Ok(())
    }

    /// How a run ends whose every step has a value: it succeeds if its outputs can be read.
    pub(super) async fn check_outputs(&mut self) -> Result<Finish, ExecError> {
        let outputs = self.state.outputs(self.plan).unwrap_or_default();
        let assets = assets_in(&outputs);
        self.mend(&assets).await?;
        let lost = assets.iter().find(|asset| !self.is_whole(&asset.digest));
        Ok(match lost {
            None => Finish::Succeeded,
            Some(asset) => Finish::Failed {
                step: None,
                message: format!(
                    "the bytes of an output, {}, were damaged or lost, and could not be made again \
                     for this run; run the same command again: what made them is executed anew",
                    asset.digest
                ),
            },
        })
    }

    fn is_whole(&mut self, digest: &Digest) -> bool {
        self.whole.contains(digest)
            || (self.ports.blobs.read(digest).is_ok() && self.whole.insert(*digest))
    }

    fn can_repeat(&self, task: &TaskRecord) -> bool {
        let engine = self.ports.engines.get(&task.task.engine);
        task.request.is_none() && engine.is_some_and(|engine| !engine.spec().effect)
    }

    /// Performs a task that is done; whether its end was awaited. What else happens meanwhile counts.
    async fn perform_again(&mut self, task: &TaskRecord) -> Result<bool, ExecError> {
        let job = Job {
            run: self.run,
            name: task.name.clone(),
            // Attempts of the run itself count from 1.
            attempt: 0,
            key: task.key,
            task: task.task.clone(),
            effect: false,
        };
        self.ports.queue.offer(job).await?;
        let is_own = |name: &TaskName, attempt| *name == task.name && attempt == 0;
        loop {
            match self.wake().await? {
                Wake::Reports(reports) => {
                    let mut ended = false;
                    for report in reports {
                        if is_own(&report.name, report.attempt) {
                            // Whether it gave the same bytes is seen by looking at them.
                            ended = true;
                        } else {
                            self.conclude(report).await?;
                        }
                    }
                    if ended {
                        return Ok(!self.options.stop.is_requested());
                    }
                }
                Wake::Timers(timers) => {
                    for timer in timers {
                        self.fire(timer);
                    }
                }
                Wake::Stop => self.ports.queue.stop(self.run).await?,
            }
        }
    }
}

/// Whether the asset came to be in the task, and wasn't only passed on.
fn makes(task: &TaskRecord, digest: &Digest) -> bool {
    let has = |value| {
        let assets = assets_in(value);
        assets.iter().any(|asset| asset.digest == *digest)
    };
    task.outcome().is_some_and(|outcome| has(&outcome.value)) && !has(&task.task.params)
}
