//! The profile of a hand: what its references are like, and how far they are apart.

use std::collections::BTreeMap;

use daedal_core::Digest;
use daedal_core::engine::Limits;
use serde::{Deserialize, Serialize};

use super::colours::{Swatch, colours};
use super::statistic::{Aspect, ONE, STATISTICS, Traits};
use crate::picture::{Plane, decode};

/// The name of a profile beside its references.
pub const PROFILE_FILE: &str = "profile.json";
/// How far outputs may be from the references when nothing else is said, in spreads.
pub const TOLERANCE: f64 = 2.0;
/// How many tolerances away a picture is still near: the borderline that a person should look at.
pub const NEAR: f64 = 1.5;
/// References of one profile.
pub const REFERENCES_MAX: usize = 200;
/// The version of what a profile says: others were measured in another way.
const FORMAT: u32 = 1;
/// The nearest references that a picture is compared with: a hand may have several manners, and nobody has
/// to be like all of them.
const NEAREST: usize = 2;
/// A distance that is told for what has nothing to do with the references.
const DISTANCE_MAX: f64 = 999.0;

/// What the references of a signature are like. As JSON it is what `daedal signature build` writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    #[serde(rename = "daedal_signature")]
    format: u32,
    /// Every reference, in order of its name.
    pub references: Vec<Reference>,
    /// By statistic, in millionths: the mean distance of a reference to those that are nearest to it.
    spread: BTreeMap<String, u32>,
    /// The colours that the references are made of, the commonest first.
    pub colours: Vec<Swatch>,
}

/// One reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Its name below the directory of the profile.
    pub file: String,
    /// Of its bytes.
    pub sha256: Digest,
    /// What it is like.
    pub traits: Traits,
}

/// How far a picture is from the references of a profile. 1 is as far as they are from one another.
#[derive(Debug, Clone, PartialEq)]
pub struct Distance {
    /// The root mean square of the four aspects.
    pub overall: f64,
    /// In the order of [`Aspect::ALL`]: the root mean square of an aspect's statistics.
    pub aspects: [f64; 4],
    /// Every statistic, by name.
    pub statistics: Vec<(&'static str, f64)>,
}

/// Where a picture stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Of this hand.
    Inside,
    /// Past the tolerance, and within [`NEAR`] times of it.
    Near,
    /// Of another hand.
    Outside,
}

impl Verdict {
    /// `inside`, `near` or `outside`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Near => "near",
            Self::Outside => "outside",
        }
    }
}

impl Distance {
    /// What a tolerance makes of it.
    #[must_use]
    pub fn verdict(&self, tolerance: f64) -> Verdict {
        match self.overall {
            overall if overall <= tolerance => Verdict::Inside,
            overall if overall <= NEAR * tolerance => Verdict::Near,
            _ => Verdict::Outside,
        }
    }

    /// 1 for what is as near as the references are to one another, half of it at twice that distance.
    #[must_use]
    pub fn nearness(&self) -> f64 {
        1.0 / self.overall.max(1.0)
    }

    /// The distance of an aspect.
    #[must_use]
    pub fn aspect(&self, aspect: Aspect) -> f64 {
        self.aspects[aspect as usize]
    }

    /// The aspects as people read them, the farthest first: `edge 3.1, colour 0.9, …`.
    #[must_use]
    pub fn told(&self) -> String {
        let mut aspects = Aspect::ALL;
        aspects.sort_by(|a, b| self.aspect(*b).total_cmp(&self.aspect(*a)));
        let told = aspects.map(|aspect| format!("{} {:.2}", aspect.name(), self.aspect(aspect)));
        told.join(", ")
    }
}

/// Six digits: more would be noise.
fn rounded(distance: f64) -> f64 {
    (distance.min(DISTANCE_MAX) * 1e6).round() / 1e6
}

fn root_mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| {
        (sum + value * value, count + 1)
    });
    (sum / f64::from(count.max(1))).sqrt()
}

impl Profile {
    /// Measures references, each with its name and bytes (PNG, JPEG, WebP or SVG). Says which of them can't
    /// be read, or that there are none, or too many. The same bytes twice are one reference.
    pub fn build<'r>(
        references: impl Iterator<Item = (&'r str, &'r [u8])>,
    ) -> Result<Self, String> {
        let (mut measured, mut planes) = (Vec::new(), Vec::new());
        for (file, bytes) in references {
            let sha256 = Digest::of(bytes);
            let is_there = |known: &Reference| known.sha256 == sha256;
            if measured.iter().any(is_there) {
                continue;
            }
            let plane = plane(file, bytes)?;
            measured.push(Reference {
                file: file.to_owned(),
                sha256,
                traits: Traits::of(&plane),
            });
            if measured.len() > REFERENCES_MAX {
                return Err(format!(
                    "there are more than {REFERENCES_MAX} references: keep those that show the hand best"
                ));
            }
            planes.push(plane);
        }
        if measured.is_empty() {
            return Err("there are no references: give PNG, JPEG, WebP or SVG pictures".to_owned());
        }
        measured.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(Self::of(measured, colours(&planes)))
    }

    pub(super) fn of(references: Vec<Reference>, colours: Vec<Swatch>) -> Self {
        let spread = spread(&references);
        let millionths = |spread: f64| (spread * ONE).round() as u32;
        Self {
            format: FORMAT,
            spread: STATISTICS
                .iter()
                .zip(spread)
                .map(|(known, spread)| (known.name.to_owned(), millionths(spread)))
                .collect(),
            references,
            colours,
        }
    }

    /// Reads a profile; says what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let again = "make it anew with `daedal signature build`";
        let value: serde_json::Value = serde_json::from_slice(bytes)
            .map_err(|error| format!("is not JSON: {error}; {again}"))?;
        match value
            .get("daedal_signature")
            .and_then(serde_json::Value::as_u64)
        {
            None => return Err(format!("is not the profile of a signature; {again}")),
            Some(format) if format != u64::from(FORMAT) => {
                return Err(format!(
                    "is a profile of version {format}, and this daedal measures by version {FORMAT}; {again}"
                ));
            }
            Some(_) => {}
        }
        let read: Self = serde_json::from_value(value)
            .map_err(|error| format!("is damaged: {error}; {again}"))?;
        if !(1..=REFERENCES_MAX).contains(&read.references.len()) {
            return Err(format!(
                "has {} references: expected 1 to {REFERENCES_MAX}; {again}",
                read.references.len()
            ));
        }
        let of_these = Self::of(read.references.clone(), Vec::new());
        if of_these.spread != read.spread {
            return Err(format!(
                "has another spread than its references have; {again}"
            ));
        }
        Ok(read)
    }

    /// The profile as a file: a line for each reference, the same bytes for the same references.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let line = |value: serde_json::Result<String>| value.unwrap_or_default();
        let references: Vec<String> = self
            .references
            .iter()
            .map(|reference| line(serde_json::to_string(reference)))
            .collect();
        format!(
            "{{\n\"daedal_signature\": {},\n\"references\": [\n{}\n],\n\"spread\": {},\n\"colours\": {}\n}}\n",
            self.format,
            references.join(",\n"),
            line(serde_json::to_string(&self.spread)),
            line(serde_json::to_string(&self.colours)),
        )
        .into_bytes()
    }

    /// How far a picture is from the references; one that is a reference itself is compared with the others.
    #[must_use]
    pub fn distance(&self, traits: &Traits, own: &Digest) -> Distance {
        let others: Vec<&Traits> = self
            .references
            .iter()
            .filter(|reference| reference.sha256 != *own)
            .map(|reference| &reference.traits)
            .collect();
        let nearest = nearest(self.references.len());
        let far: Vec<f64> = (0..STATISTICS.len())
            .map(|statistic| {
                let away = away(traits, &others, statistic, nearest);
                away / self.spread_of(statistic)
            })
            .collect();
        let aspects = Aspect::ALL.map(|aspect| {
            let own = STATISTICS.iter().zip(&far);
            let own = own.filter(|(known, _)| known.aspect == aspect);
            rounded(root_mean_square(own.map(|(_, far)| *far)))
        });
        Distance {
            overall: rounded(root_mean_square(aspects.into_iter())),
            aspects,
            statistics: STATISTICS
                .iter()
                .zip(&far)
                .map(|(known, far)| (known.name, rounded(*far)))
                .collect(),
        }
    }

    /// How far a picture in these bytes is from the references. Says what is wrong with bytes that are none.
    pub fn distance_of(&self, name: &str, bytes: &[u8]) -> Result<Distance, String> {
        let traits = Traits::of(&plane(name, bytes)?);
        Ok(self.distance(&traits, &Digest::of(bytes)))
    }

    /// How far each reference is from the others.
    #[must_use]
    pub fn among(&self) -> Vec<Distance> {
        self.references
            .iter()
            .map(|reference| self.distance(&reference.traits, &reference.sha256))
            .collect()
    }

    pub(super) fn spread_of(&self, statistic: usize) -> f64 {
        let known = &STATISTICS[statistic];
        let spread = self.spread.get(known.name).copied().unwrap_or_default();
        (f64::from(spread) / ONE).max(known.floor)
    }
}

fn plane(name: &str, bytes: &[u8]) -> Result<Plane, String> {
    let picture = decode(name, bytes, None, &Limits::default());
    let picture = picture.map_err(|error| error.to_string())?;
    Ok(Plane::softened(&picture))
}

/// How many references a picture is compared with: as many as each reference has others, at most.
fn nearest(references: usize) -> usize {
    references.saturating_sub(1).clamp(1, NEAREST)
}

/// The mean distance to the nearest of the others; none where there are none.
fn away(traits: &Traits, others: &[&Traits], statistic: usize, nearest: usize) -> f64 {
    let mut away: Vec<f64> = others
        .iter()
        .map(|other| traits.apart(other, statistic))
        .collect();
    away.sort_by(f64::total_cmp);
    away.truncate(nearest);
    away.iter().sum::<f64>() / away.len().max(1) as f64
}

/// By statistic: the mean distance of each reference to those that are nearest to it, at least the floor.
fn spread(references: &[Reference]) -> Vec<f64> {
    let nearest = nearest(references.len());
    let of_one = |statistic: usize, own: usize| {
        let others: Vec<&Traits> = references
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != own)
            .map(|(_, other)| &other.traits)
            .collect();
        away(&references[own].traits, &others, statistic, nearest)
    };
    STATISTICS
        .iter()
        .enumerate()
        .map(|(statistic, known)| {
            let sum: f64 = (0..references.len())
                .map(|own| of_one(statistic, own))
                .sum();
            (sum / references.len().max(1) as f64).max(known.floor)
        })
        .collect()
}
