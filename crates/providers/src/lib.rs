//! The engines that call out: to servers over HTTP, to feeds, to language models, to makers of pictures.
//!
//! What they give can't be made again at will: the first answer is recorded and stands. Everything that they
//! may reach, spend and know by secret stands in the studio's [`Settings`], never in a process.

mod call;
pub mod comfyui;
#[cfg(test)]
mod docs_tests;
pub mod feed;
pub mod http;
pub mod llm;
mod net;
mod picture;
pub mod secrets;
mod server;
mod task;
#[cfg(test)]
mod testing;

use std::collections::BTreeMap;
use std::sync::Arc;

use daedal_core::engine::Engine;

use crate::call::Calls;
use crate::comfyui::{ComfySettings, Servers};
use crate::http::{HttpSettings, Web};
use crate::llm::{DayCap, ModelSettings, Models, Purse};
use crate::secrets::{Reader, SecretSettings, Secrets};

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
    /// The most that models may cost in a day.
    pub day_cap: Option<DayCap>,
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
    let purse = Purse::new(None);
    let servers = Servers::default();
    engines(
        Web::default(),
        Models::unset(),
        servers,
        Secrets::default(),
        purse,
    )
}

/// Every engine of a studio that is set so; `read` gives what a secret's place holds.
pub fn all(settings: &Settings, read: Reader) -> Result<Vec<Arc<dyn Engine>>, SettingsError> {
    let secrets = Secrets::new(&settings.secrets, read)?;
    let web = Web::new(&settings.http)?;
    let models = Models::new(&settings.llm, &secrets)?;
    let servers = Servers::new(&settings.comfyui, &secrets)?;
    let purse = Purse::new(settings.day_cap.clone());
    Ok(engines(web, models, servers, secrets, purse))
}

fn engines(
    web: Web,
    models: Models,
    servers: Servers,
    secrets: Secrets,
    purse: Purse,
) -> Vec<Arc<dyn Engine>> {
    let (calls, web, secrets) = (Arc::new(Calls::default()), Arc::new(web), Arc::new(secrets));
    vec![
        Arc::new(comfyui::ComfyEngine::new(Arc::clone(&calls), servers)),
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
        Arc::new(llm::LlmEngine::new(calls, models, secrets, purse)),
    ]
}
