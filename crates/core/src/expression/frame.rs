//! Expressions of a process that is a step of another: what its names stand for there.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::{Path, Scope, Segment, Taken};

/// The step, which no process file can name, that has what a process is given.
pub(crate) const GIVEN: &str = "_given";

/// Whether a step of this name has what a process is given.
pub(crate) fn is_given(name: &str) -> bool {
    name.strip_suffix(GIVEN)
        .is_some_and(|call| call.ends_with('.'))
}

/// A process that is a step of another. Its steps stand beside that step, under longer names: `draft` of the
/// process that is the step `poster` is `poster.draft`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The step that the process is, as its neighbours call it.
    pub(crate) step: String,
    /// Whether that step is part of a loop, whose steps go by bare names.
    pub(crate) in_loop: bool,
}

impl Frame {
    /// What its neighbours call one of its steps.
    pub(crate) fn name(&self, step: &str) -> String {
        format!("{}.{step}", self.step)
    }

    /// The names of one of its steps, and what follows.
    fn step_path(&self, step: &str, rest: &[Segment]) -> Path {
        let name = self.name(step);
        let rest = rest.iter().cloned();
        match self.in_loop {
            true => Path {
                root: name,
                segments: rest.collect(),
            },
            false => Path {
                root: "steps".to_owned(),
                segments: std::iter::once(Segment::Field(name)).chain(rest).collect(),
            },
        }
    }

    /// What a path of the process is, seen from outside of it.
    pub(crate) fn outside(&self, path: &Path) -> Path {
        let field = |name: &str| Segment::Field(name.to_owned());
        match (path.root.as_str(), path.segments.first()) {
            ("inputs" | "parameters", _) => {
                let mut segments = vec![field(&path.root)];
                segments.extend_from_slice(&path.segments);
                self.step_path(GIVEN, &segments)
            }
            ("run", Some(Segment::Field(name))) if name == "signature" => {
                self.step_path(GIVEN, &path.segments)
            }
            ("steps", Some(Segment::Field(name))) => self.step_path(name, &path.segments[1..]),
            _ => path.clone(),
        }
    }
}

/// What names stand for inside of a process that is a step.
pub(super) struct Framed<'f> {
    frame: &'f Frame,
    around: &'f dyn Scope,
    /// What `run` stands for, with the signature of the process.
    run: OnceLock<Value>,
}

impl<'f> Framed<'f> {
    pub(super) fn new(frame: &'f Frame, around: &'f dyn Scope) -> Self {
        Self {
            frame,
            around,
            run: OnceLock::new(),
        }
    }
}

impl Scope for Framed<'_> {
    fn root(&self, name: &str) -> Option<&Value> {
        match name {
            "inputs" | "parameters" => self.step(GIVEN)?.get(name),
            "run" => {
                let run = self.around.root("run")?;
                let signature = self.step(GIVEN).and_then(|given| given.get("signature"));
                Some(self.run.get_or_init(|| {
                    let mut run = run.clone();
                    run["signature"] = signature.cloned().unwrap_or_default();
                    run
                }))
            }
            _ => self.around.root(name),
        }
    }

    fn step(&self, name: &str) -> Option<&Value> {
        let name = self.frame.name(name);
        match self.frame.in_loop {
            true => self.around.root(&name),
            false => self.around.step(&name),
        }
    }
}

/// What an expression of a process that is a step refers to.
#[derive(Clone)]
pub(super) struct Placed {
    pub(super) frame: Arc<Frame>,
    /// Its names, seen from outside of the process.
    pub(super) references: Vec<Path>,
    /// Whose values it takes, seen from there.
    pub(super) taken: Vec<Taken>,
}
