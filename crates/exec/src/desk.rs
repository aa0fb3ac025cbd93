//! Tasks that have to be executed: those that wait for room, and those that are under way.

use std::collections::{BTreeMap, VecDeque};

use daedal_core::run::{Dispatch, TaskName};
use daedal_core::{Digest, UsdMicros};

/// Tasks that have to be executed. Of several with the same key one is; the others take its outcome.
#[derive(Default)]
pub(crate) struct Desk {
    waiting: VecDeque<Dispatch>,
    under_way: BTreeMap<TaskName, Flight>,
    /// Keys of all that wait or are under way, and who else is interested.
    followers: BTreeMap<Digest, Vec<Dispatch>>,
    reserved: UsdMicros,
}

/// A task under way.
pub(crate) struct Flight {
    pub(crate) dispatch: Dispatch,
    pub(crate) cost_max: UsdMicros,
}

impl Desk {
    /// Takes a task on.
    pub(crate) fn add(&mut self, dispatch: Dispatch) {
        match self.followers.get_mut(&dispatch.key) {
            Some(followers) => followers.push(dispatch),
            None => {
                self.followers.insert(dispatch.key, Vec::new());
                self.waiting.push_back(dispatch);
            }
        }
    }

    /// The task that is to be started next.
    pub(crate) fn next(&self) -> Option<&Dispatch> {
        self.waiting.front()
    }

    /// Leaves the next task out; who waits for the same takes its place.
    pub(crate) fn skip(&mut self) {
        let Some(dispatch) = self.waiting.pop_front() else {
            return;
        };
        let others = self.followers.remove(&dispatch.key);
        others
            .unwrap_or_default()
            .into_iter()
            .for_each(|other| self.add(other));
    }

    /// Starts the next task; it may cost so much.
    pub(crate) fn start(&mut self, cost_max: UsdMicros) -> Option<&Dispatch> {
        let dispatch = self.waiting.pop_front()?;
        let name = dispatch.name.clone();
        self.reserved = self.reserved.saturating_add(cost_max);
        let flight = Flight { dispatch, cost_max };
        let flight = self.under_way.entry(name).insert_entry(flight).into_mut();
        Some(&flight.dispatch)
    }

    /// Ends a task that is under way: the task, and those that wait for the same.
    pub(crate) fn end(
        &mut self,
        name: &TaskName,
        attempt: u32,
        key: Digest,
    ) -> Option<(Flight, Vec<Dispatch>)> {
        let known = self.under_way.get(name)?;
        if (known.dispatch.attempt, known.dispatch.key) != (attempt, key) {
            return None;
        }
        let flight = self.under_way.remove(name)?;
        self.reserved = UsdMicros(self.reserved.0.saturating_sub(flight.cost_max.0));
        let followers = self
            .followers
            .remove(&flight.dispatch.key)
            .unwrap_or_default();
        Some((flight, followers))
    }

    /// What all that is under way may cost.
    pub(crate) fn reserved(&self) -> UsdMicros {
        self.reserved
    }

    /// Tasks under way.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Those of them that pay or show outside.
    pub(crate) fn effects_under_way(&self) -> usize {
        let flights = self.under_way.values();
        flights.filter(|flight| flight.dispatch.effect).count()
    }

    /// Tasks that wait for room.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Forgets the tasks that were not started.
    pub(crate) fn clear_waiting(&mut self) {
        while let Some(dispatch) = self.waiting.pop_front() {
            self.followers.remove(&dispatch.key);
        }
    }
}
