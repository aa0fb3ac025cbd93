//! Processes that are steps of a plan, and where their own steps stand in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::Warning;
use super::shelf::{Inner, Reference};
use crate::Digest;
use crate::engine::Engine;
use crate::expression::{Frame, GIVEN};
use crate::process::{Process, Upstream};

/// A process that is a step of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Called {
    /// The step that it is, such as `poster`, or `poster.frame` of the process that is `poster`.
    pub step: String,
    /// What the step names: a directory, a bundle or a work.
    pub reference: String,
    /// Name of the process.
    pub process: String,
    /// Its bundle, by itself.
    pub bundle: Digest,
    /// The works that it derives from itself.
    pub upstream: Vec<Upstream>,
}

/// What is known of a step that no process file has in this place.
#[derive(Clone, Default)]
pub(super) struct Laid {
    /// The directory of the files that it names: empty, or with a `/` at its end.
    pub(super) base: String,
    /// The path of the step that its process is.
    pub(super) call: Option<String>,
    /// What it takes and gives, where that is the process's matter.
    pub(super) engine: Option<Arc<dyn Engine>>,
}

/// A step that is a process.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) frame: Arc<Frame>,
    pub(super) process: Arc<Process>,
    pub(super) told: Called,
}

/// All steps that are processes, and the steps of these, by their paths.
#[derive(Clone, Default)]
pub(super) struct Calls {
    pub(super) laid: BTreeMap<String, Laid>,
    pub(super) calls: BTreeMap<String, Call>,
}

impl Calls {
    /// Takes over the steps of a process that is the step at `path`, whose directory is `base`.
    pub(super) fn adopt(&mut self, path: &str, frame: &Frame, base: &str, inner: &Inner) {
        for step in inner.paths() {
            let own = inner.calls.laid.get(&step).cloned().unwrap_or_default();
            let laid = Laid {
                base: format!("{base}{}", own.base),
                call: Some(match own.call {
                    Some(call) => format!("{path}.{call}"),
                    None => path.to_owned(),
                }),
                engine: own.engine,
            };
            self.laid.insert(format!("{path}.{step}"), laid);
        }
        for (step, own) in &inner.calls.calls {
            let mut call = own.clone();
            if !own.frame.in_loop {
                call.frame = Arc::new(Frame {
                    step: frame.name(&own.frame.step),
                    in_loop: frame.in_loop,
                });
            }
            call.told.step = format!("{path}.{step}");
            self.calls.insert(call.told.step.clone(), call);
        }
    }

    /// The bundle of each work that the process itself has as a step, by its CAIP-19 name.
    pub(super) fn works(&self) -> BTreeMap<String, Digest> {
        let own = self.calls.values().filter(|call| {
            // Those of the processes that are its steps are pinned there.
            self.laid
                .get(&Self::given(&call.told.step))
                .is_some_and(|given| given.call.is_none())
        });
        own.filter_map(|call| match Reference::parse(&call.told.reference) {
            Ok(Reference::Token(work)) => Some((work, call.told.bundle)),
            _ => None,
        })
        .collect()
    }

    /// The step that has what the process at `call` is given.
    pub(super) fn given(call: &str) -> String {
        format!("{call}.{GIVEN}")
    }
}

/// Budgets of processes that are steps: that of the whole counts.
pub(super) fn warnings(process: &Process, calls: &Calls) -> Vec<Warning> {
    let own = process.budget;
    let unheld = calls.calls.values().filter(|call| {
        let inner = call.process.budget;
        inner.cost.is_some() && own.cost.is_none()
            || inner.time_ms.is_some() && own.time_ms.is_none()
    });
    unheld
        .map(|call| Warning {
            message: format!(
                "`{}` has a budget, which does not hold for the step `{}`",
                call.told.process, call.told.step
            ),
            help: "say `budget:` here: that of the outermost process counts".into(),
        })
        .collect()
}
