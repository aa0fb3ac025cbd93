//! What a step says to its engine: judged by the engine's schema, with files as assets.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::estimate;
use super::expected::is_bundle_file;
use super::fit::{Fit, Offer};
use super::names::Context;
use super::nodes::Reader;
use super::place::Place;
use crate::Digest;
use crate::engine::Engine;
use crate::expression::{Path, Template};
use crate::process::Mistake;
use crate::process::source::Node as Source;

/// Paths of bundle files by digest.
type Labels = BTreeMap<Digest, String>;

/// The field of `with` that a message of an engine begins with, as in "`timeout: 7q` is no duration".
fn field_of<'m>(message: &'m str, with: &Value) -> Option<&'m str> {
    let told = message.strip_prefix('`')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let field = &told[..told.find(|c| !is_name(c))?];
    with.get(field).map(|_| field)
}

impl<'s> Reader<'s, '_> {
    /// The template of `with:` with files as assets and implied fields, and the files' labels.
    pub(super) fn with(
        &mut self,
        at: &'s Source,
        engine: Option<&'s Arc<dyn Engine>>,
        with: Value,
        context: Context<'s>,
    ) -> Option<(Template, Labels)> {
        let place = Place::new(at, "/with");
        let before = self.mistakes.len();
        let (template, offers) = self.template(place, &with, context);
        let Some(engine) = engine else {
            self.likely_files(place, &with, context);
            return template.map(|template| (template, Labels::new()));
        };
        let mut implied = engine.implied(&with);
        implied.retain(|(field, _)| with.get(field).is_none());
        let fitted = Fit {
            root: &engine.spec().schema,
            engine: engine.spec().name,
            offers: &offers,
            implied: &implied,
            fitting: &|schema| self.names.fitting(schema, context),
            is_resolved: false,
        }
        .run(&with);
        let mut faults: Vec<String> = Vec::new();
        for finding in fitted.wrong {
            faults.push(finding.pointer.clone());
            let span = if finding.on_key {
                place.key_span(&finding.pointer)
            } else if context.item.is_some() && !place.is_written(&finding.pointer) {
                // The item stands there by itself.
                at.span_at("/foreach")
            } else {
                place.span(&finding.pointer)
            };
            self.wrong(span, finding.message, finding.help);
        }
        let is_changed = !fitted.files.is_empty() || !implied.is_empty();
        let mut resolved = is_changed.then(|| with.clone());
        let labels = self.bundle_files(place, &fitted.files, resolved.as_mut(), context);
        self.length(place, engine, &with, &offers, context);
        // Fields that are wrong already are kept from the engine, which need not expect such values.
        let sound = sound(with, &faults);
        let base = self.base(context);
        for problem in engine.check(&sound, &|path| self.files.bytes(&format!("{base}{path}"))) {
            // A mistake inside a file is told where the file is named.
            let mut files = fitted.files.iter();
            let named =
                files.find(|(_, path)| problem.trim_start_matches('`').starts_with(path.as_str()));
            let pointer = match named {
                Some((pointer, _)) => Some(pointer.clone()),
                None => field_of(&problem, &sound).map(|field| format!("/{field}")),
            };
            let span = pointer.map_or_else(|| place.key_span(""), |pointer| place.span(&pointer));
            self.mistakes.push(Mistake::new(span, problem));
        }
        if self.mistakes.len() > before {
            return None;
        }
        let Some(mut resolved) = resolved else {
            return Some((template?, labels));
        };
        for (field, expression) in &implied {
            resolved[*field] = Value::from(format!("{{{{ {expression} }}}}"));
        }
        let (template, _) = self.template(place, &resolved, context);
        Some((template?, labels))
    }

    /// Looks for the files of a step whose engine nobody knows: what stands where other engines take
    /// a file.
    fn likely_files(&mut self, place: Place<'_>, with: &Value, context: Context<'_>) {
        let takes_file = |name: &str| {
            self.engines.iter().any(|engine| {
                let properties = engine.spec().schema.get("properties");
                properties
                    .and_then(|properties| properties.get(name))
                    .is_some_and(is_bundle_file)
            })
        };
        let files: Vec<(String, String)> = with
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| takes_file(name))
            .filter_map(|(name, value)| Some((format!("/{name}"), value.as_str()?.to_owned())))
            .filter(|(_, path)| !path.contains("{{"))
            .collect();
        self.bundle_files(place, &files, None, context);
    }

    /// Puts assets in the place of paths; gives the paths by digest.
    fn bundle_files(
        &mut self,
        place: Place<'_>,
        files: &[(String, String)],
        mut with: Option<&mut Value>,
        context: Context<'_>,
    ) -> Labels {
        let base = self.base(context);
        let mut labels = Labels::new();
        for (pointer, path) in files {
            let path = format!("{base}{path}");
            match self.files.asset(&path) {
                Ok(asset) => {
                    labels.insert(asset.digest, path);
                    if let Some(value) = with.as_mut().and_then(|with| with.pointer_mut(pointer)) {
                        *value = asset.to_value();
                    }
                }
                Err(error) => {
                    let help = self.files.advice(&error);
                    self.wrong(place.span(pointer), error.to_string(), help);
                }
            }
        }
        labels
    }

    /// What an engine gives a list of can't be longer than what it takes the items from.
    fn length(
        &mut self,
        place: Place<'_>,
        engine: &Arc<dyn Engine>,
        with: &Value,
        offers: &BTreeMap<String, Offer<'_>>,
        context: Context<'_>,
    ) {
        let word = |word: &str| engine.spec().output.get(word)?.as_str();
        let (Some(length), Some(of)) = (word("x-length"), word("x-length-of")) else {
            return;
        };
        let Some(asked) = with.get(length).and_then(Value::as_u64) else {
            return;
        };
        let most = match (with.get(of), offers.get(&format!("/{of}"))) {
            (Some(Value::Array(items)), None) => Some(items.len() as u64),
            (_, Some(offer)) => Path::parse(&offer.source)
                .map(|path| match context.own {
                    Some(own) => self.names.drafts[own].outside(path),
                    None => path,
                })
                .and_then(|path| self.names.step_of(&path, context.in_loop))
                .and_then(|id| estimate::at_most(self.names, id)),
            _ => None,
        };
        if let Some(most) = most.filter(|most| asked > *most) {
            self.wrong(
                place.span(&format!("/{length}")),
                format!("`{length}` is {asked}, but `{of}` has no more than {most}"),
                format!("expected {most} at most"),
            );
        }
    }
}

/// `with` without the top-level fields that the pointers lead into.
fn sound(mut with: Value, faults: &[String]) -> Value {
    if let Value::Object(fields) = &mut with {
        for name in faults
            .iter()
            .filter_map(|pointer| pointer.split('/').nth(1))
        {
            fields.shift_remove(name);
        }
    }
    with
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_tells_its_field_by_beginning_with_it() {
        let with = json!({ "timeout": "7q", "operations": [] });
        let told = [
            "`timeout: 7q` is not a duration such as 90m or 7d",
            "`operations[0]` is no operation",
            "`keep` is missing",
            "a timeout is needed",
            "`timeout",
        ];
        let found = told.map(|message| field_of(message, &with));
        let expected = [Some("timeout"), Some("operations"), None, None, None];
        assert_eq!(found, expected);
    }
}
