//! What came of tasks, and what is told of it.

use std::collections::BTreeSet;

use daedal_core::Digest;
use daedal_core::asset::assets_in;
use daedal_core::engine::{EngineError, Outcome};
use daedal_core::run::{Decider, Event, Moment, RunId, TaskName, TaskRecord, fold, records};
use daedal_store::ports::MemoEntry;
use serde_json::Value;

use super::Session;
use crate::desk::Flight;
use crate::ports::{JobResult, Report};
use crate::{ExecError, RunReport, RunStatus, Update};

impl Session<'_> {
    /// Takes note of what came of a task.
    pub(super) async fn conclude(&mut self, report: Report) -> Result<(), ExecError> {
        let ended = self.desk.end(&report.name, report.attempt, report.key);
        let Some((flight, followers)) = ended else {
            return Ok(());
        };
        let Flight { dispatch, .. } = flight;
        let (name, key, attempt) = (dispatch.name.clone(), dispatch.key, dispatch.attempt);
        let memo_key = self.memo_key(&dispatch);
        let at = self.now();
        match report.result {
            JobResult::Done(outcome) => {
                self.executed.insert(key);
                let made = assets_in(&outcome.value).into_iter();
                self.whole.extend(made.map(|asset| asset.digest));
                let entry = MemoEntry {
                    outcome: outcome.clone(),
                    run: self.run,
                    at,
                };
                self.journal.keep(memo_key, entry);
                for follower in followers {
                    self.done(follower.name, key, outcome.clone(), Some(self.run));
                }
                self.done(name, key, outcome, None);
                return Ok(());
            }
            JobResult::Asked(request) => {
                self.record(Event::DecisionRequested {
                    task: name,
                    key,
                    request,
                    at,
                });
                self.journal.flush().await?;
            }
            JobResult::Failed(EngineError::Stopped) if dispatch.effect => self.lose(&dispatch),
            // It starts again: now, or when the run is resumed.
            JobResult::Failed(EngineError::Stopped) if self.stopping() => {}
            JobResult::Failed(EngineError::Stopped) => self.desk.add(dispatch),
            JobResult::Failed(error) => {
                self.record(Event::TaskFailed {
                    task: name,
                    attempt,
                    error,
                    spent: report.spent,
                    at,
                });
            }
            // Nothing is noted, so that the run can be resumed once there is room again.
            JobResult::Unkept { message } => {
                return Err(daedal_store::StoreError::Io { message }.into());
            }
            // It was handed out once, and nothing was heard of it.
            JobResult::Poisoned { .. } if dispatch.effect => self.lose(&dispatch),
            JobResult::Poisoned { deliveries } => {
                self.record(Event::TaskPoisoned {
                    task: name,
                    deliveries,
                    at,
                });
            }
        }
        followers.into_iter().for_each(|task| self.desk.add(task));
        Ok(())
    }

    pub(super) fn stopping(&self) -> bool {
        self.options.stop.is_requested() || self.state.finished().is_some()
    }

    pub(super) fn done(
        &mut self,
        task: TaskName,
        key: Digest,
        outcome: Outcome,
        reused_from: Option<RunId>,
    ) {
        let at = self.now();
        self.record(Event::TaskDone {
            task,
            key,
            outcome,
            reused_from,
            at,
        });
    }

    /// Folds an event and takes note of it, unless it changes nothing.
    pub(super) fn record(&mut self, event: Event) -> bool {
        if !fold(&mut self.state, self.plan, &event) {
            return false;
        }
        self.count(&event);
        let touched = self.state.take_touched();
        // Told after the event is noted: whoever is told of it may rely on it.
        let updates = match self.journal.is_followed() {
            true => crate::progress::of(&event),
            false => None,
        };
        self.journal.add(event);
        if self.journal.is_followed() {
            updates
                .into_iter()
                .for_each(|update| self.journal.tell(update));
            for id in BTreeSet::from_iter(touched) {
                let step = self.state.step(self.plan, id);
                self.journal.tell(Update::Step(step));
            }
        }
        true
    }

    pub(super) fn count(&mut self, event: &Event) {
        match event {
            Event::TaskDone {
                key, reused_from, ..
            } => {
                self.tasks += 1;
                if reused_from.is_some() {
                    self.hits += 1;
                } else {
                    self.executed.insert(*key);
                }
            }
            Event::Decided { .. } => self.tasks += 1,
            _ => {}
        }
    }

    /// Counts the tasks that stand after edits.
    pub(super) fn count_anew(&mut self, events: &[Event]) {
        let mut tasks = records(self.plan, events);
        let by_clock = |task: &TaskRecord| {
            let decision = task.decision.as_ref();
            decision.is_some_and(|decision| decision.by == Decider::Timeout)
        };
        tasks.retain(|task| task.outcome().is_some() && task.edits.is_empty() && !by_clock(task));
        self.tasks = tasks.len();
        let reused = tasks.iter().filter(|task| task.reused_from.is_some());
        self.hits = reused.count();
    }

    pub(super) fn tell(&mut self, update: impl FnOnce(&Self) -> Update) {
        if self.journal.is_followed() {
            let update = update(self);
            self.journal.tell(update);
        }
    }

    pub(super) fn announce(&mut self) {
        self.state.take_touched();
        let created = self.state.created_at().unwrap_or_default();
        self.tell(|session| Update::Run {
            run: session.run,
            process: session.plan.process.clone(),
            resumed: session.resumed,
            created,
            steps: session.state.steps(session.plan).collect(),
        });
    }

    pub(super) fn report(mut self, status: RunStatus, begun: Moment) -> RunReport {
        let spent = self.state.spent();
        self.tell(|session| Update::Ended {
            run: session.run,
            status: status.clone(),
            tasks: session.tasks,
            hits: session.hits,
            cost: spent.cost,
            worked_ms: spent.worked_ms,
        });
        let outputs = match &status {
            RunStatus::Succeeded => self.state.outputs(self.plan).unwrap_or_default(),
            _ => Value::Null,
        };
        let elapsed_ms = self.now().ms_since(begun);
        RunReport {
            run: self.run,
            outputs,
            tasks: self.tasks,
            hits: self.hits,
            cost: spent.cost,
            cost_lost: spent.lost,
            worked_ms: spent.worked_ms,
            elapsed_ms,
            skipped: self.state.skipped(self.plan),
            questions: self.state.questions().cloned().collect(),
            lost: self.state.unresolved().cloned().collect(),
            cut_short: self.state.cut_short(),
            mended: self.mended,
            status,
            events: self.journal.into_log(),
        }
    }
}
