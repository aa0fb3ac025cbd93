//! Tasks that may begin.

use std::collections::{BTreeSet, VecDeque};

use super::state::Slot;

/// Tasks in the order in which they became ready, each once: one that was tried before the program ended stands in it
/// already when its wait is over.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Queue {
    order: VecDeque<Slot>,
    known: BTreeSet<Slot>,
}

impl Queue {
    pub(super) fn push(&mut self, slot: Slot) {
        if self.known.insert(slot) {
            self.order.push_back(slot);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Slot> {
        let slot = self.order.pop_front()?;
        self.known.remove(&slot);
        Some(slot)
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Slot) -> bool) {
        self.order.retain(&keep);
        self.known.retain(keep);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.order.iter()
    }
}
