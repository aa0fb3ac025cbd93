//! A studio's memory: content-addressed blobs, the runs' logs, the memo, and its records.
//!
//! [`ports`] says what is asked of it; each adapter is a module of its own, and [`Studio`] is what
//! an adapter hands out.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod embedded;
pub mod memory;
pub mod ports;

pub use embedded::OpenMode;
pub use error::StoreError;
pub use studio::Studio;

mod error;
mod studio;
