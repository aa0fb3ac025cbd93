//! Outputs that are held to the signature: each goes through a step of its own, which the author of the
//! process need not write.

use serde_json::{Value, json};

use super::nodes::Reader;
use crate::process::source::{Key, Kind, Node};
use crate::process::units::print_duration;
use crate::process::{Action, Gate, OnFailure, Perform, Process, Role, Step, suggestion};

/// The engine that lets through or not.
pub(super) const ENGINE: &str = "signature";

/// The step that an output goes through.
fn step_of(output: &str) -> String {
    format!("signature_{output}")
}

fn gate_of(process: &Process) -> Option<&Gate> {
    process.signature.as_ref()?.gate.as_ref()
}

/// Whether an output goes through the gate: one that names no step is told for that.
fn is_held(gate: &Gate, name: &str, value: &Value) -> bool {
    (gate.of.is_empty() || gate.of.iter().any(|of| of == name))
        && value.to_string().contains("steps.")
}

/// The process with the steps that outputs go through, and where all of it stands; none where there are none.
pub(super) fn expanded(process: &Process, root: &Node) -> Option<(Process, Node)> {
    let gate = gate_of(process)?;
    let (mut held, mut at) = (process.clone(), root.clone());
    let span = root.key_span_at("/signature");
    let key = |name: &str| Key {
        name: name.to_owned(),
        span,
    };
    for (name, value) in &mut held.outputs {
        let Some(written) = root
            .field("outputs")
            .and_then(|outputs| outputs.field(name))
        else {
            continue;
        };
        let step = step_of(name);
        let is_taken = process.steps.iter().any(|own| own.name == step);
        if !is_held(gate, name, value) || is_taken {
            continue;
        }
        let through = format!("{{{{ steps.{step} }}}}");
        let from = std::mem::replace(value, Value::from(through.clone()));
        let mut with = json!({ "from": from, "outside": gate.outside.word() });
        if let Some(tolerance) = gate.tolerance {
            with["tolerance"] = json!(tolerance);
        }
        if let Some(timeout) = gate.timeout_ms {
            with["timeout"] = json!(print_duration(timeout));
        }
        // Mistakes in what the output names are told where the author wrote it.
        let with_at = Node {
            span,
            kind: Kind::Map(vec![(key("from"), written.clone())]),
        };
        let step_at = Node {
            span,
            kind: Kind::Map(vec![(key("with"), with_at)]),
        };
        push(&mut at, "steps", (key(&step), step_at));
        replace(
            &mut at,
            name,
            Node {
                span: written.span,
                kind: Kind::Text(through),
            },
        );
        let Value::Object(with) = with else { continue };
        held.steps.push(Step {
            name: step,
            role: Some(Role::Critique),
            when: None,
            on_failure: OnFailure::default(),
            action: Action::Perform(Perform::once(ENGINE.to_owned(), with)),
        });
    }
    Some((held, at))
}

fn push(root: &mut Node, section: &str, entry: (Key, Node)) {
    if let Kind::Map(fields) = &mut root.kind
        && let Some((_, node)) = fields.iter_mut().find(|(key, _)| key.name == section)
        && let Kind::Map(entries) = &mut node.kind
    {
        entries.push(entry);
    }
}

fn replace(root: &mut Node, output: &str, value: Node) {
    if let Kind::Map(fields) = &mut root.kind
        && let Some((_, node)) = fields.iter_mut().find(|(key, _)| key.name == "outputs")
        && let Kind::Map(entries) = &mut node.kind
        && let Some((_, node)) = entries.iter_mut().find(|(key, _)| key.name == output)
    {
        *node = value;
    }
}

/// The pointer of the directory of references.
pub(super) fn directory(root: &Node) -> &'static str {
    match root.field("signature").map(|node| &node.kind) {
        Some(Kind::Map(_)) => "/signature/references",
        _ => "/signature",
    }
}

/// What is held has to be an output, and its step must not have the name of another.
pub(super) fn check(reader: &mut Reader<'_, '_>, process: &Process, root: &Node) {
    let Some(gate) = gate_of(process) else {
        return;
    };
    let known: Vec<&str> = process
        .outputs
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    for (index, of) in gate.of.iter().enumerate() {
        if !known.contains(&of.as_str()) {
            reader.wrong(
                root.span_at(&format!("/signature/of/{index}")),
                format!("there is no output `{of}`"),
                suggestion(of, known.iter().copied()),
            );
        }
    }
    for (name, value) in &process.outputs {
        let step = step_of(name);
        if is_held(gate, name, value) && process.steps.iter().any(|own| own.name == step) {
            reader.wrong(
                root.key_span_at(&format!("/steps/{step}")),
                format!("`{step}` is the step that holds output `{name}` to the signature"),
                "give your own step another name",
            );
        }
    }
}
