//! Checks and measurements of the project itself: `cargo xtask tidy`, `cargo xtask bench`,
//! `cargo xtask readme`, `cargo xtask contracts`.
#![allow(clippy::print_stdout, clippy::print_stderr)] // A developer's tool speaks on the terminal.

mod bench;
mod contracts;
mod mutants;
mod readme;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

  tidy            arrows between crates, sizes of files, purity of core, links in documents
  readme          runs the README's shell blocks with a built `daedal`, in an empty directory
  contracts [--check | --test [--deep] [ARGUMENT OF FORGE...]]
                  compiles the contracts into crates/chain/artifacts; compares; runs their tests
  bench [--json FILE] [NAME...]
                  measures the release build against the targets of docs/benchmarks.md
";

/// What went wrong, ready to print.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let done = match command.as_str() {
        "tidy" => tidy::run(),
        "readme" => readme::run(),
        "contracts" => contracts::run(&rest),
        "bench" => bench::run(&rest),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The top of the checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

/// Files that git knows or would add, with this ending, relative to [`root`].
fn files(ending: &str) -> Result<Vec<PathBuf>, Failure> {
    let listed = std::process::Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()?;
    let mut found: Vec<PathBuf> = String::from_utf8(listed.stdout)?
        .lines()
        .filter(|line| line.ends_with(ending))
        .map(PathBuf::from)
        .filter(|path| root().join(path).is_file())
        .collect();
    found.sort();
    found.dedup();
    Ok(found)
}
