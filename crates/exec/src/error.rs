//! What can go wrong with carrying out a run, the failure of a step aside.

use daedal_core::Digest;
use daedal_core::run::{EditRefusal, RunId};
use daedal_store::StoreError;

/// A run could not be carried on. What was recorded stands.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExecError {
    /// The studio's memory failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such run.
    #[error("there is no run {run} in this studio")]
    NoRun {
        /// What was asked for.
        run: RunId,
    },
    /// The run was begun before: it can only be resumed.
    #[error("run {run} exists already: resume it")]
    Exists {
        /// Which run.
        run: RunId,
    },
    /// The run is of another bundle than the plan.
    #[error(
        "run {run} is of bundle {expected}, but the process here is now {found}: restore the files, \
         or start a new run (finished steps that are the same are not run again)"
    )]
    OtherBundle {
        /// Which run.
        run: RunId,
        /// Its bundle.
        expected: Digest,
        /// The plan's.
        found: Digest,
    },
    /// Nobody is asked there.
    #[error("{task} of run {run} asks nothing: {reason}")]
    NotAsked {
        /// Which run.
        run: RunId,
        /// Which task.
        task: String,
        /// Why not.
        reason: String,
    },
    /// There is nothing to be said about the task.
    #[error("{task} of run {run} does not wait to be repeated or given up")]
    NotLost {
        /// Which run.
        run: RunId,
        /// Which task.
        task: String,
    },
    /// What a task gave can't be edited.
    #[error("what {task} of run {run} gave can't be edited: {reason}")]
    NotEdited {
        /// Which run.
        run: RunId,
        /// Which task.
        task: String,
        /// Why not.
        reason: EditRefusal,
    },
    /// The answer does not fit the question.
    #[error(
        "{task} of run {run} keeps at most {keep} of its {options} options, each once: {kept:?} does \
         not fit"
    )]
    Unfit {
        /// Which run.
        run: RunId,
        /// Which task.
        task: String,
        /// What was answered, from 0.
        kept: Vec<usize>,
        /// How many may be kept.
        keep: usize,
        /// Of how many.
        options: usize,
    },
    /// The run neither moves nor ends: a bug of ours.
    #[error(
        "run {run} has nothing to do and no end; please report this as a bug with `{run}`'s log"
    )]
    Stuck {
        /// Which run.
        run: RunId,
    },
}
