//! What is measured of one picture by itself. `docs/scores.md` has the formulas.

use super::hash::PerceptualHash;
use super::profile::Profile;
use crate::picture::{Filter, Oklab, Picture};

/// Pictures are measured at this size at most, so that resolution does not count.
const SIDE: f64 = 320.0;
/// A gradient of this share of the steepest one is an edge.
const EDGE: f32 = 0.1;
/// The mean distance from a palette that counts as nothing in common.
const PALETTE_DISTANCE_MAX: f32 = 0.25;

/// A picture reduced to what is compared.
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rgb: Vec<[u8; 3]>,
    /// Luma of Rec. 709, 0 to 1.
    pub(super) luma: Vec<f32>,
}

impl Plane {
    /// Shrinks `picture` and lays it on white.
    pub(super) fn of(picture: &Picture) -> Self {
        let longer = f64::from(picture.width.max(picture.height));
        let small;
        let picture = if longer > SIDE {
            let (width, height) = picture.size_within(SIDE, SIDE);
            small = picture.resized(width, height, Filter::Bilinear);
            &small
        } else {
            picture
        };
        let rgb: Vec<[u8; 3]> = picture
            .rgba()
            .map(|[r, g, b, a]| {
                let over = |level: u8| {
                    ((u32::from(level) * u32::from(a) + 255 * (255 - u32::from(a)) + 127) / 255)
                        as u8
                };
                [over(r), over(g), over(b)]
            })
            .collect();
        let luma = rgb.iter().map(|rgb| luma(*rgb)).collect();
        Self {
            width: picture.width as usize,
            height: picture.height as usize,
            rgb,
            luma,
        }
    }

    /// Horizontal and vertical Sobel gradients of luma, each -4 to 4; borders repeat.
    pub(super) fn gradients(&self) -> impl Iterator<Item = (f32, f32)> + '_ {
        let at = |x: isize, y: isize| {
            let x = x.clamp(0, self.width as isize - 1) as usize;
            let y = y.clamp(0, self.height as isize - 1) as usize;
            self.luma[y * self.width + x]
        };
        (0..self.luma.len()).map(move |index| {
            let (x, y) = ((index % self.width) as isize, (index / self.width) as isize);
            let column = |dx: isize| at(x + dx, y - 1) + 2.0 * at(x + dx, y) + at(x + dx, y + 1);
            let row = |dy: isize| at(x - 1, y + dy) + 2.0 * at(x, y + dy) + at(x + 1, y + dy);
            (column(1) - column(-1), row(1) - row(-1))
        })
    }

    /// How far each pixel stands out: the distance of its luma from the median.
    pub(super) fn weights(&self) -> Vec<f32> {
        let mut sorted = self.luma.clone();
        sorted.sort_by(f32::total_cmp);
        let ground = sorted[sorted.len() / 2];
        self.luma.iter().map(|luma| (luma - ground).abs()).collect()
    }

    /// Nearness to a palette, 0 to 1.
    pub(super) fn palette(&self, palette: &[Oklab]) -> f64 {
        let total: f64 = self
            .rgb
            .iter()
            .map(|rgb| {
                let colour = Oklab::of_srgb(*rgb);
                let nearest = palette
                    .iter()
                    .map(|other| colour.distance_squared(*other))
                    .fold(f32::INFINITY, f32::min);
                f64::from(nearest.sqrt())
            })
            .sum();
        let mean = total / self.rgb.len() as f64;
        1.0 - (mean / f64::from(PALETTE_DISTANCE_MAX)).min(1.0)
    }
}

fn luma([r, g, b]: [u8; 3]) -> f32 {
    // Weights of ten thousand, so that grey is exact.
    let sum = 2_126 * u32::from(r) + 7_152 * u32::from(g) + 722 * u32::from(b);
    sum as f32 / 2_550_000.0
}

/// The measures of one picture, each 0 to 1, and what it is compared by.
pub(super) struct Look {
    pub(super) contrast: f64,
    pub(super) colourfulness: f64,
    pub(super) balance: f64,
    pub(super) edges: f64,
    pub(super) entropy: f64,
    pub(super) hash: PerceptualHash,
    pub(super) profile: Profile,
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
            profile: Profile::of(plane),
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
