//! Filters: who asks what is new since they last asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use alloy_rpc_types_eth::Filter;

/// Filters that are remembered; with one more, the oldest is forgotten.
const FILTERS_MAX: usize = 256;

/// What a filter is about.
#[derive(Debug, Clone)]
pub(super) enum About {
    Blocks,
    Logs(Box<Filter>),
    /// There are no transactions outside blocks.
    Pending,
}

/// A filter, and the first block that it has not told about.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) about: About,
    pub(super) next: u64,
}

/// The filters of all who ask. They live as long as the process, as in other nodes.
#[derive(Debug, Default)]
pub(super) struct Filters(Mutex<(u64, BTreeMap<u64, Watch>)>);

impl Filters {
    pub(super) fn add(&self, watch: Watch) -> u64 {
        let mut filters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        filters.0 += 1;
        let id = filters.0;
        if filters.1.len() >= FILTERS_MAX {
            filters.1.pop_first();
        }
        filters.1.insert(id, watch);
        id
    }

    pub(super) fn get(&self, id: u64) -> Option<Watch> {
        let filters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        filters.1.get(&id).cloned()
    }

    /// The filter, moved on to `next`.
    pub(super) fn advance(&self, id: u64, next: u64) -> Option<Watch> {
        let mut filters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let watch = filters.1.get_mut(&id)?;
        let before = watch.clone();
        watch.next = next.max(watch.next);
        Some(before)
    }

    pub(super) fn remove(&self, id: u64) -> bool {
        let mut filters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        filters.1.remove(&id).is_some()
    }
}
