//! Being asked to stop: what is done is kept, the exit code says by what, and the run can be resumed.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::Instant;

use crate::studio::{Studio, Told};

/// A run that is stopped by a signal while it works.
fn stopped_by(signal: &str, studio: &Studio) -> Told {
    let mut command = studio.command(&["run", "--jobs", "1", "--seed", signal]);
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = piped.spawn().unwrap();
    let patience = Instant::now();
    let is_running = || {
        let told = studio.daedal(&["runs", "--json"]);
        told.code == 0 && told.json()[0]["status"] == "running"
    };
    while !is_running() {
        assert!(
            patience.elapsed().as_secs() < 60,
            "it was never seen running"
        );
    }
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-s", signal, &pid]).status();
    assert!(sent.unwrap().success());
    child.wait_with_output().unwrap().into()
}

#[test]
fn a_run_is_stopped_cleanly_by_each_signal_that_asks_for_it() {
    let studio = Studio::tide();
    studio.edit("count: 12", "count: 1000");
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let told = stopped_by(signal, &studio).ends(code);
        assert!(
            told.err.contains("stopping: what is done is kept"),
            "{}",
            told.err
        );
        assert!(
            told.out.contains("go on with: daedal resume "),
            "{}",
            told.out
        );
        let runs = studio.daedal(&["runs", "--json"]).ends(0).json();
        assert_eq!(runs[0]["status"], "stopped");
    }
}
