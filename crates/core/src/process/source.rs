//! YAML text to a tree that remembers where everything stands.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, Spanned};

use super::mistake::{Mistake, Span};

/// Size of a process file, in bytes.
pub const FILE_BYTES_MAX: usize = 4 << 20;
/// How deep lists and maps may stand in each other.
pub const NESTING_MAX: usize = 32;

/// A value of the file and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key of a map and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) span: Span,
}

impl Node {
    /// Reads YAML; a mistake of syntax ends it, since what follows can't be trusted.
    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        if text.len() > FILE_BYTES_MAX {
            return Err(Mistake::new(
                Span::default(),
                format!(
                    "the file has {} bytes, more than the limit of {FILE_BYTES_MAX}",
                    text.len()
                ),
            )
            .help("move data into files of the bundle, and name them in `with:`"));
        }
        let mut budget = serde_saphyr::Budget::default();
        // One more for the document itself; the node after the limit is where the error stands.
        budget.max_depth = NESTING_MAX + 1;
        budget.flow_nesting_limit = NESTING_MAX + 1;
        budget.max_events = 4_000_000;
        budget.max_nodes = 2_000_000;
        let mut options = serde_saphyr::Options::default();
        options.budget = Some(budget);
        options.with_snippet = false;
        options.strict_booleans = true;
        let raw: Spanned<Raw> =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| {
                Mistake::new(syntax_span(text, &error), syntax_message(&error))
                    .help("expected YAML: `key: value`, lists with `- `, indented by spaces")
            })?;
        Ok(Self::from_raw(raw))
    }

    fn from_raw(raw: Spanned<Raw>) -> Self {
        let span = span_of(raw.referenced);
        let kind = match raw.value {
            Raw::Null => Kind::Null,
            Raw::Bool(truth) => Kind::Bool(truth),
            Raw::Number(number) => Kind::Number(number),
            Raw::Text(text) => Kind::Text(text),
            Raw::List(items) => Kind::List(items.into_iter().map(Self::from_raw).collect()),
            Raw::Map(fields) => Kind::Map(
                fields
                    .into_iter()
                    .map(|(key, value)| {
                        let key = Key {
                            span: span_of(key.referenced),
                            name: key.value,
                        };
                        (key, Self::from_raw(value))
                    })
                    .collect(),
            ),
        };
        Self { span, kind }
    }

    /// A tree without places.
    pub(crate) fn from_value(value: &Value) -> Self {
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(truth) => Kind::Bool(*truth),
            Value::Number(number) => Kind::Number(number.clone()),
            Value::String(text) => Kind::Text(text.clone()),
            Value::Array(items) => Kind::List(items.iter().map(Self::from_value).collect()),
            Value::Object(fields) => Kind::Map(
                fields
                    .iter()
                    .map(|(name, value)| {
                        let key = Key {
                            name: name.clone(),
                            span: Span::default(),
                        };
                        (key, Self::from_value(value))
                    })
                    .collect(),
            ),
        };
        Self {
            span: Span::default(),
            kind,
        }
    }

    /// The same value without places.
    pub(crate) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(truth) => Value::Bool(*truth),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Kind::Map(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| (key.name.clone(), value.to_value()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// The value of a key, where this is a map that has it.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(fields) => fields
                .iter()
                .find(|(key, _)| key.name == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// Where the value of this JSON pointer (RFC 6901) stands; the nearest value around it that
    /// exists, if it does not.
    pub(crate) fn span_at(&self, pointer: &str) -> Span {
        self.walk(pointer, false)
    }

    /// Where the key of the last segment stands.
    pub(crate) fn key_span_at(&self, pointer: &str) -> Span {
        self.walk(pointer, true)
    }

    fn walk(&self, pointer: &str, key_of_last: bool) -> Span {
        let mut node = self;
        let mut key_span = self.span;
        for segment in pointer.split('/').skip(1) {
            let segment = segment.replace("~1", "/").replace("~0", "~");
            let next = match &node.kind {
                Kind::Map(fields) => fields
                    .iter()
                    .find(|(key, _)| key.name == segment)
                    .map(|(key, value)| (key.span, value)),
                Kind::List(items) => segment
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index))
                    .map(|item| (item.span, item)),
                _ => None,
            };
            let Some((span, inner)) = next else { break };
            (key_span, node) = (span, inner);
        }
        // A map or a list has no end that is worth pointing at: its key says it better.
        let is_plain = !matches!(node.kind, Kind::Map(_) | Kind::List(_));
        if key_of_last || !is_plain || node.span.length == 0 {
            key_span
        } else {
            node.span
        }
    }

    /// What it is, with its article, for messages.
    pub(crate) fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".into(),
            Kind::Bool(truth) => format!("`{truth}`"),
            Kind::Number(number) => format!("the number {number}"),
            Kind::Text(text) if text.chars().count() <= 40 => format!("the text `{text}`"),
            Kind::Text(text) => format!("a text of {} characters", text.chars().count()),
            Kind::List(items) => format!("a list of {}", items.len()),
            Kind::Map(_) => "a map".into(),
        }
    }
}

fn span_of(location: Location) -> Span {
    let span = location.span();
    Span {
        start: usize::try_from(span.byte_offset().unwrap_or_default()).unwrap_or_default(),
        length: usize::try_from(span.byte_len().unwrap_or_default()).unwrap_or_default(),
    }
}

/// Where a mistake of syntax stands. The scanner's own errors know line and column only.
fn syntax_span(text: &str, error: &serde_saphyr::Error) -> Span {
    let Some(location) = error.location() else {
        return Span::default();
    };
    let known = span_of(location);
    if known != Span::default() {
        return known;
    }
    let line = usize::try_from(location.line()).unwrap_or(1);
    let column = usize::try_from(location.column()).unwrap_or(1);
    let start = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let into_line = text[start..]
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(0, |(offset, _)| offset);
    Span {
        start: start + into_line,
        length: 1,
    }
}

/// The library's message, without the place that we show ourselves, and in our words where its
/// words speak of its settings.
fn syntax_message(error: &serde_saphyr::Error) -> String {
    let told = error.without_snippet().to_string();
    let told = told.lines().next().unwrap_or_default();
    let told = told.split(" at line ").next().unwrap_or(told);
    let told = told.split(", set ").next().unwrap_or(told);
    let lower = told.to_lowercase();
    if lower.contains("depth") || lower.contains("nesting") || lower.contains("recursion") {
        return format!("lists and maps stand in each other more than {NESTING_MAX} deep");
    }
    if lower.contains("alias") || lower.contains("anchor") || lower.contains("replay") {
        return "aliases expand to more than a million values".to_owned();
    }
    format!("this is not well-formed YAML: {told}")
}

enum Raw {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(truth))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Number(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Raw, E> {
        Ok(Raw::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Raw, E> {
        Number::from_f64(number)
            .map(Raw::Number)
            .ok_or_else(|| E::custom("numbers must be finite"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = fields.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}
