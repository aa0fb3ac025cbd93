//! What a plan is made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::called::{Called, Calls};
use crate::engine::Limits;
use crate::expression::{Expression, Template};
use crate::process::{Budget, Caption, OnFailure, OnInterrupt, Retry, Reuse, Role};
use crate::{AssetRef, Digest};

/// Position of a node in [`Plan::nodes`].
pub type NodeId = usize;

/// The validated graph of one bundle. Nodes stand in dependency order: whatever a node refers to
/// stands before it.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Name of the process.
    pub process: String,
    /// What people call it.
    pub title: Option<String>,
    /// Digest of the bundle.
    pub bundle: Digest,
    /// All nodes, inner nodes of loops included (after the nodes that their loop depends on, and
    /// before the loop itself).
    pub nodes: Vec<Node>,
    /// What a run gives: name and template.
    pub outputs: Vec<(String, Template)>,
    /// What a run may use.
    pub budget: Budget,
    /// Every file of the bundle by path.
    pub files: BTreeMap<String, AssetRef>,
    /// Whether anything refers to `run.earlier`.
    pub wants_earlier: bool,
    /// The reference assets of `signature:`, in order of their paths (`run.signature`).
    pub signature: Vec<AssetRef>,
    /// What is drawn into the pictures that a run gives.
    pub caption: Option<Caption>,
    /// The processes that are steps, in order of these steps' paths.
    pub calls: Vec<Called>,
}

impl Plan {
    /// Whether the node is the step that a process is: it has what that gives.
    #[must_use]
    pub fn is_call(&self, id: NodeId) -> bool {
        let given = self.nodes[id].given.map(|given| &self.nodes[given].path);
        given.is_some_and(|given| **given == *Calls::given(&self.nodes[id].path))
    }

    /// Whether steps stand inside of the node.
    #[must_use]
    pub fn has_inner(&self, id: NodeId) -> bool {
        matches!(self.nodes[id].kind, NodeKind::Repeat(_)) || self.is_call(id)
    }
}

/// A step of the process, or of a loop in it.
#[derive(Debug, Clone)]
pub struct Node {
    /// `concept`, or `polish.revise` inside a loop.
    pub path: Arc<str>,
    /// The last part of the path.
    pub name: Arc<str>,
    /// What it is for.
    pub role: Option<Role>,
    /// What it does.
    pub kind: NodeKind,
    /// Skipped when this is false.
    pub when: Option<Expression>,
    /// What a failed task means.
    pub on_failure: OnFailure,
    /// Nodes that it refers to, each once, ascending. Inside a loop: nodes of the same loop and
    /// outer nodes alike. A loop depends on all outer nodes that its inner nodes refer to.
    pub dependencies: Vec<NodeId>,
    /// Nodes that refer to it, ascending.
    pub dependents: Vec<NodeId>,
    /// The loop that it is inside of.
    pub parent: Option<NodeId>,
    /// Of a step of a process that is a step itself: the node that has what that process is given. It is skipped
    /// with it.
    pub given: Option<NodeId>,
}

/// What a node does.
#[derive(Debug, Clone)]
pub enum NodeKind {
    /// Has an engine perform one task or many.
    Perform(PerformNode),
    /// Repeats inner nodes.
    Repeat(RepeatNode),
}

/// Has an engine perform one task or many.
#[derive(Debug, Clone)]
pub struct PerformNode {
    /// Engine name.
    pub engine: Arc<str>,
    /// Engine version.
    pub engine_version: Arc<str>,
    /// Whether the task's seed is part of what it computes.
    pub seeded: bool,
    /// Whether running it twice costs money or is visible outside.
    pub effect: bool,
    /// What the engine takes. Bundle files are already assets in it.
    pub with: Template,
    /// Paths of the bundle files in `with`, by digest: [`crate::engine::Task::labels`].
    pub labels: BTreeMap<Digest, String>,
    /// One task, several, or one per item.
    pub fan_out: PlannedFanOut,
    /// How often a failure that may pass is tried again.
    pub retry: Retry,
    /// What one attempt may use (`timeout:` included).
    pub limits: Limits,
    /// Whether outcomes of earlier runs may stand in.
    pub reuse: Reuse,
    /// What becomes of a call whose outcome got lost.
    pub on_interrupt: OnInterrupt,
}

/// How many tasks a node has.
#[derive(Debug, Clone)]
pub enum PlannedFanOut {
    /// One.
    One,
    /// As many as this number says, 1 to 1,000.
    Count(Template),
    /// One per item of this list, at most 1,000.
    Foreach(Expression),
}

/// Repeats inner nodes.
#[derive(Debug, Clone)]
pub struct RepeatNode {
    /// True ends the loop.
    pub until: Option<Expression>,
    /// The number by which the standing round is picked.
    pub best_by: Option<Expression>,
    /// Rounds.
    pub at_most: u32,
    /// Inner nodes, in dependency order.
    pub inner: Vec<NodeId>,
}
