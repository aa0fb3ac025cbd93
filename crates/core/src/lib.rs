//! The vocabulary of Daedal and its rules.
//!
//! Everything here is pure: no async, no I/O, no clock, no randomness. Seeds, times and random
//! values arrive as arguments; bytes arrive through [`blob::BlobRead`]. Data flows one way:
//!
//! [`process`] (what the author wrote) -> [`plan`] (the validated graph) -> [`run`] (an ordered log
//! of events, folded into a state, from which the next tasks are decided) -> [`receipt`] (what each
//! task consumed and produced) -> [`record`] (a run closed under one root).

pub mod asset;
mod behind;
pub mod blob;
pub mod bundle;
pub mod canonical;
mod decided;
pub mod digest;
pub mod disclosed;
pub mod economy;
pub mod engine;
pub mod excerpt;
pub mod expression;
mod fault;
pub mod governed;
pub mod intent;
pub mod json;
pub mod merkle;
pub mod plan;
pub mod process;
pub mod reading;
pub mod receipt;
pub mod record;
pub mod run;
mod shown;
pub mod taken;
pub mod units;

pub use asset::AssetRef;
pub use digest::Digest;
pub use governed::Governed;
pub use units::{BasisPoints, Seed, UsdMicros};
