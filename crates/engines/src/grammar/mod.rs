//! Writes text by a seeded generative grammar.
//!
//! The syntax is that of Tracery (Compton, Kybartas & Mateas 2015, "Tracery: An Author-Focused
//! Generative Text Tool"), with weights, conditions, records and data of the step added.

mod check;
mod expand;
mod modifiers;
mod read;
mod syntax;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use daedal_core::AssetRef;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::task::{label, params, read_text, utf8};
use check::Data;
use expand::{Expander, main_text};
use read::{Grammar, parse_file};

const ORIGIN: &str = "origin";

/// The engine `grammar`.
pub struct GrammarEngine {
    spec: EngineSpec,
}

impl Default for GrammarEngine {
    fn default() -> Self {
        Self {
            spec: EngineSpec {
                name: "grammar",
                version: "1",
                summary: "Writes text by a generative grammar (Tracery's syntax).",
                determinism: Determinism::Exact,
                seeded: true,
                main_input: None,
                schema: schema(),
                output: json!({
                    "type": "object",
                    "properties": { "text": { "type": "string" }, "$asset": false },
                    "required": ["text"],
                    "additionalProperties": true
                }),
                effect: false,
            },
        }
    }
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "grammar": {
                "type": "string",
                "format": "bundle-file",
                "description": "JSON or YAML file: symbols, and the rules of each."
            },
            "rules": {
                "type": "object",
                "description": "The grammar itself, in place of a file."
            },
            "origin": {
                "type": "string",
                "default": ORIGIN,
                "description": "The symbol to begin with; a record gives one field for each of its own."
            },
            "data": {
                "type": "object",
                "description": "Further symbols: texts, numbers, lists to pick from, records."
            }
        },
        "oneOf": [{ "required": ["grammar"] }, { "required": ["rules"] }],
        "additionalProperties": false
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    grammar: Option<AssetRef>,
    rules: Option<Value>,
    origin: Option<String>,
    #[serde(default)]
    data: Map<String, Value>,
}

impl Engine for GrammarEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn output(&self, with: &Map<String, Value>, files: &Files<'_>) -> Option<Cow<'_, Value>> {
        let origin = with.get("origin").map_or(Some(ORIGIN), Value::as_str)?;
        let rules = match (with.get("rules"), with.get("grammar")) {
            (Some(rules), None) => Cow::Borrowed(rules),
            (None, Some(Value::String(path))) => {
                let text = utf8(path, &files(path)?).ok()?;
                Cow::Owned(parse_file(path, &text).ok()?)
            }
            _ => return None,
        };
        let mut properties = self.spec.output.get("properties")?.clone();
        for name in read::fields(rules.get(origin)?)? {
            if name != "text" {
                properties[name] = Value::Bool(true);
            }
        }
        let mut output = self.spec.output.clone();
        output["properties"] = properties;
        output["additionalProperties"] = Value::Bool(false);
        Some(Cow::Owned(output))
    }

    fn check(&self, with: &Value, files: &Files<'_>) -> Vec<String> {
        let data = match with.get("data") {
            None => Data::Known(BTreeMap::new()),
            Some(Value::Object(fields)) => known(fields),
            Some(_) => Data::Unknown,
        };
        let origin = with.get("origin").map_or(Some(ORIGIN), Value::as_str);
        let origin = origin.filter(|origin| !origin.contains("{{"));
        if let Some(rules) = with.get("rules") {
            // What an expression gives is known by the run alone.
            let is_fixed = !rules.to_string().contains("{{");
            let examined = is_fixed.then(|| examine("rules", rules, "", origin, &data));
            return examined.and_then(Result::err).unwrap_or_default();
        }
        let Some(path) = with.get("grammar").and_then(Value::as_str) else {
            return Vec::new();
        };
        match files(path).map(|bytes| utf8(path, &bytes)) {
            None => Vec::new(),
            Some(Ok(text)) => load(path, &text, origin, &data).err().unwrap_or_default(),
            Some(Err(problem)) => vec![problem],
        }
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = params(&self.spec, task)?;
        let origin = params.origin.as_deref().unwrap_or(ORIGIN);
        let data = known(&params.data);
        let grammar = match (&params.grammar, params.rules) {
            (Some(asset), None) => {
                let name = label(task, asset);
                let text = read_text(task, context, asset)?;
                load(&name, &text, Some(origin), &data)
            }
            (None, Some(rules)) => examine("rules", &rules, "", Some(origin), &data),
            _ => Err(vec![
                "grammar takes either `grammar:` (a file) or `rules:`".to_owned(),
            ]),
        }
        .map_err(|mistakes| EngineError::invalid(mistakes.join("\n")))?;
        let seed = task
            .seed
            .ok_or_else(|| EngineError::invalid("a task of grammar needs a seed"))?;
        let value = Expander::new(&grammar, &params.data, seed, context).symbol(origin)?;
        Ok(Performed::Done(Outcome::free(with_text(value))))
    }
}

/// The value of the step: always an object with `text`.
fn with_text(value: Value) -> Value {
    match value {
        Value::Object(mut fields) => {
            if !fields.get("text").is_some_and(Value::is_string) {
                fields.insert("text".to_owned(), Value::String(main_text(&fields)));
            }
            Value::Object(fields)
        }
        other => json!({ "text": expand::as_text(&other) }),
    }
}

fn known(fields: &Map<String, Value>) -> Data {
    let has_fields = |value: &Value| match value {
        Value::Object(_) | Value::Array(_) => true,
        Value::String(text) => text.contains("{{"),
        _ => false,
    };
    Data::Known(
        fields
            .iter()
            .map(|(name, value)| (name.clone(), has_fields(value)))
            .collect(),
    )
}

fn load(name: &str, text: &str, origin: Option<&str>, data: &Data) -> Result<Grammar, Vec<String>> {
    let value = parse_file(name, text).map_err(|problem| vec![problem])?;
    examine(name, &value, text, origin, data)
}

/// Reads a grammar and refuses it with every mistake in it.
fn examine(
    name: &str,
    value: &Value,
    source: &str,
    origin: Option<&str>,
    data: &Data,
) -> Result<Grammar, Vec<String>> {
    let named = |mistakes: Vec<String>| -> Vec<String> {
        mistakes
            .into_iter()
            .map(|mistake| format!("{name}: {mistake}"))
            .collect()
    };
    let grammar = read::read(value).map_err(named)?;
    let problems = check::problems(&grammar, origin, data, source);
    if problems.is_empty() {
        Ok(grammar)
    } else {
        Err(named(problems))
    }
}
