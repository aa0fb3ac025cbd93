//! Files that are given to be verified and are about other files.

use std::path::Path;

use daedal_chain::proof::{AnchorProof, VotesProof};
use daedal_provenance::Exit;
use daedal_provenance::attest::is_envelope;
use daedal_provenance::collection::{ASSETS, ATTESTATION, BUNDLE, RECEIPTS};
use daedal_provenance::container::is_credential;
use daedal_provenance::verify::Recorded;

use super::disclosed::is_disclosure;
use super::folder::original_of;
use crate::failure::Failure;
use crate::text::quoted;

/// Largest record or proof that is looked for: once it is read, it takes many times its length.
const RECORD_BYTES_MAX: usize = 16 << 20;

/// Why a file is none that can be verified by itself, and what can be verified in its place.
pub(super) fn refused(path: &Path, bytes: &[u8]) -> Option<Failure> {
    let shown = path.display().to_string();
    let own = quoted(&shown);
    let original = original_of(path).map(|original| quoted(&original.display().to_string()));
    if is_credential(bytes) {
        let help = match original {
            Some(original) => format!("verify that file: daedal verify {original}"),
            None => format!("verify that file: daedal verify FILE --sidecar {own}"),
        };
        let message = format!("{shown} is a credential, and not the file that it is about");
        return Some(Failure::new(message).help(help));
    }
    let is_json = bytes.first() == Some(&b'{') && bytes.len() <= RECORD_BYTES_MAX;
    if is_json && let Ok(Some(run)) = Recorded::of(bytes).run() {
        let message = format!(
            "{shown} is the record of run {}, and not a file that was published",
            run.short()
        );
        let all = format!("daedal verify {}", quoted(&folder_of(path)));
        let help = match is_envelope(bytes) {
            true => format!(
                "verify a file of that run with it: daedal verify FILE --attestation {own}; or all files \
                 beside it: {all}"
            ),
            false => format!("verify the files beside it: {all}"),
        };
        return Some(Failure::new(message).help(help));
    }
    if is_json && is_disclosure(path) {
        let message = format!("{shown} discloses a decision, and is not a file that was published");
        let help =
            format!("verify a file of its run with it: daedal verify FILE --disclosure {own}");
        return Some(Failure::new(message).help(help));
    }
    if is_json && AnchorProof::read(bytes).is_ok() {
        let message =
            format!("{shown} is the proof of an anchor, and not a file that was published");
        let help = format!("verify a file of its runs with it: daedal verify FILE --anchor {own}");
        return Some(Failure::new(message).help(help));
    }
    if is_json && VotesProof::read(bytes).is_ok() {
        let message = format!("{shown} is the proof of votes, and not a file that was published");
        let help = "verify a file of a run that took dials from them, which lies beside it";
        return Some(Failure::new(message).help(help));
    }
    None
}

/// Why there is nothing of a name that was given.
pub(crate) fn absent(path: &Path, in_studio: bool) -> Failure {
    let shown = path.display().to_string();
    if shown.starts_with("https://") || shown.starts_with("http://") {
        return Failure::new(format!("{shown} is an address, and files are verified"))
            .help("fetch the file, with what was published beside it, and verify that");
    }
    let (what, help) = match in_studio {
        true => (
            "no file or directory here, and no run of this studio",
            "name a published file, a directory, an archive, or a run: `daedal runs` lists them",
        ),
        false => (
            "no file or directory here; runs are looked for in a studio, and this is none",
            "name a published file, a directory or an archive; or the studio of the run with --studio DIR",
        ),
    };
    Failure::new(format!("{shown} is {what}")).help(help)
}

/// Why a directory is not verified that was an archive of a run: what sealed all of it is gone.
pub(crate) fn unpacked(place: &Path) -> Option<Failure> {
    let is_there = |name: &&str| place.join(name).is_file();
    let mut names = [ATTESTATION, RECEIPTS, BUNDLE].iter();
    let shown = place.display().to_string();
    let attestation = place.join(ATTESTATION).display().to_string();
    names.all(is_there).then(|| {
        Failure::new(format!(
            "{shown} is an archive of a run, unpacked: its seal was around the whole"
        ))
        .help(format!(
            "verify the ZIP that it came from; or a file of {ASSETS} with --attestation {}",
            quoted(&attestation)
        ))
        .exit(Exit::Incomplete.code())
    })
}

/// Why a file of a directory was not verified: it can't be read, or is about another file and there without it. Nobody has
/// named it, so that this is no mistake in the command.
pub(super) fn among_others(path: &Path, failure: Failure) -> Failure {
    let bytes = super::read(path).ok();
    match bytes.and_then(|bytes| refused(path, &bytes)) {
        Some(refused) => refused.exit(Exit::Incomplete.code()),
        None => failure.exit(Exit::Incomplete.code()),
    }
}

/// What helps with a file that has no credential, where its name tells what it is.
pub(super) fn hint(path: &Path) -> Option<String> {
    let original = original_of(path)?;
    Some(format!(
        "this is a small picture for the gallery's pages, which has no credential of its own: verify what \
         it shows, daedal verify {}",
        quoted(&original.display().to_string())
    ))
}

fn folder_of(path: &Path) -> String {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.display().to_string(),
        _ => ".".to_owned(),
    }
}
