//! What can go wrong with a studio's memory.

use std::fmt::Display;
use std::io;
use std::path::Path;

use daedal_core::blob::BlobError;
use daedal_core::run::RunId;

/// A record could not be read or kept. Nothing is half-written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The place itself failed: full, read-only, gone.
    #[error("{message}")]
    Io {
        /// What failed and why.
        message: String,
    },
    /// What is there can't be trusted.
    #[error("{message}")]
    Corrupted {
        /// What is damaged and what to do.
        message: String,
    },
    /// Somebody else holds the studio.
    #[error("{message}")]
    Busy {
        /// Who, and what to do.
        message: String,
    },
    /// There is no such studio, or no such run in it.
    #[error("{message}")]
    Missing {
        /// What is missing and what to do.
        message: String,
    },
    /// The studio was written by another version of Daedal.
    #[error("{message}")]
    Version {
        /// Which versions, and what to do.
        message: String,
    },
}

impl StoreError {
    /// Something was asked of `run`, which does not exist.
    pub(crate) fn no_run(run: RunId) -> Self {
        Self::Missing {
            message: format!("no run {run} in this studio"),
        }
    }

    /// A file or folder could not be used, as in `could not {what} {path}: …`.
    pub(crate) fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::Io {
            message: io_message(what, path, error),
        }
    }

    /// A document could not be turned into JSON.
    pub(crate) fn unwritable(what: &str, error: impl Display) -> Self {
        Self::Io {
            message: format!("{what} could not be written as JSON: {error}"),
        }
    }
}

/// A [`BlobError::Io`] about a file or folder.
pub(crate) fn blob_io(what: &str, path: &Path, error: &io::Error) -> BlobError {
    BlobError::Io {
        message: io_message(what, path, error),
    }
}

/// What failed, where, why, and what to do about it where that is known.
fn io_message(what: &str, path: &Path, error: &io::Error) -> String {
    let help = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space, then run the same command again: nothing was lost"
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "; check who may write there, or copy the studio to a place of your own"
        }
        io::ErrorKind::FileTooLarge => "; raise the limit on the size of files (`ulimit -f`)",
        _ => "",
    };
    format!("could not {what} {}: {error}{help}", path.display())
}
