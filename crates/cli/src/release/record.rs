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
use daedal_core::receipt::Origin;
use daedal_core::record::{RunHeader, RunRecord, settings_but};
use daedal_core::run::{Event, Moment, RunId, TaskRecord, Tool, end_of, records};
use daedal_core::taken::Tracing;
use daedal_exec::{RunReport, RunStatus};
use daedal_store::Studio;
use daedal_store::ports::{Document, RunSummary};
use serde_json::Value;

use super::{caption, kept, require_success};
use crate::failure::Failure;
use crate::hint;
use crate::runs::{outputs_of, plan_of, replay};

/// Where the captions of a run's pictures are kept, with what came of them.
pub(super) const CAPTIONS: &str = "captions";

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
    let mut tasks = records(plan, &report.events);
    tasks.retain(|task| task.outcome().is_some());
    let has_succeeded = report.status == RunStatus::Succeeded;
    let closing = Closing {
        studio,
        engines,
        plan,
        events: &report.events,
        outputs: has_succeeded.then_some(&report.outputs),
    };
    let (_, _, mut documents) = closing.close(tasks, run).await?;
    if has_succeeded {
        documents.push(Document::of("outputs", key, &report.outputs));
    }
    kept::put_all(studio, documents).await
}

/// What closing the record of a run takes.
pub(super) struct Closing<'a> {
    pub(super) studio: &'a Studio,
    pub(super) engines: &'a Engines,
    pub(super) plan: &'a Plan,
    pub(super) events: &'a [Event],
    /// What the run gave, if it succeeded.
    pub(super) outputs: Option<&'a Value>,
}

impl Closing<'_> {
    /// The record of a run that is over, of whose tasks these have an outcome; and those tasks, with the captions
    /// that were drawn after them: one for each receipt.
    pub(super) async fn record(
        &self,
        mut tasks: Vec<TaskRecord>,
        run: RunId,
    ) -> Result<(RunRecord, Vec<TaskRecord>), Failure> {
        let key = run.to_string();
        let Some(known) = kept::get(self.studio, "record", &key).await? else {
            let (record, tasks, documents) = self.close(tasks, run).await?;
            kept::put_all(self.studio, documents).await?;
            return Ok((record, tasks));
        };
        let unreadable = |error| Failure::because("the run's record can't be read", &error);
        let record = serde_json::from_value(known).map_err(unreadable)?;
        if let Some(drawn) = kept::get(self.studio, CAPTIONS, &key).await? {
            let drawn = serde_json::from_value(drawn).map_err(unreadable)?;
            tasks.extend(caption::tasks(drawn, self.ended()));
        }
        Ok((record, tasks))
    }

    /// Closes the record, and gives what is kept of it.
    async fn close(
        &self,
        mut tasks: Vec<TaskRecord>,
        run: RunId,
    ) -> Result<(RunRecord, Vec<TaskRecord>, Vec<Document>), Failure> {
        let Self {
            studio, engines, ..
        } = *self;
        let key = run.to_string();
        let mut documents = Vec::new();
        if let (Some(wanted), Some(outputs)) = (&self.plan.caption, self.outputs)
            && let Some(Event::Created { spec, .. }) = self.events.first()
        {
            let wanted = (wanted, self.plan.title.as_deref());
            let drawn = caption::draw(studio, engines, wanted, spec, outputs)?;
            documents.push(Document::of(CAPTIONS, &*key, &drawn));
            tasks.extend(caption::tasks(drawn, self.ended()));
        }
        let origins = origins(studio, &tasks, run).await?;
        let (record, hashes) = made(engines, self.events, &tasks, run, &origins)?;
        documents.push(Document::of("record", &*key, &record));
        documents.push(Document::of("receipts", key, &hashes));
        Ok((record, tasks, documents))
    }

    fn ended(&self) -> Moment {
        end_of(self.events).map(Event::at).unwrap_or_default()
    }
}

/// Refuses a record that nobody could verify: its log was damaged, or another version wrote it otherwise.
pub(super) fn require_sound(record: &RunRecord, run: RunId) -> Result<(), Failure> {
    let faults = record.faults();
    let Some(fault) = faults.first() else {
        return Ok(());
    };
    let what = format!(
        "the record of run {} does not stand: {fault}",
        run.0.short()
    );
    Err(Failure::new(what).help("nothing is released of it: run the process once more, what has not changed is not made again"))
}

/// Whether the receipts of a record are those of these tasks, which have an outcome each. How well a task can be checked
/// and where an outcome was taken from stands in no log.
pub(crate) fn is_record_of(record: &RunRecord, tasks: &[TaskRecord]) -> bool {
    let mut tracing = Tracing::of(record.header.run());
    for (task, receipt) in tasks.iter().zip(&record.receipts) {
        let told = task.receipt(receipt.determinism).zip(task.outcome());
        let (Some((mut told, outcome)), Ok(intents)) = (told, intents_of(task)) else {
            return false;
        };
        told.intents = intents.iter().map(SignedIntent::name).collect();
        told.of = receipt.of;
        tracing.add(told, &task.took, &task.own_options, &outcome.value);
    }
    tasks.len() == record.receipts.len() && tracing.links().receipts() == record.receipts
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
    let outputs = match require_success(run) {
        Ok(()) => Some(outputs_of(studio, run, engines).await?),
        Err(_) => None,
    };
    let closing = Closing {
        studio,
        engines,
        plan: &planned.plan,
        events: &events,
        outputs: outputs.as_ref(),
    };
    let (record, _) = closing.record(tasks, run.run).await?;
    Ok(record)
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
    let mut tracing = Tracing::of(run.0);
    let beginnings = spec.intents.iter().cloned().map(intent_of);
    let beginnings = beginnings.collect::<Result<Vec<_>, _>>()?;
    let mut intents = beginnings.clone();
    let mut hashes = Hashes::new();
    for task in tasks {
        let determinism = engines
            .get(&task.task.engine)
            .map_or(Determinism::Attested, |engine| engine.spec().determinism);
        let Some((mut receipt, outcome)) = task.receipt(determinism).zip(task.outcome()) else {
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
        for intent in intents_of(task)? {
            receipt.intents.push(intent.name());
            intents.push(intent);
        }
        let hash = tracing.add(receipt, &task.took, &task.own_options, &outcome.value);
        let hash = Digest(hash.0);
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
        intents: beginnings.iter().map(SignedIntent::name).collect(),
    };
    let told = |of: &'static str, values: &Value| {
        settings_but(values, |name| spec.private.contains(&set_name(of, name)))
    };
    let inputs = told("inputs", &spec.inputs);
    let parameters = told("parameters", &spec.parameters);
    let intents = intents.into_iter().map(SignedIntent::published).collect();
    let record = RunRecord::close_linked(header, inputs, parameters, tracing.links(), intents);
    Ok((record, hashes))
}

/// The signed intents that decided a task, in the order in which its receipt names them.
pub(crate) fn intents_of(task: &TaskRecord) -> Result<Vec<SignedIntent>, Failure> {
    let decided = task.decision.iter().flat_map(|decision| &decision.intent);
    let signed = decided.chain(&task.edits);
    signed.cloned().map(intent_of).collect()
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
#[path = "record_tests.rs"]
mod tests;
