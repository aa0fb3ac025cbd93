//! The one who reads. Its connection is opened when the first question comes.

use std::collections::HashSet;

use daedal_core::Digest;
use daedal_core::engine::Outcome;
use daedal_core::run::{Event, Moment, RunId};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use tokio::sync::{Mutex, MutexGuard};

use super::bulk;
use super::closed;
use super::database::{Access, Database};
use crate::StoreError;
use crate::ports::{MemoEntry, RunSummary};

/// Events of which the memo's entries come in one row: even the largest fit into what SQLite takes.
const CHUNK: i64 = 128;

pub(super) struct Reader {
    database: Database,
    state: Mutex<State>,
}

enum State {
    Idle,
    Open(SqliteConnection),
    Closed,
}

/// An entry of the memo as it is kept, its outcome still JSON.
pub(super) struct Kept {
    key: Digest,
    run: RunId,
    at: Moment,
    outcome: String,
}

impl Reader {
    pub(super) fn new(database: Database) -> Self {
        Self {
            database,
            state: Mutex::new(State::Idle),
        }
    }

    /// Opens the connection now, unless it is open.
    pub(super) async fn connect(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock().await;
        self.connection(&mut state).await.map(drop)
    }

    /// How many transactions the database has had.
    pub(super) async fn commits(&self) -> Result<u64, StoreError> {
        let mut state = self.state.lock().await;
        let connection = self.connection(&mut state).await?;
        let counted = super::batch::commits(connection).await;
        drop(state);
        counted.map_err(|error| self.database.failure(&error))
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        match std::mem::replace(&mut *self.state.lock().await, State::Closed) {
            State::Open(connection) => self.database.disconnect(connection).await,
            State::Idle | State::Closed => Ok(()),
        }
    }

    async fn connection<'a>(
        &self,
        state: &'a mut MutexGuard<'_, State>,
    ) -> Result<&'a mut SqliteConnection, StoreError> {
        if let State::Idle = **state {
            **state = State::Open(self.database.connect(Access::Read).await?);
        }
        match &mut **state {
            State::Open(connection) => Ok(connection),
            State::Idle | State::Closed => Err(closed()),
        }
    }

    /// Every row that `statement` gives, each as `row` reads it.
    async fn all<T>(
        &self,
        statement: bulk::Statement,
        row: impl Fn(&Self, &SqliteRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut state = self.state.lock().await;
        let rows = statement
            .fetch_all(self.connection(&mut state).await?)
            .await;
        drop(state);
        let rows = rows.map_err(|error| self.database.failure(&error))?;
        rows.iter().map(|found| row(self, found)).collect()
    }

    pub(super) async fn events(&self, run: RunId) -> Result<Vec<Event>, StoreError> {
        let statement = sqlx::query(
            "select events.event from runs join events on events.run = runs.number \
             where runs.run = ? order by events.seq",
        );
        self.all(statement.bind(run.0.0.to_vec()), |reader, row| {
            reader.json(row, 0)
        })
        .await
    }

    pub(super) async fn recent(&self, count_max: usize) -> Result<Vec<RunSummary>, StoreError> {
        let statement = sqlx::query(
            "select runs.run, first.event, last.event, runs.events from runs \
             join events as first on first.run = runs.number and first.seq = 0 \
             left join events as last on last.run = runs.number and last.seq = runs.finished \
             where runs.finished is null or runs.number in ( \
                 select number from runs where finished is not null order by number desc limit ?) \
             order by runs.number desc",
        );
        let statement = statement.bind(i64::try_from(count_max).unwrap_or(i64::MAX));
        let summary = |reader: &Self, row: &SqliteRow| {
            let finished: Option<&str> = reader.column(row, 2)?;
            Ok(RunSummary {
                run: RunId(reader.digest(row, 0)?),
                created: reader.json(row, 1)?,
                finished: finished.map(|text| reader.parse(text)).transpose()?,
                events: reader.column::<i64>(row, 3)?.cast_unsigned(),
            })
        };
        self.all(statement, summary).await
    }

    /// The memo's entries under these keys, in any order.
    pub(super) async fn memo(&self, keys: &[Digest]) -> Result<Vec<Kept>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> = keys.iter().map(|key| key.0.to_vec()).collect();
        let mut state = self.state.lock().await;
        let connection = self.connection(&mut state).await?;
        let select = "select key, run, at, outcome from memo where key";
        let rows = bulk::select(connection, select, &keys).await;
        drop(state);
        let rows = rows.map_err(|error| self.database.failure(&error))?;
        rows.iter().map(|row| self.kept(row)).collect()
    }

    /// The memo's entries that a run used, `count_max` of them at most.
    ///
    /// SQLite hands rows from thread to thread one by one, which takes longer than finding them:
    /// here a row is [`CHUNK`] events and has a line for each. Outcomes are JSON on one line.
    pub(super) async fn memo_of(
        &self,
        run: RunId,
        count_max: i64,
    ) -> Result<Vec<Kept>, StoreError> {
        let statement = sqlx::query(
            "with recursive chunk (run, first, events) as ( \
                 select number, 0, events from runs where run = ?1 \
                 union all select run, first + ?2, events from chunk where first + ?2 < events \
             ) select coalesce(( \
                 select group_concat( \
                     hex(memo.key) || hex(memo.run) || memo.at || ' ' || memo.outcome, char(10)) \
                 from events cross join memo on memo.key = events.key \
                 where events.run = chunk.run \
                     and events.seq >= chunk.first and events.seq < chunk.first + ?2 \
             ), '') from chunk limit ?3",
        );
        let statement = statement.bind(run.0.0.to_vec()).bind(CHUNK);
        let chunks = self.all(statement.bind(count_max / CHUNK), |reader, row| {
            let lines = reader.column::<&str>(row, 0)?.lines();
            let kept = lines.map(|line| Kept::of(line).ok_or_else(|| reader.torn()));
            kept.collect::<Result<Vec<_>, _>>()
        });
        Ok(chunks.await?.into_iter().flatten().collect())
    }

    /// How many entries the memo has, at most.
    pub(super) async fn memo_size(&self) -> Result<i64, StoreError> {
        let statement = sqlx::query("select coalesce(max(rowid), 0) from memo");
        let sizes = self.all(statement, |reader, row| reader.column(row, 0));
        Ok(sizes.await?.pop().unwrap_or_default())
    }

    /// The first eight bytes of every key of the memo. In one row, as [`Reader::memo_of`] says why.
    pub(super) async fn memo_keys(&self) -> Result<HashSet<u64>, StoreError> {
        let statement =
            sqlx::query("select coalesce(group_concat(hex(substr(key, 1, 8)), ''), '') from memo");
        let heads = self.all(statement, |reader, row| {
            let digits = reader.column::<&str>(row, 0)?.as_bytes();
            let head = |digits: &[u8]| {
                let digits = std::str::from_utf8(digits).ok()?;
                u64::from_str_radix(digits, 16).ok()
            };
            let heads = digits
                .chunks(16)
                .map(|digits| head(digits).ok_or_else(|| reader.torn()));
            heads.collect::<Result<HashSet<_>, _>>()
        });
        Ok(heads.await?.pop().unwrap_or_default())
    }

    fn torn(&self) -> StoreError {
        self.database.damaged("an entry of the memo can't be read")
    }

    pub(super) async fn document(
        &self,
        kind: &str,
        key: &str,
    ) -> Result<Option<Value>, StoreError> {
        let statement = sqlx::query("select value from documents where kind = ? and key = ?");
        let statement = statement.bind(kind.to_owned()).bind(key.to_owned());
        let mut found = self
            .all(statement, |reader, row| reader.json(row, 0))
            .await?;
        Ok(found.pop())
    }

    pub(super) async fn documents(&self, kind: &str) -> Result<Vec<(String, Value)>, StoreError> {
        let statement = sqlx::query("select key, value from documents where kind = ? order by key");
        let document =
            |reader: &Self, row: &SqliteRow| Ok((reader.column(row, 0)?, reader.json(row, 1)?));
        self.all(statement.bind(kind.to_owned()), document).await
    }

    /// An entry of the memo with its outcome read.
    pub(super) fn entry(&self, kept: &Kept) -> Result<MemoEntry, StoreError> {
        let outcome: Outcome = self.parse(&kept.outcome)?;
        Ok(MemoEntry {
            outcome,
            run: kept.run,
            at: kept.at,
        })
    }

    fn kept(&self, row: &SqliteRow) -> Result<Kept, StoreError> {
        Ok(Kept {
            key: self.digest(row, 0)?,
            run: RunId(self.digest(row, 1)?),
            at: Moment(self.column::<i64>(row, 2)?.cast_unsigned()),
            outcome: self.column(row, 3)?,
        })
    }

    fn digest(&self, row: &SqliteRow, column: usize) -> Result<Digest, StoreError> {
        let bytes: &[u8] = self.column(row, column)?;
        let bytes = bytes.try_into().map_err(|_| {
            self.database
                .damaged(&format!("a digest of {} bytes, not 32", bytes.len()))
        });
        bytes.map(Digest)
    }

    fn json<T: DeserializeOwned>(&self, row: &SqliteRow, column: usize) -> Result<T, StoreError> {
        self.parse(self.column(row, column)?)
    }

    fn parse<T: DeserializeOwned>(&self, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|error| {
            self.database
                .damaged(&format!("a record can't be read ({error})"))
        })
    }

    fn column<'r, T>(&self, row: &'r SqliteRow, column: usize) -> Result<T, StoreError>
    where
        T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        row.try_get(column)
            .map_err(|error| self.database.damaged(&error.to_string()))
    }
}

impl Kept {
    /// Reads key and run, 64 digits each, the moment, and the outcome after a space.
    fn of(line: &str) -> Option<Self> {
        let (key, rest) = line.split_at_checked(64)?;
        let (run, rest) = rest.split_at_checked(64)?;
        let (at, outcome) = rest.split_once(' ')?;
        Some(Self {
            key: key.parse().ok()?,
            run: RunId(run.parse().ok()?),
            at: Moment(at.parse::<i64>().ok()?.cast_unsigned()),
            outcome: outcome.to_owned(),
        })
    }

    pub(super) fn key(&self) -> Digest {
        self.key
    }

    /// Memory that it takes, about.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.outcome.len()
    }
}
