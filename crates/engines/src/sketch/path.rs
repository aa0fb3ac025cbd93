//! From recorded path commands to outlines.
//!
//! A script records its path as numbers: an operation, then its arguments. Curves, arcs and
//! transforms are worked out here, in double precision, once per fill or stroke.

use std::f64::consts::{PI, TAU};

use tiny_skia::{Path, PathBuilder};

use super::matrix::Matrix;

/// The operations of a recording; the prelude has the same numbers.
pub(super) mod op {
    pub(crate) const MOVE: u8 = 0;
    pub(crate) const LINE: u8 = 1;
    pub(crate) const QUAD: u8 = 2;
    pub(crate) const CUBIC: u8 = 3;
    pub(crate) const CLOSE: u8 = 4;
    pub(crate) const ELLIPSE: u8 = 5;
    pub(crate) const ARC_TO: u8 = 6;
    pub(crate) const RECT: u8 = 7;
    pub(crate) const ROUND_RECT: u8 = 8;
    /// Following points are in this coordinate system.
    pub(crate) const TRANSFORM: u8 = 9;
}

/// How many arguments follow each operation.
const ARGUMENTS: [usize; 10] = [2, 2, 4, 6, 0, 8, 5, 4, 12, 6];

/// The outline that `recording` describes, in device space; `base` maps what no recorded transform
/// maps. None if nothing can be drawn. An operation with a number that is not finite is left out,
/// as the HTML standard says.
pub(crate) fn trace(recording: &[f64], base: Matrix) -> Option<Path> {
    let mut tracer = Tracer::new(base);
    tracer.follow(recording);
    tracer.builder.finish()
}

/// Follows a recording and builds its outline.
struct Tracer {
    builder: PathBuilder,
    base: Matrix,
    matrix: Matrix,
    /// Where the current and the first point of the subpath are, in device space.
    last: Option<(f64, f64)>,
    first: (f64, f64),
}

impl Tracer {
    fn new(base: Matrix) -> Self {
        Self {
            builder: PathBuilder::new(),
            base,
            matrix: base,
            last: None,
            first: (0.0, 0.0),
        }
    }

    fn follow(&mut self, recording: &[f64]) {
        let mut rest = recording;
        while let Some((&operation, tail)) = rest.split_first() {
            let Some(&count) = ARGUMENTS.get(operation as usize) else {
                return;
            };
            let Some((arguments, tail)) = tail.split_at_checked(count) else {
                return;
            };
            if arguments.iter().all(|argument| argument.is_finite()) {
                self.step(operation as u8, arguments);
            }
            rest = tail;
        }
    }

    fn step(&mut self, operation: u8, n: &[f64]) {
        match (operation, n) {
            (op::MOVE, &[x, y]) => self.move_to(x, y),
            (op::LINE, &[x, y]) => self.line_to(x, y),
            (op::QUAD, &[cx, cy, x, y]) => {
                self.ensure(cx, cy);
                let ((cx, cy), (x, y)) = (self.map(cx, cy), self.map(x, y));
                self.builder
                    .quad_to(single(cx), single(cy), single(x), single(y));
                self.last = Some((x, y));
            }
            (op::CUBIC, &[ax, ay, bx, by, x, y]) => {
                self.ensure(ax, ay);
                self.cubic_to([ax, ay, bx, by, x, y]);
            }
            (op::CLOSE, []) => self.close(),
            (op::ELLIPSE, &[x, y, rx, ry, turn, start, end, ccw]) => {
                let arc = Arc {
                    x,
                    y,
                    rx,
                    ry,
                    turn,
                    start,
                    sweep: sweep(start, end, ccw != 0.0),
                };
                self.arc(&arc);
            }
            (op::ARC_TO, &[x1, y1, x2, y2, r]) => self.arc_to((x1, y1), (x2, y2), r),
            (op::RECT, &[x, y, w, h]) => {
                self.move_to(x, y);
                self.line_to(x + w, y);
                self.line_to(x + w, y + h);
                self.line_to(x, y + h);
                self.close();
                self.move_to(x, y);
            }
            (op::ROUND_RECT, n) => self.round_rect(n),
            (op::TRANSFORM, &[a, b, c, d, e, f]) => {
                self.matrix = self.base.then_inner(&Matrix::new(a, b, c, d, e, f));
            }
            _ => {}
        }
    }

    fn map(&self, x: f64, y: f64) -> (f64, f64) {
        self.matrix.apply(x, y)
    }

    /// Starts a subpath at a point where there is none.
    fn ensure(&mut self, x: f64, y: f64) {
        if self.last.is_none() {
            self.move_to(x, y);
        }
    }

    fn move_to(&mut self, x: f64, y: f64) {
        let (x, y) = self.map(x, y);
        self.builder.move_to(single(x), single(y));
        self.first = (x, y);
        self.last = Some((x, y));
    }

    fn line_to(&mut self, x: f64, y: f64) {
        if self.last.is_none() {
            return self.move_to(x, y);
        }
        let (x, y) = self.map(x, y);
        self.builder.line_to(single(x), single(y));
        self.last = Some((x, y));
    }

    fn cubic_to(&mut self, [ax, ay, bx, by, x, y]: [f64; 6]) {
        let (ax, ay) = self.map(ax, ay);
        let (bx, by) = self.map(bx, by);
        let (x, y) = self.map(x, y);
        self.builder.cubic_to(
            single(ax),
            single(ay),
            single(bx),
            single(by),
            single(x),
            single(y),
        );
        self.last = Some((x, y));
    }

    fn close(&mut self) {
        if self.last.is_some() {
            self.builder.close();
            // The next segment continues from where the subpath began.
            self.builder
                .move_to(single(self.first.0), single(self.first.1));
            self.last = Some(self.first);
        }
    }

    fn arc(&mut self, arc: &Arc) {
        let (x, y) = arc.point(arc.start);
        self.line_to(x, y);
        if arc.sweep == 0.0 || (arc.rx == 0.0 && arc.ry == 0.0) {
            return;
        }
        let count = ((arc.sweep.abs() / (PI / 2.0)) - 1e-9).ceil().max(1.0);
        let step = arc.sweep / count;
        let reach = 4.0 / 3.0 * libm::tan(step / 4.0);
        for i in 0..count as u32 {
            let from = arc.start + step * f64::from(i);
            let to = from + step;
            let ((fx, fy), (fdx, fdy)) = (arc.point(from), arc.tangent(from));
            let ((tx, ty), (tdx, tdy)) = (arc.point(to), arc.tangent(to));
            self.cubic_to([
                fx + reach * fdx,
                fy + reach * fdy,
                tx - reach * tdx,
                ty - reach * tdy,
                tx,
                ty,
            ]);
        }
    }

    /// A line and the arc that touches both legs of a corner, as the HTML standard defines it.
    fn arc_to(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), r: f64) {
        self.ensure(x1, y1);
        let inverse = self.matrix.invert();
        let (Some((lx, ly)), Some(inverse)) = (self.last, inverse) else {
            return self.line_to(x1, y1);
        };
        let (x0, y0) = inverse.apply(lx, ly);
        let (ux, uy, ul) = unit(x0 - x1, y0 - y1);
        let (vx, vy, vl) = unit(x2 - x1, y2 - y1);
        let cross = ux * vy - uy * vx;
        if ul == 0.0 || vl == 0.0 || r == 0.0 || cross.abs() < 1e-12 {
            return self.line_to(x1, y1);
        }
        let cos = (ux * vx + uy * vy).clamp(-1.0, 1.0);
        // Distance of the touching points from the corner: r / tan(angle / 2).
        let distance = r * ((1.0 + cos) / (1.0 - cos)).sqrt();
        let (tx, ty) = (x1 + ux * distance, y1 + uy * distance);
        let (ex, ey) = (x1 + vx * distance, y1 + vy * distance);
        let side = cross.signum();
        let (x, y) = (tx - uy * r * side, ty + ux * r * side);
        let start = libm::atan2(ty - y, tx - x);
        let end = libm::atan2(ey - y, ex - x);
        let sweep = sweep(start, end, cross > 0.0);
        self.line_to(tx, ty);
        self.arc(&Arc {
            x,
            y,
            rx: r,
            ry: r,
            turn: 0.0,
            start,
            sweep,
        });
    }

    /// Corners clockwise from the top left, each with a horizontal and a vertical radius.
    fn round_rect(&mut self, n: &[f64]) {
        let &[x, y, w, h, ref radii @ ..] = n else {
            return;
        };
        let mut r = [0.0; 8];
        r.copy_from_slice(&radii[..8]);
        let fit = [
            w.abs() / (r[0] + r[2]),
            h.abs() / (r[3] + r[5]),
            w.abs() / (r[4] + r[6]),
            h.abs() / (r[7] + r[1]),
        ];
        let factor = fit
            .into_iter()
            .filter(|f| f.is_finite())
            .fold(1.0, f64::min);
        for radius in &mut r {
            *radius *= factor;
        }
        let (sx, sy) = (w.signum(), h.signum());
        // The share of a radius at which a cubic's handle lies for a quarter of an ellipse.
        let k = 1.0 - 0.552_284_749_830_793_6;
        let (right, bottom) = (x + w, y + h);
        self.move_to(x + sx * r[0], y);
        self.line_to(right - sx * r[2], y);
        self.cubic_to([
            right - sx * r[2] * k,
            y,
            right,
            y + sy * r[3] * k,
            right,
            y + sy * r[3],
        ]);
        self.line_to(right, bottom - sy * r[5]);
        self.cubic_to([
            right,
            bottom - sy * r[5] * k,
            right - sx * r[4] * k,
            bottom,
            right - sx * r[4],
            bottom,
        ]);
        self.line_to(x + sx * r[6], bottom);
        self.cubic_to([
            x + sx * r[6] * k,
            bottom,
            x,
            bottom - sy * r[7] * k,
            x,
            bottom - sy * r[7],
        ]);
        self.line_to(x, y + sy * r[1]);
        self.cubic_to([x, y + sy * r[1] * k, x + sx * r[0] * k, y, x + sx * r[0], y]);
        self.close();
        self.move_to(x, y);
    }
}

/// Farthest from the origin that outlines reach, in device pixels: many times the largest canvas,
/// and small enough for single precision.
pub(crate) const FAR: f64 = 1e6;

fn single(coordinate: f64) -> f32 {
    coordinate.clamp(-FAR, FAR) as f32
}

/// A part of an ellipse; angles in radians.
struct Arc {
    x: f64,
    y: f64,
    rx: f64,
    ry: f64,
    turn: f64,
    start: f64,
    sweep: f64,
}

impl Arc {
    fn point(&self, angle: f64) -> (f64, f64) {
        let (u, v) = (self.rx * libm::cos(angle), self.ry * libm::sin(angle));
        let (u, v) = self.turned(u, v);
        (self.x + u, self.y + v)
    }

    fn tangent(&self, angle: f64) -> (f64, f64) {
        self.turned(-self.rx * libm::sin(angle), self.ry * libm::cos(angle))
    }

    fn turned(&self, u: f64, v: f64) -> (f64, f64) {
        if self.turn == 0.0 {
            return (u, v);
        }
        let (sin, cos) = (libm::sin(self.turn), libm::cos(self.turn));
        (u * cos - v * sin, u * sin + v * cos)
    }
}

fn unit(x: f64, y: f64) -> (f64, f64, f64) {
    let length = (x * x + y * y).sqrt();
    if length == 0.0 {
        (0.0, 0.0, 0.0)
    } else {
        (x / length, y / length, length)
    }
}

/// How far an arc goes from `start` to `end`: all around if they are a whole turn apart.
fn sweep(start: f64, end: f64, counter_clockwise: bool) -> f64 {
    let way = if counter_clockwise {
        start - end
    } else {
        end - start
    };
    let way = if way >= TAU { TAU } else { way.rem_euclid(TAU) };
    if counter_clockwise { -way } else { way }
}
