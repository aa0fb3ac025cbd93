//! How long tasks of a process took, in the runs that the studio remembers.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use daedal_core::Digest;
use daedal_core::run::Event;
use daedal_store::Studio;
use serde_json::Value;

use crate::failure::Failure;
use crate::home::remembered;
use crate::runs::spec_of;

/// Runs that are looked at, the newest first.
const RUNS_MAX: usize = 64;

/// How long executed tasks of a step took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// What performed them.
    pub(crate) engine: String,
    /// How many.
    pub(crate) tasks: u64,
    /// The longest, in milliseconds.
    pub(crate) longest_ms: u64,
}

/// How long tasks of each step took in the latest runs of a process, by the step's path. Where another engine
/// performed a step before, that does not count.
pub(crate) async fn recorded(
    studio: &Studio,
    process: &str,
) -> Result<BTreeMap<String, Recorded>, Failure> {
    let runs = studio.log.recent(RUNS_MAX).await;
    let runs = runs.map_err(|error| remembered(&error))?;
    let mut bundles: BTreeMap<Digest, Option<Value>> = BTreeMap::new();
    let mut found: BTreeMap<String, Recorded> = BTreeMap::new();
    for run in &runs {
        let Some(spec) = spec_of(run).filter(|spec| spec.process == process) else {
            continue;
        };
        let bundle = match bundles.entry(spec.bundle) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let kept = studio.records.get("bundle", &spec.bundle.to_string()).await;
                unknown.insert(kept.map_err(|error| remembered(&error))?)
            }
        };
        let Some(bundle) = bundle else {
            continue;
        };
        let events = studio.log.read(run.run).await;
        for event in events.map_err(|error| remembered(&error))? {
            let Event::TaskDone {
                task,
                outcome,
                reused_from: None,
                ..
            } = event
            else {
                continue;
            };
            let Some(engine) = engine_of(bundle, &task.step) else {
                continue;
            };
            let own = found
                .entry(task.step.to_string())
                .or_insert_with(|| Recorded {
                    engine: engine.to_owned(),
                    tasks: 0,
                    longest_ms: 0,
                });
            // The newest run says what performs it.
            if own.engine == engine {
                own.tasks += 1;
                own.longest_ms = own.longest_ms.max(outcome.usage.elapsed_ms.max(1));
            }
        }
    }
    Ok(found)
}

/// What performs a step, by the process of a bundle.
fn engine_of<'b>(bundle: &'b Value, step: &str) -> Option<&'b str> {
    let steps = bundle.get("process")?.get("steps")?;
    let step = match step.split_once('.') {
        None => steps.get(step)?,
        Some((outer, inner)) => steps.get(outer)?.get("repeat")?.get("steps")?.get(inner)?,
    };
    step.get("uses")?.as_str()
}
