//! What is known of a value before anything runs: a JSON Schema, and lists around it.

use std::ops::{BitAnd, BitOr};
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::alternatives::only_requires;
use crate::asset::ASSET_KEY;
use crate::expression::Segment;

/// The static type of an expression.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type<'s> {
    /// What the value, or each item of the innermost list, is like.
    pub(super) schema: &'s Value,
    /// How many lists stand around it: an attribute of a fan-out is the list of its attributes.
    pub(super) lists: usize,
}

static ANYTHING: Value = Value::Bool(true);
static TEXT: LazyLock<Value> = LazyLock::new(|| json!({ "type": "string" }));
static SIZE: LazyLock<Value> = LazyLock::new(|| json!({ "type": "integer", "minimum": 0 }));

impl<'s> Type<'s> {
    /// Nothing is known.
    pub(super) const ANY: Type<'static> = Type {
        schema: &ANYTHING,
        lists: 0,
    };

    pub(super) fn of(schema: &'s Value) -> Self {
        Self { schema, lists: 0 }
    }

    pub(super) fn text() -> Type<'static> {
        Type::of(&TEXT)
    }

    pub(super) fn in_list(self) -> Self {
        Self {
            lists: self.lists + 1,
            ..self
        }
    }

    /// The JSON Schema of it.
    pub(super) fn to_schema(self) -> Value {
        (0..self.lists).fold(
            self.schema.clone(),
            |items, _| json!({ "type": "array", "items": items }),
        )
    }

    /// Whether it can't be just anything.
    pub(super) fn is_known(self) -> bool {
        self.kinds() != Kinds::ALL
    }

    fn is_any(self) -> bool {
        self.lists == 0 && *self.schema == Value::Bool(true)
    }

    /// What kinds of values it may be.
    pub(super) fn kinds(self) -> Kinds {
        if self.lists > 0 {
            Kinds::LIST
        } else {
            Kinds::of_schema(self.schema)
        }
    }

    /// What one item of it is like; `None` when it can't be a list.
    pub(super) fn item(self) -> Option<Self> {
        if self.lists > 0 {
            return Some(Self {
                lists: self.lists - 1,
                ..self
            });
        }
        let may_be_list = self.kinds().meets(Kinds::LIST);
        may_be_list.then(|| array_of(self.schema).map_or(Self::ANY, |array| items(array)))
    }

    /// One step down; the names that would have been known when there is nothing of that name.
    pub(super) fn descend(self, segment: &Segment) -> Result<Self, Vec<&'s str>> {
        match segment {
            Segment::Item(_) => self.item().ok_or_else(Vec::new),
            Segment::Field(name) => field(self.schema, name).map(|inner| Self {
                lists: if inner.is_any() {
                    0
                } else {
                    inner.lists + self.lists
                },
                ..inner
            }),
        }
    }
}

fn items(schema: &Value) -> Type<'_> {
    schema.get("items").map_or(Type::ANY, Type::of)
}

/// The schema, or the first of its alternatives, that describes a list.
fn array_of(schema: &Value) -> Option<&Value> {
    if schema.get("items").is_some() {
        return Some(schema);
    }
    branches(schema).find(|branch| branch.get("items").is_some())
}

/// The alternatives of a schema.
pub(super) fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf", "allOf"]
        .into_iter()
        .filter_map(|word| schema.get(word)?.as_array())
        .flatten()
}

fn field<'s>(schema: &'s Value, name: &str) -> Result<Type<'s>, Vec<&'s str>> {
    if schema == &ANYTHING || schema.get("$ref").is_some() {
        return Ok(Type::ANY);
    }
    if is_asset(schema) {
        match name {
            ASSET_KEY | "media_type" => return Ok(Type::text()),
            "size" => return Ok(Type::of(&SIZE)),
            _ => {}
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    if let Some(found) = properties.and_then(|properties| properties.get(name)) {
        return Ok(Type::of(found));
    }
    let mut known: Vec<&str> = properties
        .into_iter()
        .flat_map(|properties| properties.keys().map(String::as_str))
        .filter(|name| *name != ASSET_KEY)
        .collect();
    let mut found = Vec::new();
    let mut divided = false;
    for branch in branches(schema).filter(|branch| !only_requires(branch)) {
        divided = true;
        match field(branch, name) {
            Ok(inner) => found.push(inner),
            Err(names) => known.extend(names),
        }
    }
    match found[..] {
        [] => {}
        [only] => return Ok(only),
        _ => return Ok(Type::ANY),
    }
    let kinds = Kinds::of_schema(schema);
    if !kinds.meets(Kinds::MAP | Kinds::ASSET) {
        // An attribute of a list is the list of its items' attributes.
        return match array_of(schema).filter(|_| kinds.meets(Kinds::LIST)) {
            Some(array) => items(array)
                .descend(&Segment::Field(name.to_owned()))
                .map(|inner| {
                    if inner.is_any() {
                        inner
                    } else {
                        inner.in_list()
                    }
                }),
            None if kinds.meets(Kinds::LIST) => Ok(Type::ANY),
            None => Err(known),
        };
    }
    match schema.get("additionalProperties") {
        Some(Value::Bool(true)) => Ok(Type::ANY),
        Some(open @ Value::Object(_)) => Ok(Type::of(open)),
        None if properties.is_none() && !divided => Ok(Type::ANY),
        _ => Err(known),
    }
}

/// Where a schema says what the mark of an asset is like.
const ASSET: &str = "/properties/$asset";

/// Whether a schema describes an asset.
pub(super) fn is_asset(schema: &Value) -> bool {
    schema.get("format").and_then(Value::as_str) == Some("asset")
        || schema
            .pointer(ASSET)
            .is_some_and(|asset| *asset != Value::Bool(false))
}

/// A set of kinds of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const NONE: Self = Self(0);
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOL: Self = Self(2);
    pub(super) const WHOLE: Self = Self(4);
    pub(super) const FRACTION: Self = Self(8);
    pub(super) const NUMBER: Self = Self(4 | 8);
    pub(super) const TEXT: Self = Self(16);
    pub(super) const LIST: Self = Self(32);
    pub(super) const MAP: Self = Self(64);
    pub(super) const ASSET: Self = Self(128);
    pub(super) const ALL: Self = Self(u8::MAX);

    /// Whether a value may be of both.
    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOL,
            Value::Number(number) => match number.as_f64() {
                Some(number) if number.fract() == 0.0 => Self::WHOLE,
                _ => Self::FRACTION,
            },
            Value::String(_) => Self::TEXT,
            Value::Array(_) => Self::LIST,
            Value::Object(fields) if fields.contains_key(ASSET_KEY) => Self::ASSET,
            Value::Object(_) => Self::MAP,
        }
    }

    pub(super) fn of_schema(schema: &Value) -> Self {
        let Value::Object(words) = schema else {
            return if *schema == Value::Bool(false) {
                Self::NONE
            } else {
                Self::ALL
            };
        };
        let mut kinds = match words.get("type") {
            Some(Value::String(name)) => Self::named(name, schema),
            Some(Value::Array(names)) => names
                .iter()
                .filter_map(Value::as_str)
                .fold(Self::NONE, |kinds, name| kinds | Self::named(name, schema)),
            _ if is_asset(schema) => Self::ASSET,
            _ if words.contains_key("properties") => Self::named("object", schema),
            _ if words.contains_key("items") => Self::LIST,
            _ => Self::ALL,
        };
        if let Some(values) = words.get("enum").and_then(Value::as_array) {
            kinds = kinds
                & values
                    .iter()
                    .map(Self::of_value)
                    .fold(Self::NONE, BitOr::bitor);
        }
        if let Some(value) = words.get("const") {
            kinds = kinds & Self::of_value(value);
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(branches) = words.get(word).and_then(Value::as_array) {
                kinds = kinds
                    & branches
                        .iter()
                        .map(Self::of_schema)
                        .fold(Self::NONE, BitOr::bitor);
            }
        }
        if let Some(parts) = words.get("allOf").and_then(Value::as_array) {
            kinds = parts
                .iter()
                .map(Self::of_schema)
                .fold(kinds, BitAnd::bitand);
        }
        kinds
    }

    fn named(name: &str, schema: &Value) -> Self {
        match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOL,
            "integer" => Self::WHOLE,
            "number" => Self::NUMBER,
            "string" => Self::TEXT,
            "array" => Self::LIST,
            "object" if is_asset(schema) => Self::ASSET,
            // Where any field may stand, an asset's may.
            "object" if schema.pointer(ASSET).is_some() => Self::MAP,
            "object" => match schema.get("additionalProperties") {
                Some(Value::Bool(true)) => Self::MAP | Self::ASSET,
                None if schema.get("properties").is_none() => Self::MAP | Self::ASSET,
                _ => Self::MAP,
            },
            _ => Self::ALL,
        }
    }

    /// What it is, with its article, for messages.
    pub(super) fn describe(self) -> String {
        const NAMES: [(Kinds, &str); 9] = [
            (Kinds::TEXT, "text"),
            (Kinds::NUMBER, "a number"),
            (Kinds::WHOLE, "a whole number"),
            (Kinds::FRACTION, "a fraction"),
            (Kinds::BOOL, "true or false"),
            (Kinds::ASSET, "an asset"),
            (Kinds::LIST, "a list"),
            (Kinds::MAP, "a map"),
            (Kinds::NULL, "nothing"),
        ];
        if self == Self::ALL {
            return "anything".into();
        }
        let mut rest = self;
        let mut names = Vec::new();
        for (kinds, name) in NAMES {
            if rest.0 & kinds.0 == kinds.0 {
                names.push(name);
                rest = Self(rest.0 & !kinds.0);
            }
        }
        names.join(" or ")
    }
}

impl BitOr for Kinds {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Kinds {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}
