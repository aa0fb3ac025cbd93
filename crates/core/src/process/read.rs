//! Reading typed values from the tree, collecting every mistake on the way.

use serde_json::{Map, Value};

use super::mistake::{Mistake, Span, suggestion};
use super::source::{Key, Kind, Node};
use super::units;
use crate::{BasisPoints, UsdMicros};

/// Collects mistakes while values are read; what can't be read gives `None`.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) mistakes: Vec<Mistake>,
}

/// The fields of a map whose keys are known names.
pub(super) struct Fields<'n> {
    entries: &'n [(Key, Node)],
    pub(super) span: Span,
}

impl<'n> Fields<'n> {
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .find(|(key, _)| key.name == name)
            .map(|(_, value)| value)
    }

    pub(super) fn key(&self, name: &str) -> Option<&'n Key> {
        self.entries
            .iter()
            .find(|(key, _)| key.name == name)
            .map(|(key, _)| key)
    }
}

impl Reader {
    pub(super) fn wrong(
        &mut self,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.mistakes.push(Mistake::new(span, message).help(help));
    }

    fn expected<T>(&mut self, node: &Node, what: &str, expected: &str) -> Option<T> {
        self.wrong(
            node.span,
            format!("{what} is {}", node.describe()),
            format!("expected {expected}"),
        );
        None
    }

    /// A map with any keys.
    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [(Key, Node)]> {
        match &node.kind {
            Kind::Map(entries) => Some(entries),
            _ => self.expected(node, what, "a map (`key: value`)"),
        }
    }

    /// A map whose keys are all in `known`.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        known: &[&str],
    ) -> Option<Fields<'n>> {
        let entries = self.map(node, what)?;
        for (key, _) in entries {
            if !known.contains(&key.name.as_str()) {
                self.wrong(
                    key.span,
                    format!("{what} has no field `{}`", key.name),
                    suggestion(&key.name, known.iter().copied()),
                );
            }
        }
        Some(Fields {
            entries,
            span: node.span,
        })
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.kind {
            Kind::List(items) => Some(items),
            _ => self.expected(node, what, "a list (`[a, b]`, or lines with `- `)"),
        }
    }

    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.kind {
            Kind::Text(text) => Some(text.clone()),
            // `title: 1984` is meant as text.
            Kind::Number(number) => Some(number.to_string()),
            _ => self.expected(node, what, "text"),
        }
    }

    /// A text that is not empty.
    pub(super) fn filled(&mut self, node: &Node, what: &str) -> Option<String> {
        match self.text(node, what)? {
            text if text.is_empty() => self.expected(node, what, "a name"),
            text => Some(text),
        }
    }

    pub(super) fn text_list(&mut self, node: &Node, what: &str) -> Option<Vec<String>> {
        if let Kind::Text(text) = &node.kind {
            return Some(vec![text.clone()]);
        }
        let items = self.list(node, what)?;
        let texts: Vec<_> = items.iter().map(|item| self.text(item, what)).collect();
        texts.into_iter().collect()
    }

    pub(super) fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        match node.kind {
            Kind::Bool(truth) => Some(truth),
            _ => self.expected(node, what, "true or false"),
        }
    }

    pub(super) fn integer(&mut self, node: &Node, what: &str) -> Option<i64> {
        match &node.kind {
            Kind::Number(number) if number.is_i64() => number.as_i64(),
            _ => self.expected(node, what, "a whole number"),
        }
    }

    pub(super) fn integer_in(
        &mut self,
        node: &Node,
        what: &str,
        min: u64,
        max: u64,
    ) -> Option<u64> {
        let given = self.integer(node, what)?;
        match u64::try_from(given) {
            Ok(number) if (min..=max).contains(&number) => Some(number),
            _ => self.expected(node, what, &format!("{min} to {max}")),
        }
    }

    pub(super) fn number(&mut self, node: &Node, what: &str) -> Option<f64> {
        match &node.kind {
            Kind::Number(number) => number.as_f64(),
            _ => self.expected(node, what, "a number"),
        }
    }

    pub(super) fn duration(&mut self, node: &Node, what: &str) -> Option<u64> {
        let text = self.unit_text(node, what, "a duration such as `90s`, `20m`, `2h` or `7d`")?;
        match units::parse_duration(&text) {
            Some(ms) => Some(ms),
            None => self.expected(
                node,
                what,
                "a duration such as `90s`, `20m`, `2h` or `7d` (units ms, s, m, h, d, w; at most ten \
                 years)",
            ),
        }
    }

    pub(super) fn usd(&mut self, node: &Node, what: &str) -> Option<UsdMicros> {
        let expected = "an amount such as `2.00 USD`, with at most six decimals";
        let text = self.unit_text(node, what, expected)?;
        match units::parse_usd(&text) {
            Some(amount) => Some(amount),
            None => self.expected(node, what, expected),
        }
    }

    pub(super) fn percent(&mut self, node: &Node, what: &str) -> Option<BasisPoints> {
        let expected = "a share such as `70%` or `2.5%`, from 0% to 100%";
        let text = self.unit_text(node, what, expected)?;
        match units::parse_percent(&text) {
            Some(share) => Some(share),
            None => self.expected(node, what, expected),
        }
    }

    fn unit_text(&mut self, node: &Node, what: &str, expected: &str) -> Option<String> {
        match &node.kind {
            Kind::Text(text) => Some(text.clone()),
            _ => self.expected(node, what, expected),
        }
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &mut self,
        node: &Node,
        what: &str,
        known: &[(&str, T)],
    ) -> Option<T> {
        let given = self.text(node, what)?;
        let found = known.iter().find(|(word, _)| *word == given);
        if found.is_none() {
            self.wrong(
                node.span,
                format!("{what} is `{given}`"),
                suggestion(&given, known.iter().map(|(word, _)| *word)),
            );
        }
        found.map(|(_, value)| *value)
    }

    /// An expression, with or without braces: text, or a plain value such as `true`.
    pub(super) fn expression(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.kind {
            Kind::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Kind::Bool(truth) => Some(truth.to_string()),
            Kind::Number(number) => Some(number.to_string()),
            _ => self.expected(node, what, "an expression such as `\"{{ steps.draft }}\"`"),
        }
    }

    pub(super) fn object(&mut self, node: &Node, what: &str) -> Option<Map<String, Value>> {
        self.map(node, what)?;
        match node.to_value() {
            Value::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The name of a process: `[a-z0-9-]`, at most 64.
    pub(super) fn slug(&mut self, node: &Node, what: &str) -> Option<String> {
        let given = self.text(node, what)?;
        let fits = (1..=64).contains(&given.len())
            && given
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits {
            Some(given)
        } else {
            self.expected(node, what, "1 to 64 of the characters a-z, 0-9 and `-`")
        }
    }

    /// The name of a dial, a step or an output: `[a-z][a-z0-9_]*`, at most 64.
    pub(super) fn name(&mut self, key: &Key, what: &str, taken: &[&str]) -> Option<String> {
        let given = &key.name;
        let fits = (1..=64).contains(&given.len())
            && given.as_bytes()[0].is_ascii_lowercase()
            && given
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !fits {
            self.wrong(
                key.span,
                format!("{what} can't be called `{given}`"),
                "expected a lowercase letter, then a-z, 0-9 and `_`, 64 characters at most",
            );
            return None;
        }
        if taken.contains(&given.as_str()) {
            self.wrong(
                key.span,
                format!(
                    "{what} can't be called `{given}`, which expressions use for something else"
                ),
                format!("choose another name than {}", taken.join(", ")),
            );
            return None;
        }
        Some(given.clone())
    }
}
