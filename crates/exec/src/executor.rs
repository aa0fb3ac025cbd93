//! Begins and resumes runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use daedal_core::asset::assets_in;
use daedal_core::blob::BlobRead;
use daedal_core::engine::{Engines, Task};
use daedal_core::plan::Plan;
use daedal_core::run::{
    Action, Decision, Dispatch, Event, Ruling, RunId, RunSpec, State, TaskName, Tool, decide, fold,
};
use daedal_core::{Digest, UsdMicros};
use daedal_store::ports::{Log, Memo};
use serde_json::Value;

use crate::ports::{Queue, Timers};
use crate::session::Session;
use crate::{ExecError, Progress, RunReport, Stop};

/// What a coordinator works with.
#[derive(Clone)]
pub struct Ports {
    /// The runs' logs.
    pub log: Arc<dyn Log>,
    /// Outcomes by key.
    pub memo: Arc<dyn Memo>,
    /// Bytes, to see whether they are what they were.
    pub blobs: Arc<dyn BlobRead>,
    /// Where tasks are performed.
    pub queue: Arc<dyn Queue>,
    /// The clock.
    pub timers: Arc<dyn Timers>,
    /// What tasks may cost is asked here.
    pub engines: Engines,
}

/// How a run is carried out.
#[derive(Clone)]
pub struct Options {
    /// Tasks at once.
    pub jobs: usize,
    /// What an hour of a worker costs, at most; budgets are kept with it.
    pub rate: UsdMicros,
    /// What carries it out, for its receipts.
    pub tool: Option<Tool>,
    /// Calls that other runs made, or may have made, and that this one does not make again until a person says so
    /// ([`daedal_core::run::unsettled_calls`]), and which runs did.
    pub made: BTreeMap<Digest, RunId>,
    /// The run whose outcomes will probably be needed: the last one of the process.
    pub warm: Option<RunId>,
    /// Stops it.
    pub stop: Stop,
    /// Is told what happens.
    pub progress: Option<Arc<dyn Progress>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            jobs: 1,
            rate: UsdMicros::default(),
            tool: None,
            made: BTreeMap::new(),
            warm: None,
            stop: Stop::default(),
            progress: None,
        }
    }
}

/// The coordinator of runs.
#[derive(Clone)]
pub struct Executor {
    ports: Ports,
}

impl Executor {
    /// A coordinator that works with these.
    #[must_use]
    pub fn new(ports: Ports) -> Self {
        Self { ports }
    }

    /// Carries out a run to its end, or until only people can bring it further. A run that exists
    /// already is resumed: asking twice for the same is asking once.
    ///
    /// What the report says is durable.
    pub async fn run(
        &self,
        plan: &Plan,
        spec: RunSpec,
        options: &Options,
    ) -> Result<RunReport, ExecError> {
        let run = spec.id();
        check_bundle(plan, run, &spec)?;
        let created = Event::Created {
            spec,
            at: self.ports.timers.now(),
        };
        let mut state = State::new(plan);
        fold(&mut state, plan, &created);
        let mut session = Session::new(&self.ports, plan, run, state, options);
        session.begin(created);
        match session.carry_out().await {
            Err(ExecError::Exists { .. }) => self.resume(plan, run, options).await,
            ended => ended,
        }
    }

    /// Goes on with a run. One that has ended is only reported on.
    pub async fn resume(
        &self,
        plan: &Plan,
        run: RunId,
        options: &Options,
    ) -> Result<RunReport, ExecError> {
        let (state, events) = self.replay(plan, run).await?;
        let mut session = Session::new(&self.ports, plan, run, state, options);
        session.remember(events);
        session.carry_out().await
    }

    /// Answers the question of a task. The answer is durable when this returns; the run goes on when
    /// it is resumed.
    pub async fn answer(
        &self,
        plan: &Plan,
        run: RunId,
        task: &TaskName,
        decision: Decision,
    ) -> Result<(), ExecError> {
        let (mut state, _) = self.replay(plan, run).await?;
        let Some(question) = state.questions().find(|question| question.task == *task) else {
            return Err(ExecError::NotAsked {
                run,
                task: task.to_string(),
                reason: match state.finished() {
                    Some(_) => "the run is over".into(),
                    None => "it was answered already, or the run has not come so far".into(),
                },
            });
        };
        let at = self.ports.timers.now();
        if question.due().is_some_and(|due| due <= at) {
            return Err(ExecError::NotAsked {
                run,
                task: task.to_string(),
                reason: "nobody decided in time; what happens then does when the run is resumed"
                    .into(),
            });
        }
        let unfit = ExecError::Unfit {
            run,
            task: task.to_string(),
            kept: decision.kept.clone(),
            keep: question.request.keep,
            options: question.request.options.len(),
        };
        let event = Event::Decided {
            task: task.clone(),
            decision,
            at,
        };
        if !fold(&mut state, plan, &event) {
            return Err(unfit);
        }
        Ok(self.ports.log.append(run, vec![event]).await?)
    }

    /// Takes note of effects that were announced and of which nothing is known, as going on with the run does, and
    /// gives the run's state. What was noted is durable when this returns.
    pub async fn find_lost(
        &self,
        plan: &Plan,
        run: RunId,
        options: &Options,
    ) -> Result<State, ExecError> {
        let (mut state, _) = self.replay(plan, run).await?;
        let at = self.ports.timers.now();
        let decided = decide(plan, &mut state.clone(), at, usize::MAX);
        let started = decided.into_iter().filter_map(|action| match action {
            Action::Dispatch(dispatch) if dispatch.started => Some(dispatch),
            _ => None,
        });
        let started: Vec<Dispatch> = started.collect();
        let keys = started.iter();
        let keys = keys.map(|dispatch| memo_key(&self.ports.engines, dispatch));
        let keys = keys.collect();
        let known = self.ports.memo.get(keys).await?;
        let anew = state.spec().is_some_and(|spec| spec.fresh);
        let mut events = vec![Event::Resumed { at }];
        for (dispatch, entry) in started.into_iter().zip(known) {
            if entry.is_none_or(|entry| anew && entry.run != run) {
                let most = cost_max(&self.ports.engines, options.rate, &dispatch.task);
                events.push(Event::EffectLost {
                    cost_max: most.max(state.announced_cost(&dispatch.name)),
                    task: dispatch.name,
                    attempt: dispatch.attempt,
                    before: None,
                    at,
                });
            }
        }
        if events.len() > 1 {
            for event in &events {
                fold(&mut state, plan, event);
            }
            self.ports.log.append(run, events).await?;
        }
        Ok(state)
    }

    /// Says what becomes of tasks whose effect got lost: of all of them, or of none. That is durable when this
    /// returns; the run goes on when it is resumed.
    pub async fn rule(
        &self,
        plan: &Plan,
        run: RunId,
        rulings: &[(TaskName, Ruling)],
    ) -> Result<(), ExecError> {
        let (mut state, _) = self.replay(plan, run).await?;
        let mut events = Vec::new();
        for (task, ruling) in rulings {
            let not_lost = || ExecError::NotLost {
                run,
                task: task.to_string(),
            };
            let mut lost = state.lost();
            let attempt = lost.find(|lost| lost.task == *task).ok_or_else(not_lost)?;
            let event = Event::Ruled {
                task: task.clone(),
                attempt: attempt.attempt,
                ruling: *ruling,
                at: self.ports.timers.now(),
            };
            drop(lost);
            if !fold(&mut state, plan, &event) {
                return Err(not_lost());
            }
            events.push(event);
        }
        Ok(self.ports.log.append(run, events).await?)
    }

    /// Puts a value in the place of what a task gave. That is durable when this returns; what was made from it is
    /// made again when the run is resumed, also where it was over. Nothing happens where it gave just that.
    pub async fn edit(
        &self,
        plan: &Plan,
        run: RunId,
        task: &TaskName,
        value: Value,
        intent: Value,
    ) -> Result<(), ExecError> {
        let (mut state, _) = self.replay(plan, run).await?;
        if let Err(reason) = state.editable(plan, task) {
            let task = task.to_string();
            return Err(ExecError::NotEdited { run, task, reason });
        }
        let event = Event::Edited {
            task: task.clone(),
            value,
            intent,
            at: self.ports.timers.now(),
        };
        match fold(&mut state, plan, &event) {
            true => Ok(self.ports.log.append(run, vec![event]).await?),
            false => Ok(()),
        }
    }

    /// Ends a run for good. Nothing happens to one that has ended.
    pub async fn cancel(&self, plan: &Plan, run: RunId) -> Result<RunReport, ExecError> {
        let (mut state, events) = self.replay(plan, run).await?;
        let at = self.ports.timers.now();
        let event = Event::CancelRequested { at };
        let cancels = fold(&mut state, plan, &event);
        let options = Options::default();
        let mut session = Session::new(&self.ports, plan, run, state, &options);
        session.remember(events);
        if cancels {
            session.journal(event);
        }
        session.carry_out().await
    }

    /// Reads everything that the tasks of a run gave, and has made again what is damaged, where that is
    /// possible. Whoever reads it next finds out about the rest.
    pub async fn mend(&self, plan: &Plan, run: RunId) -> Result<(), ExecError> {
        let (state, events) = self.replay(plan, run).await?;
        let done = events.iter().filter_map(|event| match event {
            Event::TaskDone { outcome, .. } => Some(assets_in(&outcome.value)),
            _ => None,
        });
        let assets: Vec<_> = done.flatten().collect();
        let options = Options::default();
        let mut session = Session::new(&self.ports, plan, run, state, &options);
        session.mend(&assets).await
    }

    /// The state of a run, from its log.
    pub async fn replay(&self, plan: &Plan, run: RunId) -> Result<(State, Vec<Event>), ExecError> {
        let events = self.ports.log.read(run).await?;
        let state = State::after(plan, &events);
        let spec = state.spec().ok_or(ExecError::NoRun { run })?;
        check_bundle(plan, run, spec)?;
        Ok((state, events))
    }
}

/// The key of a task in the memo of this studio: its own, and what stands here behind the names in it. The log has its
/// own alone, so that it reads the same wherever it is read.
pub(crate) fn memo_key(engines: &Engines, dispatch: &Dispatch) -> Digest {
    let engine = engines.get(&dispatch.task.engine);
    match engine.and_then(|engine| engine.behind(&dispatch.task)) {
        Some(behind) => {
            let parts = [&dispatch.key.0[..], behind.as_bytes()];
            Digest::of_parts("daedal/memo/v1", &parts)
        }
        None => dispatch.key,
    }
}

/// The most that an attempt at a task costs, the worker's time included.
pub(crate) fn cost_max(engines: &Engines, rate: UsdMicros, task: &Task) -> UsdMicros {
    let engine = engines.get(&task.engine);
    let asked = engine.map_or(UsdMicros::default(), |engine| engine.cost_max(task));
    asked.saturating_add(rate.of_time(task.limits.timeout_ms_max))
}

fn check_bundle(plan: &Plan, run: RunId, spec: &RunSpec) -> Result<(), ExecError> {
    if plan.bundle == spec.bundle {
        Ok(())
    } else {
        Err(ExecError::OtherBundle {
            run,
            expected: spec.bundle,
            found: plan.bundle,
        })
    }
}
