//! Performs jobs: one engine call each, within its limits.
//!
//! A worker is a thread that takes a job, performs it and reports on it, so that a quick task costs two
//! changes of threads, there and back. One guard for all workers looks at the clock and at who should
//! stop; an engine that does not listen loses its job, and another thread takes the worker's place.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use daedal_core::UsdMicros;
use daedal_core::blob::BlobWrite;
use daedal_core::engine::{Engine, EngineError, Engines, Performed, Task, TaskContext, Usage};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::measure::measure;
use crate::ports::{Delivery, Job, JobResult, Lane, Report};
use crate::reasons::{late, panicked, timed_out, unasked};
use crate::watched::{Looking, Watched};

/// An engine that keeps the time itself knows better where it was: it gets so long to say so first.
const NOTICE: Duration = Duration::from_millis(200);
/// How long an engine may take to notice that it should stop.
const GRACE: Duration = Duration::from_secs(2);
/// How often the guard looks while something is under way.
const ROUND: Duration = Duration::from_millis(20);
/// Threads that may linger with jobs that were taken from them. From then on a seat stays empty until one of
/// them comes back, so that engines that never listen can't take all of a machine.
const LINGERING_MAX: usize = 16;

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

    /// Whether it is told.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }

    /// Waits until it is told.
    pub async fn halted(&self) {
        loop {
            let mut told = std::pin::pin!(self.notify.notified());
            told.as_mut().enable();
            if self.is_halted() {
                return;
            }
            told.await;
        }
    }
}

/// What workers share.
struct Shop {
    lane: Arc<dyn Lane>,
    engines: Engines,
    blobs: Arc<dyn BlobWrite>,
    grace: Duration,
    /// What an hour of a worker costs.
    rate: UsdMicros,
    runtime: Handle,
    /// What each worker is doing.
    seats: Vec<Mutex<Option<Engagement>>>,
    away: Mutex<Away>,
    /// Whether the guard waits to be woken.
    guard_sleeps: AtomicBool,
    wake_guard: Notify,
    closed: Halt,
}

/// Threads whose jobs were taken from them, and the seats that wait for one of them.
#[derive(Default)]
struct Away {
    lingering: usize,
    empty: Vec<usize>,
}

/// A job that a worker is performing.
struct Engagement {
    /// What is reported if it has to be stopped, the reason aside.
    report: Report,
    looking: Arc<Looking>,
    stop: Arc<AtomicBool>,
    halt: Arc<Halt>,
    task: Arc<Task>,
    effect: bool,
    begun: Instant,
    /// Since when it should stop, and why.
    told: Option<(Instant, EngineError)>,
}

/// Workers of this process. They end with the lane, or when this is dropped.
pub struct Workers {
    shop: Arc<Shop>,
    guard: JoinHandle<()>,
}

impl Workers {
    /// Starts `jobs` workers on a lane, an hour of each of which costs `rate`. Needs a Tokio runtime.
    #[must_use]
    pub fn start(
        lane: &Arc<dyn Lane>,
        engines: &Engines,
        blobs: &Arc<dyn BlobWrite>,
        jobs: usize,
        rate: UsdMicros,
    ) -> Self {
        Self::start_with_grace(lane, engines, blobs, jobs, GRACE, rate)
    }

    /// The same, where an engine has `grace` to notice that it should stop.
    #[must_use]
    pub fn start_with_grace(
        lane: &Arc<dyn Lane>,
        engines: &Engines,
        blobs: &Arc<dyn BlobWrite>,
        jobs: usize,
        grace: Duration,
        rate: UsdMicros,
    ) -> Self {
        let shop = Arc::new(Shop {
            lane: Arc::clone(lane),
            engines: engines.clone(),
            blobs: Arc::clone(blobs),
            grace,
            rate,
            runtime: Handle::current(),
            seats: (0..jobs.max(1)).map(|_| Mutex::default()).collect(),
            away: Mutex::default(),
            guard_sleeps: AtomicBool::new(false),
            wake_guard: Notify::new(),
            closed: Halt::default(),
        });
        (0..shop.seats.len()).for_each(|seat| shop.hire(seat));
        let guard = tokio::spawn(Arc::clone(&shop).guard());
        Self { shop, guard }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.shop.closed.halt();
        self.guard.abort();
    }
}

impl Shop {
    /// Starts a thread for a seat. Without one, jobs stay where they are: on the lane.
    fn hire(self: &Arc<Self>, seat: usize) {
        let shop = Arc::clone(self);
        let thread = std::thread::Builder::new().name(format!("daedal-worker-{seat}"));
        // A machine that has no room for a thread has none for its work either.
        drop(thread.spawn(move || shop.work(seat)));
    }

    /// Finds somebody for a seat whose thread lingers.
    fn replace(self: &Arc<Self>, seat: usize) {
        let mut away = self.away();
        away.lingering += 1;
        if away.lingering > LINGERING_MAX {
            away.empty.push(seat);
        } else {
            self.hire(seat);
        }
    }

    fn away(&self) -> MutexGuard<'_, Away> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seat(&self, seat: usize) -> MutexGuard<'_, Option<Engagement>> {
        self.seats[seat]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, mut seat: usize) {
        while let Some(delivery) = self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.closed.halted() => None,
                // A lane that fails hands its jobs out again elsewhere.
                taken = self.lane.take() => taken.ok().flatten(),
            }
        }) {
            let Some(report) = self.perform(seat, delivery) else {
                // It took too long, and somebody else sits here now.
                let mut away = self.away();
                away.lingering -= 1;
                let Some(empty) = away.empty.pop() else {
                    return;
                };
                seat = empty;
                continue;
            };
            if self.runtime.block_on(self.lane.report(report)).is_err() {
                return;
            }
        }
    }

    /// What came of a job; nothing if the guard has reported on it.
    fn perform(&self, seat: usize, delivery: Delivery) -> Option<Report> {
        let Delivery {
            job,
            halt,
            followed,
        } = delivery;
        let Job {
            run,
            name,
            attempt,
            key,
            task,
            effect,
        } = job;
        let task = Arc::new(task);
        let place = name.place(run);
        let report = Report {
            run,
            name,
            attempt,
            key,
            result: JobResult::Failed(EngineError::Stopped),
            spent: Usage::default(),
        };
        let engine = match self.engine_for(&task) {
            Ok(engine) => Arc::clone(engine),
            Err(error) => {
                let result = JobResult::Failed(error);
                return Some(Report { result, ..report });
            }
        };
        let stop = Arc::new(AtomicBool::new(false));
        let looking = Arc::new(Looking::new(report.name.clone(), followed));
        let begun = Instant::now();
        *self.seat(seat) = Some(Engagement {
            report,
            looking: Arc::clone(&looking),
            stop: Arc::clone(&stop),
            halt,
            task: Arc::clone(&task),
            effect,
            begun,
            told: None,
        });
        if self.guard_sleeps.swap(false, Ordering::SeqCst) {
            self.wake_guard.notify_one();
        }
        let blobs = Watched::new(&*self.blobs);
        let context = TaskContext::new(&blobs, &stop)
            .watched(&*looking)
            .placed(place);
        let result = catch_unwind(AssertUnwindSafe(|| engine.run(&task, &context)));
        let mut own = self.seat(seat);
        own.as_ref()
            .filter(|known| Arc::ptr_eq(&known.stop, &stop))?;
        let engagement = own.take()?;
        drop(own);
        let result = match (result, engagement.told) {
            (Err(panic), _) => Err(panicked(&*panic)),
            // It was done at the last moment.
            (Ok(Ok(performed)), _) => measure(performed, looking.worked(begun), self.rate),
            // It kept the time itself, and knows better where it was.
            (Ok(Err(error @ EngineError::Limit { .. })), Some((_, reason)))
                if reason != EngineError::Stopped =>
            {
                Err(late(error, effect))
            }
            (Ok(Err(_)), Some((_, reason))) => Err(reason),
            (Ok(Err(error)), None) if is_over(&task, begun + looking.rested()) => {
                Err(late(unasked(error), effect))
            }
            (Ok(Err(error)), None) => Err(unasked(error)),
        };
        let spent = match &result {
            Ok(_) => Usage::default(),
            Err(_) => looking.spent(looking.worked(begun), self.rate),
        };
        Some(Report {
            spent,
            result: match result {
                Ok(Performed::Done(outcome)) => JobResult::Done(outcome),
                Ok(Performed::Asked(request)) => JobResult::Asked(request),
                Err(error) => match blobs.failure() {
                    Some(message) => JobResult::Unkept { message },
                    None => JobResult::Failed(error),
                },
            },
            ..engagement.report
        })
    }

    fn engine_for(&self, task: &Task) -> Result<&Arc<dyn Engine>, EngineError> {
        let engine = self.engines.get(&task.engine).ok_or_else(|| {
            EngineError::invalid(format!("there is no engine `{}` here", task.engine))
        })?;
        let version = engine.spec().version;
        if version == task.engine_version {
            Ok(engine)
        } else {
            Err(EngineError::invalid(format!(
                "the plan was made for version {} of `{}`, here is {version}: plan again",
                task.engine_version, task.engine
            )))
        }
    }

    /// Goes its rounds as long as somebody works, and sleeps when nobody does.
    async fn guard(self: Arc<Self>) {
        loop {
            // Said before it looks: whoever begins after that wakes it.
            self.guard_sleeps.store(true, Ordering::SeqCst);
            if (0..self.seats.len()).all(|seat| self.seat(seat).is_none()) {
                self.wake_guard.notified().await;
            }
            self.guard_sleeps.store(false, Ordering::SeqCst);
            tokio::time::sleep(ROUND).await;
            for seat in 0..self.seats.len() {
                if let Some(report) = self.look(seat) {
                    // The thread may linger; nobody waits for it.
                    self.replace(seat);
                    // A lane that fails hands its jobs out again elsewhere.
                    self.lane.report(report).await.ok();
                }
            }
        }
    }

    /// Tells a job to stop when it is time, and takes it away from an engine that does not listen.
    fn look(&self, seat: usize) -> Option<Report> {
        let mut seat = self.seat(seat);
        let job = seat.as_mut()?;
        match &job.told {
            None => {
                let reason = if job.halt.is_halted() {
                    EngineError::Stopped
                } else if is_over(&job.task, job.begun + NOTICE + job.looking.rested()) {
                    timed_out(&job.task, job.effect)
                } else {
                    return None;
                };
                job.stop.store(true, Ordering::Relaxed);
                job.told = Some((Instant::now(), reason));
                None
            }
            Some((since, _)) if since.elapsed() < self.grace => None,
            Some(_) => {
                let Engagement {
                    report,
                    looking,
                    begun,
                    told,
                    ..
                } = seat.take()?;
                let (_, reason) = told?;
                Some(Report {
                    result: JobResult::Failed(reason),
                    spent: looking.spent(looking.worked(begun), self.rate),
                    ..report
                })
            }
        }
    }
}

/// Whether the time of a task is over.
fn is_over(task: &Task, begun: Instant) -> bool {
    begun.elapsed() > Duration::from_millis(task.limits.timeout_ms_max)
}
