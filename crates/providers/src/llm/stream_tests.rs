//! Answers that are heard as they are written, from servers that answer as they are told.

use daedal_core::UsdMicros;
use daedal_core::engine::EngineError;
use serde_json::{Value, json};

use super::tests::{busy, entry, said, studio};
use super::{Kind, ModelSettings};
use crate::testing::{Bench, Reply, Server, answer, engine, pieces, settings};

fn piece(text: &str) -> Value {
    json!({ "model": "nonsense-1", "choices": [{ "index": 0, "delta": { "content": text } }] })
}

fn end() -> [Value; 3] {
    [
        json!({ "model": "nonsense-1", "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }),
        json!({ "model": "nonsense-1", "choices": [], "usage": { "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 } }),
        json!("[DONE]"),
    ]
}

fn written() -> Reply {
    let [stop, usage, done] = end();
    pieces(&[piece("hush,"), piece("\nhush"), stop, usage, done])
}

fn with() -> Value {
    json!({ "model": "a", "prompt": "What does the sea say?" })
}

#[test]
fn an_answer_is_told_as_it_is_written_and_is_the_same_as_at_once() {
    let server = Server::start([written()]);
    let engine = engine("llm", &studio(&[&server]));
    let bench = Bench::followed();
    let outcome = bench.perform(&*engine, with(), 1).unwrap();
    assert_eq!(
        outcome.value,
        json!({ "text": "hush,\nhush", "cut": false })
    );
    assert_eq!(outcome.usage.tokens, Some((10, 5)));
    assert_eq!(outcome.usage.cost, UsdMicros(20));
    assert_eq!(outcome.usage.tool.as_deref(), Some("openai/nonsense-1"));
    assert_eq!(*bench.told.lock().unwrap(), ["hush,", "hush, hush"]);
    let sent = server.got()[0].json();
    assert_eq!(sent["stream"], true);
    assert_eq!(sent["stream_options"], json!({ "include_usage": true }));
}

#[test]
fn nothing_is_streamed_where_nobody_looks_or_the_studio_does_not_want_it() {
    let server = Server::start([said("hush")]);
    let mut settings = studio(&[&server]);
    Bench::default().value(&*engine("llm", &settings), with());
    settings.llm.get_mut("a").unwrap().stream = Some(false);
    Bench::followed().value(&*engine("llm", &settings), with());
    for got in server.got() {
        assert_ne!(got.json()["stream"], true);
    }
}

#[test]
fn an_answer_that_breaks_off_is_lost_and_counts_as_the_most_that_it_may_have_cost() {
    let server = Server::start([pieces(&[piece("hu")])]);
    let engine = engine("llm", &studio(&[&server]));
    let bench = Bench::followed();
    let error = bench.error(&*engine, with());
    assert!(error.is_retryable(), "{error}");
    let told = error.to_string();
    assert!(
        told.contains("broke off") && told.contains("may have been paid"),
        "{told}"
    );
    assert_eq!(server.got().len(), 1);
    let most = engine.cost_max(&bench.task(&*engine, with(), 1));
    assert_eq!(bench.spent.lock().unwrap().cost, most);
}

#[test]
fn a_server_that_gives_up_amid_its_answer_says_why() {
    let error = json!({ "error": { "message": "the tide is out" } });
    let server = Server::start([pieces(&[piece("hu"), error])]);
    let engine = engine("llm", &studio(&[&server]));
    let error = Bench::followed().error(&*engine, with());
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("the tide is out"), "{error}");
}

#[test]
fn a_busy_server_is_asked_again_and_one_that_refuses_is_not() {
    let server = Server::start([busy("retry-after: 0\r\n"), written()]);
    let engine_ = engine("llm", &studio(&[&server]));
    assert_eq!(
        Bench::followed().value(&*engine_, with())["text"],
        "hush,\nhush"
    );
    assert_eq!(server.got().len(), 2);
    let body = json!({ "error": { "message": "no such key" } }).to_string();
    let server = Server::start([answer("401 Unauthorized", "", &body)]);
    let engine_ = engine("llm", &studio(&[&server]));
    let error = Bench::followed().error(&*engine_, with());
    assert!(matches!(error, EngineError::Invalid { .. }), "{error}");
    assert!(error.to_string().contains("no such key"), "{error}");
}

#[test]
fn a_page_is_no_answer() {
    let server = Server::start([answer("200 OK", "content-type: text/html\r\n", "<html>")]);
    let engine = engine("llm", &studio(&[&server]));
    let error = Bench::followed().error(&*engine, with());
    assert!(!error.is_retryable(), "{error}");
    assert!(error.to_string().contains("stream = false"), "{error}");
}

#[test]
fn every_protocol_is_heard() {
    let gemini = pieces(&[json!({
        "candidates": [{ "content": { "role": "model", "parts": [{ "text": "hush" }] }, "finishReason": "STOP" }],
        "usageMetadata": { "promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15 },
        "modelVersion": "nonsense-1"
    })]);
    let anthropic = pieces(&[
        json!({ "type": "message_start", "message": { "id": "m", "model": "nonsense-1", "usage": { "input_tokens": 10, "output_tokens": 1 } } }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": "hush" } }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 5 } }),
        json!({ "type": "message_stop" }),
    ]);
    let lines = [
        json!({ "model": "nonsense-1", "done": false, "message": { "role": "assistant", "content": "hush" } }),
        json!({ "model": "nonsense-1", "done": true, "done_reason": "stop", "prompt_eval_count": 10, "eval_count": 5, "message": { "role": "assistant", "content": "" } }),
    ];
    let lines = lines.map(|line| format!("{line}\n")).concat();
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\n\r\n";
    let ollama = Reply::Raw(format!("{head}{lines}").into_bytes());
    for (kind, reply) in [
        (Kind::Gemini, gemini),
        (Kind::Anthropic, anthropic),
        (Kind::Ollama, ollama),
    ] {
        let server = Server::start([reply]);
        let mut studio = settings(&[]);
        let own = ModelSettings {
            kind,
            ..entry(server.url(""))
        };
        studio.llm.insert("a".to_owned(), own);
        let bench = Bench::followed();
        let outcome = bench.perform(&*engine("llm", &studio), with(), 1).unwrap();
        assert_eq!(outcome.value["text"], "hush", "{kind:?}");
        assert_eq!(outcome.usage.tokens, Some((10, 5)), "{kind:?}");
        let tool = format!("{}/nonsense-1", kind.name());
        assert_eq!(outcome.usage.tool, Some(tool), "{kind:?}");
        assert_eq!(*bench.told.lock().unwrap(), ["hush"], "{kind:?}");
    }
}
