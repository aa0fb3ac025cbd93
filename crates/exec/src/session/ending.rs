//! How a run ends: what is under way outside is paid, and so it is waited for, kept and counted first.

use daedal_core::run::budget::Overrun;
use daedal_core::run::{Dispatch, Event, Finish, RunId, TaskName};
use daedal_core::{Digest, UsdMicros};

use super::Session;
use crate::{ExecError, Update};

impl Session<'_> {
    /// Ends the run, once everything under way has. Calls that pay or show outside come to their end, within the time
    /// that each has; where somebody wants the run to stop, or its time is over, they are stopped and count as lost.
    pub(super) async fn end(&mut self, status: Finish) -> Result<(), ExecError> {
        self.desk.clear_waiting();
        self.fresh.clear();
        self.land(status == Finish::Cancelled).await?;
        let status = match status {
            Finish::Succeeded => {
                let status = self.check_outputs().await?;
                if self.options.stop.is_requested() {
                    return Ok(());
                }
                status
            }
            other => other,
        };
        // Those of an earlier sitting, unless their outcomes are remembered.
        self.fresh = self.state.under_way(self.plan);
        self.look_up().await?;
        let at = self.now();
        self.record(Event::Finished { status, at });
        Ok(())
    }

    /// Waits for what is under way outside, and stops the rest then; all of it at once if `is_urgent`.
    async fn land(&mut self, is_urgent: bool) -> Result<(), ExecError> {
        let mut is_stopped = false;
        let calls = self.desk.effects_under_way();
        if calls > 0 && !is_urgent {
            self.tell(|_| Update::Landing { calls });
        }
        while self.desk.under_way() > 0 {
            let wants_stop = is_urgent || self.is_late || self.options.stop.is_requested();
            if !is_stopped && (wants_stop || self.desk.effects_under_way() == 0) {
                is_stopped = true;
                self.ports.queue.stop(self.run).await?;
            }
            self.take_next().await?;
        }
        // What was told to stop is not begun again.
        self.desk.clear_waiting();
        Ok(())
    }

    /// Ends the loop around a task that the budget has no room for with the best of its rounds; whether it has one.
    pub(super) fn cut_short(&mut self, task: &TaskName, overrun: &Overrun) -> bool {
        let standing = self.state.standing_loop(self.plan, &task.step);
        standing.is_some_and(|(step, round)| {
            let message = overrun.to_string();
            let at = self.now();
            self.record(Event::CutShort {
                step,
                round,
                message,
                at,
            })
        })
    }

    /// The run that has made the call before, or may have, where nobody said that it is made again.
    pub(super) fn made_before(&self, dispatch: &Dispatch) -> Option<RunId> {
        let asks = dispatch.effect && !dispatch.is_ruled && !self.made.is_empty();
        asks.then(|| self.made.get(&dispatch.task.call(self.run)).copied())
            .flatten()
    }

    /// Leaves a call to a person that a run has made before, or may have.
    pub(super) fn leave(&mut self, task: TaskName, attempt: u32, before: RunId) -> bool {
        let at = self.now();
        self.record(Event::EffectLost {
            task,
            attempt,
            // It counts where it was made.
            cost_max: UsdMicros::default(),
            before: Some(before),
            at,
        })
    }

    /// Takes note that nobody knows whether an effect that was announced came about. One of the same task does not
    /// come about in its stead.
    pub(super) fn lose(&mut self, dispatch: &Dispatch) {
        let task = &dispatch.name;
        let announced = self.state.announced_cost(task);
        let event = Event::EffectLost {
            task: task.clone(),
            attempt: dispatch.attempt,
            cost_max: self.cost_max(dispatch).max(announced),
            before: None,
            at: self.now(),
        };
        self.record(event);
        if self.state.unresolved().any(|lost| lost.task == *task) {
            let call: Digest = dispatch.task.call(self.run);
            self.made.insert(call, self.run);
        }
    }

    /// Effects of an earlier sitting that nothing waits for: nobody will hear of them.
    pub(super) fn forget_adrift(&mut self) {
        let adrift = self.state.adrift();
        let adrift: Vec<_> = adrift
            .map(|(task, attempt, cost_max)| (task.clone(), attempt, cost_max))
            .collect();
        for (task, attempt, cost_max) in adrift {
            let at = self.now();
            self.record(Event::EffectLost {
                task,
                attempt,
                cost_max,
                before: None,
                at,
            });
        }
    }
}
