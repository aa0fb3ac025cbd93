//! Verifying a whole run: its archive, or what its studio has of it.

use daedal_provenance::chain::Chain;
use daedal_provenance::collection::{self, ANCHOR, ATTESTATION, Archive, Collected, LOG, VOTES};
use daedal_provenance::{Exit, LogFault, Verdict, attest};
use serde_json::{Value, json};

use super::{Node, Scene, anchor, contracts, votes};
use crate::assemble;
use crate::decided::{Range, elsewhere};
use crate::failure::Failure;
use crate::story;
use crate::verify::{Anchor, Votes};

/// A run with what was found out about it.
pub(crate) struct Whole {
    pub(crate) archive: Archive,
    pub(crate) anchor: Option<Anchor>,
    pub(crate) votes: Option<Votes>,
}

/// Verifies an archive.
pub(crate) fn archive(bytes: &[u8], anchors: &[Chain]) -> Whole {
    let mut archive = collection::verify(bytes, anchors);
    story::compare(&mut archive);
    anchored(archive)
}

/// Verifies what a studio has of a run, as it would lie in an archive.
pub(crate) fn kept(files: collection::Files, collected: &Collected, anchors: &[Chain]) -> Whole {
    anchored(collection::verify_files(files, collected, anchors))
}

fn anchored(archive: Archive) -> Whole {
    let mut whole = Whole {
        archive,
        anchor: None,
        votes: None,
    };
    let origins = whole.archive.assets.iter();
    let origins = origins.filter_map(|(_, verdict)| verdict.origin.as_ref());
    if let Some(bytes) = whole.archive.files.get(ANCHOR) {
        // Each asset has its own word on where the run is due: the worst that comes of one is told of the archive.
        let judged = origins.clone().map(|origin| anchor::offline(bytes, origin));
        let judged: Vec<Anchor> = judged.collect();
        let failed = judged.iter().position(|given| given.result.is_err());
        whole.anchor = judged.into_iter().nth(failed.unwrap_or_default());
    }
    let origin = origins.clone().next();
    let bytes = whole.archive.files.get(VOTES);
    whole.votes = bytes
        .zip(origin)
        .and_then(|(bytes, origin)| votes::offline(bytes, origin));
    whole.tell_assets();
    whole
}

impl Whole {
    /// Has a node confirm the anchor and the votes that stand offline, and what contracts signed.
    pub(crate) async fn confirm(&mut self, node: &mut Node) -> Result<(), Failure> {
        let origins = self.archive.assets.iter();
        let bundle = origins
            .filter_map(|(_, verdict)| Some(verdict.origin.as_ref()?.bundle))
            .next();
        if let (Some(anchor), Some(bundle)) = (&mut self.anchor, bundle) {
            anchor.confirm(node, bundle).await?;
        }
        if let Some(votes) = &mut self.votes {
            votes.confirm(node).await?;
        }
        let origins = self.archive.assets.iter();
        let origins = origins.filter_map(|(_, verdict)| verdict.origin.as_ref());
        let contracts = origins.flat_map(|origin| &origin.contracts);
        let answers = contracts::asked(node, contracts).await?;
        for (_, verdict) in &mut self.archive.assets {
            verdict.contracts(answers);
        }
        self.tell_assets();
        Ok(())
    }

    /// Tells each asset what is known of the anchor and the votes, and the archive what its assets come to.
    fn tell_assets(&mut self) {
        if let (Some(anchor), Some(bytes)) = (&self.anchor, self.archive.files.get(ANCHOR)) {
            for (_, verdict) in &mut self.archive.assets {
                let Some(origin) = &verdict.origin else {
                    continue;
                };
                let own = anchor::offline(bytes, origin);
                // What a node said of the anchor is said of every asset that it stands for.
                let result = match anchor.is_asked() && own.can_be_asked() {
                    true => anchor.result.clone(),
                    false => own.result,
                };
                verdict.anchored(result);
            }
        }
        if let Some(votes) = &self.votes {
            for (_, verdict) in &mut self.archive.assets {
                verdict.votes(votes.result.clone());
            }
        }
        if self.archive.record.is_some() {
            self.archive.judge_assets();
        }
    }

    /// The run of an archive that has its log, ready to be carried out again. What the log tells is compared with the
    /// receipts, and told with the verdict.
    pub(crate) fn scene(&mut self) -> Result<Scene, Failure> {
        let scene = self.set();
        if self.archive.files.contains_key(LOG) {
            let told = match &scene {
                Ok(_) => Ok("it tells the run as the receipts do".to_owned()),
                Err(failure) => {
                    let problem = failure.to_json()["error"].clone();
                    let problem = problem.as_str().unwrap_or_default().to_owned();
                    match failure.exit_code() == Exit::Tampered.code() {
                        true => Err(LogFault::Otherwise(problem)),
                        false => Err(LogFault::Unread(problem)),
                    }
                }
            };
            self.archive.verdict.log(told);
        }
        scene
    }

    fn set(&self) -> Result<Scene, Failure> {
        let broken = || Failure::new("the archive's record can't be read");
        let files = &self.archive.files;
        let record = self.archive.record.as_ref().ok_or_else(broken)?;
        let attestation = files.get(ATTESTATION).ok_or_else(broken)?;
        let attested = attest::read(attestation)
            .map_err(|error| Failure::because("the archive's attestation can't be read", &error))?;
        let subjects = attested.statement.subjects();
        Scene::of_archive(files, record, &subjects, &assemble::engines())
    }

    /// The verdict on the run, then those on its files.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        std::iter::once(&self.archive.verdict).chain(self.files())
    }

    /// The verdicts on its files.
    pub(super) fn files(&self) -> impl Iterator<Item = &Verdict> {
        self.archive.assets.iter().map(|(_, verdict)| verdict)
    }

    /// Whether an asset of the run owes an anchor.
    pub(super) fn owes_anchor(&self) -> bool {
        let assets = self.archive.assets.iter();
        let mut origins = assets.filter_map(|(_, verdict)| verdict.origin.as_ref());
        origins.any(|origin| origin.registered.is_some())
    }

    /// What the signed decisions behind each asset amount to, those of contracts among them that their chain has
    /// confirmed.
    pub(super) fn oversight(&self) -> Option<Range> {
        let assets = self.archive.assets.iter();
        let origins = assets.filter_map(|(_, verdict)| verdict.origin.as_ref());
        Range::over(origins.map(|origin| origin.human_oversight))
    }

    /// How many signed decisions of the run stand in no asset's credential.
    pub(super) fn elsewhere(&self) -> usize {
        let record = self.archive.record.as_ref();
        record.map_or(0, |record| elsewhere(record, &self.archive.assets))
    }

    pub(crate) fn to_json(&self) -> Value {
        let assets = self.archive.assets.iter();
        let assets: Vec<Value> = assets
            .map(|(name, verdict)| json!({ "name": name, "code": verdict.exit.code(), "verdict": verdict }))
            .collect();
        json!({
            "code": self.archive.verdict.exit.code(),
            "verdict": self.archive.verdict,
            "run": self.archive.record.as_ref().map(|record| record.header.run()),
            "oversight": self.oversight(),
            "decisions_elsewhere": self.elsewhere(),
            "assets": assets,
            "anchor": self.anchor.as_ref().and_then(Anchor::to_json),
            "votes": self.votes.as_ref().and_then(Votes::to_json),
            "hint": self.hint(),
        })
    }
}
