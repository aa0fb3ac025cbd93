//! Lines through points: measured, thinned, smoothed, resampled, moved aside.
//!
//! A line whose last point is its first is closed.

use super::work::{POINTS_MAX, Trouble, bound};

/// A line through points, in drawing units.
pub(super) type Line = Vec<[f64; 2]>;

/// Most rounds of corner cutting.
pub(super) const ROUNDS_MAX: usize = 6;

pub(super) fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    libm::sqrt(dx * dx + dy * dy)
}

pub(super) fn between(a: [f64; 2], b: [f64; 2], t: f64) -> [f64; 2] {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
}

pub(super) fn is_closed(line: &[[f64; 2]]) -> bool {
    line.len() > 3 && line.first() == line.last()
}

pub(super) fn length(line: &[[f64; 2]]) -> f64 {
    line.windows(2).map(|pair| distance(pair[0], pair[1])).sum()
}

/// Area of a ring: positive where it runs clockwise as one sees it (y grows downwards).
pub(super) fn area(ring: &[[f64; 2]]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    let doubled: f64 = ring
        .iter()
        .zip(next)
        .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
        .sum();
    doubled / 2.0
}

/// Drops points that are nearer than `tolerance` to the line through those that stay.
///
/// Source: D. Douglas and T. Peucker (1973), with a stack in place of recursion. A closed line is
/// split at the point that is farthest from its first.
pub(super) fn simplify(line: &[[f64; 2]], tolerance: f64) -> Line {
    if line.len() < 3 || tolerance <= 0.0 {
        return line.to_vec();
    }
    let last = line.len() - 1;
    let mut keep = vec![false; line.len()];
    keep[0] = true;
    keep[last] = true;
    let mut spans = vec![(0, last)];
    if is_closed(line) {
        let farthest = (1..last)
            .max_by(|a, b| distance(line[0], line[*a]).total_cmp(&distance(line[0], line[*b])))
            .unwrap_or(0);
        keep[farthest] = true;
        spans = vec![(0, farthest), (farthest, last)];
    }
    while let Some((from, to)) = spans.pop() {
        let mut worst = (tolerance, from);
        for i in from + 1..to {
            let away = distance_to_segment(line[i], line[from], line[to]);
            if away > worst.0 {
                worst = (away, i);
            }
        }
        if worst.1 > from {
            keep[worst.1] = true;
            spans.extend([(from, worst.1), (worst.1, to)]);
        }
    }
    line.iter()
        .zip(keep)
        .filter(|(_, keep)| *keep)
        .map(|(point, _)| *point)
        .collect()
}

/// Distance from a point to the segment from `a` to `b`.
pub(super) fn distance_to_segment(point: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let square = dx * dx + dy * dy;
    let t = if square > 0.0 {
        (((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    distance(point, between(a, b, t))
}

/// Cuts corners at a quarter and three quarters of each segment (G. Chaikin 1974), `rounds` times;
/// the ends of an open line stay.
pub(super) fn smooth(line: &[[f64; 2]], rounds: usize) -> Result<Line, Trouble> {
    let mut line = line.to_vec();
    for _ in 0..rounds.min(ROUNDS_MAX) {
        if line.len() < 3 {
            break;
        }
        bound("smooth", line.len() * 2)?;
        let mut cut = Vec::with_capacity(line.len() * 2);
        let closed = is_closed(&line);
        if !closed {
            cut.push(line[0]);
        }
        for pair in line.windows(2) {
            cut.push(between(pair[0], pair[1], 0.25));
            cut.push(between(pair[0], pair[1], 0.75));
        }
        if closed {
            cut.push(cut[0]);
        } else {
            cut.push(line[line.len() - 1]);
        }
        line = cut;
    }
    Ok(line)
}

/// Points at equal distances along the line, both ends included, about `step` apart.
pub(super) fn resample(line: &[[f64; 2]], step: f64) -> Result<Line, Trouble> {
    let whole = length(line);
    if line.len() < 2 || whole <= 0.0 {
        return Ok(line.to_vec());
    }
    let parts = (whole / step + 0.5).floor().max(1.0);
    bound("resample", parts.min(POINTS_MAX as f64 + 1.0) as usize)?;
    let parts = parts as usize;
    let mut walk = Walk::new(line);
    let inner = (1..parts).map(|i| walk.to(whole * i as f64 / parts as f64).0);
    let mut points: Line = std::iter::once(line[0]).chain(inner).collect();
    points.push(line[line.len() - 1]);
    Ok(points)
}

/// Walks along a line to rising distances from its start.
pub(super) struct Walk<'a> {
    line: &'a [[f64; 2]],
    segment: usize,
    before: f64,
}

impl<'a> Walk<'a> {
    /// At the start of a line of two points or more.
    pub(super) fn new(line: &'a [[f64; 2]]) -> Self {
        Self {
            line,
            segment: 0,
            before: 0.0,
        }
    }

    /// The point at a distance from the start and the direction there in radians. Distances beyond
    /// an end give the end; one that is less than the last starts over.
    pub(super) fn to(&mut self, along: f64) -> ([f64; 2], f64) {
        if along < self.before {
            (self.segment, self.before) = (0, 0.0);
        }
        loop {
            let (a, b) = (self.line[self.segment], self.line[self.segment + 1]);
            let length = distance(a, b);
            let is_last = self.segment + 2 == self.line.len();
            if along <= self.before + length || is_last {
                let t = if length > 0.0 {
                    (along - self.before) / length
                } else {
                    0.0
                };
                let angle = libm::atan2(b[1] - a[1], b[0] - a[0]);
                return (between(a, b, t.clamp(0.0, 1.0)), angle);
            }
            self.before += length;
            self.segment += 1;
        }
    }
}

/// The line moved sideways by `aside`: to the right as one sees it where positive (y grows
/// downwards). Corners are mitred up to twice the distance; loops that arise inside tight bends
/// stay.
pub(super) fn offset(line: &[[f64; 2]], aside: f64) -> Line {
    let mut line = line.to_vec();
    line.dedup();
    if line.len() < 2 {
        return line;
    }
    let normal = |a: [f64; 2], b: [f64; 2]| {
        let length = distance(a, b);
        [-(b[1] - a[1]) / length, (b[0] - a[0]) / length]
    };
    let last = line.len() - 1;
    let closed = is_closed(&line);
    let mut moved: Line = (0..=last)
        .map(|i| {
            let before = if i > 0 {
                normal(line[i - 1], line[i])
            } else if closed {
                normal(line[last - 1], line[last])
            } else {
                normal(line[0], line[1])
            };
            let after = if i < last {
                normal(line[i], line[i + 1])
            } else if closed {
                normal(line[0], line[1])
            } else {
                before
            };
            let sum = [before[0] + after[0], before[1] + after[1]];
            let square = sum[0] * sum[0] + sum[1] * sum[1];
            // 2 / |sum|² makes the mitre; 1 / |sum| is its limit of twice the distance, reached at
            // |sum| = 1.
            let reach = if square >= 1.0 {
                2.0 / square
            } else {
                2.0 / libm::sqrt(square).max(1e-9)
            };
            [
                line[i][0] + sum[0] * reach * aside,
                line[i][1] + sum[1] * reach * aside,
            ]
        })
        .collect();
    if closed {
        moved[last] = moved[0];
    }
    moved
}

#[cfg(test)]
#[path = "polyline_tests.rs"]
mod tests;
