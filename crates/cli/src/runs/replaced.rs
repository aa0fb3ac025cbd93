//! A value of the same kind as another, from a file of a person.

use std::path::Path;

use daedal_core::AssetRef;
use daedal_core::asset::{assets_in, media_type_of};
use daedal_provenance::container::sniff;
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// What comes in the place of a value.
pub(super) struct Replaced {
    pub(super) value: Value,
    /// Bytes of the asset that it is, to be kept.
    pub(super) bytes: Option<Vec<u8>>,
}

/// What the file comes to in the place of `old`: an image for an image, text for text, the same fields for fields.
pub(super) fn replaced(old: &Value, path: &Path, bytes: &[u8]) -> Result<Replaced, Failure> {
    if bytes.trim_ascii().is_empty() {
        return Err(Failure::new(format!("{} is empty", path.display()))
            .help("write into it what comes in the place of what stands"));
    }
    if let Some(asset) = AssetRef::from_value(old) {
        let fields = old.as_object().cloned().unwrap_or_default();
        return asset_for(&asset, fields, path, bytes);
    }
    let is_json = media_type_of(&path.to_string_lossy()) == "application/json";
    let value = match old {
        Value::Object(fields) if !is_json && fields.get("text").is_some_and(Value::is_string) => {
            let mut fields = fields.clone();
            fields.insert("text".into(), json!(text(path, bytes)?.trim_end()));
            Value::Object(fields)
        }
        Value::String(_) if !is_json => json!(text(path, bytes)?.trim_end()),
        _ => {
            let new = parsed(path, bytes)?;
            same_form(old, &new, "").map_err(|problem| {
                Failure::new(format!("{} does not fit: {problem}", path.display()))
                    .help(format!("keep the form of what stands: {old}"))
            })?;
            new
        }
    };
    match assets_in(&value) == assets_in(old) {
        true => Ok(Replaced { value, bytes: None }),
        false => Err(Failure::new(format!(
            "{} names other assets than what stands",
            path.display()
        ))
        .help("edit the step that made the asset")),
    }
}

fn asset_for(
    old: &AssetRef,
    mut fields: Map<String, Value>,
    path: &Path,
    bytes: &[u8],
) -> Result<Replaced, Failure> {
    let named = path
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let found = sniff(bytes).unwrap_or_else(|| media_type_of(&named));
    let wrong = |wanted: &str| {
        Failure::new(format!(
            "{} is {found}, where {} stands",
            path.display(),
            old.media_type
        ))
        .help(format!("give {wanted}"))
    };
    let essence = old.media_type.split(';').next().unwrap_or_default();
    let mut media_type = old.media_type.clone();
    if essence.starts_with("image/") {
        if !found.starts_with("image/") {
            return Err(wrong("an image: PNG, JPEG, WebP or SVG"));
        }
        let (width, height) = daedal_engines::picture_size(&named, bytes)
            .map_err(|problem| Failure::new(problem).help("give an image that can be opened"))?;
        for (name, side) in [("width", width), ("height", height)] {
            if let Some(known) = fields.get_mut(name) {
                *known = json!(side);
            }
        }
        found.clone_into(&mut media_type);
    } else if essence == "application/json" {
        let value = parsed(path, bytes)?;
        if let Some(known) = fields.get_mut("json") {
            *known = value;
        }
    } else if essence.starts_with("text/") {
        text(path, bytes)?;
    } else if found != essence {
        return Err(wrong(essence));
    }
    match (fields.get_mut("text"), std::str::from_utf8(bytes)) {
        (Some(known), Ok(text)) => *known = json!(text),
        _ => drop(fields.remove("text")),
    }
    // What was made with it shows how it was before.
    fields.remove("attachments");
    let new = AssetRef {
        digest: daedal_core::Digest::of(bytes),
        media_type,
        size: bytes.len() as u64,
    };
    if let Value::Object(own) = new.to_value() {
        fields.extend(own);
    }
    Ok(Replaced {
        value: Value::Object(fields),
        bytes: Some(bytes.to_vec()),
    })
}

fn text<'b>(path: &Path, bytes: &'b [u8]) -> Result<&'b str, Failure> {
    std::str::from_utf8(bytes).map_err(|error| {
        Failure::because(format!("{} is no text", path.display()), &error)
            .help("give a text in UTF-8")
    })
}

fn parsed(path: &Path, bytes: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(bytes)
        .map_err(|error| Failure::because(format!("{} is no JSON", path.display()), &error))
}

/// Whether a value has the same fields of the same types as another; lists may have other lengths.
fn same_form(old: &Value, new: &Value, at: &str) -> Result<(), String> {
    let place = || {
        if at.is_empty() {
            "it".to_owned()
        } else {
            format!("`{at}`")
        }
    };
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, old) in old {
                let inner = format!("{at}{}{name}", if at.is_empty() { "" } else { "." });
                let new = new.get(name).ok_or(format!("`{inner}` is missing"))?;
                same_form(old, new, &inner)?;
            }
            match new.keys().find(|name| !old.contains_key(*name)) {
                Some(more) => Err(format!("{} has no field `{more}`", place())),
                None => Ok(()),
            }
        }
        (Value::Array(old), Value::Array(new)) => match old.first() {
            Some(old) => new.iter().try_for_each(|new| same_form(old, new, at)),
            None => Ok(()),
        },
        (Value::Null, _) | (_, Value::Null) => Ok(()),
        _ if std::mem::discriminant(old) == std::mem::discriminant(new) => Ok(()),
        _ => Err(format!("{} is {new}, where {old} stands", place())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(old: &Value, name: &str, bytes: &[u8]) -> Result<Value, String> {
        let made = replaced(old, Path::new(name), bytes);
        made.map(|made| made.value)
            .map_err(|failure| failure.message())
    }

    #[test]
    fn a_value_is_replaced_by_one_of_its_kind_only() {
        let words = json!({ "title": "Low", "text": "low tide", "score": 1 });
        assert_eq!(
            made(&words, "a.txt", b"high tide\n"),
            Ok(json!({ "title": "Low", "text": "high tide", "score": 1 }))
        );
        let other = json!({ "title": "High", "text": "high tide", "score": 2.5 });
        assert_eq!(
            made(&words, "a.json", other.to_string().as_bytes()),
            Ok(other)
        );
        for wrong in [
            json!({ "title": "High", "text": "high tide" }),
            json!({ "title": "High", "text": "high tide", "score": "2" }),
            json!({ "title": "High", "text": "high tide", "score": 2, "more": 1 }),
            json!([1]),
        ] {
            let told = made(&words, "a.json", wrong.to_string().as_bytes()).unwrap_err();
            assert!(told.contains("does not fit"), "{told}");
        }
        let note = json!({ "$asset": "1".repeat(64), "media_type": "text/plain", "size": 3, "text": "sea" });
        let told = made(&note, "a.md", b"seas").unwrap();
        assert_eq!((&told["text"], &told["size"]), (&json!("seas"), &json!(4)));
        assert_eq!(told["media_type"], "text/plain");
        assert!(made(&note, "a.txt", &[0xff, 0xfe]).is_err());
        assert_eq!(made(&note, "a.txt", b" \n"), Err("a.txt is empty".into()));
        let picture = json!({
            "$asset": "1".repeat(64), "media_type": "image/png", "size": 3, "width": 9, "height": 9,
            "attachments": { "plot": note },
        });
        assert!(
            made(&picture, "a.txt", b"seas")
                .unwrap_err()
                .contains("image/png stands")
        );
        let svg = br#"<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>"#;
        let told = made(&picture, "a.svg", svg).unwrap();
        assert_eq!((&told["width"], &told["height"]), (&json!(40), &json!(30)));
        assert_eq!(told["media_type"], "image/svg+xml");
        assert_eq!(told.get("attachments"), None);
    }
}
