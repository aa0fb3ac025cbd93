//! What is told of films that can't be made.

use serde_json::Value;

use super::tests::picture;
use super::*;
use crate::testing::Bench;

fn engine() -> VideoEngine {
    VideoEngine::default()
}

#[test]
fn mistakes_say_what_was_expected() {
    let bench = Bench::default();
    let image = picture(&bench, "a.png", [20, 40, 90]);
    let notes = bench.file("notes.txt", b"no picture");
    let playlist = bench.file("clip.mp4", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n");
    let torn = bench.file("torn.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom");
    let shot = |more: Value| {
        let mut shot = json!({ "image": image, "seconds": 1 });
        shot.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({ "shots": [shot], "resolution": 64 })
    };
    let with = |more: Value| {
        let mut with = shot(json!({}));
        with.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        with
    };
    let timeline = |text: &str| json!({ "timeline": bench.file("film.yaml", text), "media": { "quay": image } });
    let cases = [
        json!({}),
        json!({ "shots": [] }),
        json!({ "shots": [{ "seconds": 1 }] }),
        json!({ "shots": [{ "image": image }] }),
        shot(json!({ "transition": "dissolve" })),
        shot(json!({ "move": "zoom" })),
        shot(json!({ "image": notes })),
        json!({ "shots": [{ "clip": playlist, "seconds": 1 }], "resolution": 64 }),
        json!({ "shots": [{ "clip": torn, "seconds": 1 }], "resolution": 64 }),
        json!({ "shots": [{ "clip": torn, "seconds": 1, "move": "in" }] }),
        shot(
            json!({ "overlay": { "text": "<svg xmlns='http://www.w3.org/2000/svg'>{{ titel }}</svg>" } }),
        ),
        with(json!({ "aspects": ["4:3"] })),
        with(json!({ "fps": 12.5 })),
        with(json!({ "resolution": 9000 })),
        with(json!({ "format": "webm", "codec": "h264" })),
        with(json!({ "format": "gif", "codec": "av1" })),
        with(json!({ "captions": { "from": "sentences" } })),
        shot(json!({ "caption": "Hm.", "seconds": 1, "focus": { "x": 0.2 } }))
            .as_object()
            .map(|with| {
                let mut with = with.clone();
                with.insert("captions".into(), json!({ "family": "Comic Sans" }));
                Value::Object(with)
            })
            .unwrap(),
        timeline("- { image: key, seconds: 1 }"),
        timeline("- { image: quay, seconds: 1, transition: fade }"),
        timeline("scenes: []"),
        timeline("shots: []"),
        timeline("["),
    ];
    let told: Vec<String> = cases
        .into_iter()
        .map(|with| bench.error(&engine(), with))
        .collect();
    insta::assert_snapshot!(told.join("\n---\n"));
    let absent = VideoEngine::new(Tools::in_path("/nowhere"));
    insta::assert_snapshot!(bench.error(&absent, shot(json!({}))), @"there is no program `ffmpeg` in the folders of PATH: install it (Debian and Ubuntu: apt install ffmpeg; macOS: brew install ffmpeg) and run again");
}

#[test]
fn what_is_wrong_with_files_is_told_before_a_run() {
    let files: &Files<'_> = &|path| {
        let bytes: &[u8] = match path {
            "film.yaml" => b"- { image: quay, seconds: long }",
            "words.srt" => b"hello",
            "frame.svg" => b"<svg>{{ title </svg>",
            "notes.txt" => b"no picture",
            _ => return None,
        };
        Some(bytes.into())
    };
    let told = [
        json!({ "timeline": "film.yaml", "captions": { "file": "words.srt" }, "format": "webm", "codec": "h264" }),
        json!({ "shots": [{ "image": "notes.txt", "seconds": 1, "overlay": { "template": "frame.svg" } }, { "image": "{{ steps.x }}" }] }),
    ]
    .map(|with| engine().check(&with, files).join("\n"));
    insta::assert_snapshot!(told.join("\n---\n"));
}

#[test]
fn an_animation_that_the_memory_does_not_hold_is_not_begun() {
    let bench = Bench::default();
    let image = picture(&bench, "a.png", [20, 40, 90]);
    let with = json!({ "shots": [{ "image": image, "seconds": 60 }], "format": "gif" });
    insta::assert_snapshot!(bench.error(&engine(), with), @"image/gif of 1920 × 1080 with 1500 frames takes 11865 MiB, more than the 1024 MiB that the task may use: lower `resolution` or `fps`, or take `format: mp4`");
}
