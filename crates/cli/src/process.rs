//! A process on disk, read and judged.

use std::path::Path;

use daedal_core::bundle::ProcessFiles as _;
use daedal_core::engine::Engines;
use daedal_core::plan::{self, Planned};

use crate::assemble;
use crate::failure::Failure;
use crate::files::DiskFiles;

/// A process that has no mistakes, and its files.
pub(crate) struct Loaded {
    pub(crate) planned: Planned,
    pub(crate) files: DiskFiles,
}

impl Loaded {
    /// Reads the process at `place` (its directory, or its process file).
    pub(crate) fn open(place: &Path, engines: &Engines) -> Result<Self, Failure> {
        let (files, name) = DiskFiles::open(place)?;
        let bytes = files
            .read(&name)
            .map_err(|error| Failure::because("the process file can't be read", &error))?;
        let label = files.label(&name);
        let planned = plan::build_judged(&label, &bytes, &files, engines, &assemble::judge)?;
        Ok(Self { planned, files })
    }
}
