//! Calls that earlier runs of a process made, or may have, and that a new one would make again.

use std::collections::BTreeMap;

use daedal_core::Digest;
use daedal_core::engine::Engines;
use daedal_core::run::{Finish, RunId, finish_of, unsettled_calls};
use daedal_store::Studio;

use super::begin::spec_of;
use super::{Begun, plan_of};
use crate::failure::Failure;
use crate::home::remembered;

/// Runs that are looked at, the newest first.
const RUNS_MAX: usize = 8;

/// Calls of the runs of the process since the last one that succeeded, and which of them made them. Whoever asks for
/// everything anew is asked nothing.
pub(super) async fn made(
    studio: &Studio,
    engines: &Engines,
    begun: &Begun,
) -> Result<BTreeMap<Digest, RunId>, Failure> {
    let mut made = BTreeMap::new();
    if begun.spec.fresh {
        return Ok(made);
    }
    let own = begun.spec.id();
    let is_of_process = |run: &&daedal_store::ports::RunSummary| {
        run.run != own && spec_of(run).is_some_and(|spec| spec.process == begun.spec.process)
    };
    let failed = begun.runs.iter().filter(is_of_process);
    let failed =
        failed.take_while(|run| finish_of(run.finished.as_slice()) != Some(&Finish::Succeeded));
    for run in failed.take(RUNS_MAX) {
        // What can't be planned any more asks for other things than this run.
        let Ok((_, planned)) = plan_of(studio, run, engines).await else {
            continue;
        };
        let events = studio.log.read(run.run).await;
        let events = events.map_err(|error| remembered(&error))?;
        for call in unsettled_calls(&planned.plan, &events) {
            // Later ones may have asked only.
            made.insert(call, run.run);
        }
    }
    Ok(made)
}
