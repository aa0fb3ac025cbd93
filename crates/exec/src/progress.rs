//! What happens in a run, told as it happens.

use daedal_core::engine::EngineError;
use daedal_core::run::{Event, Moment, RunId, StepView, TaskName};
use daedal_core::{Digest, UsdMicros};
use serde::Serialize;

use crate::RunStatus;

/// Is told what happens. Called between the coordinator's steps: must return at once.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn update(&self, update: Update);
}

/// Something that happened in a run. Outcomes, failures and questions are durable when they are told; what a task
/// says while it works is told at once and kept nowhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "update", rename_all = "snake_case")]
pub enum Update {
    /// The run begins or goes on. Steps stand in plan order.
    Run {
        /// Which.
        run: RunId,
        /// Name of the process.
        process: String,
        /// Whether some of it was done before.
        resumed: bool,
        /// When it was created.
        created: Moment,
        /// Every step as it is now.
        steps: Vec<StepView>,
    },
    /// A step is now so.
    Step(StepView),
    /// A task was handed to a worker.
    Started {
        /// Which.
        task: TaskName,
        /// From 1.
        attempt: u32,
        /// Engine name.
        engine: String,
    },
    /// What a task is at.
    Said {
        /// Which.
        task: TaskName,
        /// What it says, on one line, such as the end of what a model has written so far.
        line: String,
    },
    /// A task is done.
    Done {
        /// Which.
        task: TaskName,
        /// The run that its outcome was taken from, when nothing was executed.
        reused_from: Option<RunId>,
        /// What it cost now.
        cost: UsdMicros,
        /// How long it took now.
        elapsed_ms: u64,
    },
    /// The bytes that a task had made were damaged, and were made again.
    Mended {
        /// Which.
        task: TaskName,
    },
    /// An attempt failed.
    Failed {
        /// Which.
        task: TaskName,
        /// From 1.
        attempt: u32,
        /// Why.
        error: EngineError,
        /// What it cost all the same.
        cost: UsdMicros,
    },
    /// A call was under way when the run was interrupted, and nobody knows whether it took effect.
    Lost {
        /// Which task.
        task: TaskName,
        /// From 1.
        attempt: u32,
        /// The most that it has cost.
        cost_max: UsdMicros,
    },
    /// The run ends once calls that are under way have, which are paid.
    Landing {
        /// How many.
        calls: usize,
    },
    /// A person is asked.
    Asked {
        /// Which task asks.
        task: TaskName,
        /// Its memo key.
        key: Digest,
        /// How many options there are.
        options: usize,
        /// How many to keep.
        keep: usize,
        /// When the time for it is over.
        due: Option<Moment>,
    },
    /// The run ended, waits, or was interrupted.
    Ended {
        /// Which.
        run: RunId,
        /// How.
        #[serde(flatten)]
        status: RunStatus,
        /// Tasks with an outcome.
        tasks: usize,
        /// Of them, not executed again.
        hits: usize,
        /// What it cost in all.
        cost: UsdMicros,
        /// How long it worked in all.
        worked_ms: u64,
    },
}

/// What is told of an event.
pub(crate) fn of(event: &Event) -> Option<Update> {
    Some(match event {
        Event::TaskDone {
            task,
            outcome,
            reused_from,
            ..
        } => {
            let (cost, elapsed_ms) = match reused_from {
                Some(_) => (UsdMicros::default(), 0),
                None => (outcome.usage.cost, outcome.usage.elapsed_ms),
            };
            Update::Done {
                task: task.clone(),
                reused_from: *reused_from,
                cost,
                elapsed_ms,
            }
        }
        Event::TaskFailed {
            task,
            attempt,
            error,
            spent,
            ..
        } => Update::Failed {
            task: task.clone(),
            attempt: *attempt,
            error: error.clone(),
            cost: spent.cost,
        },
        Event::EffectLost {
            task,
            attempt,
            cost_max,
            ..
        } => Update::Lost {
            task: task.clone(),
            attempt: *attempt,
            cost_max: *cost_max,
        },
        Event::DecisionRequested {
            task,
            key,
            request,
            at,
        } => Update::Asked {
            task: task.clone(),
            key: *key,
            options: request.options.len(),
            keep: request.keep,
            due: request.timeout_ms.map(|ms| at.plus_ms(ms)),
        },
        _ => return None,
    })
}
