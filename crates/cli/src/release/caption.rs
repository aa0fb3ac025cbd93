//! What is drawn into the pictures that a run gave, where its process asks for that.
//!
//! Each caption is a task after those of the run, with a receipt of its own: from the picture as it was made to the picture
//! as it is published. So the run's root holds both digests, and whoever does the run again draws the caption, too.

use std::sync::atomic::AtomicBool;

use daedal_core::AssetRef;
use daedal_core::engine::{Engines, Limits, Outcome, Performed, Task, TaskContext, Usage};
use daedal_core::process::Caption;
use daedal_core::run::{CAPTION, CAPTIONS, Moment, RunSpec, TaskName, TaskRecord, TaskResult};
use daedal_store::Studio;
use serde_json::{Value, json};

use super::copies::Copies;
use super::label::filled_in;
use crate::failure::Failure;
use crate::runs::{Piece, pieces};

/// What captions are drawn into.
const KINDS: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/svg+xml"];

/// A caption and what came of it.
pub(crate) type Drawn = (Task, Outcome);

/// Draws the caption into each picture among what a run gave.
pub(super) fn draw(
    studio: &Studio,
    engines: &Engines,
    (caption, title): (&Caption, Option<&str>),
    spec: &RunSpec,
    outputs: &Value,
) -> Result<Vec<Drawn>, Failure> {
    let text = filled_in(&caption.text, title, spec).map_err(|problem| {
        Failure::new(format!(
            "the caption of the process can't be filled in: {problem}"
        ))
        .help("mend `disclosure.caption` of the process file, and begin another run")
    })?;
    let mut assets: Vec<AssetRef> = Vec::new();
    for piece in pieces(outputs) {
        let is_picture = KINDS.contains(&&*piece.asset.media_type);
        if is_picture && !assets.contains(&piece.asset) && !moves(studio, &piece.asset) {
            assets.push(piece.asset);
        }
    }
    let drawn = assets.iter().map(|asset| {
        let params = json!({ "image": asset.to_value(), "text": text, "place": caption.place });
        let engine = engines.get(CAPTION);
        let task = Task {
            engine: CAPTION.to_owned(),
            engine_version: engine.map_or("", |engine| engine.spec().version).to_owned(),
            params,
            seed: None,
            limits: Limits::default(),
            labels: Default::default(),
        };
        let outcome = perform(studio, engines, &task)?;
        Ok((task, outcome))
    });
    drawn.collect()
}

/// Whether a picture is a film: one frame of it, with a caption, would be another thing.
fn moves(studio: &Studio, asset: &AssetRef) -> bool {
    let bytes = studio.blobs.read(&asset.digest);
    bytes.is_ok_and(|bytes| daedal_engines::moves(&bytes))
}

fn perform(studio: &Studio, engines: &Engines, task: &Task) -> Result<Outcome, Failure> {
    let stop = AtomicBool::new(false);
    let context = TaskContext::new(&*studio.blobs, &stop);
    let refused = |problem: String| {
        Failure::new(format!("the caption can't be drawn: {problem}"))
            .help("mend `disclosure.caption` of the process file, and begin another run")
    };
    let engine = engines.get(&task.engine);
    let engine = engine.ok_or_else(|| refused(format!("there is no engine `{}`", task.engine)))?;
    match engine.run(task, &context) {
        Ok(Performed::Done(outcome)) => Ok(outcome),
        Ok(Performed::Asked(_)) => Err(refused("it asks a person".to_owned())),
        Err(error) => Err(refused(error.to_string())),
    }
}

/// As the tasks that they are.
pub(crate) fn tasks(drawn: Vec<Drawn>, at: Moment) -> Vec<TaskRecord> {
    let numbered = (0..).zip(drawn);
    let tasks = numbered.map(|(index, (task, outcome))| TaskRecord {
        name: TaskName {
            step: CAPTIONS.into(),
            round: 0,
            index,
        },
        round: None,
        index: Some(index),
        key: task.key(None),
        took: Vec::new(),
        own_options: Value::Null,
        task,
        result: TaskResult::Done(outcome),
        lost: Usage::default(),
        reused_from: None,
        request: None,
        decision: None,
        edits: Vec::new(),
        at,
    });
    tasks.collect()
}

/// The captions among the tasks of a run.
pub(crate) fn among(tasks: &[TaskRecord]) -> Vec<Drawn> {
    let captions = tasks.iter().filter(|task| &*task.name.step == CAPTIONS);
    let drawn = captions.filter_map(|task| Some((task.task.clone(), task.outcome()?.clone())));
    drawn.collect()
}

/// Puts pictures with their captions in the place of those without. One whose bytes are nowhere is drawn again.
pub(super) fn put(
    studio: &Studio,
    engines: &Engines,
    copies: &Copies<'_>,
    tasks: &[TaskRecord],
    pieces: &mut [Piece],
) {
    let captions = among(tasks);
    for piece in pieces {
        let own = |(task, _): &&Drawn| {
            let image = AssetRef::from_value(&task.params["image"]);
            image.as_ref() == Some(&piece.asset)
        };
        let Some((task, outcome)) = captions.iter().find(own) else {
            continue;
        };
        let Some(asset) = AssetRef::from_value(&outcome.value) else {
            continue;
        };
        if !copies.have(studio, &asset) {
            // Whoever needs the bytes says so where that fails.
            let _ = perform(studio, engines, task);
        }
        for (name, value) in outcome.value.as_object().into_iter().flatten() {
            piece.value[name] = value.clone();
        }
        piece.asset = asset;
    }
}
