use std::io::Cursor;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daedal_core::UsdMicros;
use daedal_core::engine::{Engine, EngineError};
use image::{DynamicImage, ImageFormat};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Kind, PainterSettings};
use crate::Settings;
use crate::testing::{Bench, SECRET, Server, answer, bytes, engine, json as said, settings};

/// A picture, and what it is in Base64.
pub(super) fn picture(width: u32, format: ImageFormat) -> (Vec<u8>, String) {
    let mut bytes = Cursor::new(Vec::new());
    let drawn = DynamicImage::new_rgb8(width, 48);
    drawn.write_to(&mut bytes, format).unwrap();
    let bytes = bytes.into_inner();
    let packed = STANDARD.encode(&bytes);
    (bytes, packed)
}

/// A studio whose `ink` is of a kind, at a server.
pub(super) fn studio(kind: Kind, model: Option<&str>, url: &str, price: &str) -> Settings {
    let mut settings = settings(&[]);
    let ink = PainterSettings {
        url: Some(url.to_owned()),
        model: model.map(str::to_owned),
        key: Some("press".to_owned()),
        price: Some(price.to_owned()),
        ..PainterSettings::new(kind)
    };
    settings.diffusion.insert("ink".to_owned(), ink);
    settings
}

fn painter(kind: Kind, model: Option<&str>, url: &str) -> Arc<dyn Engine> {
    engine("diffusion", &studio(kind, model, url, "0.04 USD"))
}

/// What OpenAI's API answers (ImagesResponse).
pub(super) fn from_openai(pictures: &[&str]) -> Value {
    let data: Vec<Value> = pictures
        .iter()
        .map(|packed| json!({ "b64_json": packed }))
        .collect();
    json!({
        "created": 1_713_833_628, "data": data,
        "usage": { "total_tokens": 100, "input_tokens": 50, "output_tokens": 50,
            "input_tokens_details": { "text_tokens": 10, "image_tokens": 40 } }
    })
}

/// What web UI answers: `info` is JSON in a text.
pub(super) fn from_a1111(pictures: &[&str], info: &Value) -> Value {
    json!({ "images": pictures, "parameters": { "prompt": "tide" }, "info": info.to_string() })
}

#[test]
fn openai_is_asked_as_its_reference_says() {
    let (made, packed) = picture(64, ImageFormat::Png);
    let server = Server::start([said(&from_openai(&[&packed, &packed]))]);
    let painter = painter(Kind::OpenAi, Some("gpt-image-1"), &server.url("/v1"));
    let bench = Bench::default();
    let with =
        json!({ "model": "ink", "prompt": "a tide", "width": 1024, "height": 1536, "count": 2 });
    let outcome = bench.perform(&*painter, with, 1).unwrap();
    let got = &server.got()[0];
    assert_eq!(got.line, "POST /v1/images/generations HTTP/1.1");
    assert_eq!(got.headers["authorization"], format!("Bearer {SECRET}"));
    assert_eq!(
        got.json(),
        json!({ "model": "gpt-image-1", "prompt": "a tide", "n": 2, "size": "1024x1536" })
    );
    let kept = outcome.value.as_array().unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0]["media_type"], "image/png");
    assert_eq!(kept[0]["size"], made.len());
    // What it is, and not what was asked for.
    assert_eq!(
        (&kept[0]["width"], &kept[0]["height"]),
        (&json!(64), &json!(48))
    );
    assert!(kept[0].get("seed").is_none());
    assert_eq!(outcome.usage.cost, UsdMicros(80_000));
    assert_eq!(outcome.usage.tokens, Some((50, 50)));
    assert_eq!(outcome.usage.tool.as_deref(), Some("openai/gpt-image-1"));
}

#[test]
fn other_models_are_asked_for_bytes() {
    let (_, packed) = picture(64, ImageFormat::WebP);
    let server = Server::start([said(&from_openai(&[&packed]))]);
    let painter = painter(Kind::OpenAi, Some("dall-e-3"), &server.url("/v1/"));
    let value = Bench::default().value(&*painter, json!({ "model": "ink", "prompt": "a tide" }));
    assert_eq!(value[0]["media_type"], "image/webp");
    assert_eq!(
        server.got()[0].json(),
        json!({ "model": "dall-e-3", "prompt": "a tide", "n": 1, "response_format": "b64_json" })
    );
}

#[test]
fn openai_changes_a_picture_as_its_reference_says() {
    let (_, packed) = picture(64, ImageFormat::Jpeg);
    let server = Server::start([said(&from_openai(&[&packed]))]);
    let painter = painter(Kind::OpenAi, Some("gpt-image-1"), &server.url("/v1"));
    let bench = Bench::default();
    let image = bench.file("draft.png", "draft pixels");
    bench.value(
        &*painter,
        json!({ "model": "ink", "prompt": "in ink", "image": image }),
    );
    let got = &server.got()[0];
    assert_eq!(got.line, "POST /v1/images/edits HTTP/1.1");
    let boundary = got.headers["content-type"].strip_prefix("multipart/form-data; boundary=");
    let boundary = boundary.unwrap();
    let field = |name: &str, value: &str| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
    };
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"image.png\"\r\n\
         Content-Type: image/png\r\n\r\ndraft pixels\r\n{}{}{}--{boundary}--\r\n",
        field("model", "gpt-image-1"),
        field("prompt", "in ink"),
        field("n", "1"),
    );
    assert_eq!(got.body, expected);
}

#[test]
fn web_ui_is_asked_as_its_wiki_says() {
    let (_, sheet) = picture(256, ImageFormat::Png);
    let (_, first) = picture(64, ImageFormat::Png);
    let (_, second) = picture(128, ImageFormat::Png);
    let (_, map) = picture(512, ImageFormat::Png);
    let info =
        json!({ "all_seeds": [41, 42], "index_of_first_image": 1, "sd_model_name": "tide_xl" });
    let answer = from_a1111(
        &[
            &sheet,
            &first,
            &format!("data:image/png;base64,{second}"),
            &map,
        ],
        &info,
    );
    let server = Server::start([said(&answer)]);
    let painter = painter(Kind::A1111, Some("tide_xl.safetensors"), &server.url(""));
    let with = json!({
        "model": "ink", "prompt": "a tide", "negative": "people", "width": 832, "height": 1216, "steps": 24,
        "guidance": 4.5, "seed": 41, "count": 2,
    });
    let outcome = Bench::default().perform(&*painter, with, 1).unwrap();
    let got = &server.got()[0];
    assert_eq!(got.line, "POST /sdapi/v1/txt2img HTTP/1.1");
    let packed = STANDARD.encode(SECRET);
    assert_eq!(got.headers["authorization"], format!("Basic {packed}"));
    assert_eq!(
        got.json(),
        json!({
            "prompt": "a tide", "negative_prompt": "people", "width": 832, "height": 1216, "steps": 24,
            "cfg_scale": 4.5, "seed": 41, "n_iter": 2, "batch_size": 1, "send_images": true, "save_images": false,
            "override_settings": { "sd_model_checkpoint": "tide_xl.safetensors" },
        })
    );
    let told = outcome.value.as_array().unwrap().iter();
    let told: Vec<_> = told
        .map(|one| (one["seed"].clone(), one["width"].clone()))
        .collect();
    assert_eq!(told, [(json!(41), json!(64)), (json!(42), json!(128))]);
    assert_eq!(outcome.usage.tool.as_deref(), Some("a1111/tide_xl"));
}

#[test]
fn web_ui_changes_a_picture_with_the_seed_of_the_task() {
    let (_, packed) = picture(64, ImageFormat::Png);
    let bench = Bench::default();
    let image = bench.file("draft.png", "draft pixels");
    let seed = |seed: u64| {
        let server = Server::start([said(&from_a1111(&[&packed], &json!({})))]);
        let painter = painter(Kind::A1111, None, &server.url(""));
        let with = json!({ "model": "ink", "prompt": "in ink", "image": image, "strength": 0.4 });
        let outcome = bench.perform(&*painter, with, seed).unwrap();
        let got = &server.got()[0];
        assert_eq!(got.line, "POST /sdapi/v1/img2img HTTP/1.1");
        let sent = got.json();
        assert_eq!(
            sent["init_images"],
            json!([STANDARD.encode("draft pixels")])
        );
        assert_eq!(sent["denoising_strength"], 0.4);
        assert!(sent.get("override_settings").is_none());
        // A server that does not tell the seed was given it.
        assert_eq!(outcome.value[0]["seed"], sent["seed"]);
        sent["seed"].as_u64().unwrap()
    };
    assert_eq!(seed(1), seed(1));
    assert_ne!(seed(1), seed(2));
    assert!(seed(3) < 1 << 31);
}

#[test]
fn a_process_is_judged_before_it_runs() {
    let mut settings = studio(
        Kind::OpenAi,
        Some("gpt-image-1"),
        "http://127.0.0.1:1",
        "0 USD",
    );
    let paint = PainterSettings::new(Kind::A1111);
    settings.diffusion.insert("paint".to_owned(), paint);
    let engine = engine("diffusion", &settings);
    let mut told = String::new();
    for with in [
        json!({ "model": "paint", "prompt": "x", "negative": "y", "seed": 3 }),
        json!({ "model": "{{ inputs.model }}", "prompt": "x", "steps": 3 }),
        json!({ "model": "ink", "prompt": "x", "negative": "y", "seed": 3, "strength": 0.5 }),
        json!({ "model": "ink", "prompt": "x", "width": 512 }),
        json!({ "model": "ink", "prompt": "x", "width": 512, "height": "{{ inputs.height }}", "image": "notes.txt" }),
        json!({ "model": "pant", "prompt": "x" }),
    ] {
        told += &format!("{with}\n{}\n\n", engine.check(&with, &|_| None).join("\n"));
    }
    assert_snapshot!(told);
    let seeded = |with: Value| engine.seeded(with.as_object().unwrap());
    assert!(seeded(json!({})) && !seeded(json!({ "seed": 1 })));

    let bench = Bench::default();
    let fail = |with: Value| bench.error(&*engine, with).to_string();
    let told = fail(json!({ "model": "ink", "prompt": "x", "steps": 3 }));
    assert!(told.contains("`steps` has no place"), "{told}");
    let told = fail(json!({ "model": "ink", "prompt": "x", "width": 512 }));
    assert!(told.contains("together"), "{told}");
    let told = fail(json!({ "model": "ink", "prompt": " " }));
    assert!(told.contains("`prompt` is empty"), "{told}");
}

#[test]
fn what_a_server_refuses_says_what_to_look_at_and_no_key() {
    let bench = Bench::default();
    let mut told = String::new();
    for (status, body) in [
        (
            "400 Bad Request",
            r#"{"error":{"message":"Invalid size","param":"size"}}"#,
        ),
        (
            "401 Unauthorized",
            r#"{"error":{"message":"Incorrect API key"}}"#,
        ),
        ("429 Too Many Requests", ""),
        ("200 OK", "<p>hello"),
        ("200 OK", r#"{"data":[]}"#),
        (
            "200 OK",
            r#"{"data":[{"url":"https://example.org/1.png"}]}"#,
        ),
        ("200 OK", r#"{"data":[{"b64_json":"%%%"}]}"#),
        ("200 OK", r#"{"data":[{"b64_json":"aGVsbG8="}]}"#),
    ] {
        let server = Server::start([answer(status, "", body)]);
        let painter = painter(Kind::OpenAi, Some("gpt-image-1"), &server.url("/v1"));
        let error = bench.error(&*painter, json!({ "model": "ink", "prompt": "x" }));
        assert_eq!(error.is_retryable(), status.starts_with("429"), "{error}");
        let error = error.to_string().replace(&server.url(""), "http://ink");
        told += &format!("{error}\n\n");
    }
    let server = Server::start([answer("403 Forbidden", "", &format!("bad key {SECRET}"))]);
    let painter = painter(Kind::OpenAi, Some("gpt-image-1"), &server.url("/v1"));
    let error = bench.error(&*painter, json!({ "model": "ink", "prompt": "x" }));
    told += &error.to_string().replace(&server.url(""), "http://ink");
    assert!(!told.contains(SECRET), "{told}");
    assert_snapshot!(told);
}

#[test]
fn an_answer_has_its_limit() {
    let (_, packed) = picture(64, ImageFormat::Png);
    let server = Server::start([bytes(
        "application/json",
        from_openai(&[&packed]).to_string().as_bytes(),
    )]);
    let painter = painter(Kind::OpenAi, Some("gpt-image-1"), &server.url("/v1"));
    let with = json!({ "model": "ink", "prompt": "x", "bytes_max": 64 });
    let error = Bench::default().error(&*painter, with);
    assert!(
        matches!(&error, EngineError::Limit { message } if message.contains("more than 64 bytes"))
    );
}

#[test]
fn pictures_count_for_the_day() {
    let (_, packed) = picture(64, ImageFormat::Png);
    let refused = answer("400 Bad Request", "", "no");
    let server = Server::start([refused, said(&from_openai(&[&packed]))]);
    let dir = tempfile::tempdir().unwrap();
    let mut settings = studio(
        Kind::OpenAi,
        Some("gpt-image-1"),
        &server.url("/v1"),
        "0.04 USD",
    );
    let book = dir.path().join("spending.json");
    settings.caps.day = Some(UsdMicros(100_000));
    settings.folder = Some(dir.path().to_owned());
    let engine = engine("diffusion", &settings);
    let bench = Bench::default();
    let spent = || {
        let book: Value = serde_json::from_slice(&std::fs::read(&book).unwrap()).unwrap();
        book["spent"].clone()
    };
    let with = |count: u64| json!({ "model": "ink", "prompt": "x", "count": count });
    assert_eq!(
        engine.cost_max(&bench.task(&*engine, with(2), 1)),
        UsdMicros(80_000)
    );
    bench.error(&*engine, with(2));
    assert_eq!(spent(), json!(UsdMicros(0)));
    // Two were asked for, one came.
    bench.value(&*engine, with(2));
    assert_eq!(spent(), json!(UsdMicros(40_000)));
    let told = bench.error(&*engine, with(2)).to_string();
    assert!(told.contains("day_max"), "{told}");
    assert_eq!(server.got().len(), 2);
}

#[test]
fn settings_that_cant_be_used_say_what_to_write() {
    let told = |entry: &dyn Fn(&mut PainterSettings)| {
        let mut settings = studio(
            Kind::OpenAi,
            Some("gpt-image-1"),
            "https://ink.example",
            "1 USD",
        );
        entry(settings.diffusion.get_mut("ink").unwrap());
        let made = crate::all(&settings, Arc::new(|_| Err(String::new())));
        made.map_or_else(
            |error| format!("{error} ({})", error.help),
            |_| String::new(),
        )
    };
    assert_eq!(told(&|_| {}), "");
    assert!(told(&|ink| ink.model = None).contains("`model`"));
    assert!(told(&|ink| ink.price = None).contains("nobody knows what a picture"));
    assert!(told(&|ink| ink.price = Some("cheap".to_owned())).contains("is `cheap`"));
    assert!(told(&|ink| ink.key = Some("other".to_owned())).contains("secret `other`"));
    assert!(told(&|ink| ink.url = Some("ftp://ink".to_owned())).contains("no base address"));
}
