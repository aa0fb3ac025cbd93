//! `daedal runs`

use daedal_core::run::{Event, Moment, StepStatus, StepView};
use daedal_store::Studio;
use daedal_store::ports::RunSummary;
use serde_json::{Value, json};

use super::Common;
use crate::assemble;
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on, remembered};
use crate::runs::{Standing, find, outputs_of, plan_of, replay, spec_of, standing};
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
                Some(name) => show(&home, &studio, name, ui).await?,
                None => list(&home, &studio, ui).await?,
            }
            Ok(0)
        })
    }
}

async fn list(home: &Home, studio: &Studio, ui: Ui) -> Result<(), Failure> {
    let runs = studio
        .log
        .runs()
        .await
        .map_err(|error| remembered(&error))?;
    let engines = assemble::engines();
    let mut text = String::new();
    let mut listed = Vec::new();
    for run in &runs {
        let Some(spec) = spec_of(run) else { continue };
        let created = created(run);
        let status = standing(studio, &home.root, run, &engines).await?.word();
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
        text.push_str(&format!(
            "no runs yet: begin one with `{} run PROCESS`\n",
            hint::daedal()
        ));
    }
    ui.result(&Value::Array(listed), &text);
    Ok(())
}

async fn show(home: &Home, studio: &Studio, name: &str, ui: Ui) -> Result<(), Failure> {
    let run = find(studio, name).await?;
    let engines = assemble::engines();
    let (spec, planned) = plan_of(studio, &run, &engines).await?;
    let (state, events) = replay(studio, &planned.plan, run.run).await?;
    let status = standing(studio, &home.root, &run, &engines).await?;
    let steps: Vec<StepView> = state.steps(&planned.plan).collect();
    let outputs = match status {
        Standing::Succeeded => Some(outputs_of(studio, &run, &engines).await?),
        _ => None,
    };
    let mut text = format!(
        "run      {}\nprocess  {}\nbundle   {}\ncreated  {}\nstatus   {}\nseed     {}\n",
        run.run,
        spec.process,
        spec.bundle,
        created(&run),
        status.word(),
        spec.seed,
    );
    for (title, values) in [("inputs", &spec.inputs), ("dials", &spec.parameters)] {
        for (name, value) in values.as_object().into_iter().flatten() {
            text.push_str(&format!("{title:<8} {name} = {value}\n"));
        }
    }
    if let Some(governed) = &spec.governed {
        text.push_str(&format!(
            "governed {}: read from the chain, of work {} at block {} of eip155:{}\n         {}\n",
            governed.told(),
            governed.work,
            governed.block,
            governed.chain,
            governed.hash,
        ));
    }
    for step in &steps {
        text.push_str(&format!("step     {}\n", line(step)));
    }
    for question in state.questions() {
        text.push_str(&format!("asks     {}\n", question.task));
    }
    let lost: Vec<String> = state.lost().map(|lost| lost.task.to_string()).collect();
    for task in &lost {
        text.push_str(&format!("lost     {task}\n"));
    }
    let value = json!({
        "run": run.run, "process": spec.process, "bundle": spec.bundle, "created": created(&run),
        "status": status, "seed": spec.seed, "inputs": spec.inputs,
        "parameters": spec.parameters, "governed": spec.governed, "steps": steps, "lost": lost, "outputs": outputs, "events": events.len(),
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

/// A step, as far as it has come; a loop and a step that has not begun have no tasks to count.
fn line(step: &StepView) -> String {
    let status = match step.status {
        StepStatus::Pending => "pending",
        StepStatus::Running => "under way",
        StepStatus::Waiting => "waiting",
        StepStatus::Done => "done",
        StepStatus::Skipped => "skipped",
        StepStatus::Failed => "failed",
    };
    let mut line = format!("{:<20} {status:<9}", step.step);
    if step.tasks > 0 {
        line.push_str(&format!(" {}/{}", step.done, step.tasks));
    }
    if step.round > 0 {
        line.push_str(&format!(" round {}", step.round + 1));
    }
    if step.failed > 0 {
        line.push_str(&format!(" {} failed", step.failed));
    }
    line.trim_end().to_owned()
}
