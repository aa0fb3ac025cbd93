//! Operations that change where pixels are: resize, crop, rotate, flip, border.

use daedal_core::engine::{EngineError, Limits};
use serde::Deserialize;

use super::length::{Length, Position};
use crate::picture::{Colour, Filter, Picture, check_size};

/// Another size. With one side, the other follows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resize {
    width: Option<Length>,
    height: Option<Length>,
    #[serde(default)]
    fit: Fit,
    #[serde(default)]
    filter: Filter,
    #[serde(default)]
    position: Position,
    background: Option<Colour>,
}

/// How a picture of one shape goes into another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Fit {
    /// Fills all of it; what hangs over is cut off.
    #[default]
    Cover,
    /// Is all there; what stays free has the background.
    Contain,
    /// Is all there, and the result is no larger than the picture.
    Inside,
    /// Is stretched.
    Fill,
}

impl Resize {
    pub(super) fn apply(&self, picture: &Picture, limits: &Limits) -> Result<Picture, EngineError> {
        let (width, height) = match (self.width, self.height) {
            (Some(width), Some(height)) => (width.of(picture.width), height.of(picture.height)),
            (Some(width), None) => {
                let width = width.of(picture.width);
                (
                    width,
                    (width * f64::from(picture.height) / f64::from(picture.width)).max(1.0),
                )
            }
            (None, Some(height)) => {
                let height = height.of(picture.height);
                (
                    (height * f64::from(picture.width) / f64::from(picture.height)).max(1.0),
                    height,
                )
            }
            (None, None) => {
                return Err(EngineError::invalid("give `width`, `height`, or both"));
            }
        };
        let target = check_size("the result", width, height, limits)?;
        if self.width.is_none() || self.height.is_none() || self.fit == Fit::Fill {
            return Ok(picture.resized(target.0, target.1, self.filter));
        }
        let (wide, high) = (f64::from(target.0), f64::from(target.1));
        match self.fit {
            Fit::Cover => {
                let part = self.covering(picture, target);
                Ok(part.resized(target.0, target.1, self.filter))
            }
            Fit::Inside => {
                let (width, height) = picture.size_within(wide, high);
                Ok(picture.resized(width, height, self.filter))
            }
            Fit::Contain | Fit::Fill => {
                let (width, height) = picture.size_within(wide, high);
                let inner = picture.resized(width, height, self.filter);
                let (x, y) = self.position.place(target, (width, height));
                let ground = self.background.unwrap_or(Colour([0; 4]));
                let mut whole = Picture::filled(target.0, target.1, ground);
                paste(&mut whole, &inner, x, y);
                Ok(whole)
            }
        }
    }

    /// The largest part of `picture` that has the shape of `target`.
    fn covering(&self, picture: &Picture, target: (u32, u32)) -> Picture {
        let shape = Picture {
            width: target.0,
            height: target.1,
            pixels: Vec::new(),
        };
        let part = shape.size_within(f64::from(picture.width), f64::from(picture.height));
        let part = (part.0.min(picture.width), part.1.min(picture.height));
        let (x, y) = self.position.place((picture.width, picture.height), part);
        cut(picture, x, y, part.0, part.1)
    }
}

/// A part of the picture: an area, or the largest one of an aspect.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Crop {
    x: Option<Length>,
    y: Option<Length>,
    width: Option<Length>,
    height: Option<Length>,
    aspect: Option<String>,
    #[serde(default)]
    position: Position,
}

impl Crop {
    pub(super) fn apply(&self, picture: &Picture, limits: &Limits) -> Result<Picture, EngineError> {
        let whole = (picture.width, picture.height);
        let (width, height) = match &self.aspect {
            Some(text) => {
                let aspect = parse_aspect(text)?;
                let wide = f64::from(whole.0).min(f64::from(whole.1) * aspect);
                (wide, wide / aspect)
            }
            None => (
                self.width
                    .map_or(f64::from(whole.0), |width| width.of(whole.0)),
                self.height
                    .map_or(f64::from(whole.1), |height| height.of(whole.1)),
            ),
        };
        let size = check_size("the part", width, height, limits)?;
        let (mut x, mut y) = self.position.place(whole, size);
        if let Some(left) = self.x {
            x = left.of(whole.0).round() as i64;
        }
        if let Some(top) = self.y {
            y = top.of(whole.1).round() as i64;
        }
        let outside =
            |at: i64, length: u32, whole: u32| at < 0 || at + i64::from(length) > i64::from(whole);
        if outside(x, size.0, whole.0) || outside(y, size.1, whole.1) {
            return Err(EngineError::invalid(format!(
                "{} × {} pixels from ({x}, {y}) reach out of the picture of {} × {}",
                size.0, size.1, whole.0, whole.1
            )));
        }
        Ok(cut(picture, x, y, size.0, size.1))
    }
}

fn parse_aspect(text: &str) -> Result<f64, EngineError> {
    let sides = text.split_once([':', '/']).and_then(|(width, height)| {
        let side = |digits: &str| {
            digits
                .trim()
                .parse::<f64>()
                .ok()
                .filter(|n| (0.001..1e6).contains(n))
        };
        Some(side(width)? / side(height)?)
    });
    sides.ok_or_else(|| EngineError::invalid(format!("`aspect: {text}` is not like `3:4`")))
}

/// The area of `width` × `height` at `x`, `y`, which lies inside.
fn cut(picture: &Picture, x: i64, y: i64, width: u32, height: u32) -> Picture {
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 4);
    for row in 0..height {
        let row = picture.row(y as u32 + row);
        pixels.extend_from_slice(&row[x as usize * 4..][..width as usize * 4]);
    }
    Picture {
        width,
        height,
        pixels,
    }
}

/// Replaces what lies under `inner`.
fn paste(whole: &mut Picture, inner: &Picture, x: i64, y: i64) {
    for row in 0..inner.height {
        let target = y + i64::from(row);
        if !(0..i64::from(whole.height)).contains(&target) {
            continue;
        }
        let first = (-x).max(0);
        let last = i64::from(inner.width).min(i64::from(whole.width) - x);
        if first >= last {
            return;
        }
        let from = &inner.row(row)[first as usize * 4..last as usize * 4];
        let start = (target as usize * whole.width as usize + (x + first) as usize) * 4;
        whole.pixels[start..][..from.len()].copy_from_slice(from);
    }
}

/// A margin around the picture; several make a mat and a frame.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Border {
    /// Every side; a share is of the shorter side of the picture.
    #[serde(default)]
    width: Length,
    top: Option<Length>,
    right: Option<Length>,
    bottom: Option<Length>,
    left: Option<Length>,
    colour: Colour,
}

impl Border {
    pub(super) fn apply(&self, picture: &Picture, limits: &Limits) -> Result<Picture, EngineError> {
        let shorter = picture.width.min(picture.height);
        let side = |own: Option<Length>| own.unwrap_or(self.width).of(shorter).round().max(0.0);
        let (left, top) = (side(self.left), side(self.top));
        let (width, height) = check_size(
            "the result",
            left + f64::from(picture.width) + side(self.right),
            top + f64::from(picture.height) + side(self.bottom),
            limits,
        )?;
        let mut whole = Picture::filled(width, height, self.colour);
        paste(&mut whole, picture, left as i64, top as i64);
        Ok(whole)
    }
}

/// Across which axis a picture is mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Flip {
    Horizontal,
    Vertical,
}

impl Flip {
    pub(super) fn apply(self, picture: &Picture) -> Picture {
        let (width, height) = (picture.width, picture.height);
        match self {
            Self::Horizontal => moved(picture, width, height, |x, y| (width - 1 - x, y)),
            Self::Vertical => moved(picture, width, height, |x, y| (x, height - 1 - y)),
        }
    }
}

/// Turns clockwise by quarters.
pub(super) fn rotate(picture: &Picture, degrees: f64) -> Result<Picture, EngineError> {
    let (width, height) = (picture.width, picture.height);
    Ok(match degrees {
        0.0 => picture.clone(),
        90.0 | -270.0 => moved(picture, height, width, |x, y| (y, height - 1 - x)),
        180.0 | -180.0 => moved(picture, width, height, |x, y| {
            (width - 1 - x, height - 1 - y)
        }),
        270.0 | -90.0 => moved(picture, height, width, |x, y| (width - 1 - y, x)),
        other => {
            return Err(EngineError::invalid(format!(
                "`rotate: {other}` is no quarter turn: expected 90, 180 or 270"
            )));
        }
    })
}

/// A picture whose pixel at (x, y) is the one that `from` names.
fn moved(
    picture: &Picture,
    width: u32,
    height: u32,
    from: impl Fn(u32, u32) -> (u32, u32),
) -> Picture {
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    for y in 0..height {
        for x in 0..width {
            let (x, y) = from(x, y);
            pixels.extend_from_slice(&picture.row(y)[x as usize * 4..][..4]);
        }
    }
    Picture {
        width,
        height,
        pixels,
    }
}
