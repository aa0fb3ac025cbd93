//! What performs a step: the contract between a plan and an engine.
//!
//! An engine is given a self-contained [`Task`] and returns data: an [`Outcome`], a question to a
//! person ([`DecisionRequest`]), or an [`EngineError`] that says whether trying again may help.

mod context;
mod error;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{AssetRef, Digest, Seed, UsdMicros};

pub use context::{TaskContext, Watch};
pub use error::EngineError;

/// How well a result can be checked by running it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Determinism {
    /// The same task gives the same bytes on the same build target.
    Exact,
    /// The same task gives nearly the same pictures.
    Close {
        /// The largest mean distance of the channels of their pixels, in millionths of a channel's range.
        tolerance_ppm: u32,
    },
    /// The first committed outcome stands; it can't be produced again at will.
    Attested,
}

/// What an engine is and takes. Everything that a plan needs to know without running it.
#[derive(Debug, Clone)]
pub struct EngineSpec {
    /// The name in `uses:`.
    pub name: &'static str,
    /// Changes only when output bytes change.
    pub version: &'static str,
    /// One sentence for `daedal engines`.
    pub summary: &'static str,
    /// How well its results can be checked.
    pub determinism: Determinism,
    /// Whether the task's seed is part of what it computes; [`Engine::seeded`] may know better.
    pub seeded: bool,
    /// The `with:` field that takes a fan-out's item when the step does not name it.
    pub main_input: Option<&'static str>,
    /// JSON Schema (2020-12) of `with:`. A string with `"format": "bundle-file"` names a file of
    /// the bundle; an object with `"format": "asset"` takes an asset of a step (or a bundle file).
    pub schema: Value,
    /// JSON Schema of the value of its outcome: `"format": "asset"` where it is an asset (with its
    /// fields as properties), `additionalProperties: true` where fields are open. Of an asset, here
    /// and in `schema`, the property `media_type` may say by `const` or `enum` which kinds it is or
    /// takes; `"$asset": false` says that something with open fields is none. Where it is a list, `"x-length": "keep"` says that the field `keep` of `with:` is its length,
    /// and `"x-length-of": "from"` that its items are those of the field `from`.
    pub output: Value,
    /// Whether running it twice costs money or is visible outside; [`Engine::effect`] may know better.
    pub effect: bool,
}

/// Bytes of bundle files by path.
pub type Files<'f> = dyn Fn(&str) -> Option<Arc<[u8]>> + 'f;

/// Performs tasks of one kind, each on a thread of its own: an engine that calls out waits there for
/// the answer, and gives up when it is told to stop.
pub trait Engine: Send + Sync {
    /// What the engine is and takes.
    fn spec(&self) -> &EngineSpec;

    /// Fields that the plan adds to `with:` when the author left them out: (field, expression),
    /// such as `("signature", "run.signature")`.
    fn implied(&self, _with: &Value) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    /// JSON Schema of what a step with this `with:` gives, where that says more than
    /// [`EngineSpec::output`]. Expressions stand in `with` as they were written; `files` gives the
    /// bytes of bundle files by path.
    fn output(&self, _with: &Map<String, Value>, _files: &Files<'_>) -> Option<Cow<'_, Value>> {
        None
    }

    /// Checks what a schema cannot say (a grammar without its origin, a script that does not
    /// parse), before anything runs. `files` are the bundle files that `with` names, by path.
    fn check(&self, _with: &Value, _files: &Files<'_>) -> Vec<String> {
        Vec::new()
    }

    /// Whether running a step with this `with:` twice costs money or is visible outside. Expressions
    /// stand in it as they were written.
    fn effect(&self, _with: &Map<String, Value>) -> bool {
        self.spec().effect
    }

    /// Whether a step with this `with:` depends on a seed. Expressions stand in it as they were written.
    fn seeded(&self, _with: &Map<String, Value>) -> bool {
        self.spec().seeded
    }

    /// Why tasks of a step with this `with:` that differ in nothing but their seed do the same in this studio, where they
    /// do though [`Self::seeded`] says otherwise, and what to do about it. Expressions stand in it as they were written.
    fn alike(&self, _with: &Map<String, Value>) -> Option<String> {
        None
    }

    /// What stands in this studio behind names in the task's `with:`, such as the model behind `writer`, as far as
    /// it decides what comes of it: an outcome of another one is no outcome of this.
    fn behind(&self, _task: &Task) -> Option<String> {
        None
    }

    /// The most that this task can cost, for the budget.
    fn cost_max(&self, _task: &Task) -> UsdMicros {
        UsdMicros::default()
    }

    /// Performs the task.
    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError>;
}

/// One execution of one step for one set of inputs. It can be sent to another machine as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Engine name.
    pub engine: String,
    /// Engine version.
    pub engine_version: String,
    /// The resolved `with:`; bundle files and inputs are assets in it (see [`crate::asset`]).
    pub params: Value,
    /// Present when the engine is seeded.
    pub seed: Option<Seed>,
    /// What it may use.
    pub limits: Limits,
    /// Names that a person knows assets by (paths of bundle files), for messages only.
    pub labels: BTreeMap<Digest, String>,
}

/// What a task may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Wall time, in milliseconds.
    pub timeout_ms_max: u64,
    /// Memory that an engine may allocate on behalf of the task, where it can tell, in bytes.
    pub memory_bytes_max: u64,
    /// Size of one output asset, in bytes.
    pub output_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Engines compute: what takes longer has most probably no end.
            timeout_ms_max: 120_000,
            memory_bytes_max: 1 << 30,
            output_bytes_max: 1 << 30,
        }
    }
}

/// What came of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Performed {
    /// It is done.
    Done(Outcome),
    /// A person has to decide first.
    Asked(DecisionRequest),
}

/// What a task produced: the value that other steps see, and what it used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// An asset with fields, plain fields, or a list of such values.
    pub value: Value,
    /// What it used.
    #[serde(default)]
    pub usage: Usage,
}

impl Outcome {
    /// An outcome that cost nothing but time.
    #[must_use]
    pub fn free(value: Value) -> Self {
        Self {
            value,
            usage: Usage::default(),
        }
    }
}

/// What a task used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Money.
    #[serde(default)]
    pub cost: UsdMicros,
    /// Wall time of the execution, in milliseconds.
    #[serde(default)]
    pub elapsed_ms: u64,
    /// Model tokens in and out, where a model was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<(u64, u64)>,
    /// Digest of the model or version of the tool that did the work, where it isn't the engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Whether that, or the engine, is a trained model.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_model: bool,
}

impl Usage {
    /// Whether nothing was used.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Counts other usage in. The tool stays, unless there was none.
    pub fn add(&mut self, other: &Self) {
        self.cost = self.cost.saturating_add(other.cost);
        self.elapsed_ms = self.elapsed_ms.saturating_add(other.elapsed_ms);
        self.tokens = match (self.tokens, other.tokens) {
            (Some(own), Some(other)) => {
                Some((own.0.saturating_add(other.0), own.1.saturating_add(other.1)))
            }
            (own, other) => own.or(other),
        };
        if self.tool.is_none() {
            self.tool.clone_from(&other.tool);
        }
        self.by_model |= other.by_model;
    }
}

/// The engines that ask people: decisions on tasks of any other were never asked for.
pub const ASKING: [&str; 2] = ["choose", SIGNATURE];
/// The one of them that compares with references of the process.
pub(crate) const SIGNATURE: &str = "signature";

/// A choice that a person is asked to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionRequest {
    /// What is shown, in order.
    pub options: Vec<DecisionOption>,
    /// How many to keep.
    pub keep: usize,
    /// Positions that the machine would choose, best first.
    pub suggested: Vec<usize>,
    /// One picture of all the options, numbered.
    pub contact_sheet: Option<AssetRef>,
    /// How long to wait, in milliseconds; for ever when absent.
    pub timeout_ms: Option<u64>,
    /// What to do when the time is over: take the suggestion, or fail.
    pub otherwise: Otherwise,
}

/// One of the alternatives that are shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionOption {
    /// The alternative itself; it becomes (part of) the step's value when chosen.
    pub value: Value,
    /// Its score, where there is one.
    pub score: Option<f64>,
}

/// What happens when nobody decides in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Otherwise {
    /// The suggestion is taken.
    Best,
    /// The step fails.
    Fail,
}

/// The engines that a studio has, by name.
#[derive(Clone, Default)]
pub struct Engines(BTreeMap<&'static str, Arc<Made>>);

/// An engine that is made when somebody needs it.
type Made = LazyLock<Arc<dyn Engine>, Box<dyn FnOnce() -> Arc<dyn Engine> + Send>>;

impl Engines {
    /// Gathers engines; of two with one name the later stands.
    pub fn new(engines: impl IntoIterator<Item = Arc<dyn Engine>>) -> Self {
        let engines = engines.into_iter();
        Self::lazy(engines.map(|engine| (engine.spec().name, move || engine)))
    }

    /// Gathers engines by their names, each of which is made when it is first needed: what one takes is told
    /// at length, and a run needs few of them.
    pub fn lazy<F>(engines: impl IntoIterator<Item = (&'static str, F)>) -> Self
    where
        F: FnOnce() -> Arc<dyn Engine> + Send + 'static,
    {
        let made = |make: F| Arc::new(Made::new(Box::new(make)));
        let engines = engines.into_iter();
        Self(engines.map(|(name, make)| (name, made(make))).collect())
    }

    /// These and the others; of two with one name the other stands.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The engine called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Engine>> {
        self.0.get(name).map(|made| &***made)
    }

    /// Every engine, in order of names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Engine>> {
        self.0.values().map(|made| &***made)
    }
}
