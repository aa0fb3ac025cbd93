//! What can go wrong between a client and its chain.

use alloy_primitives::{Address, B256, Bytes};
use thiserror::Error;

/// Why a chain didn't give what it was asked for. `place` is the address of its JSON-RPC, or says
/// that it is the embedded one.
#[derive(Debug, Clone, Error)]
pub enum ClientError {
    /// Not an address that can be asked.
    #[error(
        "`{url}` is not an address of JSON-RPC over HTTP ({message}); expected something like http://127.0.0.1:8545"
    )]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        message: String,
    },
    /// Nobody answers, or the connection broke.
    #[error(
        "no answer from {place} to {method}: {message}; check the address under [chain] and that the \
         node runs, then run the same command again: it goes on where it stopped"
    )]
    Unreachable {
        /// Who was asked.
        place: String,
        /// What was asked.
        method: String,
        /// What happened.
        message: String,
    },
    /// It takes too long.
    #[error(
        "{place} has not answered {method} within {seconds} s; try again later or use another node: \
         the same command goes on where it stopped"
    )]
    Timeout {
        /// Who was asked.
        place: String,
        /// What was asked.
        method: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// It is another chain than the one that the studio is on.
    #[error(
        "{place} is chain {found}, but chain {expected} is expected; give the address of a node of \
         chain {expected}, or change `chain_id` under [chain]"
    )]
    WrongChain {
        /// Who was asked.
        place: String,
        /// The chain that the studio is on.
        expected: u64,
        /// The chain that answers.
        found: u64,
    },
    /// The answer can't be true.
    #[error(
        "{place} gave an answer to {method} that can't be right: {what}; don't trust this node, use another one"
    )]
    Lie {
        /// Who was asked.
        place: String,
        /// What was asked.
        method: String,
        /// What is wrong with the answer.
        what: String,
    },
    /// A contract refused.
    #[error("the contract refuses: {reason}")]
    Reverted {
        /// Its error in words.
        reason: String,
        /// Its error as it came.
        data: Bytes,
    },
    /// The sender has not got enough.
    #[error(
        "{account} has not got enough of the chain's coin ({message}); send some to it, then run the \
         same command again"
    )]
    Funds {
        /// Who should pay.
        account: Address,
        /// What the node says.
        message: String,
    },
    /// The node refuses.
    #[error("{place} refuses {method}: {message} (code {code})")]
    Refused {
        /// Who was asked.
        place: String,
        /// What was asked.
        method: String,
        /// Kind of error.
        code: i64,
        /// What the node says.
        message: String,
    },
    /// There is no contract where one should be.
    #[error(
        "there is no {name} at {address} on {place}; check the addresses under [chain], or deploy the \
         contracts there"
    )]
    NoContract {
        /// What should be there.
        name: &'static str,
        /// Where.
        address: Address,
        /// On which chain.
        place: String,
    },
    /// A transaction is on the chain, and failed there.
    #[error(
        "transaction {hash} failed on the chain: {reason}; nothing has changed but the sender's gas"
    )]
    Failed {
        /// The transaction.
        hash: B256,
        /// Why, as far as can be found out.
        reason: String,
    },
}
