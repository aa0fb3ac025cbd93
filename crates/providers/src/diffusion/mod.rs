//! Has a model make pictures from words, or from a picture and words.

mod a1111;
mod backend;
#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod chain_tests;
mod comfyui;
mod errand;
mod kind;
mod openai;
mod params;
mod replicate;
#[cfg(test)]
mod replicate_tests;
mod settings;
#[cfg(test)]
mod tests;
mod within;
#[cfg(test)]
mod within_tests;

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use daedal_core::UsdMicros;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
    Usage,
};
use serde_json::{Map, Value, json};

pub use kind::Kind;
pub use settings::PainterSettings;
pub(crate) use settings::Painters;
pub use within::{Brief, ModelSettings, Opener, Painted, Within};

use crate::call::Calls;
use crate::llm::{Meter, Purse};
use crate::patience::{Told, Way};
use crate::picture;
use crate::task;
use crate::time::Time;
use backend::{Made, OneMade, Wish};
use errand::Errand;
use params::Params;
use settings::Painter;
use within::Own;

/// How long a server is told that its work is no longer wanted, in milliseconds.
const CALL_OFF_MS: u64 = 5_000;

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
                output: picture::listed(
                    "The pictures.",
                    json!({
                        "media_type": { "enum": picture::KINDS },
                        "seed": { "type": "integer", "description": "What it was made with, where its maker takes a seed." }
                    }),
                ),
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

    fn effect(&self, with: &Map<String, Value>) -> bool {
        // What is made in this process costs nobody anything, and may be made again.
        let name = with.get("model").and_then(Value::as_str);
        name.is_none_or(|name| self.painters.own(name).is_none())
    }

    fn behind(&self, task: &Task) -> Option<String> {
        let name = task.params.get("model")?.as_str()?;
        match self.painters.own(name) {
            Some(own) => Some(own.pins.clone()),
            None => Some(self.painters.get(name).ok()?.identity()),
        }
    }

    fn alike(&self, with: &Map<String, Value>) -> Option<String> {
        let name = with.get("model").and_then(Value::as_str)?;
        self.painters.get(name).ok()?.alike()
    }

    fn check(&self, with: &Value, _: &Files<'_>) -> Vec<String> {
        let mut found = Vec::new();
        if with.get("strength").is_some() && with.get("image").is_none() {
            found.push(
                "`strength` says how far from an `image` to go, and there is none: give one, or leave it out"
                    .to_owned(),
            );
        }
        found.extend(picture::check_files(
            with.get("image").into_iter(),
            &picture::KINDS,
        ));
        let name = with.get("model").and_then(Value::as_str);
        let name = name.filter(|name| self.painters.is_set && !name.contains("{{"));
        let name = name.filter(|name| self.painters.own(name).is_none());
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
        let chain = self.painters.chain(&params.model).unwrap_or_default();
        most(&chain, params.count())
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = task::params(&self.spec, task)?;
        if let Some(own) = self.painters.own(&params.model) {
            return paint(own, &params.wish(None, task, context)?, context);
        }
        let chain = self.painters.chain(&params.model);
        let chain = chain.map_err(EngineError::invalid)?;
        let given = params.given();
        if let Some(told) = chain[0].objections(&given).into_iter().next() {
            return Err(EngineError::invalid(told));
        }
        let mut errands = Vec::new();
        // Whoever has no place for what is said is passed over.
        for painter in chain.iter().filter(|one| one.objections(&given).is_empty()) {
            let errand = Errand {
                server: &painter.server,
                wish: params.wish(painter.model.as_deref(), task, context)?,
                name: &painter.name,
                kind: painter.kind.name(),
                bytes_max: params.bytes_max(task),
                limit_ms: task.limits.timeout_ms_max,
                context,
                key: task::call_key(task, context, &painter.name, 0),
                working: Cell::default(),
                cancel: RefCell::default(),
            };
            errands.push((*painter, errand));
        }
        let limit_ms = task.limits.timeout_ms_max;
        let meter = Meter::default();
        let late = || {
            format!(
                "`{}` made nothing within {} s: raise `timeout:`, or ask for less; {}",
                params.model,
                limit_ms.div_ceil(1_000),
                meter.told()
            )
        };
        let most = most(&chain, params.count());
        let held = self.purse.hold(most, context)?;
        let time = Time::new(context, limit_ms, &late);
        let made = self
            .calls
            .wait(&time, ask(&errands, params.count(), &meter, &time, most));
        for (painter, errand) in errands.iter().filter(|(_, errand)| errand.working.get()) {
            let called_off = painter.backend.call_off(errand);
            self.calls.wind_up(CALL_OFF_MS, called_off);
        }
        let settled = held.settle(&meter);
        let (painter, made) = made.inspect_err(|_| context.spend(&meter.lost(most)))?;
        // Pictures that are there are not thrown away because the book can't be written.
        settled.ok();
        let value = keep(&made.pictures, painter.server.url.as_str(), context)?;
        Ok(Performed::Done(Outcome {
            value,
            usage: Usage {
                cost: meter.spent(),
                tokens: made.tokens,
                tool: Some(match &made.model {
                    Some(model) => format!("{}/{model}", painter.kind.name()),
                    None => painter.kind.name().to_owned(),
                }),
                by_model: true,
                ..Usage::default()
            },
        }))
    }
}

/// Has a model of this process make pictures.
fn paint(own: &Own, wish: &Wish<'_>, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
    let brief = Brief {
        prompt: wish.prompt,
        negative: wish.negative,
        width: wish.width,
        height: wish.height,
        steps: wish.steps,
        guidance: wish.guidance,
        seed: wish.seed,
        image: wish.image.as_ref().map(|image| &*image.bytes),
        strength: wish.strength,
        count: wish.count,
    };
    let tell = |line: &str| context.tell(line);
    let painted = own.model.paint(&brief, context.stop, &tell)?;
    let pictures = painted.pictures.into_iter();
    let pictures = pictures.map(|(bytes, seed)| OneMade {
        bytes,
        seed: Some(seed),
    });
    let value = keep(&pictures.collect::<Vec<_>>(), "the model", context)?;
    Ok(Performed::Done(Outcome {
        value,
        usage: Usage {
            tool: Some(format!("local/{}", painted.model)),
            by_model: true,
            ..Usage::default()
        },
    }))
}

/// The most that so many pictures cost with whoever makes them.
fn most(chain: &[&Painter], count: u64) -> UsdMicros {
    let costs = chain.iter().map(|painter| painter.most(count));
    costs.max_by_key(|cost| cost.0).unwrap_or_default()
}

/// Asks one after the other until somebody has an answer, and tells the meter what that costs.
async fn ask<'p>(
    errands: &[(&'p Painter, Errand<'_>)],
    count: u64,
    meter: &Meter,
    time: &Time<'_>,
    most: UsdMicros,
) -> Result<(&'p Painter, Made), EngineError> {
    let mut told = Told::new(meter, most);
    for (at, (painter, errand)) in errands.iter().enumerate() {
        let own = painter.cost(count);
        if !told.allows(own) {
            continue;
        }
        let following = errands[at + 1..].iter();
        let way = Way {
            alias: &painter.name,
            gate: &painter.gate,
            meter,
            time,
            most: own,
            timeout: painter.timeout,
            others: told.others(own, following.map(|(painter, _)| painter.cost(count))),
        };
        match way.ask(|| painter.backend.make(errand)).await? {
            Ok(mut made) => {
                // What nobody asked for is not paid.
                made.pictures.truncate(painter.keeps(errand.wish.count));
                meter.end(painter.cost(made.pictures.len() as u64), (0, 0));
                return Ok((painter, made));
            }
            Err(miss) => {
                told.add(miss);
                if errand.working.replace(false) {
                    // What it goes on with is paid, and wanted from somebody else now.
                    let called_off = painter.backend.call_off(errand);
                    let limit = Duration::from_millis(CALL_OFF_MS);
                    tokio::time::timeout(limit, called_off).await.ok();
                }
            }
        }
    }
    Err(told.nobody())
}

/// Keeps pictures as assets.
fn keep(pictures: &[OneMade], from: &str, context: &TaskContext<'_>) -> Result<Value, EngineError> {
    let mut kept = Vec::new();
    for one in pictures {
        let header = picture::header(&one.bytes).ok_or_else(|| {
            EngineError::invalid(format!(
                "{from} gave something that is no PNG, JPEG or WebP: set it to one of these"
            ))
        })?;
        let mut value = context.write(header.media_type, &one.bytes)?.to_value();
        if let Some(seed) = one.seed {
            value["seed"] = json!(seed);
        }
        header.tell(&mut value);
        kept.push(value);
    }
    Ok(Value::Array(kept))
}
