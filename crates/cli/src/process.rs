//! A process on disk, read and judged.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use daedal_core::bundle::{LOCK_FILE, ProcessFiles as _};
use daedal_core::engine::Engines;
use daedal_core::plan::{self, Planned, Reference};
use daedal_core::process::parse;

use crate::assemble;
use crate::failure::Failure;
use crate::files::DiskFiles;
use crate::text;

/// The directory of the process at `place`, and what its steps that are processes name.
pub(crate) fn references_of(place: &Path) -> Result<(PathBuf, Vec<Reference>), Failure> {
    let (files, name) = DiskFiles::open(place)?;
    let bytes = read(&files, &name)?;
    let process = parse(&files.label(&name), &bytes)?;
    Ok((files.root().to_owned(), plan::references(&process)))
}

fn read(files: &DiskFiles, name: &str) -> Result<Arc<[u8]>, Failure> {
    let bytes = files.read(name);
    bytes.map_err(|error| Failure::because("the process file can't be read", &error))
}

/// A process that has no mistakes, and its files.
pub(crate) struct Loaded {
    pub(crate) planned: Planned,
    pub(crate) files: DiskFiles,
}

impl Loaded {
    /// Reads the process at `place` (its directory, or its process file).
    pub(crate) fn open(place: &Path, engines: &Engines) -> Result<Self, Failure> {
        let (files, name) = DiskFiles::open(place)?;
        let bytes = read(&files, &name)?;
        let label = files.label(&name);
        let planned = plan::build_judged(&label, &bytes, &files, engines, &assemble::judge)?;
        Ok(Self { planned, files })
    }
}

/// Writes the lock of a process; gives its place and content.
pub(crate) fn write_lock(process: &Path) -> Result<(PathBuf, String), Failure> {
    let (files, name) = DiskFiles::open(process)?;
    let bytes = read(&files, &name)?;
    let content = plan::lock(&files.label(&name), &bytes, &files, &assemble::engines())?;
    let place = files.root().join(LOCK_FILE);
    text::write_whole(&place, content.as_bytes())?;
    Ok((place, content))
}
