//! What shapes are painted with: colours, gradients, patterns.

use std::cell::RefCell;
use std::rc::Rc;

use tiny_skia::{
    FilterQuality, GradientStop, LinearGradient, Pixmap, Point, RadialGradient, Shader, SpreadMode,
    SweepGradient,
};

use super::colour::Rgba;
use super::limits::Share;
use super::matrix::Matrix;

/// A fill or stroke style. Gradients and patterns are shared with the script, which may change them
/// after they were set.
#[derive(Clone)]
pub(crate) enum Style {
    Solid(Rgba),
    Gradient(Rc<RefCell<Gradient>>),
    Pattern(Rc<RefCell<Pattern>>),
}

/// Where a gradient runs, in user space.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Course {
    /// From a point to a point.
    Linear([f64; 4]),
    /// From a circle to a circle: x, y, radius of each.
    Radial([f64; 6]),
    /// Around a point: start angle in radians, x, y.
    Conic([f64; 3]),
}

/// Colours along a course.
pub(crate) struct Gradient {
    course: Course,
    stops: Vec<(f64, Rgba)>,
}

impl Gradient {
    pub(crate) fn new(course: Course) -> Self {
        Self {
            course,
            stops: Vec::new(),
        }
    }

    /// Adds a stop after those at the same offset, as the standard says.
    pub(crate) fn add_stop(&mut self, offset: f64, colour: Rgba) {
        let at = self.stops.partition_point(|(known, _)| *known <= offset);
        self.stops.insert(at, (offset, colour));
    }

    /// None where it paints nothing: no stops, or no extent.
    fn shader(&self, matrix: Matrix) -> Option<Shader<'static>> {
        let stops: Vec<_> = self
            .stops
            .iter()
            .map(|(offset, colour)| GradientStop::new(*offset as f32, colour.to_skia()))
            .collect();
        let point = |x: f64, y: f64| Point::from_xy(x as f32, y as f32);
        let transform = matrix.to_skia();
        match self.course {
            Course::Linear([x0, y0, x1, y1]) => {
                if (x0, y0) == (x1, y1) {
                    return None;
                }
                let (from, to) = (point(x0, y0), point(x1, y1));
                LinearGradient::new(from, to, stops, SpreadMode::Pad, transform)
            }
            Course::Radial([x0, y0, r0, x1, y1, r1]) => {
                if (x0, y0, r0) == (x1, y1, r1) {
                    return None;
                }
                let (from, to) = (point(x0, y0), point(x1, y1));
                let (r0, r1) = (r0 as f32, r1 as f32);
                RadialGradient::new(from, r0, to, r1, stops, SpreadMode::Pad, transform)
            }
            Course::Conic([angle, x, y]) => {
                let turned = matrix
                    .then_inner(&Matrix::translate(x, y))
                    .then_inner(&Matrix::rotate(angle));
                let centre = point(0.0, 0.0);
                SweepGradient::new(centre, 0.0, 360.0, stops, SpreadMode::Pad, turned.to_skia())
            }
        }
    }
}

/// A picture that repeats.
pub(crate) struct Pattern {
    pub(crate) pixmap: Rc<Pixmap>,
    /// Size of one pixel in user space.
    pub(crate) pixel: f64,
    pub(crate) repeat_x: bool,
    pub(crate) repeat_y: bool,
    /// Set by the script's `setTransform`.
    pub(crate) matrix: Matrix,
    /// Its part of the memory that canvases may use.
    pub(crate) _share: Share,
}

impl Pattern {
    /// From pixels of the picture to device space.
    pub(crate) fn placed(&self, matrix: Matrix) -> Matrix {
        matrix
            .then_inner(&self.matrix)
            .then_inner(&Matrix::scale(self.pixel, self.pixel))
    }
}

/// A style made ready to paint with.
pub(crate) enum Ink {
    Shader(Shader<'static>),
    Picture {
        pixmap: Rc<Pixmap>,
        /// From pixels to device space.
        placed: Matrix,
        repeat: (bool, bool),
        alpha: f32,
        quality: FilterQuality,
    },
}

impl Style {
    /// The ink of this style under `matrix` (user to device space), thinned by `alpha`; none if it
    /// paints nothing.
    pub(crate) fn ink(&self, matrix: Matrix, alpha: f64, quality: FilterQuality) -> Option<Ink> {
        let mut shader = match self {
            Self::Solid(colour) => {
                let colour = colour.with_alpha(colour.a * alpha);
                return Some(Ink::Shader(Shader::SolidColor(colour.to_skia())));
            }
            Self::Gradient(gradient) => gradient.borrow().shader(matrix)?,
            Self::Pattern(pattern) => {
                let pattern = pattern.borrow();
                return Some(Ink::Picture {
                    pixmap: Rc::clone(&pattern.pixmap),
                    placed: pattern.placed(matrix),
                    repeat: (pattern.repeat_x, pattern.repeat_y),
                    alpha: alpha as f32,
                    quality,
                });
            }
        };
        shader.apply_opacity(alpha as f32);
        Some(Ink::Shader(shader))
    }
}
