//! What the names in expressions stand for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::called::Calls;
use super::given::{INDEX, PROCESS, RUN, dials};
use super::gives::THROUGH_MAX;
use super::types::Type;
use super::unknown::{Unknown, item, missing, unknown};
use crate::bundle::{ProcessFiles, normal_path};
use crate::engine::{Engine, Engines};
use crate::expression::{Frame, Path, Segment};
use crate::process::source::{Key, Kind, Node};
use crate::process::{Action, Process, Step, nearest, suggestion};

/// A step before it is a node of the plan: what was written, and where.
pub(super) struct Draft<'s> {
    /// `concept`, or `polish.revise` inside a loop.
    pub(super) path: Arc<str>,
    pub(super) step: &'s Step,
    pub(super) key: &'s Key,
    pub(super) at: &'s Node,
    /// The loop that it is inside of.
    pub(super) parent: Option<usize>,
    /// What performs it, or most likely is meant to; none if it is a loop, or if no engine has a name
    /// like that.
    pub(super) engine: Option<&'s Arc<dyn Engine>>,
    /// What one task of it gives, where the engine can tell that from its `with:`.
    pub(super) output: Option<Cow<'s, Value>>,
    /// The directory of the files that it names: empty, or with a `/` at its end.
    pub(super) base: &'s str,
    /// The process that it is a step of: whose inputs and parameters it means.
    pub(super) process: &'s Process,
    /// How that process stands in the plan, where it is a step itself.
    pub(super) frame: Option<&'s Arc<Frame>>,
    /// The step that has what that process is given.
    pub(super) given: Option<usize>,
}

impl Draft<'_> {
    /// What one of its names is in the plan.
    pub(super) fn outside(&self, path: Path) -> Path {
        match self.frame {
            Some(frame) => frame.outside(&path),
            None => path,
        }
    }
}

/// Every name of a process, and what is known of the values.
pub(super) struct Names<'s> {
    /// All steps in the order of the file, each loop before its inner steps.
    pub(super) drafts: Vec<Draft<'s>>,
    top: BTreeMap<&'s str, usize>,
    inner: BTreeMap<usize, BTreeMap<&'s str, usize>>,
    inputs: Value,
    parameters: Value,
    /// What a loop gives: its steps' values in the round that stands.
    pub(super) loops: BTreeMap<usize, Value>,
}

/// Where an expression stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Context<'s> {
    /// The step that it belongs to.
    pub(super) own: Option<usize>,
    /// The loop whose steps it may call by bare name.
    pub(super) in_loop: Option<usize>,
    /// The item of the fan-out.
    pub(super) item: Option<Type<'s>>,
    /// Whether it is evaluated for each task of a fan-out.
    pub(super) index: bool,
    /// Whether it is a label of the whole run, which may name the process.
    pub(super) label: bool,
}

/// What is known beside the process file.
struct Known<'s, 'f> {
    process: &'s Process,
    engines: &'s Engines,
    files: &'f dyn ProcessFiles,
    calls: &'s Calls,
}

impl<'s> Names<'s> {
    pub(super) fn new(
        process: &'s Process,
        root: &'s Node,
        engines: &'s Engines,
        files: &dyn ProcessFiles,
        calls: &'s Calls,
    ) -> Self {
        let mut names = Self {
            drafts: Vec::new(),
            top: BTreeMap::new(),
            inner: BTreeMap::new(),
            inputs: dials(&process.inputs, root.field("inputs")),
            parameters: dials(&process.parameters, root.field("parameters")),
            loops: BTreeMap::new(),
        };
        let known = Known {
            process,
            engines,
            files,
            calls,
        };
        names.top = names.add(&process.steps, root.field("steps"), None, &known);
        names.find_given(calls);
        names
    }

    fn add(
        &mut self,
        steps: &'s [Step],
        at: Option<&'s Node>,
        parent: Option<usize>,
        known: &Known<'s, '_>,
    ) -> BTreeMap<&'s str, usize> {
        let places: BTreeMap<&str, (&Key, &Node)> = match at.map(|node| &node.kind) {
            Some(Kind::Map(entries)) => entries
                .iter()
                .map(|(key, node)| (key.name.as_str(), (key, node)))
                .collect(),
            _ => BTreeMap::new(),
        };
        let mut ids = BTreeMap::new();
        for step in steps {
            let Some(&(key, at)) = places.get(step.name.as_str()) else {
                continue;
            };
            let id = self.drafts.len();
            ids.insert(step.name.as_str(), id);
            let path = match parent {
                Some(parent) => format!("{}.{}", self.drafts[parent].path, step.name),
                None => step.name.clone(),
            };
            let laid = known.calls.laid.get(&path);
            let base = laid.map_or("", |laid| &laid.base);
            let call = laid.and_then(|laid| known.calls.calls.get(laid.call.as_ref()?));
            let (engine, output) = match &step.action {
                Action::Perform(perform) => {
                    let own = laid.and_then(|laid| laid.engine.as_ref());
                    let engine = own.or_else(|| meant(known.engines, &perform.uses));
                    let files = |path: &str| {
                        let path = normal_path(&format!("{base}{path}")).ok()?;
                        known.files.read(&path).ok()
                    };
                    let output = engine.and_then(|engine| engine.output(&perform.with, &files));
                    (engine, output)
                }
                Action::Repeat(_) => (None, None),
            };
            self.drafts.push(Draft {
                path: path.into(),
                step,
                key,
                at,
                parent,
                engine,
                output,
                base,
                process: call.map_or(known.process, |call| &*call.process),
                frame: call.map(|call| &call.frame),
                given: None,
            });
            if let Action::Repeat(repeat) = &step.action {
                let steps_at = at.field("repeat").and_then(|node| node.field("steps"));
                let inner = self.add(&repeat.steps, steps_at, Some(id), known);
                let given = self.loop_schema(&inner);
                self.loops.insert(id, given);
                self.inner.insert(id, inner);
            }
        }
        ids
    }

    /// Finds the steps that have what processes are given.
    fn find_given(&mut self, calls: &Calls) {
        if calls.laid.is_empty() {
            return;
        }
        let paths = self.drafts.iter().map(|draft| Arc::clone(&draft.path));
        let paths: BTreeMap<Arc<str>, usize> = paths.zip(0..).collect();
        for draft in &mut self.drafts {
            let laid = calls.laid.get(&*draft.path);
            let call = laid.and_then(|laid| laid.call.as_ref());
            draft.given = call.and_then(|call| paths.get(&*Calls::given(call)).copied());
        }
    }

    /// The step whose value `path` is, or is a field of; loops are seen through.
    pub(super) fn step_of(&self, path: &Path, in_loop: Option<usize>) -> Option<usize> {
        let name = |position: usize| match path.segments.get(position) {
            Some(Segment::Field(name)) => Some(name.as_str()),
            _ => None,
        };
        match path.root.as_str() {
            "steps" => {
                let id = *self.top.get(name(0)?)?;
                match self.inner.get(&id) {
                    Some(inner) => inner.get(name(1)?).copied(),
                    None => Some(id),
                }
            }
            "previous" => self.inner.get(&in_loop?)?.get(name(0)?).copied(),
            bare => self.inner.get(&in_loop?)?.get(bare).copied(),
        }
    }

    /// What `path` stands for, and the step that it depends on.
    pub(super) fn resolve<'n>(
        &'n self,
        path: &Path,
        context: Context<'n>,
    ) -> Result<(Type<'n>, Option<usize>), Unknown> {
        self.resolve_through(path, context, THROUGH_MAX)
    }

    /// Like [`Self::resolve`], looking through `steps_max` steps that pass on what they are given.
    pub(super) fn resolve_through<'n>(
        &'n self,
        path: &Path,
        context: Context<'n>,
        steps_max: usize,
    ) -> Result<(Type<'n>, Option<usize>), Unknown> {
        let (mut known, step, taken) = match path.root.as_str() {
            "steps" => {
                let id = self.outer_step(path.step().unwrap_or_default(), context)?;
                (self.given_through(id, steps_max), Some(id), 1)
            }
            "inputs" => (self.dial(path, &self.inputs, &self.parameters)?, None, 0),
            "parameters" => (self.dial(path, &self.parameters, &self.inputs)?, None, 0),
            "run" => (Type::of(&RUN), None, 0),
            "process" if context.label => (Type::of(&PROCESS), None, 0),
            "item" => (item(context)?, None, 0),
            "index" if context.index => (Type::of(&INDEX), None, 0),
            "index" => {
                return unknown(
                    "`index` has no meaning here",
                    "it counts the tasks of a step with `count:` or `foreach:`, in its `with:`",
                );
            }
            "round" if context.in_loop.is_some() => (Type::of(&INDEX), None, 0),
            "previous" | "round" => match context.in_loop.and_then(|id| self.loops.get(&id)) {
                Some(round) => (Type::of(round), None, 0),
                None => {
                    return unknown(
                        format!("`{}` has no meaning here", path.root),
                        "it tells rounds apart, inside a `repeat:`",
                    );
                }
            },
            bare => {
                let id = self.inner_step(bare, context)?;
                (self.given_through(id, steps_max), Some(id), 0)
            }
        };
        for (position, segment) in path.segments.iter().enumerate().skip(taken) {
            known = known
                .descend(segment)
                .map_err(|names| missing(path, position, known, &names))?;
        }
        Ok((known, step))
    }

    fn dial<'n>(&self, path: &Path, own: &'n Value, other: &Value) -> Result<Type<'n>, Unknown> {
        let section = &path.root;
        let Some(Segment::Field(name)) = path.segments.first() else {
            return Ok(Type::of(own));
        };
        if properties(own).any(|known| known == name) {
            return Ok(Type::of(own));
        }
        let what = section.trim_end_matches('s');
        let article = if what == "input" {
            "an input"
        } else {
            "a parameter"
        };
        let help = if properties(other).any(|known| known == name) {
            let other = if what == "input" {
                "parameters"
            } else {
                "inputs"
            };
            format!("did you mean `{other}.{name}`?")
        } else if properties(own).next().is_none() {
            format!("declare it: `{section}: {{ {name}: {{ type: text }} }}`")
        } else {
            suggestion(name, properties(own).collect::<Vec<_>>())
        };
        unknown(
            format!("`{path}` names {article} that is not declared"),
            help,
        )
    }

    fn outer_step(&self, name: &str, context: Context<'_>) -> Result<usize, Unknown> {
        let own_loop = context.in_loop.and_then(|id| self.inner.get(&id));
        if let Some(&id) = self.top.get(name) {
            if context.own == Some(id) {
                return unknown(
                    format!("step `{name}` refers to itself"),
                    "a step sees only what other steps give; for rounds that build on each other, \
                     use `repeat:`",
                );
            }
            if context.in_loop == Some(id) {
                return unknown(
                    format!("`steps.{name}` is the loop that this step is part of"),
                    "inside it, `previous` is the round before",
                );
            }
            return Ok(id);
        }
        if own_loop.is_some_and(|inner| inner.contains_key(name)) {
            return unknown(
                format!("`{name}` is a step of this loop, not of the process"),
                format!(
                    "inside the loop write `{name}`, or `previous.{name}` for the round before"
                ),
            );
        }
        let inside = self
            .inner
            .iter()
            .find(|(_, inner)| inner.contains_key(name));
        if let Some((&id, _)) = inside {
            let outer = &self.drafts[id].path;
            return unknown(
                format!("step `{name}` is inside the loop `{outer}`"),
                format!(
                    "write `steps.{outer}.{name}` for the round that stands when the loop ends"
                ),
            );
        }
        let known = self.top.keys().copied().filter(|name| is_written(name));
        let help = suggestion(name, known.collect::<Vec<_>>());
        unknown(format!("there is no step `{name}`"), help)
    }

    fn inner_step(&self, name: &str, context: Context<'_>) -> Result<usize, Unknown> {
        let inner = context.in_loop.and_then(|id| self.inner.get(&id));
        if let Some(&id) = inner.and_then(|inner| inner.get(name)) {
            if context.own == Some(id) {
                return unknown(
                    format!("step `{name}` refers to itself"),
                    format!("`previous.{name}` is what it gave in the round before"),
                );
            }
            return Ok(id);
        }
        let message = format!("there is nothing called `{name}` here");
        for (section, known) in [("inputs", &self.inputs), ("parameters", &self.parameters)] {
            if properties(known).any(|known| known == name) {
                return unknown(message, format!("did you mean `{section}.{name}`?"));
            }
        }
        if self.top.contains_key(name) {
            return unknown(message, format!("did you mean `steps.{name}`?"));
        }
        let mut known = vec!["inputs", "parameters", "steps", "run"];
        let more = [context.label, context.item.is_some(), context.index];
        let more = more.into_iter().zip(["process", "item", "index"]);
        known.extend(more.filter_map(|(there, name)| there.then_some(name)));
        if let Some(inner) = inner {
            known.extend(["previous", "round"]);
            known.extend(inner.keys().copied().filter(|name| is_written(name)));
        }
        unknown(message, suggestion(name, known))
    }
}

/// Whether a step is one that an author wrote, rather than one of a process that is a step.
pub(super) fn is_written(name: &str) -> bool {
    !name.contains('.')
}

/// The engine of that name, or the one whose name is nearest: what stands in `with:` is judged all the
/// same where the name is misspelt.
fn meant<'e>(engines: &'e Engines, uses: &str) -> Option<&'e Arc<dyn Engine>> {
    let names = engines.iter().map(|engine| engine.spec().name);
    engines
        .get(uses)
        .or_else(|| engines.get(nearest(uses, names).filter(|_| !uses.is_empty())?))
}

fn properties(schema: &Value) -> impl Iterator<Item = &str> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|fields| fields.keys().map(String::as_str))
}
