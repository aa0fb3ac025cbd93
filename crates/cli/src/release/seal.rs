//! Each piece with its credential.

use std::cell::OnceCell;

use daedal_core::AssetRef;
use daedal_core::engine::Engines;
use daedal_core::intent::Domain;
use daedal_provenance::ingredients::parts;
use daedal_provenance::manifest::{Anchoring, Content, Ingredient, Relation, Source};
use daedal_provenance::{SealRequest, attest, seal};
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::copies::Copies;
use super::lineage::Telling;
use super::outside::Outside;
use super::{Signing, Subject, earlier, kept};
use crate::came_with;
use crate::failure::Failure;
use crate::oversight::is_by_model;
use crate::runs::Piece;

/// A piece and what it became.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SealedPiece {
    pub(crate) piece: Piece,
    pub(crate) title: String,
    pub(crate) sealed: Sealed,
    /// Sealed attachments by name.
    pub(crate) attachments: Vec<(String, Sealed)>,
}

/// What an asset became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    /// As the run made it.
    pub(crate) unsigned: AssetRef,
    /// With its credential inside, or as it was.
    pub(crate) file: AssetRef,
    /// The credential, where it can't be inside.
    pub(crate) sidecar: Option<AssetRef>,
    /// Whom the certificate names that it was signed with.
    pub(crate) signer: String,
    /// Chain and registry that its credential names, where that is on record.
    #[serde(default)]
    pub(crate) domain: Option<Domain>,
    /// Who anchors it by its credential.
    #[serde(default)]
    pub(crate) anchoring: Option<Anchoring>,
}

impl SealedPiece {
    /// What the attestation says of it and of its attachments, by the names of their files.
    pub(crate) fn subjects(&self) -> Vec<attest::Subject> {
        let files = self.files().into_iter();
        files.map(|(name, sealed)| sealed.subject(name)).collect()
    }

    /// It and its attachments, by the names of their files.
    pub(crate) fn files(&self) -> Vec<(String, &Sealed)> {
        let name = format!("{}.{}", self.piece.stem(), self.piece.asset.extension());
        let attached = self.attachments.iter();
        let attached = attached
            .map(|(name, sealed)| (self.piece.attachment_name(name, &sealed.unsigned), sealed));
        std::iter::once((name, &self.sealed))
            .chain(attached)
            .collect()
    }
}

impl Sealed {
    fn subject(&self, name: String) -> attest::Subject {
        attest::Subject {
            name,
            unsigned: self.unsigned.digest,
            signed: self.file.digest,
            sidecar: self.sidecar.as_ref().map(|sidecar| sidecar.digest),
        }
    }
}

/// What sealing the pieces of a run takes.
pub(super) struct Sealing<'a> {
    pub(super) studio: &'a Studio,
    pub(super) engines: &'a Engines,
    pub(super) subject: &'a Subject,
    /// Chain and registry that the credentials name.
    pub(super) domain: Domain,
    /// Who anchors the run, by the credentials.
    pub(super) anchoring: Option<Anchoring>,
    pub(super) signing: &'a Signing<'a>,
    pub(super) copies: &'a Copies<'a>,
    /// Looked for when something is sealed.
    pub(super) outside: OnceCell<Outside>,
}

impl Sealing<'_> {
    /// What came from elsewhere; looked for once.
    async fn outside(&self) -> Result<&Outside, Failure> {
        if let Some(outside) = self.outside.get() {
            return Ok(outside);
        }
        let (studio, subject) = (self.studio, self.subject);
        let beside =
            came_with::of(studio, subject.run, &subject.record.receipts, &subject.spec).await?;
        let earlier = earlier::of(studio, self.engines, subject).await?;
        let ui = self.signing.ui;
        let outside = Outside::of(studio, subject, self.copies, beside, &earlier, ui);
        Ok(self.outside.get_or_init(|| outside))
    }

    /// Seals every piece that is not sealed yet, or of which the sealed file was lost.
    pub(super) async fn all(&self) -> Result<Vec<SealedPiece>, Failure> {
        let mut sealed = Vec::new();
        for piece in &self.subject.pieces {
            let telling = Telling::of(self.subject, piece);
            let (title, alt) = (telling.title(), telling.alt());
            let mut attachments = Vec::new();
            for (name, asset) in &piece.attachments {
                let title = format!("{title}: {name}");
                attachments.push((name.clone(), self.one(asset, &title, &title).await?));
            }
            sealed.push(SealedPiece {
                sealed: self.one(&piece.asset, &title, &alt).await?,
                piece: piece.clone(),
                title,
                attachments,
            });
        }
        Ok(sealed)
    }

    async fn one(&self, asset: &AssetRef, title: &str, alt: &str) -> Result<Sealed, Failure> {
        let (studio, run) = (self.studio, self.subject.run);
        let key = format!("{run}/{}", asset.digest);
        let known = kept::get(studio, "sealed", &key).await?;
        let was_sealed = known.is_some();
        let mut is_elsewhere = false;
        if let Some(known) = known {
            let sealed: Sealed = serde_json::from_value(known)
                .map_err(|error| Failure::because("what was sealed can't be read", &error))?;
            let have = |asset: &AssetRef| self.copies.have(studio, asset);
            is_elsewhere = self.is_elsewhere(&sealed);
            if !is_elsewhere && have(&sealed.file) && sealed.sidecar.as_ref().is_none_or(have) {
                return Ok(sealed);
            }
        }
        let name = || match was_sealed {
            true => format!("the sealed file of “{title}”"),
            false => format!("“{title}”"),
        };
        let process = &self.subject.spec.process;
        let bytes = self.copies.read(studio, asset);
        let bytes = bytes.map_err(|error| self.copies.lost(&name(), process, &error))?;
        if bytes.is_empty() {
            let what = format!("{} is empty, and nothing can be bound to it", name());
            return Err(Failure::new(what).help(
                "have the step write something, or leave the output away in another run of the process",
            ));
        }
        let sealed = seal_one(self, self.outside().await?, asset, &bytes, title, alt)?;
        let mut documents = vec![Document::of("sealed", key, &sealed)];
        if was_sealed {
            let why = match is_elsewhere {
                true => {
                    "whose credential named another registry, account or contract than the run is anchored with"
                }
                false => "of which the sealed file was lost",
            };
            let again = format!("sealed again: “{title}”, {why}");
            self.signing.ui.note(again);
            // The run's attestation names the file that is gone.
            documents.push(Document::of("attestation", run.to_string(), &Value::Null));
        }
        kept::put_all(studio, documents).await?;
        Ok(sealed)
    }
}

impl Sealing<'_> {
    /// Whether a credential names another registry than the run is going to be anchored for, as of a chain that
    /// was made anew since, or somebody else who anchors it. Where it names none, it was released without a chain, and
    /// stays so.
    fn is_elsewhere(&self, sealed: &Sealed) -> bool {
        let none = Domain::default();
        let named = sealed.domain.filter(|named| *named != none);
        let other = |anchoring: Anchoring| sealed.anchoring.is_some_and(|named| named != anchoring);
        self.domain != none
            && named.is_some_and(|named| named != self.domain || self.anchoring.is_some_and(other))
    }
}

fn seal_one(
    sealing: &Sealing<'_>,
    outside: &Outside,
    asset: &AssetRef,
    bytes: &[u8],
    title: &str,
    alt: &str,
) -> Result<Sealed, Failure> {
    let Sealing {
        studio,
        subject,
        signing,
        ..
    } = *sealing;
    let process = &subject.planned.process;
    let maker = signing.maker()?;
    let (ingredients, source) = ingredients(sealing, outside, asset);
    let behind = subject.behind(asset);
    let request = SealRequest {
        bytes,
        content: Content {
            title,
            alt: Some(alt),
            media_type: &asset.media_type,
            digest: asset.digest,
            record: &subject.record,
            anchor: sealing.domain,
            anchoring: sealing.anchoring,
            source,
            training: process.disclosure.training,
            license: process.license.as_ref(),
            creator: Some(&maker),
            ingredients: &ingredients,
            is_on_way: &|step| behind.contains(step),
        },
    };
    let made = seal(&request, signing.signer()?)
        .map_err(|error| Failure::because(format!("`{title}` can't be sealed"), &error))?;
    Ok(Sealed {
        unsigned: asset.clone(),
        file: kept::write(studio, &asset.media_type, &made.file)?,
        sidecar: match &made.sidecar {
            Some(bytes) => Some(kept::write(studio, "application/c2pa", bytes)?),
            None => None,
        },
        signer: signing.certified()?,
        domain: Some(sealing.domain),
        anchoring: sealing.anchoring,
    })
}

/// What the asset was made of, and what kind of process gave it. What came from elsewhere is given with its bytes, so that a
/// credential that it has is kept; and where a model made that, the asset has parts of a model.
fn ingredients(
    sealing: &Sealing<'_>,
    outside: &Outside,
    asset: &AssetRef,
) -> (Vec<Ingredient>, Source) {
    let record = &sealing.subject.record;
    let named = parts(record, &asset.digest, &outside.brought(), is_by_model).into_iter();
    let mut ingredients: Vec<Ingredient> = named
        .map(|part| {
            let foreign = outside.get(&part.asset.digest);
            let made_by = part.maker.map(|maker| record.receipts[maker].label());
            let title = made_by.or_else(|| foreign.map(|foreign| foreign.title.clone()));
            let given_by = || record.maker_of(&part.asset.digest);
            let title = title.or_else(|| given_by().map(|at| record.receipts[at].label()));
            let bytes = foreign.and_then(|foreign| foreign.bytes.as_deref());
            Ingredient {
                title: title.unwrap_or_default(),
                media_type: part.asset.media_type,
                digest: part.asset.digest,
                bytes: bytes.map(<[u8]>::to_vec),
                beside: foreign.and_then(|foreign| foreign.beside.clone()),
                relation: part.relation,
            }
        })
        .collect();
    // What people put in by hand, and what servers gave, with the credentials that it came with.
    let lineage = record.lineage(&asset.digest);
    for foreign in outside.given() {
        let digest = foreign.asset.digest;
        let is_known = ingredients.iter().any(|known| known.digest == digest);
        // Whoever chose among several hands on others, too: it is there if who made it is.
        let maker = record.maker_of(&digest);
        if !is_known && maker.is_some_and(|maker| lineage.binary_search(&maker).is_ok()) {
            ingredients.push(Ingredient {
                title: foreign.title.clone(),
                media_type: foreign.asset.media_type.clone(),
                digest,
                bytes: foreign.bytes.as_deref().map(<[u8]>::to_vec),
                beside: foreign.beside.clone(),
                relation: Relation::Input,
            });
        }
    }
    let by_model = |ingredient: &Ingredient| {
        let foreign = outside.get(&ingredient.digest);
        foreign.is_some_and(|foreign| foreign.marks.by_model)
    };
    let source = match Source::of(record, &asset.digest, is_by_model) {
        Source::Algorithmic if ingredients.iter().any(by_model) => Source::Composite,
        source => source,
    };
    (ingredients, source)
}

#[cfg(test)]
mod tests {
    use daedal_core::Digest;

    use super::*;

    fn sealed(media_type: &str, bytes: &str, beside: bool) -> Sealed {
        let asset = |bytes: String, media_type: &str| AssetRef {
            digest: Digest::of(bytes.as_bytes()),
            media_type: media_type.into(),
            size: bytes.len() as u64,
        };
        Sealed {
            unsigned: asset(bytes.to_owned(), media_type),
            file: asset(format!("{bytes}, sealed"), media_type),
            sidecar: beside.then(|| asset(format!("of {bytes}"), "application/c2pa")),
            signer: "Ada Studio".into(),
            domain: None,
            anchoring: None,
        }
    }

    #[test]
    fn a_piece_is_attested_with_its_attachments() {
        let (poster, drawing) = (
            sealed("image/png", "poster", false),
            sealed("image/svg+xml", "plotter", false),
        );
        let notes = sealed("text/plain", "notes", true);
        let piece = SealedPiece {
            piece: Piece {
                output: "poster".into(),
                index: Some(1),
                asset: poster.unsigned.clone(),
                value: Value::Null,
                attachments: Vec::new(),
            },
            title: "Skerry".into(),
            sealed: poster.clone(),
            attachments: vec![
                ("plotter.svg".into(), drawing.clone()),
                ("notes".into(), notes.clone()),
            ],
        };
        let subject = |name: &str, of: &Sealed| attest::Subject {
            name: name.into(),
            unsigned: of.unsigned.digest,
            signed: of.file.digest,
            sidecar: of.sidecar.as_ref().map(|sidecar| sidecar.digest),
        };
        assert_eq!(
            piece.subjects(),
            [
                subject("poster-02.png", &poster),
                subject("poster-02-plotter.svg", &drawing),
                subject("poster-02-notes.txt", &notes),
            ]
        );
    }
}
