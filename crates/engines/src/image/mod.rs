//! Retouches pictures: resize, crop, grade, overlay, encode.

mod blur;
mod geometry;
mod grain;
mod layers;
mod length;
mod palette;
mod schema;
#[cfg(test)]
mod tests;
mod tone;

use std::borrow::Cow;

use daedal_core::AssetRef;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::picture::{self, Colour, Encoding, Picture, encode};
use crate::task::{misfit, params};
use crate::template;

/// Operations of one step.
const OPERATIONS_MAX: usize = 100;

/// The engine `image`.
pub struct ImageEngine {
    spec: EngineSpec,
    /// What it gives, by [`FileFormat`].
    outputs: [Value; 3],
}

impl Default for ImageEngine {
    fn default() -> Self {
        let formats = [FileFormat::Png, FileFormat::Jpeg, FileFormat::Webp];
        let media_types = formats.map(|format| format.encoding(0).media_type());
        Self {
            outputs: media_types.map(|media_type| output(&[media_type])),
            spec: EngineSpec {
                name: "image",
                version: "1",
                summary: "Retouches pictures: resize, crop, grade, grain, palette, overlay, frame, encode.",
                determinism: Determinism::Exact,
                seeded: true,
                main_input: Some("image"),
                schema: schema::with(),
                output: output(&media_types),
                effect: false,
            },
        }
    }
}

/// JSON Schema of a picture of one of these media types.
fn output(media_types: &[&str]) -> Value {
    json!({
        "type": "object",
        "format": "asset",
        "properties": {
            "media_type": { "enum": media_types },
            "width": { "type": "integer" },
            "height": { "type": "integer" }
        },
        "additionalProperties": false
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    image: AssetRef,
    svg_width: Option<f64>,
    #[serde(default)]
    operations: Vec<Value>,
    #[serde(default)]
    format: FileFormat,
    quality: Option<f64>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FileFormat {
    #[default]
    Png,
    Jpeg,
    Webp,
}

/// One thing to do to a picture; written `- name: { … }`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Operation {
    Resize(geometry::Resize),
    Crop(geometry::Crop),
    Rotate(f64),
    Flip(geometry::Flip),
    Border(geometry::Border),
    Blur(blur::Blur),
    Sharpen(blur::Sharpen),
    Grade(Box<tone::Grade>),
    Grain(grain::Grain),
    Palette(palette::PaletteMap),
    Overlay(layers::Overlay),
    Composite(layers::Composite),
    Background(Background),
}

/// A colour under what is transparent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Background {
    colour: Colour,
}

impl Engine for ImageEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn output(&self, with: &Map<String, Value>, _: &Files<'_>) -> Option<Cow<'_, Value>> {
        let format = match with.get("format") {
            None => FileFormat::default(),
            Some(format) => FileFormat::deserialize(format).ok()?,
        };
        Some(Cow::Borrowed(&self.outputs[format as usize]))
    }

    /// Grain alone is drawn by lot; where operations are computed, there may be some.
    fn seeded(&self, with: &Map<String, Value>) -> bool {
        match with.get("operations").and_then(Value::as_array) {
            Some(operations) => operations
                .iter()
                .any(|operation| !operation.is_object() || operation.get("grain").is_some()),
            None => with.contains_key("operations"),
        }
    }

    fn check(&self, with: &Value, files: &Files<'_>) -> Vec<String> {
        let operations = with.get("operations").and_then(Value::as_array);
        let operations = || operations.into_iter().flatten();
        let layers = operations().filter_map(|operation| operation.get("composite")?.get("image"));
        let named = with.get("image").into_iter().chain(layers);
        operations()
            .filter_map(|operation| operation.get("overlay")?.get("template")?.as_str())
            .filter_map(|path| template::check_file(path, files))
            .chain(picture::check_files(named, files))
            .collect()
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = params(&self.spec, task)?;
        let encoding = params.encoding()?;
        let operations = read_operations(&params.operations)
            .map_err(|error| misfit(&self.spec, task, &error))?;
        let mut picture = picture::read(task, context, &params.image, params.svg_width)?;
        for (index, (name, operation)) in operations.iter().enumerate() {
            context.check_stop()?;
            picture = operation
                .apply(picture, index, task, context)
                .map_err(|error| placed(error, index, name))?;
        }
        context.check_stop()?;
        let bytes = encode(&picture, encoding)?;
        if bytes.len() as u64 > task.limits.output_bytes_max {
            return Err(EngineError::limit(format!(
                "the picture has {} bytes, more than the {} that an asset may have",
                bytes.len(),
                task.limits.output_bytes_max
            )));
        }
        let mut value = context.write(encoding.media_type(), &bytes)?.to_value();
        value["width"] = json!(picture.width);
        value["height"] = json!(picture.height);
        Ok(Performed::Done(Outcome::free(value)))
    }
}

impl Params {
    fn encoding(&self) -> Result<Encoding, EngineError> {
        let quality = self.quality.unwrap_or(90.0);
        if !(1.0..=100.0).contains(&quality) {
            return Err(EngineError::invalid(format!(
                "`quality: {quality}` is out of its range of 1 to 100"
            )));
        }
        Ok(self.format.encoding(quality.round() as u8))
    }
}

impl FileFormat {
    fn encoding(self, quality: u8) -> Encoding {
        match self {
            Self::Png => Encoding::Png,
            Self::Jpeg => Encoding::Jpeg(quality),
            Self::Webp => Encoding::WebP,
        }
    }
}

/// Every operation with its name, so that messages can say which one is wrong.
fn read_operations(given: &[Value]) -> Result<Vec<(String, Operation)>, EngineError> {
    if given.len() > OPERATIONS_MAX {
        return Err(EngineError::limit(format!(
            "{} operations are more than the limit of {OPERATIONS_MAX}",
            given.len()
        )));
    }
    given
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let name = value
                .as_object()
                .and_then(|fields| fields.keys().next())
                .cloned()
                .unwrap_or_default();
            match Operation::deserialize(value) {
                Ok(operation) => Ok((name, operation)),
                Err(error) => Err(placed(
                    EngineError::invalid(error.to_string()),
                    index,
                    &name,
                )),
            }
        })
        .collect()
}

/// `error` with the operation that it came from.
fn placed(error: EngineError, index: usize, name: &str) -> EngineError {
    let place = |message: String| format!("operation {} ({name}): {message}", index + 1);
    match error {
        EngineError::Invalid { message } => EngineError::invalid(place(message)),
        EngineError::Limit { message } => EngineError::limit(place(message)),
        other => other,
    }
}

impl Operation {
    fn apply(
        &self,
        mut picture: Picture,
        index: usize,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Picture, EngineError> {
        match self {
            Self::Resize(resize) => return resize.apply(&picture, &task.limits),
            Self::Crop(crop) => return crop.apply(&picture, &task.limits),
            Self::Rotate(degrees) => return geometry::rotate(&picture, *degrees),
            Self::Flip(flip) => return Ok(flip.apply(&picture)),
            Self::Border(border) => return border.apply(&picture, &task.limits),
            Self::Blur(blur) => return blur.apply(picture, context),
            Self::Sharpen(sharpen) => return sharpen.apply(picture, context),
            Self::Overlay(overlay) => return overlay.apply(picture, task, context),
            Self::Composite(composite) => return composite.apply(picture, task, context),
            Self::Background(Background { colour }) => return layers::background(picture, *colour),
            Self::Grade(grade) => grade.apply(&mut picture)?,
            Self::Palette(palette) => palette.apply(&mut picture, context)?,
            Self::Grain(grain) => {
                let seed = task
                    .seed
                    .ok_or_else(|| EngineError::invalid("grain needs the task's seed"))?;
                grain.apply(&mut picture, seed, index);
            }
        }
        Ok(picture)
    }
}
