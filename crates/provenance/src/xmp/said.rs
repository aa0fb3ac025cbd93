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

/// The kind of source that metadata tells which a file was brought with, where its credential tells another: ours does not
/// take the place of a packet that is there.
pub(crate) fn brought_otherwise(
    media_type: &str,
    file: &[u8],
    told: Option<Source>,
) -> Option<String> {
    const SCHEME: &[u8] = b"newscodes/digitalsourcetype/";
    let told = told?.uri();
    // Credentials tell kinds of source, too.
    let bare = without_credential(media_type, file)?;
    memchr::memmem::find_iter(&bare, SCHEME).find_map(|at| {
        let word = bare[at + SCHEME.len()..].iter();
        let word = word.take_while(|byte| byte.is_ascii_alphanumeric());
        let word: String = word.take(64).map(|byte| char::from(*byte)).collect();
        (!told.ends_with(&format!("/{word}"))).then_some(word)
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::png;

    #[test]
    fn metadata_that_was_brought_is_told_where_it_names_another_kind_of_source() {
        let bytes = png(9, 9, false);
        let body = b"iTXtXML:com.adobe.xmp\0\0\0\0\0http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture<";
        let length = u32::try_from(body.len() - 4).unwrap().to_be_bytes();
        let sum = crc32fast::hash(body).to_be_bytes();
        let brought = [&bytes[..33], &length, body, &sum, &bytes[33..]].concat();
        let told = |file: &[u8], source| brought_otherwise("image/png", file, source);
        let code = Some(Source::Algorithmic);
        assert_eq!(told(&brought, code).as_deref(), Some("digitalCapture"));
        assert_eq!(told(&brought, None), None, "it was passed on as it was");
        assert_eq!(told(&bytes, code), None);
    }
}
