//! What runs have cost.

use std::collections::BTreeMap;

use daedal_core::UsdMicros;
use daedal_core::run::{Event, Moment, RunId, TaskName};
use daedal_store::Studio;

use super::begin::spec_of;
use crate::failure::Failure;
use crate::home::remembered;

/// What a run has cost.
pub(crate) struct Cost {
    pub(crate) run: RunId,
    /// When it began.
    pub(crate) at: Moment,
    pub(crate) cost: UsdMicros,
}

/// Runs of a process in this studio and what each has cost, the newest first.
pub(crate) async fn costs(studio: &Studio, process: &str) -> Result<Vec<Cost>, Failure> {
    let runs = studio
        .log
        .runs()
        .await
        .map_err(|error| remembered(&error))?;
    let mut costs = Vec::new();
    for run in &runs {
        if spec_of(run).is_none_or(|spec| spec.process != process) {
            continue;
        }
        let at = match &run.created {
            Event::Created { at, .. } => *at,
            _ => Moment::default(),
        };
        let events = studio.log.read(run.run).await;
        let events = events.map_err(|error| remembered(&error))?;
        let cost = events.iter().map(cost_of);
        costs.push(Cost {
            run: run.run,
            at,
            cost: cost.fold(UsdMicros::default(), UsdMicros::saturating_add),
        });
    }
    Ok(costs)
}

/// The most that a run has cost by its log, whatever became of it: what is known, what calls cost that got lost, and what
/// those may that have no end.
pub(crate) fn cost_max(events: &[Event]) -> UsdMicros {
    let mut announced: BTreeMap<&TaskName, UsdMicros> = BTreeMap::new();
    let mut sum = UsdMicros::default();
    for event in events {
        sum = sum.saturating_add(cost_of(event));
        match event {
            Event::EffectStarted { task, cost_max, .. } => {
                announced.insert(task, *cost_max);
            }
            Event::EffectLost { task, cost_max, .. } => {
                announced.remove(task);
                sum = sum.saturating_add(*cost_max);
            }
            Event::TaskDone { task, .. } | Event::TaskFailed { task, .. } => {
                announced.remove(task);
            }
            _ => {}
        }
    }
    announced.into_values().fold(sum, UsdMicros::saturating_add)
}

/// What an event says that was spent; reused outcomes are free, and attempts that failed are not.
fn cost_of(event: &Event) -> UsdMicros {
    match event {
        Event::TaskDone {
            outcome,
            reused_from: None,
            ..
        } => outcome.usage.cost,
        Event::TaskFailed { spent, .. } => spent.cost,
        _ => UsdMicros::default(),
    }
}

#[cfg(test)]
mod tests {
    use daedal_core::Digest;
    use daedal_core::engine::{EngineError, Outcome, Usage};
    use serde_json::json;

    use super::*;

    #[test]
    fn what_has_no_end_counts_with_the_most_that_it_costs() {
        let task = |index| TaskName {
            step: "say".into(),
            round: 0,
            index,
        };
        let at = Moment(1);
        let usage = |cost| Usage {
            cost: UsdMicros(cost),
            ..Usage::default()
        };
        let started = |index| Event::EffectStarted {
            task: task(index),
            attempt: 1,
            cost_max: UsdMicros(100),
            at,
        };
        let done = |index, cost, reused_from| Event::TaskDone {
            task: task(index),
            key: Digest::of(b"say"),
            outcome: Outcome {
                value: json!({}),
                usage: usage(cost),
            },
            reused_from,
            at,
        };
        let mut events: Vec<Event> = (0..4).map(started).collect();
        events.push(done(0, 3, None));
        events.push(done(9, 5, Some(RunId(Digest::of(b"other")))));
        events.push(Event::TaskFailed {
            task: task(1),
            attempt: 1,
            error: EngineError::invalid("is wrong"),
            spent: usage(10),
            at,
        });
        events.push(Event::EffectLost {
            task: task(2),
            attempt: 1,
            cost_max: UsdMicros(40),
            before: None,
            at,
        });
        assert_eq!(cost_max(&events), UsdMicros(3 + 10 + 40 + 100));
    }
}
