//! What is said of the process on each of its pages.

use daedal_channels::ProcessLabel;
use daedal_core::expression::Template;
use daedal_core::run::RunSpec;
use serde_json::Value;

use super::Subject;
use super::versions::{label_of, licence_of};

pub(super) fn label(subject: &Subject) -> ProcessLabel {
    let process = &subject.planned.process;
    let disclosure = process.disclosure.label.as_ref();
    let title = process.title.as_deref();
    ProcessLabel {
        licence: licence_of(process, &subject.planned.bundle),
        disclosure: disclosure
            .map(|label| filled_in(label, title, &subject.spec).unwrap_or_else(|_| label.clone())),
        ..label_of(process)
    }
}

/// A label with its expressions filled in, for a process that people call `title`; says what is wrong where they can't
/// be.
pub(super) fn filled_in(
    label: &str,
    title: Option<&str>,
    spec: &RunSpec,
) -> Result<String, String> {
    struct Names {
        process: Value,
        run: Value,
        inputs: Value,
        parameters: Value,
    }
    impl daedal_core::expression::Scope for Names {
        fn root(&self, name: &str) -> Option<&Value> {
            match name {
                "process" => Some(&self.process),
                "run" => Some(&self.run),
                "inputs" => Some(&self.inputs),
                "parameters" => Some(&self.parameters),
                _ => None,
            }
        }
        fn step(&self, _name: &str) -> Option<&Value> {
            None
        }
    }
    let names = Names {
        process: serde_json::json!({
            "name": spec.process, "title": title.unwrap_or(&spec.process),
        }),
        run: serde_json::json!({
            "process": spec.process, "id": spec.id(), "seed": spec.seed, "bundle": spec.bundle,
        }),
        inputs: spec.inputs.clone(),
        parameters: spec.parameters.clone(),
    };
    let template = Template::parse(&Value::String(label.to_owned()));
    let template = template.map_err(|errors| {
        let errors = errors.into_iter().map(|wrong| wrong.error.to_string());
        errors.collect::<Vec<_>>().join("; ")
    })?;
    match template.resolve(&names) {
        Ok(Value::String(text)) => Ok(text),
        Ok(value) => Ok(value.to_string()),
        Err(error) => Err(error.to_string()),
    }
}
