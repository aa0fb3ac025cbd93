//! The SQLite file: how it is opened, what is in it, and what its failures mean.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};

use super::blobs::Blobs;
use crate::StoreError;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// Marks the file as ours: "Daed".
const APPLICATION: i64 = 0x4461_6564;

/// Rises with every change of the tables.
const VERSION: i64 = 2;

/// Digests are bytes, moments are milliseconds, everything else is JSON. A run has a small number,
/// so that its events lie side by side in the order in which they are appended and read. Documents may be
/// long: their keys lie in an index of their own, since whoever searches a table `without rowid` reads all
/// of each row that it passes.
const SCHEMA: &str = "
    create table runs (
        number integer primary key,
        run blob not null unique,
        events integer not null,
        finished integer
    );
    create table events (
        run integer not null,
        seq integer not null,
        key blob,
        event text not null,
        primary key (run, seq)
    ) without rowid;
    create table memo (
        key blob not null primary key,
        run blob not null,
        at integer not null,
        outcome text not null
    );
    create table documents (
        kind text not null,
        key text not null,
        value text not null,
        primary key (kind, key)
    );
    create table sequences (name text not null primary key, last integer not null) without rowid;
";

/// Brings the tables of version 1 to this one, in which only the place of the keys differs.
const FROM_1: &str = "
    create table moved (
        kind text not null, key text not null, value text not null, primary key (kind, key)
    );
    insert into moved select kind, key, value from documents;
    drop table documents;
    alter table moved rename to documents;
";

/// How long a connection waits for SQLite's own locks; ours keeps other writers away.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// Pages in the write-ahead log after which it is merged: little enough to be read at each opening.
const LOG_PAGES: &str = "256";

/// What a connection may keep in memory, in KiB as SQLite wants it: the memo of a long run.
const CACHE: &str = "-16384";

/// Rows that SQLite may be ahead of whoever takes them.
const ROWS_AHEAD: usize = 1024;

#[derive(Debug, Clone)]
pub(super) struct Database {
    path: PathBuf,
    folder: PathBuf,
}

impl Database {
    /// The database of the studio whose memory is in `folder`.
    pub(super) fn at(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("studio.db");
        if path.to_str().is_none() {
            let message = format!(
                "SQLite can't open {}: its path is not UTF-8; rename the folders above it",
                path.display()
            );
            return Err(StoreError::Io { message });
        }
        Ok(Self {
            path,
            folder: folder.to_owned(),
        })
    }

    /// Opens a connection to a database of this version, making it first where there is none.
    pub(super) async fn connect(&self, access: Access) -> Result<SqliteConnection, StoreError> {
        if self.was_emptied() {
            return Err(self.damaged("it is empty"));
        }
        if access == Access::Read && !self.path.exists() {
            return Err(self.unused());
        }
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(access == Access::Write)
            .read_only(access == Access::Read)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", LOG_PAGES)
            .pragma("cache_size", CACHE)
            .foreign_keys(false)
            .busy_timeout(LOCK_WAIT)
            .row_buffer_size(ROWS_AHEAD)
            .disable_statement_logging();
        match self.connect_with(&options, access).await {
            // SQLite wants to write even where it only reads, unless nothing is left to merge.
            Err(StoreError::Io { .. }) if access == Access::Read && self.is_merged() => {
                self.connect_with(&options.immutable(true), access).await
            }
            answer => answer,
        }
    }

    async fn connect_with(
        &self,
        options: &SqliteConnectOptions,
        access: Access,
    ) -> Result<SqliteConnection, StoreError> {
        let failed = |error| self.failure(&error);
        let mut connection = options.connect().await.map_err(failed)?;
        let query = "select (select application_id from pragma_application_id), \
                     (select user_version from pragma_user_version), \
                     (select count(*) from sqlite_schema)";
        let row = sqlx::query(query)
            .fetch_one(&mut connection)
            .await
            .map_err(failed)?;
        let (application, version, tables): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        match (application, version, tables) {
            (APPLICATION, VERSION, _) => Ok(connection),
            // To look, the tables are the same.
            (APPLICATION, 1, _) if access == Access::Read => Ok(connection),
            (APPLICATION, 1, _) => {
                let script = transaction(FROM_1);
                let moved = sqlx::raw_sql(script).execute(&mut connection).await;
                moved.map(|_| connection).map_err(failed)
            }
            (0, 0, 0) if access == Access::Write => {
                self.initialise(&mut connection).await.map_err(failed)?;
                Ok(connection)
            }
            (0, 0, 0) => Err(self.unused()),
            (APPLICATION, newer, _) if newer > VERSION => {
                let message = format!(
                    "{} was written by a newer daedal (format {newer}; this one knows {VERSION}); \
                     update daedal",
                    self.path.display()
                );
                Err(StoreError::Version { message })
            }
            _ => {
                let message = format!(
                    "{} is a database, but not one that this daedal made; move it away and try \
                     again",
                    self.path.display()
                );
                Err(StoreError::Version { message })
            }
        }
    }

    /// Makes the tables, all or none.
    async fn initialise(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::raw_sql("pragma journal_mode = wal")
            .execute(&mut *connection)
            .await?;
        sqlx::raw_sql(transaction(SCHEMA))
            .execute(&mut *connection)
            .await?;
        // So that the file is known as ours even without its log.
        sqlx::raw_sql("pragma wal_checkpoint(truncate)")
            .execute(connection)
            .await?;
        Ok(())
    }

    /// What an error of SQLite means to whoever uses the studio.
    pub(super) fn failure(&self, error: &sqlx::Error) -> StoreError {
        let path = self.path.display();
        let sqlx::Error::Database(cause) = error else {
            return StoreError::Io {
                message: format!("could not use {path}: {error}"),
            };
        };
        let code = cause
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .unwrap_or_default();
        let help = match code & 0xff {
            11 | 26 => return self.damaged(cause.message()),
            5 | 6 => {
                let message = format!(
                    "another program keeps {path} locked; close it, then run the same command again"
                );
                return StoreError::Busy { message };
            }
            13 => "; free some space, then run the same command again: nothing was lost",
            8 | 14 => {
                "; check that the folder is there and who may write to it, or copy the \
                       studio to a place of your own"
            }
            10 => {
                "; the disk may be full, failing or gone, or a limit on the size of files \
                   (`ulimit -f`) reached"
            }
            _ => "",
        };
        let message = format!(
            "could not use {path}: {} (SQLite {code}){help}",
            cause.message()
        );
        StoreError::Io { message }
    }

    /// What to do about a database that can't be trusted.
    pub(super) fn damaged(&self, why: &str) -> StoreError {
        StoreError::Corrupted {
            message: format!(
                "{} is damaged: {why}. The assets in {} are separate files and not affected. \
                 Restore studio.db from a backup, or try `sqlite3 studio.db .recover`; or move \
                 studio.db and its -wal, -shm and -mark files away to begin with an empty record",
                self.path.display(),
                self.folder.join("blobs").display()
            ),
        }
    }

    /// Whether all `noted` changes are among those that the database counts.
    pub(super) fn check(&self, counted: u64, noted: u64) -> Result<(), StoreError> {
        if counted >= noted {
            return Ok(());
        }
        Err(StoreError::Corrupted {
            message: format!(
                "{} lacks the last {} of {noted} changes: its log, studio.db-wal, was damaged or taken away, \
                 or it was replaced by an older copy. The assets in {} are separate files and not affected. \
                 Restore all of {} from a backup; or move studio.db-mark away to go on without these changes",
                self.path.display(),
                noted - counted,
                self.folder.join("blobs").display(),
                self.folder.display(),
            ),
        })
    }

    fn unused(&self) -> StoreError {
        let message = format!("nothing has run in {} yet", self.folder.display());
        StoreError::Missing { message }
    }

    /// Whether the file lost all it had. It is filled at the first opening, before any blob is kept.
    fn was_emptied(&self) -> bool {
        let is_empty = std::fs::metadata(&self.path).is_ok_and(|found| found.len() == 0);
        is_empty && !(self.is_merged() && Blobs::is_empty(&self.folder))
    }

    /// Whether the write-ahead log holds nothing that the file itself lacks.
    fn is_merged(&self) -> bool {
        let log = self.path.with_file_name("studio.db-wal");
        std::fs::metadata(log).map_or(true, |found| found.len() == 0)
    }

    /// Merges the write-ahead log into the file, so that nothing depends on it while nobody is at work. It stays
    /// where somebody else is reading in it or the disk has no room; then a later command merges it.
    pub(super) async fn merge(&self, connection: &mut SqliteConnection) {
        if !self.is_merged() {
            let script = "pragma busy_timeout = 0; pragma wal_checkpoint(truncate)";
            sqlx::raw_sql(script).execute(connection).await.ok();
        }
    }

    /// Closes a connection, merging the write-ahead log if it is the last one.
    pub(super) async fn disconnect(&self, connection: SqliteConnection) -> Result<(), StoreError> {
        connection
            .close()
            .await
            .map_err(|error| self.failure(&error))
    }
}

/// Changes the tables and notes that they are of this version, all or nothing.
fn transaction(change: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!(
        "begin immediate; {change} pragma application_id = {APPLICATION}; \
         pragma user_version = {VERSION}; commit"
    ))
}
