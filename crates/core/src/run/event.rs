//! What can happen in a run, in the form in which it is journaled.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Moment, Ruling};
use crate::digest::DigestParseError;
use crate::engine::{DecisionRequest, EngineError, Outcome, Usage};
use crate::plan::Plan;
use crate::record::{run_id, settings, settings_digest};
use crate::{AssetRef, Digest, Governed, Seed, UsdMicros};

/// Name of a run: digest of bundle, inputs, parameters, seed and a nonce of the studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub Digest);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RunId {
    type Err = DigestParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What a run was asked to do. Together with the bundle it decides everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    /// Name of the process.
    pub process: String,
    /// Digest of the bundle.
    pub bundle: Digest,
    /// Every input, as an object.
    pub inputs: Value,
    /// Every parameter, as an object.
    pub parameters: Value,
    /// What the tasks' seeds derive from.
    pub seed: Seed,
    /// Tells runs apart that ask for the same.
    pub nonce: u64,
    /// Outcomes of earlier runs do not stand in (`--fresh`).
    #[serde(default)]
    pub fresh: bool,
    /// Outputs of earlier runs of the process, pinned when the run was created (`run.earlier`);
    /// empty when nothing in the process refers to them.
    #[serde(default)]
    pub earlier: Vec<AssetRef>,
    /// Parameters that votes decided, and the block at which they were read; they stand in `parameters`,
    /// too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governed: Option<Governed>,
    /// Signed intents that set it up, of authors and of whoever set dials: canonical JSON of their envelopes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<Value>,
    /// Dials whose values stay in the studio, as [`crate::intent::set_name`] calls them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub private: Vec<String>,
}

impl RunSpec {
    /// The first run of `plan` that asks for this.
    #[must_use]
    pub fn of(plan: &Plan, inputs: Value, parameters: Value) -> Self {
        Self {
            process: plan.process.clone(),
            bundle: plan.bundle,
            seed: Self::default_seed(&plan.bundle, &inputs, &parameters),
            inputs,
            parameters,
            nonce: 0,
            fresh: false,
            earlier: Vec::new(),
            governed: None,
            intents: Vec::new(),
            private: Vec::new(),
        }
    }

    /// The name of the run.
    #[must_use]
    pub fn id(&self) -> RunId {
        RunId(run_id(
            self.bundle,
            settings_digest(&settings(&self.inputs)),
            settings_digest(&settings(&self.parameters)),
            self.seed,
            self.nonce,
        ))
    }

    /// The seed of a run that names none: the same request gives the same result.
    #[must_use]
    pub fn default_seed(bundle: &Digest, inputs: &Value, parameters: &Value) -> Seed {
        let inputs = crate::canonical::digest(inputs);
        let parameters = crate::canonical::digest(parameters);
        Seed(Digest::of_parts(
            "daedal/run-seed/v1",
            &[&bundle.0, &inputs.0, &parameters.0],
        ))
    }
}

/// Which task: the step's path, the round of its loop (0 outside of loops) and its place in the
/// fan-out (0 outside of fan-outs).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskName {
    /// `draft`, or `polish.revise` inside a loop.
    pub step: std::sync::Arc<str>,
    /// From 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
    /// From 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub index: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Something that happened. Duplicates and late arrivals change nothing when folded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // a log has one beginning
pub enum Event {
    /// The run exists.
    Created {
        /// What it was asked to do.
        spec: RunSpec,
        /// When.
        at: Moment,
    },
    /// A task has an outcome.
    TaskDone {
        /// Which.
        task: TaskName,
        /// Its memo key.
        key: Digest,
        /// What came of it.
        outcome: Outcome,
        /// The run that produced the outcome, when nothing was executed for this task. It is this
        /// run where two of its tasks are the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reused_from: Option<RunId>,
        /// When.
        at: Moment,
    },
    /// A program begins to carry the run on, or goes on with it. Says what made the receipts that
    /// follow; nothing else depends on it.
    CarriedBy {
        /// Which program.
        tool: Tool,
        /// When.
        at: Moment,
    },
    /// Somebody goes on with the run. The time since the event before it was nobody's work.
    Resumed {
        /// When.
        at: Moment,
    },
    /// An attempt failed.
    TaskFailed {
        /// Which.
        task: TaskName,
        /// From 1.
        attempt: u32,
        /// Why.
        error: EngineError,
        /// What it used all the same.
        #[serde(default, skip_serializing_if = "Usage::is_nothing")]
        spent: Usage,
        /// When.
        at: Moment,
    },
    /// A task was given up by the queue: it brought its workers down again and again.
    TaskPoisoned {
        /// Which.
        task: TaskName,
        /// Times it was handed out.
        deliveries: u32,
        /// When.
        at: Moment,
    },
    /// A task that costs money or shows outside is about to start.
    EffectStarted {
        /// Which.
        task: TaskName,
        /// From 1.
        attempt: u32,
        /// When.
        at: Moment,
    },
    /// An effect was started, and nobody knows whether it came about: the program that could have told is gone.
    EffectLost {
        /// Which task.
        task: TaskName,
        /// From 1.
        attempt: u32,
        /// The most that it has cost.
        cost_max: UsdMicros,
        /// When that was found.
        at: Moment,
    },
    /// A person says what becomes of a task whose effect got lost.
    Ruled {
        /// Which task.
        task: TaskName,
        /// The attempt that got lost.
        attempt: u32,
        /// What becomes of it.
        ruling: Ruling,
        /// When.
        at: Moment,
    },
    /// A person is asked.
    DecisionRequested {
        /// Which task asks.
        task: TaskName,
        /// Its memo key.
        key: Digest,
        /// What is asked.
        request: DecisionRequest,
        /// When.
        at: Moment,
    },
    /// A person answered.
    Decided {
        /// Which task asked.
        task: TaskName,
        /// The answer.
        decision: Decision,
        /// When.
        at: Moment,
    },
    /// A person replaced what a task gave; what was made from it is made again, and a run that was over goes on.
    Edited {
        /// Which task.
        task: TaskName,
        /// What stands in its place.
        value: Value,
        /// The signed intent: canonical JSON of its envelope.
        intent: Value,
        /// When.
        at: Moment,
    },
    /// A timer that the state asked for has gone off.
    TimerFired {
        /// Which.
        timer: Timer,
        /// When.
        at: Moment,
    },
    /// Somebody wants the run to end.
    CancelRequested {
        /// When.
        at: Moment,
    },
    /// The run is over; nothing but an edit changes it any more.
    Finished {
        /// How.
        status: Finish,
        /// When.
        at: Moment,
    },
}

/// A program that carries runs out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Name and version, such as `daedal 0.1.0`.
    pub name: String,
    /// What it was built for, such as `x86_64-unknown-linux-gnu`.
    pub target: String,
}

/// An answer to a [`DecisionRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Positions of the options that are kept, in the order of preference; empty rejects them all.
    pub kept: Vec<usize>,
    /// Who decided.
    pub by: Decider,
    /// The signed intent, where a person decided: canonical JSON of its envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Value>,
}

/// Who decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    /// A person, by the address of their key.
    Person(String),
    /// Nobody in time: `otherwise:` of the step.
    Timeout,
}

/// What a run waits for by the clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// The wait before the next attempt of a task.
    Backoff {
        /// Which task.
        task: TaskName,
        /// The attempt that failed.
        attempt: u32,
    },
    /// The time for a decision.
    Decision {
        /// Which task asks.
        task: TaskName,
    },
    /// The time that the run may work.
    Budget,
}

impl TaskName {
    /// Its place in a run: the same however often it is performed there, and that of nothing else.
    #[must_use]
    pub fn place(&self, run: RunId) -> Digest {
        Digest::of_parts("daedal/place/v1", &[&run.0.0, self.path().as_bytes()])
    }

    /// What its seed derives from, and how a log line names it: `polish.revise#2#0`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}#{}#{}", self.step, self.round, self.index)
    }
}

/// As a person names it: `draft #3`, `polish.revise round 2`; first rounds and items go unsaid.
impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.step)?;
        if self.round > 0 {
            write!(f, " round {}", self.round + 1)?;
        }
        if self.index > 0 {
            write!(f, " #{}", self.index + 1)?;
        }
        Ok(())
    }
}

impl Event {
    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Moment {
        match self {
            Self::Created { at, .. }
            | Self::CarriedBy { at, .. }
            | Self::Resumed { at }
            | Self::TaskDone { at, .. }
            | Self::TaskFailed { at, .. }
            | Self::TaskPoisoned { at, .. }
            | Self::EffectStarted { at, .. }
            | Self::EffectLost { at, .. }
            | Self::Ruled { at, .. }
            | Self::DecisionRequested { at, .. }
            | Self::Decided { at, .. }
            | Self::Edited { at, .. }
            | Self::TimerFired { at, .. }
            | Self::CancelRequested { at }
            | Self::Finished { at, .. } => *at,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Finish {
    /// Every output is there.
    Succeeded,
    /// A step failed, or the budget was used up.
    Failed {
        /// The step at fault, where it is one.
        step: Option<String>,
        /// What happened and what to do.
        message: String,
    },
    /// Somebody cancelled it.
    Cancelled,
}
