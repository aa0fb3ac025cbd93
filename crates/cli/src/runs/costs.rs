//! What runs have cost.

use daedal_core::UsdMicros;
use daedal_core::run::{Event, Moment, RunId};
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
