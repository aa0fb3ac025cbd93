//! A memory that lasts as long as its process: for tests and for trying things out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daedal_core::Digest;
use daedal_core::blob::{BlobError, BlobRead, BlobWrite};
use daedal_core::run::{Event, RunId, end_of};
use serde_json::Value;

use crate::ports::{Document, Keeper, Log, Memo, MemoEntry, Records, Reply, RunSummary};
use crate::{StoreError, Studio};

impl Studio {
    /// A new, empty studio in memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::of(Arc::new(Memory::default()))
    }
}

/// Keeps everything in maps. Calls take effect one after the other, in the order of arrival.
#[derive(Default)]
struct Memory(Mutex<Contents>);

#[derive(Default)]
struct Contents {
    /// In order of creation.
    runs: Vec<(RunId, Vec<Event>)>,
    memo: BTreeMap<Digest, MemoEntry>,
    documents: BTreeMap<(String, String), Value>,
    sequences: BTreeMap<String, u64>,
    blobs: BTreeMap<Digest, Arc<[u8]>>,
}

impl Contents {
    fn events_of(&mut self, run: RunId) -> Option<&mut Vec<Event>> {
        let found = self.runs.iter_mut().find(|(known, _)| *known == run)?;
        Some(&mut found.1)
    }

    fn keep(&mut self, entries: Vec<(Digest, MemoEntry)>) {
        for (key, entry) in entries {
            if !self
                .memo
                .get(&key)
                .is_some_and(|standing| self.is_sound(standing))
            {
                self.memo.insert(key, entry);
            }
        }
    }

    /// Whether every blob that the outcome names is there.
    fn is_sound(&self, entry: &MemoEntry) -> bool {
        let assets = daedal_core::asset::assets_in(&entry.outcome.value);
        assets
            .iter()
            .all(|asset| self.blobs.contains_key(&asset.digest))
    }
}

impl Memory {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers when polled, so that a call that nobody awaits changes nothing.
    fn reply<'a, T: Send + 'a>(
        &'a self,
        answer: impl FnOnce(&mut Contents) -> Result<T, StoreError> + Send + 'a,
    ) -> Reply<'a, T> {
        Box::pin(async move { answer(&mut self.contents()) })
    }
}

impl Log for Memory {
    fn create(&self, run: RunId, created: Event) -> Reply<'_, bool> {
        self.reply(move |contents| {
            let free = contents.events_of(run).is_none();
            if free {
                contents.runs.push((run, vec![created]));
            }
            Ok(free)
        })
    }

    fn record(
        &self,
        run: RunId,
        events: Arc<Vec<Event>>,
        outcomes: Vec<(Digest, MemoEntry)>,
    ) -> Reply<'_, ()> {
        self.reply(move |contents| {
            let known = contents.events_of(run);
            known
                .ok_or_else(|| StoreError::no_run(run))?
                .extend(events.iter().cloned());
            contents.keep(outcomes);
            Ok(())
        })
    }

    fn read(&self, run: RunId) -> Reply<'_, Vec<Event>> {
        self.reply(move |contents| Ok(contents.events_of(run).cloned().unwrap_or_default()))
    }

    fn recent(&self, count_max: usize) -> Reply<'_, Vec<RunSummary>> {
        self.reply(move |contents| {
            let mut left = count_max;
            let mut is_wanted = |run: &RunSummary| {
                let is_wanted = run.finished.is_none() || left > 0;
                left -= usize::from(is_wanted && run.finished.is_some());
                is_wanted
            };
            let newest = contents.runs.iter().rev().map(summary);
            Ok(newest.filter(|run| is_wanted(run)).collect())
        })
    }
}

fn summary((run, events): &(RunId, Vec<Event>)) -> RunSummary {
    RunSummary {
        run: *run,
        created: events[0].clone(),
        finished: end_of(events).cloned(),
        events: events.len() as u64,
    }
}

impl Memo for Memory {
    fn get(&self, keys: Vec<Digest>) -> Reply<'_, Vec<Option<MemoEntry>>> {
        self.reply(move |contents| {
            let entry = |key| {
                contents
                    .memo
                    .get(key)
                    .filter(|entry| contents.is_sound(entry))
            };
            Ok(keys.iter().map(|key| entry(key).cloned()).collect())
        })
    }

    fn put(&self, entries: Vec<(Digest, MemoEntry)>) -> Reply<'_, ()> {
        self.reply(move |contents| {
            contents.keep(entries);
            Ok(())
        })
    }

    fn warm(&self, _run: RunId) -> Reply<'_, ()> {
        self.reply(|_| Ok(()))
    }
}

impl Records for Memory {
    fn put(&self, documents: Vec<Document>) -> Reply<'_, ()> {
        self.reply(move |contents| {
            let documents = documents.into_iter().map(|document| {
                let value = document.value();
                ((document.kind, document.key), value)
            });
            contents.documents.extend(documents);
            Ok(())
        })
    }

    fn get(&self, kind: &str, key: &str) -> Reply<'_, Option<Value>> {
        let name = (kind.to_owned(), key.to_owned());
        self.reply(move |contents| Ok(contents.documents.get(&name).cloned()))
    }

    fn list(&self, kind: &str) -> Reply<'_, Vec<(String, Value)>> {
        let kind = kind.to_owned();
        self.reply(move |contents| {
            let from = contents.documents.range((kind.clone(), String::new())..);
            let same = from.take_while(|((found, _), _)| *found == kind);
            Ok(same
                .map(|((_, key), value)| (key.clone(), value.clone()))
                .collect())
        })
    }

    fn next(&self, sequence: &str) -> Reply<'_, u64> {
        let sequence = sequence.to_owned();
        self.reply(move |contents| {
            let last = contents.sequences.entry(sequence).or_default();
            *last += 1;
            Ok(*last)
        })
    }
}

impl Keeper for Memory {
    fn close(&self) -> Reply<'_, ()> {
        self.reply(|_| Ok(()))
    }
}

impl BlobRead for Memory {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        let found = self.contents().blobs.get(digest).cloned();
        found.ok_or(BlobError::Missing { digest: *digest })
    }
}

impl BlobWrite for Memory {
    fn write(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        let digest = Digest::of(bytes);
        self.contents()
            .blobs
            .entry(digest)
            .or_insert_with(|| bytes.into());
        Ok(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn memory_conforms() {
        conformance::check(|| {
            let studio = Studio::in_memory();
            move || {
                let studio = studio.clone();
                Box::pin(async move { studio })
            }
        })
        .await;
    }
}
