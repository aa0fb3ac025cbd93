//! Puts a credential into an asset, or beside it.

use std::io::Cursor;

use c2pa::{Builder, Context, Reader, ValidationState};
use daedal_core::Digest;
use serde_json::{Value, json};

use crate::bound::bound;
use crate::chain::Chain;
use crate::container::{Carrier, can_be_unsealed, carrier_of, format_of, unsealed};
use crate::manifest::{Claim, Content, Ingredient, LABEL, Relation, definition, ingredient_id};
use crate::signer::Signer;
use crate::store::{self, UNPACKED_MIB_MAX};
use crate::strict;
use crate::words::cut;
use crate::xmp::{self, Said};

/// What is sealed.
pub struct SealRequest<'a> {
    /// The asset's bytes. Where they have a credential already, of whoever made what was only passed on, they stay as
    /// they are, and the new one comes beside them.
    pub bytes: &'a [u8],
    /// What the credential says; its digest must be that of the bytes.
    pub content: Content<'a>,
}

/// A sealed asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The file to publish: the asset with its credential inside, or as it was.
    pub file: Vec<u8>,
    /// The credential, where it can't be inside; it is written beside the file.
    pub sidecar: Option<Vec<u8>>,
}

/// Why an asset can't be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The bytes aren't those of the digest.
    #[error("the bytes hash to {found}, not to {digest}")]
    Digest {
        /// What was said.
        digest: Digest,
        /// What they are.
        found: Digest,
    },
    /// The run didn't make the asset.
    #[error("no receipt of the run gives {digest}")]
    Origin {
        /// The asset.
        digest: Digest,
    },
    /// The library refuses.
    #[error("the credential of `{title}` can't be written: {problem}")]
    Refused {
        /// The asset.
        title: String,
        /// What the library says.
        problem: String,
    },
    /// The credential was written, but doesn't read as valid.
    #[error("the credential of `{title}` was read back as invalid: {problem}")]
    ReadBack {
        /// The asset.
        title: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// Seals an asset and reads the credential back; whatever isn't valid then is an error.
pub fn seal(request: &SealRequest<'_>, signer: &Signer) -> Result<Sealed, SealError> {
    let sealed = written(request, signer)?;
    read_back(request, &sealed)?;
    Ok(sealed)
}

/// Seals an asset, and leaves open whether anybody can read that.
pub(crate) fn written(
    request: &SealRequest<'_>,
    signer: &dyn c2pa::Signer,
) -> Result<Sealed, SealError> {
    let content = &request.content;
    let found = Digest::of(request.bytes);
    if found != content.digest {
        let digest = content.digest;
        return Err(SealError::Digest { digest, found });
    }
    put(builder(content)?, request, signer)
}

/// Has a credential written, into the asset or beside it.
pub(crate) fn put(
    mut builder: Builder,
    request: &SealRequest<'_>,
    signer: &dyn c2pa::Signer,
) -> Result<Sealed, SealError> {
    let content = &request.content;
    let refused = |error: c2pa::Error| SealError::Refused {
        title: content.title.to_owned(),
        problem: error.to_string(),
    };
    let carrier = carrier_for(content.media_type, request.bytes);
    let mut sealed = Cursor::new(Vec::with_capacity(request.bytes.len() + 16_384));
    let (file, sidecar) = match carrier {
        Carrier::Embedded { format } => {
            let mut source = Cursor::new(xmp::put(request.bytes, content));
            builder
                .sign(signer, format, &mut source, &mut sealed)
                .map_err(refused)?;
            (sealed.into_inner(), None)
        }
        Carrier::Sidecar => {
            builder.set_no_embed(true);
            let format = "application/octet-stream";
            let mut source = Cursor::new(request.bytes);
            let manifest = builder
                .sign(signer, format, &mut source, &mut sealed)
                .map_err(refused)?;
            (request.bytes.to_vec(), Some(manifest))
        }
    };
    Ok(Sealed { file, sidecar })
}

/// What the library writes the credential from.
pub(crate) fn builder(content: &Content<'_>) -> Result<Builder, SealError> {
    let (definition, claim) = definition(content).ok_or(SealError::Origin {
        digest: content.digest,
    })?;
    assembled(content, definition, &claim)
}

/// The same from a definition.
pub(crate) fn assembled(
    content: &Content<'_>,
    definition: Value,
    claim: &Claim,
) -> Result<Builder, SealError> {
    let refused = |error: c2pa::Error| SealError::Refused {
        title: content.title.to_owned(),
        problem: error.to_string(),
    };
    let mut builder = Builder::from_context(context(&[]).map_err(refused)?)
        .with_definition(definition)
        .map_err(refused)?;
    // Definitions are JSON, which has no bytes.
    builder.add_assertion(LABEL, claim).map_err(refused)?;
    if let Some(added) = builder.definition.assertions.last_mut() {
        added.created = true;
    }
    for (place, ingredient) in content.ingredients.iter().enumerate() {
        add_ingredient(&mut builder, place, ingredient).map_err(refused)?;
    }
    Ok(builder)
}

/// Where the credential of these bytes goes. What somebody sealed stays as it is, also where the credential was taken out
/// since and the packet of XMP was left.
fn carrier_for(media_type: &str, bytes: &[u8]) -> Carrier {
    let is_sealed =
        |format: &str| store::of(format, bytes).is_ok() || Said::of(media_type, bytes).is_some();
    match carrier_of(media_type) {
        Carrier::Embedded { format } if is_sealed(format) => Carrier::Sidecar,
        carrier => carrier,
    }
}

/// The library's settings: no network, no thumbnails, these anchors. The library takes whatever it is given as an
/// anchor for an authority: certificates that are none are handed over as signers.
pub(crate) fn context(anchors: &[Chain]) -> c2pa::Result<Context> {
    let mut settings = json!({
        "core": { "allowed_network_hosts": [], "max_decompressed_manifest_size_in_mb": UNPACKED_MIB_MAX },
        "verify": { "remote_manifest_fetch": false, "ocsp_fetch": false },
        "builder": { "thumbnail": { "enabled": false } },
    });
    let (authorities, signers) = Chain::authorities_and_signers(anchors);
    for (name, certificates) in [("user_anchors", authorities), ("allowed_list", signers)] {
        if !certificates.is_empty() {
            settings["trust"][name] = certificates.into();
        }
    }
    Context::new().with_settings(settings)
}

/// What an ingredient is said to be whose own credential could not be read.
pub(crate) const UNREAD: &str = "its own credential can't be read: ";

fn add_ingredient(
    builder: &mut Builder,
    place: usize,
    ingredient: &Ingredient,
) -> c2pa::Result<()> {
    let relationship = match ingredient.relation {
        Relation::Parent => "parentOf",
        Relation::Component => "componentOf",
        Relation::Input => "inputTo",
    };
    let mut description = json!({
        "title": ingredient.title,
        "format": ingredient.media_type,
        "instance_id": format!("sha256:{}", ingredient.digest),
        "label": ingredient_id(place),
        "relationship": relationship,
    });
    let inside = match (&ingredient.bytes, format_of(&ingredient.media_type)) {
        (Some(bytes), Some(format)) => with_own(builder, &description, format, bytes),
        _ => Ok(false),
    };
    let added = match (inside, &ingredient.bytes, &ingredient.beside) {
        (Ok(false), Some(bytes), Some(beside)) => {
            with_beside(builder, &description, bytes, beside).map(|()| true)
        }
        (inside, ..) => inside,
    };
    if let Ok(true) = added {
        return Ok(());
    }
    // What somebody else wrote keeps nothing from being sealed; that it could not be read is told of the ingredient.
    if let Err(error) = added {
        description["description"] = format!("{UNREAD}{}", cut(&error.to_string())).into();
    }
    let ingredient: c2pa::Ingredient =
        serde_json::from_value(description).map_err(c2pa::Error::JsonError)?;
    builder.add_ingredient(ingredient);
    Ok(())
}

/// Adds an ingredient with the credential inside of it; false if there is none. It becomes part of the new one, in which every
/// byte has one form.
fn with_own(
    builder: &mut Builder,
    description: &Value,
    format: &str,
    bytes: &[u8],
) -> c2pa::Result<bool> {
    let store = match store::honest(format, bytes) {
        Err(c2pa::Error::JumbfNotFound) => return Ok(false),
        store => store?,
    };
    strict::active(&store).map_err(|problem| c2pa::Error::OtherError(problem.into()))?;
    let mut bytes = Cursor::new(bytes);
    let added = builder.add_ingredient_from_stream(description.to_string(), format, &mut bytes)?;
    if added.active_manifest().is_none() {
        // The library leaves out what it can't read, without a word.
        builder.definition.ingredients.pop();
        return Err(c2pa::Error::OtherError(
            "the library makes nothing of it".into(),
        ));
    }
    Ok(true)
}

/// Adds an ingredient with the credential that lies beside it. The library reads those of streams alone: what it finds of
/// this one is told in its words.
fn with_beside(
    builder: &mut Builder,
    description: &Value,
    bytes: &[u8],
    beside: &[u8],
) -> c2pa::Result<()> {
    let reader = read(Carrier::Sidecar, bytes, Some(beside), &[])?;
    strict::active(beside).map_err(|problem| c2pa::Error::OtherError(problem.into()))?;
    let mut description = description.clone();
    description["active_manifest"] = reader.active_label().into();
    description["validation_results"] =
        serde_json::to_value(reader.validation_results()).map_err(c2pa::Error::JsonError)?;
    let mut ingredient: c2pa::Ingredient =
        serde_json::from_value(description).map_err(c2pa::Error::JsonError)?;
    ingredient.set_manifest_data(beside.to_vec())?;
    builder.add_ingredient(ingredient);
    Ok(())
}

/// Checks what was written as a stranger would, and that it can be undone.
fn read_back(request: &SealRequest<'_>, sealed: &Sealed) -> Result<(), SealError> {
    let content = &request.content;
    let file = &sealed.file[..];
    let sidecar = sealed.sidecar.as_deref();
    let carrier = match sidecar {
        Some(_) => Carrier::Sidecar,
        None => carrier_of(content.media_type),
    };
    let failed = |problem: String| SealError::ReadBack {
        title: content.title.to_owned(),
        problem,
    };
    let reader = read(carrier, file, sidecar, &[]).map_err(|error| failed(error.to_string()))?;
    if reader.validation_state() == ValidationState::Invalid {
        return Err(failed(failures(&reader).join("; ")));
    }
    let form = match sidecar {
        Some(sidecar) => strict::manifest(sidecar),
        None => strict::file(content.media_type, file),
    };
    form.and_then(|()| bound(&reader, content.media_type, file, sidecar.is_some()))
        .map_err(failed)?;
    match unsealed(content.media_type, file) {
        _ if sidecar.is_some() => Ok(()),
        Some(bytes) if bytes == request.bytes => Ok(()),
        None if !can_be_unsealed(content.media_type) => Ok(()),
        _ => Err(failed(
            "taking it out does not give back the asset".to_owned(),
        )),
    }
}

/// Reads a credential, trusting `anchors`.
pub(crate) fn read(
    carrier: Carrier,
    file: &[u8],
    sidecar: Option<&[u8]>,
    anchors: &[Chain],
) -> c2pa::Result<Reader> {
    let reader = Reader::from_context(context(anchors)?);
    if let (Carrier::Embedded { format }, None) = (carrier, sidecar) {
        store::honest(format, file)?;
    }
    let file = Cursor::new(file);
    match (carrier, sidecar) {
        (Carrier::Embedded { format }, None) => reader.with_stream(format, file),
        (_, Some(sidecar)) => {
            store::check(sidecar)?;
            let format = "application/octet-stream";
            reader.with_manifest_data_and_stream(sidecar, format, file)
        }
        (Carrier::Sidecar, None) => Err(c2pa::Error::JumbfNotFound),
    }
}

/// What the library found wrong, in its own words; an unknown signer is not among it.
pub(crate) fn failures(reader: &Reader) -> Vec<String> {
    let statuses = reader.validation_status().unwrap_or_default();
    statuses
        .iter()
        .filter(|status| !status.code().starts_with("signingCredential.untrusted"))
        .map(|status| match status.explanation() {
            Some(explanation) => format!("{}: {}", status.code(), cut(explanation)),
            None => status.code().to_owned(),
        })
        .collect()
}

/// The value of an assertion of the active manifest.
pub(crate) fn assertion(reader: &Reader, label: &str) -> Option<Value> {
    let manifest = reader.active_manifest()?;
    let assertion = manifest
        .assertions()
        .iter()
        .find(|assertion| assertion.label() == label)?;
    assertion.value().ok().cloned()
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
