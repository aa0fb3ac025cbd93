//! Where signed transactions are written down before they are sent.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use alloy_primitives::{Address, B256, Bytes};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An answer that has to be waited for.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, LedgerError>> + Send + 'a>>;

/// The ledger can't be written or read.
#[derive(Debug, Clone, Error)]
#[error(
    "can't keep or find the record of a transaction: {message}; nothing was sent without a record"
)]
pub struct LedgerError {
    /// What its keeper says.
    pub message: String,
}

impl LedgerError {
    /// From whatever the keeper says.
    pub fn new(error: impl fmt::Display) -> Self {
        Self {
            message: error.to_string(),
        }
    }
}

/// Keeps entries by key, durably. A studio's records do; see [`FileLedger`](super::FileLedger) for
/// the smallest implementation.
pub trait Ledger: Send + Sync {
    /// Keeps an entry, in the place of an earlier one with the same key. When it returns, the entry
    /// survives the loss of power.
    fn put(&self, entry: Entry) -> Reply<'_, ()>;
    /// The entry with this key.
    fn get<'a>(&'a self, key: &'a str) -> Reply<'a, Option<Entry>>;
    /// Every entry that is [`Stage::Signed`].
    fn unsettled(&self) -> Reply<'_, Vec<Entry>>;
}

/// A transaction that has been signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is for, such as `anchor:BATCH`, behind the id of the chain: whoever wants the same
    /// again finds this.
    pub key: String,
    /// The chain.
    pub chain_id: u64,
    /// Who signed.
    pub from: Address,
    /// Its number among the signer's transactions.
    pub nonce: u64,
    /// Keccak of the signed bytes.
    pub hash: B256,
    /// The signed bytes.
    pub raw: Bytes,
    /// How far it is.
    pub stage: Stage,
}

/// How far a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Stage {
    /// Signed; perhaps sent, perhaps in a block.
    Signed,
    /// In a block.
    Mined {
        /// Number of the block.
        block: u64,
        /// Whether it did what it was meant to.
        success: bool,
    },
    /// Another transaction has its number, so it can never happen.
    Superseded,
}
