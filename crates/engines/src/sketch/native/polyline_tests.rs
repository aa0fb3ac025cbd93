use super::*;
use proptest::prelude::*;

const SQUARE: [[f64; 2]; 5] = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]];

#[test]
fn square_is_measured() {
    assert!(is_closed(&SQUARE));
    assert_eq!(length(&SQUARE), 16.0);
    assert_eq!(area(&SQUARE), 16.0);
}

#[test]
fn offset_of_a_clockwise_square_shrinks_it() {
    let inner = offset(&SQUARE, 1.0);
    assert_eq!(
        inner,
        vec![[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [1.0, 3.0], [1.0, 1.0]]
    );
    let straight = offset(&[[0.0, 0.0], [0.0, 0.0], [5.0, 0.0]], 2.0);
    assert_eq!(straight, vec![[0.0, 2.0], [5.0, 2.0]]);
    // A spike is cut off at twice the distance.
    let spike = offset(&[[0.0, 0.0], [10.0, 0.0], [0.0, 0.1]], -1.0);
    assert!(distance(spike[1], [10.0, 0.0]) < 2.0 + 1e-9);
}

#[test]
fn smoothing_keeps_ends_and_closedness() {
    let open = smooth(&[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0]], 2).unwrap();
    assert_eq!((open[0], open[open.len() - 1]), ([0.0, 0.0], [4.0, 4.0]));
    assert!(is_closed(&smooth(&SQUARE, 3).unwrap()));
    assert_eq!(smooth(&SQUARE[..2], 3).unwrap().len(), 2);
}

#[test]
fn walk_gives_points_and_directions() {
    let mut walk = Walk::new(&SQUARE);
    assert_eq!(walk.to(2.0), ([2.0, 0.0], 0.0));
    assert_eq!(walk.to(6.0), ([4.0, 2.0], std::f64::consts::FRAC_PI_2));
    assert_eq!(walk.to(1.0), ([1.0, 0.0], 0.0));
    assert_eq!(walk.to(-5.0).0, [0.0, 0.0]);
    assert_eq!(walk.to(99.0).0, [0.0, 0.0]);
}

fn lines() -> impl Strategy<Value = Line> {
    prop::collection::vec([-100.0..100.0, -100.0..100.0_f64], 2..60)
}

#[test]
fn a_line_shorter_than_half_a_step_stays_one_part() {
    let short = vec![[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]];
    assert_eq!(resample(&short, 40.0).unwrap(), [[0.0, 0.0], [3.0, 5.0]]);
}

proptest! {
    #[test]
    fn simplified_lines_stay_within_the_tolerance(line in lines(), tolerance in 0.1..30.0_f64) {
        let simple = simplify(&line, tolerance);
        prop_assert_eq!((simple[0], simple[simple.len() - 1]), (line[0], line[line.len() - 1]));
        for point in &line {
            let away = simple
                .windows(2)
                .map(|pair| distance_to_segment(*point, pair[0], pair[1]))
                .fold(f64::INFINITY, f64::min);
            prop_assert!(away <= tolerance + 1e-9);
        }
    }

    #[test]
    fn resampled_points_are_evenly_spaced_along_the_line(line in lines(), step in 1.0..40.0_f64) {
        let even = resample(&line, step).unwrap();
        let whole = length(&line);
        let spacing = whole / (even.len() - 1) as f64;
        prop_assert!(even.windows(2).all(|pair| distance(pair[0], pair[1]) <= spacing + 1e-6));
        // The nearest whole number of steps, one at least: a line shorter than half a step stays one part.
        prop_assert!(spacing < step * 1.5);
        prop_assert!(spacing > step / 2.0 || even.len() == 2);
    }
}
