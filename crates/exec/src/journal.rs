//! What happened becomes durable: many events at once, one write at a time.

use std::future::poll_fn;
use std::task::{Context, Poll};

use daedal_core::Digest;
use daedal_core::run::{Event, RunId};
use daedal_store::StoreError;
use daedal_store::ports::{Log, Memo, MemoEntry, Reply};

/// Collects events while a write is under way; the next write takes all of them.
pub(crate) struct Journal<'a> {
    log: &'a dyn Log,
    memo: &'a dyn Memo,
    run: RunId,
    events: Vec<Event>,
    entries: Vec<(Digest, MemoEntry)>,
    write: Option<Reply<'a, ()>>,
    /// The first write that failed; none is tried after it, so that the log has no gap.
    failed: Option<StoreError>,
}

impl<'a> Journal<'a> {
    pub(crate) fn new(log: &'a dyn Log, memo: &'a dyn Memo, run: RunId) -> Self {
        Self {
            log,
            memo,
            run,
            events: Vec::new(),
            entries: Vec::new(),
            write: None,
            failed: None,
        }
    }

    /// Takes note of an event; it is durable after the next [`Journal::flush`] at the latest.
    pub(crate) fn add(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Takes note of an outcome for the memo.
    pub(crate) fn keep(&mut self, key: Digest, entry: MemoEntry) {
        self.entries.push((key, entry));
    }

    /// Events that no write has taken yet.
    pub(crate) fn backlog(&self) -> usize {
        self.events.len()
    }

    /// Waits until everything noted so far is durable.
    pub(crate) async fn flush(&mut self) -> Result<(), StoreError> {
        poll_fn(|context| self.poll(context)).await
    }

    /// Goes on with the writes; ready when nothing is left to write.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StoreError>> {
        if let Some(error) = &self.failed {
            return Poll::Ready(Err(error.clone()));
        }
        loop {
            let write = match &mut self.write {
                Some(write) => write,
                None if self.events.is_empty() && self.entries.is_empty() => {
                    return Poll::Ready(Ok(()));
                }
                None => {
                    let write = self.begin();
                    self.write.insert(write)
                }
            };
            let Poll::Ready(result) = write.as_mut().poll(context) else {
                return Poll::Pending;
            };
            self.write = None;
            if let Err(error) = result {
                self.failed = Some(error.clone());
                return Poll::Ready(Err(error));
            }
        }
    }

    /// The memo first: an outcome whose event was lost is found again, and not made again.
    fn begin(&mut self) -> Reply<'a, ()> {
        let (log, memo, run) = (self.log, self.memo, self.run);
        let events = std::mem::take(&mut self.events);
        let entries = std::mem::take(&mut self.entries);
        Box::pin(async move {
            if !entries.is_empty() {
                memo.put(entries).await?;
            }
            if !events.is_empty() {
                log.append(run, events).await?;
            }
            Ok(())
        })
    }
}
