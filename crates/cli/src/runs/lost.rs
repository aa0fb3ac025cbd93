//! Calls of which nobody knows whether they took effect: told, and what a person says about them.

use std::fmt::Write as _;

use daedal_core::UsdMicros;
use daedal_core::plan::{NodeKind, Plan};
use daedal_core::process::OnFailure;
use daedal_core::run::{Lost, Ruling, RunId, State, TaskName};
use daedal_exec::{RunReport, RunStatus};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::hint;
use crate::text;

/// Tasks of a step that are named.
const NAMED_MAX: usize = 6;

/// What a person says of calls that were interrupted.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Rulings {
    /// Make the call of this step once more, which was interrupted or made by a run before: it may have been paid already
    #[arg(long, value_name = "STEP")]
    repeat: Vec<String>,
    /// Take the call of this step, which was interrupted or made by a run before, for failed
    #[arg(long, value_name = "STEP")]
    give_up: Vec<String>,
}

impl Rulings {
    pub(crate) fn is_empty(&self) -> bool {
        self.repeat.is_empty() && self.give_up.is_empty()
    }

    /// Every task that they are about; a step stands for all of its tasks that wait.
    pub(super) fn of(&self, state: &State, run: RunId) -> Result<Vec<(TaskName, Ruling)>, Failure> {
        let mut found: Vec<(TaskName, Ruling)> = Vec::new();
        let repeat = self.repeat.iter().map(|step| (step, Ruling::Repeat));
        let give_up = self.give_up.iter().map(|step| (step, Ruling::GiveUp));
        for (step, ruling) in repeat.chain(give_up) {
            let is_meant =
                |lost: &&Lost| *lost.task.step == **step || lost.task.to_string() == **step;
            let before = found.len();
            for lost in state.lost().filter(is_meant) {
                if found.iter().any(|(task, _)| *task == lost.task) {
                    return Err(Failure::new(format!("`{}` is named twice", lost.task))
                        .help("say once what becomes of it"));
                }
                found.push((lost.task.clone(), ruling));
            }
            if found.len() == before {
                return Err(not_lost(state, run, step));
            }
        }
        Ok(found)
    }
}

fn not_lost(state: &State, run: RunId, step: &str) -> Failure {
    let waiting: Vec<String> = state.lost().map(|lost| lost.task.to_string()).collect();
    let failure = Failure::new(format!(
        "no call of `{step}` waits to be repeated or given up in run {}",
        run.0.short()
    ));
    failure.help(match waiting.is_empty() {
        true if state.finished().is_some() => "the run is over".to_owned(),
        true => "none of the run does: resume it without `--repeat` and `--give-up`".to_owned(),
        false => format!("these do: {}", waiting.join(", ")),
    })
}

/// Those that wait, for programs.
pub(super) fn to_json(plan: &Plan, lost: &[Lost]) -> Value {
    let lost = lost.iter().map(|lost| {
        json!({
            "task": lost.task.to_string(),
            "step": lost.task.step,
            "engine": engine(plan, &lost.task),
            "attempt": lost.attempt,
            "made_by_run": lost.before,
            "cost_max_usd_micros": lost.cost_max,
            "since": text::moment(lost.at),
        })
    });
    lost.collect()
}

/// Those that nobody ruled on, for people: what happened, what it may have cost, what to do.
pub(super) fn told(plan: &Plan, report: &RunReport) -> String {
    let is_over = !matches!(report.status, RunStatus::Waiting | RunStatus::Interrupted);
    let (run, daedal) = (report.run.0.short(), hint::daedal());
    let mut text = String::new();
    let is_same =
        |one: &Lost, next: &Lost| one.task.step == next.task.step && one.before == next.before;
    for own in report.lost.chunk_by(is_same) {
        let step = &own[0].task.step;
        // Writing into a String can't fail.
        let _ = writeln!(text, "\n{}", what(own, is_over));
        let cost = own.iter().map(|lost| lost.cost_max);
        let cost = cost.fold(UsdMicros::default(), UsdMicros::saturating_add);
        let engine = engine(plan, &own[0].task);
        let _ = match (own[0].before, cost) {
            (Some(other), _) => {
                writeln!(text, "  cost     counted in run {}", other.0.short())
            }
            (None, UsdMicros(0)) => writeln!(
                text,
                "  cost     unknown: `{engine}` names no price; look where it calls"
            ),
            (None, cost) => writeln!(
                text,
                "  cost     up to {cost} by `{engine}`, counted as spent"
            ),
        };
        if is_over {
            let _ = writeln!(
                text,
                "  then     look where it calls; a new run asks before it makes this call again"
            );
            continue;
        }
        let _ = writeln!(text, "  repeat   {daedal} resume {run} --repeat {step}");
        let then = match plan.nodes.iter().find(|node| node.path == *step) {
            Some(node) if node.on_failure == OnFailure::Skip => "leaves it out",
            _ => "fails the run",
        };
        let _ = writeln!(
            text,
            "  or       {daedal} resume {run} --give-up {step}    ({then})"
        );
    }
    text
}

/// What happened to calls of one step.
fn what(own: &[Lost], is_over: bool) -> String {
    let names: Vec<String> = own.iter().map(|lost| lost.task.to_string()).collect();
    let (named, more) = names.split_at(names.len().min(NAMED_MAX));
    let more = match more.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = format!("{}{more}", named.join(", "));
    let (was, it) = match own.len() {
        1 => ("was", "it"),
        _ => ("were", "they"),
    };
    if let Some(other) = own[0].before {
        let other = other.0.short();
        return format!(
            "{named}: {was} made by run {other}, or may have been, which did not succeed; {it} {was} not made again"
        );
    }
    let when = match is_over {
        true => "ended",
        false => "was interrupted",
    };
    format!(
        "{named}: {was} under way when the run {when}, and nobody knows whether {it} took effect"
    )
}

fn engine<'p>(plan: &'p Plan, task: &TaskName) -> &'p str {
    let node = plan.nodes.iter().find(|node| node.path == task.step);
    match node.map(|node| &node.kind) {
        Some(NodeKind::Perform(perform)) => &perform.engine,
        _ => "",
    }
}
