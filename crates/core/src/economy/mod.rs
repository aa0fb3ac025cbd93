//! Who is owed what: the arithmetic of shares and of works upstream.
//!
//! The contracts decide; these are the same rules as values, to see beforehand what a registration
//! comes to, and to hold the contracts against. Property tests prove the invariants here, and the
//! chain's tests lead both through the same random histories.

mod book;
#[cfg(test)]
mod properties;
mod shares;
mod stack;

pub use book::Book;
pub use shares::{Asset, Shares, SharesError};
pub use stack::{ANCESTORS_MAX, ROYALTY_MAX, Rate, STACK_MAX, Stack, StackError};
