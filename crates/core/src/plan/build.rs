//! From a process that was read to a plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::called::Calls;
use super::estimate::{self, Estimate};
use super::files::Files;
use super::model::*;
use super::names::{Context, Names};
use super::nodes::Reader;
use super::ordering::order;
use super::place::Place;
use super::shelf::Shelf;
use super::{Planned, TASKS_MAX, Warning};
use super::{called, gate, labels, lock, unfold};
use crate::AssetRef;
use crate::bundle::{Bundle, FileError, ProcessFiles};
use crate::engine::Engines;
use crate::expression::Template;
use crate::process::source::Node as Source;
use crate::process::{FAN_OUT_MAX, Mistake, Parsed, Process, STEPS_MAX, suggestion};

/// Mistakes after which no further steps are looked at: each one compares names with all steps'.
const MISTAKES_MAX: usize = 500;

/// The file that a process was read from; nothing of it where it was not read from one.
#[derive(Clone, Copy, Default)]
pub(super) struct Origin<'o> {
    /// How people know the file.
    pub(super) name: &'o str,
    pub(super) text: &'o str,
}

/// Plans what was read; all mistakes, those of the reader included, if there is one.
pub(super) fn plan(
    parsed: Parsed,
    origin: Origin<'_>,
    files: &dyn ProcessFiles,
    frozen: Option<&Bundle>,
    engines: &Engines,
) -> Result<Planned, Vec<Mistake>> {
    let mut shelf = Shelf::new(files, frozen, engines);
    work(parsed, origin, &mut shelf, "", files, frozen).map(|(planned, _)| planned)
}

/// What another process needs to have this one as a step.
pub(super) struct Held {
    /// The process with the steps that nobody wrote, and where all of it stands.
    pub(super) process: Process,
    pub(super) root: Source,
    pub(super) calls: Calls,
    /// The JSON Schema of its outputs.
    pub(super) gives: Value,
}

/// The same for the process whose directory is `base`, whose files are `files`.
pub(super) fn work(
    parsed: Parsed,
    origin: Origin<'_>,
    shelf: &mut Shelf<'_>,
    base: &str,
    files: &dyn ProcessFiles,
    frozen: Option<&Bundle>,
) -> Result<(Planned, Option<Held>), Vec<Mistake>> {
    let Parsed {
        process,
        root,
        mut mistakes,
    } = parsed;
    let engines = shelf.engines();
    let mut files_read = Files::new(files, frozen, origin.name);
    // What is planned has the steps of processes that are steps, and a step for each output that is held to the
    // signature; what is frozen is what was written.
    let pins = lock::pins(&files_read);
    let written = (&process, &root);
    let unfolded = unfold::unfolded(
        written,
        shelf,
        base,
        &mut files_read,
        Some(pins),
        &mut mistakes,
    );
    let (whole, calls) = match unfolded {
        Some(unfolded) => (Some((unfolded.process, unfolded.root)), unfolded.calls),
        None => (None, Calls::default()),
    };
    let (whole_process, whole_root) = whole.as_ref().map_or(written, |(held, at)| (held, at));
    let gated = gate::expanded(whole_process, whole_root);
    let (held, held_root) = gated
        .as_ref()
        .map_or((whole_process, whole_root), |(held, at)| (held, at));
    let names = Names::new(held, held_root, engines, files, &calls);
    if names.drafts.len() > STEPS_MAX {
        let message = format!(
            "{} steps, those of loops included, are more than the limit of {STEPS_MAX}",
            names.drafts.len()
        );
        let mistake = Mistake::new(root.key_span_at("/steps"), message)
            .help("divide the work into several processes");
        return Err(mistakes.into_iter().chain([mistake]).collect());
    }
    let mut reader = Reader {
        names: &names,
        engines,
        text: origin.text,
        files: files_read,
        mistakes,
        links: vec![BTreeMap::new(); names.drafts.len()],
        wants_earlier: false,
    };
    let mut nodes: Vec<Option<Node>> = Vec::with_capacity(names.drafts.len());
    for id in 0..names.drafts.len() {
        if reader.mistakes.len() > MISTAKES_MAX {
            return Err(reader.mistakes);
        }
        nodes.push(reader.node(id));
    }
    let (outputs, gives) = outputs(&mut reader, held, held_root);
    gate::check(&mut reader, &process, &root);
    labels::check(&mut reader, &process, &root);
    release(&mut reader, &process, &root);
    let signature = named_files(&mut reader, &process, &root);
    lock::check(&mut reader);
    let order = order(&mut reader);
    let (Some(order), true) = (order, reader.mistakes.is_empty()) else {
        return Err(reader.mistakes);
    };
    let Reader {
        files,
        links,
        wants_earlier,
        ..
    } = reader;
    let (assets, contents) = files.into_parts();
    let bundle = Bundle::new(&process, assets);
    let plan = Plan {
        process: process.name.clone(),
        title: process.title.clone(),
        bundle: bundle.digest(),
        nodes: assemble(nodes, &names, &links, &order),
        outputs,
        budget: process.budget,
        files: bundle.files.clone(),
        wants_earlier,
        signature,
        caption: process.disclosure.caption.clone(),
        calls: calls.calls.values().map(|call| call.told.clone()).collect(),
    };
    let estimates = estimate::estimates(&plan, &names, &order);
    if let Some(mistake) = too_many(&estimates, &root) {
        return Err(vec![mistake]);
    }
    drop(names);
    let mut warnings = warnings(&process);
    warnings.extend(called::warnings(&process, &calls));
    let held = shelf.is_reading().then(|| {
        let (held, at) = gated.or(whole).unwrap_or_else(|| (process.clone(), root));
        Held {
            process: held,
            root: at,
            calls,
            gives,
        }
    });
    let planned = Planned {
        warnings,
        process,
        bundle,
        plan,
        estimates,
        contents,
    };
    Ok((planned, held))
}

fn too_many(estimates: &[Estimate], root: &Source) -> Option<Mistake> {
    let least: u64 = estimates.iter().map(|estimate| estimate.min).sum();
    (least > TASKS_MAX).then(|| {
        Mistake::new(
            root.key_span_at("/steps"),
            format!("a run has at least {least} tasks, more than the limit of {TASKS_MAX}"),
        )
        .help("make fewer candidates, or divide the work into several processes")
    })
}

fn warnings(process: &Process) -> Vec<Warning> {
    let last = process.steps.last().filter(|_| process.outputs.is_empty());
    let no_outputs = last.map(|step| Warning {
        message: "the process has no `outputs:`, so its runs have nothing to show or to release"
            .into(),
        help: format!(
            "name what a run gives: `outputs: {{ {0}: \"{{{{ steps.{0} }}}}\" }}`",
            step.name
        ),
    });
    let license = process.license.as_ref();
    let contradictions = license.into_iter().flat_map(|license| {
        let id = license.id.as_deref().unwrap_or_default();
        license
            .contradictions()
            .into_iter()
            .map(move |name| Warning {
                message: format!(
                    "`license: {name}:` says otherwise than {id}, which is what counts"
                ),
                help: format!("leave `{name}` away, or choose the licence that you mean"),
            })
    });
    no_outputs.into_iter().chain(contradictions).collect()
}

fn outputs<'s>(
    reader: &mut Reader<'s, '_>,
    process: &Process,
    root: &'s Source,
) -> (Vec<(String, Template)>, Value) {
    let mut outputs = Vec::new();
    let mut gives = Map::new();
    let Some(at) = root.field("outputs") else {
        return (outputs, object(gives));
    };
    for (name, value) in &process.outputs {
        let prefix = format!("/{name}");
        let place = Place::new(at, &prefix);
        let (template, offers) = reader.template(place, value, Context::default());
        let given = offers.get("").map(|offer| offer.given.to_schema());
        gives.insert(name.clone(), given.unwrap_or(Value::Bool(true)));
        let Some(template) = template else { continue };
        if template
            .references()
            .iter()
            .all(|path| path.step().is_none())
        {
            reader.wrong(
                place.span(""),
                format!("output `{name}` names no step"),
                "expected what a step gives, such as `\"{{ steps.finish }}\"`",
            );
        }
        outputs.push((name.clone(), template));
    }
    (outputs, object(gives))
}

/// The schema of an object that has these fields and no others.
fn object(fields: Map<String, Value>) -> Value {
    json!({ "type": "object", "properties": fields, "additionalProperties": false })
}

/// `of:` names outputs.
fn release(reader: &mut Reader<'_, '_>, process: &Process, root: &Source) {
    let Some(release) = &process.release else {
        return;
    };
    let known: Vec<&str> = process
        .outputs
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let mut named = Vec::new();
    if let Some(editions) = &release.editions {
        named.push((&editions.of, "/release/editions/of".to_owned()));
    }
    for (index, channel) in release.channels.iter().enumerate() {
        for (position, of) in channel.of.iter().enumerate() {
            named.push((of, format!("/release/channels/{index}/of/{position}")));
        }
    }
    for (of, pointer) in named {
        if !known.contains(&of.as_str()) {
            reader.wrong(
                root.span_at(&pointer),
                format!("there is no output `{of}`"),
                suggestion(of, known.iter().copied()),
            );
        }
    }
}

/// Files that the process names outside of its steps; gives the reference assets.
fn named_files(reader: &mut Reader<'_, '_>, process: &Process, root: &Source) -> Vec<AssetRef> {
    let mut problems: Vec<(&str, FileError)> = Vec::new();
    let file = process
        .license
        .as_ref()
        .and_then(|license| license.file.as_ref());
    if let Some(Err(error)) = file.map(|file| reader.files.asset(file)) {
        problems.push(("/license/file", error));
    }
    let mut signature = Vec::new();
    if let Some(directory) = process
        .signature
        .as_ref()
        .map(|signature| &signature.references)
    {
        let pointer = gate::directory(root);
        let span = root.span_at(pointer);
        match reader.files.below(directory) {
            Ok(files) if files.is_empty() => reader.wrong(
                span,
                format!("there are no files in `{directory}`"),
                "put reference assets of the hand there, or remove `signature:`",
            ),
            Ok(files) if files.len() as u64 > FAN_OUT_MAX => reader.wrong(
                span,
                format!(
                    "{} files are more than the limit of {FAN_OUT_MAX}",
                    files.len()
                ),
                "keep those that show the hand best",
            ),
            Ok(files) => signature = files,
            Err(error) => problems.push((pointer, error)),
        }
    }
    for (pointer, error) in problems {
        let help = reader.files.advice(&error);
        reader.wrong(root.span_at(pointer), error.to_string(), help);
    }
    signature
}

fn assemble(
    nodes: Vec<Option<Node>>,
    names: &Names<'_>,
    links: &[BTreeMap<usize, String>],
    order: &[usize],
) -> Vec<Node> {
    let mut position = vec![0; order.len()];
    for (at, &id) in order.iter().enumerate() {
        position[id] = at;
    }
    let mut needs: Vec<BTreeSet<NodeId>> = vec![BTreeSet::new(); order.len()];
    let mut inner: Vec<Vec<NodeId>> = vec![Vec::new(); order.len()];
    for &id in order {
        let parent = names.drafts[id].parent;
        if let Some(parent) = parent {
            inner[position[parent]].push(position[id]);
        }
        for &other in links[id].keys() {
            // A loop's own expressions see its inner steps; it doesn't wait for them as for others.
            if names.drafts[other].parent == Some(id) {
                continue;
            }
            needs[position[id]].insert(position[other]);
            if let (Some(parent), None) = (parent, names.drafts[other].parent) {
                needs[position[parent]].insert(position[other]);
            }
        }
    }
    let mut nodes: Vec<Option<Node>> = nodes;
    let mut planned: Vec<Node> = order.iter().filter_map(|&id| nodes[id].take()).collect();
    for (at, (node, needs)) in planned.iter_mut().zip(&needs).enumerate() {
        node.dependencies = needs.iter().copied().collect();
        let draft = &names.drafts[order[at]];
        node.parent = draft.parent.map(|parent| position[parent]);
        node.given = draft.given.map(|given| position[given]);
        if let NodeKind::Repeat(repeat) = &mut node.kind {
            repeat.inner = std::mem::take(&mut inner[at]);
        }
    }
    for (at, needs) in needs.iter().enumerate() {
        for &other in needs {
            planned[other].dependents.push(at);
        }
    }
    planned
}
