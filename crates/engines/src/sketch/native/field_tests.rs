use super::super::field_make::{NoiseLook, Warp, linear_field, noise_field, radial_field};
use super::super::noise::{Fractal, Simplex};
use super::super::random::Sfc32;
use super::*;
use daedal_core::{Digest, Seed};
use proptest::prelude::*;

fn grid(columns: f64, rows: f64) -> Grid {
    Grid::with_nodes("test", [10.0, 20.0, 90.0, 60.0], columns, rows).unwrap()
}

fn warped(grid: Grid, ridged: bool) -> Field {
    let fractal = Fractal {
        octaves: 5,
        gain: 0.5,
        lacunarity: 2.0,
        ridged,
    };
    let look = NoiseLook {
        scale: 30.0,
        offset: [0.0, 0.0],
        fractal,
        warp: Some(Warp {
            amount: 12.0,
            scale: 25.0,
            folds: 1,
            fractal: Fractal {
                octaves: 2,
                ridged: false,
                ..fractal
            },
        }),
    };
    let noise = Simplex::new(Sfc32::labelled(Seed(Digest::of(b"field")), "noise"));
    noise_field(grid, &look, &noise, &Meter::free()).unwrap()
}

fn digest(field: &Field) -> String {
    let bytes: Vec<u8> = field
        .values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    Digest::of(&bytes).to_string()
}

#[test]
fn noise_fields_keep_their_bits() {
    let (plain, ridged) = (
        warped(grid(60.0, 40.0), false),
        warped(grid(60.0, 40.0), true),
    );
    let report = [
        ("noise", digest(&plain)),
        ("ridged", digest(&ridged)),
        ("blurred", digest(&plain.blur(8.0, &Meter::free()).unwrap())),
        (
            "distance",
            digest(&plain.distance(0.5, &Meter::free()).unwrap()),
        ),
    ];
    insta::assert_debug_snapshot!(report);
}

#[test]
fn a_denser_grid_gives_the_same_field() {
    let (coarse, fine) = (
        warped(grid(46.0, 31.0), false),
        warped(grid(91.0, 61.0), false),
    );
    for row in 0..31 {
        for column in 0..46 {
            let difference = coarse.node(column, row) - fine.node(column * 2, row * 2);
            assert!(difference.abs() < 1e-6);
        }
    }
}

#[test]
fn sizes_out_of_bounds_are_refused() {
    let trouble = Grid::new("noiseField", [0.0, 0.0, 1e6, 1e6], 0.1).unwrap_err();
    assert_eq!(
        trouble,
        Trouble::Range(
            "noiseField: a field has at least 2 x 2 and at most 16777216 nodes, not \
             10000001 x 10000001; use another `cell`"
                .into()
        )
    );
    assert_eq!(
        Grid::new("f", [0.0, 0.0, 10.0, 1.0], 4.0).unwrap().columns,
        4
    );
    assert_eq!(Grid::new("f", [0.0, 0.0, 10.0, 1.0], 4.0).unwrap().rows, 2);
}

#[test]
fn ramps_are_straight() {
    let ramp = linear_field(
        grid(20.0, 20.0),
        [10.0, 20.0],
        [100.0, 20.0],
        &Meter::free(),
    )
    .unwrap();
    assert!((ramp.sample(55.0, 33.0) - 0.5).abs() < 1e-6);
    let [across, down] = ramp.gradient(55.0, 33.0);
    assert!((across - 1.0 / 90.0).abs() < 1e-6 && down.abs() < 1e-6);
    let cone = radial_field(grid(91.0, 61.0), [55.0, 50.0], [20.0, 20.0], &Meter::free()).unwrap();
    assert!((cone.sample(75.0, 50.0) - 1.0).abs() < 1e-6);
    assert!(cone.sample(55.0, 50.0).abs() < 1e-6);
}

#[test]
fn distance_is_that_to_the_circle() {
    let cone = radial_field(grid(91.0, 61.0), [55.0, 50.0], [20.0, 20.0], &Meter::free()).unwrap();
    let distance = cone.distance(1.0, &Meter::free()).unwrap();
    for row in 0..61 {
        for column in 0..91 {
            let (x, y) = (
                cone.grid.column_x(column) - 55.0,
                cone.grid.row_y(row) - 50.0,
            );
            let expected = libm::hypot(x, y) - 20.0;
            let got = distance.node(column, row);
            assert!(
                (got - expected).abs() < 0.25,
                "({x}, {y}): {got}, not {expected}"
            );
        }
    }
    let nowhere = cone.distance(1e6, &Meter::free()).unwrap();
    assert!(nowhere.values.iter().all(|value| *value < -100.0));
}

#[test]
fn blur_keeps_the_mean_of_what_is_inside() {
    let mut spike = Field::from_positions(grid(91.0, 61.0), &Meter::free(), |_, _| 0.0).unwrap();
    spike.values[30 * 91 + 45] = 1.0;
    let blurred = spike.blur(8.0, &Meter::free()).unwrap();
    let sum: f64 = blurred.values.iter().map(|value| f64::from(*value)).sum();
    assert!((sum - 1.0).abs() < 1e-5, "{sum}");
    assert!(blurred.node(45, 30) < 0.02 && blurred.node(45, 30) > blurred.node(49, 30));
    assert_eq!(spike.blur(0.0, &Meter::free()).unwrap(), spike);
    assert!(spike.blur(1e5, &Meter::free()).is_err());
}

#[test]
fn quantile_splits_the_area() {
    let ramp = linear_field(
        grid(101.0, 3.0),
        [10.0, 20.0],
        [100.0, 20.0],
        &Meter::free(),
    )
    .unwrap();
    assert!((ramp.quantile(0.25) - 0.25).abs() < 0.01);
    assert_eq!([ramp.quantile(0.0), ramp.quantile(1.0)], ramp.range());
}

#[test]
fn long_work_stops_when_told_to() {
    let meter = Meter::new(std::rc::Rc::new(|| true));
    let stopped = Field::from_positions(grid(400.0, 400.0), &meter, |x, _| x);
    assert_eq!(stopped, Err(Trouble::Stopped));
}

proptest! {
    #[test]
    fn samples_lie_between_the_lowest_and_the_highest_value(x in -50.0..200.0, y in -50.0..200.0) {
        let field = warped(grid(12.0, 9.0), false);
        let [low, high] = field.range();
        let value = field.sample(x, y);
        prop_assert!(low - 1e-9 <= value && value <= high + 1e-9);
    }

    #[test]
    fn fields_on_other_grids_are_combined_by_position(column in 0usize..12, row in 0usize..9) {
        let (one, other) = (warped(grid(12.0, 9.0), false), warped(grid(30.0, 7.0), false));
        let sum = one.zip(&other, &Meter::free(), |a, b| a + b).unwrap();
        let (x, y) = (one.grid.column_x(column), one.grid.row_y(row));
        let expected = one.node(column, row) + other.sample(x, y);
        prop_assert!((sum.node(column, row) - expected).abs() < 1e-6);
    }
}
