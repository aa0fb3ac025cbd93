//! The hand that is recognisable in pictures: colour, tone, composition and line, as histograms
//! that sum to one (or are empty).

use super::look::Plane;
use crate::picture::Oklab;

const LIGHTNESS_BINS: usize = 4;
const CHROMA_BINS: usize = 8;
const COLOURS: usize = LIGHTNESS_BINS * CHROMA_BINS * CHROMA_BINS;
/// Colours of sRGB stay within this distance of grey on either axis.
const CHROMA_MAX: f32 = 0.33;
const TONES: usize = 16;
const GRID: usize = 8;
const DIRECTIONS: usize = 8;

/// What one picture, or several together, look like.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Profile {
    colour: Vec<f64>,
    tone: Vec<f64>,
    composition: Vec<f64>,
    direction: Vec<f64>,
    /// Mean strength of gradients, 0 to 1.
    roughness: f64,
}

impl Profile {
    pub(super) fn of(plane: &Plane) -> Self {
        let (colour, tone) = colours(plane);
        let (direction, roughness) = lines(plane);
        Self {
            colour,
            tone,
            composition: composition(plane),
            direction,
            roughness,
        }
    }

    /// The mean of several.
    pub(super) fn mean<'p>(profiles: impl Iterator<Item = &'p Self> + Clone) -> Option<Self> {
        let count = profiles.clone().count();
        let mut sum = profiles.clone().next()?.clone();
        for profile in profiles.skip(1) {
            for (sum, own) in sum.histograms_mut().into_iter().zip(profile.histograms()) {
                sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
            }
            sum.roughness += profile.roughness;
        }
        for histogram in sum.histograms_mut() {
            histogram.iter_mut().for_each(|sum| *sum /= count as f64);
        }
        sum.roughness /= count as f64;
        Some(sum)
    }

    /// 1 for the same profile, 0 for nothing in common.
    pub(super) fn similarity(&self, other: &Self) -> f64 {
        let rougher = self.roughness.max(other.roughness);
        let roughness = if rougher <= f64::EPSILON {
            1.0
        } else {
            self.roughness.min(other.roughness) / rougher
        };
        let line = (intersection(&self.direction, &other.direction) + roughness) / 2.0;
        let similarity = 0.4 * intersection(&self.colour, &other.colour)
            + 0.2 * intersection(&self.tone, &other.tone)
            + 0.2 * intersection(&self.composition, &other.composition)
            + 0.2 * line;
        similarity.clamp(0.0, 1.0)
    }

    fn histograms(&self) -> [&Vec<f64>; 4] {
        [&self.colour, &self.tone, &self.composition, &self.direction]
    }

    fn histograms_mut(&mut self) -> [&mut Vec<f64>; 4] {
        [
            &mut self.colour,
            &mut self.tone,
            &mut self.composition,
            &mut self.direction,
        ]
    }
}

/// A profile of references, and how near they are to one another.
pub(super) struct Signature {
    profile: Profile,
    /// The mean similarity of each reference to the others together; 1 for a single one.
    reach: f64,
}

impl Signature {
    pub(super) fn new(references: &[&Profile]) -> Option<Self> {
        let profile = Profile::mean(references.iter().copied())?;
        let reach: f64 = (0..references.len())
            .filter_map(|left_out| {
                let others = references.iter().enumerate();
                let others = others
                    .filter(|(index, _)| *index != left_out)
                    .map(|(_, other)| *other);
                Some(Profile::mean(others)?.similarity(references[left_out]))
            })
            .sum();
        let reach = match references.len() {
            1 => 1.0,
            count => (reach / count as f64).max(0.05),
        };
        Some(Self { profile, reach })
    }

    /// 1 when a picture is as near to the references as they are to one another.
    pub(super) fn nearness(&self, profile: &Profile) -> f64 {
        (self.profile.similarity(profile) / self.reach).min(1.0)
    }
}

/// What two histograms share: Swain & Ballard 1991, "Color Indexing". Two that are empty are alike.
fn intersection(one: &[f64], other: &[f64]) -> f64 {
    let is_empty = |histogram: &[f64]| histogram.iter().all(|share| *share == 0.0);
    if is_empty(one) && is_empty(other) {
        return 1.0;
    }
    one.iter().zip(other).map(|(a, b)| a.min(*b)).sum()
}

/// Shares of the whole; a blank picture has no composition and no lines, and stays empty.
fn normalised(mut histogram: Vec<f64>) -> Vec<f64> {
    let total: f64 = histogram.iter().sum();
    if total > f64::EPSILON {
        histogram.iter_mut().for_each(|bin| *bin /= total);
    }
    histogram
}

/// The two bins that a value of 0 to 1 lies between, with its share in each.
fn soft(value: f32, bins: usize) -> [(usize, f64); 2] {
    let place = (value.clamp(0.0, 1.0) * bins as f32 - 0.5).clamp(0.0, (bins - 1) as f32);
    let low = place as usize;
    let share = f64::from(place - low as f32);
    [(low, 1.0 - share), ((low + 1).min(bins - 1), share)]
}

fn colours(plane: &Plane) -> (Vec<f64>, Vec<f64>) {
    let (mut colour, mut tone) = (vec![0.0; COLOURS], vec![0.0; TONES]);
    for rgb in &plane.rgb {
        let Oklab([lightness, a, b]) = Oklab::of_srgb(*rgb);
        for (bin, share) in soft(lightness, TONES) {
            tone[bin] += share;
        }
        let chroma = |value: f32| soft((value / CHROMA_MAX + 1.0) / 2.0, CHROMA_BINS);
        for (light, light_share) in soft(lightness, LIGHTNESS_BINS) {
            for (red, red_share) in chroma(a) {
                for (yellow, yellow_share) in chroma(b) {
                    let bin = (light * CHROMA_BINS + red) * CHROMA_BINS + yellow;
                    colour[bin] += light_share * red_share * yellow_share;
                }
            }
        }
    }
    (normalised(colour), normalised(tone))
}

/// Where what stands out lies, on a grid of 8 × 8.
fn composition(plane: &Plane) -> Vec<f64> {
    let mut grid = vec![0.0; GRID * GRID];
    for (index, weight) in plane.weights().into_iter().enumerate() {
        let (x, y) = (index % plane.width, index / plane.width);
        let cell = (y * GRID / plane.height) * GRID + x * GRID / plane.width;
        grid[cell] += f64::from(weight);
    }
    normalised(grid)
}

/// Directions of edges, weighed by their strength: Dalal & Triggs 2005, "Histograms of Oriented
/// Gradients", over the whole picture.
fn lines(plane: &Plane) -> (Vec<f64>, f64) {
    let mut directions = vec![0.0; DIRECTIONS];
    let mut total = 0.0;
    for (across, down) in plane.gradients() {
        let strength = f64::from((across * across + down * down).sqrt());
        if strength <= 1e-4 {
            continue;
        }
        // An edge has no sign: half a turn is the same direction.
        let turn = libm::atan2f(down, across) / std::f32::consts::PI;
        let bin = (turn.rem_euclid(1.0) * DIRECTIONS as f32).round() as usize % DIRECTIONS;
        directions[bin] += strength;
        total += strength;
    }
    let mean = total / plane.luma.len() as f64 / 4.0;
    (normalised(directions), mean.min(1.0))
}
