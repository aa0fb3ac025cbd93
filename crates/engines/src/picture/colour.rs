//! Colours: sRGB as it is written, linear light, and Oklab to compare and mix in.

use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, de};

/// Red, green, blue and alpha in sRGB, written `#rgb`, `#rrggbb` or `#rrggbbaa`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour(pub(crate) [u8; 4]);

impl Colour {
    pub(crate) const WHITE: Self = Self([255, 255, 255, 255]);

    fn parse(text: &str) -> Option<Self> {
        match text {
            "black" => return Some(Self([0, 0, 0, 255])),
            "white" => return Some(Self::WHITE),
            "transparent" => return Some(Self([0; 4])),
            _ => {}
        }
        let digits = text.strip_prefix('#')?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let doubled: String = match digits.len() {
            3 | 4 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
            6 | 8 => digits.to_owned(),
            _ => return None,
        };
        let mut channels = [0, 0, 0, 255];
        for (index, channel) in channels.iter_mut().take(doubled.len() / 2).enumerate() {
            *channel = u8::from_str_radix(&doubled[index * 2..index * 2 + 2], 16).ok()?;
        }
        Some(Self(channels))
    }

    /// The colour without its alpha.
    pub(crate) fn oklab(self) -> Oklab {
        Oklab::of_srgb([self.0[0], self.0[1], self.0[2]])
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format!(
                "`{text}` is not a colour: expected #rgb, #rrggbb, #rrggbbaa, black, white or \
                 transparent"
            ))
        })
    }
}

/// Linear light of each sRGB level (IEC 61966-2-1).
static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|level| {
        let value = level as f64 / 255.0;
        let linear = if value <= 0.040_45 {
            value / 12.92
        } else {
            libm::pow((value + 0.055) / 1.055, 2.4)
        };
        linear as f32
    })
});

/// Linear light of an sRGB level, 0 to 1.
pub(crate) fn srgb_to_linear(level: u8) -> f32 {
    LINEAR[usize::from(level)]
}

/// The sRGB value of linear light, both 0 to 1.
pub(crate) fn linear_to_srgb(linear: f32) -> f32 {
    let linear = linear.clamp(0.0, 1.0);
    if linear <= 0.003_130_8 {
        linear * 12.92
    } else {
        1.055 * libm::powf(linear, 1.0 / 2.4) - 0.055
    }
}

/// Lightness 0 to 1, green to red, blue to yellow: Ottosson 2020, "A perceptual color space for
/// image processing".
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Oklab(pub(crate) [f32; 3]);

impl Oklab {
    pub(crate) fn of_srgb(rgb: [u8; 3]) -> Self {
        let [r, g, b] = rgb.map(srgb_to_linear);
        let l = libm::cbrtf(0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b);
        let m = libm::cbrtf(0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b);
        let s = libm::cbrtf(0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b);
        Self([
            0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        ])
    }

    pub(crate) fn to_srgb(self) -> [u8; 3] {
        let [lightness, a, b] = self.0;
        let cube = |x: f32| x * x * x;
        let l = cube(lightness + 0.396_337_78 * a + 0.215_803_76 * b);
        let m = cube(lightness - 0.105_561_346 * a - 0.063_854_17 * b);
        let s = cube(lightness - 0.089_484_18 * a - 1.291_485_5 * b);
        [
            4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
            -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
            -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
        ]
        .map(|linear| (linear_to_srgb(linear) * 255.0).round() as u8)
    }

    /// Euclidean distance.
    pub(crate) fn distance(self, other: Self) -> f32 {
        self.distance_squared(other).sqrt()
    }

    pub(crate) fn distance_squared(self, other: Self) -> f32 {
        let [l, a, b] = std::array::from_fn(|i| self.0[i] - other.0[i]);
        l * l + a * a + b * b
    }

    /// Between the two: `share` of `other`.
    pub(crate) fn mixed(self, other: Self, share: f32) -> Self {
        Self(std::array::from_fn(|i| {
            self.0[i] + (other.0[i] - self.0[i]) * share
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read() {
        assert_eq!(Colour::parse("#1b2"), Some(Colour([0x11, 0xbb, 0x22, 255])));
        assert_eq!(Colour::parse("#0a0B0c80"), Some(Colour([10, 11, 12, 128])));
        for wrong in ["", "#12", "red", "#gggggg", "123456", "#é1"] {
            assert_eq!(Colour::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn oklab_has_its_published_values() {
        // From the paper's table, computed for sRGB primaries.
        let near = |rgb, expected: [f32; 3]| {
            let Oklab(found) = Oklab::of_srgb(rgb);
            for (found, expected) in found.into_iter().zip(expected) {
                assert!(
                    (found - expected).abs() < 2e-4,
                    "{rgb:?}: {found} is not {expected}"
                );
            }
        };
        near([255, 255, 255], [1.0, 0.0, 0.0]);
        near([255, 0, 0], [0.627_96, 0.224_86, 0.125_85]);
        near([0, 0, 255], [0.452_01, -0.032_46, -0.311_53]);
    }

    #[test]
    fn oklab_and_back_is_the_same_colour() {
        for step in 0..4_913_u32 {
            let rgb = [step % 17, step / 17 % 17, step / 289].map(|n| (n * 15) as u8);
            let back = Oklab::of_srgb(rgb).to_srgb();
            let off = rgb.iter().zip(back).map(|(a, b)| a.abs_diff(b)).max();
            assert!(off <= Some(1), "{rgb:?} became {back:?}");
        }
    }
}
