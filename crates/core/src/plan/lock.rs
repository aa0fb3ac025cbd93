//! `process.lock`: the versions of engines that a process was made with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::fit::objections;
use super::nodes::Reader;
use crate::bundle::{FileError, LOCK_FILE};
use crate::engine::Engines;
use crate::process::source::Node;
use crate::process::{Action, Process, Span, Step};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {
            "daedal": { "const": "v1" },
            "engines": { "type": "object", "additionalProperties": { "type": "string" } },
        },
        "required": ["daedal", "engines"],
        "additionalProperties": false,
    })
});

/// What `process.lock` says for a process that uses these engines. Engines that are unknown are
/// left out: a plan tells them.
#[must_use]
pub fn lock(process: &Process, engines: &Engines) -> String {
    let mut used = BTreeMap::new();
    let mut pending: Vec<&Step> = process.steps.iter().collect();
    while let Some(step) = pending.pop() {
        match &step.action {
            Action::Repeat(repeat) => pending.extend(&repeat.steps),
            Action::Perform(perform) => {
                if let Some(engine) = engines.get(&perform.uses) {
                    used.insert(engine.spec().name, engine.spec().version);
                }
            }
        }
    }
    let gate = process
        .signature
        .as_ref()
        .and_then(|signature| signature.gate.as_ref());
    if let Some(engine) = gate.and_then(|_| engines.get(super::gate::ENGINE)) {
        used.insert(engine.spec().name, engine.spec().version);
    }
    let mut text = String::from(
        "# The engines that this process was made with. Written by `daedal lock`.\n\
         daedal: v1\nengines:",
    );
    for (name, version) in &used {
        text.push_str(&format!("\n  {name}: {version:?}"));
    }
    text.push_str(if used.is_empty() { " {}\n" } else { "\n" });
    text
}

/// Checks the engines against `process.lock`, when there is one. It then is part of the bundle.
pub(super) fn check(reader: &mut Reader<'_, '_>) {
    let start = Span::default();
    match reader.files.asset(LOCK_FILE) {
        Ok(_) => {}
        Err(FileError::Missing { .. }) => return,
        Err(error) => {
            let help = reader.files.advice(&error);
            return reader.wrong(start, error.to_string(), help);
        }
    }
    let bytes = reader.files.bytes(LOCK_FILE).unwrap_or_default();
    let pinned = match read(&bytes) {
        Ok(pinned) => pinned,
        Err(problem) => {
            return reader.wrong(
                start,
                format!("`{LOCK_FILE}` can't be read: {problem}"),
                "write it anew by `daedal lock`",
            );
        }
    };
    let mut seen = BTreeSet::new();
    for draft in &reader.names.drafts {
        let Some(spec) = draft.engine.map(|engine| engine.spec()) else {
            continue;
        };
        if !seen.insert(spec.name) {
            continue;
        }
        let span = draft.at.span_at("/uses");
        let (name, version) = (spec.name, spec.version);
        match pinned.get(name) {
            Some(known) if known == version => {}
            Some(known) => reader.wrong(
                span,
                format!("`{LOCK_FILE}` asks for version {known} of `{name}`; here it is {version}"),
                format!(
                    "go on with version {version} by `daedal lock` (its results may differ), or \
                     use the Daedal that has version {known}"
                ),
            ),
            None => reader.wrong(
                span,
                format!("`{LOCK_FILE}` does not name the engine `{name}`"),
                "add it by `daedal lock`",
            ),
        }
    }
}

/// The version of each engine by name.
fn read(bytes: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let (tree, twice) = Node::parse(text).map_err(|mistake| mistake.message)?;
    if let Some(mistake) = twice.into_iter().next() {
        return Err(mistake.message);
    }
    let value = tree.to_value();
    if let Some(wrong) = objections(LOCK_FILE, &SCHEMA, &value).first() {
        return Err(format!("{}: {}", wrong.message, wrong.help));
    }
    serde_json::from_value(value["engines"].clone()).map_err(|error| error.to_string())
}
