//! Fields made from fields: blurred, and the distance to a level.

use super::field::{Field, Grid};
use super::work::{Meter, Trouble};

/// Most nodes on either side that a blur takes in.
const REACH_MAX: f64 = 512.0;

impl Field {
    /// Blurs by a Gaussian whose standard deviation is half of `radius`; edges continue.
    pub(super) fn blur(&self, radius: f64, meter: &Meter) -> Result<Self, Trouble> {
        let Grid { columns, rows, .. } = self.grid;
        let [step_x, step_y] = self.grid.steps();
        let across = kernel(radius / 2.0 / step_x)?;
        let down = kernel(radius / 2.0 / step_y)?;
        let mut middle = vec![0.0_f32; self.values.len()];
        for (from, to) in self.values.chunks(columns).zip(middle.chunks_mut(columns)) {
            meter.tick(columns * across.len())?;
            for (column, value) in to.iter_mut().enumerate() {
                *value = weigh(&across, column, columns, |i| from[i]);
            }
        }
        let mut values = Vec::with_capacity(self.values.len());
        for row in 0..rows {
            meter.tick(columns * down.len())?;
            values.extend(
                (0..columns)
                    .map(|column| weigh(&down, row, rows, |i| middle[i * columns + column])),
            );
        }
        Ok(Self {
            grid: self.grid,
            values,
        })
    }

    /// Signed distance in drawing units to where the field crosses `level`: positive where it is at
    /// or above the level. Without a crossing, the diagonal of the grid stands for "far".
    ///
    /// Source: P. Felzenszwalb and D. Huttenlocher, "Distance Transforms of Sampled Functions"
    /// (2012). The transform finds for each node the nearest node beside the crossing; the distance
    /// is then measured to the foot of that node on the crossing, between nodes, and is right to about a
    /// quarter of a cell.
    pub(super) fn distance(&self, level: f64, meter: &Meter) -> Result<Self, Trouble> {
        let Grid {
            columns,
            rows,
            width,
            height,
            ..
        } = self.grid;
        let [step_x, step_y] = self.grid.steps();
        let far = width * width + height * height;
        let feet = self.feet(level, meter)?;
        let mut squares: Vec<f64> = feet
            .iter()
            .map(|foot| if foot.is_some() { 0.0 } else { 4.0 * far })
            .collect();
        let mut scratch = Envelope::new(columns.max(rows));
        let mut near_column = vec![0; squares.len()];
        for (row, near) in squares
            .chunks_mut(columns)
            .zip(near_column.chunks_mut(columns))
        {
            meter.tick(columns * 8)?;
            scratch.lower(step_x, row, near);
        }
        let mut values = vec![0.0; squares.len()];
        let (mut line, mut near_row) = (vec![0.0; rows], vec![0; rows]);
        for column in 0..columns {
            meter.tick(rows * 8)?;
            for (row, value) in line.iter_mut().enumerate() {
                *value = squares[row * columns + column];
            }
            scratch.lower(step_y, &mut line, &mut near_row);
            for (row, near) in near_row.iter().enumerate() {
                let seed = [near_column[near * columns + column], *near];
                let square = self.to_feet(&feet, seed, [column, row]).unwrap_or(far);
                let at = row * columns + column;
                let distance = libm::sqrt(square) as f32;
                let is_above = f64::from(self.values[at]) >= level;
                values[at] = if is_above { distance } else { -distance };
            }
        }
        Ok(Self {
            grid: self.grid,
            values,
        })
    }

    /// Squared distance from a node to the nearest of the feet of `seed` and the nodes around it.
    fn to_feet(&self, feet: &[Option<[f64; 2]>], seed: [usize; 2], at: [usize; 2]) -> Option<f64> {
        let Grid { columns, rows, .. } = self.grid;
        let [step_x, step_y] = self.grid.steps();
        let around = |n: usize, end: usize| n.saturating_sub(1)..(n + 2).min(end);
        let mut least: Option<f64> = None;
        for row in around(seed[1], rows) {
            for column in around(seed[0], columns) {
                if let Some([x, y]) = feet[row * columns + column] {
                    let x = (column as f64 - at[0] as f64) * step_x + x;
                    let y = (row as f64 - at[1] as f64) * step_y + y;
                    least = Some(least.unwrap_or(f64::MAX).min(x * x + y * y));
                }
            }
        }
        least
    }

    /// For each node beside the crossing, the way to its foot on it.
    fn feet(&self, level: f64, meter: &Meter) -> Result<Vec<Option<[f64; 2]>>, Trouble> {
        let Grid { columns, rows, .. } = self.grid;
        let [step_x, step_y] = self.grid.steps();
        let mut feet = Vec::with_capacity(self.values.len());
        for row in 0..rows {
            meter.tick(columns * 4)?;
            for column in 0..columns {
                let here = self.node(column, row) - level;
                let crossing = |column: usize, row: usize, step: f64| {
                    if column >= columns || row >= rows {
                        return None;
                    }
                    let there = self.node(column, row) - level;
                    ((here >= 0.0) != (there >= 0.0)).then(|| here / (here - there) * step)
                };
                let x = nearer(
                    crossing(column.wrapping_sub(1), row, -step_x),
                    crossing(column + 1, row, step_x),
                );
                let y = nearer(
                    crossing(column, row.wrapping_sub(1), -step_y),
                    crossing(column, row + 1, step_y),
                );
                let slope = self.gradient(self.grid.column_x(column), self.grid.row_y(row));
                feet.push(foot(here, slope, x, y));
            }
        }
        Ok(feet)
    }
}

/// The way to the crossing from a node that is `height` above the level, given where its axes cross:
/// down the slope, or to the straight line through both crossings where the slope overshoots them.
fn foot(height: f64, slope: [f64; 2], x: Option<f64>, y: Option<f64>) -> Option<[f64; 2]> {
    let least = nearer(x, y)?;
    if least == 0.0 {
        return Some([0.0, 0.0]);
    }
    let steepness = slope[0] * slope[0] + slope[1] * slope[1];
    let [dx, dy] = slope.map(|part| -height * part / steepness);
    if dx * dx + dy * dy <= least * least {
        return Some([dx, dy]);
    }
    Some(match (x, y) {
        (Some(x), Some(y)) => {
            let square = x * x + y * y;
            [x * y * y / square, x * x * y / square]
        }
        (x, y) => [x.unwrap_or(0.0), y.unwrap_or(0.0)],
    })
}

fn nearer(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if a.abs() <= b.abs() { a } else { b }),
        (a, b) => a.or(b),
    }
}

/// Weights of a Gaussian, from its middle outwards; they sum to 1 on both sides.
fn kernel(deviation: f64) -> Result<Vec<f64>, Trouble> {
    let reach = (deviation * 3.0).ceil();
    if reach > REACH_MAX {
        return Err(Trouble::Range(format!(
            "blur: a radius of {} cells, at most {}; use a field with larger cells",
            deviation * 2.0,
            REACH_MAX * 2.0 / 3.0
        )));
    }
    let weight = |i: usize| {
        if i == 0 {
            1.0
        } else {
            libm::exp(-0.5 * (i * i) as f64 / (deviation * deviation))
        }
    };
    let weights: Vec<f64> = (0..=reach as usize).map(weight).collect();
    let whole = 2.0 * weights.iter().sum::<f64>() - 1.0;
    Ok(weights.iter().map(|weight| weight / whole).collect())
}

fn weigh(kernel: &[f64], at: usize, count: usize, value: impl Fn(usize) -> f32) -> f32 {
    let mut sum = kernel[0] * f64::from(value(at));
    for (i, weight) in kernel.iter().enumerate().skip(1) {
        let before = value(at.saturating_sub(i));
        let after = value((at + i).min(count - 1));
        sum += weight * (f64::from(before) + f64::from(after));
    }
    sum as f32
}

/// Room for the lower envelope of parabolas along one line of nodes.
struct Envelope {
    roots: Vec<usize>,
    starts: Vec<f64>,
    old: Vec<f64>,
}

impl Envelope {
    fn new(nodes: usize) -> Self {
        Self {
            roots: Vec::with_capacity(nodes),
            starts: Vec::with_capacity(nodes),
            old: Vec::with_capacity(nodes),
        }
    }

    /// Replaces each value by the least of `value[q] + (distance to q)²`, nodes being `step` apart,
    /// and notes that `q`.
    fn lower(&mut self, step: f64, values: &mut [f64], nearest: &mut [usize]) {
        let Self { roots, starts, old } = self;
        roots.clear();
        starts.clear();
        old.clear();
        old.extend_from_slice(values);
        let height = |q: usize| old[q] + (q as f64 * step) * (q as f64 * step);
        for q in 0..old.len() {
            let mut start = f64::NEG_INFINITY;
            while let Some(&p) = roots.last() {
                start = (height(q) - height(p)) / (2.0 * step * (q - p) as f64);
                if start > starts[roots.len() - 1] {
                    break;
                }
                roots.pop();
                starts.pop();
                start = f64::NEG_INFINITY;
            }
            roots.push(q);
            starts.push(start);
        }
        let mut k = 0;
        for (q, value) in values.iter_mut().enumerate() {
            let at = q as f64 * step;
            while k + 1 < roots.len() && starts[k + 1] <= at {
                k += 1;
            }
            let away = at - roots[k] as f64 * step;
            *value = old[roots[k]] + away * away;
            nearest[q] = roots[k];
        }
    }
}
