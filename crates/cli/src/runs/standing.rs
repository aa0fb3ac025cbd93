//! How a run stands, from its log.

use std::path::Path;

use daedal_core::engine::Engines;
use daedal_core::plan::Plan;
use daedal_core::run::{Event, Finish, RunId, State};
use daedal_store::Studio;
use daedal_store::ports::RunSummary;

use super::plan_of;
use crate::failure::Failure;
use crate::home::remembered;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// Another process carries it on at this moment.
    Running,
    /// A person has to decide.
    Waiting,
    /// It can be resumed.
    Stopped,
    Succeeded,
    Failed,
    Cancelled,
}

impl Standing {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How a run of the studio at `root` stands.
pub(crate) async fn standing(
    studio: &Studio,
    root: &Path,
    run: &RunSummary,
    engines: &Engines,
) -> Result<Standing, Failure> {
    if let Some(Event::Finished { status, .. }) = &run.finished {
        return Ok(match status {
            Finish::Succeeded => Standing::Succeeded,
            Finish::Failed { .. } => Standing::Failed,
            Finish::Cancelled => Standing::Cancelled,
        });
    }
    let short = run.run.0.short();
    if Studio::holder(root).is_some_and(|note| note.contains(&short)) {
        return Ok(Standing::Running);
    }
    let (_, planned) = plan_of(studio, run, engines).await?;
    let (state, _) = replay(studio, &planned.plan, run.run).await?;
    Ok(match state.is_waiting() {
        true => Standing::Waiting,
        false => Standing::Stopped,
    })
}

/// The state of a run, and the events that led to it.
pub(crate) async fn replay(
    studio: &Studio,
    plan: &Plan,
    run: RunId,
) -> Result<(State, Vec<Event>), Failure> {
    let events = studio.log.read(run).await;
    let events = events.map_err(|error| remembered(&error))?;
    Ok((State::after(plan, &events), events))
}
