//! Against servers that answer as they are told: what a real one can't be made to do.

use daedal_core::UsdMicros;
use daedal_core::engine::{EngineError, Outcome};
use serde_json::{Value, json};

use super::{Kind, ModelSettings, PriceSettings};
use crate::Settings;
use crate::testing::{Bench, Reply, SECRET, Server, answer, engine, json as json_reply, settings};

/// An entry for an OpenAI-compatible server at `url`, which wants a key and a cent for each token.
pub(super) fn entry(url: String) -> ModelSettings {
    ModelSettings {
        kind: Kind::OpenAi,
        model: "nonsense".to_owned(),
        url: Some(url),
        key: Some("press".to_owned()),
        price: Some(PriceSettings {
            input: "1 USD".to_owned(),
            output: "2 USD".to_owned(),
        }),
        concurrency: None,
        rate: None,
        fallback: Vec::new(),
        timeout: None,
        max_tokens: None,
        structured: None,
        seed: None,
        image_tokens: None,
        stream: None,
    }
}

/// A studio with one model for each server, in the order of fallback: `a`, `b`, …
pub(super) fn studio(servers: &[&Server]) -> Settings {
    let mut studio = settings(&[]);
    let names = ["a", "b", "c"];
    for (at, (server, name)) in servers.iter().zip(names).enumerate() {
        let mut entry = entry(server.url("/v1"));
        if at == 0 {
            entry.fallback = names[1..servers.len()]
                .iter()
                .map(ToString::to_string)
                .collect();
        }
        studio.llm.insert(name.to_owned(), entry);
    }
    studio
}

pub(super) fn said(text: &str) -> Reply {
    json_reply(&json!({
        "model": "nonsense-1", "object": "chat.completion",
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": text } }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 }
    }))
}

pub(super) fn busy(headers: &str) -> Reply {
    let body = json!({ "error": { "message": "slow down" } }).to_string();
    answer("429 Too Many Requests", headers, &body)
}

pub(super) fn ask(servers: &[&Server], with: Value) -> Result<Outcome, EngineError> {
    let engine = engine("llm", &studio(servers));
    let mut with = with;
    with["model"] = json!("a");
    with["prompt"] = json!("What does the sea say?");
    let bench = Bench::default();
    let cost_max = engine.cost_max(&bench.task(&*engine, with.clone(), 1));
    let done = bench.perform(&*engine, with, 1);
    if let Ok(outcome) = &done {
        assert!(
            outcome.usage.cost <= cost_max,
            "{} > {cost_max}",
            outcome.usage.cost
        );
    }
    done
}

#[test]
fn an_answer_tells_what_it_cost() {
    let server = Server::start([said("hush")]);
    let outcome = ask(&[&server], json!({ "temperature": 0.5, "stop": ["."] })).unwrap();
    assert_eq!(outcome.value, json!({ "text": "hush", "cut": false }));
    assert_eq!(outcome.usage.tokens, Some((10, 5)));
    assert_eq!(outcome.usage.cost, UsdMicros(20));
    assert_eq!(outcome.usage.tool.as_deref(), Some("openai/nonsense-1"));
    let got = &server.got()[0];
    assert_eq!(got.line, "POST /v1/chat/completions HTTP/1.1");
    assert_eq!(got.headers["authorization"], format!("Bearer {SECRET}"));
    let sent = got.json();
    assert_eq!(sent["temperature"], 0.5);
    assert_eq!(sent["max_tokens"], 4_096);
    assert_eq!(sent["stop"], json!(["."]));
    assert!(sent["seed"].is_u64());
}

#[test]
fn a_busy_server_is_asked_again_when_it_says_with_the_same_key() {
    let server = Server::start([
        busy("retry-after: 0\r\n"),
        answer("502 Bad Gateway", "retry-after-ms: 1\r\n", ""),
        said("hush"),
    ]);
    let outcome = ask(&[&server], json!({})).unwrap();
    assert_eq!(outcome.usage.tokens, Some((10, 5)));
    let keys: Vec<String> = server
        .got()
        .into_iter()
        .map(|got| got.headers["idempotency-key"].clone())
        .collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn a_server_that_wants_to_be_left_alone_for_long_is_not_waited_for() {
    let server = Server::start([busy("retry-after: 3600\r\n")]);
    let error = ask(&[&server], json!({})).unwrap_err();
    assert!(error.is_retryable());
    let told = error.to_string();
    assert!(
        told.contains("slow down") && told.contains("3600 s"),
        "{told}"
    );
    assert_eq!(server.got().len(), 1);
}

#[test]
fn another_model_answers_while_the_first_can_not() {
    let first = Server::start([busy("retry-after: 3600\r\n")]);
    let second = Server::start([answer(
        "503 Service Unavailable",
        "retry-after: 3600\r\n",
        "",
    )]);
    let third = Server::start([said("hush")]);
    let outcome = ask(&[&first, &second, &third], json!({})).unwrap();
    assert_eq!(outcome.value["text"], "hush");
    let counts = [&first, &second, &third].map(|server| server.got().len());
    assert_eq!(counts, [1, 1, 1]);
}

#[test]
fn a_server_that_keeps_failing_is_left_alone() {
    let server = Server::start([answer("503 Service Unavailable", "retry-after: 0\r\n", "")]);
    let engine = engine("llm", &studio(&[&server]));
    let with = json!({ "model": "a", "prompt": "?" });
    let bench = Bench::default();
    let told: Vec<String> = (0..3)
        .map(|_| bench.error(&*engine, with.clone()).to_string())
        .collect();
    assert!(told[2].contains("left alone"), "{told:?}");
    assert_eq!(server.got().len(), 5);
}

#[test]
fn an_answer_that_is_lost_is_not_asked_for_again() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{\"choices\"".to_vec();
    let server = Server::start([Reply::Raw(half)]);
    let spare = Server::start([said("hush")]);
    let error = ask(&[&server, &spare], json!({})).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("may have been paid"), "{error}");
    assert_eq!((server.got().len(), spare.got().len()), (1, 0));
}

#[test]
fn a_server_that_is_silent_is_given_up() {
    let server = Server::start([Reply::Silence(Vec::new())]);
    let engine = engine("llm", &studio(&[&server]));
    let mut bench = Bench::default();
    bench.limits.timeout_ms_max = 300;
    let error = bench.error(&*engine, json!({ "model": "a", "prompt": "?" }));
    assert!(matches!(error, EngineError::Limit { .. }), "{error}");
    assert!(error.to_string().contains("within 0.3 s"), "{error}");
}

#[test]
fn an_answer_is_repaired() {
    let server = Server::start([
        said("Well, it depends."),
        said("{\"score\": 7, \"mood\": \"calm\"}"),
        said("```json\n{\"score\": 0.7, \"mood\": \"calm\"}\n```"),
    ]);
    let form = json!({ "score": { "type": "number", "min": 0, "max": 1 }, "mood": "calm | storm" });
    let outcome = ask(&[&server], json!({ "answer": form })).unwrap();
    assert_eq!(outcome.value, json!({ "score": 0.7, "mood": "calm" }));
    assert_eq!(outcome.usage.tokens, Some((30, 15)));
    assert_eq!(outcome.usage.cost, UsdMicros(60));
    let got = server.got();
    assert_eq!(got[0].json()["response_format"]["type"], "json_schema");
    let messages = got[2].json()["messages"].as_array().unwrap().clone();
    let texts: Vec<&str> = messages
        .iter()
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    insta::assert_snapshot!(texts.join("\n---\n"));
}

#[test]
fn an_answer_that_stays_wrong_fails_and_tells_what_it_cost() {
    let server = Server::start([said("no")]);
    let with = json!({ "answer": { "score": "number" }, "repairs_max": 1 });
    let error = ask(&[&server], with).unwrap_err();
    assert!(!error.is_retryable());
    let told = error.to_string();
    assert!(
        told.contains("asked 2 times") && told.contains("0.000040 USD"),
        "{told}"
    );
    assert_eq!(server.got().len(), 2);
}

#[test]
fn what_a_server_refuses_says_what_to_look_at_and_no_key() {
    let body = json!({ "error": { "message": format!("bad key {SECRET}") } }).to_string();
    let mut told = Vec::new();
    for status in [
        "401 Unauthorized",
        "404 Not Found",
        "400 Bad Request",
        "307 Temporary Redirect",
    ] {
        let server = Server::start([answer(status, "", &body)]);
        let error = ask(&[&server], json!({})).unwrap_err();
        assert!(!error.is_retryable());
        told.push(error.to_string());
        assert_eq!(server.got().len(), 1);
    }
    let server = Server::start([answer("200 OK", "content-type: text/html\r\n", "<html>")]);
    told.push(ask(&[&server], json!({})).unwrap_err().to_string());
    let told = told.join("\n");
    assert!(!told.contains(SECRET), "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn pictures_and_examples_are_sent() {
    let server = Server::start([said("{\"name\": \"fog\"}")]);
    let engine = engine("llm", &studio(&[&server]));
    let bench = Bench::default();
    let with = json!({
        "model": "a",
        "prompt_file": bench.file("ask.md", "Name it."),
        "system": "You name pictures.",
        "examples": [{ "user": "a wave", "assistant": { "name": "swell" } }],
        "images": [bench.file("a.png", b"picture")],
        "answer": { "name": "text" },
    });
    let value = bench.value(&*engine, with);
    assert_eq!(value, json!({ "name": "fog" }));
    let sent = server.got()[0].json();
    insta::assert_json_snapshot!(sent["messages"]);
}

#[test]
fn every_protocol_is_spoken() {
    let gemini = json!({
        "candidates": [{ "content": { "role": "model", "parts": [{ "text": "hush" }] }, "finishReason": "STOP" }],
        "usageMetadata": { "promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15 },
        "modelVersion": "nonsense-1"
    });
    let anthropic = json!({
        "id": "m", "type": "message", "role": "assistant", "model": "nonsense-1", "stop_reason": "end_turn",
        "content": [{ "type": "text", "text": "hush" }], "usage": { "input_tokens": 10, "output_tokens": 5 }
    });
    let ollama = json!({
        "model": "nonsense-1", "done": true, "done_reason": "stop", "prompt_eval_count": 10, "eval_count": 5,
        "message": { "role": "assistant", "content": "hush" }
    });
    for (kind, reply, path, key) in [
        (
            Kind::Gemini,
            gemini,
            "/models/nonsense:generateContent",
            Some("x-goog-api-key"),
        ),
        (Kind::Anthropic, anthropic, "/messages", Some("x-api-key")),
        (Kind::Ollama, ollama, "/api/chat", None),
    ] {
        let server = Server::start([json_reply(&reply)]);
        let mut studio = settings(&[]);
        let own = ModelSettings {
            kind,
            ..entry(server.url(""))
        };
        studio.llm.insert("a".to_owned(), own);
        let engine = engine("llm", &studio);
        let with = json!({ "model": "a", "prompt": "What?", "system": "Be brief." });
        let outcome = Bench::default().perform(&*engine, with, 1).unwrap();
        assert_eq!(
            outcome.value,
            json!({ "text": "hush", "cut": false }),
            "{kind:?}"
        );
        assert_eq!(outcome.usage.tokens, Some((10, 5)), "{kind:?}");
        let got = &server.got()[0];
        assert!(got.line.contains(path), "{kind:?}: {}", got.line);
        assert!(!got.line.contains(SECRET), "{kind:?}: {}", got.line);
        if let Some(key) = key {
            assert_eq!(got.headers[key], SECRET, "{kind:?}");
        }
    }
}

#[test]
fn a_process_is_judged_before_it_runs() {
    let server = Server::start([said("hush")]);
    let engine = engine("llm", &studio(&[&server]));
    let wrong = [
        json!({ "model": "writer", "prompt": "?" }),
        json!({ "model": "a", "prompt": "?", "answer": { "score": "percent" } }),
    ];
    let told: Vec<String> = wrong
        .iter()
        .map(|with| engine.check(with, &|_| None).join("\n"))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    let unset = crate::unset();
    let unset = unset
        .iter()
        .find(|engine| engine.spec().name == "llm")
        .unwrap();
    // Where nobody has said which models there are, none is missed.
    assert_eq!(unset.check(&wrong[0], &|_| None), [""; 0]);
}

#[test]
fn a_step_that_asks_more_may_cost_more() {
    let server = Server::start([said("hush")]);
    let engine = engine("llm", &studio(&[&server]));
    let cost = |with: Value| {
        let mut with = with;
        with["model"] = json!("a");
        engine.cost_max(&Bench::default().task(&*engine, with, 1)).0
    };
    let plain = cost(json!({ "prompt": "?", "max_tokens": 100 }));
    assert!(plain >= 200, "{plain}");
    assert!(cost(json!({ "prompt": "?".repeat(100), "max_tokens": 100 })) >= plain + 99);
    assert!(cost(json!({ "prompt": "?", "max_tokens": 200 })) >= plain + 200);
    let image = Bench::default().file("a.png", b"picture");
    assert!(cost(json!({ "prompt": "?", "max_tokens": 100, "images": [image] })) >= plain + 50_000);
    let form = |repairs: u32| {
        cost(
            json!({ "prompt": "?", "max_tokens": 100, "answer": { "a": "text" }, "repairs_max": repairs }),
        )
    };
    assert!(form(1) >= 2 * form(0));
}

#[test]
fn a_day_has_its_cap() {
    let server = Server::start([said("hush")]);
    let dir = tempfile::tempdir().unwrap();
    let mut studio = studio(&[&server]);
    studio.caps.day = Some(UsdMicros(10_000));
    studio.folder = Some(dir.path().to_owned());
    let engine = engine("llm", &studio);
    let with = |max_tokens: u32| json!({ "model": "a", "prompt": "?", "max_tokens": max_tokens });
    let told = Bench::default().error(&*engine, with(5_000)).to_string();
    assert!(told.contains("day_max"), "{told}");
    assert!(server.got().is_empty());
    // What was not spent is given back: the estimate of each of these is most of the cap.
    for _ in 0..5 {
        Bench::default().value(&*engine, with(4_000));
    }
    let book = std::fs::read_to_string(dir.path().join("spending.json")).unwrap();
    assert!(book.contains("\"spent\":100,\"total\":100}"), "{book}");
}
