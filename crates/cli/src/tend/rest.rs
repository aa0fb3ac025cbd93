//! Whether a run that is not over can go on, and when.

use daedal_core::engine::Engines;
use daedal_core::run::{Moment, RunId, finish_of};
use daedal_store::Studio;
use daedal_store::ports::RunSummary;

use crate::failure::Failure;
use crate::home::remembered;
use crate::runs::{plan_of, replay};

/// Runs among which those are looked for that the clock brings further, the newest first.
const RUNS_MAX: usize = 256;

/// How a run rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// It is over.
    Over,
    /// Only a person can bring it further.
    Waits,
    /// The clock does, at this time.
    Sleeps(Moment),
    /// It can go on at once.
    Ready,
}

/// The latest runs of the studio.
pub(super) async fn latest(studio: &Studio) -> Result<Vec<RunSummary>, Failure> {
    let runs = studio.log.recent(RUNS_MAX).await;
    runs.map_err(|error| remembered(&error))
}

/// How a run rests; `None` if the studio has no such run.
pub(super) async fn rest(
    studio: &Studio,
    runs: &[RunSummary],
    run: RunId,
    engines: &Engines,
) -> Result<Option<Rest>, Failure> {
    let Some(summary) = runs.iter().find(|known| known.run == run) else {
        return Ok(None);
    };
    let (_, planned) = plan_of(studio, summary, engines).await?;
    let (state, events) = replay(studio, &planned.plan, run).await?;
    let rest = match state.wakes_at() {
        _ if finish_of(&events).is_some() => Rest::Over,
        Some(at) => Rest::Sleeps(at),
        None if state.is_waiting() => Rest::Waits,
        None => Rest::Ready,
    };
    Ok(Some(rest))
}
