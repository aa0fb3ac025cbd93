//! `process.lock`: the versions of engines that a process was made with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

use super::files::Files;
use super::fit::objections;
use super::nodes::Reader;
use super::shelf::Shelf;
use super::unfold;
use crate::Digest;
use crate::bundle::{FileError, LOCK_FILE, ProcessFiles};
use crate::engine::Engines;
use crate::process::source::Node;
use crate::process::{self, Action, Mistakes, Span, Step};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {
            "daedal": { "const": "v1" },
            "engines": { "type": "object", "additionalProperties": { "type": "string" } },
            "processes": { "type": "object", "additionalProperties": { "type": "string" } },
        },
        "required": ["daedal", "engines"],
        "additionalProperties": false,
    })
});

/// What `process.lock` says for a process: the versions of its engines, those of processes that are steps of it
/// included, and the bundles of works that it uses. Engines that are unknown are left out: a plan tells them. `name`
/// is how people know the process file.
pub fn lock(
    name: &str,
    bytes: &[u8],
    files: &dyn ProcessFiles,
    engines: &Engines,
) -> Result<String, Mistakes> {
    let (text, parsed) = process::read(name, bytes)?;
    let mut mistakes = parsed.mistakes;
    let mut shelf = Shelf::new(files, None, engines);
    let mut read = Files::new(files, None, name);
    // An old lock may not fit any more: what the files say now is pinned.
    let unfolded = unfold::unfolded(
        (&parsed.process, &parsed.root),
        &mut shelf,
        "",
        &mut read,
        None,
        &mut mistakes,
    );
    if !mistakes.is_empty() {
        return Err(Mistakes::new(name, &text, mistakes));
    }
    let steps = unfolded
        .as_ref()
        .map_or(&parsed.process.steps, |unfolded| &unfolded.process.steps);
    let mut used = BTreeMap::new();
    let mut pending: Vec<&Step> = steps.iter().collect();
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
    let signature = parsed.process.signature.as_ref();
    let gate = signature.and_then(|signature| signature.gate.as_ref());
    if let Some(engine) = gate.and_then(|_| engines.get(super::gate::ENGINE)) {
        used.insert(engine.spec().name, engine.spec().version);
    }
    let mut content = String::from(
        "# The engines that this process was made with. Written by `daedal lock`.\n\
         daedal: v1\nengines:",
    );
    for (name, version) in &used {
        content.push_str(&format!("\n  {name}: {version:?}"));
    }
    content.push_str(if used.is_empty() { " {}\n" } else { "\n" });
    let works = unfolded.map(|unfolded| unfolded.calls.works());
    let works = works.filter(|works| !works.is_empty());
    for (position, (work, bundle)) in works.into_iter().flatten().enumerate() {
        if position == 0 {
            content.push_str("processes:\n");
        }
        content.push_str(&format!("  {work:?}: {:?}\n", bundle.to_string()));
    }
    Ok(content)
}

/// The bundle of each work that is a step, by `process.lock`; none where that can't be read, which is told with the
/// engines.
pub(super) fn pins(files: &Files<'_>) -> BTreeMap<String, Digest> {
    let pinned = files.peek(LOCK_FILE).and_then(|bytes| read(&bytes).ok());
    pinned.map(|pinned| pinned.processes).unwrap_or_default()
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
        match pinned.engines.get(name) {
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

/// What a lock says.
#[derive(Deserialize)]
struct Pinned {
    /// The version of each engine by name.
    engines: BTreeMap<String, String>,
    /// The bundle of each work by its CAIP-19 name.
    #[serde(default)]
    processes: BTreeMap<String, Digest>,
}

fn read(bytes: &[u8]) -> Result<Pinned, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let (tree, twice) = Node::parse(text).map_err(|mistake| mistake.message)?;
    if let Some(mistake) = twice.into_iter().next() {
        return Err(mistake.message);
    }
    let value = tree.to_value();
    if let Some(wrong) = objections(LOCK_FILE, &SCHEMA, &value).first() {
        return Err(format!("{}: {}", wrong.message, wrong.help));
    }
    serde_json::from_value(value).map_err(|error| error.to_string())
}
