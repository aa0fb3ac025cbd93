//! Euler's method over levels of noise (<https://arxiv.org/abs/2206.00364>), and its ancestral form, which adds noise
//! at every step.

use candle_core::Tensor;

use super::{Base, Prediction, Schedule, Spacing};
use crate::config::Json;
use crate::layers::Found;

#[derive(Debug, Clone)]
pub(crate) struct Config {
    base: Base,
    is_ancestral: bool,
    /// Whether the last step ends at the least noise of the training, and not at none.
    keeps_last: bool,
}

impl Config {
    pub(super) fn new(json: &Json, is_ancestral: bool) -> Found<Self> {
        json.only(&[
            ("interpolation_type", &["\"linear\""]),
            ("use_karras_sigmas", &["null", "false"]),
            ("use_exponential_sigmas", &["null", "false"]),
            ("use_beta_sigmas", &["null", "false"]),
            ("timestep_type", &["\"discrete\""]),
            ("final_sigmas_type", &["\"zero\"", "\"sigma_min\""]),
        ])?;
        Ok(Self {
            base: Base::new(json, "linspace")?,
            is_ancestral,
            keeps_last: json.text("final_sigmas_type") == Some("sigma_min"),
        })
    }

    pub(super) fn schedule(&self, steps: usize) -> Found<Euler> {
        let times = self.base.spaced(steps, false)?;
        let all = self.base.sigmas();
        let between = |time: &f64| {
            let below = time.floor() as usize;
            let above = (below + 1).min(all.len() - 1);
            all[below] + (all[above] - all[below]) * time.fract()
        };
        let mut sigmas: Vec<f64> = times.iter().map(between).collect();
        let most = sigmas.iter().copied().fold(0.0, f64::max);
        sigmas.push(if self.keeps_last { all[0] } else { 0.0 });
        Ok(Euler {
            begins_with: match self.base.spacing {
                Spacing::Leading => most.hypot(1.0),
                Spacing::Linspace | Spacing::Trailing => most,
            },
            prediction: self.base.prediction,
            is_ancestral: self.is_ancestral,
            times,
            sigmas,
        })
    }
}

pub(crate) struct Euler {
    times: Vec<f64>,
    /// The level of noise before each step, and after the last.
    sigmas: Vec<f64>,
    begins_with: f64,
    prediction: Prediction,
    is_ancestral: bool,
}

impl Schedule for Euler {
    fn times(&self) -> &[f64] {
        &self.times
    }

    fn begins_with(&self) -> f64 {
        self.begins_with
    }

    fn noised(&self, clean: &Tensor, noise: &Tensor, at: usize) -> Found<Tensor> {
        Ok((clean + (noise * self.sigmas[at])?)?)
    }

    fn shown(&self, latents: &Tensor, at: usize) -> Found<Tensor> {
        Ok((latents / self.sigmas[at].hypot(1.0))?)
    }

    fn next(
        &mut self,
        latents: &Tensor,
        said: &Tensor,
        at: usize,
        draw: &mut dyn FnMut() -> Found<Tensor>,
    ) -> Found<Tensor> {
        let (from, to) = (self.sigmas[at], self.sigmas[at + 1]);
        let clean = match self.prediction {
            Prediction::Epsilon => (latents - (said * from)?)?,
            Prediction::Sample => said.clone(),
            Prediction::Velocity => {
                ((said * (-from / from.hypot(1.0)))? + (latents / (from * from + 1.0))?)?
            }
        };
        let slope = ((latents - clean)? / from)?;
        if !self.is_ancestral {
            return Ok((latents + (slope * (to - from))?)?);
        }
        let up = (to * to * (from * from - to * to) / (from * from)).sqrt();
        let down = (to * to - up * up).sqrt();
        let next = (latents + (slope * (down - from))?)?;
        Ok((next + (draw()? * up)?)?)
    }
}
