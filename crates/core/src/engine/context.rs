//! What surrounds a task while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{EngineError, Usage};
use crate::blob::BlobWrite;
use crate::{AssetRef, Digest};

/// What surrounds a task while it runs.
pub struct TaskContext<'a> {
    /// Reads inputs, keeps outputs.
    pub blobs: &'a dyn BlobWrite,
    /// Set when the task should stop: its time is over or the run was cancelled.
    pub stop: &'a AtomicBool,
    /// The place of the task in its run, where it has one ([`crate::run::TaskName::place`]): what others know its
    /// calls by. It decides nothing of what comes of it.
    pub place: Option<Digest>,
    /// Who follows it.
    watch: Option<&'a dyn Watch>,
}

/// Who follows a task while it runs.
pub trait Watch: Sync {
    /// Whether a person reads what is told.
    fn is_followed(&self) -> bool;
    /// What the task is at, on one line.
    fn tell(&self, line: &str);
    /// What it has used so far without an outcome to show for it.
    fn spend(&self, usage: &Usage);
    /// Whether it waits for its turn, which its limit of time does not count.
    fn rest(&self, _is_resting: bool) {}
}

impl<'a> TaskContext<'a> {
    /// What surrounds a task that nobody follows.
    pub fn new(blobs: &'a dyn BlobWrite, stop: &'a AtomicBool) -> Self {
        Self {
            blobs,
            stop,
            place: None,
            watch: None,
        }
    }

    /// The same, followed.
    #[must_use]
    pub fn watched(mut self, watch: &'a dyn Watch) -> Self {
        self.watch = Some(watch);
        self
    }

    /// The same, at this place of a run.
    #[must_use]
    pub fn placed(mut self, place: Digest) -> Self {
        self.place = Some(place);
        self
    }

    /// Whether a person reads what is told.
    #[must_use]
    pub fn is_followed(&self) -> bool {
        self.watch.is_some_and(Watch::is_followed)
    }

    /// Tells whoever follows what the task is at. Nothing of it is kept.
    pub fn tell(&self, line: &str) {
        if let Some(watch) = self.watch {
            watch.tell(line);
        }
    }

    /// Notes what was used and comes to nothing: an engine that fails says so before it does, so that budgets know
    /// it. What came to something stands in the [`Outcome`].
    pub fn spend(&self, usage: &Usage) {
        if let Some(watch) = self.watch {
            watch.spend(usage);
        }
    }

    /// Notes that the task begins to wait for its turn at something that others use, too, or that it does so no
    /// more. Its limit of time stands still as long.
    pub fn rest(&self, is_resting: bool) {
        if let Some(watch) = self.watch {
            watch.rest(is_resting);
        }
    }

    /// Returns [`EngineError::Stopped`] once the task should stop; engines call it in long loops.
    pub fn check_stop(&self) -> Result<(), EngineError> {
        if self.stop.load(Ordering::Relaxed) {
            Err(EngineError::Stopped)
        } else {
            Ok(())
        }
    }

    /// Reads the asset that `value` is.
    pub fn read(&self, asset: &AssetRef) -> Result<Arc<[u8]>, EngineError> {
        Ok(self.blobs.read(&asset.digest)?)
    }

    /// Keeps `bytes` as an asset.
    pub fn write(&self, media_type: &str, bytes: &[u8]) -> Result<AssetRef, EngineError> {
        let digest = self.blobs.write(bytes)?;
        Ok(AssetRef {
            digest,
            media_type: media_type.to_owned(),
            size: bytes.len() as u64,
        })
    }
}
