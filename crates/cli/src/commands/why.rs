//! `daedal why`

use daedal_core::plan::Plan;
use daedal_core::process::suggestion;
use daedal_core::run::{StepStatus, TaskRecord, explain, records};
use daedal_store::Studio;
use daedal_store::ports::RunSummary;
use serde_json::{Value, json};

use super::Common;
use crate::assemble;
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on};
use crate::runs;
use crate::ui::Ui;

/// Says why a step (without one: each step) ran again: which part of its memo key changed since the previous run.
#[derive(Debug, clap::Args)]
pub(crate) struct Why {
    /// First digits of the run, its process, or `latest`
    run: String,
    /// The step, such as `draft` or `polish.revise`
    step: Option<String>,
}

impl Why {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        let engines = assemble::engines();
        block_on(async {
            let studio = home.open_to_read().await?;
            let all = runs::all(&studio).await?;
            let run = runs::find_in(&all, &self.run)?;
            let (spec, planned) = runs::plan_of(&studio, run, &engines).await?;
            let current = match &self.step {
                Some(step) => of_step(&studio, &planned.plan, run, step).await?,
                None => read(&studio, &planned.plan, run).await?,
            };
            let earlier = all.iter().skip_while(|other| other.run != run.run).skip(1);
            let previous = match runs::newest_of(earlier, &spec.process) {
                Some(previous) => {
                    let (_, plan) = runs::plan_of(&studio, previous, &engines).await?;
                    let records = read(&studio, &plan.plan, previous).await?;
                    Some((previous.run, records))
                }
                None => None,
            };
            let mut text = String::new();
            let mut listed = Vec::new();
            for task in &current {
                let before = previous
                    .as_ref()
                    .and_then(|(_, records)| records.iter().find(|other| other.name == task.name));
                let (line, value) = told(task, before, previous.is_some(), spec.fresh);
                text.push_str(&line);
                listed.push(value);
            }
            let value = json!({
                "run": run.run,
                "previous": previous.map(|(run, _)| run),
                "step": self.step,
                "tasks": listed,
            });
            ui.result(&value, &text);
            Ok(0)
        })
    }
}

async fn read(studio: &Studio, plan: &Plan, run: &RunSummary) -> Result<Vec<TaskRecord>, Failure> {
    let (_, events) = runs::replay(studio, plan, run.run).await?;
    let mut tasks = records(plan, &events);
    tasks.retain(|record| record.edits.is_empty());
    Ok(tasks)
}

async fn of_step(
    studio: &Studio,
    plan: &Plan,
    run: &RunSummary,
    step: &str,
) -> Result<Vec<TaskRecord>, Failure> {
    let known = plan.nodes.iter().map(|node| &*node.path);
    let Some(id) = known.clone().position(|path| path == step) else {
        return Err(
            Failure::new(format!("{} has no step `{step}`", plan.process))
                .help(suggestion(step, known)),
        );
    };
    let (state, events) = runs::replay(studio, plan, run.run).await?;
    let mut found = records(plan, &events);
    found.retain(|record| &*record.name.step == step && record.edits.is_empty());
    if !found.is_empty() {
        return Ok(found);
    }
    let inner: Vec<&str> = known
        .filter(|path| {
            path.strip_prefix(step)
                .is_some_and(|rest| rest.starts_with('.'))
        })
        .collect();
    Err(if !inner.is_empty() {
        Failure::new(format!("`{step}` is a loop: its steps have the tasks"))
            .help(format!("ask about one of them: {}", inner.join(", ")))
    } else if state.step(plan, id).status == StepStatus::Skipped {
        Failure::new(format!("`{step}` was skipped in this run"))
            .help("its `when` was false, or nothing came of what it takes")
    } else {
        Failure::new(format!("`{step}` has no tasks in this run yet")).help(format!(
            "`{} runs RUN` shows how far the run has come",
            hint::daedal()
        ))
    })
}

fn told(
    task: &TaskRecord,
    before: Option<&TaskRecord>,
    again: bool,
    fresh: bool,
) -> (String, Value) {
    let key = task.key.short();
    let (verdict, changes) = match (task.reused_from, before) {
        (Some(run), _) => (format!("reused from run {}", run.0.short()), Vec::new()),
        (None, None) if !again => (
            "executed: this is the first run of the process".to_owned(),
            Vec::new(),
        ),
        (None, None) => (
            "executed: the previous run of the process has no such task".to_owned(),
            Vec::new(),
        ),
        (None, Some(before)) => {
            let changes = explain(before, task);
            let verdict = match (changes.is_empty(), fresh) {
                (false, _) => "executed, because this changed since the previous run:",
                (true, true) => "executed again, because of --fresh: its key is the same",
                (true, false) => {
                    "executed, though its key is the same: the previous run had no outcome for it"
                }
            };
            (verdict.to_owned(), changes)
        }
    };
    let mut text = format!("{} (key {key}) {verdict}\n", task.name);
    for change in &changes {
        text.push_str(&format!("  {change}\n"));
    }
    let value = json!({
        "task": task.name.to_string(),
        "key": task.key,
        "reused_from": task.reused_from,
        "verdict": verdict,
        "changes": changes,
    });
    (text, value)
}
