//! A process frozen: its canonical form and the digests of every file that it names.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::asset::media_type_of;
use crate::blob::{BlobError, BlobRead};
use crate::process::{Process, to_value};
use crate::{AssetRef, Digest, canonical};

/// Name of the process file in its directory.
pub const PROCESS_FILE: &str = "process.yaml";
/// Name of the lock file in its directory.
pub const LOCK_FILE: &str = "process.lock";
/// Size of one file of a bundle, in bytes.
pub const BUNDLE_FILE_BYTES_MAX: u64 = 64 << 20;

/// The files of a process, wherever they are.
pub trait ProcessFiles {
    /// The bytes of the file at `path`: normalised, relative, with `/`.
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError>;

    /// Every file below the directory `path`, as paths like those that [`Self::read`] takes,
    /// sorted.
    fn list(&self, path: &str) -> Result<Vec<String>, FileError>;

    /// How a person finds the file, for messages.
    fn label(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// Why a file of a process can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is none.
    #[error("there is no file `{path}` beside the process file")]
    Missing {
        /// As it was named.
        path: String,
        /// Files that are there, to guess from.
        present: Vec<String>,
    },
    /// The name is not allowed.
    #[error("`{path}` {problem}")]
    Forbidden {
        /// As it was named.
        path: String,
        /// Why.
        problem: String,
    },
    /// It is too large.
    #[error("`{path}` has {size} bytes, more than the limit of {BUNDLE_FILE_BYTES_MAX}")]
    TooLarge {
        /// As it was named.
        path: String,
        /// In bytes.
        size: u64,
    },
    /// It can't be read.
    #[error("`{path}` can't be read: {problem}")]
    Unreadable {
        /// As it was named.
        path: String,
        /// The system's word.
        problem: String,
    },
}

/// The one form of a path in a bundle: NFC, `/`, relative, never above its directory.
pub fn normal_path(path: &str) -> Result<String, FileError> {
    let forbidden = |problem: &str| FileError::Forbidden {
        path: path.to_owned(),
        problem: problem.to_owned(),
    };
    if path.starts_with('/') || path.contains(':') {
        return Err(forbidden(
            "is not relative: files are named from the directory of the process file",
        ));
    }
    if path.contains('\\') || path.chars().any(char::is_control) {
        return Err(forbidden(
            "has characters that a path can't have: use `/` between names",
        ));
    }
    let mut names: Vec<String> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                if names.pop().is_none() {
                    return Err(forbidden(
                        "leaves the directory of the process file: move the file into it",
                    ));
                }
            }
            name => names.push(name.nfc().collect()),
        }
    }
    if names.is_empty() {
        return Err(forbidden("names no file"));
    }
    Ok(names.join("/"))
}

/// An immutable snapshot of a process. Its digest is the identity of the process's version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// The process in the shape of its file ([`to_value`]).
    pub process: Value,
    /// Every file that it names, by path, `process.lock` included when there is one.
    pub files: BTreeMap<String, AssetRef>,
}

impl Bundle {
    /// Freezes a process with the files that it names.
    #[must_use]
    pub fn new(process: &Process, files: BTreeMap<String, AssetRef>) -> Self {
        Self {
            process: to_value(process),
            files,
        }
    }

    /// Digest of the canonical process and of path and SHA-256 of each file. It does not depend on
    /// the order of keys, the machine, times or the layout of the YAML.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let files: BTreeMap<&str, Digest> = self
            .files
            .iter()
            .map(|(path, file)| (path.as_str(), file.digest))
            .collect();
        Digest::of_parts(
            "daedal/bundle/v1",
            &[
                &canonical::value_to_vec(&self.process),
                &canonical::to_vec(&files),
            ],
        )
    }

    /// The bundle as bytes that can be kept as a blob; [`Bundle::from_bytes`] reads them.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Not canonical: the order of outputs and choices is part of what people see.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what [`Bundle::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// The asset that a file of a bundle is.
#[must_use]
pub fn file_asset(path: &str, bytes: &[u8]) -> AssetRef {
    AssetRef {
        digest: Digest::of(bytes),
        media_type: media_type_of(path).to_owned(),
        size: bytes.len() as u64,
    }
}

/// The files of a bundle whose bytes are kept as blobs.
pub struct BundleFiles<'b> {
    bundle: &'b Bundle,
    blobs: &'b dyn BlobRead,
}

impl<'b> BundleFiles<'b> {
    /// Reads the files of `bundle` from `blobs`.
    #[must_use]
    pub fn new(bundle: &'b Bundle, blobs: &'b dyn BlobRead) -> Self {
        Self { bundle, blobs }
    }
}

impl ProcessFiles for BundleFiles<'_> {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        if path == PROCESS_FILE {
            return Ok(serde_json::to_vec(&self.bundle.process)
                .unwrap_or_default()
                .into());
        }
        let file = self
            .bundle
            .files
            .get(path)
            .ok_or_else(|| FileError::Missing {
                path: path.to_owned(),
                present: self.bundle.files.keys().cloned().collect(),
            })?;
        self.blobs
            .read(&file.digest)
            .map_err(|error: BlobError| FileError::Unreadable {
                path: path.to_owned(),
                problem: error.to_string(),
            })
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        Ok(below(path, self.bundle.files.keys()))
    }
}

/// The files of a process in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles(pub BTreeMap<String, Vec<u8>>);

impl ProcessFiles for MemoryFiles {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        self.0
            .get(path)
            .map(|bytes| bytes.as_slice().into())
            .ok_or_else(|| FileError::Missing {
                path: path.to_owned(),
                present: self.0.keys().cloned().collect(),
            })
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        Ok(below(path, self.0.keys()))
    }
}

fn below<'p>(directory: &str, paths: impl Iterator<Item = &'p String>) -> Vec<String> {
    let prefix = format!("{}/", directory.trim_end_matches('/'));
    paths
        .filter(|path| path.starts_with(&prefix))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_form_and_never_leave() {
        assert_eq!(normal_path("./a//b/../c.js"), Ok("a/c.js".into()));
        // e and a combining accent become one character.
        assert_eq!(normal_path("cafe\u{301}"), Ok("caf\u{e9}".into()));
        for path in [
            "../x",
            "a/../../x",
            "/etc/passwd",
            "C:/x",
            "a\\b",
            "",
            ".",
            "a/..",
            "a\nb",
        ] {
            assert!(normal_path(path).is_err(), "{path:?}");
        }
    }
}
