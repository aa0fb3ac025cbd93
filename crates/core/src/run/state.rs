//! What is known of a run after some of its events.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

use super::cut::CutShort;
use super::lost::Adrift;
use super::queue::Queue;
use super::skipped::{Skips, Verdicts};
use super::{Finish, Lost, Moment, RunId, RunSpec, TaskName, Timer};
use crate::engine::DecisionRequest;
use crate::plan::{NodeId, NodeKind, Plan};
use crate::{Digest, UsdMicros};

/// What is known of a run after some of its events: made by [`State::new`], advanced by
/// [`super::fold`], asked by [`super::decide`].
///
/// Each event costs time in proportion to what it changes, not to the size of the plan.
#[derive(Debug, Clone)]
pub struct State {
    pub(super) created: Option<Created>,
    pub(super) nodes: Vec<NodeState>,
    pub(super) paths: Arc<BTreeMap<Arc<str>, NodeId>>,
    /// Outer nodes without a value.
    pub(super) unsettled: usize,
    /// Tasks so far.
    pub(super) tasks: usize,
    /// Tasks that are ready or wait for their next attempt.
    pub(super) active: usize,
    pub(super) parked: BTreeSet<Slot>,
    pub(super) spent: Spent,
    pub(super) last: Moment,
    pub(super) cancelled: bool,
    pub(super) failure: Option<Failure>,
    /// What was left out, by step.
    pub(super) skipped: BTreeMap<NodeId, Skips>,
    /// What people decided.
    pub(super) verdicts: Verdicts,
    /// Loops that the budget ended, and what it said.
    pub(super) cut_short: BTreeMap<NodeId, CutShort>,
    /// Effects under way that nothing waits for any more: what they cost is paid all the same.
    pub(super) adrift: BTreeMap<TaskName, Adrift>,
    pub(super) finished: Option<Finish>,
    /// Whether anything was edited, so that outcomes of before may come too late.
    pub(super) is_edited: bool,
    /// What has become possible and was not decided yet.
    pub(super) agenda: Agenda,
    /// What one event still has to set off; empty between events.
    pub(super) work: VecDeque<Work>,
    /// Nodes that changed since [`State::take_touched`].
    pub(super) touched: Vec<NodeId>,
}

/// What a run has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Money, reused outcomes being free.
    pub cost: UsdMicros,
    /// Money that calls may have cost beside it whose outcome got lost.
    pub lost: UsdMicros,
    /// Working time in milliseconds; waiting for people and lying still are free.
    pub worked_ms: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Created {
    pub(super) id: RunId,
    pub(super) spec: Arc<RunSpec>,
    pub(super) at: Moment,
    /// What `run` stands for.
    pub(super) run: Value,
}

/// Why the run has to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) step: Option<String>,
    pub(super) message: String,
}

/// Which task, by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) node: NodeId,
    pub(super) round: u32,
    pub(super) index: u32,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Agenda {
    pub(super) tasks: Queue,
    pub(super) timers: Vec<(Timer, Moment)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Everything that the node refers to has a value.
    Open(NodeId),
    /// Every inner node of the loop has a value.
    Judge(NodeId),
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct NodeState {
    /// Nodes beside it that it refers to and that have no value yet.
    pub(super) pending: usize,
    pub(super) phase: Phase,
    pub(super) round: u32,
    pub(super) tasks: Vec<TaskState>,
    /// Tasks without an end.
    pub(super) left: usize,
    pub(super) failed: usize,
    /// Places whose item is null.
    pub(super) passed_over: usize,
    /// What `foreach` goes over.
    pub(super) items: Vec<Value>,
    /// Once settled.
    pub(super) value: Value,
    pub(super) cycle: Option<Box<Cycle>>,
    /// Of a loop that is over: the round that stands.
    pub(super) stands: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Closed,
    Open,
    Done,
    Skipped,
}

impl Phase {
    pub(super) fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::Skipped)
    }
}

/// Where a loop is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cycle {
    /// Inner nodes without a value in this round.
    pub(super) left: usize,
    /// The round, as expressions see it.
    pub(super) round: Value,
    /// The values of the round before, by name; null in the first.
    pub(super) previous: Value,
    pub(super) standing: Option<Standing>,
}

/// The best round of a loop so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Standing {
    pub(super) score: f64,
    pub(super) round: u32,
    /// The values of its nodes, by name.
    pub(super) values: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct TaskState {
    /// Attempts that failed.
    pub(super) attempts: u32,
    /// The last attempt whose effect was announced.
    pub(super) effect: u32,
    /// What that may cost at most.
    pub(super) effect_cost: UsdMicros,
    /// Times that its effect got lost.
    pub(super) losses: u32,
    /// Whether it may begin although its effect was announced.
    pub(super) is_cleared: bool,
    pub(super) phase: TaskPhase,
}

impl TaskState {
    pub(super) const READY: Self = Self {
        attempts: 0,
        effect: 0,
        effect_cost: UsdMicros(0),
        losses: 0,
        is_cleared: false,
        phase: TaskPhase::Ready,
    };

    pub(super) const PASSED_OVER: Self = Self {
        phase: TaskPhase::PassedOver,
        ..Self::READY
    };
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TaskPhase {
    Ready,
    Backoff,
    Parked(Box<Question>),
    Lost(Box<Lost>),
    Done(Value),
    Failed,
    /// There never was a task: the item at its place is null.
    PassedOver,
}

/// A question to a person that has no answer yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Which task asks.
    pub task: TaskName,
    /// Its memo key.
    pub key: Digest,
    /// What is asked.
    pub request: DecisionRequest,
    /// Since when.
    pub at: Moment,
}

impl Question {
    /// When the time for an answer is over.
    #[must_use]
    pub fn due(&self) -> Option<Moment> {
        self.request.timeout_ms.map(|ms| self.at.plus_ms(ms))
    }
}

impl State {
    /// The state of a run of `plan` before its first event.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let paths = plan
            .nodes
            .iter()
            .enumerate()
            .map(|(id, node)| (Arc::clone(&node.path), id))
            .collect();
        Self {
            created: None,
            nodes: vec![NodeState::default(); plan.nodes.len()],
            paths: Arc::new(paths),
            unsettled: 0,
            tasks: 0,
            active: 0,
            parked: BTreeSet::new(),
            spent: Spent::default(),
            last: Moment::default(),
            cancelled: false,
            failure: None,
            skipped: BTreeMap::new(),
            verdicts: Verdicts::default(),
            cut_short: BTreeMap::new(),
            adrift: BTreeMap::new(),
            finished: None,
            is_edited: false,
            agenda: Agenda::default(),
            work: VecDeque::new(),
            touched: Vec::new(),
        }
    }

    /// The state of a run of `plan` after these events of its log.
    #[must_use]
    pub fn after(plan: &Plan, events: &[super::Event]) -> Self {
        let mut state = Self::new(plan);
        for event in events {
            super::fold(&mut state, plan, event);
        }
        state
    }

    /// What the run was asked to do, once it exists.
    #[must_use]
    pub fn spec(&self) -> Option<&RunSpec> {
        self.created.as_ref().map(|created| &*created.spec)
    }

    /// When the run was created.
    #[must_use]
    pub fn created_at(&self) -> Option<Moment> {
        self.created.as_ref().map(|created| created.at)
    }

    /// How the run ended, once it has.
    #[must_use]
    pub fn finished(&self) -> Option<&Finish> {
        self.finished.as_ref()
    }

    /// What the run has used.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.spent
    }

    /// Pays, which is a change.
    pub(super) fn pay(&mut self, cost: UsdMicros) -> bool {
        self.spent.cost = self.spent.cost.saturating_add(cost);
        true
    }

    /// Tasks so far, whatever became of them.
    #[must_use]
    pub fn task_count(&self) -> usize {
        self.tasks
    }

    /// Whether only people can bring the run further.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.finished.is_none() && self.active == 0 && !self.parked.is_empty()
    }

    /// Whether there is nothing to do, nobody to ask and no end: a bug of ours.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.finished.is_none() && self.active == 0 && self.parked.is_empty()
    }

    /// Every question that is open, in plan order; a run that is over asks nothing.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        let open = self.parked.iter().filter(|_| self.finished.is_none());
        open.filter_map(
            |slot| match &self.nodes[slot.node].tasks.get(slot.index as usize)?.phase {
                TaskPhase::Parked(question) => Some(&**question),
                _ => None,
            },
        )
    }

    /// Whether the task waits for this attempt's outcome: a report about any other changes nothing.
    #[must_use]
    pub fn expects(&self, task: &TaskName, attempt: u32) -> bool {
        self.slot(task).is_some_and(|slot| {
            let task = &self.nodes[slot.node].tasks[slot.index as usize];
            task.phase == TaskPhase::Ready && task.attempts + 1 == attempt
        })
    }

    /// Positions in the plan of the nodes that changed since the last call; some more than once.
    pub fn take_touched(&mut self) -> Vec<NodeId> {
        std::mem::take(&mut self.touched)
    }

    /// The task called so, while its node and round are open.
    pub(super) fn slot(&self, task: &TaskName) -> Option<Slot> {
        let id = *self.paths.get(&task.step)?;
        let node = &self.nodes[id];
        let open = node.phase == Phase::Open
            && node.round == task.round
            && (task.index as usize) < node.tasks.len();
        open.then_some(Slot {
            node: id,
            round: task.round,
            index: task.index,
        })
    }

    pub(super) fn task_mut(&mut self, slot: Slot) -> &mut TaskState {
        &mut self.nodes[slot.node].tasks[slot.index as usize]
    }

    pub(super) fn name(&self, plan: &Plan, slot: Slot) -> TaskName {
        TaskName {
            step: Arc::clone(&plan.nodes[slot.node].path),
            round: slot.round,
            index: slot.index,
        }
    }
}

/// What `run` stands for in expressions.
pub(super) fn run_value(plan: &Plan, id: RunId, spec: &RunSpec) -> Value {
    let assets = |assets: &[crate::AssetRef]| -> Vec<Value> {
        assets.iter().map(crate::AssetRef::to_value).collect()
    };
    json!({
        "id": id,
        "seed": spec.seed,
        "process": plan.process,
        "bundle": plan.bundle,
        "signature": assets(&plan.signature),
        "earlier": assets(&spec.earlier),
    })
}

/// Nodes that `id` refers to and that stand beside it (in the same loop, or outside of loops).
pub(super) fn siblings(plan: &Plan, id: NodeId) -> usize {
    let node = &plan.nodes[id];
    node.dependencies
        .iter()
        .filter(|&&other| plan.nodes[other].parent == node.parent)
        .count()
}

/// Inner nodes of the loop `id`; none if it is no loop.
pub(super) fn inner(plan: &Plan, id: NodeId) -> &[NodeId] {
    match &plan.nodes[id].kind {
        NodeKind::Repeat(repeat) => &repeat.inner,
        NodeKind::Perform(_) => &[],
    }
}
