//! Steps that are processes (`uses: process`): their steps are planned as if they stood in the process itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::called::{Call, Called, Calls, Laid};
use super::ends::{Form, end, one, said, taken};
use super::files::Files;
use super::shelf::{Inner, Reference, Shelf, Unfit};
use crate::Digest;
use crate::engine::EngineSpec;
use crate::expression::{Frame, GIVEN};
use crate::process::source::{Key, Kind, Node};
use crate::process::{
    Action, FanOut, Mistake, OnInterrupt, Perform, Process, Repeat, Retry, Reuse, STEPS_MAX, Step,
};

/// The engine of a step that is a process, and of what stands around its own steps.
pub const ENGINE: &str = "process";
/// What such a step may say in `with:`.
const FIELDS: [&str; 3] = ["process", "inputs", "parameters"];

/// A process with the steps of those that are steps of it.
pub(super) struct Unfolded {
    pub(super) process: Process,
    pub(super) root: Node,
    pub(super) calls: Calls,
}

/// Unfolds the process whose directory is `base`; nothing where no step of it is a process. Files of the processes
/// that it uses become its own. Works have to be the bundles that `pins` says, if it says any.
pub(super) fn unfolded(
    (process, root): (&Process, &Node),
    shelf: &mut Shelf<'_>,
    base: &str,
    files: &mut Files<'_>,
    pins: Option<BTreeMap<String, Digest>>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Unfolded> {
    let spec = shelf.engines().get(ENGINE)?.spec();
    if !process.steps.iter().any(is_or_has_call) {
        return None;
    }
    let mut unfolding = Unfolding {
        shelf,
        spec,
        base,
        files,
        mistakes,
        pins,
        calls: Calls::default(),
        steps: 0,
    };
    let (mut held, mut at) = (process.clone(), root.clone());
    let (steps, nodes) = unfolding.steps(&process.steps, root.field("steps")?, None);
    held.steps = steps;
    put(&mut at, "steps", nodes);
    Some(Unfolded {
        process: held,
        root: at,
        calls: unfolding.calls,
    })
}

fn is_or_has_call(step: &Step) -> bool {
    match &step.action {
        Action::Perform(perform) => perform.uses == ENGINE,
        Action::Repeat(repeat) => repeat.steps.iter().any(is_or_has_call),
    }
}

fn put(at: &mut Node, section: &str, nodes: Vec<(Key, Node)>) {
    if let Kind::Map(fields) = &mut at.kind
        && let Some((_, node)) = fields.iter_mut().find(|(key, _)| key.name == section)
    {
        node.kind = Kind::Map(nodes);
    }
}

struct Unfolding<'u, 'f, 'g> {
    shelf: &'u mut Shelf<'f>,
    /// Of the engine [`ENGINE`].
    spec: &'u EngineSpec,
    base: &'u str,
    files: &'u mut Files<'g>,
    mistakes: &'u mut Vec<Mistake>,
    /// The bundle of each work, by `process.lock`; any, where a lock is to be written.
    pins: Option<BTreeMap<String, Digest>>,
    calls: Calls,
    /// Steps of processes so far.
    steps: usize,
}

impl Unfolding<'_, '_, '_> {
    /// The steps with those of the processes among them, and where all of it stands.
    fn steps(
        &mut self,
        steps: &[Step],
        at: &Node,
        around: Option<&str>,
    ) -> (Vec<Step>, Vec<(Key, Node)>) {
        let (mut held, mut nodes) = (Vec::new(), Vec::new());
        let entries = by_name(at);
        for step in steps {
            let Some(&(key, node)) = entries.get(step.name.as_str()) else {
                continue;
            };
            match &step.action {
                Action::Perform(perform) if perform.uses == ENGINE => {
                    if let Some(inner) = self.inner(perform, node, around.is_some()) {
                        self.call(
                            step,
                            perform,
                            (key, node),
                            &inner,
                            around,
                            (&mut held, &mut nodes),
                        );
                        continue;
                    }
                }
                Action::Repeat(repeat) => {
                    let inner_at = node.field("repeat").and_then(|node| node.field("steps"));
                    if let Some(inner_at) = inner_at {
                        let (inner, inner_nodes) =
                            self.steps(&repeat.steps, inner_at, Some(&step.name));
                        let mut node = node.clone();
                        if let Kind::Map(fields) = &mut node.kind
                            && let Some((_, repeat)) =
                                fields.iter_mut().find(|(key, _)| key.name == "repeat")
                        {
                            put(repeat, "steps", inner_nodes);
                        }
                        let repeat = Repeat {
                            steps: inner,
                            ..repeat.clone()
                        };
                        held.push(Step {
                            action: Action::Repeat(repeat),
                            ..step.clone()
                        });
                        nodes.push((key.clone(), node));
                        continue;
                    }
                }
                Action::Perform(_) => {}
            }
            held.push(step.clone());
            nodes.push((key.clone(), node.clone()));
        }
        (held, nodes)
    }

    fn wrong(&mut self, at: &Node, pointer: &str, unfit: Unfit) {
        let mistake = Mistake::new(at.span_at(pointer), unfit.message);
        self.mistakes.push(mistake.help(unfit.help));
    }

    /// The process that the step is.
    fn inner(&mut self, perform: &Perform, at: &Node, in_loop: bool) -> Option<Arc<Inner>> {
        let before = self.mistakes.len();
        self.check(perform, at);
        // What is missing or unknown, the schema tells.
        let written = perform.with.get("process")?;
        if perform
            .with
            .keys()
            .any(|name| !FIELDS.contains(&name.as_str()))
        {
            return None;
        }
        let named = match written.as_str() {
            Some(text) if !text.contains("{{") => Reference::parse(text),
            _ => Err(
                "`process` has to be written out: its steps must be known before a run".to_owned(),
            ),
        };
        let found = named
            .map_err(|message| Unfit {
                message,
                help: "expected a directory such as `parts/poster`, `sha256:…` or \
                       `eip155:8453/erc721:0x…/12`"
                    .into(),
            })
            .and_then(|named| self.of_version(&named))
            .and_then(
                |inner| match inner.held.steps.iter().find(|step| is_loop(step)) {
                    Some(nested) if in_loop => Err(Unfit {
                        message: format!(
                            "the process has the loop `{}`, and stands in a loop itself",
                            nested.name
                        ),
                        help: "loops don't nest: put the step outside of the loop".into(),
                    }),
                    _ => Ok(inner),
                },
            );
        let found = found.and_then(|inner| {
            // Before anything is copied.
            let steps = self.steps + inner.paths().len() + 2;
            match steps > STEPS_MAX {
                false => {
                    self.steps = steps;
                    Ok(inner)
                }
                true => Err(Unfit {
                    message: format!(
                        "with the steps of this process there are {steps}, more than the limit of {STEPS_MAX}"
                    ),
                    help: "divide the work into several runs".into(),
                }),
            }
        });
        match found {
            Ok(inner) => (self.mistakes.len() == before).then_some(inner),
            Err(unfit) => {
                self.wrong(at, "/with/process", unfit);
                None
            }
        }
    }

    /// The process, in the version that is meant.
    fn of_version(&mut self, named: &Reference) -> Result<Arc<Inner>, Unfit> {
        let meant = match named {
            Reference::Path(_) => None,
            Reference::Bundle(digest) => Some(*digest),
            Reference::Token(work) => match &self.pins {
                None => None,
                Some(pins) if pins.contains_key(work) => pins.get(work).copied(),
                Some(_) => {
                    return Err(Unfit {
                        message: format!(
                            "`process.lock` does not say which version of {work} is meant"
                        ),
                        help: "fetch and pin the newest by `daedal lock`".into(),
                    });
                }
            },
        };
        let inner = self.shelf.get(self.base, named)?;
        let bundle = inner.plan.bundle;
        match meant.filter(|meant| *meant != bundle) {
            None => Ok(inner),
            Some(meant) => Err(Unfit {
                message: format!(
                    "what is in {} is the bundle {}, not {}",
                    named.folder(),
                    bundle.short(),
                    meant.short()
                ),
                help: "take the directory away, and fetch it again by `daedal lock`".into(),
            }),
        }
    }

    /// Tells what a step that is a process can't have.
    fn check(&mut self, perform: &Perform, at: &Node) {
        let settings = [
            ("count", matches!(perform.fan_out, FanOut::Count(_))),
            ("foreach", matches!(perform.fan_out, FanOut::Foreach(_))),
            ("retry", perform.retry != Retry::default()),
            ("timeout", perform.timeout_ms.is_some()),
            ("reuse", perform.reuse != Reuse::default()),
            (
                "on_interrupt",
                perform.on_interrupt != OnInterrupt::default(),
            ),
        ];
        for (name, _) in settings.into_iter().filter(|(_, is_set)| *is_set) {
            let help = match name {
                "count" | "foreach" => {
                    "let the process make several by a `count:` or `foreach:` of its own, or write one \
                     step for each"
                }
                _ => "say it in the steps of the process",
            };
            let span = at.key_span_at(&format!("/{name}"));
            let message = format!("a step that is a process has no `{name}`");
            self.mistakes.push(Mistake::new(span, message).help(help));
        }
        if at.field("on_failure").is_some() {
            let span = at.key_span_at("/on_failure");
            let message = "a step that is a process has no `on_failure`";
            let help = "say it in the steps of the process";
            self.mistakes.push(Mistake::new(span, message).help(help));
        }
    }

    /// Puts the steps of a process in the place of the step that it is: what it is given, its own, and what it gives.
    fn call(
        &mut self,
        step: &Step,
        perform: &Perform,
        (key, at): (&Key, &Node),
        inner: &Inner,
        around: Option<&str>,
        (held, nodes): (&mut Vec<Step>, &mut Vec<(Key, Node)>),
    ) {
        let (process, root) = (&inner.held, &inner.root);
        let path = match around {
            Some(around) => format!("{around}.{}", step.name),
            None => step.name.clone(),
        };
        let frame = Frame {
            step: step.name.clone(),
            in_loop: around.is_some(),
        };
        let base = inner.base.strip_prefix(self.base).unwrap_or(&inner.base);
        self.files.adopt(base, inner);
        // What it is given: evaluated where the step stands.
        let given = frame.name(GIVEN);
        let takes = Form::Given {
            inputs: taken(&inner.process.inputs),
            parameters: taken(&inner.process.parameters),
        };
        self.calls.laid.insert(
            Calls::given(&path),
            Laid {
                engine: Some(end(self.spec, takes)),
                ..Laid::default()
            },
        );
        nodes.push((renamed(key, &given), at.clone()));
        let with = said(perform, inner);
        held.push(one(given, None, step.when.clone(), with));
        // Its own steps: what they name is found in it.
        let entries = root.field("steps").map(by_name).unwrap_or_default();
        for own in &process.steps {
            let Some(&(_, node)) = entries.get(own.name.as_str()) else {
                continue;
            };
            let name = frame.name(&own.name);
            let mut node = node.clone();
            node.move_to(key.span);
            nodes.push((renamed(key, &name), node));
            held.push(Step {
                name,
                ..own.clone()
            });
        }
        self.calls.adopt(&path, &frame, base, inner);
        // What it gives: evaluated in it.
        let outputs: Map<String, Value> = process.outputs.iter().cloned().collect();
        let mut with = Map::new();
        with.insert("bundle".into(), json!(inner.plan.bundle));
        with.insert("outputs".into(), outputs.into());
        self.calls.laid.insert(
            path.clone(),
            Laid {
                base: base.to_owned(),
                call: Some(path.clone()),
                engine: Some(end(self.spec, Form::Gives(inner.gives.clone()))),
            },
        );
        nodes.push((key.clone(), at.clone()));
        held.push(one(step.name.clone(), step.role, None, with));
        let reference = perform.with.get("process").and_then(Value::as_str);
        let call = Call {
            frame: Arc::new(frame),
            process: Arc::clone(&inner.process),
            told: Called {
                step: path.clone(),
                reference: reference.unwrap_or_default().to_owned(),
                process: inner.process.name.clone(),
                bundle: inner.plan.bundle,
                upstream: inner.process.upstream.clone(),
            },
        };
        self.calls.calls.insert(path, call);
    }
}

/// The entries of a map by their keys.
fn by_name(at: &Node) -> BTreeMap<&str, (&Key, &Node)> {
    let entries = match &at.kind {
        Kind::Map(entries) => &entries[..],
        _ => &[],
    };
    entries
        .iter()
        .map(|(key, node)| (key.name.as_str(), (key, node)))
        .collect()
}

fn is_loop(step: &Step) -> bool {
    matches!(step.action, Action::Repeat(_))
}

fn renamed(key: &Key, name: &str) -> Key {
    Key {
        name: name.to_owned(),
        span: key.span,
    }
}
