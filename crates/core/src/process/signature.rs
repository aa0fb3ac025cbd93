//! What `signature:` of a process file says.

use serde_json::{Map, Value, json};

use super::read::Reader;
use super::source::{Kind, Node};
use super::units::print_duration;

/// The hand that must stay recognisable.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// Directory of reference assets.
    pub references: String,
    /// What is held to them; none where nothing is.
    pub gate: Option<Gate>,
}

/// How outputs are held to the references.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gate {
    /// Names of outputs; all when empty.
    pub of: Vec<String>,
    /// The largest distance that is let through; the engine's own when absent.
    pub tolerance: Option<f64>,
    /// What happens with the rest.
    pub outside: Outside,
    /// How long a person is waited for, in milliseconds; for ever when absent.
    pub timeout_ms: Option<u64>,
}

/// What happens with outputs that leave the signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outside {
    /// The run fails.
    #[default]
    Refuse,
    /// They are left out; a run of which nothing is left fails.
    Drop,
    /// A person decides.
    Ask,
}

const OUTSIDE: &[(&str, Outside)] = &[
    ("refuse", Outside::Refuse),
    ("drop", Outside::Drop),
    ("ask", Outside::Ask),
];

impl Outside {
    /// As it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        let known = OUTSIDE.iter().find(|(_, outside)| *outside == self);
        known.map_or("refuse", |(word, _)| word)
    }
}

const FIELDS: &[&str] = &["references", "of", "tolerance", "outside", "timeout"];

/// A directory, or a map of it and what is held to it.
pub(super) fn signature(reader: &mut Reader, node: &Node) -> Option<Signature> {
    let what = "`signature`";
    if !matches!(node.kind, Kind::Map(_)) {
        return Some(Signature {
            references: reader.text(node, what)?,
            gate: None,
        });
    }
    let fields = reader.fields(node, what, FIELDS)?;
    let tolerance = fields.get("tolerance").and_then(|at| {
        let given = reader.number(at, "`signature.tolerance`")?;
        if given > 0.0 && given.is_finite() {
            return Some(given);
        }
        reader.wrong(
            at.span,
            format!("`signature.tolerance` is {given}"),
            "expected a distance above 0: 1 is as far as the references are from one another",
        );
        None
    });
    let gate = Gate {
        of: fields
            .get("of")
            .and_then(|at| reader.text_list(at, "`signature.of`"))
            .unwrap_or_default(),
        tolerance,
        outside: fields
            .get("outside")
            .and_then(|at| reader.word(at, "`signature.outside`", OUTSIDE))
            .unwrap_or_default(),
        timeout_ms: fields
            .get("timeout")
            .and_then(|at| reader.duration(at, "`signature.timeout`")),
    };
    let is_gated = FIELDS[1..].iter().any(|name| fields.get(name).is_some());
    let Some(at) = fields.get("references") else {
        reader.wrong(
            fields.span,
            "`signature` has no references",
            "name the directory of the reference assets: `references: signature/`",
        );
        return None;
    };
    Some(Signature {
        references: reader.text(at, "`signature.references`")?,
        gate: is_gated.then_some(gate),
    })
}

/// As it is written: the directory alone where nothing else is said.
pub(super) fn print(signature: &Signature) -> Value {
    let Some(gate) = &signature.gate else {
        return json!(signature.references);
    };
    let mut fields = Map::new();
    fields.insert("references".into(), json!(signature.references));
    if !gate.of.is_empty() {
        fields.insert("of".into(), json!(gate.of));
    }
    if let Some(tolerance) = gate.tolerance {
        fields.insert("tolerance".into(), json!(tolerance));
    }
    // Always written: a map without any of these holds nothing to the references.
    fields.insert("outside".into(), json!(gate.outside.word()));
    if let Some(timeout) = gate.timeout_ms {
        fields.insert("timeout".into(), json!(print_duration(timeout)));
    }
    Value::Object(fields)
}
