//! What names stand for in a run.

use serde_json::Value;

use super::state::State;
use crate::expression::Scope;
use crate::plan::NodeId;

/// What names stand for at one place of a run.
pub(super) struct Names<'a> {
    state: &'a State,
    /// Path of the loop around the place, and the loop.
    around: Option<(&'a str, NodeId)>,
    item: Option<&'a Value>,
    index: Value,
}

impl<'a> Names<'a> {
    /// Names outside of fan-outs; `around` is the loop whose inner names are seen.
    pub(super) fn new(state: &'a State, around: Option<(&'a str, NodeId)>) -> Self {
        Self {
            state,
            around,
            item: None,
            index: Value::Null,
        }
    }

    /// Names of one place in a fan-out.
    pub(super) fn at(mut self, index: u32, item: Option<&'a Value>) -> Self {
        self.index = Value::from(index);
        self.item = item;
        self
    }

    fn settled(&self, path: &str) -> Option<&Value> {
        let node = &self.state.nodes[*self.state.paths.get(path)?];
        node.phase.is_settled().then_some(&node.value)
    }

    fn inner(&self, name: &str) -> Option<&Value> {
        let (path, id) = self.around?;
        match name {
            "previous" => Some(&self.state.nodes[id].cycle.as_ref()?.previous),
            "round" => Some(&self.state.nodes[id].cycle.as_ref()?.round),
            _ => self.settled(&format!("{path}.{name}")),
        }
    }
}

impl Scope for Names<'_> {
    fn root(&self, name: &str) -> Option<&Value> {
        let created = self.state.created.as_ref()?;
        match name {
            "inputs" => Some(&created.spec.inputs),
            "parameters" => Some(&created.spec.parameters),
            "run" => Some(&created.run),
            "item" => self.item,
            "index" => (!self.index.is_null()).then_some(&self.index),
            _ => self.inner(name),
        }
    }

    fn step(&self, name: &str) -> Option<&Value> {
        self.settled(name)
    }
}
