//! What the rest of Daedal asks of a place that remembers.
//!
//! Bytes are asked for through [`daedal_core::blob::BlobWrite`]. Once a call that changes something
//! returns, the change survives the loss of power.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use daedal_core::Digest;
use daedal_core::engine::Outcome;
use daedal_core::run::{Event, Moment, RunId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::StoreError;

/// What an asynchronous port returns, so that ports can be trait objects.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The runs and their events, in the order in which they were appended.
pub trait Log: Send + Sync {
    /// Begins a run with its `Created` event; false, and nothing changes, if the run exists already.
    fn create(&self, run: RunId, created: Event) -> Reply<'_, bool>;
    /// Appends to the log of a run, all or none; [`StoreError::Missing`] if there is no such run.
    fn append(&self, run: RunId, events: Vec<Event>) -> Reply<'_, ()> {
        self.record(run, Arc::new(events), Vec::new())
    }
    /// Appends events and keeps the outcomes that they tell of: an outcome is in the memo no later than
    /// its event is in the log. Where one place keeps both, that is one write. The events are shared, so that
    /// the caller need not read them again.
    fn record(
        &self,
        run: RunId,
        events: Arc<Vec<Event>>,
        outcomes: Vec<(Digest, MemoEntry)>,
    ) -> Reply<'_, ()>;
    /// Every event of a run, in order; empty if there is no such run.
    fn read(&self, run: RunId) -> Reply<'_, Vec<Event>>;
    /// The runs that are not finished, and of all others the newest `count_max`; newest first.
    fn recent(&self, count_max: usize) -> Reply<'_, Vec<RunSummary>>;
    /// Every run, newest first.
    fn runs(&self) -> Reply<'_, Vec<RunSummary>> {
        self.recent(usize::MAX)
    }
}

/// A run as the list of runs shows it. Kept in step with the log by the adapter.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// Which.
    pub run: RunId,
    /// The `Created` event.
    pub created: Event,
    /// The first `Finished` event, once there is one.
    pub finished: Option<Event>,
    /// Events so far.
    pub events: u64,
}

/// Outcomes of tasks by key, shared by all runs of a studio.
pub trait Memo: Send + Sync {
    /// The entries under these keys, in the same order. One whose blobs are gone or cut short is not
    /// given: to whoever asks, the task has not been done.
    fn get(&self, keys: Vec<Digest>) -> Reply<'_, Vec<Option<MemoEntry>>>;
    /// Keeps entries whose key is free; of two for one key the first stands, unless it is not given
    /// any more.
    fn put(&self, entries: Vec<(Digest, MemoEntry)>) -> Reply<'_, ()>;
    /// Hints that the entries that this run used will be asked for next; may do nothing.
    fn warm(&self, run: RunId) -> Reply<'_, ()>;
}

/// An outcome and where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemoEntry {
    /// What came of the task.
    pub outcome: Outcome,
    /// The run that produced it.
    pub run: RunId,
    /// When.
    pub at: Moment,
}

/// Small documents by kind and key: releases, bundles, the studio's own state.
pub trait Records: Send + Sync {
    /// Keeps documents, replacing those with the same kind and key, all or none.
    fn put(&self, documents: Vec<Document>) -> Reply<'_, ()>;
    /// One document.
    fn get(&self, kind: &str, key: &str) -> Reply<'_, Option<Value>>;
    /// Every document of a kind, by key.
    fn list(&self, kind: &str) -> Reply<'_, Vec<(String, Value)>>;
    /// The next number of a sequence, from 1; no number is given twice.
    fn next(&self, sequence: &str) -> Reply<'_, u64>;
}

/// A small document, ready to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Such as `release`.
    pub kind: String,
    /// Unique in its kind.
    pub key: String,
    /// What it says, as JSON.
    pub json: String,
}

impl Document {
    /// A document that says `value`, which has nothing that JSON doesn't: its keys are strings.
    pub fn of(
        kind: impl Into<String>,
        key: impl Into<String>,
        value: &(impl Serialize + ?Sized),
    ) -> Self {
        Self {
            kind: kind.into(),
            key: key.into(),
            json: serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()),
        }
    }

    /// What it says, as a value.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.json).unwrap_or_default()
    }
}

/// Opens and shuts a place that remembers.
pub trait Keeper: Send + Sync {
    /// Ends what is under way and puts everything away; whatever is asked afterwards fails.
    fn close(&self) -> Reply<'_, ()>;
}
