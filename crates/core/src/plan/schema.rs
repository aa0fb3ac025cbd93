//! The JSON Schema of the process file, so that editors complete and check it.

use serde_json::{Map, Value, json};

use super::expected::is_bundle_file;
use super::types::is_asset;
use crate::engine::{Engine, Engines};

/// Name under which `daedal new` and `daedal schema` keep the schema beside a process file.
pub const SCHEMA_FILE: &str = "process.schema.json";
/// First line of a process file, which tells editors where the schema is.
pub const SCHEMA_LINE: &str = "# yaml-language-server: $schema=./process.schema.json";

const PROCESS: &str = include_str!("process.schema.json");

/// JSON Schema (2020-12) of a process file for a studio with these engines.
#[must_use]
pub fn schema(engines: &Engines) -> Value {
    // A file of this crate, which a test reads.
    let mut schema: Value = serde_json::from_str(PROCESS).unwrap_or_default();
    let mut names = Vec::new();
    let mut rules = Vec::new();
    for engine in engines.iter() {
        let spec = engine.spec();
        names.push(json!({ "const": spec.name, "description": spec.summary }));
        let place = format!("with-{}", spec.name);
        let with = json!({ "$ref": format!("#/$defs/{place}") });
        let mut then = json!({ "properties": { "with": with } });
        schema["$defs"][place.as_str()] = with_schema(&**engine, &place);
        let needs_some = ["required", "oneOf", "anyOf"]
            .iter()
            .any(|word| schema["$defs"][place.as_str()].get(word).is_some());
        if needs_some {
            then["required"] = json!(["with"]);
        }
        rules.push(json!({
            "if": { "properties": { "uses": { "const": spec.name } }, "required": ["uses"] },
            "then": then,
        }));
    }
    let step = &mut schema["$defs"]["step"];
    if !names.is_empty() {
        step["properties"]["uses"]["oneOf"] = Value::Array(names);
        step["allOf"] = Value::Array(rules);
    }
    schema
}

/// The schema of `with:` as authors write it: expressions may stand for values, paths for assets,
/// and what the plan adds may be left out.
fn with_schema(engine: &dyn Engine, place: &str) -> Value {
    let spec = engine.spec();
    let mut with = written(&spec.schema, place);
    let implied = engine.implied(&json!({}));
    let added = |name: &Value| {
        name.as_str() == spec.main_input
            || implied
                .iter()
                .any(|(field, _)| name.as_str() == Some(field))
    };
    let is_empty = match with.get_mut("required").and_then(Value::as_array_mut) {
        Some(required) => {
            required.retain(|name| !added(name));
            required.is_empty()
        }
        None => false,
    };
    if let (true, Some(words)) = (is_empty, with.as_object_mut()) {
        words.remove("required");
    }
    with
}

/// A schema whose inner values may be expressions.
fn written(schema: &Value, place: &str) -> Value {
    let Value::Object(words) = schema else {
        return schema.clone();
    };
    let mut copy = Map::with_capacity(words.len());
    for (word, value) in words {
        let own = match (word.as_str(), value) {
            ("$ref", Value::String(target)) => {
                Value::from(format!("#/$defs/{place}{}", target.trim_start_matches('#')))
            }
            ("properties" | "patternProperties" | "$defs", Value::Object(inner)) => inner
                .iter()
                .map(|(name, inner)| (name.clone(), computable(inner, place)))
                .collect::<Map<_, _>>()
                .into(),
            ("items" | "additionalProperties", inner) => computable(inner, place),
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(inner)) => {
                inner.iter().map(|inner| written(inner, place)).collect()
            }
            (_, other) => other.clone(),
        };
        copy.insert(word.clone(), own);
    }
    Value::Object(copy)
}

/// A schema whose value may be an expression, or the path of a file where that stands for it.
fn computable(schema: &Value, place: &str) -> Value {
    let own = written(schema, place);
    if !schema.is_object() || is_bundle_file(schema) {
        return own;
    }
    let instead = if is_asset(schema) {
        json!({ "type": "string" })
    } else {
        json!({ "$ref": "#/$defs/template" })
    };
    let mut both = json!({ "anyOf": [own, instead] });
    // Editors show the description of the outermost schema.
    for word in ["description", "default"] {
        if let Some(value) = schema.get(word) {
            both[word] = value.clone();
        }
    }
    both
}
