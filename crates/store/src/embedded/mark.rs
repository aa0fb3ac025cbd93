//! How many changes the studio has had, noted beside the database.
//!
//! SQLite says nothing of a write-ahead log that was damaged or taken away: it reads the log up to the first
//! frame that doesn't fit, and takes the rest for what was never committed. So every transaction counts in
//! the database, and once it is durable its number is noted in a file of its own. A database that counts less
//! than this file has lost what it had.
//!
//! The file costs a call of the system for each transaction and no flush. It is written after the
//! database, so a loss of power may set it back, but never ahead: it claims no loss that there was not. What it
//! can't show is the loss of the log together with that of the last numbers noted here.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Name of the file in the folder of the studio's memory.
pub(super) const FILE: &str = "studio.db-mark";

/// The file while it is written.
pub(super) struct Mark {
    path: PathBuf,
    file: Option<File>,
}

impl Mark {
    /// The file in `folder`, which is made with the first number.
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self {
            path: folder.join(FILE),
            file: None,
        }
    }

    /// The number that was noted last; zero where none is to be read.
    pub(super) fn read(folder: &Path) -> u64 {
        let text = std::fs::read_to_string(folder.join(FILE)).unwrap_or_default();
        text.trim().parse().unwrap_or_default()
    }

    /// Notes a number. If that fails, a later loss may go unnoticed; nothing else depends on it.
    pub(super) fn note(&mut self, number: u64) {
        let mut write = || {
            if self.file.is_none() {
                let mut options = File::options();
                let options = options.write(true).create(true).truncate(false);
                self.file = Some(options.open(&self.path)?);
            }
            let Some(file) = &mut self.file else {
                return Ok(());
            };
            file.seek(SeekFrom::Start(0))?;
            // Of one length, so that no digit of an earlier number is left.
            file.write_all(format!("{number:020}\n").as_bytes())
        };
        let _: std::io::Result<()> = write();
    }
}
