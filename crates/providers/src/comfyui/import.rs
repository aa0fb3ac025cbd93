//! A process made of a workflow: what people turn in it becomes the dials of the process.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use super::workflow::{Workflow, connection};
use crate::task::excerpt;

/// Name of the workflow's file in the process.
pub const WORKFLOW_FILE: &str = "workflow.json";

/// Greatest number that everything which reads JSON takes as it is.
const WHOLE_MAX: u64 = (1 << 53) - 1;
/// Longest text of a prompt, unless the workflow has a longer one.
const TEXT_MAX: usize = 4_000;
/// Steps of a path from a sampler to what it is told.
const HOPS_MAX: usize = 16;
/// Fields in which nodes keep a prompt, as ComfyUI's own nodes call them.
const TEXT_FIELDS: [&str; 6] = ["text", "text_g", "text_l", "clip_l", "t5xxl", "prompt"];

/// A process that was made of a workflow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Imported {
    /// The process file.
    #[serde(skip)]
    pub process: String,
    /// What can be turned, in the order of the file.
    pub dials: Vec<Turned>,
    /// What to know, a sentence each.
    pub notes: Vec<String>,
}

/// A field of a node that has become a dial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Turned {
    /// The dial's name.
    pub name: String,
    /// Whether it is set for each run, and not a parameter.
    pub is_input: bool,
    /// What people call the node.
    pub node: String,
    /// The field.
    pub field: String,
    /// Type, bounds and default, as the process file says them.
    pub dial: Value,
}

/// What a field may become.
struct Found<'w> {
    id: &'w str,
    field: &'w str,
    /// The dial's name, where no other has it.
    name: String,
    is_input: bool,
    dial: Value,
}

/// Makes a process called `name` of the workflow in the file at `path`.
pub fn import(name: &str, path: &str, text: &str) -> Result<Imported, String> {
    let workflow = Workflow::parse(path, text)?;
    let mut notes = Vec::new();
    let mut seeds = Vec::new();
    let mut found = Vec::new();
    for (id, node) in workflow.nodes() {
        let fields = node["inputs"].as_object().into_iter().flatten();
        for (field, value) in fields.filter(|(_, value)| connection(value).is_none()) {
            if matches!(field.as_str(), "seed" | "noise_seed")
                && value.as_u64().is_none_or(|seed| seed > WHOLE_MAX)
            {
                // A dial could not say it as it is.
                seeds.push(id.as_str());
                continue;
            }
            found.extend(dial(&workflow, id, field, value));
        }
    }
    let mut taken = BTreeSet::new();
    let mut dials = Vec::new();
    let mut inputs: Vec<(&str, Vec<(String, String)>)> = Vec::new();
    for one in &found {
        let is_shared = found.iter().filter(|other| other.name == one.name).count() > 1;
        let base = match is_shared {
            true => format!("{}_{}", word(&workflow.caption(one.id)), one.name),
            false => one.name.clone(),
        };
        let name = (1_u32..)
            .map(|at| match at {
                1 => base.clone(),
                at => format!("{base}_{at}"),
            })
            .find(|name| !taken.contains(name));
        let Some(name) = name else { continue };
        taken.insert(name.clone());
        let place = if one.is_input { "inputs" } else { "parameters" };
        let set = (one.field.to_owned(), format!("{{{{ {place}.{name} }}}}"));
        match inputs.iter_mut().find(|(id, _)| *id == one.id) {
            Some((_, fields)) => fields.push(set),
            None => inputs.push((one.id, vec![set])),
        }
        dials.push(Turned {
            name,
            is_input: one.is_input,
            node: workflow.name(one.id),
            field: one.field.to_owned(),
            dial: one.dial.clone(),
        });
    }
    if dials.is_empty() {
        notes.push(
            "nothing in it is known to be a dial: add fields under `inputs:` of the step by hand"
                .to_owned(),
        );
    }
    if !seeds.is_empty() {
        notes.push(format!(
            "the seed of {} is the run's own, and another for each run",
            list(seeds.iter().map(|id| workflow.name(id)))
        ));
    }
    let saves = |node: &Value| {
        let class = node["class_type"].as_str().unwrap_or_default();
        class.contains("Save") || node["inputs"].get("filename_prefix").is_some()
    };
    if !workflow.nodes().values().any(saves) {
        notes.push(
            "no node of it is known to save a file: what is only previewed is not taken".to_owned(),
        );
    }
    Ok(Imported {
        process: written(name, path, &workflow, &dials, &inputs, &seeds),
        dials,
        notes,
    })
}

/// What a field of a node may become.
fn dial<'w>(
    workflow: &'w Workflow,
    id: &'w str,
    field: &'w str,
    value: &Value,
) -> Option<Found<'w>> {
    let node = &workflow.nodes()[id];
    let class = node["class_type"].as_str().unwrap_or_default();
    let has = |name: &str| node["inputs"].get(name).is_some();
    let whole = |min: u64, max: u64| {
        let own = value.as_u64()?;
        Some(json!({ "type": "integer", "default": own, "min": min.min(own), "max": max.max(own) }))
    };
    let number = |min: f64, max: f64| {
        let own = value.as_f64()?;
        Some(json!({ "type": "number", "default": own, "min": min.min(own), "max": max.max(own) }))
    };
    let found = |name: &str, is_input: bool, dial: Value| {
        Some(Found {
            id,
            field,
            name: name.to_owned(),
            is_input,
            dial,
        })
    };
    match field {
        "seed" | "noise_seed" => found("seed", false, whole(0, WHOLE_MAX)?),
        "steps" => found("steps", false, whole(1, 150)?),
        "cfg" => found("cfg", false, number(0.0, 30.0)?),
        "guidance" => found("guidance", false, number(0.0, 30.0)?),
        "denoise" => found("denoise", false, number(0.0, 1.0)?),
        "width" | "height" if has("width") && has("height") => {
            found(field, false, whole(16, 4_096)?)
        }
        "batch_size" => found("count", false, whole(1, 16)?),
        "image" if class.starts_with("LoadImage") && value.is_string() => {
            let types = ["image/png", "image/jpeg", "image/webp"];
            found(
                "image",
                true,
                json!({ "type": "asset", "media_types": types }),
            )
        }
        _ if TEXT_FIELDS.contains(&field) => {
            let own = value.as_str()?;
            let max = TEXT_MAX.max(own.chars().count());
            let dial = json!({ "type": "text", "default": own, "max_length": max });
            found(side(workflow, id), false, dial)
        }
        _ => None,
    }
}

/// Which side of a sampler a text is told to.
fn side(workflow: &Workflow, text: &str) -> &'static str {
    let leads = |side: &str| {
        let nodes = workflow.nodes().values();
        let ends = nodes.filter_map(|node| connection(&node["inputs"][side]));
        ends.into_iter()
            .any(|end| reaches(workflow, end, text, side, HOPS_MAX))
    };
    match (leads("positive"), leads("negative")) {
        (false, true) => "negative",
        (true, false) => "positive",
        _ => "text",
    }
}

/// Whether a node is told by another, through nodes that change what is told.
fn reaches(workflow: &Workflow, from: &str, to: &str, side: &str, hops: usize) -> bool {
    if from == to {
        return true;
    }
    let Some(node) = workflow.nodes().get(from).filter(|_| hops > 0) else {
        return false;
    };
    let fields = node["inputs"].as_object().into_iter().flatten();
    // A node with both sides, such as one of ControlNet, keeps them apart.
    let is_of = |field: &str| match field {
        "positive" | "negative" => field == side,
        other => other.starts_with("conditioning") || TEXT_FIELDS.contains(&other),
    };
    let mut befores = fields
        .filter(|(field, _)| is_of(field))
        .filter_map(|(_, value)| connection(value));
    befores.any(|before| reaches(workflow, before, to, side, hops - 1))
}

/// A word that may be the name of a dial.
fn word(text: &str) -> String {
    let sign = |sign: char| match sign.is_ascii_alphanumeric() {
        true => sign.to_ascii_lowercase(),
        false => '_',
    };
    let word: String = text.chars().map(sign).collect();
    let mut parts: Vec<&str> = word.split('_').filter(|part| !part.is_empty()).collect();
    parts.truncate(4);
    let word = parts.join("_");
    match word.starts_with(|sign: char| sign.is_ascii_alphabetic()) {
        true => word.chars().take(40).collect(),
        false => format!("node_{word}").chars().take(40).collect(),
    }
}

fn list(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// The process file. What JSON writes between quotes, YAML reads as it is.
fn written(
    name: &str,
    path: &str,
    workflow: &Workflow,
    dials: &[Turned],
    inputs: &[(&str, Vec<(String, String)>)],
    seeds: &[&str],
) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    // A title says more than a number, where it names one node.
    let called = |id: &str| {
        let title = workflow.caption(id);
        let is_own = workflow
            .find("inputs", &title)
            .is_ok_and(|found| found == id);
        quoted(if is_own { &title } else { id })
    };
    let count = workflow.nodes().len();
    let mut text = format!(
        "daedal: v1\nname: {name}\ndescription: {}\n",
        quoted(&format!(
            "{path}, a workflow of ComfyUI with {count} nodes."
        ))
    );
    for (head, is_input) in [("inputs", true), ("parameters", false)] {
        let own = dials.iter().filter(|dial| dial.is_input == is_input);
        for (at, dial) in own.enumerate() {
            if at == 0 {
                let _ = write!(text, "\n{head}:\n");
            }
            let _ = writeln!(
                text,
                "  {}: {}  # `{}` of {}",
                dial.name,
                flow(&dial.dial),
                excerpt(&dial.field),
                dial.node
            );
        }
    }
    let _ = write!(
        text,
        "\nsteps:\n  paint:\n    role: generate\n    uses: comfyui\n    timeout: 10m\n    with:\n      workflow: {WORKFLOW_FILE}\n"
    );
    if !inputs.is_empty() {
        text.push_str("      inputs:\n");
    }
    for (id, fields) in inputs {
        let fields = fields
            .iter()
            .map(|(field, value)| format!("{}: {}", quoted(field), quoted(value)));
        let _ = writeln!(text, "        {}: {{ {} }}", called(id), list(fields));
    }
    if !seeds.is_empty() {
        let _ = writeln!(
            text,
            "      seed: [{}]",
            list(seeds.iter().map(|id| called(id)))
        );
    }
    text.push_str("\noutputs:\n  pictures: \"{{ steps.paint }}\"\n");
    text
}

/// A dial on one line.
fn flow(dial: &Value) -> String {
    let fields = dial.as_object().into_iter().flatten();
    let fields = fields.map(|(name, value)| {
        let value = match value {
            Value::String(word) if name == "type" => word.clone(),
            other => other.to_string(),
        };
        format!("{name}: {value}")
    });
    format!("{{ {} }}", list(fields))
}
