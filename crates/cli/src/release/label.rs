//! What is said of the process on each of its pages.

use daedal_channels::ProcessLabel;
use daedal_core::expression::Template;
use serde_json::Value;

use super::Subject;
use super::versions::{label_of, licence_of};

pub(super) fn label(subject: &Subject) -> ProcessLabel {
    let process = &subject.planned.process;
    let disclosure = process.disclosure.label.as_ref();
    ProcessLabel {
        licence: licence_of(process, &subject.planned.bundle),
        disclosure: disclosure.map(|label| filled_in(label, subject)),
        ..label_of(process)
    }
}

/// A visible label with its expressions filled in; as it is, where they can't be.
fn filled_in(label: &str, subject: &Subject) -> String {
    struct Names {
        run: Value,
        inputs: Value,
        parameters: Value,
    }
    impl daedal_core::expression::Scope for Names {
        fn root(&self, name: &str) -> Option<&Value> {
            match name {
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
        run: serde_json::json!({
            "process": subject.spec.process, "id": subject.run, "seed": subject.spec.seed,
            "bundle": subject.spec.bundle,
        }),
        inputs: subject.spec.inputs.clone(),
        parameters: subject.spec.parameters.clone(),
    };
    Template::parse(&Value::String(label.to_owned()))
        .ok()
        .and_then(|template| template.resolve(&names).ok())
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_else(|| label.to_owned())
}
