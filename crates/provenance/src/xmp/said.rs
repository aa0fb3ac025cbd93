//! What a packet of ours says of how its asset came to be, and whether credential and receipts say so, too.

use std::borrow::Cow;
use std::collections::BTreeSet;

use c2pa::Reader;
use daedal_core::Digest;
use daedal_core::process::Training;
use daedal_core::record::RunRecord;

use super::{ALTERNATIVE, BEGIN, END, Fields, escaped, is_ours, place};
use crate::container::{format_of, without_credential};
use crate::made_of::packed_texts;
use crate::manifest::{Source, is_by_model};
use crate::marked::Marking;
use crate::seal::assertion;
use crate::store;

/// Bytes that a format has in front of a packet (a chunk's head and keyword, of a film the kind of the box) and behind it
/// (a check sum, which reads as up to three bytes a byte, or one to make the length even).
const AHEAD_MAX: usize = 64;
const BEHIND_MAX: usize = 12;
pub(super) const ALT: &str = "Iptc4xmpCore:AltTextAccessibility";
pub(super) const SOURCE: &str = "Iptc4xmpExt:DigitalSourceType";
pub(super) const SYSTEMS: &str = "Iptc4xmpExt:AISystemUsed";
pub(super) const WRITER: &str = "Iptc4xmpExt:AIPromptWriterName";

/// What a packet of ours says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// All of it, with what its format has around it.
    packet: String,
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
        // In a drawing the credential may stand in front of it, and the rest is drawn.
        let whole = packet.find(BEGIN).zip(packet.find(END));
        let packet = match (media_type, whole) {
            ("image/svg+xml", Some((begin, end))) => packet.get(begin..end + END.len())?.to_owned(),
            _ => packet.into_owned(),
        };
        let field = |name: &str| between(&packet, &format!("<{name}>"));
        Some(Self {
            source: field(SOURCE),
            systems: field(SYSTEMS),
            writer: field(WRITER),
            packet,
        })
    }

    /// What a credential is told to say, if a packet that is there says so, too.
    pub(crate) fn held(
        packet: Option<&Self>,
        reader: &Reader,
        marking: Marking,
    ) -> Result<Marking, String> {
        match packet {
            Some(packet) => packet
                .reads_as(reader, marking.source_type)
                .map(|()| marking),
            None => Ok(marking),
        }
    }

    /// Checks that it says what a credential says, and nothing else: title, maker, terms, training, source. What is to be
    /// seen is told by it alone, and models by the receipts.
    fn reads_as(&self, reader: &Reader, source: Option<Source>) -> Result<(), String> {
        let metadata = assertion(reader, "cawg.metadata").unwrap_or_default();
        let training = assertion(reader, "cawg.training-mining").unwrap_or_default();
        let training = match training["entries"]["cawg.ai_training"]["use"].as_str() {
            Some("allowed") => Training::Allowed,
            Some("constrained") => Training::Constrained,
            _ => Training::NotAllowed,
        };
        let manifest = reader.active_manifest();
        let fields = Fields {
            title: manifest
                .and_then(|manifest| manifest.title())
                .unwrap_or_default(),
            creator: metadata["dc:creator"][0].as_str(),
            alt: between(&self.packet, &format!("<{ALT}>{ALTERNATIVE}")),
            rights: metadata["dc:rights"].as_str(),
            source,
            systems: self.systems.clone(),
            training,
        };
        let begin = self.packet.find(BEGIN).unwrap_or_default();
        let (around, own) = self.packet.split_at(begin);
        let is_own = own
            .strip_prefix(&*fields.drawn())
            .is_some_and(|behind| behind.len() <= BEHIND_MAX);
        match is_own && around.len() <= AHEAD_MAX {
            true => Ok(()),
            false => Err("its XMP says something else than the credential, of title, maker, terms, training or \
                          what made it"
                .to_owned()),
        }
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
    let told = told?.uri();
    // Credentials tell kinds of source, too.
    let bare = match without_credential(media_type, file) {
        Some(bare) => Cow::Owned(bare),
        None if carries_credential(media_type, file) => return None,
        None => Cow::Borrowed(file),
    };
    let in_clear = sources(&bare);
    let packed = packed_texts(&bare);
    let packed = packed.flat_map(|text| sources(&text).collect::<Vec<_>>());
    let mut words = in_clear.chain(packed);
    words.find(|word| !told.ends_with(&format!("/{word}")))
}

/// The kinds of source that some bytes name.
fn sources(bytes: &[u8]) -> impl Iterator<Item = String> {
    const SCHEME: &[u8] = b"newscodes/digitalsourcetype/";
    memchr::memmem::find_iter(bytes, SCHEME).map(|at| {
        let word = bytes[at + SCHEME.len()..].iter();
        let word = word.take_while(|byte| byte.is_ascii_alphanumeric());
        word.take(64).map(|byte| char::from(*byte)).collect()
    })
}

fn carries_credential(media_type: &str, file: &[u8]) -> bool {
    format_of(media_type).is_some_and(|format| store::of(format, file).is_ok())
}

/// What stands behind a tag, up to the next.
fn between(packet: &str, tag: &str) -> Option<String> {
    let (_, behind) = packet.split_once(tag)?;
    behind.split_once('<').map(|(value, _)| value.to_owned())
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
