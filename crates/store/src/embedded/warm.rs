//! Entries of the memo that are likely to be asked for next.

use std::collections::HashMap;

use daedal_core::Digest;

use super::reader::Kept;

/// An entry is changed only where its blobs are gone, and is forgotten here when it is.
#[derive(Default)]
pub(super) struct Warm {
    entries: HashMap<Digest, Kept>,
    size: usize,
}

impl Warm {
    /// Entries of one run that are fetched at most.
    pub(super) const COUNT_MAX: i64 = 50_000;

    /// Memory that the entries may take, about.
    const SIZE_MAX: usize = 32 << 20;

    /// Remembers entries until the space is used up. What another run warmed makes way.
    pub(super) fn fill(&mut self, kept: Vec<Kept>) {
        if self.size + kept.iter().map(Kept::size).sum::<usize>() > Self::SIZE_MAX {
            *self = Self::default();
        }
        for entry in kept {
            let size = entry.size();
            if self.size + size > Self::SIZE_MAX {
                break;
            }
            if self.entries.insert(entry.key(), entry).is_none() {
                self.size += size;
            }
        }
    }

    pub(super) fn forget(&mut self, key: &Digest) {
        if let Some(entry) = self.entries.remove(key) {
            self.size -= entry.size();
        }
    }

    pub(super) fn get(&self, key: &Digest) -> Option<&Kept> {
        self.entries.get(key)
    }
}
