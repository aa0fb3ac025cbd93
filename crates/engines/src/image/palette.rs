//! Maps a picture to few colours.

use daedal_core::engine::{EngineError, TaskContext};
use serde::Deserialize;

use crate::picture::{Colour, Oklab, Picture};

/// Most colours of a palette.
const COLOURS_MAX: usize = 256;

/// Every pixel becomes a colour of the palette.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaletteMap {
    colours: Vec<Colour>,
    #[serde(default)]
    by: By,
    #[serde(default)]
    dither: Dither,
    /// How much of the error is spread, 0 to 1.
    #[serde(default = "whole")]
    strength: f32,
    /// How much of the result is mixed into the picture, 0 to 1.
    #[serde(default = "whole")]
    amount: f32,
}

fn whole() -> f32 {
    1.0
}

/// What decides which colour a pixel becomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    /// The colour that looks most alike (in Oklab).
    #[default]
    Nearest,
    /// Its lightness: the palette is a gradient from dark to light, in the order given.
    Tone,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Dither {
    #[default]
    None,
    /// Spreads the error to the neighbours: Floyd & Steinberg 1976.
    FloydSteinberg,
    /// A regular pattern of 8 × 8 thresholds: Bayer 1973.
    Ordered,
}

impl PaletteMap {
    pub(super) fn apply(
        &self,
        picture: &mut Picture,
        context: &TaskContext<'_>,
    ) -> Result<(), EngineError> {
        if !(1..=COLOURS_MAX).contains(&self.colours.len()) {
            return Err(EngineError::invalid(format!(
                "`colours` has {} colours: expected 1 to {COLOURS_MAX}",
                self.colours.len()
            )));
        }
        let palette: Vec<Oklab> = self.colours.iter().map(|colour| colour.oklab()).collect();
        match (self.by, self.dither) {
            (By::Tone, _) => self.by_tone(picture, &palette),
            (By::Nearest, Dither::FloydSteinberg) => self.diffuse(picture, &palette, context)?,
            (By::Nearest, Dither::Ordered) => self.ordered(picture, &palette),
            (By::Nearest, Dither::None) => self.map(picture, &palette, |_, wanted| wanted),
        }
        Ok(())
    }

    fn by_tone(&self, picture: &mut Picture, palette: &[Oklab]) {
        let last = palette.len() - 1;
        for pixel in picture.rgba_mut() {
            let own = Oklab::of_srgb([pixel[0], pixel[1], pixel[2]]);
            let place = own.0[0].clamp(0.0, 1.0) * last as f32;
            let low = (place as usize).min(last);
            let high = (low + 1).min(last);
            let target = palette[low].mixed(palette[high], place - low as f32);
            self.set(pixel, target.to_srgb());
        }
    }

    /// The nearest colour to what `shift` makes of each pixel.
    fn map(&self, picture: &mut Picture, palette: &[Oklab], shift: impl Fn(usize, Oklab) -> Oklab) {
        let mut before = None;
        for (index, pixel) in picture.rgba_mut().enumerate() {
            let wanted = shift(index, Oklab::of_srgb([pixel[0], pixel[1], pixel[2]]));
            let found = match before {
                // Neighbours are often the same.
                Some((same, found)) if same == wanted => found,
                _ => nearest(palette, wanted),
            };
            before = Some((wanted, found));
            self.set(pixel, self.rgb(found));
        }
    }

    fn ordered(&self, picture: &mut Picture, palette: &[Oklab]) {
        let spread = self.strength.clamp(0.0, 1.0) * mean_gap(palette);
        let width = picture.width as usize;
        self.map(picture, palette, |index, mut wanted| {
            let threshold = bayer(index % width, index / width);
            wanted.0[0] += (threshold - 0.5) * spread;
            wanted
        });
    }

    fn diffuse(
        &self,
        picture: &mut Picture,
        palette: &[Oklab],
        context: &TaskContext<'_>,
    ) -> Result<(), EngineError> {
        let width = picture.width as usize;
        let strength = self.strength.clamp(0.0, 1.0) / 16.0;
        // One more at either side, so that no neighbour is missing.
        let mut here = vec![[0.0_f32; 3]; width + 2];
        let mut below = here.clone();
        let rows = picture.pixels.chunks_exact_mut(width * 4);
        for (y, row) in rows.enumerate() {
            context.check_stop()?;
            let pixels = row.as_chunks_mut::<4>().0;
            // Every other row runs backwards, so that the error has no direction.
            let forwards = y % 2 == 0;
            for step in 0..width {
                let x = if forwards { step } else { width - 1 - step };
                let own = Oklab::of_srgb([pixels[x][0], pixels[x][1], pixels[x][2]]);
                let wanted = Oklab(std::array::from_fn(|i| own.0[i] + here[x + 1][i]));
                let found = nearest(palette, wanted);
                self.set(&mut pixels[x], self.rgb(found));
                let (ahead, behind) = if forwards { (x + 2, x) } else { (x, x + 2) };
                for i in 0..3 {
                    let error = (wanted.0[i] - palette[found].0[i]).clamp(-1.0, 1.0) * strength;
                    here[ahead][i] += error * 7.0;
                    below[behind][i] += error * 3.0;
                    below[x + 1][i] += error * 5.0;
                    below[ahead][i] += error;
                }
            }
            std::mem::swap(&mut here, &mut below);
            below.fill([0.0; 3]);
        }
        Ok(())
    }

    fn rgb(&self, index: usize) -> [u8; 3] {
        let [r, g, b, _] = self.colours[index].0;
        [r, g, b]
    }

    fn set(&self, pixel: &mut [u8; 4], colour: [u8; 3]) {
        let amount = self.amount.clamp(0.0, 1.0);
        for (level, target) in pixel.iter_mut().zip(colour) {
            let own = f32::from(*level);
            *level = (own + (f32::from(target) - own) * amount).round() as u8;
        }
    }
}

/// The index of the colour that looks most alike.
fn nearest(palette: &[Oklab], wanted: Oklab) -> usize {
    let mut best = (f32::INFINITY, 0);
    for (index, colour) in palette.iter().enumerate() {
        let distance = colour.distance_squared(wanted);
        if distance < best.0 {
            best = (distance, index);
        }
    }
    best.1
}

/// How far a colour is from its nearest neighbour, on average.
fn mean_gap(palette: &[Oklab]) -> f32 {
    let gaps = palette.iter().enumerate().filter_map(|(index, colour)| {
        palette
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .map(|(_, other)| colour.distance(*other))
            .min_by(f32::total_cmp)
    });
    gaps.sum::<f32>() / palette.len() as f32
}

/// Threshold of 0 to 1 at a place, by interleaving the bits of x ^ y and y.
fn bayer(x: usize, y: usize) -> f32 {
    let (mixed, y) = ((x ^ y) & 7, y & 7);
    let bit = |value: usize, index: usize| (value >> index) & 1;
    let rank: usize = (0..3)
        .map(|index| {
            (bit(mixed, index) << (2 * (2 - index) + 1)) | (bit(y, index) << (2 * (2 - index)))
        })
        .sum();
    (rank as f32 + 0.5) / 64.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bayer_has_every_threshold_once() {
        let mut ranks: Vec<u32> = (0..64)
            .map(|n| (bayer(n % 8, n / 8) * 64.0) as u32)
            .collect();
        ranks.sort_unstable();
        assert_eq!(ranks, (0..64).collect::<Vec<_>>());
    }
}
