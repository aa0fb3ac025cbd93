//! JSON Schema of what the engine takes and gives.

use serde_json::{Value, json};

use super::bed::{self, KEYS, Mood, Scale};
use super::sound::SECONDS_MAX;
use super::{mix, speech};

/// A number of seconds, from 0 on.
pub(crate) fn seconds(description: &str) -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": SECONDS_MAX, "description": description })
}

fn loudness(default: f64) -> Value {
    json!({
        "type": "number", "minimum": -50, "maximum": -5, "default": default,
        "description": "Integrated loudness in LUFS (EBU R 128)."
    })
}

/// A sound as a field takes it.
pub(crate) fn sound() -> Value {
    json!({
        "type": "object", "format": "asset",
        "properties": { "media_type": { "enum": ["audio/wav", "audio/x-wav"] } },
        "description": "A WAV file with one or two channels."
    })
}

/// A track of a mix.
pub(crate) fn track() -> Value {
    json!({
        "type": "object",
        "required": ["audio"],
        "additionalProperties": false,
        "properties": {
            "audio": sound(),
            "gain": { "type": "number", "minimum": -60, "maximum": 24, "default": 0, "description": "In dB." },
            "start": seconds("When it begins, in seconds."),
            "fade_in": seconds("How long it takes to come, in seconds."),
            "fade_out": seconds("How long it takes to go, in seconds."),
            "voice": { "type": "boolean", "default": false, "description": "Others duck under it." },
            "duck": {
                "type": "number", "minimum": 0, "maximum": 40, "default": 0,
                "description": "By how many dB it goes down while a voice is heard."
            }
        }
    })
}

/// The fields of a mix.
pub(crate) fn mix() -> Value {
    json!({
        "type": "object",
        "required": ["tracks"],
        "additionalProperties": false,
        "properties": {
            "tracks": { "type": "array", "minItems": 1, "maxItems": mix::TRACKS_MAX, "items": track() },
            "seconds": seconds("How long the mix is; as long as its tracks when absent."),
            "loudness": loudness(mix::LOUDNESS),
            "true_peak": {
                "type": "number", "minimum": -20, "maximum": 0, "default": mix::PEAK_MAX,
                "description": "The highest true peak, in dB of full scale."
            }
        }
    })
}

fn bed() -> Value {
    let layer = |what: &str| json!({ "type": "number", "minimum": 0, "maximum": 2, "default": 1, "description": what });
    json!({
        "type": "object",
        "required": ["seconds"],
        "additionalProperties": false,
        "properties": {
            "seconds": {
                "type": "number", "minimum": 1, "maximum": SECONDS_MAX, "description": "How long it is."
            },
            "mood": { "enum": Mood::NAMES, "default": "calm" },
            "key": { "enum": KEYS, "description": "The tonic; from the seed when absent." },
            "scale": { "enum": Scale::NAMES, "description": "The mood's own when absent." },
            "tempo": {
                "type": "number", "minimum": 30, "maximum": 200,
                "description": "Beats in a minute; from the seed, as the mood has it, when absent."
            },
            "metre": { "type": "integer", "minimum": 2, "maximum": 7, "default": 4, "description": "Beats in a bar." },
            "layers": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "pad": layer("Slow chords."),
                    "bass": layer("Their roots."),
                    "arpeggio": layer("Single notes on the beat."),
                    "swell": layer("Noise that rises and falls like surf.")
                },
                "description": "How strong each part is; 0 leaves it out."
            },
            "fade_in": seconds("How long it takes to come, in seconds."),
            "fade_out": seconds("How long it takes to go, in seconds."),
            "loudness": loudness(bed::LOUDNESS)
        }
    })
}

fn speech() -> Value {
    json!({
        "type": "object",
        "oneOf": [{ "required": ["text"] }, { "required": ["spoken"] }],
        "additionalProperties": false,
        "properties": {
            "spoken": {
                "type": "array", "minItems": 1, "maxItems": speech::SPOKEN_MAX,
                "items": {
                    "type": "object", "format": "asset",
                    "properties": { "media_type": { "enum": ["audio/wav", "audio/x-wav"] } }
                },
                "description": "Sentences that were spoken elsewhere, in order, such as the engine speech gives."
            },
            "model": { "type": "string", "format": "bundle-file", "description": "A voice of piper, an .onnx file; it speaks in the place of espeak-ng." },
            "config": { "type": "string", "format": "bundle-file", "description": "The model's settings, an .onnx.json file." },
            "speaker": { "type": "integer", "minimum": 0, "maximum": 100_000, "description": "Which voice of a model that has several." },
            "text": {
                "type": "string", "minLength": 1, "maxLength": speech::TEXT_LENGTH_MAX,
                "description": "What is said; an empty line is a longer pause."
            },
            "voice": {
                "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9+_-]*$", "maxLength": 64, "default": "en",
                "description": "a voice of espeak-ng, such as en-gb, en-us+f3 or de"
            },
            "rate": { "type": "number", "minimum": 80, "maximum": 450, "default": speech::RATE, "description": "Words in a minute, of which 150 are a piper model's own." },
            "pitch": { "type": "number", "minimum": 0, "maximum": 99, "default": 42, "description": "Low to high." },
            "pause": { "type": "number", "minimum": 0, "maximum": 20, "default": 0.45, "description": "Between sentences, in seconds." },
            "paragraph_pause": { "type": "number", "minimum": 0, "maximum": 60, "description": "Between paragraphs, in seconds; twice the pause when absent." },
            "loudness": loudness(speech::LOUDNESS)
        }
    })
}

/// Schema of `with:`.
pub(super) fn with() -> Value {
    json!({
        "type": "object",
        "oneOf": [{ "required": ["bed"] }, { "required": ["speech"] }, { "required": ["mix"] }],
        "additionalProperties": false,
        "properties": {
            "bed": bed(),
            "speech": speech(),
            "mix": mix(),
            "bits": { "enum": [16, 24], "default": 16, "description": "Of a sample." }
        }
    })
}

/// Schema of what a step gives that plays a bed, speaks, or mixes.
pub(super) fn output(kind: &str) -> Value {
    let number = json!({ "type": "number" });
    let times = json!({ "type": "array", "items": number });
    let mut output = json!({
        "type": "object",
        "format": "asset",
        "additionalProperties": false,
        "properties": {
            "media_type": { "const": "audio/wav" },
            "seconds": number,
            "loudness_lufs": number,
            "true_peak_dbtp": number
        }
    });
    let sentences = json!({
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": false,
            "properties": { "text": { "type": "string" }, "start": number, "seconds": number }
        }
    });
    let chords = json!({
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": false,
            "properties": { "name": { "type": "string" }, "start": number }
        }
    });
    let fields = &mut output["properties"];
    if kind != "speech" {
        fields["beats"] = times.clone();
    }
    if kind != "bed" {
        fields["sentences"] = sentences;
    }
    if kind == "bed" || kind == "any" {
        fields["tempo"] = number;
        fields["key"] = json!({ "type": "string" });
        fields["scale"] = json!({ "type": "string" });
        fields["bars"] = times;
        fields["chords"] = chords;
    }
    output
}
