use super::super::field::Grid;
use super::super::field_make::radial_field;
use super::super::noise::Simplex;
use super::super::polyline::{distance, length};
use super::super::random::Sfc32;
use super::super::region::Rings;
use super::*;
use daedal_core::{Digest, Seed};
use proptest::prelude::*;

const RECTANGLE: [f64; 4] = [10.0, 20.0, 90.0, 60.0];

fn noise(label: &str) -> Rc<Field> {
    let grid = Grid::with_nodes("test", RECTANGLE, 46.0, 31.0).unwrap();
    let noise = Simplex::new(Sfc32::labelled(Seed(Digest::of(b"flow")), label));
    let field = Field::from_positions(grid, &Meter::free(), |x, y| noise.at2(x / 40.0, y / 40.0));
    Rc::new(field.unwrap())
}

fn look(direction: Direction, separation: f64) -> FlowLook {
    FlowLook {
        rectangle: RECTANGLE,
        direction,
        separation: Spacing::Even(separation),
        nearest: 0.5,
        step: 0.5,
        lengths: [2.0, 500.0],
        seeds: Line::new(),
        within: None,
    }
}

fn least_distance(lines: &[Line]) -> f64 {
    let mut least = f64::INFINITY;
    for (i, line) in lines.iter().enumerate() {
        for other in &lines[..i] {
            for a in line {
                for b in other {
                    least = least.min(distance(*a, *b));
                }
            }
        }
    }
    least
}

#[test]
fn lines_along_the_levels_of_a_cone_are_circles() {
    let grid = Grid::with_nodes("test", RECTANGLE, 181.0, 121.0).unwrap();
    let cone = Rc::new(radial_field(grid, [55.0, 50.0], [20.0, 20.0], &Meter::free()).unwrap());
    let lines = flow_lines(&look(Direction::Level(cone), 4.0), &Meter::free()).unwrap();
    for line in lines.iter().filter(|line| length(line) > 20.0) {
        let radius = distance(line[0], [55.0, 50.0]);
        let strays = line
            .iter()
            .map(|point| (distance(*point, [55.0, 50.0]) - radius).abs());
        assert!(strays.fold(0.0, f64::max) < 0.3, "around {radius}");
    }
}

#[test]
fn lines_stay_within_their_region_and_pass_their_seeds() {
    let ring = vec![[20.0, 30.0], [60.0, 30.0], [60.0, 70.0], [20.0, 70.0]];
    let mut look = look(Direction::Angle(noise("a")), 3.0);
    look.within = Some(Region::Rings(Rings::new(&[ring])));
    look.seeds = vec![[40.0, 50.0]];
    let lines = flow_lines(&look, &Meter::free()).unwrap();
    assert!(lines[0].contains(&[40.0, 50.0]));
    let inside = |point: &[f64; 2]| look.within.as_ref().unwrap().contains(*point);
    assert!(lines.iter().flatten().all(inside));
}

#[test]
fn hachures_fall_from_level_to_level() {
    let field = noise("hills");
    let look = HachureLook {
        levels: vec![-0.4, -0.2, 0.0, 0.2, 0.4],
        spacing: 2.0,
        nearest: 0.4,
        step: 0.4,
        length_max: 40.0,
        within: None,
    };
    let strokes = hachures(&field, &look, &Meter::free()).unwrap();
    assert!(strokes.len() > 50, "{}", strokes.len());
    for stroke in &strokes {
        let heights: Vec<f64> = stroke.iter().map(|[x, y]| field.sample(*x, *y)).collect();
        assert!(
            heights.windows(2).all(|pair| pair[1] < pair[0] + 1e-6),
            "{heights:?}"
        );
        assert!(
            look.levels
                .iter()
                .any(|level| (heights[0] - level).abs() < 0.05)
        );
    }
}

#[test]
fn field_without_slope_has_no_lines() {
    let grid = Grid::with_nodes("test", RECTANGLE, 10.0, 10.0).unwrap();
    let flat = Rc::new(Field::from_positions(grid, &Meter::free(), |_, _| 1.0).unwrap());
    assert!(
        flow_lines(&look(Direction::Slope(flat), 4.0), &Meter::free())
            .unwrap()
            .is_empty()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn lines_keep_apart_and_leave_no_gap(label in "[a-z]{3}", separation in 4.0..10.0_f64) {
        for direction in [Direction::Angle(noise(&label)), Direction::Level(noise(&label))] {
            let look = look(direction, separation);
            let lines = flow_lines(&look, &Meter::free()).unwrap();
            prop_assert!(least_distance(&lines) >= separation * 0.5 - 1e-9);
            for line in &lines {
                prop_assert!(length(line) >= 1.9);
                prop_assert!(line.windows(2).all(|pair| distance(pair[0], pair[1]) < 0.5001));
            }
            if matches!(look.direction, Direction::Angle(_)) {
                for i in 0..100 {
                    let at = [
                        14.0 + 82.0 * f64::from(i % 10) / 9.0,
                        24.0 + 52.0 * f64::from(i / 10) / 9.0,
                    ];
                    let near = |point: &[f64; 2]| distance(*point, at) < 2.0 * separation;
                    prop_assert!(lines.iter().flatten().any(near));
                }
            }
        }
    }
}
