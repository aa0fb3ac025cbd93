//! The thread that makes blocks durable.
//!
//! While the disk is busy with some blocks, the miner goes on; what has gathered meanwhile is written
//! together, so that all of them share the price of one flush.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use super::ChainError;
use super::store::{Store, Write};
use super::view::{Codes, View, Views};

/// Blocks that share one flush at most.
const GROUP_MAX: usize = 256;

/// Something to write, and whom to tell once it is durable.
pub(super) struct Job {
    pub(super) write: Write,
    pub(super) done: Box<dyn FnOnce(Result<(), ChainError>) + Send>,
}

/// Why nothing more can be written. After a failure, memory is ahead of the disk, so the chain has
/// to be opened anew.
#[derive(Debug, Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<String>>>);

impl Failure {
    pub(super) fn reason(&self) -> Option<String> {
        let reason = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reason.clone()
    }

    pub(super) fn set(&self, error: &ChainError) {
        let mut reason = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reason.get_or_insert_with(|| error.to_string());
    }
}

/// Writes until nobody has anything to write any more.
pub(super) fn run(
    store: &Store,
    codes: &Codes,
    views: &Views,
    failure: &Failure,
    jobs: &Receiver<Job>,
) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        while group.len() < GROUP_MAX
            && let Ok(job) = jobs.try_recv()
        {
            group.push(job);
        }
        let written = match failure.reason() {
            Some(reason) => Err(ChainError::Closed {
                reason: Some(reason),
            }),
            None => store
                .write(group.iter().map(|job| &job.write))
                .and_then(|()| View::of(store, codes)),
        };
        let written = written
            .map(|view| views.push(view))
            .inspect_err(|error| failure.set(error));
        for job in group {
            (job.done)(written.clone());
        }
    }
}
