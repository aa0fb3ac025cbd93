//! The labels that a process gives what its runs make.

use super::names::Context;
use super::nodes::Reader;
use super::place::Place;
use crate::expression::Template;
use crate::process::Process;
use crate::process::source::Node as Source;
use crate::run::CAPTION;

/// The templates of `disclosure:`.
pub(super) fn check<'s>(reader: &mut Reader<'s, '_>, process: &Process, root: &'s Source) {
    let Some(at) = root.field("disclosure") else {
        return;
    };
    let caption = process.disclosure.caption.as_ref();
    let written = caption.map(|caption| {
        let is_map = at.at("/caption/text").is_some();
        (
            if is_map { "/caption/text" } else { "/caption" },
            &caption.text,
        )
    });
    let label = process.disclosure.label.as_ref();
    for (below, text) in label
        .map(|label| ("/label", label))
        .into_iter()
        .chain(written)
    {
        let value = serde_json::Value::from(text.as_str());
        let context = Context {
            label: true,
            ..Context::default()
        };
        let place = Place::new(at, below);
        let (template, _) = reader.template(place, &value, context);
        let names_step = |template: &Template| {
            let mut paths = template.references().into_iter();
            paths.any(|path| path.step().is_some())
        };
        if template.as_ref().is_some_and(names_step) {
            reader.wrong(
                place.span(""),
                "a label of the whole run can't name a step",
                "expected `inputs`, `parameters`, `process` or `run` in it",
            );
        }
        if below != "/label" {
            too_long(reader, place, text);
        }
    }
}

/// A caption that is longer than can be drawn, whatever its expressions come to.
fn too_long(reader: &mut Reader<'_, '_>, place: Place<'_>, text: &str) {
    let engine = reader.engines.get(CAPTION);
    let schema = engine.map(|engine| &engine.spec().schema["properties"]["text"]);
    let Some(max) = schema.and_then(|text| text["maxLength"].as_u64()) else {
        return;
    };
    let mut length = 0;
    let mut rest = text.trim();
    while let Some((said, more)) = rest.split_once("{{") {
        length += said.chars().count();
        rest = more.split_once("}}").map_or("", |(_, after)| after);
    }
    length += rest.chars().count();
    if length as u64 > max {
        reader.wrong(
            place.span(""),
            format!("the caption has {length} characters, its expressions aside: at most {max} can be drawn"),
            "shorten it",
        );
    }
}
