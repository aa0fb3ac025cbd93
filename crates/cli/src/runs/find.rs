//! Finding a run by what a person calls it.

use daedal_core::Digest;
use daedal_core::bundle::Bundle;
use daedal_core::engine::Engines;
use daedal_core::plan::{self, Planned};
use daedal_core::run::RunSpec;
use daedal_store::Studio;
use daedal_store::ports::RunSummary;

use super::begin::spec_of;
use crate::failure::Failure;
use crate::hint;
use crate::home::remembered;

/// Digits of a run's name that are enough to look for it.
const DIGITS_MIN: usize = 4;

/// Every run of the studio, the newest first.
pub(crate) async fn all(studio: &Studio) -> Result<Vec<RunSummary>, Failure> {
    let runs = studio.log.runs().await;
    runs.map_err(|error| remembered(&error))
}

/// The run that `name` means: `latest`, the first digits of its name, or a process's newest run.
pub(crate) async fn find(studio: &Studio, name: &str) -> Result<RunSummary, Failure> {
    find_in(&all(studio).await?, name).cloned()
}

/// The same among `runs`, the newest first.
pub(crate) fn find_in<'r>(runs: &'r [RunSummary], name: &str) -> Result<&'r RunSummary, Failure> {
    let Some(newest) = runs.first() else {
        return Err(Failure::new("this studio has no runs yet")
            .help(format!("begin one with `{} run PROCESS`", hint::daedal())));
    };
    if name == "latest" {
        return Ok(newest);
    }
    let is_digits = name.len() >= DIGITS_MIN && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let matching: Vec<&RunSummary> = runs
        .iter()
        .filter(|run| is_digits && run.run.to_string().starts_with(name))
        .collect();
    match matching[..] {
        [run] => Ok(run),
        [] => newest_of(runs, name).ok_or_else(|| unknown(name)),
        _ => Err(
            Failure::new(format!("{} runs begin with {name}", matching.len())).help(format!(
                "give more digits; `{} runs` lists them",
                hint::daedal()
            )),
        ),
    }
}

fn unknown(name: &str) -> Failure {
    Failure::new(format!("there is no run `{name}`")).help(format!(
        "name a run by its first digits, by its process, or as `latest`; `{} runs` lists them",
        hint::daedal()
    ))
}

/// The newest run of a process.
pub(crate) fn newest_of<'r>(
    runs: impl IntoIterator<Item = &'r RunSummary>,
    process: &str,
) -> Option<&'r RunSummary> {
    runs.into_iter()
        .find(|run| spec_of(run).is_some_and(|spec| spec.process == process))
}

/// The plan of a run, from the files that were kept when it began.
pub(crate) async fn plan_of(
    studio: &Studio,
    run: &RunSummary,
    engines: &Engines,
) -> Result<(RunSpec, Planned), Failure> {
    let damaged = || {
        Failure::new(format!("run {} has lost its beginning", run.run))
            .help("the studio's records are damaged: restore .daedal/ from a copy")
    };
    let spec = spec_of(run).ok_or_else(damaged)?.clone();
    let planned = plan_of_bundle(studio, &spec.bundle, engines).await?;
    Ok((spec, planned.ok_or_else(damaged)?))
}

/// The plan of a version whose files the studio keeps; none where it has not got them.
pub(crate) async fn plan_of_bundle(
    studio: &Studio,
    bundle: &Digest,
    engines: &Engines,
) -> Result<Option<Planned>, Failure> {
    let kept = studio.records.get("bundle", &bundle.to_string()).await;
    let Some(kept) = kept.map_err(|error| remembered(&error))? else {
        return Ok(None);
    };
    let bundle: Bundle = serde_json::from_value(kept)
        .map_err(|error| Failure::because("the kept bundle can't be read", &error))?;
    let planned = plan::of_bundle(&bundle, &*studio.blobs, engines).map_err(Failure::from)?;
    Ok(Some(planned))
}
