//! YAML text to a tree that remembers where everything stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, Spanned};

use super::mistake::{Mistake, Span};
use super::{scalar, syntax};

/// Size of a process file, in bytes.
pub const FILE_BYTES_MAX: usize = 4 << 20;
/// How deep lists and maps may stand in each other.
pub const NESTING_MAX: usize = 32;
/// Lists, maps and plain values in a file.
pub(super) const NODES_MAX: usize = 2_000_000;

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
    /// Reads YAML; a mistake of syntax ends it, since what follows can't be trusted. Of keys that stand twice in
    /// a map the first counts, and the others come as mistakes.
    pub(crate) fn parse(text: &str) -> Result<(Self, Vec<Mistake>), Mistake> {
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
        budget.max_nodes = NODES_MAX;
        let mut options = serde_saphyr::Options::default();
        options.budget = Some(budget);
        options.with_snippet = false;
        options.strict_booleans = true;
        options.duplicate_keys = serde_saphyr::DuplicateKeyPolicy::PassThrough;
        let mut root: Self = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| syntax::mistake(text, &error))?;
        // By place: aliases may bring a map in more than once.
        let mut twice = BTreeMap::new();
        root.keep_first_keys(&mut twice);
        let mistake = |(start, (name, length))| {
            Mistake::new(
                Span { start, length },
                format!("`{name}` stands twice in this map"),
            )
            .help(format!("keep one `{name}`: a map has each key once"))
        };
        let mistakes = twice.into_iter().map(mistake).collect();
        Ok((root, mistakes))
    }

    /// Drops what stands under a key that its map has already; tells the keys by where they begin.
    fn keep_first_keys(&mut self, twice: &mut BTreeMap<usize, (String, usize)>) {
        match &mut self.kind {
            Kind::List(items) => {
                for item in items {
                    item.keep_first_keys(twice);
                }
            }
            Kind::Map(fields) => {
                let mut seen = BTreeSet::new();
                fields.retain(|(key, _)| {
                    let is_first = seen.insert(key.name.clone());
                    if !is_first {
                        twice.insert(key.span.start, (key.name.clone(), key.span.length));
                    }
                    is_first
                });
                for (_, value) in fields {
                    value.keep_first_keys(twice);
                }
            }
            _ => {}
        }
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

    /// Has all of it stand in one place.
    pub(crate) fn move_to(&mut self, span: Span) {
        self.span = span;
        match &mut self.kind {
            Kind::List(items) => items.iter_mut().for_each(|item| item.move_to(span)),
            Kind::Map(fields) => {
                for (key, value) in fields {
                    key.span = span;
                    value.move_to(span);
                }
            }
            _ => {}
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

    /// Where a part of the text of this JSON pointer stands in `source`, the file: `range` of
    /// `written`, which is the text or the text without blanks around it. The whole text where that
    /// can't be told.
    pub(crate) fn span_within(
        &self,
        pointer: &str,
        source: &str,
        written: &str,
        range: Range<usize>,
    ) -> Span {
        let node = self.at(pointer);
        node.and_then(|node| match &node.kind {
            Kind::Text(text) if text.trim() == written.trim() => {
                scalar::within(source, node.span, written, range)
            }
            _ => None,
        })
        .unwrap_or_else(|| self.span_at(pointer))
    }

    /// Where the key of the last segment stands.
    pub(crate) fn key_span_at(&self, pointer: &str) -> Span {
        self.walk(pointer, true)
    }

    fn walk(&self, pointer: &str, key_of_last: bool) -> Span {
        let mut node = self;
        let mut key_span = self.span;
        for segment in pointer.split('/').skip(1) {
            let Some((span, inner)) = node.child(segment) else {
                break;
            };
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

    /// The value of this JSON pointer, where there is one.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Self> {
        let mut segments = pointer.split('/').skip(1);
        segments.try_fold(self, |node, segment| Some(node.child(segment)?.1))
    }

    /// The value of one segment of a JSON pointer, and where its key stands.
    fn child(&self, segment: &str) -> Option<(Span, &Self)> {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        match &self.kind {
            Kind::Map(fields) => fields
                .iter()
                .find(|(key, _)| key.name == segment)
                .map(|(key, value)| (key.span, value)),
            Kind::List(items) => items
                .get(segment.parse::<usize>().ok()?)
                .map(|item| (item.span, item)),
            _ => None,
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

pub(super) fn span_of(location: Location) -> Span {
    let span = location.span();
    Span {
        start: usize::try_from(span.byte_offset().unwrap_or_default()).unwrap_or_default(),
        length: usize::try_from(span.byte_len().unwrap_or_default()).unwrap_or_default(),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::<Kind>::deserialize(deserializer).map(|read| Self {
            span: span_of(read.referenced),
            kind: read.value,
        })
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::<String>::deserialize(deserializer).map(|read| Self {
            span: span_of(read.referenced),
            name: read.value,
        })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        Kind::deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(truth))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Kind, E> {
        Ok(Kind::Number(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Kind, E> {
        Ok(Kind::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Kind, E> {
        Number::from_f64(number)
            .map(Kind::Number)
            .ok_or_else(|| E::custom("numbers must be finite"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Kind, E> {
        Ok(Kind::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Kind, E> {
        Ok(Kind::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Kind::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Kind, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = fields.next_entry()? {
            map.push(entry);
        }
        Ok(Kind::Map(map))
    }
}
