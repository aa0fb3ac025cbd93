//! Finding a run by what a person calls it.

use daedal_core::bundle::Bundle;
use daedal_core::engine::Engines;
use daedal_core::plan::{self, Planned};
use daedal_core::run::RunSpec;
use daedal_store::Studio;
use daedal_store::ports::RunSummary;

use super::begin::spec_of;
use crate::failure::Failure;
use crate::home::remembered;

/// Digits of a run's name that are enough to look for it.
const DIGITS_MIN: usize = 4;

/// The run that `name` means: `latest`, the first digits of its name, or a process's newest run.
pub(crate) async fn find(studio: &Studio, name: &str) -> Result<RunSummary, Failure> {
    let mut runs = studio
        .log
        .runs()
        .await
        .map_err(|error| remembered(&error))?;
    if runs.is_empty() {
        return Err(
            Failure::new("this studio has no runs yet").help("begin one with `daedal run PROCESS`")
        );
    }
    if name == "latest" {
        return Ok(runs.swap_remove(0));
    }
    let is_digits = name.len() >= DIGITS_MIN && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let matching: Vec<usize> = (0..runs.len())
        .filter(|&at| is_digits && runs[at].run.to_string().starts_with(name))
        .collect();
    match matching[..] {
        [at] => Ok(runs.swap_remove(at)),
        [] => match newest_of(&runs, name).map(|found| found.run) {
            Some(run) => runs
                .into_iter()
                .find(|summary| summary.run == run)
                .ok_or_else(|| unknown(name)),
            None => Err(unknown(name)),
        },
        _ => Err(
            Failure::new(format!("{} runs begin with {name}", matching.len()))
                .help("give more digits; `daedal runs` lists them"),
        ),
    }
}

fn unknown(name: &str) -> Failure {
    Failure::new(format!("there is no run `{name}`")).help(
        "name a run by its first digits, by its process, or as `latest`; `daedal runs` lists them",
    )
}

/// The newest run of a process.
pub(crate) fn newest_of<'r>(runs: &'r [RunSummary], process: &str) -> Option<&'r RunSummary> {
    runs.iter()
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
    let kept = studio
        .records
        .get("bundle", &spec.bundle.to_string())
        .await
        .map_err(|error| remembered(&error))?
        .ok_or_else(damaged)?;
    let bundle: Bundle = serde_json::from_value(kept)
        .map_err(|error| Failure::because("the kept bundle can't be read", &error))?;
    let planned = plan::of_bundle(&bundle, &*studio.blobs, engines).map_err(Failure::from)?;
    Ok((spec, planned))
}
