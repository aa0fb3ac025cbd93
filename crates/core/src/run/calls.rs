//! Calls that a run made, or may have made, and that another run would make again.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fold::perform;
use super::state::{Phase, Slot, State, TaskPhase, TaskState};
use super::{Event, RunId, records};
use crate::Digest;
use crate::engine::Task;
use crate::plan::{NodeId, Plan};
use crate::process::{OnInterrupt, Reuse};

impl Task {
    /// What is asked for, whichever run asks: the key without the run's own name, which stands in a `with:` where each
    /// run is to ask anew.
    #[must_use]
    pub fn call(&self, run: RunId) -> Digest {
        let mut task = self.clone();
        without(&mut task.params, &run.to_string());
        task.key(None)
    }

    /// Whether another run that asks for the same has another key.
    fn names(&self, run: RunId) -> bool {
        self.call(run) != self.key(None)
    }
}

/// Takes a name out of every text.
fn without(value: &mut Value, name: &str) {
    match value {
        Value::String(text) if text.contains(name) => *text = text.replace(name, ""),
        Value::Array(items) => items.iter_mut().for_each(|item| without(item, name)),
        Value::Object(fields) => fields.values_mut().for_each(|field| without(field, name)),
        _ => {}
    }
}

/// Calls that a run made, or may have made, and that another run makes again where it comes to them ([`Task::call`]):
/// those that got lost and that nobody said anything about, and those whose outcome no other run takes over. What may be
/// repeated is not among them.
#[must_use]
pub fn unsettled_calls(plan: &Plan, events: &[Event]) -> BTreeSet<Digest> {
    let state = State::after(plan, events);
    let Some(run) = state.spec().map(super::RunSpec::id) else {
        return BTreeSet::new();
    };
    let is_asked_about = |id: NodeId| {
        perform(plan, id)
            .is_some_and(|perform| perform.effect && perform.on_interrupt == OnInterrupt::Ask)
    };
    let is_unknown =
        |task: &TaskState| task.is_announced() || matches!(task.phase, TaskPhase::Lost(_));
    let mut calls = BTreeSet::new();
    for (id, node) in state.nodes.iter().enumerate() {
        if node.phase != Phase::Open || !is_asked_about(id) {
            continue;
        }
        let unknown = (0..).zip(&node.tasks);
        let unknown = unknown.filter(|(_, task)| is_unknown(task));
        let round = node.round;
        let slots = unknown.map(|(index, _)| Slot {
            node: id,
            round,
            index,
        });
        calls.extend(slots.filter_map(|slot| Some(state.resolve(plan, slot).ok()?.0.call(run))));
    }
    for record in records(plan, events) {
        let id = state.paths.get(&record.name.step).copied();
        let is_kept = |id: NodeId| {
            let reuse = perform(plan, id).map(|perform| perform.reuse);
            reuse == Some(Reuse::Run) || record.task.names(run)
        };
        let is_made = record.outcome().is_some() && record.edits.is_empty();
        if is_made && id.is_some_and(|id| is_asked_about(id) && is_kept(id)) {
            calls.insert(record.task.call(run));
        }
    }
    calls
}
