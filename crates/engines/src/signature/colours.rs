//! The few colours that pictures are made of.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::picture::{Oklab, Plane};

/// Colours that are told.
const SWATCHES: usize = 7;
/// Pixels that are looked at, of all pictures together.
const SAMPLES_MAX: usize = 60_000;
/// Colours that are nearer than this are one.
const APART_MIN: f32 = 0.06;
/// Rounds in which the colours move to the middle of their pixels.
const ROUNDS: usize = 24;

/// A colour, and how much of it there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swatch {
    /// Red, green, blue.
    pub rgb: [u8; 3],
    /// Of all pixels, in millionths.
    pub share: u32,
}

impl Swatch {
    /// `#rrggbb`.
    #[must_use]
    pub fn hex(&self) -> String {
        let [r, g, b] = self.rgb;
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}

impl Serialize for Swatch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.hex(), self.share).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Swatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (hex, share) = <(String, u32)>::deserialize(deserializer)?;
        let channel = |at: usize| {
            let digits = hex.strip_prefix('#')?.get(2 * at..2 * at + 2)?;
            u8::from_str_radix(digits, 16).ok()
        };
        match (channel(0), channel(1), channel(2)) {
            (Some(r), Some(g), Some(b)) if hex.len() == 7 => Ok(Self {
                rgb: [r, g, b],
                share,
            }),
            _ => Err(de::Error::custom(format!(
                "`{hex}` is not a colour: expected #rrggbb"
            ))),
        }
    }
}

/// The colours of pictures, the commonest first: k-means in Oklab, begun with the mean and, each time, the
/// pixel that is farthest from the colours so far.
pub(super) fn colours(planes: &[Plane]) -> Vec<Swatch> {
    let pixels: usize = planes.iter().map(|plane| plane.rgb.len()).sum();
    let step = pixels.div_ceil(SAMPLES_MAX).max(1);
    let samples: Vec<Oklab> = planes
        .iter()
        .flat_map(|plane| &plane.rgb)
        .step_by(step)
        .map(|rgb| Oklab::of_srgb(*rgb))
        .collect();
    let Some(mean) = mean(samples.iter()) else {
        return Vec::new();
    };
    // The pixel that is nearest to the mean is a colour that there is.
    let first = samples
        .iter()
        .min_by(|a, b| a.distance(mean).total_cmp(&b.distance(mean)));
    let mut centres: Vec<Oklab> = first.into_iter().copied().collect();
    let mut reach: Vec<f32> = samples.iter().map(|own| own.distance(centres[0])).collect();
    while centres.len() < SWATCHES {
        let farthest = (0..samples.len()).max_by(|a, b| reach[*a].total_cmp(&reach[*b]));
        let Some(farthest) = farthest.filter(|at| reach[*at] > APART_MIN) else {
            break;
        };
        let centre = samples[farthest];
        for (reach, own) in reach.iter_mut().zip(&samples) {
            *reach = reach.min(own.distance(centre));
        }
        centres.push(centre);
    }
    let mut groups = Vec::new();
    for _ in 0..ROUNDS {
        groups = vec![Vec::new(); centres.len()];
        for own in &samples {
            let nearest = (0..centres.len()).min_by(|a, b| {
                own.distance(centres[*a])
                    .total_cmp(&own.distance(centres[*b]))
            });
            groups[nearest.unwrap_or_default()].push(*own);
        }
        let moved: Vec<Oklab> = groups
            .iter()
            .zip(&centres)
            .map(|(group, centre)| self::mean(group.iter()).unwrap_or(*centre))
            .collect();
        let is_settled = moved == centres;
        centres = moved;
        if is_settled {
            break;
        }
    }
    let share = |count: usize| (count as f64 * 1e6 / samples.len() as f64).round() as u32;
    let mut swatches: Vec<Swatch> = groups
        .iter()
        .zip(centres)
        .filter(|(group, _)| !group.is_empty())
        .map(|(group, centre)| Swatch {
            rgb: centre.to_srgb(),
            share: share(group.len()),
        })
        .collect();
    swatches.sort_by_key(|swatch| (std::cmp::Reverse(swatch.share), swatch.rgb));
    swatches
}

fn mean<'o>(colours: impl Iterator<Item = &'o Oklab>) -> Option<Oklab> {
    let (mut sum, mut count) = ([0.0_f64; 3], 0_u32);
    for Oklab(colour) in colours {
        for (sum, value) in sum.iter_mut().zip(colour) {
            *sum += f64::from(*value);
        }
        count += 1;
    }
    (count > 0).then(|| Oklab(sum.map(|sum| (sum / f64::from(count)) as f32)))
}
