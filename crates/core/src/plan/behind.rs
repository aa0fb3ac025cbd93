//! What stands behind the outputs of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::model::*;
use crate::expression::{Path, Segment};

impl Plan {
    /// The paths of all steps that stand behind these outputs: those that they name, and whatever these wait for. Of a
    /// process that is a step, what stands behind those of its outputs that are named.
    #[must_use]
    pub fn behind(&self, is_meant: impl Fn(&str) -> bool) -> BTreeSet<Arc<str>> {
        let nodes = self.nodes.iter().enumerate();
        let by_path: BTreeMap<&str, NodeId> = nodes.map(|(id, node)| (&*node.path, id)).collect();
        let outputs = self.outputs.iter().filter(|(name, _)| is_meant(name));
        let named = outputs.flat_map(|(_, template)| template.references());
        let mut pending: Vec<(NodeId, Option<String>)> = named
            .filter_map(|path| self.named(&by_path, None, &path))
            .collect();
        let mut asked = BTreeSet::new();
        let mut behind = BTreeSet::new();
        while let Some((id, output)) = pending.pop() {
            if !asked.insert((id, output.clone())) {
                continue;
            }
            let node = &self.nodes[id];
            behind.insert(Arc::clone(&node.path));
            pending.extend(node.given.map(|given| (given, None)));
            let paths = self.references(id, output.as_deref());
            pending.extend(
                paths
                    .iter()
                    .filter_map(|path| self.named(&by_path, node.parent, path)),
            );
            if let NodeKind::Repeat(repeat) = &node.kind {
                pending.extend(repeat.inner.iter().map(|inner| (*inner, None)));
            }
        }
        behind
    }

    /// The node that a path names where the loop around is `parent`, and which output of it, if it is a process.
    fn named(
        &self,
        by_path: &BTreeMap<&str, NodeId>,
        parent: Option<NodeId>,
        path: &Path,
    ) -> Option<(NodeId, Option<String>)> {
        let (id, rest) = match (path.step(), parent) {
            (Some(step), _) => (*by_path.get(step)?, &path.segments[1..]),
            (None, Some(parent)) => {
                let own = format!("{}.{}", self.nodes[parent].path, path.root);
                (*by_path.get(&*own)?, &path.segments[..])
            }
            (None, None) => return None,
        };
        let output = match rest.first() {
            Some(Segment::Field(name)) if self.is_call(id) => Some(name.clone()),
            _ => None,
        };
        Some((id, output))
    }

    /// Every name that a node refers to; of what a process gives, those of one output.
    fn references(&self, id: NodeId, output: Option<&str>) -> Vec<Path> {
        let node = &self.nodes[id];
        let mut found = Vec::new();
        let mut take = |expression: &crate::expression::Expression| {
            found.extend_from_slice(expression.references());
        };
        node.when.iter().for_each(&mut take);
        match &node.kind {
            NodeKind::Perform(perform) => {
                let of_output = output.map(|output| format!("/outputs/{output}"));
                perform.with.visit(&mut |at| {
                    let is_meant = of_output.as_ref().is_none_or(|output| {
                        let rest = at.pointer.strip_prefix(output.as_str());
                        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    });
                    if is_meant {
                        take(at.expression);
                    }
                });
                match &perform.fan_out {
                    PlannedFanOut::One => {}
                    PlannedFanOut::Count(count) => count.visit(&mut |at| take(at.expression)),
                    PlannedFanOut::Foreach(items) => take(items),
                }
            }
            NodeKind::Repeat(repeat) => {
                repeat.until.iter().chain(&repeat.best_by).for_each(take);
            }
        }
        found
    }
}
