//! Has a model make pictures from words, or from a picture and words.

mod a1111;
mod backend;
mod openai;
mod params;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use daedal_core::UsdMicros;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
    Usage,
};
use serde_json::{Map, Value, json};

pub(crate) use settings::Painters;
pub use settings::{Kind, PainterSettings};

use crate::call::Calls;
use crate::llm::{Meter, Purse};
use crate::picture;
use crate::task;
use backend::{Made, Wish};
use params::Params;
use settings::Painter;

/// The engine `diffusion`.
pub struct DiffusionEngine {
    spec: EngineSpec,
    calls: Arc<Calls>,
    painters: Painters,
    purse: Arc<Purse>,
}

impl DiffusionEngine {
    pub(crate) fn new(calls: Arc<Calls>, painters: Painters, purse: Arc<Purse>) -> Self {
        Self {
            spec: EngineSpec {
                name: "diffusion",
                version: "1",
                summary: "Has a model make pictures from words, or from a picture and words.",
                determinism: Determinism::Attested,
                seeded: true,
                main_input: None,
                schema: params::schema(),
                output: json!({
                    "type": "array",
                    "items": {
                        "type": "object",
                        "format": "asset",
                        "properties": {
                            "media_type": { "enum": ["image/png", "image/jpeg", "image/webp"] },
                            "seed": { "type": "integer", "description": "What it was made with, where its maker takes a seed." },
                            "width": { "type": "integer", "description": "In pixels." },
                            "height": { "type": "integer", "description": "In pixels." }
                        },
                        "additionalProperties": false
                    },
                    "description": "The pictures."
                }),
                effect: true,
            },
            calls,
            painters,
            purse,
        }
    }
}

impl Engine for DiffusionEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn seeded(&self, with: &Map<String, Value>) -> bool {
        !with.contains_key("seed")
    }

    fn check(&self, with: &Value, _: &Files<'_>) -> Vec<String> {
        let mut found = Vec::new();
        if with.get("strength").is_some() && with.get("image").is_none() {
            found.push(
                "`strength` says how far from an `image` to go, and there is none: give one, or leave it out"
                    .to_owned(),
            );
        }
        let name = with.get("model").and_then(Value::as_str);
        let name = name.filter(|name| self.painters.is_set && !name.contains("{{"));
        match name.map(|name| self.painters.get(name)) {
            Some(Err(told)) => found.push(told),
            Some(Ok(painter)) => {
                let fields = with.as_object().into_iter().flatten();
                let fields: Vec<&str> = fields.map(|(field, _)| field.as_str()).collect();
                found.extend(painter.objections(&fields));
            }
            None => {}
        }
        found
    }

    fn cost_max(&self, task: &Task) -> UsdMicros {
        let Ok(params) = task::params::<Params>(&self.spec, task) else {
            return UsdMicros::default();
        };
        // What nobody makes costs nothing.
        let painter = self.painters.get(&params.model);
        painter.map_or(UsdMicros::default(), |painter| painter.cost(params.count()))
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = task::params(&self.spec, task)?;
        let painter = self.painters.get(&params.model);
        let painter = painter.map_err(EngineError::invalid)?;
        let given = params.given();
        if let Some(told) = painter.objections(&given).into_iter().next() {
            return Err(EngineError::invalid(told));
        }
        let wish = params.wish(painter.model.as_deref(), task, context)?;
        let bytes_max = params.bytes_max(task);
        let limit_ms = task.limits.timeout_ms_max;
        let late = || {
            format!(
                "`{}` made nothing within {} s: raise `timeout:`, or ask for less; what it was asked may be paid all \
                 the same",
                params.model,
                limit_ms.div_ceil(1_000)
            )
        };
        let meter = Meter::default();
        let most = painter.cost(params.count());
        let held = self.purse.hold(most)?;
        let asked = ask(painter, &wish, bytes_max, &meter);
        let made = self.calls.wait(context, limit_ms, late, asked);
        let settled = held.settle(&meter);
        if made.is_err() {
            context.spend(&meter.lost(most));
        }
        // Pictures that are there are not thrown away because the book can't be written.
        let made = made?;
        settled.ok();
        let value = keep(painter, &made, context)?;
        Ok(Performed::Done(Outcome {
            value,
            usage: Usage {
                cost: painter.cost(made.pictures.len() as u64),
                tokens: made.tokens,
                tool: Some(match &made.model {
                    Some(model) => format!("{}/{model}", painter.kind.name()),
                    None => painter.kind.name().to_owned(),
                }),
                ..Usage::default()
            },
        }))
    }
}

/// Asks for pictures, and tells the meter what they cost.
async fn ask(
    painter: &Painter,
    wish: &Wish<'_>,
    bytes_max: u64,
    meter: &Meter,
) -> Result<Made, EngineError> {
    let request = painter.backend.request(&painter.server, wish)?;
    meter.begin();
    let answer = painter.server.ask(request, bytes_max).await?;
    if !answer.status.is_success() {
        meter.end(UsdMicros::default(), (0, 0));
        let look_at = "what was asked for (sizes and counts that a model takes differ), at `model`";
        return Err(painter.server.unexpected(&answer, look_at));
    }
    let foreign = |why: &str| {
        EngineError::invalid(format!(
            "{} does not answer as servers of the kind `{}` do ({why}): look at `url` and `kind` under [diffusion.{}] \
             in daedal.toml",
            answer.from,
            painter.kind.name(),
            painter.name
        ))
    };
    let said: Value =
        serde_json::from_slice(&answer.bytes).map_err(|_| foreign("it gives no JSON"))?;
    let made = painter.backend.read(wish, &said);
    let made = made.map_err(|why| foreign(&why))?;
    meter.end(painter.cost(made.pictures.len() as u64), (0, 0));
    Ok(made)
}

/// Keeps pictures as assets.
fn keep(painter: &Painter, made: &Made, context: &TaskContext<'_>) -> Result<Value, EngineError> {
    let mut kept = Vec::new();
    for one in &made.pictures {
        let header = picture::header(&one.bytes).ok_or_else(|| {
            EngineError::invalid(format!(
                "{} gave something that is no PNG, JPEG or WebP: set it to one of these",
                painter.server.url
            ))
        })?;
        let mut value = context.write(header.media_type, &one.bytes)?.to_value();
        if let Some(seed) = one.seed {
            value["seed"] = json!(seed);
        }
        value["width"] = json!(header.width);
        value["height"] = json!(header.height);
        kept.push(value);
    }
    Ok(Value::Array(kept))
}
