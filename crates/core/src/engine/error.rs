//! Why a task did not succeed, and whether trying again may help.

use serde::{Deserialize, Serialize};

use crate::blob::BlobError;

/// Why a task did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EngineError {
    /// The task itself is wrong; trying again gives the same.
    #[error("{message}")]
    Invalid {
        /// What is wrong, where, what was expected, what to do.
        message: String,
    },
    /// A limit was reached. Only that of time may not be reached when it is tried again.
    #[error("{message}")]
    Limit {
        /// Which limit, its value, and how to raise it.
        message: String,
    },
    /// Something around it failed; trying again may help.
    #[error("{message}")]
    Transient {
        /// What failed.
        message: String,
        /// Not sooner than after so long, in milliseconds, where who failed has said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_ms: Option<u64>,
    },
    /// It was told to stop.
    #[error("stopped")]
    Stopped,
}

impl EngineError {
    /// Shorthand for [`EngineError::Invalid`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid {
            message: message.into(),
        }
    }

    /// Shorthand for [`EngineError::Limit`].
    pub fn limit(message: impl Into<String>) -> Self {
        Self::Limit {
            message: message.into(),
        }
    }

    /// Shorthand for [`EngineError::Transient`] that says nothing of when.
    pub fn transient(message: impl Into<String>) -> Self {
        Self::Transient {
            message: message.into(),
            after_ms: None,
        }
    }

    /// Whether trying the same task again may give another result.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Transient { .. })
    }
}

impl From<BlobError> for EngineError {
    fn from(error: BlobError) -> Self {
        let message = error.to_string();
        match error {
            BlobError::Io { .. } => Self::transient(message),
            BlobError::Missing { .. }
            | BlobError::Corrupted { .. }
            | BlobError::TooLarge { .. } => Self::Invalid { message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    #[test]
    fn only_a_place_that_fails_is_asked_for_a_blob_again() {
        let digest = Digest::of(b"tide");
        let found = Digest::of(b"ebb");
        let io = BlobError::Io {
            message: "the disk is gone".into(),
        };
        let (size, size_max) = (2, 1);
        let lasting = [
            BlobError::Missing { digest },
            BlobError::Corrupted {
                digest,
                found,
                aside: None,
            },
            BlobError::TooLarge { size, size_max },
        ];
        assert!(EngineError::from(io).is_retryable());
        for error in lasting {
            let message = error.to_string();
            assert_eq!(EngineError::from(error), EngineError::Invalid { message });
        }
    }
}
