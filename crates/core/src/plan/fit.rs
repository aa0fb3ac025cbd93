//! Whether what an author wrote for an engine fits the engine's JSON Schema.
//!
//! Covers the part of JSON Schema 2020-12 that engines use: `type`, `enum`, `const`, `properties`,
//! `required`, `additionalProperties`, `items`, `anyOf`, `oneOf`, `allOf`, `$ref` within the
//! schema, and bounds of numbers, texts, lists and maps. A validator from elsewhere would not know
//! that an expression may stand wherever its type may fit, nor that some texts name files.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Objection;
use super::alternatives::required;
use super::expected::{expected, is_bundle_file};
use super::offers::only_files;
use super::types::{Kinds, Type, branches, is_asset};
use crate::asset::ASSET_KEY;
use crate::expression::with_segment;
use crate::process::{nearest, suggestion};

/// What an expression gives where it stands.
pub(super) struct Offer<'s> {
    /// Its static type.
    pub(super) given: Type<'s>,
    /// As it was written.
    pub(super) source: String,
}

/// Something that does not fit.
pub(super) struct Finding {
    /// Of the place in `with:`.
    pub(super) pointer: String,
    /// Whether the key is at fault rather than the value.
    pub(super) on_key: bool,
    pub(super) message: String,
    pub(super) help: String,
    /// Whether it shows that another alternative was meant.
    pub(super) tells_apart: bool,
}

/// What came of a comparison.
#[derive(Default)]
pub(super) struct Fitted {
    pub(super) wrong: Vec<Finding>,
    /// Pointer and path of each text that names a file of the bundle.
    pub(super) files: Vec<(String, String)>,
}

/// What of `value` does not fit `schema`; `holder` is what people know it by. Assets stand where an
/// author names files or steps.
#[must_use]
pub fn objections(holder: &str, schema: &Value, value: &Value) -> Vec<Objection> {
    let fit = Fit {
        root: schema,
        engine: holder,
        offers: &BTreeMap::new(),
        implied: &[],
        fitting: &|_| String::new(),
        is_resolved: true,
    };
    let objection = |finding: Finding| Objection {
        pointer: finding.pointer,
        message: finding.message,
        help: finding.help,
    };
    fit.run(value).wrong.into_iter().map(objection).collect()
}

/// Compares a value with a schema.
pub(super) struct Fit<'a> {
    /// The whole schema.
    pub(super) root: &'a Value,
    /// Engine name.
    pub(super) engine: &'a str,
    /// What stands where there is an expression, by pointer.
    pub(super) offers: &'a BTreeMap<String, Offer<'a>>,
    /// Fields that will be added to `with:`.
    pub(super) implied: &'a [(&'static str, &'static str)],
    /// What of the process would fit a schema, in words that follow what is expected.
    pub(super) fitting: &'a dyn Fn(&Value) -> String,
    /// Whether assets stand in the place of files already.
    pub(super) is_resolved: bool,
}

impl Fit<'_> {
    /// Compares `with` with the schema of the engine.
    pub(super) fn run(&self, with: &Value) -> Fitted {
        let mut fitted = Fitted::default();
        self.value(self.root, with, &mut String::new(), &mut fitted);
        fitted
    }

    pub(super) fn value(
        &self,
        schema: &Value,
        value: &Value,
        pointer: &mut String,
        out: &mut Fitted,
    ) {
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            // Recursion ends with the value: it is nested 32 deep at most, and a schema that
            // refers to itself without going deeper is the engine's mistake.
            let found = target
                .strip_prefix('#')
                .and_then(|target| self.root.pointer(target));
            if let Some(found) = found.filter(|found| found.get("$ref").is_none()) {
                self.value(found, value, pointer, out);
            }
            return;
        }
        if let Some(offer) = self.offers.get(pointer.as_str()) {
            return self.offered(schema, offer, pointer, out);
        }
        if let (true, Value::String(path)) = (!self.is_resolved && is_asset(schema), value) {
            out.files.push((pointer.clone(), path.clone()));
            return;
        }
        let is_asset = self.is_resolved && Kinds::of_value(value) == Kinds::ASSET;
        if is_asset && (takes_path(schema) || only_files(schema)) {
            return;
        }
        let is_path = !self.is_resolved && value.is_string() && takes_path(schema);
        if !is_path && !Kinds::of_schema(schema).meets(Kinds::of_value(value)) {
            return self.wrong_value(schema, value, pointer, out);
        }
        if !one_of_the_values(schema, value) {
            self.wrong_value(schema, value, pointer, out);
            if let Some(last) = out.wrong.last_mut() {
                last.tells_apart = true;
            }
            return;
        }
        self.alternatives(schema, value, pointer, out);
        for part in schema
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.value(part, value, pointer, out);
        }
        match value {
            Value::String(text) if is_bundle_file(schema) => {
                out.files.push((pointer.clone(), text.clone()));
            }
            Value::String(text) if !matches_pattern(schema, text) => {
                self.wrong_value(schema, value, pointer, out);
            }
            Value::String(text) => {
                let length = text.chars().count();
                let words = ["minLength", "maxLength"];
                self.bounds(schema, words, length, "characters", pointer, out);
            }
            Value::Number(_) if !in_range(schema, value) => {
                self.wrong_value(schema, value, pointer, out);
            }
            Value::Array(items) => self.list(schema, items, pointer, out),
            Value::Object(fields) => self.map(schema, fields, pointer, out),
            _ => {}
        }
    }

    fn list(&self, schema: &Value, items: &[Value], pointer: &mut String, out: &mut Fitted) {
        self.bounds(
            schema,
            ["minItems", "maxItems"],
            items.len(),
            "items",
            pointer,
            out,
        );
        let first = schema.get("prefixItems").and_then(Value::as_array);
        for (index, item) in items.iter().enumerate() {
            let own = first
                .and_then(|first| first.get(index))
                .or(schema.get("items"));
            if let Some(own) = own {
                with_segment(pointer, &index.to_string(), |pointer| {
                    self.value(own, item, pointer, out);
                });
            }
        }
    }

    fn map(
        &self,
        schema: &Value,
        fields: &Map<String, Value>,
        pointer: &mut String,
        out: &mut Fitted,
    ) {
        self.bounds(
            schema,
            ["minProperties", "maxProperties"],
            fields.len(),
            "fields",
            pointer,
            out,
        );
        let properties = schema.get("properties").and_then(Value::as_object);
        for name in required(schema) {
            let implied =
                pointer.is_empty() && self.implied.iter().any(|(field, _)| *field == name);
            if !implied && !fields.contains_key(name) {
                let help = properties
                    .and_then(|properties| properties.get(name))
                    .map_or_else(|| "anything".into(), expected);
                out.say(
                    pointer,
                    true,
                    format!("{} needs `{name}`", self.holder(pointer)),
                    format!("expected `{name}:` with {help}"),
                );
            }
        }
        for (name, field) in fields {
            let own = properties.and_then(|properties| properties.get(name));
            let own = own.or(schema.get("additionalProperties"));
            with_segment(pointer, name, |pointer| match own {
                Some(Value::Bool(false)) => {
                    let known = properties
                        .into_iter()
                        .flat_map(Map::keys)
                        .map(String::as_str);
                    let parent = &pointer[..pointer.rfind('/').unwrap_or_default()];
                    out.say(
                        pointer,
                        true,
                        format!("{} takes no `{name}`", self.holder(parent)),
                        suggestion(name, known.collect::<Vec<_>>()),
                    );
                }
                Some(own) => self.value(own, field, pointer, out),
                None => {}
            });
        }
    }

    fn bounds(
        &self,
        schema: &Value,
        [least, most]: [&str; 2],
        given: usize,
        unit: &str,
        pointer: &str,
        out: &mut Fitted,
    ) {
        let bound = |word: &str| schema.get(word).and_then(Value::as_u64);
        let given = given as u64;
        let problem = match (bound(least), bound(most)) {
            (Some(min), _) if given < min => format!("expected {min} at least"),
            (_, Some(max)) if given > max => format!("expected {max} at most"),
            _ => return,
        };
        let label = self.label(pointer);
        out.say(
            pointer,
            false,
            format!("{label} has {given} {unit}"),
            problem,
        );
    }

    pub(super) fn wrong_value(
        &self,
        schema: &Value,
        value: &Value,
        pointer: &str,
        out: &mut Fitted,
    ) {
        let near = value
            .as_str()
            .and_then(|given| nearest(given, words(schema)));
        let help = match near {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("expected {}", expected(schema)),
        };
        out.say(
            pointer,
            false,
            format!("{} is {}", self.label(pointer), describe(value)),
            help,
        );
    }

    /// The field at `pointer`, as its author knows it.
    pub(super) fn label(&self, pointer: &str) -> String {
        if pointer.is_empty() {
            "`with`".into()
        } else {
            format!("`{}`", readable(pointer))
        }
    }

    /// What the field at `pointer` belongs to.
    pub(super) fn holder(&self, pointer: &str) -> String {
        let path = if pointer.is_empty() {
            self.engine.to_owned()
        } else {
            readable(pointer)
        };
        format!("`{path}`")
    }
}

impl Fitted {
    pub(super) fn say(
        &mut self,
        pointer: &str,
        on_key: bool,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.wrong.push(Finding {
            pointer: pointer.to_owned(),
            on_key,
            message: message.into(),
            help: help.into(),
            tells_apart: false,
        });
    }
}

/// Whether the path of a file may stand there for an asset.
fn takes_path(schema: &Value) -> bool {
    is_asset(schema) || branches(schema).any(takes_path)
}

fn one_of_the_values(schema: &Value, value: &Value) -> bool {
    let same =
        |known: &Value| known == value || (known.is_number() && known.as_f64() == value.as_f64());
    schema.get("const").is_none_or(same)
        && schema
            .get("enum")
            .and_then(Value::as_array)
            .is_none_or(|known| known.iter().any(same))
}

/// Texts that may stand there.
fn words(schema: &Value) -> Vec<&str> {
    std::iter::once(schema)
        .chain(branches(schema))
        .filter_map(|schema| schema.get("enum")?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Patterns that can't be compiled are the engine's mistake, not the author's.
fn matches_pattern(schema: &Value, text: &str) -> bool {
    schema
        .get("pattern")
        .and_then(Value::as_str)
        .and_then(|pattern| regex_lite::Regex::new(pattern).ok())
        .is_none_or(|pattern| pattern.is_match(text))
}

fn in_range(schema: &Value, value: &Value) -> bool {
    let given = value.as_f64().unwrap_or_default();
    let bound = |word: &str| schema.get(word).and_then(Value::as_f64);
    bound("minimum").is_none_or(|min| given >= min)
        && bound("maximum").is_none_or(|max| given <= max)
        && bound("exclusiveMinimum").is_none_or(|min| given > min)
        && bound("exclusiveMaximum").is_none_or(|max| given < max)
}

/// `/operations/0/resize` as `operations[0].resize`.
fn readable(pointer: &str) -> String {
    let mut path = String::new();
    for segment in pointer.split('/').skip(1) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        if segment.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{segment}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&segment);
        }
    }
    path
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(truth) => format!("`{truth}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.chars().count() <= 40 => format!("the text `{text}`"),
        Value::String(text) => format!("a text of {} characters", text.chars().count()),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(fields) if fields.contains_key(ASSET_KEY) => "an asset".into(),
        Value::Object(_) => "a map".into(),
    }
}
