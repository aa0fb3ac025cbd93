//! Writing the site so that a reader, or a crash, never meets half of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use daedal_core::Digest;
use daedal_core::digest::Digesting;

use crate::ChannelError;

/// Largest file that is read whole: records and pages. Pieces are read bit by bit.
const BYTES_MAX: u64 = 256 << 20;

/// The page that appears last: until then the site is what it was before.
const LAST: &str = "index.html";

/// Files by path in the site, with `/`.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// The directory of a site.
#[derive(Debug, Clone)]
pub(super) struct Directory(pub(super) PathBuf);

impl Directory {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        name.split('/')
            .fold(self.0.clone(), |path, part| path.join(part))
    }

    /// Keeps others from publishing to the site at the same time, while the file is open.
    pub(super) fn lock(&self) -> Result<fs::File, ChannelError> {
        let path = self.path("data/.lock");
        create_parent(&path)?;
        let file = fs::File::create(&path).map_err(failed("creating", &path))?;
        file.lock().map_err(failed("locking", &path))?;
        Ok(file)
    }

    /// The bytes of a file; none if it does not exist.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ChannelError> {
        let path = self.path(name);
        let Some(size) = self.size(name)? else {
            return match path.exists() {
                true => Err(failed("reading", &path)(io::Error::other(
                    "it is a directory, a pipe or a device: put a file there, or remove it",
                ))),
                false => Ok(None),
            };
        };
        if size > BYTES_MAX {
            let detail = format!("it has {size} bytes, more than the limit of {BYTES_MAX}");
            return Err(failed("reading", &path)(io::Error::other(detail)));
        }
        let mut bytes = Vec::new();
        let read = fs::File::open(&path)
            .and_then(|file| file.take(BYTES_MAX).read_to_end(&mut bytes))
            .map_err(failed("reading", &path));
        read.map(|_| Some(bytes))
    }

    /// What lies under a name, as far as it takes to compare it with a file of `size` bytes. Whoever copied the site may
    /// have put anything there, and a pipe, or a link to a device, never ends.
    pub(super) fn found(&self, name: &str, size: u64) -> Result<Found, ChannelError> {
        let path = self.path(name);
        match self.size(name)? {
            None if path.symlink_metadata().is_err() => return Ok(Found::Nothing),
            Some(own) if own == size => {}
            _ => return Ok(Found::Otherwise),
        }
        let mut digesting = Digesting::default();
        let mut digest = || -> io::Result<()> {
            let mut rest = fs::File::open(&path)?.take(size);
            let mut bytes = vec![0; 1 << 16];
            loop {
                match rest.read(&mut bytes)? {
                    0 => return Ok(()),
                    read => digesting.update(&bytes[..read]),
                }
            }
        };
        digest().map_err(failed("reading", &path))?;
        Ok(Found::File(digesting.finish()))
    }

    /// The length of a file; none where there is no file, but nothing, a directory, a pipe or a device.
    fn size(&self, name: &str) -> Result<Option<u64>, ChannelError> {
        use io::ErrorKind::{NotADirectory, NotFound};
        let path = self.path(name);
        match fs::metadata(&path) {
            Ok(found) => Ok(found.is_file().then_some(found.len())),
            Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(None),
            Err(error) => Err(failed("reading", &path)(error)),
        }
    }

    /// Names of the files of a directory, sorted; none if it does not exist.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>, ChannelError> {
        let path = self.path(name);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("listing", &path)(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed("listing", &path))?;
            if let Some(name) = entry.file_name().to_str() {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Begins to change the site.
    pub(super) fn change(&self) -> Changes<'_> {
        Changes {
            directory: self,
            touched: BTreeSet::new(),
            count: 0,
        }
    }

    /// The files in the order in which they are written.
    pub(super) fn in_order<'f>(&self, files: &'f Files) -> Vec<(&'f String, &'f Vec<u8>)> {
        let (mut order, old): (Vec<_>, Vec<_>) = files
            .iter()
            .filter(|(name, _)| *name != LAST)
            .partition(|(name, _)| !self.path(name).exists());
        order.extend(old);
        order.extend(files.get_key_value(LAST));
        order
    }
}

/// What lies under a name of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// Something else than a file of the length that was asked for.
    Otherwise,
    /// A file of that length.
    File(Digest),
}

/// Files that are being changed. Each is on the disk before it has its name; the names are on the
/// disk after [`settle`](Self::settle).
#[derive(Debug)]
pub(super) struct Changes<'d> {
    directory: &'d Directory,
    /// Directories whose names the disk may not have yet.
    touched: BTreeSet<PathBuf>,
    /// Files that were written or removed.
    pub(super) count: usize,
}

impl Changes<'_> {
    /// Makes a file hold `bytes`. One that does already is left alone, but for its name: whoever
    /// wrote it may not have come to settle it.
    pub(super) fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), ChannelError> {
        let path = self.directory.path(name);
        let parent = create_parent(&path)?.to_owned();
        self.touched.insert(parent);
        let found = self.directory.found(name, bytes.len() as u64)?;
        if found == Found::File(Digest::of(bytes)) {
            return Ok(());
        }
        // One publisher at a time holds the lock, so what a crash left under this name is ours.
        let part =
            path.with_file_name(format!(".{}.part", name.rsplit('/').next().unwrap_or(name)));
        let written = fs::File::create(&part)
            .and_then(|mut file| {
                file.write_all(bytes)
                    .and_then(|()| disk::sync(&file, &path))
            })
            .and_then(|()| disk::rename(&part, &path));
        if let Err(error) = written {
            let _ = fs::remove_file(&part);
            return Err(failed("writing", &path)(error));
        }
        self.count += 1;
        Ok(())
    }

    /// Makes the files be as given. What is new appears first, so that no page ever leads to one
    /// that isn't there yet. The front page changes last, when the disk has all that it leads to.
    pub(super) fn write_all(&mut self, files: &Files) -> Result<(), ChannelError> {
        for (name, bytes) in self.directory.in_order(files) {
            if name == LAST {
                self.settle()?;
            }
            self.write(name, bytes)?;
        }
        self.settle()
    }

    /// Waits until the disk has the name of every file so far.
    pub(super) fn settle(&mut self) -> Result<(), ChannelError> {
        for path in std::mem::take(&mut self.touched) {
            disk::sync_directory(&path).map_err(failed("syncing", &path))?;
        }
        Ok(())
    }

    /// Removes files that the site no longer has. One that comes back when the power fails is not
    /// linked from anywhere.
    pub(super) fn remove(&mut self, names: &BTreeSet<String>) -> Result<(), ChannelError> {
        for name in names {
            let path = self.directory.path(name);
            match fs::remove_file(&path) {
                Ok(()) => self.count += 1,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed("removing", &path)(error)),
            }
        }
        Ok(())
    }
}

fn create_parent(path: &Path) -> Result<&Path, ChannelError> {
    let parent = path.parent().unwrap_or(path);
    create(parent).map_err(failed("creating", parent))?;
    Ok(parent)
}

/// Creates a directory, and waits until the disk has its name and those above it.
fn create(path: &Path) -> std::io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(path);
    if parent != path {
        create(parent)?;
    }
    fs::create_dir_all(path)?;
    disk::sync_directory(parent)
}

fn failed<'p>(
    action: &'static str,
    path: &'p Path,
) -> impl Fn(std::io::Error) -> ChannelError + 'p {
    move |source| ChannelError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

/// What has to happen in order for a power cut to be harmless.
mod disk {
    use std::fs;
    use std::io::Result;
    use std::path::Path;

    /// Waits until the disk has the bytes of the file that is to be called `path`.
    pub(super) fn sync(file: &fs::File, path: &Path) -> Result<()> {
        note("bytes", path);
        file.sync_data()
    }

    pub(super) fn rename(from: &Path, to: &Path) -> Result<()> {
        note("name", to);
        fs::rename(from, to)
    }

    /// Waits until the disk has the names in a directory. Only Unix lets a directory be opened for
    /// that, and some file systems keep names in order by themselves and refuse.
    pub(super) fn sync_directory(path: &Path) -> Result<()> {
        use std::io::ErrorKind::{InvalidInput, Unsupported};
        note("directory", path);
        if !cfg!(unix) {
            return Ok(());
        }
        let here = Path::new(".");
        let path = if path.as_os_str().is_empty() {
            here
        } else {
            path
        };
        match fs::File::open(path)?.sync_all() {
            Err(error) if matches!(error.kind(), InvalidInput | Unsupported) => Ok(()),
            result => result,
        }
    }

    #[cfg(not(test))]
    fn note(_what: &'static str, _path: &Path) {}

    #[cfg(test)]
    fn note(what: &'static str, path: &Path) {
        super::tests::STEPS.with_borrow_mut(|steps| steps.push((what, path.to_owned())));
    }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
