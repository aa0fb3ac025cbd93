//! Blur and sharpen.

use daedal_core::engine::{EngineError, TaskContext};
use serde::Deserialize;

use super::length::Length;
use crate::picture::Picture;

/// A Gaussian blur; a share is of the width of the picture.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Blur {
    radius: Length,
}

/// An unsharp mask: adds what a blur would take away.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sharpen {
    #[serde(default = "half")]
    amount: f32,
    #[serde(default = "fine")]
    radius: Length,
    /// Smaller differences, of 0 to 255, are left alone.
    #[serde(default)]
    threshold: f32,
}

fn half() -> f32 {
    0.5
}

fn fine() -> Length {
    Length::Pixels(1.5)
}

impl Blur {
    pub(super) fn apply(
        &self,
        picture: Picture,
        context: &TaskContext<'_>,
    ) -> Result<Picture, EngineError> {
        let sigma = checked("radius", self.radius.of(picture.width))?;
        gaussian(picture, sigma, context)
    }
}

impl Sharpen {
    pub(super) fn apply(
        &self,
        mut picture: Picture,
        context: &TaskContext<'_>,
    ) -> Result<Picture, EngineError> {
        let sigma = checked("radius", self.radius.of(picture.width))?;
        if !(0.0..=10.0).contains(&self.amount) {
            return Err(EngineError::invalid(format!(
                "`amount: {}` is out of its range of 0 to 10",
                self.amount
            )));
        }
        let soft = gaussian(picture.clone(), sigma, context)?;
        for (pixel, soft) in picture.rgba_mut().zip(soft.rgba()) {
            for (level, soft) in pixel.iter_mut().zip(soft).take(3) {
                let difference = f32::from(*level) - f32::from(soft);
                if difference.abs() >= self.threshold {
                    let sharp = f32::from(*level) + difference * self.amount;
                    *level = sharp.round().clamp(0.0, 255.0) as u8;
                }
            }
        }
        Ok(picture)
    }
}

fn checked(name: &str, sigma: f64) -> Result<f64, EngineError> {
    if (0.0..=1_000.0).contains(&sigma) {
        Ok(sigma)
    } else {
        Err(EngineError::invalid(format!(
            "`{name}` is {sigma} pixels, out of its range of 0 to 1,000"
        )))
    }
}

/// Blurs along rows, then along columns. Alpha is premultiplied meanwhile, so that what is
/// transparent does not bleed.
fn gaussian(
    picture: Picture,
    sigma: f64,
    context: &TaskContext<'_>,
) -> Result<Picture, EngineError> {
    if sigma < 0.05 {
        return Ok(picture);
    }
    let kernel = BoxKernel::new(sigma);
    let mut pixmap = picture.into_pixmap()?;
    let (width, height) = (pixmap.width() as usize, pixmap.height() as usize);
    blur_lines(pixmap.data_mut(), width, &kernel, context)?;
    let mut turned = transposed(pixmap.data(), width, height);
    blur_lines(&mut turned, height, &kernel, context)?;
    pixmap
        .data_mut()
        .copy_from_slice(&transposed(&turned, height, width));
    Ok(Picture::from_pixmap(pixmap))
}

fn transposed(pixels: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut turned = vec![0; pixels.len()];
    for y in 0..height {
        for x in 0..width {
            let (from, to) = ((y * width + x) * 4, (x * height + y) * 4);
            turned[to..to + 4].copy_from_slice(&pixels[from..from + 4]);
        }
    }
    turned
}

fn blur_lines(
    pixels: &mut [u8],
    length: usize,
    kernel: &BoxKernel,
    context: &TaskContext<'_>,
) -> Result<(), EngineError> {
    let mut line = vec![[0.0_f32; 4]; length];
    let mut scratch = line.clone();
    for row in pixels.chunks_exact_mut(length * 4) {
        context.check_stop()?;
        for (values, pixel) in line.iter_mut().zip(row.as_chunks::<4>().0) {
            *values = pixel.map(f32::from);
        }
        for _ in 0..PASSES {
            kernel.pass(&line, &mut scratch);
            std::mem::swap(&mut line, &mut scratch);
        }
        for (pixel, values) in row.as_chunks_mut::<4>().0.iter_mut().zip(&line) {
            *pixel = values.map(|value| value.round().clamp(0.0, 255.0) as u8);
        }
    }
    Ok(())
}

const PASSES: usize = 3;

/// A box with soft ends; three passes are nearly a Gaussian: Gwosdek, Grewenig, Bruhn & Weickert
/// 2011, "Theoretical Foundations of Gaussian Convolution by Extended Box Filtering".
struct BoxKernel {
    radius: usize,
    /// Weight of the two ends, as a share of the inner ones.
    ends: f32,
    /// One over the sum of all weights.
    scale: f32,
}

impl BoxKernel {
    fn new(sigma: f64) -> Self {
        let variance = sigma * sigma / PASSES as f64;
        let radius = (0.5 * (12.0 * variance + 1.0).sqrt() - 0.5).floor();
        let ends = (2.0 * radius + 1.0) * (radius * (radius + 1.0) - 3.0 * variance)
            / (6.0 * (variance - (radius + 1.0) * (radius + 1.0)));
        Self {
            radius: radius as usize,
            ends: ends as f32,
            scale: (1.0 / (2.0 * radius + 1.0 + 2.0 * ends)) as f32,
        }
    }

    /// The borders repeat the outermost value.
    fn pass(&self, from: &[[f32; 4]], to: &mut [[f32; 4]]) {
        let last = from.len() as isize - 1;
        let at = |index: isize| from[index.clamp(0, last) as usize];
        let radius = self.radius as isize;
        // In f64, so that the running sum does not drift visibly.
        let mut sum = [0.0_f64; 4];
        for index in -radius..=radius {
            add(&mut sum, at(index), 1.0);
        }
        for (index, target) in to.iter_mut().enumerate() {
            let index = index as isize;
            let (before, after) = (at(index - radius - 1), at(index + radius + 1));
            for channel in 0..4 {
                let ends = (before[channel] + after[channel]) * self.ends;
                target[channel] = (sum[channel] as f32 + ends) * self.scale;
            }
            add(&mut sum, after, 1.0);
            add(&mut sum, at(index - radius), -1.0);
        }
    }
}

fn add(sum: &mut [f64; 4], values: [f32; 4], sign: f64) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += f64::from(value) * sign;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_passes_have_the_variance_of_the_gaussian() {
        for sigma in [0.5, 1.0, 2.5, 7.0, 20.0] {
            let kernel = BoxKernel::new(sigma);
            let mut line = vec![[0.0_f32; 4]; 401];
            line[200] = [1.0; 4];
            let mut other = line.clone();
            for _ in 0..PASSES {
                kernel.pass(&line, &mut other);
                std::mem::swap(&mut line, &mut other);
            }
            let (mut total, mut variance) = (0.0, 0.0);
            for (index, value) in line.iter().enumerate() {
                let distance = index as f64 - 200.0;
                total += f64::from(value[0]);
                variance += f64::from(value[0]) * distance * distance;
            }
            assert!((total - 1.0).abs() < 1e-4, "{sigma}: sum {total}");
            assert!(
                (variance.sqrt() - sigma).abs() < 0.01 * sigma,
                "{sigma}: {}",
                variance.sqrt()
            );
        }
    }
}
