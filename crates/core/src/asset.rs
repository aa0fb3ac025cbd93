//! References to assets, and where they hide in values.
//!
//! A value (what a step gives, what an engine takes) is JSON. An asset inside it is an object with
//! the key [`ASSET_KEY`]; its other keys are fields that the engine reports beside the bytes:
//!
//! ```json
//! { "$asset": "9f86…", "media_type": "image/png", "size": 48213, "width": 1200, "features": {} }
//! ```
//!
//! Expressions can therefore pass `steps.draft` (the asset with its fields) or
//! `steps.draft.width` (one field), and one walk finds every asset of a value.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Digest;

/// The key that makes a JSON object an asset.
pub const ASSET_KEY: &str = "$asset";

/// Bytes with a digest and a media type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AssetRef {
    /// SHA-256 of the bytes.
    #[serde(rename = "$asset")]
    pub digest: Digest,
    /// IANA media type, such as `image/png`.
    pub media_type: String,
    /// Length in bytes.
    pub size: u64,
}

impl AssetRef {
    /// The asset that `value` is, if it is one.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let fields = value.as_object()?;
        Some(Self {
            digest: fields.get(ASSET_KEY)?.as_str()?.parse().ok()?,
            media_type: fields.get("media_type")?.as_str()?.to_owned(),
            size: fields.get("size")?.as_u64()?,
        })
    }

    /// The value of this asset, without further fields.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::json!({
            (ASSET_KEY): self.digest, "media_type": self.media_type, "size": self.size,
        })
    }

    /// The usual file extension of the media type, without the dot.
    #[must_use]
    pub fn extension(&self) -> &'static str {
        extension_of(&self.media_type)
    }
}

/// Every asset in `value`, at any depth, in the order of appearance.
#[must_use]
pub fn assets_in(value: &Value) -> Vec<AssetRef> {
    let mut found = Vec::new();
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items.iter().rev()),
            Value::Object(fields) => {
                found.extend(AssetRef::from_value(value));
                let inner: Vec<_> = fields
                    .values()
                    .filter(|v| v.is_object() || v.is_array())
                    .collect();
                pending.extend(inner.into_iter().rev());
            }
            _ => {}
        }
    }
    found
}

/// The digests of every asset in `value`, each once, in order of their bytes.
#[must_use]
pub fn digests_in(value: &Value) -> BTreeSet<Digest> {
    assets_in(value)
        .into_iter()
        .map(|asset| asset.digest)
        .collect()
}

const MEDIA_TYPES: &[(&str, &str)] = &[
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("svg", "image/svg+xml"),
    ("gif", "image/gif"),
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("mkv", "video/x-matroska"),
    ("wav", "audio/wav"),
    ("mp3", "audio/mpeg"),
    ("srt", "application/x-subrip"),
    ("ass", "text/x-ssa"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("html", "text/html"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("wif", "text/x-wif"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zip", "application/zip"),
    ("ttf", "font/ttf"),
    ("otf", "font/otf"),
    ("safetensors", "application/x-safetensors"),
];

/// The media type that a file name's extension stands for; `application/octet-stream` if unknown.
#[must_use]
pub fn media_type_of(file_name: &str) -> &'static str {
    let extension = file_name
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    MEDIA_TYPES
        .iter()
        .find(|(known, _)| extension.eq_ignore_ascii_case(known))
        .map_or("application/octet-stream", |(_, media_type)| media_type)
}

/// The usual file extension of a media type, without the dot; `bin` if unknown.
#[must_use]
pub fn extension_of(media_type: &str) -> &'static str {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    MEDIA_TYPES
        .iter()
        .find(|(_, known)| *known == essence)
        .map_or("bin", |(extension, _)| extension)
}
