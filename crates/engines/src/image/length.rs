//! Distances and places in a picture, as an author writes them.

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// A number of pixels, or a share of a side: `40` or `"5%"`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Length {
    Pixels(f64),
    Share(f64),
}

impl Length {
    /// In pixels, where `whole` is the side that a share is of.
    pub(super) fn of(self, whole: u32) -> f64 {
        match self {
            Self::Pixels(pixels) => pixels,
            Self::Share(share) => share * f64::from(whole),
        }
    }
}

impl Default for Length {
    fn default() -> Self {
        Self::Pixels(0.0)
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LengthVisitor)
    }
}

struct LengthVisitor;

impl Visitor<'_> for LengthVisitor {
    type Value = Length;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number of pixels, or a share such as \"5%\"")
    }

    fn visit_u64<E: de::Error>(self, pixels: u64) -> Result<Length, E> {
        Ok(Length::Pixels(pixels as f64))
    }

    fn visit_i64<E: de::Error>(self, pixels: i64) -> Result<Length, E> {
        Ok(Length::Pixels(pixels as f64))
    }

    fn visit_f64<E: de::Error>(self, pixels: f64) -> Result<Length, E> {
        Ok(Length::Pixels(pixels))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Length, E> {
        let number = |digits: &str| digits.trim().parse::<f64>().ok().filter(|n| n.is_finite());
        let length = match text.trim().strip_suffix('%') {
            Some(percent) => number(percent).map(|percent| Length::Share(percent / 100.0)),
            None => number(text.trim().trim_end_matches("px")).map(Length::Pixels),
        };
        length.ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

/// Where something lies in something larger.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum Position {
    Named(Anchor),
    At(Point),
}

/// A point from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Point {
    x: Length,
    y: Length,
}

/// A side, a corner, or the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Anchor {
    Center,
    Top,
    Bottom,
    Left,
    Right,
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}

impl Default for Position {
    fn default() -> Self {
        Self::Named(Anchor::Center)
    }
}

impl Position {
    /// Left and top edge of an `inner` size in an `outer` one.
    pub(super) fn place(self, outer: (u32, u32), inner: (u32, u32)) -> (i64, i64) {
        let anchor = match self {
            Self::At(Point { x, y }) => {
                return (x.of(outer.0).round() as i64, y.of(outer.1).round() as i64);
            }
            Self::Named(anchor) => anchor,
        };
        let (across, down) = match anchor {
            Anchor::Center => (1, 1),
            Anchor::Top => (1, 0),
            Anchor::Bottom => (1, 2),
            Anchor::Left => (0, 1),
            Anchor::Right => (2, 1),
            Anchor::TopLeft => (0, 0),
            Anchor::TopRight => (2, 0),
            Anchor::BottomLeft => (0, 2),
            Anchor::BottomRight => (2, 2),
        };
        let free = |outer: u32, inner: u32| i64::from(outer) - i64::from(inner);
        (
            free(outer.0, inner.0) * across / 2,
            free(outer.1, inner.1) * down / 2,
        )
    }
}
