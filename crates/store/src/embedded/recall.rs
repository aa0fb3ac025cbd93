//! The memo's entries, with as few questions to the database as will do.
//!
//! Only the holder of the studio's lock changes the memo. It can therefore keep in memory what is
//! likely to be asked for ([`Warm`]), and which keys there are at all ([`Keys`]): a task that was never
//! done before costs no question.
//!
//! An entry counts only while its blobs are there with their full length: to look costs one call of the
//! system for each, to hash them would cost more than many a task. Bytes that changed under the same
//! length are noticed by whoever reads them, and the coordinator of a run reads what the run gives.

use std::collections::{HashMap, HashSet};
use std::sync::{MutexGuard, PoisonError};

use daedal_core::Digest;
use daedal_core::asset::assets_in;
use daedal_core::blob::BlobRead as _;
use daedal_core::run::RunId;

use super::Embedded;
use super::batch::MemoRow;
use super::reader::Kept;
use super::warm::Warm;
use crate::StoreError;
use crate::ports::MemoEntry;

/// What is known of the memo without asking the database.
#[derive(Default)]
pub(super) struct Recall {
    warm: Warm,
    keys: Keys,
    /// Keys of entries that were not given because their blobs are gone: the next outcome replaces them.
    spoilt: HashSet<Digest>,
}

/// The keys that the memo has, by their first bytes.
#[derive(Default)]
struct Keys {
    /// Those that it had when they were read; absent before.
    old: Option<HashSet<u64>>,
    /// Those that were put since the studio was opened.
    new: HashSet<u64>,
    /// Questions so far that the database had no answer to.
    misses: i64,
}

impl Keys {
    /// The most that are kept.
    const COUNT_MAX: i64 = 2_000_000;
    /// In the time of one question to the database, so many keys are read.
    const PER_QUESTION: i64 = 128;

    /// False only if there is no such key.
    fn may_have(&self, key: &Digest) -> bool {
        let Some(old) = &self.old else { return true };
        let head = head(key);
        old.contains(&head) || self.new.contains(&head)
    }
}

fn head(key: &Digest) -> u64 {
    let mut head = [0; 8];
    head.copy_from_slice(&key.0[..8]);
    u64::from_be_bytes(head)
}

impl Embedded {
    fn recalled(&self) -> MutexGuard<'_, Recall> {
        self.recall.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn recall(
        &self,
        keys: Vec<Digest>,
    ) -> Result<Vec<Option<MemoEntry>>, StoreError> {
        let mut found: Vec<Option<MemoEntry>> = Vec::with_capacity(keys.len());
        let mut cold = Vec::new();
        {
            let recall = self.recalled();
            for key in &keys {
                let warm = recall.warm.get(key).map(|kept| self.reader.entry(kept));
                found.push(warm.transpose()?);
                if found.last().is_some_and(Option::is_none) && recall.keys.may_have(key) {
                    cold.push(*key);
                }
            }
        }
        if !cold.is_empty() {
            let mut kept = HashMap::new();
            for entry in self.reader.memo(&cold).await? {
                kept.insert(entry.key(), self.reader.entry(&entry)?);
            }
            self.learn_keys(cold.len() - kept.len()).await?;
            for (key, entry) in keys.iter().zip(&mut found) {
                if entry.is_none() {
                    *entry = kept.get(key).cloned();
                }
            }
        }
        for (key, entry) in keys.iter().zip(&mut found) {
            if entry.as_ref().is_some_and(|entry| !self.is_sound(entry)) {
                *entry = None;
                self.recalled().spoilt.insert(*key);
            }
        }
        Ok(found)
    }

    /// Reads all keys once as much time was lost with vain questions as that takes.
    async fn learn_keys(&self, misses: usize) -> Result<(), StoreError> {
        if misses == 0 || self.queue.is_none() {
            return Ok(());
        }
        let misses = {
            let keys = &mut self.recalled().keys;
            if keys.old.is_some() {
                return Ok(());
            }
            keys.misses += i64::try_from(misses).unwrap_or(i64::MAX);
            keys.misses
        };
        let count = self.reader.memo_size().await?;
        if count <= Keys::COUNT_MAX && count <= misses.saturating_mul(Keys::PER_QUESTION) {
            let old = self.reader.memo_keys().await?;
            self.recalled().keys.old = Some(old);
        }
        Ok(())
    }

    /// Whether every blob that the outcome names is there in its full length.
    fn is_sound(&self, entry: &MemoEntry) -> bool {
        assets_in(&entry.outcome.value)
            .iter()
            .all(|asset| self.blobs.holds(asset))
    }

    /// Makes rows of entries and takes note of their keys.
    pub(super) fn rows(&self, entries: &[(Digest, MemoEntry)]) -> Result<Vec<MemoRow>, StoreError> {
        let mut recall = self.recalled();
        let row = |(key, entry): &(Digest, MemoEntry)| {
            let replaces = !recall.spoilt.is_empty() && recall.spoilt.remove(key);
            if replaces {
                recall.warm.forget(key);
            }
            recall.keys.new.insert(head(key));
            MemoRow::of(*key, entry, replaces)
        };
        entries.iter().map(row).collect()
    }

    pub(super) async fn warm_up(&self, run: RunId) -> Result<(), StoreError> {
        let kept: Vec<Kept> = self.reader.memo_of(run, Warm::COUNT_MAX).await?;
        self.recalled().warm.fill(kept);
        Ok(())
    }
}
