//! Who may change a studio.
//!
//! The lock is one of the operating system's on an open file, so it ends with the process that holds
//! it, however that ends. The file's text says who holds it; text without a lock says that the last
//! holder did not come to put things away.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::StoreError;

const COMMAND_CHARS_MAX: usize = 200;
const NOTE_BYTES_MAX: u64 = 4096;
const POLL: Duration = Duration::from_millis(20);
const FILE: &str = "lock";

/// Held by the one process that may change the studio.
pub(super) struct Lock {
    file: File,
    was_abandoned: bool,
}

impl Lock {
    /// Takes the lock in `folder`, waiting for `wait` at most.
    pub(super) async fn take(
        folder: &Path,
        command: &str,
        wait: Duration,
    ) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        let failed = |error: &std::io::Error| StoreError::io("lock", &path, error);
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = file.map_err(|error| failed(&error))?;
        let start = Instant::now();
        // Who asks for the holder has the lock for an instant, which is nobody's fault.
        let patience = wait.max(POLL);
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
                Err(TryLockError::WouldBlock) if start.elapsed() < patience => {
                    tokio::time::sleep(POLL.min(patience) / 2).await;
                }
                Err(TryLockError::WouldBlock) => return Err(busy(folder, &file, wait)),
            }
        }
        let mut lock = Self {
            file,
            was_abandoned: false,
        };
        lock.was_abandoned = !note_in(&lock.file).is_empty();
        lock.note(command).map_err(|error| failed(&error))?;
        Ok(lock)
    }

    /// Whether the last holder ended without putting things away.
    pub(super) fn was_abandoned(&self) -> bool {
        self.was_abandoned
    }

    /// Gives the lock back, noting that everything was put away.
    pub(super) fn release(self) {
        // If it can't be noted, the next opening is a little slower; nothing else depends on it.
        self.file.set_len(0).ok();
    }

    fn note(&mut self, command: &str) -> std::io::Result<()> {
        write_note(&mut self.file, command)
    }
}

/// Who holds the lock in `folder`, as they noted it; nothing when nobody does.
pub(super) fn holder(folder: &Path) -> Option<String> {
    let file = File::open(folder.join(FILE)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(note_in(&file)),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// Notes anew what the holder does. Only the holder may say so.
pub(super) fn renote(folder: &Path, command: &str) -> std::io::Result<()> {
    write_note(
        &mut File::options().write(true).open(folder.join(FILE))?,
        command,
    )
}

fn write_note(file: &mut File, command: &str) -> std::io::Result<()> {
    let printable = |c: char| if c.is_control() || c == '`' { '?' } else { c };
    let command: String = command
        .chars()
        .map(printable)
        .take(COMMAND_CHARS_MAX)
        .collect();
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(format!("pid {}, `{command}`", std::process::id()).as_bytes())
}

impl Drop for Lock {
    /// Unlocks by name rather than by closing the file: a child process that is just being started
    /// has a copy of the file for a moment, and would keep the lock that long.
    fn drop(&mut self) {
        self.file.unlock().ok();
    }
}

/// What the holder wrote about itself; empty if nothing can be read.
fn note_in(mut file: &File) -> String {
    let mut note = Vec::new();
    let read = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| file.take(NOTE_BYTES_MAX).read_to_end(&mut note));
    read.map(|_| String::from_utf8_lossy(&note).trim().to_owned())
        .unwrap_or_default()
}

fn busy(folder: &Path, file: &File, wait: Duration) -> StoreError {
    let note = note_in(file);
    let who = if note.is_empty() {
        String::new()
    } else {
        format!(" ({note})")
    };
    let waited = if wait.is_zero() {
        String::new()
    } else {
        format!(" after waiting for {:.1} s", wait.as_secs_f64())
    };
    let studio: PathBuf = folder
        .parent()
        .map_or_else(|| folder.to_owned(), Path::to_owned);
    StoreError::Busy {
        message: format!(
            "another daedal{who} is using this studio, {}{waited}; let it finish or stop it, then \
             run the same command again",
            studio.display()
        ),
    }
}
