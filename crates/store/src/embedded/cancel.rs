//! Asking the process that holds a studio to cancel a run: a file, since only the holder of the lock
//! changes the records. The holder looks for it now and then; if it is gone before it does, whoever
//! carries the run on next finds the file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use daedal_core::run::RunId;

use super::{FOLDER, blobs};
use crate::{StoreError, Studio};

fn place(path: &Path, run: RunId) -> PathBuf {
    path.join(FOLDER).join("cancel").join(run.to_string())
}

impl Studio {
    /// Asks whoever carries the run on in the studio at `path` to cancel it. Needs no lock; the wish is
    /// durable when this returns.
    pub fn ask_to_cancel(path: &Path, run: RunId) -> Result<(), StoreError> {
        let file = place(path, run);
        let folder = file.parent().unwrap_or(path);
        let ask = || {
            fs::create_dir_all(folder)?;
            File::create(&file)?.sync_all()?;
            blobs::flush(folder)?;
            blobs::flush(&path.join(FOLDER))
        };
        ask().map_err(|error: io::Error| StoreError::io("leave a note in", folder, &error))
    }

    /// Whether somebody asked for that. Cheap enough to be asked twice a second.
    #[must_use]
    pub fn is_asked_to_cancel(path: &Path, run: RunId) -> bool {
        place(path, run).exists()
    }

    /// Forgets the wish, once the run has ended.
    pub fn forget_to_cancel(path: &Path, run: RunId) {
        // A wish that stays is about a run that has ended: it changes nothing any more.
        fs::remove_file(place(path, run)).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::run;

    #[test]
    fn a_wish_is_about_one_run_until_it_is_forgotten() {
        let studio = tempfile::tempdir().unwrap();
        let path = studio.path();
        Studio::create(path).unwrap();
        Studio::ask_to_cancel(path, run(1)).unwrap();
        Studio::ask_to_cancel(path, run(1)).unwrap();
        assert!(Studio::is_asked_to_cancel(path, run(1)));
        assert!(!Studio::is_asked_to_cancel(path, run(2)));
        Studio::forget_to_cancel(path, run(1));
        assert!(!Studio::is_asked_to_cancel(path, run(1)));
    }
}
