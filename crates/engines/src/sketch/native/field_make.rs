//! Fields made from formulas: noise and ramps.

use super::field::{Field, Grid};
use super::noise::{Fractal, Simplex};
use super::work::{Meter, Trouble};

/// A displacement of positions by noise before the main noise is read.
///
/// Source: I. Quilez, "Domain warping" (2002).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Warp {
    /// How far positions move at most, in drawing units.
    pub(super) amount: f64,
    /// Size of the largest swirls, in drawing units.
    pub(super) scale: f64,
    /// How many times: each fold displaces by noise that is itself displaced.
    pub(super) folds: usize,
    pub(super) fractal: Fractal,
}

/// What a noise field looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NoiseLook {
    /// Size of the largest features, in drawing units.
    pub(super) scale: f64,
    /// Shifts the noise, in drawing units.
    pub(super) offset: [f64; 2],
    pub(super) fractal: Fractal,
    pub(super) warp: Option<Warp>,
}

/// Fractal noise within 0..=1.
pub(super) fn noise_field(
    grid: Grid,
    look: &NoiseLook,
    noise: &Simplex,
    meter: &Meter,
) -> Result<Field, Trouble> {
    let folds = look
        .warp
        .map_or(0, |warp| warp.folds * warp.fractal.octaves * 2);
    let cost = look.fractal.octaves + folds;
    let mut spent = 0;
    let mut stopped = Ok(());
    let field = Field::from_positions(grid, meter, |x, y| {
        spent += cost;
        if spent > 4096 && stopped.is_ok() {
            stopped = meter.tick(spent);
            spent = 0;
        }
        if stopped.is_err() {
            return 0.0;
        }
        let (mut at_x, mut at_y) = (x - grid.x + look.offset[0], y - grid.y + look.offset[1]);
        if let Some(warp) = &look.warp {
            [at_x, at_y] = warp.displace(noise, at_x, at_y);
        }
        0.5 + 0.5
            * look
                .fractal
                .at2(noise, at_x / look.scale, at_y / look.scale)
    })?;
    stopped.map(|()| field)
}

impl Warp {
    fn displace(&self, noise: &Simplex, x: f64, y: f64) -> [f64; 2] {
        let (mut at_x, mut at_y) = (x, y);
        for fold in 0..self.folds {
            let shift = 31.7 * (fold + 1) as f64;
            let (u, v) = (at_x / self.scale, at_y / self.scale);
            let across = self.fractal.at2(noise, u + shift, v + 5.2);
            let down = self.fractal.at2(noise, u - 8.3, v - shift);
            at_x = x + self.amount * across;
            at_y = y + self.amount * down;
        }
        [at_x, at_y]
    }
}

/// 0 at `from`, 1 at `to`, straight between and beyond.
pub(super) fn linear_field(
    grid: Grid,
    from: [f64; 2],
    to: [f64; 2],
    meter: &Meter,
) -> Result<Field, Trouble> {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let square = dx * dx + dy * dy;
    Field::from_positions(grid, meter, |x, y| {
        ((x - from[0]) * dx + (y - from[1]) * dy) / square
    })
}

/// 0 at `centre`, 1 at a distance of `radius` from it, straight between and beyond.
pub(super) fn radial_field(
    grid: Grid,
    centre: [f64; 2],
    radius: [f64; 2],
    meter: &Meter,
) -> Result<Field, Trouble> {
    Field::from_positions(grid, meter, |x, y| {
        let (u, v) = ((x - centre[0]) / radius[0], (y - centre[1]) / radius[1]);
        libm::sqrt(u * u + v * v)
    })
}
