//! `[comfyui]`: the ComfyUI servers of a studio.

use std::collections::BTreeMap;

use daedal_core::process::suggestion;
use serde::Deserialize;

use crate::SettingsError;
use crate::net::is_near;
use crate::secrets::Secrets;
use crate::server::{Scheme, Server};

/// `[comfyui]`: the server of steps that name none, and others by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ComfySettings {
    /// Base address, such as `http://127.0.0.1:8188`.
    pub url: Option<String>,
    /// Name of the secret that is sent as a bearer token, where a proxy before the server asks for one.
    pub key: Option<String>,
    /// `[comfyui.NAME]`, by name.
    #[serde(flatten)]
    pub named: BTreeMap<String, ServerSettings>,
}

/// `[comfyui.NAME]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "`url` or `key` under [comfyui], or a further server under [comfyui.NAME]"
)]
pub struct ServerSettings {
    /// Base address, such as `http://127.0.0.1:8188`.
    pub url: String,
    /// Name of the secret that is sent as a bearer token, where a proxy before the server asks for one.
    pub key: Option<String>,
}

/// The servers of a studio.
#[derive(Default)]
pub(crate) struct Servers {
    first: Option<Server>,
    named: BTreeMap<String, Server>,
    /// Whether a studio has said what they are.
    pub(super) is_set: bool,
}

impl Servers {
    pub(crate) fn new(settings: &ComfySettings, secrets: &Secrets) -> Result<Self, SettingsError> {
        let server = |section: &str, url: &str, key: Option<&String>| {
            let key = key.map(|key| (key.as_str(), Scheme::Bearer));
            Server::new(section, url, key, secrets)
        };
        let first = match (&settings.url, &settings.key) {
            (Some(url), key) => Some(server("comfyui", url, key.as_ref())?),
            (None, Some(_)) => {
                return Err(SettingsError::new(
                    "`key` stands under [comfyui], and no `url`",
                    "write where the server is, such as url = \"http://127.0.0.1:8188\"",
                ));
            }
            (None, None) => None,
        };
        let mut named = BTreeMap::new();
        for (name, entry) in &settings.named {
            let section = format!("comfyui.{name}");
            named.insert(
                name.clone(),
                server(&section, &entry.url, entry.key.as_ref())?,
            );
        }
        Ok(Self {
            first,
            named,
            is_set: true,
        })
    }

    /// What tells the server of a step from others: where it is, unless that is nearby.
    pub(super) fn identity(&self, name: Option<&str>) -> Option<String> {
        let url = &self.get(name).ok()?.url;
        let host = url.host_str().filter(|_| !is_near(url))?;
        Some(format!("comfyui at {host}"))
    }

    /// The server that a step names, or the one for all that name none.
    pub(super) fn get(&self, name: Option<&str>) -> Result<&Server, String> {
        let Some(name) = name else {
            return self.first.as_ref().ok_or_else(|| {
                let known: Vec<_> = self.named.keys().map(String::as_str).collect();
                let named = match known.is_empty() {
                    true => String::new(),
                    false => format!("name one by `server:` ({}), or ", known.join(", ")),
                };
                format!(
                    "this studio has no ComfyUI server for steps that name none: {named}add to its daedal.toml\n\
                     [comfyui]\nurl = \"http://127.0.0.1:8188\""
                )
            });
        };
        self.named.get(name).ok_or_else(|| {
            let known = match self.named.is_empty() {
                true => "it has none with a name".to_owned(),
                false => suggestion(name, self.named.keys().map(String::as_str)),
            };
            format!(
                "this studio has no ComfyUI server `{name}` ({known}): add to its daedal.toml\n[comfyui.{name}]\n\
                 url = \"http://127.0.0.1:8188\""
            )
        })
    }
}
