//! Fills, strokes, clips and hit tests.

use std::rc::Rc;

use tiny_skia::{FillRule, Mask, Path, Stroke, StrokeDash, Transform};

use super::matrix::Matrix;
use super::path;
use super::state::Clip;
use super::surface::Surface;

/// How many clips a surface remembers.
const CLIPS_KEPT: usize = 8;

impl Surface {
    /// The outline of a recording in device space. A `Path2D` is in user space; the current path
    /// has recorded the transforms under which it was made.
    pub(crate) fn outline(&self, recording: &[f64], in_user_space: bool) -> Option<Path> {
        let base = if in_user_space {
            self.device()
        } else {
            self.units()
        };
        path::trace(recording, base)
    }

    pub(crate) fn fill_path(&mut self, path: &Path, rule: FillRule) {
        let style = self.state.fill.clone();
        self.paint(path, rule, &style, 1.0);
    }

    pub(crate) fn stroke_path(&mut self, path: &Path) {
        if let Some((outline, opacity)) = self.stroked(path) {
            let style = self.state.stroke.clone();
            self.paint(&outline, FillRule::Winding, &style, opacity);
        }
    }

    /// The area that a stroke of `path` covers, and how much of its ink. Lines thinner than a
    /// pixel are drawn a pixel wide with less ink, so that they stay even.
    fn stroked(&self, path: &Path) -> Option<(Path, f64)> {
        let matrix = self.device();
        let scale = matrix.mean_scale();
        if !(scale > 0.0 && scale.is_finite()) {
            return None;
        }
        let width = (self.state.line.width * scale).min(path::FAR);
        let opacity = width.min(1.0);
        if is_similarity(&matrix) {
            let stroke = self.stroke_of(width.max(1.0), scale);
            return Some((outline(path, &stroke, 1.0)?, opacity));
        }
        let inverse = matrix.invert()?;
        let stroke = self.stroke_of(width.max(1.0) / scale, 1.0);
        let local = path.clone().transform(inverse.to_skia())?;
        let bounds = local.bounds();
        let far = path::FAR as f32;
        if bounds.width() > far || bounds.height() > far || stroke.width > far {
            return None;
        }
        let outline = outline(&local, &stroke, scale as f32)?;
        Some((outline.transform(matrix.to_skia())?, opacity))
    }

    fn stroke_of(&self, width: f64, dash_scale: f64) -> Stroke {
        let line = &self.state.line;
        let dash: Vec<f32> = line
            .dash
            .iter()
            .map(|dash| (dash * dash_scale) as f32)
            .collect();
        Stroke {
            width: width as f32,
            miter_limit: line.miter_limit as f32,
            line_cap: line.cap,
            line_join: line.join,
            dash: StrokeDash::new(dash, (line.dash_offset * dash_scale) as f32),
        }
    }

    /// Confines drawing to the inside of `path`; none is the inside of nothing.
    pub(crate) fn clip(&mut self, path: Option<&Path>, rule: FillRule) -> Result<(), String> {
        let outer = self.state.clip.clone();
        if outer.is_none()
            && let Some(path) = path
            && let Some((_, _, known)) = self
                .clips
                .iter()
                .find(|(shape, known, _)| *known == rule && shape == path)
        {
            self.state.clip = Some(Rc::clone(known));
            return Ok(());
        }
        let (width, height) = self.size();
        let pixels = u64::from(width) * u64::from(height) / 4;
        let share = self.allowance.take(pixels, "a clip")?;
        let clip = Clip::new(path, rule, outer.as_deref(), (width, height), share)
            .map(Rc::new)
            .ok_or("a clip of this size can't be made")?;
        if let (None, Some(path)) = (&outer, path) {
            if self.clips.len() == CLIPS_KEPT {
                self.clips.remove(0);
            }
            self.clips.push((path.clone(), rule, Rc::clone(&clip)));
        }
        self.state.clip = Some(clip);
        Ok(())
    }

    /// Makes a rectangle transparent, within the clip.
    pub(crate) fn clear_rect(&mut self, path: &Path) {
        // Opaque ink taken out: unlike a clearing mode, it heeds the clip.
        let paint = tiny_skia::Paint {
            blend_mode: tiny_skia::BlendMode::DestinationOut,
            ..tiny_skia::Paint::default()
        };
        let clip = self.state.clip.clone();
        let mask = clip.as_ref().map(|clip| &clip.mask);
        let identity = Transform::identity();
        self.pixels_mut()
            .fill_path(path, &paint, FillRule::Winding, identity, mask);
    }

    /// Whether a point (in units, whatever the transform) lies inside `path`.
    pub(crate) fn is_inside(&self, path: &Path, rule: FillRule, x: f64, y: f64) -> bool {
        let (x, y) = self.units().apply(x, y);
        contains(path, rule, x, y)
    }

    /// Whether a point (in units) lies on the stroke of `path`.
    pub(crate) fn is_on_stroke(&self, path: &Path, x: f64, y: f64) -> bool {
        let (x, y) = self.units().apply(x, y);
        self.stroked(path)
            .is_some_and(|(outline, _)| contains(&outline, FillRule::Winding, x, y))
    }

    /// The outline of a rectangle in device space.
    pub(crate) fn rect(&self, [x, y, w, h]: [f64; 4]) -> Option<Path> {
        const RECT: f64 = 7.0;
        path::trace(&[RECT, x, y, w, h], self.device())
    }
}

fn outline(path: &Path, stroke: &Stroke, scale: f32) -> Option<Path> {
    match &stroke.dash {
        Some(dash) => path.dash(dash, scale)?.stroke(stroke, scale),
        None => path.stroke(stroke, scale),
    }
}

/// Whether circles stay circles.
fn is_similarity(m: &Matrix) -> bool {
    let (first, second) = (m.a * m.a + m.b * m.b, m.c * m.c + m.d * m.d);
    let skew = m.a * m.c + m.b * m.d;
    (first - second).abs() <= first * 1e-9 && skew.abs() <= first * 1e-9
}

/// Rasterises the surroundings of one point.
fn contains(path: &Path, rule: FillRule, x: f64, y: f64) -> bool {
    // Sixteen pixels wide, so that the answer is as fine as a sixteenth of one.
    const SIDE: u32 = 16;
    if !(x.is_finite() && y.is_finite()) {
        return false;
    }
    let bounds = path.bounds();
    let (px, py) = (x as f32, y as f32);
    if px < bounds.left() || px > bounds.right() || py < bounds.top() || py > bounds.bottom() {
        return false;
    }
    let Some(mut mask) = Mask::new(SIDE, SIDE) else {
        return false;
    };
    let middle = SIDE as f32 / 2.0;
    let zoom = SIDE as f32;
    let place = Transform::from_row(zoom, 0.0, 0.0, zoom, middle - px * zoom, middle - py * zoom);
    mask.fill_path(path, rule, false, place);
    mask.data()[(SIDE / 2 * SIDE + SIDE / 2) as usize] > 0
}
