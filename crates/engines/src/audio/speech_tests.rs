//! Narrations by piper and of what was spoken elsewhere. There is no piper here: a program stands in for it that writes
//! down how it was called, and speaks one tone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use daedal_core::engine::{Engine as _, Performed};
use serde_json::{Value, json};

use super::sound::Sound;
use super::{AudioEngine, wav};
use crate::testing::Bench;
use crate::tool::Tools;

/// A folder with a program called piper, which notes what it is told in a file beside it.
fn piper(tells_version: bool) -> (tempfile::TempDir, AudioEngine) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display();
    let version = match tells_version {
        true => "echo 1.2.0; exit 0",
        false => "echo 'error: --model is required' >&2; exit 2",
    };
    let script = format!(
        "#!/bin/sh\ncase \"$1\" in --version) {version};; --help) echo usage; exit 0;; esac\n\
         cp {place}/tone.wav \"$6\"\ncmp -s \"$2\" {place}/voice && cmp -s \"$4\" {place}/config || exit 3\n\
         shift 6\necho \"$*: $(cat)\" >> {place}/calls\n"
    );
    let program = folder.path().join("piper");
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.path().join("voice"), "a model").unwrap();
    fs::write(folder.path().join("config"), "{}").unwrap();
    fs::write(folder.path().join("tone.wav"), tone(0.5)).unwrap();
    let engine = AudioEngine::new(Tools::in_path(format!("{place}:/usr/bin:/bin")));
    (folder, engine)
}

fn tone(seconds: f64) -> Vec<u8> {
    let samples = (0..super::sound::samples(seconds)).map(|at| ((at % 100) as f32 - 50.0) / 100.0);
    let samples: Vec<f32> = samples.collect();
    let sound = Sound {
        left: samples.clone(),
        right: samples,
    };
    wav::write(&sound, 16).unwrap()
}

fn with(bench: &Bench, more: Value) -> Value {
    let mut speech = json!({
        "text": "The tide\nis out. Wait!",
        "model": bench.file("voices/tide.onnx", "a model"),
        "config": bench.file("voices/tide.onnx.json", "{}"),
    });
    for (name, value) in more.as_object().unwrap() {
        speech[name] = value.clone();
    }
    json!({ "speech": speech })
}

#[test]
fn the_program_that_speaks_stands_behind_what_is_said() {
    let bench = Bench::default();
    for (tells, told) in [(true, "piper 1.2.0"), (false, "piper")] {
        let (_folder, engine) = piper(tells);
        let behind = |with: Value| {
            // Another thread's child may still hold the program that was just written.
            let task = bench.task(&engine, with, 1);
            (0..50).find_map(|_| engine.behind(&task))
        };
        assert_eq!(behind(with(&bench, json!({}))).as_deref(), Some(told));
        assert_eq!(behind(json!({ "bed": { "seconds": 2 } })), None);
        assert_eq!(behind(json!({ "speech": { "spoken": [] } })), None);
    }
}

#[test]
fn piper_speaks_each_sentence_with_the_model_of_the_bundle() {
    for tells_version in [true, false] {
        let (folder, engine) = piper(tells_version);
        let bench = Bench::default();
        let more = json!({ "rate": 120, "speaker": 3, "pause": 0.25 });
        let Ok(Performed::Done(outcome)) = bench.perform(&engine, with(&bench, more), 1) else {
            panic!("it speaks");
        };
        let tool = if tells_version {
            "piper 1.2.0"
        } else {
            "piper"
        };
        assert_eq!(outcome.usage.tool.as_deref(), Some(tool));
        assert!(outcome.usage.by_model);
        let sentences = &outcome.value["sentences"];
        assert_eq!(sentences[0]["text"], "The tide is out.");
        let start = sentences[1]["start"].as_f64().unwrap();
        assert!((start - 0.75).abs() < 0.02, "{start}");
        let calls = fs::read_to_string(folder.path().join("calls")).unwrap();
        let told = "--noise_scale 0 --noise_w 0 --length_scale 1.2500 --speaker 3";
        assert_eq!(calls, format!("{told}: The tide is out.\n{told}: Wait!\n"));
    }
}

#[test]
fn what_was_spoken_elsewhere_is_laid_out_with_its_times() {
    let bench = Bench::default();
    let said = |name: &str, seconds: f64, text: &str| {
        let mut value = bench.file(name, tone(seconds));
        value["media_type"] = json!("audio/wav");
        value["text"] = json!(text);
        value
    };
    let spoken = json!([
        said("a", 0.5, "Low tide."),
        null,
        said("b", 1.0, "High tide.")
    ]);
    let speech = json!({ "spoken": spoken, "pause": 0.5, "loudness": -20 });
    let engine = AudioEngine::new(Tools::in_path("/nowhere"));
    let Ok(Performed::Done(outcome)) = bench.perform(&engine, json!({ "speech": speech }), 1)
    else {
        panic!("it is laid out");
    };
    assert_eq!(outcome.usage, Default::default());
    let value = outcome.value;
    let sentences = value["sentences"].as_array().unwrap();
    let texts: Vec<&Value> = sentences.iter().map(|one| &one["text"]).collect();
    assert_eq!(texts, ["Low tide.", "High tide."]);
    let start = sentences[1]["start"].as_f64().unwrap();
    assert!((start - 1.0).abs() < 0.02, "{start}");
    let loudness = value["loudness_lufs"].as_f64().unwrap();
    assert!((loudness + 20.0).abs() < 0.5, "{loudness}");
}

#[test]
fn what_does_not_go_together_says_so() {
    let (_folder, engine) = piper(true);
    let bench = Bench::default();
    let other = bench.file("voices/other.onnx", "another model");
    let spoken = json!([bench.file("a.wav", tone(0.2))]);
    let cases = [
        with(&bench, json!({ "pitch": 50 })),
        with(&bench, json!({ "config": null })),
        with(&bench, json!({ "model": other })),
        json!({ "speech": { "text": "Hm.", "speaker": 1 } }),
        json!({ "speech": { "spoken": spoken, "voice": "en" } }),
        json!({ "speech": { "spoken": [null] } }),
        json!({ "speech": { "voice": "en" } }),
    ];
    let told: Vec<String> = cases
        .into_iter()
        .map(|with| bench.error(&engine, with))
        .collect();
    insta::assert_snapshot!(told.join("\n---\n"));
    let absent = AudioEngine::new(Tools::in_path("/nowhere"));
    let told = bench.error(&absent, with(&bench, json!({})));
    assert!(told.contains("pip install piper-tts"), "{told}");
}
