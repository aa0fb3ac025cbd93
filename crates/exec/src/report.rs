//! What became of a run.

use daedal_core::UsdMicros;
use daedal_core::run::{CutShort, Event, Finish, Lost, Question, RunId, Skipped, TaskName};
use serde::Serialize;
use serde_json::Value;

/// What became of a run, so far.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    /// Which.
    pub run: RunId,
    /// How it stands.
    pub status: RunStatus,
    /// What it gave, by name; null unless it succeeded.
    pub outputs: Value,
    /// Tasks with an outcome.
    pub tasks: usize,
    /// Of them, taken from the memo instead of executed.
    pub hits: usize,
    /// Tasks whose bytes were found damaged in this call and were made again.
    pub mended: Vec<TaskName>,
    /// What it cost.
    pub cost: UsdMicros,
    /// What calls whose outcome got lost may have cost beside it.
    pub cost_lost: UsdMicros,
    /// Working time of the run in all, in milliseconds.
    pub worked_ms: u64,
    /// From the beginning of this call to its end, in milliseconds.
    pub elapsed_ms: u64,
    /// What failed and was left out, in plan order.
    pub skipped: Vec<Skipped>,
    /// What people are asked, in plan order.
    pub questions: Vec<Question>,
    /// Loops that the budget ended with the best of their rounds, in plan order.
    pub cut_short: Vec<CutShort>,
    /// Tasks whose effect got lost and of which nobody said what becomes of them, in plan order: the run waits for a
    /// person, unless it is over.
    pub lost: Vec<Lost>,
    /// Its whole log.
    pub events: Vec<Event>,
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum RunStatus {
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
    /// Only people can bring it further.
    Waiting,
    /// It was asked to stop and can be resumed.
    Interrupted,
}

impl From<Finish> for RunStatus {
    fn from(finish: Finish) -> Self {
        match finish {
            Finish::Succeeded => Self::Succeeded,
            Finish::Failed { step, message } => Self::Failed { step, message },
            Finish::Cancelled => Self::Cancelled,
        }
    }
}
