//! The ports of the simulation: a studio that outlives crashes, and a queue and timers that don't.

mod ports;

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use daedal_core::Digest;
use daedal_core::blob::BlobRead;
use daedal_core::engine::{EngineError, Engines, Performed, TaskContext, Usage};
use daedal_core::run::{Event, Moment, Ruling, RunId, TaskName, Timer};
use daedal_store::StoreError;
use daedal_store::ports::{MemoEntry, Reply};
use serde_json::Value;

use super::chance::Chance;
use crate::ports::{Job, JobResult, Report};
use crate::testing::{Counts, engines};

pub(super) struct World {
    engines: Engines,
    counts: Counts,
    blobs: Mutex<BTreeMap<Digest, Arc<[u8]>>>,
    inside: Mutex<Inside>,
}

struct Inside {
    chance: Chance,
    /// Whether messages get lost and clocks jump.
    wild: bool,
    clock: u64,
    // Survives crashes.
    log: BTreeMap<RunId, Vec<Event>>,
    memo: BTreeMap<Digest, MemoEntry>,
    /// Reports that are still on their way, also from workers that an earlier process had.
    on_the_way: Vec<Report>,
    // Lost in a crash.
    jobs: Vec<Job>,
    timers: BTreeSet<(Moment, Timer)>,
    stopped: bool,
    // What is checked.
    effects: BTreeMap<TaskName, usize>,
    /// What effects were paid, in millionths.
    paid: u64,
    lost_an_effect: bool,
    wrong: Vec<String>,
}

impl World {
    pub(super) fn new(seed: u64, wild: bool) -> Self {
        let counts = Counts::default();
        Self {
            engines: engines(&counts),
            counts,
            blobs: Mutex::default(),
            inside: Mutex::new(Inside {
                chance: Chance::new(seed),
                wild,
                clock: 1_000_000_000,
                log: BTreeMap::new(),
                memo: BTreeMap::new(),
                on_the_way: Vec::new(),
                jobs: Vec::new(),
                timers: BTreeSet::new(),
                stopped: false,
                effects: BTreeMap::new(),
                paid: 0,
                lost_an_effect: false,
                wrong: Vec::new(),
            }),
        }
    }

    pub(super) fn engines(&self) -> Engines {
        self.engines.clone()
    }

    pub(super) fn chance(&self) -> Chance {
        let mut inside = self.inside();
        let seed = inside.chance.below(usize::MAX) as u64;
        Chance::new(seed)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn events(&self, run: RunId) -> Vec<Event> {
        self.inside().log.get(&run).cloned().unwrap_or_default()
    }

    pub(super) fn has(&self, digest: &Digest) -> bool {
        BlobRead::read(self, digest).is_ok()
    }

    pub(super) fn paid(&self) -> u64 {
        self.inside().paid
    }

    pub(super) fn lost_an_effect(&self) -> bool {
        self.inside().lost_an_effect
    }

    pub(super) fn sleep(&self, ms: u64) {
        self.inside().clock += ms;
    }

    /// Time goes by.
    pub(super) fn turn(&self) {
        let mut inside = self.inside();
        inside.clock += 1;
        if inside.wild && inside.chance.one_in(40) {
            let hours = inside.chance.below(3) as u64 * 3_600_000;
            if inside.chance.one_in(2) {
                inside.clock += hours;
            } else {
                inside.clock = inside.clock.saturating_sub(hours);
            }
        }
    }

    /// The process is gone, and with it what only it knew.
    pub(super) fn crash(&self) {
        let mut inside = self.inside();
        let effects = inside.jobs.iter().any(|job| job.effect);
        let on_the_way = inside
            .on_the_way
            .iter()
            .any(|report| &*report.name.step == "post");
        // Announced, not begun: nobody can tell from outside.
        inside.lost_an_effect |= effects || on_the_way || inside.announced();
        inside.jobs.clear();
        inside.timers.clear();
        inside.stopped = false;
    }

    pub(super) fn check(&self) {
        let inside = self.inside();
        assert!(inside.wrong.is_empty(), "{:?}", inside.wrong);
        for (name, &times) in &inside.effects {
            let allowed = 1 + inside.repeats_of(name);
            assert!(times <= allowed, "{name}: {times} of {allowed}");
        }
        drop(inside);
        assert_eq!(self.counts.of("panic"), 0);
    }

    pub(super) fn dump(&self) -> String {
        let inside = self.inside();
        format!(
            "log {:#?}\njobs {:?}\non the way {:?}\ntimers {:?}",
            inside.log, inside.jobs, inside.on_the_way, inside.timers
        )
    }

    /// An answer after some turns. `act` runs at one of them; a crash may come before and after.
    fn reply<'a, T: Send + 'a>(
        &'a self,
        mut act: impl FnMut(&mut Inside) -> Result<T, StoreError> + Send + 'a,
    ) -> Reply<'a, T> {
        Box::pin(async move {
            self.pause().await;
            let given = act(&mut self.inside())?;
            self.pause().await;
            Ok(given)
        })
    }

    async fn pause(&self) {
        let mut waited = false;
        poll_fn(|_| {
            let mut inside = self.inside();
            let skip = inside.wild && inside.chance.one_in(3);
            if skip || std::mem::replace(&mut waited, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Executes a job, as a worker would.
    fn perform(&self, job: &Job) -> JobResult {
        let engine = self.engines.get(&job.task.engine).unwrap();
        let stop = AtomicBool::new(false);
        let context = TaskContext::new(self, &stop);
        match engine.run(&job.task, &context) {
            Ok(Performed::Done(outcome)) => JobResult::Done(outcome),
            Ok(Performed::Asked(request)) => JobResult::Asked(request),
            Err(error) => JobResult::Failed(error),
        }
    }

    /// Lets a worker do something, and maybe hands out a report.
    fn work(&self) -> Option<Vec<Report>> {
        let mut inside = self.inside();
        if !inside.jobs.is_empty() && !inside.chance.one_in(4) {
            let place = inside.chance.below(usize::MAX) % inside.jobs.len();
            let job = inside.jobs[place].clone();
            inside.begin(&job);
            let result = if inside.stopped {
                JobResult::Failed(EngineError::Stopped)
            } else {
                drop(inside);
                let result = self.perform(&job);
                inside = self.inside();
                result
            };
            inside.end(place, job, result);
        }
        if inside.on_the_way.is_empty() || inside.chance.one_in(3) {
            return None;
        }
        let place = inside.chance.below(usize::MAX) % inside.on_the_way.len();
        let twice = inside.wild && inside.chance.one_in(6);
        let report = if twice {
            inside.on_the_way[place].clone()
        } else {
            inside.on_the_way.swap_remove(place)
        };
        Some(vec![report])
    }
}

impl Inside {
    fn is_durable(&self, run: RunId, name: &TaskName) -> bool {
        self.log.get(&run).is_some_and(|events| {
            // What was done before an edit may be done again.
            let edit = |event: &Event| matches!(event, Event::Edited { .. });
            let since = events.iter().rposition(edit).unwrap_or(0);
            events[since..]
                .iter()
                .any(|event| matches!(event, Event::TaskDone { task, .. } if task == name))
        })
    }

    /// Whether the log has an effect that was announced and came to no end.
    fn announced(&self) -> bool {
        self.log.iter().any(|(run, events)| {
            events.iter().any(|event| match event {
                Event::EffectStarted { task, .. } => !self.is_durable(*run, task),
                _ => false,
            })
        })
    }

    /// Times that a person said that a task is to be repeated.
    fn repeats_of(&self, name: &TaskName) -> usize {
        let events = self.log.values().flatten();
        let repeats = events.filter(|event| {
            matches!(
                event,
                Event::Ruled { task, ruling: Ruling::Repeat, .. } if task == name
            )
        });
        repeats.count()
    }

    fn begin(&mut self, job: &Job) {
        if job.effect && !self.stopped {
            *self.effects.entry(job.name.clone()).or_default() += 1;
            let price = job.task.params.get("price");
            self.paid += price.and_then(Value::as_u64).unwrap_or(0);
            let started = self.log[&job.run].iter().any(
                |event| matches!(event, Event::EffectStarted { task, .. } if *task == job.name),
            );
            if !started {
                self.wrong
                    .push(format!("{} took effect before it was announced", job.name));
            }
        }
    }

    fn end(&mut self, place: usize, job: Job, result: JobResult) {
        let lost = self.wild && self.chance.one_in(8);
        // What is lost is handed out again, unless it must not be.
        let result = match (lost, job.effect) {
            (true, false) => return,
            (true, true) => {
                self.lost_an_effect = true;
                JobResult::Poisoned { deliveries: 1 }
            }
            (false, _) => result,
        };
        self.jobs.remove(place);
        self.on_the_way.push(Report {
            run: job.run,
            name: job.name,
            attempt: job.attempt,
            key: job.key,
            result,
            spent: Usage::default(),
        });
    }

    /// A write that the studio refuses now and then.
    fn write<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> Result<T, StoreError> {
        if self.wild && self.chance.one_in(60) {
            return Err(self.full());
        }
        Ok(act(self))
    }

    fn full(&self) -> StoreError {
        StoreError::Io {
            message: "the disk is full".into(),
        }
    }
}
