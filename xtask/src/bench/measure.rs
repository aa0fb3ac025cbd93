//! What is measured.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::child::{Took, built, example, repeat};
use crate::{Failure, root};

/// Something measured many times.
pub(super) struct Figure {
    pub(super) what: &'static str,
    pub(super) unit: &'static str,
    /// At most this, where there is a target.
    pub(super) target: Option<f64>,
    /// In order of size; there is at least one.
    pub(super) samples: Vec<f64>,
}

impl Figure {
    pub(super) fn new(
        what: &'static str,
        unit: &'static str,
        target: Option<f64>,
        mut samples: Vec<f64>,
    ) -> Self {
        samples.sort_by(f64::total_cmp);
        Self {
            what,
            unit,
            target,
            samples,
        }
    }

    pub(super) fn median(&self) -> f64 {
        self.samples
            .get(self.samples.len() / 2)
            .copied()
            .unwrap_or(f64::NAN)
    }

    pub(super) fn least(&self) -> f64 {
        self.samples.first().copied().unwrap_or(f64::NAN)
    }

    /// The median as a share of the target: it is met up to 1.
    pub(super) fn ratio(&self) -> Option<f64> {
        self.target.map(|target| self.median() / target)
    }
}

/// Chains of trivial steps inside one process, with a durable journal.
pub(super) fn chain() -> Result<Vec<Figure>, Failure> {
    let hundred = example("chain", &["100", "100"])?;
    let thousand = example("chain", &["1000", "30"])?;
    let most = example("chain", &["10000", "15"])?;
    let cached =
        |line: &Value, what, target| Figure::new(what, "ms", target, numbers(line, "cached_ms"));
    let one = |what, unit, target, value| Figure::new(what, unit, target, vec![value]);
    let hundreds = cached(&hundred, "100 steps cached, in process", Some(3.0));
    let thousands = cached(&thousand, "1,000 steps cached, in process", None);
    let mosts = cached(&most, "10,000 steps cached, in process", Some(250.0));
    let growth = mosts.least() / thousands.least();
    let executed = number(&most, "executed_cpu_ms") / 10_000.0 * 1_000.0;
    Ok(vec![
        hundreds,
        one(
            "  CPU of it, mean",
            "ms",
            None,
            number(&hundred, "cached_cpu_ms"),
        ),
        thousands,
        mosts,
        one(
            "  CPU of it, mean",
            "ms",
            None,
            number(&most, "cached_cpu_ms"),
        ),
        one(
            "  least of 10,000 to least of 1,000",
            "x",
            Some(12.0),
            growth,
        ),
        one(
            "a step executed in process, CPU",
            "us",
            Some(50.0),
            executed,
        ),
        one(
            "10,000 steps read and planned",
            "ms",
            None,
            number(&most, "plan_ms"),
        ),
    ])
}

/// Calls of the command, each a process of its own.
pub(super) fn cli() -> Result<Vec<Figure>, Failure> {
    let daedal = built("daedal");
    let studio = Scratch::new()?;
    std::fs::write(studio.0.join("daedal.toml"), "")?;
    std::fs::write(studio.0.join("process.yaml"), process(100))?;
    let run = || {
        let mut command = Command::new(&daedal);
        command.arg("run").current_dir(&studio.0);
        command
    };
    let first = repeat(1, &mut run())?;
    let again = repeat(60, &mut run())?;
    let version = repeat(60, Command::new(&daedal).arg("--version"))?;
    let cpu = |took: &Took| Figure::new("  CPU of it, mean", "ms", None, vec![took.cpu_ms]);
    let again_cpu = cpu(&again);
    Ok(vec![
        Figure::new(
            "`daedal run`, 100 steps executed",
            "ms",
            None,
            first.wall_ms,
        ),
        Figure::new(
            "`daedal run`, 100 steps cached",
            "ms",
            Some(20.0),
            again.wall_ms,
        ),
        again_cpu,
        Figure::new("  peak memory of it", "MB", Some(40.0), vec![again.peak_mb]),
        Figure::new("`daedal --version`", "ms", Some(20.0), version.wall_ms),
    ])
}

/// Durable transactions of the embedded chain, beside anvil where it is named.
pub(super) fn mint() -> Result<Vec<Figure>, Failure> {
    let anvil = std::env::var("DAEDAL_ANVIL").ok();
    let arguments: Vec<&str> = std::iter::once("6400").chain(anvil.as_deref()).collect();
    let line = example("throughput", &arguments)?;
    let each = |what, name, target| {
        let us = 1_000_000.0 / number(&line, name);
        Figure::new(what, "us", target, vec![us])
    };
    let ms = |what, name, target| Figure::new(what, "ms", target, vec![number(&line, name)]);
    let mut figures = vec![
        each(
            "a mint, durable, a block each",
            "mints_per_s",
            Some(1_000.0),
        ),
        each("  from one sender", "mints_per_s_one_sender", None),
        each(
            "a mint in blocks of 200",
            "mints_per_s_in_blocks_of_200",
            Some(285.0),
        ),
        Figure::new(
            "  CPU of it",
            "us",
            None,
            vec![number(&line, "block_mint_cpu_us")],
        ),
        each("`eth_call` in process", "calls_per_s", Some(20.0)),
        ms("10,000 blocks opened", "open_ms", Some(50.0)),
        ms("  after `kill -9`", "open_after_kill_ms", None),
    ];
    if anvil.is_some() {
        let ratio = 1.0 / number(&line, "times_anvil");
        let what = "a mint, to one of anvil over HTTP";
        figures.push(Figure::new(what, "x", Some(1.0 / 3.0), vec![ratio]));
    }
    Ok(figures)
}

/// A PNG of 1 MiB and its credential.
pub(super) fn seal() -> Result<Vec<Figure>, Failure> {
    let line = example("seal", &["100"])?;
    let sealed = numbers(&line, "sealed_and_read_back_ms");
    let added = number(&line, "added") / 1_024.0;
    let of_run = numbers(&line, "run_verified_ms");
    let with_intents = numbers(&line, "run_with_intents_verified_ms");
    let least = |figures: &[f64]| figures.iter().copied().fold(f64::INFINITY, f64::min);
    let each = (least(&with_intents) - least(&of_run)) / number(&line, "intents");
    Ok(vec![
        Figure::new(
            "a piece and its run of 1,000 receipts verified",
            "ms",
            Some(25.0),
            of_run,
        ),
        Figure::new("  each intent beside it", "ms", Some(0.3), vec![each]),
        Figure::new(
            "a site of 1,000 pieces of one run verified, all cores",
            "ms",
            None,
            numbers(&line, "site_verified_ms"),
        ),
        Figure::new("1 MiB PNG sealed and read back", "ms", Some(5.0), sealed),
        Figure::new("  bytes added to it", "KB", Some(5.5), vec![added]),
        Figure::new(
            "1 MiB PNG verified",
            "ms",
            None,
            numbers(&line, "verified_ms"),
        ),
    ])
}

/// A sketch of which drawing is most.
pub(super) fn sketch() -> Result<Vec<Figure>, Failure> {
    let folder = Scratch::new()?;
    let out = folder.0.join("shapes.png").to_string_lossy().into_owned();
    let script = "crates/engines/examples/shapes.js";
    let size = ["--width", "1200", "--height", "1600"];
    let arguments = [&[script, "--repeat", "30", "-o", &out][..], &size].concat();
    let line = example("sketch", &arguments)?;
    let drawn = numbers(&line, "drawn_ms");
    Ok(vec![Figure::new(
        "2,000 shapes at 1200 x 1600",
        "ms",
        Some(80.0),
        drawn,
    )])
}

/// A chain of templates.
fn process(length: usize) -> String {
    let mut text = "daedal: v1\nname: chain\nsteps:\n".to_owned();
    for step in 0..length {
        let data = match step.checked_sub(1) {
            Some(before) => format!(", data: {{ of: \"{{{{ steps.s{before} }}}}\" }}"),
            None => String::new(),
        };
        text += &format!("  s{step}: {{ uses: template, with: {{ text: \"{step}\"{data} }} }}\n");
    }
    let last = length.saturating_sub(1);
    text + &format!("outputs: {{ end: \"{{{{ steps.s{last} }}}}\" }}\n")
}

fn number(line: &Value, name: &str) -> f64 {
    line[name].as_f64().unwrap_or(f64::NAN)
}

fn numbers(line: &Value, name: &str) -> Vec<f64> {
    let all = line[name].as_array().into_iter().flatten();
    all.filter_map(Value::as_f64).collect()
}

/// A directory that goes when it is not needed any more. It is beside the build: where temporary
/// files live in memory, durability costs nothing.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Failure> {
        let path = root().join(format!("target/bench-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
