//! Alternatives in a schema: which one an author meant, and what is wrong with it.

use serde_json::{Map, Value};

use super::fit::{Finding, Fit, Fitted};
use crate::expression::with_segment;
use crate::process::suggestion;

impl Fit<'_> {
    /// Compares with the alternatives of `anyOf` and `oneOf`.
    pub(super) fn alternatives(
        &self,
        schema: &Value,
        value: &Value,
        pointer: &mut String,
        out: &mut Fitted,
    ) {
        for word in ["anyOf", "oneOf"] {
            match (schema.get(word).and_then(Value::as_array), value) {
                (Some(branches), Value::Object(fields)) if branches.iter().all(only_requires) => {
                    self.either(branches, fields, word == "oneOf", pointer, out);
                }
                (Some(branches), _) => self.one_branch(schema, branches, value, pointer, out),
                (None, _) => {}
            }
        }
    }

    /// Takes the first alternative that fits; tells what is wrong with the one that was meant.
    fn one_branch(
        &self,
        schema: &Value,
        branches: &[Value],
        value: &Value,
        pointer: &mut String,
        out: &mut Fitted,
    ) {
        let own_depth = pointer.matches('/').count();
        let mut best: Option<(_, Fitted)> = None;
        for branch in branches {
            let mut fitted = Fitted::default();
            self.value(branch, value, pointer, &mut fitted);
            if fitted.wrong.is_empty() {
                out.files.extend(fitted.files);
                return;
            }
            let depth = |finding: &Finding| finding.pointer.matches('/').count();
            let other_meant = fitted
                .wrong
                .iter()
                .any(|finding| finding.tells_apart && depth(finding) <= own_depth + 1);
            let shallowest = fitted.wrong.iter().map(depth).min().unwrap_or_default();
            let rank = (
                other_meant,
                std::cmp::Reverse(shallowest),
                fitted.wrong.len(),
            );
            if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                best = Some((rank, fitted));
            }
        }
        if let Some((name, help)) = unknown_key(branches, value) {
            return with_segment(pointer, name, |pointer| {
                out.say(pointer, true, format!("there is no `{name}` here"), help);
            });
        }
        match best {
            Some(((false, std::cmp::Reverse(depth), _), fitted))
                if depth > own_depth || value.is_object() =>
            {
                out.wrong.extend(fitted.wrong);
            }
            _ => self.wrong_value(schema, value, pointer, out),
        }
    }

    /// Alternatives that only say which fields there must be.
    fn either(
        &self,
        branches: &[Value],
        fields: &Map<String, Value>,
        only_one: bool,
        pointer: &str,
        out: &mut Fitted,
    ) {
        let sets: Vec<Vec<&str>> = branches.iter().map(required).collect();
        let met = sets
            .iter()
            .filter(|names| names.iter().all(|name| fields.contains_key(*name)))
            .count();
        let all: Vec<String> = sets
            .iter()
            .map(|names| format!("`{}`", names.join("` with `")))
            .collect();
        let holder = self.holder(pointer);
        match met {
            0 => out.say(
                pointer,
                true,
                format!("{holder} needs {}", all.join(" or ")),
                "give one of them",
            ),
            2.. if only_one => out.say(
                pointer,
                true,
                format!("{holder} is given more than one of {}", all.join(", ")),
                "keep one of them",
            ),
            _ => {}
        }
    }
}

/// Alternatives that are maps of one field each: the field that none of them has.
fn unknown_key<'v>(branches: &[Value], value: &'v Value) -> Option<(&'v str, String)> {
    let [(name, _)] = value.as_object()?.iter().collect::<Vec<_>>()[..] else {
        return None;
    };
    let keys: Option<Vec<&str>> = branches
        .iter()
        .map(|branch| match required(branch)[..] {
            [key] if branch.get("additionalProperties") == Some(&Value::Bool(false)) => Some(key),
            _ => None,
        })
        .collect();
    let keys = keys?;
    (!keys.contains(&name.as_str())).then(|| (name.as_str(), suggestion(name, keys)))
}

pub(super) fn required(schema: &Value) -> Vec<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Whether a schema says nothing but which fields there must be.
pub(super) fn only_requires(schema: &Value) -> bool {
    schema
        .as_object()
        .is_some_and(|words| words.len() == 1 && words.contains_key("required"))
}
