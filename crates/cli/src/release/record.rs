//! The record of a run: a receipt of each task, closed under one root when the run ends.
//!
//! Whoever carried the run out is named by the run's log. A record that is missing (of a command that was
//! killed between the run's end and this) is closed from the log by whoever needs it first, and comes out
//! the same.

use std::collections::BTreeMap;

use daedal_core::Digest;
use daedal_core::engine::{Determinism, Engines};
use daedal_core::intent::{SignedIntent, set_name};
use daedal_core::plan::Plan;
use daedal_core::receipt::{Links, Origin};
use daedal_core::record::{RunHeader, RunRecord, settings_but};
use daedal_core::run::{Event, RunId, TaskRecord, Tool, end_of, records};
use daedal_exec::{RunReport, RunStatus};
use daedal_store::Studio;
use daedal_store::ports::{Document, RunSummary};
use serde_json::Value;

use super::kept;
use crate::failure::Failure;
use crate::hint;
use crate::home::remembered;
use crate::runs::{plan_of, replay};

/// Hashes of a run's receipts by the key of their task: of those that were executed in it.
type Hashes = BTreeMap<Digest, Digest>;

/// This program.
pub(crate) fn tool() -> Tool {
    Tool {
        name: concat!("daedal ", env!("CARGO_PKG_VERSION")).to_owned(),
        target: env!("DAEDAL_TARGET").to_owned(),
    }
}

/// Closes the record of a run, if it is over and that has not been done, and notes what the run gave: in
/// one write.
pub(crate) async fn close(
    studio: &Studio,
    engines: &Engines,
    plan: &Plan,
    report: &RunReport,
) -> Result<(), Failure> {
    let (run, key) = (report.run, report.run.to_string());
    let is_over = !matches!(report.status, RunStatus::Waiting | RunStatus::Interrupted);
    if !is_over || kept::get(studio, "record", &key).await?.is_some() {
        return Ok(());
    }
    let events = studio.log.read(run).await;
    let events = events.map_err(|error| remembered(&error))?;
    let mut tasks = records(plan, &events);
    tasks.retain(|task| task.outcome().is_some());
    let (_, mut documents) = closed(studio, engines, &events, &tasks, run).await?;
    if report.status == RunStatus::Succeeded {
        documents.push(kept::document("outputs", &key, report.outputs.clone()));
    }
    kept::put_all(studio, documents).await
}

/// The record of a run that is over, of whose tasks these have an outcome.
pub(super) async fn of(
    studio: &Studio,
    engines: &Engines,
    events: &[Event],
    tasks: &[TaskRecord],
    run: RunId,
) -> Result<RunRecord, Failure> {
    let key = run.to_string();
    if let Some(known) = kept::get(studio, "record", &key).await? {
        return serde_json::from_value(known)
            .map_err(|error| Failure::because("the run's record can't be read", &error));
    }
    let (record, documents) = closed(studio, engines, events, tasks, run).await?;
    kept::put_all(studio, documents).await?;
    Ok(record)
}

/// The record of a run, which has to be over.
pub(crate) async fn record_of(
    studio: &Studio,
    engines: &Engines,
    run: &RunSummary,
) -> Result<RunRecord, Failure> {
    if run.finished.is_none() {
        let short = run.run.0.short();
        return Err(
            Failure::new(format!("run {short} is not over yet")).help(format!(
                "go on with it first: {} resume {short}",
                hint::daedal()
            )),
        );
    }
    let (_, planned) = plan_of(studio, run, engines).await?;
    let (_, events) = replay(studio, &planned.plan, run.run).await?;
    let mut tasks = records(&planned.plan, &events);
    tasks.retain(|task| task.outcome().is_some());
    of(studio, engines, &events, &tasks, run.run).await
}

/// The record of a run that is over, and what is kept of it.
async fn closed(
    studio: &Studio,
    engines: &Engines,
    events: &[Event],
    tasks: &[TaskRecord],
    run: RunId,
) -> Result<(RunRecord, Vec<Document>), Failure> {
    let origins = origins(studio, tasks, run).await?;
    let (record, hashes) = made(engines, events, tasks, run, &origins)?;
    let unwritable = |error| Failure::because("the run's record can't be written", &error);
    let key = run.to_string();
    let value = serde_json::to_value(&record).map_err(unwritable)?;
    let receipts = serde_json::to_value(&hashes).map_err(unwritable)?;
    let documents = vec![
        kept::document("record", &key, value),
        kept::document("receipts", &key, receipts),
    ];
    Ok((record, documents))
}

fn made(
    engines: &Engines,
    events: &[Event],
    tasks: &[TaskRecord],
    run: RunId,
    origins: &BTreeMap<RunId, Hashes>,
) -> Result<(RunRecord, Hashes), Failure> {
    let Some(Event::Created { spec, at: started }) = events.first() else {
        return Err(Failure::new(format!("run {run} has lost its beginning"))
            .help("the studio's records are damaged: restore .daedal/ from a copy"));
    };
    let mut links = Links::of(run.0);
    let beginnings = spec.intents.iter().cloned().map(intent_of);
    let beginnings = beginnings.collect::<Result<Vec<_>, _>>()?;
    let mut intents = beginnings.clone();
    let mut hashes = Hashes::new();
    for task in tasks {
        let determinism = engines
            .get(&task.task.engine)
            .map_or(Determinism::Attested, |engine| engine.spec().determinism);
        let Some(mut receipt) = task.receipt(determinism) else {
            continue;
        };
        receipt.of = task.reused_from.and_then(|origin| {
            let known = if origin == run {
                &hashes
            } else {
                origins.get(&origin)?
            };
            let receipt = known.get(&task.key)?.0.into();
            Some(Origin {
                run: origin.0,
                receipt,
            })
        });
        let signed = task
            .decision
            .as_ref()
            .and_then(|decision| decision.intent.clone());
        for signed in signed.into_iter().chain(task.edits.iter().cloned()) {
            let intent = intent_of(signed)?;
            receipt.intents.push(intent.hash());
            intents.push(intent);
        }
        let hash = Digest(links.add(receipt).0);
        match task.reused_from {
            None => drop(hashes.insert(task.key, hash)),
            // Made here before an edit, and found again.
            Some(origin) if origin == run => drop(hashes.entry(task.key).or_insert(hash)),
            Some(_) => {}
        }
    }
    let tools = tools(events);
    let ended = end_of(events);
    let header = RunHeader {
        process: spec.process.clone(),
        bundle: spec.bundle,
        inputs: Digest([0; 32]),
        parameters: Digest([0; 32]),
        seed: spec.seed,
        nonce: spec.nonce,
        started_ms: started.0,
        ended_ms: ended.map(Event::at).unwrap_or_default().0,
        tool: listed(tools.iter().map(|tool| &*tool.name)),
        target: listed(tools.iter().map(|tool| &*tool.target)),
        governed: spec.governed.clone(),
        intents: beginnings.iter().map(SignedIntent::hash).collect(),
    };
    let told = |of: &'static str, values: &Value| {
        settings_but(values, |name| spec.private.contains(&set_name(of, name)))
    };
    let inputs = told("inputs", &spec.inputs);
    let parameters = told("parameters", &spec.parameters);
    let intents = intents.into_iter().map(SignedIntent::published).collect();
    let record = RunRecord::close_linked(header, inputs, parameters, links, intents);
    Ok((record, hashes))
}

fn intent_of(signed: Value) -> Result<SignedIntent, Failure> {
    serde_json::from_value(signed)
        .map_err(|error| Failure::because("a signed decision can't be read", &error))
}

/// The programs that carried the run, in order. Logs of daedal's first days don't name any.
fn tools(events: &[Event]) -> Vec<Tool> {
    let mut tools: Vec<Tool> = Vec::new();
    for event in events {
        if let Event::CarriedBy { tool, .. } = event
            && !tools.contains(tool)
        {
            tools.push(tool.clone());
        }
    }
    if tools.is_empty() {
        tools.push(tool());
    }
    tools
}

/// Each once, in order.
fn listed<'t>(names: impl Iterator<Item = &'t str>) -> String {
    let mut list: Vec<&str> = names.collect();
    list.dedup();
    list.join(", ")
}

/// The receipts of the runs that outcomes were taken from; runs that are not over have none yet.
async fn origins(
    studio: &Studio,
    tasks: &[TaskRecord],
    run: RunId,
) -> Result<BTreeMap<RunId, Hashes>, Failure> {
    let mut origins = BTreeMap::new();
    for origin in tasks.iter().filter_map(|task| task.reused_from) {
        if origin == run || origins.contains_key(&origin) {
            continue;
        }
        let known = kept::get(studio, "receipts", &origin.to_string()).await?;
        let hashes = known.and_then(|known| serde_json::from_value(known).ok());
        origins.insert(origin, hashes.unwrap_or_default());
    }
    Ok(origins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble;
    use daedal_core::bundle::MemoryFiles;
    use daedal_core::engine::Outcome;
    use daedal_core::plan;
    use daedal_core::run::{Finish, Moment, RunSpec, TaskName};
    use serde_json::json;

    const PROCESS: &str = "daedal: v1\nname: words\nsteps:\n  say: { uses: template, with: { text: \"sea\" } }\noutputs: { say: \"{{ steps.say }}\" }\n";

    fn log(spec: &RunSpec, reused_from: Option<RunId>, tool: Option<Tool>) -> Vec<Event> {
        let task = TaskName {
            step: "say".into(),
            round: 0,
            index: 0,
        };
        let at = Moment(5);
        let mut events = vec![Event::Created {
            spec: spec.clone(),
            at,
        }];
        events.extend(tool.map(|tool| Event::CarriedBy { tool, at }));
        let (key, outcome) = (Digest([1; 32]), Outcome::free(json!("sea")));
        events.push(Event::TaskDone {
            task,
            key,
            outcome,
            reused_from,
            at,
        });
        let status = Finish::Succeeded;
        events.push(Event::Finished {
            status,
            at: Moment(9),
        });
        events
    }

    #[tokio::test]
    async fn receipts_are_closed_once_by_whoever_ran_the_tasks_and_name_their_origin() {
        let engines = assemble::engines();
        let files = MemoryFiles::default();
        let planned = plan::build("process.yaml", PROCESS.as_bytes(), &files, &engines).unwrap();
        let plan = planned.plan;
        let studio = Studio::in_memory();
        let spec = |nonce| RunSpec {
            process: plan.process.clone(),
            bundle: plan.bundle,
            inputs: json!({}),
            parameters: json!({}),
            seed: RunSpec::default_seed(&plan.bundle, &json!({}), &json!({})),
            nonce,
            fresh: false,
            earlier: Vec::new(),
            governed: None,
            intents: Vec::new(),
            private: Vec::new(),
        };
        let old = Tool {
            name: "daedal 0.0.9".into(),
            target: "toaster".into(),
        };
        let (first, second) = (spec(1), spec(2));
        let mut records = Vec::new();
        for (spec, from, tool) in [(&first, None, Some(old)), (&second, Some(first.id()), None)] {
            let run = spec.id();
            let mut events = log(spec, from, tool);
            studio.log.create(run, events.remove(0)).await.unwrap();
            studio.log.append(run, events).await.unwrap();
            let report = RunReport {
                run,
                status: RunStatus::Succeeded,
                outputs: json!({ "say": "sea" }),
                tasks: 1,
                hits: usize::from(from.is_some()),
                cost: daedal_core::UsdMicros::default(),
                worked_ms: 0,
                elapsed_ms: 0,
                skipped: Vec::new(),
                questions: Vec::new(),
            };
            close(&studio, &engines, &plan, &report).await.unwrap();
            let noted = kept::get(&studio, "outputs", &run.to_string()).await;
            assert_eq!(noted.unwrap(), Some(json!({ "say": "sea" })));
            let known = kept::get(&studio, "record", &run.to_string())
                .await
                .unwrap();
            let record: RunRecord = serde_json::from_value(known.unwrap()).unwrap();
            assert_eq!(record.faults(), []);
            records.push(record);
        }
        assert_eq!(records[0].header.tool, "daedal 0.0.9");
        assert_eq!(records[0].header.target, "toaster");
        assert_eq!(
            records[1].header.tool,
            tool().name,
            "of a log that names nobody"
        );
        let receipt = records[0].receipts[0].hash();
        let run = first.id().0;
        assert_eq!(records[1].receipts[0].of, Some(Origin { run, receipt }));
    }
}
