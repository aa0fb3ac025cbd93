//! Tells what of a file's provenance holds, offline.

use c2pa::{Reader, ValidationState};
use daedal_core::Digest;
use serde::Deserialize;

use crate::bound::bound;
use crate::chain::{Chain, now_ms};
use crate::container::{
    Carrier, can_be_unsealed, carrier_of, format_of, is_credential, sniff, unsealed,
    without_credential,
};
use crate::made_of::made_of;
use crate::manifest::{Claim, LABEL};
use crate::marked::marking;
use crate::origin::{anchor, origin, votes};
use crate::packed::is_bent;
use crate::path::PathFault;
use crate::recorded;
use crate::seal::{assertion, failures, read};
use crate::strict;
use crate::verdict::{Exit, Outcome, Sealer, Verdict};
use crate::when::rfc3339;
use crate::words::cut;
use crate::xmp::{Said, brought_otherwise};

pub use crate::recorded::Recorded;

/// What is verified, and with what.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    /// The file.
    pub file: &'a [u8],
    /// Its media type, where its first bytes don't tell (SVG, text).
    pub media_type: Option<&'a str>,
    /// The `.c2pa` file beside it.
    pub sidecar: Option<&'a [u8]>,
    /// What is said to be the attestation of the run: something else makes the file tampered with.
    pub attestation: Option<&'a Recorded>,
    /// The record of the run's receipts that was published beside the file.
    pub receipts: Option<&'a Recorded>,
    /// Whether the file lies where its run was published, so that attestation and receipts have to be
    /// there too.
    pub is_published: bool,
    /// Authorities whose studios are recognised.
    pub anchors: &'a [Chain],
}

/// A file, after a look at the file and its credential alone.
pub struct Looked {
    verdict: Verdict,
    told: Option<(Claim, Option<Chain>)>,
}

/// Verifies a file.
#[must_use]
pub fn verify(given: &Given<'_>) -> Verdict {
    look(given).with(given)
}

/// Begins to verify a file: what lies beside it goes by the name of the run that its credential tells of.
#[must_use]
pub fn look(given: &Given<'_>) -> Looked {
    let mut verdict = Verdict::new(given.file);
    let told = credential_and_claim(&mut verdict, given);
    Looked { verdict, told }
}

impl Looked {
    /// The run, by the credential.
    #[must_use]
    pub fn run(&self) -> Option<Digest> {
        self.verdict.origin.as_ref().map(|origin| origin.run)
    }

    /// Goes on with the attestation and the receipts of that run.
    #[must_use]
    pub fn with(self, given: &Given<'_>) -> Verdict {
        let mut verdict = self.verdict;
        if let Some((claim, sealed_by)) = &self.told {
            let attested = recorded::attestation(&mut verdict, given, claim, sealed_by.as_ref());
            recorded::receipts(&mut verdict, given, claim, attested);
            votes(&mut verdict);
            anchor(&mut verdict, claim);
        }
        verdict
    }
}

/// What the credential tells of the run, and the certificates that it was signed with.
fn credential_and_claim(
    verdict: &mut Verdict,
    given: &Given<'_>,
) -> Option<(Claim, Option<Chain>)> {
    let media_type = sniff(given.file).or(given.media_type).unwrap_or_default();
    let carrier = match given.sidecar {
        Some(_) => Carrier::Sidecar,
        None => carrier_of(media_type),
    };
    let reader = credential(verdict, given, carrier)?;
    let whole = verdict.exit != Exit::Tampered;
    signer(verdict, &reader, given.anchors);
    made_of(verdict, &reader);
    let claim = claim(verdict, &reader)?;
    if whole {
        form(verdict, &reader, given, media_type);
    }
    unsigned(verdict, given, media_type, &claim);
    origin(verdict, &claim);
    let inside = given.sidecar.is_none().then_some(given.file);
    let packet = inside.and_then(|file| Said::of(media_type, file));
    marking(verdict, &reader, &claim, packet);
    let source = verdict
        .marking
        .as_ref()
        .and_then(|marking| marking.source_type);
    if let Some(word) = brought_otherwise(media_type, given.file, source) {
        let detail = format!(
            "metadata that the file was brought with says “{word}” of its source, and the credential otherwise"
        );
        verdict.note("metadata", Outcome::Noted, detail);
    }
    Some((claim, sealed_by(&reader)))
}

/// Reads the credential; what the library finds wrong is told as `binding` where it is about the
/// asset's bytes, and as `credential` otherwise.
pub(crate) fn credential(
    verdict: &mut Verdict,
    given: &Given<'_>,
    carrier: Carrier,
) -> Option<Reader> {
    let reader = match read(carrier, given.file, given.sidecar, given.anchors) {
        Ok(reader) => reader,
        Err(error) => {
            let (exit, detail) = unreadable(&error, given);
            verdict.judge("credential", exit, Err(detail));
            return None;
        }
    };
    verdict.title = reader
        .active_manifest()
        .and_then(|m| m.title())
        .map(str::to_owned);
    let invalid = reader.validation_state() == ValidationState::Invalid;
    let failures = failures(&reader).into_iter();
    // Whether a certificate counts is told of the signer.
    let (expired, failures): (Vec<_>, Vec<_>) = failures.partition(|failure| is_expired(failure));
    let (binding, credential): (Vec<_>, Vec<_>) = failures.into_iter().partition(|failure| {
        failure.contains("Hash.mismatch") || failure.contains("Hash.malformed")
    });
    let holds = |failures: &[String], said: &str| {
        if failures.is_empty() {
            Ok(said.to_owned())
        } else {
            Err(failures.join("; "))
        }
    };
    let credential = match (&credential[..], &binding[..]) {
        ([], []) if invalid && expired.is_empty() => Err("it reads as invalid".to_owned()),
        (failures, _) => holds(failures, "the manifest is signed and whole"),
    };
    verdict.judge("credential", Exit::Tampered, credential);
    let bound = match binding.first() {
        None => Ok("the file is the one that was sealed".to_owned()),
        Some(failure) => {
            let code = failure.split(':').next().unwrap_or(failure);
            Err(format!(
                "the file's bytes are not the ones that were sealed ({code})"
            ))
        }
    };
    verdict.judge("binding", Exit::Tampered, bound);
    Some(reader)
}

fn unreadable(error: &c2pa::Error, given: &Given<'_>) -> (Exit, String) {
    let media_type = sniff(given.file).or(given.media_type).unwrap_or_default();
    let absent = matches!(
        error,
        c2pa::Error::JumbfNotFound | c2pa::Error::UnsupportedType
    );
    let traces = given.sidecar.is_some() || has_traces(media_type, given.file);
    if given.sidecar.is_none() && is_credential(given.file) {
        let detail = "this is a credential alone: verify the file that it belongs to, with this \
                      beside it";
        return (Exit::Incomplete, detail.to_owned());
    }
    match (absent, traces) {
        (_, false) if given.file.is_empty() => (
            Exit::Incomplete,
            "the file is empty: there is no credential in it".to_owned(),
        ),
        (true, false) => (
            Exit::Incomplete,
            "there is no credential in the file, and none was given beside it".to_owned(),
        ),
        (true, true) => (
            Exit::Tampered,
            "there are traces of a credential, but not where one belongs".to_owned(),
        ),
        (false, false) => (
            Exit::Incomplete,
            format!(
                "no credential can be found in the file: {}",
                cut(&error.to_string())
            ),
        ),
        (false, true) => {
            let detail = format!("it can't be read: {}", cut(&error.to_string()));
            (Exit::Tampered, detail)
        }
    }
}

/// Whether a file of a kind that carries its credential has parts of one. Programs and texts name what credentials are
/// made of, too.
fn has_traces(media_type: &str, file: &[u8]) -> bool {
    let holds = |mark: &[u8]| memchr::memmem::find(file, mark).is_some();
    match format_of(media_type) {
        None => false,
        // What is packed in it may be sealed by itself.
        Some("zip") => holds(b"META-INF/content_credential.c2pa"),
        // In a drawing it is an element of that name, in base64; elsewhere the container may still say that here is one.
        Some(_) => {
            holds(b"jumdc2pa")
                || holds(b"c2pa:manifest")
                || without_credential(media_type, file).is_some_and(|rest| rest.len() < file.len())
        }
    }
}

fn is_expired(failure: &str) -> bool {
    failure.starts_with("signingCredential.expired")
}

pub(crate) fn signer(verdict: &mut Verdict, reader: &Reader, anchors: &[Chain]) {
    let chain = sealed_by(reader);
    // The library lets any certificate issue others, and looks at the dates of the first one only.
    let fault = match &chain {
        Some(chain) => chain.path_fault(anchors),
        None => Some(PathFault::Broken),
    };
    let trusted = fault.is_none() && reader.validation_state() == ValidationState::Trusted;
    let info = reader
        .active_manifest()
        .and_then(|manifest| manifest.signature_info());
    let sealer = Sealer {
        name: info.and_then(|info| info.common_name.clone()),
        issuer: info.and_then(|info| info.issuer.clone()),
        trusted,
        expired: failures(reader).iter().any(|failure| is_expired(failure)),
    };
    let name = sealer
        .name
        .clone()
        .unwrap_or_else(|| "an unnamed signer".to_owned());
    if verdict.exit == Exit::Tampered {
        verdict.note("signer", Outcome::Skipped, format!("said to be {name}"));
    } else if sealer.expired {
        let day = |ms: u64| rfc3339(ms)[..10].to_owned();
        let begins = chain.as_ref().and_then(Chain::begins_ms);
        // The library has one word for both ends, and looks at the same clock.
        let now = now_ms();
        let detail = match begins.filter(|begins| *begins > now) {
            Some(begins) => format!(
                "the certificate of {name} is not valid before {}, and that day has not come",
                day(begins)
            ),
            None => {
                let on = chain.and_then(|chain| chain.ends_ms());
                let on = on.map(|on| format!(" on {}", day(on)));
                format!(
                    "the certificate of {name} expired{}, and nothing shows that it had not when it signed",
                    on.unwrap_or_default()
                )
            }
        };
        verdict.judge("signer", Exit::Untrusted, Err(detail));
    } else if trusted {
        verdict.note(
            "signer",
            Outcome::Passed,
            format!("{name}, recognised here"),
        );
    } else {
        let why = match fault {
            None | Some(PathFault::Unknown) => String::new(),
            Some(fault) => format!(": {fault}"),
        };
        let detail = format!("{name} is not among the signers that are recognised here{why}");
        verdict.judge("signer", Exit::Untrusted, Err(detail));
    }
    verdict.signer = Some(sealer);
}

/// The certificates that the credential was signed with.
fn sealed_by(reader: &Reader) -> Option<Chain> {
    let info = reader.active_manifest()?.signature_info()?;
    Chain::from_pem(info.cert_chain().as_bytes()).ok()
}

fn claim(verdict: &mut Verdict, reader: &Reader) -> Option<Claim> {
    let Some(value) = assertion(reader, LABEL) else {
        let detail = format!("the credential has no `{LABEL}`: it does not tell of a run");
        verdict.judge("origin", Exit::Incomplete, Err(detail));
        return None;
    };
    match Claim::deserialize(&value) {
        Ok(claim) => Some(claim),
        Err(error) => {
            let detail = format!("`{LABEL}` can't be read: {}", cut(&error.to_string()));
            let exit = match is_bent(&value["excerpt"]) {
                true => Exit::Tampered,
                false => Exit::Incomplete,
            };
            verdict.judge("origin", exit, Err(detail));
            None
        }
    }
}

/// Bytes that no signature covers (heads of boxes, padding, check sums) have one form only, and those that the
/// credential leaves out are its own.
fn form(verdict: &mut Verdict, reader: &Reader, given: &Given<'_>, media_type: &str) {
    let result = match given.sidecar {
        Some(sidecar) => strict::manifest(sidecar),
        None => strict::file(media_type, given.file),
    };
    let is_beside = given.sidecar.is_some();
    let result = result.and_then(|()| bound(reader, media_type, given.file, is_beside));
    told_form(verdict, result);
}

pub(crate) fn told_form(verdict: &mut Verdict, result: Result<(), String>) {
    let result = result.map(|()| "every byte of the credential is where it was put".to_owned());
    verdict.judge("form", Exit::Tampered, result);
}

fn unsigned(verdict: &mut Verdict, given: &Given<'_>, media_type: &str, claim: &Claim) {
    let found = match given.sidecar {
        Some(_) => Some(Digest::of(given.file)),
        None => unsealed(media_type, given.file).map(|bytes| Digest::of(&bytes)),
    };
    let Some(found) = found else {
        // What nothing was compared with is not whole: of a film, the binding leaves out some boxes.
        if can_be_unsealed(media_type) {
            let detail = "its credential can't be taken out to look at the rest: a film takes a temporary file, \
                          so that TMPDIR has to name a folder that can be written";
            verdict.judge("unsigned", Exit::Incomplete, Err(detail.to_owned()));
            return;
        }
        let detail = format!("{media_type} can't be unsealed; the credential binds the file");
        verdict.note("unsigned", Outcome::Skipped, detail);
        return;
    };
    let result = if found == claim.unsigned_sha256 {
        Ok(format!("without its credential it is {}", found.short()))
    } else {
        let expected = claim.unsigned_sha256.short();
        Err(format!(
            "without its credential it is {}, not {expected}",
            found.short()
        ))
    };
    verdict.judge("unsigned", Exit::Tampered, result);
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "anchor_tests.rs"]
mod anchor_tests;

#[cfg(test)]
#[path = "votes_tests.rs"]
mod votes_tests;

#[cfg(test)]
#[path = "fuzz_tests.rs"]
mod fuzz_tests;
