//! A process that is a step of another: what it is given, and what it gives.
//!
//! Its own steps stand in the plan of the process that uses it, between two tasks of this engine: one that holds what
//! is given to the bounds of its inputs and parameters, and one that gathers what it gives.

use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Outcome, Performed, Task, TaskContext, Usage,
};
use daedal_core::process::{DialError, FILE_BYTES_MAX, parse};
use daedal_core::{AssetRef, Digest};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::task::{label, params};

/// The engine `process`.
pub struct ProcessEngine {
    spec: EngineSpec,
}

impl Default for ProcessEngine {
    fn default() -> Self {
        Self {
            spec: EngineSpec {
                name: "process",
                version: "1",
                summary: "Runs another process as a step: chains are built from chains.",
                determinism: Determinism::Exact,
                seeded: false,
                main_input: None,
                schema: schema(),
                output: json!({ "type": "object", "additionalProperties": true, "$asset": false, "description": "Its outputs, by name." }),
                effect: false,
            },
        }
    }
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "process": { "type": "string", "description": "Which one: its directory (`parts/poster`), the digest of a bundle (`sha256:…`), or a work (`eip155:8453/erc721:0x…/12`)." },
            "inputs": { "type": "object", "description": "Values of its inputs; the defaults for the rest." },
            "parameters": { "type": "object", "description": "Values of its parameters, within its bounds; the defaults for the rest." }
        },
        "required": ["process"],
        "additionalProperties": false
    })
}

/// What one of the two tasks is asked.
#[derive(Deserialize)]
struct Params {
    /// The version of the process.
    bundle: Digest,
    #[serde(flatten)]
    end: End,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum End {
    Given(Box<Given>),
    Gives { outputs: Map<String, Value> },
}

#[derive(Deserialize)]
struct Given {
    /// The process file.
    process: AssetRef,
    inputs: Map<String, Value>,
    parameters: Map<String, Value>,
    /// The reference assets of its signature.
    signature: Value,
}

impl Engine for ProcessEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let Params { bundle, end } = params(&self.spec, task)?;
        let value = match end {
            End::Given(given) => given.held(task, context)?,
            End::Gives { outputs } => Value::Object(outputs),
        };
        let usage = Usage {
            tool: Some(format!("sha256:{bundle}")),
            ..Usage::default()
        };
        Ok(Performed::Done(Outcome { value, usage }))
    }
}

impl Given {
    /// What the names of the process stand for, once it is known that they may.
    fn held(self, task: &Task, context: &TaskContext<'_>) -> Result<Value, EngineError> {
        let name = label(task, &self.process);
        if self.process.size > FILE_BYTES_MAX as u64 {
            let size = self.process.size;
            return Err(EngineError::limit(format!(
                "`{name}` has {size} bytes, more than the limit of {FILE_BYTES_MAX}"
            )));
        }
        let bytes = context.read(&self.process)?;
        let process = parse(&name, &bytes).map_err(|mistakes| {
            let first = mistakes.iter().next().map(|mistake| &*mistake.message);
            EngineError::invalid(format!(
                "`{name}` can't be read: {}",
                first.unwrap_or("it is no process file")
            ))
        })?;
        let (inputs, parameters) = process
            .resolve_dials(&said(self.inputs), &said(self.parameters))
            .map_err(|errors| {
                let told = errors
                    .iter()
                    .map(|DialError { message, help, .. }| format!("{message}: {help}"));
                EngineError::invalid(told.collect::<Vec<_>>().join("\n"))
            })?;
        Ok(json!({ "inputs": inputs, "parameters": parameters, "signature": self.signature }))
    }
}

/// Values that there are: what a skipped step would have given leaves the default.
fn said(values: Map<String, Value>) -> Vec<(String, Value)> {
    let values = values.into_iter();
    values.filter(|(_, value)| !value.is_null()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Bench;

    const PROCESS: &str = "
daedal: v1
name: poster
inputs: { theme: { type: text, default: dawn, max_length: 9 } }
parameters: { haze: { type: number, default: 0.3, min: 0.1, max: 0.5 } }
steps: { a: { uses: grammar } }
";

    fn with(bench: &Bench, inputs: Value, parameters: Value) -> Value {
        json!({
            "process": bench.file("parts/poster/process.yaml", PROCESS), "bundle": Digest::of(b"poster"),
            "inputs": inputs, "parameters": parameters, "signature": [],
        })
    }

    #[test]
    fn what_a_process_is_given_is_held_to_its_bounds() {
        let (bench, engine) = (Bench::default(), ProcessEngine::default());
        let fits = with(&bench, json!({ "theme": "dusk" }), json!({ "haze": null }));
        assert_eq!(
            bench.value(&engine, fits, 0),
            json!({ "inputs": { "theme": "dusk" }, "parameters": { "haze": 0.3 }, "signature": [] })
        );
        let wrong = with(
            &bench,
            json!({ "theme": "a long evening" }),
            json!({ "haze": 0.9 }),
        );
        insta::assert_snapshot!(bench.error(&engine, wrong));
    }

    #[test]
    fn what_it_gives_is_what_its_outputs_say() {
        let outputs = json!({ "poster": { "text": "x" }, "film": null });
        let with = json!({ "bundle": Digest::of(b"poster"), "outputs": outputs });
        let value = Bench::default().value(&ProcessEngine::default(), with, 0);
        assert_eq!(value, outputs);
    }
}
