//! What a credential says that its asset was made of, and whether what had a credential of its own came with one that
//! holds.

use c2pa::{Ingredient, Reader, Relationship};
use daedal_core::Digest;
use memchr::memmem;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use serde::Serialize;

use crate::container::{Carrier, format_of, sniff};
use crate::manifest::Relation;
use crate::seal::{UNREAD, read};
use crate::store;
use crate::verdict::{Outcome, Verdict};

/// Ingredients that are told one by one in words; all of them are in [`Verdict::ingredients`].
const TOLD_MAX: usize = 6;

/// What the library says of a certificate out of its time.
const EXPIRED: &str = "signingCredential.expired";

/// Something that an asset was made of, by its credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MadeOf {
    /// What people call it.
    pub title: String,
    /// Its media type.
    pub media_type: Option<String>,
    /// SHA-256 of its bytes.
    pub sha256: Option<Digest>,
    /// What became of it.
    pub relation: Relation,
    /// The credential that it came with.
    pub credential: Option<Own>,
}

/// The credential of an ingredient, as it was when it was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Own {
    /// Whom the certificate names. Nothing tells here whether that is true: verify the ingredient itself.
    pub signer: Option<String>,
    /// Whether its certificate was out of its time, so that it counts for nobody. The file is as it was sealed, all the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
    /// What was wrong with it; nothing if it held. That its signer is unknown is no fault of it.
    pub faults: Vec<String>,
}

/// What a file says of itself that has to outlast what is made of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// It has a credential inside or beside it, whatever that is worth.
    pub credential: bool,
    /// It says, in its metadata or its credential, that a trained model made it or a part of it (IPTC's digital source
    /// types).
    pub by_model: bool,
}

/// Longest text that is unpacked, and how many of a file are.
const TEXT_BYTES_MAX: usize = 1_048_576;
const TEXTS_MAX: usize = 64;

impl Marks {
    /// Those of a file of this media type, with the credential that lies beside it.
    #[must_use]
    pub fn of(media_type: &str, file: &[u8], beside: Option<&[u8]>) -> Self {
        const WORD: &str = "rainedAlgorithmicMedia";
        let media_type = sniff(file).unwrap_or(media_type);
        let format = format_of(media_type);
        let credential = format.is_some_and(|format| store::of(format, file).is_ok());
        // In clear, but where a manifest or a text is compressed.
        let is_in = |bytes: &[u8]| memmem::find(bytes, WORD.as_bytes()).is_some();
        let in_clear = || is_in(file) || packed_texts(file).any(|text| is_in(&text));
        let in_manifest = || {
            let carrier = format.map(|format| Carrier::Embedded { format });
            let reader = carrier.and_then(|carrier| read(carrier, file, None, &[]).ok());
            reader.is_some_and(|reader| reader.json().contains(WORD))
        };
        let in_beside = |beside| {
            let reader = read(Carrier::Sidecar, file, Some(beside), &[]);
            reader.is_ok_and(|reader| reader.json().contains(WORD))
        };
        Self {
            credential: credential || beside.is_some(),
            by_model: in_clear() || credential && in_manifest() || beside.is_some_and(in_beside),
        }
    }

    /// Whether there are any.
    #[must_use]
    pub fn any(self) -> bool {
        self.credential || self.by_model
    }
}

/// The texts of a PNG, such as XMP, that stand compressed in it (PNG specification, 11.3.3.4), one after the other and not
/// without end.
pub(crate) fn packed_texts(file: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut rest = file.strip_prefix(b"\x89PNG\r\n\x1a\n").unwrap_or_default();
    let chunks = std::iter::from_fn(move || {
        let ([a, b, c, d, kind @ ..], behind) = rest.split_first_chunk::<8>()?;
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let (body, next) = behind.split_at_checked(length)?;
        // Behind the check sum.
        rest = next.get(4..).unwrap_or_default();
        Some((*kind, body))
    });
    let texts = chunks.filter(|(kind, _)| kind == b"iTXt");
    texts.filter_map(|(_, body)| unpacked(body)).take(TEXTS_MAX)
}

/// The text of such a chunk: behind a keyword, flag and method of compression, language, and the keyword translated.
fn unpacked(body: &[u8]) -> Option<Vec<u8>> {
    let keyword = body.iter().position(|byte| *byte == 0)?;
    let [1, 0, rest @ ..] = body.get(keyword + 1..)? else {
        return None;
    };
    let text = rest.splitn(3, |byte| *byte == 0).nth(2)?;
    decompress_to_vec_zlib_with_limit(text, TEXT_BYTES_MAX).ok()
}

pub(crate) fn made_of(verdict: &mut Verdict, reader: &Reader) {
    let manifest = reader.active_manifest();
    let ingredients = manifest.map(|manifest| manifest.ingredients());
    let ingredients = ingredients.unwrap_or_default().iter();
    verdict.ingredients = ingredients.map(|own| of(reader, own)).collect();
    if verdict.ingredients.is_empty() {
        return;
    }
    let is_faulty = |part: &&MadeOf| part.faults().is_some();
    let outcome = match verdict.ingredients.iter().any(|part| is_faulty(&part)) {
        true => Outcome::Noted,
        false => Outcome::Passed,
    };
    // Those that something is wrong with come first: they have to be among the ones that are told.
    let (faulty, sound): (Vec<_>, Vec<_>) = verdict.ingredients.iter().partition(is_faulty);
    let mut told: Vec<String> = faulty
        .iter()
        .chain(&sound)
        .map(|part| part.told())
        .collect();
    if told.len() > TOLD_MAX {
        let more = told.len() - TOLD_MAX;
        told.truncate(TOLD_MAX);
        told.push(format!("and {more} more"));
    }
    verdict.note("made of", outcome, told.join("; "));
}

fn of(reader: &Reader, ingredient: &Ingredient) -> MadeOf {
    let own = ingredient.active_manifest().map(|label| {
        let manifest = reader.get_manifest(label);
        let results = ingredient.validation_results();
        let failed = results.and_then(|results| results.active_manifest());
        let failed = failed.map_or(&[][..], |codes| codes.failure());
        let codes = || failed.iter().map(|status| status.code());
        let is_fault =
            |code: &&str| !code.starts_with("signingCredential.untrusted") && *code != EXPIRED;
        Own {
            signer: manifest.and_then(|manifest| manifest.common_name()),
            expired: codes().any(|code| code == EXPIRED),
            faults: codes().filter(is_fault).map(str::to_owned).collect(),
        }
    });
    let unread = ingredient.description().and_then(|told| {
        let fault = told.starts_with(UNREAD).then(|| told.to_owned())?;
        Some(Own {
            signer: None,
            expired: false,
            faults: vec![fault],
        })
    });
    MadeOf {
        title: ingredient.title().unwrap_or_default().to_owned(),
        media_type: ingredient.format().map(str::to_owned),
        sha256: ingredient
            .instance_id()
            .strip_prefix("sha256:")
            .and_then(|digest| digest.parse().ok()),
        relation: match ingredient.relationship() {
            Relationship::ParentOf => Relation::Parent,
            Relationship::ComponentOf => Relation::Component,
            Relationship::InputTo => Relation::Input,
        },
        credential: own.or(unread),
    }
}

impl MadeOf {
    /// What is wrong with the credential that it came with, if something is.
    fn faults(&self) -> Option<&[String]> {
        let faults = &self.credential.as_ref()?.faults[..];
        (!faults.is_empty()).then_some(faults)
    }

    fn told(&self) -> String {
        let became = match self.relation {
            Relation::Parent => "it is a version of",
            Relation::Component => "in it is",
            Relation::Input => "it was made from",
        };
        let title = match self.title.is_empty() {
            true => "something unnamed".to_owned(),
            false => format!("“{}”", self.title),
        };
        let own = self.credential.as_ref().map(|own| {
            let signer = own.signer.as_deref().unwrap_or("an unnamed signer");
            match self.faults() {
                None if own.expired => format!(
                    " (with a credential said to be of {signer}, whose certificate had expired)"
                ),
                None => format!(" (with a credential said to be of {signer})"),
                Some(faults) => format!(
                    " (whose credential, said to be of {signer}, did not hold when it was taken in: {})",
                    faults.join(", ")
                ),
            }
        });
        format!("{became} {title}{}", own.unwrap_or_default())
    }
}
