//! The engines that call out: to servers over HTTP, to feeds, to language models, to makers of pictures
//! and of speech.
//!
//! What they give can't be made again at will: the first answer is recorded and stands. Everything that they
//! may reach, spend and know by secret stands in the studio's [`Settings`], never in a process.

mod call;
pub mod comfyui;
pub mod diffusion;
#[cfg(test)]
mod docs_tests;
pub mod feed;
mod gate;
pub mod http;
pub mod hub;
pub mod llm;
mod net;
pub mod notice;
mod patience;
mod picture;
pub mod secrets;
mod server;
pub mod speech;
mod task;
#[cfg(test)]
mod testing;
mod time;
mod traces;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use daedal_core::engine::Engine;

use crate::call::Calls;
use crate::comfyui::{ComfySettings, Servers};
use crate::diffusion::{Opener, PainterSettings, Painters};
use crate::gate::Gates;
use crate::http::{HttpSettings, Web};
use crate::llm::{Caps, ModelSettings, Models, Purse};
use crate::secrets::{Reader, SecretSettings, Secrets};
use crate::speech::{SpeakerSettings, Speakers};

/// What a studio lets these engines reach and spend.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `[http]`
    pub http: HttpSettings,
    /// `[secrets]`, by name.
    pub secrets: BTreeMap<String, SecretSettings>,
    /// `[llm.NAME]`, by name.
    pub llm: BTreeMap<String, ModelSettings>,
    /// `[comfyui]`
    pub comfyui: ComfySettings,
    /// `[diffusion.NAME]`, by name.
    pub diffusion: BTreeMap<String, PainterSettings>,
    /// Gives models that make pictures in this process, where there are any.
    pub local: Option<Opener>,
    /// `[speech.NAME]`, by name.
    pub speech: BTreeMap<String, SpeakerSettings>,
    /// The most that models may cost.
    pub caps: Caps,
    /// The studio's own folder, where its books lie: what calls have cost, and how servers were asked last.
    pub folder: Option<PathBuf>,
}

/// A setting that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    /// What is wrong, and where.
    pub message: String,
    /// What to write in its place.
    pub help: String,
}

impl SettingsError {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }
}

/// Every engine, where nobody has said what they may reach: they can judge a process, and perform nothing that
/// needs a setting.
#[must_use]
pub fn unset() -> Vec<Arc<dyn Engine>> {
    let studio = Studio {
        web: Web::default(),
        models: Models::unset(),
        servers: Servers::default(),
        painters: Painters::default(),
        speakers: Speakers::default(),
        secrets: Secrets::default(),
        purse: Purse::new(None, Caps::default()),
    };
    studio.engines()
}

/// Every engine of a studio that is set so; `read` gives what a secret's place holds.
pub fn all(settings: &Settings, read: Reader) -> Result<Vec<Arc<dyn Engine>>, SettingsError> {
    let secrets = Secrets::new(&settings.secrets, Arc::clone(&read))?;
    let folder = settings.folder.as_deref();
    let gates = Gates::new(folder);
    let studio = Studio {
        web: Web::new(&settings.http)?,
        models: Models::new(&settings.llm, &secrets, &gates)?,
        servers: Servers::new(&settings.comfyui, &secrets)?,
        painters: Painters::new(
            &settings.diffusion,
            settings.local,
            (&secrets, &gates),
            &read,
        )?,
        speakers: Speakers::new(&settings.speech, &secrets, &gates)?,
        purse: Purse::new(folder, settings.caps),
        secrets,
    };
    Ok(studio.engines())
}

/// What engines share of a studio.
struct Studio {
    web: Web,
    models: Models,
    servers: Servers,
    painters: Painters,
    speakers: Speakers,
    secrets: Secrets,
    purse: Purse,
}

impl Studio {
    fn engines(self) -> Vec<Arc<dyn Engine>> {
        let calls = Arc::new(Calls::default());
        let (web, secrets) = (Arc::new(self.web), Arc::new(self.secrets));
        let purse = Arc::new(self.purse);
        vec![
            Arc::new(comfyui::ComfyEngine::new(Arc::clone(&calls), self.servers)),
            Arc::new(diffusion::DiffusionEngine::new(
                Arc::clone(&calls),
                self.painters,
                Arc::clone(&purse),
            )),
            Arc::new(feed::FeedEngine::new(
                Arc::clone(&calls),
                Arc::clone(&web),
                Arc::clone(&secrets),
            )),
            Arc::new(http::HttpEngine::new(
                Arc::clone(&calls),
                web,
                Arc::clone(&secrets),
            )),
            Arc::new(speech::SpeechEngine::new(
                Arc::clone(&calls),
                self.speakers,
                Arc::clone(&purse),
            )),
            Arc::new(llm::LlmEngine::new(calls, self.models, secrets, purse)),
        ]
    }
}
