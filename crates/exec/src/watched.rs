//! Telling a task that fails from a disk that does: whatever an engine says of it, a failure of the place
//! that keeps bytes is noted here.

use std::sync::{Arc, Mutex, PoisonError};

use daedal_core::blob::{BlobError, BlobRead, BlobWrite};
use daedal_core::{AssetRef, Digest};

/// Blobs of an engine, watched.
pub(crate) struct Watched<'a> {
    blobs: &'a dyn BlobWrite,
    failure: Mutex<Option<String>>,
}

impl<'a> Watched<'a> {
    pub(crate) fn new(blobs: &'a dyn BlobWrite) -> Self {
        Self {
            blobs,
            failure: Mutex::default(),
        }
    }

    /// What failed, if anything did.
    pub(crate) fn failure(&self) -> Option<String> {
        let failure = self.failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner).take()
    }

    fn watch<T>(&self, done: Result<T, BlobError>) -> Result<T, BlobError> {
        if let Err(BlobError::Io { message }) = &done {
            let failure = self.failure.lock();
            *failure.unwrap_or_else(PoisonError::into_inner) = Some(message.clone());
        }
        done
    }
}

impl BlobRead for Watched<'_> {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        self.watch(self.blobs.read(digest))
    }

    fn holds(&self, asset: &AssetRef) -> bool {
        self.blobs.holds(asset)
    }
}

impl BlobWrite for Watched<'_> {
    fn write(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        self.watch(self.blobs.write(bytes))
    }
}
