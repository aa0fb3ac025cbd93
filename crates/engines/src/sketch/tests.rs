//! The engine as a whole: what it draws, the same each time, and what it says when it can't.
//!
//! The pictures of `cases/` were looked at when their digests were recorded; draw one with the
//! `sketch` example to look again.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use daedal_core::blob::{BlobError, BlobRead, BlobWrite};
use daedal_core::engine::{Engine, EngineError, Limits, Performed, Task, TaskContext};
use daedal_core::{AssetRef, Digest, Seed};
use serde_json::{Value, json};

use super::Sketch;

mod sharing;
mod troubles;

/// Blobs in memory.
#[derive(Default)]
struct Shelf(Mutex<BTreeMap<Digest, Arc<[u8]>>>);

impl BlobRead for Shelf {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        let found = self.0.lock().unwrap().get(digest).cloned();
        found.ok_or(BlobError::Missing { digest: *digest })
    }
}

impl BlobWrite for Shelf {
    fn write(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        let digest = Digest::of(bytes);
        self.0.lock().unwrap().insert(digest, bytes.into());
        Ok(digest)
    }
}

impl Shelf {
    fn keep(&self, media_type: &str, bytes: &[u8]) -> Value {
        let asset = AssetRef {
            digest: self.write(bytes).unwrap(),
            media_type: media_type.to_owned(),
            size: bytes.len() as u64,
        };
        asset.to_value()
    }
}

fn limits() -> Limits {
    Limits {
        timeout_ms_max: 60_000,
        memory_bytes_max: 64 << 20,
        output_bytes_max: 16 << 20,
    }
}

fn task(shelf: &Shelf, script: &str, with: &Value, limits: Limits) -> Task {
    let mut params = with.clone();
    params["script"] = shelf.keep("text/javascript", script.as_bytes());
    let digest = Digest::of(script.as_bytes());
    Task {
        engine: "sketch".to_owned(),
        engine_version: "1".to_owned(),
        params,
        seed: Some(Seed(Digest::of(b"seed"))),
        limits,
        labels: BTreeMap::from([(digest, "art.js".to_owned())]),
    }
}

fn run_on(shelf: &Shelf, task: &Task) -> Result<Value, EngineError> {
    let stop = AtomicBool::new(false);
    let context = TaskContext::new(shelf, &stop);
    match Sketch::new().run(task, &context)? {
        Performed::Done(outcome) => Ok(outcome.value),
        Performed::Asked(_) => unreachable!("a sketch asks nobody"),
    }
}

fn run(script: &str) -> Result<Value, EngineError> {
    let shelf = Shelf::default();
    let with = json!({ "width": 60, "height": 40 });
    run_on(&shelf, &task(&shelf, script, &with, limits()))
}

fn photo() -> Vec<u8> {
    let mut pixmap = tiny_skia::Pixmap::new(4, 2).unwrap();
    for (i, pixel) in pixmap.pixels_mut().iter_mut().enumerate() {
        *pixel = tiny_skia::ColorU8::from_rgba(30 * i as u8, 200, 90, 255).premultiply();
    }
    super::png::encode(&pixmap).unwrap()
}

/// Draws a case; the value of the outcome and the picture.
fn draw_case(script: &str, side: f64, density: f64) -> (Value, Vec<u8>) {
    let shelf = Shelf::default();
    let data = json!({
        "photo": shelf.keep("image/png", &photo()),
        "note": shelf.keep("text/plain", b"a note"),
        "table": shelf.keep("application/json", br#"{ "rows": [7] }"#),
        "list": [1, 2, 3],
    });
    let with = json!({ "width": side, "height": side, "density": density, "data": data });
    let value = run_on(&shelf, &task(&shelf, script, &with, limits())).unwrap();
    let asset = AssetRef::from_value(&value).unwrap();
    let bytes = shelf.read(&asset.digest).unwrap().to_vec();
    (value, bytes)
}

macro_rules! cases {
    ($($name:literal at $side:literal,)*) => {
        &[$(($name, include_str!(concat!("cases/", $name, ".js")), $side)),*]
    };
}

const CASES: &[(&str, &str, f64)] = cases![
    "paths" at 200.0,
    "strokes" at 200.0,
    "gradients" at 200.0,
    "blends" at 200.0,
    "clips" at 200.0,
    "text" at 400.0,
    "pixels" at 200.0,
    "images" at 200.0,
    "effects" at 200.0,
    "transforms" at 200.0,
];

/// The pixels' digest: another encoder would not change it.
fn digest_of_pixels(png: &[u8]) -> Digest {
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(png))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    Digest::of(&pixels)
}

#[test]
fn pictures_are_those_that_were_looked_at() {
    let lines: Vec<String> = CASES
        .iter()
        .map(|(name, script, side)| {
            let (_, png) = draw_case(script, *side, 1.0);
            format!("{name}: {}", digest_of_pixels(&png))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn twenty_runs_on_four_threads_give_the_same_bytes() {
    for (name, script, side) in CASES {
        let (_, first) = draw_case(script, *side, 1.0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        assert!(draw_case(script, *side, 1.0).1 == first, "{name}");
                    }
                });
            }
        });
    }
}

#[test]
fn density_gives_the_same_picture_with_more_pixels() {
    for (name, script, side) in CASES {
        let (value, large) = draw_case(script, *side, 2.0);
        assert_eq!(value["width"].as_f64(), Some(side * 2.0), "{name}");
        let (_, small) = draw_case(script, *side, 1.0);
        let grey = |png: &[u8]| {
            let picture = ::image::load_from_memory(png).unwrap();
            picture
                .resize_exact(20, 20, ::image::imageops::FilterType::Triangle)
                .into_rgba8()
        };
        let (large, small) = (grey(&large), grey(&small));
        let apart: i64 = large
            .iter()
            .zip(small.iter())
            .map(|(a, b)| (i64::from(*a) - i64::from(*b)).abs())
            .sum();
        let mean = apart as f64 / large.len() as f64;
        assert!(mean < 4.0, "{name}: {mean} apart on average");
    }
}

#[test]
fn context_behaves_as_in_a_browser() {
    let (value, _) = draw_case(include_str!("cases/behaviour.js"), 200.0, 1.0);
    insta::assert_json_snapshot!(value);
}

#[test]
fn seed_and_parameters_change_the_picture() {
    let shelf = Shelf::default();
    let script = "ctx.fillRect(random() * 50, 0, params.width, 10);";
    let with = json!({ "width": 60, "height": 40, "data": { "width": 5 } });
    let mut task = task(&shelf, script, &with, limits());
    let first = run_on(&shelf, &task).unwrap();
    assert_eq!(first, run_on(&shelf, &task).unwrap());
    task.seed = Some(Seed(Digest::of(b"another")));
    assert_ne!(first["$asset"], run_on(&shelf, &task).unwrap()["$asset"]);
}

#[test]
fn background_is_drawn_below_the_script() {
    let shelf = Shelf::default();
    let with = json!({ "width": 2, "height": 1, "background": "oklch(0.5 0.1 30)" });
    let value = run_on(
        &shelf,
        &task(
            &shelf,
            "features({ c: [...ctx.getImageData(0, 0, 1, 1).data] });",
            &with,
            limits(),
        ),
    )
    .unwrap();
    assert_eq!(value["features"]["c"], json!([148, 75, 64, 255]));
    let with = json!({ "width": 2, "height": 1, "background": "reddish" });
    let error = run_on(&shelf, &task(&shelf, "", &with, limits())).unwrap_err();
    insta::assert_snapshot!(error, @"`background` is 'reddish', which is not a CSS colour, such as '#f4efe6' or 'ivory'");
}

#[test]
fn canvases_that_are_dropped_give_their_pixels_back() {
    run("for (let i = 0; i < 40; i++) new OffscreenCanvas(3000, 3000);").unwrap();
}

#[test]
fn endless_logging_keeps_the_first_lines() {
    let value = run("for (let i = 0; i < 5000; i++) console.log('line', i);").unwrap();
    let log = value["log"].as_str().unwrap();
    assert!(log.starts_with("line 0\nline 1\n"));
    assert!(log.ends_with("… (more was logged than is kept)"));
    assert!(log.len() <= 17_000);
}

#[test]
fn paths_keep_every_segment_while_they_grow() {
    // One closed square, drawn again and again: wherever the recording has to grow, an even number of
    // windings leaves the middle empty and an odd number fills it.
    let value = run("const seen = [];\n\
         for (let n = 1; n <= 40; n++) {\n\
           const path = new Path2D();\n\
           for (let i = 0; i < n; i++) {\n\
             path.moveTo(5, 5); path.lineTo(35, 5); path.lineTo(35, 35); path.lineTo(5, 35); path.closePath();\n\
           }\n\
           seen.push(ctx.isPointInPath(path, 20, 20, 'evenodd'));\n\
         }\n\
         features({ right: seen.every((inside, i) => inside === (i % 2 === 0)) });")
    .unwrap();
    assert_eq!(value["features"]["right"], true);
}
