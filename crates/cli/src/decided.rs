//! What the signed decisions of a run come to for what was published of it.

use daedal_core::intent::{IntentKind, Oversight, SignedIntent};
use daedal_core::receipt::Receipt;
use daedal_core::record::RunRecord;
use daedal_provenance::Verdict;
use serde::Serialize;

use crate::text::count;

/// From how little to how much people had to do with each of several files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Range {
    least: Oversight,
    most: Oversight,
}

impl Range {
    /// None over no files.
    pub(crate) fn over(files: impl Iterator<Item = Oversight> + Clone) -> Option<Self> {
        Some(Self {
            least: files.clone().min()?,
            most: files.max()?,
        })
    }

    /// For people.
    pub(crate) fn told(self) -> String {
        match self.least == self.most {
            true => words_of(self.most),
            false => format!("{} to {}", words_of(self.least), words_of(self.most)),
        }
    }
}

/// An oversight, for people.
pub(crate) fn words_of(oversight: Oversight) -> String {
    let word = serde_json::to_value(oversight).unwrap_or_default();
    word.as_str().unwrap_or_default().replace('_', " ")
}

/// Whether such a decision is about what came of a run.
pub(crate) fn is_about_outcomes(kind: IntentKind) -> bool {
    Oversight::of([kind]) == Oversight::HumanValidated
}

/// How many decisions about what came of the run stand in the credential of none of its assets.
pub(crate) fn elsewhere(record: &RunRecord, assets: &[(String, Verdict)]) -> usize {
    let origins = assets.iter().filter_map(|(_, asset)| asset.origin.as_ref());
    let is_named = |signed: &SignedIntent| {
        let (hash, task) = (signed.name(), task_of(record, signed));
        origins.clone().any(|origin| {
            let of_contract = origin.contracts.iter();
            let mut by_key = origin.decisions.iter();
            of_contract
                .map(|other| other.intent)
                .any(|other| other == hash)
                || by_key.any(|other| {
                    let own = (signed.intent.kind, signed.signer, signed.intent.at);
                    (other.kind, other.by, other.at) == own && other.task == task
                })
        })
    };
    let about = record.intents.iter();
    let about = about.filter(|signed| is_about_outcomes(signed.intent.kind));
    about.filter(|signed| !is_named(signed)).count()
}

fn task_of(record: &RunRecord, signed: &SignedIntent) -> Option<String> {
    let hash = signed.name();
    let mut receipts = record.receipts.iter();
    let decided = receipts.find(|receipt| receipt.intents.contains(&hash));
    decided.map(Receipt::label)
}

/// Says so of that many.
pub(crate) fn told_elsewhere(decisions: usize) -> String {
    format!(
        "{} signed in the run, in no credential of what was published: led to none of it, or made among more than a \
         credential names",
        count(decisions, "decision")
    )
}
