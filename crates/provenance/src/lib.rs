//! Receipts to attestations, credentials and verification.
//!
//! One digest, three seals: a run's root stands in the credential of every asset ([`seal`]), in the
//! attestation of the run ([`attest`]), and, once a process is registered, on chain. [`verify`]
//! tells from a file alone, or with more beside it, which of that holds.
//!
//! Everything is synchronous and offline; nothing is printed. This crate is the only user of c2pa.

pub mod accounts;
mod archive;
pub mod attest;
mod belongs;
mod bound;
pub mod chain;
pub mod collection;
pub mod container;
pub mod contracts;
mod id3;
pub mod ingredients;
pub mod keys;
mod keystore;
mod line;
pub mod made_of;
pub mod manifest;
pub mod marked;
mod origin;
mod packed;
mod path;
pub mod predicate;
mod recorded;
pub mod seal;
pub mod signer;
mod source;
mod store;
mod story;
pub mod strict;
pub mod verdict;
pub mod verify;
pub mod when;
mod words;
mod xmp;

pub use accounts::{AccountError, Accounts};
pub use keys::{Account, KeyError, Keys, PASSWORD_CHARS_MIN, Password, Person};
pub use path::PathFault;
pub use seal::{SealError, SealRequest, Sealed, seal};
pub use signer::Signer;
pub use verdict::{AnchorFault, Check, Exit, LogFault, Outcome, Verdict};
pub use verify::{Given, verify};

#[cfg(test)]
mod decided_tests;
#[cfg(test)]
mod expired_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod shown_tests;
