//! What can go wrong with sending.

use alloy_primitives::{Address, B256};
use thiserror::Error;

use super::LedgerError;
use crate::client::ClientError;

/// Why a transaction is not on the chain, or not known to be.
#[derive(Debug, Clone, Error)]
pub enum OutboxError {
    /// Gas costs more than is allowed.
    #[error(
        "a unit of gas costs {} gwei now, and `max_fee` under [chain] allows {}: run the same command again \
         when it is cheaper, or raise it; nothing was signed",
        gwei(*needed), gwei(*most)
    )]
    Fee {
        /// Base fee and tip, in wei.
        needed: u128,
        /// What is allowed, in wei.
        most: u128,
    },
    /// The chain refuses, or doesn't answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It can't be written down.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It can't be signed.
    #[error("can't sign with the key of {account}: {message}")]
    Signing {
        /// Whose key.
        account: Address,
        /// What the signer says.
        message: String,
    },
    /// It was sent, and is not in a block yet, or not in one that is deep enough.
    #[error(
        "transaction {hash} ({key}) is {} after {seconds} s; it is written down: run the same command again \
         to go on waiting, nothing is sent twice",
        depth.map_or_else(|| "not in a block".to_owned(), |depth| depth.to_string())
    )]
    Waiting {
        /// What it is for.
        key: String,
        /// The transaction.
        hash: B256,
        /// How long it was waited for.
        seconds: u64,
        /// Where it was seen last; in no block if absent.
        depth: Option<Depth>,
    },
    /// Its fee is too low for the chain at the moment.
    #[error(
        "the fee of transaction {hash} ({key}) is too low for the chain now ({message}); it is \
         written down: run the same command again when fees have fallen, or send a transaction with \
         number {nonce} and a higher fee from your wallet to take its place"
    )]
    Underpriced {
        /// What it is for.
        key: String,
        /// The transaction.
        hash: B256,
        /// Its number.
        nonce: u64,
        /// What the node says.
        message: String,
    },
    /// Somebody else signs with the same key.
    #[error(
        "other transactions of {account} took the place of this one {attempts} times; use the key in \
         one place at a time, then run the same command again"
    )]
    Overtaken {
        /// Whose key.
        account: Address,
        /// How often.
        attempts: usize,
    },
    /// The record is of a transaction that the chain has in a block no more.
    #[error(
        "the record says that {key} is in block {block} as transaction {hash}, but {place} does not \
         know it; the node is not in step, or the chain was made anew: ask another node"
    )]
    Vanished {
        /// What it is for.
        key: String,
        /// The transaction.
        hash: B256,
        /// Where it was.
        block: u64,
        /// Who was asked.
        place: String,
    },
}

/// How deep in the chain a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Its block.
    pub block: u64,
    /// Blocks on it, its own counted.
    pub confirmations: u64,
    /// How many there have to be.
    pub needed: u64,
}

impl Depth {
    /// Whether that is enough.
    #[must_use]
    pub fn is_enough(self) -> bool {
        self.confirmations >= self.needed
    }
}

impl std::fmt::Display for Depth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            block,
            confirmations,
            needed,
        } = self;
        write!(
            f,
            "in block {block}, with {confirmations} of {needed} confirmations"
        )
    }
}

fn gwei(wei: u128) -> String {
    let text = alloy_primitives::utils::format_units(wei, "gwei").unwrap_or_default();
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
