//! Measures pictures, for critiques. `docs/scores.md` has every formula and its source.

mod hash;
mod look;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use daedal_core::asset::assets_in;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
};
use daedal_core::process::suggestion;
use daedal_core::{AssetRef, Digest};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::picture::{self, Colour, Oklab, Plane};
use crate::signature::{Aspect, Distance, References};
use crate::task::params;
use look::Look;

/// Every measure, and what it is for.
const MEASURES: [(&str, &str); 8] = [
    ("contrast", "How far light and dark are apart."),
    ("colourfulness", "How strong and various colours are."),
    ("balance", "How near what stands out lies to the middle."),
    ("edges", "How much of the picture is edge."),
    ("entropy", "How evenly all tones are used."),
    ("palette", "How near colours are to `palette`."),
    (
        "novelty",
        "How unlike it is to every picture of earlier runs.",
    ),
    (
        "signature",
        "How near it is to the references of the process.",
    ),
];
/// Measures that need the picture alone: the weights when none are given.
const ALONE: usize = 5;
/// Earlier pictures that are compared.
const EARLIER_MAX: usize = 1_000;
/// Looks that are remembered.
const REMEMBERED_MAX: usize = 4_096;

/// The engine `score`.
pub struct ScoreEngine {
    spec: EngineSpec,
    /// What pictures look like, by their bytes: earlier ones are the same for every candidate.
    looks: Mutex<BTreeMap<Digest, Arc<Look>>>,
    references: References,
}

impl Default for ScoreEngine {
    fn default() -> Self {
        Self {
            spec: EngineSpec {
                name: "score",
                version: "2",
                summary: "Measures a picture: contrast, colour, balance, edges, palette, novelty, signature.",
                determinism: Determinism::Exact,
                seeded: false,
                main_input: Some("image"),
                schema: schema(),
                output: json!({
                    "type": "object",
                    "properties": {
                        "score": { "type": "number", "minimum": 0, "maximum": 1 },
                        "measures": { "type": "object", "additionalProperties": { "type": "number" } },
                        "left_out": { "type": "object", "additionalProperties": { "type": "string" } },
                        "distance": {
                            "type": "object",
                            "description": "How far it is from the references, where there are any: 1 is as far as they are from one another.",
                            "properties": {
                                "overall": { "type": "number" }, "colour": { "type": "number" },
                                "composition": { "type": "number" }, "edge": { "type": "number" },
                                "texture": { "type": "number" }
                            },
                            "additionalProperties": false
                        }
                    },
                    "required": ["score", "measures", "left_out"],
                    "additionalProperties": false
                }),
                effect: false,
            },
            looks: Mutex::default(),
            references: References::default(),
        }
    }
}

fn schema() -> Value {
    let each = |property: &dyn Fn(&str) -> Value| {
        let properties: Map<String, Value> = MEASURES
            .iter()
            .map(|(name, what)| ((*name).to_owned(), property(what)))
            .collect();
        json!({ "type": "object", "properties": properties, "additionalProperties": false })
    };
    let assets = json!({ "type": "array", "items": picture::schema("A picture.") });
    let mut earlier = assets;
    earlier["description"] =
        json!("Pictures that novelty compares with; those of earlier runs when absent.");
    let signature = json!({
        "type": "array",
        "items": { "type": "object", "format": "asset" },
        "description": "References, and perhaps their profile; those of the process's `signature:` when absent."
    });
    json!({
        "type": "object",
        "properties": {
            "image": picture::schema("The picture."),
            "weights": each(&|what| json!({ "type": "number", "minimum": 0, "description": what })),
            "targets": each(&|_| json!({
                "type": "number", "minimum": 0, "maximum": 1,
                "description": "The measure that is best, where more is not better."
            })),
            "palette": { "type": "array", "items": { "type": "string" }, "description": "Colours, #rrggbb." },
            "earlier": earlier,
            "signature": signature
        },
        "required": ["image"],
        "additionalProperties": false
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    image: AssetRef,
    weights: Option<BTreeMap<String, f64>>,
    #[serde(default)]
    targets: BTreeMap<String, f64>,
    #[serde(default)]
    palette: Vec<Colour>,
    earlier: Option<Value>,
    #[serde(default)]
    signature: Value,
}

impl Engine for ScoreEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn implied(&self, with: &Value) -> Vec<(&'static str, &'static str)> {
        let weighed = |measure: &str| match with.get("weights") {
            None => false,
            Some(Value::Object(weights)) => weights.contains_key(measure),
            // An expression as a whole: it may weigh everything.
            Some(_) => true,
        };
        let fields = [
            ("novelty", "earlier", "run.earlier"),
            ("signature", "signature", "run.signature"),
        ];
        fields
            .into_iter()
            .filter(|(measure, field, _)| weighed(measure) && with.get(field).is_none())
            .map(|(_, field, expression)| (field, expression))
            .collect()
    }

    fn check(&self, with: &Value, files: &Files<'_>) -> Vec<String> {
        let lists = ["signature", "earlier"].into_iter();
        let listed = lists
            .filter_map(|name| with.get(name)?.as_array())
            .flatten();
        // A profile may stand beside its references.
        let listed =
            listed.filter(|file| file.as_str().is_none_or(|path| !path.ends_with(".json")));
        picture::check_files(with.get("image").into_iter().chain(listed), files)
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = params(&self.spec, task)?;
        params.check_names()?;
        let Measured {
            measures,
            left_out,
            distance,
        } = self.measure(&params, task, context)?;
        let weights = params.weights(&measures);
        let mut sum = 0.0;
        let mut total = 0.0;
        for (name, measure) in &measures {
            let weight = weights.get(*name).copied().unwrap_or_default();
            let worth = params.targets.get(*name).map_or(*measure, |target| {
                1.0 - (measure - target).abs() / target.max(1.0 - target)
            });
            sum += weight * worth;
            total += weight;
        }
        if total <= 0.0 {
            return Err(EngineError::invalid(
                "no measure that could be taken has a weight above 0; left out: ".to_owned()
                    + &json!(left_out).to_string(),
            ));
        }
        let measures: Map<String, Value> = measures
            .into_iter()
            .map(|(name, measure)| (name.to_owned(), json!(rounded(measure))))
            .collect();
        let mut value = json!({
            "score": rounded(sum / total),
            "measures": measures,
            "left_out": left_out
        });
        if let Some(distance) = distance {
            value["distance"] = told(&distance);
        }
        Ok(Performed::Done(Outcome::free(value)))
    }
}

fn told(distance: &Distance) -> Value {
    let mut told = json!({ "overall": distance.overall });
    for aspect in Aspect::ALL {
        told[aspect.name()] = json!(distance.aspect(aspect));
    }
    told
}

/// Six digits: more would be noise.
fn rounded(measure: f64) -> f64 {
    (measure * 1e6).round() / 1e6
}

type Measures = BTreeMap<&'static str, f64>;

/// What could be measured, and why the rest could not.
struct Measured {
    measures: Measures,
    left_out: BTreeMap<&'static str, &'static str>,
    distance: Option<Distance>,
}

impl ScoreEngine {
    /// Every measure that can be taken, and why the others can't.
    fn measure(
        &self,
        params: &Params,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Measured, EngineError> {
        let picture = picture::read(task, context, &params.image, None)?;
        let plane = Plane::of(&picture);
        let look = self.remember(params.image.digest, || Ok(Look::of(&picture, &plane)))?;
        let mut measures = Measures::from([
            ("contrast", look.contrast),
            ("colourfulness", look.colourfulness),
            ("balance", look.balance),
            ("edges", look.edges),
            ("entropy", look.entropy),
        ]);
        let mut left_out = BTreeMap::new();
        if params.palette.is_empty() {
            left_out.insert("palette", "no `palette` is given");
        } else {
            let palette: Vec<Oklab> = params.palette.iter().map(|colour| colour.oklab()).collect();
            measures.insert("palette", plane.palette(&palette));
        }
        match &params.earlier {
            None => {
                left_out.insert("novelty", "no `earlier` is given");
            }
            Some(earlier) => {
                // With nothing before it, a picture is new.
                let earlier = self.looks(earlier, task, context)?;
                let distances = earlier.iter().map(|other| look.hash.distance(other.hash));
                measures.insert("novelty", distances.fold(1.0, f64::min));
            }
        }
        let mut distance = None;
        match self.references.profile(&params.signature, task, context)? {
            Some(profile) => {
                let traits = self.references.traits(&params.image, task, context)?;
                let away = profile.distance(&traits, &params.image.digest);
                measures.insert("signature", away.nearness());
                distance = Some(away);
            }
            None => {
                left_out.insert("signature", "there is no reference picture");
            }
        }
        let weighed = params.weights.as_ref();
        left_out.retain(|name, _| weighed.is_some_and(|weights| weights.contains_key(*name)));
        Ok(Measured {
            measures,
            left_out,
            distance,
        })
    }

    /// What every picture in `value` looks like.
    fn looks(
        &self,
        value: &Value,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Vec<Arc<Look>>, EngineError> {
        assets_in(value)
            .iter()
            .filter(|asset| asset.media_type.starts_with("image/"))
            .take(EARLIER_MAX)
            .map(|asset| {
                context.check_stop()?;
                self.remember(asset.digest, || {
                    let picture = picture::read(task, context, asset, None)?;
                    Ok(Look::of(&picture, &Plane::of(&picture)))
                })
            })
            .collect()
    }

    fn remember(
        &self,
        digest: Digest,
        look: impl FnOnce() -> Result<Look, EngineError>,
    ) -> Result<Arc<Look>, EngineError> {
        // A thread that panicked leaves whole entries behind.
        let lock = || {
            self.looks
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
        };
        if let Some(look) = lock().get(&digest) {
            return Ok(Arc::clone(look));
        }
        let look = Arc::new(look()?);
        let mut looks = lock();
        if looks.len() >= REMEMBERED_MAX {
            looks.clear();
        }
        looks.insert(digest, Arc::clone(&look));
        Ok(look)
    }
}

impl Params {
    fn check_names(&self) -> Result<(), EngineError> {
        let known = MEASURES.map(|(name, _)| name);
        let named = self.weights.iter().flatten().chain(&self.targets);
        for (name, value) in named {
            if !known.contains(&name.as_str()) {
                return Err(EngineError::invalid(format!(
                    "there is no measure `{name}`; {}",
                    suggestion(name, known)
                )));
            }
            if *value < 0.0 {
                return Err(EngineError::invalid(format!(
                    "`{name}: {value}` is below 0"
                )));
            }
        }
        if let Some((name, target)) = self.targets.iter().find(|(_, target)| **target > 1.0) {
            return Err(EngineError::invalid(format!(
                "the target `{name}: {target}` is above 1"
            )));
        }
        Ok(())
    }

    /// As given, or else the same for everything that the picture and the other fields allow.
    fn weights(&self, measures: &Measures) -> BTreeMap<&str, f64> {
        match &self.weights {
            Some(weights) => weights
                .iter()
                .map(|(name, weight)| (name.as_str(), *weight))
                .collect(),
            None => MEASURES
                .iter()
                .enumerate()
                .filter(|(index, (name, _))| *index < ALONE || measures.contains_key(name))
                .map(|(_, (name, _))| (*name, 1.0))
                .collect(),
        }
    }
}
