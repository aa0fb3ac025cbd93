//! What lies in a directory beside the files that were verified: what of it their signatures cover, and what nothing does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use daedal_channels::site::Audit;
use daedal_core::Digest;
use daedal_provenance::{AnchorFault, Exit};

use super::folder::real;
use super::{Fault, Folder, Verified};
use crate::text::count;

/// Names that are told of a list at most.
const NAMES_MAX: usize = 3;

/// What lies around the files of a directory.
#[derive(Debug, Default)]
pub(crate) struct Around {
    /// Credentials and records that were read for a file, and say what it is.
    pub(crate) covered: usize,
    /// What a site's own records name and is not as they have it, and what nothing here vouches for.
    pub(crate) faults: Vec<Fault>,
    /// What is to be known of the rest, for people.
    pub(crate) notes: Vec<String>,
    /// What was not looked at, which is told in any case.
    pub(crate) unseen: Vec<String>,
}

/// Looks at what lies around the files of a directory that have been verified.
pub(crate) fn around<'v>(
    folder: &Folder,
    verified: impl Iterator<Item = (&'v Path, &'v Verified)> + Clone,
) -> Around {
    let mut around = Around {
        faults: folder.faults.clone(),
        ..Around::default()
    };
    let read = read_for(verified.clone());
    for (paths, detail) in [
        (
            &folder.credentials,
            "it lies beside a file as its credential, and is none of it",
        ),
        (
            &folder.records,
            "it has the name of a run's record, and says nothing of a file here",
        ),
    ] {
        let (own, loose): (Vec<_>, Vec<_>) = paths.iter().partition(|path| read.contains(*path));
        around.covered += own.len();
        let fault = |path: &PathBuf| (path.clone(), Exit::Incomplete, detail.to_owned());
        around.faults.extend(loose.into_iter().map(fault));
    }
    let judged = Judged {
        files: folder.files.iter().map(|path| real(path)).collect(),
        tampered: verified
            .clone()
            .filter(|(_, verified)| verified.verdict.exit == Exit::Tampered)
            .map(|(path, _)| real(path))
            .collect(),
    };
    let mut pages = 0;
    for site in &folder.sites {
        match &site.audit {
            Ok(Some(found)) => {
                pages += found.pages + found.pages_otherwise.len();
                around.add(&site.place, found, &judged);
            }
            Ok(None) => {}
            Err(error) => {
                let place = site.place.join("data");
                let detail = format!("the site's records can't be read: {error}");
                around.faults.push((place, Exit::Incomplete, detail));
            }
        }
        let media = site.place.join("media");
        if !folder.files.iter().any(|path| path.starts_with(&media)) {
            let detail = "the site has no piece that could be verified".to_owned();
            let fault = (site.place.clone(), Exit::Incomplete, detail);
            around.faults.push(fault);
        }
    }
    let uncovered = [
        (folder.pictures.len(), "small picture", "of the pages"),
        (folder.licences.len(), "licence", "that a process brings"),
        (pages, "page", "with feeds and metadata"),
    ];
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
    if folder.is_studio {
        let note = "this is a studio: only its site was looked at".to_owned();
        around.unseen.push(note);
    }
    if folder.hidden > 0 {
        let note = format!("passed over: {} hidden (files or folders)", folder.hidden);
        around.notes.push(note);
    }
    around
}

/// Files that were judged by their credentials, reached by no links to folders.
struct Judged {
    files: BTreeSet<PathBuf>,
    /// Those that are not as they were sealed.
    tampered: BTreeSet<PathBuf>,
}

/// Credentials and records that were read for a file beside them, and are about it.
fn read_for<'v>(verified: impl Iterator<Item = (&'v Path, &'v Verified)>) -> BTreeSet<PathBuf> {
    let mut read = BTreeSet::new();
    for (file, verified) in verified {
        read.extend(verified.read.iter().cloned());
        let Some(origin) = &verified.verdict.origin else {
            continue;
        };
        // What says nothing about the file is nothing of it.
        let is_own =
            |result: &Result<String, AnchorFault>| !matches!(result, Err(AnchorFault::Foreign(_)));
        let anchor = verified.anchor.as_ref().map(|anchor| &anchor.result);
        let votes = verified.votes.as_ref().map(|votes| &votes.result);
        for (name, result) in [("anchor.json", anchor), ("votes.json", votes)] {
            if result.is_some_and(is_own) {
                // The one that has the run's name comes first, and then nobody reads the other.
                let run = &origin.run.to_string()[..16];
                let named = file.with_file_name(format!("{run}.{name}"));
                let bare = || file.with_file_name(name);
                read.insert(if named.is_file() { named } else { bare() });
            }
        }
    }
    read
}

/// What attestations name and is not among these files.
fn elsewhere<'v>(verified: impl Iterator<Item = &'v Verified> + Clone) -> Vec<String> {
    let here: BTreeSet<Digest> = verified
        .clone()
        .map(|verified| verified.verdict.sha256)
        .collect();
    let mut attestations = BTreeMap::new();
    for verified in verified {
        let recorded = verified.attestation.as_deref();
        let attested = recorded.and_then(|recorded| recorded.attested().ok());
        if let (Some(origin), Some(attested)) = (&verified.verdict.origin, attested) {
            attestations.entry(origin.run).or_insert(attested);
        }
    }
    let mut notes = Vec::new();
    for (run, attested) in attestations {
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
    /// All that is to be known.
    pub(crate) fn told(&self) -> Vec<&String> {
        self.notes.iter().chain(&self.unseen).collect()
    }

    fn add(&mut self, site: &Path, found: &Audit, judged: &Judged) {
        let at = |name: &str| site.join(name);
        for name in &found.gone {
            let detail = "the site's own records name it, and it is gone".to_owned();
            self.faults.push((at(name), Exit::Incomplete, detail));
        }
        // A credential tells what a file is, and not that it is the one that belongs here.
        for name in &found.changed {
            if !judged.tampered.contains(&real(&at(name))) {
                let detail = "it is not what the site's own records name".to_owned();
                self.faults.push((at(name), Exit::Tampered, detail));
            }
        }
        for name in &found.pieces {
            if !judged.files.contains(&real(&at(name))) && !found.gone.contains(name) {
                let detail = "the site's own records name it, and nothing verified it".to_owned();
                self.faults.push((at(name), Exit::Incomplete, detail));
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
        let told: BTreeSet<PathBuf> = self.faults.iter().map(|fault| fault.0.clone()).collect();
        let stray: Vec<String> = found
            .stray
            .iter()
            .filter(|name| !judged.files.contains(&real(&at(name))) && !told.contains(&at(name)))
            .cloned()
            .collect();
        if !stray.is_empty() {
            self.unseen.push(format!(
                "named by nothing of the site, and not by it: {}",
                names(&stray)
            ));
        }
    }
}
