//! Where the shots of a film come from, and when they are cut.

use serde_json::{Value, json};

use super::tests::{music, picture, probed, seen};
use super::*;
use crate::picture::{Colour, Encoding, encode};
use crate::testing::Bench;

fn engine() -> VideoEngine {
    VideoEngine::default()
}

#[test]
fn clips_are_shown_from_where_they_are_told_and_hold_their_last_frame() {
    let bench = Bench::default();
    let plain = |name: &str, colour: [u8; 3]| {
        let picture = Picture::filled(96, 64, Colour([colour[0], colour[1], colour[2], 255]));
        bench.file(name, encode(&picture, Encoding::Png).unwrap())
    };
    let with = json!({
        "shots": [{ "image": plain("r.png", [200, 0, 0]), "seconds": 1 }, { "image": plain("b.png", [0, 0, 200]), "seconds": 1 }],
        "aspects": ["16:9"], "resolution": 64, "fps": 12,
    });
    let clip = bench.value(&engine(), with, 1)["films"][0].clone();
    let shot = |from: f64| {
        json!({
            "shots": [{ "clip": clip, "seconds": 2, "from": from }], "aspects": ["9:16"], "resolution": 64, "fps": 25,
        })
    };
    let film = bench.value(&engine(), shot(0.5), 1)["films"][0].clone();
    assert_eq!(probed(&bench, &film)["streams"][0]["nb_read_frames"], "50");
    let at = |seconds: f64| seen(&bench, &film, seconds)[0];
    assert!(at(0.2)[0] > 170 && at(0.8)[2] > 170 && at(1.9)[2] > 170);
    assert_eq!(
        film,
        bench.value(&engine(), shot(0.5), 1)["films"][0],
        "the same bytes twice"
    );
    let told = bench.error(&engine(), shot(9.0));
    assert!(told.ends_with("has no frames from there on: begin earlier (`from`), or check that `ffmpeg -i` reads it"), "{told}");
}

#[test]
fn cuts_go_to_the_beats_of_the_music() {
    let bench = Bench::default();
    let image = picture(&bench, "a.png", [20, 40, 90]);
    let mut shots = vec![json!({ "image": image, "seconds": 0.75 }); 3];
    shots[1]["seconds"] = json!(0.9);
    let with = json!({
        "shots": shots, "audio": [{ "audio": music(&bench, 4.0), "start": 0.1 }], "on_beat": true, "resolution": 64, "fps": 30, "effort": "draft",
    });
    let value = bench.value(&engine(), with.clone(), 1);
    assert_eq!(
        value["cuts"],
        json!([0.767, 1.433]),
        "90 beats a minute, from 0.1 on"
    );
    let mut silent = with;
    silent.as_object_mut().unwrap().remove("audio");
    insta::assert_snapshot!(bench.error(&engine(), silent), @"`on_beat` needs beats: the audio tells none; give `beats:`, such as {{ steps.music.beats }}");
}

#[test]
fn a_timeline_of_the_bundle_says_the_same_as_shots() {
    let bench = Bench::default();
    let image = picture(&bench, "a.png", [20, 40, 90]);
    let yaml = "shots:\n  - { image: quay, seconds: 1, move: { from: { zoom: 1 }, to: { zoom: 1.4, x: 0.3 } } }\n  - { image: quay, seconds: 0.5, transition: crossfade }\n";
    let rest = json!({ "resolution": 64, "fps": 10, "effort": "draft" });
    let film = |mut with: Value| {
        with.as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        bench.value(&engine(), with, 1)["films"].clone()
    };
    let one =
        film(json!({ "timeline": bench.file("film.yaml", yaml), "media": { "quay": image } }));
    let other = film(json!({ "shots": [
        { "image": image, "seconds": 1, "move": { "from": { "zoom": 1 }, "to": { "zoom": 1.4, "x": 0.3 } } },
        { "image": image, "seconds": 0.5, "transition": "crossfade" },
    ] }));
    assert_eq!(one, other);
}

#[test]
fn the_contact_sheet_has_a_still_of_every_shot() {
    let bench = Bench::default();
    let image = picture(&bench, "a.png", [20, 40, 90]);
    let sheet_of = |shots: usize| {
        let shots = vec![json!({ "image": image, "seconds": 0.2 }); shots];
        let with = json!({ "shots": shots, "resolution": 120, "fps": 10, "effort": "draft" });
        let sheet = &bench.value(&engine(), with, 1)["contact_sheet"];
        (sheet["width"].as_u64(), sheet["height"].as_u64())
    };
    // Margins, and columns and rows of stills with a gap and three lines under each.
    let sheet = |columns, rows, width, height| {
        let lines = 19.0 * 3.6;
        let side = |count: f64, one: f64| (88.0 + count * (one + 24.0) - 24.0).ceil() as u64;
        (Some(side(columns, width)), Some(side(rows, height + lines)))
    };
    assert_eq!(sheet_of(7), sheet(3.0, 3.0, 320.0, 179.0));
    assert_eq!(sheet_of(100), sheet(15.0, 7.0, 160.0, 90.0));
}
