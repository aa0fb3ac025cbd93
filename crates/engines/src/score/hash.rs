//! A hash that changes little when a picture does: Zauner 2010, "Implementation and Benchmarking
//! of Perceptual Image Hash Functions", the DCT hash.

use std::sync::LazyLock;

use crate::picture::{Filter, Picture, Plane};

const SIDE: usize = 32;
const KEPT: usize = 8;
/// Pictures that have nothing in common differ in half of the 63 bits.
const UNRELATED_BITS: f64 = 31.5;

/// Which of the 63 lowest frequencies of luma are above their median.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PerceptualHash(u64);

/// `cos((2x + 1) u π / 64)` for u < 8.
static COSINES: LazyLock<[[f32; SIDE]; KEPT]> = LazyLock::new(|| {
    std::array::from_fn(|u| {
        std::array::from_fn(|x| {
            let angle = (2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / (2 * SIDE) as f64;
            libm::cos(angle) as f32
        })
    })
});

impl PerceptualHash {
    pub(super) fn of(picture: &Picture) -> Self {
        let side = SIDE as u32;
        let plane = Plane::of(&picture.resized(side, side, Filter::Bilinear));
        let cosines = &*COSINES;
        let mut frequencies = Vec::with_capacity(KEPT * KEPT);
        for down in cosines {
            let columns: [f32; SIDE] = std::array::from_fn(|x| {
                (0..SIDE).map(|y| plane.luma[y * SIDE + x] * down[y]).sum()
            });
            for across in cosines {
                frequencies.push(columns.iter().zip(across).map(|(a, b)| a * b).sum::<f32>());
            }
        }
        // The first one is the mean of the picture.
        let mut sorted = frequencies[1..].to_vec();
        sorted.sort_by(f32::total_cmp);
        let median = sorted[sorted.len() / 2];
        let bits = frequencies[1..].iter().fold(0, |bits, frequency| {
            // A flat picture has only noise of rounding, which must not become bits.
            (bits << 1) | u64::from(frequency - median > 1e-3)
        });
        Self(bits)
    }

    /// 0 for the same picture, 1 for one that has nothing in common.
    pub(super) fn distance(self, other: Self) -> f64 {
        let bits = (self.0 ^ other.0).count_ones();
        (f64::from(bits) / UNRELATED_BITS).min(1.0)
    }
}
