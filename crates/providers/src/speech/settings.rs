//! `[speech.NAME]`: who speaks for a studio, each under a name that processes use.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use daedal_core::UsdMicros;
use daedal_core::process::suggestion;
use daedal_core::process::units::parse_usd;
use serde::Deserialize;

use crate::SettingsError;
use crate::gate::{Gate, Gates};
use crate::net::is_near;
use crate::patience::timeout;
use crate::secrets::Secrets;
use crate::server::{Scheme, Server};

/// The provider's own address.
const URL: &str = "https://api.openai.com/v1/";

/// Somebody who speaks, and how they are reached.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeakerSettings {
    /// Whose protocol its server speaks.
    pub kind: Kind,
    /// The model, as its provider calls it.
    pub model: String,
    /// The voice, as its provider calls it.
    pub voice: String,
    /// Base address of the server; the provider's own when absent.
    pub url: Option<String>,
    /// Name of the secret that is its key.
    pub key: Option<String>,
    /// What a million characters cost, such as `15 USD`.
    pub price: Option<String>,
    /// Calls at once.
    pub concurrency: Option<usize>,
    /// Calls within a time, such as `60/m`.
    pub rate: Option<String>,
    /// How long one answer may take, such as `90s`; a share of the step's time when absent.
    pub timeout: Option<String>,
    /// Entries that speak in its place while it doesn't, in this order.
    #[serde(default)]
    pub fallback: Vec<String>,
}

/// Whose protocol a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// OpenAI's speech API, which other servers speak, too.
    OpenAi,
}

/// Somebody who can be asked to speak.
pub(super) struct Speaker {
    /// The name of the entry.
    pub(super) name: String,
    pub(super) server: Server,
    pub(super) model: String,
    pub(super) voice: String,
    pub(super) gate: Arc<Gate>,
    pub(super) timeout: Option<Duration>,
    fallback: Vec<String>,
    /// Of a million characters.
    price: UsdMicros,
}

impl Speaker {
    fn new(
        name: &str,
        entry: &SpeakerSettings,
        secrets: &Secrets,
        gates: &Gates,
    ) -> Result<Self, SettingsError> {
        let section = format!("speech.{name}");
        let key = entry.key.as_deref().map(|key| (key, Scheme::Bearer));
        let server = Server::new(&section, entry.url.as_deref().unwrap_or(URL), key, secrets)?;
        for (field, value) in [("model", &entry.model), ("voice", &entry.voice)] {
            if value.trim().is_empty() {
                return Err(SettingsError::new(
                    format!("`{field}` under [{section}] is empty"),
                    "write its name, as its provider calls it, such as model = \"tts-1\" and voice = \"onyx\"",
                ));
            }
        }
        let help = "write what a million characters cost, such as price = \"15 USD\" (\"0 USD\" where it costs nothing)";
        let price = match &entry.price {
            Some(text) => parse_usd(text).ok_or_else(|| {
                SettingsError::new(
                    format!("`price` under [{section}] is `{text}`, which is no price"),
                    help,
                )
            })?,
            None if is_near(&server.url) => UsdMicros::default(),
            None => {
                return Err(SettingsError::new(
                    format!("nobody knows what [{section}] costs, so that no budget would hold"),
                    help,
                ));
            }
        };
        Ok(Self {
            name: name.to_owned(),
            timeout: timeout(&section, entry.timeout.as_deref())?,
            fallback: entry.fallback.clone(),
            gate: gates.of(
                &section,
                &server.url,
                entry.key.as_deref(),
                entry.concurrency,
                entry.rate.as_deref(),
            )?,
            server,
            model: entry.model.clone(),
            voice: entry.voice.clone(),
            price,
        })
    }

    /// What a text costs; parts of a millionth count whole.
    pub(super) fn cost(&self, text: &str) -> UsdMicros {
        let cost = u128::from(self.price.0) * text.chars().count() as u128;
        UsdMicros(u64::try_from(cost.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }

    /// What tells it from other voices: model and voice, and where, unless that is its provider's own place or nearby.
    pub(super) fn identity(&self) -> String {
        let (model, voice, url) = (&self.model, &self.voice, &self.server.url);
        let is_usual = is_near(url) || url.as_str() == URL;
        match url.host_str().filter(|_| !is_usual) {
            Some(host) => format!("openai/{model} {voice} at {host}"),
            None => format!("openai/{model} {voice}"),
        }
    }
}

/// Who speaks for a studio.
#[derive(Default)]
pub(crate) struct Speakers {
    known: BTreeMap<String, Speaker>,
    /// Whether a studio has said who they are.
    pub(super) is_set: bool,
}

impl Speakers {
    pub(crate) fn new(
        settings: &BTreeMap<String, SpeakerSettings>,
        secrets: &Secrets,
        gates: &Gates,
    ) -> Result<Self, SettingsError> {
        let known = settings.iter().map(|(name, entry)| {
            let is_wrong = |other: &&String| *other == name || !settings.contains_key(*other);
            if let Some(other) = entry.fallback.iter().find(is_wrong) {
                return Err(SettingsError::new(
                    format!("`fallback` under [speech.{name}] has `{other}`"),
                    "name other entries, each of which stands under [speech.NAME]",
                ));
            }
            let speaker = Speaker::new(name, entry, secrets, gates)?;
            Ok((name.clone(), speaker))
        });
        Ok(Self {
            known: known.collect::<Result<_, SettingsError>>()?,
            is_set: true,
        })
    }

    /// The one that a step names, and those who speak in its place, in order.
    pub(super) fn chain(&self, name: &str) -> Result<Vec<&Speaker>, String> {
        let first = self.get(name)?;
        let others = first.fallback.iter();
        let others = others.filter_map(|name| self.known.get(name));
        Ok(std::iter::once(first).chain(others).collect())
    }

    /// The one that a step names.
    pub(super) fn get(&self, name: &str) -> Result<&Speaker, String> {
        self.known.get(name).ok_or_else(|| {
            let known = match self.known.is_empty() {
                true => "it has none yet".to_owned(),
                false => suggestion(name, self.known.keys().map(String::as_str)),
            };
            format!(
                "nobody speaks under the name `{name}` in this studio ({known}): add to its daedal.toml\n\
                 [speech.{name}]\nkind = \"openai\"\nmodel = \"tts-1\"\nvoice = \"onyx\"\nkey = \"…\"         # the name of \
                 an entry of [secrets]\nprice = \"15 USD\"   # of a million characters"
            )
        })
    }
}
