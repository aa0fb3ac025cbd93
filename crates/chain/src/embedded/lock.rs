//! Who owns the chain's files.
//!
//! The lock is one of the operating system's on an open file, so it ends with the process that holds
//! it, however that ends. The file's text says who that is.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::ChainError;

const COMMAND_CHARS_MAX: usize = 200;
const NOTE_BYTES_MAX: u64 = 4096;

/// Held by the one process that has the chain open.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock in `folder` for `command`, or says who has it.
    pub(super) fn take(folder: &Path, command: &str) -> Result<Self, ChainError> {
        let path = folder.join("lock");
        let failed = |error: &std::io::Error| ChainError::io("lock", &path, error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
            Err(TryLockError::WouldBlock) => {
                return Err(ChainError::Busy {
                    folder: folder.to_owned(),
                    holder: note_in(&file),
                });
            }
        }
        let printable = |c: char| if c.is_control() || c == '`' { '?' } else { c };
        let command: String = command
            .chars()
            .map(printable)
            .take(COMMAND_CHARS_MAX)
            .collect();
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| {
                file.write_all(format!("pid {}, `{command}`", std::process::id()).as_bytes())
            })
            .map_err(|error| failed(&error))?;
        Ok(Self(file))
    }
}

impl Drop for Lock {
    /// Unlocks by name rather than by closing the file: a child process that is just being started
    /// has a copy of the file for a moment, and would keep the lock that long.
    fn drop(&mut self) {
        self.0.set_len(0).ok();
        self.0.unlock().ok();
    }
}

/// What the holder wrote about itself.
fn note_in(mut file: &File) -> String {
    let mut note = Vec::new();
    let read = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| file.take(NOTE_BYTES_MAX).read_to_end(&mut note));
    match read {
        Ok(_) if !note.is_empty() => String::from_utf8_lossy(&note).trim().to_owned(),
        _ => "which has not said its name yet".to_owned(),
    }
}
