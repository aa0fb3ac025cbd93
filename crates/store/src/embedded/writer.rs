//! The one who writes: commits whatever is waiting, together.

use std::sync::Arc;

use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

use super::batch::{self, Answer, Known, Work};
use super::blobs::Blobs;
use super::database::{Access, Database};
use super::lock::Lock;
use super::mark::Mark;
use crate::StoreError;

/// Rows after which a transaction takes in no further calls.
const ROWS_MAX: usize = 20_000;

/// A change and who waits for it.
pub(super) struct Request {
    pub(super) work: Work,
    pub(super) reply: oneshot::Sender<Result<Answer, StoreError>>,
}

pub(super) struct Writer {
    database: Database,
    /// Absent after a failure, which leaves it in an unknown state; the next batch opens another.
    connection: Option<SqliteConnection>,
    known: Known,
    mark: Mark,
    blobs: Arc<Blobs>,
    lock: Lock,
}

impl Writer {
    pub(super) fn new(
        database: Database,
        connection: SqliteConnection,
        known: Known,
        mark: Mark,
        blobs: Arc<Blobs>,
        lock: Lock,
    ) -> Self {
        Self {
            database,
            connection: Some(connection),
            known,
            mark,
            blobs,
            lock,
        }
    }

    /// Serves until it is told to close or nobody is left who could ask.
    pub(super) async fn serve(mut self, mut queue: mpsc::Receiver<Request>) {
        let mut closing = Vec::new();
        while closing.is_empty() {
            let Some(first) = queue.recv().await else {
                break;
            };
            let mut rows = 0;
            let mut works = Vec::new();
            let mut replies = Vec::new();
            let mut next = Some(first);
            while let Some(Request { work, reply }) = next {
                rows += work.rows();
                match work {
                    Work::Close => closing.push(reply),
                    work => {
                        works.push(work);
                        replies.push(reply);
                    }
                }
                let is_full = rows >= ROWS_MAX || !closing.is_empty();
                next = if is_full { None } else { queue.try_recv().ok() };
            }
            self.serve_batch(works, replies).await;
        }
        queue.close();
        let put_away = self.put_away().await;
        for reply in closing {
            reply.send(put_away.clone().map(|()| Answer::Done)).ok();
        }
    }

    async fn serve_batch(
        &mut self,
        works: Vec<Work>,
        replies: Vec<oneshot::Sender<Result<Answer, StoreError>>>,
    ) {
        if works.is_empty() {
            return;
        }
        let answers = self.commit(works).await;
        if answers.is_err() {
            self.known = Known::default();
        }
        self.known.trim();
        match answers {
            Ok(answers) => {
                for (reply, answer) in replies.into_iter().zip(answers) {
                    reply.send(answer).ok();
                }
            }
            Err(error) => {
                for reply in replies {
                    reply.send(Err(error.clone())).ok();
                }
            }
        }
    }

    /// Commits all of `works` or, if it fails, none of them.
    async fn commit(
        &mut self,
        works: Vec<Work>,
    ) -> Result<Vec<Result<Answer, StoreError>>, StoreError> {
        settle(&self.blobs).await?;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.database.connect(Access::Write).await?,
        };
        let committed = batch::apply(&mut connection, &mut self.known, works).await;
        let answers = committed.map_err(|error| self.database.failure(&error))?;
        self.connection = Some(connection);
        if let Some(commits) = self.known.commits() {
            self.mark.note(commits);
        }
        Ok(answers)
    }

    async fn put_away(mut self) -> Result<(), StoreError> {
        let settled = settle(&self.blobs).await;
        let disconnected = match self.connection.take() {
            Some(mut connection) => {
                self.database.merge(&mut connection).await;
                self.database.disconnect(connection).await
            }
            None => Ok(()),
        };
        settled?;
        self.lock.release();
        disconnected
    }
}

/// Flushes what the records to be committed may name.
async fn settle(blobs: &Arc<Blobs>) -> Result<(), StoreError> {
    if blobs.is_settled() {
        return Ok(());
    }
    let blobs = Arc::clone(blobs);
    let settling = tokio::task::spawn_blocking(move || blobs.settle()).await;
    settling.unwrap_or_else(|error| {
        Err(StoreError::Io {
            message: format!("flushing the blobs was interrupted: {error}"),
        })
    })
}
