//! Whose values a task took: the tasks that its `with:` names.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::fold::perform;
use super::state::{Slot, State, inner};
use crate::engine::ASKING;
use crate::expression::{Path, Segment, Taken, is_given};
use crate::plan::{NodeId, NodeKind, PROCESS, PerformNode, Plan, PlannedFanOut};
use crate::receipt::Place;

/// A task whose value another task took.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Took {
    /// Its label. A step's name, or that of a round of a step, stands for all of its tasks.
    pub name: String,
    /// Which item of the list that it gave was meant, if one was.
    pub item: Option<usize>,
    /// Whether that was taken as it is, alone or put together with others. Else an expression made something of it, or
    /// decided by it.
    pub as_it_is: bool,
}

impl Took {
    /// All that it gave.
    #[must_use]
    pub fn whole(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            item: None,
            as_it_is: true,
        }
    }
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.item.map_or(Ok(()), |item| write!(f, "[{item}]"))
    }
}

impl State {
    /// The tasks whose values the one at `slot` took, each once: an item of a fan-out where the place tells which one,
    /// else all of them by the name of their step. A process that is a step only hands values on: there it is whoever
    /// gave them.
    pub(super) fn took(&self, plan: &Plan, slot: Slot) -> Vec<Took> {
        let mut search = Search {
            state: self,
            plan,
            asked: BTreeSet::new(),
            found: BTreeSet::new(),
        };
        if let Some(perform) = perform(plan, slot.node) {
            let is_choice = ASKING.contains(&&*perform.engine);
            perform.with.visit(&mut |at| {
                // What else a choice is given decides what is kept, and is no part of that.
                if !is_choice || is_option(at.pointer) {
                    let as_it_is = at.is_whole && at.expression.is_as_it_is();
                    search.all(at.expression.taken(), slot, as_it_is);
                }
            });
        }
        search.found.into_iter().collect()
    }

    /// What a choice at `slot` is made among that no task gave, in the place where it stands: what is written in the process,
    /// inputs and parameters.
    pub(super) fn own_options(&self, plan: &Plan, slot: Slot) -> Value {
        let perform = perform(plan, slot.node);
        let Some(perform) = perform.filter(|perform| ASKING.contains(&&*perform.engine)) else {
            return Value::Null;
        };
        let names = self.names(plan, slot.node);
        let own = perform.with.fill(&mut |at| {
            let is_given =
                |taken: &Taken| matches!(&*taken.path.root, "inputs" | "parameters" | "run");
            match at.expression.taken().iter().all(is_given) {
                true => at.expression.eval(&names).unwrap_or_default(),
                false => Value::Null,
            }
        });
        own.get(OPTIONS).cloned().unwrap_or_default()
    }
}

/// What choices are made among, in their `with:`.
const OPTIONS: &str = "from";

fn is_option(pointer: &str) -> bool {
    pointer.split('/').nth(1) == Some(OPTIONS)
}

struct Search<'s> {
    state: &'s State,
    plan: &'s Plan,
    /// Names that were followed, from where, and whether what they name is taken as it is.
    asked: BTreeSet<(Path, Slot, bool)>,
    found: BTreeSet<Took>,
}

impl Search<'_> {
    fn all(&mut self, taken: &[Taken], from: Slot, as_it_is: bool) {
        for taken in taken {
            self.one(taken.by(from.index), from, as_it_is);
        }
    }

    fn one(&mut self, path: Path, from: Slot, as_it_is: bool) {
        if self.asked.insert((path.clone(), from, as_it_is)) {
            self.follow(&path, from, as_it_is);
        }
    }

    /// Follows a name as it is understood at a place.
    fn follow(&mut self, path: &Path, from: Slot, as_it_is: bool) {
        let around = self.plan.nodes[from.node].parent;
        let (name, rest) = match (&*path.root, path.step(), around) {
            ("item", ..) => return self.item(path, from, as_it_is),
            ("previous", _, Some(around)) => {
                if let Some(round) = from.round.checked_sub(1) {
                    self.round(around, &path.segments, round, as_it_is);
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
        let round = if is_beside { from.round } else { 0 };
        self.reach(id, rest, round, as_it_is);
    }

    /// What a fan-out goes over. Where that is a list by its name, its places are those of the fan-out.
    fn item(&mut self, path: &Path, from: Slot, as_it_is: bool) {
        let fan_out = perform(self.plan, from.node).map(|perform| &perform.fan_out);
        let Some(PlannedFanOut::Foreach(items)) = fan_out else {
            return;
        };
        match items.as_path() {
            Some(list) => {
                let mut own = list.clone();
                own.segments.push(Segment::Item(from.index.into()));
                own.segments.extend_from_slice(&path.segments);
                self.one(own, from, as_it_is);
            }
            None => self.all(items.taken(), from, as_it_is && items.is_as_it_is()),
        }
    }

    /// A value of a node in one round of the loop around it.
    fn reach(&mut self, id: NodeId, rest: &[Segment], round: u32, as_it_is: bool) {
        match &self.plan.nodes[id].kind {
            NodeKind::Repeat(_) => self.round(id, rest, self.state.nodes[id].stands, as_it_is),
            NodeKind::Perform(perform) if *perform.engine == *PROCESS => {
                let slot = Slot {
                    node: id,
                    round,
                    index: 0,
                };
                let given = is_given(&self.plan.nodes[id].path);
                for (path, is_handed_on) in handed_on(perform, given, rest) {
                    self.one(path, slot, as_it_is && is_handed_on);
                }
            }
            NodeKind::Perform(perform) => {
                let mut items = rest.iter().filter_map(|segment| match segment {
                    Segment::Item(item) => Some(*item),
                    Segment::Field(_) => None,
                });
                // Fields before an item are those of every item.
                let task = match perform.fan_out.is_one() {
                    true => None,
                    false => items.next().and_then(|item| self.place(id, item)),
                };
                let is_all = task.is_none() && !perform.fan_out.is_one();
                // One that gives a list may have chosen it among others.
                let within = items.next().filter(|_| !is_all);
                let within = within.and_then(|item| self.within(id, task, item));
                let place = Place {
                    step: &self.plan.nodes[id].path,
                    round: self.plan.nodes[id].parent.map(|_| round),
                    index: task,
                };
                self.found.insert(Took {
                    name: place.label(),
                    item: within,
                    as_it_is,
                });
            }
        }
    }

    /// Values of the nodes of a loop in one of its rounds.
    fn round(&mut self, around: NodeId, rest: &[Segment], round: u32, as_it_is: bool) {
        let named = match rest.first() {
            Some(Segment::Field(name)) => Some(name),
            _ => None,
        };
        for &id in inner(self.plan, around) {
            let name = &self.plan.nodes[id].name;
            match named {
                Some(named) if **named == **name => {
                    self.reach(id, &rest[1..], round, as_it_is);
                }
                // What is inside of a process that is a step shows by what the process gives.
                None if !name.contains('.') => self.reach(id, &[], round, as_it_is),
                _ => {}
            }
        }
    }

    /// Which task of a fan-out gave an item of its list.
    fn place(&self, id: NodeId, item: i64) -> Option<u32> {
        let value = &self.state.nodes[id].value;
        u32::try_from(from_start(item, value)?).ok()
    }

    /// Which item of the list that a task gave is meant.
    fn within(&self, id: NodeId, task: Option<u32>, item: i64) -> Option<usize> {
        let value = &self.state.nodes[id].value;
        let own = match task {
            Some(task) => value.get(task as usize)?,
            None => value,
        };
        from_start(item, own)
    }
}

/// The place of an item, which may be counted from the end of a list.
fn from_start(item: i64, list: &Value) -> Option<usize> {
    match usize::try_from(item) {
        Ok(place) => Some(place),
        Err(_) => {
            let before_end = usize::try_from(item.unsigned_abs()).ok()?;
            list.as_array()?.len().checked_sub(before_end)
        }
    }
}

/// The names behind one value that a process is given or gives, as the two tasks around it hand it on, and whether they do so
/// as it is.
fn handed_on(perform: &PerformNode, is_given: bool, rest: &[Segment]) -> Vec<(Path, bool)> {
    let outputs = Segment::Field("outputs".to_owned());
    let wanted: Vec<&Segment> = match is_given {
        true => rest.iter().collect(),
        false => std::iter::once(&outputs).chain(rest).collect(),
    };
    let mut names = Vec::new();
    perform.with.visit(&mut |at| {
        let mut wanted = wanted.iter();
        // Whether it is known that what follows is looked up in this very value.
        let mut is_exact = true;
        for name in at.pointer.split('/').skip(1) {
            let name = name.replace("~1", "/").replace("~0", "~");
            let number = name.parse::<i64>().ok();
            match wanted.next() {
                Some(Segment::Field(field)) if *field == name => {}
                Some(Segment::Item(item)) if number == Some(*item) => {}
                Some(Segment::Item(0..)) if number.is_some() => return,
                Some(Segment::Field(_)) if number.is_none() => return,
                // Fields of every item, items from the end, or nothing more.
                _ => {
                    is_exact = false;
                    break;
                }
            }
        }
        let taken = at.expression.taken().iter();
        let mut paths: Vec<Path> = taken.map(|taken| taken.by(0)).collect();
        if let (true, Some(_), [path]) = (is_exact, at.expression.as_path(), &mut paths[..]) {
            path.segments.extend(wanted.copied().cloned());
        }
        let as_it_is = at.is_whole && at.expression.is_as_it_is();
        names.extend(paths.into_iter().map(|path| (path, as_it_is)));
    });
    names
}

#[cfg(test)]
#[path = "took_tests.rs"]
mod tests;
