//! What `save()` keeps and `restore()` brings back.

use std::rc::Rc;

use tiny_skia::{BlendMode, FillRule, FilterQuality, LineCap, LineJoin, Mask, Path};

use super::colour::Rgba;
use super::effects::Filter;
use super::limits::Share;
use super::matrix::Matrix;
use super::style::Style;
use super::text::TextStyle;

/// The drawing state of a context.
#[derive(Clone)]
pub(crate) struct State {
    /// From what the script draws in to the units of the canvas.
    pub(crate) matrix: Matrix,
    pub(crate) fill: Style,
    pub(crate) stroke: Style,
    pub(crate) alpha: f64,
    pub(crate) blend: BlendMode,
    pub(crate) line: Line,
    pub(crate) shadow: Shadow,
    pub(crate) filters: Rc<[Filter]>,
    pub(crate) smoothing: bool,
    pub(crate) quality: FilterQuality,
    pub(crate) text: TextStyle,
    pub(crate) clip: Option<Rc<Clip>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            matrix: Matrix::IDENTITY,
            fill: Style::Solid(Rgba::BLACK),
            stroke: Style::Solid(Rgba::BLACK),
            alpha: 1.0,
            blend: BlendMode::SourceOver,
            line: Line::default(),
            shadow: Shadow::default(),
            filters: Rc::new([]),
            smoothing: true,
            quality: FilterQuality::Bilinear,
            text: TextStyle::default(),
            clip: None,
        }
    }
}

impl State {
    /// How pictures are sampled.
    pub(crate) fn sampling(&self) -> FilterQuality {
        if self.smoothing {
            self.quality
        } else {
            FilterQuality::Nearest
        }
    }

    /// Whether shapes themselves go onto the canvas without a layer between.
    pub(crate) fn is_direct(&self) -> bool {
        self.filters.is_empty() && !reaches_outside(self.blend)
    }
}

/// Whether a mode changes pixels that the shape does not cover.
pub(crate) fn reaches_outside(blend: BlendMode) -> bool {
    matches!(
        blend,
        BlendMode::Source
            | BlendMode::SourceIn
            | BlendMode::SourceOut
            | BlendMode::DestinationIn
            | BlendMode::DestinationAtop
    )
}

/// How outlines are stroked; lengths in user space.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) width: f64,
    pub(crate) cap: LineCap,
    pub(crate) join: LineJoin,
    pub(crate) miter_limit: f64,
    pub(crate) dash: Rc<[f64]>,
    pub(crate) dash_offset: f64,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            width: 1.0,
            cap: LineCap::Butt,
            join: LineJoin::Miter,
            miter_limit: 10.0,
            dash: Rc::new([]),
            dash_offset: 0.0,
        }
    }
}

/// A shadow; lengths in units of the canvas, whatever the transform, as the standard says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shadow {
    pub(crate) colour: Rgba,
    pub(crate) blur: f64,
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Default for Shadow {
    fn default() -> Self {
        Self {
            colour: Rgba::TRANSPARENT,
            blur: 0.0,
            x: 0.0,
            y: 0.0,
        }
    }
}

impl Shadow {
    pub(crate) fn is_visible(&self) -> bool {
        self.colour.a > 0.0 && (self.blur > 0.0 || self.x != 0.0 || self.y != 0.0)
    }
}

/// A rectangle of device pixels, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) x0: i32,
    pub(crate) y0: i32,
    pub(crate) x1: i32,
    pub(crate) y1: i32,
}

impl Bounds {
    /// The pixels that `path` may touch.
    pub(crate) fn of(path: &Path) -> Self {
        let rect = path.bounds();
        let edge = |value: f32, by: f32| (value + by).clamp(-1e6, 1e6) as i32;
        Self {
            x0: edge(rect.left().floor(), -1.0),
            y0: edge(rect.top().floor(), -1.0),
            x1: edge(rect.right().ceil(), 1.0),
            y1: edge(rect.bottom().ceil(), 1.0),
        }
    }

    pub(crate) fn of_size(width: u32, height: u32) -> Self {
        Self {
            x0: 0,
            y0: 0,
            x1: width as i32,
            y1: height as i32,
        }
    }

    pub(crate) fn intersect(self, other: Self) -> Self {
        Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        }
    }

    pub(crate) fn grown(self, by: i32) -> Self {
        Self {
            x0: self.x0.saturating_sub(by),
            y0: self.y0.saturating_sub(by),
            x1: self.x1.saturating_add(by),
            y1: self.y1.saturating_add(by),
        }
    }

    pub(crate) fn moved(self, x: i32, y: i32) -> Self {
        Self {
            x0: self.x0.saturating_add(x),
            y0: self.y0.saturating_add(y),
            x1: self.x1.saturating_add(x),
            y1: self.y1.saturating_add(y),
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.x0 >= self.x1 || self.y0 >= self.y1
    }

    pub(crate) fn width(self) -> u32 {
        self.x1.saturating_sub(self.x0).max(0) as u32
    }

    pub(crate) fn height(self) -> u32 {
        self.y1.saturating_sub(self.y0).max(0) as u32
    }
}

/// The region that drawing is confined to.
pub(crate) struct Clip {
    pub(crate) mask: Mask,
    pub(crate) bounds: Bounds,
    /// Its part of the memory that canvases may use.
    _share: Share,
}

impl Clip {
    /// The inside of `path`, within `outer` if there is one.
    pub(crate) fn new(
        path: Option<&Path>,
        rule: FillRule,
        outer: Option<&Self>,
        (width, height): (u32, u32),
        share: Share,
    ) -> Option<Self> {
        let mut mask = Mask::new(width, height)?;
        let whole = Bounds::of_size(width, height);
        let mut bounds = path.map_or(whole.intersect(whole.moved(width as i32, 0)), |path| {
            mask.fill_path(path, rule, true, tiny_skia::Transform::identity());
            Bounds::of(path).intersect(whole)
        });
        if let Some(outer) = outer {
            let data = mask.data_mut();
            for y in bounds.y0..bounds.y1 {
                let row = y as usize * width as usize;
                for x in bounds.x0..bounds.x1 {
                    let at = row + x as usize;
                    let product = u32::from(data[at]) * u32::from(outer.mask.data()[at]);
                    data[at] = ((product + 127) / 255) as u8;
                }
            }
            bounds = bounds.intersect(outer.bounds);
        }
        Some(Self {
            mask,
            bounds,
            _share: share,
        })
    }
}
