//! Which version of a program is here, for whoever asks often and runs nothing.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use daedal_core::blob::{BlobError, BlobRead, BlobWrite};
use daedal_core::engine::{EngineError, TaskContext};
use daedal_core::{AssetRef, Digest};

use super::{Program, Tools};

/// How long a program may take to tell its version.
const TELL_MAX: Duration = Duration::from_secs(20);

/// A program's file as it is now, and what it is asked.
type Key = (PathBuf, Option<SystemTime>, u64, &'static [&'static str]);

/// What programs told since this process began; nothing where one told nothing.
static TOLD: LazyLock<Mutex<HashMap<Key, Option<String>>>> = LazyLock::new(Mutex::default);

impl Tools {
    /// The program's name and version; nothing where there is no such program, or it does not tell. Each file is asked
    /// once.
    pub(crate) fn version(&self, program: &Program) -> Option<String> {
        let file = self.file(program.name)?;
        let about = std::fs::metadata(&file).ok()?;
        let key = (file, about.modified().ok(), about.len(), program.version);
        // Others wait for what one asks, so that it is asked once.
        let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = told.get(&key) {
            return told.clone();
        }
        let stop = Arc::new(AtomicBool::new(false));
        let late = Arc::clone(&stop);
        std::thread::spawn(move || {
            std::thread::sleep(TELL_MAX);
            late.store(true, Ordering::Relaxed);
        });
        let version = match self.find(program, &TaskContext::new(&Nowhere, &stop)) {
            Ok(tool) => Some(tool.version),
            Err(EngineError::Invalid { .. }) => None,
            // It may tell it another time.
            Err(_) => return None,
        };
        told.insert(key, version.clone());
        version
    }
}

/// Keeps nothing: whoever tells its version needs no files.
struct Nowhere;

impl BlobRead for Nowhere {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        Err(BlobError::Missing { digest: *digest })
    }

    fn holds(&self, _: &AssetRef) -> bool {
        false
    }
}

impl BlobWrite for Nowhere {
    fn write(&self, _: &[u8]) -> Result<Digest, BlobError> {
        Err(BlobError::Io {
            message: "nothing is kept here".to_owned(),
        })
    }
}
