//! Processes, and what they took.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::{Failure, root};

/// What the processes of one kind took.
#[derive(Default)]
pub(super) struct Took {
    /// From the start of each to its end.
    pub(super) wall_ms: Vec<f64>,
    /// The mean: Linux counts hundredths of a second.
    pub(super) cpu_ms: f64,
    /// The most memory that one had, as last seen before it ended.
    pub(super) peak_mb: f64,
}

/// A file of the release build.
pub(super) fn built(name: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("release").join(name)
}

/// The line of JSON that an example prints.
pub(super) fn example(name: &str, arguments: &[&str]) -> Result<Value, Failure> {
    let output = Command::new(built("examples").join(name))
        .args(arguments)
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("the example {name} failed: {}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Runs it so many times, each to its end.
pub(super) fn repeat(times: usize, command: &mut Command) -> Result<Took, Failure> {
    let mut took = Took::default();
    let before = children_cpu_ms();
    for _ in 0..times {
        let begun = Instant::now();
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let status = child.wait()?;
        took.wall_ms.push(begun.elapsed().as_secs_f64() * 1_000.0);
        if !status.success() {
            return Err(format!("{command:?} failed: {status}").into());
        }
    }
    #[allow(clippy::cast_precision_loss)] // few
    let each = times as f64;
    took.cpu_ms = (children_cpu_ms() - before) / each;
    took.peak_mb = peak_mb(command)?;
    Ok(took)
}

/// Runs it once more, and watches its memory until it ends: looking takes time.
fn peak_mb(command: &mut Command) -> Result<f64, Failure> {
    let mut child = command.spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak: f64 = 0.0;
    while child.try_wait()?.is_none() {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kb = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(kb.unwrap_or(0.0) / 1_024.0);
    }
    Ok(peak)
}

/// What all processes that this one waited for have computed.
fn children_cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(13).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        * 10.0
}
