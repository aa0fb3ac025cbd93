//! What can go wrong with the embedded chain.

use std::path::{Path, PathBuf};

use alloy_primitives::{B256, U256};
use thiserror::Error;

/// Why the chain can't do what was asked.
#[derive(Debug, Clone, Error)]
pub enum ChainError {
    /// Somebody else has it open.
    #[error(
        "another process ({holder}) has the chain in {} open; let it finish or stop it, or go \
         through its JSON-RPC address", folder.display()
    )]
    Busy {
        /// Where the chain is.
        folder: PathBuf,
        /// Process and command.
        holder: String,
    },
    /// A file can't be used.
    #[error("can't {action} {}: {message}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        message: String,
    },
    /// The database can't be used.
    #[error(
        "the chain's store failed ({message}); nothing that was acknowledged is lost: make sure that \
         the disk has room and open the chain again"
    )]
    Store {
        /// What the database says.
        message: String,
    },
    /// The files are those of another chain.
    #[error(
        "the chain in {} has the id {stored}, but {asked} is asked for; use the operator's key that \
         it was made with, or another folder", folder.display()
    )]
    OtherChain {
        /// Where the chain is.
        folder: PathBuf,
        /// Its id.
        stored: u64,
        /// The id that the caller has in mind.
        asked: u64,
    },
    /// The files are of another version of this software.
    #[error(
        "the chain in {} is written in format {found}, and this version of the software reads format \
         {expected}; use the version that made it", folder.display()
    )]
    Format {
        /// Where the chain is.
        folder: PathBuf,
        /// What is there.
        found: u64,
        /// What is understood.
        expected: u64,
    },
    /// It was closed, or stopped after a failure.
    #[error("the chain is closed{}; open it again", reason.as_ref().map(|text| format!(" since: {text}")).unwrap_or_default())]
    Closed {
        /// What stopped it, if it wasn't closed on purpose.
        reason: Option<String>,
    },
    /// A transaction is not acceptable; nothing has changed.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// A time that the clock can't be moved to.
    #[error("can't move the chain's clock by {seconds} s: the limit is {limit} s either way")]
    Time {
        /// What was asked.
        seconds: i64,
        /// Furthest from the real time.
        limit: i64,
    },
}

impl ChainError {
    pub(super) fn io(action: &'static str, path: &Path, error: &std::io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            message: error.to_string(),
        }
    }

    pub(super) fn store(error: impl Into<redb::Error>) -> Self {
        Self::Store {
            message: error.into().to_string(),
        }
    }
}

impl revm::database_interface::DBErrorMarker for ChainError {}

/// Why a transaction is not accepted. The words are those of geth, which other tools look for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The bytes are no transaction.
    #[error("can't decode the transaction: {0}")]
    Undecodable(String),
    /// The signature belongs to nobody.
    #[error("invalid sender: the signature does not verify")]
    Signature,
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {} want {chain}", signed.map_or("none".to_owned(), |id| id.to_string()))]
    OtherChain {
        /// The id in the transaction.
        signed: Option<u64>,
        /// The id of this chain.
        chain: u64,
    },
    /// Its number has been used.
    #[error("nonce too low: next nonce {next}, tx nonce {nonce}")]
    NonceTooLow {
        /// The sender's next number.
        next: u64,
        /// The transaction's.
        nonce: u64,
    },
    /// An earlier one is missing: this chain does not hold transactions back.
    #[error("nonce too high: next nonce {next}, tx nonce {nonce}; send the earlier ones first")]
    NonceTooHigh {
        /// The sender's next number.
        next: u64,
        /// The transaction's.
        nonce: u64,
    },
    /// It is in a block already.
    #[error("already known: {hash} is in block {block}")]
    Known {
        /// The transaction.
        hash: B256,
        /// Where it is.
        block: u64,
    },
    /// The sender has not got the value that it sends.
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}")]
    Funds {
        /// What the sender has, in wei.
        balance: U256,
        /// What it would need, in wei.
        cost: U256,
    },
    /// Not enough gas to begin.
    #[error("intrinsic gas too low: gas {gas}, minimum needed {needed}")]
    IntrinsicGas {
        /// The transaction's limit.
        gas: u64,
        /// What it takes at least.
        needed: u64,
    },
    /// No room in the block that was asked for.
    #[error("the block is full: {left} gas left, the transaction may use {gas}; send it again")]
    BlockFull {
        /// What is left.
        left: u64,
        /// The transaction's limit.
        gas: u64,
    },
    /// Another rule of the EVM.
    #[error("{0}")]
    Rule(String),
}
