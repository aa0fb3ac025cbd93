//! The `daedal` command, as people and programs meet it.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A test that can't go on fails.

mod addresses;
mod anew;
mod artifacts;
mod bad;
mod capital;
mod captions;
mod chains;
mod collective;
mod commissions;
mod commissions_apart;
mod damage;
mod economy;
mod editions;
mod edits;
mod export;
mod financed;
mod flags;
mod holders;
mod intents;
mod kill;
mod kill_delivery;
mod kill_release;
mod nodes;
mod people;
mod proof;
mod registering;
mod repeats;
mod restore;
mod scenario;
mod session;
mod signals;
mod studio;
mod token;
mod voting;
mod wallets;
