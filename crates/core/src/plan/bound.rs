//! The most that a run can be asked to do, before it is: how many tasks each step has, and what one of them takes.
//!
//! What follows from inputs and parameters is worked out as the run will. What steps give is not known before they
//! gave it: something that fits stands for it, and each text of a length that nothing bounds is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Planned;
use super::model::*;
use super::types::is_asset;
use crate::expression::{Expression, Path, Scope, Segment, is_given};
use crate::process::FAN_OUT_MAX;
use crate::{AssetRef, Digest};

/// Bytes of a text that a step gives and whose length nothing bounds.
pub const TEXT_BYTES_ASSUMED: usize = 4_096;
/// Size of an asset that stands for one that a step gives, in bytes.
const ASSET_BYTES_ASSUMED: u64 = 4 << 20;
/// Nesting of what stands for something.
const DEPTH_MAX: usize = 8;

/// The most that one step can be asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// Tasks at once: of one round, where it stands in a loop.
    pub width: u64,
    /// Rounds of the loop around it; 1 outside of loops.
    pub rounds: u64,
    /// A `with:` that is as long as it gets, as far as that is known.
    pub params: Value,
    /// Expressions in it that stand for texts of [`TEXT_BYTES_ASSUMED`], each once.
    pub assumed: Vec<String>,
}

impl Bound {
    /// Tasks of a run.
    #[must_use]
    pub fn tasks(&self) -> u64 {
        self.width.saturating_mul(self.rounds)
    }
}

/// The most that a run with these inputs and parameters can ask of each node of the plan: nothing for loops, whose
/// steps do what they do. `schema` gives the schema of what an engine takes, by its name.
#[must_use]
pub fn bounds<'s>(
    planned: &Planned,
    inputs: &Value,
    parameters: &Value,
    schema: &dyn Fn(&str) -> Option<&'s Value>,
) -> Vec<Option<Bound>> {
    let plan = &planned.plan;
    let any = "f".repeat(64);
    let run = json!({ "id": any, "seed": any, "process": plan.process, "bundle": plan.bundle });
    let mut dials = Dials {
        inputs,
        parameters,
        run: &run,
        last: Value::Null,
        round: Value::Null,
        given: BTreeMap::new(),
        around: None,
    };
    let mut widths: Vec<u64> = Vec::with_capacity(plan.nodes.len());
    let mut bounds = Vec::with_capacity(plan.nodes.len());
    for (id, node) in plan.nodes.iter().enumerate() {
        let NodeKind::Perform(perform) = &node.kind else {
            widths.push(1);
            bounds.push(None);
            continue;
        };
        dials.around = node
            .parent
            .map(|parent| Arc::clone(&plan.nodes[parent].path));
        let rounds = match node.parent.map(|parent| &plan.nodes[parent].kind) {
            Some(NodeKind::Repeat(repeat)) => u64::from(repeat.at_most),
            _ => 1,
        };
        let planned_max = planned.estimates[id].max.div_ceil(rounds);
        let length = |path: &Path| length_of(plan, &widths, id, path);
        let width = match &perform.fan_out {
            PlannedFanOut::One => 1,
            PlannedFanOut::Count(count) => count
                .as_expression()
                .and_then(|count| dials.value_of(count))
                .and_then(|count| count.as_u64())
                .unwrap_or(planned_max),
            PlannedFanOut::Foreach(items) => match dials.value_of(items) {
                Some(Value::Array(items)) => {
                    items.iter().filter(|item| !item.is_null()).count() as u64
                }
                Some(_) => 0,
                None => items.as_path().and_then(length).unwrap_or(planned_max),
            },
        };
        let outer = node
            .parent
            .and_then(|parent| plan.nodes[parent].when.as_ref());
        let mut conditions = node.when.iter().chain(outer);
        let is_skipped = conditions.any(|when| dials.truth_of(when) == Some(false))
            || node.given.is_some_and(|given| widths[given] == 0);
        let width = match is_skipped {
            true => 0,
            false => width.min(FAN_OUT_MAX),
        };
        // The longest that they get.
        dials.last = json!(width.saturating_sub(1));
        dials.round = json!(rounds - 1);
        let mut fill = Filling {
            dials: &dials,
            schema: schema(&perform.engine),
            length: &length,
            assumed: Vec::new(),
        };
        let params = fill.params(perform);
        let assumed = fill.assumed;
        (dials.last, dials.round) = (Value::Null, Value::Null);
        if is_given(&node.name) {
            let given = dials.given(perform);
            dials.given.insert(Arc::clone(&node.path), given);
        }
        widths.push(width);
        bounds.push(Some(Bound {
            width,
            rounds,
            params,
            assumed,
        }));
    }
    bounds
}

/// Tasks of the step that a path names as a whole.
fn length_of(plan: &Plan, widths: &[u64], own: NodeId, path: &Path) -> Option<u64> {
    let whole = path.to_string();
    let name = whole.strip_prefix("steps.").unwrap_or(&whole);
    let around = plan.nodes[own].parent;
    let is_meant = |id: &NodeId| {
        let node = &plan.nodes[*id];
        match whole.starts_with("steps.") {
            true => &*node.path == name,
            false => node.parent == around && around.is_some() && &*node.name == name,
        }
    };
    let id = (0..widths.len()).find(is_meant)?;
    match &plan.nodes[id].kind {
        NodeKind::Perform(perform) if !perform.fan_out.is_one() => Some(widths[id]),
        _ => None,
    }
}

/// What is known before a run.
struct Dials<'d> {
    inputs: &'d Value,
    parameters: &'d Value,
    /// What `run` stands for, as far as a text can hold it.
    run: &'d Value,
    /// The last place of the fan-out, and the last round; null where there is none.
    last: Value,
    round: Value,
    /// What processes that are steps are given, by the paths of the steps that have it.
    given: BTreeMap<Arc<str>, Value>,
    /// The path of the loop around.
    around: Option<Arc<str>>,
}

impl Scope for Dials<'_> {
    fn root(&self, name: &str) -> Option<&Value> {
        match name {
            "inputs" => Some(self.inputs),
            "parameters" => Some(self.parameters),
            "run" => Some(self.run),
            "index" => Some(&self.last),
            "round" => Some(&self.round),
            name => {
                let around = self.around.as_ref()?;
                self.given.get(&*format!("{around}.{name}"))
            }
        }
    }

    fn step(&self, name: &str) -> Option<&Value> {
        self.given.get(name)
    }
}

impl Dials<'_> {
    fn knows(&self, expression: &Expression) -> bool {
        let mut names = expression.references().iter();
        names.all(|path| match &*path.root {
            "inputs" | "parameters" => true,
            "run" => matches!(
                path.segments.first(),
                Some(Segment::Field(name)) if self.run.get(name).is_some()
            ),
            "index" => !self.last.is_null(),
            "round" => !self.round.is_null(),
            "steps" => match (
                path.step().and_then(|name| self.step(name)),
                &*path.segments,
            ) {
                (Some(given), [_, section, dial, ..]) => has(given, section, dial),
                _ => false,
            },
            name if is_given(name) => match (self.root(name), &*path.segments) {
                (Some(given), [section, dial, ..]) => has(given, section, dial),
                _ => false,
            },
            _ => false,
        })
    }

    /// What a process that is a step is given, as far as that follows from the dials.
    fn given(&self, perform: &PerformNode) -> Value {
        let mut unknown = Vec::new();
        let mut given = perform.with.fill(&mut |found| {
            self.value_of(found.expression).unwrap_or_else(|| {
                unknown.push(found.pointer.to_owned());
                Value::Null
            })
        });
        for pointer in unknown {
            let mut names = pointer.split('/').skip(1);
            if let (Some(section), Some(dial)) = (names.next(), names.next())
                && let Some(Value::Object(dials)) = given.get_mut(section)
            {
                dials.remove(dial);
            }
        }
        // What turns out to be nothing leaves the default.
        for section in ["inputs", "parameters"] {
            if let Some(Value::Object(dials)) = given.get_mut(section) {
                dials.retain(|_, value| !value.is_null());
            }
        }
        given
    }

    /// What the expression gives, where that follows from the dials.
    fn value_of(&self, expression: &Expression) -> Option<Value> {
        let known = self.knows(expression);
        known.then(|| expression.eval(self).ok()).flatten()
    }

    fn truth_of(&self, expression: &Expression) -> Option<bool> {
        let known = self.knows(expression);
        known.then(|| expression.eval_bool(self).ok()).flatten()
    }
}

/// Whether a value for an input or parameter is among what a process is given.
fn has(given: &Value, section: &Segment, dial: &Segment) -> bool {
    match (section, dial) {
        (Segment::Field(section), Segment::Field(dial)) => given
            .get(section)
            .is_some_and(|dials| dials.get(dial).is_some()),
        _ => false,
    }
}

/// Puts what is known, and what fits, in the place of expressions.
struct Filling<'f> {
    dials: &'f Dials<'f>,
    schema: Option<&'f Value>,
    length: &'f dyn Fn(&Path) -> Option<u64>,
    assumed: Vec<String>,
}

impl Filling<'_> {
    fn params(&mut self, perform: &PerformNode) -> Value {
        perform.with.fill(&mut |found| {
            if let Some(value) = self.dials.value_of(found.expression) {
                return value;
            }
            let source = found.expression.source();
            if !found.is_whole {
                return self.text(source, TEXT_BYTES_ASSUMED);
            }
            let schema = self
                .schema
                .and_then(|schema| schema_at(schema, found.pointer));
            let many = found.expression.as_path().and_then(self.length);
            self.stand_in(schema.unwrap_or(&Value::Null), source, many, 0)
        })
    }

    fn text(&mut self, source: &str, bytes: usize) -> Value {
        if bytes == TEXT_BYTES_ASSUMED && !self.assumed.iter().any(|known| known == source) {
            self.assumed.push(source.to_owned());
        }
        Value::String("x".repeat(bytes))
    }

    /// Something that fits a schema and is as large as it says; `many` is the length of a list, where that is known.
    fn stand_in(&mut self, schema: &Value, source: &str, many: Option<u64>, depth: usize) -> Value {
        let first = schema.get("enum").and_then(|known| known.get(0));
        if let Some(value) = schema.get("const").or(first) {
            return value.clone();
        }
        if is_asset(schema) {
            return asset(schema, source);
        }
        let number = |word| schema.get(word).and_then(Value::as_u64);
        match schema.get("type").and_then(Value::as_str) {
            Some("array") if depth < DEPTH_MAX => {
                let most = number("maxItems").unwrap_or(FAN_OUT_MAX);
                let length = many.unwrap_or(most).min(most);
                let items = schema.get("items").unwrap_or(&Value::Null);
                let item = self.stand_in(items, source, None, depth + 1);
                (0..length).map(|_| item.clone()).collect()
            }
            Some("integer" | "number") => {
                let most = schema.get("maximum").or(schema.get("default"));
                most.cloned().unwrap_or(json!(0))
            }
            Some("boolean") => json!(true),
            Some("object") => {
                self.text(source, TEXT_BYTES_ASSUMED);
                Value::Object(Map::new())
            }
            None if depth < DEPTH_MAX && alternative(schema).is_some() => {
                let first = alternative(schema).unwrap_or(&Value::Null);
                self.stand_in(first, source, many, depth + 1)
            }
            _ => {
                // A character has up to four bytes.
                let most = number("maxLength").and_then(|most| usize::try_from(most * 4).ok());
                self.text(source, most.unwrap_or(usize::MAX).min(TEXT_BYTES_ASSUMED))
            }
        }
    }
}

/// The first of the forms that a schema leaves open.
fn alternative(schema: &Value) -> Option<&Value> {
    schema.get("anyOf").or(schema.get("oneOf"))?.get(0)
}

/// An asset of the first kind that is taken.
fn asset(schema: &Value, source: &str) -> Value {
    let kind = schema.pointer("/properties/media_type");
    let kind = kind.and_then(|kind| kind.get("const").or(kind.pointer("/enum/0")));
    let asset = AssetRef {
        digest: Digest::of(source.as_bytes()),
        media_type: kind
            .and_then(Value::as_str)
            .unwrap_or("application/octet-stream")
            .to_owned(),
        size: ASSET_BYTES_ASSUMED,
    };
    asset.to_value()
}

/// The part of a schema that is about the value at `pointer`.
fn schema_at<'s>(schema: &'s Value, pointer: &str) -> Option<&'s Value> {
    pointer.split('/').skip(1).try_fold(schema, |schema, name| {
        let name = name.replace("~1", "/").replace("~0", "~");
        let field = schema.get("properties").and_then(|known| known.get(&name));
        let item = || match name.parse::<usize>() {
            Ok(_) => schema.get("items"),
            Err(_) => None,
        };
        let open = || {
            schema
                .get("additionalProperties")
                .filter(|open| open.is_object())
        };
        field.or_else(item).or_else(open)
    })
}

#[cfg(test)]
mod tests;
