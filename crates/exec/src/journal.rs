//! What happened becomes durable, and is told once it is: many events at once, one write at a time.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use daedal_core::Digest;
use daedal_core::run::{Event, RunId};
use daedal_store::StoreError;
use daedal_store::ports::{MemoEntry, Reply};

use crate::{Ports, Progress, Update};

/// How long events are gathered between two writes, in milliseconds, unless somebody waits for them.
/// A crash loses so much work at most, and all of it is found or done again.
const GATHER_MS: u64 = 5;
/// Events that are not gathered for longer.
const GATHER_MAX: usize = 512;

/// Collects events while a write is under way; the next write takes all of them.
pub(crate) struct Journal<'a> {
    ports: &'a Ports,
    run: RunId,
    progress: Option<&'a dyn Progress>,
    /// The run's beginning, until it is durable.
    creating: Option<Reply<'a, bool>>,
    /// Whether somebody had begun the run before.
    is_taken: bool,
    /// What the log has, in the order of the writes.
    log: Vec<Arc<Vec<Event>>>,
    events: Vec<Event>,
    entries: Vec<(Digest, MemoEntry)>,
    /// What is to be told once `events` are durable.
    told: Vec<Update>,
    write: Option<Write<'a>>,
    /// Until the next write may begin by itself.
    pause: Option<Reply<'a, ()>>,
    /// The first write that failed, the run's beginning included; none is tried after it, so that the log has no gap.
    failed: Option<StoreError>,
}

struct Write<'a> {
    reply: Reply<'a, ()>,
    told: Vec<Update>,
}

impl<'a> Journal<'a> {
    pub(crate) fn new(ports: &'a Ports, run: RunId, progress: Option<&'a dyn Progress>) -> Self {
        Self {
            ports,
            run,
            progress,
            creating: None,
            is_taken: false,
            log: Vec::new(),
            events: Vec::new(),
            entries: Vec::new(),
            told: Vec::new(),
            write: None,
            pause: None,
            failed: None,
        }
    }

    /// Begins the log with this event. That goes on while the first tasks are looked up.
    pub(crate) fn create(&mut self, created: Event) {
        self.log.push(Arc::new(vec![created.clone()]));
        self.creating = Some(self.ports.log.create(self.run, created));
    }

    /// Takes note of events that the log has.
    pub(crate) fn remember(&mut self, events: Vec<Event>) {
        self.log.push(Arc::new(events));
    }

    /// Everything that the log has, once nothing is left to write.
    pub(crate) fn into_log(self) -> Vec<Event> {
        // Nobody else holds what is written.
        let log = self.log.into_iter().map(Arc::unwrap_or_clone);
        log.flatten().collect()
    }

    /// Whether the run had been begun before; then nothing is written.
    pub(crate) fn is_taken(&self) -> bool {
        self.is_taken
    }

    /// Waits until the run's beginning is durable.
    pub(crate) async fn created(&mut self) -> Result<(), StoreError> {
        poll_fn(|context| self.poll_created(context)).await
    }

    /// Takes note of an event; it is durable after the next [`Journal::flush`] at the latest.
    pub(crate) fn add(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Takes note of an outcome for the memo.
    pub(crate) fn keep(&mut self, key: Digest, entry: MemoEntry) {
        self.entries.push((key, entry));
    }

    /// Tells somebody once everything noted so far is durable, in order.
    pub(crate) fn tell(&mut self, update: Update) {
        let Some(progress) = self.progress else {
            return;
        };
        let is_waiting = self.creating.is_some() || self.write.is_some();
        if !is_waiting && self.events.is_empty() && self.told.is_empty() {
            progress.update(update);
        } else {
            self.told.push(update);
        }
    }

    /// Whether somebody is told what happens.
    pub(crate) fn is_followed(&self) -> bool {
        self.progress.is_some()
    }

    /// Events that no write has taken yet.
    pub(crate) fn backlog(&self) -> usize {
        self.events.len()
    }

    /// Waits until everything noted so far is durable.
    pub(crate) async fn flush(&mut self) -> Result<(), StoreError> {
        poll_fn(|context| self.go_on(context, true)).await
    }

    /// Goes on with the writes, without haste; ready when nothing is left to write.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StoreError>> {
        self.go_on(context, false)
    }

    fn poll_created(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StoreError>> {
        if let Some(creating) = &mut self.creating {
            let created = ready!(creating.as_mut().poll(context));
            self.creating = None;
            self.is_taken = created == Ok(false);
            self.failed = match created {
                Ok(true) => None,
                Ok(false) => Some(StoreError::Missing {
                    message: format!("run {} had been begun before", self.run),
                }),
                Err(error) => Some(error),
            };
        }
        Poll::Ready(self.failed.clone().map_or(Ok(()), Err))
    }

    fn go_on(&mut self, context: &mut Context<'_>, urgent: bool) -> Poll<Result<(), StoreError>> {
        ready!(self.poll_created(context))?;
        loop {
            if let Some(write) = &mut self.write {
                let Poll::Ready(result) = write.reply.as_mut().poll(context) else {
                    return Poll::Pending;
                };
                let told = self.write.take().map(|write| write.told);
                if let Err(error) = result {
                    self.failed = Some(error.clone());
                    return Poll::Ready(Err(error));
                }
                self.tell_all(told.unwrap_or_default());
                self.pause = Some(self.ports.timers.pause(GATHER_MS));
            }
            if self.events.is_empty() && self.entries.is_empty() {
                // What came while the last events were written tells of nothing newer.
                let told = std::mem::take(&mut self.told);
                self.tell_all(told);
                return Poll::Ready(Ok(()));
            }
            if !urgent
                && self.events.len() < GATHER_MAX
                && let Some(pause) = &mut self.pause
                && pause.as_mut().poll(context).is_pending()
            {
                return Poll::Pending;
            }
            self.pause = None;
            let events = Arc::new(std::mem::take(&mut self.events));
            self.log.push(Arc::clone(&events));
            let entries = std::mem::take(&mut self.entries);
            self.write = Some(Write {
                reply: self.ports.log.record(self.run, events, entries),
                told: std::mem::take(&mut self.told),
            });
        }
    }

    fn tell_all(&self, told: Vec<Update>) {
        if let Some(progress) = self.progress {
            told.into_iter().for_each(|update| progress.update(update));
        }
    }
}
