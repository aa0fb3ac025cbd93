//! Several makers of pictures: whoever can, makes them; and a workflow of ComfyUI as one of them.

use std::sync::Arc;

use daedal_core::UsdMicros;
use daedal_core::engine::{Engine, EngineError};
use image::ImageFormat;
use serde_json::{Value, json};

use super::tests::{from_a1111, from_openai, picture, studio};
use super::{Kind, PainterSettings};
use crate::Settings;
use crate::secrets::Place;
use crate::testing::{Bench, Reply, Server, answer, bytes, json as said};

/// The engine of a studio whose workflow is `flow`.
pub(super) fn engine(settings: &Settings, flow: &Value) -> Result<Arc<dyn Engine>, String> {
    let flow = flow.to_string();
    let read = move |place: &Place| match place {
        Place::Variable(_) => Ok(crate::testing::SECRET.to_owned()),
        Place::File(path) if path.ends_with("paint.json") => Ok(flow.clone()),
        Place::File(_) => Err("it is not there".to_owned()),
    };
    let engines = crate::all(settings, Arc::new(read));
    let engines = engines.map_err(|error| format!("{error} ({})", error.help))?;
    let mut engines = engines.into_iter();
    Ok(engines
        .find(|engine| engine.spec().name == "diffusion")
        .unwrap())
}

/// A studio whose `ink` is at `first`, and whose `attic` stands in for it.
fn pair(first: &Server, second: &Server) -> Settings {
    let mut settings = studio(
        Kind::OpenAi,
        Some("gpt-image-1"),
        &first.url("/v1"),
        "0.04 USD",
    );
    let attic = PainterSettings {
        url: Some(second.url("")),
        price: Some("0.10 USD".to_owned()),
        ..PainterSettings::new(Kind::A1111)
    };
    settings.diffusion.insert("attic".to_owned(), attic);
    settings.diffusion.get_mut("ink").unwrap().fallback = vec!["attic".to_owned()];
    settings
}

#[test]
fn a_busy_server_is_asked_again_and_then_another() {
    let (_, packed) = picture(64, ImageFormat::Png);
    let wait = "retry-after-ms: 5\r\n";
    let first = Server::start([
        answer("429 Too Many Requests", wait, "slow down"),
        answer("500 Internal Server Error", wait, ""),
        said(&from_openai(&[&packed])),
    ]);
    let second = Server::start([said(&from_a1111(&[&packed], &json!({})))]);
    let engine = engine(&pair(&first, &second), &json!({})).unwrap();
    let bench = Bench::default();
    let with = json!({ "model": "ink", "prompt": "a tide" });
    let outcome = bench.perform(&*engine, with.clone(), 1).unwrap();
    assert_eq!(outcome.usage.cost, UsdMicros(40_000));
    let keys: Vec<_> = first
        .got()
        .iter()
        .map(|got| got.headers["idempotency-key"].clone())
        .collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert!(second.got().is_empty());
    // What it may cost is what the dearest costs.
    assert_eq!(
        engine.cost_max(&bench.task(&*engine, with, 1)),
        UsdMicros(100_000)
    );
}

#[test]
fn another_makes_what_the_first_can_not_now() {
    let (_, packed) = picture(64, ImageFormat::Png);
    let first = Server::start([answer(
        "503 Service Unavailable",
        "retry-after: 600\r\n",
        "",
    )]);
    let second = Server::start([said(&from_a1111(&[&packed], &json!({})))]);
    let engine = engine(&pair(&first, &second), &json!({})).unwrap();
    let bench = Bench::default();
    let with = json!({ "model": "ink", "prompt": "a tide" });
    let outcome = bench.perform(&*engine, with, 1).unwrap();
    assert_eq!(first.got().len(), 1);
    assert_eq!(outcome.usage.tool.as_deref(), Some("a1111"));
    assert_eq!(outcome.usage.cost, UsdMicros(100_000));
    // What is refused by one is not asked of the next.
    let first = Server::start([answer("400 Bad Request", "", "no")]);
    let refused = self::engine(&pair(&first, &second), &json!({})).unwrap();
    bench.error(&*refused, json!({ "model": "ink", "prompt": "a tide" }));
    assert_eq!(second.got().len(), 1);
}

#[test]
fn an_answer_that_broke_off_is_not_asked_for_again() {
    let first = Server::start([Reply::Raw(
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec(),
    )]);
    let second = Server::start([said(&json!({}))]);
    let engine = engine(&pair(&first, &second), &json!({})).unwrap();
    let error = Bench::default().error(&*engine, json!({ "model": "ink", "prompt": "a tide" }));
    assert!(
        matches!(&error, EngineError::Transient { message, .. } if message.contains("may have been paid")),
        "{error}"
    );
    assert_eq!((first.got().len(), second.got().len()), (1, 0));
}

pub(super) fn flow() -> Value {
    json!({
        "1": { "class_type": "CheckpointLoaderSimple", "inputs": { "ckpt_name": "tide.safetensors" } },
        "2": { "class_type": "CLIPTextEncode", "inputs": { "text": "old", "clip": ["1", 1] }, "_meta": { "title": "Positive" } },
        "3": { "class_type": "EmptyLatentImage", "inputs": { "width": 512, "height": 512, "batch_size": 1 } },
        "4": { "class_type": "KSampler", "inputs": { "seed": 1, "steps": 20, "cfg": 7, "positive": ["2", 0] }, "_meta": { "title": "K. Sampler" } },
        "5": { "class_type": "LoadImage", "inputs": { "image": "example.png" }, "_meta": { "title": "Draft" } },
        "6": { "class_type": "SaveImage", "inputs": { "images": ["4", 0], "filename_prefix": "x" } },
    })
}

pub(super) fn loom(url: &str) -> Settings {
    let mut settings = studio(Kind::ComfyUi, None, url, "0 USD");
    let ink = settings.diffusion.get_mut("ink").unwrap();
    ink.workflow = Some("paint.json".into());
    ink.inputs = [
        ("prompt", "Positive.text"),
        ("width", "3.width"),
        ("height", "3.height"),
        ("count", "3.batch_size"),
        ("seed", "K. Sampler.seed"),
        ("guidance", "4.cfg"),
        ("image", "Draft.image"),
    ]
    .map(|(said, place)| (said.to_owned(), place.to_owned()))
    .into();
    settings
}

#[test]
fn a_workflow_is_a_maker_of_pictures() {
    let (made, _) = picture(64, ImageFormat::Png);
    let server = Server::answering(move |got| match got.line.split(' ').nth(1).unwrap() {
        "/queue" => said(&json!({ "queue_running": [], "queue_pending": [] })),
        "/upload/image" => said(&json!({ "name": "draft.png", "subfolder": "", "type": "input" })),
        "/prompt" => said(&json!({ "prompt_id": "one", "number": 0, "node_errors": {} })),
        "/history/one" => said(&json!({ "one": {
            "outputs": { "6": { "images": [
                { "filename": "x_1.png", "subfolder": "", "type": "output" },
                { "filename": "x_2.png", "subfolder": "", "type": "output" },
            ] } },
            "status": { "status_str": "success", "completed": true, "messages": [] },
        } })),
        path if path.starts_with("/view") => bytes("image/png", &made),
        _ => answer("404 Not Found", "", ""),
    });
    let engine = engine(&loom(&server.url("")), &flow()).unwrap();
    let bench = Bench::default();
    let image = bench.file("draft.png", "draft pixels");
    let with = json!({
        "model": "ink", "prompt": "a tide", "width": 832, "guidance": 4.5, "seed": 41, "count": 2, "image": image,
    });
    let value = bench.value(&*engine, with);
    let got = server.got();
    let prompt = got
        .iter()
        .find(|got| got.line.starts_with("POST /prompt"))
        .unwrap()
        .json();
    let mut expected = flow();
    expected["2"]["inputs"]["text"] = json!("a tide");
    expected["3"]["inputs"]["width"] = json!(832);
    expected["3"]["inputs"]["batch_size"] = json!(2);
    expected["4"]["inputs"]["seed"] = json!(41);
    expected["4"]["inputs"]["cfg"] = json!(4.5);
    expected["5"]["inputs"]["image"] = json!("draft.png");
    assert_eq!(prompt["prompt"], expected);
    assert_eq!(value.as_array().unwrap().len(), 2);
    assert_eq!(
        (&value[0]["seed"], &value[0]["width"]),
        (&json!(41), &json!(64))
    );
    // What the workflow has no place for.
    let told = engine.check(
        &json!({ "model": "ink", "prompt": "x", "steps": 3 }),
        &|_| None,
    );
    assert!(told.join("\n").contains("`steps` has no place"), "{told:?}");
}

#[test]
fn settings_that_cant_be_used_say_what_to_write() {
    let told = |change: &dyn Fn(&mut PainterSettings)| {
        let mut settings = loom("http://127.0.0.1:1");
        change(settings.diffusion.get_mut("ink").unwrap());
        engine(&settings, &flow()).map_or_else(|told| told, |_| String::new())
    };
    let set = |said: &str, place: &str| {
        let (said, place) = (said.to_owned(), place.to_owned());
        told(&move |ink| drop(ink.inputs.insert(said.clone(), place.clone())))
    };
    assert_eq!(told(&|_| {}), "");
    assert!(told(&|ink| ink.workflow = None).contains("which `workflow`"));
    assert!(told(&|ink| ink.workflow = Some("x.json".into())).contains("x.json, can't be read"));
    assert!(told(&|ink| drop(ink.inputs.remove("prompt"))).contains("no place for `prompt`"));
    assert!(set("prmpt", "2.text").contains("`prmpt`, which no step says"));
    assert!(set("steps", "4.stesp").contains("steps"));
    assert!(set("steps", "steps").contains("NODE.FIELD"));
    assert!(set("steps", "Smpler.steps").contains("`Smpler`"));
    assert!(told(&|ink| ink.outputs = Some(vec!["7".to_owned()])).contains("`7`"));
    let itself = told(&|ink| ink.fallback = vec!["ink".to_owned()]);
    assert!(itself.contains("nothing stands in for itself"), "{itself}");
    let nobody = told(&|ink| ink.fallback = vec!["inc".to_owned()]);
    assert!(nobody.contains("there is no such entry"), "{nobody}");
    assert!(told(&|ink| ink.rate = Some("often".to_owned())).contains("`rate`"));
    assert!(told(&|ink| ink.concurrency = Some(0)).contains("`concurrency`"));
    assert!(
        told(&|ink| ink.fixed = json!({ "a": 1 }).as_object().unwrap().clone())
            .contains("`fixed` stands")
    );
    assert!(told(&|ink| ink.kind = Kind::A1111).contains("`workflow` stands"));
    assert!(told(&|ink| ink.kind = Kind::Replicate).contains("`workflow` stands"));
}
