//! Film grain: noise that depends on the seed and the place alone.

use daedal_core::Seed;
use serde::Deserialize;

use super::length::Length;
use super::tone::{LUMA, to_level};
use crate::picture::Picture;

/// Noise, strongest in the middle tones.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grain {
    /// 0 none, 0.1 visible, 1 harsh.
    #[serde(default = "visible")]
    amount: f32,
    /// Of one grain; a share is of the width of the picture.
    #[serde(default = "one_pixel")]
    size: Length,
    /// The same noise for all channels.
    #[serde(default = "yes")]
    monochrome: bool,
}

fn visible() -> f32 {
    0.08
}

fn one_pixel() -> Length {
    Length::Pixels(1.0)
}

fn yes() -> bool {
    true
}

impl Grain {
    /// `layer` tells several grains of one task apart.
    pub(super) fn apply(&self, picture: &mut Picture, seed: Seed, layer: usize) {
        let size = self.size.of(picture.width).max(1.0) as f32;
        let amount = self.amount.clamp(0.0, 1.0);
        let width = picture.width as usize;
        let field = Field {
            seed: mix(seed.as_u64() ^ (layer as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            size,
        };
        for (index, pixel) in picture.rgba_mut().enumerate() {
            let (x, y) = ((index % width) as f32, (index / width) as f32);
            let luma: f32 = pixel
                .iter()
                .zip(LUMA)
                .map(|(level, share)| f32::from(*level) / 255.0 * share)
                .sum();
            let strength = amount * (0.25 + 3.0 * luma * (1.0 - luma));
            let common = field.at(x, y, 0);
            for (channel, level) in pixel.iter_mut().take(3).enumerate() {
                let noise = match (self.monochrome, channel) {
                    (true, _) | (_, 0) => common,
                    (false, channel) => field.at(x, y, channel as u64),
                };
                *level = to_level(f32::from(*level) / 255.0 + noise * strength);
            }
        }
    }
}

/// A field of noise, smooth between grains.
struct Field {
    seed: u64,
    size: f32,
}

impl Field {
    /// -1 to 1, nearly normal.
    fn at(&self, x: f32, y: f32, channel: u64) -> f32 {
        if self.size <= 1.0 {
            return self.grain(x as u64, y as u64, channel);
        }
        let (x, y) = (x / self.size, y / self.size);
        let (column, row) = (x.floor(), y.floor());
        let (right, below) = (smooth(x - column), smooth(y - row));
        let corner = |dx: u64, dy: u64| self.grain(column as u64 + dx, row as u64 + dy, channel);
        let upper = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * right;
        let lower = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * right;
        // Mixing four grains makes them weaker.
        (upper + (lower - upper) * below) * 1.5
    }

    /// The sum of four even numbers is nearly normal.
    fn grain(&self, x: u64, y: u64, channel: u64) -> f32 {
        let place = (x << 40) ^ (y << 16) ^ channel;
        let bytes = mix(self.seed ^ mix(place)).to_le_bytes();
        let sum: u32 = bytes[..4].iter().map(|byte| u32::from(*byte)).sum();
        sum as f32 / 510.0 - 1.0
    }
}

fn smooth(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// Spreads every bit over all bits: the finaliser of SplitMix64 (Steele, Lea & Flood 2014).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
