//! The files of a directory that are verified, and those that belong to others.

use std::path::{Path, PathBuf};

use super::sidecar_of;
use crate::failure::Failure;
use crate::settings::SETTINGS_FILE;

/// What is in a directory.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    /// Files to be verified, in order.
    pub(crate) files: Vec<PathBuf>,
    /// Decisions that were disclosed, in order.
    pub(crate) disclosures: Vec<PathBuf>,
    /// Credentials that lie beside them.
    pub(crate) credentials: Vec<PathBuf>,
    /// Records of runs, as a release names them.
    pub(crate) records: Vec<PathBuf>,
    /// Small pictures for pages, which nobody signs.
    pub(crate) pictures: Vec<PathBuf>,
    /// Sites that are among it.
    pub(crate) sites: Vec<PathBuf>,
}

/// Looks what there is to verify in a directory: of a studio its site, of a site what it published, of any
/// other everything. Hidden files and links to
/// directories are passed over.
pub(crate) fn folder(place: &Path) -> Result<Folder, Failure> {
    let site = place.join("site");
    let is_studio = place.join(SETTINGS_FILE).is_file() && site.is_dir();
    let mut found = Folder::default();
    let mut pending = vec![if is_studio { site } else { place.to_owned() }];
    while let Some(mut folder) = pending.pop() {
        if folder.join("data/site.json").is_file() {
            found.sites.push(folder.clone());
            folder.push("media");
            if !folder.is_dir() {
                continue;
            }
        }
        let failed = |error: std::io::Error| {
            Failure::because(format!("{} can't be read", folder.display()), &error)
        };
        let entries = std::fs::read_dir(&folder).map_err(failed)?;
        let entries: Result<Vec<_>, _> = entries.collect();
        let entries = entries.map_err(failed)?;
        let names: Vec<String> = entries
            .iter()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        let is_published = names.iter().any(|name| is_record(name));
        for (entry, name) in entries.iter().zip(&names) {
            let path = entry.path();
            match entry.file_type().map_err(failed)? {
                _ if name.starts_with('.') => {}
                // Where the pages have the pictures of what a step gave.
                kind if kind.is_dir() && is_published && name == "steps" => {
                    let shown = std::fs::read_dir(&path).map_err(failed)?;
                    found
                        .pictures
                        .extend(shown.flatten().map(|entry| entry.path()));
                }
                kind if kind.is_dir() => pending.push(path),
                // What a link leads to is what a reader of the directory gets.
                kind if !(kind.is_file() || kind.is_symlink() && path.is_file()) => {}
                _ if name.ends_with(".disclosure.json") => found.disclosures.push(path),
                _ if is_record(name) => found.records.push(path),
                _ if original_of(&path).is_none() => found.files.push(path),
                _ if name.ends_with(".c2pa") => found.credentials.push(path),
                _ => found.pictures.push(path),
            }
        }
    }
    found.files.sort();
    found.disclosures.sort();
    if found.files.is_empty() && found.sites.is_empty() {
        return Err(
            Failure::new(format!("{} has nothing to verify", place.display()))
                .help("name a published file, or a directory with some, such as site/"),
        );
    }
    Ok(found)
}

/// What a release publishes of a run beside its pieces.
fn is_record(name: &str) -> bool {
    let records = [
        ".attestation.json",
        ".receipts.json",
        ".anchor.json",
        ".votes.json",
    ];
    matches!(name, "anchor.json" | "votes.json") || records.iter().any(|end| name.ends_with(end))
}

/// The file that a credential lies beside, or that a small picture is of.
pub(super) fn original_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stem = match name.strip_suffix(".c2pa") {
        Some(stem) => stem,
        None => name.split_once(".preview.")?.0,
    };
    let folder = match path.parent()? {
        here if here.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let mut originals: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter(|entry| {
            let other = entry.file_name();
            let other = other.to_string_lossy();
            let is_original = *other == *stem
                || Path::new(&*other)
                    .file_stem()
                    .is_some_and(|own| own == stem);
            is_original && !other.ends_with(".c2pa") && entry.path().is_file()
        })
        .map(|entry| path.with_file_name(entry.file_name()))
        .collect();
    originals.sort();
    let with_sidecar = |original: &&PathBuf| {
        !name.ends_with(".c2pa") || sidecar_of(original).is_some_and(|own| own == path)
    };
    originals.iter().find(with_sidecar).cloned()
}
