use std::sync::Arc;

use insta::assert_snapshot;
use serde_json::json;

use super::{ComfySettings, ServerSettings};
use crate::Settings;
use crate::testing::engine;

#[test]
fn a_process_is_judged_before_it_runs() {
    let flow = json!({
        "1": { "class_type": "LoadImage", "inputs": { "image": "a.png" }, "_meta": { "title": "Draft" } },
        "3": { "class_type": "KSampler", "inputs": { "seed": 1, "steps": 20, "cfg": 7 } },
        "5": { "class_type": "Note", "inputs": {}, "_meta": { "title": "Twin" } },
        "6": { "class_type": "Note", "inputs": {}, "_meta": { "title": "Twin" } },
    })
    .to_string();
    let editor = json!({ "nodes": [], "links": [] }).to_string();
    let read = move |path: &str| match path {
        "flow.json" => Some(Arc::from(flow.as_bytes())),
        "editor.json" => Some(Arc::from(editor.as_bytes())),
        "broken.json" => Some(Arc::from(&b"{ \"1\": "[..])),
        "bare.json" => Some(Arc::from(&b"{ \"1\": { \"class_type\": \"A\" } }"[..])),
        _ => None,
    };
    let mut settings = Settings::default();
    let server = ServerSettings {
        url: "http://127.0.0.1:8188".to_owned(),
        key: None,
    };
    settings.comfyui.named.insert("attic".to_owned(), server);
    let comfy = engine("comfyui", &settings);
    let mut told = String::new();
    for with in [
        json!({ "workflow": "flow.json", "server": "attic", "seed": "3", "outputs": ["Draft"],
            "inputs": { "Draft": { "image": "{{ steps.draft }}" }, "3": { "steps": 30 } } }),
        json!({ "workflow": "flow.json", "server": "atic", "seed": "1", "outputs": ["4"],
            "inputs": { "Draught": { "image": "x" }, "3": { "stesp": 30 }, "Twin": {} } }),
        json!({ "workflow": "editor.json" }),
        json!({ "workflow": "broken.json", "server": "attic" }),
        json!({ "workflow": "bare.json", "server": "attic" }),
    ] {
        told += &format!("{with}\n{}\n\n", comfy.check(&with, &read).join("\n"));
    }
    assert_snapshot!(told);
}

#[test]
fn a_setting_that_is_none_says_which_there_are() {
    let read = |settings| serde_json::from_value::<ComfySettings>(settings);
    let told = read(json!({ "ulr": "http://127.0.0.1:8188" })).unwrap_err();
    assert!(
        told.to_string().contains("`url` or `key` under [comfyui]"),
        "{told}"
    );
    let told =
        read(json!({ "attic": { "url": "http://127.0.0.1:8188", "kye": "x" } })).unwrap_err();
    assert!(told.to_string().contains("`kye`"), "{told}");
    let sound = read(json!({ "url": "http://a", "attic": { "url": "http://b" } })).unwrap();
    assert_eq!(sound.named["attic"].url, "http://b");
}
