//! What a run can cost and how long it can take at most, before it begins.

mod recorded;
mod told;

use std::collections::BTreeMap;

use daedal_core::UsdMicros;
use daedal_core::engine::{Engines, Task};
use daedal_core::plan::{Bound, Node, NodeId, NodeKind, PerformNode, Plan, Planned, bounds};
use daedal_core::process::Budget;
use serde_json::Value;

use crate::assemble;
use crate::failure::Failure;
use crate::home::Home;

pub(crate) use recorded::{Recorded, recorded};

/// The most that a run can cost, and how long it can take.
pub(crate) struct Estimate {
    steps: Vec<Step>,
    cost: UsdMicros,
    time_ms: u64,
    /// How long it takes where each task takes as long as the longest of its step before, where that is known of all.
    usual_ms: Option<u64>,
    /// Tasks at once.
    jobs: usize,
    /// What ends a run before it uses more.
    budget: Budget,
    day_max: Option<UsdMicros>,
    studio_max: Option<UsdMicros>,
}

/// The same of one step.
struct Step {
    path: String,
    uses: String,
    bound: Bound,
    attempts: u32,
    cost: UsdMicros,
    /// Whether what it costs is known: what calls out and names no price may cost something all the same.
    is_priced: bool,
    /// Of one task with all its attempts, by the limit of time of each.
    task_ms: u64,
    recorded: Option<Recorded>,
}

/// The estimate of a run with these inputs and parameters. `recorded` tells how long tasks took, by step.
pub(crate) fn of(
    home: Option<&Home>,
    planned: &Planned,
    engines: &Engines,
    (inputs, parameters): (&Value, &Value),
    recorded: &BTreeMap<String, Recorded>,
) -> Result<Estimate, Failure> {
    let schema = |name: &str| engines.get(name).map(|engine| &engine.spec().schema);
    let settings = home.map(|home| &home.settings.run);
    let rate = settings.map_or(Ok(UsdMicros::default()), |run| run.rate())?;
    let bounds = bounds(planned, inputs, parameters, &schema);
    let mut steps = Vec::new();
    // Of one task of each node, at most and usually.
    let (mut task_ms, mut usual_ms) = (Vec::new(), Vec::new());
    for (node, bound) in planned.plan.nodes.iter().zip(bounds) {
        let (Some(bound), NodeKind::Perform(perform)) = (bound, &node.kind) else {
            task_ms.push(0);
            usual_ms.push(0);
            continue;
        };
        let recorded = recorded.get(&*node.path);
        let is_named =
            home.is_some_and(|home| assemble::names_price(home, &perform.engine, &bound.params));
        let step = step(node, perform, bound, engines, (rate, is_named), recorded);
        task_ms.push(step.of_one(Some(step.task_ms)).unwrap_or(0));
        usual_ms.push(step.of_one(step.longest_ms()).unwrap_or(0));
        steps.push(step);
    }
    let work = |ms: &dyn Fn(&Step) -> Option<u64>| {
        let mut each = steps.iter().map(|step| {
            let one = step.of_one(ms(step))?;
            Some(step.bound.tasks().saturating_mul(one))
        });
        each.try_fold(0_u64, |sum, one| Some(sum.saturating_add(one?)))
    };
    let at_most = work(&|step| Some(step.task_ms)).unwrap_or(u64::MAX);
    let usual = work(&|step| step.longest_ms());
    let cost = steps.iter().map(|step| step.cost);
    let jobs = home.map_or(1, |home| home.jobs(None));
    Ok(Estimate {
        cost: cost.fold(UsdMicros::default(), UsdMicros::saturating_add),
        time_ms: span(at_most, chain(&planned.plan, &task_ms), jobs),
        usual_ms: usual.map(|work| span(work, chain(&planned.plan, &usual_ms), jobs)),
        steps,
        jobs,
        budget: planned.plan.budget,
        day_max: settings.map_or(Ok(None), |run| run.day_max())?,
        studio_max: settings.map_or(Ok(None), |run| run.studio_max())?,
    })
}

fn step(
    node: &Node,
    perform: &PerformNode,
    bound: Bound,
    engines: &Engines,
    (rate, is_named): (UsdMicros, bool),
    recorded: Option<&Recorded>,
) -> Step {
    let attempts = perform.retry.attempts;
    let limit_ms = perform.limits.timeout_ms_max;
    let task = Task {
        engine: perform.engine.to_string(),
        engine_version: perform.engine_version.to_string(),
        params: bound.params.clone(),
        seed: None,
        limits: perform.limits,
        labels: perform.labels.clone(),
    };
    let engine = engines.get(&perform.engine);
    let asked = engine.map_or(UsdMicros::default(), |engine| engine.cost_max(&task));
    let once = asked.saturating_add(rate.of_time(limit_ms));
    let times = bound.tasks().saturating_mul(attempts.into());
    let recorded = recorded.filter(|recorded| recorded.engine == *perform.engine);
    // The wait is doubled each time.
    let waits = (1_u64 << (attempts - 1).min(63)) - 1;
    let task_ms = limit_ms
        .saturating_mul(attempts.into())
        .saturating_add(perform.retry.backoff_ms.saturating_mul(waits));
    Step {
        path: node.path.to_string(),
        uses: perform.engine.to_string(),
        attempts,
        cost: UsdMicros(once.0.saturating_mul(times)),
        is_priced: !perform.effect || asked.0 > 0 || is_named,
        task_ms,
        recorded: recorded.cloned(),
        bound,
    }
}

impl Step {
    /// What one task of it takes, where there is one.
    fn of_one(&self, ms: Option<u64>) -> Option<u64> {
        match self.bound.width {
            0 => Some(0),
            _ => ms,
        }
    }

    /// The longest that a task of it took before, in milliseconds.
    fn longest_ms(&self) -> Option<u64> {
        let recorded = self.recorded.as_ref();
        recorded.map(|recorded| recorded.longest_ms)
    }
}

/// The longest way through the plan, where there is room for every task, in milliseconds. `task_ms` is what one task
/// of each node takes.
fn chain(plan: &Plan, task_ms: &[u64]) -> u64 {
    let mut until = vec![0_u64; plan.nodes.len()];
    for (id, node) in plan.nodes.iter().enumerate() {
        let beside = node.dependencies.iter();
        let beside = beside.filter(|&&other| plan.nodes[other].parent == node.parent);
        let begin = beside.map(|&other| until[other]).max().unwrap_or(0);
        let own = match &node.kind {
            NodeKind::Perform(_) => task_ms[id],
            NodeKind::Repeat(repeat) => {
                let inner = repeat.inner.iter().map(|&inner: &NodeId| until[inner]);
                inner
                    .max()
                    .unwrap_or(0)
                    .saturating_mul(repeat.at_most.into())
            }
        };
        until[id] = begin.saturating_add(own);
    }
    let outer = (0..until.len()).filter(|&id| plan.nodes[id].parent.is_none());
    outer.map(|id| until[id]).max().unwrap_or(0)
}

/// How long it takes at most where workers never wait while there is something to do: all of the work shared, and the
/// longest way for those who have to wait for it (R. L. Graham, Bounds for certain multiprocessing anomalies, 1966).
fn span(work: u64, chain: u64, jobs: usize) -> u64 {
    let (work, chain) = (u128::from(work), u128::from(chain));
    let jobs = jobs.max(1) as u128;
    let span = (work + chain * (jobs - 1)).div_ceil(jobs);
    u64::try_from(span.min(work)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_hands_shorten_what_is_no_chain() {
        // Ten tasks of 10 beside each other.
        assert_eq!(span(100, 10, 1), 100);
        assert!(span(100, 10, 4) < 40 && span(100, 10, 4) >= 30);
        // A chain of ten.
        assert_eq!(span(100, 100, 8), 100);
        assert_eq!(span(0, 0, 3), 0);
        assert_eq!(span(u64::MAX, u64::MAX, 16), u64::MAX);
    }
}
