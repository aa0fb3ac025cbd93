//! The thread that carries out transactions, one block after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::SyncSender;

use alloy_primitives::B256;
use tokio::sync::{mpsc, oneshot};

use super::block::{Draft, Signed, State};
use super::rows::BlockRow;
use super::store::{Executed, Write};
use super::view::{Durable, Views};
use super::writer::{Failure, Job};
use super::{ChainError, Clock, Mined, Rejection};

/// Accounts in memory, beyond which the miner forgets those that are durable.
const ACCOUNTS_MAX: usize = 20_000;

/// Blocks between two looks at how much is in memory.
const BLOCKS_BETWEEN_LOOKS: u64 = 1024;

/// What came of transactions that were to share a block.
pub(super) type Outcomes = Vec<Result<Mined, Rejection>>;

/// What the miner is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    /// Makes one block of these.
    Mine {
        transactions: Vec<Signed>,
        reply: oneshot::Sender<Result<Outcomes, ChainError>>,
    },
    /// Sets how far the chain's clock is from the real one.
    Offset {
        seconds: i64,
        reply: oneshot::Sender<Result<(), ChainError>>,
    },
    /// Makes a block of nothing.
    Empty {
        reply: oneshot::Sender<Result<u64, ChainError>>,
    },
}

pub(super) struct Miner {
    pub(super) chain_id: u64,
    pub(super) clock: Clock,
    pub(super) offset: Arc<AtomicI64>,
    pub(super) head: BlockRow,
    pub(super) views: Views,
    pub(super) writer: SyncSender<Job>,
    pub(super) failure: Failure,
    state: State,
}

impl Miner {
    pub(super) fn new(
        chain_id: u64,
        (clock, offset): (Clock, Arc<AtomicI64>),
        views: Views,
        (writer, failure): (SyncSender<Job>, Failure),
    ) -> Self {
        Self {
            chain_id,
            clock,
            offset,
            head: views.newest().head.clone(),
            state: State::new(Durable(views.clone())),
            views,
            writer,
            failure,
        }
    }

    /// Works until nobody can ask any more.
    pub(super) fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        while let Some(command) = commands.blocking_recv() {
            match command {
                Command::Mine {
                    transactions,
                    reply,
                } => self.mine(transactions, reply),
                Command::Offset { seconds, reply } => {
                    self.offset.store(seconds, Ordering::SeqCst);
                    self.keep(Write::Offset(seconds), (), reply);
                }
                Command::Empty { reply } => {
                    let executed = self.draft().seal();
                    let number = executed.block.header.number;
                    self.chain(executed, number, reply);
                }
            }
            if self.head.header.number.is_multiple_of(BLOCKS_BETWEEN_LOOKS) {
                self.forget();
            }
        }
    }

    fn draft(&mut self) -> Draft<'_> {
        let now = (self.clock)().saturating_add_signed(self.offset.load(Ordering::SeqCst));
        let time = now.max(self.head.header.timestamp);
        Draft::new(&mut self.state, self.chain_id, &self.head, time)
    }

    fn mine(
        &mut self,
        transactions: Vec<Signed>,
        reply: oneshot::Sender<Result<Outcomes, ChainError>>,
    ) {
        if let Some(reason) = self.failure.reason() {
            let reason = Some(reason);
            reply.send(Err(ChainError::Closed { reason })).ok();
            return;
        }
        let block = self.head.header.number + 1;
        let mut draft = self.draft();
        let mut outcomes = Vec::with_capacity(transactions.len());
        let mut index = 0;
        for signed in transactions {
            let hash: B256 = signed.hash;
            match draft.add(signed) {
                Ok(Ok(())) => {
                    outcomes.push(Ok(Mined { hash, block, index }));
                    index += 1;
                }
                Ok(Err(rejection)) => outcomes.push(Err(rejection)),
                Err(error) => {
                    // Some of the block may have been carried out in memory: begin anew.
                    self.failure.set(&error);
                    reply.send(Err(error)).ok();
                    return;
                }
            }
        }
        if draft.is_empty() {
            reply.send(Ok(outcomes)).ok();
            return;
        }
        let executed = draft.seal();
        self.chain(executed, outcomes, reply);
    }

    /// Puts a block on top, and has it written.
    fn chain<Answer: Send + 'static>(
        &mut self,
        executed: Executed,
        answer: Answer,
        reply: oneshot::Sender<Result<Answer, ChainError>>,
    ) {
        self.head = executed.block.clone();
        self.keep(Write::Block(Box::new(executed)), answer, reply);
    }

    fn keep<Answer: Send + 'static>(
        &self,
        write: Write,
        answer: Answer,
        reply: oneshot::Sender<Result<Answer, ChainError>>,
    ) {
        let done = Box::new(move |written: Result<(), ChainError>| {
            // Whoever asked may have gone; the block stands nevertheless.
            reply.send(written.map(|()| answer)).ok();
        });
        // If the writer is gone, the reply is dropped, and the asker learns that the chain is closed.
        self.writer.send(Job { write, done }).ok();
    }

    /// Empties the memory when it has grown, once all in it is durable.
    fn forget(&mut self) {
        let cache = &mut self.state.cache;
        let is_durable = self.views.newest().number() == self.head.header.number;
        if cache.accounts.len() > ACCOUNTS_MAX && is_durable {
            let hashes = std::mem::take(&mut cache.block_hashes);
            self.state = State::new(Durable(self.views.clone()));
            self.state.cache.block_hashes = hashes;
        }
    }
}
