//! The programs that speak: one sentence at a time, into a WAV file.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, TaskContext, Usage};
use serde_json::Value;
use tempfile::TempDir;

use super::speech::{RATE, Speech};
use crate::tool::{Process, Program, Tool, Tools, file_error, folder, read_file};

/// Bytes of one spoken sentence.
const SENTENCE_BYTES_MAX: u64 = 64 << 20;

const ESPEAK: Program = Program {
    name: "espeak-ng",
    version: &["--version"],
    install: "Debian and Ubuntu: apt install espeak-ng; macOS: brew install espeak-ng",
};
const PIPER: Program = Program {
    name: "piper",
    version: &["--version"],
    install: "pip install piper-tts, or a release of github.com/rhasspy/piper",
};
/// Of the two programs of that name, one does not tell its version.
const PIPER_SILENT: Program = Program {
    version: &["--help"],
    ..PIPER
};
/// The model in the program's folder; its settings have the same name with `.json` after it.
const MODEL: &str = "voice.onnx";

/// Somebody who speaks.
pub(super) struct Speaker {
    tool: Tool,
    kind: Kind,
}

enum Kind {
    Espeak,
    /// With a folder that has the model.
    Piper(TempDir),
}

/// Which program would speak with this `model`, and its version, as receipts have them.
pub(super) fn version(tools: &Tools, model: Option<&Value>) -> Option<String> {
    match model {
        None | Some(Value::Null) => tools.version(&ESPEAK),
        Some(_) => tools.version(&PIPER).or_else(|| {
            let silent = tools.version(&PIPER_SILENT);
            silent.map(|_| PIPER.name.to_owned())
        }),
    }
}

impl Speaker {
    /// Who speaks this.
    pub(super) fn of(
        speech: &Speech,
        tools: &Tools,
        context: &TaskContext<'_>,
    ) -> Result<Self, EngineError> {
        let Some(model) = &speech.model else {
            return Ok(Self {
                tool: tools.find(&ESPEAK, context)?,
                kind: Kind::Espeak,
            });
        };
        let config = speech.config.as_ref().ok_or_else(|| {
            EngineError::invalid(
                "`speech.model` needs its `config`: the file that comes with the model, called like it with .json after it",
            )
        })?;
        let tool = match tools.find(&PIPER, context) {
            Ok(tool) => tool,
            Err(EngineError::Stopped) => return Err(EngineError::Stopped),
            Err(_) => {
                let mut tool = tools.find(&PIPER_SILENT, context)?;
                PIPER.name.clone_into(&mut tool.version);
                tool
            }
        };
        let place = folder()?;
        let keep = |name: &str, asset: &AssetRef| {
            let file = place.path().join(name);
            let bytes = context.read(asset)?;
            std::fs::write(&file, &bytes[..]).map_err(|error| file_error(&file, &error))
        };
        keep(MODEL, model)?;
        keep(&format!("{MODEL}.json"), config)?;
        Ok(Self {
            tool,
            kind: Kind::Piper(place),
        })
    }

    /// Its name and version, for receipts, and whether it speaks by a trained model.
    pub(super) fn usage(&self) -> Usage {
        Usage {
            tool: Some(self.tool.version.clone()),
            by_model: matches!(self.kind, Kind::Piper(_)),
            ..Usage::default()
        }
    }

    /// The WAV file of a sentence.
    pub(super) fn speak(
        &self,
        speech: &Speech,
        sentence: &str,
        context: &TaskContext<'_>,
    ) -> Result<Vec<u8>, EngineError> {
        match &self.kind {
            Kind::Espeak => self.espeak(speech, sentence, context),
            Kind::Piper(place) => self.piper(place.path(), speech, sentence, context),
        }
    }

    fn espeak(
        &self,
        speech: &Speech,
        sentence: &str,
        context: &TaskContext<'_>,
    ) -> Result<Vec<u8>, EngineError> {
        let folder = folder()?;
        let (text, spoken) = (folder.path().join("text"), folder.path().join("spoken.wav"));
        std::fs::write(&text, sentence).map_err(|error| file_error(&text, &error))?;
        let number = |value: f64| OsString::from((value.round() as i64).to_string());
        let args = flat([
            ("-v", OsString::from(speech.voice())),
            ("-s", number(speech.rate)),
            ("-p", number(speech.pitch())),
            // UTF-8, whatever the machine's language is.
            ("-b", "1".into()),
            ("-w", spoken.clone().into_os_string()),
            ("-f", text.into_os_string()),
        ]);
        let process = Process::start(&self.tool, args, folder.path(), false)?;
        process.finish(context).map_err(|error| match error {
            EngineError::Invalid { message } => EngineError::invalid(format!(
                "{message} (`speech.voice` is `{}`; espeak-ng --voices lists those that are there)",
                speech.voice()
            )),
            other => other,
        })?;
        read_file(&spoken, SENTENCE_BYTES_MAX)
    }

    /// Without chance, so that a text sounds the same again.
    fn piper(
        &self,
        place: &Path,
        speech: &Speech,
        sentence: &str,
        context: &TaskContext<'_>,
    ) -> Result<Vec<u8>, EngineError> {
        let folder = folder()?;
        let (model, spoken) = (place.join(MODEL), folder.path().join("spoken.wav"));
        let mut config = model.clone().into_os_string();
        config.push(".json");
        let mut args = flat([
            ("--model", model.into_os_string()),
            ("--config", config),
            ("--output_file", spoken.clone().into_os_string()),
            ("--noise_scale", "0".into()),
            ("--noise_w", "0".into()),
            (
                "--length_scale",
                format!("{:.4}", RATE / speech.rate).into(),
            ),
        ]);
        if let Some(speaker) = speech.speaker {
            args.extend(flat([("--speaker", speaker.to_string().into())]));
        }
        let mut process = Process::start(&self.tool, args, folder.path(), false)?;
        // A line is a text of its own.
        let line = Arc::new(format!("{}\n", sentence.replace(['\n', '\r'], " ")).into_bytes());
        process.give(line, context)?;
        process.finish(context)?;
        read_file(&spoken, SENTENCE_BYTES_MAX)
    }
}

fn flat<const N: usize>(pairs: [(&str, OsString); N]) -> Vec<OsString> {
    let pairs = pairs.into_iter();
    pairs
        .flat_map(|(name, value)| [name.into(), value])
        .collect()
}
