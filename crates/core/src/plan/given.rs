//! JSON Schemas of what a run is given: `inputs`, `parameters`, `run`, `index`.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::process::source::{Kind, Node};
use crate::process::{Dial, DialKind};

/// What `run.<name>` gives.
pub(super) static RUN: LazyLock<Value> = LazyLock::new(|| {
    let assets = json!({ "type": "array", "items": { "type": "object", "format": "asset" } });
    json!({
        "type": "object",
        "properties": {
            "process": { "type": "string" },
            "bundle": { "type": "string" },
            "id": { "type": "string" },
            "seed": { "type": "string" },
            "signature": assets,
            "earlier": assets,
        },
        "additionalProperties": false,
    })
});
/// What `process.<name>` gives in a label.
pub(super) static PROCESS: LazyLock<Value> = LazyLock::new(|| {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "properties": { "name": text, "title": text },
        "additionalProperties": false,
    })
});
pub(super) static INDEX: LazyLock<Value> =
    LazyLock::new(|| json!({ "type": "integer", "minimum": 0 }));

/// The schema of all values of `inputs` or `parameters`, which stand at `at`. One whose declaration
/// can't be read may be anything.
pub(super) fn dials(dials: &[(String, Dial)], at: Option<&Node>) -> Value {
    let mut fields: Map<String, Value> = dials
        .iter()
        .map(|(name, dial)| (name.clone(), dial_schema(&dial.kind)))
        .collect();
    if let Some(Kind::Map(entries)) = at.map(|node| &node.kind) {
        for (key, _) in entries {
            fields.entry(&key.name).or_insert(Value::Bool(true));
        }
    }
    json!({ "type": "object", "properties": fields, "additionalProperties": false })
}

fn dial_schema(kind: &DialKind) -> Value {
    match kind {
        DialKind::Text { max_length } => json!({ "type": "string", "maxLength": max_length }),
        DialKind::Integer { min, max } => {
            json!({ "type": "integer", "minimum": min, "maximum": max })
        }
        DialKind::Number { min, max } => {
            json!({ "type": "number", "minimum": min, "maximum": max })
        }
        DialKind::Boolean => json!({ "type": "boolean" }),
        DialKind::Choice { of } => json!({ "type": "string", "enum": of }),
        DialKind::Asset { media_types } if media_types.is_empty() => {
            json!({ "type": "object", "format": "asset" })
        }
        DialKind::Asset { media_types } => json!({
            "type": "object",
            "format": "asset",
            "properties": { "media_type": { "enum": media_types } },
            "additionalProperties": true,
        }),
    }
}
