//! What was left out of a run because it failed or was rejected, and runs of which nothing is left.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::fold::perform;
use super::state::{Phase, Slot, State, inner};
use super::{Decision, Finish};
use crate::expression::Template;
use crate::plan::{NodeId, Plan};

/// Tasks of a step that failed and were left out, as its `on_failure: skip` wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// `draft`, or `polish.revise` inside a loop.
    pub step: Arc<str>,
    /// How many.
    pub failed: usize,
    /// Of how many; in a loop, of all in the rounds that had failures.
    pub tasks: usize,
    /// Why the first of them did.
    pub error: String,
}

/// What was left out of one step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Skips {
    failed: usize,
    /// Tasks in the rounds that had failures, and the last of these rounds.
    tasks: usize,
    round: u32,
    /// Round and place of the first failure, whichever was told first.
    first: (u32, u32),
    error: String,
}

/// What people decided in a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Verdicts {
    /// The steps of which they kept anything.
    kept: BTreeSet<NodeId>,
    /// The steps of which they rejected everything.
    rejected: BTreeSet<NodeId>,
}

impl Verdicts {
    /// Takes note of a decision about what the step asked.
    pub(super) fn note(&mut self, id: NodeId, decision: &Decision) {
        match decision.kept.is_empty() {
            true => drop(self.rejected.insert(id)),
            false => drop(self.kept.insert(id)),
        }
    }

    /// Forgets what was decided about these steps.
    pub(super) fn forget(&mut self, ids: &BTreeSet<NodeId>) {
        self.kept.retain(|id| !ids.contains(id));
        self.rejected.retain(|id| !ids.contains(id));
    }
}

impl State {
    /// What was left out because it failed, in plan order.
    #[must_use]
    pub fn skipped(&self, plan: &Plan) -> Vec<Skipped> {
        let skipped = self.skipped.iter();
        skipped
            .map(|(&id, skips)| Skipped {
                step: Arc::clone(&plan.nodes[id].path),
                failed: skips.failed,
                tasks: skips.tasks,
                error: skips.error.clone(),
            })
            .collect()
    }

    /// Takes note of a task that is left out.
    pub(super) fn skip(&mut self, slot: Slot, message: String) {
        let node = &self.nodes[slot.node];
        let tasks = (node.tasks.len() - node.passed_over).max(1);
        let place = (slot.round, slot.index);
        let skips = self.skipped.entry(slot.node).or_insert(Skips {
            failed: 0,
            tasks,
            round: slot.round,
            first: place,
            error: String::new(),
        });
        if skips.round != slot.round {
            skips.round = slot.round;
            skips.tasks += tasks;
        }
        skips.failed += 1;
        if skips.error.is_empty() || place < skips.first {
            (skips.first, skips.error) = (place, message);
        }
    }

    /// How a run ends that has an output for every name and yet is a failure: people kept nothing at all, and
    /// an output is empty for that; an output is empty because every item of a list failed; or all outputs
    /// are empty and something failed. A single step may be left out, as long as anything is left.
    pub(super) fn barren(&self, plan: &Plan, outputs: &Value) -> Option<Finish> {
        if self.verdicts.kept.is_empty() && !self.verdicts.rejected.is_empty() {
            let unwanted = self.unwanted(plan, outputs);
            if unwanted.is_some() {
                return unwanted;
            }
        }
        if self.skipped.is_empty() {
            return None;
        }
        let empty: Vec<_> = plan
            .outputs
            .iter()
            .filter(|(name, _)| is_nothing(&outputs[name]))
            .collect();
        let all_are = empty.len() == plan.outputs.len();
        let (name, id) = empty.into_iter().find_map(|(name, template)| {
            let fallen = self.emptied_by(plan, template, |id| {
                // A loop that may fail ends with the first step in it that does.
                let around = plan.nodes[id].parent.unwrap_or(id);
                let ended_its_loop = self.nodes[around].phase == Phase::Skipped;
                self.skipped.contains_key(&id) && (self.all_failed(id) || ended_its_loop)
            });
            let list = |id: &&NodeId| {
                let step = perform(plan, **id);
                all_are || step.is_some_and(|step| !step.fan_out.is_one() && self.all_failed(**id))
            };
            fallen.iter().find(list).map(|id| (name, *id))
        })?;
        let skips = self.skipped.get(&id);
        let error = skips.map_or("", |skips| &skips.error);
        let failed = self.nodes[id].failed;
        let what = match failed {
            1 => format!("failed, and output `{name}` is empty without it: {error}"),
            _ => format!(
                "all of its {failed} tasks failed, and output `{name}` is empty without them; the \
                 first: {error}"
            ),
        };
        Some(Finish::Failed {
            step: Some(plan.nodes[id].path.to_string()),
            message: what,
        })
    }

    /// How a run ends of which people kept nothing.
    fn unwanted(&self, plan: &Plan, outputs: &Value) -> Option<Finish> {
        let rejected = |id| self.verdicts.rejected.contains(&id);
        let mut empty = plan
            .outputs
            .iter()
            .filter(|(name, _)| is_nothing(&outputs[name]));
        let (name, id) = empty.find_map(|(name, template)| {
            let emptied = self.emptied_by(plan, template, rejected);
            emptied.first().map(|id| (name, *id))
        })?;
        Some(Finish::Failed {
            step: Some(plan.nodes[id].path.to_string()),
            message: format!(
                "everything was rejected, and output `{name}` is empty without it: begin a new run to be \
                 asked again, with `--seed random` or other inputs to have other candidates"
            ),
        })
    }

    /// Whether every task of a step failed.
    fn all_failed(&self, id: NodeId) -> bool {
        let node = &self.nodes[id];
        node.failed > 0 && node.failed + node.passed_over == node.tasks.len()
    }

    /// The steps that left the output empty, of those that `is_cause` tells, in plan order.
    fn emptied_by(
        &self,
        plan: &Plan,
        output: &Template,
        is_cause: impl Fn(NodeId) -> bool,
    ) -> BTreeSet<NodeId> {
        let references = output.references();
        let named = references.iter().filter_map(|path| path.step());
        let mut pending: Vec<NodeId> = named
            .filter_map(|step| self.paths.get(step).copied())
            .collect();
        let (mut seen, mut found) = (BTreeSet::new(), BTreeSet::new());
        while let Some(id) = pending.pop() {
            let node = &self.nodes[id];
            // What has a value was not emptied by what stands before it.
            if !seen.insert(id) || node.phase == Phase::Done && !is_nothing(&node.value) {
                continue;
            }
            if is_cause(id) {
                found.insert(id);
            }
            pending.extend(&plan.nodes[id].dependencies);
            pending.extend(inner(plan, id));
        }
        found
    }
}

/// Whether there is nothing in a value that could be shown.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().all(is_nothing),
        Value::Object(fields) => !fields.is_empty() && fields.values().all(is_nothing),
        _ => false,
    }
}
