//! A model that is loaded, and how it makes a picture.

use std::collections::HashMap;

use candle_core::safetensors::SliceSafetensors;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use daedal_core::Digest;
use daedal_providers::diffusion::ModelSettings;

use crate::clip::{Clip, Meant};
use crate::config::Json;
use crate::files::Folder;
use crate::layers::{Beat, Found};
use crate::noise::Noise;
use crate::schedule::Plan;
use crate::unet::{Context, Unet};
use crate::vae::Vae;
use crate::words::Words;
use crate::{Error, room, unet_config, vae};

/// What one picture is to be: of a brief, with the pixels of the picture to begin with.
#[derive(Debug, Clone)]
pub struct Wish<'w> {
    /// What is to be seen.
    pub prompt: &'w str,
    /// What is not to be seen.
    pub negative: Option<&'w str>,
    /// In pixels; the picture's own, or what the model is made for, when absent.
    pub width: Option<usize>,
    /// In pixels; the picture's own, or what the model is made for, when absent.
    pub height: Option<usize>,
    /// Of sampling; 50 when absent.
    pub steps: Option<usize>,
    /// How closely it keeps to the prompt; 7.5, or 5 for SDXL, when absent.
    pub guidance: Option<f64>,
    /// A picture to begin with.
    pub image: Option<&'w image::RgbImage>,
    /// How far from it to go; 0.8, or 0.3 for SDXL, when absent.
    pub strength: Option<f64>,
}

/// A text encoder with its tokenizer.
struct Reader {
    words: Words,
    clip: Clip,
}

impl Reader {
    fn read(&self, text: &str) -> Found<Meant> {
        self.clip
            .forward(&self.words.numbers(text, self.clip.length())?)
    }
}

/// A model that is loaded.
pub struct Model {
    device: Device,
    digest: Digest,
    readers: Vec<Reader>,
    unet: Unet,
    vae: Vae,
    plan: Plan,
    /// Whether an absent negative prompt is nothing at all, and not an empty text.
    is_nothing_zero: bool,
    /// Bytes that its weights take.
    weights: u64,
    memory_max: u64,
    pixels_max: u64,
}

impl Model {
    /// Loads a model; each of its files is checked before anything is made of it.
    pub fn load(
        settings: &ModelSettings,
        beat: &dyn Fn() -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let folder = Folder::open(
            &settings.path,
            settings.revision.as_deref(),
            &settings.sha256,
        )?;
        // Which parts there are, from a file that is checked below.
        let index = Json::new("model_index.json", &folder.small("model_index.json")?)?;
        let is_xl = kind(&index)?;
        let encoders: &[&str] = match is_xl {
            true => &["text_encoder", "text_encoder_2"],
            false => &["text_encoder"],
        };
        let needed = folder.needed(encoders)?;
        let weights = room::for_weights(&folder, &needed, settings.memory_max)?;
        folder.pinned(&needed)?;
        let device = device(settings.on_cuda)?;
        let json = |path: &str| Json::new(path, &folder.bytes(path)?);
        let index = json("model_index.json")?;
        if kind(&index)? != is_xl {
            return Err(Error::invalid(
                "`model_index.json` changed while it was read",
            ));
        }
        let plan = Plan::new(&json("scheduler/scheduler_config.json")?)?;
        let unet = unet_config::Config::new(&json("unet/config.json")?)?;
        let vae = vae::Config::new(&json("vae/config.json")?)?;
        if unet.latents != vae.latent_channels {
            return Err(Error::invalid(format!(
                "`unet/config.json` says in_channels: {}, where `vae/config.json` has {} latent_channels: models that \
                 fill in or change by instruction can't be used",
                unet.latents, vae.latent_channels
            )));
        }
        if is_xl != unet.added.is_some() {
            return Err(Error::invalid(
                "`unet/config.json` has an addition_embed_type that does not belong to the _class_name of \
                 `model_index.json`",
            ));
        }
        let mut readers = Vec::new();
        for encoder in encoders {
            let weights = numbers(&folder, encoder, "model", &device, beat)?;
            let config = json(&format!("{encoder}/config.json"))?;
            readers.push(Reader {
                words: Words::new(&folder, &encoder.replace("text_encoder", "tokenizer"))?,
                clip: Clip::new(&config, &weights, &device)?,
            });
        }
        let part = |name: &str| numbers(&folder, name, "diffusion_pytorch_model", &device, beat);
        Ok(Self {
            unet: Unet::new(unet, &part("unet")?)?,
            vae: Vae::new(vae, &part("vae")?)?,
            digest: folder.digest(&needed),
            is_nothing_zero: is_xl && index.flag("force_zeros_for_empty_prompt", true),
            memory_max: settings.memory_max,
            pixels_max: settings.pixels_max,
            weights,
            readers,
            plan,
            device,
        })
    }

    /// One digest for all files that it was loaded from: of a line for each, as `sha256sum` prints it, in order of
    /// their paths.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Makes a picture: (3, height, width), channels from 0 to 1. `told` is called before each step with how many are
    /// done and how many there are; `beat` now and then. What they give as an error ends the work.
    pub fn paint(
        &self,
        wish: &Wish<'_>,
        noise: &mut dyn Noise,
        told: &mut dyn FnMut(usize, usize) -> Result<(), Error>,
        beat: &dyn Fn() -> Result<(), Error>,
    ) -> Result<Tensor, Error> {
        let is_xl = self.unet.config.added.is_some();
        let (width, height) = self.size(wish)?;
        let channels = self.vae.config.block_out_channels.first_chunk::<2>();
        let channels = channels.map_or(1, |channels| channels[0].max(channels[1]));
        let pixels = (width as u64).saturating_mul(height as u64);
        if pixels > self.pixels_max {
            return Err(Error::Limit(format!(
                "a picture of {width} × {height} is asked for, and it makes at most {} pixels: raise `pixels_max` in \
                 daedal.toml, or ask for less",
                self.pixels_max
            )));
        }
        room::for_picture(pixels, channels, self.weights, self.memory_max)?;
        let guidance = wish.guidance.unwrap_or(if is_xl { 5.0 } else { 7.5 });
        let is_guided = guidance > 1.0;
        let context = self.context(Some(wish.prompt), width, height)?;
        let against = match is_guided {
            true => Some(self.context(wish.negative, width, height)?),
            false => None,
        };
        let steps = wish.steps.unwrap_or(50).max(1);
        let mut schedule = self.plan.schedule(steps)?;
        let factor = self.vae.config.factor();
        let shape = (1, self.unet.config.latents, height / factor, width / factor);
        let mut draw = || {
            let drawn = noise.draw(shape.1 * shape.2 * shape.3)?;
            Ok(Tensor::from_vec(drawn, shape, &self.device)?)
        };
        let (mut latents, first) = match wish.image {
            None => ((draw()? * schedule.begins_with())?, 0),
            Some(image) => {
                let first = first_step(wish, steps, is_xl)?;
                let clean = self.encode(image, width, height, &mut draw, beat)?;
                (schedule.noised(&clean, &draw()?, first)?, first)
            }
        };
        let times = schedule.times().to_vec();
        for (at, time) in times.iter().enumerate().skip(first) {
            told(at - first, times.len() - first)?;
            let shown = schedule.shown(&latents, at)?;
            let mut said = self.unet.forward(&shown, *time, &context, beat)?;
            if let Some(against) = &against {
                let other = self.unet.forward(&shown, *time, against, beat)?;
                said = (&other + ((said - &other)? * guidance)?)?;
            }
            latents = schedule.next(&latents, &said, at, &mut draw)?;
        }
        told(times.len() - first, times.len() - first)?;
        let latents = (latents / self.vae.config.scaling_factor)?;
        let picture = self.vae.decode(&latents, beat)?.squeeze(0)?;
        Ok(((picture * 0.5)? + 0.5)?.clamp(0.0, 1.0)?)
    }

    /// Width and height of a wish, in pixels.
    fn size(&self, wish: &Wish<'_>) -> Found<(usize, usize)> {
        let factor = self.vae.config.factor();
        let own = self.unet.config.side.saturating_mul(factor);
        let side = |name: &str, given: Option<usize>, image: Option<u32>| match (given, image) {
            (Some(given), _) if given % factor == 0 && given > 0 => Ok(given),
            (Some(given), _) => Err(Error::invalid(format!(
                "`{name}` is {given}: it has to be a multiple of {factor}, such as {}",
                given.next_multiple_of(factor).max(factor)
            ))),
            (None, Some(image)) => Ok((image as usize / factor).max(1) * factor),
            (None, None) => Ok(own),
        };
        Ok((
            side("width", wish.width, wish.image.map(|image| image.width()))?,
            side(
                "height",
                wish.height,
                wish.image.map(|image| image.height()),
            )?,
        ))
    }

    /// What a prompt means to the denoiser.
    fn context(&self, text: Option<&str>, width: usize, height: usize) -> Found<Context> {
        let meant = self
            .readers
            .iter()
            .map(|reader| reader.read(text.unwrap_or_default()));
        let meant: Vec<Meant> = meant.collect::<Result<_, _>>()?;
        if self.unet.config.added.is_none() {
            let prompt = meant.into_iter().next().map(|meant| meant.last);
            let prompt = prompt.ok_or_else(|| Error::invalid("the model reads no prompts"))?;
            return Ok(Context {
                prompt,
                added: None,
            });
        }
        let all: Vec<&Tensor> = meant.iter().map(|meant| &meant.before_last).collect();
        let mut prompt = Tensor::cat(&all, 2)?;
        let whole = meant.last().and_then(|meant| meant.pooled.clone());
        let mut whole = whole.ok_or_else(|| {
            Error::invalid("`text_encoder_2` has no `text_projection.weight`, which SDXL needs: fetch it again")
        })?;
        if text.is_none() && self.is_nothing_zero {
            (prompt, whole) = (prompt.zeros_like()?, whole.zeros_like()?);
        }
        // The size that it is as if cut from, where the cut is, and the size itself.
        let (width, height) = (width as f64, height as f64);
        let sizes = [height, width, 0.0, 0.0, height, width];
        Ok(Context {
            prompt,
            added: Some((whole, sizes)),
        })
    }

    /// The latents of a picture, drawn from what the encoder says.
    fn encode(
        &self,
        image: &image::RgbImage,
        width: usize,
        height: usize,
        draw: &mut dyn FnMut() -> Found<Tensor>,
        beat: Beat<'_>,
    ) -> Found<Tensor> {
        let (across, down) = (width as u32, height as u32);
        let fitted = match image.dimensions() == (across, down) {
            true => image.clone(),
            false => {
                image::imageops::resize(image, across, down, image::imageops::FilterType::Lanczos3)
            }
        };
        let pixels: Vec<f32> = fitted
            .into_raw()
            .into_iter()
            .map(|one| f32::from(one) / 127.5 - 1.0)
            .collect();
        let rows = Tensor::from_vec(pixels, (1, height, width, 3), &self.device)?;
        let planes = rows.permute((0, 3, 1, 2))?.contiguous()?;
        let (mean, deviation) = self.vae.encode(&planes, beat)?;
        Ok(((mean + (deviation * draw()?)?)? * self.vae.config.scaling_factor)?)
    }
}

/// The first step of a way that begins with a picture.
fn first_step(wish: &Wish<'_>, steps: usize, is_xl: bool) -> Found<usize> {
    let strength = wish.strength.unwrap_or(if is_xl { 0.3 } else { 0.8 });
    let kept = ((steps as f64 * strength) as usize).min(steps);
    match kept {
        0 => Err(Error::invalid(format!(
            "{steps} `steps` of which `strength` takes {strength} are none: raise one of them"
        ))),
        kept => Ok(steps - kept),
    }
}

/// Whether a model is an SDXL, of the two kinds that there are.
fn kind(index: &Json) -> Found<bool> {
    match index.text("_class_name") {
        Some("StableDiffusionPipeline" | "StableDiffusionImg2ImgPipeline") => Ok(false),
        Some("StableDiffusionXLPipeline" | "StableDiffusionXLImg2ImgPipeline") => {
            index.only(&[("requires_aesthetics_score", &["false"])])?;
            Ok(true)
        }
        _ => {
            let said = index.said.get("_class_name").unwrap_or_default();
            let known = ["StableDiffusionPipeline", "StableDiffusionXLPipeline"];
            Err(index.refused("_class_name", said, &known))
        }
    }
}

fn device(on_cuda: bool) -> Found<Device> {
    match (on_cuda, cfg!(feature = "cuda")) {
        (false, _) => Ok(Device::Cpu),
        (true, true) => Ok(Device::new_cuda(0)?),
        (true, false) => Err(Error::invalid(
            "this build of daedal knows no NVIDIA cards: build it with the feature `local-models-cuda`, or set device \
             = \"cpu\"",
        )),
    }
}

/// A part's weights, as numbers of 32 bits.
fn numbers(
    folder: &Folder,
    part: &str,
    name: &str,
    device: &Device,
    beat: Beat<'_>,
) -> Found<VarBuilder<'static>> {
    let mut all = HashMap::new();
    for path in folder.weights(part, name)? {
        beat()?;
        let bytes = folder.bytes(&path)?;
        let file = SliceSafetensors::new(&bytes)?;
        for (name, view) in file.tensors() {
            // Places are counted, in files of old: whole numbers are no weights.
            if matches!(
                view.dtype(),
                safetensors::Dtype::I64 | safetensors::Dtype::I32
            ) {
                continue;
            }
            let tensor = file.load(&name, device)?.to_dtype(DType::F32)?;
            all.insert(name, tensor);
        }
    }
    Ok(VarBuilder::from_tensors(all, DType::F32, device))
}
