//! Carrying a run on in this process, and telling what became of it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use daedal_core::engine::Engines;
use daedal_core::plan::Plan;
use daedal_core::run::{RunId, RunSpec};
use daedal_exec::local::{LocalQueue, LocalTimers};
use daedal_exec::{Executor, Options, Ports, RunReport, RunStatus, Stop, Workers};
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde_json::{Value, json};

use super::{find, outputs};
use crate::failure::{Failure, exit};
use crate::home::{Home, remembered};
use crate::progress::{self, Show};
use crate::release;
use crate::text;
use crate::ui::Ui;

/// How often the wish of another process to cancel the run is looked for.
const WISH_POLL: Duration = Duration::from_millis(500);

/// The coordinator and the workers of this process.
pub(crate) struct Carrier<'a> {
    studio: &'a Studio,
    executor: Executor,
    engines: Engines,
    jobs: usize,
    _workers: Workers,
}

impl<'a> Carrier<'a> {
    /// Starts `jobs` workers. Needs a runtime.
    pub(crate) fn start(studio: &'a Studio, engines: Engines, jobs: usize) -> Self {
        let queue = Arc::new(LocalQueue::default());
        let lane: Arc<dyn daedal_exec::ports::Lane> = Arc::clone(&queue) as _;
        let workers = Workers::start(&lane, &engines, &studio.blobs, jobs);
        let executor = Executor::new(Ports {
            log: Arc::clone(&studio.log),
            memo: Arc::clone(&studio.memo),
            blobs: Arc::clone(&studio.blobs) as _,
            queue,
            timers: Arc::new(LocalTimers::default()),
            engines: engines.clone(),
        });
        Self {
            studio,
            executor,
            engines,
            jobs,
            _workers: workers,
        }
    }

    /// The coordinator itself.
    pub(crate) fn executor(&self) -> &Executor {
        &self.executor
    }

    /// Carries a run on to its end, or until only a person can bring it further. Ctrl-C stops it
    /// cleanly; a second one at once.
    pub(crate) async fn carry(
        &self,
        home: &Home,
        plan: &Plan,
        spec: RunSpec,
        show: Show,
        ui: Ui,
    ) -> Result<RunReport, Failure> {
        let run = spec.id();
        let stop = Stop::default();
        tokio::spawn(stop_on_interrupt(stop.clone(), ui));
        let wish = tokio::spawn(cancel_on_wish(home.root.clone(), run, stop.clone()));
        let progress = progress::start(show, ui);
        let options = Options {
            jobs: self.jobs,
            tool: Some(release::tool()),
            warm: self.newest_before(&spec).await?,
            stop: stop.clone(),
            progress: Some(progress.sink()),
        };
        let carried = self.executor.run(plan, spec, &options).await;
        wish.abort();
        progress.finish();
        // What follows has no half-way: from here on the first Ctrl-C ends the command at once.
        stop.request();
        let report = carried.map_err(|error| Failure::new(error.to_string()))?;
        if !matches!(report.status, RunStatus::Waiting | RunStatus::Interrupted) {
            Studio::forget_to_cancel(&home.root, run);
        }
        release::close(self.studio, &self.engines, plan, report.run).await?;
        if report.status == RunStatus::Succeeded {
            self.keep_outputs(&report).await?;
        }
        Ok(report)
    }

    /// The run whose outcomes are probably needed again.
    async fn newest_before(&self, spec: &RunSpec) -> Result<Option<RunId>, Failure> {
        if spec.fresh {
            return Ok(None);
        }
        let runs = self
            .studio
            .log
            .runs()
            .await
            .map_err(|error| remembered(&error))?;
        let others: Vec<_> = runs
            .into_iter()
            .filter(|run| run.run != spec.id())
            .collect();
        Ok(find::newest_of(&others, &spec.process).map(|run| run.run))
    }

    async fn keep_outputs(&self, report: &RunReport) -> Result<(), Failure> {
        let document = Document {
            kind: "outputs".to_owned(),
            key: report.run.to_string(),
            value: report.outputs.clone(),
        };
        self.studio
            .records
            .put(vec![document])
            .await
            .map_err(|error| remembered(&error))
    }
}

/// Asks the run to stop at the first Ctrl-C; ends the command at the next, or at once when no run is
/// under way. Lives as long as the command: whoever listens once is asked for ever.
async fn stop_on_interrupt(stop: Stop, ui: Ui) {
    while tokio::signal::ctrl_c().await.is_ok() {
        if stop.is_requested() {
            // Everything recorded is durable already; what is lost is work under way.
            std::process::exit(exit::INTERRUPTED.into());
        }
        stop.request();
        ui.note("stopping: what is done is kept (Ctrl-C again to stop at once)");
    }
}

/// Cancels the run when another process asks for that: see [`Studio::ask_to_cancel`].
async fn cancel_on_wish(root: PathBuf, run: RunId, stop: Stop) {
    while !Studio::is_asked_to_cancel(&root, run) {
        tokio::time::sleep(WISH_POLL).await;
    }
    stop.cancel();
}

/// The exit code that says how the run stands.
pub(crate) fn code_of(status: &RunStatus) -> u8 {
    match status {
        RunStatus::Succeeded => 0,
        RunStatus::Failed { .. } | RunStatus::Cancelled => exit::USER,
        RunStatus::Waiting => exit::WAITING,
        RunStatus::Interrupted => exit::INTERRUPTED,
    }
}

/// Writes what the run gave, tells how it stands, and gives the exit code.
pub(crate) fn conclude(
    home: &Home,
    studio: &Studio,
    plan: &Plan,
    report: &RunReport,
    ui: Ui,
    events: bool,
) -> Result<u8, Failure> {
    let files = match report.status {
        RunStatus::Succeeded => outputs::write(
            studio,
            &home.root,
            &plan.process,
            report.run,
            &report.outputs,
        )?,
        _ => Vec::new(),
    };
    let sheets = contact_sheets(home, studio, report)?;
    let value = to_json(report, &files, &sheets);
    if events {
        ui.event(&json!({ "update": "report", "report": value }));
    } else {
        ui.result(&value, &told(plan, report, &files, &sheets));
    }
    Ok(code_of(&report.status))
}

/// Writes the pictures that show what a person can choose from, and takes those of the run away that
/// nobody has to look at any more.
fn contact_sheets(
    home: &Home,
    studio: &Studio,
    report: &RunReport,
) -> Result<Vec<Option<PathBuf>>, Failure> {
    let folder = home.root.join("out").join("waiting");
    let mut places = Vec::new();
    for question in &report.questions {
        let Some(sheet) = &question.request.contact_sheet else {
            places.push(None);
            continue;
        };
        let bytes = studio
            .blobs
            .read(&sheet.digest)
            .map_err(|error| Failure::because("the contact sheet can't be read", &error))?;
        let step = question.task.to_string().replace(['#', ' ', '/'], "-");
        let name = format!("{}-{step}.{}", report.run.0.short(), sheet.extension());
        let place = folder.join(name);
        text::write_whole(&place, &bytes)?;
        places.push(Some(place));
    }
    let prefix = format!("{}-", report.run.0.short());
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let of_run = entry.file_name().to_string_lossy().starts_with(&prefix);
        if of_run && !places.contains(&Some(entry.path())) {
            // One that stays is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
    }
    // Only an empty folder goes.
    let _ = std::fs::remove_dir(&folder);
    Ok(places)
}

fn to_json(report: &RunReport, files: &[PathBuf], sheets: &[Option<PathBuf>]) -> Value {
    let questions: Vec<Value> = report
        .questions
        .iter()
        .zip(sheets)
        .map(|(question, sheet)| {
            json!({
                "task": question.task.to_string(),
                "step": question.task.step,
                "options": question.request.options.len(),
                "keep": question.request.keep,
                "suggested": question.request.suggested.iter().map(|at| at + 1).collect::<Vec<_>>(),
                "contact_sheet": sheet,
                "due": question.due().map(text::moment),
            })
        })
        .collect();
    let mut value = serde_json::to_value(&report.status).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("run".into(), json!(report.run));
        fields.insert("outputs".into(), report.outputs.clone());
        fields.insert("files".into(), json!(files));
        fields.insert("tasks".into(), json!(report.tasks));
        fields.insert("reused".into(), json!(report.hits));
        fields.insert("cost_usd_micros".into(), json!(report.cost));
        fields.insert("worked_ms".into(), json!(report.worked_ms));
        fields.insert("elapsed_ms".into(), json!(report.elapsed_ms));
        fields.insert("questions".into(), Value::Array(questions));
    }
    value
}

/// How the run stands, for people.
fn told(plan: &Plan, report: &RunReport, files: &[PathBuf], sheets: &[Option<PathBuf>]) -> String {
    let run = report.run.0.short();
    let mut text = String::new();
    let work = format!(
        "{}, {} reused, {}, {}",
        text::count(report.tasks, "task"),
        report.hits,
        text::duration(report.elapsed_ms),
        report.cost
    );
    // Writing into a String can't fail.
    let _ = match &report.status {
        RunStatus::Succeeded => writeln!(text, "{} {run} is done: {work}", plan.process),
        RunStatus::Failed { step, message } => {
            let step = step
                .as_ref()
                .map_or(String::new(), |step| format!(" in `{step}`"));
            writeln!(
                text,
                "{} {run} failed{step}: {message}\n{work}",
                plan.process
            )
        }
        RunStatus::Cancelled => writeln!(text, "{} {run} is cancelled: {work}", plan.process),
        RunStatus::Waiting => writeln!(text, "{} {run} waits for you: {work}", plan.process),
        RunStatus::Interrupted => writeln!(
            text,
            "{} {run} is stopped: {work}\ngo on with: daedal resume {run}",
            plan.process
        ),
    };
    for (question, sheet) in report.questions.iter().zip(sheets) {
        let request = &question.request;
        let step = &question.task.step;
        let _ = writeln!(
            text,
            "\n{}: keep {} of {}",
            question.task,
            request.keep,
            request.options.len()
        );
        if let Some(sheet) = sheet {
            let _ = writeln!(text, "  look at  {}", sheet.display());
        }
        let suggested: Vec<String> = request
            .suggested
            .iter()
            .map(|at| (at + 1).to_string())
            .collect();
        let suggested = suggested.join(" ");
        let _ = writeln!(text, "  choose   daedal choose {run} {step} {suggested}");
        let _ = writeln!(
            text,
            "  or       daedal approve {run} {step}    (keeps {suggested})"
        );
        let _ = writeln!(text, "  or       daedal reject {run} {step}");
        if let Some(due) = question.due() {
            let _ = writeln!(text, "  until    {}", text::moment(due));
        }
    }
    for file in files {
        let _ = writeln!(text, "  {}", file.display());
    }
    if report.status == RunStatus::Succeeded {
        let _ = match files.is_empty() {
            true => writeln!(text, "nothing was kept"),
            false => writeln!(text, "publish it with: daedal release {run}"),
        };
    }
    text
}
