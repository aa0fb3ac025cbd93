//! A picture as it is measured: small, opaque, with its luma.

use super::{Filter, Oklab, Picture};

/// Pictures are measured at this size at most, so that resolution does not count.
const SIDE: f64 = 320.0;
/// The mean distance from a palette that counts as nothing in common.
const PALETTE_DISTANCE_MAX: f32 = 0.25;

/// A picture reduced to what is compared.
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<[u8; 3]>,
    /// Luma of Rec. 709, 0 to 1.
    pub(crate) luma: Vec<f32>,
}

impl Plane {
    /// Shrinks `picture` and lays it on white.
    pub(crate) fn of(picture: &Picture) -> Self {
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

    /// The same for comparing small pictures with large ones: to shrink a picture softens it, so a small one is
    /// enlarged first, pixel by pixel.
    pub(crate) fn softened(picture: &Picture) -> Self {
        let longer = picture.width.max(picture.height);
        let times = (2 * SIDE as u32).div_ceil(longer.max(1));
        if times <= 1 {
            return Self::of(picture);
        }
        let (width, height) = (picture.width * times, picture.height * times);
        Self::of(&picture.resized(width, height, Filter::Nearest))
    }

    /// Horizontal and vertical Sobel gradients of luma, each -4 to 4; borders repeat.
    pub(crate) fn gradients(&self) -> impl Iterator<Item = (f32, f32)> + '_ {
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
    pub(crate) fn weights(&self) -> Vec<f32> {
        let mut sorted = self.luma.clone();
        sorted.sort_by(f32::total_cmp);
        let ground = sorted[sorted.len() / 2];
        self.luma.iter().map(|luma| (luma - ground).abs()).collect()
    }

    /// Nearness to a palette, 0 to 1.
    pub(crate) fn palette(&self, palette: &[Oklab]) -> f64 {
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
