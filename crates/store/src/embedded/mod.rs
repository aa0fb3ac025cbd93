//! A studio in a folder: records in one SQLite file, blobs as files beside it.
//!
//! ```text
//! .daedal/studio.db       runs, memo, documents; the latest of them in studio.db-wal
//! .daedal/studio.db-mark  how many changes there have been, so that a loss is noticed
//! .daedal/blobs/ab/cd…    bytes, named by their SHA-256
//! .daedal/blobs/.partial/ bytes that are still being written
//! .daedal/lock            who may change all this at the moment
//! ```
//!
//! Changes go through one queue. Whatever is waiting in it is committed in one transaction, so that
//! the price of durability, one flush to the disk, is shared by all who wait for it. The directory
//! entries of new blobs are flushed just before, so that no record ever names a blob that the loss
//! of power could take away.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use self::batch::{Answer, Known, Work};
use self::blobs::Blobs;
use self::database::{Access, Database};
use self::lock::Lock;
use self::mark::Mark;
use self::reader::Reader;
use self::recall::Recall;
use self::writer::{Request, Writer};
use crate::{StoreError, Studio};

mod batch;
mod blobs;
mod bulk;
mod cancel;
mod database;
mod lock;
mod mark;
mod ports;
mod reader;
mod recall;
#[cfg(test)]
mod tests;
mod warm;
mod writer;

/// The folder in a studio that keeps its memory.
pub const FOLDER: &str = ".daedal";

/// Calls that wait for the writer; further callers wait for their turn to queue.
const QUEUE_MAX: usize = 1024;

/// What a studio is opened for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenMode {
    /// To look. Somebody else may be changing it meanwhile.
    Read,
    /// To change. Nobody else may at the same time.
    Write {
        /// What the caller is doing, such as `daedal run tide.yaml`, for whoever comes second.
        command: String,
        /// How long to wait for somebody who is changing it; zero to fail at once.
        wait: Duration,
    },
}

impl OpenMode {
    /// To change on behalf of `command`, failing at once if somebody else does.
    pub fn write(command: impl Into<String>) -> Self {
        Self::Write {
            command: command.into(),
            wait: Duration::ZERO,
        }
    }
}

impl Studio {
    /// Makes the folder at `path` a studio, if it isn't one already.
    pub fn create(path: &Path) -> Result<(), StoreError> {
        if Self::exists(path) {
            return Ok(());
        }
        let folder = path.join(FOLDER);
        std::fs::create_dir_all(&folder)
            .and_then(|()| blobs::flush(path))
            .map_err(|error| StoreError::io("make the studio's folder", &folder, &error))
    }

    /// Whether the folder at `path` is a studio.
    #[must_use]
    pub fn exists(path: &Path) -> bool {
        path.join(FOLDER).is_dir()
    }

    /// Who is changing the studio at `path`, as they noted it: process and command.
    #[must_use]
    pub fn holder(path: &Path) -> Option<String> {
        lock::holder(&path.join(FOLDER))
    }

    /// Tells whoever comes second more exactly what the caller, who opened the studio at `path` to
    /// change it, is doing.
    pub fn note_command(path: &Path, command: &str) -> Result<(), StoreError> {
        let folder = path.join(FOLDER);
        lock::renote(&folder, command)
            .map_err(|error| StoreError::io("note the command in", &folder, &error))
    }

    /// Opens the studio in the folder at `path`. Call it on a tokio runtime with time enabled.
    pub async fn open(path: &Path, mode: OpenMode) -> Result<Self, StoreError> {
        let path =
            std::path::absolute(path).map_err(|error| StoreError::io("find", path, &error))?;
        let folder = path.join(FOLDER);
        match std::fs::metadata(&folder) {
            Ok(found) if found.is_dir() => {}
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io("open", &folder, &error));
            }
            _ if path.is_dir() => {
                let message = format!(
                    "{} is not a studio: it has no folder `{FOLDER}`. Go to your studio's folder, \
                     or make a new one with `daedal new`",
                    path.display()
                );
                return Err(StoreError::Missing { message });
            }
            _ => {
                let message = format!("there is no folder {}", path.display());
                return Err(StoreError::Missing { message });
            }
        }
        Ok(Self::of(Arc::new(Embedded::open(&folder, mode).await?)))
    }
}

/// The adapter itself.
struct Embedded {
    /// Absent when opened to look.
    queue: Option<mpsc::Sender<Request>>,
    reader: Reader,
    blobs: Arc<Blobs>,
    recall: Mutex<Recall>,
    closed: AtomicBool,
}

impl Embedded {
    async fn open(folder: &Path, mode: OpenMode) -> Result<Self, StoreError> {
        let database = Database::at(folder)?;
        // Before the database is looked at: somebody may be changing both.
        let mark = Mark::read(folder);
        let (queue, blobs, reader);
        match mode {
            OpenMode::Read => {
                blobs = Arc::new(Blobs::to_look(folder));
                reader = Reader::new(database.clone());
                if let Err(error) = reader.connect().await {
                    if matches!(error, StoreError::Missing { .. }) {
                        // Nothing has run yet, or what has is gone.
                        database.check(0, mark)?;
                    }
                    return Err(error);
                }
                database.check(reader.commits().await?, mark)?;
                queue = None;
            }
            OpenMode::Write { command, wait } => {
                let lock = Lock::take(folder, &command, wait).await?;
                blobs = Arc::new(Blobs::to_change(folder, lock.was_abandoned())?);
                reader = Reader::new(database.clone());
                // First to look: whoever may write merges what is left of a damaged log when it closes.
                let commits = match reader.connect().await {
                    Ok(()) => reader.commits().await?,
                    Err(StoreError::Missing { .. }) => 0,
                    Err(error) => return Err(error),
                };
                database.check(commits, mark)?;
                let connection = database.connect(Access::Write).await?;
                let known = Known::counting_from(commits);
                let mark = Mark::in_folder(folder);
                let blobs = Arc::clone(&blobs);
                let writer = Writer::new(database, connection, known, mark, blobs, lock);
                let (sender, receiver) = mpsc::channel(QUEUE_MAX);
                tokio::spawn(writer.serve(receiver));
                queue = Some(sender);
            }
        }
        let (recall, closed) = (Mutex::default(), AtomicBool::new(false));
        Ok(Self {
            queue,
            reader,
            blobs,
            recall,
            closed,
        })
    }

    /// Has `work` committed and returns what came of it.
    async fn commit(&self, work: Work) -> Result<Answer, StoreError> {
        let Some(queue) = &self.queue else {
            let message = "the studio was opened to look, not to change".to_owned();
            return Err(StoreError::Io { message });
        };
        let (reply, answer) = oneshot::channel();
        queue
            .send(Request { work, reply })
            .await
            .map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    async fn put_away(&self) -> Result<(), StoreError> {
        if self.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.blobs.close();
        let written = match self.queue {
            Some(_) => self.commit(Work::Close).await.map(drop),
            None => Ok(()),
        };
        self.reader.close().await?;
        written
    }
}

fn closed() -> StoreError {
    StoreError::Io {
        message: "the studio is closed".to_owned(),
    }
}
