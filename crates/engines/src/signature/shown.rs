//! What of a profile is drawn.

use super::profile::Profile;
use super::statistic::{GRID, QUANTILES, STATISTICS, Traits};

/// A profile in numbers to draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Cells of the placement map along each side.
    pub grid: usize,
    /// What share of what stands out lies in each cell, row by row.
    pub placement: Vec<f64>,
    /// Where the middle of it lies, across and down, from 0 to 1.
    pub centre: [f64; 2],
    /// How like the masses are to their mirror image, left to right and top to bottom, from 0 to 1.
    pub symmetry: [f64; 2],
    /// The share of each direction of edges: the first is that of upright edges, and they go on clockwise
    /// through half a turn.
    pub rose: Vec<f64>,
    /// Quantiles of lightness, from 0 for black to 1 for white.
    pub lightness: Vec<f64>,
    /// Of every reference: how much there is to see in each octave, the finest first, from 0 to 1.
    pub spectra: Vec<Vec<f64>>,
    /// Their mean.
    pub spectrum: Vec<f64>,
    /// The share of each pattern of near neighbours: none brighter, then one, and so on to all eight, then
    /// whatever is no edge, corner or spot.
    pub grain: Vec<f64>,
    /// The same of neighbours three pixels away.
    pub weave: Vec<f64>,
    /// The distance of references to one another by statistic, with its name.
    pub spread: Vec<(&'static str, f64)>,
}

impl Profile {
    /// What is drawn of it.
    #[must_use]
    pub fn shown(&self) -> Shown {
        let all = || self.references.iter().map(|reference| &reference.traits);
        let mean = Traits::mean(all());
        let at = |name: &str| STATISTICS.iter().position(|known| known.name == name);
        let of = |traits: &Traits, name: &str| at(name).map(|at| traits.value(at));
        let mean_of = |name: &str| mean.as_ref().and_then(|mean| of(mean, name));
        let value = |name: &str| mean_of(name).unwrap_or_default();
        let masses = value("masses");
        let pair = |at: usize| {
            let number = |at: usize| masses.get(at).copied().unwrap_or_default();
            [number(at), number(at + 1)]
        };
        Shown {
            grid: GRID,
            placement: value("placement"),
            centre: pair(0),
            symmetry: pair(4),
            rose: value("direction"),
            // The first slice runs along lightness.
            lightness: value("palette").into_iter().take(QUANTILES).collect(),
            spectra: all().filter_map(|traits| of(traits, "detail")).collect(),
            spectrum: value("detail"),
            grain: value("grain"),
            weave: value("weave"),
            spread: STATISTICS
                .iter()
                .enumerate()
                .map(|(at, known)| (known.name, self.spread_of(at)))
                .collect(),
        }
    }
}
