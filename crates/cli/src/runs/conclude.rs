//! What became of a run, told and written out.

use std::fmt::Write as _;
use std::path::PathBuf;

use daedal_core::plan::Plan;
use daedal_core::run::{CutShort, Skipped};
use daedal_exec::{RunReport, RunStatus};
use daedal_store::Studio;
use serde_json::{Value, json};

use super::{interrupt, lost, outputs};
use crate::failure::{Failure, exit};
use crate::hint;
use crate::home::Home;
use crate::text;
use crate::ui::Ui;

/// The exit code that says how the run stands.
pub(crate) fn code_of(status: &RunStatus) -> u8 {
    match status {
        RunStatus::Succeeded => 0,
        RunStatus::Failed { .. } | RunStatus::Cancelled => exit::USER,
        RunStatus::Waiting => exit::WAITING,
        RunStatus::Interrupted => interrupt::code(),
    }
}

/// How it is told what became of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Telling {
    /// As the last of many events.
    pub(crate) events: bool,
    /// The run had ended before the command began.
    pub(crate) was_over: bool,
}

/// Writes what the run gave, tells how it stands, and gives the exit code.
pub(crate) fn conclude(
    home: &Home,
    studio: &Studio,
    plan: &Plan,
    report: &RunReport,
    ui: Ui,
    telling: Telling,
) -> Result<u8, Failure> {
    let Shown {
        mut value,
        files,
        sheets,
    } = write_out(home, studio, plan, report)?;
    value["over_before"] = json!(telling.was_over);
    if telling.events {
        ui.event(&json!({ "update": "report", "report": value }));
    } else {
        let text = match telling.was_over {
            true => over(plan, report, &files),
            false => told(plan, report, &files, &sheets),
        };
        ui.result(&value, &text);
    }
    Ok(code_of(&report.status))
}

/// What is to be seen of a run.
pub(crate) struct Shown {
    /// How it stands, for programs.
    pub(crate) value: Value,
    files: Vec<PathBuf>,
    sheets: Vec<Option<PathBuf>>,
}

/// Writes what the run gave, and what people can choose from.
pub(crate) fn write_out(
    home: &Home,
    studio: &Studio,
    plan: &Plan,
    report: &RunReport,
) -> Result<Shown, Failure> {
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
    let mut value = to_json(report, &files, &sheets);
    value["lost"] = lost::to_json(plan, &report.lost);
    Ok(Shown {
        value,
        files,
        sheets,
    })
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
        let mended = report.mended.iter().map(ToString::to_string);
        fields.insert("mended".into(), mended.collect());
        fields.insert("skipped".into(), json!(report.skipped));
        fields.insert("cut_short".into(), json!(report.cut_short));
        fields.insert("cost_usd_micros".into(), json!(report.cost));
        let lost = json!(report.cost_lost);
        fields.insert("cost_lost_usd_micros".into(), lost);
        fields.insert("worked_ms".into(), json!(report.worked_ms));
        fields.insert("elapsed_ms".into(), json!(report.elapsed_ms));
        fields.insert("questions".into(), Value::Array(questions));
    }
    value
}

/// That a run had ended before, and what can be done with it, for people.
fn over(plan: &Plan, report: &RunReport, files: &[PathBuf]) -> String {
    let (process, run) = (&plan.process, report.run.0.short());
    let daedal = hint::daedal();
    let again = format!("{daedal} run PROCESS (what was done is not done again by itself)");
    let mut text = match &report.status {
        RunStatus::Failed { step, message } => format!(
            "{process} {run} is over, it failed{}: {message}\n\
             mend that and begin a new run: {again}\n",
            step.as_ref()
                .map_or(String::new(), |step| format!(" in `{step}`"))
        ),
        RunStatus::Cancelled => {
            format!("{process} {run} is over, it was cancelled\nbegin a new run: {again}\n")
        }
        _ => format!(
            "{process} {run} is over, it is done: there is nothing to resume\n\
             publish it with: {daedal} release {run}\n\
             do all of it anew with: {daedal} run PROCESS --fresh\n"
        ),
    };
    text.push_str(&lost::told(plan, report));
    for file in files {
        let _ = writeln!(text, "  {}", file.display());
    }
    text
}

/// How the run stands, for people.
fn told(plan: &Plan, report: &RunReport, files: &[PathBuf], sheets: &[Option<PathBuf>]) -> String {
    let (run, daedal) = (report.run.0.short(), hint::daedal());
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
            "{} {run} is stopped: {work}\ngo on with: {daedal} resume {run}",
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
        // Where nothing recommends itself, nothing can be approved: any may be kept, such as the first.
        let kept = Some(&*suggested).filter(|suggested| !suggested.is_empty());
        let example = kept.unwrap_or("1");
        let _ = writeln!(text, "  choose   {daedal} choose {run} {step} {example}");
        if let Some(kept) = kept {
            let _ = writeln!(
                text,
                "  or       {daedal} approve {run} {step}    (keeps {kept})"
            );
        }
        let _ = writeln!(text, "  or       {daedal} reject {run} {step}");
        if let Some(due) = question.due() {
            let _ = writeln!(text, "  until    {}", text::moment(due));
        }
    }
    text.push_str(&lost::told(plan, report));
    for file in files {
        let _ = writeln!(text, "  {}", file.display());
    }
    text.push_str(&warnings(report));
    if report.status == RunStatus::Succeeded {
        let _ = match files.is_empty() {
            true => writeln!(text, "nothing was kept"),
            false => writeln!(text, "publish it with: {daedal} release {run}"),
        };
    }
    text
}

/// What is worth knowing of a run beside how it stands.
fn warnings(report: &RunReport) -> String {
    let mut text = String::new();
    let is_failed = matches!(report.status, RunStatus::Failed { .. });
    for skipped in report.skipped.iter().filter(|_| !is_failed) {
        let Skipped {
            step,
            failed,
            tasks,
            error,
        } = skipped;
        let _ = writeln!(
            text,
            "warning: {failed} of {} of `{step}` failed and left out; the first: {error}",
            text::count(*tasks, "task"),
        );
    }
    for cut in &report.cut_short {
        let CutShort {
            step,
            rounds,
            at_most,
            reason,
        } = cut;
        let _ = writeln!(
            text,
            "warning: `{step}` ended after {rounds} of {} with the best of them: {reason}",
            text::count(*at_most as usize, "round"),
        );
    }
    if let [first, others @ ..] = &report.mended[..] {
        let more = match others.len() {
            0 => String::new(),
            more => format!(" and of {}", text::count(more, "other task")),
        };
        let _ = writeln!(
            text,
            "warning: the bytes of {first}{more} were damaged since they were made; they were made \
             again, and are whole: look after the disk of the studio",
        );
    }
    text
}
