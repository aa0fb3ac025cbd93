//! Text: set on a line or along a path, filled, stroked and measured.

use std::rc::Rc;

use harfrust::Feature;
use tiny_skia::{FillRule, Path, PathSegment};

use super::font::Font;
use super::matrix::Matrix;
use super::path;
use super::shaping::{self, Glyph, Line, Metrics, feature};
use super::surface::Surface;

/// How text is set.
#[derive(Clone)]
pub(crate) struct TextStyle {
    pub(crate) font: Rc<Font>,
    pub(crate) align: Align,
    pub(crate) baseline: Baseline,
    pub(crate) letter_spacing: f64,
    pub(crate) word_spacing: f64,
    pub(crate) kerning: bool,
    pub(crate) caps: &'static [[u8; 4]],
    pub(crate) features: Rc<[([u8; 4], u32)]>,
}

impl Default for TextStyle {
    fn default() -> Self {
        Self {
            font: DEFAULT_FONT.with(Rc::clone),
            align: Align::Start,
            baseline: Baseline::Alphabetic,
            letter_spacing: 0.0,
            word_spacing: 0.0,
            kerning: true,
            caps: &[],
            features: Rc::new([]),
        }
    }
}

thread_local! {
    static DEFAULT_FONT: Rc<Font> = Rc::new(Font::default());
}

/// Where the anchor lies along the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Start,
    Centre,
    End,
}

/// Where the anchor lies across the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Baseline {
    Alphabetic,
    Top,
    Hanging,
    Middle,
    Ideographic,
    Bottom,
}

impl TextStyle {
    pub(crate) fn shaping_features(&self) -> Vec<Feature> {
        let mut features = Vec::new();
        if self.font.small_caps {
            features.push(feature(*b"smcp", 1));
        }
        features.extend(self.caps.iter().map(|tag| feature(*tag, 1)));
        if !self.kerning {
            features.push(feature(*b"kern", 0));
        }
        if self.letter_spacing != 0.0 {
            features.push(feature(*b"liga", 0));
            features.push(feature(*b"clig", 0));
        }
        features.extend(
            self.features
                .iter()
                .map(|(tag, value)| feature(*tag, *value)),
        );
        features
    }

    fn metrics(&self) -> Metrics {
        let first = self.font.faces.first().and_then(|id| shaping::face(*id));
        first.map_or(
            Metrics {
                ascent: 0.8,
                descent: 0.2,
                cap_height: 0.7,
                x_height: 0.5,
            },
            |face| face.metrics,
        )
    }

    /// How far below the anchor the alphabetic baseline lies.
    fn drop(&self) -> f64 {
        let Metrics {
            ascent, descent, ..
        } = self.metrics();
        let em = ascent + descent;
        self.font.size
            * match self.baseline {
                Baseline::Alphabetic => 0.0,
                Baseline::Top => ascent / em,
                Baseline::Hanging => ascent * 0.8,
                Baseline::Middle => (ascent - descent) / em / 2.0,
                Baseline::Ideographic => -descent,
                Baseline::Bottom => -descent / em,
            }
    }

    fn start(&self, width: f64) -> f64 {
        match self.align {
            Align::Start => 0.0,
            Align::Centre => -width / 2.0,
            Align::End => -width,
        }
    }
}

/// Fill or stroke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Fill,
    Stroke,
}

impl Surface {
    /// Draws `text` with its anchor at (x, y), squeezed to `width_max` where it is longer.
    pub(crate) fn text(&mut self, mode: Mode, text: &str, (x, y): (f64, f64), width_max: f64) {
        let line = shaping::shape(text, &self.state.text);
        let squeeze = if line.width > width_max {
            width_max / line.width
        } else {
            1.0
        };
        let matrix = self
            .device()
            .then_inner(&Matrix::translate(x, y))
            .then_inner(&Matrix::scale(squeeze, 1.0));
        if let Some(path) = path::trace(&self.line_recording(&line, 0.0, 0.0), matrix) {
            self.draw_text(mode, &path);
        }
    }

    fn draw_text(&mut self, mode: Mode, path: &Path) {
        match mode {
            Mode::Fill => self.fill_path(path, FillRule::Winding),
            Mode::Stroke => self.stroke_path(path),
        }
    }

    /// The recording of `text` with its anchor at (x, y) of user space.
    pub(crate) fn text_outline(&self, text: &str, x: f64, y: f64) -> Vec<f64> {
        self.line_recording(&shaping::shape(text, &self.state.text), x, y)
    }

    fn line_recording(&self, line: &Line, x: f64, y: f64) -> Vec<f64> {
        let style = &self.state.text;
        let (start, drop) = (x + style.start(line.width), y + style.drop());
        let mut recording = Vec::new();
        for glyph in &line.glyphs {
            let place = Matrix::translate(start + glyph.x, drop + glyph.y);
            record(glyph, place, style.font.size, &mut recording);
        }
        recording
    }

    /// Sets `text` along a path (in user space), `offset` from where its alignment puts it and
    /// with its baseline `shift` above the path. What does not fit on the path is left out.
    pub(crate) fn text_on_path(
        &mut self,
        mode: Mode,
        text: &str,
        recording: &[f64],
        (offset, shift): (f64, f64),
    ) {
        let Some(way) = path::trace(recording, Matrix::IDENTITY).map(|path| Way::of(&path)) else {
            return;
        };
        let style = self.state.text.clone();
        let line = shaping::shape(text, &style);
        let start = offset
            + match style.align {
                Align::Start => 0.0,
                Align::Centre => (way.length - line.width + style.letter_spacing) / 2.0,
                Align::End => way.length - line.width + style.letter_spacing,
            };
        let drop = style.drop() - shift;
        let mut recording = Vec::new();
        for glyph in &line.glyphs {
            let half = (glyph.advance - style.letter_spacing) / 2.0;
            let Some((x, y, cos, sin)) = way.at(start + glyph.x + half) else {
                continue;
            };
            let place = Matrix::new(cos, sin, -sin, cos, x, y)
                .then_inner(&Matrix::translate(-half, drop + glyph.y));
            record(glyph, place, style.font.size, &mut recording);
        }
        if let Some(path) = path::trace(&recording, self.device()) {
            self.draw_text(mode, &path);
        }
    }

    /// Measures in the order of the prelude's `measureText`.
    pub(crate) fn measure(&self, text: &str) -> [f64; 14] {
        let style = &self.state.text;
        let line = shaping::shape(text, style);
        let recording = self.line_recording(&line, 0.0, 0.0);
        let bounds =
            path::trace(&recording, Matrix::IDENTITY).and_then(|p| p.compute_tight_bounds());
        let [left, top, right, bottom] = bounds.map_or([0.0; 4], |rect| {
            [rect.left(), rect.top(), rect.right(), rect.bottom()].map(f64::from)
        });
        let (drop, size, metrics) = (style.drop(), style.font.size, style.metrics());
        let (ascent, descent) = (metrics.ascent * size, metrics.descent * size);
        let em = metrics.ascent + metrics.descent;
        [
            line.width,
            -left,
            right,
            -top,
            bottom,
            ascent - drop,
            descent + drop,
            ascent / em - drop,
            descent / em + drop,
            ascent * 0.8 - drop,
            -drop,
            -descent - drop,
            metrics.cap_height * size,
            metrics.x_height * size,
        ]
    }
}

/// Adds a glyph's outline at `place`.
fn record(glyph: &Glyph, place: Matrix, size: f64, recording: &mut Vec<f64>) {
    let outline = glyph.face.outline(glyph.id);
    if outline.is_empty() {
        return;
    }
    let matrix = place.then_inner(&Matrix::scale(size, size));
    recording.push(f64::from(path::op::TRANSFORM));
    recording.extend(matrix.to_array());
    recording.extend(outline);
}

/// A path as points with their distance from its start.
struct Way {
    points: Vec<(f64, f64, f64)>,
    length: f64,
}

impl Way {
    /// The first subpath of `path`, in steps short enough for text.
    fn of(path: &Path) -> Self {
        let mut way = Self {
            points: Vec::new(),
            length: 0.0,
        };
        const STEPS: u32 = 24;
        let mut last = (0.0, 0.0);
        let mut first = (0.0, 0.0);
        for segment in path.segments() {
            let point = |p: tiny_skia::Point| (f64::from(p.x), f64::from(p.y));
            match segment {
                PathSegment::MoveTo(p) => {
                    if !way.points.is_empty() {
                        break;
                    }
                    (first, last) = (point(p), point(p));
                    way.points.push((last.0, last.1, 0.0));
                }
                PathSegment::LineTo(p) => {
                    last = point(p);
                    way.add(last);
                }
                PathSegment::QuadTo(c, p) => {
                    let (from, c, to) = (last, point(c), point(p));
                    for i in 1..=STEPS {
                        let t = f64::from(i) / f64::from(STEPS);
                        way.add(mix(mix(from, c, t), mix(c, to, t), t));
                    }
                    last = to;
                }
                PathSegment::CubicTo(a, b, p) => {
                    let (from, a, b, to) = (last, point(a), point(b), point(p));
                    for i in 1..=STEPS {
                        let t = f64::from(i) / f64::from(STEPS);
                        let (u, v, w) = (mix(from, a, t), mix(a, b, t), mix(b, to, t));
                        way.add(mix(mix(u, v, t), mix(v, w, t), t));
                    }
                    last = to;
                }
                PathSegment::Close => {
                    way.add(first);
                    break;
                }
            }
        }
        way
    }

    fn add(&mut self, (x, y): (f64, f64)) {
        if let Some(&(lx, ly, _)) = self.points.last() {
            let step = ((x - lx) * (x - lx) + (y - ly) * (y - ly)).sqrt();
            if step > 0.0 {
                self.length += step;
                self.points.push((x, y, self.length));
            }
        }
    }

    /// Point and direction at a distance from the start; none beyond the ends.
    fn at(&self, distance: f64) -> Option<(f64, f64, f64, f64)> {
        if !(0.0..=self.length).contains(&distance) {
            return None;
        }
        let next = self
            .points
            .partition_point(|(_, _, at)| *at < distance)
            .max(1);
        let (&(ax, ay, from), &(bx, by, to)) = (self.points.get(next - 1)?, self.points.get(next)?);
        let (dx, dy, span) = (bx - ax, by - ay, to - from);
        let t = (distance - from) / span;
        Some((ax + dx * t, ay + dy * t, dx / span, dy / span))
    }
}

fn mix(from: (f64, f64), to: (f64, f64), t: f64) -> (f64, f64) {
    (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t)
}
