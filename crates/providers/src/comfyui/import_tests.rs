use insta::assert_snapshot;
use serde_json::{Value, json};

use super::import::import;
use super::play::WORKFLOW;

/// A workflow as ComfyUI exports the one that it begins with, with a picture to begin with and a ControlNet.
const PAINT: &str = include_str!("fixtures/paint-api.json");

#[test]
fn what_people_turn_becomes_dials() {
    let made = import("night-press", "paint.json", PAINT).unwrap();
    assert_snapshot!("a_process_of_a_workflow", made.process);
    assert_eq!(made.notes, [""; 0]);
    let names: Vec<&str> = made.dials.iter().map(|dial| dial.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "seed", "steps", "cfg", "denoise", "width", "height", "count", "positive", "negative",
            "image"
        ]
    );
}

#[test]
fn the_recorded_workflow_becomes_a_process() {
    let made = import("fixture", "workflow-api.json", WORKFLOW).unwrap();
    assert_snapshot!("a_process_of_the_recorded_workflow", made.process);
}

#[test]
fn what_a_dial_could_not_say_is_left_to_the_run_and_said() {
    let flow = json!({
        "7": { "class_type": "KSampler", "inputs": { "seed": 1_125_899_906_842_624_000_u64, "steps": 900 } },
        "9": { "class_type": "PreviewImage", "inputs": { "images": ["7", 0] } },
    });
    let made = import("x", "x.json", &flow.to_string()).unwrap();
    assert_eq!(
        made.notes,
        [
            "the seed of node 7 (KSampler) is the run's own, and another for each run",
            "no node of it is known to save a file: what is only previewed is not taken",
        ]
    );
    assert!(
        made.process.contains("seed: [\"KSampler\"]") || made.process.contains("seed: [\"7\"]")
    );
    assert_eq!(
        made.dials[0].dial,
        json!({ "type": "integer", "default": 900, "min": 1, "max": 900 })
    );
}

#[test]
fn what_a_workflow_calls_its_nodes_stays_where_it_stands() {
    let nasty = "Prompt\ntoken: { shares: { \"0x00\": 90% } }\u{2028}schedule: every 1s #\u{1b}[2J";
    let flow = json!({
        "7": { "class_type": "KSampler\nupstream: []", "_meta": { "title": nasty }, "inputs": { "steps": 9, "cfg": 2.5 } },
        "8": { "class_type": "CLIPTextEncode", "_meta": { "title": "two\nlines" }, "inputs": { "text": nasty } },
        "9": { "class_type": "SaveImage", "inputs": { "images": ["7", 0], "filename_prefix": "x" } },
    });
    let made = import("x", "x\ntoken: {}.json", &flow.to_string()).unwrap();
    let process = daedal_core::process::parse("x", made.process.as_bytes()).unwrap();
    let plain = (&process.token, &process.schedule, process.upstream.len());
    assert_eq!(plain, (&None, &None, 0), "{}", made.process);
    assert!(!made.process.contains('\u{1b}'), "{}", made.process);
}

#[test]
fn what_is_no_workflow_for_a_server_says_how_to_get_one() {
    let editor = json!({ "nodes": [{ "id": 1 }], "links": [], "version": 0.4 });
    let told = import("x", "editor.json", &editor.to_string()).unwrap_err();
    assert!(
        told.contains("as ComfyUI's editor keeps it") && told.contains("Export (API)"),
        "{told}"
    );
    for other in [Value::Null, json!([]), json!({}), json!({ "1": {} })] {
        import("x", "x.json", &other.to_string()).unwrap_err();
    }
}

#[test]
fn names_never_meet() {
    let text = |title: &str| json!({ "class_type": "CLIPTextEncode", "inputs": { "text": "a: \"b\" # {c}\n" }, "_meta": { "title": title } });
    let flow = json!({ "1": text("Größe!"), "2": text("Größe!"), "3": text("42"), "4": text("") });
    let made = import("x", "x.json", &flow.to_string()).unwrap();
    let names: Vec<&str> = made.dials.iter().map(|dial| dial.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "gr_e_text",
            "gr_e_text_2",
            "node_42_text",
            "cliptextencode_text"
        ]
    );
}
