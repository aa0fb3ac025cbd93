//! Tells what of a file's provenance holds, offline.

use c2pa::{Reader, ValidationState};
use daedal_core::Digest;
use daedal_core::intent::Domain;

use crate::chain::Chain;
use crate::container::{Carrier, carrier_of, is_credential, sniff, unsealed};
use crate::contracts::ContractSigned;
use crate::manifest::{Claim, LABEL};
use crate::recorded;
use crate::seal::{assertion, failures, read};
use crate::strict;
use crate::verdict::{ANCHOR, Exit, Origin, Outcome, Sealer, VOTES, Verdict};
use crate::when::rfc3339;

pub use crate::recorded::attested_run;

/// What is verified, and with what.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    /// The file.
    pub file: &'a [u8],
    /// Its media type, where its first bytes don't tell (SVG, text).
    pub media_type: Option<&'a str>,
    /// The `.c2pa` file beside it.
    pub sidecar: Option<&'a [u8]>,
    /// The attestation of the run, or its bare record.
    pub attestation: Option<&'a [u8]>,
    /// The record of the run's receipts that was published beside the file.
    pub receipts: Option<&'a [u8]>,
    /// Whether the file lies where its run was published, so that attestation and receipts have to be
    /// there too.
    pub is_published: bool,
    /// Authorities whose studios are recognised.
    pub anchors: &'a [Chain],
}

/// Verifies a file.
#[must_use]
pub fn verify(given: &Given<'_>) -> Verdict {
    let mut verdict = Verdict::new(given.file);
    let media_type = sniff(given.file).or(given.media_type).unwrap_or_default();
    let Some(reader) = credential(&mut verdict, given, media_type) else {
        return verdict;
    };
    let whole = verdict.exit != Exit::Tampered;
    signer(&mut verdict, &reader);
    let Some(claim) = claim(&mut verdict, &reader) else {
        return verdict;
    };
    if whole {
        form(&mut verdict, given, media_type);
    }
    unsigned(&mut verdict, given, media_type, &claim);
    origin(&mut verdict, &claim);
    recorded::attestation(&mut verdict, given, &claim);
    recorded::receipts(&mut verdict, given, &claim);
    votes(&mut verdict);
    anchor(&mut verdict, &claim);
    verdict
}

/// Reads the credential; what the library finds wrong is told as `binding` where it is about the
/// asset's bytes, and as `credential` otherwise.
pub(crate) fn credential(
    verdict: &mut Verdict,
    given: &Given<'_>,
    media_type: &str,
) -> Option<Reader> {
    let carrier = if given.sidecar.is_some() {
        Carrier::Sidecar
    } else {
        carrier_of(media_type)
    };
    let anchors: Vec<String> = given.anchors.iter().map(Chain::to_pem).collect();
    let reader = match read(carrier, given.file, given.sidecar, &anchors) {
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
    let absent = matches!(
        error,
        c2pa::Error::JumbfNotFound | c2pa::Error::UnsupportedType
    );
    let holds = |mark: &[u8]| given.file.windows(mark.len()).any(|bytes| bytes == mark);
    // In a drawing it is an element of that name, in base64.
    let traces = given.sidecar.is_some() || holds(b"jumdc2pa") || holds(b"c2pa:manifest");
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
            format!("no credential can be found in the file: {error}"),
        ),
        (false, true) => (Exit::Tampered, format!("it can't be read: {error}")),
    }
}

fn is_expired(failure: &str) -> bool {
    failure.starts_with("signingCredential.expired")
}

pub(crate) fn signer(verdict: &mut Verdict, reader: &Reader) {
    let trusted = reader.validation_state() == ValidationState::Trusted;
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
        let chain = info.and_then(|info| Chain::from_pem(info.cert_chain().as_bytes()).ok());
        let on = chain.and_then(|chain| chain.ends_ms());
        let on = on.map(|on| format!(" on {}", &rfc3339(on)[..10]));
        let detail = format!(
            "the certificate of {name} expired{}, and nothing shows that it had not when it signed",
            on.unwrap_or_default()
        );
        verdict.judge("signer", Exit::Untrusted, Err(detail));
    } else if trusted {
        verdict.note(
            "signer",
            Outcome::Passed,
            format!("{name}, recognised here"),
        );
    } else {
        let detail = format!("{name} is not among the signers that are recognised here");
        verdict.judge("signer", Exit::Untrusted, Err(detail));
    }
    verdict.signer = Some(sealer);
}

fn claim(verdict: &mut Verdict, reader: &Reader) -> Option<Claim> {
    let Some(value) = assertion(reader, LABEL) else {
        let detail = format!("the credential has no `{LABEL}`: it does not tell of a run");
        verdict.judge("origin", Exit::Incomplete, Err(detail));
        return None;
    };
    match serde_json::from_value(value) {
        Ok(claim) => Some(claim),
        Err(error) => {
            let detail = format!("`{LABEL}` can't be read: {error}");
            verdict.judge("origin", Exit::Incomplete, Err(detail));
            None
        }
    }
}

/// Bytes that no signature covers (heads of boxes, padding, check sums) have one form only.
pub(crate) fn form(verdict: &mut Verdict, given: &Given<'_>, media_type: &str) {
    let result = match given.sidecar {
        Some(sidecar) => strict::manifest(sidecar),
        None => strict::file(media_type, given.file),
    };
    let result = result.map(|()| "every byte of the credential is where it was put".to_owned());
    verdict.judge("form", Exit::Tampered, result);
}

fn unsigned(verdict: &mut Verdict, given: &Given<'_>, media_type: &str, claim: &Claim) {
    let found = match given.sidecar {
        Some(_) => Some(Digest::of(given.file)),
        None => unsealed(media_type, given.file).map(|bytes| Digest::of(&bytes)),
    };
    let Some(found) = found else {
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

fn origin(verdict: &mut Verdict, claim: &Claim) {
    let excerpt = &claim.excerpt;
    let header = &excerpt.header;
    let faults = excerpt.faults(&claim.unsigned_sha256);
    let Some(maker) = excerpt.maker() else {
        let detail = "it has no receipt".to_owned();
        verdict.judge("receipt", Exit::Tampered, Err(detail));
        return;
    };
    let place = excerpt
        .receipts
        .first()
        .map_or(0, |proven| proven.proof.index + 1);
    let result = if claim.run != header.run() {
        Err("it names another run than its header".to_owned())
    } else if claim
        .human_oversight
        .is_some_and(|told| told != excerpt.oversight())
    {
        Err("it tells another oversight than its decisions give".to_owned())
    } else if let Some(fault) = faults.first() {
        Err(fault.to_string())
    } else {
        let task = maker.label();
        Ok(format!(
            "receipt {place} of {} of run {}: {task}",
            excerpt.count,
            claim.run.short()
        ))
    };
    let stands = verdict.judge("receipt", Exit::Tampered, result);
    let contracts = match stands {
        true => ContractSigned::among(&excerpt.intents),
        false => Vec::new(),
    };
    let by_keys = excerpt.intents.len() - contracts.len();
    if stands {
        let detail = match by_keys {
            0 if !contracts.is_empty() => "none is signed by a key".to_owned(),
            0 => "none are shared".to_owned(),
            1 => "1 signed decision stands".to_owned(),
            count => format!("{count} signed decisions stand"),
        };
        verdict.note("decisions", Outcome::Passed, detail);
    }
    verdict.origin = Some(Origin {
        process: header.process.clone(),
        bundle: header.bundle,
        run: claim.run,
        unsigned: claim.unsigned_sha256,
        root: excerpt.root,
        receipts: excerpt.count,
        inputs: header.inputs,
        governed: header.governed.clone().filter(|_| stands),
        registered: (claim.anchor != Domain::default()).then_some(claim.anchor),
        task: maker.label(),
        engine: format!("{} {}", maker.engine, maker.engine_version),
        determinism: maker.determinism,
        intents: if stands { by_keys } else { 0 },
        contracts,
        human_oversight: if stands {
            excerpt.oversight()
        } else {
            daedal_core::intent::Oversight::FullyAutonomous
        },
        coverage: None,
    });
    verdict.contracts_unasked();
}

/// What is said of the votes on the run's dials before their proof is reported with [`Verdict::votes`].
fn votes(verdict: &mut Verdict) {
    let governed = verdict
        .origin
        .as_ref()
        .and_then(|origin| origin.governed.as_ref());
    if governed.is_some() {
        let detail = "they decided dials of the run, by its word; no proof of them was given";
        verdict.note(VOTES, Outcome::Skipped, detail);
    }
}

/// What is said of the anchor before one is reported with [`Verdict::anchored`].
fn anchor(verdict: &mut Verdict, claim: &Claim) {
    if claim.anchor == Domain::default() {
        let detail = "the process is not registered on a chain, so no anchor is due";
        verdict.note(ANCHOR, Outcome::Noted, detail);
    } else {
        let chain = claim.anchor.chain;
        let detail =
            format!("the run is due in the registry on chain {chain}; no anchor was given");
        verdict.judge(ANCHOR, Exit::Unanchored, Err(detail));
    }
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
