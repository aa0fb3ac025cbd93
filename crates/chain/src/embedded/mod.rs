//! A chain of one's own: the EVM in process, its state in one file.
//!
//! ```text
//! .daedal/chain/chain.redb   state, blocks, transactions, receipts and logs
//! .daedal/chain/lock         who has it open
//! ```
//!
//! A transaction goes through three places. The caller's thread decodes it and finds its sender; the
//! miner carries it out, in a block of its own; the writer makes the block durable, in one
//! transaction of the database. Only then is the sender told. Reads see durable blocks alone, so
//! nothing that anyone has seen is ever taken back, however the process ends.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::{B256, Bytes};
use tokio::sync::{mpsc, oneshot};

use self::lock::Lock;
use self::miner::{Command, Miner, Outcomes};
use self::store::Store;
use self::view::{Codes, Views};
use self::writer::Failure;

pub use self::call::{Call, CallError, CallOutcome};
pub use self::error::{ChainError, Rejection};
pub use self::genesis::{Genesis, chain_id_of, is_embedded};
pub use self::logs::LogsError;
pub use self::rows::{BlockRow, EntryRow};
pub use self::view::View;

pub(crate) mod block;
mod call;
mod error;
mod genesis;
mod lock;
mod logs;
mod miner;
mod rows;
mod store;
#[cfg(test)]
mod tests;
mod view;
mod writer;

/// Transactions that wait for the miner; further senders wait for their turn to queue.
const QUEUE_MAX: usize = 1024;

/// Blocks that wait for the disk; the miner waits beyond.
const UNWRITTEN_MAX: usize = 512;

/// Furthest that the chain's clock may be from the real one, either way: a hundred years.
const OFFSET_MAX: i64 = 100 * 366 * 86_400;

/// Seconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The real time.
#[must_use]
pub fn wall_clock() -> Clock {
    Arc::new(|| {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_secs())
    })
}

/// Where a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mined {
    /// The transaction.
    pub hash: B256,
    /// Number of its block.
    pub block: u64,
    /// Its place in the block.
    pub index: u32,
}

/// An embedded chain that this process has open. Clones are the same chain; it is closed when the
/// last one goes.
#[derive(Clone)]
pub struct Chain(Arc<Inner>);

struct Inner {
    chain_id: u64,
    folder: PathBuf,
    clock: Clock,
    offset: Arc<AtomicI64>,
    views: Views,
    failure: Failure,
    commands: Mutex<Option<mpsc::Sender<Command>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    // Dropped last.
    _lock: Lock,
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain")
            .field("chain_id", &self.0.chain_id)
            .field("folder", &self.0.folder)
            .finish_non_exhaustive()
    }
}

impl Chain {
    /// Whether there is a chain in `folder`.
    #[must_use]
    pub fn exists(folder: &Path) -> bool {
        folder.join("chain.redb").is_file()
    }

    /// Opens the chain in `folder` on behalf of `command`, such as `daedal register`; makes it as
    /// `genesis` says if there is none.
    pub fn open(folder: &Path, genesis: &Genesis, command: &str) -> Result<Self, ChainError> {
        Self::open_at(folder, genesis, command, wall_clock())
    }

    /// Opens the chain with another clock than the real one.
    pub fn open_at(
        folder: &Path,
        genesis: &Genesis,
        command: &str,
        clock: Clock,
    ) -> Result<Self, ChainError> {
        std::fs::create_dir_all(folder)
            .map_err(|error| ChainError::io("make the folder", folder, &error))?;
        let lock = Lock::take(folder, command)?;
        let path = folder.join("chain.redb");
        let store = Store::open(&path)?;
        match store.meta("format")? {
            None => {
                store.begin(genesis.chain_id, &block::first(genesis, clock()))?;
                flush_folder(folder)?;
            }
            Some(rows::FORMAT) => {}
            Some(found) => {
                return Err(ChainError::Format {
                    folder: folder.to_owned(),
                    found,
                    expected: rows::FORMAT,
                });
            }
        }
        let stored = store.meta("chain_id")?.unwrap_or_default();
        if stored != genesis.chain_id {
            return Err(ChainError::OtherChain {
                folder: folder.to_owned(),
                stored,
                asked: genesis.chain_id,
            });
        }
        let offset = store.meta("offset")?.unwrap_or_default().cast_signed();
        let inner = Inner::start(store, stored, (clock, offset), (folder, lock))?;
        Ok(Self(Arc::new(inner)))
    }

    /// What tells this chain from others.
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.0.chain_id
    }

    /// Everything that is durable now. A view that is kept for long keeps old pages from being used
    /// again, and the file grows.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.0.views.newest()
    }

    /// What was durable when block `number` was the newest, if that is not long ago: 64 flushes.
    #[must_use]
    pub fn view_at(&self, number: u64) -> Option<Arc<View>> {
        self.0.views.at(number)
    }

    /// The time that a call sees: of the newest block, the clock of the chain, and never before the
    /// block; of an older one, the block's own.
    #[must_use]
    pub fn time(&self, view: &View) -> u64 {
        if view.number() < self.view().number() {
            return view.head.header.timestamp;
        }
        (self.0.clock)()
            .saturating_add_signed(self.offset())
            .max(view.head.header.timestamp)
    }

    /// Seconds between the real time and the chain's clock.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.0.offset.load(Ordering::SeqCst)
    }

    /// Carries out a signed transaction in a block of its own. When this returns, it is durable.
    pub async fn send(&self, raw: &[u8]) -> Result<Mined, ChainError> {
        let signed = block::recover(raw, self.chain_id())?;
        let hash = signed.hash;
        let outcome = self.mine(vec![signed]).await?.pop();
        match outcome {
            Some(Ok(mined)) => Ok(mined),
            Some(Err(Rejection::NonceTooLow { next, nonce })) => {
                let place = self.view().transaction_place(hash)?;
                Err(place
                    .map_or(Rejection::NonceTooLow { next, nonce }, |(block, _)| {
                        Rejection::Known { hash, block }
                    })
                    .into())
            }
            Some(Err(rejection)) => Err(rejection.into()),
            None => Err(self.closed()),
        }
    }

    /// Carries out signed transactions in one block, in order; those that aren't acceptable are left
    /// out. When this returns, the block is durable.
    pub async fn mine_many(
        &self,
        raw: &[Bytes],
    ) -> Result<Vec<Result<Mined, Rejection>>, ChainError> {
        let mut signed = Vec::with_capacity(raw.len());
        let mut outcomes: Vec<Option<Rejection>> = Vec::with_capacity(raw.len());
        for bytes in raw {
            match block::recover(bytes, self.chain_id()) {
                Ok(transaction) => {
                    signed.push(transaction);
                    outcomes.push(None);
                }
                Err(rejection) => outcomes.push(Some(rejection)),
            }
        }
        let mut mined = self.mine(signed).await?.into_iter();
        outcomes
            .into_iter()
            .map(|outcome| match outcome {
                Some(rejection) => Ok(Err(rejection)),
                None => mined.next().ok_or_else(|| self.closed()),
            })
            .collect()
    }

    /// Makes a block without transactions, and gives its number.
    pub async fn mine_empty(&self) -> Result<u64, ChainError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Command::Empty { reply }).await?;
        answer.await.unwrap_or_else(|_| Err(self.closed()))
    }

    /// Moves the chain's clock by `seconds` from where it is, for blocks from now on and for good.
    /// Gives the new distance from the real time. No block is ever older than the one before it, so
    /// moving back has an effect only as far as the newest block.
    pub async fn shift_time(&self, seconds: i64) -> Result<i64, ChainError> {
        let limit = OFFSET_MAX;
        let offset = self.offset().checked_add(seconds);
        let offset = offset
            .filter(|offset| offset.abs() <= limit)
            .ok_or(ChainError::Time { seconds, limit })?;
        let (reply, answer) = oneshot::channel();
        let seconds = offset;
        self.ask(Command::Offset { seconds, reply }).await?;
        answer.await.unwrap_or_else(|_| Err(self.closed()))?;
        Ok(offset)
    }

    /// Seconds since 1970 on the real clock, to reckon offsets by.
    #[must_use]
    pub fn wall_time(&self) -> u64 {
        (self.0.clock)()
    }

    /// Closes the chain for all clones: waits until what has been accepted is durable. Whoever asks
    /// later gets an error.
    pub fn close(&self) {
        self.0.stop();
    }

    async fn mine(&self, transactions: Vec<block::Signed>) -> Result<Outcomes, ChainError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Mine {
            transactions,
            reply,
        };
        self.ask(command).await?;
        answer.await.unwrap_or_else(|_| Err(self.closed()))
    }

    async fn ask(&self, command: Command) -> Result<(), ChainError> {
        let commands = self.0.commands.lock();
        let commands = commands.unwrap_or_else(PoisonError::into_inner).clone();
        let commands = commands.ok_or_else(|| self.closed())?;
        commands.send(command).await.map_err(|_| self.closed())
    }

    fn closed(&self) -> ChainError {
        ChainError::Closed {
            reason: self.0.failure.reason(),
        }
    }
}

impl Inner {
    fn start(
        store: Store,
        chain_id: u64,
        (clock, offset): (Clock, i64),
        (folder, lock): (&Path, Lock),
    ) -> Result<Self, ChainError> {
        let codes = Codes::default();
        let views = Views::of(View::of(&store, &codes)?);
        let failure = Failure::default();
        let offset = Arc::new(AtomicI64::new(offset));
        let (commands, orders) = mpsc::channel(QUEUE_MAX);
        let (writes, jobs) = std::sync::mpsc::sync_channel(UNWRITTEN_MAX);
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(work)
                .map_err(|error| ChainError::io("start a thread for", folder, &error))
        };
        let miner = Miner::new(
            chain_id,
            (Arc::clone(&clock), Arc::clone(&offset)),
            views.clone(),
            (writes, failure.clone()),
        );
        let told = (views.clone(), failure.clone());
        let threads = vec![
            spawn("chain-miner", Box::new(move || miner.run(orders)))?,
            spawn(
                "chain-writer",
                Box::new(move || writer::run(&store, &codes, &told.0, &told.1, &jobs)),
            )?,
        ];
        Ok(Self {
            chain_id,
            folder: folder.to_owned(),
            clock,
            offset,
            views,
            failure,
            commands: Mutex::new(Some(commands)),
            threads: Mutex::new(threads),
            _lock: lock,
        })
    }

    /// Lets the threads finish: the miner when nobody can ask any more, the writer after it.
    fn stop(&self) {
        let commands = self.commands.lock();
        commands.unwrap_or_else(PoisonError::into_inner).take();
        let threads = self.threads.lock();
        let threads = std::mem::take(&mut *threads.unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            thread.join().ok();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Makes the names of new files durable.
fn flush_folder(folder: &Path) -> Result<(), ChainError> {
    let folder_and_parent = [Some(folder), folder.parent()];
    for path in folder_and_parent.into_iter().flatten() {
        std::fs::File::open(path)
            .and_then(|file| file.sync_all())
            .map_err(|error| ChainError::io("flush", path, &error))?;
    }
    Ok(())
}
