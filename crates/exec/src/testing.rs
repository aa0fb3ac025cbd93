//! Engines, plans and a rig for the tests of this crate.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daedal_core::bundle::MemoryFiles;
use daedal_core::engine::{
    DecisionOption, DecisionRequest, Determinism, Engine, EngineError, EngineSpec, Engines,
    Otherwise, Outcome, Performed, Task, TaskContext, Usage,
};
use daedal_core::plan::{self, Plan};
use daedal_core::run::{Moment, RunSpec};
use daedal_core::{Seed, UsdMicros, canonical};
use daedal_store::Studio;
use serde_json::{Value, json};

use crate::local::{LocalQueue, LocalTimers};
use crate::ports::Lane;
use crate::{Executor, Options, Ports, Workers};

type Run = dyn Fn(&Task, &TaskContext<'_>, &Counts) -> Result<Performed, EngineError> + Send + Sync;

/// How often each task (by engine and parameters) was executed.
#[derive(Clone, Default)]
pub(crate) struct Counts(Arc<Mutex<BTreeMap<String, usize>>>, Arc<Mutex<String>>);

impl Counts {
    /// Counts one execution and gives the number of it, from 1.
    pub(crate) fn add(&self, task: &Task) -> usize {
        let key = format!("{}{}{:?}", task.engine, task.params, task.seed);
        let mut counts = self.0.lock().unwrap();
        let count = counts.entry(key).or_default();
        *count += 1;
        *count
    }

    /// Puts something else behind the names that the engine `model` knows.
    pub(crate) fn put_behind(&self, what: &str) {
        what.clone_into(&mut self.1.lock().unwrap());
    }

    /// Executions of one engine.
    pub(crate) fn of(&self, engine: &str) -> usize {
        let counts = self.0.lock().unwrap();
        let own = counts.iter().filter(|(key, _)| key.starts_with(engine));
        own.map(|(_, count)| count).sum()
    }
}

struct TestEngine {
    spec: EngineSpec,
    cost: u64,
    counts: Counts,
    run: Box<Run>,
}

impl Engine for TestEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn cost_max(&self, task: &Task) -> UsdMicros {
        UsdMicros(
            self.cost
                * task
                    .params
                    .get("price")
                    .and_then(Value::as_u64)
                    .unwrap_or(1),
        )
    }

    fn behind(&self, _: &Task) -> Option<String> {
        let behind = self.counts.1.lock().unwrap();
        (self.spec.name == "model").then(|| behind.clone())
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        (self.run)(task, context, &self.counts)
    }
}

fn engine(
    counts: &Counts,
    name: &'static str,
    run: impl Fn(&Task, &TaskContext<'_>, &Counts) -> Result<Performed, EngineError>
    + Send
    + Sync
    + 'static,
) -> TestEngine {
    TestEngine {
        spec: EngineSpec {
            name,
            version: "1",
            summary: "for tests",
            determinism: Determinism::Exact,
            seeded: name == "dice",
            main_input: None,
            schema: json!({ "type": "object", "additionalProperties": true }),
            output: match name {
                "ask" => json!({ "type": "array", "items": { "type": "object" } }),
                _ => json!({ "type": "object", "additionalProperties": true }),
            },
            effect: matches!(name, "post" | "call"),
        },
        cost: u64::from(matches!(name, "pay" | "lose" | "call")),
        counts: counts.clone(),
        run: Box::new(run),
    }
}

fn done(value: Value) -> Result<Performed, EngineError> {
    Ok(Performed::Done(Outcome::free(value)))
}

/// Until told to stop, or for so long.
fn wait(task: &Task, told: impl Fn() -> bool) {
    for _ in 0..task.params["ms"].as_u64().unwrap() {
        std::thread::sleep(Duration::from_millis(1));
        if told() {
            return;
        }
    }
}

/// Engines that do what their names say.
pub(crate) fn engines(counts: &Counts) -> Engines {
    let engines = [
        engine(counts, "echo", |task, _, counts| {
            counts.add(task);
            done(task.params.clone())
        }),
        engine(counts, "dice", |task, _, counts| {
            counts.add(task);
            done(json!({ "number": task.seed.unwrap().as_u64() % 1_000 }))
        }),
        engine(counts, "paint", |task, context, counts| {
            counts.add(task);
            let asset = context.write("text/plain", &canonical::to_vec(&task.params))?;
            let mut value = asset.to_value();
            value["of"] = task.params.clone();
            done(value)
        }),
        engine(counts, "flaky", |task, _, counts| {
            let times = task.params["fails"].as_u64().unwrap();
            if counts.add(task) as u64 <= times {
                return Err(EngineError::transient("the line is busy"));
            }
            done(task.params.clone())
        }),
        engine(counts, "broken", |task, _, counts| {
            counts.add(task);
            if task.params["broken"] == json!(true) {
                return Err(EngineError::invalid("is broken"));
            }
            done(task.params.clone())
        }),
        engine(counts, "panic", |_, _, _| panic!("out of paint")),
        // The first time only.
        engine(counts, "sleep", |task, context, counts| {
            if counts.add(task) == 1 {
                wait(task, || context.check_stop().is_err());
            }
            context.check_stop()?;
            done(task.params.clone())
        }),
        // Stands in line for a while, and tells what its calls are known by.
        engine(counts, "line", |task, context, counts| {
            counts.add(task);
            context.rest(true);
            wait(task, || context.check_stop().is_err());
            context.rest(false);
            context.check_stop()?;
            done(json!({ "place": context.place.map(|place| place.to_string()) }))
        }),
        engine(counts, "stubborn", |task, _, counts| {
            counts.add(task);
            wait(task, || false);
            done(task.params.clone())
        }),
        engine(counts, "ask", |task, _, counts| {
            counts.add(task);
            let options = task.params["from"].as_array().unwrap().iter();
            Ok(Performed::Asked(DecisionRequest {
                options: options
                    .map(|value| DecisionOption {
                        value: value.clone(),
                        score: None,
                    })
                    .collect(),
                keep: 2,
                suggested: vec![2, 0, 1],
                contact_sheet: None,
                timeout_ms: task.params["timeout_ms"].as_u64(),
                otherwise: match task.params["otherwise"].as_str() {
                    Some("best") => Otherwise::Best,
                    _ => Otherwise::Fail,
                },
            }))
        }),
        engine(counts, "post", |task, _, counts| {
            counts.add(task);
            done(json!({ "posted": task.params }))
        }),
        // Calls out for so long, and pays for it whatever becomes of it.
        engine(counts, "call", |task, context, counts| {
            counts.add(task);
            let mut outcome = Outcome::free(task.params.clone());
            outcome.usage.cost = UsdMicros(task.params["price"].as_u64().unwrap());
            if task.params.get("ms").is_some() {
                wait(task, || context.check_stop().is_err());
            }
            if context.check_stop().is_err() {
                context.spend(&outcome.usage);
                return Err(EngineError::Stopped);
            }
            Ok(Performed::Done(outcome))
        }),
        // Pays each time, also for what comes to nothing.
        engine(counts, "lose", |task, context, counts| {
            let cost = UsdMicros(task.params["price"].as_u64().unwrap());
            let tokens = Some((3, 2));
            let usage = Usage {
                cost,
                tokens,
                ..Usage::default()
            };
            if counts.add(task) as u64 <= task.params["fails"].as_u64().unwrap() {
                context.spend(&usage);
                return Err(EngineError::transient("the line is dead"));
            }
            let value = task.params.clone();
            Ok(Performed::Done(Outcome { value, usage }))
        }),
        engine(counts, "say", |task, context, counts| {
            counts.add(task);
            context.tell("half of it");
            done(json!({ "followed": context.is_followed() }))
        }),
        engine(counts, "model", |task, _, counts| {
            counts.add(task);
            done(json!({ "by": *counts.1.lock().unwrap() }))
        }),
        engine(counts, "pay", |task, _, counts| {
            counts.add(task);
            let mut outcome = Outcome::free(task.params.clone());
            outcome.usage.cost = UsdMicros(task.params["price"].as_u64().unwrap());
            Ok(Performed::Done(outcome))
        }),
    ];
    Engines::new(
        engines
            .into_iter()
            .map(|engine| Arc::new(engine) as Arc<dyn Engine>),
    )
}

/// The plan of a process with these lines from `inputs:` on.
pub(crate) fn plan(text: &str) -> Plan {
    let text = format!("daedal: v1\nname: test\n{text}");
    let engines = engines(&Counts::default());
    match plan::build(
        "process.yaml",
        text.as_bytes(),
        &MemoryFiles::default(),
        &engines,
    ) {
        Ok(planned) => planned.plan,
        Err(mistakes) => panic!("{mistakes:?}\n{text}"),
    }
}

/// A run of `plan` with inputs.
pub(crate) fn spec(plan: &Plan, inputs: Value) -> RunSpec {
    RunSpec::of(plan, inputs, json!({}))
}

/// A studio in memory with workers in this process.
pub(crate) struct Rig {
    pub(crate) studio: Studio,
    pub(crate) counts: Counts,
    pub(crate) executor: Executor,
    pub(crate) queue: Arc<LocalQueue>,
    pub(crate) options: Options,
    _workers: Workers,
}

impl Rig {
    pub(crate) fn new(jobs: usize) -> Self {
        let studio = Studio::in_memory();
        let counts = Counts::default();
        let engines = engines(&counts);
        let queue = Arc::new(LocalQueue::default());
        let lane: Arc<dyn Lane> = Arc::clone(&queue) as _;
        let grace = Duration::from_millis(100);
        let workers = Workers::start_with_grace(
            &lane,
            &engines,
            &studio.blobs,
            jobs,
            grace,
            UsdMicros::default(),
        );
        let executor = Executor::new(Ports {
            log: Arc::clone(&studio.log),
            memo: Arc::clone(&studio.memo),
            blobs: Arc::clone(&studio.blobs) as _,
            queue: Arc::clone(&queue) as _,
            timers: Arc::new(LocalTimers::default()),
            engines,
        });
        Self {
            studio,
            counts,
            executor,
            queue,
            options: Options {
                jobs,
                ..Options::default()
            },
            _workers: workers,
        }
    }
}

/// A seed from a number.
pub(crate) fn seed(number: u8) -> Seed {
    Seed(daedal_core::Digest([number; 32]))
}

/// A moment from a number.
pub(crate) fn at(ms: u64) -> Moment {
    Moment(ms)
}
