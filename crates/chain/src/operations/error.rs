//! What can go wrong with an operation.

use thiserror::Error;

use crate::client::ClientError;
use crate::outbox::OutboxError;

/// Why an operation isn't done, or a question not answered.
#[derive(Debug, Clone, Error)]
pub enum OperationError {
    /// It can't be sent, or failed.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The chain can't be asked, or refuses.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Something that can't be meant.
    #[error("{0}")]
    Input(String),
    /// The chain has no such thing.
    #[error("there is no {what} on {place}; check the number, and the chain under [chain]")]
    Unknown {
        /// What was looked for.
        what: String,
        /// Where.
        place: String,
    },
    /// A block holds our transaction, but not the event that it had to leave.
    #[error(
        "{place} has transaction {hash} in a block without the event {event}; don't trust this node, use another one"
    )]
    NoEvent {
        /// Who was asked.
        place: String,
        /// The transaction.
        hash: alloy_primitives::B256,
        /// The missing event.
        event: &'static str,
    },
}
