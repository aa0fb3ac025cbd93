//! Smooth noise.
//!
//! Sources: K. Perlin, "Noise hardware" (2001), and S. Gustavson, "Simplex noise demystified"
//! (2005), for simplex noise; F. K. Musgrave in "Texturing and Modeling" (1994) for fractal sums and
//! ridges.

use super::random::Sfc32;

/// Directions at a lattice point.
const DIRECTIONS: usize = 32;
/// Brings the sum of kernels (0.5 - r²)⁴ times unit gradients to -1..=1.
const SCALE_2D: f64 = 99.2;
const SCALE_3D: f64 = 105.0;
/// Most octaves of a fractal sum.
pub(super) const OCTAVES_MAX: usize = 12;

/// Simplex noise in two and three dimensions; repeats after 256 lattice points.
pub(super) struct Simplex {
    order: [u8; 512],
    flat: [[f64; 2]; DIRECTIONS],
    solid: [[f64; 3]; DIRECTIONS],
}

impl Simplex {
    /// Noise whose lattice is shuffled by `stream`.
    pub(super) fn new(mut stream: Sfc32) -> Self {
        let mut first: [u8; 256] = std::array::from_fn(|i| i as u8);
        for i in (1..first.len()).rev() {
            first.swap(i, stream.index(i + 1));
        }
        Self {
            order: std::array::from_fn(|i| first[i & 255]),
            flat: std::array::from_fn(|i| {
                let turn = (i as f64 + 0.5) / DIRECTIONS as f64 * std::f64::consts::TAU;
                [libm::cos(turn), libm::sin(turn)]
            }),
            solid: std::array::from_fn(on_sphere),
        }
    }

    /// Noise in -1..=1 at a point of the plane.
    pub(super) fn at2(&self, x: f64, y: f64) -> f64 {
        const SKEW: f64 = 0.366_025_403_784_438_6; // (√3 - 1) / 2
        const UNSKEW: f64 = 0.211_324_865_405_187_1; // (3 - √3) / 6
        let s = (x + y) * SKEW;
        let (i, j) = (floor(x + s), floor(y + s));
        let t = (i + j) as f64 * UNSKEW;
        let (x0, y0) = (x - i as f64 + t, y - j as f64 + t);
        let (i1, j1) = if x0 > y0 { (1, 0) } else { (0, 1) };
        let (i, j) = ((i & 255) as usize, (j & 255) as usize);
        let corner = |di: usize, dj: usize, x: f64, y: f64| {
            let t = 0.5 - x * x - y * y;
            if t > 0.0 {
                let hash = self.order[i + di + usize::from(self.order[j + dj])];
                let [gx, gy] = self.flat[usize::from(hash) % DIRECTIONS];
                (t * t) * (t * t) * (gx * x + gy * y)
            } else {
                0.0
            }
        };
        let (fi, fj) = (i1 as f64, j1 as f64);
        let last = 2.0 * UNSKEW - 1.0;
        let sum = corner(0, 0, x0, y0)
            + corner(i1, j1, x0 - fi + UNSKEW, y0 - fj + UNSKEW)
            + corner(1, 1, x0 + last, y0 + last);
        (sum * SCALE_2D).clamp(-1.0, 1.0)
    }

    /// Noise in -1..=1 at a point of space.
    pub(super) fn at3(&self, x: f64, y: f64, z: f64) -> f64 {
        const UNSKEW: f64 = 1.0 / 6.0;
        let s = (x + y + z) / 3.0;
        let (i, j, k) = (floor(x + s), floor(y + s), floor(z + s));
        let t = (i + j + k) as f64 * UNSKEW;
        let at = [x - i as f64 + t, y - j as f64 + t, z - k as f64 + t];
        let cell = [i & 255, j & 255, k & 255].map(|index| index as usize);
        let [second, third] = simplex_path(at);
        let sum: f64 = [[0; 3], second, third, [1; 3]]
            .into_iter()
            .enumerate()
            .map(|(step, offset)| self.corner3(cell, at, offset, step as f64 * UNSKEW))
            .sum();
        (sum * SCALE_3D).clamp(-1.0, 1.0)
    }

    fn corner3(&self, cell: [usize; 3], at: [f64; 3], offset: [usize; 3], shift: f64) -> f64 {
        let part = |n: usize| at[n] - offset[n] as f64 + shift;
        let (x, y, z) = (part(0), part(1), part(2));
        let t = 0.5 - x * x - y * y - z * z;
        if t > 0.0 {
            let inner = usize::from(self.order[cell[2] + offset[2]]);
            let middle = usize::from(self.order[cell[1] + offset[1] + inner]);
            let hash = usize::from(self.order[cell[0] + offset[0] + middle]);
            let [gx, gy, gz] = self.solid[hash % DIRECTIONS];
            (t * t) * (t * t) * (gx * x + gy * y + gz * z)
        } else {
            0.0
        }
    }
}

/// The two middle corners of the tetrahedron that holds `at`: the axes in falling order of it.
fn simplex_path([x, y, z]: [f64; 3]) -> [[usize; 3]; 2] {
    match (x >= y, y >= z, x >= z) {
        (true, true, _) => [[1, 0, 0], [1, 1, 0]],
        (true, false, true) => [[1, 0, 0], [1, 0, 1]],
        (true, false, false) => [[0, 0, 1], [1, 0, 1]],
        (false, false, _) => [[0, 0, 1], [0, 1, 1]],
        (false, true, false) => [[0, 1, 0], [0, 1, 1]],
        (false, true, true) => [[0, 1, 0], [1, 1, 0]],
    }
}

/// The `i`th of points that are spread evenly on the unit sphere (a Fibonacci spiral).
fn on_sphere(i: usize) -> [f64; 3] {
    let z = 1.0 - (2.0 * i as f64 + 1.0) / DIRECTIONS as f64;
    let ring = libm::sqrt(1.0 - z * z);
    let turn = i as f64 * 2.399_963_229_728_653; // the golden angle
    [ring * libm::cos(turn), ring * libm::sin(turn), z]
}

/// The next integer below. Beyond the integers of 32 bits it saturates: there, no corner is near
/// enough to count, and the noise is 0.
fn floor(x: f64) -> i64 {
    let whole = i64::from(x as i32);
    if (whole as f64) > x { whole - 1 } else { whole }
}

/// How octaves of noise are summed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fractal {
    /// How many.
    pub(super) octaves: usize,
    /// Amplitude of an octave beside the one before.
    pub(super) gain: f64,
    /// Frequency of an octave beside the one before.
    pub(super) lacunarity: f64,
    /// Whether zero crossings become ridges.
    pub(super) ridged: bool,
}

impl Fractal {
    /// The sum at a point of the plane, within -1..=1.
    pub(super) fn at2(&self, noise: &Simplex, x: f64, y: f64) -> f64 {
        self.sum(|frequency, shift| noise.at2(x * frequency + shift, y * frequency - 1.7 * shift))
    }

    /// The sum at a point of space, within -1..=1.
    pub(super) fn at3(&self, noise: &Simplex, [x, y, z]: [f64; 3]) -> f64 {
        self.sum(|frequency, shift| {
            let along = |part: f64| part * frequency + shift;
            noise.at3(along(x), along(y) + 0.37 * shift, along(z) - 0.73 * shift)
        })
    }

    /// Each octave is shifted, so that the lattices don't meet in one point.
    fn sum(&self, octave: impl Fn(f64, f64) -> f64) -> f64 {
        let (mut sum, mut whole) = (0.0, 0.0);
        let (mut amplitude, mut frequency, mut weight) = (1.0, 1.0, 1.0);
        for n in 0..self.octaves.min(OCTAVES_MAX) {
            let value = octave(frequency, 0.5 + 19.19 * n as f64);
            whole += amplitude;
            if self.ridged {
                let ridge = (1.0 - value.abs()) * (1.0 - value.abs()) * weight;
                weight = (ridge * 2.0).clamp(0.0, 1.0);
                sum += amplitude * ridge;
            } else {
                sum += amplitude * value;
            }
            amplitude *= self.gain;
            frequency *= self.lacunarity;
        }
        if whole == 0.0 {
            return 0.0;
        }
        if self.ridged {
            2.0 * sum / whole - 1.0
        } else {
            sum / whole
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use daedal_core::{Digest, Seed};

    fn simplex(label: &str) -> Simplex {
        Simplex::new(Sfc32::labelled(Seed(Digest::of(b"noise")), label))
    }

    #[test]
    fn noise_fills_its_range_and_is_centred() {
        let noise = simplex("");
        let mut stream = Sfc32::labelled(Seed(Digest::of(b"points")), "");
        let (mut low, mut high, mut sums) = ([1.0_f64; 2], [-1.0_f64; 2], [0.0; 2]);
        let count = 400_000;
        for _ in 0..count {
            let [x, y, z] = std::array::from_fn(|_| stream.between(-500.0, 500.0));
            for (n, value) in [noise.at2(x, y), noise.at3(x, y, z)]
                .into_iter()
                .enumerate()
            {
                low[n] = low[n].min(value);
                high[n] = high[n].max(value);
                sums[n] += value;
            }
        }
        for n in 0..2 {
            assert!(high[n] > 0.85 && high[n] < 1.0, "highest {high:?}");
            assert!(low[n] < -0.85 && low[n] > -1.0, "lowest {low:?}");
            assert!((sums[n] / f64::from(count)).abs() < 0.01);
        }
    }

    #[test]
    fn noise_is_continuous() {
        let noise = simplex("");
        let step = 1e-4;
        let mut stream = Sfc32::labelled(Seed(Digest::of(b"points")), "");
        for _ in 0..100_000 {
            let [x, y, z] = std::array::from_fn(|_| stream.between(-50.0, 50.0));
            let flat = (noise.at2(x + step, y) - noise.at2(x, y)).abs();
            let solid = (noise.at3(x, y, z + step) - noise.at3(x, y, z)).abs();
            assert!(flat < 12.0 * step && solid < 12.0 * step, "{flat} {solid}");
        }
    }

    #[test]
    fn far_and_odd_coordinates_give_numbers() {
        let noise = simplex("");
        for x in [1e9, -1e9, 1e300, -1e300, f64::INFINITY] {
            assert!(noise.at2(x, 0.3).abs() <= 1.0, "{x}");
            assert!(noise.at3(x, x, -x).abs() <= 1.0, "{x}");
        }
    }

    #[test]
    fn fractal_sums_stay_within_one() {
        let noise = simplex("");
        for ridged in [false, true] {
            let fractal = Fractal {
                octaves: 6,
                gain: 0.5,
                lacunarity: 2.0,
                ridged,
            };
            let mut stream = Sfc32::labelled(Seed(Digest::of(b"points")), "");
            for _ in 0..20_000 {
                let [x, y, z] = std::array::from_fn(|_| stream.between(-50.0, 50.0));
                assert!(fractal.at2(&noise, x, y).abs() <= 1.0);
                assert!(fractal.at3(&noise, [x, y, z]).abs() <= 1.0);
            }
        }
    }
}
