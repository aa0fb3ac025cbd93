//! What `process.yaml` says, once it has been read and is known to be well formed.
//!
//! Free-form parts (`with:` and the settings of channels) stay JSON; their strings may hold
//! `{{ expressions }}`, which the plan compiles. Order is kept where a reader would notice.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::disclosure::Disclosure;
use super::signature::Signature;
use crate::{BasisPoints, UsdMicros};

/// A process as its author wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Process {
    /// `[a-z0-9-]`, at most 64.
    pub name: String,
    /// For people; the name if absent.
    pub title: Option<String>,
    /// What it makes, in a sentence.
    pub description: Option<String>,
    /// Terms of use.
    pub license: Option<License>,
    /// What is told to the audience and to crawlers.
    pub disclosure: Disclosure,
    /// How it is tokenized.
    pub token: Option<Token>,
    /// Works that this one derives from.
    pub upstream: Vec<Upstream>,
    /// The hand that must stay recognisable.
    pub signature: Option<Signature>,
    /// What a caller sets for one run.
    pub inputs: Vec<(String, Dial)>,
    /// The dials of the style.
    pub parameters: Vec<(String, Dial)>,
    /// What a run may use.
    pub budget: Budget,
    /// The nodes, in the order of the file.
    pub steps: Vec<Step>,
    /// What a run gives: name and template.
    pub outputs: Vec<(String, Value)>,
    /// What is published, and where.
    pub release: Option<Release>,
    /// When `daedal tend` starts a run by itself (cron expression or interval text, kept as given).
    pub schedule: Option<String>,
}

/// Terms of use: an SPDX id or a file of the bundle, and flags that a machine can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct License {
    /// SPDX id; exactly one of `id` and `file` is set.
    pub id: Option<String>,
    /// A file of the bundle with the text.
    pub file: Option<String>,
    /// Whether commercial use is allowed.
    pub commercial: Option<bool>,
    /// Under what terms derivatives may be made.
    pub derivatives: Option<DerivativeTerms>,
    /// Whether its makers have to be named.
    pub attribution: Option<bool>,
}

/// Under what terms derivatives of assets may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DerivativeTerms {
    /// Any.
    Free,
    /// Under the same terms.
    ShareAlike,
    /// None.
    None,
}

/// Whether texts that callers write into inputs and parameters are published with what a run made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Texts {
    /// No: records have their digests, and `daedal disclose` tells one by one what was signed.
    #[default]
    Private,
    /// Yes.
    Published,
}

/// Whether assets may be used to train models (C2PA's training-mining choice).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Training {
    /// Yes.
    Allowed,
    /// No.
    NotAllowed,
    /// Only as the licence says.
    Constrained,
}

/// How a process is tokenized.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Holder (`creator`, `treasury` or an address) and share; sums to all.
    pub shares: Vec<(String, BasisPoints)>,
    /// What derivatives owe this process, for ever.
    pub royalty: BasisPoints,
    /// Who may derive.
    pub derivatives: DerivativePolicy,
}

/// Who may derive a work from this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DerivativePolicy {
    /// Anyone.
    Open,
    /// Those on a list.
    AllowList,
    /// Nobody.
    Closed,
}

/// A work that this one derives from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// CAIP-19 name of the token.
    pub work: String,
    /// Such as `remix`, `model`, `dataset`.
    pub relation: String,
}

/// An input or a parameter: a value with a type and bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Dial {
    /// Type and bounds.
    pub kind: DialKind,
    /// Value when the caller sets none; an input without one must be set.
    pub default: Option<Value>,
    /// For people.
    pub description: Option<String>,
    /// Whether holders vote on it (parameters only).
    pub governed: bool,
    /// Whether the tuner may move it (parameters only).
    pub tuned: bool,
    /// Largest move at once (numbers only).
    pub max_step: Option<f64>,
    /// Shortest time between two moves, in milliseconds.
    pub cooldown_ms: Option<u64>,
}

/// Type and bounds of a dial.
#[derive(Debug, Clone, PartialEq)]
pub enum DialKind {
    /// Text of at most so many characters.
    Text {
        /// In Unicode scalar values.
        max_length: usize,
    },
    /// A whole number.
    Integer {
        /// Inclusive.
        min: i64,
        /// Inclusive.
        max: i64,
    },
    /// A number.
    Number {
        /// Inclusive.
        min: f64,
        /// Inclusive.
        max: f64,
    },
    /// Yes or no.
    Boolean,
    /// One of these names.
    Choice {
        /// In the order of the file: on chain a choice is its index.
        of: Vec<String>,
    },
    /// An asset that the caller brings.
    Asset {
        /// Media types that are taken, such as `image/png` or `image/*`; any if empty.
        media_types: Vec<String>,
    },
}

/// What a run may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Money.
    pub cost: Option<UsdMicros>,
    /// Working time (waiting for people is free), in milliseconds.
    pub time_ms: Option<u64>,
}

/// What a step is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Has ideas.
    Conceive,
    /// Makes.
    Generate,
    /// Judges.
    Critique,
    /// Selects.
    Curate,
    /// Improves.
    Refine,
    /// Puts together.
    Compose,
    /// Brings out.
    Distribute,
}

/// A node of the process.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// `[a-z][a-z0-9_]*`, at most 64.
    pub name: String,
    /// What it is for.
    pub role: Option<Role>,
    /// What it does.
    pub action: Action,
    /// Expression; the step is skipped when it is false. With or without `{{ }}`.
    pub when: Option<String>,
    /// What a failure of one of its tasks means.
    pub on_failure: OnFailure,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Has an engine perform tasks.
    Perform(Perform),
    /// Repeats inner steps until they are good enough.
    Repeat(Repeat),
}

/// Has an engine perform one task or many.
#[derive(Debug, Clone, PartialEq)]
pub struct Perform {
    /// Engine name.
    pub uses: String,
    /// What the engine takes, with templates.
    pub with: Map<String, Value>,
    /// One task, several candidates, or one per item.
    pub fan_out: FanOut,
    /// How often a failure that may pass is tried again.
    pub retry: Retry,
    /// Longest time for one attempt, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Whether outcomes of earlier runs may stand in.
    pub reuse: Reuse,
    /// What becomes of a call whose outcome got lost with the program that made it.
    pub on_interrupt: OnInterrupt,
}

impl Perform {
    /// What stands for a step that can't be read. It never runs: the file has a mistake.
    pub(super) fn unreadable() -> Self {
        Self::once(String::new(), Map::new())
    }

    /// One task, and nothing else said.
    pub(crate) fn once(uses: String, with: Map<String, Value>) -> Self {
        Self {
            uses,
            with,
            fan_out: FanOut::One,
            retry: Retry::default(),
            timeout_ms: None,
            reuse: Reuse::default(),
            on_interrupt: OnInterrupt::default(),
        }
    }
}

/// How many tasks a step has.
#[derive(Debug, Clone, PartialEq)]
pub enum FanOut {
    /// One; the step's value is the task's.
    One,
    /// So many candidates, each with a seed of its own (a number, or an expression that gives one);
    /// the step's value is a list.
    Count(Value),
    /// One for each item of the list that this expression gives; the step's value is a list.
    Foreach(String),
}

/// How often a failure that may pass is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Attempts in all, 1 to 20.
    pub attempts: u32,
    /// Wait before the second attempt, doubled before each further one, in milliseconds.
    pub backoff_ms: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 1,
            backoff_ms: 1_000,
        }
    }
}

/// Whether outcomes of earlier runs may stand in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reuse {
    /// Those of any run of the studio.
    #[default]
    Studio,
    /// Only this run's own.
    Run,
}

/// What becomes of a task that pays or shows outside, and of which nobody knows whether it did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnInterrupt {
    /// The run waits until a person says.
    #[default]
    Ask,
    /// It is done once more.
    Repeat,
}

/// What a failure of one task means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// The run fails.
    #[default]
    Stop,
    /// The item is left out of the list; a step without items is skipped.
    Skip,
}

/// A feedback loop.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeat {
    /// Expression over this round's steps by bare name, and `previous`; true ends the loop.
    pub until: Option<String>,
    /// Expression giving the number by which the standing round is picked; the last round if absent.
    pub best_by: Option<String>,
    /// Rounds, 1 to 100.
    pub at_most: u32,
    /// Inner steps; no `repeat` inside.
    pub steps: Vec<Step>,
}

/// What is published, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// Editions that are minted (by the chain).
    pub editions: Option<Editions>,
    /// Places that assets are published to; the site if empty.
    pub channels: Vec<Channel>,
}

/// Editions that are minted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editions {
    /// Name of an output.
    pub of: String,
    /// Amount with unit, such as `5 USDC`.
    pub price: Option<String>,
}

/// A place that assets are published to.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Channel name.
    pub uses: String,
    /// Names of outputs; all if empty.
    pub of: Vec<String>,
    /// Everything else that was said.
    pub settings: Map<String, Value>,
}
