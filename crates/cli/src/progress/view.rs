//! What is known of a run that goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use daedal_core::UsdMicros;
use daedal_core::run::{StepStatus, StepView};
use daedal_exec::Update;

use crate::text::{count, duration};

/// What is known of a run that goes on.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) process: String,
    pub(super) run: String,
    pub(super) resumed: bool,
    /// In plan order.
    pub(super) steps: Vec<StepView>,
    places: BTreeMap<Arc<str>, usize>,
    /// What steps said last.
    saying: BTreeMap<Arc<str>, String>,
    pub(super) used: BTreeMap<Arc<str>, Used>,
    pub(super) cost: UsdMicros,
    pub(super) ended: bool,
}

/// Signs of what a step says that are shown.
const SAID_MAX: usize = 48;

/// What a step has used.
#[derive(Debug, Clone, Default)]
pub(super) struct Used {
    pub(super) reused: usize,
    pub(super) elapsed_ms: u64,
    pub(super) cost: UsdMicros,
    pub(super) retries: u32,
}

impl View {
    /// Takes in an update; gives the line that says it, when it is worth one.
    pub(super) fn update(&mut self, update: &Update) -> Option<String> {
        match update {
            Update::Run {
                run,
                process,
                resumed,
                steps,
                ..
            } => {
                self.process.clone_from(process);
                self.run = run.0.short();
                self.resumed = *resumed;
                self.steps.clone_from(steps);
                self.places = steps
                    .iter()
                    .enumerate()
                    .map(|(at, step)| (Arc::clone(&step.step), at))
                    .collect();
                let verb = if *resumed { "goes on" } else { "begins" };
                Some(format!("{process} {} {verb}", self.run))
            }
            Update::Step(step) => {
                let at = *self.places.get(&step.step)?;
                let before = std::mem::replace(&mut self.steps[at], step.clone());
                (before.status != step.status || before.round != step.round)
                    .then(|| self.line(step))
                    .flatten()
            }
            Update::Said { task, line } => {
                self.saying.insert(Arc::clone(&task.step), end_of(line));
                None
            }
            Update::Done {
                task,
                reused_from,
                cost,
                elapsed_ms,
            } => {
                self.saying.remove(&task.step);
                let used = self.used.entry(Arc::clone(&task.step)).or_default();
                used.reused += usize::from(reused_from.is_some());
                used.elapsed_ms += elapsed_ms;
                used.cost = used.cost.saturating_add(*cost);
                self.cost = self.cost.saturating_add(*cost);
                None
            }
            Update::Failed {
                task,
                attempt,
                error,
                cost,
            } => {
                self.saying.remove(&task.step);
                let used = self.used.entry(Arc::clone(&task.step)).or_default();
                used.retries += 1;
                used.cost = used.cost.saturating_add(*cost);
                self.cost = self.cost.saturating_add(*cost);
                Some(format!("  {task}: attempt {attempt} failed: {error}"))
            }
            Update::Mended { task } => {
                Some(format!("  {task}: its bytes were damaged, made again"))
            }
            Update::Landing { calls } => Some(format!(
                "  ends once {} under way has an answer (Ctrl-C cuts off what is paid)",
                count(*calls, "call")
            )),
            Update::Asked { .. } | Update::Lost { .. } | Update::Started { .. } => None,
            Update::Ended { .. } => {
                self.ended = true;
                None
            }
        }
    }

    /// What a step says while it works.
    pub(super) fn said(&self, step: &StepView) -> Option<&str> {
        let is_open = step.status == StepStatus::Running;
        let said = self.saying.get(&step.step).filter(|_| is_open);
        said.map(String::as_str)
    }

    fn line(&self, step: &StepView) -> Option<String> {
        let what = match step.status {
            StepStatus::Done => "done",
            StepStatus::Skipped => "skipped",
            StepStatus::Failed => "failed",
            StepStatus::Waiting => "waits for you",
            StepStatus::Pending | StepStatus::Running => return None,
        };
        let notes = self.notes(step);
        let notes = if notes.is_empty() {
            notes
        } else {
            format!(" ({notes})")
        };
        Some(format!("  {} {what}{notes}", step.step))
    }

    /// Tasks, reuse, time and cost of a step.
    pub(super) fn notes(&self, step: &StepView) -> String {
        let mut notes = Vec::new();
        if step.tasks > 1 {
            notes.push(format!("{}/{}", step.done, step.tasks));
        }
        if let Some(used) = self.used.get(&step.step) {
            if used.reused > 0 {
                notes.push(format!("{} reused", used.reused));
            }
            if used.elapsed_ms > 0 {
                notes.push(duration(used.elapsed_ms));
            }
            if used.cost.0 > 0 {
                notes.push(used.cost.to_string());
            }
            if used.retries > 0 {
                notes.push(count(used.retries as usize, "failed attempt"));
            }
        }
        if step.failed > 0 {
            notes.push(format!("{} failed", step.failed));
        }
        notes.join(", ")
    }
}

/// The end of a line, fit for a terminal: what a model writes may hold anything.
fn end_of(line: &str) -> String {
    let plain = |c: char| match c.is_control() {
        true => ' ',
        false => c,
    };
    let signs: Vec<char> = line.chars().map(plain).collect();
    match signs.len().checked_sub(SAID_MAX) {
        None | Some(0) => signs.into_iter().collect(),
        Some(left) => std::iter::once('…')
            .chain(signs.into_iter().skip(left))
            .collect(),
    }
}
