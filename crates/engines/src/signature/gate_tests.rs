//! What is inside goes through, and what becomes of the rest.

use daedal_core::engine::{ASKING, Engine, Performed};
use serde_json::{Value, json};

use super::tests::{bars, confetti, png, profile};
use super::*;
use crate::picture::Picture;
use crate::testing::Bench;

struct Gate {
    bench: Bench,
    engine: SignatureEngine,
    references: Vec<Value>,
}

impl Gate {
    fn new() -> Self {
        let bench = Bench::default();
        let references = (0..6).map(|seed| bench.file(&format!("{seed}.png"), png(&bars(seed))));
        let references = references.collect();
        Self {
            bench,
            engine: SignatureEngine::default(),
            references,
        }
    }

    fn own(&self, seed: u64) -> Value {
        self.bench
            .file(&format!("own-{seed}.png"), png(&bars(seed)))
    }

    fn foreign(&self, seed: u64) -> Value {
        self.bench
            .file(&format!("foreign-{seed}.png"), png(&confetti(seed)))
    }

    fn with(&self, from: Value, outside: &str) -> Value {
        json!({ "from": from, "outside": outside, "signature": self.references })
    }

    fn value(&self, from: Value, outside: &str) -> Value {
        self.bench.value(&self.engine, self.with(from, outside), 1)
    }
}

#[test]
fn what_is_inside_goes_through_as_it_came() {
    let gate = Gate::new();
    let own = gate.own(30);
    assert_eq!(gate.value(own.clone(), "refuse"), own);
    let map = json!({ "wide": own, "words": { "title": "A quay" }, "none": null });
    assert_eq!(gate.value(map.clone(), "refuse"), map);
    let list = json!([own, gate.own(31)]);
    assert_eq!(gate.value(list.clone(), "refuse"), list);
    assert_eq!(gate.value(list.clone(), "ask"), list);
    assert_eq!(gate.value(own.clone(), "ask"), json!([own]));
    assert_eq!(gate.value(Value::Null, "refuse"), Value::Null);
    assert_eq!(gate.value(Value::Null, "drop"), json!([]));
    // What an asset has beside it is a draft or a chart.
    let mut charted = own;
    charted["attachments"] = json!({ "chart": gate.foreign(1) });
    assert_eq!(gate.value(charted.clone(), "refuse"), charted);
}

#[test]
fn what_is_outside_is_refused_left_out_or_asked_about() {
    let gate = Gate::new();
    let mixed = json!([gate.own(30), gate.foreign(1), gate.own(31)]);
    assert_eq!(
        gate.value(mixed.clone(), "drop"),
        json!([mixed[0], mixed[2]])
    );
    let refused = gate
        .bench
        .error(&gate.engine, gate.with(mixed.clone(), "refuse"));
    insta::assert_snapshot!(refused);
    let all = json!([
        gate.foreign(1),
        gate.foreign(2),
        gate.foreign(3),
        gate.foreign(4)
    ]);
    let refused = gate.bench.error(&gate.engine, gate.with(all, "drop"));
    assert!(refused.contains("; and 1 more"), "{refused}");
    let asked = gate
        .bench
        .perform(&gate.engine, gate.with(mixed.clone(), "ask"), 1);
    let Ok(Performed::Asked(asked)) = asked else {
        panic!("{asked:?}");
    };
    assert!(ASKING.contains(&gate.engine.spec().name));
    assert_eq!((asked.keep, &asked.suggested[..]), (3, &[0, 2][..]));
    assert_eq!(asked.options[1].value, mixed[1]);
    assert!(asked.options[1].score < asked.options[0].score);
    assert!(asked.contact_sheet.is_some());
    // A wider tolerance lets it through.
    let mut wide = gate.with(mixed.clone(), "refuse");
    wide["tolerance"] = json!(900);
    assert_eq!(gate.bench.value(&gate.engine, wide, 1), mixed);
}

#[test]
fn a_profile_stands_in_for_its_references_and_for_no_others() {
    let gate = Gate::new();
    let pictures: Vec<Picture> = (0..6).map(bars).collect();
    let written = gate
        .bench
        .file("signature/profile.json", profile(&pictures).to_bytes());
    let score = crate::score::ScoreEngine::default();
    let distance = |signature: Value| {
        let with =
            json!({ "image": gate.own(30), "weights": { "signature": 1 }, "signature": signature });
        gate.bench.value(&score, with, 1)["distance"].clone()
    };
    let mut beside = gate.references.clone();
    beside.push(written.clone());
    let measured = distance(json!(gate.references));
    assert_eq!(distance(json!(beside)), measured);
    assert_eq!(distance(json!([written])), measured);
    assert!(
        measured["overall"].as_f64().unwrap() < TOLERANCE,
        "{measured}"
    );
    let other = json!([gate.references[0], written]);
    let with = json!({ "from": gate.own(30), "signature": other });
    let told = gate.bench.error(&gate.engine, with);
    insta::assert_snapshot!(told, @"`signature/profile.json` is the profile of other references than those beside it: make it anew with `daedal signature build`");
}

#[test]
fn mistakes_of_a_gate_are_told() {
    let gate = Gate::new();
    let error = |with: Value| gate.bench.error(&gate.engine, with);
    let told = [
        error(json!({ "from": gate.own(1) })),
        error(json!({ "from": gate.own(1), "signature": [gate.bench.file("note.txt", "note")] })),
        error(json!({ "from": gate.own(1), "signature": gate.references, "tolerance": 0 })),
        error(json!({ "from": gate.own(1), "signature": gate.references, "timeout": "soon" })),
        error(json!({ "signature": gate.references })),
        error(json!({ "from": 1, "signature": gate.references, "outside": "forget" })),
    ];
    insta::assert_snapshot!(told.join("\n"));
    let implied = gate.engine.implied(&json!({}));
    assert_eq!(implied, [("signature", "run.signature")]);
}
