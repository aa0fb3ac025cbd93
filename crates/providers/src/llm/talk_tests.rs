//! Conversations with tools, turn by turn.

use daedal_core::AssetRef;
use daedal_core::blob::BlobRead as _;
use daedal_core::engine::Engine;
use serde_json::{Value, json};

use super::tests::{said, studio};
use crate::testing::{Bench, Reply, Server, engine, json as json_reply};

/// An answer that calls tools.
pub(super) fn calls(text: &str, calls: &[(&str, Value)]) -> Reply {
    let calls: Vec<Value> = (0..)
        .zip(calls)
        .map(|(at, (name, arguments))| {
            json!({
                "id": format!("call_{at}"), "type": "function",
                "function": { "name": name, "arguments": arguments.to_string() }
            })
        })
        .collect();
    json_reply(&json!({
        "model": "nonsense-1", "object": "chat.completion",
        "choices": [{ "index": 0, "finish_reason": "tool_calls", "message": { "role": "assistant", "content": text, "tool_calls": calls } }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 }
    }))
}

fn with(before: Value) -> Value {
    json!({
        "model": "a",
        "prompt": "Draw the sea.",
        "turns": 3,
        "tools": {
            "draw": { "about": "Draws.", "takes": { "hue": { "type": "integer", "min": 0, "max": 359 } }, "shows": true },
            "frame": { "about": "Frames.", "takes": { "picture": "asset" } },
        },
        "before": before,
    })
}

fn picture(bench: &Bench) -> Value {
    let mut picture = bench.file("a.png", b"picture");
    picture["width"] = json!(640);
    picture
}

/// The turn before, with what its calls gave.
fn round(think: &Value, draw: Value, frame: Value) -> Value {
    json!({ "think": think, "draw": draw, "frame": frame })
}

fn told(bench: &Bench, engine: &dyn Engine, before: Value) -> String {
    bench.error(engine, with(before)).to_string()
}

#[test]
fn a_model_has_things_done_sees_them_and_answers() {
    let server = Server::start([
        calls(
            "First a blue one.",
            &[
                ("draw", json!({ "hue": 210 })),
                ("draw", json!({ "hue": 190 })),
            ],
        ),
        calls("", &[("frame", json!({ "picture": "draw-2" }))]),
        said("The second, framed."),
    ]);
    let engine = engine("llm", &studio(&[&server]));
    let bench = Bench::default();
    let first = bench.value(&*engine, with(Value::Null));
    assert_eq!(first["done"], false);
    assert_eq!(
        first["calls"],
        json!({ "draw": [{ "hue": 210 }, { "hue": 190 }], "frame": [] })
    );
    // The first drawing fails.
    let picture = picture(&bench);
    let before = round(&first, json!([null, picture]), Value::Null);
    let second = bench.value(&*engine, with(before));
    assert_eq!(second["calls"]["frame"], json!([{ "picture": picture }]));
    let framed = json!({ "$asset": picture["$asset"], "media_type": "image/svg+xml", "size": 7 });
    let before = round(&second, Value::Null, json!([framed]));
    let third = bench.value(&*engine, with(before));
    assert_eq!(third["done"], true);
    assert_eq!(third["turn"], 3);
    assert_eq!(third["text"], "The second, framed.");
    assert_eq!(
        third["gave"],
        json!({ "draw": [null, picture], "frame": [framed] })
    );
    let got = server.got();
    assert!(got[0].json().get("tool_choice").is_none());
    // In the last turn it has to answer.
    assert_eq!(got[2].json()["tool_choice"], "none");
    let sent: Vec<Value> = got
        .iter()
        .map(|got| got.json()["messages"].clone())
        .collect();
    insta::assert_json_snapshot!(json!({ "tools": got[0].json()["tools"], "messages": sent[1..] }));
    // What was said stays, to be read.
    let said = AssetRef::from_value(&third["said"]).unwrap();
    let said: Value = serde_json::from_slice(&bench.read(&said.digest).unwrap()).unwrap();
    insta::assert_json_snapshot!(said);
}

#[test]
fn a_call_that_is_wrong_is_repaired() {
    let server = Server::start([
        calls(
            "",
            &[
                ("draw", json!({ "hue": 400 })),
                ("draw", json!({ "hue": 4 })),
            ],
        ),
        calls("", &[("draw", json!({ "hue": 40 }))]),
    ]);
    let engine = engine("llm", &studio(&[&server]));
    let outcome = Bench::default()
        .perform(&*engine, with(Value::Null), 1)
        .unwrap();
    assert_eq!(outcome.value["calls"]["draw"], json!([{ "hue": 40 }]));
    assert_eq!(outcome.usage.tokens, Some((20, 10)));
    insta::assert_json_snapshot!(server.got()[1].json()["messages"]);
}

#[test]
fn a_model_that_never_calls_as_it_should_fails_and_tells_what_it_cost() {
    let server = Server::start([calls("", &[("paint", json!({}))])]);
    let engine = engine("llm", &studio(&[&server]));
    let bench = Bench::default();
    let told = told(&bench, &*engine, Value::Null);
    assert!(told.contains("there is no tool `paint`"), "{told}");
    assert_eq!(server.got().len(), 3);
    let spent = bench.spent.lock().unwrap();
    assert_eq!((spent.cost.0, spent.tokens), (60, Some((30, 15))));
}

#[test]
fn a_form_is_kept_to_and_asked_for_in_words() {
    let server = Server::start([said("{\"hue\": 7}")]);
    let engine = engine("llm", &studio(&[&server]));
    let mut with = with(Value::Null);
    with["answer"] = json!({ "hue": "integer" });
    let value = Bench::default().value(&*engine, with.clone());
    assert_eq!((&value["hue"], &value["done"]), (&json!(7), &json!(true)));
    assert!(server.got()[0].json().get("response_format").is_none());
    with["answer"] = json!({ "done": "boolean" });
    let told = engine.check(&with, &|_| None);
    assert!(told[0].contains("`done`"), "{told:?}");
}

#[test]
fn a_question_after_an_answer_goes_on_with_the_talk() {
    let server = Server::start([said("Done."), said("Done again.")]);
    let engine = engine("llm", &studio(&[&server]));
    let bench = Bench::default();
    let first = bench.value(&*engine, with(Value::Null));
    let mut more = with(round(&first, Value::Null, Value::Null));
    more["prompt"] = json!("Bluer, please.");
    let second = bench.value(&*engine, more);
    assert_eq!(second["turn"], 1);
    let sent = server.got()[1].json();
    let texts = sent["messages"].as_array().unwrap().iter();
    let texts: Vec<&str> = texts.map(|one| one["content"].as_str().unwrap()).collect();
    assert_eq!(texts, ["Draw the sea.", "Done.", "Bluer, please."]);
}

#[test]
fn a_round_that_does_not_fit_says_what_the_loop_needs() {
    let server = Server::start([calls("", &[("draw", json!({ "hue": 4 }))])]);
    let engine = engine("llm", &studio(&[&server]));
    let bench = Bench::default();
    let first = bench.value(&*engine, with(Value::Null));
    let found = [
        json!({ "think": first, "draw": [1] }),
        json!({ "think": first, "draw": [1, 2], "frame": null }),
        json!({ "think": first, "think_again": first, "draw": [1], "frame": null }),
    ]
    .map(|before| told(&bench, &*engine, before));
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn what_a_turn_may_cost_grows_with_what_was_said() {
    let server = Server::start([calls("", &[("draw", json!({ "hue": 4 }))])]);
    let engine = engine("llm", &studio(&[&server]));
    let bench = Bench::default();
    let first = bench.value(&*engine, with(Value::Null));
    let cost = |before: Value| engine.cost_max(&bench.task(&*engine, with(before), 1)).0;
    let shown = round(&first, json!([picture(&bench)]), Value::Null);
    let failed = round(&first, json!([null]), Value::Null);
    assert!(cost(failed.clone()) > cost(Value::Null));
    assert!(cost(shown) > cost(failed) + 50_000);
}
