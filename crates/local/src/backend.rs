//! A model as the engine `diffusion` asks it: loaded when the first picture is asked for, and kept.

use std::io::Cursor;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Duration;

use candle_core::{DType, Tensor};
use daedal_core::engine::EngineError;
use daedal_providers::diffusion::{Brief, ModelSettings, Painted, Within};
use image::{ImageFormat, ImageReader, Limits, RgbImage};

use crate::Error;
use crate::layers::Found;
use crate::model::{Model, Wish};
use crate::noise::TorchNoise;

/// How often a task that waits for its turn looks whether it should stop.
const ROUND: Duration = Duration::from_millis(25);
/// Most memory that a picture to begin with may take, in bytes.
const IMAGE_BYTES_MAX: u64 = 512 << 20;
/// Longest side of a picture to begin with, in pixels.
const IMAGE_SIDE_MAX: u32 = 16_384;

/// A model of a studio.
struct Local {
    settings: ModelSettings,
    /// One picture at a time: it takes all cores, and memory for one.
    loaded: Mutex<Option<Model>>,
}

/// Gives the model of an entry of the settings; it is loaded when a picture is asked of it.
#[must_use]
pub fn open(settings: ModelSettings) -> Arc<dyn Within> {
    Arc::new(Local {
        settings,
        loaded: Mutex::new(None),
    })
}

impl Within for Local {
    fn paint(
        &self,
        brief: &Brief<'_>,
        stop: &AtomicBool,
        tell: &dyn Fn(&str),
    ) -> Result<Painted, EngineError> {
        let name = &self.settings.name;
        self.paint(brief, stop, tell)
            .map_err(|error| match error.into() {
                EngineError::Invalid { message } => {
                    EngineError::invalid(format!("[diffusion.{name}]: {message}"))
                }
                EngineError::Limit { message } => {
                    EngineError::limit(format!("[diffusion.{name}]: {message}"))
                }
                other => other,
            })
    }
}

impl Local {
    fn paint(&self, brief: &Brief<'_>, stop: &AtomicBool, tell: &dyn Fn(&str)) -> Found<Painted> {
        let beat = || match stop.load(Ordering::Relaxed) {
            true => Err(Error::Stopped),
            false => Ok(()),
        };
        let image = brief.image.map(decoded).transpose()?;
        let mut loaded = loop {
            beat()?;
            match self.loaded.try_lock() {
                Ok(loaded) => break loaded,
                // Nothing of a model changes while it paints.
                Err(TryLockError::Poisoned(poisoned)) => break PoisonError::into_inner(poisoned),
                Err(TryLockError::WouldBlock) => std::thread::sleep(ROUND),
            }
        };
        let model = match &mut *loaded {
            Some(model) => model,
            empty => {
                tell("loading the model");
                empty.insert(Model::load(&self.settings, &beat)?)
            }
        };
        let wish = Wish {
            prompt: brief.prompt,
            negative: brief.negative,
            width: brief.width.map(|width| width as usize),
            height: brief.height.map(|height| height as usize),
            steps: brief.steps.map(|steps| steps as usize),
            guidance: brief.guidance,
            image: image.as_ref(),
            strength: brief.strength,
        };
        let mut pictures = Vec::new();
        for at in 0..brief.count {
            let seed = brief.seed + at;
            let mut told = |done: usize, all: usize| {
                beat()?;
                match brief.count {
                    1 => tell(&format!("step {done} of {all}")),
                    count => tell(&format!(
                        "picture {} of {count}, step {done} of {all}",
                        at + 1
                    )),
                }
                Ok(())
            };
            let picture = model.paint(&wish, &mut TorchNoise::new(seed), &mut told, &beat)?;
            pictures.push((encoded(&picture)?, seed));
        }
        Ok(Painted {
            pictures,
            model: format!("sha256:{}", model.digest()),
        })
    }
}

/// The pixels of a picture to begin with.
fn decoded(bytes: &[u8]) -> Found<RgbImage> {
    let broken = |why: String| {
        Error::invalid(format!(
            "the `image` can't be read ({why}): give a PNG, JPEG or WebP"
        ))
    };
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(|error| broken(error.to_string()))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(IMAGE_SIDE_MAX);
    limits.max_image_height = Some(IMAGE_SIDE_MAX);
    limits.max_alloc = Some(IMAGE_BYTES_MAX);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| broken(error.to_string()))?;
    Ok(image.into_rgb8())
}

/// A picture as PNG.
fn encoded(picture: &Tensor) -> Found<Vec<u8>> {
    let (_, height, width) = picture.dims3()?;
    let rows = ((picture * 255.0)?.round()?).to_dtype(DType::U8)?;
    let pixels = rows.permute((1, 2, 0))?.flatten_all()?.to_vec1::<u8>()?;
    let image = RgbImage::from_raw(width as u32, height as u32, pixels);
    let image =
        image.ok_or_else(|| Error::invalid("the model made something that is no picture"))?;
    let mut bytes = Cursor::new(Vec::new());
    let written = image.write_to(&mut bytes, ImageFormat::Png);
    written.map_err(|error| Error::invalid(format!("the picture can't be written: {error}")))?;
    Ok(bytes.into_inner())
}
