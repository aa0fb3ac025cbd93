use daedal_core::engine::Engine;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::ScoreEngine;
use super::look::Look;
use crate::picture::{Colour, Encoding, Filter, Picture, Plane, encode};
use crate::testing::Bench;

fn drawn(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 3]) -> Picture {
    let mut picture = Picture::filled(width, height, Colour::WHITE);
    for (index, pixel) in picture.rgba_mut().enumerate() {
        let [r, g, b] = colour(index as u32 % width, index as u32 / width);
        *pixel = [r, g, b, 255];
    }
    picture
}

fn flat() -> Picture {
    Picture::filled(64, 48, Colour([120, 120, 120, 255]))
}

fn checks() -> Picture {
    drawn(64, 64, |x, y| {
        if (x / 8 + y / 8) % 2 == 0 {
            [0; 3]
        } else {
            [255; 3]
        }
    })
}

/// A dark disc on light ground.
fn disc(cx: i32, cy: i32) -> Picture {
    drawn(120, 120, |x, y| {
        let (dx, dy) = (x as i32 - cx, y as i32 - cy);
        if dx * dx + dy * dy < 200 {
            [40, 30, 60]
        } else {
            [240, 235, 220]
        }
    })
}

/// Waves whose direction and colours depend on the two numbers.
fn waves(slope: u32, hue: u8) -> Picture {
    drawn(96, 128, |x, y| {
        match (x * slope + y * (5 - slope)) / 12 % 3 {
            0 => [hue, 60, 90],
            1 => [230, hue, 180],
            _ => [20, 40, hue / 2],
        }
    })
}

fn look(picture: &Picture) -> Look {
    Look::of(picture, &Plane::of(picture))
}

fn measures(look: &Look) -> [f64; 5] {
    [
        look.contrast,
        look.colourfulness,
        look.balance,
        look.edges,
        look.entropy,
    ]
}

fn file(bench: &Bench, name: &str, picture: &Picture) -> Value {
    bench.file(name, encode(picture, Encoding::Png).unwrap())
}

#[test]
fn simple_pictures_have_known_measures() {
    assert_eq!(measures(&look(&flat())), [0.0, 0.0, 1.0, 0.0, 0.0]);
    let checked = look(&checks());
    assert_eq!((checked.contrast, checked.colourfulness), (1.0, 0.0));
    // Two tones of the 64 that there could be: one bit of six.
    assert!((checked.entropy - 1.0 / 6.0).abs() < 1e-9);
    // Two rows of pixels along each of the seven lines each way.
    let lines = 2.0 * 14.0 / 64.0 - (14.0 * 14.0) / (64.0 * 64.0);
    assert!(
        (checked.edges - lines).abs() < 0.06,
        "{} is not {lines}",
        checked.edges
    );
    assert!(look(&disc(60, 60)).balance > 0.98);
    assert!(look(&disc(15, 15)).balance < 0.35);
}

#[test]
fn colourfulness_is_that_of_the_paper() {
    // Half red, half blue: rg is 255 or 0, yb is 127.5 or -255.
    let halves = drawn(
        40,
        40,
        |x, _| if x < 20 { [255, 0, 0] } else { [0, 0, 255] },
    );
    let deviation = (127.5_f64.powi(2) + 191.25_f64.powi(2)).sqrt();
    let mean = (127.5_f64.powi(2) + 63.75_f64.powi(2)).sqrt();
    assert!(deviation + 0.3 * mean > 109.0);
    assert_eq!(look(&halves).colourfulness, 1.0);
    // One colour alone has the mean only.
    let plain = Picture::filled(9, 9, Colour([140, 120, 100, 255]));
    let expected = 0.3 * (20.0_f64.powi(2) + 30.0_f64.powi(2)).sqrt() / 109.0;
    assert!((look(&plain).colourfulness - expected).abs() < 1e-9);
}

#[test]
fn the_hash_sees_through_small_changes() {
    let own = look(&waves(1, 200)).hash;
    assert_eq!(own.distance(own), 0.0);
    let mut lighter = waves(1, 200).resized(150, 200, Filter::Lanczos3);
    lighter
        .pixels
        .iter_mut()
        .for_each(|level| *level = level.saturating_add(12));
    assert!(own.distance(look(&lighter).hash) < 0.2);
    assert!(own.distance(look(&disc(30, 80)).hash) > 0.5);
    assert_eq!(
        look(&flat()).hash,
        look(&Picture::filled(9, 70, Colour::WHITE)).hash
    );
}

#[test]
fn a_signature_tells_its_own_hand_from_others() {
    let bench = Bench::default();
    let engine = ScoreEngine::default();
    let references: Vec<Value> = [(1, 180), (1, 200), (2, 190)]
        .into_iter()
        .map(|(slope, hue)| file(&bench, &format!("{slope}-{hue}.png"), &waves(slope, hue)))
        .collect();
    let nearness = |name: &str, picture: &Picture| {
        let with = json!({
            "image": file(&bench, name, picture), "weights": { "signature": 1 }, "signature": references
        });
        let value = bench.value(&engine, with, 1);
        assert_eq!(value["score"], value["measures"]["signature"]);
        value["score"].as_f64().unwrap()
    };
    let (own, other, blank) = (
        nearness("own", &waves(1, 190)),
        nearness("other", &disc(60, 60)),
        nearness("blank", &flat()),
    );
    assert!(
        own > 0.95 && other < 0.5 && blank < 0.4,
        "{own} {other} {blank}"
    );
}

#[test]
fn what_can_not_be_measured_is_left_out_and_said() {
    let bench = Bench::default();
    let engine = ScoreEngine::default();
    let image = file(&bench, "a.png", &waves(1, 200));
    let weights = json!({ "contrast": 1, "novelty": 3, "signature": 2 });
    let with = json!({ "image": image, "weights": weights, "earlier": [], "signature": [] });
    let value = bench.value(&engine, with, 1);
    let contrast = value["measures"]["contrast"].as_f64().unwrap();
    assert!((value["score"].as_f64().unwrap() - (contrast + 3.0) / 4.0).abs() < 1e-6);
    insta::assert_json_snapshot!(value, @r#"
    {
      "score": 0.884965,
      "measures": {
        "balance": 0.998599,
        "colourfulness": 0.907328,
        "contrast": 0.539859,
        "edges": 0.768392,
        "entropy": 0.26416,
        "novelty": 1.0
      },
      "left_out": {
        "signature": "there is no reference picture"
      }
    }
    "#);

    let with = json!({ "image": image, "weights": weights, "earlier": [image, file(&bench, "b.png", &disc(9, 9))] });
    assert_eq!(bench.value(&engine, with, 1)["measures"]["novelty"], 0.0);
}

#[test]
fn targets_and_palettes_shape_the_score() {
    let bench = Bench::default();
    let engine = ScoreEngine::default();
    let image = file(&bench, "a.png", &checks());
    let score = |with: Value| bench.value(&engine, with, 1)["score"].as_f64().unwrap();
    let aimed =
        json!({ "image": image, "weights": { "contrast": 1 }, "targets": { "contrast": 0.6 } });
    assert!((score(aimed) - (1.0 - 0.4 / 0.6)).abs() < 1e-6);
    let own = json!({ "image": image, "weights": { "palette": 1 }, "palette": ["#000", "#fff"] });
    assert_eq!(score(own), 1.0);
    let foreign = json!({ "image": image, "weights": { "palette": 1 }, "palette": ["#0a0"] });
    assert!(score(foreign) < 0.1);
}

#[test]
fn mistakes_are_told() {
    let bench = Bench::default();
    let engine = ScoreEngine::default();
    let image = file(&bench, "a.png", &flat());
    let told = [
        json!({ "image": bench.file("note.txt", "note") }),
        json!({ "image": image, "weights": { "contrats": 1 } }),
        json!({ "image": image, "weights": { "contrast": -1 } }),
        json!({ "image": image, "weights": { "novelty": 1 } }),
        json!({ "image": image, "targets": { "edges": 2 } }),
        json!({ "weights": {} }),
    ]
    .map(|with| bench.error(&engine, with));
    insta::assert_snapshot!(told.join("\n"), @r#"
    `note.txt` is not a picture: expected PNG, JPEG, WebP or SVG
    there is no measure `contrats`; did you mean `contrast`?
    `contrast: -1` is below 0
    no measure that could be taken has a weight above 0; left out: {"novelty":"no `earlier` is given"}
    the target `edges: 2` is above 1
    `score` needs `image`: expected `image:` with an asset of type image/png, image/jpeg, image/webp or image/svg+xml, or the path of a file
    "#);
}

#[test]
fn references_are_asked_for_only_when_they_are_weighed() {
    let engine = ScoreEngine::default();
    assert_eq!(engine.implied(&json!({ "image": 1 })), []);
    assert_eq!(engine.implied(&json!({ "weights": { "contrast": 1 } })), []);
    assert_eq!(
        engine.implied(&json!({ "weights": { "novelty": 1, "signature": "{{ parameters.x }}" } })),
        [("earlier", "run.earlier"), ("signature", "run.signature")]
    );
    assert_eq!(
        engine.implied(&json!({ "weights": { "signature": 1 }, "signature": "{{ steps.x }}" })),
        []
    );
}

fn any_picture() -> impl Strategy<Value = Picture> {
    (1..24_u32, 1..24_u32).prop_flat_map(|(width, height)| {
        prop::collection::vec(any::<u8>(), (width * height * 4) as usize).prop_map(move |pixels| {
            Picture {
                width,
                height,
                pixels,
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_measure_lies_between_0_and_1(one in any_picture(), other in any_picture()) {
        let (a, b) = (look(&one), look(&other));
        let all = measures(&a).into_iter().chain([
            a.hash.distance(b.hash),
            Plane::of(&one).palette(&[Colour::WHITE.oklab()]),
        ]);
        for measure in all {
            prop_assert!((0.0..=1.0).contains(&measure), "{}", measure);
        }
    }

    #[test]
    fn a_mirror_changes_no_measure(picture in any_picture()) {
        let mut mirrored = picture.clone();
        for row in mirrored.pixels.chunks_exact_mut(picture.width as usize * 4) {
            let pixels = row.as_chunks_mut::<4>().0;
            pixels.reverse();
        }
        for (own, other) in measures(&look(&picture)).into_iter().zip(measures(&look(&mirrored))) {
            prop_assert!((own - other).abs() < 1e-6, "{} {}", own, other);
        }
    }
}

#[test]
fn more_of_the_same_pixels_changes_little() {
    for (slope, hue) in [(1, 20), (2, 120), (3, 54)] {
        let picture = waves(slope, hue).resized(384, 512, Filter::Nearest);
        let larger = picture.resized(768, 1024, Filter::Nearest);
        let (own, other) = (look(&picture), look(&larger));
        for (own, other) in measures(&own).into_iter().zip(measures(&other)).take(3) {
            assert!((own - other).abs() < 0.03, "{own} {other}");
        }
        assert!(own.hash.distance(other.hash) < 0.3);
    }
}
