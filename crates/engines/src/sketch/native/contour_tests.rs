use super::super::field::Grid;
use super::super::field_make::radial_field;
use super::super::noise::Simplex;
use super::super::polyline::{area, is_closed};
use super::super::random::Sfc32;
use super::*;
use daedal_core::{Digest, Seed};
use proptest::prelude::*;

fn grid() -> Grid {
    Grid::with_nodes("test", [10.0, 20.0, 90.0, 60.0], 46.0, 31.0).unwrap()
}

fn noise(label: &str) -> Field {
    let noise = Simplex::new(Sfc32::labelled(Seed(Digest::of(b"contours")), label));
    Field::from_positions(grid(), &Meter::free(), |x, y| noise.at2(x / 17.0, y / 17.0)).unwrap()
}

fn on_edge([x, y]: [f64; 2]) -> bool {
    x == 10.0 || x == 100.0 || y == 20.0 || y == 80.0
}

#[test]
fn contour_of_a_cone_is_a_circle() {
    let cone = radial_field(grid(), [55.0, 50.0], [20.0, 20.0], &Meter::free()).unwrap();
    let lines = Tracer::lines(&cone).trace(1.0, &Meter::free()).unwrap();
    assert_eq!(lines.len(), 1);
    assert!(is_closed(&lines[0]));
    for [x, y] in &lines[0] {
        let distance = libm::hypot(x - 55.0, y - 50.0);
        assert!((distance - 20.0).abs() < 0.1, "{distance}");
    }
    // Higher values are outside, so the line runs counter-clockwise.
    assert!((area(&lines[0]) + std::f64::consts::PI * 400.0).abs() < 10.0);
}

#[test]
fn whole_field_above_the_level_is_one_rectangle() {
    let flat = Field::from_positions(grid(), &Meter::free(), |_, _| 1.0).unwrap();
    let mut tracer = Tracer::areas(&flat);
    let rings = tracer.trace(0.5, &Meter::free()).unwrap();
    assert_eq!(rings.len(), 1);
    assert!((area(&rings[0]) - 5400.0).abs() < 1e-9);
    assert_eq!(tracer.trace(1.5, &Meter::free()).unwrap().len(), 0);
    assert_eq!(
        Tracer::lines(&flat)
            .trace(0.5, &Meter::free())
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn saddles_and_nodes_on_the_level_leave_no_loose_ends() {
    for values in [
        [1.0, 0.0, 0.0, 1.0],
        [0.0, 1.0, 1.0, 0.0],
        [0.5, 0.0, 1.0, 0.5],
        [0.5; 4],
    ] {
        let grid = Grid::with_nodes("test", [0.0, 0.0, 1.0, 1.0], 2.0, 2.0).unwrap();
        let field = Field {
            grid,
            values: values.to_vec(),
        };
        for level in [0.25, 0.5, 0.75] {
            let rings = Tracer::areas(&field).trace(level, &Meter::free()).unwrap();
            assert!(
                rings.iter().all(|ring| is_closed(ring)),
                "{values:?} at {level}: {rings:?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn lines_are_closed_or_end_at_the_edge_and_lie_on_their_level(
        label in "[a-z]{4}",
        level in -0.7..0.7,
    ) {
        let field = noise(&label);
        for line in Tracer::lines(&field).trace(level, &Meter::free()).unwrap() {
            let (first, last) = (line[0], line[line.len() - 1]);
            prop_assert!(is_closed(&line) || (on_edge(first) && on_edge(last)));
            for [x, y] in line {
                prop_assert!((field.sample(x, y) - level).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn areas_measure_what_is_above(label in "[a-z]{4}", level in -0.7..0.7) {
        let field = noise(&label);
        let mut tracer = Tracer::areas(&field);
        let rings = tracer.trace(level, &Meter::free()).unwrap();
        prop_assert!(rings.iter().all(|ring| is_closed(ring)));
        let inside: f64 = rings.iter().map(|ring| area(ring)).sum();
        let mut above = 0;
        let count = 200;
        for i in 0..count * count {
            let part = |n: i32| (f64::from(n) + 0.5) / f64::from(count);
            let (x, y) = (10.0 + 90.0 * part(i % count), 20.0 + 60.0 * part(i / count));
            above += i32::from(field.sample(x, y) >= level);
        }
        let expected = f64::from(above) / f64::from(count * count) * 5400.0;
        prop_assert!((inside - expected).abs() < 60.0, "{} and {}", inside, expected);
        // A tracer keeps nothing of the level before.
        prop_assert_eq!(tracer.trace(level, &Meter::free()).unwrap(), rings);
    }
}
