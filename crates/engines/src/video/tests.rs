use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use daedal_core::engine::Limits;
use serde_json::Value;

use super::*;
use crate::audio::AudioEngine;
use crate::picture::{Colour, Encoding, encode};
use crate::testing::Bench;
use crate::tool::{Process, folder};

fn engine() -> VideoEngine {
    VideoEngine::default()
}

/// A picture with a sun, so that movement shows.
pub(super) fn picture(bench: &Bench, name: &str, colour: [u8; 3]) -> Value {
    let mut picture = Picture::filled(320, 200, Colour([colour[0], colour[1], colour[2], 255]));
    for (index, pixel) in picture.rgba_mut().enumerate() {
        let (x, y) = (index as i32 % 320, index as i32 / 320);
        if (x - 90).pow(2) + (y - 70).pow(2) < 900 {
            *pixel = [250, 240, 200, 255];
        }
    }
    bench.file(name, encode(&picture, Encoding::Png).unwrap())
}

pub(super) fn music(bench: &Bench, seconds: f64) -> Value {
    let with = json!({ "bed": { "seconds": seconds, "tempo": 90 } });
    bench.value(&AudioEngine::default(), with, 4)
}

/// What a program of the system prints about a file.
fn asked(bench: &Bench, name: &'static str, file: &str, value: &Value, args: &[&str]) -> String {
    let place = folder().unwrap();
    std::fs::write(place.path().join(file), bench.bytes(value)).unwrap();
    let program = Program {
        name,
        version: &["-version"],
        install: "apt install ffmpeg",
    };
    let tool = Tools::default().find(&program, &bench.context()).unwrap();
    let args = args.iter().map(Into::into).collect();
    let process = Process::start(&tool, args, place.path(), true).unwrap();
    String::from_utf8(process.everything(&bench.context()).unwrap()).unwrap()
}

pub(super) fn probed(bench: &Bench, value: &Value) -> Value {
    let args = [
        "-v",
        "error",
        "-print_format",
        "json",
        "-show_streams",
        "-show_format",
        "-count_frames",
        "film",
    ];
    serde_json::from_str(&asked(bench, "ffprobe", "film", value, &args)).unwrap()
}

/// The mean colours of the picture at a moment of a film, of its four quarters.
pub(super) fn seen(bench: &Bench, value: &Value, seconds: f64) -> Vec<[u8; 3]> {
    let at = seconds.to_string();
    let args = [
        "-v",
        "error",
        "-i",
        "film",
        "-ss",
        &at,
        "-frames:v",
        "1",
        "-vf",
        "format=rgb24,scale=2:2:flags=area",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ];
    let place = folder().unwrap();
    std::fs::write(place.path().join("film"), bench.bytes(value)).unwrap();
    let tool = Tools::default().find(&FFMPEG, &bench.context()).unwrap();
    let args = args.iter().map(Into::into).collect();
    let process = Process::start(&tool, args, place.path(), true).unwrap();
    process
        .everything(&bench.context())
        .unwrap()
        .as_chunks::<3>()
        .0
        .to_vec()
}

#[test]
fn a_film_has_the_length_size_streams_and_loudness_that_it_tells() {
    let bench = Bench::default();
    let with = json!({
        "shots": [
            { "image": picture(&bench, "a.png", [20, 40, 90]), "seconds": 1.2, "move": "in", "caption": "The ferry leaves." },
            { "image": picture(&bench, "b.png", [120, 30, 20]), "seconds": 1.0, "transition": "crossfade", "caption": "Nobody is on it." },
            { "image": picture(&bench, "c.png", [20, 90, 50]), "seconds": 1.8, "transition": "wipe", "transition_seconds": 0.4,
              "overlay": { "text": "<svg xmlns='http://www.w3.org/2000/svg' width='{{ width }}' height='{{ height }}'><rect width='{{ w }}' height='9' fill='#fff'/></svg>", "data": { "w": 50 } } },
        ],
        "audio": music(&bench, 6.0), "loudness": -18,
        "aspects": ["16:9", "9:16", "1:1", "4:5"], "resolution": 120, "fps": 20, "effort": "draft", "fade_out": 0.4,
    });
    let Ok(Performed::Done(outcome)) = bench.perform(&engine(), with.clone(), 1) else {
        panic!("{:?}", bench.perform(&engine(), with, 1));
    };
    assert!(
        outcome
            .usage
            .tool
            .as_deref()
            .unwrap()
            .starts_with("ffmpeg "),
        "{:?}",
        outcome.usage
    );
    let value = outcome.value;
    assert_eq!(
        value,
        bench.value(&engine(), with, 9),
        "the same bytes twice"
    );
    let films = value["films"].as_array().unwrap();
    let sizes: Vec<_> = films
        .iter()
        .map(|film| {
            (
                film["aspect"].as_str().unwrap(),
                film["width"].as_u64().unwrap(),
                film["height"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        sizes,
        [
            ("16:9", 214, 120),
            ("9:16", 120, 214),
            ("1:1", 120, 120),
            ("4:5", 120, 150)
        ]
    );
    for (film, (_, width, height)) in films.iter().zip(sizes) {
        let found = probed(&bench, film);
        let [video, audio] = [&found["streams"][0], &found["streams"][1]];
        assert_eq!(
            (
                &video["codec_name"],
                &video["pix_fmt"],
                &video["color_space"]
            ),
            (&json!("h264"), &json!("yuv420p"), &json!("bt709"))
        );
        assert_eq!(
            (video["width"].as_u64(), video["height"].as_u64()),
            (Some(width), Some(height))
        );
        assert_eq!(
            (&video["nb_read_frames"], &video["r_frame_rate"]),
            (&json!("80"), &json!("20/1"))
        );
        assert_eq!(
            (
                &audio["codec_name"],
                &audio["sample_rate"],
                &audio["channels"]
            ),
            (&json!("aac"), &json!("48000"), &json!(2))
        );
        let seconds: f64 = found["format"]["duration"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((seconds - 4.0).abs() < 0.06, "{seconds}");
    }
    assert_eq!(
        (&value["seconds"], &value["cuts"]),
        (&json!(4.0), &json!([1.2, 2.2]))
    );
    let said = asked(
        &bench,
        "ffmpeg",
        "film",
        &films[0],
        &[
            "-nostats",
            "-i",
            "film",
            "-af",
            "ebur128=metadata=1,ametadata=print:key=lavfi.r128.I:file=-",
            "-f",
            "null",
            "-",
        ],
    );
    let lufs: f64 = said
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("lavfi.r128.I="))
        .unwrap()
        .parse()
        .unwrap();
    assert!((lufs + 18.0).abs() < 0.6, "{lufs}");
    assert!((value["loudness_lufs"].as_f64().unwrap() + 18.0).abs() < 0.15);
    insta::assert_snapshot!(String::from_utf8_lossy(&bench.bytes(&value["captions"])), @"
    1
    00:00:00,000 --> 00:00:01,100
    The ferry leaves.

    2
    00:00:01,200 --> 00:00:02,100
    Nobody is on it.
    ");
    assert_eq!(value["captions"]["count"], 2);
    for (poster, (thumbnail, film)) in value["posters"]
        .as_array()
        .unwrap()
        .iter()
        .zip(value["thumbnails"].as_array().unwrap().iter().zip(films))
    {
        let opened = |value: &Value| {
            picture::decode("x", &bench.bytes(value), None, &Limits::default()).unwrap()
        };
        assert_eq!(json!(opened(poster).width), film["width"]);
        assert_eq!(opened(thumbnail).width.max(opened(thumbnail).height), 480);
    }
}

#[test]
fn shots_follow_each_other_as_their_transitions_say() {
    let bench = Bench::default();
    let plain = |name: &str, colour: [u8; 3]| {
        let picture = Picture::filled(64, 64, Colour([colour[0], colour[1], colour[2], 255]));
        bench.file(name, encode(&picture, Encoding::Png).unwrap())
    };
    let (red, blue) = (plain("r.png", [200, 0, 0]), plain("b.png", [0, 0, 200]));
    let film = |transition: &str| {
        let with = json!({
            "shots": [{ "image": red, "seconds": 1 }, { "image": blue, "seconds": 1, "transition": transition, "transition_seconds": 1 }],
            "aspects": ["1:1"], "resolution": 64, "fps": 10,
        });
        bench.value(&engine(), with, 1)["films"][0].clone()
    };
    let near = |one: [u8; 3], other: [u8; 3]| {
        one.iter()
            .zip(other)
            .all(|(one, other)| one.abs_diff(other) < 14)
    };
    for transition in ["cut", "crossfade", "wipe"] {
        let film = film(transition);
        assert!(
            seen(&bench, &film, 0.2)
                .iter()
                .all(|colour| near(*colour, [200, 0, 0])),
            "{transition}"
        );
        assert!(
            seen(&bench, &film, 1.8)
                .iter()
                .all(|colour| near(*colour, [0, 0, 200])),
            "{transition}"
        );
        let middle = seen(&bench, &film, 0.85);
        match transition {
            "cut" => assert!(near(middle[0], [200, 0, 0]), "{middle:?}"),
            "crossfade" => assert!(
                middle
                    .iter()
                    .all(|colour| colour[0].abs_diff(colour[2]) < 40),
                "{middle:?}"
            ),
            _ => assert!(middle[0][2] > 130 && middle[1][0] > 130, "{middle:?}"),
        }
    }
}

#[test]
fn captions_are_burned_in_only_where_and_when_they_are_asked_for() {
    let bench = Bench::default();
    let dark = bench.file(
        "d.png",
        encode(
            &Picture::filled(64, 64, Colour([0, 0, 0, 255])),
            Encoding::Png,
        )
        .unwrap(),
    );
    let srt = bench.file("words.srt", "1\n00:00:01,000 --> 00:00:02,000\nWWWWWWWW\n");
    let film = |captions: Value| {
        let with = json!({ "shots": [{ "image": dark, "seconds": 3 }], "aspects": ["1:1"], "resolution": 128, "fps": 10, "captions": captions });
        bench.value(&engine(), with, 1)
    };
    let light = |value: &Value, at: f64| {
        seen(&bench, &value["films"][0], at)
            .iter()
            .map(|colour| u32::from(colour[1]))
            .collect::<Vec<_>>()
    };
    let burned = film(json!({ "file": srt, "ground": false, "size": 0.1 }));
    assert_eq!(light(&burned, 0.5), [0; 4]);
    let on = light(&burned, 1.5);
    assert!(on[2] > 8 && on[3] > 8 && on[0] < 4, "{on:?}");
    assert_eq!(light(&burned, 2.5), [0; 4]);
    let top = light(
        &film(json!({ "file": srt, "place": "top", "size": 0.1 })),
        1.5,
    );
    assert!(top[0] > 8 && top[2] < 4, "{top:?}");
    let aside = film(json!({ "file": srt, "burn": false }));
    assert_eq!(light(&aside, 1.5), [0; 4]);
    assert_eq!(aside["captions"]["count"], 1);
    assert_eq!(film(json!({ "from": "none" })).get("captions"), None);
}

#[test]
fn every_format_is_written_and_read_again() {
    let bench = Bench::default();
    let image = picture(&bench, "a.png", [20, 40, 90]);
    for (format, codec, expected, media_type) in [
        ("webm", None, "vp9", "video/webm"),
        ("webm", Some("av1"), "av1", "video/webm"),
        ("mp4", Some("av1"), "av1", "video/mp4"),
        ("gif", None, "gif", "image/gif"),
        ("webp", None, "", "image/webp"),
    ] {
        let mut with = json!({
            "shots": [{ "image": image, "seconds": 0.8, "move": "left" }],
            "audio": music(&bench, 2.0), "aspects": ["4:5"], "resolution": 64, "fps": 10, "format": format, "effort": "draft",
        });
        if let Some(codec) = codec {
            with["codec"] = json!(codec);
        }
        let value = bench.value(&engine(), with.clone(), 1);
        let film = &value["films"][0];
        assert_eq!(
            film,
            &bench.value(&engine(), with, 1)["films"][0],
            "{format}: the same bytes twice"
        );
        assert_eq!(film["media_type"], media_type);
        let bytes = bench.bytes(film);
        if format == "webp" {
            // ffmpeg 5 writes animated WebP and does not read it; equal frames are written once.
            let frames = bytes.windows(24).filter(|part| part.starts_with(b"ANMF"));
            let ms = frames.map(|part| u32::from_le_bytes([part[20], part[21], part[22], 0]));
            assert_eq!(ms.sum::<u32>(), 800);
            continue;
        }
        let found = probed(&bench, film);
        assert_eq!(found["streams"][0]["codec_name"], expected, "{format}");
        assert_eq!(found["streams"][0]["nb_read_frames"], "8", "{format}");
        let sounds = found["streams"].as_array().unwrap().len() - 1;
        assert_eq!(sounds, usize::from(format != "gif"), "{format}");
        assert_eq!(value.get("loudness_lufs").is_some(), format != "gif");
    }
}

#[test]
fn stopping_ends_ffmpeg() {
    let bench = Bench::default();
    let image = picture(&bench, "a.png", [20, 40, 90]);
    let with = json!({ "shots": [{ "image": image, "seconds": 800, "move": "in" }], "resolution": 720, "effort": "best" });
    let children = || {
        let own = std::process::id().to_string();
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let stats =
            entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
        stats
            .filter(|stat| {
                stat.contains("(ffmpeg)")
                    && stat.rsplit(')').next().unwrap().split_whitespace().nth(1) == Some(&own)
            })
            .map(|stat| stat.split(' ').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let made = scope.spawn(|| bench.perform(&engine(), with, 1));
        // The encoder of this film is the child that has its size in its arguments.
        let encoder = loop {
            let found = children().into_iter().find(|pid| {
                std::fs::read_to_string(Path::new("/proc").join(pid).join("cmdline"))
                    .is_ok_and(|line| line.contains("1280x720"))
            });
            match found {
                Some(pid) => break pid,
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        bench.stop.store(true, Ordering::Relaxed);
        assert_eq!(made.join().unwrap(), Err(EngineError::Stopped));
        assert!(!Path::new("/proc").join(encoder).exists());
    });
}
