//! A run in one archive: everything that it left behind, in a ZIP that is sealed as a whole (a C2PA collection), so
//! that no file of it can be changed, added or taken away unseen.

use std::io::Cursor;

use c2pa::Builder;
use daedal_core::Digest;
use daedal_core::asset::media_type_of;
use daedal_core::intent::Domain;
use daedal_core::record::RunRecord;
use serde::{Deserialize, Serialize};

use crate::archive::{is_as_packed, pack};
use crate::attest::Attested;
use crate::belongs::{Namers, bundle, is_due, told_bundle};
use crate::bound::bound_as_archive;
use crate::chain::Chain;
use crate::container::{Carrier, SIDECAR_SUFFIX, ZIP, sniff};
use crate::manifest;
use crate::path::PathFault;
use crate::recorded::{Recorded, intents_missing};
use crate::seal::{SealError, assertion, context, failures, read};
use crate::signer::Signer;
use crate::store;
use crate::strict;
use crate::verdict::{Exit, Outcome, Verdict};
use crate::verify::{Given, credential, signer, told_form, verify as verify_file};
use crate::words::all_of;

pub use crate::archive::{Files, is_archive, unpack};

/// Its media type.
pub const MEDIA_TYPE: &str = "application/zip";
/// How it carries its credential: what lies around its files is compared with how they are packed here.
const CARRIER: Carrier = Carrier::Embedded { format: ZIP };
/// Label of the assertion that holds [`Collected`].
pub const LABEL: &str = "org.daedal.run";

/// The run's record, as canonical JSON.
pub const RECEIPTS: &str = "receipts.json";
/// The run's attestation.
pub const ATTESTATION: &str = "attestation.json";
/// The proof of the run's anchor, where there is one.
pub const ANCHOR: &str = "anchor.json";
/// The proof of the votes that decided dials of the run, where there is one.
pub const VOTES: &str = "votes.json";
/// The bundle; its files lie in [`PROCESS`].
pub const BUNDLE: &str = "bundle.json";
/// The page that tells how the run went.
pub const STORY: &str = "provenance.html";
/// Directory of the process's files.
pub const PROCESS: &str = "process/";
/// Directory of the sealed assets, by the names that the attestation has.
pub const ASSETS: &str = "assets/";
/// The run's log, where it was put in: with it the run can be carried out again.
pub const LOG: &str = "log.json";
/// What it drew into its pictures in the end, where it did.
pub const CAPTIONS: &str = "captions.json";
/// Directory of the bytes that carrying the run out again takes and does not make, by their SHA-256.
pub const MATERIAL: &str = "material/";

/// What the assertion [`LABEL`] says: which run the archive is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Collected {
    /// Identity of the run.
    pub run: Digest,
    /// Version of the process.
    pub bundle: Digest,
    /// Root of its receipts.
    pub root: alloy_primitives::B256,
    /// Number of its receipts.
    pub count: u64,
    /// Where the root is or will be anchored: zeros before the process is registered.
    pub anchor: Domain,
}

impl Collected {
    /// What is said of a run.
    #[must_use]
    pub fn of(record: &RunRecord, anchor: Domain) -> Self {
        Self {
            run: record.header.run(),
            bundle: record.header.bundle,
            root: record.root,
            count: record.count,
            anchor,
        }
    }
}

/// Puts files into an archive and seals it; whatever doesn't read as valid then is an error. The same files give the
/// same archive, but for what the signature adds.
pub fn seal_collection(
    title: &str,
    collected: &Collected,
    tool: &str,
    files: &Files,
    key: &Signer,
) -> Result<Vec<u8>, SealError> {
    let refused = |problem: String| SealError::Refused {
        title: title.to_owned(),
        problem,
    };
    let packed = pack(files).map_err(|error| refused(error.to_string()))?;
    let definition = manifest::of_collection(title, collected, tool);
    let mut builder = context(&[])
        .map(Builder::from_context)
        .and_then(|builder| builder.with_definition(definition))
        .map_err(|error| refused(error.to_string()))?;
    let mut sealed = Cursor::new(Vec::with_capacity(packed.len() + 16_384));
    builder
        .sign(key, ZIP, &mut Cursor::new(packed), &mut sealed)
        .map_err(|error| refused(error.to_string()))?;
    let sealed = sealed.into_inner();
    let failed = |problem: String| SealError::ReadBack {
        title: title.to_owned(),
        problem,
    };
    let reader = read(CARRIER, &sealed, None, &[]).map_err(|error| failed(error.to_string()))?;
    if reader.validation_state() == c2pa::ValidationState::Invalid {
        return Err(failed(failures(&reader).join("; ")));
    }
    match unpack(&sealed) {
        Ok(back) if back == *files => Ok(sealed),
        Ok(_) => Err(failed("taking the files out gives others".to_owned())),
        Err(problem) => Err(failed(problem)),
    }
}

/// What came of verifying an archive.
pub struct Archive {
    /// The archive as a whole; [`Self::judged`] adds what its assets come to.
    pub verdict: Verdict,
    /// What is in it.
    pub files: Files,
    /// The run's record, if it stands.
    pub record: Option<RunRecord>,
    /// Each sealed asset by its name.
    pub assets: Vec<(String, Verdict)>,
}

/// Verifies an archive: its seal, that everything in it belongs to one run, and each asset with its own credential.
#[must_use]
pub fn verify(archive: &[u8], anchors: &[Chain]) -> Archive {
    let mut found = Archive {
        verdict: Verdict::new(archive),
        files: Files::new(),
        record: None,
        assets: Vec::new(),
    };
    let verdict = &mut found.verdict;
    if sniff(archive) != Some(MEDIA_TYPE) {
        let problem = "there are bytes before its first file".to_owned();
        verdict.judge("archive", Exit::Tampered, Err(problem));
        return found;
    }
    let given = Given {
        file: archive,
        anchors,
        ..Given::default()
    };
    let Some(reader) = credential(verdict, &given, CARRIER) else {
        return found;
    };
    let whole = verdict.exit != Exit::Tampered;
    signer(verdict, &reader, anchors);
    if whole {
        let store = store::of(ZIP, archive).map_err(|error| error.to_string());
        let form = store.and_then(|store| strict::manifest(&store));
        told_form(verdict, form.and_then(|()| bound_as_archive(&reader)));
    }
    match unpack(archive) {
        Ok(files) if is_as_packed(archive, &files) => found.files = files,
        Ok(_) => {
            let problem = "bytes around its files are not as they were written".to_owned();
            verdict.judge("archive", Exit::Tampered, Err(problem));
            return found;
        }
        Err(problem) => {
            verdict.judge("archive", Exit::Tampered, Err(problem));
            return found;
        }
    }
    let collected = assertion(&reader, LABEL).and_then(|value| serde_json::from_value(value).ok());
    let Some(collected) = collected else {
        let detail = format!("the credential has no `{LABEL}`: it does not tell which run this is");
        verdict.judge("run", Exit::Incomplete, Err(detail));
        return found;
    };
    found.look_into(&collected, anchors);
    let detail = format!(
        "`{STORY}` and its small pictures are covered by the signature of the archive alone: whoever sealed it \
         says what they tell, and it was not compared with the receipts"
    );
    found.verdict.note("story", Outcome::Skipped, detail);
    found
}

/// Verifies the same files where they are not in an archive.
#[must_use]
pub fn verify_files(files: Files, collected: &Collected, anchors: &[Chain]) -> Archive {
    let mut found = Archive {
        verdict: Verdict::new(&[]),
        files,
        record: None,
        assets: Vec::new(),
    };
    found.look_into(collected, anchors);
    found
}

impl Archive {
    fn look_into(&mut self, collected: &Collected, anchors: &[Chain]) {
        let files = &self.files;
        let attestation = files.get(ATTESTATION).map(|bytes| Recorded::of(bytes));
        let receipts = files.get(RECEIPTS);
        let receipts = receipts.map(|bytes| Recorded::beside(bytes, attestation.as_ref()));
        self.assets = assets(files, attestation.as_ref(), receipts.as_ref(), anchors);
        let record = record(receipts.as_ref(), collected);
        let attested = attested(attestation.as_ref());
        let bundle = bundle(files, collected);
        let verdict = &mut self.verdict;
        let run = record.clone();
        let run = run.and_then(|record| is_due(collected, &self.assets).map(|()| told(record)));
        verdict.judge("run", Exit::Tampered, run);
        let judged = attested
            .as_ref()
            .map_err(|detail| (Exit::Tampered, detail.clone()));
        let judged = judged.and_then(|attested| names_assets(files, collected, attested, anchors));
        let (exit, judged) = match judged {
            Ok(detail) => (Exit::Fine, Ok(detail)),
            Err((exit, detail)) => (exit, Err(detail)),
        };
        verdict.judge("attestation", exit, judged);
        let packed = bundle.as_ref().map_err(Clone::clone);
        verdict.judge("bundle", Exit::Tampered, packed.map(told_bundle));
        if let (Ok(record), Ok(attested), Ok(bundle)) = (&record, &attested, &bundle) {
            let namers = Namers {
                record,
                attested,
                bundle,
            };
            verdict.judge("files", Exit::Tampered, namers.name_all(files));
        }
        if let Some(missing) = record
            .as_ref()
            .ok()
            .and_then(|record| intents_missing(record))
        {
            verdict.judge("decisions", Exit::Incomplete, Err(missing));
        }
        self.record = record.ok().cloned();
    }

    /// Adds to the verdict what the assets come to, with all that was reported on them.
    pub fn judge_assets(&mut self) {
        let worst = [
            Exit::Tampered,
            Exit::Incomplete,
            Exit::Untrusted,
            Exit::Unanchored,
            Exit::Unconfirmed,
        ];
        let having = |exit: Exit| {
            self.assets
                .iter()
                .filter(move |(_, verdict)| verdict.exit == exit)
        };
        let count = self.assets.len();
        let result = match worst
            .into_iter()
            .find(|exit| having(*exit).next().is_some())
        {
            None if count == 0 => (Exit::Incomplete, Err("there are none".to_owned())),
            None if count == 1 => (Exit::Fine, Ok("the one is fine".to_owned())),
            None => (Exit::Fine, Ok(format!("all {count} are fine"))),
            Some(exit) => {
                let names: Vec<&str> = having(exit).map(|(name, _)| name.as_str()).collect();
                (
                    exit,
                    Err(format!(
                        "{} of {count} {exit}: {}",
                        names.len(),
                        names.join(", ")
                    )),
                )
            }
        };
        self.verdict.forget("assets");
        self.verdict.judge("assets", result.0, result.1);
    }
}

fn told(record: &RunRecord) -> String {
    format!(
        "{} {}, with {} of it",
        record.header.process,
        record.header.run().short(),
        all_of(record.receipts.len(), "receipt")
    )
}

fn record<'a>(
    receipts: Option<&'a Recorded>,
    collected: &Collected,
) -> Result<&'a RunRecord, String> {
    let receipts = receipts.ok_or_else(|| format!("`{RECEIPTS}` is not in it"))?;
    let record = receipts.bare();
    let record = record.map_err(|detail| format!("`{RECEIPTS}` can't be read: {detail}"))?;
    match Collected::of(record, collected.anchor) == *collected {
        true => Ok(record),
        false => Err(format!(
            "`{RECEIPTS}` are not those of run {}",
            collected.run.short()
        )),
    }
}

fn attested(attestation: Option<&Recorded>) -> Result<&Attested, String> {
    let attestation = attestation.ok_or_else(|| format!("`{ATTESTATION}` is not in it"))?;
    attestation.attested().map_err(str::to_owned)
}

fn names_assets(
    files: &Files,
    collected: &Collected,
    attested: &Attested,
    anchors: &[Chain],
) -> Result<String, (Exit, String)> {
    let tampered = |detail: String| (Exit::Tampered, detail);
    let record = attested.record();
    if Collected::of(record, collected.anchor) != *collected {
        return Err(tampered("it is about another run".to_owned()));
    }
    let subjects = attested.statement.subjects();
    for subject in &subjects {
        let is_there = |path: &str, digest: Digest| {
            let file = files.get(&format!("{ASSETS}{path}"));
            file.is_some_and(|bytes| Digest::of(bytes) == digest)
        };
        let sidecar = format!("{}{SIDECAR_SUFFIX}", subject.name);
        let has_sidecar = subject
            .sidecar
            .is_none_or(|digest| is_there(&sidecar, digest));
        if !is_there(&subject.name, subject.signed) || !has_sidecar {
            return Err(tampered(format!(
                "`{}` is not as it attests it",
                subject.name
            )));
        }
    }
    match attested.chain.path_fault(anchors) {
        None => Ok(format!("it names {}", all_of(subjects.len(), "asset"))),
        Some(PathFault::Unknown) => Err((
            Exit::Untrusted,
            "its signer is not recognised here".to_owned(),
        )),
        Some(fault) => Err((
            Exit::Untrusted,
            format!("its signer is not recognised here: {fault}"),
        )),
    }
}

fn assets(
    files: &Files,
    attestation: Option<&Recorded>,
    receipts: Option<&Recorded>,
    anchors: &[Chain],
) -> Vec<(String, Verdict)> {
    let sealed = files.iter().filter_map(|(path, bytes)| {
        let name = path.strip_prefix(ASSETS)?;
        let bare = name.strip_suffix(SIDECAR_SUFFIX);
        let is_sidecar = bare.is_some_and(|bare| files.contains_key(&format!("{ASSETS}{bare}")));
        (!is_sidecar).then_some((name, bytes))
    });
    sealed
        .map(|(name, bytes)| {
            let beside = |name: &str| files.get(name).map(Vec::as_slice);
            let verdict = verify_file(&Given {
                file: bytes,
                media_type: Some(media_type_of(name)),
                sidecar: beside(&format!("{ASSETS}{name}{SIDECAR_SUFFIX}")),
                attestation,
                receipts,
                is_published: true,
                anchors,
            });
            (name.to_owned(), verdict)
        })
        .collect()
}

#[cfg(test)]
#[path = "collection_tests.rs"]
pub(crate) mod tests;
