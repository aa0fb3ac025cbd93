//! The page that tells how a run went, drawn from what lies beside it in the run's archive: by whoever exports the
//! archive, and again by whoever verifies it.

mod chapters;

use std::collections::{BTreeMap, BTreeSet};

use daedal_chain::proof::{AnchorProof, VotesProof};
use daedal_channels::site::{self, Ran, Story, StoryPiece, Words};
use daedal_channels::{Oversight, Proposal};
use daedal_core::bundle::Bundle;
use daedal_core::engine::Engines;
use daedal_core::intent;
use daedal_core::plan::{self, Planned};
use daedal_core::record::RunRecord;
use daedal_core::run::Moment;
use daedal_provenance::collection::{
    ANCHOR, ASSETS, Archive, BUNDLE, Files, PROCESS, STORY, VOTES,
};
use daedal_provenance::{Exit, Verdict};
use daedal_store::Studio;

pub(crate) use chapters::told_places;

use crate::assemble;
use crate::chain::chain_name;
use crate::decided::is_about_outcomes;
use crate::failure::Failure;
use crate::hint;
use crate::release::proposals;
use crate::text::moment;

/// Draws the page of an archive with these files, whose record and assets were verified.
pub(crate) fn draw(
    files: &Files,
    record: &RunRecord,
    assets: &[(String, Verdict)],
    engines: &Engines,
    words: &Words,
) -> Result<Story, Failure> {
    let planned = planned(files, engines)?;
    let nodes = planned.plan.nodes.iter();
    let roles: BTreeMap<String, _> = nodes
        .filter_map(|node| Some((node.path.to_string(), node.role?)))
        .collect();
    let process = &planned.process;
    let unsigned = assets.iter().filter_map(|(_, asset)| asset.origin.as_ref());
    let behind = behind(record, unsigned.map(|origin| origin.unsigned));
    let settings = record.inputs.iter().chain(&record.parameters);
    let ran = Ran {
        run: record.header.run(),
        process: process.name.clone(),
        title: process.title.as_ref().unwrap_or(&process.name).clone(),
        description: process.description.clone(),
        version: record.header.bundle,
        seed: record.header.seed,
        ended_at: moment(Moment(record.header.ended_ms)),
        settings: settings
            .filter_map(|(name, setting)| Some((name.clone(), setting.value.clone()?)))
            .collect(),
        governed: record.header.governed.clone(),
        proposals: voted(files, record),
        people: chapters::people(record, assets),
        pieces: assets.iter().map(piece).collect(),
        chapters: chapters::chapters(record, &roles, &behind, words),
        anchor: anchor(files),
    };
    site::story(&ran, words)
        .map_err(|error| Failure::because("the story of the run can't be written", &error))
}

/// Places of all receipts behind any of the assets.
pub(crate) fn behind(
    record: &RunRecord,
    assets: impl Iterator<Item = daedal_core::Digest>,
) -> BTreeSet<usize> {
    assets.flat_map(|asset| record.lineage(&asset)).collect()
}

fn planned(files: &Files, engines: &Engines) -> Result<Planned, Failure> {
    let bundle = files.get(BUNDLE).map_or(&[][..], Vec::as_slice);
    let bundle = Bundle::from_bytes(bundle)
        .map_err(|error| Failure::because("the process of the run can't be read", &error))?;
    let place = Studio::in_memory();
    for (path, bytes) in files {
        if path.starts_with(PROCESS) {
            place.blobs.write(bytes).map_err(|error| {
                Failure::because("the files of the process can't be kept", &error)
            })?;
        }
    }
    plan::of_bundle(&bundle, &*place.blobs, engines).map_err(Failure::from)
}

fn piece((name, asset): &(String, Verdict)) -> StoryPiece {
    let oversight = asset.origin.as_ref().map(|origin| origin.human_oversight);
    let decisions = asset.origin.iter().flat_map(|origin| &origin.decisions);
    let about = decisions.filter(|decision| is_about_outcomes(decision.kind));
    StoryPiece {
        path: format!("{ASSETS}{name}"),
        title: asset.title.as_ref().unwrap_or(name).clone(),
        oversight: oversight.map(|oversight| match oversight {
            intent::Oversight::FullyAutonomous => Oversight::FullyAutonomous,
            intent::Oversight::PromptGuided => Oversight::PromptGuided,
            intent::Oversight::HumanValidated => Oversight::HumanValidated,
        }),
        acts: about.map(|decision| chapters::act(decision.kind)).collect(),
        digest: asset.sha256,
    }
}

/// How the dials of the run were voted. What does not stand is told with the verdict, and not here.
fn voted(files: &Files, record: &RunRecord) -> Vec<Proposal> {
    let Some((pin, bytes)) = record.header.governed.as_ref().zip(files.get(VOTES)) else {
        return Vec::new();
    };
    let votes = VotesProof::read(bytes).and_then(|proof| proof.check(pin));
    votes.map_or_else(|_| Vec::new(), |votes| proposals(pin, &votes))
}

fn anchor(files: &Files) -> Option<String> {
    let proof = AnchorProof::read(files.get(ANCHOR)?).ok()?;
    Some(format!(
        "{}, {}",
        chain_name(proof.chain),
        proof.transaction.hash
    ))
}

/// Draws the page of an archive again, and tells with the verdict whether it is the one that lies there.
pub(crate) fn compare(archive: &mut Archive) {
    let assets = &archive.assets;
    let is_tampered = |verdict: &Verdict| verdict.exit == Exit::Tampered;
    let is_sound =
        !is_tampered(&archive.verdict) && !assets.iter().any(|(_, asset)| is_tampered(asset));
    let (Some(record), Some(page)) = (&archive.record, archive.files.get(STORY)) else {
        return;
    };
    if !is_sound {
        return;
    }
    let page = String::from_utf8_lossy(page).into_owned();
    let Some(words) = Words::in_page(&page) else {
        let detail = format!(
            "`{STORY}` and its small pictures are covered by the seal only: the page is of another form than this version \
             of Daedal draws (form {}), so that it was not compared with the record",
            site::STORY_FORM
        );
        return archive.story_untold(detail);
    };
    match draw(&archive.files, record, assets, &assemble::engines(), &words) {
        Ok(drawn) if drawn.page == page => archive.story(Ok(format!(
            "`{STORY}` is the one that the record tells; its notes, small pictures and label are the word of whoever sealed it"
        ))),
        Ok(drawn) => archive.story(Err(format!(
            "`{STORY}` tells the run otherwise than its record, first in line {}: believe the receipts, not the page, and \
             ask for the archive again (`{} export RUN`)",
            differs_at(&drawn.page, &page),
            hint::daedal()
        ))),
        Err(failure) => {
            let why = failure.to_json()["error"].clone();
            archive.story_untold(format!(
                "`{STORY}` and its small pictures are covered by the seal only: the page can't be drawn again here ({})",
                why.as_str().unwrap_or_default()
            ));
        }
    }
}

/// The first line that is another, from 1.
fn differs_at(one: &str, other: &str) -> usize {
    let (one, other) = (one.split('\n'), other.split('\n'));
    1 + one
        .zip(other)
        .take_while(|(one, other)| one == other)
        .count()
}
