//! The way from noise to a picture, as a model's `scheduler_config.json` says: diffusers' schedulers.
//!
//! candle-transformers has some of them; they draw noise that no seed repeats, and begin elsewhere than the files say.

mod ddim;
mod euler;
mod pndm;
#[cfg(test)]
mod tests;

use candle_core::Tensor;

use crate::Error;
use crate::config::Json;
use crate::layers::Found;

/// What a model makes of a noisy picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prediction {
    /// The noise.
    Epsilon,
    /// A mean of noise and picture.
    Velocity,
    /// The picture.
    Sample,
}

/// How the times of the steps are chosen among those of the training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spacing {
    Linspace,
    Leading,
    Trailing,
}

/// What all schedules have in common.
#[derive(Debug, Clone)]
struct Base {
    /// Times of the training.
    times: usize,
    /// How much of the picture is left at a time, squared.
    left: Vec<f64>,
    prediction: Prediction,
    spacing: Spacing,
    offset: usize,
}

impl Base {
    fn new(json: &Json, spacing: &str) -> Found<Self> {
        let spacings = &["\"linspace\"", "\"leading\"", "\"trailing\""];
        json.only(&[
            ("trained_betas", &["null"]),
            ("rescale_betas_zero_snr", &["false"]),
            (
                "beta_schedule",
                &["\"linear\"", "\"scaled_linear\"", "\"squaredcos_cap_v2\""],
            ),
            (
                "prediction_type",
                &["\"epsilon\"", "\"v_prediction\"", "\"sample\""],
            ),
            ("timestep_spacing", spacings),
        ])?;
        let times = json.count("num_train_timesteps", 1_000);
        if !(2..=100_000).contains(&times) {
            let said = json.said.get("num_train_timesteps").unwrap_or_default();
            return Err(json.refused("num_train_timesteps", said, &["2 to 100000"]));
        }
        let (start, end) = (
            json.number("beta_start", 0.0001),
            json.number("beta_end", 0.02),
        );
        let between = |start: f64, end: f64, at: usize| {
            start + (end - start) * at as f64 / (times - 1) as f64
        };
        let cosine = |at: usize| {
            let angle = (at as f64 / times as f64 + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2;
            angle.cos().powi(2)
        };
        let kind = json.text("beta_schedule").unwrap_or("linear").to_owned();
        let beta = |at: usize| match kind.as_str() {
            "scaled_linear" => between(start.sqrt(), end.sqrt(), at).powi(2),
            "squaredcos_cap_v2" => (1.0 - cosine(at + 1) / cosine(at)).min(0.999),
            _ => between(start, end, at),
        };
        let left = (0..times).scan(1.0, |left, at| {
            *left *= 1.0 - beta(at);
            Some(*left)
        });
        Ok(Self {
            times,
            left: left.collect(),
            prediction: match json.text("prediction_type") {
                Some("v_prediction") => Prediction::Velocity,
                Some("sample") => Prediction::Sample,
                _ => Prediction::Epsilon,
            },
            spacing: match json.text("timestep_spacing").unwrap_or(spacing) {
                "linspace" => Spacing::Linspace,
                "trailing" => Spacing::Trailing,
                _ => Spacing::Leading,
            },
            offset: json.count("steps_offset", 0),
        })
    }

    /// The times of so many steps, the latest first; between whole ones where `is_whole` does not say otherwise.
    fn spaced(&self, steps: usize, is_whole: bool) -> Found<Vec<f64>> {
        let (all, last) = (self.times as f64, (self.times - 1) as f64);
        let times: Vec<f64> = match self.spacing {
            Spacing::Linspace => (0..steps)
                .map(|at| match steps {
                    1 => 0.0,
                    _ => last * at as f64 / (steps - 1) as f64,
                })
                .map(|time| {
                    if is_whole {
                        time.round_ties_even()
                    } else {
                        time
                    }
                })
                .rev()
                .collect(),
            Spacing::Leading => (0..steps)
                .map(|at| (at * (self.times / steps) + self.offset) as f64)
                .rev()
                .collect(),
            Spacing::Trailing => (0..steps)
                .map(|at| (all - at as f64 * all / steps as f64).round_ties_even() - 1.0)
                .collect(),
        };
        match times.iter().all(|time| (0.0..=last).contains(time)) && steps <= self.times {
            true => Ok(times),
            false => Err(Error::invalid(format!(
                "the model's scheduler has {} times, too few for {steps} `steps`: ask for fewer",
                self.times
            ))),
        }
    }

    /// How much of the picture is left at a whole time, squared; `before` the first of them.
    fn left_at(&self, time: i64, before: f64) -> f64 {
        let at = usize::try_from(time).ok();
        at.and_then(|at| self.left.get(at))
            .copied()
            .unwrap_or(before)
    }

    fn noised(&self, clean: &Tensor, noise: &Tensor, time: f64) -> Found<Tensor> {
        let left = self.left_at(time as i64, 1.0);
        Ok(((clean * left.sqrt())? + (noise * (1.0 - left).sqrt())?)?)
    }

    /// The noise levels of all times, for schedules that count in them.
    fn sigmas(&self) -> Vec<f64> {
        let sigmas = self.left.iter().map(|left| ((1.0 - left) / left).sqrt());
        sigmas.collect()
    }
}

/// The steps of one picture, the first at 0.
pub(crate) trait Schedule {
    /// The time of each step, as the model is told it.
    fn times(&self) -> &[f64];

    /// Deviation of the noise that a picture begins with.
    fn begins_with(&self) -> f64 {
        1.0
    }

    /// Latents with noise, as they are before step `at`.
    fn noised(&self, clean: &Tensor, noise: &Tensor, at: usize) -> Found<Tensor>;

    /// What the model is shown of the latents before step `at`.
    fn shown(&self, latents: &Tensor, _at: usize) -> Found<Tensor> {
        Ok(latents.clone())
    }

    /// The latents after step `at`, where the model said `said`; `draw` gives noise of their shape.
    fn next(
        &mut self,
        latents: &Tensor,
        said: &Tensor,
        at: usize,
        draw: &mut dyn FnMut() -> Found<Tensor>,
    ) -> Found<Tensor>;
}

/// A model's schedule, for any number of steps.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    Ddim(ddim::Config),
    Euler(euler::Config),
    Pndm(pndm::Config),
}

impl Plan {
    pub(crate) fn new(json: &Json) -> Found<Self> {
        match json.text("_class_name") {
            Some("DDIMScheduler") => Ok(Self::Ddim(ddim::Config::new(json)?)),
            Some("EulerDiscreteScheduler") => Ok(Self::Euler(euler::Config::new(json, false)?)),
            Some("EulerAncestralDiscreteScheduler") => {
                Ok(Self::Euler(euler::Config::new(json, true)?))
            }
            Some("PNDMScheduler") => Ok(Self::Pndm(pndm::Config::new(json)?)),
            _ => {
                let said = json.said.get("_class_name").unwrap_or_default();
                let known = [
                    "DDIMScheduler",
                    "EulerDiscreteScheduler",
                    "EulerAncestralDiscreteScheduler",
                    "PNDMScheduler",
                ];
                Err(json.refused("_class_name", said, &known))
            }
        }
    }

    /// The schedule of so many steps.
    pub(crate) fn schedule(&self, steps: usize) -> Found<Box<dyn Schedule>> {
        Ok(match self {
            Self::Ddim(config) => Box::new(config.schedule(steps)?),
            Self::Euler(config) => Box::new(config.schedule(steps)?),
            Self::Pndm(config) => Box::new(config.schedule(steps)?),
        })
    }
}
