//! What calls of one task have cost so far.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use daedal_core::UsdMicros;
use daedal_core::engine::Usage;

/// What a call has cost so far.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    cost: AtomicU64,
    read: AtomicU64,
    written: AtomicU64,
    is_under_way: AtomicBool,
}

impl Meter {
    /// Something was asked, and nobody knows yet what it costs.
    pub(crate) fn begin(&self) {
        self.is_under_way.store(true, Ordering::Relaxed);
    }

    /// It cost so much, for so many tokens in and out.
    pub(crate) fn end(&self, cost: UsdMicros, tokens: (u64, u64)) {
        let add = |sum: u64| Some(sum.saturating_add(cost.0));
        let relaxed = Ordering::Relaxed;
        self.cost.fetch_update(relaxed, relaxed, add).ok();
        self.read.fetch_add(tokens.0, Ordering::Relaxed);
        self.written.fetch_add(tokens.1, Ordering::Relaxed);
        self.is_under_way.store(false, Ordering::Relaxed);
    }

    /// Nothing came of it, and it may be paid all the same: the most that it may have cost counts.
    pub(crate) fn lose(&self, most: UsdMicros) {
        self.end(most, (0, 0));
    }

    /// What is to be said of money where there is no answer.
    pub(crate) fn told(&self) -> &'static str {
        match self.total() {
            None => "what it was asked may be paid all the same",
            Some(_) => "nothing was under way then, so that nothing more is paid",
        }
    }

    /// What it cost so far, as far as that is known.
    pub(crate) fn spent(&self) -> UsdMicros {
        UsdMicros(self.cost.load(Ordering::Relaxed))
    }

    /// What was used where nothing came of it: where nobody knows, the most that it may have cost.
    pub(crate) fn lost(&self, most: UsdMicros) -> Usage {
        let (read, written) = (&self.read, &self.written);
        let tokens = (
            read.load(Ordering::Relaxed),
            written.load(Ordering::Relaxed),
        );
        Usage {
            cost: self.total().unwrap_or(most),
            tokens: Some(tokens).filter(|tokens| *tokens != (0, 0)),
            ..Usage::default()
        }
    }

    /// What it cost in all; nothing where nobody knows.
    pub(crate) fn total(&self) -> Option<UsdMicros> {
        let is_known = !self.is_under_way.load(Ordering::Relaxed);
        is_known.then(|| self.spent())
    }
}
