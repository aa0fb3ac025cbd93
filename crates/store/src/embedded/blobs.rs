//! Bytes as files named by their SHA-256.
//!
//! A blob is written under another name, flushed, and renamed when it is whole. Its directory entry
//! is flushed by [`Blobs::settle`], which the writer calls before it commits: what no record names
//! may be lost, what a record names may not.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daedal_core::blob::{BlobError, BlobRead, BlobWrite};
use daedal_core::{AssetRef, Digest};

use crate::StoreError;
use crate::error::blob_io;

/// The largest blob that is kept or read: 4 GiB, since a blob is held in memory whole.
const SIZE_MAX: u64 = 4 << 30;

/// Directories that are flushed at the same time.
const FLUSHES_AT_ONCE: usize = 16;

/// Where damaged bytes are put.
const DAMAGED: &str = ".damaged";

pub(super) struct Blobs {
    root: PathBuf,
    partial: PathBuf,
    may_write: AtomicBool,
    size_max: u64,
    /// Directories with entries that the loss of power could still take away.
    unsettled: Mutex<BTreeSet<PathBuf>>,
}

impl Blobs {
    /// The blobs of a studio that somebody else may be changing.
    pub(super) fn to_look(folder: &Path) -> Self {
        let root = folder.join("blobs");
        Self {
            partial: root.join(".partial"),
            root,
            may_write: AtomicBool::new(false),
            size_max: SIZE_MAX,
            unsettled: Mutex::default(),
        }
    }

    /// The blobs of a studio that only this process changes. Removes what earlier owners left
    /// half-written; if the last one `was_abandoned`, its directory entries are settled as well.
    pub(super) fn to_change(folder: &Path, was_abandoned: bool) -> Result<Self, StoreError> {
        let blobs = Self::to_look(folder);
        blobs.may_write.store(true, Ordering::Release);
        let prepare = || {
            let is_new = !blobs.root.is_dir();
            fs::create_dir_all(&blobs.partial)?;
            if is_new {
                flush(&blobs.root)?;
                flush(folder)?;
            }
            for left in fs::read_dir(&blobs.partial)? {
                fs::remove_file(left?.path())?;
            }
            if was_abandoned {
                blobs.unsettled().extend(blobs.shards()?);
                blobs
                    .unsettled()
                    .extend([blobs.root.clone(), folder.to_owned()]);
            }
            Ok(())
        };
        match prepare() {
            Ok(()) => Ok(blobs),
            Err(error) => Err(StoreError::io("prepare", &blobs.root, &error)),
        }
    }

    /// The same with another limit.
    #[cfg(test)]
    pub(super) fn with_size_max(self, size_max: u64) -> Self {
        Self { size_max, ..self }
    }

    /// Whether there are no blobs at all.
    pub(super) fn is_empty(folder: &Path) -> bool {
        Self::to_look(folder)
            .shards()
            .map_or(true, |shards| shards.is_empty())
    }

    /// Refuses further blobs.
    pub(super) fn close(&self) {
        self.may_write.store(false, Ordering::Release);
    }

    /// Whether [`Blobs::settle`] has something to do.
    pub(super) fn is_settled(&self) -> bool {
        self.unsettled().is_empty()
    }

    /// Flushes the directory entries of all blobs that were kept so far.
    pub(super) fn settle(&self) -> Result<(), StoreError> {
        let pending = std::mem::take(&mut *self.unsettled());
        let directories: Vec<_> = pending.iter().collect();
        // Flushes that are under way together are one to the disk.
        let share = directories.len().div_ceil(FLUSHES_AT_ONCE).max(1);
        let settled = std::thread::scope(|scope| {
            let flush_all = |share: &[&PathBuf]| {
                let flush = |path: &PathBuf| {
                    flush(path).map_err(|error| StoreError::io("flush", path, &error))
                };
                share.iter().try_for_each(|path| flush(path))
            };
            let mut shares = directories.chunks(share);
            let own = shares.next().unwrap_or_default();
            let others: Vec<_> = shares
                .map(|share| scope.spawn(move || flush_all(share)))
                .collect();
            let own = flush_all(own);
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|_| {
                    let message = "flushing the blobs was interrupted".to_owned();
                    Err(StoreError::Io { message })
                })
            };
            others.into_iter().map(join).fold(own, Result::and)
        });
        if settled.is_err() {
            self.unsettled().extend(pending);
        }
        settled
    }

    fn unsettled(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.unsettled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The directories with blobs: those with names of two digits.
    fn shards(&self) -> io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.root)?.collect::<io::Result<Vec<_>>>()?;
        let named = entries
            .into_iter()
            .filter(|entry| entry.file_name().len() == 2);
        Ok(named.map(|entry| entry.path()).collect())
    }

    fn path_of(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        self.root.join(&name[..2]).join(&name[2..])
    }

    fn check_size(&self, size: u64) -> Result<(), BlobError> {
        let size_max = self.size_max;
        if size > size_max {
            Err(BlobError::TooLarge { size, size_max })
        } else {
            Ok(())
        }
    }

    /// Writes a blob under another name, flushes it, and gives it its own.
    fn place(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o444));
        let mut file = builder.tempfile_in(&self.partial)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        let shard = path.parent().unwrap_or(&self.root);
        // Under one lock, so that whoever finds the blob also finds it unsettled.
        let mut unsettled = self.unsettled();
        if !shard.is_dir() {
            fs::create_dir(shard)?;
            unsettled.insert(self.root.clone());
        }
        file.persist(path).map_err(|error| error.error)?;
        unsettled.insert(shard.to_owned());
        Ok(())
    }
}

impl Blobs {
    /// Takes damaged bytes out of the way, so that whatever names them is seen to be lost; somebody may
    /// still want to look at them. If that fails they are found to be damaged again.
    fn set_aside(&self, path: &Path, digest: &Digest) {
        if self.may_write.load(Ordering::Acquire) {
            fs::create_dir_all(self.root.join(DAMAGED)).ok();
            fs::rename(path, self.aside(digest)).ok();
        }
    }

    /// Where damaged bytes of this name are put.
    fn aside(&self, digest: &Digest) -> PathBuf {
        self.root.join(DAMAGED).join(digest.to_string())
    }

    /// What is told of a blob that is damaged, or gone because it was.
    fn corrupted(&self, digest: Digest, found: Digest) -> BlobError {
        let aside = self.aside(&digest);
        let aside = aside.exists().then(|| aside.display().to_string());
        BlobError::Corrupted {
            digest,
            found,
            aside,
        }
    }

    fn missing(&self, digest: Digest) -> BlobError {
        match fs::read(self.aside(&digest)) {
            Ok(damaged) => self.corrupted(digest, Digest::of(&damaged)),
            Err(_) => BlobError::Missing { digest },
        }
    }
}

impl BlobRead for Blobs {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        let path = self.path_of(digest);
        let failed = |error: &io::Error| match error.kind() {
            io::ErrorKind::NotFound => self.missing(*digest),
            _ => blob_io("read", &path, error),
        };
        let mut file = File::open(&path).map_err(|error| failed(&error))?;
        let size = file.metadata().map_err(|error| failed(&error))?.len();
        self.check_size(size)?;
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        file.read_to_end(&mut bytes)
            .map_err(|error| failed(&error))?;
        match Digest::of(&bytes) {
            found if found == *digest => Ok(bytes.into()),
            found => {
                self.set_aside(&path, digest);
                Err(self.corrupted(*digest, found))
            }
        }
    }

    /// By the file's length. Its bytes are not looked at.
    fn holds(&self, asset: &AssetRef) -> bool {
        fs::metadata(self.path_of(&asset.digest)).is_ok_and(|found| found.len() == asset.size)
    }
}

impl BlobWrite for Blobs {
    fn write(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        self.check_size(bytes.len() as u64)?;
        let digest = Digest::of(bytes);
        let path = self.path_of(&digest);
        if holds(&path, bytes) {
            return Ok(digest);
        }
        if !self.may_write.load(Ordering::Acquire) {
            let message = "the studio was opened to look, not to change, or is closed".to_owned();
            return Err(BlobError::Io { message });
        }
        match self.place(&path, bytes) {
            Ok(()) => Ok(digest),
            Err(error) => Err(blob_io("keep the blob", &path, &error)),
        }
    }
}

/// Whether the file at `path` has exactly these bytes. Comparing is much cheaper than hashing, and
/// a damaged blob is thereby replaced when its bytes come along again.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let compare = || {
        let mut file = File::open(path)?;
        if file.metadata()?.len() != bytes.len() as u64 {
            return Ok(false);
        }
        let mut buffer = [0; 1 << 14];
        let mut rest = bytes;
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok::<_, io::Error>(rest.is_empty()),
                count if rest.starts_with(&buffer[..count]) => rest = &rest[count..],
                _ => return Ok(false),
            }
        }
    };
    compare().unwrap_or(false)
}

/// Flushes the entries of a directory to the disk.
pub(super) fn flush(directory: &Path) -> io::Result<()> {
    // Elsewhere a directory can't be opened, nor does it have to be flushed.
    if cfg!(unix) {
        File::open(directory)?.sync_all()
    } else {
        Ok(())
    }
}
