//! Bytes that the studio has lost, found again where it wrote them out.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use daedal_core::blob::BlobError;
use daedal_core::{AssetRef, Digest};
use daedal_store::Studio;

use crate::failure::Failure;
use crate::home::Home;
use crate::ui::Ui;

/// The files of `out/` and of the site.
pub(super) struct Copies<'a> {
    home: &'a Home,
    ui: Ui,
    /// By length; listed when something is missing.
    files: OnceCell<BTreeMap<u64, Vec<PathBuf>>>,
}

impl<'a> Copies<'a> {
    pub(super) fn of(home: &'a Home, ui: Ui) -> Self {
        Self {
            home,
            ui,
            files: OnceCell::new(),
        }
    }

    /// Whether the bytes of an asset are there, or were brought back.
    pub(super) fn have(&self, studio: &Studio, asset: &AssetRef) -> bool {
        self.read(studio, asset).is_ok()
    }

    /// The bytes of an asset. Where they were damaged or lost, a file with the same ones takes their place.
    pub(super) fn read(&self, studio: &Studio, asset: &AssetRef) -> Result<Arc<[u8]>, BlobError> {
        let error = match studio.blobs.read(&asset.digest) {
            Err(error @ (BlobError::Missing { .. } | BlobError::Corrupted { .. })) => error,
            done => return done,
        };
        let files = self.files.get_or_init(|| self.list());
        for path in files.get(&asset.size).into_iter().flatten() {
            let Ok(bytes) = std::fs::read(path) else {
                continue;
            };
            if Digest::of(&bytes) == asset.digest {
                studio.blobs.write(&bytes)?;
                let place = path.strip_prefix(&self.home.root).unwrap_or(path);
                let place = place.display();
                self.ui.note(match &error {
                    BlobError::Corrupted {
                        aside: Some(aside), ..
                    } => format!("brought back from {place}; what was damaged is in {aside}"),
                    _ => format!("brought back from {place}: it was lost in .daedal/"),
                });
                return Ok(bytes.into());
            }
        }
        Err(error)
    }

    /// What is told of bytes that are nowhere.
    pub(super) fn lost(&self, what: &str, process: &str, error: &BlobError) -> Failure {
        let site = self.home.site();
        let site = site.strip_prefix(&self.home.root).unwrap_or(&site);
        let message = format!(
            "{what} is lost: neither .daedal/blobs nor out/ nor {}/ has it whole",
            site.display()
        );
        Failure::because(message, error).help(format!(
            "put a copy of the file anywhere below out/ and run the same command again; or make it \
             anew: run `{process}` once more, and release that run"
        ))
    }

    fn list(&self) -> BTreeMap<u64, Vec<PathBuf>> {
        let mut found: BTreeMap<u64, Vec<PathBuf>> = BTreeMap::new();
        let mut pending = vec![self.home.root.join("out"), self.home.site()];
        while let Some(folder) = pending.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => pending.push(entry.path()),
                    Ok(kind) if kind.is_file() => {
                        let size = entry.metadata().map_or(0, |found| found.len());
                        found.entry(size).or_default().push(entry.path());
                    }
                    _ => {}
                }
            }
        }
        found
    }
}
