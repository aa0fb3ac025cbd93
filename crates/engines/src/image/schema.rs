//! JSON Schema of the engine's `with:`.

use serde_json::{Value, json};

use crate::picture::schema as picture;

/// A number of pixels, or a share such as `5%`.
fn length(of: &str) -> Value {
    json!({
        "type": ["number", "string"],
        "pattern": "^-?[0-9.]+ *(px|%)?$",
        "description": format!("Pixels, or a share of {of}: \"5%\".")
    })
}

fn number(low: f64, high: f64, what: &str) -> Value {
    json!({ "type": "number", "minimum": low, "maximum": high, "description": what })
}

fn fields(properties: Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false
    })
}

fn colour() -> Value {
    json!({
        "type": "string",
        "pattern": "^(#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})|black|white|transparent)$",
        "description": "#rgb, #rrggbb, #rrggbbaa, black, white or transparent."
    })
}

fn position() -> Value {
    let place = fields(
        json!({ "x": length("the width"), "y": length("the height") }),
        &["x", "y"],
    );
    json!({ "anyOf": [
        { "enum": [
            "center", "top", "bottom", "left", "right",
            "top-left", "top-right", "bottom-left", "bottom-right"
        ] },
        place
    ] })
}

fn mode() -> Value {
    json!({ "enum": [
        "normal", "multiply", "screen", "overlay", "darken", "lighten", "color-dodge",
        "color-burn", "hard-light", "soft-light", "difference", "exclusion", "hue", "saturation",
        "color", "luminosity", "mask", "behind"
    ], "default": "normal" })
}

fn curve() -> Value {
    json!({
        "type": "array",
        "minItems": 2,
        "items": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": { "type": "number", "minimum": 0, "maximum": 255 }
        },
        "description": "Points [from, to] of 0 to 255."
    })
}

fn geometry() -> Value {
    let filters = json!({ "enum": ["nearest", "bilinear", "catmull-rom", "mitchell", "lanczos3"] });
    json!({
        "resize": fields(json!({
            "width": length("the width"),
            "height": length("the height"),
            "fit": { "enum": ["cover", "contain", "inside", "fill"], "default": "cover" },
            "filter": filters,
            "position": position(),
            "background": colour()
        }), &[]),
        "crop": fields(json!({
            "x": length("the width"),
            "y": length("the height"),
            "width": length("the width"),
            "height": length("the height"),
            "aspect": { "type": "string", "description": "Width to height, such as 3:4." },
            "position": position()
        }), &[]),
        "rotate": { "enum": [0, 90, 180, 270, -90, -180, -270], "description": "Degrees clockwise." },
        "flip": { "enum": ["horizontal", "vertical"] },
        "border": fields(json!({
            "width": length("the shorter side"),
            "top": length("the shorter side"),
            "right": length("the shorter side"),
            "bottom": length("the shorter side"),
            "left": length("the shorter side"),
            "colour": colour()
        }), &["colour"])
    })
}

fn tone() -> Value {
    let curves = fields(
        json!({ "rgb": curve(), "red": curve(), "green": curve(), "blue": curve() }),
        &[],
    );
    json!({
        "blur": fields(json!({ "radius": length("the width") }), &["radius"]),
        "sharpen": fields(json!({
            "amount": number(0.0, 10.0, "How much is added."),
            "radius": length("the width"),
            "threshold": number(0.0, 255.0, "Smaller differences are left alone.")
        }), &[]),
        "grade": fields(json!({
            "exposure": number(-10.0, 10.0, "In stops."),
            "temperature": number(-1.0, 1.0, "Cool to warm."),
            "tint": number(-1.0, 1.0, "Green to magenta."),
            "brightness": number(-1.0, 1.0, "Added."),
            "contrast": number(-1.0, 1.0, "Flat to hard."),
            "gamma": number(0.05, 20.0, "1 changes nothing; more is lighter."),
            "curves": curves,
            "saturation": number(-1.0, 4.0, "-1 is grey, 1 twice as strong.")
        }), &[]),
        "grain": fields(json!({
            "amount": number(0.0, 1.0, "0.1 is visible."),
            "size": length("the width"),
            "monochrome": { "type": "boolean", "default": true }
        }), &[]),
        "palette": fields(json!({
            "colours": { "type": "array", "items": colour(), "minItems": 1, "maxItems": 256 },
            "by": { "enum": ["nearest", "tone"], "default": "nearest" },
            "dither": { "enum": ["none", "floyd-steinberg", "ordered"], "default": "none" },
            "strength": number(0.0, 1.0, "How much of the error is spread."),
            "amount": number(0.0, 1.0, "How much of the result is mixed in.")
        }), &["colours"])
    })
}

fn layers() -> Value {
    json!({
        "overlay": fields(json!({
            "template": { "type": "string", "format": "bundle-file", "description": "An SVG that is a template; `width` and `height` are the picture's." },
            "text": { "type": "string", "description": "The SVG itself, in place of a file." },
            "data": { "type": "object" },
            "mode": mode(),
            "opacity": number(0.0, 1.0, "1 covers.")
        }), &[]),
        "composite": fields(json!({
            "image": picture("The other picture."),
            "width": length("the width"),
            "height": length("the height"),
            "position": position(),
            "mode": mode(),
            "opacity": number(0.0, 1.0, "1 covers.")
        }), &["image"]),
        "background": fields(json!({ "colour": colour() }), &["colour"])
    })
}

/// Schema of `with:`.
pub(super) fn with() -> Value {
    let mut operations = serde_json::Map::new();
    for group in [geometry(), tone(), layers()] {
        if let Value::Object(group) = group {
            operations.extend(group);
        }
    }
    json!({
        "type": "object",
        "properties": {
            "image": picture("PNG, JPEG, WebP or SVG."),
            "svg_width": { "type": "number", "minimum": 1, "description": "Width at which an SVG is drawn; its own when absent." },
            "operations": {
                "type": "array",
                "maxItems": 100,
                "items": {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": operations,
                    "additionalProperties": false
                }
            },
            "format": { "enum": ["png", "jpeg", "webp"], "default": "png" },
            "quality": { "type": "integer", "minimum": 1, "maximum": 100, "default": 90, "description": "Of JPEG." }
        },
        "required": ["image"],
        "additionalProperties": false
    })
}
