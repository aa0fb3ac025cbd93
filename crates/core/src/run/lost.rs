//! Effects of which nobody knows whether they came about.
//!
//! A call that pays or publishes is announced in the log before it begins. Where neither its outcome nor its failure
//! got there, it may have happened or not: it is not made again until a person says so, unless its step says that
//! repeating is fine. Whichever it is, what it may have cost counts for the run's budget.

use serde::{Deserialize, Serialize};

use super::fold::perform;
use super::state::{State, TaskPhase};
use super::{Event, Moment, TaskName};
use crate::UsdMicros;
use crate::plan::Plan;
use crate::process::OnInterrupt;

/// Times that one task is repeated by itself: what is lost so often loses the program.
const REPEATS_MAX: u32 = 3;

/// A task whose effect got lost, and that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Which task.
    pub task: TaskName,
    /// The attempt that got lost.
    pub attempt: u32,
    /// The most that it has cost; nothing where its engine names no price.
    pub cost_max: UsdMicros,
    /// Since when it waits.
    pub at: Moment,
}

/// What becomes of a task whose effect got lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// It is done once more.
    Repeat,
    /// It has failed.
    GiveUp,
}

impl State {
    /// Every task whose effect got lost and that waits for a person, in plan order; a run that is over waits for
    /// nobody.
    pub fn lost(&self) -> impl Iterator<Item = &Lost> {
        let open = self.parked.iter().filter(|_| self.finished.is_none());
        open.filter_map(
            |slot| match &self.nodes[slot.node].tasks.get(slot.index as usize)?.phase {
                TaskPhase::Lost(lost) => Some(&**lost),
                _ => None,
            },
        )
    }

    /// Folds an event about an effect.
    pub(super) fn effect(&mut self, plan: &Plan, event: &Event) -> bool {
        match event {
            Event::EffectStarted { task, attempt, .. } => self.effect_started(task, *attempt),
            Event::EffectLost {
                task,
                attempt,
                cost_max,
                at,
            } => {
                let lost = Lost {
                    task: task.clone(),
                    attempt: *attempt,
                    cost_max: *cost_max,
                    at: *at,
                };
                self.effect_lost(plan, lost)
            }
            Event::Ruled {
                task,
                attempt,
                ruling,
                ..
            } => self.ruled(plan, task, *attempt, *ruling),
            _ => false,
        }
    }

    fn effect_started(&mut self, name: &TaskName, attempt: u32) -> bool {
        let Some(slot) = self.unfinished(name) else {
            return false;
        };
        let task = self.task_mut(slot);
        let is_new = task.effect < attempt || task.is_cleared;
        let news = task.attempts + 1 == attempt && is_new;
        if news {
            task.effect = attempt;
            task.is_cleared = false;
        }
        news
    }

    fn effect_lost(&mut self, plan: &Plan, lost: Lost) -> bool {
        let Some(slot) = self.unfinished(&lost.task) else {
            return false;
        };
        let task = self.task_mut(slot);
        // Only what was announced can get lost, and each time that it was once.
        if task.attempts + 1 != lost.attempt || task.effect != lost.attempt || task.is_cleared {
            return false;
        }
        task.losses += 1;
        let is_fine = perform(plan, slot.node)
            .is_some_and(|perform| perform.on_interrupt == OnInterrupt::Repeat);
        if is_fine && task.losses <= REPEATS_MAX {
            task.is_cleared = true;
            task.phase = TaskPhase::Ready;
            self.agenda.tasks.push(slot);
        } else {
            task.phase = TaskPhase::Lost(Box::new(lost.clone()));
            self.active -= 1;
            self.parked.insert(slot);
        }
        self.spent.lost = self.spent.lost.saturating_add(lost.cost_max);
        self.touched.push(slot.node);
        true
    }

    fn ruled(&mut self, plan: &Plan, name: &TaskName, attempt: u32, ruling: Ruling) -> bool {
        let Some(slot) = self.slot(name) else {
            return false;
        };
        let task = self.task_mut(slot);
        match &task.phase {
            TaskPhase::Lost(lost) if lost.attempt == attempt && task.attempts < attempt => {}
            _ => return false,
        }
        match ruling {
            Ruling::Repeat => {
                task.phase = TaskPhase::Ready;
                task.is_cleared = true;
                self.active += 1;
                self.parked.remove(&slot);
                self.agenda.tasks.push(slot);
                self.touched.push(slot.node);
            }
            Ruling::GiveUp => {
                task.attempts = attempt;
                let message = "was interrupted, nobody knows whether it took effect, and it was \
                               given up by hand";
                self.fail_task(plan, slot, message.into());
            }
        }
        true
    }
}
