//! What each task of a run was asked and what came of it, from the log.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use serde_json::Value;

use super::edit::below;
use super::state::{Slot, State};
use super::{Decider, Decision, Event, Finish, Moment, Ruling, RunId, TaskName, Timer, Took, fold};
use crate::engine::{DecisionRequest, Determinism, EngineError, Outcome, Task, Usage};
use crate::intent::SignedIntent;
use crate::plan::{NodeKind, Plan};
use crate::receipt::{Place, Receipt, asked};
use crate::{Digest, canonical};

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
    /// The tasks whose values it took; of a choice, those that it was made among.
    pub took: Vec<Took>,
    /// What else that was made among.
    pub own_options: Value,
    /// What came of it.
    pub result: TaskResult,
    /// What its attempts that failed used.
    pub lost: Usage,
    /// The run that the outcome was taken from, when nothing was executed for this task.
    pub reused_from: Option<RunId>,
    /// The question to a person, where there was one.
    pub request: Option<DecisionRequest>,
    /// The answer.
    pub decision: Option<Decision>,
    /// The signed intents of a person who edited what the task gave, the last one last; then this is not the task
    /// itself, but [`EDIT`] after it.
    pub edits: Vec<Value>,
    /// When it ended.
    pub at: Moment,
}

/// The engine of what a person edited: no program, but a hand. Its `with:` is what was edited.
pub const EDIT: &str = "edit";

const EDIT_VERSION: &str = "1";

/// What an edit is given: what there was.
fn edit_params(from: &Value) -> Value {
    serde_json::json!({ "from": from })
}

/// The engine that draws a visible label into a picture: a step of the process like any other, or, where its
/// `disclosure:` asks for captions, the one at [`CAPTIONS`].
pub const CAPTION: &str = "caption";

/// The step, which no process file can name, of the captions that are drawn once a run has given its pictures.
pub const CAPTIONS: &str = "disclosure/caption";

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

    /// What a decision on it follows ([`crate::receipt::asked`]).
    #[must_use]
    pub fn asked(&self, run: RunId) -> B256 {
        let Task {
            engine,
            engine_version,
            params,
            ..
        } = &self.task;
        asked(
            run.0,
            self.place(),
            engine,
            engine_version,
            canonical::digest(params),
        )
    }

    /// What a decision on an edit of it follows: the last edit before, or what is there to be edited.
    #[must_use]
    pub fn edit_asked(&self, run: RunId) -> Option<B256> {
        if let Some(last) = self.edits.last() {
            let last: SignedIntent = serde_json::from_value(last.clone()).ok()?;
            return Some(last.name());
        }
        let params = edit_params(&self.outcome()?.value);
        let params = canonical::digest(&params);
        Some(asked(run.0, self.place(), EDIT, EDIT_VERSION, params))
    }

    fn place(&self) -> Place<'_> {
        Place {
            step: &self.name.step,
            round: self.round,
            index: self.index,
        }
    }

    /// Its receipt, if something came of it: not yet linked, and without the intents that decided it
    /// and the receipt that a reused outcome came from, which the log does not know. What failed attempts
    /// cost is part of what an outcome did.
    #[must_use]
    pub fn receipt(&self, determinism: Determinism) -> Option<Receipt> {
        let outcome = self.outcome()?;
        let mut receipt = Receipt::of_task(self.place(), &self.task, outcome, determinism);
        if self.reused_from.is_none() {
            receipt.usage.add(&self.lost);
        }
        Some(receipt)
    }
}

/// Every task of a run that ended or asked, in plan order (a loop's round by round), whatever the
/// order of the log.
#[must_use]
pub fn records(plan: &Plan, events: &[Event]) -> Vec<TaskRecord> {
    let mut state = State::new(plan);
    let mut found: BTreeMap<Order, TaskRecord> = BTreeMap::new();
    for event in events {
        if let Event::Edited { .. } = event {
            edit(plan, &mut state, &mut found, event);
            continue;
        }
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

/// How the run ended, by its log; not at all, where an edit had it go on since.
#[must_use]
pub fn finish_of(events: &[Event]) -> Option<&Finish> {
    end_of(events).and_then(|event| match event {
        Event::Finished { status, .. } => Some(status),
        _ => None,
    })
}

/// The event that ended the run, by its log.
#[must_use]
pub fn end_of(events: &[Event]) -> Option<&Event> {
    events.iter().fold(None, |end, event| match event {
        Event::Finished { .. } => end.or(Some(event)),
        Event::Edited { .. } => None,
        _ => end,
    })
}

/// Puts what a person made in the place of what a task gave; what had been made from that is forgotten.
fn edit(plan: &Plan, state: &mut State, found: &mut BTreeMap<Order, TaskRecord>, event: &Event) {
    let Event::Edited {
        task,
        value,
        intent,
        at,
    } = event
    else {
        return;
    };
    if !fold(state, plan, event) {
        return;
    }
    let Some(&node) = state.paths.get(&task.step) else {
        return;
    };
    let below = below(plan, node);
    found.retain(|(.., id, _, _), _| {
        let outer = plan.nodes[*id].parent.unwrap_or(*id);
        !below.contains(&outer)
    });
    let slot = Slot {
        node,
        round: 0,
        index: task.index,
    };
    let (place, round, node, index, _) = order(plan, slot);
    let own = (place, round, node, index, 1);
    let Some(given) = found.get(&(place, round, node, index, 0)) else {
        return;
    };
    let Some(from) = given.outcome().map(|outcome| outcome.value.clone()) else {
        return;
    };
    if from == *value {
        // As the machine made it: nothing of a hand is left.
        found.remove(&own);
        return;
    }
    let mut edited = given.clone();
    edited.task = Task {
        engine: EDIT.to_owned(),
        engine_version: EDIT_VERSION.to_owned(),
        params: edit_params(&from),
        seed: None,
        limits: given.task.limits,
        labels: BTreeMap::new(),
    };
    edited.key = edited.task.key(None);
    edited.own_options = Value::Null;
    edited.took = vec![Took::whole(edited.place().label())];
    edited.result = TaskResult::Done(Outcome::free(value.clone()));
    edited.lost = Usage::default();
    edited.reused_from = None;
    edited.request = None;
    edited.decision = None;
    edited.edits = found
        .remove(&own)
        .map(|last| last.edits)
        .unwrap_or_default();
    edited.edits.push(intent.clone());
    edited.at = *at;
    found.insert(own, edited);
}

/// The task that the event says something lasting about.
fn subject(event: &Event) -> Option<&TaskName> {
    match event {
        Event::TaskDone { task, .. }
        | Event::TaskFailed { task, .. }
        | Event::TaskPoisoned { task, .. }
        | Event::DecisionRequested { task, .. }
        | Event::Decided { task, .. }
        | Event::Ruled {
            task,
            ruling: Ruling::GiveUp,
            ..
        }
        | Event::TimerFired {
            timer: Timer::Decision { task },
            ..
        } => Some(task),
        _ => None,
    }
}

/// Place, round, node, index, and 1 for what a person edited.
type Order = (usize, u32, usize, u32, u32);

/// Where a task stands among the others: loops stand where their first inner step does.
fn order(plan: &Plan, slot: Slot) -> Order {
    let place = plan.nodes[slot.node]
        .parent
        .and_then(|around| super::state::inner(plan, around).first().copied());
    (
        place.unwrap_or(slot.node),
        slot.round,
        slot.node,
        slot.index,
        0,
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
        took: state.took(plan, slot),
        own_options: state.own_options(plan, slot),
        result: TaskResult::Asked,
        lost: Usage::default(),
        reused_from: None,
        request: None,
        decision: None,
        edits: Vec::new(),
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
        Event::TaskFailed {
            attempt,
            error,
            spent,
            ..
        } => {
            record.lost.add(spent);
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
        Event::Ruled { attempt, .. } => {
            record.result = TaskResult::Failed {
                attempts: *attempt,
                error: EngineError::invalid("was interrupted, and given up by hand"),
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
