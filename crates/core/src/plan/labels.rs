//! The labels that a process gives what its runs make.

use super::names::Context;
use super::nodes::Reader;
use super::place::Place;
use crate::expression::Template;
use crate::process::Process;
use crate::process::source::Node as Source;

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
    for (place, text) in label
        .map(|label| ("/label", label))
        .into_iter()
        .chain(written)
    {
        let text = serde_json::Value::from(text.as_str());
        let place = Place::new(at, place);
        let (template, _) = reader.template(place, &text, Context::default());
        let names_step = |template: &Template| {
            let mut paths = template.references().into_iter();
            paths.any(|path| path.step().is_some())
        };
        if template.as_ref().is_some_and(names_step) {
            reader.wrong(
                place.span(""),
                "a label of the whole run can't name a step",
                "expected `inputs`, `parameters` or `run` in it",
            );
        }
    }
}
