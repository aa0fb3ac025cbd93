//! A ledger in a file of its own, for tests and tools without a studio.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::{Entry, Ledger, LedgerError, Reply, Stage};

/// Entries as lines of JSON, the last one of a key counting. Every line is flushed to the disk.
#[derive(Debug)]
pub struct FileLedger(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    file: File,
    entries: BTreeMap<String, Entry>,
}

impl FileLedger {
    /// Opens the file at `path`, or makes it. A line that a crash cut short is dropped: its
    /// transaction was never sent.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(LedgerError::new)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(LedgerError::new)?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        let mut entries = BTreeMap::new();
        for line in bytes[..whole]
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let entry: Entry = serde_json::from_slice(line).map_err(LedgerError::new)?;
            entries.insert(entry.key.clone(), entry);
        }
        file.set_len(whole as u64)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .and_then(|_| file.sync_all())
            .map_err(LedgerError::new)?;
        Ok(Self(Mutex::new(Inner { file, entries })))
    }
}

impl Ledger for FileLedger {
    fn put(&self, entry: Entry) -> Reply<'_, ()> {
        Box::pin(async move {
            let mut line = serde_json::to_vec(&entry).map_err(LedgerError::new)?;
            line.push(b'\n');
            let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            inner
                .file
                .write_all(&line)
                .and_then(|()| inner.file.sync_data())
                .map_err(LedgerError::new)?;
            inner.entries.insert(entry.key.clone(), entry);
            Ok(())
        })
    }

    fn get<'a>(&'a self, key: &'a str) -> Reply<'a, Option<Entry>> {
        Box::pin(async move {
            let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(inner.entries.get(key).cloned())
        })
    }

    fn unsettled(&self) -> Reply<'_, Vec<Entry>> {
        Box::pin(async move {
            let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let signed = inner
                .entries
                .values()
                .filter(|entry| entry.stage == Stage::Signed);
            Ok(signed.cloned().collect())
        })
    }
}
