//! How engines, channels and credentials reach bytes, wherever they are kept.

use std::sync::Arc;

use crate::{AssetRef, Digest};

/// Bytes could not be read or kept.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BlobError {
    /// No blob has this digest.
    #[error("no blob {digest} in this studio")]
    Missing {
        /// What was asked for.
        digest: Digest,
    },
    /// The bytes under this digest have another digest.
    #[error(
        "blob {digest} is corrupted: its bytes hash to {found}{}; restore its file from a backup, \
         or run the process again, which makes anew what its steps made",
        .aside.as_ref().map_or(String::new(), |place| format!(" and are now in {place}"))
    )]
    Corrupted {
        /// What was asked for.
        digest: Digest,
        /// What the bytes hash to.
        found: Digest,
        /// Where the bytes were put, for whoever wants to look at them.
        aside: Option<String>,
    },
    /// A blob is larger than the caller takes.
    #[error("{size} bytes are more than the limit of {size_max} bytes")]
    TooLarge {
        /// What was offered.
        size: u64,
        /// What is allowed.
        size_max: u64,
    },
    /// The place that keeps blobs failed.
    #[error("{message}")]
    Io {
        /// What failed and why.
        message: String,
    },
}

/// Reads blobs by digest. What it returns has been checked against the digest.
pub trait BlobRead: Send + Sync {
    /// The bytes with this digest.
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError>;

    /// Whether the asset is there in its full length; a place may answer without reading it.
    fn holds(&self, asset: &AssetRef) -> bool {
        self.read(&asset.digest)
            .is_ok_and(|bytes| bytes.len() as u64 == asset.size)
    }
}

/// Keeps blobs; a blob is visible only once it is whole.
pub trait BlobWrite: BlobRead {
    /// Keeps `bytes` and returns their digest. Keeping the same bytes twice is harmless.
    fn write(&self, bytes: &[u8]) -> Result<Digest, BlobError>;
}
