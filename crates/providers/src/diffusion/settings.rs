//! `[diffusion.NAME]`: who makes pictures for a studio, each under a name that processes use.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use daedal_core::process::suggestion;
use daedal_core::process::units::parse_usd;
use daedal_core::{UsdMicros, canonical};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::backend::Backend;
use super::kind::Kind;
use super::within::{Opener, Own};
use crate::SettingsError;
use crate::gate::{Gate, Gates};
use crate::net::is_near;
use crate::patience::timeout;
use crate::secrets::{Reader, Secrets};
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
    /// Calls at once.
    pub concurrency: Option<usize>,
    /// Calls within a time, such as `60/m`.
    pub rate: Option<String>,
    /// How long making what is asked for may take, such as `5m`; a share of the step's time when absent.
    pub timeout: Option<String>,
    /// Entries that make pictures in its place while it doesn't, in this order.
    #[serde(default)]
    pub fallback: Vec<String>,
    /// Of the kind `comfyui`: a file of the studio, a workflow in ComfyUI's API format.
    pub workflow: Option<PathBuf>,
    /// Where what a step says goes: `NODE.FIELD` of a workflow, or what a model of Replicate calls it.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// Of the kind `comfyui`: nodes whose pictures are taken; all that save some if none are named.
    pub outputs: Option<Vec<String>>,
    /// Of the kind `replicate`: what the model is given besides.
    #[serde(default)]
    pub fixed: Map<String, Value>,
    /// Of the kind `local`: the model's folder.
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

impl PainterSettings {
    /// A server of a kind, with nothing else said of it.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            url: None,
            model: None,
            key: None,
            price: None,
            concurrency: None,
            rate: None,
            timeout: None,
            fallback: Vec::new(),
            workflow: None,
            inputs: BTreeMap::new(),
            outputs: None,
            fixed: Map::new(),
            path: None,
            revision: None,
            sha256: BTreeMap::new(),
            device: None,
            memory_mib: None,
            pixels_max: None,
        }
    }

    /// A setting that its kind has no place for.
    pub(super) fn stray(&self) -> Option<&'static str> {
        let given = [
            ("url", self.url.is_some()),
            ("model", self.model.is_some()),
            ("key", self.key.is_some()),
            ("price", self.price.is_some()),
            ("concurrency", self.concurrency.is_some()),
            ("rate", self.rate.is_some()),
            ("timeout", self.timeout.is_some()),
            ("fallback", !self.fallback.is_empty()),
            ("workflow", self.workflow.is_some()),
            ("inputs", !self.inputs.is_empty()),
            ("outputs", self.outputs.is_some()),
            ("fixed", !self.fixed.is_empty()),
            ("path", self.path.is_some()),
            ("revision", self.revision.is_some()),
            ("sha256", !self.sha256.is_empty()),
            ("device", self.device.is_some()),
            ("memory_mib", self.memory_mib.is_some()),
            ("pixels_max", self.pixels_max.is_some()),
        ];
        let mut given = given.into_iter().filter(|(_, is_given)| *is_given);
        given.find_map(|(name, _)| (!self.kind.takes(name)).then_some(name))
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
    pub(super) gate: Arc<Gate>,
    pub(super) timeout: Option<Duration>,
    price: UsdMicros,
    fallback: Vec<String>,
}

impl Painter {
    fn new(
        name: &str,
        entry: &PainterSettings,
        (secrets, gates): (&Secrets, &Gates),
        read: &Reader,
    ) -> Result<Option<Self>, SettingsError> {
        let section = format!("diffusion.{name}");
        if let Some(stray) = entry.stray() {
            return Err(SettingsError::new(
                format!("`{stray}` stands under [{section}], whose `kind` has no place for it"),
                "leave it out, or change the `kind`",
            ));
        }
        let Some(backend) = entry.kind.backend(&section, entry, read)? else {
            return Ok(None);
        };
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
        Ok(Some(Self {
            name: name.to_owned(),
            kind: entry.kind,
            backend,
            model: model.cloned(),
            timeout: timeout(&section, entry.timeout.as_deref())?,
            gate: gates.of(
                &section,
                &server.url,
                entry.key.as_deref(),
                entry.concurrency,
                entry.rate.as_deref(),
            )?,
            server,
            price,
            fallback: entry.fallback.clone(),
        }))
    }

    /// What so many pictures cost at most.
    pub(super) fn cost(&self, count: u64) -> UsdMicros {
        UsdMicros(self.price.0.saturating_mul(count))
    }

    /// The most that an order for so many pictures costs.
    pub(super) fn most(&self, count: u64) -> UsdMicros {
        self.cost(self.backend.makes(count))
    }

    /// The most pictures that are kept of such an order: no more than are paid, and all where none cost anything and nobody
    /// knows how many there should be.
    pub(super) fn keeps(&self, count: u64) -> usize {
        match self.price.0 > 0 || self.backend.is_counted() {
            true => usize::try_from(self.backend.makes(count)).unwrap_or(usize::MAX),
            false => usize::MAX,
        }
    }

    /// What tells its pictures from those of others: whose protocol, which model, what else of its settings decides them,
    /// and where, unless that is the provider's own place or nearby. What it costs, and how often it is asked, is none of
    /// it.
    pub(super) fn identity(&self) -> String {
        let mut told = self.kind.name().to_owned();
        if let Some(model) = &self.model {
            told += &format!("/{model}");
        }
        let settings = self.backend.decides();
        if !settings.is_null() {
            told += &format!(" with {}", canonical::digest(&settings));
        }
        let url = &self.server.url;
        let is_usual = is_near(url) || url.as_str() == self.backend.url();
        if let Some(host) = url.host_str().filter(|_| !is_usual) {
            told += &format!(" at {host}");
        }
        told
    }

    /// Why tasks that differ in nothing but their seed give the same picture, where they do.
    pub(super) fn alike(&self) -> Option<String> {
        let why = self.backend.why_alike()?;
        Some(format!(
            "each task would ask `{}` for the same picture: {why}",
            self.name
        ))
    }

    /// What it has no place for, of the fields that a step gives, and what is wrong with them together.
    pub(super) fn objections(&self, given: &[&str]) -> Vec<String> {
        let refused = self.backend.refuses().iter();
        let refused = refused.filter(|field| given.contains(field));
        let together = self.backend.objection(given).into_iter();
        refused
            .map(|field| {
                format!(
                    "`{field}` has no place in what `{}` is asked, which is of the kind `{}`: leave it out, or name \
                     another `model`",
                    self.name,
                    self.kind.name()
                )
            })
            .chain(together)
            .collect()
    }
}

/// The makers of pictures of a studio.
#[derive(Default)]
pub(crate) struct Painters {
    known: BTreeMap<String, Painter>,
    /// Models of this process.
    own: BTreeMap<String, Own>,
    /// Whether a studio has said who they are.
    pub(super) is_set: bool,
}

impl Painters {
    pub(crate) fn new(
        settings: &BTreeMap<String, PainterSettings>,
        opener: Option<Opener>,
        around: (&Secrets, &Gates),
        read: &Reader,
    ) -> Result<Self, SettingsError> {
        let mut painters = Self {
            is_set: true,
            ..Self::default()
        };
        for (name, entry) in settings {
            let why = |other: &String| match settings.get(other).map(|other| other.kind) {
                _ if other == name => Some("which is this entry: nothing stands in for itself"),
                None => Some("and there is no such entry"),
                Some(Kind::Local) => Some("which is no server, and has no fallback and is none"),
                Some(_) => None,
            };
            let mut others = entry.fallback.iter();
            if let Some((other, why)) = others.find_map(|other| Some((other, why(other)?))) {
                return Err(SettingsError::new(
                    format!("`fallback` under [diffusion.{name}] has `{other}`, {why}"),
                    "name other entries, each of which stands under [diffusion.NAME] and is a server",
                ));
            }
            if let Some(painter) = Painter::new(name, entry, around, read)? {
                painters.known.insert(name.clone(), painter);
            } else {
                let own = Own::new(name, entry, opener)?;
                painters.own.insert(name.clone(), own);
            }
        }
        Ok(painters)
    }

    /// The model of this process that a step names, where it is one.
    pub(super) fn own(&self, name: &str) -> Option<&Own> {
        self.own.get(name)
    }

    /// The one that a step names, and those in its place, in order.
    pub(super) fn chain(&self, name: &str) -> Result<Vec<&Painter>, String> {
        let first = self.get(name)?;
        let others = first
            .fallback
            .iter()
            .filter_map(|name| self.known.get(name));
        Ok(std::iter::once(first).chain(others).collect())
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
                 [diffusion.{name}]\nkind = \"a1111\"    # or openai, comfyui, replicate\nurl = \"…\""
            )
        })
    }
}
