//! Runs that nothing but the clock brings further.

use super::state::{Phase, State, TaskPhase};
use super::{Moment, Timer};

impl State {
    /// When the clock brings the run further, where nothing else does now: every task that is left waits for its next
    /// attempt, or for a person whose time ends. `None` where somebody has to go on with it, or decide, or where it
    /// is over.
    ///
    /// Of a state that was folded from the log and from which nothing was decided yet.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Moment> {
        let is_ready = self.agenda.tasks.iter().any(|slot| {
            let node = &self.nodes[slot.node];
            let task = node.tasks.get(slot.index as usize);
            node.phase == Phase::Open
                && node.round == slot.round
                && task.is_some_and(|task| task.phase == TaskPhase::Ready)
        });
        if self.finished.is_some() || self.failure.is_some() || self.cancelled || is_ready {
            return None;
        }
        let timers = self.agenda.timers.iter();
        let awaited = timers.filter(|(timer, _)| *timer != Timer::Budget && self.wants(timer));
        awaited.map(|(_, at)| *at).min()
    }
}
