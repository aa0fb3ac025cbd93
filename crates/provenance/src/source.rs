//! What kind of process gave an asset: whether a trained model had a part in it.

use daedal_core::engine::Determinism;
use daedal_core::receipt::Receipt;
use daedal_core::record::RunRecord;
use daedal_core::run::{CAPTION, EDIT};
use daedal_core::{AssetRef, Digest};

use crate::line::kind;

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
        let maker = machine_of(record, asset);
        if maker.is_some_and(|maker| trained(&record.receipts[maker])) {
            return Self::Trained;
        }
        let lineage = record.lineage(asset);
        if lineage
            .iter()
            .any(|place| trained(&record.receipts[*place]))
        {
            Self::Composite
        } else {
            Self::Algorithmic
        }
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

/// The receipt of the machine that made an asset, or what a person edited into it, or what a caption was drawn into.
fn machine_of(record: &RunRecord, asset: &Digest) -> Option<usize> {
    let mut place = record.maker_of(asset)?;
    while [EDIT, CAPTION].contains(&&*record.receipts[place].engine) {
        let from = record.receipts[place].inputs.first()?;
        place = record.maker_of(&from.digest).filter(|from| *from < place)?;
    }
    Some(place)
}

/// Whether a trained model made what a task gave, as far as can be known: what an unknown server draws or plays is
/// taken for a model's; what it says in text, and what a feed says, are sources like others.
#[must_use]
pub fn is_by_model(receipt: &Receipt) -> bool {
    let is_attested = receipt.determinism == Determinism::Attested;
    let made = match receipt.engine.as_str() {
        EDIT | FEED => false,
        HTTP => receipt.outputs.iter().any(is_seen_or_heard),
        _ => is_attested,
    };
    made || receipt.usage.tokens.is_some()
}

/// Whether something is a picture, a sound or a film.
pub(crate) fn is_seen_or_heard(asset: &AssetRef) -> bool {
    matches!(kind(&asset.media_type), "image" | "audio" | "video")
}

/// IPTC's source type of what people changed by hand.
pub(crate) fn human_edits() -> String {
    format!("{SOURCE_TYPES}{HUMAN_EDITS}")
}
