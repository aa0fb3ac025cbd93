//! `daedal runs`

use daedal_core::run::{Event, Finish, Moment, State, fold};
use daedal_store::Studio;
use daedal_store::ports::RunSummary;
use serde_json::{Value, json};

use super::Common;
use crate::assemble;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::runs::{find, outputs_of, plan_of, spec_of};
use crate::text;
use crate::ui::Ui;

/// Lists runs, or shows one.
#[derive(Debug, clap::Args)]
pub(crate) struct Runs {
    /// First digits of the run, its process, or `latest`
    run: Option<String>,
}

impl Runs {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        block_on(async {
            let studio = home.open_to_read().await?;
            match &self.run {
                Some(name) => show(&studio, name, ui).await?,
                None => list(&studio, ui).await?,
            }
            Ok(0)
        })
    }
}

async fn list(studio: &Studio, ui: Ui) -> Result<(), Failure> {
    let runs = studio
        .log
        .runs()
        .await
        .map_err(|error| remembered(&error))?;
    let mut text = String::new();
    let mut listed = Vec::new();
    for run in &runs {
        let Some(spec) = spec_of(run) else { continue };
        let created = created(run);
        let status = status(run);
        text.push_str(&format!(
            "{}  {created}  {:<12} {}\n",
            run.run.0.short(),
            status,
            spec.process
        ));
        listed.push(json!({
            "run": run.run, "process": spec.process, "created": created, "status": status,
        }));
    }
    if runs.is_empty() {
        text.push_str("no runs yet: begin one with `daedal run PROCESS`\n");
    }
    ui.result(&Value::Array(listed), &text);
    Ok(())
}

async fn show(studio: &Studio, name: &str, ui: Ui) -> Result<(), Failure> {
    let run = find(studio, name).await?;
    let (spec, planned) = plan_of(studio, &run, &assemble::engines()).await?;
    let events = studio
        .log
        .read(run.run)
        .await
        .map_err(|error| remembered(&error))?;
    let mut state = State::new(&planned.plan);
    for event in &events {
        fold(&mut state, &planned.plan, event);
    }
    let steps: Vec<_> = state.steps(&planned.plan).collect();
    let outputs = outputs_of(studio, run.run).await?;
    let mut text = format!(
        "run      {}\nprocess  {}\nbundle   {}\ncreated  {}\nstatus   {}\nseed     {}\n",
        run.run,
        spec.process,
        spec.bundle,
        created(&run),
        status(&run),
        spec.seed,
    );
    for (title, values) in [("inputs", &spec.inputs), ("dials", &spec.parameters)] {
        for (name, value) in values.as_object().into_iter().flatten() {
            text.push_str(&format!("{title:<8} {name} = {value}\n"));
        }
    }
    for step in &steps {
        let status = serde_json::to_value(step.status).unwrap_or_default();
        text.push_str(&format!(
            "step     {:<20} {:<8} {}/{}\n",
            step.step,
            status.as_str().unwrap_or_default(),
            step.done,
            step.tasks
        ));
    }
    for question in state.questions() {
        text.push_str(&format!("asks     {}\n", question.task));
    }
    let value = json!({
        "run": run.run, "process": spec.process, "bundle": spec.bundle, "created": created(&run),
        "status": status(&run), "seed": spec.seed, "inputs": spec.inputs,
        "parameters": spec.parameters, "steps": steps, "outputs": outputs, "events": events.len(),
    });
    ui.result(&value, &text);
    Ok(())
}

fn created(run: &RunSummary) -> String {
    let at = match &run.created {
        Event::Created { at, .. } => *at,
        _ => Moment::default(),
    };
    text::moment(at)
}

fn status(run: &RunSummary) -> &'static str {
    match &run.finished {
        Some(Event::Finished { status, .. }) => match status {
            Finish::Succeeded => "succeeded",
            Finish::Failed { .. } => "failed",
            Finish::Cancelled => "cancelled",
        },
        _ => "unfinished",
    }
}
