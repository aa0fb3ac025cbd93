//! What the records that a release publishes beside its files say of one of them: the run's attestation,
//! and its receipts.

use std::collections::BTreeMap;

use daedal_core::Digest;
use daedal_core::engine::Determinism;
use daedal_core::intent::SignedIntent;
use daedal_core::record::RunRecord;

use crate::attest::{self, Attested};
use crate::chain::Chain;
use crate::ingredients;
use crate::manifest::Claim;
use crate::marked::contradicted;
use crate::path::PathFault;
use crate::verdict::{Coverage, Exit, Outcome, Verdict};
use crate::verify::Given;

/// Checks the attestation against the file and its credential, which `sealed_by` signed.
pub(crate) fn attestation(
    verdict: &mut Verdict,
    given: &Given<'_>,
    claim: &Claim,
    sealed_by: Option<&Chain>,
) -> Option<Box<RunRecord>> {
    let Some(bytes) = given.attestation else {
        match given.is_published {
            true => absent(verdict, "attestation", claim),
            false => verdict.note("attestation", Outcome::Skipped, "none was given"),
        }
        return None;
    };
    let (record, attested) = own(verdict, "attestation", bytes, claim)?;
    // Anybody can write the record down: signed by nobody, it attests nothing and names no file.
    let Some(attested) = attested else {
        let detail = "what was given is the run's bare record, which nobody has signed";
        verdict.judge("attestation", Exit::Incomplete, Err(detail.to_owned()));
        return None;
    };
    let published = [Some(verdict.sha256), given.sidecar.map(Digest::of)];
    if !published
        .iter()
        .flatten()
        .all(|digest| attested.names(digest))
    {
        let detail = "it does not name this file: the file is not the one that was published";
        verdict.judge("attestation", Exit::Tampered, Err(detail.to_owned()));
        return None;
    }
    let count = record.count;
    let leaf = |chain: &Chain| chain.ders().first().cloned();
    let is_another = sealed_by.and_then(leaf) != leaf(&attested.chain);
    let named = attested.chain.common_name().filter(|_| is_another);
    let by = match (is_another, &named) {
        (false, _) => String::new(),
        (true, Some(name)) => {
            format!(", signed with another certificate than the credential, of {name}")
        }
        (true, None) => ", signed with another certificate than the credential".to_owned(),
    };
    verdict.attested_by = named;
    let detail = match count {
        1 => format!("the one receipt leads to the root{by}"),
        _ => format!("all {count} receipts follow one another to the root{by}"),
    };
    let result = match attested.chain.path_fault(given.anchors) {
        None => Ok(detail),
        Some(PathFault::Unknown) => Err(format!("{detail}, but its signer is not recognised here")),
        Some(fault) => Err(format!(
            "{detail}, but its signer is not recognised here: {fault}"
        )),
    };
    verdict.judge("attestation", Exit::Untrusted, result);
    if let Some(origin) = &mut verdict.origin {
        origin.coverage = Some(coverage(&record));
    }
    Some(record)
}

/// Checks the receipts against the credential. Where the attestation tells them all, they are missed only
/// where they were published.
pub(crate) fn receipts(
    verdict: &mut Verdict,
    given: &Given<'_>,
    claim: &Claim,
    attested: Option<&RunRecord>,
) {
    match given.receipts {
        Some(bytes) => {
            if let Some((record, _)) = own(verdict, "receipts", bytes, claim) {
                let tells_other =
                    |attested: &RunRecord| tells_otherwise(&record.intents, &attested.intents);
                let result = match attested.is_some_and(tells_other) {
                    true => Err("it tells decisions otherwise than the attestation".to_owned()),
                    false => Ok(told(&record)),
                };
                verdict.judge("receipts", Exit::Tampered, result);
            }
        }
        None if given.is_published => absent(verdict, "receipts", claim),
        None => {}
    }
}

fn told(record: &RunRecord) -> String {
    let settings = || record.inputs.values().chain(record.parameters.values());
    let by_digest = settings().filter(|setting| setting.value.is_none()).count();
    let intents = record.intents.iter();
    let unseen =
        intents.filter(|signed| signed.options.is_empty() && !signed.intent.seen.is_zero());
    let unseen = unseen.count();
    let mut told = match record.count {
        1 => "the one is that of the credential's root".to_owned(),
        count => format!("all {count} are those of the credential's root"),
    };
    if by_digest > 0 {
        told.push_str(&format!(
            "; {by_digest} of {} inputs and parameters are told by their digests only",
            settings().count()
        ));
    }
    if unseen > 0 {
        told.push_str(&format!(
            "; what was shown is not told of {unseen} of {} decisions",
            record.intents.len()
        ));
    }
    told
}

/// Something that was published with the file is not there any more.
fn absent(verdict: &mut Verdict, name: &'static str, claim: &Claim) {
    let run = claim.run.short();
    let detail = format!("run {run} was published here, and the file that tells of it is gone");
    verdict.judge(name, Exit::Incomplete, Err(detail));
}

/// The record in `bytes`, and the attestation that it is in, if it is sound, is of the file's run, and tells
/// that run as the credential does; what else there is to say is said under `name`. Something else was put in its
/// place.
fn own(
    verdict: &mut Verdict,
    name: &'static str,
    bytes: &[u8],
    claim: &Claim,
) -> Option<(Box<RunRecord>, Option<Box<Attested>>)> {
    let (record, attested) = match recorded(bytes) {
        Ok(Recorded::Stands(record, attested)) => (record, attested),
        Ok(Recorded::Foreign(detail)) | Err(detail) => {
            verdict.judge(name, Exit::Tampered, Err(detail));
            return None;
        }
    };
    let excerpt = &claim.excerpt;
    let run = record.header.run();
    if run != claim.run {
        let (run, own) = (run.short(), claim.run.short());
        let detail = format!("it is about run {run}, and the file is of run {own}");
        verdict.judge(name, Exit::Tampered, Err(detail));
        return None;
    }
    let told = (&record.header, record.root, record.count);
    let signed_otherwise = tells_otherwise(&record.intents, &excerpt.intents);
    if told != (&excerpt.header, excerpt.root, excerpt.count) || signed_otherwise {
        let detail = "it tells the run otherwise than the credential".to_owned();
        verdict.judge(name, Exit::Tampered, Err(detail));
        return None;
    }
    if !excerpt.leads_to(&claim.unsigned_sha256, &record) {
        let detail = "the credential counts tasks that did not lead to this file, or names another as the one that made it".to_owned();
        verdict.judge(name, Exit::Tampered, Err(detail));
        return None;
    }
    let asset = &claim.unsigned_sha256;
    let fault = ingredients::fault(&record, asset, &verdict.ingredients);
    if let Some(detail) = fault.or_else(|| contradicted(verdict, &record, asset)) {
        verdict.judge(name, Exit::Tampered, Err(detail));
        return None;
    }
    if let Some(detail) = intents_missing(&record) {
        verdict.judge(name, Exit::Incomplete, Err(detail));
        return None;
    }
    Some((record, attested))
}

/// Whether one of these decisions is told otherwise than where it is told, too. Its name says nothing of the signature, nor of
/// the word of a contract. Where there were too many to choose from, what was shown is not told everywhere.
fn tells_otherwise(told: &[SignedIntent], own: &[SignedIntent]) -> bool {
    let own = own.iter().map(|intent| (intent.name(), intent));
    let own: BTreeMap<_, _> = own.collect();
    told.iter().any(|told| {
        own.get(&told.name()).is_some_and(|own| {
            let mut told = told.clone();
            if own.options.is_empty() {
                told.options.clear();
            }
            told != **own
        })
    })
}

/// What is said of a record that names decisions and does not have them all.
pub(crate) fn intents_missing(record: &RunRecord) -> Option<String> {
    let (named, there) = record.intents_named();
    (there < named).then(|| {
        format!("its receipts name {named} signed decisions, and {there} of them are there")
    })
}

/// What was given as an attestation.
enum Recorded {
    /// A record that stands, and the attestation that it is in.
    Stands(Box<RunRecord>, Option<Box<Attested>>),
    /// Something else; says what is missing.
    Foreign(String),
}

/// The run that an attestation, or a bare record, is about; none if it is neither. Says what is wrong with one
/// that is damaged.
pub fn attested_run(bytes: &[u8]) -> Result<Option<Digest>, String> {
    Ok(match recorded(bytes)? {
        Recorded::Stands(record, _) => Some(record.header.run()),
        Recorded::Foreign(_) => None,
    })
}

fn recorded(bytes: &[u8]) -> Result<Recorded, String> {
    if attest::is_envelope(bytes) {
        let attested = attest::read(bytes).map_err(|error| error.to_string())?;
        let record = attested.statement.predicate.record.clone();
        return Ok(Recorded::Stands(Box::new(record), Some(Box::new(attested))));
    }
    let record: RunRecord = match serde_json::from_slice(bytes) {
        Ok(record) => record,
        Err(error) => {
            let detail = format!("what was given is neither an attestation nor a record: {error}");
            return Ok(Recorded::Foreign(detail));
        }
    };
    if daedal_core::canonical::to_vec(&record) != bytes {
        return Err("it is not in canonical form".to_owned());
    }
    match record.faults().first() {
        Some(fault) => Err(fault.to_string()),
        None => Ok(Recorded::Stands(Box::new(record), None)),
    }
}

fn coverage(record: &RunRecord) -> Coverage {
    let mut coverage = Coverage::default();
    for receipt in &record.receipts {
        *match receipt.determinism {
            Determinism::Exact => &mut coverage.exact,
            Determinism::Close { .. } => &mut coverage.close,
            Determinism::Attested => &mut coverage.attested,
        } += 1;
    }
    coverage
}

#[cfg(test)]
#[path = "recorded_tests.rs"]
mod tests;
