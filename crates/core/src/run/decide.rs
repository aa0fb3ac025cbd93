//! What is to be done next.

use super::state::{Phase, Slot, State, TaskPhase};
use super::{Event, Finish, Moment, TaskName, Timer};
use crate::Digest;
use crate::engine::{EngineError, Task, Usage};
use crate::plan::Plan;

/// Something to be done for a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Have an engine perform a task, or find its outcome in the memo.
    Dispatch(Dispatch),
    /// Append an event (to the log and to the state): what follows from the state alone.
    Record(Event),
    /// Append [`Event::TimerFired`] when the time has come.
    StartTimer {
        /// Which timer.
        timer: Timer,
        /// When.
        at: Moment,
    },
}

/// A task that may start.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispatch {
    /// Which.
    pub name: TaskName,
    /// From 1.
    pub attempt: u32,
    /// What is to be performed.
    pub task: Task,
    /// Its memo key.
    pub key: Digest,
    /// Whether [`Event::EffectStarted`] must be durable before it starts.
    pub effect: bool,
    /// Whether that has happened already, before the run was interrupted: unless the memo knows the
    /// outcome, append [`Event::EffectLost`].
    pub started: bool,
    /// Whether its effect got lost before, and somebody said, or its step does, that it is made all the same.
    pub is_ruled: bool,
}

/// What is to be done next, with at most `room` tasks among it.
///
/// What was decided once is not decided again by the same state; a state folded anew from the log
/// decides again all that has no outcome yet.
pub fn decide(plan: &Plan, state: &mut State, now: Moment, room: usize) -> Vec<Action> {
    if state.created.is_none() || state.finished.is_some() {
        return Vec::new();
    }
    if let Some(status) = state.end(plan) {
        return vec![Action::Record(Event::Finished { status, at: now })];
    }
    let mut actions = Vec::new();
    for (timer, at) in std::mem::take(&mut state.agenda.timers) {
        if state.wants(&timer) {
            actions.push(if at <= now {
                Action::Record(Event::TimerFired { timer, at: now })
            } else {
                Action::StartTimer { timer, at }
            });
        }
    }
    let mut left = room;
    while left > 0
        && let Some(slot) = state.agenda.tasks.pop()
    {
        if let Some(action) = state.begin(plan, slot, now) {
            left -= 1;
            actions.push(action);
        }
    }
    actions
}

impl State {
    /// How the run ends, if it does now.
    fn end(&self, plan: &Plan) -> Option<Finish> {
        if self.cancelled {
            return Some(Finish::Cancelled);
        }
        if let Some(failure) = &self.failure {
            return Some(Finish::Failed {
                step: failure.step.clone(),
                message: failure.message.clone(),
            });
        }
        if self.unsettled > 0 {
            return None;
        }
        Some(match self.outputs(plan) {
            Ok(outputs) => self.barren(plan, &outputs).unwrap_or(Finish::Succeeded),
            Err(message) => Finish::Failed {
                step: None,
                message,
            },
        })
    }

    /// Whether anything still waits for the timer.
    pub(super) fn wants(&self, timer: &Timer) -> bool {
        let phase = |task| {
            let slot = self.slot(task)?;
            Some(&self.nodes[slot.node].tasks[slot.index as usize])
        };
        match timer {
            Timer::Backoff { task, attempt } => phase(task)
                .is_some_and(|task| task.phase == TaskPhase::Backoff && task.attempts == *attempt),
            Timer::Decision { task } => {
                phase(task).is_some_and(|task| matches!(task.phase, TaskPhase::Parked(_)))
            }
            Timer::Budget => !self.is_waiting(),
        }
    }

    fn begin(&self, plan: &Plan, slot: Slot, now: Moment) -> Option<Action> {
        let node = &self.nodes[slot.node];
        if node.phase != Phase::Open || node.round != slot.round {
            return None;
        }
        let task = node.tasks.get(slot.index as usize)?;
        if task.phase != TaskPhase::Ready {
            return None;
        }
        let attempt = task.attempts + 1;
        let name = self.name(plan, slot);
        Some(match self.resolve(plan, slot) {
            Ok((resolved, key)) => Action::Dispatch(Dispatch {
                name,
                attempt,
                task: resolved,
                key,
                effect: super::fold::perform(plan, slot.node)?.effect,
                started: task.effect == attempt && !task.is_cleared,
                is_ruled: task.losses > 0,
            }),
            Err(message) => Action::Record(Event::TaskFailed {
                task: name,
                attempt,
                error: EngineError::invalid(message),
                spent: Usage::default(),
                at: now,
            }),
        })
    }
}
