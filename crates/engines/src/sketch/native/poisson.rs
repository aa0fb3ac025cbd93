//! Points that keep a distance from each other.
//!
//! Source: R. Bridson, "Fast Poisson disk sampling in arbitrary dimensions" (2007), with a radius
//! that may vary, and started anew wherever there is still room, so that no part stays empty.

use std::rc::Rc;

use super::buckets::Buckets;
use super::field::Field;
use super::polyline::Line;
use super::random::Sfc32;
use super::region::Region;
use super::work::{Meter, Trouble, bound, foresee};

/// Attempts to start in each square of the size of two radii.
const DARTS: usize = 3;

/// A distance that is the same everywhere, or follows a field.
pub(super) enum Spacing {
    Even(f64),
    /// The field's value, kept within `least` and `most`.
    Varied {
        field: Rc<Field>,
        least: f64,
        most: f64,
    },
}

impl Spacing {
    pub(super) fn at(&self, [x, y]: [f64; 2]) -> f64 {
        match self {
            Self::Even(distance) => *distance,
            Self::Varied { field, least, most } => field.sample(x, y).max(*least).min(*most),
        }
    }

    pub(super) fn least(&self) -> f64 {
        match self {
            Self::Even(distance) => *distance,
            Self::Varied { least, .. } => *least,
        }
    }
}

/// What is scattered, and where.
pub(super) struct Scatter {
    /// x, y, width, height.
    pub(super) rectangle: [f64; 4],
    /// Least distance of a new point from those before it.
    pub(super) radius: Spacing,
    pub(super) within: Option<Region>,
    /// Attempts around each point before it is given up.
    pub(super) tries: usize,
}

/// Scatters points until there is no room.
pub(super) fn scatter(look: &Scatter, stream: &mut Sfc32, meter: &Meter) -> Result<Line, Trouble> {
    let [x, y, width, height] = look.rectangle;
    let least = look.radius.least();
    // About 0.7 points for each square of the radius.
    foresee("poisson", 0.7 * width * height / (least * least))?;
    let mut taken = Buckets::new(look.rectangle, least);
    let mut points = Line::new();
    // A few darts in each square of four buckets, so that every part gets its start.
    let side = taken.side() * 2.0;
    let columns = (width / side).ceil().max(1.0) as usize;
    let rows = (height / side).ceil().max(1.0) as usize;
    for start in 0..columns * rows * DARTS {
        meter.tick(8)?;
        let square = start / DARTS;
        let inside = |index: usize, length: f64, stream: &mut Sfc32| {
            let from = side * index as f64;
            from + stream.unit() * side.min(length - from)
        };
        let dart = [
            x + inside(square % columns, width, stream),
            y + inside(square / columns, height, stream),
        ];
        if !look.has_room(dart, &taken) {
            continue;
        }
        let first = points.len();
        taken.push(dart, ());
        points.push(dart);
        let mut active = vec![first];
        while !active.is_empty() {
            let chosen = stream.index(active.len());
            match look.beside(points[active[chosen]], &taken, stream, meter)? {
                Some(point) => {
                    bound("poisson", points.len())?;
                    active.push(points.len());
                    taken.push(point, ());
                    points.push(point);
                }
                None => {
                    active.swap_remove(chosen);
                }
            }
        }
    }
    Ok(points)
}

impl Scatter {
    fn has_room(&self, point: [f64; 2], taken: &Buckets<()>) -> bool {
        let [x, y, width, height] = self.rectangle;
        (x..x + width).contains(&point[0])
            && (y..y + height).contains(&point[1])
            && self
                .within
                .as_ref()
                .is_none_or(|region| region.contains(point))
            && !taken.any_near(point, self.radius.at(point), |()| true)
    }

    /// A new point at one to two radii from another.
    fn beside(
        &self,
        point: [f64; 2],
        taken: &Buckets<()>,
        stream: &mut Sfc32,
        meter: &Meter,
    ) -> Result<Option<[f64; 2]>, Trouble> {
        let radius = self.radius.at(point);
        for _ in 0..self.tries {
            meter.tick(24)?;
            let turn = stream.between(0.0, std::f64::consts::TAU);
            // Evenly over the area of the ring.
            let away = radius * libm::sqrt(stream.between(1.0, 4.0));
            let candidate = [
                point[0] + away * libm::cos(turn),
                point[1] + away * libm::sin(turn),
            ];
            if self.has_room(candidate, taken) {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::field::Grid;
    use super::super::field_make::linear_field;
    use super::super::polyline::distance;
    use super::super::region::Rings;
    use super::*;
    use daedal_core::{Digest, Seed};
    use proptest::prelude::*;

    fn points(look: &Scatter, label: &str) -> Line {
        let mut stream = Sfc32::labelled(Seed(Digest::of(b"poisson")), label);
        scatter(look, &mut stream, &Meter::free()).unwrap()
    }

    #[test]
    fn varied_radius_is_kept_by_the_later_of_two_points() {
        let rectangle = [0.0, 0.0, 100.0, 100.0];
        let grid = Grid::with_nodes("test", rectangle, 50.0, 50.0).unwrap();
        let ramp = linear_field(grid, [0.0, 0.0], [100.0, 0.0], &Meter::free()).unwrap();
        let field = Rc::new(
            ramp.map(&Meter::free(), |value| 2.0 + 10.0 * value)
                .unwrap(),
        );
        let radius = Spacing::Varied {
            field,
            least: 2.0,
            most: 12.0,
        };
        let look = Scatter {
            rectangle,
            radius,
            within: None,
            tries: 20,
        };
        let points = points(&look, "");
        for (i, later) in points.iter().enumerate() {
            for earlier in &points[..i] {
                assert!(distance(*earlier, *later) >= look.radius.at(*later));
            }
        }
        let left = points.iter().filter(|point| point[0] < 50.0).count();
        assert!(
            left > 2 * (points.len() - left),
            "{left} of {}",
            points.len()
        );
    }

    #[test]
    fn parts_that_do_not_touch_are_all_filled() {
        let square = |x: f64| {
            vec![
                [x, 10.0],
                [x + 20.0, 10.0],
                [x + 20.0, 30.0],
                [x, 30.0],
                [x, 10.0],
            ]
        };
        let within = Some(Region::Rings(Rings::new(&[square(5.0), square(70.0)])));
        let rectangle = [0.0, 0.0, 100.0, 50.0];
        let look = Scatter {
            rectangle,
            radius: Spacing::Even(3.0),
            within,
            tries: 20,
        };
        let points = points(&look, "");
        assert!(
            points
                .iter()
                .all(|point| look.within.as_ref().unwrap().contains(*point))
        );
        let left = points.iter().filter(|point| point[0] < 50.0).count();
        assert!(left > 20 && points.len() - left > 20);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn points_keep_their_distance_and_leave_no_room(
            radius in 3.0..20.0_f64,
            width in 10.0..150.0_f64,
            label in "[a-z]{3}",
        ) {
            let rectangle = [-7.0, 11.0, width, 90.0];
            let look =
                Scatter { rectangle, radius: Spacing::Even(radius), within: None, tries: 30 };
            let points = points(&look, &label);
            for (i, a) in points.iter().enumerate() {
                for b in &points[..i] {
                    prop_assert!(distance(*a, *b) >= radius);
                }
            }
            // Nowhere is a point farther than twice the radius.
            for i in 0..400 {
                let at = [
                    -7.0 + width * f64::from(i % 20) / 19.0,
                    11.0 + 90.0 * f64::from(i / 20) / 19.0,
                ];
                prop_assert!(points.iter().any(|point| distance(*point, at) < 2.0 * radius));
            }
        }
    }
}
