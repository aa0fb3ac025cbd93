//! Performs jobs: one engine call each, within its limits.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use daedal_core::blob::BlobWrite;
use daedal_core::engine::{EngineError, Engines, Outcome, Performed, Task, TaskContext};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinHandle};

use crate::ports::{Delivery, Job, JobResult, Lane, Report};

/// An engine that keeps the time itself knows better where it was: it gets so long to say so first.
const NOTICE: Duration = Duration::from_millis(200);
/// How long an engine may take to notice that it should stop.
const GRACE: Duration = Duration::from_secs(2);
/// Size of what an engine says beside its assets, as JSON.
const VALUE_BYTES_MAX: usize = 4 << 20;

/// Tells jobs to stop.
#[derive(Debug, Default)]
pub struct Halt {
    asked: AtomicBool,
    notify: Notify,
}

impl Halt {
    /// Tells them.
    pub fn halt(&self) {
        self.asked.store(true, Ordering::Release);
        self.notify.notify_waiters();
    }

    /// Waits until it is told.
    pub async fn halted(&self) {
        loop {
            let mut told = std::pin::pin!(self.notify.notified());
            told.as_mut().enable();
            if self.asked.load(Ordering::Acquire) {
                return;
            }
            told.await;
        }
    }
}

/// What performs jobs: engines, and the blobs that they read and keep.
#[derive(Clone)]
struct Worker {
    engines: Engines,
    blobs: Arc<dyn BlobWrite>,
    grace: Duration,
}

/// Workers of this process. They end with the lane.
pub struct Workers(Vec<JoinHandle<()>>);

impl Workers {
    /// Starts `jobs` workers on a lane. Needs a Tokio runtime.
    #[must_use]
    pub fn start(
        lane: &Arc<dyn Lane>,
        engines: &Engines,
        blobs: &Arc<dyn BlobWrite>,
        jobs: usize,
    ) -> Self {
        Self::start_with_grace(lane, engines, blobs, jobs, GRACE)
    }

    /// The same, where an engine has `grace` to notice that it should stop.
    #[must_use]
    pub fn start_with_grace(
        lane: &Arc<dyn Lane>,
        engines: &Engines,
        blobs: &Arc<dyn BlobWrite>,
        jobs: usize,
        grace: Duration,
    ) -> Self {
        let worker = Worker {
            engines: engines.clone(),
            blobs: Arc::clone(blobs),
            grace,
        };
        let work = |_| {
            let (worker, lane) = (worker.clone(), Arc::clone(lane));
            tokio::spawn(async move {
                // A lane that fails hands its jobs out again elsewhere.
                while let Ok(Some(delivery)) = lane.take().await {
                    let report = worker.perform(delivery).await;
                    if lane.report(report).await.is_err() {
                        break;
                    }
                }
            })
        };
        Self((0..jobs.max(1)).map(work).collect())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl Worker {
    async fn perform(&self, delivery: Delivery) -> Report {
        let Delivery { job, halt } = delivery;
        let Job {
            run,
            name,
            attempt,
            task,
            ..
        } = job;
        let result = match self.execute(task, &halt).await {
            Ok(Performed::Done(outcome)) => JobResult::Done(outcome),
            Ok(Performed::Asked(request)) => JobResult::Asked(request),
            Err(error) => JobResult::Failed(error),
        };
        Report {
            run,
            name,
            attempt,
            result,
        }
    }

    async fn execute(&self, task: Task, halt: &Halt) -> Result<Performed, EngineError> {
        let engine = self.engines.get(&task.engine).ok_or_else(|| {
            EngineError::invalid(format!("there is no engine `{}` here", task.engine))
        })?;
        let version = engine.spec().version;
        if version != task.engine_version {
            return Err(EngineError::invalid(format!(
                "the plan was made for version {} of `{}`, here is {version}: plan again",
                task.engine_version, task.engine
            )));
        }
        let timeout_ms = task.limits.timeout_ms_max;
        let stop = Arc::new(AtomicBool::new(false));
        let begun = Instant::now();
        let mut thread = {
            let (engine, blobs, stop) = (
                Arc::clone(engine),
                Arc::clone(&self.blobs),
                Arc::clone(&stop),
            );
            tokio::task::spawn_blocking(move || {
                let context = TaskContext {
                    blobs: &*blobs,
                    stop: &stop,
                };
                engine.run(&task, &context)
            })
        };
        let in_time = tokio::select! {
            result = &mut thread => Ok(result.map(unasked)),
            () = tokio::time::sleep(Duration::from_millis(timeout_ms) + NOTICE) => Err(timed_out(timeout_ms)),
            () = halt.halted() => Err(EngineError::Stopped),
        };
        let result = match in_time {
            Ok(result) => result,
            Err(reason) => {
                stop.store(true, Ordering::Relaxed);
                match tokio::time::timeout(self.grace, thread).await {
                    // It was done at the last moment.
                    Ok(Ok(Ok(performed))) => Ok(Ok(performed)),
                    Ok(Err(panic)) => Err(panic),
                    // The thread may linger; nobody waits for it.
                    Ok(Ok(Err(_))) | Err(_) => Ok(Err(reason)),
                }
            }
        };
        let performed = result.unwrap_or_else(|panic| Err(panicked(panic)))?;
        measure(performed, begun.elapsed())
    }
}

/// Only who is told to stop may say that it stopped.
fn unasked(result: Result<Performed, EngineError>) -> Result<Performed, EngineError> {
    result.map_err(|error| match error {
        EngineError::Stopped => EngineError::invalid(
            "its engine stopped without being told to, which is a bug in the engine",
        ),
        other => other,
    })
}

fn timed_out(timeout_ms: u64) -> EngineError {
    #[allow(clippy::cast_precision_loss)] // for people
    let seconds = timeout_ms as f64 / 1_000.0;
    EngineError::limit(format!(
        "took longer than its {seconds} s: raise `timeout:`, or ask for less"
    ))
}

fn panicked(error: JoinError) -> EngineError {
    let message = match error.try_into_panic() {
        Ok(panic) => panic_message(&*panic),
        Err(_) => return EngineError::Stopped,
    };
    EngineError::invalid(format!(
        "its engine broke down, which is a bug in the engine: {message}"
    ))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it did not say why".into())
}

/// Takes the time and checks the size of what the engine says.
fn measure(performed: Performed, elapsed: Duration) -> Result<Performed, EngineError> {
    let check = |value: &Value| match size_of(value) {
        size if size > VALUE_BYTES_MAX => Err(EngineError::limit(format!(
            "gave a value of {size} bytes: at most {VALUE_BYTES_MAX} are allowed; put more into an \
             asset"
        ))),
        _ => Ok(()),
    };
    Ok(match performed {
        Performed::Done(Outcome { value, mut usage }) => {
            check(&value)?;
            usage.elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            Performed::Done(Outcome { value, usage })
        }
        Performed::Asked(request) => {
            request
                .options
                .iter()
                .try_for_each(|option| check(&option.value))?;
            Performed::Asked(request)
        }
    })
}

/// Length of the value as JSON.
fn size_of(value: &Value) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}
