//! An artist's bench: draws one script to a PNG, without a studio.
//!
//! `cargo run -p daedal-engines --example sketch -- script.js --data data.json --seed 7 -o out.png`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use daedal_core::blob::{BlobError, BlobRead, BlobWrite};
use daedal_core::engine::{Engine, Limits, Performed, Task, TaskContext};
use daedal_core::{AssetRef, Digest, Seed};
use daedal_engines::sketch::Sketch;
use serde_json::{Value, json};

const USAGE: &str =
    "usage: sketch SCRIPT.js [--data DATA.json] [--seed TEXT] [--width W] [--height H]
              [--density D] [--background COLOUR] [--timeout SECONDS] [-o OUT.png] [--repeat N]

A text \"@file.png\" in the data stands for that file, beside the data file.
Attachments are written beside the picture. Features are printed as JSON.
With --repeat it is drawn N times more, and what these took is printed instead, in ms.";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(1)
        }
    }
}

struct Arguments {
    script: PathBuf,
    data: Option<PathBuf>,
    seed: String,
    with: serde_json::Map<String, Value>,
    timeout_ms: u64,
    out: PathBuf,
    repeat: usize,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut found = Arguments {
        script: PathBuf::new(),
        data: None,
        seed: "1".to_owned(),
        with: serde_json::Map::new(),
        timeout_ms: 600_000,
        out: "out.png".into(),
        repeat: 0,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let Some(name) = word.strip_prefix('-') else {
            found.script = word.into();
            continue;
        };
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a value\n{USAGE}"))?;
        match name.trim_start_matches('-') {
            "data" => found.data = Some(value.into()),
            "seed" => found.seed = value,
            "out" | "o" => found.out = value.into(),
            "timeout" => found.timeout_ms = (value.parse::<f64>()? * 1000.0) as u64,
            "repeat" => found.repeat = value.parse()?,
            "background" => {
                found.with.insert("background".to_owned(), json!(value));
            }
            name @ ("width" | "height" | "density") => {
                found
                    .with
                    .insert(name.to_owned(), json!(value.parse::<f64>()?));
            }
            _ => return Err(format!("{word} is not known\n{USAGE}").into()),
        }
    }
    if found.script.as_os_str().is_empty() {
        return Err(USAGE.into());
    }
    Ok(found)
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let shelf = Shelf::default();
    let mut labels = BTreeMap::new();
    let script = shelf.take(&arguments.script, &mut labels)?;
    let mut with = arguments.with;
    with.insert("script".to_owned(), script);
    if let Some(path) = &arguments.data {
        let mut data = serde_json::from_slice(&std::fs::read(path)?)?;
        shelf.take_files(&mut data, path, &mut labels)?;
        with.insert("data".to_owned(), data);
    }
    let engine = Sketch::new();
    let task = Task {
        engine: "sketch".to_owned(),
        engine_version: engine.spec().version.to_owned(),
        params: Value::Object(with),
        seed: Some(seed(&arguments.seed)),
        limits: Limits {
            timeout_ms_max: arguments.timeout_ms,
            ..Limits::default()
        },
        labels,
    };
    let stop = AtomicBool::new(false);
    let context = TaskContext::new(&shelf, &stop);
    let started = Instant::now();
    let Performed::Done(outcome) = engine.run(&task, &context)? else {
        return Err("the sketch asked a question".into());
    };
    let elapsed = started.elapsed();
    shelf.put(&outcome.value, &arguments.out)?;
    let attachments = outcome.value.get("attachments").and_then(Value::as_object);
    for (name, attached) in attachments.into_iter().flatten() {
        let name = name.replace(['/', '\\'], "_");
        shelf.put(attached, &arguments.out.with_file_name(name))?;
    }
    if let Some(log) = outcome.value.get("log").and_then(Value::as_str) {
        eprintln!("{log}");
    }
    if arguments.repeat > 0 {
        let mut drawn = Vec::new();
        for _ in 0..arguments.repeat {
            let started = Instant::now();
            engine.run(&task, &context)?;
            drawn.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        println!("{}", json!({ "drawn_ms": drawn }));
        return Ok(());
    }
    println!("{:#}", outcome.value["features"]);
    eprintln!("{} in {elapsed:.1?}", arguments.out.display());
    Ok(())
}

/// A seed of 64 hexadecimal digits as it is; any other text by its digest.
fn seed(text: &str) -> Seed {
    Seed(text.parse().unwrap_or_else(|_| Digest::of(text.as_bytes())))
}

/// Blobs in memory.
#[derive(Default)]
struct Shelf(Mutex<BTreeMap<Digest, Arc<[u8]>>>);

impl Shelf {
    fn take(
        &self,
        path: &std::path::Path,
        labels: &mut BTreeMap<Digest, String>,
    ) -> Result<Value, Box<dyn Error>> {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let digest = self.write(&bytes)?;
        let media_type = daedal_core::asset::media_type_of(&name).to_owned();
        labels.insert(digest, name);
        let size = bytes.len() as u64;
        Ok(AssetRef {
            digest,
            media_type,
            size,
        }
        .to_value())
    }

    fn take_files(
        &self,
        value: &mut Value,
        beside: &std::path::Path,
        labels: &mut BTreeMap<Digest, String>,
    ) -> Result<(), Box<dyn Error>> {
        match value {
            Value::String(text) => {
                if let Some(file) = text.strip_prefix('@') {
                    *value = self.take(&beside.with_file_name(file), labels)?;
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.take_files(item, beside, labels)?;
                }
            }
            Value::Object(fields) => {
                for (_, field) in fields {
                    self.take_files(field, beside, labels)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn put(&self, value: &Value, path: &std::path::Path) -> Result<(), Box<dyn Error>> {
        let asset = AssetRef::from_value(value).ok_or("no asset to write")?;
        std::fs::write(path, self.read(&asset.digest)?)?;
        Ok(())
    }
}

impl BlobRead for Shelf {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        let blobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        blobs
            .get(digest)
            .cloned()
            .ok_or(BlobError::Missing { digest: *digest })
    }
}

impl BlobWrite for Shelf {
    fn write(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        let digest = Digest::of(bytes);
        let mut blobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        blobs.insert(digest, bytes.into());
        Ok(digest)
    }
}
