//! What follows from a value: nodes open, fan out, skip, go round, and settle in turn.
//!
//! A work list instead of recursion: a chain of 10,000 skipped steps costs no stack.

use serde_json::{Map, Value};

use super::fold::perform;
use super::scope::Names;
use super::state::{
    Cycle, NodeState, Phase, Slot, Standing, State, TaskPhase, TaskState, Work, inner, siblings,
};
use crate::plan::{NodeId, NodeKind, PerformNode, Plan, PlannedFanOut, RepeatNode, TASKS_MAX};
use crate::process::{FAN_OUT_MAX, OnFailure};

impl PlannedFanOut {
    /// Whether the node's value is its one task's.
    #[must_use]
    pub fn is_one(&self) -> bool {
        matches!(self, Self::One)
    }
}

/// How a node opens.
enum Opening {
    Skip,
    Tasks { width: usize, items: Vec<Value> },
    Rounds,
}

impl State {
    /// Works off what an event set off.
    pub(super) fn settle_all(&mut self, plan: &Plan) {
        while let Some(work) = self.work.pop_front() {
            match work {
                Work::Open(id) => self.open(plan, id),
                Work::Judge(id) => self.judge(plan, id),
            }
        }
    }

    /// Names as the node's own expressions see them.
    pub(super) fn names<'a>(&'a self, plan: &'a Plan, id: NodeId) -> Names<'a> {
        let around = plan.nodes[id].parent;
        Names::new(
            self,
            around.map(|around| (&*plan.nodes[around].path, around)),
        )
    }

    fn open(&mut self, plan: &Plan, id: NodeId) {
        if self.failure.is_some() {
            return;
        }
        match self.opening(plan, id) {
            Ok(Opening::Skip) => self.settle(plan, id, None),
            Ok(Opening::Tasks { width, items }) => self.fan_out(plan, id, width, items),
            Ok(Opening::Rounds) => {
                self.nodes[id].phase = Phase::Open;
                self.touched.push(id);
                self.nodes[id].cycle = Some(Box::new(Cycle {
                    left: 0,
                    round: Value::Null,
                    previous: Value::Null,
                    standing: None,
                }));
                self.begin_round(plan, id, 0);
            }
            Err(message) => self.fail_node(plan, id, message),
        }
    }

    fn opening(&self, plan: &Plan, id: NodeId) -> Result<Opening, String> {
        let node = &plan.nodes[id];
        if node
            .given
            .is_some_and(|given| self.nodes[given].phase == Phase::Skipped)
        {
            return Ok(Opening::Skip);
        }
        let names = self.names(plan, id);
        if let Some(when) = &node.when
            && !when
                .eval_bool(&names)
                .map_err(|error| format!("`when`: {error}"))?
        {
            return Ok(Opening::Skip);
        }
        match &node.kind {
            NodeKind::Repeat(_) => Ok(Opening::Rounds),
            NodeKind::Perform(perform) => fan_out(perform, &names),
        }
    }

    fn fan_out(&mut self, plan: &Plan, id: NodeId, width: usize, items: Vec<Value>) {
        let passed_over = items.iter().filter(|item| item.is_null()).count();
        let left = width - passed_over;
        if left == 0 {
            // Nothing is left of what was to be done.
            self.settle(plan, id, Some(Value::Array(items)));
            return;
        }
        self.tasks += left;
        if self.tasks as u64 > TASKS_MAX {
            let message = format!(
                "would bring the run to {} tasks: at most {TASKS_MAX} are allowed; lower a \
                 `count:` or `at_most:`, or split the process",
                self.tasks
            );
            self.fail_run(Some(&plan.nodes[id].path), message);
            return;
        }
        let node = &mut self.nodes[id];
        node.phase = Phase::Open;
        node.tasks = vec![TaskState::READY; width];
        for (task, item) in node.tasks.iter_mut().zip(&items) {
            if item.is_null() {
                *task = TaskState::PASSED_OVER;
            }
        }
        node.left = left;
        node.passed_over = passed_over;
        node.items = items;
        let round = node.round;
        self.active += left;
        self.touched.push(id);
        let ready = (0_u32..)
            .zip(&node.tasks)
            .filter(|(_, task)| task.phase == TaskPhase::Ready);
        for (index, _) in ready {
            self.agenda.tasks.push(Slot {
                node: id,
                round,
                index,
            });
        }
    }

    /// Gives a node its value (`None`: it was skipped) and opens what waited for it alone.
    pub(super) fn settle(&mut self, plan: &Plan, id: NodeId, value: Option<Value>) {
        let node = &mut self.nodes[id];
        if node.phase.is_settled() {
            return;
        }
        node.phase = match &value {
            Some(_) => Phase::Done,
            None => Phase::Skipped,
        };
        node.value = value.unwrap_or_default();
        node.items = Vec::new();
        self.touched.push(id);
        let parent = plan.nodes[id].parent;
        for &dependent in &plan.nodes[id].dependents {
            if plan.nodes[dependent].parent == parent {
                let waiting = &mut self.nodes[dependent];
                waiting.pending -= 1;
                if waiting.pending == 0 {
                    self.work.push_back(Work::Open(dependent));
                }
            }
        }
        match parent {
            None => self.unsettled -= 1,
            Some(around) => {
                if let Some(cycle) = &mut self.nodes[around].cycle {
                    cycle.left -= 1;
                    if cycle.left == 0 {
                        self.work.push_back(Work::Judge(around));
                    }
                }
            }
        }
    }

    /// The node can't give a value. Inside a loop that may fail, the rounds so far decide.
    pub(super) fn fail_node(&mut self, plan: &Plan, id: NodeId, message: String) {
        self.nodes[id].failed += 1;
        self.touched.push(id);
        let lenient = |id: NodeId| plan.nodes[id].on_failure == OnFailure::Skip;
        let cycle = match plan.nodes[id].parent {
            Some(around) if lenient(around) => Some(around),
            None if lenient(id) && perform(plan, id).is_none() => Some(id),
            _ => None,
        };
        match cycle {
            Some(cycle) => {
                let slot = Slot {
                    node: id,
                    round: self.nodes[id].round,
                    index: 0,
                };
                self.skip(slot, message);
                self.abandon(plan, cycle);
                let ended = self.nodes[cycle].cycle.take();
                self.stand(plan, cycle, ended.and_then(|cycle| cycle.standing));
            }
            None => {
                self.fail_run(Some(&plan.nodes[id].path), message);
            }
        }
    }

    fn begin_round(&mut self, plan: &Plan, id: NodeId, round: u32) {
        let inner = inner(plan, id);
        for &id in inner {
            let pending = siblings(plan, id);
            self.nodes[id] = NodeState {
                pending,
                round,
                ..NodeState::default()
            };
            if pending == 0 {
                self.work.push_back(Work::Open(id));
            }
        }
        self.nodes[id].round = round;
        self.touched.push(id);
        if let Some(cycle) = &mut self.nodes[id].cycle {
            cycle.left = inner.len();
            cycle.round = Value::from(round);
        }
    }

    /// Ends the loop's round: another one, or the standing one is the loop's value.
    fn judge(&mut self, plan: &Plan, id: NodeId) {
        let NodeKind::Repeat(repeat) = &plan.nodes[id].kind else {
            return;
        };
        if self.failure.is_some() || self.nodes[id].phase != Phase::Open {
            return;
        }
        let (enough, score) = match self.verdict(plan, id, repeat) {
            Ok(verdict) => verdict,
            Err(message) => return self.fail_node(plan, id, message),
        };
        let mut values = Map::new();
        for &inner in &repeat.inner {
            let value = std::mem::take(&mut self.nodes[inner].value);
            // What is inside of a process that is a step shows outside by what the process gives.
            if !plan.nodes[inner].name.contains('.') {
                values.insert(plan.nodes[inner].name.to_string(), value);
            }
        }
        let values = Value::Object(values);
        let round = self.nodes[id].round;
        let last = enough || round + 1 >= repeat.at_most;
        let Some(cycle) = &mut self.nodes[id].cycle else {
            return;
        };
        let better = match (score, &cycle.standing) {
            (Some(score), Some(best)) => score > best.score,
            _ => true,
        };
        if better {
            cycle.standing = Some(Standing {
                score: score.unwrap_or(f64::NEG_INFINITY),
                round,
                values: values.clone(),
            });
        }
        if last {
            let standing = cycle.standing.take();
            self.stand(plan, id, standing);
        } else {
            cycle.previous = values;
            self.begin_round(plan, id, round + 1);
        }
    }

    /// Gives a loop the values of the round that stands.
    pub(super) fn stand(&mut self, plan: &Plan, id: NodeId, standing: Option<Standing>) {
        self.nodes[id].stands = standing.as_ref().map_or(0, |standing| standing.round);
        self.settle(plan, id, standing.map(|standing| standing.values));
    }

    /// Whether the loop may end, and the round's score.
    fn verdict(
        &self,
        plan: &Plan,
        id: NodeId,
        repeat: &RepeatNode,
    ) -> Result<(bool, Option<f64>), String> {
        let names = Names::new(self, Some((&plan.nodes[id].path, id)));
        let enough = match &repeat.until {
            Some(until) => until
                .eval_bool(&names)
                .map_err(|error| format!("`until`: {error}"))?,
            None => false,
        };
        let score = match &repeat.best_by {
            Some(best_by) => {
                let value = best_by
                    .eval(&names)
                    .map_err(|error| format!("`best_by`: {error}"))?;
                // A round that was not scored stands behind any that was.
                let score = if value.is_null() {
                    Some(f64::NEG_INFINITY)
                } else {
                    value.as_f64()
                };
                Some(score.ok_or_else(|| {
                    format!(
                        "`best_by` gave {value}, expected a number: name a score, such as \
                         `review.score`"
                    )
                })?)
            }
            None => None,
        };
        Ok((enough, score))
    }
}

fn fan_out(perform: &PerformNode, names: &Names<'_>) -> Result<Opening, String> {
    match &perform.fan_out {
        PlannedFanOut::One => Ok(Opening::Tasks {
            width: 1,
            items: Vec::new(),
        }),
        PlannedFanOut::Count(template) => {
            let value = template
                .resolve(names)
                .map_err(|error| format!("`count`: {error}"))?;
            let width = whole(&value)
                .and_then(|count| u64::try_from(count).ok())
                .filter(|count| (1..=FAN_OUT_MAX).contains(count))
                .and_then(|count| usize::try_from(count).ok())
                .ok_or_else(|| {
                    format!(
                        "`count` is {value}, expected a whole number from 1 to {FAN_OUT_MAX}: \
                         change it or what it refers to"
                    )
                })?;
            Ok(Opening::Tasks {
                width,
                items: Vec::new(),
            })
        }
        PlannedFanOut::Foreach(expression) => {
            let value = expression
                .eval(names)
                .map_err(|error| format!("`foreach`: {error}"))?;
            match value {
                Value::Null => Ok(Opening::Skip),
                Value::Array(items) if items.is_empty() => Ok(Opening::Skip),
                Value::Array(items) if items.len() as u64 <= FAN_OUT_MAX => Ok(Opening::Tasks {
                    width: items.len(),
                    items,
                }),
                Value::Array(items) => Err(format!(
                    "`foreach` goes over {} items: at most {FAN_OUT_MAX} are allowed; give it a \
                     shorter list",
                    items.len()
                )),
                _ => Err(format!(
                    "`foreach: {}` is not a list: name a step with a `count` or `foreach` of its \
                     own, or a field that is a list",
                    expression.source()
                )),
            }
        }
    }
}

/// A number without a fraction.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        #[allow(clippy::cast_possible_truncation)] // it has no fraction and is small
        value
            .as_f64()
            .filter(|number| *number == number.trunc() && number.abs() < 1e9)
            .map(|number| number as i64)
    })
}
