//! The chain as its users meet it: one binary, because each links everything.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A test that can't go on fails.

mod anchor;
mod crash;
mod differential;
mod economy;
mod faults;
mod reorg;
mod scenario;
mod support;
mod wallet;
