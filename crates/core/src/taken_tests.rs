use alloy_primitives::B256;
use serde_json::json;

use super::*;
use crate::engine::{Determinism, Usage};
use crate::receipt::Links;
use crate::record::{RecordFault, RunHeader, RunRecord, Settings, settings_digest};
use crate::run::EDIT;
use crate::{AssetRef, Seed};

fn asset(name: &str) -> AssetRef {
    AssetRef {
        digest: Digest::of(name.as_bytes()),
        media_type: "image/png".into(),
        size: 100,
    }
}

fn receipt(step: &str, index: Option<u32>) -> Receipt {
    Receipt {
        step: step.into(),
        round: None,
        index,
        engine: "llm".into(),
        engine_version: "1".into(),
        params: Digest::of(b"params"),
        seed: None,
        inputs: Vec::new(),
        from: Vec::new(),
        outputs: Vec::new(),
        value: Digest::of(b"value"),
        determinism: Determinism::Attested,
        usage: Usage::default(),
        intents: Vec::new(),
        of: None,
        prev: B256::ZERO,
    }
}

fn header() -> RunHeader {
    RunHeader {
        process: "words".into(),
        bundle: Digest::of(b"bundle"),
        inputs: settings_digest(&Settings::new()),
        parameters: settings_digest(&Settings::new()),
        seed: Seed(Digest::of(b"seed")),
        nonce: 1,
        started_ms: 1,
        ended_ms: 2,
        tool: "daedal".into(),
        target: "x86_64-unknown-linux-gnu".into(),
        governed: None,
        intents: Vec::new(),
    }
}

/// What a task is told to have taken: `pick[0]`, or all of `word #2`.
fn took(name: &str) -> Took {
    let item = name.strip_suffix(']').and_then(|name| name.split_once('['));
    match item {
        Some((name, item)) => Took {
            item: Some(item.parse().unwrap()),
            ..Took::whole(name)
        },
        None => Took::whole(name),
    }
}

/// The record of tasks, each with what it took and what came of it.
fn record(tasks: &[(Receipt, &[&str], Value)]) -> RunRecord {
    let mut tracing = Tracing::of(header().run());
    for (receipt, names, value) in tasks {
        let names: Vec<Took> = names.iter().copied().map(took).collect();
        let mut receipt = receipt.clone();
        receipt.value = canonical::digest(value);
        tracing.add(receipt, &names, &Value::Null, value);
    }
    closed(tracing.links())
}

fn closed(links: Links) -> RunRecord {
    RunRecord::close_linked(
        header(),
        Settings::new(),
        Settings::new(),
        links,
        Vec::new(),
    )
}

fn chooser(step: &str) -> Receipt {
    Receipt {
        engine: "choose".into(),
        ..receipt(step, None)
    }
}

fn drawn(step: &str, inputs: &[&str], outputs: &[&str]) -> Receipt {
    Receipt {
        inputs: inputs.iter().copied().map(asset).collect(),
        outputs: outputs.iter().copied().map(asset).collect(),
        ..receipt(step, None)
    }
}

fn draft(index: u32) -> Receipt {
    Receipt {
        index: Some(index),
        ..drawn("draft", &[], &[&format!("draft {index}")])
    }
}

fn texts() -> Vec<(Receipt, &'static [&'static str], Value)> {
    (0..3)
        .map(|index| {
            let word = receipt("word", Some(index));
            (
                word,
                &[][..],
                json!({ "text": format!("word {index}"), "n": 7 }),
            )
        })
        .collect()
}

/// Three texts, one of which was edited, a choice that kept `kept`, and a poster with what was chosen.
fn words(kept: Value) -> RunRecord {
    let mut tasks = texts();
    let mut edit = receipt("word", Some(2));
    edit.engine = EDIT.into();
    let by_hand = json!({ "text": "by hand" });
    tasks.push((edit, &["word #3"], by_hand));
    tasks.push((chooser("pick"), &["word"], kept));
    tasks.push((drawn("poster", &[], &["poster"]), &["pick"], json!(1)));
    tasks.push((drawn("first", &[], &["first"]), &["pick[0]"], json!(2)));
    record(&tasks)
}

fn behind(record: &RunRecord) -> Vec<String> {
    behind_asset(record, "poster")
}

fn behind_asset(record: &RunRecord, name: &str) -> Vec<String> {
    let lineage = record.lineage(&Digest::of(name.as_bytes())).into_iter();
    let label = |place: usize| format!("{place} {}", record.receipts[place].label());
    lineage.map(label).collect()
}

fn word(index: u32) -> Value {
    json!({ "text": format!("word {index}"), "n": 7 })
}

#[test]
fn what_was_chosen_stands_behind_a_value_and_what_was_passed_over_does_not() {
    let one = words(word(1));
    assert_eq!(one.receipts[4].from, ["word #2"]);
    assert_eq!(behind(&one), ["1 word #2", "4 pick", "5 poster"]);
    let several = words(json!([word(0), { "text": "by hand" }]));
    assert_eq!(several.receipts[4].from, ["word #1", "word #3"]);
    assert_eq!(
        behind(&several),
        ["0 word #1", "2 word #3", "3 word #3", "4 pick", "5 poster"],
        "an edit and what was edited"
    );
    assert_eq!(
        behind_asset(&several, "first"),
        ["0 word #1", "4 pick", "6 first"],
        "the other one that was kept had no part in it"
    );
}

#[test]
fn what_was_chosen_may_be_part_of_what_was_taken_or_be_put_together_of_such_parts() {
    let one = words(json!("word 1"));
    assert_eq!(one.receipts[4].from, ["word #2"]);
    assert_eq!(behind(&one), ["1 word #2", "4 pick", "5 poster"]);
    let several = words(json!(["word 0", "by hand"]));
    assert_eq!(several.receipts[4].from, ["word #1", "word #3"]);
    assert_eq!(
        behind_asset(&several, "first"),
        ["0 word #1", "4 pick", "6 first"]
    );
    let made_up = words(json!({ "title": "word 0", "lines": ["word 1", null] }));
    assert_eq!(made_up.receipts[4].from, ["word #1", "word #2"]);
    let counted = words(json!({ "title": "word 0", "n": 3 }));
    assert_eq!(
        counted.receipts[4].from,
        ["word"],
        "nobody gave that number"
    );
    let other = words(json!({ "title": "word 0", "lines": ["WORD 1"] }));
    assert_eq!(other.receipts[4].from, ["word"], "an expression changed it");
    let empty = words(json!([]));
    assert_eq!(empty.receipts[4].from, ["word"]);
}

#[test]
fn what_was_edited_is_no_longer_there_to_be_chosen() {
    let mut tasks = texts();
    tasks[2].2 = word(0);
    let mut edit = receipt("word", Some(2));
    edit.engine = EDIT.into();
    tasks.push((edit, &["word #3"], json!({ "text": "by hand" })));
    tasks.push((chooser("pick"), &["word"], word(0)));
    let record = record(&tasks);
    assert_eq!(record.receipts[4].from, ["word #1"]);
}

fn chosen(kept: &Value, took: &[Took], own_options: &Value) -> Vec<String> {
    let (words, judged) = (texts(), json!({ "best": "first" }));
    let mut tracing = Tracing::of(header().run());
    let mut add = |mut receipt: Receipt, took: &[Took], value| {
        receipt.value = canonical::digest(value);
        tracing.add(receipt, took, own_options, value);
    };
    words
        .iter()
        .for_each(|(word, _, value)| add(word.clone(), &[], value));
    add(receipt("judge", None), &[], &judged);
    add(chooser("pick"), took, kept);
    tracing.links().receipts()[4].from.clone()
}

#[test]
fn what_an_expression_decided_by_stands_behind_whatever_it_gave() {
    let judged = Took {
        as_it_is: false,
        ..Took::whole("judge")
    };
    let took = [Took::whole("word"), judged];
    let from = chosen(&json!("word 1"), &took, &Value::Null);
    assert_eq!(from, ["judge", "word #2"]);
}

#[test]
fn a_choices_own_options_are_nobodys() {
    let own = json!(["plain", { "title": "low", "n": 1 }]);
    for (kept, from) in [
        (json!(["plain"]), &[][..]),
        (json!([{ "title": "low", "n": 1 }, "word 0"]), &["word #1"]),
        (json!(["high"]), &["word"]),
    ] {
        assert_eq!(chosen(&kept, &[Took::whole("word")], &own), from, "{kept}");
    }
}

#[test]
fn of_equal_values_all_who_gave_one_stand_behind_what_was_chosen() {
    let mut tasks = texts();
    tasks.push((receipt("copy", None), &[], json!("word 1")));
    tasks.push((chooser("pick"), &["word", "copy"], json!("word 1")));
    let record = record(&tasks);
    assert_eq!(record.receipts[4].from, ["copy", "word #2"]);
}

#[test]
fn only_of_what_was_chosen_parts_are_looked_for() {
    let mut tasks = texts();
    tasks.push((receipt("critic", None), &["word"], json!("word 1")));
    tasks.push((receipt("best", None), &["word"], word(1)));
    let record = record(&tasks);
    assert_eq!(record.receipts[3].from, ["word"], "it wrote that itself");
    assert_eq!(record.receipts[4].from, ["word #2"]);
}

#[test]
fn what_was_chosen_twice_is_known_by_the_first_that_gave_it() {
    let mut tasks = texts();
    tasks.push((chooser("pick"), &["word"], json!([word(0), word(1)])));
    tasks.push((chooser("again"), &["pick"], json!([word(1)])));
    tasks.push((drawn("poster", &[], &["poster"]), &["again[0]"], json!(1)));
    let record = record(&tasks);
    assert_eq!(record.receipts[5].from, ["again", "pick", "word #2"]);
    assert_eq!(
        behind(&record),
        ["1 word #2", "3 pick", "4 again", "5 poster"]
    );
}

#[test]
fn what_is_said_beside_a_chosen_picture_is_by_whoever_drew_that() {
    let picture = |index: u32| {
        let drawn = asset(&format!("draft {index}")).to_value();
        json!({ "picture": drawn, "title": format!("title {index}") })
    };
    let mut tasks: Vec<(Receipt, &[&str], Value)> =
        vec![(draft(0), &[], picture(0)), (draft(1), &[], picture(1))];
    let mut pick = drawn("pick", &["draft 0", "draft 1"], &["draft 1"]);
    pick.engine = "choose".into();
    tasks.push((pick, &["draft"], picture(1)));
    // The title alone.
    tasks.push((drawn("poster", &[], &["poster"]), &["pick"], json!(1)));
    let mut name = chooser("name");
    name.inputs = vec![asset("draft 0"), asset("draft 1")];
    tasks.push((name, &["draft"], json!("title 0")));
    let record = record(&tasks);
    assert!(record.receipts[2].from.is_empty(), "its asset tells");
    assert_eq!(record.receipts[3].from, ["draft #2", "pick"]);
    assert_eq!(behind(&record), ["1 draft #2", "2 pick", "3 poster"]);
    assert_eq!(record.receipts[4].from, ["draft #1"], "no asset tells");
}

#[test]
fn words_that_were_put_beside_a_picture_are_not_lost_where_both_are_chosen() {
    let card = |index: u32| json!({ "picture": asset(&format!("draft {index}")).to_value(), "title": format!("word {index}") });
    let mut tasks = texts();
    for index in 0..2 {
        let value = asset(&format!("draft {index}")).to_value();
        tasks.push((draft(index), &[], value));
    }
    let mut pick = drawn("pick", &["draft 0", "draft 1"], &["draft 0", "draft 1"]);
    pick.engine = "choose".into();
    tasks.push((pick, &["draft", "word"], json!([card(0), card(1)])));
    let poster = |name: &str, took: &[&str]| drawn(name, took, &[name]);
    tasks.push((poster("whole", &["draft 0"]), &["pick[0]"], json!(1)));
    // The picture of one, the words of the other.
    tasks.push((
        poster("mixed", &["draft 0"]),
        &["pick[0]", "pick[1]"],
        json!(2),
    ));
    let record = record(&tasks);
    assert_eq!(
        behind_asset(&record, "whole"),
        ["0 word #1", "3 draft #1", "5 pick", "6 whole"]
    );
    let mixed = behind_asset(&record, "mixed");
    assert!(mixed.contains(&"1 word #2".to_owned()), "{mixed:?}");
}

#[test]
fn what_passes_an_asset_on_and_adds_words_of_its_own_stands_behind_those() {
    let low = json!({ "picture": 0, "title": "low" });
    let record = record(&[
        (receipt("idea", None), &[], json!({ "text": "low" })),
        (drawn("draft", &[], &["draft"]), &[], json!(0)),
        (drawn("card", &["draft"], &["draft"]), &["idea"], low),
        (
            drawn("poster", &["draft"], &["poster"]),
            &["card"],
            json!(1),
        ),
    ]);
    assert_eq!(behind(&record), ["0 idea", "1 draft", "2 card", "3 poster"]);
}

#[test]
fn what_was_made_of_all_has_all_behind_it() {
    let all = words(json!({ "text": "quite another" }));
    assert_eq!(all.receipts[4].from, ["word"]);
    assert_eq!(behind(&all).len(), 6);
    // By chance as the number of a task that had no part in it.
    let mean = record(&[
        (receipt("one", None), &[], json!(0.5)),
        (receipt("two", None), &[], json!(0.7)),
        (receipt("mean", None), &["one", "two"], json!(0.5)),
    ]);
    assert_eq!(mean.receipts[2].from, ["one", "two"]);
}

#[test]
fn what_gave_an_asset_that_was_taken_is_known_by_that() {
    let record = record(&[
        (draft(0), &[], json!(0)),
        (draft(1), &[], json!(1)),
        (
            drawn("finish", &["draft 0"], &["poster"]),
            &["draft", "gone"],
            json!(9),
        ),
    ]);
    assert_eq!(record.receipts[2].from, ["draft #2"]);
    assert_eq!(behind(&record).len(), 3);
}

#[test]
fn a_receipt_takes_from_receipts_before_it() {
    let record = words(word(1));
    let unsigned = RecordFault::Unsigned {
        label: "word #3".into(),
    };
    assert_eq!(record.faults(), std::slice::from_ref(&unsigned));
    let mut receipts = record.receipts.clone();
    receipts[1].from = vec!["pick".into()];
    let links = Links::all(header().run(), receipts);
    let told = RecordFault::From {
        label: "word #2".into(),
        name: "pick".into(),
    };
    assert_eq!(closed(links).faults(), [told, unsigned]);
}

#[test]
fn of_a_choice_that_nobody_gave_as_it_is_each_item_may_be_anybodys() {
    let mut tasks = texts();
    tasks.push((chooser("pick"), &["word"], json!(["WORD 0", "WORD 1"])));
    tasks.push((receipt("second", None), &["pick[1]"], json!(1)));
    let record = record(&tasks);
    assert_eq!(record.receipts[4].from, ["pick", "word"]);
}
