//! Inputs and parameters: declaring them, and checking values against them.

use serde_json::Value;

use super::mistake::suggestion;
use super::model::{Dial, DialKind};
use super::read::{Fields, Reader};
use super::source::{Kind, Node};
use crate::AssetRef;

/// Longest text where the author names no limit, in characters.
const TEXT_LENGTH_DEFAULT: usize = 10_000;

/// What a dial is declared as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Input,
    Parameter,
}

const TYPES: &[(&str, &str)] = &[
    ("text", "text"),
    ("integer", "integer"),
    ("number", "number"),
    ("boolean", "boolean"),
    ("choice", "choice"),
    ("asset", "asset"),
];

pub(super) fn dials(reader: &mut Reader, node: &Node, used: Use) -> Vec<(String, Dial)> {
    let (section, what) = match used {
        Use::Input => ("`inputs`", "an input"),
        Use::Parameter => ("`parameters`", "a parameter"),
    };
    let mut dials = Vec::new();
    for (key, value) in reader.map(node, section).unwrap_or_default() {
        let name = reader.name(key, what, &[]);
        let dial = dial(reader, &key.name, value, used);
        if let (Some(name), Some(dial)) = (name, dial) {
            dials.push((name, dial));
        }
    }
    dials
}

fn dial(reader: &mut Reader, name: &str, node: &Node, used: Use) -> Option<Dial> {
    let what = format!("`{name}`");
    let known: &[&str] = match used {
        Use::Input => &[
            "type",
            "default",
            "description",
            "min",
            "max",
            "of",
            "max_length",
            "media_types",
        ],
        Use::Parameter => &[
            "type",
            "default",
            "description",
            "min",
            "max",
            "of",
            "max_length",
            "max_step",
            "cooldown",
            "governed",
            "tuned",
        ],
    };
    let fields = reader.fields(node, &what, known)?;
    let type_name = match fields.get("type") {
        Some(node) => reader.word(node, &format!("the type of {what}"), TYPES),
        None => {
            reader.wrong(
                node.span,
                format!("{what} has no type"),
                "add `type:` with text, integer, number, boolean, choice or asset",
            );
            None
        }
    };
    // What else the dial says is looked at even where its type can't be read.
    let kind = type_name.and_then(|name| kind(reader, &what, name, &fields));
    if let (Some(node), Use::Parameter, Some(DialKind::Asset { .. })) =
        (fields.get("type"), used, &kind)
    {
        reader.wrong(
            node.span,
            format!("{what} is an asset, which a parameter can't be"),
            "make it an input, or a file of the bundle",
        );
    }
    let default = fields.get("default").and_then(|node| {
        let value = node.to_value();
        match kind.as_ref()?.accept(&value) {
            Ok(value) => Some(value),
            Err(problem) => {
                reader.wrong(
                    node.span,
                    format!("the default of {what} {}", problem.wrong),
                    format!("expected {}", problem.expected),
                );
                None
            }
        }
    });
    if used == Use::Parameter && fields.get("default").is_none() {
        reader.wrong(
            node.span,
            format!("{what} has no default"),
            "a parameter is a dial that always stands somewhere: add `default:`",
        );
    }
    let max_step = fields
        .get("max_step")
        .and_then(|node| reader.number(node, "`max_step`"));
    Some(Dial {
        default,
        description: fields
            .get("description")
            .and_then(|node| reader.text(node, "`description`")),
        governed: flag(reader, &fields, "governed"),
        tuned: flag(reader, &fields, "tuned"),
        max_step,
        cooldown_ms: fields
            .get("cooldown")
            .and_then(|node| reader.duration(node, "`cooldown`")),
        kind: kind?,
    })
}

fn flag(reader: &mut Reader, fields: &Fields<'_>, name: &str) -> bool {
    fields
        .get(name)
        .and_then(|node| reader.boolean(node, &format!("`{name}`")))
        .unwrap_or(false)
}

fn kind(reader: &mut Reader, what: &str, type_name: &str, fields: &Fields<'_>) -> Option<DialKind> {
    let takes: &[&str] = match type_name {
        "text" => &["max_length"],
        "integer" | "number" => &["min", "max", "max_step"],
        "choice" => &["of"],
        "asset" => &["media_types"],
        _ => &[],
    };
    for name in ["min", "max", "of", "max_length", "media_types", "max_step"] {
        if let (Some(key), false) = (fields.key(name), takes.contains(&name)) {
            reader.wrong(
                key.span,
                format!("{what} is of type {type_name}, which has no `{name}`"),
                "remove it, or change the type",
            );
        }
    }
    Some(match type_name {
        "text" => DialKind::Text {
            max_length: fields
                .get("max_length")
                .and_then(|node| reader.integer_in(node, "`max_length`", 1, 1_000_000))
                .and_then(|length| usize::try_from(length).ok())
                .unwrap_or(TEXT_LENGTH_DEFAULT),
        },
        "integer" => {
            let min = bound(reader, fields, "min", Reader::integer).unwrap_or(i64::MIN);
            let max = bound(reader, fields, "max", Reader::integer).unwrap_or(i64::MAX);
            ordered(reader, what, fields, min <= max)?;
            DialKind::Integer { min, max }
        }
        "number" => {
            let min = bound(reader, fields, "min", Reader::number).unwrap_or(f64::MIN);
            let max = bound(reader, fields, "max", Reader::number).unwrap_or(f64::MAX);
            ordered(reader, what, fields, min <= max)?;
            DialKind::Number { min, max }
        }
        "boolean" => DialKind::Boolean,
        "choice" => DialKind::Choice {
            of: choices(reader, what, fields)?,
        },
        _ => DialKind::Asset {
            media_types: fields
                .get("media_types")
                .and_then(|node| reader.text_list(node, "`media_types`"))
                .unwrap_or_default(),
        },
    })
}

fn bound<T>(
    reader: &mut Reader,
    fields: &Fields<'_>,
    name: &str,
    read: impl Fn(&mut Reader, &Node, &str) -> Option<T>,
) -> Option<T> {
    fields
        .get(name)
        .and_then(|node| read(reader, node, &format!("`{name}`")))
}

fn ordered(reader: &mut Reader, what: &str, fields: &Fields<'_>, fits: bool) -> Option<()> {
    if !fits {
        let span = fields.get("min").map_or(fields.span, |node| node.span);
        reader.wrong(
            span,
            format!("{what} has a `min` above its `max`"),
            "swap them",
        );
    }
    fits.then_some(())
}

fn choices(reader: &mut Reader, what: &str, fields: &Fields<'_>) -> Option<Vec<String>> {
    let Some(node) = fields.get("of") else {
        reader.wrong(
            fields.span,
            format!("{what} is a choice of nothing"),
            "add `of: [first, second]`",
        );
        return None;
    };
    let of = reader.text_list(node, "`of`")?;
    let mut sorted = of.clone();
    sorted.sort();
    sorted.dedup();
    if of.is_empty() || sorted.len() != of.len() {
        reader.wrong(
            node.span,
            format!("the choices of {what} repeat"),
            "name each once, one at least",
        );
        return None;
    }
    Some(of)
}

/// Why a value does not fit a dial: "`x` {wrong}: expected {expected}".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Such as "is 0.9".
    pub wrong: String,
    /// Such as "a number from 0.1 to 0.8".
    pub expected: String,
}

impl DialKind {
    /// The value in the form that runs use, when it fits: whole numbers of a number dial become
    /// numbers, texts such as `0.5` that come from a command line become what they say.
    pub fn accept(&self, value: &Value) -> Result<Value, Misfit> {
        let accepted = match (self, value) {
            (Self::Text { max_length }, Value::String(text)) => {
                (text.chars().count() <= *max_length).then(|| value.clone())
            }
            (Self::Text { max_length }, Value::Number(number)) => {
                let text = number.to_string();
                (text.len() <= *max_length).then_some(Value::String(text))
            }
            (Self::Integer { min, max }, Value::Number(number)) => number
                .as_i64()
                .filter(|number| (*min..=*max).contains(number))
                .map(Value::from),
            (Self::Number { min, max }, Value::Number(number)) => number
                .as_f64()
                .filter(|number| (*min..=*max).contains(number))
                .map(Value::from),
            (Self::Boolean, Value::Bool(_)) => Some(value.clone()),
            (Self::Choice { of }, Value::String(text)) => of.contains(text).then(|| value.clone()),
            (Self::Choice { of }, Value::Number(_) | Value::Bool(_)) => {
                let text = value.to_string();
                of.contains(&text).then_some(Value::String(text))
            }
            (Self::Asset { media_types }, asset) => AssetRef::from_value(asset)
                .filter(|asset| takes(media_types, &asset.media_type))
                .map(|_| value.clone()),
            _ => None,
        };
        accepted.ok_or_else(|| Misfit {
            wrong: format!("is {}", describe(value)),
            expected: self.expected(value),
        })
    }

    /// Reads what was written on a command line or in an address.
    pub fn accept_text(&self, text: &str) -> Result<Value, Misfit> {
        let value = match self {
            Self::Text { .. } | Self::Choice { .. } | Self::Asset { .. } => {
                Value::String(text.to_owned())
            }
            Self::Integer { .. } | Self::Number { .. } | Self::Boolean => {
                serde_json::from_str(text.trim()).unwrap_or_else(|_| Value::String(text.to_owned()))
            }
        };
        self.accept(&value)
    }

    pub(super) fn expected(&self, given: &Value) -> String {
        match self {
            Self::Text { max_length } => format!("text of at most {max_length} characters"),
            Self::Integer { min, max } => format!(
                "a whole number{}",
                range(
                    (*min != i64::MIN).then_some(min),
                    (*max != i64::MAX).then_some(max)
                )
            ),
            Self::Number { min, max } => format!(
                "a number{}",
                range(
                    (*min != f64::MIN).then_some(min),
                    (*max != f64::MAX).then_some(max)
                )
            ),
            Self::Boolean => "true or false".into(),
            Self::Choice { of } => {
                let list = of.join(", ");
                match given
                    .as_str()
                    .map(|text| suggestion(text, of.iter().map(String::as_str)))
                {
                    Some(hint) if hint.starts_with("did") => format!("one of {list}; {hint}"),
                    _ => format!("one of {list}"),
                }
            }
            Self::Asset { media_types } if media_types.is_empty() => {
                "a file, as in `NAME=@photo.png`".into()
            }
            Self::Asset { media_types } => {
                format!("a file of type {}", media_types.join(" or "))
            }
        }
    }
}

fn takes(media_types: &[String], given: &str) -> bool {
    media_types.is_empty()
        || media_types
            .iter()
            .any(|known| match known.strip_suffix("/*") {
                Some(family) => given.split('/').next() == Some(family),
                None => known == given,
            })
}

fn range<T: std::fmt::Display>(min: Option<T>, max: Option<T>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(" of at least {min}"),
        (None, Some(max)) => format!(" of at most {max}"),
        (None, None) => String::new(),
    }
}

fn describe(value: &Value) -> String {
    if let Some(asset) = AssetRef::from_value(value) {
        return format!("a file of type {}", asset.media_type);
    }
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() > 60 {
        format!("{} characters long", text.chars().count())
    } else {
        format!("`{text}`")
    }
}

impl Kind {
    /// Whether nothing was written.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}
