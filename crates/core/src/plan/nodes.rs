//! Steps to nodes: everything about one step that engines, files and names decide.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::files::Files;
use super::fit::Offer;
use super::model::*;
use super::names::{Context, Names, is_written};
use super::place::Place;
use super::types::{Kinds, Type};
use super::unknown::Unknown;
use crate::engine::{Engines, Limits};
use crate::expression::{Expression, Found, Frame, Path, Segment, Template};
use crate::process::source::Node as Source;
use crate::process::{Action, FanOut, Mistake, Perform, Repeat, Span, suggestion};

/// Reads the steps, collecting every mistake and every reference on the way.
pub(super) struct Reader<'s, 'f> {
    pub(super) names: &'s Names<'s>,
    pub(super) engines: &'s Engines,
    /// The process file; empty where the process was not read from one.
    pub(super) text: &'f str,
    pub(super) files: Files<'f>,
    pub(super) mistakes: Vec<Mistake>,
    /// By step: the steps that it refers to, and where it does.
    pub(super) links: Vec<BTreeMap<usize, String>>,
    pub(super) wants_earlier: bool,
}

impl<'s> Reader<'s, '_> {
    pub(super) fn wrong(
        &mut self,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.mistakes.push(Mistake::new(span, message).help(help));
    }

    /// The node of a step, without its links.
    pub(super) fn node(&mut self, id: usize) -> Option<Node> {
        let names = self.names;
        let draft = &names.drafts[id];
        let context = Context {
            own: Some(id),
            in_loop: draft.parent,
            ..Context::default()
        };
        // What it is skipped with comes first, whatever it refers to.
        self.links[id].extend(draft.given.map(|given| (given, String::new())));
        let when = self.optional(Place::new(draft.at, "/when"), &draft.step.when, context);
        let kind = match &draft.step.action {
            Action::Perform(perform) => NodeKind::Perform(self.perform(id, perform, context)?),
            Action::Repeat(repeat) => NodeKind::Repeat(self.repeat(id, repeat)?),
        };
        Some(Node {
            name: draft.step.name.as_str().into(),
            path: Arc::clone(&draft.path),
            role: draft.step.role,
            kind,
            when: when?.map(|(when, _)| when),
            on_failure: draft.step.on_failure,
            dependencies: Vec::new(),
            dependents: Vec::new(),
            parent: None,
            given: None,
        })
    }

    fn repeat(&mut self, id: usize, repeat: &Repeat) -> Option<RepeatNode> {
        let at = self.names.drafts[id].at;
        let context = Context {
            own: Some(id),
            in_loop: Some(id),
            ..Context::default()
        };
        let until = self.optional(Place::new(at, "/repeat/until"), &repeat.until, context);
        let place = Place::new(at, "/repeat/best_by");
        let best_by = self.optional(place, &repeat.best_by, context);
        if let Some(Some((_, given))) = &best_by
            && !given.kinds().meets(Kinds::NUMBER)
        {
            self.wrong(
                place.span(""),
                format!("`best_by` is {}", given.kinds().describe()),
                "expected a number: the round with the largest one stands",
            );
        }
        Some(RepeatNode {
            until: until?.map(|(until, _)| until),
            best_by: best_by?.map(|(best_by, _)| best_by),
            at_most: repeat.at_most,
            inner: Vec::new(),
        })
    }

    fn perform(
        &mut self,
        id: usize,
        perform: &Perform,
        context: Context<'s>,
    ) -> Option<PerformNode> {
        let at = self.names.drafts[id].at;
        let fan_out = self.fan_out(at, perform, context);
        let item = fan_out.as_ref().and_then(|(_, item)| *item);
        let context = Context {
            item: matches!(perform.fan_out, FanOut::Foreach(_)).then(|| item.unwrap_or(Type::ANY)),
            index: perform.fan_out != FanOut::One,
            ..context
        };
        let engine = self.names.drafts[id].engine;
        // Where `uses` can't be read, that has been told.
        if self.engines.get(&perform.uses).is_none() && !perform.uses.is_empty() {
            let known: Vec<_> = self
                .engines
                .iter()
                .map(|engine| engine.spec().name)
                .collect();
            self.wrong(
                at.span_at("/uses"),
                format!("there is no engine `{}`", perform.uses),
                suggestion(&perform.uses, known),
            );
        }
        let mut with = perform.with.clone();
        if let (FanOut::Foreach(_), Some(main)) = (
            &perform.fan_out,
            engine.and_then(|engine| engine.spec().main_input),
        ) && !with.contains_key(main)
        {
            with.insert(main.to_owned(), Value::from("{{ item }}"));
        }
        let before = self.mistakes.len();
        let (with, labels) = self.with(at, engine, Value::Object(with), context)?;
        let engine = engine?;
        if self.mistakes.len() > before {
            return None;
        }
        // One candidate is as good as another where there is but one.
        let alike = match &perform.fan_out {
            FanOut::Count(count) if count.as_u64() != Some(1) => engine.alike(&perform.with),
            _ => None,
        };
        if let Some(why) = alike {
            let place = Place::new(at, "/count");
            let help = "its candidates have to differ: do as it says, or leave `count` out";
            self.wrong(place.span(""), why, help.to_owned());
            return None;
        }
        let spec = engine.spec();
        Some(PerformNode {
            engine: spec.name.into(),
            engine_version: spec.version.into(),
            seeded: engine.seeded(&perform.with),
            effect: engine.effect(&perform.with),
            with,
            labels,
            fan_out: fan_out?.0,
            retry: perform.retry,
            limits: Limits {
                timeout_ms_max: perform
                    .timeout_ms
                    .unwrap_or(Limits::default().timeout_ms_max),
                ..Limits::default()
            },
            reuse: perform.reuse,
            on_interrupt: perform.on_interrupt,
        })
    }

    fn fan_out(
        &mut self,
        at: &'s Source,
        perform: &Perform,
        context: Context<'s>,
    ) -> Option<(PlannedFanOut, Option<Type<'s>>)> {
        match &perform.fan_out {
            FanOut::One => Some((PlannedFanOut::One, None)),
            FanOut::Count(count) => {
                let place = Place::new(at, "/count");
                let (template, offers) = self.template(place, count, context);
                let offer = offers.get("");
                let number = offer.map_or(Kinds::WHOLE, |offer| offer.given.kinds());
                if !number.meets(Kinds::WHOLE) {
                    self.wrong(
                        place.span(""),
                        format!("`count` is {}", number.describe()),
                        "expected a whole number from 1 to 1000",
                    );
                }
                Some((PlannedFanOut::Count(template?), None))
            }
            FanOut::Foreach(items) => {
                let place = Place::new(at, "/foreach");
                let (items, given) = self.expression(place, items, context)?;
                let item = given.item();
                if item.is_none() {
                    self.wrong(
                        place.span(""),
                        format!(
                            "`foreach` is given {} by `{}`",
                            given.kinds().describe(),
                            items.source()
                        ),
                        "expected a list, such as what a step with `count:` or `foreach:` gives",
                    );
                }
                Some((PlannedFanOut::Foreach(items), item))
            }
        }
    }

    /// Compiles a value, and tells what its expressions give, by pointer.
    pub(super) fn template(
        &mut self,
        place: Place<'_>,
        value: &Value,
        context: Context<'s>,
    ) -> (Option<Template>, BTreeMap<String, Offer<'s>>) {
        let mut offers = BTreeMap::new();
        let before = self.mistakes.len();
        let (mut template, errors) = Template::examine(value);
        if let Some(frame) = self.frame(context) {
            template = template.inside(frame);
        }
        let text_at = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
        for error in errors {
            let text = text_at(&error.pointer).unwrap_or_default();
            self.wrong(
                place.part(&error.pointer, self.text, text, error.range),
                error.error.to_string(),
                "expected an expression such as `{{ steps.draft }}`",
            );
            let offer = Offer {
                given: Type::ANY,
                source: error.error.expression,
            };
            offers.insert(error.pointer, offer);
        }
        template.visit(&mut |found| {
            let Found {
                pointer,
                expression,
                is_whole,
                ..
            } = found;
            let written = Written {
                text: text_at(pointer).unwrap_or_default(),
                range: found.range,
            };
            let given = self.given(place, pointer, &written, expression, context);
            if !is_whole && given.kinds() == Kinds::ASSET {
                self.wrong(
                    place.part(pointer, self.text, written.text, written.range),
                    format!(
                        "`{}` is an asset, which can't stand inside text",
                        expression.source()
                    ),
                    "name one of its fields, such as `.media_type`",
                );
            }
            let offer = Offer {
                given: if is_whole { given } else { Type::text() },
                source: expression.source().to_owned(),
            };
            // Of what is wrong already nothing is known.
            offers.entry(pointer.to_owned()).or_insert(offer);
        });
        ((self.mistakes.len() == before).then_some(template), offers)
    }

    /// Like [`Self::expression`] for what may be absent; `None` when it is wrong.
    fn optional(
        &mut self,
        place: Place<'s>,
        source: &Option<String>,
        context: Context<'s>,
    ) -> Option<Option<(Expression, Type<'s>)>> {
        match source {
            Some(source) => self.expression(place, source, context).map(Some),
            None => Some(None),
        }
    }

    /// Compiles an expression, and tells what it gives.
    fn expression(
        &mut self,
        place: Place<'_>,
        source: &str,
        context: Context<'s>,
    ) -> Option<(Expression, Type<'s>)> {
        let before = self.mistakes.len();
        let (expression, error) = match Expression::compile(source) {
            Ok((expression, error)) => (Some(expression), error),
            Err(error) => (None, Some(error)),
        };
        if let Some(error) = error {
            self.wrong(
                place.span(""),
                error.to_string(),
                "expected an expression such as `{{ steps.draft }}`",
            );
        }
        let mut expression = expression?;
        if let Some(frame) = self.frame(context) {
            expression = expression.inside(frame);
        }
        let written = Written {
            text: source,
            range: 0..source.len(),
        };
        let given = self.given(place, "", &written, &expression, context);
        (self.mistakes.len() == before).then_some((expression, given))
    }

    /// How the process stands in the plan that an expression is of, where it is a step itself.
    fn frame(&self, context: Context<'_>) -> Option<&'s Arc<Frame>> {
        self.names.drafts[context.own?].frame
    }

    /// The directory of the files that are named there: empty, or with a `/` at its end.
    pub(super) fn base(&self, context: Context<'_>) -> &'s str {
        context.own.map_or("", |own| self.names.drafts[own].base)
    }

    /// What an expression gives; its references are checked and remembered.
    fn given(
        &mut self,
        place: Place<'_>,
        pointer: &str,
        written: &Written<'_>,
        expression: &Expression,
        context: Context<'s>,
    ) -> Type<'s> {
        let mut given = expression.schema().map_or(Type::ANY, Type::of);
        // A computed step has been told.
        let known = expression.references().iter().zip(expression.written());
        for (path, name) in known.filter(|(path, _)| !path.is_dynamic()) {
            let found = match name.step().filter(|step| !is_written(step)) {
                // What a process gives is all that is seen of it.
                Some(step) => Err(Unknown::inside(step)),
                None => self.names.resolve(path, context),
            };
            match found {
                Ok((known, step)) => {
                    if let (Some(step), Some(own)) = (step, context.own) {
                        self.links[own]
                            .entry(step)
                            .or_insert_with(|| place.pointer(pointer));
                    }
                    if expression.as_path().is_some() {
                        given = known;
                    }
                }
                Err(unknown) => {
                    let range = written.name(name);
                    let span = place.part(pointer, self.text, written.text, range);
                    self.wrong(span, unknown.message, unknown.help);
                }
            }
            self.wants_earlier |= path.root == "run"
                && match path.segments.first() {
                    Some(Segment::Field(name)) => name == "earlier",
                    _ => true,
                };
        }
        given
    }
}

/// An expression as it was written: a part of a text.
struct Written<'w> {
    text: &'w str,
    range: Range<usize>,
}

impl Written<'_> {
    /// The part of the text that is a name of the expression; all of the expression where the name is
    /// written in another way.
    fn name(&self, path: &Path) -> Range<usize> {
        let name = path.to_string();
        let own = self.text.get(self.range.clone()).unwrap_or_default();
        let goes_on = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '[');
        let found = own.match_indices(&name).map(|(at, _)| at).find(|&at| {
            !own[..at].ends_with(goes_on) && !own[at + name.len()..].starts_with(goes_on)
        });
        match found {
            Some(at) => {
                let start = self.range.start + at;
                start..start + name.len()
            }
            None => self.range.clone(),
        }
    }
}
