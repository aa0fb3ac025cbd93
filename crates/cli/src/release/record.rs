//! The record of a run: a receipt of each task, closed under one root.

use std::collections::BTreeMap;

use daedal_core::Digest;
use daedal_core::engine::{Determinism, Engines};
use daedal_core::intent::SignedIntent;
use daedal_core::receipt::{Origin, Place, Receipt};
use daedal_core::record::{RunHeader, RunRecord, settings};
use daedal_core::run::{Event, Moment, RunId, RunSpec, TaskRecord, records};
use daedal_store::Studio;
use daedal_store::ports::RunSummary;

use super::kept;
use crate::failure::Failure;
use crate::home::remembered;
use crate::runs::plan_of;

/// The record of a run that ended; made once, then read.
pub(super) async fn of(
    studio: &Studio,
    engines: &Engines,
    spec: &RunSpec,
    tasks: &[TaskRecord],
    run: &RunSummary,
) -> Result<RunRecord, Failure> {
    let key = run.run.to_string();
    if let Some(known) = kept::get(studio, "record", &key).await? {
        return serde_json::from_value(known)
            .map_err(|error| Failure::because("the run's record can't be read", &error));
    }
    let origins = origins(studio, engines, tasks).await?;
    let record = close(engines, spec, tasks, run, &origins)?;
    let value = serde_json::to_value(&record)
        .map_err(|error| Failure::because("the run's record can't be written", &error))?;
    kept::put(studio, "record", &key, value).await?;
    Ok(record)
}

/// Receipts of other runs, by the key of their task.
type Origins = BTreeMap<RunId, BTreeMap<Digest, Origin>>;

fn close(
    engines: &Engines,
    spec: &RunSpec,
    tasks: &[TaskRecord],
    run: &RunSummary,
    origins: &Origins,
) -> Result<RunRecord, Failure> {
    let mut receipts = Vec::with_capacity(tasks.len());
    let mut intents = Vec::new();
    for task in tasks {
        let Some(mut receipt) = receipt(engines, task) else {
            continue;
        };
        receipt.of = task
            .reused_from
            .and_then(|run| origins.get(&run)?.get(&task.key).copied());
        let signed = task
            .decision
            .as_ref()
            .and_then(|decision| decision.intent.clone());
        if let Some(signed) = signed {
            let intent: SignedIntent = serde_json::from_value(signed)
                .map_err(|error| Failure::because("a signed decision can't be read", &error))?;
            receipt.intents.push(intent.hash());
            intents.push(intent);
        }
        receipts.push(receipt);
    }
    let header = RunHeader {
        process: spec.process.clone(),
        bundle: spec.bundle,
        inputs: Digest([0; 32]),
        parameters: Digest([0; 32]),
        seed: spec.seed,
        nonce: spec.nonce,
        started_ms: at(Some(&run.created)).0,
        ended_ms: at(run.finished.as_ref()).0,
        tool: concat!("daedal ", env!("CARGO_PKG_VERSION")).to_owned(),
        target: env!("DAEDAL_TARGET").to_owned(),
        intents: Vec::new(),
    };
    let (inputs, parameters) = (settings(&spec.inputs), settings(&spec.parameters));
    Ok(RunRecord::close(
        header, inputs, parameters, receipts, intents,
    ))
}

fn receipt(engines: &Engines, task: &TaskRecord) -> Option<Receipt> {
    let determinism = engines
        .get(&task.task.engine)
        .map_or(Determinism::Attested, |engine| engine.spec().determinism);
    let place = Place {
        step: &task.name.step,
        round: task.round,
        index: task.index,
    };
    Some(Receipt::of_task(
        place,
        &task.task,
        task.outcome()?,
        determinism,
    ))
}

fn at(event: Option<&Event>) -> Moment {
    event.map(Event::at).unwrap_or_default()
}

/// The receipts that reused outcomes were taken from, of runs that are over: those of others can
/// still change.
async fn origins(
    studio: &Studio,
    engines: &Engines,
    tasks: &[TaskRecord],
) -> Result<Origins, Failure> {
    let mut origins = Origins::new();
    let wanted: Vec<RunId> = tasks.iter().filter_map(|task| task.reused_from).collect();
    if wanted.is_empty() {
        return Ok(origins);
    }
    let runs = studio
        .log
        .runs()
        .await
        .map_err(|error| remembered(&error))?;
    for run in runs {
        if run.finished.is_none() || !wanted.contains(&run.run) {
            continue;
        }
        let (spec, planned) = plan_of(studio, &run, engines).await?;
        let events = studio
            .log
            .read(run.run)
            .await
            .map_err(|error| remembered(&error))?;
        let mut tasks = records(&planned.plan, &events);
        tasks.retain(|task| task.outcome().is_some());
        let known = kept::get(studio, "record", &run.run.to_string()).await?;
        let record = match known.map(serde_json::from_value::<RunRecord>) {
            Some(Ok(record)) => record,
            // Its own receipts may name others; those do not change which of its receipts is which.
            _ => close(engines, &spec, &tasks, &run, &Origins::new())?,
        };
        let by_key = tasks
            .iter()
            .zip(&record.receipts)
            .map(|(task, receipt)| {
                let origin = Origin {
                    run: run.run.0,
                    receipt: receipt.hash(),
                };
                (task.key, origin)
            })
            .collect();
        origins.insert(run.run, by_key);
    }
    Ok(origins)
}
