//! What a schema asks for, in words.

use serde_json::Value;

use super::types::Kinds;

/// What a schema asks for, in words.
pub(super) fn expected(schema: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<_> = values.iter().map(plain).collect();
        return match &values[..] {
            [only] => format!("`{only}`"),
            several => format!("one of {}", several.join(", ")),
        };
    }
    if let Some(value) = schema.get("const") {
        return format!("`{}`", plain(value));
    }
    let mut several: Vec<String> = ["anyOf", "oneOf"]
        .into_iter()
        .filter_map(|word| schema.get(word)?.as_array())
        .flatten()
        .map(expected)
        .collect();
    several.dedup();
    match several.len() {
        0 => {}
        1..=4 => return several.join(", or "),
        _ => return Kinds::of_schema(schema).describe(),
    }
    let kinds = Kinds::of_schema(schema);
    let number = |word: &str| schema.get(word).and_then(Value::as_f64);
    let range = match (number("minimum"), number("maximum")) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(" of at least {min}"),
        (None, Some(max)) => format!(" of at most {max}"),
        (None, None) => match (number("exclusiveMinimum"), number("exclusiveMaximum")) {
            (Some(min), Some(max)) => format!(" between {min} and {max}"),
            (Some(min), None) => format!(" above {min}"),
            (None, Some(max)) => format!(" below {max}"),
            (None, None) => String::new(),
        },
    };
    if let Some(pattern) = schema.get("pattern") {
        let kinds = kinds.describe();
        return match schema.get("description") {
            Some(description) => format!("{kinds}: {}", plain(description)),
            None => format!("{kinds} that matches `{}`", plain(pattern)),
        };
    }
    match kinds {
        Kinds::WHOLE | Kinds::NUMBER => format!("{}{range}", kinds.describe()),
        Kinds::TEXT if is_bundle_file(schema) => {
            "the path of a file beside the process file".into()
        }
        Kinds::TEXT => match number("maxLength") {
            Some(max) => format!("text of at most {max} characters"),
            None => "text".into(),
        },
        Kinds::ASSET => match media_types(schema)[..] {
            [] => "an asset, such as `{{ steps.draft }}`, or the path of a file".into(),
            ref taken => format!("an asset of type {}, or the path of a file", either(taken)),
        },
        Kinds::LIST => match schema.get("items") {
            Some(items) if Kinds::of_schema(items) != Kinds::ALL => {
                format!("a list, each item {}", expected(items))
            }
            _ => "a list".into(),
        },
        other => other.describe(),
    }
}

/// What media types an asset of this schema may have; none where any.
pub(super) fn media_types(schema: &Value) -> Vec<&str> {
    let Some(schema) = schema.pointer("/properties/media_type") else {
        return Vec::new();
    };
    let several = schema.get("enum").and_then(Value::as_array);
    let only = schema.get("const");
    let known = several.into_iter().flatten().chain(only);
    known.filter_map(Value::as_str).collect()
}

/// "a, b or c".
pub(super) fn either(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [several @ .., last] => format!("{} or {last}", several.join(", ")),
    }
}

/// Whether a schema describes the path of a file of the bundle.
pub(super) fn is_bundle_file(schema: &Value) -> bool {
    schema.get("format").and_then(Value::as_str) == Some("bundle-file")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
