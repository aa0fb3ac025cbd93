//! Programs of the system that engines use: found in the folders that they are given, started without a shell, in a
//! private folder and with nothing in their environment but `PATH`; ended when a task has to stop.

mod process;
#[cfg(test)]
mod tests;
mod version;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use daedal_core::engine::{EngineError, TaskContext};
use tempfile::TempDir;

pub(crate) use process::Process;

/// Where programs are usually found.
const USUAL: &str = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin";

/// The folders in which programs of the system are looked for.
#[derive(Debug, Clone)]
pub struct Tools {
    path: OsString,
}

impl Default for Tools {
    fn default() -> Self {
        Self { path: USUAL.into() }
    }
}

/// A program that an engine needs, and what its absence is told with.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// Arguments that make it tell its version.
    pub(crate) version: &'static [&'static str],
    /// Commands that install it.
    pub(crate) install: &'static str,
}

/// A program that is there.
pub(crate) struct Tool {
    name: &'static str,
    file: PathBuf,
    path: OsString,
    /// Its name and version, for receipts.
    pub(crate) version: String,
}

impl Tools {
    /// Looks in the folders of `path`, which is written as the variable `PATH` is.
    #[must_use]
    pub fn in_path(path: impl Into<OsString>) -> Self {
        Self { path: path.into() }
    }

    /// The program, once it has told its version.
    pub(crate) fn find(
        &self,
        program: &Program,
        context: &TaskContext<'_>,
    ) -> Result<Tool, EngineError> {
        let name = program.name;
        let absent = || {
            EngineError::invalid(format!(
                "there is no program `{name}` in the folders of PATH: install it ({}) and run again",
                program.install
            ))
        };
        let file = self.file(name).ok_or_else(absent)?;
        let mut tool = Tool {
            name,
            file,
            path: self.path.clone(),
            version: name.to_owned(),
        };
        let folder = folder()?;
        let args = program.version.iter().map(OsString::from).collect();
        let process = Process::start(&tool, args, folder.path(), true)?;
        let said = process.everything(context)?;
        let said = String::from_utf8_lossy(&said);
        tool.version = format!("{name} {}", version_in(&said).unwrap_or("unknown version"));
        Ok(tool)
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        self.path
            .to_string_lossy()
            .split(if cfg!(windows) { ';' } else { ':' })
            .filter(|folder| !folder.is_empty())
            .map(|folder| Path::new(folder).join(name))
            .map(|file| match cfg!(windows) {
                true => file.with_extension("exe"),
                false => file,
            })
            .find(|file| file.is_file())
    }
}

/// The first word that begins with a digit.
fn version_in(said: &str) -> Option<&str> {
    said.split_whitespace()
        .map(|word| word.trim_end_matches([',', ':']))
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

/// A private folder for the files of one task; it goes when this is dropped.
pub(crate) fn folder() -> Result<TempDir, EngineError> {
    tempfile::Builder::new()
        .prefix("daedal-tool-")
        .tempdir()
        .map_err(|error| {
            EngineError::transient(format!("there is no place for temporary files: {error}"))
        })
}

/// What went wrong with a temporary file.
pub(crate) fn file_error(file: &Path, error: &std::io::Error) -> EngineError {
    let name = file.file_name().unwrap_or(OsStr::new("file"));
    EngineError::transient(format!(
        "the temporary file {} can't be used: {error}",
        name.display()
    ))
}

/// The bytes of a file that a program has written, at most `size_max` of them.
pub(crate) fn read_file(file: &Path, size_max: u64) -> Result<Vec<u8>, EngineError> {
    let error = |error: std::io::Error| file_error(file, &error);
    let size = std::fs::metadata(file).map_err(error)?.len();
    if size > size_max {
        return Err(EngineError::limit(format!(
            "what was made has {size} bytes, more than the {size_max} that an asset may have: make it shorter or smaller"
        )));
    }
    std::fs::read(file).map_err(error)
}
