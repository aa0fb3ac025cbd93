//! A released run as the files of one archive.

use std::collections::BTreeSet;

use daedal_channels::site::Words;
use daedal_core::asset::assets_in;
use daedal_core::bundle::Bundle;
use daedal_core::engine::{Determinism, Engines};
use daedal_core::run::{Event, TaskRecord};
use daedal_core::{AssetRef, Digest, canonical};
use daedal_provenance::collection::{
    ANCHOR, ASSETS, ATTESTATION, BUNDLE, CAPTIONS, Collected, Files, LOG, MATERIAL, PROCESS,
    RECEIPTS, STORY, VOTES, verify_files,
};
use daedal_store::Studio;
use serde_json::Value;

use crate::failure::Failure;
use crate::intents::publish;
use crate::release::{Gathered, captions_among};
use crate::story::draw;

/// Every file of the archive of a run, with a page of these words. Where it shall be `replayable`, with the run's log and all bytes that carrying it
/// out again takes: every value that passed through the run is in them.
pub(crate) fn files(
    studio: &Studio,
    engines: &Engines,
    run: &Gathered,
    words: &Words,
    replayable: bool,
) -> Result<Files, Failure> {
    let subject = &run.subject;
    let mut files = Files::new();
    files.insert(RECEIPTS.to_owned(), canonical::to_vec(&subject.record));
    files.insert(
        ATTESTATION.to_owned(),
        read(studio, &run.attestation.digest)?,
    );
    if let Some(on_chain) = &run.on_chain {
        files.insert(
            ANCHOR.to_owned(),
            read(studio, &on_chain.anchor.proof.digest)?,
        );
    }
    if let Some(votes) = &run.told.votes {
        files.insert(VOTES.to_owned(), read(studio, &votes.proof.digest)?);
    }
    let bundle = &subject.planned.bundle;
    files.insert(BUNDLE.to_owned(), bundle.to_bytes());
    for (path, asset) in &bundle.files {
        files.insert(format!("{PROCESS}{path}"), read(studio, &asset.digest)?);
    }
    for piece in &run.pieces {
        for (name, sealed) in piece.files() {
            let path = format!("{ASSETS}{name}");
            if let Some(sidecar) = &sealed.sidecar {
                files.insert(format!("{path}.c2pa"), read(studio, &sidecar.digest)?);
            }
            files.insert(path, read(studio, &sealed.file.digest)?);
        }
    }
    // The page tells what the assets' credentials do.
    let collected = Collected::of(&subject.record, run.domain());
    let found = verify_files(files, &collected, &[]);
    let mut files = found.files;
    let story = draw(&files, &subject.record, &found.assets, engines, words)?;
    for (path, picture) in story.pictures {
        files.insert(path, read(studio, &picture.digest)?);
    }
    files.insert(STORY.to_owned(), story.page.into_bytes());
    if replayable {
        files.insert(LOG.to_owned(), log(run)?);
        let captions = captions_among(&subject.tasks);
        if !captions.is_empty() {
            files.insert(CAPTIONS.to_owned(), canonical::to_vec(&captions));
        }
        for asset in material(bundle, &subject.tasks, engines) {
            let path = format!("{MATERIAL}{}", asset.digest);
            files.insert(path, read(studio, &asset.digest)?);
        }
    }
    Ok(files)
}

fn log(run: &Gathered) -> Result<Vec<u8>, Failure> {
    let mut events = run.events.clone();
    // What signatures hide is told by `daedal disclose` alone.
    for event in &mut events {
        let signed: Vec<&mut Value> = match event {
            Event::Created { spec, .. } => spec.intents.iter_mut().collect(),
            Event::Decided { decision, .. } => decision.intent.iter_mut().collect(),
            Event::Edited { intent, .. } => vec![intent],
            _ => continue,
        };
        signed.into_iter().try_for_each(publish)?;
    }
    serde_json::to_vec(&events)
        .map_err(|error| Failure::because("the run's log can't be written", &error))
}

/// What carrying the run out again takes and does not make: inputs, what hosted models and people gave, what earlier runs
/// gave. The files of the bundle are not among it.
pub(crate) fn material(bundle: &Bundle, tasks: &[TaskRecord], engines: &Engines) -> Vec<AssetRef> {
    let files = bundle.files.values();
    let mut known: BTreeSet<Digest> = files.map(|asset| asset.digest).collect();
    let mut material = Vec::new();
    for task in tasks {
        let taken = assets_in(&task.task.params);
        material.extend(taken.into_iter().filter(|asset| known.insert(asset.digest)));
        let given = task.outcome().map(|outcome| assets_in(&outcome.value));
        for asset in given.unwrap_or_default() {
            if known.insert(asset.digest) && !is_made_again(task, engines) {
                material.push(asset);
            }
        }
    }
    material
}

/// Whether carrying the task out again gives its bytes.
fn is_made_again(task: &TaskRecord, engines: &Engines) -> bool {
    let engine = engines.get(&task.task.engine);
    let is_attested = engine.is_none_or(|engine| engine.spec().determinism != Determinism::Exact);
    task.decision.is_none() && !is_attested
}

fn read(studio: &Studio, digest: &Digest) -> Result<Vec<u8>, Failure> {
    let bytes = studio.blobs.read(digest).map_err(|error| {
        Failure::because("something of the run is lost", &error)
            .help("`daedal release` makes again what can be made: run it, and then this once more")
    })?;
    Ok(bytes.to_vec())
}
