//! The queue and the clock of one process.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use daedal_core::engine::{EngineError, Usage};
use daedal_core::run::{Moment, RunId, Timer};
use daedal_store::ports::Reply;
use tokio::sync::Notify;

use crate::ports::{Delivery, Job, JobResult, Lane, Queue, Report, Timers};
use crate::{Halt, Progress};

/// Jobs and reports in memory. What is lost with the process is decided again from the log.
#[derive(Default)]
pub struct LocalQueue {
    shelves: Mutex<Shelves>,
    offered: Notify,
    reported: Notify,
}

#[derive(Default)]
struct Shelves {
    jobs: VecDeque<Job>,
    reports: BTreeMap<RunId, Vec<Report>>,
    /// Those of runs that have jobs in workers' hands.
    halts: BTreeMap<RunId, Weak<Halt>>,
    /// Who looks on at which run.
    followers: BTreeMap<RunId, Arc<dyn Progress>>,
    closed: bool,
}

impl Shelves {
    fn halt_of(&mut self, run: RunId) -> Arc<Halt> {
        if let Some(halt) = self.halts.get(&run).and_then(Weak::upgrade) {
            return halt;
        }
        self.halts.retain(|_, halt| halt.strong_count() > 0);
        let halt = Arc::new(Halt::default());
        self.halts.insert(run, Arc::downgrade(&halt));
        halt
    }
}

impl LocalQueue {
    /// Lets the workers end.
    pub fn close(&self) {
        self.shelves().closed = true;
        self.offered.notify_waiters();
    }

    /// Has somebody told what the jobs of a run are at, until that is dropped.
    #[must_use]
    pub fn follow(&self, run: RunId, progress: Arc<dyn Progress>) -> Following<'_> {
        self.shelves().followers.insert(run, progress);
        Following { queue: self, run }
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        lock(&self.shelves)
    }
}

/// Somebody who looks on at a run.
pub struct Following<'q> {
    queue: &'q LocalQueue,
    run: RunId,
}

impl Drop for Following<'_> {
    fn drop(&mut self) {
        self.queue.shelves().followers.remove(&self.run);
    }
}

impl Queue for LocalQueue {
    fn offer(&self, job: Job) -> Reply<'_, ()> {
        Box::pin(async move {
            self.shelves().jobs.push_back(job);
            self.offered.notify_one();
            Ok(())
        })
    }

    fn reports(&self, run: RunId) -> Reply<'_, Vec<Report>> {
        Box::pin(async move {
            loop {
                let mut news = std::pin::pin!(self.reported.notified());
                news.as_mut().enable();
                if let Some(reports) = self.shelves().reports.remove(&run) {
                    return Ok(reports);
                }
                news.await;
            }
        })
    }

    fn stop(&self, run: RunId) -> Reply<'_, ()> {
        Box::pin(async move {
            let mut shelves = self.shelves();
            if let Some(halt) = shelves.halts.remove(&run).and_then(|halt| halt.upgrade()) {
                halt.halt();
            }
            let (stopped, others) = std::mem::take(&mut shelves.jobs)
                .into_iter()
                .partition::<VecDeque<_>, _>(|job| job.run == run);
            shelves.jobs = others;
            if !stopped.is_empty() {
                let reports = stopped.into_iter().map(|job| Report {
                    run: job.run,
                    name: job.name,
                    attempt: job.attempt,
                    key: job.key,
                    result: JobResult::Failed(EngineError::Stopped),
                    spent: Usage::default(),
                });
                shelves.reports.entry(run).or_default().extend(reports);
                self.reported.notify_waiters();
            }
            Ok(())
        })
    }
}

impl Lane for LocalQueue {
    fn take(&self) -> Reply<'_, Option<Delivery>> {
        Box::pin(async move {
            loop {
                let mut news = std::pin::pin!(self.offered.notified());
                news.as_mut().enable();
                {
                    let mut shelves = self.shelves();
                    if let Some(job) = shelves.jobs.pop_front() {
                        let halt = shelves.halt_of(job.run);
                        if !shelves.jobs.is_empty() {
                            self.offered.notify_one();
                        }
                        let followed = shelves.followers.get(&job.run).cloned();
                        return Ok(Some(Delivery {
                            job,
                            halt,
                            followed,
                        }));
                    }
                    if shelves.closed {
                        return Ok(None);
                    }
                }
                news.await;
            }
        })
    }

    fn report(&self, report: Report) -> Reply<'_, ()> {
        Box::pin(async move {
            let mut shelves = self.shelves();
            shelves.reports.entry(report.run).or_default().push(report);
            drop(shelves);
            self.reported.notify_waiters();
            Ok(())
        })
    }
}

/// The system's clock. Timers live as long as the process: the log says which ones to start again.
#[derive(Default)]
pub struct LocalTimers {
    pending: Mutex<BTreeMap<RunId, BTreeSet<(Moment, Timer)>>>,
    changed: Notify,
}

/// The longest sleep, so that a clock that was set is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(30);

impl LocalTimers {
    /// Timers of `run` that are due, or how long the next one takes.
    fn collect(&self, run: RunId) -> Result<Vec<Timer>, Option<Duration>> {
        let mut pending = lock(&self.pending);
        let Some(timers) = pending.get_mut(&run) else {
            return Err(None);
        };
        let now = self.now();
        let mut due = Vec::new();
        while timers.first().is_some_and(|(at, _)| *at <= now) {
            due.extend(timers.pop_first().map(|(_, timer)| timer));
        }
        if due.is_empty() {
            let next = timers.first().map(|(at, _)| at.ms_since(now));
            return Err(next.map(Duration::from_millis));
        }
        Ok(due)
    }
}

impl Timers for LocalTimers {
    fn now(&self) -> Moment {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Moment(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn start(&self, run: RunId, timer: Timer, at: Moment) -> Reply<'_, ()> {
        Box::pin(async move {
            lock(&self.pending)
                .entry(run)
                .or_default()
                .insert((at, timer));
            self.changed.notify_waiters();
            Ok(())
        })
    }

    fn due(&self, run: RunId) -> Reply<'_, Vec<Timer>> {
        Box::pin(async move {
            loop {
                let mut news = std::pin::pin!(self.changed.notified());
                news.as_mut().enable();
                match self.collect(run) {
                    Ok(due) => return Ok(due),
                    Err(None) => news.await,
                    Err(Some(wait)) => {
                        tokio::select! {
                            () = tokio::time::sleep(wait.min(SLEEP_MAX)) => {}
                            () = news => {}
                        }
                    }
                }
            }
        })
    }

    fn pause(&self, ms: u64) -> Reply<'_, ()> {
        let sleep = tokio::time::sleep(Duration::from_millis(ms));
        Box::pin(async move {
            sleep.await;
            Ok(())
        })
    }

    fn clear(&self, run: RunId) -> Reply<'_, ()> {
        Box::pin(async move {
            lock(&self.pending).remove(&run);
            Ok(())
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance;

    #[tokio::test]
    async fn the_queue_conforms() {
        conformance::check_queue(|| Arc::new(LocalQueue::default())).await;
    }

    #[tokio::test]
    async fn the_timers_conform() {
        conformance::check_timers(|| Arc::new(LocalTimers::default())).await;
    }

    #[tokio::test]
    async fn workers_end_when_the_queue_is_closed() {
        let queue = LocalQueue::default();
        let (taken, ()) = tokio::join!(queue.take(), async { queue.close() });
        assert!(taken.is_ok_and(|delivery| delivery.is_none()));
    }
}
