//! Has a ComfyUI server perform a workflow.

#[cfg(test)]
mod check_tests;
mod files;
mod import;
#[cfg(test)]
mod import_tests;
mod order;
#[cfg(test)]
mod play;
mod settings;
mod signs;
mod socket;
#[cfg(test)]
mod socket_tests;
mod standing;
#[cfg(test)]
mod tests;
mod trouble;
#[cfg(test)]
mod trouble_tests;
mod visit;
mod workflow;

use std::sync::Arc;

use daedal_core::AssetRef;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub use import::{Imported, Turned, WORKFLOW_FILE, import};
pub(crate) use order::Order;
pub(crate) use settings::Servers;
pub use settings::{ComfySettings, ServerSettings};

pub(crate) use visit::Visit;
pub(crate) use workflow::Workflow;

use crate::call::Calls;
use crate::picture;
use crate::task::{label, params, text};
use crate::time::Time;

/// Size of a file that is made, unless a step says otherwise, in bytes.
const BYTES_MAX: u64 = 256 << 20;
/// How long a server is told that its work is no longer wanted, in milliseconds.
const CALL_OFF_MS: u64 = 5_000;

/// The engine `comfyui`.
pub struct ComfyEngine {
    spec: EngineSpec,
    calls: Arc<Calls>,
    servers: Servers,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    workflow: AssetRef,
    #[serde(default)]
    inputs: Map<String, Value>,
    #[serde(default)]
    seed: Names,
    outputs: Option<Names>,
    server: Option<String>,
    bytes_max: Option<u64>,
}

/// One node, or several.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(from = "OneOrMore")]
struct Names(Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl From<OneOrMore> for Names {
    fn from(names: OneOrMore) -> Self {
        match names {
            OneOrMore::One(name) => Self(vec![name]),
            OneOrMore::More(names) => Self(names),
        }
    }
}

impl Names {
    /// Those that a process says outright.
    fn known(value: Option<&Value>) -> Vec<&str> {
        let names: Vec<&Value> = match value {
            Some(Value::Array(names)) => names.iter().collect(),
            other => other.into_iter().collect(),
        };
        let names = names.into_iter().filter_map(Value::as_str);
        names.filter(|name| !name.contains("{{")).collect()
    }
}

impl ComfyEngine {
    pub(crate) fn new(calls: Arc<Calls>, servers: Servers) -> Self {
        Self {
            spec: EngineSpec {
                name: "comfyui",
                version: "1",
                summary: "Has a ComfyUI server perform a workflow.",
                determinism: Determinism::Attested,
                seeded: true,
                main_input: None,
                schema: schema(),
                output: picture::listed(
                    "What was made, in the order of the workflow's nodes.",
                    json!({ "node": { "type": "string", "description": "The node that made it." } }),
                ),
                // The studio's own server: once more costs time, and is seen by nobody.
                effect: false,
            },
            calls,
            servers,
        }
    }
}

fn schema() -> Value {
    let nodes = json!({
        "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": 64 }
        ]
    });
    let nodes = |what: &str| {
        let mut nodes = nodes.clone();
        nodes["description"] = json!(what);
        nodes
    };
    json!({
        "type": "object",
        "properties": {
            "workflow": { "type": "string", "format": "bundle-file", "description": "A workflow in the API format of ComfyUI." },
            "inputs": {
                "type": "object",
                "additionalProperties": { "type": "object", "additionalProperties": true },
                "description": "What is set in it: by node (id or title), its fields. An asset is sent there and named in its place."
            },
            "seed": nodes("Nodes (id or title) that get the task's seed."),
            "outputs": nodes("Nodes (id or title) whose files are taken; when absent, all that save some."),
            "server": { "type": "string", "description": "The NAME of [comfyui.NAME]; the one under [comfyui] when absent." },
            "bytes_max": { "type": "integer", "minimum": 1, "maximum": 1_073_741_824, "default": BYTES_MAX, "description": "Largest file that is taken, in bytes." }
        },
        "required": ["workflow"],
        "additionalProperties": false
    })
}

impl Engine for ComfyEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn seeded(&self, with: &Map<String, Value>) -> bool {
        with.contains_key("seed")
    }

    fn check(&self, with: &Value, files: &Files<'_>) -> Vec<String> {
        let mut found = Vec::new();
        let server = with.get("server");
        let is_known = server.is_none_or(|server| !server.to_string().contains("{{"));
        if self.servers.is_set && is_known {
            found.extend(self.servers.get(server.and_then(Value::as_str)).err());
        }
        let path = with.get("workflow").and_then(Value::as_str);
        let Some((path, bytes)) = path.and_then(|path| Some((path, files(path)?))) else {
            return found;
        };
        match Workflow::parse(path, &String::from_utf8_lossy(&bytes)) {
            Err(told) => found.push(told),
            Ok(workflow) => {
                for (node, fields) in with
                    .get("inputs")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                {
                    found.extend(match (workflow.find("inputs", node), fields.as_object()) {
                        (Err(told), _) => vec![told],
                        (Ok(id), Some(fields)) => {
                            let fields = fields.keys();
                            fields
                                .filter_map(|field| workflow.field(id, field).err())
                                .collect()
                        }
                        (Ok(_), None) => Vec::new(),
                    });
                }
                for name in Names::known(with.get("seed")) {
                    found.extend(workflow.seed_field(name).err());
                }
                for name in Names::known(with.get("outputs")) {
                    found.extend(workflow.find("outputs", name).err());
                }
            }
        }
        found
    }

    fn behind(&self, task: &Task) -> Option<String> {
        let server = task.params.get("server").and_then(Value::as_str);
        self.servers.identity(server)
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = params(&self.spec, task)?;
        let server = self.servers.get(params.server.as_deref());
        let server = server.map_err(EngineError::invalid)?;
        let path = label(task, &params.workflow);
        let workflow = Workflow::parse(&path, &text(task, context, &params.workflow)?);
        let workflow = workflow.map_err(EngineError::invalid)?;
        let order = Order::new(workflow, &params, task.seed).map_err(EngineError::invalid)?;
        let bytes_max = params.bytes_max.unwrap_or(BYTES_MAX);
        let bytes_max = bytes_max.min(task.limits.output_bytes_max);
        let visit = Visit::new(server, &order, bytes_max);
        let limit_ms = task.limits.timeout_ms_max;
        let late = || {
            format!(
                "{} did not finish the workflow within {} s, and was told to leave it: raise `timeout:`, or ask for less",
                server.url,
                limit_ms.div_ceil(1_000)
            )
        };
        let made = visit.perform(order, context);
        let made = self.calls.wait(&Time::new(context, limit_ms, &late), made);
        if made.is_err() && visit.is_under_way() {
            self.calls.wind_up(CALL_OFF_MS, visit.call_off());
        }
        Ok(Performed::Done(Outcome::free(Value::Array(made?))))
    }
}
