//! What a step tells a sketch.

use daedal_core::engine::{EngineError, EngineSpec, Task};
use daedal_core::{AssetRef, Seed};
use serde::Deserialize;
use serde_json::{Value, json};

use super::colour;
use super::limits::{INCLUDES_MAX, SIDE_MAX, device_size};
use crate::task::params;

/// The `with:` of a step.
pub(crate) struct Settings {
    pub(crate) script: AssetRef,
    /// Evaluated before the script, in this order, as `<script>` tags of one page are.
    pub(crate) include: Vec<AssetRef>,
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Device pixels per unit.
    pub(crate) density: f64,
    pub(crate) data: Value,
    /// CSS colour that the canvas starts with.
    pub(crate) background: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct With {
    script: Value,
    #[serde(default)]
    include: Vec<Value>,
    #[serde(default = "default_width")]
    width: f64,
    #[serde(default = "default_height")]
    height: f64,
    #[serde(default = "default_density")]
    density: f64,
    #[serde(default)]
    data: serde_json::Map<String, Value>,
    background: Option<String>,
}

fn default_width() -> f64 {
    1200.0
}

fn default_height() -> f64 {
    1600.0
}

fn default_density() -> f64 {
    1.0
}

impl Settings {
    /// Reads the resolved `with:` of a task.
    pub(crate) fn read(spec: &EngineSpec, task: &Task) -> Result<Self, EngineError> {
        Self::of(params(spec, task)?).map_err(EngineError::invalid)
    }

    fn of(with: With) -> Result<Self, String> {
        let script = AssetRef::from_value(&with.script)
            .ok_or_else(|| "`script` is not a file of the bundle".to_owned())?;
        let include: Option<Vec<AssetRef>> =
            with.include.iter().map(AssetRef::from_value).collect();
        let include =
            include.ok_or_else(|| "`include` names what is no file of the bundle".to_owned())?;
        device_size(with.width, with.height, with.density)?;
        if let Some(background) = &with.background
            && colour::parse(background).is_none()
        {
            return Err(format!(
                "`background` is '{background}', which is not a CSS colour, such as '#f4efe6' or 'ivory'"
            ));
        }
        Ok(Self {
            script,
            include,
            width: with.width,
            height: with.height,
            density: with.density,
            data: with
                .data
                .into_iter()
                .map(|(name, value)| (name, file_of(&value).cloned().unwrap_or(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            background: with.background,
        })
    }

    /// What the prelude is given, as JSON.
    pub(crate) fn for_script(&self, seed: Seed) -> String {
        json!({
            "width": self.width,
            "height": self.height,
            "background": self.background,
            "seed": seed.to_string(),
            "data": self.data,
        })
        .to_string()
    }
}

/// The asset that `{ file: tides.csv }` has become.
fn file_of(value: &Value) -> Option<&Value> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields
        .get("file")
        .filter(|file| AssetRef::from_value(file).is_some())
}

/// JSON Schema of `with:`.
pub(crate) fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["script"],
        "additionalProperties": false,
        "properties": {
            "script": {
                "type": "string", "format": "bundle-file",
                "description": "JavaScript file that draws on `ctx`, a Canvas 2D context."
            },
            "include": {
                "type": "array", "default": [], "maxItems": INCLUDES_MAX,
                "items": { "type": "string", "format": "bundle-file" },
                "description": "JavaScript files that run before the script; what they declare at the top is the script's to use."
            },
            "width": {
                "type": "number", "minimum": 1, "maximum": SIDE_MAX, "default": 1200,
                "description": "Width in the units that the script draws in."
            },
            "height": {
                "type": "number", "minimum": 1, "maximum": SIDE_MAX, "default": 1600,
                "description": "Height in the units that the script draws in."
            },
            "density": {
                "type": "number", "exclusiveMinimum": 0, "maximum": 16, "default": 1,
                "description": "Device pixels per unit: the same picture, larger or smaller."
            },
            "data": {
                "type": "object", "default": {},
                "additionalProperties": { "anyOf": [
                    {
                        "type": "object", "required": ["file"], "additionalProperties": false,
                        "properties": { "file": { "type": "string", "format": "bundle-file" } }
                    },
                    true
                ] },
                "description": "What the script sees as `params`: values, assets, and files of the bundle (`{ file: tides.csv }`)."
            },
            "background": {
                "type": "string",
                "description": "CSS colour that the canvas starts with; transparent when left out."
            }
        }
    })
}

/// JSON Schema of the value.
pub(crate) fn output() -> Value {
    json!({
        "type": "object",
        "required": ["$asset", "media_type", "size", "width", "height", "features", "attachments"],
        "additionalProperties": false,
        "properties": {
            "$asset": { "type": "string" },
            "media_type": { "const": "image/png" },
            "size": { "type": "integer" },
            "width": { "type": "integer", "description": "Of the picture, in pixels." },
            "height": { "type": "integer", "description": "Of the picture, in pixels." },
            "features": { "type": "object", "additionalProperties": true, "description": "What the script reported by `features()`." },
            "attachments": { "type": "object", "additionalProperties": { "format": "asset" }, "description": "What the script gave by `attach()`, by name." },
            "title": { "type": "string", "description": "What the script called the picture by `title()`, if it did." },
            "alt": { "type": "string", "description": "What is to be seen, as the script told by `describe()`, if it did." },
            "log": { "type": "string", "description": "What the script wrote by `console.log`, if anything." }
        }
    })
}
