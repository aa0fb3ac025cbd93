//! The `daedal` command, as people and programs meet it.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A test that can't go on fails.

mod bad;
mod economy;
mod kill;
mod kill_release;
mod people;
mod proof;
mod restore;
mod session;
mod signals;
mod studio;
mod token;
