//! A narration: spoken by a program of the system, or made of sentences that were spoken elsewhere. Each sentence is heard
//! by itself, so that it is known when it is said.

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Limits, Task, TaskContext, Usage};
use serde::Deserialize;
use serde_json::{Value, json};

use super::loudness::normalise;
use super::sentences::{Sentence, sentences};
use super::sound::{Sound, check_length, samples};
use super::speaker::Speaker;
use super::{rounded, wav};
use crate::task::label;
use crate::tool::Tools;

/// Characters of a narration.
pub(super) const TEXT_LENGTH_MAX: usize = 20_000;
/// Sentences that were spoken elsewhere.
pub(super) const SPOKEN_MAX: usize = 1_000;
/// How loud a narration is, where nothing else is said.
pub(super) const LOUDNESS: f64 = -18.0;
/// Words in a minute, where nothing else is said.
pub(super) const RATE: f64 = 150.0;
const PEAK_MAX: f64 = -1.0;
/// Quieter than this, before and after a sentence, is silence.
const SILENCE: f32 = 0.002;

/// What is said, and how.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Speech {
    text: Option<String>,
    /// Sentences that were spoken elsewhere; nothing where one failed.
    spoken: Option<Vec<Option<Spoken>>>,
    voice: Option<String>,
    /// A voice of piper, and its settings.
    pub(super) model: Option<AssetRef>,
    pub(super) config: Option<AssetRef>,
    /// Which of the voices of a model that has several.
    pub(super) speaker: Option<u32>,
    #[serde(default = "unhurried")]
    pub(super) rate: f64,
    pitch: Option<f64>,
    #[serde(default = "breath")]
    pause: f64,
    paragraph_pause: Option<f64>,
    loudness: Option<f64>,
}

/// A sentence that was spoken elsewhere.
#[derive(Debug, Deserialize)]
struct Spoken {
    #[serde(flatten)]
    asset: AssetRef,
    text: Option<String>,
}

fn unhurried() -> f64 {
    RATE
}

fn breath() -> f64 {
    0.45
}

impl Speech {
    /// A voice of espeak-ng.
    pub(super) fn voice(&self) -> &str {
        self.voice.as_deref().unwrap_or("en")
    }

    /// Low to high, for espeak-ng.
    pub(super) fn pitch(&self) -> f64 {
        self.pitch.unwrap_or(42.0)
    }

    /// Speaks it; gives the sound, what is told of it, and who spoke, where that was here.
    pub(super) fn speak(
        &self,
        tools: &Tools,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<(Sound, Value, Usage), EngineError> {
        self.check()?;
        match (&self.text, &self.spoken) {
            (Some(text), None) => self.read_out(text, tools, &task.limits, context),
            (None, Some(spoken)) => {
                let said = self.heard(spoken, task, context)?;
                let (sound, told) = self.narration(said, &task.limits, context)?;
                Ok((sound, told, Usage::default()))
            }
            _ => Err(EngineError::invalid(
                "`speech` says a `text`, or lays out what was `spoken` elsewhere: give one of them",
            )),
        }
    }

    /// Fields that have no place beside others.
    fn check(&self) -> Result<(), EngineError> {
        let by_piper = self.model.is_some();
        let is_elsewhere = self.spoken.is_some();
        let given = [
            ("voice", self.voice.is_some(), by_piper || is_elsewhere),
            ("pitch", self.pitch.is_some(), by_piper || is_elsewhere),
            ("model", by_piper, is_elsewhere),
            ("config", self.config.is_some(), !by_piper || is_elsewhere),
            ("speaker", self.speaker.is_some(), !by_piper || is_elsewhere),
        ];
        let misplaced = given
            .into_iter()
            .find(|(_, is_given, is_no_place)| *is_given && *is_no_place);
        let Some((name, ..)) = misplaced else {
            return Ok(());
        };
        let where_ = match (name, is_elsewhere) {
            (_, true) => "beside `spoken`, which is spoken already",
            ("voice" | "pitch", _) => "beside `model`: it is for espeak-ng",
            _ => "without `model`: it is for piper",
        };
        Err(EngineError::invalid(format!(
            "`speech.{name}` has no place {where_}; leave it out"
        )))
    }

    /// Has a text spoken by a program.
    fn read_out(
        &self,
        text: &str,
        tools: &Tools,
        limits: &Limits,
        context: &TaskContext<'_>,
    ) -> Result<(Sound, Value, Usage), EngineError> {
        let length = text.chars().count();
        if length > TEXT_LENGTH_MAX {
            return Err(EngineError::limit(format!(
                "the text has {length} characters, more than the {TEXT_LENGTH_MAX} of a narration: speak it in several steps"
            )));
        }
        let said = sentences(text);
        if said.is_empty() {
            return Err(EngineError::invalid(
                "`speech.text` has no word that can be spoken: give it a sentence",
            ));
        }
        let speaker = Speaker::of(self, tools, context)?;
        let said = said.into_iter().map(|sentence| {
            let bytes = speaker.speak(self, &sentence.text, context)?;
            let sound = wav::read(&sentence.text, &bytes, limits)?;
            Ok((sentence, sound))
        });
        let (sound, told) = self.narration(said, limits, context)?;
        Ok((sound, told, speaker.usage()))
    }

    /// Sentences that were spoken elsewhere.
    fn heard<'h>(
        &self,
        spoken: &'h [Option<Spoken>],
        task: &'h Task,
        context: &'h TaskContext<'_>,
    ) -> Result<impl Iterator<Item = Result<(Sentence, Sound), EngineError>> + use<'h>, EngineError>
    {
        let there: Vec<&Spoken> = spoken.iter().flatten().collect();
        if there.is_empty() {
            return Err(EngineError::invalid(
                "`speech.spoken` has no sentence: give what the engine speech spoke, such as a step with `foreach:` gives",
            ));
        }
        Ok(there.into_iter().map(move |one| {
            let bytes = context.read(&one.asset)?;
            let name = label(task, &one.asset);
            let sound = wav::read(&name, &bytes, &task.limits)?;
            let sentence = Sentence {
                text: one.text.clone().unwrap_or_default(),
                ends_paragraph: false,
            };
            Ok((sentence, sound))
        }))
    }

    /// Lays sentences one after the other.
    fn narration(
        &self,
        said: impl Iterator<Item = Result<(Sentence, Sound), EngineError>>,
        limits: &Limits,
        context: &TaskContext<'_>,
    ) -> Result<(Sound, Value), EngineError> {
        let mut whole = Sound::default();
        let mut told = Vec::new();
        let mut pause = None;
        for one in said {
            context.check_stop()?;
            let (sentence, sound) = one?;
            let mut sound = sound.trimmed(SILENCE);
            sound.fade(0.004, 0.02);
            if let Some(pause) = pause {
                whole.set_length(whole.length() + samples(pause));
            }
            let start = whole.seconds();
            check_length("the narration", start + sound.seconds(), limits)?;
            told.push(json!({
                "text": sentence.text,
                "start": rounded(start),
                "seconds": rounded(sound.seconds()),
            }));
            let at_sample = whole.length();
            whole.set_length(at_sample + sound.length());
            whole.add(&sound, at_sample, 1.0);
            pause = Some(self.pause_after(&sentence));
        }
        let target = self.loudness.unwrap_or(LOUDNESS);
        normalise(&mut whole, target, PEAK_MAX, context)?;
        Ok((whole, json!({ "sentences": told })))
    }

    fn pause_after(&self, sentence: &Sentence) -> f64 {
        match sentence.ends_paragraph {
            true => self.paragraph_pause.unwrap_or(self.pause * 2.0),
            false => self.pause,
        }
    }
}
