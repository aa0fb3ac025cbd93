//! Pictures that come from outside: what they are, by their bytes.

use std::io::Cursor;

use daedal_core::AssetRef;
use daedal_core::asset::media_type_of;
use daedal_core::engine::{EngineError, Task};
use image::{ImageFormat, ImageReader};
use serde_json::{Value, json};

use crate::task::label;

/// Kinds of pictures that models make, and that they are given to begin with.
pub(crate) const KINDS: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];

/// Why the files of a process at these places are no pictures of a kind that is taken. Expressions stand there as they
/// were written.
pub(crate) fn check_files<'v>(
    places: impl Iterator<Item = &'v Value>,
    kinds: &[&str],
) -> Vec<String> {
    let paths = places.filter_map(|place| place.as_str().filter(|path| !path.contains("{{")));
    let wrong = paths.filter_map(|path| objection(path, media_type_of(path), kinds));
    wrong.collect()
}

/// Sees that an asset is a picture of a kind that is taken.
pub(crate) fn expect(task: &Task, asset: &AssetRef, kinds: &[&str]) -> Result<(), EngineError> {
    match objection(&label(task, asset), &asset.media_type, kinds) {
        Some(told) => Err(EngineError::invalid(told)),
        None => Ok(()),
    }
}

fn objection(name: &str, media_type: &str, kinds: &[&str]) -> Option<String> {
    (!kinds.contains(&media_type)).then(|| {
        format!(
            "`{name}` is of type {media_type}, and no model is sent that in the place of a picture: expected {}; the engine \
             image makes a PNG of other pictures",
            kinds.join(", ")
        )
    })
}

/// What a picture's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) media_type: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Reads the header of a picture; nothing where it is no PNG, JPEG or WebP.
pub(crate) fn header(bytes: &[u8]) -> Option<Header> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let reader = reader.ok()?;
    let media_type = match reader.format()? {
        ImageFormat::Png => "image/png",
        ImageFormat::Jpeg => "image/jpeg",
        ImageFormat::WebP => "image/webp",
        _ => return None,
    };
    let (width, height) = reader.into_dimensions().ok()?;
    Some(Header {
        media_type,
        width,
        height,
    })
}

impl Header {
    /// Says in the value of a picture how large it is.
    pub(crate) fn tell(&self, value: &mut Value) {
        value["width"] = json!(self.width);
        value["height"] = json!(self.height);
    }
}

/// JSON Schema of a list of assets, such as pictures, each with these properties and its size.
pub(crate) fn listed(what: &str, mut properties: Value) -> Value {
    for side in ["width", "height"] {
        properties[side] = json!({ "type": "integer", "description": "Of a picture (PNG, JPEG, WebP), in pixels." });
    }
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "format": "asset",
            "properties": properties,
            "additionalProperties": false
        },
        "description": what
    })
}
