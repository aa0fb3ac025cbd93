//! What lies in a directory beside the files that were verified: what of it their signatures cover, and what nothing does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use daedal_channels::site::{Audit, audit};
use daedal_core::Digest;
use daedal_provenance::{Exit, attest};

use super::{Folder, Verified};
use crate::text::count;

/// Names that are told of a list at most.
const NAMES_MAX: usize = 3;

/// What lies around the files of a directory.
#[derive(Debug, Default)]
pub(crate) struct Around {
    /// Credentials and records that were read for a file, and say what it is.
    pub(crate) covered: usize,
    /// What a site's own records name and is not as they have it.
    pub(crate) faults: Vec<(PathBuf, Exit, String)>,
    /// What is to be known of the rest, for people.
    pub(crate) notes: Vec<String>,
}

/// Looks at what lies around the files of a directory that have been verified.
pub(crate) fn around<'v>(
    folder: &Folder,
    verified: impl Iterator<Item = (&'v Path, &'v Verified)> + Clone,
) -> Around {
    let mut around = Around::default();
    let of_runs = records_of(folder, verified.clone());
    around.covered = folder.credentials.len() + of_runs.len();
    let mut loose: BTreeSet<&PathBuf> = folder.records.iter().collect();
    loose.retain(|path| !of_runs.contains(*path));
    let mut uncovered = vec![(folder.pictures.len(), "small picture", "of the pages")];
    uncovered.push((loose.len(), "record", "that no file here is of"));
    let mut pages = 0;
    for site in &folder.sites {
        match audit(site) {
            Ok(Some(found)) => {
                pages += found.pages + found.pages_otherwise.len();
                around.add(site, &found, folder);
            }
            Ok(None) => {}
            Err(error) => {
                let place = site.join("data");
                let detail = format!("the site's records can't be read: {error}");
                around.faults.push((place, Exit::Incomplete, detail));
            }
        }
    }
    uncovered.push((pages, "page", "with feeds and metadata"));
    let uncovered: Vec<String> = uncovered
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, what, more)| format!("{} {more}", count(number, what)))
        .collect();
    if !uncovered.is_empty() {
        let note = format!("not covered by any signature: {}", uncovered.join(", "));
        around.notes.insert(0, note);
    }
    around
        .notes
        .extend(elsewhere(verified.map(|(_, verified)| verified)));
    around
}

/// The records that were read for a file beside them.
fn records_of<'v>(
    folder: &Folder,
    verified: impl Iterator<Item = (&'v Path, &'v Verified)>,
) -> BTreeSet<PathBuf> {
    let mut read = BTreeSet::new();
    for (file, verified) in verified {
        let Some(origin) = &verified.verdict.origin else {
            continue;
        };
        let run = &origin.run.to_string()[..16];
        for what in ["attestation", "receipts", "anchor", "votes"] {
            read.insert(file.with_file_name(format!("{run}.{what}.json")));
        }
        let bare = [
            ("anchor.json", verified.anchor.is_some()),
            ("votes.json", verified.votes.is_some()),
        ];
        let bare = bare.into_iter().filter(|(_, is_read)| *is_read);
        read.extend(bare.map(|(name, _)| file.with_file_name(name)));
    }
    let records = folder.records.iter();
    records
        .filter(|path| read.contains(*path))
        .cloned()
        .collect()
}

/// What attestations name and is not among these files.
fn elsewhere<'v>(verified: impl Iterator<Item = &'v Verified> + Clone) -> Vec<String> {
    let here: BTreeSet<Digest> = verified
        .clone()
        .map(|verified| verified.verdict.sha256)
        .collect();
    let mut attestations = BTreeMap::new();
    for verified in verified {
        if let (Some(origin), Some(bytes)) = (&verified.verdict.origin, &verified.attestation) {
            attestations.entry(origin.run).or_insert(bytes);
        }
    }
    let mut notes = Vec::new();
    for (run, bytes) in attestations {
        let Ok(attested) = attest::read(bytes) else {
            continue;
        };
        let subjects = attested.statement.subjects();
        let gone: Vec<&str> = subjects
            .iter()
            .filter(|subject| !here.contains(&subject.signed))
            .map(|subject| &*subject.name)
            .collect();
        if !gone.is_empty() {
            notes.push(format!(
                "run {} attests {}, and {} not here (a site may publish only some): {}",
                run.short(),
                count(subjects.len(), "file"),
                match gone.len() {
                    1 => "1 of them is".to_owned(),
                    number => format!("{number} of them are"),
                },
                listed(&gone)
            ));
        }
    }
    notes
}

fn listed(names: &[&str]) -> String {
    let shown = names.iter().take(NAMES_MAX).copied().collect::<Vec<_>>();
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

impl Around {
    fn add(&mut self, site: &Path, found: &Audit, folder: &Folder) {
        let at = |name: &str| site.join(name);
        for name in &found.gone {
            let detail = "the site's own records name it, and it is gone".to_owned();
            self.faults.push((at(name), Exit::Incomplete, detail));
        }
        // A file that has a credential has been judged by that.
        let judged: BTreeSet<&PathBuf> = folder.files.iter().collect();
        for name in &found.changed {
            if !judged.contains(&at(name)) {
                let detail = "it is not what the site's own records name".to_owned();
                self.faults.push((at(name), Exit::Tampered, detail));
            }
        }
        let names =
            |names: &[String]| listed(&names.iter().map(String::as_str).collect::<Vec<_>>());
        if !found.pages_otherwise.is_empty() {
            self.notes.push(format!(
                "edited, gone, or written by another version of daedal: {}",
                names(&found.pages_otherwise)
            ));
        }
        let stray: Vec<String> = found
            .stray
            .iter()
            .filter(|name| !judged.contains(&at(name)))
            .cloned()
            .collect();
        if !stray.is_empty() {
            self.notes.push(format!(
                "named by nothing of the site, and not by it: {}",
                names(&stray)
            ));
        }
    }
}
