//! What steps give, as far as their engines and `with:` tell.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::expected::either;
use super::names::{Context, Names, is_written};
use super::offers::misfit;
use super::types::Type;
use crate::expression::Path;
use crate::process::{Action, FanOut, Perform};

/// Steps in a row that pass on what they are given; what comes from further away may be anything.
pub(super) const THROUGH_MAX: usize = 8;
/// Steps that are proposed for what fits nowhere.
const PROPOSED_MAX: usize = 3;
/// Steps that are looked at to propose some.
const LOOKED_AT_MAX: usize = 200;

impl Names<'_> {
    pub(super) fn loop_schema(&self, inner: &BTreeMap<&str, usize>) -> Value {
        let fields: Map<String, Value> = inner
            .iter()
            .filter(|(name, _)| is_written(name))
            .map(|(name, &id)| ((*name).to_owned(), self.given_by(id).to_schema()))
            .collect();
        json!({ "type": "object", "properties": fields, "additionalProperties": false })
    }

    /// What a step gives.
    pub(super) fn given_by(&self, id: usize) -> Type<'_> {
        self.given_through(id, THROUGH_MAX)
    }

    pub(super) fn given_through(&self, id: usize, steps_max: usize) -> Type<'_> {
        let draft = &self.drafts[id];
        match &draft.step.action {
            Action::Repeat(_) => self.loops.get(&id).map_or(Type::ANY, Type::of),
            Action::Perform(perform) => {
                let one = match (&draft.output, draft.engine) {
                    (Some(output), _) => Type::of(output),
                    (None, Some(engine)) => self
                        .passed_on(id, perform, &engine.spec().output, steps_max)
                        .unwrap_or(Type::of(&engine.spec().output)),
                    (None, None) => Type::ANY,
                };
                match perform.fan_out {
                    FanOut::One => one,
                    FanOut::Count(_) | FanOut::Foreach(_) => one.in_list(),
                }
            }
        }
    }

    /// What an engine whose items are those of a field (`x-length-of`) is given there.
    fn passed_on(
        &self,
        id: usize,
        perform: &Perform,
        output: &Value,
        steps_max: usize,
    ) -> Option<Type<'_>> {
        let field = output.get("x-length-of")?.as_str()?;
        let written = perform.with.get(field)?.as_str()?.trim();
        let path = Path::parse(written.strip_prefix("{{")?.strip_suffix("}}")?.trim())?;
        let path = self.drafts[id].outside(path);
        let context = Context {
            in_loop: self.drafts[id].parent,
            ..Context::default()
        };
        let steps_max = steps_max.checked_sub(1)?;
        let (given, _) = self.resolve_through(&path, context, steps_max).ok()?;
        (given.lists > 0).then_some(given)
    }

    /// Steps above this one whose results fit the schema, in words that follow what was expected.
    pub(super) fn fitting(&self, schema: &Value, context: Context<'_>) -> String {
        let Some(own) = context.own else {
            return String::new();
        };
        let (mut whole, mut items) = (Vec::new(), Vec::new());
        for id in (0..own).rev().take(LOOKED_AT_MAX) {
            if self.drafts[id].given.is_some() || !is_written(&self.drafts[id].step.name) {
                continue;
            }
            let name = match self.drafts[id].parent {
                None if context.in_loop == Some(id) => continue,
                None => format!("`{{{{ steps.{} }}}}`", self.drafts[id].path),
                Some(parent) if context.in_loop == Some(parent) => {
                    format!("`{{{{ {} }}}}`", self.drafts[id].step.name)
                }
                Some(_) => continue,
            };
            let given = self.given_by(id);
            // Of what may be anything nobody knows that it fits.
            let fits = |given: Type<'_>| given.is_known() && misfit(schema, given).is_none();
            if fits(given) {
                whole.push(name);
            } else if given.item().is_some_and(fits) {
                items.push(name);
            }
            if whole.len() == PROPOSED_MAX {
                break;
            }
        }
        items.truncate(PROPOSED_MAX);
        let (whole, items): (Vec<&str>, Vec<&str>) = (
            whole.iter().map(String::as_str).collect(),
            items.iter().map(String::as_str).collect(),
        );
        match (&whole[..], &items[..]) {
            ([], []) => String::new(),
            ([], items) => format!("; each item of {} would fit, by `foreach:`", either(items)),
            (whole, _) => format!("; {} would fit", either(whole)),
        }
    }
}
