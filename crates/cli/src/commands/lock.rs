//! `daedal lock`

use std::path::{Path, PathBuf};

use daedal_core::bundle::{LOCK_FILE, ProcessFiles as _};
use daedal_core::plan;
use daedal_core::process::parse;
use serde_json::json;

use crate::assemble;
use crate::failure::Failure;
use crate::files::DiskFiles;
use crate::text;
use crate::ui::Ui;

/// Pins the versions of the engines that a process uses, in `process.lock` beside it.
#[derive(Debug, clap::Args)]
pub(crate) struct Lock {
    /// Directory of the process, or its process file
    #[arg(default_value = ".")]
    process: PathBuf,
}

impl Lock {
    pub(crate) fn run(self, ui: Ui) -> Result<u8, Failure> {
        let (place, content) = write(&self.process)?;
        let text = format!("wrote {}\n{content}", place.display());
        ui.result(&json!({ "file": place, "content": content }), &text);
        Ok(0)
    }
}

/// Writes the lock of a process; gives its place and content.
pub(crate) fn write(process: &Path) -> Result<(PathBuf, String), Failure> {
    let (files, name) = DiskFiles::open(process)?;
    let bytes = files
        .read(&name)
        .map_err(|error| Failure::because("the process file can't be read", &error))?;
    // An old lock may not fit any more: the file alone says which engines are used.
    let process = parse(&files.label(&name), &bytes)?;
    let content = plan::lock(&process, &assemble::engines());
    let place = files.root().join(LOCK_FILE);
    text::write_whole(&place, content.as_bytes())?;
    Ok((place, content))
}
