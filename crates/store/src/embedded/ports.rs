//! The ports, in terms of the queue, the reader and the files.

use std::sync::Arc;

use daedal_core::blob::{BlobError, BlobRead, BlobWrite};
use daedal_core::run::{Event, RunId};
use daedal_core::{AssetRef, Digest};
use serde_json::Value;

use super::Embedded;
use super::batch::{Answer, EventRow, Work};
use crate::StoreError;
use crate::ports::{Document, Keeper, Log, Memo, MemoEntry, Records, Reply, RunSummary};

impl Log for Embedded {
    fn create(&self, run: RunId, created: Event) -> Reply<'_, bool> {
        Box::pin(async move {
            let answer = self
                .commit(Work::Create(run, EventRow::of(&created)?))
                .await?;
            Ok(matches!(answer, Answer::Created(true)))
        })
    }

    fn record(
        &self,
        run: RunId,
        events: Arc<Vec<Event>>,
        outcomes: Vec<(Digest, MemoEntry)>,
    ) -> Reply<'_, ()> {
        Box::pin(async move {
            let rows: Result<_, _> = events.iter().map(EventRow::of).collect();
            let work = Work::Record(run, rows?, self.rows(&outcomes)?);
            self.commit(work).await.map(drop)
        })
    }

    fn read(&self, run: RunId) -> Reply<'_, Vec<Event>> {
        Box::pin(self.reader.events(run))
    }

    fn recent(&self, count_max: usize) -> Reply<'_, Vec<RunSummary>> {
        Box::pin(self.reader.recent(count_max))
    }
}

impl Memo for Embedded {
    fn get(&self, keys: Vec<Digest>) -> Reply<'_, Vec<Option<MemoEntry>>> {
        Box::pin(self.recall(keys))
    }

    fn put(&self, entries: Vec<(Digest, MemoEntry)>) -> Reply<'_, ()> {
        Box::pin(async move {
            let rows = self.rows(&entries)?;
            self.commit(Work::Memo(rows)).await.map(drop)
        })
    }

    fn warm(&self, run: RunId) -> Reply<'_, ()> {
        Box::pin(self.warm_up(run))
    }
}

impl Records for Embedded {
    fn put(&self, documents: Vec<Document>) -> Reply<'_, ()> {
        Box::pin(async move { self.commit(Work::Documents(documents)).await.map(drop) })
    }

    fn get(&self, kind: &str, key: &str) -> Reply<'_, Option<Value>> {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        Box::pin(async move { self.reader.document(&kind, &key).await })
    }

    fn list(&self, kind: &str) -> Reply<'_, Vec<(String, Value)>> {
        let kind = kind.to_owned();
        Box::pin(async move { self.reader.documents(&kind).await })
    }

    fn next(&self, sequence: &str) -> Reply<'_, u64> {
        let sequence = sequence.to_owned();
        Box::pin(async move {
            match self.commit(Work::Next(sequence)).await? {
                Answer::Number(number) => Ok(number),
                other => Err(StoreError::Io {
                    message: format!("no number but {other:?}"),
                }),
            }
        })
    }
}

impl Keeper for Embedded {
    fn close(&self) -> Reply<'_, ()> {
        Box::pin(self.put_away())
    }
}

impl BlobRead for Embedded {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        self.blobs.read(digest)
    }

    fn holds(&self, asset: &AssetRef) -> bool {
        self.blobs.holds(asset)
    }
}

impl BlobWrite for Embedded {
    fn write(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        self.blobs.write(bytes)
    }
}
