//! What the records that a release publishes beside its files say of one of them: the run's attestation,
//! and its receipts.

use std::collections::BTreeMap;
use std::ptr;
use std::sync::Arc;

use daedal_core::engine::Determinism;
use daedal_core::intent::SignedIntent;
use daedal_core::json::{self, JsonError};
use daedal_core::record::RunRecord;
use daedal_core::{Digest, canonical};
use serde::Serialize;

use crate::attest::{self, AttestError, Attested};
use crate::chain::Chain;
use crate::ingredients;
use crate::manifest::Claim;
use crate::marked::contradicted;
use crate::path::PathFault;
use crate::verdict::{Exit, Outcome, Verdict};
use crate::verify::Given;

/// What is said to be the record of a run: its attestation, or its bare receipts. It is read and checked once, however
/// many files of the run are verified with it.
#[derive(Debug, Clone)]
pub struct Recorded(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Attested(Arc<Attested>),
    /// The bare record, byte for byte the one that this attestation has.
    AsAttested(Arc<Attested>),
    Bare(Arc<RunRecord>),
    /// Neither; says why.
    Foreign(String),
    /// One that is damaged; says how.
    Damaged(String),
    /// What is too long to be read; says so.
    Long(String),
}

impl Recorded {
    /// Reads and checks what is said to be an attestation or a record.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(read(bytes).unwrap_or_else(Kind::Damaged))
    }

    /// The same of what lies beside an attestation, which has been checked with all that its record tells.
    #[must_use]
    pub fn beside(bytes: &[u8], attestation: Option<&Self>) -> Self {
        match attestation {
            Some(Self(Kind::Attested(attested)))
                if canonical::to_vec(attested.record()) == bytes =>
            {
                Self(Kind::AsAttested(Arc::clone(attested)))
            }
            _ => Self::of(bytes),
        }
    }

    /// The run that it is about; none if it is something else. Says what is wrong with one that is damaged.
    pub fn run(&self) -> Result<Option<Digest>, &str> {
        match (&self.0, self.record()) {
            (Kind::Foreign(_), _) => Ok(None),
            (_, record) => record.map(|record| Some(record.header.run())),
        }
    }

    /// The attestation; says what else it is.
    pub fn attested(&self) -> Result<&Attested, &str> {
        match &self.0 {
            Kind::Attested(attested) => Ok(attested),
            // Anybody can write the record down: signed by nobody, it attests nothing and names no file.
            Kind::AsAttested(_) | Kind::Bare(_) => {
                Err("what was given is the run's bare record, which nobody has signed")
            }
            Kind::Foreign(detail) | Kind::Damaged(detail) | Kind::Long(detail) => Err(detail),
        }
    }

    /// The bare record; says what else it is.
    pub(crate) fn bare(&self) -> Result<&RunRecord, &str> {
        match &self.0 {
            Kind::Attested(_) => Err("what was given is an attestation"),
            _ => self.record(),
        }
    }

    fn record(&self) -> Result<&RunRecord, &str> {
        match &self.0 {
            Kind::Attested(attested) | Kind::AsAttested(attested) => Ok(attested.record()),
            Kind::Bare(record) => Ok(record),
            Kind::Foreign(detail) | Kind::Damaged(detail) | Kind::Long(detail) => Err(detail),
        }
    }
}

fn read(bytes: &[u8]) -> Result<Kind, String> {
    if attest::is_envelope(bytes) {
        return match attest::read(bytes) {
            Err(error @ AttestError::Long) => Ok(Kind::Long(error.to_string())),
            Err(error) => Err(error.to_string()),
            Ok(attested) => Ok(Kind::Attested(Arc::new(attested))),
        };
    }
    let record: RunRecord = match json::read(bytes) {
        Ok(record) => record,
        Err(error @ JsonError::Long) => return Ok(Kind::Long(error.to_string())),
        Err(error) => {
            let detail = format!("what was given is neither an attestation nor a record: {error}");
            return Ok(Kind::Foreign(detail));
        }
    };
    if canonical::to_vec(&record) != bytes {
        return Err("it is not in canonical form".to_owned());
    }
    match record.faults().first() {
        Some(fault) => Err(fault.to_string()),
        None => Ok(Kind::Bare(Arc::new(record))),
    }
}

/// Checks the attestation against the file and its credential, which `sealed_by` signed.
pub(crate) fn attestation<'a>(
    verdict: &mut Verdict,
    given: &Given<'a>,
    claim: &Claim,
    sealed_by: Option<&Chain>,
) -> Option<&'a RunRecord> {
    let Some(recorded) = given.attestation else {
        match given.is_published {
            true => absent(verdict, "attestation", claim),
            false => verdict.note("attestation", Outcome::Skipped, "none was given"),
        }
        return None;
    };
    let record = own(verdict, "attestation", recorded, claim)?;
    let attested = match recorded.attested() {
        Ok(attested) => attested,
        Err(detail) => {
            verdict.judge("attestation", Exit::Incomplete, Err(detail.to_owned()));
            return None;
        }
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
        origin.coverage = Some(coverage(record));
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
    let Some(recorded) = given.receipts else {
        if given.is_published {
            absent(verdict, "receipts", claim);
        }
        return;
    };
    // What was checked as attested says the same of the file.
    let is_attested = |record: &&RunRecord| attested.is_some_and(|own| ptr::eq(own, *record));
    if let Some(record) = recorded.record().ok().filter(is_attested) {
        verdict.judge("receipts", Exit::Tampered, Ok(told(record)));
    } else if let Some(record) = own(verdict, "receipts", recorded, claim) {
        let tells_other = |own: &RunRecord| tells_otherwise(&record.intents, &own.intents);
        let result = match attested.is_some_and(tells_other) {
            true => Err("it tells decisions otherwise than the attestation".to_owned()),
            false => Ok(told(record)),
        };
        verdict.judge("receipts", Exit::Tampered, result);
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

/// The record, if it is sound, is of the file's run, and tells that run as the credential does; what else there is to say
/// is said under `name`. Something else was put in its place.
fn own<'a>(
    verdict: &mut Verdict,
    name: &'static str,
    recorded: &'a Recorded,
    claim: &Claim,
) -> Option<&'a RunRecord> {
    let record = match recorded.record() {
        Ok(record) => record,
        Err(detail) => {
            let means = match recorded.0 {
                Kind::Long(_) => Exit::Incomplete,
                _ => Exit::Tampered,
            };
            verdict.judge(name, means, Err(detail.to_owned()));
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
    if !excerpt.leads_to(&claim.unsigned_sha256, record) {
        let detail = "the credential counts tasks that did not lead to this file, or names another as the one that made it".to_owned();
        verdict.judge(name, Exit::Tampered, Err(detail));
        return None;
    }
    let asset = &claim.unsigned_sha256;
    let fault = ingredients::fault(record, asset, &verdict.ingredients);
    if let Some(detail) = fault.or_else(|| contradicted(verdict, record, asset)) {
        verdict.judge(name, Exit::Tampered, Err(detail));
        return None;
    }
    if let Some(detail) = intents_missing(record) {
        verdict.judge(name, Exit::Incomplete, Err(detail));
        return None;
    }
    Some(record)
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

/// How well the tasks of a run can be checked by running them again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Same bytes again.
    pub exact: u64,
    /// Nearly the same bytes.
    pub close: u64,
    /// Signatures only.
    pub attested: u64,
}

fn coverage(record: &RunRecord) -> Coverage {
    let mut coverage = Coverage::default();
    for receipt in &record.receipts {
        *match receipt.determinism {
            // What people decided is theirs: nothing gives it again.
            _ if !receipt.intents.is_empty() => &mut coverage.attested,
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
