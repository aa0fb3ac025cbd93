//! The chain's database: one redb file.

use std::path::Path;
use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256, map::HashMap};
use redb::{Database, ReadableDatabase, ReadableTable, WriteTransaction};

use super::ChainError;
use super::rows::{
    ACCOUNTS, AccountRow, BLOCKS, BlockRow, CODES, ENTRIES, EntryRow, FORMAT, HASHES, LOGS, META,
    NO_INDEX, STORAGE, encode, slot_key,
};

/// Pages that redb keeps in memory, in bytes.
const CACHE_BYTES: usize = 64 << 20;

/// State that a block changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// New state; none where an account is gone.
    pub(super) accounts: std::collections::BTreeMap<Address, Option<AccountRow>>,
    /// Accounts whose storage begins anew before the slots below are set.
    pub(super) cleared: std::collections::BTreeSet<Address>,
    /// Slots and their new values.
    pub(super) slots: std::collections::BTreeMap<(Address, U256), U256>,
    /// New code.
    pub(super) codes: HashMap<B256, Bytes>,
}

/// A block that has been carried out and is to be kept.
#[derive(Debug)]
pub(super) struct Executed {
    pub(super) block: BlockRow,
    pub(super) entries: Vec<(B256, EntryRow)>,
    pub(super) changes: Changes,
}

/// What is written in one go.
#[derive(Debug)]
pub(super) enum Write {
    /// A block, and everything that it changes.
    Block(Box<Executed>),
    /// How far the chain's clock is from the real one, in seconds.
    Offset(i64),
}

/// The database.
#[derive(Debug, Clone)]
pub(super) struct Store(Arc<Database>);

impl Store {
    /// Opens the file at `path`, or makes it: beside its place and moved there whole, since half a file is none that can
    /// be opened again.
    pub(super) fn open(path: &Path) -> Result<Self, ChainError> {
        let make = |path: &Path| {
            let made = Database::builder().set_cache_size(CACHE_BYTES).create(path);
            made.map_err(ChainError::store)
        };
        if !path.exists() {
            let fresh = path.with_extension("fresh");
            // What a crash left of an earlier try.
            if fresh.exists() {
                std::fs::remove_file(&fresh).map_err(ChainError::store)?;
            }
            drop(make(&fresh)?);
            std::fs::rename(&fresh, path).map_err(ChainError::store)?;
        }
        Ok(Self(Arc::new(make(path)?)))
    }

    /// A small fact.
    pub(super) fn meta(&self, name: &str) -> Result<Option<u64>, ChainError> {
        let transaction = self.0.begin_read().map_err(ChainError::store)?;
        let table = match transaction.open_table(META) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(ChainError::store(error)),
        };
        let value = table.get(name).map_err(ChainError::store)?;
        Ok(value.map(|value| value.value()))
    }

    /// A consistent picture of everything as it is now.
    pub(super) fn read(&self) -> Result<redb::ReadTransaction, ChainError> {
        self.0.begin_read().map_err(ChainError::store)
    }

    /// Makes the tables, and writes the first block.
    pub(super) fn begin(&self, chain_id: u64, first: &Executed) -> Result<(), ChainError> {
        let transaction = self.0.begin_write().map_err(ChainError::store)?;
        {
            let mut meta = transaction.open_table(META).map_err(ChainError::store)?;
            for (name, value) in [("format", FORMAT), ("chain_id", chain_id), ("offset", 0)] {
                meta.insert(name, value).map_err(ChainError::store)?;
            }
        }
        write_block(&transaction, first).map_err(ChainError::store)?;
        transaction.commit().map_err(ChainError::store)
    }

    /// Writes all of it durably, or nothing.
    pub(super) fn write<'a>(
        &self,
        writes: impl Iterator<Item = &'a Write>,
    ) -> Result<(), ChainError> {
        let transaction = self.0.begin_write().map_err(ChainError::store)?;
        for write in writes {
            match write {
                Write::Block(executed) => {
                    write_block(&transaction, executed).map_err(ChainError::store)?;
                }
                Write::Offset(offset) => {
                    let mut meta = transaction.open_table(META).map_err(ChainError::store)?;
                    meta.insert("offset", offset.cast_unsigned())
                        .map_err(ChainError::store)?;
                }
            }
        }
        transaction.commit().map_err(ChainError::store)
    }
}

fn write_block(transaction: &WriteTransaction, executed: &Executed) -> Result<(), redb::Error> {
    let number = executed.block.header.number;
    transaction
        .open_table(BLOCKS)?
        .insert(number, encode(&executed.block).as_slice())?;
    let mut hashes = transaction.open_table(HASHES)?;
    hashes.insert(executed.block.hash.0, (number, NO_INDEX))?;
    let mut entries = transaction.open_table(ENTRIES)?;
    let mut logs = transaction.open_table(LOGS)?;
    let mut last = None;
    for (index, (hash, entry)) in (0..).zip(&executed.entries) {
        hashes.insert(hash.0, (number, index))?;
        entries.insert((number, index), encode(entry).as_slice())?;
        for log in &entry.logs {
            if last.replace(log.address) != Some(log.address) {
                logs.insert((log.address.into_array(), number), ())?;
            }
        }
    }
    write_state(transaction, &executed.changes)
}

fn write_state(transaction: &WriteTransaction, changes: &Changes) -> Result<(), redb::Error> {
    let mut accounts = transaction.open_table(ACCOUNTS)?;
    for (address, row) in &changes.accounts {
        match row {
            Some(row) => accounts.insert(address.into_array(), row.encode())?,
            None => accounts.remove(address.into_array())?,
        };
    }
    let mut storage = transaction.open_table(STORAGE)?;
    for address in &changes.cleared {
        let range = slot_key(*address, U256::ZERO)..=slot_key(*address, U256::MAX);
        // New contracts have none, and there is nothing to remove.
        if storage.range(range.clone())?.next().is_some() {
            storage.retain_in(range, |_, _| false)?;
        }
    }
    for ((address, slot), value) in &changes.slots {
        let key = slot_key(*address, *slot);
        if value.is_zero() {
            storage.remove(key)?;
        } else {
            storage.insert(key, value.to_be_bytes::<32>())?;
        }
    }
    // Tables are made even if they stay empty: readers expect them.
    let mut codes = transaction.open_table(CODES)?;
    for (hash, code) in &changes.codes {
        codes.insert(hash.0, code.as_ref())?;
    }
    Ok(())
}
