//! The ports of the world.

use std::future::poll_fn;
use std::sync::{Arc, PoisonError};
use std::task::Poll;

use daedal_core::Digest;
use daedal_core::blob::{BlobError, BlobRead, BlobWrite};
use daedal_core::run::{Event, Moment, RunId, Timer};
use daedal_store::ports::{Log, Memo, MemoEntry, Reply, RunSummary};

use super::World;
use crate::ports::{Job, Queue, Report, Timers};

impl Log for World {
    fn create(&self, run: RunId, created: Event) -> Reply<'_, bool> {
        self.reply(move |inside| {
            inside.write(|inside| {
                let free = !inside.log.contains_key(&run);
                inside
                    .log
                    .entry(run)
                    .or_insert_with(|| vec![created.clone()]);
                free
            })
        })
    }

    fn record(
        &self,
        run: RunId,
        events: Arc<Vec<Event>>,
        outcomes: Vec<(Digest, MemoEntry)>,
    ) -> Reply<'_, ()> {
        self.reply(move |inside| {
            inside.write(|inside| {
                for (key, entry) in &outcomes {
                    inside.memo.entry(*key).or_insert_with(|| entry.clone());
                }
                // One place may keep both, but need not: what comes second can get lost.
                if !outcomes.is_empty() && inside.wild && inside.chance.one_in(60) {
                    return Err(inside.full());
                }
                let log = inside.log.get_mut(&run).unwrap();
                log.extend(events.iter().cloned());
                Ok(())
            })?
        })
    }

    fn read(&self, run: RunId) -> Reply<'_, Vec<Event>> {
        self.reply(move |inside| Ok(inside.log.get(&run).cloned().unwrap_or_default()))
    }

    fn recent(&self, _: usize) -> Reply<'_, Vec<RunSummary>> {
        self.reply(|_| Ok(Vec::new()))
    }
}

impl Memo for World {
    fn get(&self, keys: Vec<Digest>) -> Reply<'_, Vec<Option<MemoEntry>>> {
        self.reply(move |inside| {
            Ok(keys
                .iter()
                .map(|key| inside.memo.get(key).cloned())
                .collect())
        })
    }

    fn put(&self, entries: Vec<(Digest, MemoEntry)>) -> Reply<'_, ()> {
        self.reply(move |inside| {
            inside.write(|inside| {
                for (key, entry) in &entries {
                    inside.memo.entry(*key).or_insert_with(|| entry.clone());
                }
            })
        })
    }

    fn warm(&self, _run: RunId) -> Reply<'_, ()> {
        self.reply(|_| Ok(()))
    }
}

impl Queue for World {
    fn offer(&self, job: Job) -> Reply<'_, ()> {
        self.reply(move |inside| {
            if inside.is_durable(job.run, &job.name) {
                let wrong = format!("{} was offered after its record", job.name);
                inside.wrong.push(wrong);
            }
            inside.jobs.push(job.clone());
            Ok(())
        })
    }

    fn reports(&self, _run: RunId) -> Reply<'_, Vec<Report>> {
        Box::pin(poll_fn(|_| match self.work() {
            Some(reports) => Poll::Ready(Ok(reports)),
            None => Poll::Pending,
        }))
    }

    fn stop(&self, _run: RunId) -> Reply<'_, ()> {
        self.reply(|inside| {
            inside.stopped = true;
            Ok(())
        })
    }
}

impl Timers for World {
    fn now(&self) -> Moment {
        Moment(self.inside().clock)
    }

    fn start(&self, _run: RunId, timer: Timer, at: Moment) -> Reply<'_, ()> {
        self.reply(move |inside| {
            inside.timers.insert((at, timer.clone()));
            Ok(())
        })
    }

    fn due(&self, _run: RunId) -> Reply<'_, Vec<Timer>> {
        Box::pin(poll_fn(|_| {
            let mut inside = self.inside();
            // Nothing else to do: time goes on until the next timer.
            if inside.jobs.is_empty() && inside.on_the_way.is_empty() {
                let next = inside.timers.first().map(|(at, _)| at.0);
                inside.clock = inside.clock.max(next.unwrap_or_default());
            }
            let now = Moment(inside.clock);
            let mut due = Vec::new();
            while inside.timers.first().is_some_and(|(at, _)| *at <= now) {
                due.extend(inside.timers.pop_first().map(|(_, timer)| timer));
            }
            if due.is_empty() {
                Poll::Pending
            } else {
                Poll::Ready(Ok(due))
            }
        }))
    }

    fn pause(&self, _ms: u64) -> Reply<'_, ()> {
        self.reply(|_| Ok(()))
    }

    fn clear(&self, _run: RunId) -> Reply<'_, ()> {
        self.reply(|inside| {
            inside.timers.clear();
            Ok(())
        })
    }
}

impl BlobRead for World {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        let blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        let found = blobs.get(digest).cloned();
        found.ok_or(BlobError::Missing { digest: *digest })
    }
}

impl BlobWrite for World {
    fn write(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        let digest = Digest::of(bytes);
        let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        blobs.entry(digest).or_insert_with(|| bytes.into());
        Ok(digest)
    }
}
