//! Models that make pictures in this process: what a crate that has them offers to the engine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use daedal_core::Digest;
use daedal_core::engine::EngineError;

use super::settings::PainterSettings;
use crate::SettingsError;

/// Largest picture unless the settings say otherwise, in pixels.
const PIXELS_MAX: u64 = 2 << 20;
/// What a model may take of the memory unless the settings say otherwise, in MiB.
const MEMORY_MIB: u64 = 16 << 10;

/// A model on this machine, and what it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSettings {
    /// The name of the entry.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
    /// Which revision of a repository in a cache.
    pub revision: Option<String>,
    /// SHA-256 of its files, by their paths in the folder.
    pub sha256: BTreeMap<String, Digest>,
    /// Whether it is computed on a graphics card.
    pub on_cuda: bool,
    /// Most memory that it may take, in bytes.
    pub memory_max: u64,
    /// Largest picture, in pixels.
    pub pixels_max: u64,
}

/// What pictures are to be.
#[derive(Debug, Clone)]
pub struct Brief<'b> {
    /// What is to be seen.
    pub prompt: &'b str,
    /// What is not to be seen.
    pub negative: Option<&'b str>,
    /// In pixels.
    pub width: Option<u32>,
    /// In pixels.
    pub height: Option<u32>,
    /// Of sampling.
    pub steps: Option<u32>,
    /// How closely they keep to the prompt.
    pub guidance: Option<f64>,
    /// The first picture's seed; those that follow have the numbers after it.
    pub seed: u64,
    /// A picture to begin with: PNG, JPEG or WebP.
    pub image: Option<&'b [u8]>,
    /// How far from it to go, 0 to 1.
    pub strength: Option<f64>,
    /// How many.
    pub count: u64,
}

/// What a model made.
#[derive(Debug)]
pub struct Painted {
    /// Pictures as PNG, JPEG or WebP, each with its seed.
    pub pictures: Vec<(Vec<u8>, u64)>,
    /// What made them: which model, and the digest of its files.
    pub model: String,
}

/// A model that makes pictures in this process.
pub trait Within: Send + Sync {
    /// Makes pictures, and tells on one line now and then how far it is; gives up soon after `stop` is set.
    fn paint(
        &self,
        brief: &Brief<'_>,
        stop: &AtomicBool,
        tell: &dyn Fn(&str),
    ) -> Result<Painted, EngineError>;
}

/// Gives the model of an entry, which need not be loaded before a picture is asked of it.
pub type Opener = fn(ModelSettings) -> Arc<dyn Within>;

/// A model of a studio.
pub(super) struct Own {
    pub(super) model: Arc<dyn Within>,
    /// Which files it has.
    pub(super) pins: String,
}

impl Own {
    pub(super) fn new(
        name: &str,
        entry: &PainterSettings,
        opener: Option<Opener>,
    ) -> Result<Self, SettingsError> {
        let section = format!("[diffusion.{name}]");
        let Some(opener) = opener else {
            return Err(SettingsError::new(
                format!(
                    "{section} is of the kind `local`, and this build of daedal has no models of its own"
                ),
                "build it with them: cargo install --features local-models; or name another `kind`",
            ));
        };
        let path = entry.path.clone().ok_or_else(|| {
            SettingsError::new(
                format!("{section} does not say where its model is"),
                "write its folder: path = \"models/stable-diffusion-v1-5\"",
            )
        })?;
        let on_cuda = match entry.device.as_deref() {
            None | Some("cpu") => false,
            Some("cuda") => true,
            Some(other) => {
                return Err(SettingsError::new(
                    format!("`device` under {section} is `{other}`"),
                    "write \"cpu\", or \"cuda\" for an NVIDIA card",
                ));
            }
        };
        let pins = entry.sha256.iter().map(|(path, digest)| {
            let read: Result<Digest, _> = digest.parse();
            let digest = read.map_err(|_| {
                SettingsError::new(
                    format!(
                        "`sha256` under {section} has `{digest}` for `{path}`, which is no SHA-256"
                    ),
                    "write the 64 digits that sha256sum prints",
                )
            })?;
            Ok((path.clone(), digest))
        });
        let settings = ModelSettings {
            name: name.to_owned(),
            path,
            revision: entry.revision.clone(),
            sha256: pins.collect::<Result<_, SettingsError>>()?,
            on_cuda,
            memory_max: entry
                .memory_mib
                .unwrap_or(MEMORY_MIB)
                .saturating_mul(1 << 20),
            pixels_max: entry.pixels_max.unwrap_or(PIXELS_MAX),
        };
        let mut pins = String::new();
        for (path, digest) in &settings.sha256 {
            pins += &format!("{digest}  {path}\n");
        }
        Ok(Self {
            pins: Digest::of(pins.as_bytes()).to_string(),
            model: opener(settings),
        })
    }
}
