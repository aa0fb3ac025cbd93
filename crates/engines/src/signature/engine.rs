//! Lets through what keeps to the signature.

use std::borrow::Cow;

use daedal_core::asset::assets_in;
use daedal_core::engine::{
    DecisionOption, DecisionRequest, Determinism, Engine, EngineError, EngineSpec, Files,
    Otherwise, Outcome, Performed, Task, TaskContext,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::profile::{Distance, Profile, TOLERANCE, Verdict};
use super::references::References;
use crate::choose::sheet;
use crate::task::{params, patience, patience_problem};

/// The engine `signature`.
pub struct SignatureEngine {
    spec: EngineSpec,
    references: References,
}

impl Default for SignatureEngine {
    fn default() -> Self {
        Self {
            spec: EngineSpec {
                name: "signature",
                version: "1",
                summary: "Lets through what keeps to the signature; refuses the rest, drops it, or asks a person.",
                determinism: Determinism::Exact,
                seeded: false,
                main_input: Some("from"),
                schema: schema(),
                output: json!({ "description": "What was let through." }),
                effect: false,
            },
            references: References::default(),
        }
    }
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "from": { "description": "What is held to the signature: a picture, a list, or a value with pictures in it. What has no picture in it is let through." },
            "tolerance": { "type": "number", "exclusiveMinimum": 0, "default": TOLERANCE, "description": "The largest distance that is let through; 1 is as far as the references are from one another." },
            "outside": { "enum": ["refuse", "drop", "ask"], "default": "refuse", "description": "What happens with the rest: the step fails; it is left out of the list; a person decides." },
            "timeout": { "type": "string", "description": "How long to wait for a person: 90m, 7d; for ever when absent." },
            "otherwise": { "enum": ["best", "fail"], "default": "fail", "description": "What happens when nobody decides in time: what is inside is kept, or the step fails." },
            "signature": {
                "type": "array",
                "items": { "type": "object", "format": "asset" },
                "description": "References; those of the process's `signature:` when absent."
            }
        },
        "required": ["from"],
        "additionalProperties": false
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    from: Value,
    tolerance: Option<f64>,
    #[serde(default)]
    outside: Outside,
    timeout: Option<String>,
    otherwise: Option<Otherwise>,
    #[serde(default)]
    signature: Value,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outside {
    #[default]
    Refuse,
    Drop,
    Ask,
}

impl Engine for SignatureEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn implied(&self, with: &Value) -> Vec<(&'static str, &'static str)> {
        match with.get("signature") {
            None => vec![("signature", "run.signature")],
            Some(_) => Vec::new(),
        }
    }

    fn output(&self, with: &Map<String, Value>, _files: &Files<'_>) -> Option<Cow<'_, Value>> {
        // What is refused or not stays what it was; a choice of some is a list.
        match with.get("outside").and_then(Value::as_str) {
            Some("drop" | "ask") => Some(Cow::Owned(json!({ "type": "array" }))),
            _ => None,
        }
    }

    fn check(&self, with: &Value, _files: &Files<'_>) -> Vec<String> {
        Vec::from_iter(patience_problem(with))
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = params(&self.spec, task)?;
        let tolerance = params.tolerance.unwrap_or(TOLERANCE);
        if !(tolerance > 0.0 && tolerance.is_finite()) {
            return Err(EngineError::invalid(format!(
                "`tolerance: {tolerance}` is not above 0: expected a distance such as {TOLERANCE}"
            )));
        }
        let timeout_ms = params.timeout.as_deref().map(patience).transpose()?;
        let profile = self.references.profile(&params.signature, task, context)?;
        let profile = profile.ok_or_else(|| {
            EngineError::invalid(
                "there are no references to hold pictures to: name their directory as `signature:` in the \
                 process file, or give them as `signature`",
            )
        })?;
        let items = match &params.from {
            Value::Array(items) => items.iter().filter(|item| !item.is_null()).collect(),
            Value::Null => Vec::new(),
            one => vec![one],
        };
        let mut judged = Vec::with_capacity(items.len());
        for item in items {
            let distance = self.farthest(item, &profile, task, context)?;
            judged.push(Judged { item, distance });
        }
        let is_inside = |judged: &Judged<'_>| judged.is_inside(tolerance);
        let kept = || -> Value {
            let inside = judged.iter().filter(|judged| is_inside(judged));
            inside.map(|judged| judged.item.clone()).collect()
        };
        let all_are = judged.iter().all(is_inside);
        let none_is = !judged.iter().any(is_inside);
        let done = |value: Value| Ok(Performed::Done(Outcome::free(value)));
        match params.outside {
            Outside::Refuse if all_are => done(params.from.clone()),
            Outside::Drop if all_are || !none_is => done(kept()),
            Outside::Refuse | Outside::Drop => Err(refused(&judged, tolerance)),
            Outside::Ask if all_are => done(kept()),
            Outside::Ask => {
                let options: Vec<DecisionOption> = judged.iter().map(Judged::option).collect();
                let inside = (0..judged.len()).filter(|at| is_inside(&judged[*at]));
                let suggested: Vec<usize> = inside.collect();
                let contact_sheet = Some(sheet::draw(&options, &suggested, task, context)?);
                Ok(Performed::Asked(DecisionRequest {
                    keep: options.len(),
                    suggested,
                    options,
                    contact_sheet,
                    timeout_ms,
                    otherwise: params.otherwise.unwrap_or(Otherwise::Fail),
                }))
            }
        }
    }
}

impl SignatureEngine {
    /// The distance of the picture in `item` that is farthest away; none where there is no picture in it.
    fn farthest(
        &self,
        item: &Value,
        profile: &Profile,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Option<Distance>, EngineError> {
        let mut farthest: Option<Distance> = None;
        for asset in outermost(item) {
            let traits = self.references.traits(&asset, task, context)?;
            let distance = profile.distance(&traits, &asset.digest);
            if farthest
                .as_ref()
                .is_none_or(|farthest| distance.overall > farthest.overall)
            {
                farthest = Some(distance);
            }
        }
        Ok(farthest)
    }
}

/// The pictures of a value; those that an engine attaches to another asset are drafts and charts.
fn outermost(value: &Value) -> Vec<daedal_core::AssetRef> {
    let mut found = Vec::new();
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        match (daedal_core::AssetRef::from_value(value), value) {
            (Some(asset), _) => found.push(asset),
            (None, Value::Array(items)) => pending.extend(items.iter().rev()),
            (None, Value::Object(fields)) => pending.extend(fields.values().rev()),
            _ => {}
        }
    }
    found.retain(|asset| asset.media_type.starts_with("image/") && asset.media_type != "image/gif");
    found
}

/// An item and how far it is away.
struct Judged<'v> {
    item: &'v Value,
    distance: Option<Distance>,
}

impl Judged<'_> {
    fn is_inside(&self, tolerance: f64) -> bool {
        let distance = self.distance.as_ref();
        distance.is_none_or(|distance| distance.verdict(tolerance) == Verdict::Inside)
    }

    fn option(&self) -> DecisionOption {
        DecisionOption {
            value: self.item.clone(),
            score: self.distance.as_ref().map(Distance::nearness),
        }
    }
}

/// Why the step fails: which items are outside, and by what.
fn refused(judged: &[Judged<'_>], tolerance: f64) -> EngineError {
    const TOLD_MAX: usize = 3;
    let outside: Vec<String> = judged
        .iter()
        .enumerate()
        .filter(|(_, one)| !one.is_inside(tolerance))
        .filter_map(|(index, one)| {
            let distance = one.distance.as_ref()?;
            let kind = assets_in(one.item);
            let name = kind.first().map_or(String::new(), |asset| {
                format!("{} {}", asset.media_type, asset.digest.short())
            });
            Some(format!(
                "{} of {} ({name}) is {:.2} away ({})",
                index + 1,
                judged.len(),
                distance.overall,
                distance.told()
            ))
        })
        .collect();
    let more = match outside.len().saturating_sub(TOLD_MAX) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    EngineError::invalid(format!(
        "outside of the signature, whose tolerance is {tolerance}: {}{more}. Refine what comes before, draw with \
         another seed, or say `outside: ask` to let a person decide",
        outside[..outside.len().min(TOLD_MAX)].join("; ")
    ))
}
