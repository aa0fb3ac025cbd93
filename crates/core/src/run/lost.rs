//! Effects of which nobody knows whether they came about.
//!
//! A call that pays or publishes is announced in the log before it begins. Where neither its outcome nor its failure
//! got there, it may have happened or not: it is not made again until a person says so, unless its step says that
//! repeating is fine. Whichever it is, what it may have cost counts for the run's budget.

use serde::{Deserialize, Serialize};

use super::fold::perform;
use super::state::{Phase, Slot, State, TaskPhase, TaskState};
use super::{Dispatch, Event, Moment, RunId, TaskName};
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
    /// The run whose effect it is, where that is another one, of which this one would repeat it.
    pub before: Option<RunId>,
    /// Since when it waits.
    pub at: Moment,
}

/// An effect under way that nothing waits for any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Adrift {
    attempt: u32,
    cost_max: UsdMicros,
}

impl Adrift {
    pub(super) fn of(task: &TaskState) -> Self {
        Self {
            attempt: task.effect,
            cost_max: task.effect_cost,
        }
    }
}

impl TaskState {
    /// Whether its effect was announced and came to no end that is known.
    pub(super) fn is_announced(&self) -> bool {
        self.phase == TaskPhase::Ready && self.effect == self.attempts + 1 && !self.is_cleared
    }
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
        self.unresolved().filter(|_| self.finished.is_none())
    }

    /// The same, also of a run that is over: nobody knows of these calls whether they were made.
    pub fn unresolved(&self) -> impl Iterator<Item = &Lost> {
        self.parked.iter().filter_map(|slot| {
            match &self.nodes[slot.node].tasks.get(slot.index as usize)?.phase {
                TaskPhase::Lost(lost) => Some(&**lost),
                _ => None,
            }
        })
    }

    /// Tasks whose effect was announced and came to no end that is known, in plan order: they are under way, or got lost.
    #[must_use]
    pub fn under_way(&self, plan: &Plan) -> Vec<Dispatch> {
        let mut found = Vec::new();
        for (id, node) in self.nodes.iter().enumerate() {
            let announced = (0..)
                .zip(&node.tasks)
                .filter(|(_, task)| task.is_announced());
            for (index, task) in announced.filter(|_| node.phase == Phase::Open) {
                let slot = Slot {
                    node: id,
                    round: node.round,
                    index,
                };
                if let Ok((resolved, key)) = self.resolve(plan, slot) {
                    found.push(Dispatch {
                        name: self.name(plan, slot),
                        attempt: task.effect,
                        task: resolved,
                        key,
                        effect: true,
                        started: true,
                        is_ruled: task.losses > 0,
                    });
                }
            }
        }
        found
    }

    /// The same of effects that nothing waits for any more: the task, its attempt, and the most that it costs.
    pub fn adrift(&self) -> impl Iterator<Item = (&TaskName, u32, UsdMicros)> {
        let adrift = self.adrift.iter();
        adrift.map(|(name, adrift)| (name, adrift.attempt, adrift.cost_max))
    }

    /// The most that the effect of a task costs, as it was announced.
    #[must_use]
    pub fn announced_cost(&self, task: &TaskName) -> UsdMicros {
        if let Some(adrift) = self.adrift.get(task) {
            return adrift.cost_max;
        }
        let slot = self.slot(task);
        slot.map_or(UsdMicros::default(), |slot| {
            self.nodes[slot.node].tasks[slot.index as usize].effect_cost
        })
    }

    /// Takes note of what an effect cost that nothing waits for any more.
    pub(super) fn landed(
        &mut self,
        task: &TaskName,
        attempt: Option<u32>,
        cost: UsdMicros,
    ) -> bool {
        let known = self.adrift.get(task);
        if known.is_none_or(|known| attempt.is_some_and(|attempt| attempt != known.attempt)) {
            return false;
        }
        self.adrift.remove(task);
        self.pay(cost)
    }

    /// Folds an event about an effect.
    pub(super) fn effect(&mut self, plan: &Plan, event: &Event) -> bool {
        match event {
            Event::EffectStarted {
                task,
                attempt,
                cost_max,
                ..
            } => self.effect_started(task, *attempt, *cost_max),
            Event::EffectLost {
                task,
                attempt,
                cost_max,
                before,
                at,
            } => {
                let lost = Lost {
                    task: task.clone(),
                    attempt: *attempt,
                    cost_max: *cost_max,
                    before: *before,
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

    fn effect_started(&mut self, name: &TaskName, attempt: u32, cost_max: UsdMicros) -> bool {
        let Some(slot) = self.unfinished(name) else {
            return false;
        };
        let task = self.task_mut(slot);
        let is_new = task.effect < attempt || task.is_cleared;
        let news = task.attempts + 1 == attempt && is_new;
        if news {
            task.effect = attempt;
            task.effect_cost = cost_max;
            task.is_cleared = false;
        }
        news
    }

    fn effect_lost(&mut self, plan: &Plan, lost: Lost) -> bool {
        let Some(slot) = self.unfinished(&lost.task) else {
            let known = self.adrift.get(&lost.task);
            let is_adrift = known.is_some_and(|adrift| adrift.attempt == lost.attempt);
            if is_adrift {
                self.adrift.remove(&lost.task);
                self.spent.lost = self.spent.lost.saturating_add(lost.cost_max);
            }
            return is_adrift;
        };
        let task = self.task_mut(slot);
        // Only what was announced can get lost, and each time that it was once; what another run announced, before
        // this one does.
        let is_announced = match lost.before {
            None => task.effect == lost.attempt && !task.is_cleared,
            Some(_) => task.effect < lost.attempt && task.losses == 0,
        };
        if task.attempts + 1 != lost.attempt || !is_announced {
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
        // Somebody has said what becomes of it: it waits for nobody any more.
        task.phase = TaskPhase::Ready;
        self.active += 1;
        self.parked.remove(&slot);
        match ruling {
            Ruling::Repeat => {
                self.task_mut(slot).is_cleared = true;
                self.agenda.tasks.push(slot);
                self.touched.push(slot.node);
            }
            Ruling::GiveUp => {
                self.task_mut(slot).attempts = attempt;
                let message = "was interrupted, nobody knows whether it took effect, and it was \
                               given up by hand";
                self.fail_task(plan, slot, message.into());
            }
        }
        true
    }
}
