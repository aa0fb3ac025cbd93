//! Shapes of a film, and which part of a picture fills one.

use serde::Deserialize;

/// Width to height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Aspect {
    #[serde(rename = "16:9")]
    Wide,
    #[serde(rename = "9:16")]
    Tall,
    #[serde(rename = "1:1")]
    Square,
    #[serde(rename = "4:5")]
    Portrait,
}

impl Aspect {
    pub(super) const NAMES: [&str; 4] = ["16:9", "9:16", "1:1", "4:5"];

    pub(super) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Width and height where the shorter side has so many pixels, both even as encoders want them.
    pub(super) fn size(self, shorter: u32) -> (u32, u32) {
        let even = |length: u32| length.next_multiple_of(2);
        let shorter = even(shorter);
        match self {
            Self::Wide => (even(shorter * 16 / 9), shorter),
            Self::Tall => (shorter, even(shorter * 16 / 9)),
            Self::Square => (shorter, shorter),
            Self::Portrait => (shorter, even(shorter * 5 / 4)),
        }
    }
}

/// A place in a picture, as shares of its sides.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Point {
    #[serde(default = "half")]
    pub(super) x: f64,
    #[serde(default = "half")]
    pub(super) y: f64,
}

fn half() -> f64 {
    0.5
}

impl Default for Point {
    fn default() -> Self {
        Self { x: 0.5, y: 0.5 }
    }
}

/// What a camera sees: how near it is, and where the middle of its frame lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct View {
    pub(super) zoom: f64,
    pub(super) centre: Point,
}

/// A part of a picture in its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl View {
    /// The part of a picture of size `picture` that fills a frame of the shape `frame`; it lies inside, as near to the
    /// wanted place as it can.
    pub(super) fn part(self, picture: (u32, u32), frame: (u32, u32)) -> Part {
        let (wide, high) = (f64::from(picture.0), f64::from(picture.1));
        let shape = f64::from(frame.0) / f64::from(frame.1);
        let covering = wide.min(high * shape);
        let width = covering / self.zoom.max(1.0);
        let height = (width / shape).min(high);
        let place = |centre: f64, length: f64, whole: f64| {
            (centre * whole - length / 2.0).clamp(0.0, (whole - length).max(0.0))
        };
        Part {
            left: place(self.centre.x, width, wide),
            top: place(self.centre.y, height, high),
            width,
            height,
        }
    }

    /// The same view with its middle where it can be in this picture and frame.
    fn reachable(self, picture: (u32, u32), frame: (u32, u32)) -> Self {
        let part = self.part(picture, frame);
        Self {
            zoom: self.zoom,
            centre: Point {
                x: (part.left + part.width / 2.0) / f64::from(picture.0),
                y: (part.top + part.height / 2.0) / f64::from(picture.1),
            },
        }
    }
}

/// A camera's way over a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Motion {
    pub(super) from: View,
    pub(super) to: View,
}

impl Motion {
    pub(super) fn is_still(&self) -> bool {
        self.from == self.to
    }

    /// The nearest that it comes.
    pub(super) fn nearest(&self) -> f64 {
        self.from.zoom.max(self.to.zoom)
    }

    /// Where the camera is after the share `t` of its way. It moves at one speed, and grows by one factor.
    pub(super) fn at(&self, t: f64, picture: (u32, u32), frame: (u32, u32)) -> Part {
        let from = self.from.reachable(picture, frame);
        let to = self.to.reachable(picture, frame);
        let mix = |one: f64, other: f64| one + (other - one) * t;
        View {
            zoom: from.zoom * libm::pow(to.zoom / from.zoom, t),
            centre: Point {
                x: mix(from.centre.x, to.centre.x),
                y: mix(from.centre.y, to.centre.y),
            },
        }
        .part(picture, frame)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_those_that_platforms_take() {
        let sizes = [Aspect::Wide, Aspect::Tall, Aspect::Square, Aspect::Portrait]
            .map(|aspect| aspect.size(1080));
        assert_eq!(
            sizes,
            [(1920, 1080), (1080, 1920), (1080, 1080), (1080, 1350)]
        );
        assert_eq!(Aspect::Wide.size(719), (1280, 720));
    }

    proptest! {
        #[test]
        fn a_frame_is_always_filled_from_inside_the_picture(
            picture in (1_u32..4_000, 1_u32..4_000), shorter in 2_u32..1_200, which in 0_usize..4,
            zooms in (1.0..8.0_f64, 1.0..8.0_f64), x in (0.0..=1.0_f64, 0.0..=1.0_f64), y in (0.0..=1.0_f64, 0.0..=1.0_f64), t in 0.0..=1.0_f64,
        ) {
            let aspect = [Aspect::Wide, Aspect::Tall, Aspect::Square, Aspect::Portrait][which];
            let frame = aspect.size(shorter);
            let view = |zoom, x, y| View { zoom, centre: Point { x, y } };
            let motion = Motion { from: view(zooms.0, x.0, y.0), to: view(zooms.1, x.1, y.1) };
            let part = motion.at(t, picture, frame);
            prop_assert!(part.left >= 0.0 && part.top >= 0.0 && part.width > 0.0 && part.height > 0.0);
            prop_assert!(part.left + part.width <= f64::from(picture.0) + 1e-6);
            prop_assert!(part.top + part.height <= f64::from(picture.1) + 1e-6);
            let shape = f64::from(frame.0) / f64::from(frame.1);
            prop_assert!((part.width / part.height / shape - 1.0).abs() < 1e-6);
        }
    }
}
