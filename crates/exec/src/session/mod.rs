//! One sitting of a coordinator with one run.

mod ending;
mod mend;
mod outcomes;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use daedal_core::asset::assets_in;
use daedal_core::plan::Plan;
use daedal_core::run::budget::{Admission, admit};
use daedal_core::run::{
    Action, Dispatch, Event, Finish, Moment, RunId, State, TaskName, Timer, decide,
};
use daedal_core::{Digest, UsdMicros};
use daedal_store::ports::Reply;

use crate::desk::Desk;
use crate::executor::{cost_max, memo_key};
use crate::journal::Journal;
use crate::ports::{Job, Report};
use crate::{ExecError, Options, Ports, RunReport, RunStatus, Update};

/// Tasks that are looked up in the memo at once.
const LOOK_UP_MAX: usize = 256;
/// Events that may wait for a write.
const BACKLOG_MAX: usize = 16_384;
/// Events that are worth a write while there is something else to do.
const WRITE_MIN: usize = 512;

/// One sitting of a coordinator with one run.
pub(crate) struct Session<'a> {
    ports: &'a Ports,
    plan: &'a Plan,
    run: RunId,
    options: &'a Options,
    state: State,
    journal: Journal<'a>,
    desk: Desk,
    /// Tasks that the memo has not been asked about.
    fresh: Vec<Dispatch>,
    /// Keys that this run executed.
    executed: BTreeSet<Digest>,
    /// Blobs that were made or read in this sitting.
    whole: BTreeSet<Digest>,
    /// Tasks whose damaged bytes were made again in this sitting.
    mended: Vec<TaskName>,
    /// Calls that runs made, or may have made, and that are not made again until a person says so.
    made: BTreeMap<Digest, RunId>,
    /// How the run ends, once everything under way has.
    ending: Option<Finish>,
    /// Whether the time that the run may work is over.
    is_late: bool,
    tasks: usize,
    hits: usize,
    resumed: bool,
    reports: Option<Reply<'a, Vec<Report>>>,
    timers: Option<Reply<'a, Vec<Timer>>>,
    /// Until it was asked for.
    stop: Option<Pin<Box<dyn Future<Output = ()> + Send + 'a>>>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        ports: &'a Ports,
        plan: &'a Plan,
        run: RunId,
        state: State,
        options: &'a Options,
    ) -> Self {
        Self {
            ports,
            plan,
            run,
            options,
            state,
            journal: Journal::new(ports, run, options.progress.as_deref()),
            desk: Desk::default(),
            fresh: Vec::new(),
            executed: BTreeSet::new(),
            whole: BTreeSet::new(),
            mended: Vec::new(),
            made: options.made.clone(),
            ending: None,
            is_late: false,
            tasks: 0,
            hits: 0,
            resumed: false,
            reports: None,
            timers: None,
            stop: Some(Box::pin(options.stop.requested())),
        }
    }

    /// Begins the run with the event that the state has folded already.
    pub(crate) fn begin(&mut self, created: Event) {
        self.journal.create(created);
    }

    /// Takes note of events that the state has folded already and the log has.
    pub(crate) fn remember(&mut self, events: Vec<Event>) {
        self.resumed = true;
        events.iter().for_each(|event| self.count(event));
        if events
            .iter()
            .any(|event| matches!(event, Event::Edited { .. }))
        {
            // Of what was made again since, the last counts.
            self.count_anew(&events);
        }
        self.journal.remember(events);
    }

    /// Takes note of an event that the state has folded already and the log has not.
    pub(crate) fn journal(&mut self, event: Event) {
        self.journal.add(event);
    }

    /// Carries the run as far as it goes.
    pub(crate) async fn carry_out(mut self) -> Result<RunReport, ExecError> {
        let begun = self.now();
        // What fails here is told by the next who writes.
        self.write_a_little().await.ok();
        if self.state.finished().is_none() {
            if self.resumed && !self.is_still_waiting(begun) {
                self.record(Event::Resumed { at: begun });
            }
            if let Some(tool) = &self.options.tool
                && !(self.resumed && self.is_still_waiting(begun))
            {
                let tool = tool.clone();
                self.journal.add(Event::CarriedBy { tool, at: begun });
            }
            self.forget_adrift();
            self.announce();
            if let Some(run) = self.options.warm {
                self.ports.memo.warm(run).await?;
            }
        }
        let ended = self.work().await;
        // Whatever happened, nothing of the run goes on after this.
        let cleared = self.wind_up().await;
        if self.journal.is_taken() {
            return Err(ExecError::Exists { run: self.run });
        }
        let status = ended.and_then(|status| cleared.map(|()| status))?;
        Ok(self.report(status, begun))
    }

    /// Works until the run ends, waits or is stopped.
    async fn work(&mut self) -> Result<RunStatus, ExecError> {
        loop {
            if let Some(status) = self.ended() {
                return Ok(status);
            }
            if let Some(status) = self.ending.take() {
                self.end(status).await?;
                continue;
            }
            if self.options.stop.is_cancelled() {
                let at = self.now();
                self.record(Event::CancelRequested { at });
                self.decide().await?;
                continue;
            }
            if self.options.stop.is_requested() {
                return Ok(RunStatus::Interrupted);
            }
            self.write_on().await?;
            self.decide().await?;
            if self.ending.is_some() || self.options.stop.is_requested() {
                continue;
            }
            if self.look_up().await? || self.start_tasks().await? || self.ending.is_some() {
                continue;
            }
            if self.desk.under_way() == 0 && self.state.is_waiting() {
                return Ok(RunStatus::Waiting);
            }
            if self.state.is_stuck() {
                return Err(ExecError::Stuck { run: self.run });
            }
            self.take_next().await?;
        }
    }

    /// Lets the studio write while this goes on, and waits for it only where it lags far behind.
    async fn write_on(&mut self) -> Result<(), ExecError> {
        if self.journal.backlog() > BACKLOG_MAX {
            self.journal.flush().await?;
        } else if self.journal.backlog() > WRITE_MIN {
            self.write_a_little().await?;
        }
        Ok(())
    }

    /// Goes on with what is to be written, without waiting for it.
    async fn write_a_little(&mut self) -> Result<(), ExecError> {
        let journal = &mut self.journal;
        let written = poll_fn(|context| match journal.poll(context) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(())),
        });
        Ok(written.await?)
    }

    /// Whether nothing has happened that brings the run further: asking again leaves no trace.
    fn is_still_waiting(&self, now: Moment) -> bool {
        let is_due = |due: Moment| due <= now;
        self.state.is_waiting()
            && !self
                .state
                .questions()
                .any(|question| question.due().is_some_and(is_due))
    }

    fn ended(&self) -> Option<RunStatus> {
        self.state
            .finished()
            .map(|finish| RunStatus::from(finish.clone()))
    }

    /// Does what the state asks for, until it asks for nothing more.
    async fn decide(&mut self) -> Result<(), ExecError> {
        loop {
            let room = LOOK_UP_MAX.saturating_sub(self.desk.waiting() + self.fresh.len());
            let now = self.now();
            let mut again = false;
            for action in decide(self.plan, &mut self.state, now, room) {
                match action {
                    Action::Dispatch(dispatch) => self.fresh.push(dispatch),
                    Action::StartTimer { timer, at } => {
                        self.ports.timers.start(self.run, timer, at).await?;
                    }
                    Action::Record(Event::Finished { status, .. }) => self.ending = Some(status),
                    Action::Record(Event::TimerFired { timer, .. }) => again |= self.fire(timer),
                    Action::Record(event) => again |= self.record(event),
                }
            }
            if !again {
                return Ok(());
            }
        }
    }

    /// Asks the memo about the fresh tasks; whether that ended any. The others go to the desk.
    async fn look_up(&mut self) -> Result<bool, ExecError> {
        if self.fresh.is_empty() {
            return Ok(false);
        }
        let fresh = std::mem::take(&mut self.fresh);
        let anew = self.state.spec().is_some_and(|spec| spec.fresh);
        let keys = fresh.iter().map(|dispatch| self.memo_key(dispatch));
        let keys = keys.collect();
        let known = self.ports.memo.get(keys).await?;
        let mut ended = false;
        for (dispatch, entry) in fresh.into_iter().zip(known) {
            // A run that makes all anew still knows what it made before it was interrupted.
            match entry.filter(|entry| !anew || entry.run == self.run) {
                Some(entry) => {
                    // An outcome of this run whose event was lost is still this task's own.
                    let own = entry.run == self.run && !self.executed.contains(&dispatch.key);
                    let from = (!own).then_some(entry.run);
                    self.done(dispatch.name, dispatch.key, entry.outcome, from);
                    ended = true;
                }
                None if dispatch.started => {
                    self.lose(&dispatch);
                    ended = true;
                }
                None => self.desk.add(dispatch),
            }
        }
        Ok(ended)
    }

    /// Hands tasks to workers while there is room and money; whether something has to be decided anew.
    async fn start_tasks(&mut self) -> Result<bool, ExecError> {
        let mut again = false;
        while self.desk.under_way() < self.options.jobs.max(1)
            && let Some(next) = self.desk.next()
        {
            if !self.state.expects(&next.name, next.attempt) {
                // Its loop has ended without it.
                self.desk.skip();
                continue;
            }
            let (name, attempt) = (next.name.clone(), next.attempt);
            if let Some(run) = self.made_before(next) {
                self.desk.skip();
                again |= self.leave(name, attempt, run);
                continue;
            }
            let taken = assets_in(&next.task.params);
            let cost_max = self.cost_max(next);
            match admit(
                self.plan,
                self.state.spent(),
                self.desk.reserved(),
                cost_max,
            ) {
                Admission::Go => {}
                Admission::Hold => return Ok(again),
                Admission::Stop(overrun) => {
                    if self.cut_short(&name, &overrun) {
                        again = true;
                        continue;
                    }
                    self.ending = Some(overrun.finish(&name.step));
                    return Ok(again);
                }
            }
            if !taken.is_empty() {
                self.mend(&taken).await?;
                if self.stopping() {
                    return Ok(again);
                }
                self.require(&taken)?;
            }
            self.hand_over(cost_max).await?;
        }
        Ok(again)
    }

    /// Hands the next task to a worker, once what it does outside is announced.
    async fn hand_over(&mut self, cost_max: UsdMicros) -> Result<(), ExecError> {
        let Some(next) = self.desk.next() else {
            return Ok(());
        };
        let (name, attempt, effect) = (next.name.clone(), next.attempt, next.effect);
        if effect {
            let started = Event::EffectStarted {
                task: name.clone(),
                attempt,
                cost_max,
                at: self.now(),
            };
            self.record(started);
            self.journal.flush().await?;
        }
        // Nobody works for a run that there may not be.
        self.journal.created().await?;
        let Some(dispatch) = self.desk.start(cost_max) else {
            return Ok(());
        };
        let (key, task) = (dispatch.key, dispatch.task.clone());
        let engine = task.engine.clone();
        let job = Job {
            run: self.run,
            name: name.clone(),
            attempt,
            key,
            task,
            effect,
        };
        self.ports.queue.offer(job).await?;
        self.tell(|_| Update::Started {
            task: name,
            attempt,
            engine,
        });
        Ok(())
    }

    /// Takes note that a timer has gone off.
    pub(super) fn fire(&mut self, timer: Timer) -> bool {
        self.is_late |= timer == Timer::Budget;
        let at = self.now();
        self.record(Event::TimerFired { timer, at })
    }

    pub(super) fn memo_key(&self, dispatch: &Dispatch) -> Digest {
        memo_key(&self.ports.engines, dispatch)
    }

    pub(super) fn cost_max(&self, dispatch: &Dispatch) -> UsdMicros {
        cost_max(&self.ports.engines, self.options.rate, &dispatch.task)
    }

    fn now(&self) -> Moment {
        self.ports.timers.now()
    }
}
