//! Has a text spoken by a speech API.

mod settings;
#[cfg(test)]
mod tests;
mod wave;

use std::sync::Arc;

use daedal_core::UsdMicros;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
    Usage,
};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use settings::Speakers;
pub use settings::{Kind, SpeakerSettings};

use crate::call::Calls;
use crate::llm::{Meter, Purse};
use crate::patience::{Told, Trouble, Way};
use crate::task;
use crate::time::Time;
use settings::Speaker;
use wave::Wave;

/// Characters of one text: what OpenAI's API takes.
const TEXT_LENGTH_MAX: usize = 4_096;
/// Largest answer, in bytes, unless a step says otherwise.
const BYTES_MAX: u64 = 64 << 20;

/// The engine `speech`.
pub struct SpeechEngine {
    spec: EngineSpec,
    calls: Arc<Calls>,
    speakers: Speakers,
    purse: Arc<Purse>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    voice: String,
    text: String,
    manner: Option<String>,
    speed: Option<f64>,
    bytes_max: Option<u64>,
}

impl SpeechEngine {
    pub(crate) fn new(calls: Arc<Calls>, speakers: Speakers, purse: Arc<Purse>) -> Self {
        Self {
            spec: EngineSpec {
                name: "speech",
                version: "1",
                summary: "Has a text spoken by a speech API.",
                determinism: Determinism::Attested,
                seeded: false,
                main_input: Some("text"),
                schema: schema(),
                output: json!({
                    "type": "object",
                    "format": "asset",
                    "properties": {
                        "media_type": { "const": "audio/wav" },
                        "text": { "type": "string", "description": "What is said." },
                        "seconds": { "type": "number", "description": "How long it takes." }
                    },
                    "additionalProperties": false
                }),
                effect: true,
            },
            calls,
            speakers,
            purse,
        }
    }

    /// What is said, and by whom: who is named, and those in the place of that one.
    fn parts<'s>(&'s self, task: &Task) -> Result<(Params, Vec<&'s Speaker>), EngineError> {
        let params: Params = task::params(&self.spec, task)?;
        let chain = self.speakers.chain(&params.voice);
        Ok((params, chain.map_err(EngineError::invalid)?))
    }
}

/// JSON Schema of `with:`.
fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "voice": { "type": "string", "description": "A voice of the studio: the NAME of [speech.NAME] in its daedal.toml." },
            "text": { "type": "string", "minLength": 1, "maxLength": TEXT_LENGTH_MAX, "description": "What is said." },
            "manner": { "type": "string", "minLength": 1, "description": "How it is said, in words, where the model listens to that." },
            "speed": { "type": "number", "minimum": 0.25, "maximum": 4, "description": "How fast; 1 is the voice's own." },
            "bytes_max": { "type": "integer", "minimum": 1, "description": "Largest answer, in bytes; 64 MiB when absent." }
        },
        "required": ["voice", "text"],
        "additionalProperties": false
    })
}

impl Engine for SpeechEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn check(&self, with: &Value, _: &Files<'_>) -> Vec<String> {
        let name = with.get("voice").and_then(Value::as_str);
        let name = name.filter(|name| self.speakers.is_set && !name.contains("{{"));
        let told = name.and_then(|name| self.speakers.get(name).err());
        told.into_iter().collect()
    }

    fn cost_max(&self, task: &Task) -> UsdMicros {
        // What can't be read, or is said by nobody, is not asked.
        let parts = self.parts(task);
        parts.map_or(UsdMicros::default(), |(params, chain)| {
            most(&chain, &params)
        })
    }

    fn behind(&self, task: &Task) -> Option<String> {
        let (_, chain) = self.parts(task).ok()?;
        chain.first().map(|speaker| speaker.identity())
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let (params, chain) = self.parts(task)?;
        let length = params.text.chars().count();
        if length > TEXT_LENGTH_MAX {
            return Err(EngineError::limit(format!(
                "the text has {length} characters, and {TEXT_LENGTH_MAX} are said at once: give a sentence or a paragraph \
                 to each task (`foreach:`)"
            )));
        }
        let meter = Meter::default();
        let limit_ms = task.limits.timeout_ms_max;
        let late = || {
            format!(
                "`{}` said nothing within {} s: raise `timeout:`, or give it less to say; {}",
                params.voice,
                limit_ms.div_ceil(1_000),
                meter.told()
            )
        };
        let most = most(&chain, &params);
        let held = self.purse.hold(most, context)?;
        let time = Time::new(context, limit_ms, &late);
        let asking = Asking {
            chain: &chain,
            params: &params,
            meter: &meter,
            time: &time,
            most,
            key: &|who| task::call_key(task, context, who, 0),
        };
        let spoken = self.calls.wait(&time, asking.ask());
        let settled = held.settle(&meter);
        if spoken.is_err() {
            context.spend(&meter.lost(most));
        }
        // What is said is not thrown away because the book can't be written.
        let (speaker, spoken) = spoken?;
        settled.ok();
        let mut value = context.write("audio/wav", &spoken.bytes)?.to_value();
        value["text"] = json!(params.text);
        value["seconds"] = json!(spoken.seconds);
        Ok(Performed::Done(Outcome {
            value,
            usage: Usage {
                cost: meter.spent(),
                tool: Some(speaker.identity()),
                by_model: true,
                ..Usage::default()
            },
        }))
    }
}

/// The most that it costs with whoever says it.
fn most(chain: &[&Speaker], params: &Params) -> UsdMicros {
    let costs = chain.iter().map(|speaker| speaker.cost(&params.text));
    costs.max_by_key(|cost| cost.0).unwrap_or_default()
}

/// What is said, and who is asked to.
struct Asking<'a> {
    chain: &'a [&'a Speaker],
    params: &'a Params,
    meter: &'a Meter,
    time: &'a Time<'a>,
    /// The most that all of it may cost.
    most: UsdMicros,
    /// What somebody, by the name of the entry, knows the call by.
    key: &'a dyn Fn(&str) -> String,
}

impl<'a> Asking<'a> {
    /// Asks one after the other until it is said.
    async fn ask(&self) -> Result<(&'a Speaker, Wave), EngineError> {
        let mut told = Told::new(self.meter, self.most);
        let cost = |speaker: &&Speaker| speaker.cost(&self.params.text);
        for (at, speaker) in self.chain.iter().enumerate() {
            let own = cost(speaker);
            if !told.allows(own) {
                continue;
            }
            let way = Way {
                alias: &speaker.name,
                gate: &speaker.gate,
                meter: self.meter,
                time: self.time,
                most: own,
                timeout: speaker.timeout,
                others: told.others(own, self.chain[at + 1..].iter().map(cost)),
            };
            let body = body(speaker, self.params);
            // One key for all the times that a server is asked.
            let key = (self.key)(&speaker.name);
            let bytes_max = self.params.bytes_max.unwrap_or(BYTES_MAX);
            match way.ask(|| once(speaker, &body, &key, bytes_max)).await? {
                Ok(spoken) => {
                    self.meter.end(own, (0, 0));
                    return Ok((speaker, spoken));
                }
                Err(miss) => told.add(miss),
            }
        }
        Err(told.nobody())
    }
}

/// What is asked, after <https://platform.openai.com/docs/api-reference/audio/createSpeech> (`CreateSpeechRequest`).
fn body(speaker: &Speaker, params: &Params) -> Value {
    let mut body = json!({
        "model": speaker.model,
        "voice": speaker.voice,
        "input": params.text,
        "response_format": "wav",
    });
    if let Some(manner) = &params.manner {
        body["instructions"] = json!(manner);
    }
    if let Some(speed) = params.speed {
        body["speed"] = json!(speed);
    }
    body
}

async fn once(speaker: &Speaker, body: &Value, key: &str, bytes_max: u64) -> Result<Wave, Trouble> {
    let request = speaker.server.request(Method::POST, "audio/speech");
    let mut request = request
        .map_err(|error| Trouble::Refused {
            message: error.to_string(),
        })?
        .with_json(body);
    if let Ok(key) = HeaderValue::from_str(key) {
        request.headers.insert("idempotency-key", key);
    }
    let answer = speaker.server.call(request, bytes_max).await?;
    if !answer.status.is_success() {
        let look_at = format!("`model` and `voice` under [speech.{}]", speaker.name);
        return Err(speaker.server.trouble(&answer, &look_at));
    }
    wave::read(&answer.bytes).map_err(|why| {
        Trouble::Failed(EngineError::invalid(format!(
            "what {} gave is no sound that can be used: {why}; look at `url` under [speech.{}] in daedal.toml",
            answer.from, speaker.name
        )))
    })
}
