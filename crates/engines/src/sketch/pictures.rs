//! Pictures on a canvas: drawn, read back, written.

use std::rc::Rc;

use tiny_skia::{
    FilterQuality, IntRect, Paint, PathBuilder, Pixmap, PremultipliedColorU8, Rect, SpreadMode,
    Transform,
};

use super::matrix::Matrix;
use super::state::Bounds;
use super::style::Pattern;
use super::surface::Surface;

impl Surface {
    /// Draws a part of `source` (x, y, width, height in its units) into a rectangle of user space.
    pub(crate) fn draw_image(
        &mut self,
        source: &Rc<Pixmap>,
        source_density: f64,
        [sx, sy, sw, sh, dx, dy, dw, dh]: [f64; 8],
    ) {
        let part = Part::of(source, [sx, sy, sw, sh].map(|units| units * source_density));
        let Some(part) = part else { return };
        // From units of the source to user space, then from its pixels to device space.
        let (fx, fy) = (dw / (sw * source_density), dh / (sh * source_density));
        let (sx, sy) = (sx * source_density, sy * source_density);
        let placed =
            self.device()
                .then_inner(&Matrix::new(fx, 0.0, 0.0, fy, dx - sx * fx, dy - sy * fy));
        let quality = self.state.sampling();
        let part = if quality == FilterQuality::Nearest {
            part
        } else {
            part.shrunk(&placed)
        };
        let to_device = placed.then_inner(&part.matrix());
        let rect = Rect::from_xywh(
            0.0,
            0.0,
            part.pixmap.width() as f32,
            part.pixmap.height() as f32,
        );
        let Some(path) = rect
            .map(PathBuilder::from_rect)
            .and_then(|path| path.transform(to_device.to_skia()))
        else {
            return;
        };
        let quality = if is_aligned(&to_device) {
            FilterQuality::Nearest
        } else {
            quality
        };
        let alpha = self.state.alpha as f32;
        self.compose(Bounds::of(&path), &|target, (x, y), mask, blend| {
            let paint = Paint {
                shader: tiny_skia::Pattern::new(
                    part.pixmap.as_ref().as_ref(),
                    SpreadMode::Pad,
                    quality,
                    alpha,
                    to_device.to_skia(),
                ),
                blend_mode: blend,
                ..Paint::default()
            };
            let shift = Transform::from_translate(-x as f32, -y as f32);
            let rule = tiny_skia::FillRule::Winding;
            target.fill_path(&path, &paint, rule, shift, mask);
        });
    }

    /// A pattern of this canvas as it is now.
    pub(crate) fn pattern(&self, repeat_x: bool, repeat_y: bool) -> Result<Pattern, String> {
        let (width, height) = self.size();
        let pixels = u64::from(width) * u64::from(height);
        Ok(Pattern {
            pixmap: Rc::clone(&self.pixmap),
            pixel: 1.0 / self.density,
            repeat_x,
            repeat_y,
            matrix: Matrix::IDENTITY,
            _share: self.allowance.take(pixels, "a pattern")?,
        })
    }

    /// Straight RGBA of a rectangle of device pixels; transparent beyond the canvas.
    pub(crate) fn pixels(&self, x: i32, y: i32, width: u32, height: u32) -> Vec<u8> {
        let mut bytes = vec![0; width as usize * height as usize * 4];
        let (own_width, own_height) = self.size();
        let bounds = Bounds::of_size(width, height)
            .moved(x, y)
            .intersect(Bounds::of_size(own_width, own_height));
        for row in bounds.y0..bounds.y1 {
            let from = row as usize * own_width as usize;
            let to = (row - y) as usize * width as usize;
            for column in bounds.x0..bounds.x1 {
                let pixel = self.pixmap.pixels()[from + column as usize].demultiply();
                let at = (to + (column - x) as usize) * 4;
                bytes[at..at + 4].copy_from_slice(&[
                    pixel.red(),
                    pixel.green(),
                    pixel.blue(),
                    pixel.alpha(),
                ]);
            }
        }
        bytes
    }

    /// Writes straight RGBA, whatever the transform, clip and mode. A picture of another density
    /// than the canvas is scaled without smoothing.
    pub(crate) fn put_pixels(&mut self, bytes: &[u8], image: &PutImage) {
        let scale = self.density / image.density;
        let (width, height) = self.size();
        let edge = |units: f64| (units * self.density).round().clamp(-1e6, 1e6) as i32;
        let [x, y, dirty_x, dirty_y, dirty_w, dirty_h] = image.place;
        let (left, top) = (edge(x), edge(y));
        let (from_x, to_x) = ordered(dirty_x, dirty_w);
        let (from_y, to_y) = ordered(dirty_y, dirty_h);
        let pixels = |count: u32| (f64::from(count) * scale).round() as i32;
        let dirty = Bounds {
            x0: edge(from_x).max(0),
            y0: edge(from_y).max(0),
            x1: edge(to_x).min(pixels(image.width)),
            y1: edge(to_y).min(pixels(image.height)),
        };
        let bounds = dirty
            .moved(left, top)
            .intersect(Bounds::of_size(width, height));
        let (image_width, image_height) = (image.width as usize, image.height as usize);
        let nearest = |offset: i32, count: usize| {
            (((f64::from(offset) + 0.5) / scale) as usize).min(count.saturating_sub(1))
        };
        let pixels = self.pixels_mut().pixels_mut();
        for row in bounds.y0..bounds.y1 {
            let from = nearest(row - top, image_height) * image_width;
            for column in bounds.x0..bounds.x1 {
                let at = (from + nearest(column - left, image_width)) * 4;
                let Some(&[r, g, b, a]) = bytes.get(at..at + 4).and_then(|p| p.first_chunk())
                else {
                    continue;
                };
                pixels[row as usize * width as usize + column as usize] = premultiplied(r, g, b, a);
            }
        }
    }
}

/// Size of an `ImageData` and where it goes: x, y, then the part that is written.
pub(crate) struct PutImage {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) density: f64,
    pub(crate) place: [f64; 6],
}

fn ordered(start: f64, length: f64) -> (f64, f64) {
    if length < 0.0 {
        (start + length, start)
    } else {
        (start, start + length)
    }
}

fn premultiplied(r: u8, g: u8, b: u8, a: u8) -> PremultipliedColorU8 {
    tiny_skia::ColorU8::from_rgba(r, g, b, a).premultiply()
}

/// A rectangle of a picture: its pixels, where they were, and how much smaller they are now.
struct Part {
    pixmap: Rc<Pixmap>,
    x: f64,
    y: f64,
    factor_x: f64,
    factor_y: f64,
}

impl Part {
    /// The pixels within `x, y, width, height` (in pixels of `source`), whole ones.
    fn of(source: &Rc<Pixmap>, [x, y, w, h]: [f64; 4]) -> Option<Self> {
        let (width, height) = (f64::from(source.width()), f64::from(source.height()));
        let ((x0, x1), (y0, y1)) = (ordered(x, w), ordered(y, h));
        let (x0, y0) = (x0.floor().max(0.0), y0.floor().max(0.0));
        let (x1, y1) = (x1.ceil().min(width), y1.ceil().min(height));
        if !(x0 < x1 && y0 < y1) {
            return None;
        }
        let whole = (x0, y0, x1, y1) == (0.0, 0.0, width, height);
        let pixmap = if whole {
            Rc::clone(source)
        } else {
            let (w, h) = ((x1 - x0) as u32, (y1 - y0) as u32);
            let rect = IntRect::from_xywh(x0 as i32, y0 as i32, w, h)?;
            Rc::new(source.clone_rect(rect)?)
        };
        Some(Self {
            pixmap,
            x: x0,
            y: y0,
            factor_x: 1.0,
            factor_y: 1.0,
        })
    }

    /// Halved until it is at most twice as large as it will be drawn, which bilinear sampling can
    /// take without losing pixels.
    fn shrunk(mut self, placed: &Matrix) -> Self {
        let across = (placed.a * placed.a + placed.b * placed.b).sqrt();
        let down = (placed.c * placed.c + placed.d * placed.d).sqrt();
        loop {
            let halve_x = across * self.factor_x <= 0.5 && self.pixmap.width() > 1;
            let halve_y = down * self.factor_y <= 0.5 && self.pixmap.height() > 1;
            if !halve_x && !halve_y {
                return self;
            }
            let Some(half) = halved(&self.pixmap, halve_x, halve_y) else {
                return self;
            };
            self.factor_x *= f64::from(self.pixmap.width()) / f64::from(half.width());
            self.factor_y *= f64::from(self.pixmap.height()) / f64::from(half.height());
            self.pixmap = Rc::new(half);
        }
    }

    /// From pixels of the part to pixels of the source.
    fn matrix(&self) -> Matrix {
        Matrix::new(self.factor_x, 0.0, 0.0, self.factor_y, self.x, self.y)
    }
}

fn halved(pixmap: &Pixmap, halve_x: bool, halve_y: bool) -> Option<Pixmap> {
    let (width, height) = (pixmap.width() as usize, pixmap.height() as usize);
    let (step_x, step_y) = (1 + usize::from(halve_x), 1 + usize::from(halve_y));
    let (w, h) = (width.div_ceil(step_x), height.div_ceil(step_y));
    let mut half = Pixmap::new(w as u32, h as u32)?;
    let data = pixmap.data();
    for y in 0..h {
        for x in 0..w {
            let mut sum = [0_u32; 4];
            let mut count = 0;
            for row in y * step_y..((y + 1) * step_y).min(height) {
                for column in x * step_x..((x + 1) * step_x).min(width) {
                    let at = (row * width + column) * 4;
                    for (sum, part) in sum.iter_mut().zip(&data[at..at + 4]) {
                        *sum += u32::from(*part);
                    }
                    count += 1;
                }
            }
            let at = (y * w + x) * 4;
            for (to, sum) in half.data_mut()[at..at + 4].iter_mut().zip(sum) {
                *to = ((sum + count / 2) / count) as u8;
            }
        }
    }
    Some(half)
}

/// Whether every pixel falls on exactly one pixel.
fn is_aligned(m: &Matrix) -> bool {
    let whole = |value: f64| (value - value.round()).abs() < 1e-6;
    (m.a, m.b, m.c, m.d) == (1.0, 0.0, 0.0, 1.0) && whole(m.e) && whole(m.f)
}
