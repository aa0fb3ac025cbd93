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

fn receipt(step: &str, index: Option<u32>, value: &Value) -> Receipt {
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
        value: canonical::digest(value),
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

fn closed(links: Links) -> RunRecord {
    RunRecord::close_linked(
        header(),
        Settings::new(),
        Settings::new(),
        links,
        Vec::new(),
    )
}

/// Three texts, one of which was edited, a choice that kept `kept`, and a poster with what was chosen.
fn words(kept: &Value) -> RunRecord {
    let mut links = Links::of(header().run());
    for index in 0..3 {
        links.add(receipt("word", Some(index), &json!({ "text": index })));
    }
    let mut edit = receipt("word", Some(2), &json!({ "text": "by hand" }));
    edit.engine = EDIT.into();
    links.trace(
        &mut edit,
        &["word #3".into()],
        &json!({ "text": "by hand" }),
    );
    links.add(edit);
    let mut pick = receipt("pick", None, kept);
    pick.engine = "choose".into();
    links.trace(&mut pick, &["word".into()], kept);
    links.add(pick);
    let mut poster = receipt("poster", None, &json!({ "poster": 1 }));
    poster.outputs = vec![asset("poster")];
    links.trace(&mut poster, &["pick".into()], &json!({ "poster": 1 }));
    links.add(poster);
    // Of the first that was kept alone.
    let mut first = receipt("first", None, &json!({ "first": 1 }));
    first.outputs = vec![asset("first")];
    links.trace(&mut first, &["pick[0]".into()], &json!({ "first": 1 }));
    links.add(first);
    closed(links)
}

fn behind(record: &RunRecord) -> Vec<String> {
    behind_asset(record, "poster")
}

fn behind_asset(record: &RunRecord, name: &str) -> Vec<String> {
    let lineage = record.lineage(&Digest::of(name.as_bytes())).into_iter();
    let label = |place: usize| format!("{place} {}", record.receipts[place].label());
    lineage.map(label).collect()
}

#[test]
fn what_was_chosen_stands_behind_a_value_and_what_was_passed_over_does_not() {
    let one = words(&json!({ "text": 1 }));
    assert_eq!(one.receipts[4].from, ["word #2"]);
    assert_eq!(behind(&one), ["1 word #2", "4 pick", "5 poster"]);
    let several = words(&json!([{ "text": 0 }, { "text": "by hand" }]));
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
fn what_was_chosen_twice_is_known_by_the_first_that_gave_it() {
    let kept = json!([{ "text": 0 }, { "text": 1 }]);
    let mut links = Links::of(header().run());
    for index in 0..3 {
        links.add(receipt("word", Some(index), &json!({ "text": index })));
    }
    for (step, took, value) in [
        ("pick", "word", &kept),
        ("again", "pick", &json!([{ "text": 1 }])),
    ] {
        let mut choice = receipt(step, None, value);
        choice.engine = "choose".into();
        links.trace(&mut choice, &[took.into()], value);
        links.add(choice);
    }
    let mut poster = receipt("poster", None, &json!(1));
    poster.outputs = vec![asset("poster")];
    links.trace(&mut poster, &["again[0]".into()], &json!(1));
    links.add(poster);
    let record = closed(links);
    assert_eq!(record.receipts[5].from, ["again", "pick", "word #2"]);
    assert_eq!(
        behind(&record),
        ["1 word #2", "3 pick", "4 again", "5 poster"]
    );
}

#[test]
fn what_passes_an_asset_on_and_adds_words_of_its_own_stands_behind_those() {
    let mut links = Links::of(header().run());
    links.add(receipt("idea", None, &json!({ "text": "low" })));
    let mut draft = receipt("draft", None, &json!(0));
    draft.outputs = vec![asset("draft")];
    links.add(draft);
    let mut card = receipt("card", None, &json!({ "picture": 0, "title": "low" }));
    (card.inputs, card.outputs) = (vec![asset("draft")], vec![asset("draft")]);
    links.trace(
        &mut card,
        &["idea".into()],
        &json!({ "picture": 0, "title": "low" }),
    );
    links.add(card);
    let mut poster = receipt("poster", None, &json!(1));
    (poster.inputs, poster.outputs) = (vec![asset("draft")], vec![asset("poster")]);
    links.trace(&mut poster, &["card".into()], &json!(1));
    links.add(poster);
    assert_eq!(
        behind(&closed(links)),
        ["0 idea", "1 draft", "2 card", "3 poster"]
    );
}

#[test]
fn what_was_made_of_all_has_all_behind_it() {
    let all = words(&json!({ "text": "quite another" }));
    assert_eq!(all.receipts[4].from, ["word"]);
    assert_eq!(behind(&all).len(), 6);
    // By chance as the number of a task that had no part in it.
    let mut links = Links::of(header().run());
    links.add(receipt("one", None, &json!(0.5)));
    links.add(receipt("two", None, &json!(0.7)));
    let mut mean = receipt("mean", None, &json!(0.5));
    links.trace(&mut mean, &["one".into(), "two".into()], &json!(0.5));
    assert_eq!(mean.from, ["one", "two"]);
}

#[test]
fn what_gave_an_asset_that_was_taken_is_known_by_that() {
    let mut links = Links::of(header().run());
    for index in 0..2 {
        let mut draft = receipt("draft", Some(index), &json!(index));
        draft.outputs = vec![asset(&format!("draft {index}"))];
        links.add(draft);
    }
    let mut finish = receipt("finish", None, &json!(9));
    finish.inputs = vec![asset("draft 0")];
    finish.outputs = vec![asset("poster")];
    // The title of the other one.
    links.trace(&mut finish, &["draft".into(), "gone".into()], &json!(9));
    assert_eq!(finish.from, ["draft #2"]);
    links.add(finish);
    assert_eq!(behind(&closed(links)).len(), 3);
}

#[test]
fn a_receipt_takes_from_receipts_before_it() {
    let record = words(&json!({ "text": 1 }));
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
fn of_a_choice_among_parts_of_values_each_item_may_be_anybodys() {
    let mut links = Links::of(header().run());
    for index in 0..2 {
        links.add(receipt("word", Some(index), &json!({ "text": index })));
    }
    let kept = json!(["0", "1"]);
    let mut pick = receipt("pick", None, &kept);
    pick.engine = "choose".into();
    links.trace(&mut pick, &["word".into()], &kept);
    links.add(pick);
    let mut second = receipt("second", None, &json!(1));
    links.trace(&mut second, &["pick[1]".into()], &json!(1));
    assert_eq!(second.from, ["pick", "word"]);
}
