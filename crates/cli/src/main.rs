//! The `daedal` command: reads arguments, assembles the parts, and tells people what happened.

mod assemble;
mod bundles;
mod came_with;
mod chain;
mod commands;
mod decided;
mod estimate;
mod examples;
mod export;
mod failure;
mod files;
mod hint;
mod home;
mod intents;
mod keys;
mod material;
mod oversight;
mod own;
mod password;
mod plot;
mod process;
mod progress;
mod release;
mod runs;
mod settings;
mod signature;
mod story;
mod tend;
mod text;
mod ui;
mod verify;
mod votes;

use std::process::ExitCode;

use clap::Parser as _;

use commands::Cli;
use failure::{Failure, exit};

/// Assets are copied whole several times while they are sealed and verified: this one keeps what was freed for the next copy,
/// where the system's gives it back and takes it again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ui = cli.ui();
    // A panic is a bug of ours: it gets our exit code, and the message that says so.
    let done = std::panic::catch_unwind(|| commands::run(cli))
        .unwrap_or_else(|_| Err(Failure::bug("daedal stopped unexpectedly").exit(exit::BUG)));
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            ui.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}
