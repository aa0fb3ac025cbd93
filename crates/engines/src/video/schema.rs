//! JSON Schema of what the engine takes and gives.

use serde_json::{Value, json};

use super::aspect::Aspect;
use super::shots::{SECONDS_MAX, SHOTS_MAX, Transition};
use super::{FPS_MAX, RESOLUTION_MAX, RESOLUTION_MIN};
use crate::audio::{mix, schema as audio};
use crate::picture;

/// What is read as a clip.
pub(super) const CLIPS: [&str; 6] = [
    "video/mp4",
    "video/quicktime",
    "video/webm",
    "video/x-matroska",
    "image/gif",
    "application/octet-stream",
];

fn share(description: &str) -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 1, "description": description })
}

fn view() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "zoom": { "type": "number", "minimum": 1, "maximum": 8, "default": 1, "description": "1 shows as much as the aspect allows." },
            "x": share("Where the middle of the frame lies: 0 is the left edge of the picture, 1 the right."),
            "y": share("0 is the top edge, 1 the bottom.")
        }
    })
}

/// A shot; in a timeline, where media are names.
pub(super) fn shot(in_timeline: bool) -> Value {
    let name = json!({ "type": "string", "description": "A name of `media`." });
    let media = |own: Value| if in_timeline { name.clone() } else { own };
    let clip = json!({
        "type": "object", "format": "asset",
        "properties": { "media_type": { "enum": CLIPS } },
        "description": "Moving pictures: MP4, MOV, WebM, MKV or GIF. Its sound is left out."
    });
    let template = json!({
        "type": "string", "format": "bundle-file",
        "description": "An SVG that is a template; `width` and `height` are the frame's."
    });
    json!({
        "type": "object",
        "required": ["seconds"],
        "oneOf": [{ "required": ["image"] }, { "required": ["clip"] }],
        "additionalProperties": false,
        "properties": {
            "image": media(picture::schema("A still: PNG, JPEG, WebP or SVG.")),
            "clip": media(clip),
            "seconds": { "type": "number", "minimum": 0.1, "maximum": SECONDS_MAX, "description": "How long it is shown." },
            "from": { "type": "number", "minimum": 0, "description": "Where in the clip it begins, in seconds." },
            "focus": {
                "type": "object",
                "additionalProperties": false,
                "properties": { "x": share("From the left."), "y": share("From the top.") },
                "description": "What stays in the frame when an aspect crops; the middle when absent."
            },
            "move": {
                "anyOf": [
                    { "enum": ["none", "in", "out", "left", "right", "up", "down"] },
                    {
                        "type": "object",
                        "required": ["from", "to"],
                        "additionalProperties": false,
                        "properties": { "from": view(), "to": view() }
                    }
                ],
                "description": "How the camera moves over a still."
            },
            "caption": { "type": "string", "maxLength": 300, "description": "Words that are shown with it." },
            "overlay": {
                "type": "object",
                "oneOf": [{ "required": ["template"] }, { "required": ["text"] }],
                "additionalProperties": false,
                "properties": {
                    "template": media(template),
                    "text": { "type": "string", "description": "The SVG itself, in place of a file." },
                    "data": { "type": "object" }
                },
                "description": "A drawing over all of the frame."
            },
            "transition": { "enum": Transition::NAMES, "default": "cut", "description": "How it follows the shot before it." },
            "transition_seconds": { "type": "number", "minimum": 0, "maximum": 10, "default": 0.6 }
        }
    })
}

fn captions() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "from": { "enum": ["shots", "sentences", "none"], "description": "The captions of shots, or the sentences of a narration; whichever there are when absent." },
            "file": { "type": "object", "format": "asset", "description": "SubRip (.srt) or Advanced SubStation (.ass)." },
            "burn": { "type": "boolean", "default": true, "description": "Draws them into the film." },
            "place": { "enum": ["bottom", "middle", "top"], "default": "bottom" },
            "family": { "type": "string", "default": "IBM Plex Sans", "description": "One of the bundled type faces." },
            "size": { "type": "number", "minimum": 0.01, "maximum": 0.3, "default": 0.046, "description": "Of letters, as a share of the shorter side." },
            "colour": { "type": "string", "default": "#ffffff" },
            "ground": { "type": "boolean", "default": true, "description": "A dark ground under the words; else they have an outline." }
        }
    })
}

/// Schema of `with:`.
pub(super) fn with() -> Value {
    json!({
        "type": "object",
        "oneOf": [{ "required": ["shots"] }, { "required": ["timeline"] }],
        "additionalProperties": false,
        "properties": {
            "shots": { "type": "array", "minItems": 1, "maxItems": SHOTS_MAX, "items": shot(false) },
            "timeline": {
                "type": "object", "format": "asset",
                "properties": { "media_type": { "enum": ["application/yaml", "application/json", "text/plain"] } },
                "description": "A YAML or JSON file with the shots; its images, clips and templates are names of `media`."
            },
            "media": {
                "type": "object",
                "additionalProperties": { "type": "object", "format": "asset" },
                "description": "What a timeline names."
            },
            "audio": {
                "anyOf": [
                    audio::sound(),
                    { "type": "array", "minItems": 1, "maxItems": mix::TRACKS_MAX, "items": audio::track() }
                ],
                "description": "One sound, or the tracks of a mix."
            },
            "loudness": { "type": "number", "minimum": -50, "maximum": -5, "default": mix::LOUDNESS, "description": "Of the sound, in LUFS (EBU R 128)." },
            "on_beat": { "type": "boolean", "default": false, "description": "Moves each cut to the nearest beat." },
            "beats": { "type": "array", "items": { "type": "number" }, "description": "Times of beats, in seconds; those of the audio when absent." },
            "aspects": {
                "type": "array", "minItems": 1, "maxItems": 4, "items": { "enum": Aspect::NAMES }, "default": ["16:9"],
                "description": "One film each."
            },
            "resolution": { "type": "integer", "minimum": RESOLUTION_MIN, "maximum": RESOLUTION_MAX, "default": 1080, "description": "Pixels of the shorter side." },
            "fps": { "type": "integer", "minimum": 1, "maximum": FPS_MAX, "default": 25, "description": "Frames in a second." },
            "format": { "enum": ["mp4", "webm", "gif", "webp"], "default": "mp4" },
            "codec": { "enum": ["h264", "vp9", "av1"], "description": "H.264 in MP4, VP9 in WebM when absent." },
            "quality": { "type": "integer", "minimum": 0, "maximum": 100, "default": 75 },
            "effort": { "enum": ["draft", "standard", "best"], "default": "standard", "description": "Time that the encoder takes for a smaller file." },
            "captions": captions(),
            "background": { "type": "string", "default": "#000000", "description": "Under what is transparent, and what fades come from and go to." },
            "fade_in": { "type": "number", "minimum": 0, "maximum": 30, "default": 0, "description": "In seconds." },
            "fade_out": { "type": "number", "minimum": 0, "maximum": 30, "default": 0, "description": "In seconds." },
            "poster": { "type": "number", "minimum": 0, "description": "The moment of the poster, in seconds; the middle of the first shot when absent." }
        }
    })
}

fn asset(media_types: &[&str], fields: Value) -> Value {
    let mut asset = json!({
        "type": "object",
        "format": "asset",
        "properties": { "media_type": { "enum": media_types } },
        "additionalProperties": false
    });
    if let (Value::Object(own), Value::Object(fields)) = (&mut asset["properties"], fields) {
        own.extend(fields);
    }
    asset
}

/// Schema of what a step gives whose films have one of these media types.
pub(super) fn output(media_types: &[&str]) -> Value {
    let number = json!({ "type": "number" });
    let size = json!({
        "aspect": { "type": "string" }, "width": { "type": "integer" }, "height": { "type": "integer" }
    });
    let mut film = size.clone();
    film["seconds"] = number.clone();
    let stills = json!({ "type": "array", "items": asset(&["image/jpeg"], size.clone()) });
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "films": { "type": "array", "items": asset(media_types, film) },
            "posters": stills,
            "thumbnails": stills,
            "contact_sheet": asset(&["image/png"], json!({ "width": { "type": "integer" }, "height": { "type": "integer" } })),
            "captions": asset(&["application/x-subrip"], json!({ "count": { "type": "integer" } })),
            "seconds": number,
            "cuts": { "type": "array", "items": number },
            "loudness_lufs": number
        }
    })
}
