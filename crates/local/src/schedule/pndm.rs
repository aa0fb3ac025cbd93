//! Pseudo numerical methods (<https://arxiv.org/abs/2202.09778>): linear multistep of the fourth order, without the
//! Runge-Kutta steps before it.

use candle_core::Tensor;

use super::{Base, Prediction, Schedule};
use crate::Error;
use crate::config::Json;
use crate::layers::Found;

#[derive(Debug, Clone)]
pub(crate) struct Config {
    base: Base,
    before: f64,
}

impl Config {
    pub(super) fn new(json: &Json) -> Found<Self> {
        let base = Base::new(json, "leading")?;
        if !json.flag("skip_prk_steps", false) {
            let said = json.said.get("skip_prk_steps").unwrap_or_default();
            return Err(json.refused("skip_prk_steps", said, &["true"]));
        }
        json.only(&[("prediction_type", &["\"epsilon\"", "\"v_prediction\""])])?;
        Ok(Self {
            before: match json.flag("set_alpha_to_one", false) {
                true => 1.0,
                false => base.left[0],
            },
            base,
        })
    }

    pub(super) fn schedule(&self, steps: usize) -> Found<Pndm> {
        let mut times = self.base.spaced(steps, true)?;
        // The second step is done twice.
        if let Some(second) = times.get(1).copied() {
            times.insert(2, second);
        }
        Ok(Pndm {
            config: self.clone(),
            times,
            stride: (self.base.times / steps) as i64,
            said: Vec::new(),
            first: None,
            done: 0,
        })
    }
}

pub(crate) struct Pndm {
    config: Config,
    times: Vec<f64>,
    stride: i64,
    /// What the model said before, the latest last; at most four.
    said: Vec<Tensor>,
    /// The latents before the first step.
    first: Option<Tensor>,
    done: usize,
}

impl Pndm {
    fn moved(&self, latents: &Tensor, said: &Tensor, time: i64, next: i64) -> Found<Tensor> {
        let Config { base, before } = &self.config;
        let (from, to) = (base.left_at(time, *before), base.left_at(next, *before));
        let said = match base.prediction {
            Prediction::Velocity => ((said * from.sqrt())? + (latents * (1.0 - from).sqrt())?)?,
            _ => said.clone(),
        };
        let divisor = from * (1.0 - to).sqrt() + (from * (1.0 - from) * to).sqrt();
        Ok(((latents * (to / from).sqrt())? - (said * ((to - from) / divisor))?)?)
    }
}

/// A sum with weights.
fn weighed(parts: &[(f64, &Tensor)]) -> Found<Tensor> {
    let mut sum: Option<Tensor> = None;
    for (weight, part) in parts {
        let part = (*part * *weight)?;
        sum = Some(match sum {
            Some(sum) => (sum + part)?,
            None => part,
        });
    }
    sum.ok_or_else(|| Error::invalid("a step has nothing to go by"))
}

impl Schedule for Pndm {
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
        let time = self.times[at] as i64;
        let (mut from, mut to) = (time, time - self.stride);
        let is_second = self.done == 1;
        if is_second {
            (from, to) = (time + self.stride, time);
        } else {
            if self.said.len() == 4 {
                self.said.remove(0);
            }
            self.said.push(said.clone());
        }
        self.done += 1;
        let first = match is_second {
            true => self.first.take(),
            false => None,
        };
        let said = match self.said.as_slice() {
            [one] if is_second => weighed(&[(0.5, said), (0.5, one)])?,
            [one] => {
                self.first = Some(latents.clone());
                one.clone()
            }
            [two, one] => weighed(&[(1.5, one), (-0.5, two)])?,
            [three, two, one] => {
                weighed(&[(23.0 / 12.0, one), (-16.0 / 12.0, two), (5.0 / 12.0, three)])?
            }
            [four, three, two, one] => weighed(&[
                (55.0 / 24.0, one),
                (-59.0 / 24.0, two),
                (37.0 / 24.0, three),
                (-9.0 / 24.0, four),
            ])?,
            _ => said.clone(),
        };
        self.moved(first.as_ref().unwrap_or(latents), &said, from, to)
    }
}
