//! `[diffusion.NAME]`: who makes pictures for a studio, each under a name that processes use.

use std::collections::BTreeMap;
use std::path::PathBuf;

use daedal_core::UsdMicros;
use daedal_core::process::suggestion;
use daedal_core::process::units::parse_usd;
use serde::Deserialize;

use super::a1111::A1111;
use super::backend::Backend;
use super::openai::OpenAi;
use super::within::{Opener, Own};
use crate::SettingsError;
use crate::net::is_near;
use crate::secrets::Secrets;
use crate::server::Server;

/// A maker of pictures, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PainterSettings {
    /// Whose protocol its server speaks.
    pub kind: Kind,
    /// Base address of the server; the usual one of the kind when absent.
    pub url: Option<String>,
    /// The model, as its server calls it; the one that it has loaded when absent, where it can be.
    pub model: Option<String>,
    /// Name of the secret that is its key.
    pub key: Option<String>,
    /// The most that one picture costs, such as `0.04 USD`.
    pub price: Option<String>,
    /// Of a model of one's own: its folder.
    pub path: Option<PathBuf>,
    /// Which revision, where that is a repository in a cache of the Hub; `main` when absent.
    pub revision: Option<String>,
    /// SHA-256 of each file that is read of it, by its path in the folder.
    #[serde(default)]
    pub sha256: BTreeMap<String, String>,
    /// What computes it: `cpu` when absent, or `cuda`.
    pub device: Option<String>,
    /// Most memory that it may take, in MiB.
    pub memory_mib: Option<u64>,
    /// Largest picture that it makes, in pixels.
    pub pixels_max: Option<u64>,
}

/// Whose protocol a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// OpenAI's images API, which other servers speak, too.
    OpenAi,
    /// That of Stable Diffusion web UI, Forge and others.
    A1111,
    /// None: the model is in this process.
    Local,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::A1111 => "a1111",
            Self::Local => "local",
        }
    }

    /// What its servers are asked, where it has any.
    fn backend(self) -> Option<Box<dyn Backend>> {
        match self {
            Self::OpenAi => Some(Box::new(OpenAi)),
            Self::A1111 => Some(Box::new(A1111)),
            Self::Local => None,
        }
    }
}

/// Somebody who can be asked for pictures.
pub(super) struct Painter {
    /// The name of the entry.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) backend: Box<dyn Backend>,
    pub(super) server: Server,
    pub(super) model: Option<String>,
    price: UsdMicros,
}

impl Painter {
    fn new(
        name: &str,
        entry: &PainterSettings,
        backend: Box<dyn Backend>,
        secrets: &Secrets,
    ) -> Result<Self, SettingsError> {
        let section = format!("diffusion.{name}");
        let key = entry.key.as_deref().map(|key| (key, backend.scheme()));
        let url = entry.url.as_deref().unwrap_or(backend.url());
        let server = Server::new(&section, url, key, secrets)?;
        let model = entry
            .model
            .as_ref()
            .filter(|model| !model.trim().is_empty());
        if model.is_none() && (backend.needs_model() || entry.model.is_some()) {
            return Err(SettingsError::new(
                format!("[{section}] does not say which `model`"),
                "write its name, as its server calls it, such as model = \"gpt-image-1\"",
            ));
        }
        let price = match &entry.price {
            Some(text) => parse_usd(text).ok_or_else(|| {
                SettingsError::new(
                    format!("`price` under [{section}] is `{text}`, which is no price"),
                    "write the most that one picture costs, such as \"0.04 USD\"",
                )
            })?,
            None if is_near(&server.url) => UsdMicros::default(),
            None => {
                return Err(SettingsError::new(
                    format!(
                        "nobody knows what a picture of [{section}] costs, so that no budget would hold"
                    ),
                    "write the most that one picture costs: price = \"0.04 USD\" (\"0 USD\" where it costs nothing)",
                ));
            }
        };
        Ok(Self {
            name: name.to_owned(),
            kind: entry.kind,
            backend,
            server,
            model: model.cloned(),
            price,
        })
    }

    /// What so many pictures cost at most.
    pub(super) fn cost(&self, count: u64) -> UsdMicros {
        UsdMicros(self.price.0.saturating_mul(count))
    }

    /// What it has no place for, of the fields that a step gives.
    pub(super) fn objections(&self, given: &[&str]) -> Vec<String> {
        let refused = self.backend.refuses().iter();
        let refused = refused.filter(|field| given.contains(field));
        refused
            .map(|field| {
                format!(
                    "`{field}` has no place in what `{}` is asked, which is of the kind `{}`: leave it out, or name \
                     another `model`",
                    self.name,
                    self.kind.name()
                )
            })
            .collect()
    }
}

/// The makers of pictures of a studio.
#[derive(Default)]
pub(crate) struct Painters {
    known: BTreeMap<String, Painter>,
    own: BTreeMap<String, Own>,
    /// Whether a studio has said who they are.
    pub(super) is_set: bool,
}

impl Painters {
    pub(crate) fn new(
        settings: &BTreeMap<String, PainterSettings>,
        opener: Option<Opener>,
        secrets: &Secrets,
    ) -> Result<Self, SettingsError> {
        let mut painters = Self {
            is_set: true,
            ..Self::default()
        };
        for (name, entry) in settings {
            match entry.kind.backend() {
                Some(backend) => {
                    let painter = Painter::new(name, entry, backend, secrets)?;
                    painters.known.insert(name.clone(), painter);
                }
                None => {
                    let own = Own::new(name, entry, opener)?;
                    painters.own.insert(name.clone(), own);
                }
            }
        }
        Ok(painters)
    }

    /// The model of this process that a step names, where it is one.
    pub(super) fn own(&self, name: &str) -> Option<&Own> {
        self.own.get(name)
    }

    /// The one that a step names.
    pub(super) fn get(&self, name: &str) -> Result<&Painter, String> {
        self.known.get(name).ok_or_else(|| {
            let names = self.known.keys().chain(self.own.keys());
            let known = match self.known.is_empty() && self.own.is_empty() {
                true => "it has none yet".to_owned(),
                false => suggestion(name, names.map(String::as_str)),
            };
            format!(
                "nobody makes pictures under the name `{name}` in this studio ({known}): add to its daedal.toml\n\
                 [diffusion.{name}]\nkind = \"a1111\"    # or openai\nurl = \"…\""
            )
        })
    }
}
