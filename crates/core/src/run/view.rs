//! A run's steps as people follow them.

use std::sync::Arc;

use serde::Serialize;

use super::fold::perform;
use super::state::{Phase, State, TaskPhase};
use crate::plan::{NodeId, Plan};

/// Where a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Something that it refers to has no value yet.
    Pending,
    /// Its tasks may run.
    Running,
    /// A person has to decide.
    Waiting,
    /// It has a value.
    Done,
    /// It has none: its `when` was false, or nothing came of it.
    Skipped,
    /// It failed and the run with it.
    Failed,
}

/// A step as people follow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepView {
    /// `draft`, or `polish.revise` inside a loop.
    pub step: Arc<str>,
    /// Where it is.
    pub status: StepStatus,
    /// Round of its loop, or of itself when it is one, from 0.
    pub round: u32,
    /// Tasks in its fan-out (of this round); 0 while unknown, and for loops.
    pub tasks: usize,
    /// Tasks with an outcome.
    pub done: usize,
    /// Tasks that failed.
    pub failed: usize,
}

impl State {
    /// The step at a position of the plan.
    #[must_use]
    pub fn step(&self, plan: &Plan, id: NodeId) -> StepView {
        let node = &self.nodes[id];
        let tasks = node.tasks.len() - node.passed_over;
        let at_fault = self.failure.as_ref().and_then(|why| why.step.as_deref());
        let status = match node.phase {
            _ if at_fault == Some(&*plan.nodes[id].path) => StepStatus::Failed,
            Phase::Closed => StepStatus::Pending,
            Phase::Open if self.is_parked(plan, id) => StepStatus::Waiting,
            Phase::Open => StepStatus::Running,
            Phase::Done => StepStatus::Done,
            Phase::Skipped => StepStatus::Skipped,
        };
        StepView {
            step: Arc::clone(&plan.nodes[id].path),
            status,
            round: node.round,
            tasks,
            done: (tasks - node.left.min(tasks)).saturating_sub(node.failed),
            failed: node.failed,
        }
    }

    /// Every step, in plan order.
    pub fn steps<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = StepView> + 'a {
        (0..plan.nodes.len()).map(|id| self.step(plan, id))
    }

    /// Whether nothing of the step is under way but questions.
    fn is_parked(&self, plan: &Plan, id: NodeId) -> bool {
        let asks = |id: NodeId| {
            let tasks = &self.nodes[id].tasks;
            self.parked.iter().any(|slot| slot.node == id)
                && !tasks
                    .iter()
                    .any(|task| matches!(task.phase, TaskPhase::Ready | TaskPhase::Backoff))
        };
        if self.parked.is_empty() {
            false
        } else if perform(plan, id).is_some() {
            asks(id)
        } else {
            super::state::inner(plan, id).iter().any(|&id| asks(id))
        }
    }
}
