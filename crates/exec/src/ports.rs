//! What a coordinator asks of the place that performs tasks, and of the clock.

use std::sync::Arc;

use daedal_core::Digest;
use daedal_core::engine::{DecisionRequest, EngineError, Outcome, Task, Usage};
use daedal_core::run::{Moment, RunId, TaskName, Timer};
use daedal_store::ports::Reply;
use serde::{Deserialize, Serialize};

use crate::{Halt, Progress};

/// A task on its way to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// For which run.
    pub run: RunId,
    /// Which task of it.
    pub name: TaskName,
    /// From 1.
    pub attempt: u32,
    /// Its memo key: a task of one name is another after an edit before it.
    pub key: Digest,
    /// What is to be performed.
    pub task: Task,
    /// Whether it must be handed out once only: when nothing is heard of it, it is
    /// [`JobResult::Poisoned`].
    pub effect: bool,
}

/// What came of a job. A job may be reported more than once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// For which run.
    pub run: RunId,
    /// Which task of it.
    pub name: TaskName,
    /// Which attempt.
    pub attempt: u32,
    /// Under which memo key.
    pub key: Digest,
    /// What came of it.
    pub result: JobResult,
    /// What it used where it failed; what is done tells that itself.
    #[serde(default, skip_serializing_if = "Usage::is_nothing")]
    pub spent: Usage,
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobResult {
    /// The task is done.
    Done(Outcome),
    /// A person has to decide.
    Asked(DecisionRequest),
    /// It failed, or was told to stop.
    Failed(EngineError),
    /// The place that keeps bytes failed: the disk is full, say. That is no fault of the task, which is
    /// performed when the run is resumed.
    Unkept {
        /// What failed, and what to do.
        message: String,
    },
    /// It brought its workers down so often that it is not handed out any more.
    Poisoned {
        /// Times it was handed out.
        deliveries: u32,
    },
}

/// The coordinator's end of the place that performs tasks. Each job is performed at least once, or at
/// most once where it has an effect.
pub trait Queue: Send + Sync {
    /// Hands over a job.
    fn offer(&self, job: Job) -> Reply<'_, ()>;
    /// Waits for reports of a run; at least one. Dropping the reply loses none.
    fn reports(&self, run: RunId) -> Reply<'_, Vec<Report>>;
    /// Tells every job of a run to stop. Each is reported within a bounded time all the same.
    fn stop(&self, run: RunId) -> Reply<'_, ()>;
}

/// The worker's end.
pub trait Lane: Send + Sync {
    /// Waits for a job; `None` once there will be no more.
    fn take(&self) -> Reply<'_, Option<Delivery>>;
    /// Reports on a job; a job that is never reported on is handed out again.
    fn report(&self, report: Report) -> Reply<'_, ()>;
}

/// A job in a worker's hands.
#[derive(Clone)]
pub struct Delivery {
    /// What is to be done.
    pub job: Job,
    /// Set off when the job should stop.
    pub halt: Arc<Halt>,
    /// Is told what the job is at, where somebody looks and the way there is short.
    pub followed: Option<Arc<dyn Progress>>,
}

/// The clock, and what is to happen by it.
pub trait Timers: Send + Sync {
    /// The time.
    fn now(&self) -> Moment;
    /// Starts a timer. It lives as long as its adapter does; starting it twice is harmless.
    fn start(&self, run: RunId, timer: Timer, at: Moment) -> Reply<'_, ()>;
    /// Waits for timers of a run to go off; at least one. Dropping the reply loses none.
    fn due(&self, run: RunId) -> Reply<'_, Vec<Timer>>;
    /// Waits so long, for what is not worth remembering.
    fn pause(&self, ms: u64) -> Reply<'_, ()>;
    /// Forgets the timers of a run.
    fn clear(&self, run: RunId) -> Reply<'_, ()>;
}
