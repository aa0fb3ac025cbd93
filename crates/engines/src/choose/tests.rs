use daedal_core::Digest;
use daedal_core::engine::{ASKING, DecisionRequest, Engine, Otherwise, Performed};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::ChooseEngine;
use crate::picture::{Colour, Encoding, Picture, encode};
use crate::testing::Bench;

fn keep(with: Value) -> Value {
    Bench::default().value(&ChooseEngine::default(), with, 1)
}

fn ask(bench: &Bench, with: Value) -> DecisionRequest {
    match bench.perform(&ChooseEngine::default(), with, 1) {
        Ok(Performed::Asked(request)) => {
            assert!(ASKING.contains(&ChooseEngine::default().spec().name));
            request
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_best_are_kept_as_a_list() {
    let from = json!(["a", "b", "c", "d"]);
    let by = json!([0.2, 0.9, { "score": 0.9 }, null]);
    assert_eq!(keep(json!({ "from": from, "by": by })), json!(["b"]));
    assert_eq!(
        keep(json!({ "from": from, "by": by, "keep": 3.0 })),
        json!(["b", "c", "a"])
    );
    assert_eq!(
        keep(json!({ "from": from, "by": by, "keep": 9, "direction": "lowest" })),
        json!(["a", "b", "c", "d"])
    );
    assert_eq!(keep(json!({ "from": from, "keep": 2 })), json!(["a", "b"]));
    assert_eq!(
        keep(json!({ "from": [null, "x"], "by": [0.9, 0.1] })),
        json!(["x"])
    );
    // Candidates that failed have no score, and those beside them keep their own.
    let (from, by) = (json!(["a", null, "c", "d"]), json!([0.1, null, 0.9, 0.5]));
    assert_eq!(
        keep(json!({ "from": from, "by": by, "keep": 4 })),
        json!(["c", "d", "a"])
    );
}

#[test]
fn mistakes_are_told() {
    let bench = Bench::default();
    let engine = ChooseEngine::default();
    let told = [
        json!({ "from": [] }),
        json!({ "from": [null] }),
        json!({ "from": ["a", "b"], "by": [1] }),
        json!({ "from": ["a"], "by": ["good"] }),
        json!({ "from": ["a"], "keep": 0 }),
        json!({ "from": ["a"], "keep": 1.5 }),
        json!({ "from": ["a"], "decider": "human", "timeout": "soon" }),
        json!({ "from": "a" }),
        json!({ "from": ["a"], "decider": "dice" }),
    ]
    .map(|with| bench.error(&engine, with));
    insta::assert_snapshot!(told.join("\n"), @r#"
    there is nothing to choose from: `from` is empty
    there is nothing to choose from: `from` is empty
    `by` has 1 scores for the 2 candidates of `from`: give one for each
    score 1 of `by` is "good": expected a number
    `keep: 0` is not a whole number of 1 to 1000
    `keep: 1.5` is not a whole number of 1 to 1000
    `timeout: soon` is not a duration such as 90m or 7d
    `from` is the text `a`: expected a list
    `decider` is the text `dice`: expected one of best, human
    "#);
    let early = engine.check(
        &json!({ "from": "{{ steps.x }}", "timeout": "7 days" }),
        &|_| None,
    );
    insta::assert_snapshot!(early.join("\n"), @"`timeout: 7 days` is not a duration such as 90m or 7d");
}

#[test]
fn a_person_is_asked_with_a_sheet() {
    let bench = Bench::default();
    let mut from = Vec::new();
    for (index, (width, height)) in [(120, 160), (160, 120), (90, 160)].into_iter().enumerate() {
        let mut picture = Picture::filled(width, height, Colour([200, 190, 160, 255]));
        for (at, pixel) in picture.rgba_mut().enumerate() {
            let (x, y) = (at as u32 % width, at as u32 / width);
            if (x / 10 + y / 10 * (index as u32 + 1)).is_multiple_of(3) {
                *pixel = [30, 60 + 40 * index as u8, 90, 255];
            }
        }
        from.push(bench.file(
            &format!("{index}.png"),
            encode(&picture, Encoding::Png).unwrap(),
        ));
    }
    from.push(
        json!({ "title": "Low & <wide>", "text": "The harbour kept its own hours. ".repeat(30) }),
    );
    from.push(bench.file("tone.wav", "RIFF"));
    from.push(bench.file("broken.png", "not a picture"));
    let with = json!({
        "from": from, "by": [0.41, 0.873, 0.5, 0.7, 0.1, 0.2], "keep": 2,
        "decider": "human", "timeout": "7d", "otherwise": "fail"
    });
    let request = ask(&bench, with.clone());
    assert_eq!((request.keep, request.options.len()), (2, 6));
    assert_eq!(request.suggested, [1, 3]);
    assert_eq!(request.timeout_ms, Some(604_800_000));
    assert_eq!(request.otherwise, Otherwise::Fail);
    assert_eq!(request, ask(&bench, with));
    let sheet = bench.bytes(&request.contact_sheet.unwrap().to_value());
    insta::assert_snapshot!(Digest::of(&sheet).short(), @"11d2c1fb44bd");
}

#[test]
fn a_thousand_texts_fit_a_sheet() {
    let from: Vec<Value> = (0..1_000).map(|n| json!(format!("text {n}"))).collect();
    let request = ask(
        &Bench::default(),
        json!({ "from": from, "decider": "human" }),
    );
    assert_eq!(request.options.len(), 1_000);
    assert!(request.contact_sheet.is_some());
}

proptest! {
    #[test]
    fn what_is_kept_is_never_worse_than_what_is_not(
        scores in prop::collection::vec(-1e3..1e3_f64, 1..30), count in 1..30_usize, lowest in any::<bool>(),
    ) {
        let from: Vec<usize> = (0..scores.len()).collect();
        let direction = if lowest { "lowest" } else { "highest" };
        let kept = keep(json!({ "from": from, "by": scores, "keep": count, "direction": direction }));
        let kept: Vec<usize> = serde_json::from_value(kept).unwrap();
        prop_assert_eq!(kept.len(), count.min(scores.len()));
        let sign = if lowest { -1.0 } else { 1.0 };
        let worst = kept.iter().map(|index| scores[*index] * sign).fold(f64::INFINITY, f64::min);
        for index in from.iter().filter(|index| !kept.contains(index)) {
            prop_assert!(scores[*index] * sign <= worst);
        }
    }
}
