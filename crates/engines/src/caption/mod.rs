//! Draws a visible label into a picture: in a corner, or on a strip below.
//!
//! Pixels that the label does not cover stay as they are. A drawing stays one: it gets an element of text.

mod layout;
mod vector;

use daedal_core::AssetRef;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Outcome, Performed, Task, TaskContext,
};
use daedal_core::process::CaptionPlace;
use daedal_core::run::CAPTION;
use serde::Deserialize;
use serde_json::json;

use self::layout::{Block, Ground};
use crate::picture::{self, Colour, Encoding, Picture, check_size, encode, svg};
use crate::task::{label, params, read_text};

/// Characters of a caption.
pub(crate) const TEXT_LENGTH_MAX: usize = 200;
/// Smallest letters in a picture, in pixels, unless there is no room for them.
const SIZE_MIN: f32 = 11.0;
/// Quality of a JPEG that is encoded again.
const QUALITY: u8 = 95;

/// The engine `caption`.
pub struct CaptionEngine {
    spec: EngineSpec,
}

impl Default for CaptionEngine {
    fn default() -> Self {
        let kinds = ["image/png", "image/jpeg", "image/webp", "image/svg+xml"];
        Self {
            spec: EngineSpec {
                name: CAPTION,
                version: "1",
                summary: "Draws a visible label into a picture or a drawing.",
                determinism: Determinism::Exact,
                seeded: false,
                main_input: Some("image"),
                schema: json!({
                    "type": "object",
                    "required": ["image", "text"],
                    "additionalProperties": false,
                    "properties": {
                        "image": {
                            "type": "object", "format": "asset",
                            "properties": { "media_type": { "enum": kinds } },
                            "description": "The picture: PNG, JPEG, WebP or SVG."
                        },
                        "text": {
                            "type": "string", "minLength": 1, "maxLength": TEXT_LENGTH_MAX,
                            "description": "What is drawn."
                        },
                        "place": {
                            "enum": ["bottom-right", "bottom-left", "top-right", "top-left", "below"],
                            "default": "bottom-right",
                            "description": "A corner, or a strip below the picture."
                        }
                    }
                }),
                output: json!({
                    "type": "object",
                    "format": "asset",
                    "properties": {
                        "media_type": { "enum": kinds },
                        "width": { "type": "integer" },
                        "height": { "type": "integer" }
                    },
                    "additionalProperties": false
                }),
                effect: false,
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    image: AssetRef,
    text: String,
    #[serde(default)]
    place: CaptionPlace,
}

impl Engine for CaptionEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let Params { image, text, place } = params(&self.spec, task)?;
        let text = text.trim();
        if text.is_empty() || text.chars().count() > TEXT_LENGTH_MAX {
            return Err(EngineError::invalid(format!(
                "the caption has {} characters: expected 1 to {TEXT_LENGTH_MAX}",
                text.chars().count()
            )));
        }
        let bytes = context.read(&image)?;
        let name = label(task, &image);
        let (media_type, bytes, width, height) = match encoding(&bytes) {
            Some(encoding) => {
                let picture = picture::decode(&name, &bytes, None, &task.limits)?;
                let captioned = captioned(picture, &name, text, place, task)?;
                let bytes = encode(&captioned, encoding)?;
                (
                    encoding.media_type(),
                    bytes,
                    captioned.width,
                    captioned.height,
                )
            }
            None => {
                let drawing = read_text(task, context, &image)?;
                let captioned = vector::captioned(&name, &drawing, text, place, &task.limits)?;
                let (width, height) = picture::svg::size(&svg::parse(&name, &captioned)?);
                ("image/svg+xml", captioned.into_bytes(), width, height)
            }
        };
        let asset = context.write(media_type, &bytes)?;
        let mut value = asset.to_value();
        (value["width"], value["height"]) = (json!(width), json!(height));
        Ok(Performed::Done(Outcome::free(value)))
    }
}

/// The format of a picture, by its first bytes; none of a drawing, or of what is no picture.
fn encoding(bytes: &[u8]) -> Option<Encoding> {
    match bytes {
        _ if bytes.starts_with(b"\x89PNG") => Some(Encoding::Png),
        _ if bytes.starts_with(&[0xff, 0xd8]) => Some(Encoding::Jpeg(QUALITY)),
        _ if bytes.starts_with(b"RIFF") => Some(Encoding::WebP),
        _ => None,
    }
}

fn captioned(
    mut picture: Picture,
    name: &str,
    text: &str,
    place: CaptionPlace,
    task: &Task,
) -> Result<Picture, EngineError> {
    let size = (picture.width as f32, picture.height as f32);
    let block = Block::of(name, text, place, size, SIZE_MIN)?;
    let ground = match place {
        CaptionPlace::Below => Ground::like(picture.row(picture.height - 1)),
        _ => Ground::default(),
    };
    // Whole pixels around the label.
    let (left, top) = (block.x.floor(), block.y.floor());
    let width = (block.x + block.width).ceil() - left;
    let height = (block.y + block.height).ceil() - top;
    let (x, y, across) = (left as usize, top as usize, width as usize * 4);
    if place == CaptionPlace::Below {
        let whole = f64::from(size.1 + height);
        let what = format!("`{name}` with its caption");
        check_size(&what, f64::from(size.0), whole, &task.limits)?;
        let strip = Picture::filled(picture.width, height as u32, Colour(ground.paper()));
        picture.height += strip.height;
        picture.pixels.extend(strip.pixels);
    }
    let mut part = Picture::filled(width as u32, height as u32, Colour::WHITE);
    let stride = picture.width as usize * 4;
    let rows = |row: usize| (y + row) * stride + x * 4;
    for (row, pixels) in part.pixels.chunks_exact_mut(across).enumerate() {
        pixels.copy_from_slice(&picture.pixels[rows(row)..][..across]);
    }
    let drawing = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"{left} {top} {width} {height}\">{}</svg>",
        block.drawn(&ground)
    );
    let mut pixmap = part.into_pixmap()?;
    svg::draw(&svg::parse("caption", &drawing)?, &mut pixmap.as_mut());
    let part = Picture::from_pixmap(pixmap);
    for (row, pixels) in part.pixels.chunks_exact(across).enumerate() {
        picture.pixels[rows(row)..][..across].copy_from_slice(pixels);
    }
    Ok(picture)
}

#[cfg(test)]
mod tests;
