//! Parts of the plane: inside rings, or where a field has certain values.

use std::rc::Rc;

use super::field::Field;
use super::polyline::{Line, between, distance, is_closed};
use super::work::{Meter, Trouble};

/// Most strips that the edges of rings are sorted into.
const STRIPS_MAX: usize = 4096;
/// Halvings when the place is sought where a line enters a field's region.
const HALVINGS: usize = 40;

/// A part of the plane.
pub(super) enum Region {
    /// Inside an odd number of rings.
    Rings(Rings),
    /// Where a field is at least `above` and below `below`.
    Band {
        field: Rc<Field>,
        above: f64,
        below: f64,
    },
}

/// Edges of closed rings, sorted into horizontal strips.
pub(super) struct Rings {
    edges: Vec<[[f64; 2]; 2]>,
    top: f64,
    height: f64,
    strips: Vec<Vec<u32>>,
}

impl Rings {
    /// Rings that are closed if they are not yet.
    pub(super) fn new(rings: &[Line]) -> Self {
        let edges: Vec<[[f64; 2]; 2]> = rings
            .iter()
            .flat_map(|ring| {
                let next = ring.iter().cycle().skip(1);
                ring.iter().zip(next).map(|(a, b)| [*a, *b])
            })
            .filter(|[a, b]| a != b)
            .collect();
        let ys = || edges.iter().map(|[a, _]| a[1]);
        let (top, bottom) = (ys().fold(f64::MAX, f64::min), ys().fold(f64::MIN, f64::max));
        let count = edges.len().clamp(1, STRIPS_MAX);
        let mut rings = Self {
            height: ((bottom - top) / count as f64).max(f64::MIN_POSITIVE),
            top,
            strips: vec![Vec::new(); count],
            edges: Vec::new(),
        };
        for (i, [a, b]) in edges.iter().enumerate() {
            for strip in rings.strips_of(a[1], b[1]) {
                rings.strips[strip].push(i as u32);
            }
        }
        rings.edges = edges;
        rings
    }

    fn strips_of(&self, a: f64, b: f64) -> std::ops::RangeInclusive<usize> {
        let strip =
            |y: f64| (((y - self.top) / self.height).max(0.0) as usize).min(self.strips.len() - 1);
        strip(a.min(b))..=strip(a.max(b))
    }

    fn contain(&self, [x, y]: [f64; 2]) -> bool {
        let edges = self.strips_of(y, y).flat_map(|strip| &self.strips[strip]);
        edges
            .map(|i| self.edges[*i as usize])
            .filter(|[a, b]| {
                (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
            })
            .count()
            % 2
            == 1
    }

    /// Where the segment from `a` to `b` crosses an edge, as parts of its way.
    fn crossings(&self, a: [f64; 2], b: [f64; 2], found: &mut Vec<f64>) {
        let along = [b[0] - a[0], b[1] - a[1]];
        for i in self
            .strips_of(a[1], b[1])
            .flat_map(|strip| &self.strips[strip])
        {
            let [c, d] = self.edges[*i as usize];
            let edge = [d[0] - c[0], d[1] - c[1]];
            let cross = along[0] * edge[1] - along[1] * edge[0];
            if cross == 0.0 {
                continue;
            }
            let to = [c[0] - a[0], c[1] - a[1]];
            let t = (to[0] * edge[1] - to[1] * edge[0]) / cross;
            let u = (to[0] * along[1] - to[1] * along[0]) / cross;
            if (0.0..=1.0).contains(&t) && (0.0..=1.0).contains(&u) {
                found.push(t);
            }
        }
    }
}

impl Region {
    pub(super) fn contains(&self, point: [f64; 2]) -> bool {
        match self {
            Self::Rings(rings) => rings.contain(point),
            Self::Band {
                field,
                above,
                below,
            } => {
                let value = field.sample(point[0], point[1]);
                *above <= value && value < *below
            }
        }
    }

    /// The parts of a line that are inside, or those that are not.
    pub(super) fn clip(
        &self,
        line: &[[f64; 2]],
        inside: bool,
        meter: &Meter,
    ) -> Result<Vec<Line>, Trouble> {
        let mut parts: Vec<Line> = Vec::new();
        let mut going = false;
        let mut cuts = Vec::new();
        for pair in line.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            cuts.clear();
            cuts.extend([0.0, 1.0]);
            self.crossings(a, b, &mut cuts, meter)?;
            cuts.sort_by(f64::total_cmp);
            cuts.dedup();
            for cut in cuts.windows(2) {
                let kept = self.contains(between(a, b, (cut[0] + cut[1]) / 2.0)) == inside;
                if kept {
                    match parts.last_mut() {
                        Some(part) if going => part.push(between(a, b, cut[1])),
                        _ => parts.push(vec![between(a, b, cut[0]), between(a, b, cut[1])]),
                    }
                }
                going = kept;
            }
        }
        join_ends(line, &mut parts);
        Ok(parts)
    }

    fn crossings(
        &self,
        a: [f64; 2],
        b: [f64; 2],
        found: &mut Vec<f64>,
        meter: &Meter,
    ) -> Result<(), Trouble> {
        let Self::Band { field, .. } = self else {
            if let Self::Rings(rings) = self {
                meter.tick(16)?;
                rings.crossings(a, b, found);
            }
            return Ok(());
        };
        let [step_x, step_y] = field.grid.steps();
        let steps = (distance(a, b) / step_x.min(step_y)).ceil().clamp(1.0, 1e6);
        let mut was = self.contains(a);
        for i in 1..=steps as usize {
            meter.tick(1)?;
            let t = i as f64 / steps;
            let is = self.contains(between(a, b, t));
            if is != was {
                let (mut low, mut high) = ((i - 1) as f64 / steps, t);
                for _ in 0..HALVINGS {
                    let middle = (low + high) / 2.0;
                    if self.contains(between(a, b, middle)) == was {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                found.push((low + high) / 2.0);
            }
            was = is;
        }
        Ok(())
    }
}

/// Where a closed line was opened at its first point only, the first and the last part are one.
fn join_ends(line: &[[f64; 2]], parts: &mut Vec<Line>) {
    if parts.len() < 2 || !is_closed(line) {
        return;
    }
    let meets =
        parts[0].first() == line.first() && parts.last().and_then(|p| p.last()) == line.last();
    if meets {
        let mut joined = parts.pop().unwrap_or_default();
        joined.extend(&parts[0][1..]);
        parts[0] = joined;
    }
}

#[cfg(test)]
mod tests {
    use super::super::field::Grid;
    use super::super::field_make::radial_field;
    use super::super::polyline::length;
    use super::*;
    use proptest::prelude::*;

    fn ring_with_hole() -> Region {
        let square = |low: f64, high: f64| {
            vec![
                [low, low],
                [high, low],
                [high, high],
                [low, high],
                [low, low],
            ]
        };
        Region::Rings(Rings::new(&[square(0.0, 10.0), square(4.0, 6.0)]))
    }

    fn disc() -> Region {
        let grid = Grid::with_nodes("test", [-10.0, -10.0, 30.0, 30.0], 91.0, 91.0).unwrap();
        let field = radial_field(grid, [5.0, 5.0], [5.0, 5.0], &Meter::free()).unwrap();
        Region::Band {
            field: Rc::new(field),
            above: f64::NEG_INFINITY,
            below: 1.0,
        }
    }

    #[test]
    fn line_across_a_ring_with_a_hole_falls_into_two_parts() {
        let line = [[-5.0, 5.0], [15.0, 5.0]];
        let inside = ring_with_hole().clip(&line, true, &Meter::free()).unwrap();
        assert_eq!(
            inside,
            vec![vec![[0.0, 5.0], [4.0, 5.0]], vec![[6.0, 5.0], [10.0, 5.0]]]
        );
        let outside = ring_with_hole().clip(&line, false, &Meter::free()).unwrap();
        assert_eq!(outside.len(), 3);
    }

    #[test]
    fn line_is_cut_where_a_field_reaches_its_level() {
        let parts = disc()
            .clip(&[[-5.0, 5.0], [15.0, 5.0]], true, &Meter::free())
            .unwrap();
        assert_eq!(parts.len(), 1);
        assert!((length(&parts[0]) - 10.0).abs() < 0.05, "{parts:?}");
    }

    #[test]
    fn closed_line_that_starts_inside_is_one_part() {
        let square = [[5.0, 2.0], [20.0, 2.0], [20.0, 3.0], [5.0, 3.0], [5.0, 2.0]];
        let parts = ring_with_hole()
            .clip(&square, true, &Meter::free())
            .unwrap();
        assert_eq!(
            parts,
            vec![vec![[10.0, 3.0], [5.0, 3.0], [5.0, 2.0], [10.0, 2.0]]]
        );
    }

    proptest! {
        #[test]
        fn inside_and_outside_make_the_whole(
            line in prop::collection::vec([-5.0..15.0, -5.0..15.0_f64], 2..20),
            field in any::<bool>(),
        ) {
            let region = if field { disc() } else { ring_with_hole() };
            let total = |inside| -> f64 {
                let parts = region.clip(&line, inside, &Meter::free()).unwrap();
                parts.iter().map(|part| length(part)).sum()
            };
            prop_assert!((total(true) + total(false) - length(&line)).abs() < 1e-6);
            for part in region.clip(&line, true, &Meter::free()).unwrap() {
                for pair in part.windows(2).filter(|pair| distance(pair[0], pair[1]) > 1e-6) {
                    prop_assert!(region.contains(between(pair[0], pair[1], 0.5)));
                }
            }
        }
    }
}
