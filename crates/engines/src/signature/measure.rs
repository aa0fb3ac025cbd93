//! The statistics of one picture. Sums run in one order and nothing is left to the platform: the same
//! bytes give the same numbers on every machine.

use super::statistic::{
    DIRECTIONS, GRID, MASSES, OCTAVES, PATTERNS, QUANTILES, SLICES, STATISTICS, Traits,
};
use crate::picture::{Oklab, Plane};

/// How much more an axis of colour counts than lightness, which ranges about twice as far.
const CHROMA_WEIGHT: f32 = 2.0;
/// Levels that a distribution is counted in.
const LEVELS: usize = 4_096;
/// Gradients below this are noise, of the 5.7 that there can be.
const GRADIENT_MIN: f32 = 0.04;
/// How much brighter than the middle a neighbour has to be.
const BRIGHTER: f32 = 0.012;
/// Reach of the rings of neighbours, in pixels.
const RINGS: [isize; 2] = [1, 3];

impl Traits {
    /// Measures a picture.
    pub(crate) fn of(plane: &Plane) -> Self {
        let colours: Vec<[f32; 3]> = plane
            .rgb
            .iter()
            .map(|rgb| {
                let Oklab([lightness, a, b]) = Oklab::of_srgb(*rgb);
                [lightness, a * CHROMA_WEIGHT, b * CHROMA_WEIGHT]
            })
            .collect();
        let (placement, masses) = composition(plane, &colours);
        let (direction, hardness) = edges(plane);
        let [grain, weave] = RINGS.map(|reach| patterns(plane, reach));
        let values: [Vec<f64>; STATISTICS.len()] = [
            palette(&colours),
            vividness(&colours),
            placement,
            masses,
            direction,
            hardness,
            grain,
            weave,
            detail(plane),
        ];
        Self::new(values)
    }
}

/// The quantiles of values between two bounds.
fn quantiles(values: impl Iterator<Item = f32>, least: f32, most: f32) -> Vec<f64> {
    let mut counts = vec![0_u32; LEVELS];
    let mut total = 0_u32;
    for value in values {
        let share = ((value - least) / (most - least)).clamp(0.0, 1.0);
        counts[((share * LEVELS as f32) as usize).min(LEVELS - 1)] += 1;
        total += 1;
    }
    let mut found = Vec::with_capacity(QUANTILES);
    let (mut level, mut below) = (0, counts[0]);
    for quantile in 0..QUANTILES {
        let wanted = (2 * quantile + 1) as f64 / (2 * QUANTILES) as f64 * f64::from(total);
        while f64::from(below) < wanted && level + 1 < LEVELS {
            level += 1;
            below += counts[level];
        }
        let share = (level as f64 + 0.5) / LEVELS as f64;
        found.push(f64::from(least) + share * f64::from(most - least));
    }
    found
}

/// Colours along the axes of Oklab and between each two of them: Rabin, Peyré, Delon & Bernot 2011,
/// "Wasserstein barycenter and its application to texture mixing" (slices), Oklab by Ottosson 2020.
fn palette(colours: &[[f32; 3]]) -> Vec<f64> {
    const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const ALONG: [[f32; 3]; SLICES] = [
        [1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, 0.0, 1.0],
        [HALF, HALF, 0.0],
        [HALF, -HALF, 0.0],
        [HALF, 0.0, HALF],
        [HALF, 0.0, -HALF],
        [0.0, HALF, HALF],
        [0.0, HALF, -HALF],
    ];
    ALONG
        .iter()
        .flat_map(|along| {
            let on = |colour: &[f32; 3]| {
                colour[0] * along[0] + colour[1] * along[1] + colour[2] * along[2]
            };
            quantiles(colours.iter().map(on), -1.5, 1.5)
        })
        .collect()
}

/// How far colours are from grey.
fn vividness(colours: &[[f32; 3]]) -> Vec<f64> {
    let chroma = colours
        .iter()
        .map(|[_, a, b]| (a * a + b * b).sqrt() / CHROMA_WEIGHT);
    quantiles(chroma, 0.0, 0.4)
}

/// Where what stands out lies: the weight of a pixel is its distance from the median colour. A picture of
/// one colour has no masses, and its map stays empty.
fn composition(plane: &Plane, colours: &[[f32; 3]]) -> (Vec<f64>, Vec<f64>) {
    const FINE: usize = GRID * 2;
    let ground: [f32; 3] = std::array::from_fn(|axis| {
        let mut values: Vec<f32> = colours.iter().map(|colour| colour[axis]).collect();
        let middle = values.len() / 2;
        *values.select_nth_unstable_by(middle, f32::total_cmp).1
    });
    let mut fine = [[0.0_f64; FINE]; FINE];
    let mut total = 0.0;
    for (index, colour) in colours.iter().enumerate() {
        let gap = |axis: usize| colour[axis] - ground[axis];
        let square: f32 = (0..3).map(|axis| gap(axis) * gap(axis)).sum();
        let weight = f64::from(square.sqrt());
        let (x, y) = (index % plane.width, index / plane.width);
        fine[y * FINE / plane.height][x * FINE / plane.width] += weight;
        total += weight;
    }
    if total / colours.len() as f64 <= 1e-4 {
        return (vec![0.0; GRID * GRID], vec![0.5, 0.5, 0.0, 0.0, 1.0, 1.0]);
    }
    fine.iter_mut().flatten().for_each(|share| *share /= total);
    let mut placement = vec![0.0; GRID * GRID];
    // Moments across and down: centre and mean square; from -1 at one edge to 1 at the other.
    let mut moments = [[0.0_f64; 2]; 2];
    let mut unlike = [0.0_f64; 2];
    for (y, row) in fine.iter().enumerate() {
        for (x, share) in row.iter().enumerate() {
            placement[y / 2 * GRID + x / 2] += share;
            for (moment, at) in moments.iter_mut().zip([x, y]) {
                let at = (2 * at + 1) as f64 / FINE as f64 - 1.0;
                moment[0] += share * at;
                moment[1] += share * at * at;
            }
            unlike[0] += (share - row[FINE - 1 - x]).abs();
            unlike[1] += (share - fine[FINE - 1 - y][x]).abs();
        }
    }
    let mut masses = vec![0.0; MASSES];
    for (axis, [centre, square]) in moments.into_iter().enumerate() {
        masses[axis] = f64::midpoint(centre, 1.0);
        masses[2 + axis] = (square - centre * centre).max(0.0).sqrt();
        masses[4 + axis] = 1.0 - unlike[axis] / 2.0;
    }
    (placement, masses)
}

/// Directions of edges, weighed by their strength (Dalal & Triggs 2005, "Histograms of oriented gradients
/// for human detection", over the whole picture), and how strong gradients are.
fn edges(plane: &Plane) -> (Vec<f64>, Vec<f64>) {
    let mut directions = vec![0.0; DIRECTIONS];
    let mut total = 0.0;
    let mut strengths = Vec::with_capacity(plane.luma.len());
    for (across, down) in plane.gradients() {
        let strength = (across * across + down * down).sqrt();
        // The eye tells apart small ones better than large ones.
        strengths.push((strength / 4.0).sqrt());
        if strength <= GRADIENT_MIN {
            continue;
        }
        // An edge has no sign: half a turn is the same direction.
        let turn = f64::from(libm::atan2f(down, across)) / std::f64::consts::PI;
        let place = turn.rem_euclid(1.0) * DIRECTIONS as f64;
        let low = place as usize;
        let share = place - low as f64;
        let strength = f64::from(strength);
        directions[low % DIRECTIONS] += strength * (1.0 - share);
        directions[(low + 1) % DIRECTIONS] += strength * share;
        total += strength;
    }
    if total > 0.0 {
        directions.iter_mut().for_each(|share| *share /= total);
    }
    let hardness = quantiles(strengths.into_iter(), 0.0, 1.2);
    (directions, hardness)
}

/// Local binary patterns, whichever way they are turned: Ojala, Pietikäinen & Mäenpää 2002, "Multiresolution
/// gray-scale and rotation invariant texture classification with local binary patterns".
fn patterns(plane: &Plane, reach: isize) -> Vec<f64> {
    const RING: [(isize, isize); 8] = [
        (-1, -1),
        (0, -1),
        (1, -1),
        (1, 0),
        (1, 1),
        (0, 1),
        (-1, 1),
        (-1, 0),
    ];
    let (width, height) = (plane.width as isize, plane.height as isize);
    let mut counts = [0_u32; PATTERNS];
    for y in 0..height {
        for x in 0..width {
            let at = |x: isize, y: isize| {
                let (x, y) = (x.clamp(0, width - 1), y.clamp(0, height - 1));
                plane.luma[(y * width + x) as usize]
            };
            let middle = at(x, y) + BRIGHTER;
            let mut ring = 0_u8;
            for (dx, dy) in RING {
                ring = ring << 1 | u8::from(at(x + dx * reach, y + dy * reach) > middle);
            }
            let changes = (ring ^ ring.rotate_left(1)).count_ones();
            let pattern = match changes {
                0..=2 => ring.count_ones() as usize,
                _ => PATTERNS - 1,
            };
            counts[pattern] += 1;
        }
    }
    let total = plane.luma.len() as f64;
    counts.map(|count| f64::from(count) / total).to_vec()
}

/// How much there is to see in each octave, the finest first: the deviation of blocks of two by two from their
/// mean, halving the picture each time (Haar's wavelets: Mallat 1989, "A theory for multiresolution signal
/// decomposition"). On a logarithmic scale, where the spectrum of most pictures is a line: Field 1987, "Relations
/// between the statistics of natural images and the response properties of cortical cells".
fn detail(plane: &Plane) -> Vec<f64> {
    let (mut width, mut height) = (plane.width, plane.height);
    let mut level: Vec<f64> = plane.luma.iter().map(|luma| f64::from(*luma)).collect();
    let mut octaves = Vec::with_capacity(OCTAVES);
    for _ in 0..OCTAVES {
        let (half_width, half_height) = (width / 2, height / 2);
        if half_width == 0 || half_height == 0 {
            octaves.push(0.0);
            continue;
        }
        let mut half = Vec::with_capacity(half_width * half_height);
        let mut squares = 0.0;
        for y in 0..half_height {
            for x in 0..half_width {
                let corner = 2 * y * width + 2 * x;
                let block = [corner, corner + 1, corner + width, corner + width + 1];
                let block = block.map(|at| level[at]);
                let mean = block.iter().sum::<f64>() / 4.0;
                squares += block
                    .iter()
                    .map(|luma| (luma - mean) * (luma - mean))
                    .sum::<f64>();
                half.push(mean);
            }
        }
        let deviation = (squares / (4 * half.len()) as f64).sqrt();
        octaves.push(libm::log2(deviation + 1.0 / 1_024.0) / 10.0 + 1.0);
        (level, width, height) = (half, half_width, half_height);
    }
    octaves
}
