//! Pictures that come from outside: what they are, by their bytes.

use std::io::Cursor;

use image::{ImageFormat, ImageReader};
use serde_json::{Value, json};

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
