//! What is sent, what has no place there, and what of it never comes back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::tests::{ask, entry, said, studio};
use super::{Kind, ModelSettings, Structured};
use crate::testing::{Bench, SECRET, Server, answer, engine, json as json_reply, pieces, settings};

#[test]
fn an_answer_that_repeats_the_key_is_not_kept() {
    let call = json_reply(&json!({
        "model": "nonsense-1", "object": "chat.completion",
        "choices": [{ "index": 0, "finish_reason": "tool_calls", "message": { "role": "assistant", "tool_calls": [
            { "id": "1", "type": "function", "function": { "name": "draw", "arguments": json!({ "word": SECRET }).to_string() } },
        ] } }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 }
    }));
    let model = json_reply(&json!({
        "model": format!("nonsense {SECRET}"), "object": "chat.completion",
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "hush" } }],
    }));
    for (reply, with) in [
        (said(&format!("You sent Bearer {SECRET}.")), json!({})),
        (said(&STANDARD.encode(format!("me:{SECRET}"))), json!({})),
        (model, json!({})),
        (
            call,
            json!({ "tools": { "draw": { "about": "Draws.", "takes": { "word": "text" } } } }),
        ),
    ] {
        let server = Server::start([reply]);
        let told = ask(&[&server], with).unwrap_err().to_string();
        assert!(told.contains("repeats the secret `press`"), "{told}");
        assert!(!told.contains(SECRET), "{told}");
        assert_eq!(server.got().len(), 1);
    }
    // What is cut for a message is cut after the key is gone.
    let long = format!("{} {SECRET}", "x".repeat(290));
    let body = json!({ "error": { "message": long } }).to_string();
    let server = Server::start([answer("400 Bad Request", "", &body)]);
    let told = ask(&[&server], json!({})).unwrap_err().to_string();
    assert!(!told.contains("sea-g"), "{told}");
}

#[test]
fn a_seed_that_nobody_has_a_place_for_is_told() {
    let gemini = json!({
        "candidates": [{ "content": { "role": "model", "parts": [{ "text": "hush" }] }, "finishReason": "STOP" }],
        "usageMetadata": { "promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15 },
    });
    let server = Server::start([json_reply(&gemini)]);
    let mut studio = settings(&[]);
    for (name, kind) in [("claude", Kind::Anthropic), ("gemini", Kind::Gemini)] {
        let own = ModelSettings {
            kind,
            ..entry(server.url(""))
        };
        studio.llm.insert(name.to_owned(), own);
    }
    studio.llm.get_mut("gemini").unwrap().fallback = vec!["claude".to_owned()];
    let engine = engine("llm", &studio);
    let with = |model: &str| json!({ "model": model, "prompt": "?", "seed": 7 });
    let told = engine.check(&with("claude"), &|_| None).join("\n");
    assert!(told.contains("`seed` has no place"), "{told}");
    assert_eq!(engine.check(&with("gemini"), &|_| None), [""; 0]);
    let bench = Bench::default();
    let told = bench.error(&*engine, with("claude")).to_string();
    assert!(told.contains("`seed` has no place"), "{told}");
    assert!(server.got().is_empty());
    bench.value(&*engine, with("gemini"));
    bench.value(&*engine, json!({ "model": "gemini", "prompt": "?" }));
    let got = server.got();
    assert_eq!(got[0].json()["generationConfig"]["seed"], 7);
    // The task's own.
    assert!(got[1].json()["generationConfig"]["seed"].is_u64());
}

#[test]
fn ollama_is_given_the_form_where_it_should_keep_to_it() {
    let form = json!({ "score": "number" });
    for (structured, line) in [
        (
            Some(Structured::Schema),
            "POST /v1/chat/completions HTTP/1.1",
        ),
        (None, "POST /api/chat HTTP/1.1"),
    ] {
        let server = Server::start([json_reply(&json!({
            "model": "nonsense-1", "done": true, "message": { "role": "assistant", "content": "{\"score\": 1}" },
            "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "{\"score\": 1}" } }],
        }))]);
        let mut studio = settings(&[]);
        let own = ModelSettings {
            kind: Kind::Ollama,
            structured,
            ..entry(server.url("/"))
        };
        studio.llm.insert("a".to_owned(), own);
        let engine = engine("llm", &studio);
        let with = json!({ "model": "a", "prompt": "?", "answer": form });
        assert_eq!(
            Bench::default().value(&*engine, with),
            json!({ "score": 1 })
        );
        let got = &server.got()[0];
        assert_eq!(got.line, line);
        let sent = got.json();
        match structured {
            Some(_) => {
                let schema = &sent["response_format"]["json_schema"]["schema"];
                assert_eq!(schema["properties"]["score"]["type"], "number", "{sent}");
            }
            None => assert_eq!(sent["format"], "json", "{sent}"),
        }
    }
}

#[test]
fn only_pictures_are_sent_as_pictures() {
    let server = Server::start([said("hush")]);
    let engine = engine("llm", &studio(&[&server]));
    let bench = Bench::default();
    let with = |image: Value| json!({ "model": "a", "prompt": "?", "images": [image] });
    let told = engine
        .check(&with(json!("daedal.toml")), &|_| None)
        .join("\n");
    assert!(
        told.contains("`daedal.toml` is of type application/octet-stream"),
        "{told}"
    );
    for fine in ["a.png", "{{ steps.draft }}"] {
        assert_eq!(engine.check(&with(json!(fine)), &|_| None), [""; 0]);
    }
    let file = bench.file("daedal.toml", "[secrets.x]");
    let told = bench.error(&*engine, with(file)).to_string();
    assert!(told.contains("expected image/png"), "{told}");
    assert!(server.got().is_empty());
}

#[test]
fn what_is_written_is_told_without_the_key() {
    let piece = |text: &str| json!({ "model": "nonsense-1", "choices": [{ "index": 0, "delta": { "content": text } }] });
    let server = Server::start([pieces(&[
        piece("it is "),
        piece(SECRET),
        json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }),
        json!("[DONE]"),
    ])]);
    let engine = engine("llm", &studio(&[&server]));
    let bench = Bench::followed();
    let told = bench.error(&*engine, json!({ "model": "a", "prompt": "?" }));
    assert!(told.to_string().contains("repeats the secret"), "{told}");
    assert_eq!(*bench.told.lock().unwrap(), ["it is ", "it is [secret]"]);
}
