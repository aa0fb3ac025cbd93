//! Against a server that answers as Replicate's documentation says.

use std::sync::atomic::Ordering;

use daedal_core::UsdMicros;
use daedal_core::engine::EngineError;
use image::ImageFormat;
use serde_json::{Value, json};

use super::Kind;
use super::tests::{picture, studio};
use crate::testing::{Bench, Got, SECRET, Server, answer, bytes, engine, json as said};

const MODEL: &str = "black-forest-labs/flux-schnell";

fn path(got: &Got) -> &str {
    got.line.split(' ').nth(1).unwrap()
}

/// A prediction (`schemas.prediction`) whose addresses are at `host`.
fn prediction(host: &str, status: &str, output: Value) -> Value {
    json!({
        "id": "gm3qorzdhgbfurvjtvhg6dckhu", "model": MODEL, "version": "c846a69991daf4c0e5d016514849d14ee5b2e6846ce6b9d6f21369e564cfe51e",
        "input": { "prompt": "a tide" }, "logs": "Using seed: 7\n 50%|#####     | 2/4", "output": output, "error": null,
        "status": status, "created_at": "2026-08-05T16:19:34.765Z", "data_removed": false,
        "urls": {
            "get": format!("http://{host}/v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu"),
            "cancel": format!("http://{host}/v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu/cancel"),
        },
    })
}

/// A server whose prediction stands so, one after the other; it makes these pictures.
fn server(stands: Vec<Value>, made: Vec<u8>) -> Server {
    let mut at = 0;
    Server::answering(move |got| {
        let host = got.headers["host"].clone();
        if path(got).starts_with("/out") {
            return bytes("image/webp", &made);
        }
        if path(got).ends_with("/cancel") {
            return said(&prediction(&host, "canceled", Value::Null));
        }
        if path(got).ends_with("/files") {
            return said(
                &json!({ "id": "1", "urls": { "get": format!("http://{host}/v1/files/1") } }),
            );
        }
        let now = &stands[at.min(stands.len() - 1)];
        at += 1;
        let output = match &now["output"] {
            Value::Number(count) => {
                let address = |at| json!(format!("http://{host}/out-{at}.webp"));
                Value::Array((0..count.as_u64().unwrap()).map(address).collect())
            }
            other => other.clone(),
        };
        let mut answered = prediction(&host, now["status"].as_str().unwrap(), output);
        answered["error"] = now["error"].clone();
        answer(
            "201 Created",
            "content-type: application/json\r\n",
            &answered.to_string(),
        )
    })
}

fn stands(status: &str) -> Value {
    json!({ "status": status, "output": null })
}

#[test]
fn replicate_is_asked_as_its_reference_says() {
    let (made, _) = picture(64, ImageFormat::WebP);
    let server = server(
        vec![
            stands("starting"),
            stands("processing"),
            json!({ "status": "succeeded", "output": 2 }),
        ],
        made,
    );
    let mut settings = studio(
        Kind::Replicate,
        Some(MODEL),
        &server.url("/v1"),
        "0.003 USD",
    );
    let ink = settings.diffusion.get_mut("ink").unwrap();
    ink.inputs = [("guidance", "guidance"), ("negative", "")]
        .map(|(said, called)| (said.to_owned(), called.to_owned()))
        .into();
    ink.fixed.insert("output_format".to_owned(), json!("webp"));
    let engine = engine("diffusion", &settings);
    let mut bench = Bench::default();
    bench.limits.timeout_ms_max = 30_000;
    let image = bench.file("draft.png", "draft pixels");
    let with = json!({
        "model": "ink", "prompt": "a tide", "width": 832, "height": 1216, "steps": 4, "guidance": 3.5, "seed": 7,
        "count": 2, "image": image, "strength": 0.8,
    });
    let outcome = bench.perform(&*engine, with, 1).unwrap();
    let got = server.got();
    assert_eq!(
        got[0].line,
        format!("POST /v1/models/{MODEL}/predictions HTTP/1.1")
    );
    assert_eq!(got[0].headers["authorization"], format!("Bearer {SECRET}"));
    assert_eq!(got[0].headers["prefer"], "wait=30");
    assert_eq!(got[0].headers["cancel-after"], "30s");
    assert!(got[0].headers.contains_key("idempotency-key"));
    assert_eq!(
        got[0].json(),
        json!({ "input": {
            "output_format": "webp", "prompt": "a tide", "width": 832, "height": 1216, "num_inference_steps": 4,
            "guidance": 3.5, "seed": 7, "image": "data:image/png;base64,ZHJhZnQgcGl4ZWxz", "prompt_strength": 0.8,
            "num_outputs": 2,
        } })
    );
    let looks = got
        .iter()
        .filter(|got| got.line.starts_with("GET /v1/predictions/gm3q"));
    assert_eq!(looks.count(), 2);
    let made = outcome.value.as_array().unwrap();
    assert_eq!(made.len(), 2);
    assert_eq!(made[0]["media_type"], "image/webp");
    assert_eq!(
        (&made[0]["width"], &made[0]["seed"]),
        (&json!(64), &json!(7))
    );
    assert_eq!(outcome.usage.cost, UsdMicros(6_000));
    let tool = outcome.usage.tool.unwrap();
    assert!(
        tool.starts_with(&format!("replicate/{MODEL}:c846a699")),
        "{tool}"
    );
    // The field that the model has no place for.
    let with = json!({ "model": "ink", "prompt": "x", "negative": "y" });
    let told = engine.check(&with, &|_| None).join("\n");
    assert!(told.contains("`negative` has no place"), "{told}");
}

#[test]
fn a_version_stays_and_a_large_picture_is_sent_before() {
    let (made, _) = picture(64, ImageFormat::Png);
    let server = server(vec![json!({ "status": "succeeded", "output": 1 })], made);
    let version = "39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b";
    for model in [version.to_owned(), format!("stability-ai/sdxl:{version}")] {
        let settings = studio(Kind::Replicate, Some(&model), &server.url("/v1"), "0 USD");
        let engine = engine("diffusion", &settings);
        let bench = Bench::default();
        let image = bench.file("draft.png", vec![7; 300 << 10]);
        bench.value(
            &*engine,
            json!({ "model": "ink", "prompt": "a tide", "image": image }),
        );
    }
    let got = server.got();
    assert_eq!(got[0].line, "POST /v1/files HTTP/1.1");
    assert!(
        got[0]
            .body
            .contains("name=\"content\"; filename=\"image.png\"")
    );
    let orders: Vec<&Got> = got
        .iter()
        .filter(|got| path(got) == "/v1/predictions")
        .collect();
    assert_eq!(orders.len(), 2);
    for order in orders {
        let body = order.json();
        assert_eq!(body["version"], version);
        assert_eq!(body["input"]["image"], server.url("/v1/files/1"));
        assert!(body["input"].get("num_outputs").is_none());
    }
}

#[test]
fn what_is_no_longer_wanted_is_cancelled_there() {
    let server = server(vec![stands("processing")], Vec::new());
    let settings = studio(Kind::Replicate, Some(MODEL), &server.url("/v1"), "0 USD");
    let engine = engine("diffusion", &settings);
    let mut bench = Bench::default();
    bench.limits.timeout_ms_max = 600;
    let error = bench.error(&*engine, json!({ "model": "ink", "prompt": "a tide" }));
    assert!(matches!(error, EngineError::Limit { .. }), "{error}");
    let last = server.got().pop().unwrap();
    assert_eq!(
        last.line,
        "POST /v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu/cancel HTTP/1.1"
    );
    assert_eq!(last.headers["authorization"], format!("Bearer {SECRET}"));

    bench.limits.timeout_ms_max = 60_000;
    let stopped = std::thread::scope(|scope| {
        scope.spawn(|| {
            let before = server.got().len();
            while server.got().len() < before + 2 {
                std::thread::yield_now();
            }
            bench.stop.store(true, Ordering::Relaxed);
        });
        bench.error(&*engine, json!({ "model": "ink", "prompt": "a tide" }))
    });
    assert_eq!(stopped, EngineError::Stopped);
    assert!(path(server.got().last().unwrap()).ends_with("/cancel"));
}

#[test]
fn what_comes_to_nothing_says_so() {
    let fail = |now: Value| {
        let server = server(vec![now], b"no picture".to_vec());
        let settings = studio(Kind::Replicate, Some(MODEL), &server.url("/v1"), "0 USD");
        let engine = engine("diffusion", &settings);
        let error = Bench::default().error(&*engine, json!({ "model": "ink", "prompt": "a tide" }));
        (error.is_retryable(), error.to_string())
    };
    let failed = json!({ "status": "failed", "output": null, "error": "NSFW content detected" });
    let (again, told) = fail(failed);
    assert!(
        !again && told.contains("the model failed: NSFW content detected"),
        "{told}"
    );
    let (again, told) = fail(stands("canceled"));
    assert!(again && told.contains("cancelled"), "{told}");
    let (again, told) = fail(json!({ "status": "succeeded", "output": [] }));
    assert!(!again && told.contains("it gives no files"), "{told}");
    let (_, told) = fail(json!({ "status": "succeeded", "output": 1 }));
    assert!(told.contains("no PNG, JPEG or WebP"), "{told}");
    let (_, told) = fail(json!({ "status": "paused", "output": null }));
    assert!(told.contains("does not say how it stands"), "{told}");
}

#[test]
fn its_key_follows_no_address_that_leads_elsewhere() {
    let stranger = Server::start([said(&json!({}))]);
    let elsewhere = format!("127.0.0.1:{}", stranger.port);
    let server = Server::start([answer(
        "201 Created",
        "",
        &prediction(&elsewhere, "processing", Value::Null).to_string(),
    )]);
    let settings = studio(Kind::Replicate, Some(MODEL), &server.url("/v1"), "0 USD");
    let engine = engine("diffusion", &settings);
    let error = Bench::default().error(&*engine, json!({ "model": "ink", "prompt": "a tide" }));
    assert!(error.to_string().contains("may not be sent to"), "{error}");
    assert!(stranger.got().is_empty());
}
