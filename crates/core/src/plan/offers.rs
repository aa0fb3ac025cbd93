//! Whether what an expression gives fits where it stands.

use serde_json::Value;

use super::expected::{either, expected, is_bundle_file, media_types};
use super::fit::{Fit, Fitted, Offer};
use super::types::{Kinds, Type, branches};

impl Fit<'_> {
    pub(super) fn offered(
        &self,
        schema: &Value,
        offer: &Offer<'_>,
        pointer: &str,
        out: &mut Fitted,
    ) {
        let source = &offer.source;
        if only_files(schema) {
            out.say(
                pointer,
                false,
                format!(
                    "{} names a file, which `{source}` computes",
                    self.label(pointer)
                ),
                "write the path itself: the file is part of the process, so it must be known \
                 before a run",
            );
        } else if let Some(given) = misfit(schema, offer.given) {
            out.say(
                pointer,
                false,
                format!("{} is given {given} by `{source}`", self.label(pointer)),
                format!(
                    "expected {}{}{}",
                    expected(schema),
                    as_text(schema, offer.given),
                    (self.fitting)(schema)
                ),
            );
        }
    }
}

/// How a number or a truth becomes a text, where one is wanted.
fn as_text(schema: &Value, given: Type<'_>) -> &'static str {
    let many = Kinds::LIST | Kinds::MAP | Kinds::ASSET;
    match Kinds::of_schema(schema) == Kinds::TEXT && !many.meets(given.kinds()) {
        true => {
            ": an expression by itself keeps its type, and `| string` at its end makes a text of it"
        }
        false => "",
    }
}

/// What is given, with its article, where that can't fit.
pub(super) fn misfit(schema: &Value, given: Type<'_>) -> Option<String> {
    let kinds = given.kinds();
    if !Kinds::of_schema(schema).meets(kinds) {
        return Some(kinds.describe());
    }
    match kinds {
        Kinds::ASSET => {
            let (taken, made) = (media_types(schema), media_types(given.schema));
            let fits = taken.is_empty()
                || made.is_empty()
                || taken
                    .iter()
                    .any(|taken| made.iter().any(|made| overlap(taken, made)));
            (!fits).then(|| format!("an asset of type {}", either(&made)))
        }
        Kinds::LIST => {
            let item = misfit(schema.get("items")?, given.item()?)?;
            Some(format!("a list, each item {item},"))
        }
        _ => None,
    }
}

/// Whether an asset may be of both media types, each one such as `image/png` or `image/*`.
fn overlap(one: &str, other: &str) -> bool {
    let covers = |wide: &str, narrow: &str| {
        let group = wide.strip_suffix('*');
        group.is_some_and(|group| narrow.starts_with(group))
    };
    one == other || covers(one, other) || covers(other, one)
}

/// Whether nothing but the path of a file may stand there.
pub(super) fn only_files(schema: &Value) -> bool {
    let mut alternatives = branches(schema).peekable();
    is_bundle_file(schema) || (alternatives.peek().is_some() && alternatives.all(only_files))
}
