use daedal_core::Digest;
use daedal_core::engine::Limits;
use proptest::prelude::*;
use serde_json::Value;

use super::sound::{RATE, gain, samples};
use super::*;
use crate::testing::Bench;
use crate::tool::{Process, Program, folder};

fn engine() -> AudioEngine {
    AudioEngine::default()
}

/// A sound that the engine gave.
fn heard(bench: &Bench, value: &Value) -> Sound {
    wav::read("out.wav", &bench.bytes(value), &Limits::default()).unwrap()
}

fn tone(frequency: f64, seconds: f64, level: f64) -> Sound {
    let mut sound = Sound::silence(samples(seconds));
    for at in 0..sound.length() {
        let turn = at as f64 / f64::from(RATE) * frequency * std::f64::consts::TAU;
        sound.left[at] = (libm::sin(turn) * level) as f32;
        sound.right[at] = sound.left[at];
    }
    sound
}

fn file(bench: &Bench, name: &str, sound: &Sound) -> Value {
    bench.file(name, wav::write(sound, 16).unwrap())
}

/// Root mean square of the left channel between two times.
fn power(sound: &Sound, from: f64, to: f64) -> f64 {
    let part = &sound.left[samples(from)..samples(to).min(sound.length())];
    let sum: f64 = part.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (sum / part.len() as f64).sqrt()
}

#[test]
fn a_bed_is_the_same_bytes_for_a_seed_and_another_piece_for_another() {
    let bench = Bench::default();
    let with = json!({ "bed": { "seconds": 9, "mood": "nocturne" } });
    let one = bench.value(&engine(), with.clone(), 1);
    assert_eq!(one, bench.value(&engine(), with.clone(), 1));
    let other = bench.value(&engine(), with, 2);
    assert_ne!(one["$asset"], other["$asset"]);
    assert_ne!(one["chords"], other["chords"]);
    assert_eq!(one["size"], 44 + 9 * i64::from(RATE) * 4);
    let mut told = one;
    told.as_object_mut()
        .unwrap()
        .retain(|name, _| !["$asset", "size", "beats"].contains(&&**name));
    insta::assert_json_snapshot!(told);
}

#[test]
fn every_mood_is_music_at_its_loudness_that_begins_and_ends_in_silence() {
    let bench = Bench::default();
    for mood in bed::Mood::NAMES {
        let with = json!({ "bed": { "seconds": 8, "mood": mood, "loudness": -23 } });
        let value = bench.value(&engine(), with, 7);
        let lufs = value["loudness_lufs"].as_f64().unwrap();
        assert!((lufs + 23.0).abs() < 0.3, "{mood}: {lufs}");
        assert!(value["true_peak_dbtp"].as_f64().unwrap() <= -0.9, "{mood}");
        let sound = heard(&bench, &value);
        let (middle, ends) = (
            power(&sound, 3.0, 5.0),
            [power(&sound, 0.0, 0.02), power(&sound, 7.98, 8.0)],
        );
        assert!(
            ends.iter().all(|end| *end < middle / 30.0),
            "{mood}: {ends:?} {middle}"
        );
        assert_ne!(sound.left, sound.right, "{mood} is wide");
        let beats: Vec<f64> = serde_json::from_value(value["beats"].clone()).unwrap();
        let beat = 60.0 / value["tempo"].as_f64().unwrap();
        assert_eq!(beats[0], 0.0);
        assert!(
            beats
                .windows(2)
                .all(|pair| (pair[1] - pair[0] - beat).abs() < 0.002)
        );
        assert!(8.0 - beats.last().unwrap() <= beat + 0.001);
    }
}

#[test]
fn what_a_bed_is_told_it_plays() {
    let bench = Bench::default();
    let with = json!({ "bed": {
        "seconds": 6, "key": "Eb", "scale": "mixolydian", "tempo": 120, "metre": 3,
        "layers": { "swell": 0, "arpeggio": 0 }
    } });
    let value = bench.value(&engine(), with, 3);
    assert_eq!(value["key"], "Eb");
    assert_eq!(value["scale"], "mixolydian");
    assert_eq!(value["beats"].as_array().unwrap().len(), 12);
    assert_eq!(value["bars"], json!([0.0, 1.5, 3.0, 4.5]));
    let without = heard(&bench, &value);
    let with = json!({ "bed": { "seconds": 6, "layers": { "pad": 0, "bass": 0, "arpeggio": 0, "swell": 0 } } });
    let nothing = bench.value(&engine(), with, 3);
    assert_eq!(nothing["loudness_lufs"], -70.0);
    assert!(power(&without, 2.0, 4.0) > 0.01);
}

#[test]
fn a_narration_tells_when_each_sentence_is_said() {
    let bench = Bench::default();
    let text = "The ferry leaves at nine. Nobody is on it!\n\nThe lamps know the way.";
    let with = json!({ "speech": { "text": text, "voice": "en-gb", "pause": 0.5 } });
    let Ok(Performed::Done(first)) = bench.perform(&engine(), with.clone(), 1) else {
        panic!("{:?}", bench.perform(&engine(), with, 1));
    };
    assert!(
        first
            .usage
            .tool
            .as_deref()
            .unwrap()
            .starts_with("espeak-ng 1."),
        "{:?}",
        first.usage
    );
    let value = first.value;
    assert_eq!(
        value,
        bench.value(&engine(), with, 2),
        "the same bytes twice"
    );
    let sentences = value["sentences"].as_array().unwrap();
    let times: Vec<(f64, f64)> = sentences
        .iter()
        .map(|one| {
            (
                one["start"].as_f64().unwrap(),
                one["seconds"].as_f64().unwrap(),
            )
        })
        .collect();
    assert_eq!(sentences[1]["text"], "Nobody is on it!");
    let gap = |at: usize| times[at + 1].0 - times[at].0 - times[at].1;
    assert!(
        (gap(0) - 0.5).abs() < 0.002 && (gap(1) - 1.0).abs() < 0.002,
        "{times:?}"
    );
    let sound = heard(&bench, &value);
    for (start, seconds) in &times {
        assert!((0.4..4.0).contains(seconds), "{seconds}");
        assert!(power(&sound, *start, start + seconds) > 0.03);
    }
    assert!(power(&sound, times[1].0 - 0.4, times[1].0 - 0.1) < 0.001);
    assert!((value["loudness_lufs"].as_f64().unwrap() + 18.0).abs() < 0.3);
}

#[test]
fn a_mix_puts_tracks_in_their_place_and_music_under_voices() {
    let bench = Bench::default();
    let mut voice = tone(700.0, 2.0, 0.5);
    voice.fade(0.01, 0.01);
    let music = file(&bench, "music.wav", &tone(200.0, 10.0, 0.3));
    let mut music = music;
    music["beats"] = json!([0.0, 1.0, 2.0, 11.0]);
    let mut spoken = file(&bench, "voice.wav", &voice);
    spoken["sentences"] = json!([{ "text": "Hm.", "start": 0.25, "seconds": 1.0 }]);
    let with = json!({ "mix": {
        "tracks": [
            { "audio": music, "duck": 20, "start": 0.5 },
            { "audio": spoken, "voice": true, "start": 4, "gain": -30 }
        ],
        "loudness": -20
    } });
    let value = bench.value(&engine(), with, 1);
    assert_eq!(value["seconds"], 10.5);
    assert_eq!(value["beats"], json!([0.5, 1.5, 2.5]));
    assert_eq!(
        value["sentences"],
        json!([{ "text": "Hm.", "start": 4.25, "seconds": 1.0 }])
    );
    assert!((value["loudness_lufs"].as_f64().unwrap() + 20.0).abs() < 0.15);
    let sound = heard(&bench, &value);
    assert!(power(&sound, 0.0, 0.5) < 1e-6);
    let (before, during, after) = (
        power(&sound, 1.0, 3.0),
        power(&sound, 4.4, 5.6),
        power(&sound, 8.5, 10.0),
    );
    let ratio = before / during;
    assert!((7.0..12.0).contains(&ratio), "{ratio}");
    assert!((before / after - 1.0).abs() < 0.01, "it comes back");
}

#[test]
fn a_mix_is_as_loud_as_asked_and_no_peak_is_above_its_limit() {
    let bench = Bench::default();
    // Quiet music with clicks that stand far out.
    let mut sound = tone(220.0, 6.0, 0.09);
    for at in (0..sound.length()).step_by(samples(0.7)) {
        sound.left[at] = 0.9;
        sound.right[at] = -0.9;
    }
    let with = json!({ "mix": {
        "tracks": [{ "audio": file(&bench, "clicks.wav", &sound) }], "loudness": -16, "true_peak": -2
    }, "bits": 24 });
    let value = bench.value(&engine(), with, 1);
    assert!(
        (value["loudness_lufs"].as_f64().unwrap() + 16.0).abs() < 0.15,
        "{value}"
    );
    assert!(value["true_peak_dbtp"].as_f64().unwrap() <= -2.0, "{value}");
    assert_eq!(value["size"].as_i64().unwrap() / (6 * i64::from(RATE)), 6);
}

#[test]
fn ffmpeg_measures_the_same_loudness() {
    let bench = Bench::default();
    let with = json!({ "bed": { "seconds": 12, "mood": "hopeful", "loudness": -18 } });
    let value = bench.value(&engine(), with, 5);
    let place = folder().unwrap();
    std::fs::write(place.path().join("in.wav"), bench.bytes(&value)).unwrap();
    let program = Program {
        name: "ffmpeg",
        version: &["-version"],
        install: "apt install ffmpeg",
    };
    let tool = Tools::default().find(&program, &bench.context()).unwrap();
    let args = [
        "-nostats",
        "-i",
        "in.wav",
        "-af",
        "ebur128=peak=true:metadata=1,ametadata=print:key=lavfi.r128.I:file=-",
        "-f",
        "null",
        "-",
    ];
    let args = args.iter().map(Into::into).collect();
    let process = Process::start(&tool, args, place.path(), true).unwrap();
    let said = String::from_utf8(process.everything(&bench.context()).unwrap()).unwrap();
    let measured: f64 = said
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("lavfi.r128.I="))
        .unwrap()
        .parse()
        .unwrap();
    let own = value["loudness_lufs"].as_f64().unwrap();
    assert!((measured - own).abs() < 0.2, "{measured} {own}");
}

#[test]
fn mistakes_say_what_was_expected() {
    let bench = Bench::default();
    let text = bench.file("notes.txt", b"RIFF is no music");
    let mp3 = bench.file("song.mp3", b"ID3");
    let wide = {
        let spec = hound::WavSpec {
            channels: 6,
            sample_rate: 48_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = std::io::Cursor::new(Vec::new());
        hound::WavWriter::new(&mut bytes, spec)
            .unwrap()
            .finalize()
            .unwrap();
        bench.file("wide.wav", bytes.into_inner())
    };
    let mix = |audio: &Value| json!({ "mix": { "tracks": [{ "audio": audio }] } });
    let cases = [
        json!({ "bed": { "seconds": "long" } }),
        json!({ "bed": { "seconds": 5, "mood": "jolly" } }),
        json!({ "bed": { "seconds": 5000 } }),
        json!({ "bed": { "seconds": 5 }, "speech": { "text": "Hm." } }),
        json!({ "bits": 16 }),
        json!({ "speech": { "text": " … " } }),
        json!({ "speech": { "text": "Hm.", "voice": "xx-none" } }),
        json!({ "mix": { "tracks": [] } }),
        mix(&text),
        mix(&mp3),
        mix(&wide),
        json!({ "mix": { "tracks": [{ "audio": mp3, "start": 9e9 }] } }),
    ];
    let told: Vec<String> = cases
        .into_iter()
        .map(|with| bench.error(&engine(), with))
        .collect();
    insta::assert_snapshot!(told.join("\n---\n"));
    let absent = AudioEngine::new(Tools::in_path("/nowhere"));
    insta::assert_snapshot!(bench.error(&absent, json!({ "speech": { "text": "Hm." } })), @"there is no program `espeak-ng` in the folders of PATH: install it (Debian and Ubuntu: apt install espeak-ng; macOS: brew install espeak-ng) and run again");
}

#[test]
fn a_sound_that_the_memory_does_not_hold_is_not_begun() {
    let mut bench = Bench::default();
    bench.limits.memory_bytes_max = 64 << 20;
    insta::assert_snapshot!(bench.error(&engine(), json!({ "bed": { "seconds": 60 } })), @"the bed would be 60.0 seconds long, which takes 87 MiB to work on, more than the 64 MiB that the task may use");
    bench.limits.output_bytes_max = 1000;
    insta::assert_snapshot!(bench.error(&engine(), json!({ "bed": { "seconds": 2 } })), @"the sound has 384044 bytes, more than the 1000 that an asset may have: make it shorter");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_tone_keeps_its_pitch_and_level_at_any_rate(rate in prop::sample::select(vec![8_000_u32, 16_000, 22_050, 44_100, 96_000]), frequency in 100.0..3_000.0_f64) {
        let length = rate as usize;
        let spec = hound::WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        for at in 0..length {
            let turn = at as f64 / f64::from(rate) * frequency * std::f64::consts::TAU;
            writer.write_sample((libm::sin(turn) * 16_000.0) as i16).unwrap();
        }
        writer.finalize().unwrap();
        let read = wav::read("tone", &bytes.into_inner(), &Limits::default()).unwrap();
        prop_assert_eq!(read.length(), RATE as usize);
        let expected = tone(frequency, 1.0, 16_000.0 / 32_768.0);
        let far = (samples(0.1)..samples(0.9)).map(|at| (read.left[at] - expected.left[at]).abs()).fold(0.0, f32::max);
        prop_assert!(far < 0.004, "{} Hz at {}: {}", frequency, rate, far);
    }

    #[test]
    fn what_is_written_is_read_again(levels in prop::collection::vec(-1.0..1.0_f32, 1..200), bits in prop::sample::select(vec![16_u16, 24])) {
        let sound = Sound { left: levels.clone(), right: levels.iter().rev().copied().collect() };
        let read = wav::read("x", &wav::write(&sound, bits).unwrap(), &Limits::default()).unwrap();
        for (one, other) in sound.left.iter().chain(&sound.right).zip(read.left.iter().chain(&read.right)) {
            prop_assert!((one - other).abs() < 1.0 / (1 << (bits - 2)) as f32);
        }
        prop_assert!((gain(-6.0) - 0.501).abs() < 0.001);
    }
}

#[test]
fn a_bed_keeps_to_its_reference() {
    let bench = Bench::default();
    let with = json!({ "bed": { "seconds": 4, "mood": "wistful", "key": "D", "tempo": 60 } });
    let value = bench.value(&engine(), with, 11);
    let digest = Digest::of(&bench.bytes(&value));
    insta::assert_snapshot!(digest.short());
}
