//! A narration, spoken by a program of the system: each sentence by itself, so that it is known when it is said.

use std::ffi::OsString;

use daedal_core::engine::{EngineError, Limits, TaskContext};
use serde::Deserialize;
use serde_json::{Value, json};

use super::loudness::normalise;
use super::sentences::{Sentence, sentences};
use super::sound::{Sound, check_length, samples};
use super::{rounded, wav};
use crate::tool::{Process, Program, Tool, Tools, file_error, folder, read_file};

/// Characters of a narration.
pub(super) const TEXT_LENGTH_MAX: usize = 20_000;
/// How loud a narration is, where nothing else is said.
pub(super) const LOUDNESS: f64 = -18.0;
const PEAK_MAX: f64 = -1.0;
/// Quieter than this, before and after a sentence, is silence.
const SILENCE: f32 = 0.002;
/// Bytes of one spoken sentence.
const SENTENCE_BYTES_MAX: u64 = 64 << 20;

const ESPEAK: Program = Program {
    name: "espeak-ng",
    version: &["--version"],
    install: "Debian and Ubuntu: apt install espeak-ng; macOS: brew install espeak-ng",
};

/// What is said, and how.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Speech {
    text: String,
    #[serde(default = "english")]
    voice: String,
    #[serde(default = "unhurried")]
    rate: f64,
    #[serde(default = "low")]
    pitch: f64,
    #[serde(default = "breath")]
    pause: f64,
    paragraph_pause: Option<f64>,
    loudness: Option<f64>,
}

fn english() -> String {
    "en".to_owned()
}

fn unhurried() -> f64 {
    150.0
}

fn low() -> f64 {
    42.0
}

fn breath() -> f64 {
    0.45
}

impl Speech {
    /// Speaks it; gives the sound, what is told of it, and who spoke.
    pub(super) fn speak(
        &self,
        tools: &Tools,
        limits: &Limits,
        context: &TaskContext<'_>,
    ) -> Result<(Sound, Value, String), EngineError> {
        let length = self.text.chars().count();
        if length > TEXT_LENGTH_MAX {
            return Err(EngineError::limit(format!(
                "the text has {length} characters, more than the {TEXT_LENGTH_MAX} of a narration: speak it in several steps"
            )));
        }
        let said = sentences(&self.text);
        if said.is_empty() {
            return Err(EngineError::invalid(
                "`speech.text` has no word that can be spoken: give it a sentence",
            ));
        }
        let tool = tools.find(&ESPEAK, context)?;
        let mut whole = Sound::default();
        let mut told = Vec::new();
        for (at, sentence) in said.iter().enumerate() {
            context.check_stop()?;
            let sound = self.sentence(&tool, sentence, limits, context)?;
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
            if at + 1 < said.len() {
                whole.set_length(whole.length() + samples(self.pause_after(sentence)));
            }
        }
        let target = self.loudness.unwrap_or(LOUDNESS);
        normalise(&mut whole, target, PEAK_MAX, context)?;
        Ok((whole, json!({ "sentences": told }), tool.version))
    }

    fn pause_after(&self, sentence: &Sentence) -> f64 {
        match sentence.ends_paragraph {
            true => self.paragraph_pause.unwrap_or(self.pause * 2.0),
            false => self.pause,
        }
    }

    fn sentence(
        &self,
        tool: &Tool,
        sentence: &Sentence,
        limits: &Limits,
        context: &TaskContext<'_>,
    ) -> Result<Sound, EngineError> {
        let folder = folder()?;
        let (text, spoken) = (folder.path().join("text"), folder.path().join("spoken.wav"));
        std::fs::write(&text, &sentence.text).map_err(|error| file_error(&text, &error))?;
        let mut args: Vec<OsString> = Vec::new();
        let number = |value: f64| OsString::from((value.round() as i64).to_string());
        for (name, value) in [
            ("-v", OsString::from(&self.voice)),
            ("-s", number(self.rate)),
            ("-p", number(self.pitch)),
            // UTF-8, whatever the machine's language is.
            ("-b", "1".into()),
            ("-w", spoken.clone().into_os_string()),
            ("-f", text.into_os_string()),
        ] {
            args.push(name.into());
            args.push(value);
        }
        let process = Process::start(tool, args, folder.path(), false)?;
        process.finish(context).map_err(|error| match error {
            EngineError::Invalid { message } => EngineError::invalid(format!(
                "{message} (`speech.voice` is `{}`; espeak-ng --voices lists those that are there)",
                self.voice
            )),
            other => other,
        })?;
        let bytes = read_file(&spoken, SENTENCE_BYTES_MAX)?;
        let mut sound = wav::read(&sentence.text, &bytes, limits)?.trimmed(SILENCE);
        sound.fade(0.004, 0.02);
        Ok(sound)
    }
}
