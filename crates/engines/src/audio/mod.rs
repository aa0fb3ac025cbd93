//! Makes sound: a bed of music from the seed, a narration by a program of the system or of what was spoken
//! elsewhere, and a mix of tracks.

mod bed;
mod loudness;
pub(crate) mod mix;
pub(crate) mod schema;
mod sentences;
mod sound;
mod speaker;
mod speech;
#[cfg(test)]
#[cfg(unix)]
mod speech_tests;
#[cfg(test)]
mod tests;
pub(crate) mod wav;

use std::borrow::Cow;

use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
    Usage,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(crate) use sound::Sound;

use self::bed::Bed;
use self::mix::Mix;
use self::speech::Speech;
use crate::task::params;
use crate::tool::Tools;

/// What a step can do.
const KINDS: [&str; 3] = ["bed", "speech", "mix"];

/// The engine `audio`.
pub struct AudioEngine {
    spec: EngineSpec,
    tools: Tools,
    /// What it gives, by [`KINDS`].
    outputs: [Value; 3],
}

impl Default for AudioEngine {
    fn default() -> Self {
        Self::new(Tools::default())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    bed: Option<Bed>,
    speech: Option<Speech>,
    mix: Option<Mix>,
    bits: Option<f64>,
}

impl AudioEngine {
    /// The engine, with programs from `tools`.
    #[must_use]
    pub fn new(tools: Tools) -> Self {
        Self {
            spec: EngineSpec {
                name: "audio",
                version: "1",
                summary: "Makes sound: a bed of music, a narration, a mix at one loudness.",
                determinism: Determinism::Exact,
                seeded: true,
                main_input: None,
                schema: schema::with(),
                output: schema::output("any"),
                effect: false,
            },
            outputs: KINDS.map(schema::output),
            tools,
        }
    }
}

impl Engine for AudioEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn output(&self, with: &Map<String, Value>, _: &Files<'_>) -> Option<Cow<'_, Value>> {
        let kind = KINDS.iter().position(|kind| with.contains_key(*kind))?;
        Some(Cow::Borrowed(&self.outputs[kind]))
    }

    fn behind(&self, task: &Task) -> Option<String> {
        let speech = task.params.get("speech")?;
        match speech.get("spoken") {
            None | Some(Value::Null) => speaker::version(&self.tools, speech.get("model")),
            // It was spoken elsewhere.
            Some(_) => None,
        }
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = params(&self.spec, task)?;
        let bits = match params.bits {
            Some(24.0) => 24,
            _ => 16,
        };
        let mut usage = Usage::default();
        let (sound, told) = match (params.bed, params.speech, params.mix) {
            (Some(bed), None, None) => {
                let seed = task.seed;
                let seed =
                    seed.ok_or_else(|| EngineError::invalid("a bed needs the task's seed"))?;
                bed.play(seed, &task.limits, context)?
            }
            (None, Some(speech), None) => {
                let (sound, told, by) = speech.speak(&self.tools, task, context)?;
                usage = by;
                (sound, told)
            }
            (None, None, Some(mix)) => mix.mix(task, context)?,
            _ => {
                return Err(EngineError::invalid(
                    "`audio` does one thing a step: give `bed`, `speech` or `mix`",
                ));
            }
        };
        let loudness = loudness::measure(&sound, context)?;
        let bytes = wav::write(&sound, bits)?;
        if bytes.len() as u64 > task.limits.output_bytes_max {
            return Err(EngineError::limit(format!(
                "the sound has {} bytes, more than the {} that an asset may have: make it shorter",
                bytes.len(),
                task.limits.output_bytes_max
            )));
        }
        let mut value = context.write("audio/wav", &bytes)?.to_value();
        value["seconds"] = json!(rounded(sound.seconds()));
        value["loudness_lufs"] = json!(loudness.lufs);
        value["true_peak_dbtp"] = json!(loudness.peak);
        if let (Value::Object(value), Value::Object(told)) = (&mut value, told) {
            value.extend(told);
        }
        Ok(Performed::Done(Outcome { value, usage }))
    }
}

/// How loud `sound` is as a whole, in LUFS.
pub(crate) fn measured(sound: &Sound, context: &TaskContext<'_>) -> Result<f64, EngineError> {
    loudness::measure(sound, context).map(|loudness| loudness.lufs)
}

/// A time, to the millisecond.
pub(crate) fn rounded(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}
