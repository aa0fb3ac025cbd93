//! The two ends of a process that is a step: what it is given, and what it gives.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::given;
use super::shelf::Inner;
use super::unfold::ENGINE;
use crate::AssetRef;
use crate::engine::{Engine, EngineError, EngineSpec, Performed, Task, TaskContext};
use crate::process::{Action, Dial, OnFailure, Perform, Role, Step};

/// The two ends of a process that is a step.
pub(super) enum Form {
    /// What it is given, by the schemas of its inputs and parameters and the names of those that have no default.
    Given {
        inputs: (Value, Vec<String>),
        parameters: (Value, Vec<String>),
    },
    /// What it gives, by the schema of its outputs.
    Gives(Value),
}

/// The engine of such an end, as far as a plan asks it.
struct End {
    spec: EngineSpec,
}

/// An engine in the place of the one that `spec` is of: it takes and gives what this one process does.
pub(super) fn end(spec: &EngineSpec, form: Form) -> Arc<dyn Engine> {
    let any = Value::Bool(true);
    let (schema, output) = match form {
        Form::Given { inputs, parameters } => {
            let taken = |(mut schema, required): (Value, Vec<String>)| {
                schema["required"] = json!(required);
                schema
            };
            let assets =
                json!({ "type": "array", "items": { "type": "object", "format": "asset" } });
            let given = json!({
                "inputs": inputs.0, "parameters": parameters.0, "signature": assets,
            });
            let takes = json!({
                "process": any, "bundle": any, "signature": any,
                "inputs": taken(inputs), "parameters": taken(parameters),
            });
            (object(takes), object(given))
        }
        Form::Gives(outputs) => {
            let takes = json!({ "bundle": any, "outputs": any });
            (object(takes), outputs)
        }
    };
    Arc::new(End {
        spec: EngineSpec {
            schema,
            output,
            ..spec.clone()
        },
    })
}

fn object(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

impl Engine for End {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn run(&self, _: &Task, _: &TaskContext<'_>) -> Result<Performed, EngineError> {
        Err(EngineError::invalid("a plan performs nothing"))
    }
}

/// The schema of dials, and the names of those that have to be given.
pub(super) fn taken(dials: &[(String, Dial)]) -> (Value, Vec<String>) {
    let required = dials.iter().filter(|(_, dial)| dial.default.is_none());
    let required = required.map(|(name, _)| name.clone()).collect();
    (given::dials(dials, None), required)
}

/// What a process is given: what the step says, and defaults for the rest.
pub(super) fn said(perform: &Perform, inner: &Inner) -> Map<String, Value> {
    let mut with = perform.with.clone();
    with.insert("process".into(), inner.file.to_value());
    with.insert("bundle".into(), json!(inner.plan.bundle));
    let dials = [
        ("inputs", &inner.process.inputs),
        ("parameters", &inner.process.parameters),
    ];
    for (section, dials) in dials {
        let said = with
            .entry(section)
            .or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(said) = said else { continue };
        for (name, dial) in dials {
            // What looks like an expression is none here: such a default is filled in by the run.
            let default = dial.default.as_ref().filter(|default| {
                let text = default.as_str().unwrap_or_default();
                !text.contains("{{") && !text.contains("{%")
            });
            if let (false, Some(default)) = (said.contains_key(name), default) {
                said.insert(name.clone(), default.clone());
            }
        }
    }
    let signature = inner.plan.signature.iter().map(AssetRef::to_value);
    with.insert("signature".into(), signature.collect());
    with
}

/// A step of one task of the engine [`ENGINE`].
pub(super) fn one(
    name: String,
    role: Option<Role>,
    when: Option<String>,
    with: Map<String, Value>,
) -> Step {
    Step {
        name,
        role,
        when,
        on_failure: OnFailure::default(),
        action: Action::Perform(Perform::once(ENGINE.to_owned(), with)),
    }
}
