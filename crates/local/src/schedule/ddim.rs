//! Denoising diffusion implicit models (<https://arxiv.org/abs/2010.02502>), without noise on the way.

use candle_core::Tensor;

use super::{Base, Prediction, Schedule};
use crate::config::Json;
use crate::layers::Found;

#[derive(Debug, Clone)]
pub(crate) struct Config {
    base: Base,
    clip: Option<f64>,
    before: f64,
}

impl Config {
    pub(super) fn new(json: &Json) -> Found<Self> {
        json.only(&[("thresholding", &["false"])])?;
        let base = Base::new(json, "leading")?;
        let clip = json.flag("clip_sample", true);
        Ok(Self {
            clip: clip.then(|| json.number("clip_sample_range", 1.0)),
            before: match json.flag("set_alpha_to_one", true) {
                true => 1.0,
                false => base.left[0],
            },
            base,
        })
    }

    pub(super) fn schedule(&self, steps: usize) -> Found<Ddim> {
        Ok(Ddim {
            times: self.base.spaced(steps, true)?,
            stride: (self.base.times / steps) as i64,
            config: self.clone(),
        })
    }
}

pub(crate) struct Ddim {
    config: Config,
    times: Vec<f64>,
    stride: i64,
}

impl Schedule for Ddim {
    fn times(&self) -> &[f64] {
        &self.times
    }

    fn noised(&self, clean: &Tensor, noise: &Tensor, at: usize) -> Found<Tensor> {
        self.config.base.noised(clean, noise, self.times[at])
    }

    fn next(
        &mut self,
        latents: &Tensor,
        said: &Tensor,
        at: usize,
        _: &mut dyn FnMut() -> Found<Tensor>,
    ) -> Found<Tensor> {
        let Config { base, clip, before } = &self.config;
        let time = self.times[at] as i64;
        let left = base.left_at(time, *before);
        let next = base.left_at(time - self.stride, *before);
        let (kept, noisy) = (left.sqrt(), (1.0 - left).sqrt());
        let (mut clean, noise) = match base.prediction {
            Prediction::Epsilon => (((latents - (said * noisy)?)? / kept)?, said.clone()),
            Prediction::Sample => (said.clone(), ((latents - (said * kept)?)? / noisy)?),
            Prediction::Velocity => (
                ((latents * kept)? - (said * noisy)?)?,
                ((said * kept)? + (latents * noisy)?)?,
            ),
        };
        if let Some(range) = clip {
            clean = clean.clamp(-range, *range)?;
        }
        Ok(((clean * next.sqrt())? + (noise * (1.0 - next).sqrt())?)?)
    }
}
