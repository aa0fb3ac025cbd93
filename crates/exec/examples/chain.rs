//! How long a chain of trivial steps takes, first executed and then all of it cached, with a durable
//! journal. Prints a line of JSON for `REPEAT` cached runs of `LENGTH` steps:
//! `cargo run --release -p daedal-exec --example chain -- LENGTH REPEAT`.
#![allow(clippy::print_stdout, clippy::unwrap_used)] // a measurement

use std::sync::Arc;
use std::time::Instant;

use daedal_core::UsdMicros;
use daedal_core::bundle::MemoryFiles;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Engines, Outcome, Performed, Task, TaskContext,
};
use daedal_core::plan;
use daedal_core::run::{RunId, RunSpec};
use daedal_exec::local::{LocalQueue, LocalTimers};
use daedal_exec::ports::Lane;
use daedal_exec::{Executor, Options, Ports, RunReport, Workers};
use daedal_store::Studio;
use daedal_store::embedded::OpenMode;
use serde_json::json;

struct Echo(EngineSpec);

impl Engine for Echo {
    fn spec(&self) -> &EngineSpec {
        &self.0
    }

    fn run(&self, task: &Task, _: &TaskContext<'_>) -> Result<Performed, EngineError> {
        Ok(Performed::Done(Outcome::free(task.params.clone())))
    }
}

fn engines() -> Engines {
    let open = json!({ "type": "object", "additionalProperties": true });
    Engines::new([Arc::new(Echo(EngineSpec {
        name: "echo",
        version: "1",
        summary: "Gives what it takes.",
        determinism: Determinism::Exact,
        seeded: false,
        main_input: None,
        schema: open.clone(),
        output: open,
        effect: false,
    })) as Arc<dyn Engine>])
}

fn process(length: usize) -> String {
    let mut text =
        "daedal: v1\nname: chain\nsteps:\n  s0: { uses: echo, with: { n: 0 } }\n".to_owned();
    for step in 1..length {
        let with = format!("n: {step}, of: \"{{{{ steps.s{}.n }}}}\"", step - 1);
        text.push_str(&format!(
            "  s{step}: {{ uses: echo, with: {{ {with} }} }}\n"
        ));
    }
    let last = length - 1;
    text.push_str(&format!(
        "outputs: {{ n: \"{{{{ steps.s{last}.n }}}}\" }}\n"
    ));
    text
}

async fn measure(length: usize, repeat: u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    Studio::create(path).unwrap();
    let studio = Studio::open(path, OpenMode::write("chain")).await.unwrap();
    let engines = engines();
    let begun = Instant::now();
    let text = process(length);
    let planned = plan::build(
        "process.yaml",
        text.as_bytes(),
        &MemoryFiles::default(),
        &engines,
    )
    .unwrap();
    let planning = begun.elapsed();
    let queue = Arc::new(LocalQueue::default());
    let lane: Arc<dyn Lane> = Arc::clone(&queue) as _;
    let _workers = Workers::start(&lane, &engines, &studio.blobs, 2, UsdMicros::default());
    let executor = Executor::new(Ports {
        log: Arc::clone(&studio.log),
        memo: Arc::clone(&studio.memo),
        blobs: Arc::clone(&studio.blobs) as _,
        queue,
        timers: Arc::new(LocalTimers::default()),
        engines,
    });
    let run = async |nonce: u64, warm: Option<RunId>| -> (RunReport, f64) {
        let spec = RunSpec {
            nonce,
            ..RunSpec::of(&planned.plan, json!({}), json!({}))
        };
        let options = Options {
            jobs: 2,
            warm,
            ..Options::default()
        };
        let begun = Instant::now();
        let report = executor.run(&planned.plan, spec, &options).await.unwrap();
        (report, begun.elapsed().as_secs_f64() * 1_000.0)
    };
    let before = cpu_ms();
    let (first, executed) = run(0, None).await;
    let between = cpu_ms();
    let mut cached = Vec::new();
    for nonce in 1..=repeat {
        let (report, ms) = run(nonce, Some(first.run)).await;
        assert_eq!(report.hits, length);
        cached.push(ms);
    }
    #[allow(clippy::cast_precision_loss)] // few
    let cached_cpu = (cpu_ms() - between) / repeat as f64;
    let line = json!({
        "steps": length,
        "plan_ms": planning.as_secs_f64() * 1_000.0,
        "executed_ms": executed,
        "executed_cpu_ms": between - before,
        "cached_ms": cached,
        "cached_cpu_ms": cached_cpu,
    });
    println!("{line}");
    studio.close().await.unwrap();
}

/// What this process has computed so far, by Linux: its clock ticks a hundred times a second.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        * 10.0
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let length = arguments.next().map_or(100, |text| text.parse().unwrap());
    let repeat = arguments.next().map_or(5, |text| text.parse().unwrap());
    measure(length, repeat).await;
}
