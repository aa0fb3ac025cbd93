//! What a studio does on a chain: the embedded chain, the client of any chain, the outbox of signed
//! transactions, and the operations on works, anchors and editions.

pub mod client;
pub mod contracts;
pub mod deployment;
pub mod embedded;
mod http;
pub mod operations;
pub mod outbox;
pub mod proof;
pub mod rpc;
mod transport;

pub use self::client::{Client, ClientError};
pub use self::embedded::Chain;
pub use self::proof::AnchorProof;
pub use self::transport::InProcess;
