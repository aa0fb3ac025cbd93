//! From one state to the next.

use std::sync::Arc;

use serde_json::Value;

use super::backoff::backoff;
use super::lost::Adrift;
use super::state::{Created, Failure, Phase, Question, Slot, State, TaskPhase, TaskState, Work};
use super::{Decision, Event, Moment, RunSpec, TaskName, Timer};
use crate::engine::{EngineError, Outcome};
use crate::plan::{NodeId, NodeKind, PerformNode, Plan};
use crate::process::OnFailure;

/// Brings `state` from before `event` to after it, and says whether that changed anything.
///
/// Duplicate and late events, events of tasks that do not exist, answers that don't fit their
/// question, and everything after the end of the run but an edit change nothing.
pub fn fold(state: &mut State, plan: &Plan, event: &Event) -> bool {
    let waiting = state.is_waiting();
    let changed = apply(state, plan, event);
    state.settle_all(plan);
    if changed {
        // The time before these was nobody's work.
        let idle = waiting
            || matches!(
                event,
                Event::Created { .. }
                    | Event::Resumed { .. }
                    | Event::Decided { .. }
                    | Event::Ruled { .. }
                    | Event::Edited { .. }
                    | Event::CancelRequested { .. }
            );
        if !idle {
            state.spent.worked_ms += event.at().ms_since(state.last);
        }
        state.last = event.at();
        if matches!(event, Event::Created { .. } | Event::Resumed { .. }) {
            state.start_budget(plan);
        }
    }
    changed
}

fn apply(state: &mut State, plan: &Plan, event: &Event) -> bool {
    if let Event::Created { spec, at } = event {
        return state.create(plan, spec, *at);
    }
    let over = state.finished.is_some() && !matches!(event, Event::Edited { .. });
    if state.created.is_none() || over {
        return false;
    }
    match event {
        Event::Created { .. } | Event::CarriedBy { .. } => false,
        Event::Edited { task, value, .. } => state.edited(plan, task, value),
        Event::Resumed { .. } => true,
        Event::TaskDone {
            task,
            key,
            outcome,
            reused_from,
            ..
        } => {
            let is_reused = reused_from.is_some();
            (state.is_asked(plan, task, *key) && state.done(plan, task, outcome, is_reused))
                || !is_reused && state.landed(task, None, outcome.usage.cost)
        }
        Event::TaskFailed {
            task,
            attempt,
            error,
            spent,
            at,
        } => {
            // A call that came to nothing is paid like any other.
            (state.failed(plan, task, *attempt, error, *at) && state.pay(spent.cost))
                || state.landed(task, Some(*attempt), spent.cost)
        }
        Event::TaskPoisoned {
            task, deliveries, ..
        } => state.poisoned(plan, task, *deliveries),
        Event::EffectStarted { .. } | Event::EffectLost { .. } | Event::Ruled { .. } => {
            state.effect(plan, event)
        }
        Event::DecisionRequested {
            task,
            key,
            request,
            at,
        } => {
            let question = Question {
                task: task.clone(),
                key: *key,
                request: request.clone(),
                at: *at,
            };
            state.is_asked(plan, task, *key) && state.asked(question)
        }
        Event::Decided { task, decision, .. } => state.decided(plan, task, decision),
        Event::TimerFired { timer, .. } => state.fired(plan, timer),
        Event::CutShort {
            step,
            round,
            message,
            ..
        } => state.cut(plan, step, *round, message),
        Event::CancelRequested { .. } => !std::mem::replace(&mut state.cancelled, true),
        Event::Finished { status, .. } => {
            state.finished = Some(status.clone());
            true
        }
    }
}

impl State {
    fn create(&mut self, plan: &Plan, spec: &RunSpec, at: Moment) -> bool {
        if self.created.is_some() {
            return false;
        }
        let id = spec.id();
        self.created = Some(Created {
            id,
            run: super::state::run_value(plan, id, spec),
            spec: Arc::new(spec.clone()),
            at,
        });
        for (id, node) in plan.nodes.iter().enumerate() {
            if node.parent.is_none() {
                self.unsettled += 1;
                self.nodes[id].pending = super::state::siblings(plan, id);
                if self.nodes[id].pending == 0 {
                    self.work.push_back(Work::Open(id));
                }
            }
        }
        true
    }

    fn start_budget(&mut self, plan: &Plan) {
        if let Some(time_ms) = plan.budget.time_ms {
            let left = time_ms.saturating_sub(self.spent.worked_ms);
            // What was left of the sitting before means nothing any more.
            self.agenda
                .timers
                .retain(|(timer, _)| *timer != Timer::Budget);
            self.agenda
                .timers
                .push((Timer::Budget, self.last.plus_ms(left)));
        }
    }

    fn done(&mut self, plan: &Plan, name: &TaskName, outcome: &Outcome, reused: bool) -> bool {
        let Some(slot) = self.unfinished(name) else {
            return false;
        };
        if !reused {
            self.pay(outcome.usage.cost);
        }
        self.end_task(plan, slot, TaskPhase::Done(outcome.value.clone()));
        true
    }

    /// The task called so, while an attempt is under way or to come.
    pub(super) fn unfinished(&mut self, name: &TaskName) -> Option<Slot> {
        let slot = self.slot(name)?;
        matches!(
            self.task_mut(slot).phase,
            TaskPhase::Ready | TaskPhase::Backoff
        )
        .then_some(slot)
    }

    fn failed(
        &mut self,
        plan: &Plan,
        name: &TaskName,
        attempt: u32,
        error: &EngineError,
        at: Moment,
    ) -> bool {
        if !self.expects(name, attempt) {
            return false;
        }
        let Some((slot, perform)) = self
            .slot(name)
            .and_then(|slot| Some((slot, perform(plan, slot.node)?)))
        else {
            return false;
        };
        let task = self.task_mut(slot);
        task.attempts = attempt;
        if error.is_retryable() && attempt < perform.retry.attempts {
            task.phase = TaskPhase::Backoff;
            let place = self.created.as_ref().map(|created| name.place(created.id));
            let wait = backoff(perform.retry.backoff_ms, attempt, place, error);
            let timer = Timer::Backoff {
                task: name.clone(),
                attempt,
            };
            self.agenda.timers.push((timer, at.plus_ms(wait)));
            self.touched.push(slot.node);
        } else {
            let tried = match attempt {
                1 => String::new(),
                attempts => format!(" (after {attempts} attempts)"),
            };
            self.fail_task(plan, slot, format!("{error}{tried}"));
        }
        true
    }

    fn poisoned(&mut self, plan: &Plan, name: &TaskName, deliveries: u32) -> bool {
        let Some(slot) = self.unfinished(name) else {
            return false;
        };
        let message = format!(
            "brought its worker down {deliveries} times and was given up: lower what it asks for, \
             or raise the memory of the workers"
        );
        self.fail_task(plan, slot, message);
        true
    }

    fn asked(&mut self, question: Question) -> bool {
        let Some(slot) = self.unfinished(&question.task) else {
            return false;
        };
        if let Some(due) = question.due() {
            let task = question.task.clone();
            self.agenda.timers.push((Timer::Decision { task }, due));
        }
        self.task_mut(slot).phase = TaskPhase::Parked(Box::new(question));
        self.active -= 1;
        self.parked.insert(slot);
        self.touched.push(slot.node);
        true
    }

    fn decided(&mut self, plan: &Plan, name: &TaskName, decision: &Decision) -> bool {
        let answer = self
            .question(name)
            .and_then(|(slot, question)| Some((slot, question.request.answer(&decision.kept)?)));
        let Some((slot, value)) = answer else {
            return false;
        };
        self.verdicts.note(slot.node, decision);
        self.end_task(plan, slot, TaskPhase::Done(value));
        true
    }

    fn question(&self, name: &TaskName) -> Option<(Slot, &Question)> {
        let slot = self.slot(name)?;
        match &self.nodes[slot.node].tasks[slot.index as usize].phase {
            TaskPhase::Parked(question) => Some((slot, question)),
            _ => None,
        }
    }

    fn fired(&mut self, plan: &Plan, timer: &Timer) -> bool {
        match timer {
            Timer::Backoff { task, attempt } => self.slot(task).is_some_and(|slot| {
                let task = self.task_mut(slot);
                let due = task.phase == TaskPhase::Backoff && task.attempts == *attempt;
                if due {
                    task.phase = TaskPhase::Ready;
                    self.agenda.tasks.push(slot);
                    self.touched.push(slot.node);
                }
                due
            }),
            Timer::Decision { task } => {
                let answer = self.question(task).map(|(slot, question)| {
                    let kept = question.request.by_default();
                    (slot, kept.and_then(|kept| question.request.answer(&kept)))
                });
                match answer {
                    Some((slot, Some(value))) => {
                        self.end_task(plan, slot, TaskPhase::Done(value));
                    }
                    Some((slot, None)) => self.fail_task(
                        plan,
                        slot,
                        "nobody decided in time: run again and decide, give it a longer \
                         `timeout:`, or say `otherwise: best`"
                            .into(),
                    ),
                    None => return false,
                }
                true
            }
            Timer::Budget => self.fail_run(None, super::budget::time_message(plan)),
        }
    }

    pub(super) fn fail_run(&mut self, step: Option<&str>, message: String) -> bool {
        let first = self.failure.is_none();
        if first {
            self.failure = Some(Failure {
                step: step.map(str::to_owned),
                message,
            });
        }
        first
    }

    /// Ends a task for good; the node's value follows from the last one's end.
    pub(super) fn end_task(&mut self, plan: &Plan, slot: Slot, end: TaskPhase) {
        let failed = matches!(end, TaskPhase::Failed);
        match std::mem::replace(&mut self.task_mut(slot).phase, end) {
            TaskPhase::Parked(_) | TaskPhase::Lost(_) => {
                self.parked.remove(&slot);
            }
            TaskPhase::Ready | TaskPhase::Backoff => self.active -= 1,
            TaskPhase::Done(_) | TaskPhase::Failed | TaskPhase::PassedOver => {}
        }
        let node = &mut self.nodes[slot.node];
        node.left -= 1;
        node.failed += usize::from(failed);
        self.touched.push(slot.node);
        if node.left == 0 {
            let value = self.gather(plan, slot.node);
            self.settle(plan, slot.node, value);
        }
    }

    pub(super) fn fail_task(&mut self, plan: &Plan, slot: Slot, message: String) {
        if plan.nodes[slot.node].on_failure == OnFailure::Skip {
            self.skip(slot, message);
            self.end_task(plan, slot, TaskPhase::Failed);
        } else {
            self.fail_node(plan, slot.node, message);
        }
    }

    /// The value of a node whose tasks all ended: `None` if its only one gave nothing. A place of a list that
    /// gave nothing is null, so that lists that go over one another stay parallel.
    fn gather(&mut self, plan: &Plan, id: NodeId) -> Option<Value> {
        let single = perform(plan, id).is_some_and(|perform| perform.fan_out.is_one());
        let tasks = &mut self.nodes[id].tasks;
        let mut values = tasks.iter_mut().map(|task| match &mut task.phase {
            TaskPhase::Done(value) => Some(std::mem::take(value)),
            _ => None,
        });
        if single {
            values.next().flatten()
        } else {
            Some(values.map(Option::unwrap_or_default).collect())
        }
    }

    /// Forgets what the inner nodes of a loop were doing.
    pub(super) fn abandon(&mut self, plan: &Plan, cycle: NodeId) {
        for &id in super::state::inner(plan, cycle) {
            let node = &mut self.nodes[id];
            if node.phase == Phase::Open {
                let going =
                    |task: &&TaskState| matches!(task.phase, TaskPhase::Ready | TaskPhase::Backoff);
                self.active -= node.tasks.iter().filter(going).count();
                let under_way = (0..)
                    .zip(&node.tasks)
                    .filter(|(_, task)| task.is_announced());
                for (index, task) in under_way {
                    let name = TaskName {
                        step: Arc::clone(&plan.nodes[id].path),
                        round: node.round,
                        index,
                    };
                    self.adrift.insert(name, Adrift::of(task));
                }
                self.parked.retain(|slot| slot.node != id);
            }
            node.phase = Phase::Closed;
        }
    }
}

pub(super) fn perform(plan: &Plan, id: NodeId) -> Option<&PerformNode> {
    match &plan.nodes[id].kind {
        NodeKind::Perform(perform) => Some(perform),
        NodeKind::Repeat(_) => None,
    }
}
