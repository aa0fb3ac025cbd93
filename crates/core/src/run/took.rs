//! Whose values a task took: the tasks that its `with:` names.

use std::collections::BTreeSet;

use super::fold::perform;
use super::state::{Slot, State, inner};
use crate::expression::{Path, Segment, is_given};
use crate::plan::{NodeId, NodeKind, PROCESS, PerformNode, Plan, PlannedFanOut};
use crate::receipt::Place;

impl State {
    /// The labels of the tasks whose values the one at `slot` took, each once: an item of a fan-out where the place
    /// tells which one, else all of them by the name of their step, and of the list that one task gave such an item as
    /// `pick[0]`. A process that is a step only hands values on: there it is whoever gave them.
    pub(super) fn took(&self, plan: &Plan, slot: Slot) -> Vec<String> {
        let mut search = Search {
            state: self,
            plan,
            asked: BTreeSet::new(),
            found: BTreeSet::new(),
        };
        if let Some(perform) = perform(plan, slot.node) {
            search.all(&perform.with.references(), slot);
        }
        search.found.into_iter().collect()
    }
}

struct Search<'s> {
    state: &'s State,
    plan: &'s Plan,
    /// Names that were followed, and from where.
    asked: BTreeSet<(Path, Slot)>,
    found: BTreeSet<String>,
}

impl Search<'_> {
    fn all(&mut self, paths: &[Path], from: Slot) {
        for path in paths {
            if self.asked.insert((path.clone(), from)) {
                self.follow(path, from);
            }
        }
    }

    /// Follows a name as it is understood at a place.
    fn follow(&mut self, path: &Path, from: Slot) {
        let around = self.plan.nodes[from.node].parent;
        let (name, rest) = match (&*path.root, path.step(), around) {
            ("item", ..) => return self.item(path, from),
            ("previous", _, Some(around)) => {
                if let Some(round) = from.round.checked_sub(1) {
                    self.round(around, &path.segments, round);
                }
                return;
            }
            (_, Some(step), _) => (step.to_owned(), &path.segments[1..]),
            (root, None, Some(around)) => {
                let around = &self.plan.nodes[around].path;
                (format!("{around}.{root}"), &path.segments[..])
            }
            (_, None, None) => return,
        };
        let Some(&id) = self.state.paths.get(&*name) else {
            return;
        };
        let is_beside = self.plan.nodes[id].parent == around;
        self.reach(id, rest, if is_beside { from.round } else { 0 });
    }

    /// What a fan-out goes over. Where that is a list by its name, its places are those of the fan-out.
    fn item(&mut self, path: &Path, from: Slot) {
        let fan_out = perform(self.plan, from.node).map(|perform| &perform.fan_out);
        let Some(PlannedFanOut::Foreach(items)) = fan_out else {
            return;
        };
        match items.as_path() {
            Some(list) => {
                let mut own = list.clone();
                own.segments.push(Segment::Item(from.index.into()));
                own.segments.extend_from_slice(&path.segments);
                self.all(&[own], from);
            }
            None => self.all(items.references(), from),
        }
    }

    /// A value of a node in one round of the loop around it.
    fn reach(&mut self, id: NodeId, rest: &[Segment], round: u32) {
        match &self.plan.nodes[id].kind {
            NodeKind::Repeat(_) => self.round(id, rest, self.state.nodes[id].stands),
            NodeKind::Perform(perform) if *perform.engine == *PROCESS => {
                let slot = Slot {
                    node: id,
                    round,
                    index: 0,
                };
                let names = handed_on(perform, is_given(&self.plan.nodes[id].path), rest);
                self.all(&names, slot);
            }
            NodeKind::Perform(perform) => {
                let is_one = perform.fan_out.is_one();
                let item = self.place(id, rest);
                let place = Place {
                    step: &self.plan.nodes[id].path,
                    round: self.plan.nodes[id].parent.map(|_| round),
                    index: item.filter(|_| !is_one),
                };
                // One that gives a list may have chosen it among others.
                let within = item.filter(|_| is_one).map(|item| format!("[{item}]"));
                self.found
                    .insert(place.label() + &within.unwrap_or_default());
            }
        }
    }

    /// Values of the nodes of a loop in one of its rounds.
    fn round(&mut self, around: NodeId, rest: &[Segment], round: u32) {
        let named = match rest.first() {
            Some(Segment::Field(name)) => Some(name),
            _ => None,
        };
        for &id in inner(self.plan, around) {
            let name = &self.plan.nodes[id].name;
            match named {
                Some(named) if **named == **name => self.reach(id, &rest[1..], round),
                // What is inside of a process that is a step shows by what the process gives.
                None if !name.contains('.') => self.reach(id, &[], round),
                _ => {}
            }
        }
    }

    /// Which task of a fan-out is meant, if one is: fields before are those of every item.
    fn place(&self, id: NodeId, rest: &[Segment]) -> Option<u32> {
        let item = rest.iter().find_map(|segment| match segment {
            Segment::Item(item) => Some(*item),
            Segment::Field(_) => None,
        })?;
        match u32::try_from(item) {
            Ok(place) => Some(place),
            Err(_) => {
                let width = self.state.nodes[id].value.as_array()?.len();
                u32::try_from(i64::try_from(width).ok()? + item).ok()
            }
        }
    }
}

/// The names behind one value that a process is given or gives, as the two tasks around it hand it on.
fn handed_on(perform: &PerformNode, is_given: bool, rest: &[Segment]) -> Vec<Path> {
    let depth = if is_given { 2 } else { 1 };
    let mut pointer = String::from(if is_given { "" } else { "/outputs" });
    for segment in rest.iter().take(depth) {
        match segment {
            Segment::Field(name) => pointer.push_str(&format!("/{name}")),
            Segment::Item(_) => break,
        }
    }
    let mut names = Vec::new();
    perform.with.visit(&mut |at| {
        let below = at.pointer.strip_prefix(&*pointer);
        if below.is_some_and(|below| below.is_empty() || below.starts_with('/')) {
            names.extend_from_slice(at.expression.references());
        }
    });
    names
}

#[cfg(test)]
#[path = "took_tests.rs"]
mod tests;
