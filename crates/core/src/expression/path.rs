//! Bare paths: `steps.draft[0].score`.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use super::Scope;

/// A name and what is looked up in it: `steps.draft[0].score`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    /// The first name.
    pub root: String,
    /// What follows.
    pub segments: Vec<Segment>,
}

/// One step down into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// A field of an object, or of every item of a list.
    Field(String),
    /// An item of a list; negative from the end.
    Item(i64),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)?;
        for segment in &self.segments {
            match segment {
                Segment::Field(name) => write!(f, ".{name}")?,
                Segment::Item(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl Path {
    /// Reads a path; `None` when the text is any other expression.
    #[must_use]
    pub fn parse(source: &str) -> Option<Self> {
        let (root, mut rest) = name(source)?;
        if matches!(
            root,
            "true" | "false" | "none" | "not" | "True" | "False" | "None"
        ) {
            return None;
        }
        let mut segments = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let (field, after) = name(after)?;
                segments.push(Segment::Field(field.to_owned()));
                rest = after;
            } else {
                let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
                segments.push(subscript(inside.trim())?);
                rest = after;
            }
        }
        Some(Self {
            root: root.to_owned(),
            segments,
        })
    }

    /// The step that it names, when it names one.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        match (self.root.as_str(), self.segments.first()) {
            ("steps", Some(Segment::Field(name))) => Some(name),
            _ => None,
        }
    }

    /// Whether it means a step but does not say which.
    pub(crate) fn is_dynamic(&self) -> bool {
        self.root == "steps" && self.step().is_none()
    }

    /// What it stands for in `scope`.
    pub(super) fn lookup<'s>(&self, scope: &'s dyn Scope) -> Result<Cow<'s, Value>, String> {
        let (mut value, skip) = match self.step() {
            Some(name) => (
                scope
                    .step(name)
                    .ok_or_else(|| format!("`steps.{name}` has no value here"))?,
                1,
            ),
            None => (
                scope
                    .root(&self.root)
                    .ok_or_else(|| format!("`{}` has no value here", self.root))?,
                0,
            ),
        };
        for (position, segment) in self.segments.iter().enumerate().skip(skip) {
            match descend(value, segment) {
                Some(Cow::Borrowed(inner)) => value = inner,
                // From here on the value is made, not found: walk the rest on owned values.
                Some(Cow::Owned(inner)) => {
                    return self.descend_owned(inner, position + 1).map(Cow::Owned);
                }
                None => return Err(self.missing(value, position)),
            }
        }
        Ok(Cow::Borrowed(value))
    }

    fn descend_owned(&self, mut value: Value, from: usize) -> Result<Value, String> {
        for (position, segment) in self.segments.iter().enumerate().skip(from) {
            value = match descend(&value, segment) {
                Some(inner) => inner.into_owned(),
                None => return Err(self.missing(&value, position)),
            };
        }
        Ok(value)
    }

    fn missing(&self, value: &Value, position: usize) -> String {
        let before = Self {
            root: self.root.clone(),
            segments: self.segments[..position].to_vec(),
        };
        match (&self.segments[position], value) {
            (Segment::Field(name), Value::Object(fields)) => {
                let known: Vec<_> = fields.keys().map(String::as_str).collect();
                format!(
                    "`{before}` has no field `{name}` (it has {})",
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                )
            }
            (Segment::Field(name), Value::Array(_)) => {
                format!("an item of `{before}` has no field `{name}`")
            }
            (Segment::Field(name), other) => {
                format!("`{before}` is {}, which has no field `{name}`", kind(other))
            }
            (Segment::Item(index), Value::Array(items)) => {
                format!("`{before}` has {} items, none at {index}", items.len())
            }
            (Segment::Item(_), other) => format!("`{before}` is {}, not a list", kind(other)),
        }
    }
}

/// One step down. Nothing of nothing is nothing: what a skipped step would have given is null.
fn descend<'v>(value: &'v Value, segment: &Segment) -> Option<Cow<'v, Value>> {
    match (segment, value) {
        (_, Value::Null) => Some(Cow::Borrowed(value)),
        (Segment::Field(name), Value::Object(fields)) => fields.get(name).map(Cow::Borrowed),
        (Segment::Field(_), Value::Array(items)) => items
            .iter()
            .map(|item| descend(item, segment).map(Cow::into_owned))
            .collect::<Option<Vec<_>>>()
            .map(|found| Cow::Owned(Value::Array(found))),
        (Segment::Item(index), Value::Array(items)) => {
            let position = if *index < 0 {
                items
                    .len()
                    .checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
            } else {
                usize::try_from(*index).ok()?
            };
            items.get(position).map(Cow::Borrowed)
        }
        _ => None,
    }
}

/// What kind of value it is, with its article.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "yes or no",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn name(source: &str) -> Option<(&str, &str)> {
    let end = source
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(source.len());
    let (name, rest) = source.split_at(end);
    (!name.is_empty() && !name.as_bytes()[0].is_ascii_digit()).then_some((name, rest))
}

fn subscript(inside: &str) -> Option<Segment> {
    let quoted = ['"', '\''].iter().find_map(|&quote| {
        inside
            .strip_prefix(quote)?
            .strip_suffix(quote)
            .filter(|text| !text.contains([quote, '\\']))
    });
    match quoted {
        Some(text) => Some(Segment::Field(text.to_owned())),
        None => inside.parse().ok().map(Segment::Item),
    }
}
