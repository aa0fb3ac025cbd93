//! Fields: a number at each node of a grid that covers a rectangle of the drawing.
//!
//! A grid is laid out in drawing units, so that the same drawing at another density has the same
//! fields. Between nodes a field is bilinear; outside its rectangle it continues its edge.

use super::work::{Meter, Trouble};

/// Most nodes of one field.
pub(super) const NODES_MAX: usize = 16 << 20;

/// A rectangle in drawing units and the nodes that cover it, edges included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grid {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Grid {
    /// The grid on a rectangle (x, y, width, height) whose nodes are about `cell` apart.
    pub(super) fn new(who: &str, rectangle: [f64; 4], cell: f64) -> Result<Self, Trouble> {
        let [_, _, width, height] = rectangle;
        let nodes = |length: f64| (length / cell + 0.5).floor().max(1.0) + 1.0;
        Self::with_nodes(who, rectangle, nodes(width), nodes(height))
    }

    /// The grid on a rectangle with so many columns and rows.
    pub(super) fn with_nodes(
        who: &str,
        [x, y, width, height]: [f64; 4],
        columns: f64,
        rows: f64,
    ) -> Result<Self, Trouble> {
        if columns < 2.0 || rows < 2.0 || columns * rows > NODES_MAX as f64 {
            return Err(Trouble::Range(format!(
                "{who}: a field has at least 2 x 2 and at most {NODES_MAX} nodes, not \
                 {columns} x {rows}; use another `cell`"
            )));
        }
        Ok(Self {
            x,
            y,
            width,
            height,
            columns: columns as usize,
            rows: rows as usize,
        })
    }

    pub(super) fn nodes(&self) -> usize {
        self.columns * self.rows
    }

    /// Distance between columns and between rows.
    pub(super) fn steps(&self) -> [f64; 2] {
        [
            self.width / (self.columns - 1) as f64,
            self.height / (self.rows - 1) as f64,
        ]
    }

    /// Where a column stands.
    pub(super) fn column_x(&self, column: usize) -> f64 {
        self.x + self.width * column as f64 / (self.columns - 1) as f64
    }

    /// Where a row lies.
    pub(super) fn row_y(&self, row: usize) -> f64 {
        self.y + self.height * row as f64 / (self.rows - 1) as f64
    }

    pub(super) fn contains(&self, [x, y]: [f64; 2]) -> bool {
        (self.x..=self.x + self.width).contains(&x) && (self.y..=self.y + self.height).contains(&y)
    }
}

/// A number at each node of a grid, row by row. Every number is finite.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) grid: Grid,
    pub(super) values: Vec<f32>,
}

impl Field {
    /// Fills a grid from a function of the position.
    pub(super) fn from_positions(
        grid: Grid,
        meter: &Meter,
        mut value: impl FnMut(f64, f64) -> f64,
    ) -> Result<Self, Trouble> {
        let mut values = Vec::with_capacity(grid.nodes());
        for row in 0..grid.rows {
            meter.tick(grid.columns)?;
            let y = grid.row_y(row);
            values.extend((0..grid.columns).map(|column| tame(value(grid.column_x(column), y))));
        }
        Ok(Self { grid, values })
    }

    /// The value at a node.
    pub(super) fn node(&self, column: usize, row: usize) -> f64 {
        f64::from(self.values[row * self.grid.columns + column])
    }

    /// The value at a position.
    pub(super) fn sample(&self, x: f64, y: f64) -> f64 {
        let grid = &self.grid;
        let across = (x - grid.x) / grid.width * (grid.columns - 1) as f64;
        let down = (y - grid.y) / grid.height * (grid.rows - 1) as f64;
        let (column, along_x) = split(across, grid.columns);
        let (row, along_y) = split(down, grid.rows);
        let at = row * grid.columns + column;
        let value = |i: usize| f64::from(self.values[i]);
        let upper = lerp(value(at), value(at + 1), along_x);
        let lower = lerp(
            value(at + grid.columns),
            value(at + grid.columns + 1),
            along_x,
        );
        lerp(upper, lower, along_y)
    }

    /// How the value changes per drawing unit, rightwards and downwards: central differences.
    pub(super) fn gradient(&self, x: f64, y: f64) -> [f64; 2] {
        let grid = &self.grid;
        let [step_x, step_y] = grid.steps();
        let slope = |low: f64, high: f64, from: f64, to: f64| {
            if high > low {
                (to - from) / (high - low)
            } else {
                0.0
            }
        };
        let reach = |at: f64, step: f64, start: f64, length: f64| {
            let at = at.clamp(start, start + length);
            ((at - step).max(start), (at + step).min(start + length))
        };
        let (left, right) = reach(x, step_x, grid.x, grid.width);
        let (top, bottom) = reach(y, step_y, grid.y, grid.height);
        [
            slope(left, right, self.sample(left, y), self.sample(right, y)),
            slope(top, bottom, self.sample(x, top), self.sample(x, bottom)),
        ]
    }

    /// Applies a function to each value.
    pub(super) fn map(&self, meter: &Meter, f: impl Fn(f64) -> f64) -> Result<Self, Trouble> {
        meter.tick(self.values.len())?;
        let values = self.values.iter().map(|value| tame(f(f64::from(*value))));
        Ok(Self {
            grid: self.grid,
            values: values.collect(),
        })
    }

    /// Combines each value with that of `other` at the same position.
    pub(super) fn zip(
        &self,
        other: &Self,
        meter: &Meter,
        f: impl Fn(f64, f64) -> f64,
    ) -> Result<Self, Trouble> {
        if self.grid == other.grid {
            meter.tick(self.values.len())?;
            let pairs = self.values.iter().zip(&other.values);
            let values = pairs.map(|(a, b)| tame(f(f64::from(*a), f64::from(*b))));
            return Ok(Self {
                grid: self.grid,
                values: values.collect(),
            });
        }
        let mut own = self.values.iter();
        Self::from_positions(self.grid, meter, |x, y| {
            let value = own.next().copied().map_or(0.0, f64::from);
            f(value, other.sample(x, y))
        })
    }

    /// Lowest and highest value.
    pub(super) fn range(&self) -> [f64; 2] {
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for value in &self.values {
            low = low.min(*value);
            high = high.max(*value);
        }
        [f64::from(low), f64::from(high)]
    }

    /// The value that a share `q` (0..=1) of the area lies below.
    pub(super) fn quantile(&self, q: f64) -> f64 {
        let mut sorted = self.values.clone();
        let last = sorted.len() - 1;
        let at = q.clamp(0.0, 1.0) * last as f64;
        let (index, rest) = split(at, sorted.len());
        let (_, low, above) = sorted.select_nth_unstable_by(index, f32::total_cmp);
        let low = f64::from(*low);
        let high = above.iter().copied().fold(f32::INFINITY, f32::min);
        lerp(low, f64::from(high), rest)
    }
}

/// A value as it is stored: what is not a finite number becomes 0.
fn tame(value: f64) -> f32 {
    let value = value as f32;
    if value.is_finite() { value } else { 0.0 }
}

/// Index of the cell that holds a position in nodes, and the part of the way through it.
fn split(at: f64, nodes: usize) -> (usize, f64) {
    let at = at.clamp(0.0, (nodes - 1) as f64);
    let index = (at as usize).min(nodes - 2);
    let rest = at - index as f64;
    (index, if rest.is_nan() { 0.0 } else { rest })
}

pub(super) fn lerp(from: f64, to: f64, t: f64) -> f64 {
    from + (to - from) * t
}

/// 0 below `low`, 1 above `high`, and a smooth step between.
pub(super) fn smoothstep(low: f64, high: f64, value: f64) -> f64 {
    if low == high {
        return if value < low { 0.0 } else { 1.0 };
    }
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
#[path = "field_tests.rs"]
mod tests;
