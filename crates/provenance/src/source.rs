//! What kind of process gave an asset: whether a trained model had a part in it.

use std::collections::BTreeSet;

use daedal_core::engine::Determinism;
use daedal_core::receipt::Receipt;
use daedal_core::record::RunRecord;
use daedal_core::run::EDIT;
use daedal_core::{AssetRef, Digest};

use crate::line::{Makers, kind, main_line};

const SOURCE_TYPES: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";
const HUMAN_EDITS: &str = "humanEdits";
/// The engine that fetches what others published.
const FEED: &str = "feed";
/// The engine that asks any server.
const HTTP: &str = "http";

/// What kind of process gave an asset (IPTC's digital source types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Rules and code only.
    Algorithmic,
    /// A trained model.
    Trained,
    /// Rules and code, of parts that a trained model made.
    Composite,
}

impl Source {
    /// What the receipts behind an asset amount to; `trained` tells whether a receipt's engine runs a trained
    /// model.
    #[must_use]
    pub fn of(record: &RunRecord, asset: &Digest, trained: impl Fn(&Receipt) -> bool) -> Self {
        let line = main_line(record, &Makers::of(record), asset);
        let along = Self::along(record, &line, trained);
        along.last().copied().unwrap_or(Self::Algorithmic)
    }

    /// The same of each asset of a main line, oldest first. What a program changed stays a model's, unless something else
    /// went into it.
    pub(crate) fn along(
        record: &RunRecord,
        line: &[(usize, Digest)],
        trained: impl Fn(&Receipt) -> bool,
    ) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        let mut before = BTreeSet::new();
        let mut parent = None;
        for (place, made) in line {
            let receipt = &record.receipts[*place];
            let behind: BTreeSet<usize> = record.lineage(made).into_iter().collect();
            let mut added = behind.difference(&before);
            let adds_model = added.any(|place| trained(&record.receipts[*place]));
            let is_alone = worked_on(receipt, made).map(|input| input.digest) == parent;
            found.push(match (trained(receipt), found.last()) {
                (true, _) => Self::Trained,
                (_, Some(Self::Trained)) if is_alone && !adds_model => Self::Trained,
                (_, None | Some(Self::Algorithmic)) if !adds_model => Self::Algorithmic,
                _ => Self::Composite,
            });
            before = behind;
            parent = Some(*made);
        }
        found
    }

    pub(crate) fn uri(self) -> String {
        let name = self.name();
        format!("{SOURCE_TYPES}{name}")
    }

    /// The one that a credential names.
    pub(crate) fn from_uri(uri: &str) -> Option<Self> {
        let all = [Self::Algorithmic, Self::Trained, Self::Composite];
        all.into_iter().find(|source| source.uri() == uri)
    }

    /// IPTC's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Algorithmic => "algorithmicMedia",
            Self::Trained => "trainedAlgorithmicMedia",
            Self::Composite => "compositeWithTrainedAlgorithmicMedia",
        }
    }
}

/// What a task changed into what it `made`, if it was given nothing else that could be part of it: nothing else of that kind,
/// no other picture, sound or film. A person edits one of those that are there.
pub(crate) fn worked_on<'r>(receipt: &'r Receipt, made: &Digest) -> Option<&'r AssetRef> {
    let is_edit = receipt.engine == EDIT;
    let made = receipt.outputs.iter().find(|own| own.digest == *made)?;
    let is_alike = |input: &&AssetRef| kind(&input.media_type) == kind(&made.media_type);
    let inputs = receipt.inputs.iter();
    let mut taken = inputs.filter(|input| is_alike(input) || !is_edit && is_seen_or_heard(input));
    let first = taken.next().filter(is_alike)?;
    let is_alone = is_edit || taken.all(|other| other.digest == first.digest);
    is_alone.then_some(first)
}

/// Whether a trained model made what a task gave, as far as can be known: engines say so, and what an unknown server draws
/// or plays is taken for a model's; what it says in text, and what a feed says, are sources like others.
#[must_use]
pub fn is_by_model(receipt: &Receipt) -> bool {
    let is_unknown = match receipt.engine.as_str() {
        EDIT | FEED => false,
        HTTP => receipt.outputs.iter().any(is_seen_or_heard),
        _ => receipt.determinism == Determinism::Attested,
    };
    receipt.usage.by_model || is_unknown
}

/// Whether something is a picture, a sound or a film.
pub(crate) fn is_seen_or_heard(asset: &AssetRef) -> bool {
    matches!(kind(&asset.media_type), "image" | "audio" | "video")
}

/// IPTC's source type of what people changed by hand.
pub(crate) fn human_edits() -> String {
    format!("{SOURCE_TYPES}{HUMAN_EDITS}")
}
