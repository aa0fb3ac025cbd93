//! What each task of a run was asked and what came of it, from the log.

use std::collections::BTreeMap;

use super::state::{Slot, State};
use super::{Decider, Decision, Event, Finish, Moment, RunId, TaskName, Timer, fold};
use crate::Digest;
use crate::engine::{DecisionRequest, Determinism, EngineError, Outcome, Task};
use crate::plan::{NodeKind, Plan};
use crate::receipt::{Place, Receipt};

/// A task of a run, rebuilt from the plan and the log.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRecord {
    /// Which.
    pub name: TaskName,
    /// Round of the loop around it, from 0; absent outside of loops.
    pub round: Option<u32>,
    /// Place in the fan-out, from 0; absent outside of fan-outs.
    pub index: Option<u32>,
    /// What was asked.
    pub task: Task,
    /// Its memo key.
    pub key: Digest,
    /// What came of it.
    pub result: TaskResult,
    /// The run that the outcome was taken from, when nothing was executed for this task.
    pub reused_from: Option<RunId>,
    /// The question to a person, where there was one.
    pub request: Option<DecisionRequest>,
    /// The answer.
    pub decision: Option<Decision>,
    /// When it ended.
    pub at: Moment,
}

/// What came of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskResult {
    /// An outcome.
    Done(Outcome),
    /// No outcome, after so many attempts.
    Failed {
        /// The last one.
        attempts: u32,
        /// Its error.
        error: EngineError,
    },
    /// A question that nobody has answered.
    Asked,
}

impl TaskRecord {
    /// What came of it, if something did.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.result {
            TaskResult::Done(outcome) => Some(outcome),
            TaskResult::Failed { .. } | TaskResult::Asked => None,
        }
    }

    /// Its receipt, if something came of it: not yet linked, and without the intents that decided it
    /// and the receipt that a reused outcome came from, which the log does not know.
    #[must_use]
    pub fn receipt(&self, determinism: Determinism) -> Option<Receipt> {
        let place = Place {
            step: &self.name.step,
            round: self.round,
            index: self.index,
        };
        let outcome = self.outcome()?;
        Some(Receipt::of_task(place, &self.task, outcome, determinism))
    }
}

/// Every task of a run that ended or asked, in plan order (a loop's round by round), whatever the
/// order of the log.
#[must_use]
pub fn records(plan: &Plan, events: &[Event]) -> Vec<TaskRecord> {
    let mut state = State::new(plan);
    let mut found: BTreeMap<(usize, u32, usize, u32), TaskRecord> = BTreeMap::new();
    for event in events {
        let about = subject(event)
            .and_then(|name| state.slot(name))
            .map(|slot| (slot, order(plan, slot)));
        // The task is rebuilt before the event closes its node.
        let fresh = about
            .filter(|(_, order)| !found.contains_key(order))
            .and_then(|(slot, _)| blank(&state, plan, slot));
        let changed = fold(&mut state, plan, event);
        let Some((_, order)) = about.filter(|_| changed) else {
            continue;
        };
        let record = match fresh {
            Some(fresh) => found.entry(order).or_insert(fresh),
            None => match found.get_mut(&order) {
                Some(record) => record,
                None => continue,
            },
        };
        note(record, event);
    }
    found.into_values().collect()
}

/// How the run ended, by its log.
#[must_use]
pub fn finish_of(events: &[Event]) -> Option<&Finish> {
    events.iter().find_map(|event| match event {
        Event::Finished { status, .. } => Some(status),
        _ => None,
    })
}

/// The task that the event says something lasting about.
fn subject(event: &Event) -> Option<&TaskName> {
    match event {
        Event::TaskDone { task, .. }
        | Event::TaskFailed { task, .. }
        | Event::TaskPoisoned { task, .. }
        | Event::DecisionRequested { task, .. }
        | Event::Decided { task, .. }
        | Event::TimerFired {
            timer: Timer::Decision { task },
            ..
        } => Some(task),
        _ => None,
    }
}

/// Where a task stands among the others: loops stand where their first inner step does.
fn order(plan: &Plan, slot: Slot) -> (usize, u32, usize, u32) {
    let place = plan.nodes[slot.node]
        .parent
        .and_then(|around| super::state::inner(plan, around).first().copied());
    (
        place.unwrap_or(slot.node),
        slot.round,
        slot.node,
        slot.index,
    )
}

fn blank(state: &State, plan: &Plan, slot: Slot) -> Option<TaskRecord> {
    let node = &plan.nodes[slot.node];
    let NodeKind::Perform(perform) = &node.kind else {
        return None;
    };
    // A task whose parameters can't be resolved never was one: its failure is the step's.
    let (task, key) = state.resolve(plan, slot).ok()?;
    Some(TaskRecord {
        name: state.name(plan, slot),
        round: node.parent.map(|_| slot.round),
        index: (!perform.fan_out.is_one()).then_some(slot.index),
        task,
        key,
        result: TaskResult::Asked,
        reused_from: None,
        request: None,
        decision: None,
        at: Moment::default(),
    })
}

fn note(record: &mut TaskRecord, event: &Event) {
    record.at = event.at();
    match event {
        Event::TaskDone {
            outcome,
            reused_from,
            ..
        } => {
            record.result = TaskResult::Done(outcome.clone());
            record.reused_from = *reused_from;
        }
        Event::TaskFailed { attempt, error, .. } => {
            record.result = TaskResult::Failed {
                attempts: *attempt,
                error: error.clone(),
            };
        }
        Event::TaskPoisoned { deliveries, .. } => {
            record.result = TaskResult::Failed {
                attempts: *deliveries,
                error: EngineError::limit(format!("brought its worker down {deliveries} times")),
            };
        }
        Event::DecisionRequested { request, .. } => record.request = Some(request.clone()),
        Event::Decided { decision, .. } => decide(record, decision.clone()),
        Event::TimerFired { .. } => {
            match record
                .request
                .as_ref()
                .and_then(DecisionRequest::by_default)
            {
                Some(kept) => decide(
                    record,
                    Decision {
                        kept,
                        by: Decider::Timeout,
                        intent: None,
                    },
                ),
                None => {
                    record.result = TaskResult::Failed {
                        attempts: 1,
                        error: EngineError::limit("nobody decided in time"),
                    };
                }
            }
        }
        _ => {}
    }
}

fn decide(record: &mut TaskRecord, decision: Decision) {
    let answer = record
        .request
        .as_ref()
        .and_then(|request| request.answer(&decision.kept));
    if let Some(value) = answer {
        record.result = TaskResult::Done(Outcome::free(value));
        record.decision = Some(decision);
    }
}
