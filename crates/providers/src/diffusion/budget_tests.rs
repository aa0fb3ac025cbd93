//! What pictures cost at most, whatever a server gives, and whose pictures they are.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daedal_core::UsdMicros;
use daedal_core::engine::Engine;
use image::ImageFormat;
use serde_json::{Value, json};

use super::chain_tests::{engine as with_flow, flow, loom};
use super::tests::{from_a1111, from_openai, picture, studio};
use super::{Kind, PainterSettings};
use crate::Settings;
use crate::testing::{Bench, SECRET, Server, answer, bytes, engine, json as said, settings};

fn ink(settings: &mut Settings) -> &mut PainterSettings {
    settings.diffusion.get_mut("ink").unwrap()
}

fn with(count: u64) -> Value {
    json!({ "model": "ink", "prompt": "a tide", "count": count })
}

/// The most that it can cost, what it did cost, and how many pictures came.
fn paid(engine: &dyn Engine, with: Value) -> (u64, u64, usize) {
    let bench = Bench::default();
    let most = engine.cost_max(&bench.task(engine, with.clone(), 1)).0;
    let outcome = bench.perform(engine, with, 1).unwrap();
    let UsdMicros(cost) = outcome.usage.cost;
    (most, cost, outcome.value.as_array().unwrap().len())
}

#[test]
fn what_a_server_makes_beyond_what_was_asked_is_neither_kept_nor_paid() {
    let (_, packed) = picture(64, ImageFormat::Png);
    let server = Server::start([said(&from_openai(&[&packed, &packed, &packed]))]);
    let url = server.url("/v1");
    let studio = studio(Kind::OpenAi, Some("gpt-image-1"), &url, "0.04 USD");
    let engine = engine("diffusion", &studio);
    assert_eq!(paid(&*engine, with(1)), (40_000, 40_000, 1));
    assert_eq!(paid(&*engine, with(2)), (80_000, 80_000, 2));
}

/// A model of Replicate that makes as many as it is told, or four.
fn four() -> Server {
    let (made, _) = picture(64, ImageFormat::Png);
    Server::answering(move |got| {
        if got.line.starts_with("GET") {
            return bytes("image/png", &made);
        }
        let host = &got.headers["host"];
        let count = got.json()["input"]["num_outputs"].as_u64().unwrap_or(4);
        let output = (0..count).map(|at| format!("http://{host}/out-{at}.png"));
        said(&json!({ "status": "succeeded", "output": output.collect::<Vec<_>>() }))
    })
}

#[test]
fn a_fixed_number_of_pictures_is_known_before() {
    let server = four();
    let mut settings = studio(
        Kind::Replicate,
        Some("tide/xl"),
        &server.url("/v1"),
        "0.01 USD",
    );
    ink(&mut settings)
        .fixed
        .insert("num_outputs".to_owned(), json!(4));
    // What a step says takes the place of what is fixed.
    let told = engine("diffusion", &settings);
    assert_eq!(paid(&*told, with(1)), (10_000, 10_000, 1));
    assert_eq!(server.got()[0].json()["input"]["num_outputs"], 1);
    assert_eq!(paid(&*told, with(2)), (20_000, 20_000, 2));
    // Where it can't, all are held for.
    ink(&mut settings)
        .inputs
        .insert("count".to_owned(), String::new());
    let fixed = engine("diffusion", &settings);
    assert_eq!(paid(&*fixed, with(1)), (40_000, 40_000, 4));
    let told = fixed.check(&with(2), &|_| None).join("\n");
    assert!(told.contains("`count` has no place"), "{told}");
}

/// A ComfyUI whose work is over at once, with so many pictures.
fn comfy(count: usize) -> Server {
    let (made, _) = picture(64, ImageFormat::Png);
    Server::answering(move |got| match got.line.split(' ').nth(1).unwrap() {
        "/queue" => said(&json!({ "queue_running": [], "queue_pending": [] })),
        "/prompt" => said(&json!({ "prompt_id": "one", "number": 0, "node_errors": {} })),
        "/history/one" => {
            let file = json!({ "filename": "x.png", "subfolder": "", "type": "output" });
            said(&json!({ "one": {
                "outputs": { "6": { "images": vec![file; count] } },
                "status": { "status_str": "success", "completed": true, "messages": [] },
            } }))
        }
        path if path.starts_with("/view") => bytes("image/png", &made),
        _ => answer("404 Not Found", "", ""),
    })
}

#[test]
fn what_a_workflow_makes_at_once_is_known_before() {
    let server = comfy(4);
    let mut settings = loom(&server.url(""));
    ink(&mut settings).price = Some("0.01 USD".to_owned());
    let mut flow = flow();
    flow["3"]["inputs"]["batch_size"] = json!(4);
    // What is said to begin with is not looked at where it is set.
    let set = with_flow(&settings, &flow).unwrap();
    assert_eq!(paid(&*set, with(1)), (10_000, 10_000, 1));
    ink(&mut settings).inputs.remove("count");
    let fixed = with_flow(&settings, &flow).unwrap();
    assert_eq!(paid(&*fixed, with(1)), (40_000, 40_000, 4));
    flow["3"]["inputs"]["batch_size"] = json!(2);
    let less = with_flow(&settings, &flow).unwrap();
    assert_eq!(paid(&*less, with(1)), (20_000, 20_000, 2));
    // Two nodes that save, and one that only shows.
    flow["7"] = json!({ "class_type": "SaveImage", "inputs": { "images": ["4", 0] } });
    flow["8"] = json!({ "class_type": "PreviewImage", "inputs": { "images": ["4", 0] } });
    let more = with_flow(&settings, &flow).unwrap();
    assert_eq!(paid(&*more, with(1)), (40_000, 40_000, 4));
}

#[test]
fn what_a_workflow_makes_for_nothing_is_kept() {
    let server = comfy(3);
    let mut settings = loom(&server.url(""));
    ink(&mut settings).price = None;
    let free = with_flow(&settings, &flow()).unwrap();
    assert_eq!(paid(&*free, with(1)), (0, 0, 3));
}

#[test]
fn candidates_that_would_be_the_same_are_refused() {
    let mut settings = loom("http://127.0.0.1:1");
    let alike = |settings: &Settings| {
        let engine = with_flow(settings, &flow()).unwrap();
        engine.alike(with(1).as_object().unwrap())
    };
    assert_eq!(alike(&settings), None);
    ink(&mut settings).inputs.remove("seed");
    let told = alike(&settings).unwrap();
    assert!(told.contains("`ink`") && told.contains("seed = "), "{told}");
}

#[test]
fn pictures_of_another_maker_are_no_pictures_of_this() {
    let behind = |settings: &Settings, flow: &Value| {
        let engine = with_flow(settings, flow).unwrap();
        engine.behind(&Bench::default().task(&*engine, with(1), 1))
    };
    let of = |kind: Kind, model: Option<&str>, url: &str| studio(kind, model, url, "1 USD");
    let near = "http://127.0.0.1:1";
    let red = of(Kind::A1111, Some("red"), near);
    let told = behind(&red, &flow()).unwrap();
    assert_eq!(told, "a1111/red");
    // Where nearby it is, what it costs and how often it is asked is all the same.
    let mut same = of(Kind::A1111, Some("red"), "http://127.0.0.1:2");
    ink(&mut same).price = Some("2 USD".to_owned());
    ink(&mut same).rate = Some("1/s".to_owned());
    assert_eq!(behind(&same, &flow()).unwrap(), told);
    let elsewhere = of(Kind::A1111, Some("red"), "https://attic.example");
    assert_eq!(
        behind(&elsewhere, &flow()).unwrap(),
        "a1111/red at attic.example"
    );
    let usual = of(Kind::OpenAi, Some("red"), "https://api.openai.com/v1");
    assert_eq!(behind(&usual, &flow()).unwrap(), "openai/red");

    let replicate = of(Kind::Replicate, Some("tide/xl"), near);
    let mut fixed = of(Kind::Replicate, Some("tide/xl"), near);
    ink(&mut fixed)
        .fixed
        .insert("style".to_owned(), json!("ink"));
    assert_ne!(behind(&replicate, &flow()), behind(&fixed, &flow()));

    let loom = loom(near);
    let mut other = flow();
    other["1"]["inputs"]["ckpt_name"] = json!("ebb.safetensors");
    assert_eq!(behind(&loom, &flow()), behind(&loom, &flow()));
    assert_ne!(behind(&loom, &flow()), behind(&loom, &other));
}

#[test]
fn what_is_behind_a_server_of_workflows_is_where_it_is() {
    let behind = |url: &str| {
        let mut settings = settings(&[]);
        settings.comfyui.url = Some(url.to_owned());
        let engine = engine("comfyui", &settings);
        let with = json!({ "workflow": "x" });
        engine.behind(&Bench::default().task(&*engine, with, 1))
    };
    assert_eq!(behind("http://127.0.0.1:8188"), None);
    let told = behind("https://attic.example:8443").unwrap();
    assert_eq!(told, "comfyui at attic.example");
}

#[test]
fn a_key_that_comes_back_is_not_kept() {
    let (_, packed) = picture(64, ImageFormat::Png);
    let sent = STANDARD.encode(SECRET);
    let info = json!({ "sd_model_name": format!("tide {sent}") });
    for reply in [
        said(&from_a1111(&[&packed], &info)),
        answer("500 Internal Server Error", "", &format!("Basic {sent}")),
        answer("401 Unauthorized", "", &format!("no such user: {SECRET}")),
    ] {
        let server = Server::start([reply]);
        let studio = studio(Kind::A1111, None, &server.url(""), "0 USD");
        let engine: Arc<dyn Engine> = engine("diffusion", &studio);
        let told = Bench::default().error(&*engine, with(1)).to_string();
        assert!(told.contains("repeats the secret `press`"), "{told}");
        assert!(!told.contains(&sent) && !told.contains(SECRET), "{told}");
    }
}
