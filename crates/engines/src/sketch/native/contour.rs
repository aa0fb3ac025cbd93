//! Lines along which a field has one value, and the areas where it is at least that.
//!
//! Marching squares (W. Lorensen and H. Cline, "Marching Cubes", 1987, in the plane), with saddles
//! decided by the mean of their corners. Lines run so that higher values are on their right as one
//! sees it (y grows downwards), so outer rings of areas run clockwise and holes the other way. A
//! closed line ends with its first point.

use super::field::Field;
use super::polyline::Line;
use super::work::{Meter, Trouble, bound};

/// Not an edge.
const NONE: u32 = u32::MAX;

/// Grid edges between which the line of a cell runs, by which of its corners are high (bits from
/// the upper left clockwise). Edges: 0 top, 1 right, 2 bottom, 3 left.
const SEGMENTS: [&[[usize; 2]]; 16] = [
    &[],
    &[[0, 3]],
    &[[1, 0]],
    &[[1, 3]],
    &[[2, 1]],
    &[[0, 3], [2, 1]],
    &[[2, 0]],
    &[[2, 3]],
    &[[3, 2]],
    &[[0, 2]],
    &[[1, 0], [3, 2]],
    &[[1, 2]],
    &[[3, 1]],
    &[[0, 1]],
    &[[3, 0]],
    &[],
];
/// The same for saddles whose middle is high.
const HIGH_SADDLES: [&[[usize; 2]]; 2] = [&[[0, 1], [2, 3]], &[[3, 0], [1, 2]]];

/// Traces the lines of one field, level by level.
pub(super) struct Tracer {
    xs: Vec<f64>,
    ys: Vec<f64>,
    values: Vec<f32>,
    /// By edge, the edge that the line goes to.
    next: Vec<u32>,
    /// By edge, whether a line comes to it.
    entered: Vec<bool>,
    /// Edges that a segment starts from, in the order of the grid.
    starts: Vec<u32>,
}

impl Tracer {
    /// Traces lines that end where the field ends.
    pub(super) fn lines(field: &Field) -> Self {
        let grid = &field.grid;
        let xs = (0..grid.columns)
            .map(|column| grid.column_x(column))
            .collect();
        let ys = (0..grid.rows).map(|row| grid.row_y(row)).collect();
        Self::on(xs, ys, field.values.clone())
    }

    /// Traces the outlines of areas: closed along the edge of the field.
    pub(super) fn areas(field: &Field) -> Self {
        let grid = &field.grid;
        // A rim of nodes below every level, at no distance from the edge.
        let rim = |count: usize| move |i: usize| i.clamp(1, count) - 1;
        let xs = (0..grid.columns + 2)
            .map(rim(grid.columns))
            .map(|column| grid.column_x(column));
        let ys = (0..grid.rows + 2)
            .map(rim(grid.rows))
            .map(|row| grid.row_y(row));
        let width = grid.columns + 2;
        let mut values = vec![f32::NEG_INFINITY; width * (grid.rows + 2)];
        for (row, from) in field.values.chunks(grid.columns).enumerate() {
            let at = (row + 1) * width + 1;
            values[at..at + grid.columns].copy_from_slice(from);
        }
        Self::on(xs.collect(), ys.collect(), values)
    }

    fn on(xs: Vec<f64>, ys: Vec<f64>, values: Vec<f32>) -> Self {
        Self {
            next: vec![NONE; values.len() * 2],
            entered: vec![false; values.len() * 2],
            starts: Vec::new(),
            xs,
            ys,
            values,
        }
    }

    /// The lines of one level: open ones first, each in the order of the grid.
    pub(super) fn trace(&mut self, level: f64, meter: &Meter) -> Result<Vec<Line>, Trouble> {
        self.cross(level, meter)?;
        bound("contours", self.starts.len())?;
        let starts = std::mem::take(&mut self.starts);
        let mut lines = Vec::new();
        for closed in [false, true] {
            for start in &starts {
                if self.next[*start as usize] != NONE && (closed || !self.entered[*start as usize])
                {
                    meter.tick(16)?;
                    lines.extend(self.follow(*start, level));
                }
            }
        }
        for start in &starts {
            self.entered[*start as usize] = false;
        }
        self.starts = starts;
        self.starts.clear();
        Ok(lines)
    }

    /// Finds the segments of all cells.
    fn cross(&mut self, level: f64, meter: &Meter) -> Result<(), Trouble> {
        let columns = self.xs.len();
        for row in 0..self.ys.len() - 1 {
            meter.tick(columns)?;
            let at = row * columns;
            let high = |i: usize| usize::from(f64::from(self.values[i]) >= level);
            let mut right = high(at) | high(at + columns) << 3;
            for corner in at..at + columns - 1 {
                let left = right;
                right = high(corner + 1) | high(corner + columns + 1) << 3;
                let case = left | (right & 1) << 1 | (right & 8) >> 1;
                if case == 0 || case == 15 {
                    continue;
                }
                let edges = [
                    corner * 2,
                    corner * 2 + 3,
                    (corner + columns) * 2,
                    corner * 2 + 1,
                ];
                let saddle = (case == 5 || case == 10) && self.middle(corner) >= level;
                let segments = if saddle {
                    HIGH_SADDLES[case / 10]
                } else {
                    SEGMENTS[case]
                };
                for [from, to] in segments {
                    self.next[edges[*from]] = edges[*to] as u32;
                    self.entered[edges[*to]] = true;
                    self.starts.push(edges[*from] as u32);
                }
            }
        }
        Ok(())
    }

    fn middle(&self, corner: usize) -> f64 {
        let below = corner + self.xs.len();
        let value = |i: usize| f64::from(self.values[i]);
        (value(corner) + value(corner + 1) + value(below) + value(below + 1)) / 4.0
    }

    /// Walks along a line and takes its segments out; none if it is but a point.
    fn follow(&mut self, start: u32, level: f64) -> Option<Line> {
        let mut line: Line = vec![self.point(start as usize, level)];
        let mut edge = start;
        loop {
            let to = std::mem::replace(&mut self.next[edge as usize], NONE);
            if to == NONE {
                break;
            }
            self.entered[to as usize] = false;
            let point = self.point(to as usize, level);
            if line.last() != Some(&point) {
                line.push(point);
            }
            edge = to;
        }
        let closed = edge == start;
        (line.len() >= if closed { 4 } else { 2 }).then_some(line)
    }

    /// Where the level crosses an edge.
    fn point(&self, edge: usize, level: f64) -> [f64; 2] {
        let columns = self.xs.len();
        let node = edge / 2;
        let (column, row) = (node % columns, node / columns);
        let end = node + if edge.is_multiple_of(2) { 1 } else { columns };
        let (from, to) = (f64::from(self.values[node]), f64::from(self.values[end]));
        let t = match (from.is_finite(), to.is_finite()) {
            (true, true) => (level - from) / (to - from),
            (true, false) => 0.0,
            (false, _) => 1.0,
        };
        let between = |from: f64, to: f64| from + (to - from) * t;
        if edge.is_multiple_of(2) {
            [between(self.xs[column], self.xs[column + 1]), self.ys[row]]
        } else {
            [self.xs[column], between(self.ys[row], self.ys[row + 1])]
        }
    }
}

#[cfg(test)]
#[path = "contour_tests.rs"]
mod tests;
