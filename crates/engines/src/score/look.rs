//! What is measured of one picture by itself. `docs/scores.md` has the formulas.

use super::hash::PerceptualHash;
use crate::picture::{Picture, Plane};

/// A gradient of this share of the steepest one is an edge.
const EDGE: f32 = 0.1;

/// The measures of one picture, each 0 to 1, and what its structure is compared by.
pub(super) struct Look {
    pub(super) contrast: f64,
    pub(super) colourfulness: f64,
    pub(super) balance: f64,
    pub(super) edges: f64,
    pub(super) entropy: f64,
    pub(super) hash: PerceptualHash,
}

impl Look {
    pub(super) fn of(picture: &Picture, plane: &Plane) -> Self {
        Self {
            contrast: contrast(plane),
            colourfulness: colourfulness(plane),
            balance: balance(plane),
            edges: edges(plane),
            entropy: entropy(plane),
            hash: PerceptualHash::of(picture),
        }
    }
}

/// Mean and standard deviation.
fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / count;
    let variance = values
        .map(|value| (value - mean) * (value - mean))
        .sum::<f64>()
        / count;
    (mean, variance.sqrt())
}

fn contrast(plane: &Plane) -> f64 {
    let (_, deviation) = moments(plane.luma.iter().map(|luma| f64::from(*luma)));
    (2.0 * deviation).min(1.0)
}

fn colourfulness(plane: &Plane) -> f64 {
    let axes = plane.rgb.iter().map(|rgb| rgb.map(f64::from));
    let (red_mean, red_deviation) = moments(axes.clone().map(|[r, g, _]| r - g));
    let (blue_mean, blue_deviation) = moments(axes.map(|[r, g, b]| (r + g) / 2.0 - b));
    let length = |a: f64, b: f64| (a * a + b * b).sqrt();
    let measure = length(red_deviation, blue_deviation) + 0.3 * length(red_mean, blue_mean);
    (measure / 109.0).min(1.0)
}

fn balance(plane: &Plane) -> f64 {
    let (mut total, mut across, mut down) = (0.0_f64, 0.0, 0.0);
    for (index, weight) in plane.weights().into_iter().enumerate() {
        // From -1 at one edge to 1 at the other.
        let place = |at: usize, length: usize| (2 * at + 1) as f64 / length as f64 - 1.0;
        let weight = f64::from(weight);
        total += weight;
        across += weight * place(index % plane.width, plane.width);
        down += weight * place(index / plane.width, plane.height);
    }
    if total <= f64::EPSILON {
        return 1.0;
    }
    let (across, down) = (across / total, down / total);
    1.0 - ((across * across + down * down) / 2.0).sqrt().min(1.0)
}

fn edges(plane: &Plane) -> f64 {
    let count = plane
        .gradients()
        .filter(|(across, down)| (across * across + down * down).sqrt() / 4.0 > EDGE)
        .count();
    count as f64 / plane.luma.len() as f64
}

fn entropy(plane: &Plane) -> f64 {
    const BINS: usize = 64;
    let mut bins = [0_u32; BINS];
    for luma in &plane.luma {
        bins[((luma * BINS as f32) as usize).min(BINS - 1)] += 1;
    }
    let total = plane.luma.len() as f64;
    let bits: f64 = bins
        .into_iter()
        .filter(|count| *count > 0)
        .map(|count| f64::from(count) / total)
        .map(|share| -share * libm::log2(share))
        .sum();
    (bits / libm::log2(BINS as f64)).clamp(0.0, 1.0)
}
