//! Processes made of workflows of ComfyUI, and one of them carried out on a server that answers as a real one did.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::studio::{Studio, files_below};

const FIXTURES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../providers/src/comfyui/fixtures"
);

fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("{FIXTURES}/{name}")).unwrap()
}

/// A server that answers as the recorded ComfyUI did, and keeps the orders that it was given.
fn server() -> (u16, Arc<Mutex<Vec<Value>>>) {
    let recorded: Value = serde_json::from_str(&fixture("exchange.json")).unwrap();
    let recorded = recorded["http"].as_array().unwrap().clone();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let orders = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&orders);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut first = String::new();
            reader.read_line(&mut first).unwrap();
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some(told) = line.to_lowercase().strip_prefix("content-length:") {
                    length = told.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let mut words = first.split(' ');
            let (method, path) = (
                words.next().unwrap_or_default(),
                words.next().unwrap_or_default(),
            );
            if path == "/prompt" {
                seen.lock()
                    .unwrap()
                    .push(serde_json::from_slice(&body).unwrap());
            }
            let found = recorded
                .iter()
                .find(|one| one["request"]["method"] == method && one["request"]["path"] == path);
            let (status, kind, bytes) = match found {
                Some(one) => {
                    let kind = one["content_type"].as_str().unwrap();
                    let bytes = match one["base64"].as_str() {
                        Some(packed) => STANDARD.decode(packed).unwrap(),
                        None => one["json"].to_string().into_bytes(),
                    };
                    (one["status"].as_u64().unwrap(), kind, bytes)
                }
                None => (404, "text/plain", Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status} As Recorded\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
                bytes.len()
            );
            drop(stream.write_all(&[head.as_bytes(), &bytes].concat()));
        }
    });
    (port, orders)
}

#[test]
fn a_workflow_becomes_a_process_that_passes_the_check() {
    let studio = Studio::empty();
    studio.write("paint.json", fixture("paint-api.json"));
    let told = studio
        .daedal(&["import", "paint.json", "--to", "night-press"])
        .ends(0);
    assert_snapshot!(told.out);
    let plain = told.out.as_str();
    assert!(plain.contains("[comfyui]"), "{plain}");
    studio.write(
        "daedal.toml",
        "[comfyui]\nurl = \"http://127.0.0.1:8188\"\n",
    );
    studio.daedal(&["check", "night-press"]).ends(0);
    // Where there is no studio, it gets one that knows of a server.
    let elsewhere = tempfile::tempdir().unwrap();
    let alone = elsewhere.path().join("alone");
    let alone = alone.to_str().unwrap();
    studio
        .daedal(&["import", "paint.json", "--to", alone])
        .ends(0);
    studio.daedal(&["check", alone]).ends(0);
    assert_eq!(
        std::fs::read_to_string(studio.path().join("night-press/workflow.json")).unwrap(),
        fixture("paint-api.json")
    );
    // What is there stays.
    let told = studio
        .daedal(&["import", "paint.json", "--to", "night-press"])
        .ends(1);
    assert!(told.err.contains("exists already"), "{}", told.err);
    // Named as the file when nothing is said, and told as JSON.
    let told = studio
        .daedal(&["import", "paint.json", "--json"])
        .ends(0)
        .json();
    assert_eq!(told["process"], "paint");
    let names = told["dials"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|dial| dial["name"].as_str().unwrap()).collect();
    assert!(
        names.contains(&"steps") && names.contains(&"negative"),
        "{names:?}"
    );
    assert_eq!(told["dials"][0]["dial"]["type"], "integer");
}

#[test]
fn what_is_no_workflow_for_a_server_is_refused_and_leaves_nothing() {
    let studio = Studio::empty();
    studio.write(
        "editor.json",
        json!({ "nodes": [], "links": [] }).to_string(),
    );
    let told = studio.daedal(&["import", "editor.json"]).ends(1);
    assert!(told.err.contains("Export (API)"), "{}", told.err);
    assert!(!studio.path().join("editor").exists());
    studio.daedal(&["import", "nowhere.json"]).ends(1);
}

#[test]
fn an_imported_workflow_runs_where_the_dials_stand() {
    let (port, orders) = server();
    let studio = Studio::empty();
    studio.write(
        "daedal.toml",
        format!("[comfyui]\nurl = \"http://127.0.0.1:{port}\"\n"),
    );
    studio.write("fixture.json", fixture("workflow-api.json"));
    studio
        .daedal(&["import", "fixture.json", "--to", "swatch"])
        .ends(0);
    let told = studio.daedal(&["run", "swatch", "--json"]).ends(0).json();
    assert_eq!(told["status"], "succeeded", "{told}");
    let recorded: Value = serde_json::from_str(&fixture("exchange.json")).unwrap();
    let http = recorded["http"].as_array().unwrap();
    let first = http
        .iter()
        .find(|one| one["request"]["path"] == "/prompt")
        .unwrap();
    assert_eq!(
        orders.lock().unwrap()[0]["prompt"],
        first["request"]["json"]["prompt"]
    );
    let made = http.iter().find(|one| one["sha256"].is_string()).unwrap();
    let picture = STANDARD.decode(made["base64"].as_str().unwrap()).unwrap();
    let files = files_below(&studio.path().join("swatch"));
    let files = files
        .values()
        .chain(files_below(studio.path()).values())
        .filter(|bytes| **bytes == picture)
        .count();
    assert!(files > 0);
    // A dial that is turned goes to its node.
    studio
        .daedal(&["run", "swatch", "--quiet", "--param", "count=3"])
        .ends(0);
    assert_eq!(
        orders.lock().unwrap()[1]["prompt"]["1"]["inputs"]["batch_size"],
        3
    );
}
