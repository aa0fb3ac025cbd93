//! What a packet of ours says of how its asset came to be, and whether credential and receipts say so, too.

use std::collections::BTreeSet;

use daedal_core::Digest;
use daedal_core::record::RunRecord;

use super::{escaped, is_ours, place};
use crate::container::without_credential;
use crate::manifest::{Source, is_by_model};

pub(super) const SOURCE: &str = "Iptc4xmpExt:DigitalSourceType";
pub(super) const SYSTEMS: &str = "Iptc4xmpExt:AISystemUsed";
pub(super) const WRITER: &str = "Iptc4xmpExt:AIPromptWriterName";

/// What a packet of ours says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    source: Option<String>,
    systems: Option<String>,
    writer: Option<String>,
}

impl Said {
    /// What the one in a file says, if it has one.
    pub(crate) fn of(media_type: &str, file: &[u8]) -> Option<Self> {
        let bare = match media_type {
            // It stands at the end, whatever else is there.
            "video/mp4" => None,
            _ => without_credential(media_type, file),
        };
        let file = bare.as_deref().unwrap_or(file);
        let packet = place::packet(media_type, file).filter(|packet| is_ours(packet))?;
        let packet = String::from_utf8_lossy(packet);
        let field = |name: &str| {
            let (_, behind) = packet.split_once(&format!("<{name}>"))?;
            behind.split_once('<').map(|(value, _)| value.to_owned())
        };
        Some(Self {
            source: field(SOURCE),
            systems: field(SYSTEMS),
            writer: field(WRITER),
        })
    }

    /// Checks it against the kind of source that the credential names.
    pub(crate) fn agrees(&self, source: Option<Source>) -> Result<(), String> {
        let word = |uri: &Option<String>| match uri {
            Some(uri) => format!("“{}”", uri.rsplit('/').next().unwrap_or_default()),
            None => "nothing".to_owned(),
        };
        let told = source.map(Source::uri);
        if self.source != told {
            return Err(format!(
                "of what made it, its XMP says {}, and the credential {}",
                word(&self.source),
                word(&told)
            ));
        }
        let names_model = self.systems.is_some() || self.writer.is_some();
        match source {
            None | Some(Source::Algorithmic) if names_model => Err(
                "its XMP tells of a model that had part in it, and the credential of none"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }

    /// How the receipts speak against it.
    pub(crate) fn fault(&self, record: &RunRecord, asset: &Digest) -> Option<String> {
        let shown = systems(record, asset);
        let told = |systems: &Option<String>| systems.clone().unwrap_or_else(|| "none".to_owned());
        if self.systems != shown {
            return Some(format!(
                "of models that had part in it, its XMP names {}, and by the receipts it was {}",
                told(&self.systems),
                told(&shown)
            ));
        }
        (shown.is_none() && self.writer.is_some()).then(|| {
            "its XMP says who wrote the prompt, and by the receipts there was none".to_owned()
        })
    }
}

/// The models that had part in an asset, as the receipts name them.
pub(super) fn systems(record: &RunRecord, asset: &Digest) -> Option<String> {
    let behind = record.lineage(asset).into_iter();
    let behind = behind.map(|place| &record.receipts[place]);
    let models = behind.filter(|receipt| is_by_model(receipt));
    let names = models.map(|receipt| receipt.usage.tool.as_deref().unwrap_or(&receipt.engine));
    let names: BTreeSet<&str> = names.collect();
    let names: Vec<&str> = names.into_iter().collect();
    (!names.is_empty()).then(|| escaped(&names.join(", ")))
}
