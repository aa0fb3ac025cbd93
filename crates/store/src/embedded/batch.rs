//! What is asked of the writer, and the transaction that does it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use daedal_core::Digest;
use daedal_core::run::{Event, RunId};
use sqlx::{Row, SqliteConnection};

use super::bulk::{Script, Statement};
use crate::StoreError;
use crate::ports::{Document, MemoEntry};

/// A change, ready to be written: what could fail about it has been done by the caller.
pub(super) enum Work {
    Create(RunId, EventRow),
    Record(RunId, Vec<EventRow>, Vec<MemoRow>),
    Memo(Vec<MemoRow>),
    Documents(Vec<Document>),
    Next(String),
    Close,
}

impl Work {
    /// Rows that it writes, about.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Record(_, events, outcomes) => events.len() + outcomes.len(),
            Self::Memo(entries) => entries.len(),
            Self::Documents(documents) => documents.len(),
            Self::Create(..) | Self::Next(_) | Self::Close => 1,
        }
    }
}

/// What came of a change.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Done,
    Created(bool),
    Number(u64),
}

pub(super) struct EventRow {
    key: Option<Digest>,
    finishes: bool,
    reopens: bool,
    json: String,
}

impl EventRow {
    pub(super) fn of(event: &Event) -> Result<Self, StoreError> {
        let json = serde_json::to_string(event);
        Ok(Self {
            key: match event {
                Event::TaskDone { key, .. } => Some(*key),
                _ => None,
            },
            finishes: matches!(event, Event::Finished { .. }),
            reopens: matches!(event, Event::Edited { .. }),
            json: json.map_err(|error| StoreError::unwritable("an event", error))?,
        })
    }
}

pub(super) struct MemoRow {
    key: Digest,
    run: RunId,
    at: i64,
    outcome: String,
    /// Whether what stands under the key makes way.
    replaces: bool,
}

impl MemoRow {
    pub(super) fn of(key: Digest, entry: &MemoEntry, replaces: bool) -> Result<Self, StoreError> {
        let outcome = serde_json::to_string(&entry.outcome);
        let outcome = outcome.map_err(|error| StoreError::unwritable("an outcome", error))?;
        Ok(Self {
            key,
            run: entry.run,
            at: entry.at.0.cast_signed(),
            outcome,
            replaces,
        })
    }
}

/// What the writer knows about runs without asking the database again.
#[derive(Default)]
pub(super) struct Known {
    runs: HashMap<RunId, RunRow>,
    /// The number of the newest run; 0 before there is one.
    newest: Option<i64>,
    /// How many transactions there have been.
    commits: Option<u64>,
}

impl Known {
    /// Runs that it remembers; beyond, it forgets them all and asks again.
    const RUNS_MAX: usize = 4096;

    /// Nothing but how many transactions there have been.
    pub(super) fn counting_from(commits: u64) -> Self {
        Self {
            commits: Some(commits),
            ..Self::default()
        }
    }

    /// How many transactions there have been, as far as that was asked for.
    pub(super) fn commits(&self) -> Option<u64> {
        self.commits
    }

    pub(super) fn trim(&mut self) {
        if self.runs.len() > Self::RUNS_MAX {
            self.runs.clear();
        }
    }
}

#[derive(Clone, Copy)]
struct RunRow {
    number: i64,
    events: i64,
    finished: Option<i64>,
}

/// The changes of one transaction, gathered so that rows of a kind go in together.
#[derive(Default)]
struct Batch {
    touched: BTreeSet<RunId>,
    events: Vec<(i64, i64, EventRow)>,
    memo: Vec<MemoRow>,
    documents: Vec<Document>,
}

/// Commits all of `works` in one transaction: an answer to each, or nothing at all.
///
/// What has to be known first is asked before it begins, since nobody else can change it meanwhile. A
/// number of a sequence is taken by itself: if the rest fails, nobody is told of it.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
    known: &mut Known,
    works: Vec<Work>,
) -> Result<Vec<Result<Answer, StoreError>>, sqlx::Error> {
    let mut batch = Batch::default();
    let mut answers = Vec::with_capacity(works.len());
    for work in works {
        answers.push(match work {
            Work::Create(run, created) => {
                let is_free = find(connection, known, run).await?.is_none();
                if is_free {
                    let number = newest(connection, known).await? + 1;
                    known.newest = Some(number);
                    known.runs.insert(
                        run,
                        RunRow {
                            number,
                            events: 0,
                            finished: None,
                        },
                    );
                    batch.append(known, run, vec![created]);
                }
                Ok(Answer::Created(is_free))
            }
            Work::Record(run, events, outcomes) => match find(connection, known, run).await? {
                Some(_) => {
                    batch.append(known, run, events);
                    batch.memo.extend(outcomes);
                    Ok(Answer::Done)
                }
                None => Err(StoreError::no_run(run)),
            },
            Work::Memo(entries) => {
                batch.memo.extend(entries);
                Ok(Answer::Done)
            }
            Work::Documents(documents) => {
                batch.documents.extend(documents);
                Ok(Answer::Done)
            }
            Work::Next(sequence) => Ok(Answer::Number(next(connection, sequence).await?)),
            Work::Close => Ok(Answer::Done),
        });
    }
    if batch.is_empty() {
        return Ok(answers);
    }
    let number = match known.commits {
        Some(commits) => commits + 1,
        None => commits(connection).await? + 1,
    };
    batch.write(connection, known, number).await?;
    known.commits = Some(number);
    Ok(answers)
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.memo.is_empty() && self.documents.is_empty()
    }

    fn append(&mut self, known: &mut Known, run: RunId, events: Vec<EventRow>) {
        let Some(row) = known.runs.get_mut(&run) else {
            return;
        };
        for event in events {
            if event.finishes {
                row.finished.get_or_insert(row.events);
            }
            if event.reopens {
                row.finished = None;
            }
            self.events.push((row.number, row.events, event));
            row.events += 1;
        }
        self.touched.insert(run);
    }

    async fn write(
        self,
        connection: &mut SqliteConnection,
        known: &Known,
        number: u64,
    ) -> Result<(), sqlx::Error> {
        let mut script = Script::new(connection);
        let runs = self
            .touched
            .iter()
            .filter_map(|run| Some((*run, *known.runs.get(run)?)));
        let sql = [
            "insert into runs (number, run, events, finished)",
            "on conflict (number) do update set events = excluded.events, \
             finished = excluded.finished",
        ];
        let bind = |statement: Statement, (run, row): (RunId, RunRow)| {
            let statement = statement.bind(row.number).bind(run.0.0.to_vec());
            statement.bind(row.events).bind(row.finished)
        };
        script.insert(sql, 4, runs.collect(), bind).await?;

        let sql = ["insert into events (run, seq, key, event)", ""];
        let bind = |statement: Statement, (run, seq, event): (i64, i64, EventRow)| {
            let key = event.key.map(|key| key.0.to_vec());
            statement.bind(run).bind(seq).bind(key).bind(event.json)
        };
        script.insert(sql, 4, self.events, bind).await?;

        for row in self.memo.iter().filter(|row| row.replaces) {
            let key = row.key.0.to_vec();
            script.add("delete from memo where key = ?", |statement| {
                statement.bind(key)
            });
        }
        let sql = [
            "insert into memo (key, run, at, outcome)",
            "on conflict do nothing",
        ];
        let bind = |statement: Statement, row: MemoRow| {
            let statement = statement
                .bind(row.key.0.to_vec())
                .bind(row.run.0.0.to_vec());
            statement.bind(row.at).bind(row.outcome)
        };
        script.insert(sql, 4, self.memo, bind).await?;

        // Of two for one key the last stands; SQLite would take them in order, but why write both?
        let last: BTreeMap<_, _> = self
            .documents
            .into_iter()
            .map(|row| ((row.kind, row.key), row.json))
            .collect();
        let sql = [
            "insert into documents (kind, key, value)",
            "on conflict do update set value = excluded.value",
        ];
        let bind = |statement: Statement, ((kind, key), json): ((String, String), String)| {
            statement.bind(kind).bind(key).bind(json)
        };
        script
            .insert(sql, 3, last.into_iter().collect(), bind)
            .await?;
        let sql = "insert into sequences (name, last) values ('commits', ?) \
                   on conflict do update set last = excluded.last";
        script.add(sql, move |statement| statement.bind(number.cast_signed()));
        script.commit().await
    }
}

/// What is known of a run, if it exists.
async fn find(
    connection: &mut SqliteConnection,
    known: &mut Known,
    run: RunId,
) -> Result<Option<RunRow>, sqlx::Error> {
    if let Some(row) = known.runs.get(&run) {
        return Ok(Some(*row));
    }
    let query = sqlx::query("select number, events, finished from runs where run = ?");
    let found = query
        .bind(run.0.0.to_vec())
        .fetch_optional(connection)
        .await?;
    let Some(found) = found else { return Ok(None) };
    let row = RunRow {
        number: found.try_get(0)?,
        events: found.try_get(1)?,
        finished: found.try_get(2)?,
    };
    known.runs.insert(run, row);
    Ok(Some(row))
}

async fn newest(connection: &mut SqliteConnection, known: &mut Known) -> Result<i64, sqlx::Error> {
    match known.newest {
        Some(number) => Ok(number),
        None => {
            let query = sqlx::query_scalar("select coalesce(max(number), 0) from runs");
            query.fetch_one(connection).await
        }
    }
}

async fn next(connection: &mut SqliteConnection, sequence: String) -> Result<u64, sqlx::Error> {
    let query = sqlx::query_scalar(
        "insert into sequences (name, last) values (?, 1) \
         on conflict do update set last = last + 1 returning last",
    );
    let number: i64 = query.bind(sequence).fetch_one(connection).await?;
    Ok(number.cast_unsigned())
}

/// How many transactions the database has had.
pub(super) async fn commits(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let query = sqlx::query_scalar("select last from sequences where name = 'commits'");
    let last: Option<i64> = query.fetch_optional(connection).await?;
    Ok(last.unwrap_or_default().cast_unsigned())
}
