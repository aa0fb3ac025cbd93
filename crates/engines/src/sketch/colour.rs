//! CSS colours: parsing, mixing, writing.
//!
//! Sources: CSS Color Module Level 4 (syntax; hsl and hwb to RGB, sections 7.1 and 8.1) and
//! B. Ottosson, "A perceptual color space for image processing" (2020), for Oklab.

use tiny_skia::Color;

use super::colour_names::NAMED;

/// A colour in sRGB with gamma, not multiplied by alpha; each part is within 0..=1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rgba {
    pub(crate) r: f64,
    pub(crate) g: f64,
    pub(crate) b: f64,
    pub(crate) a: f64,
}

impl Rgba {
    pub(crate) const BLACK: Self = Self::new(0.0, 0.0, 0.0, 1.0);
    pub(crate) const TRANSPARENT: Self = Self::new(0.0, 0.0, 0.0, 0.0);

    pub(crate) const fn new(r: f64, g: f64, b: f64, a: f64) -> Self {
        Self { r, g, b, a }
    }

    /// From eight-bit parts.
    pub(crate) fn from_bytes([r, g, b, a]: [u8; 4]) -> Self {
        let part = |byte: u8| f64::from(byte) / 255.0;
        Self::new(part(r), part(g), part(b), part(a))
    }

    pub(crate) fn to_bytes(self) -> [u8; 4] {
        let byte = |part: f64| (part.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        [byte(self.r), byte(self.g), byte(self.b), byte(self.a)]
    }

    pub(crate) fn with_alpha(self, a: f64) -> Self {
        Self { a, ..self }
    }

    /// For tiny-skia; eight-bit precision, so that what a getter shows is what is drawn.
    pub(crate) fn to_skia(self) -> Color {
        let [r, g, b, _] = self.to_bytes();
        let part = |byte: u8| f32::from(byte) / 255.0;
        Color::from_rgba(part(r), part(g), part(b), self.a.clamp(0.0, 1.0) as f32)
            .unwrap_or(Color::BLACK)
    }

    /// As HTML serialises it: `#rrggbb`, or `rgba(r, g, b, a)` where it is not opaque.
    pub(crate) fn to_css(self) -> String {
        let [r, g, b, a] = self.to_bytes();
        if a == 255 {
            return format!("#{r:02x}{g:02x}{b:02x}");
        }
        let alpha = (self.a * 1000.0).round() / 1000.0;
        format!("rgba({r}, {g}, {b}, {alpha})")
    }

    /// The colour at `t` (0..=1) of the way to `other`, mixed in Oklab with premultiplied alpha.
    pub(crate) fn mix_oklab(self, other: Self, t: f64) -> Self {
        let a = self.a + (other.a - self.a) * t;
        if a <= 0.0 {
            return Self::TRANSPARENT;
        }
        let (from, to) = (self.to_oklab(), other.to_oklab());
        let part = |i: usize| (from[i] * self.a * (1.0 - t) + to[i] * other.a * t) / a;
        Self::from_oklab([part(0), part(1), part(2)], a)
    }

    /// The colour at `t` (0..=1) of the way to `other`, mixed in sRGB as p5's `lerpColor` does.
    pub(crate) fn mix_srgb(self, other: Self, t: f64) -> Self {
        let part = |from: f64, to: f64| from + (to - from) * t;
        Self::new(
            part(self.r, other.r),
            part(self.g, other.g),
            part(self.b, other.b),
            part(self.a, other.a),
        )
    }

    /// Lightness 0..=1, green-red and blue-yellow.
    pub(crate) fn to_oklab(self) -> [f64; 3] {
        let (r, g, b) = (linear(self.r), linear(self.g), linear(self.b));
        let l = libm::cbrt(0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b);
        let m = libm::cbrt(0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b);
        let s = libm::cbrt(0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b);
        [
            0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
            1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
            0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
        ]
    }

    /// From Oklab; a colour outside sRGB loses chroma until it fits, so that its hue and
    /// lightness stay.
    pub(crate) fn from_oklab(lab: [f64; 3], a: f64) -> Self {
        let lightness = lab[0].clamp(0.0, 1.0);
        let at = |chroma: f64| oklab_to_rgb([lightness, lab[1] * chroma, lab[2] * chroma]);
        let fits = |rgb: [f64; 3]| rgb.iter().all(|part| (-1e-4..=1.0001).contains(part));
        let mut rgb = at(1.0);
        if !fits(rgb) {
            let (mut inside, mut outside) = (0.0, 1.0);
            for _ in 0..20 {
                let middle = (inside + outside) / 2.0;
                if fits(at(middle)) {
                    inside = middle;
                } else {
                    outside = middle;
                }
            }
            rgb = at(inside);
        }
        let [r, g, b] = rgb.map(|part| part.clamp(0.0, 1.0));
        Self::new(r, g, b, a.clamp(0.0, 1.0))
    }

    /// From lightness, chroma and hue in degrees.
    pub(crate) fn from_oklch(l: f64, chroma: f64, hue: f64, a: f64) -> Self {
        let angle = hue.to_radians();
        let lab = [l, chroma * libm::cos(angle), chroma * libm::sin(angle)];
        Self::from_oklab(lab, a)
    }
}

fn linear(part: f64) -> f64 {
    if part <= 0.040_45 {
        part / 12.92
    } else {
        libm::pow((part + 0.055) / 1.055, 2.4)
    }
}

fn gamma(part: f64) -> f64 {
    if part <= 0.003_130_8 {
        part * 12.92
    } else {
        1.055 * libm::pow(part, 1.0 / 2.4) - 0.055
    }
}

fn oklab_to_rgb([lightness, a, b]: [f64; 3]) -> [f64; 3] {
    let cube = |x: f64| x * x * x;
    let l = cube(lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b);
    let m = cube(lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b);
    let s = cube(lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b);
    [
        gamma(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s),
        gamma(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s),
        gamma(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s),
    ]
}

/// Reads a CSS colour: a name, hexadecimal, `rgb()`, `hsl()`, `hwb()`, `oklab()`, `oklch()` (in the
/// comma and in the space syntax), or `transparent`. None if it is not one.
pub(crate) fn parse(text: &str) -> Option<Rgba> {
    let text = text.trim();
    if let Some(digits) = text.strip_prefix('#') {
        return parse_hex(digits);
    }
    let lower = text.to_ascii_lowercase();
    if let Some((name, rest)) = lower.split_once('(') {
        return parse_function(name.trim(), rest.strip_suffix(')')?);
    }
    if lower == "transparent" {
        return Some(Rgba::TRANSPARENT);
    }
    let at = NAMED
        .binary_search_by(|(name, _)| (*name).cmp(&lower))
        .ok()?;
    let [_, r, g, b] = NAMED[at].1.to_be_bytes();
    Some(Rgba::from_bytes([r, g, b, 255]))
}

fn parse_hex(digits: &str) -> Option<Rgba> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let long: String = match digits.len() {
        3 | 4 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        6 | 8 => digits.to_owned(),
        _ => return None,
    };
    let number = u32::from_str_radix(&long, 16).ok()?;
    let number = if long.len() == 6 {
        number << 8 | 0xff
    } else {
        number
    };
    Some(Rgba::from_bytes(number.to_be_bytes()))
}

fn parse_function(name: &str, arguments: &str) -> Option<Rgba> {
    let parts: Vec<&str> = arguments
        .split(|c: char| c == ',' || c == '/' || c.is_ascii_whitespace())
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() != 3 && parts.len() != 4 {
        return None;
    }
    let alpha = parts
        .get(3)
        .map_or(Some(1.0), |part| number(part, 1.0))?
        .clamp(0.0, 1.0);
    let unit = |i: usize, whole: f64| number(parts[i], whole);
    match name {
        "rgb" | "rgba" => {
            let part = |i| Some((unit(i, 255.0)? / 255.0).clamp(0.0, 1.0));
            Some(Rgba::new(part(0)?, part(1)?, part(2)?, alpha))
        }
        "hsl" | "hsla" => {
            let part = |i| Some((unit(i, 100.0)? / 100.0).clamp(0.0, 1.0));
            Some(from_hsl(hue(parts[0])?, part(1)?, part(2)?, alpha))
        }
        "hwb" => {
            let part = |i| Some((unit(i, 100.0)? / 100.0).clamp(0.0, 1.0));
            Some(from_hwb(hue(parts[0])?, part(1)?, part(2)?, alpha))
        }
        "oklab" => Some(Rgba::from_oklab(
            [unit(0, 1.0)?, unit(1, 0.4)?, unit(2, 0.4)?],
            alpha,
        )),
        "oklch" => Some(Rgba::from_oklch(
            unit(0, 1.0)?,
            unit(1, 0.4)?.max(0.0),
            hue(parts[2])?,
            alpha,
        )),
        _ => None,
    }
}

/// A number, or a percentage of `whole`; `none` is zero.
fn number(text: &str, whole: f64) -> Option<f64> {
    if text == "none" {
        return Some(0.0);
    }
    let value = match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().ok()? / 100.0 * whole,
        None => text.parse().ok()?,
    };
    value.is_finite().then_some(value)
}

/// An angle in degrees.
fn hue(text: &str) -> Option<f64> {
    let (digits, factor) = [
        ("deg", 1.0),
        ("grad", 0.9),
        ("rad", 180.0 / std::f64::consts::PI),
        ("turn", 360.0),
    ]
    .iter()
    .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
    .unwrap_or((text, 1.0));
    let degrees = number(digits, 360.0)? * factor;
    Some(degrees.rem_euclid(360.0))
}

pub(crate) fn from_hsl(hue: f64, saturation: f64, lightness: f64, alpha: f64) -> Rgba {
    let reach = saturation * lightness.min(1.0 - lightness);
    let part = |n: f64| {
        let k = (n + hue / 30.0).rem_euclid(12.0);
        lightness - reach * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    };
    Rgba::new(part(0.0), part(8.0), part(4.0), alpha)
}

/// From hue, saturation and value (p5's HSB).
pub(crate) fn from_hsv(hue: f64, saturation: f64, value: f64, alpha: f64) -> Rgba {
    let part = |n: f64| {
        let k = (n + hue / 60.0).rem_euclid(6.0);
        value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)
    };
    Rgba::new(part(5.0), part(3.0), part(1.0), alpha)
}

fn from_hwb(hue: f64, white: f64, black: f64, alpha: f64) -> Rgba {
    if white + black >= 1.0 {
        let grey = white / (white + black);
        return Rgba::new(grey, grey, grey, alpha);
    }
    let pure = from_hsl(hue, 1.0, 0.5, alpha);
    let part = |part: f64| part * (1.0 - white - black) + white;
    Rgba::new(part(pure.r), part(pure.g), part(pure.b), alpha)
}

#[cfg(test)]
#[path = "colour_tests.rs"]
mod tests;
