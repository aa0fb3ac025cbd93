//! What is seen of a task while it runs.
//!
//! Telling a task that fails from a disk that does: whatever an engine says of it, a failure of the place
//! that keeps bytes is noted here. And what a task says and uses, whether it comes to an end or not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use daedal_core::blob::{BlobError, BlobRead, BlobWrite};
use daedal_core::engine::{Usage, Watch};
use daedal_core::run::TaskName;
use daedal_core::{AssetRef, Digest, UsdMicros};

use crate::{Progress, Update};

/// Who looks on at a job.
pub(crate) struct Looking {
    name: TaskName,
    followed: Option<Arc<dyn Progress>>,
    spent: Mutex<Usage>,
    /// How long it waited for its turn, and since when it does.
    rest: Mutex<(Duration, Option<Instant>)>,
}

impl Looking {
    pub(crate) fn new(name: TaskName, followed: Option<Arc<dyn Progress>>) -> Self {
        Self {
            name,
            followed,
            spent: Mutex::default(),
            rest: Mutex::default(),
        }
    }

    /// How long the job has waited for its turn: its limit of time does not count that.
    pub(crate) fn rested(&self) -> Duration {
        let rest = self.rest.lock();
        let (before, since) = *rest.unwrap_or_else(PoisonError::into_inner);
        before + since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// How long the job has been at work that began then: waiting for a turn is none, and costs nothing.
    pub(crate) fn worked(&self, begun: Instant) -> Duration {
        begun.elapsed().saturating_sub(self.rested())
    }

    /// What the job used that came to nothing after so long, where an hour of a worker costs `rate`.
    pub(crate) fn spent(&self, elapsed: Duration, rate: UsdMicros) -> Usage {
        let spent = self.spent.lock();
        let mut usage = spent.unwrap_or_else(PoisonError::into_inner).clone();
        usage.elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        usage.cost = usage.cost.saturating_add(rate.of_time(usage.elapsed_ms));
        usage
    }
}

impl Watch for Looking {
    fn is_followed(&self) -> bool {
        self.followed.is_some()
    }

    fn tell(&self, line: &str) {
        if let Some(progress) = &self.followed {
            progress.update(Update::Said {
                task: self.name.clone(),
                line: line.to_owned(),
            });
        }
    }

    fn spend(&self, usage: &Usage) {
        let spent = self.spent.lock();
        spent.unwrap_or_else(PoisonError::into_inner).add(usage);
    }

    fn rest(&self, is_resting: bool) {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, since) = *rest;
        let before = before + since.map_or(Duration::ZERO, |since| since.elapsed());
        *rest = (before, is_resting.then(Instant::now));
    }
}

/// Blobs of an engine, watched.
pub(crate) struct Watched<'a> {
    blobs: &'a dyn BlobWrite,
    failure: Mutex<Option<String>>,
}

impl<'a> Watched<'a> {
    pub(crate) fn new(blobs: &'a dyn BlobWrite) -> Self {
        Self {
            blobs,
            failure: Mutex::default(),
        }
    }

    /// What failed, if anything did.
    pub(crate) fn failure(&self) -> Option<String> {
        let failure = self.failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner).take()
    }

    fn watch<T>(&self, done: Result<T, BlobError>) -> Result<T, BlobError> {
        if let Err(BlobError::Io { message }) = &done {
            let failure = self.failure.lock();
            *failure.unwrap_or_else(PoisonError::into_inner) = Some(message.clone());
        }
        done
    }
}

impl BlobRead for Watched<'_> {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        self.watch(self.blobs.read(digest))
    }

    fn holds(&self, asset: &AssetRef) -> bool {
        self.blobs.holds(asset)
    }
}

impl BlobWrite for Watched<'_> {
    fn write(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        self.watch(self.blobs.write(bytes))
    }
}
