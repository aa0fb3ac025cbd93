//! How many tasks a run has, as far as that is known before it.

use serde::Serialize;
use serde_json::Value;

use super::model::*;
use super::names::{Context, Names};
use crate::expression::{Expression, Path, Segment, is_given};
use crate::process::{Action, DialKind, FAN_OUT_MAX, FanOut, OnFailure, Perform, Process};

/// A number between two bounds, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// At least.
    pub min: u64,
    /// At most.
    pub max: u64,
}

impl Estimate {
    fn exactly(number: u64) -> Self {
        Self {
            min: number,
            max: number,
        }
    }

    /// Nothing is known but the limit.
    const UNKNOWN: Self = Self {
        min: 0,
        max: FAN_OUT_MAX,
    };
}

/// Tasks of each node of the plan; those of a loop are its inner nodes'. `order` gives the draft
/// of each node.
pub(super) fn estimates(plan: &Plan, names: &Names<'_>, order: &[usize]) -> Vec<Estimate> {
    let mut estimates = Vec::with_capacity(order.len());
    // By draft: how many values a step's list has.
    let mut lengths = vec![Estimate::UNKNOWN; order.len()];
    for (node, &id) in plan.nodes.iter().zip(order) {
        let draft = &names.drafts[id];
        let Action::Perform(perform) = &draft.step.action else {
            estimates.push(Estimate::exactly(0));
            continue;
        };
        let length_of = |path: &Path| match path.to_string().as_str() {
            "run.signature" => Estimate::exactly(plan.signature.len() as u64),
            _ => names
                .step_of(path, draft.parent)
                .map_or(Estimate::UNKNOWN, |source| {
                    match references(names, source, path) {
                        Some(number) => Estimate::exactly(number),
                        None => formed(names, path, draft.parent).unwrap_or(lengths[source]),
                    }
                }),
        };
        let mut tasks = match (&node.kind, &perform.fan_out) {
            (_, FanOut::Count(count)) => counted(count, draft.process),
            (
                NodeKind::Perform(PerformNode {
                    fan_out: PlannedFanOut::Foreach(items),
                    ..
                }),
                _,
            ) => match (items.as_path(), items.length()) {
                (Some(path), _) => length_of(path),
                (None, Some(length)) => Estimate::exactly(length as u64),
                (None, None) => Estimate::UNKNOWN,
            },
            _ => Estimate::exactly(1),
        };
        lengths[id] = match perform.fan_out {
            FanOut::One => given(perform, names, id),
            FanOut::Count(_) | FanOut::Foreach(_) => tasks,
        };
        if draft.step.on_failure == OnFailure::Skip {
            lengths[id].min = 0;
        }
        let parent = node.parent.map(|parent| &plan.nodes[parent]);
        if may_be_skipped(plan, node) || parent.is_some_and(|parent| may_be_skipped(plan, parent)) {
            tasks.min = 0;
            lengths[id].min = 0;
        }
        if let Some(NodeKind::Repeat(repeat)) = parent.map(|parent| &parent.kind) {
            tasks.max = tasks.max.saturating_mul(repeat.at_most.into());
        }
        estimates.push(tasks);
    }
    estimates
}

/// Whether a condition stands before the node, or before the process that it is a step of.
fn may_be_skipped(plan: &Plan, node: &Node) -> bool {
    let mut before = Some(node);
    while let Some(node) = before {
        if node.when.is_some() {
            return true;
        }
        before = node.given.map(|given| &plan.nodes[given]);
    }
    false
}

/// How long a list in what one task gives can be, where its form bounds that.
fn formed(names: &Names<'_>, path: &Path, in_loop: Option<usize>) -> Option<Estimate> {
    let context = Context {
        in_loop,
        ..Context::default()
    };
    let (given, _) = names.resolve(path, context).ok()?;
    let bound = |word: &str| given.schema.get(word).and_then(Value::as_u64);
    let max = bound("maxItems").filter(|_| given.lists == 0)?;
    Some(Estimate {
        min: bound("minItems").unwrap_or(0).min(max),
        max: max.min(FAN_OUT_MAX),
    })
}

/// How many reference assets a process that is a step has, where the path names these.
fn references(names: &Names<'_>, source: usize, path: &Path) -> Option<u64> {
    let named = path.segments.last()?;
    let Action::Perform(perform) = &names.drafts[source].step.action else {
        return None;
    };
    let is_meant = is_given(&names.drafts[source].step.name)
        && *named == Segment::Field("signature".to_owned());
    let assets = perform.with.get("signature").filter(|_| is_meant)?;
    Some(assets.as_array()?.len() as u64)
}

/// How long the list that a step gives can be at most, where that is known before its plan is.
pub(super) fn at_most(names: &Names<'_>, mut id: usize) -> Option<u64> {
    // Each round goes to another step, unless steps wait for each other.
    for _ in 0..names.drafts.len() {
        let draft = &names.drafts[id];
        let Action::Perform(perform) = &draft.step.action else {
            return None;
        };
        let most = match &perform.fan_out {
            FanOut::Count(count) => counted(count, draft.process).max,
            FanOut::One => given(perform, names, id).max,
            FanOut::Foreach(items) => {
                let items = Expression::parse(items).ok()?;
                if let Some(length) = items.length() {
                    return Some(length as u64);
                }
                let path = draft.outside(items.as_path()?.clone());
                id = names.step_of(&path, draft.parent)?;
                continue;
            }
        };
        return (most < FAN_OUT_MAX).then_some(most);
    }
    None
}

/// How many candidates `count:` asks for.
fn counted(count: &Value, process: &Process) -> Estimate {
    if let Some(number) = count.as_u64() {
        return Estimate::exactly(number);
    }
    let path = count
        .as_str()
        .and_then(|text| text.trim().strip_prefix("{{")?.strip_suffix("}}"))
        .map(str::trim);
    let dial = path.and_then(|path| match path.split_once('.')? {
        ("inputs", name) => process.inputs.iter().find(|(known, _)| known == name),
        ("parameters", name) => process.parameters.iter().find(|(known, _)| known == name),
        _ => None,
    });
    let bound = |number: i64| u64::try_from(number).unwrap_or(0).clamp(1, FAN_OUT_MAX);
    match dial.map(|(_, dial)| &dial.kind) {
        Some(DialKind::Integer { min, max }) => Estimate {
            min: bound(*min),
            max: bound(*max),
        },
        _ => Estimate {
            min: 1,
            max: FAN_OUT_MAX,
        },
    }
}

/// How long a list one task gives, where the engine's schema says it: `x-length` names the field
/// of `with:` that is its length.
fn given(perform: &Perform, names: &Names<'_>, id: usize) -> Estimate {
    let spec = names.drafts[id].engine.map(|engine| engine.spec());
    let length = spec.and_then(|spec| {
        let field = spec.output.get("x-length")?.as_str()?;
        let default = || spec.schema.get("properties")?.get(field)?.get("default");
        perform.with.get(field).or_else(default)?.as_u64()
    });
    length.map_or(Estimate::UNKNOWN, Estimate::exactly)
}
