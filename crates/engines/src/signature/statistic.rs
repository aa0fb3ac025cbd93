//! The statistics that a hand is known by, and how far two values of each are apart. Values are kept
//! in millionths, so that a profile reads back as exactly what was measured.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Directions in Oklab that colours are projected on.
pub(super) const SLICES: usize = 9;
/// Quantiles that a distribution is kept by.
pub(super) const QUANTILES: usize = 16;
/// Cells of the placement map along each side.
pub(super) const GRID: usize = 8;
/// Directions of edges.
pub(super) const DIRECTIONS: usize = 16;
/// Patterns of a ring of eight neighbours: how many are brighter where they lie together, and the rest.
pub(super) const PATTERNS: usize = 10;
/// Octaves of detail, the finest first.
pub(super) const OCTAVES: usize = 6;
/// What is told of the masses: centre and extent across and down, likeness to either mirror image.
pub(super) const MASSES: usize = 6;

/// One, in the unit of values.
pub(super) const ONE: f64 = 1e6;

/// What of a picture a distance is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Which colours, and how much of each.
    Colour,
    /// Where what stands out lies.
    Composition,
    /// Which way edges run, and how hard they are.
    Edge,
    /// How surfaces are made, from grain to masses.
    Texture,
}

impl Aspect {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Colour, Self::Composition, Self::Edge, Self::Texture];

    /// `colour`, `composition`, `edge` or `texture`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Colour => "colour",
            Self::Composition => "composition",
            Self::Edge => "edge",
            Self::Texture => "texture",
        }
    }
}

/// One statistic.
pub(super) struct Statistic {
    pub(super) name: &'static str,
    pub(super) aspect: Aspect,
    /// Numbers in a value.
    pub(super) length: usize,
    /// The distance that is hardly seen: references that are nearer to one another are taken to be that
    /// far apart, so that a hand of little range does not make strangers of its own.
    pub(super) floor: f64,
    apart: fn(&[f64], &[f64]) -> f64,
}

/// Every statistic, in the order of its aspect. `docs/signature.md` has the formulas.
pub(super) static STATISTICS: [Statistic; 9] = [
    Statistic {
        name: "palette",
        aspect: Aspect::Colour,
        length: SLICES * QUANTILES,
        floor: 0.02,
        apart: mean_gap,
    },
    Statistic {
        name: "vividness",
        aspect: Aspect::Colour,
        length: QUANTILES,
        floor: 0.01,
        apart: mean_gap,
    },
    Statistic {
        name: "placement",
        aspect: Aspect::Composition,
        length: GRID * GRID,
        floor: 0.04,
        apart: placement,
    },
    Statistic {
        name: "masses",
        aspect: Aspect::Composition,
        length: MASSES,
        floor: 0.02,
        apart: mean_gap,
    },
    Statistic {
        name: "direction",
        aspect: Aspect::Edge,
        length: DIRECTIONS,
        floor: 0.006,
        apart: around,
    },
    Statistic {
        name: "hardness",
        aspect: Aspect::Edge,
        length: QUANTILES,
        floor: 0.01,
        apart: mean_gap,
    },
    Statistic {
        name: "grain",
        aspect: Aspect::Texture,
        length: PATTERNS,
        floor: 0.02,
        apart: shares,
    },
    Statistic {
        name: "weave",
        aspect: Aspect::Texture,
        length: PATTERNS,
        floor: 0.02,
        apart: shares,
    },
    Statistic {
        name: "detail",
        aspect: Aspect::Texture,
        length: OCTAVES,
        floor: 0.01,
        apart: mean_gap,
    },
];

/// The mean distance of numbers that belong together; of quantiles, the Wasserstein distance of what they
/// are quantiles of.
fn mean_gap(one: &[f64], other: &[f64]) -> f64 {
    let sum: f64 = one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum();
    sum / one.len() as f64
}

/// What one has and the other has not.
fn shares(one: &[f64], other: &[f64]) -> f64 {
    let sum: f64 = one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum();
    sum / 2.0
}

/// The same on grids of 8, 4 and 2 cells a side, so that what lies in the next cell is near.
fn placement(one: &[f64], other: &[f64]) -> f64 {
    let mut sum = 0.0;
    for side in [GRID, GRID / 2, GRID / 4] {
        let step = GRID / side;
        let mut gaps = vec![0.0; side * side];
        for (index, (a, b)) in one.iter().zip(other).enumerate() {
            let (x, y) = (index % GRID / step, index / GRID / step);
            gaps[y * side + x] += a - b;
        }
        sum += gaps.iter().map(|gap| gap.abs()).sum::<f64>() / 2.0;
    }
    sum / 3.0
}

/// The work of turning one rose of directions into the other; a half turn is all there is. One without
/// any edge is as far from one with edges as can be.
fn around(one: &[f64], other: &[f64]) -> f64 {
    let is_empty = |rose: &[f64]| rose.iter().all(|share| *share == 0.0);
    match (is_empty(one), is_empty(other)) {
        (true, true) => return 0.0,
        (false, false) => {}
        _ => return 0.25,
    }
    let mut sum = 0.0;
    let gaps: Vec<f64> = one
        .iter()
        .zip(other)
        .map(|(a, b)| {
            sum += a - b;
            sum
        })
        .collect();
    let mut sorted = gaps.clone();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    gaps.iter().map(|gap| (gap - median).abs()).sum::<f64>() / gaps.len() as f64
}

/// What one picture is like, by statistic, in millionths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traits(Vec<Vec<i32>>);

impl Traits {
    /// `values` stand in the order of [`STATISTICS`].
    pub(super) fn new(values: [Vec<f64>; STATISTICS.len()]) -> Self {
        let whole = |value: f64| (value * ONE).round() as i32;
        let values = values.into_iter();
        Self(
            values
                .map(|value| value.into_iter().map(whole).collect())
                .collect(),
        )
    }

    /// The value of a statistic.
    pub(super) fn value(&self, statistic: usize) -> Vec<f64> {
        let value = self.0[statistic].iter();
        value.map(|number| f64::from(*number) / ONE).collect()
    }

    /// How far two pictures are apart by one statistic.
    pub(super) fn apart(&self, other: &Self, statistic: usize) -> f64 {
        (STATISTICS[statistic].apart)(&self.value(statistic), &other.value(statistic))
    }

    /// The mean of several, number by number; none of none.
    pub(super) fn mean<'t>(all: impl Iterator<Item = &'t Self>) -> Option<Self> {
        let all: Vec<&Self> = all.collect();
        let first = all.first()?;
        let mean = |statistic: usize, at: usize| {
            let sum: i64 = all
                .iter()
                .map(|traits| i64::from(traits.0[statistic][at]))
                .sum();
            (sum as f64 / all.len() as f64).round() as i32
        };
        let values = first.0.iter().enumerate();
        Some(Self(
            values
                .map(|(statistic, value)| (0..value.len()).map(|at| mean(statistic, at)).collect())
                .collect(),
        ))
    }
}

impl Serialize for Traits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            STATISTICS
                .iter()
                .zip(&self.0)
                .map(|(known, value)| (known.name, value)),
        )
    }
}

impl<'de> Deserialize<'de> for Traits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut given = BTreeMap::<String, Vec<i32>>::deserialize(deserializer)?;
        let mut values = Vec::with_capacity(STATISTICS.len());
        for known in &STATISTICS {
            let value = given
                .remove(known.name)
                .ok_or_else(|| de::Error::custom(format!("`{}` is missing", known.name)))?;
            if value.len() != known.length {
                return Err(de::Error::custom(format!(
                    "`{}` has {} numbers: expected {}",
                    known.name,
                    value.len(),
                    known.length
                )));
            }
            values.push(value);
        }
        match given.keys().next() {
            Some(other) => Err(de::Error::custom(format!(
                "there is no statistic `{other}`"
            ))),
            None => Ok(Self(values)),
        }
    }
}
