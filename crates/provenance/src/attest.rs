//! The attestation of a run: a DSSE envelope around an in-toto statement, signed with ES256.
//!
//! Its subjects are the digests of everything that was published, before and after sealing; its
//! predicate is the run's record. It is canonical JSON, so that no byte of it can be changed unseen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use daedal_core::json::{self, JsonError};
use daedal_core::record::{RecordFault, RunRecord};
use daedal_core::{Digest, canonical};
use p256::ecdsa::Signature;
use p256::ecdsa::signature::Verifier as _;
use serde::{Deserialize, Serialize};

use crate::chain::{Chain, ChainError};
use crate::predicate::{self, Named, Predicate};
use crate::seal::Sealed;
use crate::signer::Signer;

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// DSSE 1.0.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    payload_type: String,
    payload: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvelopeSignature {
    /// SHA-256 of the signing certificate.
    keyid: Digest,
    /// In DER, as readers of DSSE take ECDSA.
    sig: String,
    /// The certificates in DER, signing certificate first.
    x5c: Vec<String>,
}

/// in-toto Statement v1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    /// What was published.
    pub subject: Vec<Named>,
    predicate_type: String,
    /// How it came to be.
    pub predicate: Predicate,
}

impl Statement {
    /// What was published, as it was given to [`attest`].
    #[must_use]
    pub fn subjects(&self) -> Vec<Subject> {
        let mut subjects: Vec<Subject> = Vec::new();
        for Named { name, digest } in &self.subject {
            let sha256 = digest.sha256;
            match subjects.last_mut() {
                Some(last) if *name == format!("{}#unsigned", last.name) => last.unsigned = sha256,
                Some(last) if *name == format!("{}.c2pa", last.name) => last.sidecar = Some(sha256),
                _ => subjects.push(Subject {
                    name: name.clone(),
                    unsigned: sha256,
                    signed: sha256,
                    sidecar: None,
                }),
            }
        }
        subjects
    }
}

/// Something that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// File name.
    pub name: String,
    /// SHA-256 before sealing.
    pub unsigned: Digest,
    /// SHA-256 of the published file.
    pub signed: Digest,
    /// SHA-256 of its sidecar.
    pub sidecar: Option<Digest>,
}

impl Subject {
    /// The published file `name`.
    #[must_use]
    pub fn of(name: &str, unsigned: Digest, sealed: &Sealed) -> Self {
        Self {
            name: name.to_owned(),
            unsigned,
            signed: Digest::of(&sealed.file),
            sidecar: sealed.sidecar.as_deref().map(Digest::of),
        }
    }
}

/// Why an attestation doesn't stand.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AttestError {
    /// It has more values than are read.
    #[error("{}", JsonError::Long)]
    Long,
    /// It isn't one.
    #[error("it is not a run attestation: {problem}")]
    Form {
        /// What is wrong.
        problem: String,
    },
    /// The certificates are of no use.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The signature isn't that of the certificate.
    #[error("the signature is not that of its certificate")]
    Signature,
    /// The record in it doesn't stand.
    #[error("its record does not stand: {0}")]
    Record(RecordFault),
}

/// An attestation whose signature and record stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Attested {
    /// What it says.
    pub statement: Statement,
    /// Who signed it.
    pub chain: Chain,
}

/// Attests a run and what was published of it.
#[must_use]
pub fn attest(record: RunRecord, subjects: &[Subject], signer: &Signer) -> Vec<u8> {
    let named = |name: String, sha256: Digest| Named::new(name, sha256);
    let mut subject = Vec::new();
    for published in subjects {
        subject.push(named(published.name.clone(), published.signed));
        if published.unsigned != published.signed {
            subject.push(named(
                format!("{}#unsigned", published.name),
                published.unsigned,
            ));
        }
        if let Some(sidecar) = published.sidecar {
            subject.push(named(format!("{}.c2pa", published.name), sidecar));
        }
    }
    let statement = Statement {
        kind: STATEMENT_TYPE.into(),
        subject,
        predicate_type: predicate::TYPE.into(),
        predicate: Predicate::of(record, Digest::of(&signer.chain().ders().concat())),
    };
    let payload = canonical::to_vec(&statement);
    let ders = signer.chain().ders();
    canonical::to_vec(&Envelope {
        payload_type: PAYLOAD_TYPE.into(),
        signatures: vec![EnvelopeSignature {
            keyid: Digest::of(ders.first().map_or(&[], Vec::as_slice)),
            sig: BASE64.encode(signer.sign_der(&pre_authentication(&payload))),
            x5c: ders.iter().map(|der| BASE64.encode(der)).collect(),
        }],
        payload: BASE64.encode(payload),
    })
}

/// Reads an attestation, and checks its form, its signature and its record. Whether to trust who signed is
/// left to the caller ([`Chain::leads_to`]).
pub fn read(bytes: &[u8]) -> Result<Attested, AttestError> {
    let form = |problem: &str| AttestError::Form {
        problem: problem.into(),
    };
    let unread = |error: &JsonError| match error {
        JsonError::Long => AttestError::Long,
        JsonError::Form(error) => form(&error.to_string()),
    };
    let envelope: Envelope = json::read(bytes).map_err(|error| unread(&error))?;
    if canonical::to_vec(&envelope) != bytes {
        return Err(form("it is not in canonical form"));
    }
    let [signature] = &envelope.signatures[..] else {
        return Err(form("it should have one signature"));
    };
    let decode = |text: &String| {
        BASE64
            .decode(text)
            .map_err(|_| form("it has broken base64"))
    };
    let ders: Vec<Vec<u8>> = signature.x5c.iter().map(decode).collect::<Result<_, _>>()?;
    if signature.keyid != Digest::of(ders.first().map_or(&[], Vec::as_slice)) {
        return Err(form("its key id is not that of its certificate"));
    }
    let chain = Chain::from_ders(ders)?;
    let payload = decode(&envelope.payload)?;
    let parsed = Signature::from_der(&decode(&signature.sig)?);
    let parsed = parsed.map_err(|_| AttestError::Signature)?;
    if envelope.payload_type != PAYLOAD_TYPE || parsed.normalize_s().is_some() {
        return Err(AttestError::Signature);
    }
    chain
        .verifying_key()?
        .verify(&pre_authentication(&payload), &parsed)
        .map_err(|_| AttestError::Signature)?;
    let statement: Statement = json::read(&payload).map_err(|error| unread(&error))?;
    if canonical::to_vec(&statement) != payload {
        return Err(form("its statement is not in canonical form"));
    }
    if statement.kind != STATEMENT_TYPE || statement.predicate_type != predicate::TYPE {
        return Err(form("it is a statement about something else"));
    }
    if statement.predicate.certificates != Digest::of(&chain.ders().concat()) {
        return Err(AttestError::Signature);
    }
    if !statement.predicate.follows() {
        return Err(form(
            "what it says of the run does not follow from the run's record",
        ));
    }
    match statement.predicate.record.faults().into_iter().next() {
        Some(fault) => Err(AttestError::Record(fault)),
        None => Ok(Attested { statement, chain }),
    }
}

/// Whether `bytes` set out to be an attestation: it may be a damaged one.
#[must_use]
pub fn is_envelope(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{\"payload")
}

impl Attested {
    /// The run that it is about.
    #[must_use]
    pub fn record(&self) -> &RunRecord {
        &self.statement.predicate.record
    }

    /// Whether something with this digest was published.
    #[must_use]
    pub fn names(&self, digest: &Digest) -> bool {
        self.statement
            .subject
            .iter()
            .any(|subject| subject.digest.sha256 == *digest)
    }
}

/// DSSE's pre-authentication encoding.
fn pre_authentication(payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

#[cfg(test)]
#[path = "attest_tests.rs"]
mod tests;
