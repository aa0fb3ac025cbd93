//! What a tender keeps in the studio: its memory, the lock that lets one tend at once, and what people wish of it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use daedal_core::run::Moment;
use daedal_exec::tend::Memory;
use daedal_store::embedded::FOLDER;

use crate::failure::Failure;
use crate::text;

/// The tender's place in a studio.
pub(crate) struct Keep {
    folder: PathBuf,
}

/// Held by the one program that tends a studio.
pub(crate) struct Tending {
    _lock: File,
}

impl Keep {
    pub(crate) fn of(root: &Path) -> Self {
        Self {
            folder: root.join(FOLDER).join("tend"),
        }
    }

    /// Becomes the tender of the studio.
    pub(crate) fn lock(&self) -> Result<Tending, Failure> {
        let place = self.folder.join("lock");
        let failed = |error: &std::io::Error| {
            Failure::because(format!("{} can't be made", place.display()), error)
        };
        std::fs::create_dir_all(&self.folder).map_err(|error| failed(&error))?;
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true);
        let file = file.open(&place).map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(Tending { _lock: file }),
            Err(TryLockError::WouldBlock) => {
                Err(Failure::new("another program tends this studio already").help(
                    "one is enough: `daedal tend --status` shows what it does; stop it with SIGTERM before you start \
                     another",
                ))
            }
            Err(TryLockError::Error(error)) => Err(failed(&error)),
        }
    }

    /// Whether somebody tends the studio.
    pub(crate) fn is_tended(&self) -> bool {
        let file = File::open(self.folder.join("lock"));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// What is remembered; nothing where nobody has tended yet.
    pub(crate) fn read(&self) -> Result<Memory, Failure> {
        let place = self.memory();
        let bytes = match std::fs::read(&place) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Memory::default()),
            Err(error) => {
                let what = format!("{} can't be read", place.display());
                return Err(Failure::because(what, &error));
            }
        };
        serde_json::from_slice(&bytes).map_err(|error| {
            let what = format!("{} is damaged", place.display());
            Failure::because(what, &error).help(
                "restore it from a copy, or delete it: schedules are then followed from now on, and runs that it \
                 began and that are not over are yours to resume",
            )
        })
    }

    /// Writes down what is remembered, as a whole or not at all.
    pub(crate) fn write(&self, memory: &Memory) -> Result<(), Failure> {
        let bytes = serde_json::to_vec_pretty(memory)
            .map_err(|error| Failure::because("what is tended can't be written", &error))?;
        text::write_whole(&self.memory(), &bytes)
    }

    fn memory(&self) -> PathBuf {
        self.folder.join("memory.json")
    }

    /// Since when nothing is to begin.
    pub(crate) fn paused(&self) -> Option<Moment> {
        let text = std::fs::read_to_string(self.folder.join("paused")).ok()?;
        Some(Moment(text.trim().parse().unwrap_or_default()))
    }

    /// Lets nothing begin any more; whether that is news.
    pub(crate) fn pause(&self, now: Moment) -> Result<bool, Failure> {
        let is_news = self.paused().is_none();
        if is_news {
            text::write_whole(&self.folder.join("paused"), now.0.to_string().as_bytes())?;
        }
        Ok(is_news)
    }

    /// Lets runs begin again, of stopped processes, too.
    pub(crate) fn resume(&self, now: Moment) -> Result<(), Failure> {
        // Whoever tends takes note of it; the wish stays until then.
        let at = now.0.to_string();
        text::write_whole(&self.folder.join("released"), at.as_bytes())?;
        if self.paused().is_some() {
            text::write_whole(&self.folder.join("resumed"), at.as_bytes())?;
        }
        match std::fs::remove_file(self.folder.join("paused")) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Failure::because("the pause can't be ended", &error))
            }
            _ => Ok(()),
        }
    }

    /// When a pause was ended of whose end nobody who tends took note: what came by then has passed by.
    pub(crate) fn resumed(&self) -> Option<Moment> {
        let text = std::fs::read_to_string(self.folder.join("resumed")).ok()?;
        Some(Moment(text.trim().parse().unwrap_or_default()))
    }

    /// Takes note of it.
    pub(crate) fn forget_resumed(&self) {
        // What stays lets pass by once more what has passed by.
        std::fs::remove_file(self.folder.join("resumed")).ok();
    }

    /// Where notices wait that nobody has got yet.
    pub(crate) fn notices(&self) -> PathBuf {
        self.folder.join("notices")
    }

    /// Whether stopped processes are to go on.
    pub(crate) fn is_to_release(&self) -> bool {
        self.folder.join("released").exists()
    }

    /// Forgets that wish.
    pub(crate) fn forget_release(&self) {
        // A wish that stays releases what is stopped later, which a person may do anyway.
        std::fs::remove_file(self.folder.join("released")).ok();
    }
}
