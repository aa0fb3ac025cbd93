//! A person's own version of what a task gave: everything that was made from it is made again.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::fold::perform;
use super::state::{NodeState, Phase, Slot, State, TaskPhase, Work, inner};
use super::{Finish, TaskName, Timer};
use crate::plan::{NodeId, PROCESS, Plan};

/// Why what a task gave can't be edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditRefusal {
    /// There is no such task.
    #[error("it has no such task")]
    NoTask,
    /// The task stands in a loop, whose rounds are over.
    #[error("it is in a loop: edit what the loop gave in a step after it")]
    InLoop,
    /// It stands around a process that is a step: what that is given is held to its bounds.
    #[error(
        "it has what a process is given or gives: edit a step of that process, or run it with other inputs"
    )]
    Around,
    /// Nothing came of it yet, or it failed.
    #[error("it has given nothing that could be edited")]
    NothingGiven,
    /// It gave several things at once, as a choice does.
    #[error("it gives a list: edit the steps that made what is in it, or choose otherwise")]
    List,
    /// Something made from it has shown outside.
    #[error("`{step}` has taken effect outside with what came of it, which can't be taken back")]
    TookEffect {
        /// The step.
        step: Arc<str>,
    },
    /// The run is over, and it would end the same.
    #[error("the run is over for a reason that it does not lead to")]
    Over,
}

impl State {
    /// What the task gave, if that can be edited.
    pub fn editable(&self, plan: &Plan, task: &TaskName) -> Result<&Value, EditRefusal> {
        let slot = self.given_slot(plan, task)?;
        let below = below(plan, slot.node);
        let effect = below.iter().find(|id| self.took_effect(plan, **id));
        if let Some(&id) = effect {
            let step = Arc::clone(&plan.nodes[id].path);
            return Err(EditRefusal::TookEffect { step });
        }
        let leads_to = |step: &str| self.paths.get(step).is_some_and(|id| below.contains(id));
        let goes_on = match &self.finished {
            None => self.failure.is_none() && !self.cancelled,
            Some(Finish::Succeeded) => true,
            Some(Finish::Failed { step, .. }) => step.as_deref().is_some_and(leads_to),
            Some(Finish::Cancelled) => false,
        };
        match self.value_at(plan, slot) {
            _ if !goes_on => Err(EditRefusal::Over),
            Some(Value::Array(_)) => Err(EditRefusal::List),
            Some(value) => Ok(value),
            None => Err(EditRefusal::NothingGiven),
        }
    }

    /// Puts a value in the place of what a task gave, and has made again what was made from it. A run that was
    /// over goes on.
    pub(super) fn edited(&mut self, plan: &Plan, task: &TaskName, value: &Value) -> bool {
        match self.editable(plan, task) {
            Ok(given) if given != value => {}
            _ => return false,
        }
        let Ok(slot) = self.given_slot(plan, task) else {
            return false;
        };
        let node = &mut self.nodes[slot.node];
        let at = slot.index as usize;
        if node.phase == Phase::Open {
            node.tasks[at].phase = TaskPhase::Done(value.clone());
        } else if perform(plan, slot.node).is_some_and(|perform| perform.fan_out.is_one()) {
            node.value = value.clone();
        } else {
            node.value[at] = value.clone();
        }
        self.touched.push(slot.node);
        self.is_edited = true;
        self.finished = None;
        self.failure = None;
        self.begin_again(plan, &below(plan, slot.node));
        true
    }

    /// Whether an outcome is that of the task as it is asked now: one of before an edit comes too late.
    pub(super) fn is_asked(&self, plan: &Plan, task: &TaskName, key: crate::Digest) -> bool {
        let asked = |slot| {
            self.resolve(plan, slot)
                .is_ok_and(|(_, asked)| asked == key)
        };
        !self.is_edited || self.slot(task).is_some_and(asked)
    }

    fn given_slot(&self, plan: &Plan, task: &TaskName) -> Result<Slot, EditRefusal> {
        let known = self.paths.get(&task.step).copied();
        let id = known.ok_or(EditRefusal::NoTask)?;
        if plan.nodes[id].parent.is_some() || perform(plan, id).is_none() {
            return Err(EditRefusal::InLoop);
        }
        if perform(plan, id).is_some_and(|perform| &*perform.engine == PROCESS) {
            return Err(EditRefusal::Around);
        }
        let node = &self.nodes[id];
        match node.tasks.get(task.index as usize) {
            _ if !matches!(node.phase, Phase::Open | Phase::Done) => Err(EditRefusal::NothingGiven),
            Some(given) if matches!(given.phase, TaskPhase::Done(_)) => Ok(Slot {
                node: id,
                round: 0,
                index: task.index,
            }),
            Some(_) => Err(EditRefusal::NothingGiven),
            None => Err(EditRefusal::NoTask),
        }
    }

    fn value_at(&self, plan: &Plan, slot: Slot) -> Option<&Value> {
        let node = &self.nodes[slot.node];
        let at = slot.index as usize;
        match &node.tasks.get(at)?.phase {
            TaskPhase::Done(value) if node.phase == Phase::Open => Some(value),
            _ if perform(plan, slot.node)?.fan_out.is_one() => Some(&node.value),
            _ => node.value.get(at),
        }
    }

    fn took_effect(&self, plan: &Plan, id: NodeId) -> bool {
        let node = &self.nodes[id];
        let begun = |id: NodeId| {
            let tasks = &self.nodes[id].tasks;
            tasks
                .iter()
                .any(|task| task.effect > 0 || matches!(task.phase, TaskPhase::Done(_)))
        };
        let has = |id: NodeId| perform(plan, id).is_some_and(|perform| perform.effect);
        // What a loop did in earlier rounds is not known any more.
        let looped = |id: &NodeId| has(*id);
        has(id) && begun(id) || node.phase != Phase::Closed && inner(plan, id).iter().any(looped)
    }

    /// Forgets what these outer nodes did, and opens those that can begin.
    fn begin_again(&mut self, plan: &Plan, below: &BTreeSet<NodeId>) {
        let inside = below.iter().flat_map(|id| inner(plan, *id).iter().copied());
        let all: BTreeSet<NodeId> = below.iter().copied().chain(inside).collect();
        for &id in &all {
            let is_outer = plan.nodes[id].parent.is_none();
            let node = std::mem::take(&mut self.nodes[id]);
            if node.phase == Phase::Open {
                let going = |task: &&super::state::TaskState| {
                    matches!(task.phase, TaskPhase::Ready | TaskPhase::Backoff)
                };
                self.active -= node.tasks.iter().filter(going).count();
            }
            self.unsettled += usize::from(is_outer && node.phase.is_settled());
            self.tasks -= (node.tasks.len() - node.passed_over).min(self.tasks);
            self.skipped.remove(&id);
            self.cut_short.remove(&id);
            self.touched.push(id);
        }
        self.verdicts.forget(&all);
        self.parked.retain(|slot| !all.contains(&slot.node));
        self.agenda.tasks.retain(|slot| !all.contains(&slot.node));
        let paths = Arc::clone(&self.paths);
        let is_of = |task: &TaskName| paths.get(&task.step).is_some_and(|id| all.contains(id));
        self.agenda.timers.retain(|(timer, _)| match timer {
            Timer::Backoff { task, .. } | Timer::Decision { task } => !is_of(task),
            Timer::Budget => true,
        });
        for &id in below {
            let mut pending = plan.nodes[id].dependencies.iter();
            let open = |other: &&NodeId| {
                plan.nodes[**other].parent.is_none() && !self.nodes[**other].phase.is_settled()
            };
            let pending = pending.by_ref().filter(open).count();
            self.nodes[id] = NodeState {
                pending,
                ..NodeState::default()
            };
            if pending == 0 {
                self.work.push_back(Work::Open(id));
            }
        }
    }
}

/// The outer nodes that depend on one, by whatever way; not itself.
pub(super) fn below(plan: &Plan, id: NodeId) -> BTreeSet<NodeId> {
    let (mut found, mut pending) = (BTreeSet::new(), vec![id]);
    while let Some(id) = pending.pop() {
        for &dependent in &plan.nodes[id].dependents {
            let outer = plan.nodes[dependent].parent.unwrap_or(dependent);
            if found.insert(outer) {
                pending.push(outer);
            }
        }
    }
    found
}
