//! A consistent picture of the chain at one of its blocks.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use redb::ReadOnlyTable;
use revm::DatabaseRef;
use revm::bytecode::Bytecode;
use revm::state::AccountInfo;

use super::ChainError;
use super::rows::{
    ACCOUNTS, AccountRow, BLOCKS, BlockRow, CODES, ENTRIES, EntryRow, HASHES, LOGS, NO_INDEX,
    STORAGE, decode, slot_key,
};
use super::store::Store;

/// Contracts whose analysed code is kept in memory.
const CODES_MAX: usize = 512;

/// Views that are kept, each of which keeps the pages that were replaced since.
const VIEWS_MAX: usize = 64;

/// How far back a contract can see (EIP-210's `BLOCKHASH`).
const BLOCK_HASHES: u64 = 256;

/// Analysed code by its hash. What a hash stands for never changes, so all views share it.
pub(super) type Codes = Arc<RwLock<HashMap<B256, Bytecode>>>;

/// The chain as it was when its newest block was made durable.
pub struct View {
    /// The newest block.
    pub head: BlockRow,
    accounts: ReadOnlyTable<[u8; 20], [u8; 72]>,
    storage: ReadOnlyTable<[u8; 52], [u8; 32]>,
    codes: ReadOnlyTable<[u8; 32], &'static [u8]>,
    blocks: ReadOnlyTable<u64, &'static [u8]>,
    entries: ReadOnlyTable<(u64, u32), &'static [u8]>,
    hashes: ReadOnlyTable<[u8; 32], (u64, u32)>,
    logs: ReadOnlyTable<([u8; 20], u64), ()>,
    analysed: Codes,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("View")
            .field(&self.head.header.number)
            .finish()
    }
}

impl View {
    pub(super) fn of(store: &Store, analysed: &Codes) -> Result<Self, ChainError> {
        let transaction = store.read()?;
        let blocks = transaction.open_table(BLOCKS).map_err(ChainError::store)?;
        let head = {
            use redb::ReadableTable;
            let last = blocks.last().map_err(ChainError::store)?;
            let (_, row) = last.ok_or_else(|| ChainError::Store {
                message: "there is no first block".to_owned(),
            })?;
            decode(row.value())?
        };
        let open = || -> Result<Self, redb::TableError> {
            Ok(Self {
                head,
                accounts: transaction.open_table(ACCOUNTS)?,
                storage: transaction.open_table(STORAGE)?,
                codes: transaction.open_table(CODES)?,
                blocks,
                entries: transaction.open_table(ENTRIES)?,
                hashes: transaction.open_table(HASHES)?,
                logs: transaction.open_table(LOGS)?,
                analysed: Arc::clone(analysed),
            })
        };
        open().map_err(ChainError::store)
    }

    /// Number of the newest block.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.head.header.number
    }

    /// Balance and nonce of an account; zeros if it has never been used.
    pub fn account(&self, address: Address) -> Result<(U256, u64), ChainError> {
        Ok(self
            .row(address)?
            .map_or((U256::ZERO, 0), |row| (row.balance, row.nonce)))
    }

    /// Code of an account.
    pub fn code(&self, address: Address) -> Result<Bytes, ChainError> {
        match self.row(address)? {
            Some(row) if row.code_hash != KECCAK256_EMPTY => {
                Ok(self.code_by_hash_ref(row.code_hash)?.original_bytes())
            }
            _ => Ok(Bytes::new()),
        }
    }

    /// A block, if there is one of this number.
    pub fn block(&self, number: u64) -> Result<Option<BlockRow>, ChainError> {
        if number == self.number() {
            return Ok(Some(self.head.clone()));
        }
        let row = self.blocks.get(number).map_err(ChainError::store)?;
        row.map(|row| decode(row.value())).transpose()
    }

    /// Number of the block with this hash.
    pub fn block_number(&self, hash: B256) -> Result<Option<u64>, ChainError> {
        let place = self.place(hash)?;
        Ok(place
            .filter(|(_, index)| *index == NO_INDEX)
            .map(|(number, _)| number))
    }

    /// Block and index of the transaction with this hash.
    pub fn transaction_place(&self, hash: B256) -> Result<Option<(u64, u32)>, ChainError> {
        Ok(self.place(hash)?.filter(|(_, index)| *index != NO_INDEX))
    }

    /// A transaction and what came of it.
    pub fn entry(&self, block: u64, index: u32) -> Result<Option<EntryRow>, ChainError> {
        let row = self
            .entries
            .get((block, index))
            .map_err(ChainError::store)?;
        row.map(|row| decode(row.value())).transpose()
    }

    /// All transactions of a block, in order.
    pub fn entries(&self, block: u64) -> Result<Vec<EntryRow>, ChainError> {
        let range = self
            .entries
            .range((block, 0)..=(block, u32::MAX))
            .map_err(ChainError::store)?;
        range
            .map(|row| decode(row.map_err(ChainError::store)?.1.value()))
            .collect()
    }

    /// Blocks from `from` to `to` in which `address` has logs, at most `limit` of them.
    pub(super) fn blocks_with_logs(
        &self,
        address: Address,
        from: u64,
        to: u64,
        limit: usize,
    ) -> Result<Vec<u64>, ChainError> {
        let key = address.into_array();
        let range = self
            .logs
            .range((key, from)..=(key, to))
            .map_err(ChainError::store)?;
        range
            .take(limit)
            .map(|row| Ok(row.map_err(ChainError::store)?.0.value().1))
            .collect()
    }

    fn place(&self, hash: B256) -> Result<Option<(u64, u32)>, ChainError> {
        let place = self.hashes.get(hash.0).map_err(ChainError::store)?;
        Ok(place.map(|place| place.value()))
    }

    fn row(&self, address: Address) -> Result<Option<AccountRow>, ChainError> {
        let row = self
            .accounts
            .get(address.into_array())
            .map_err(ChainError::store)?;
        Ok(row.map(|row| AccountRow::decode(&row.value())))
    }
}

impl DatabaseRef for View {
    type Error = ChainError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, ChainError> {
        Ok(self.row(address)?.map(|row| AccountInfo {
            balance: row.balance,
            nonce: row.nonce,
            code_hash: row.code_hash,
            code: None,
            ..AccountInfo::default()
        }))
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, ChainError> {
        if hash == KECCAK256_EMPTY || hash.is_zero() {
            return Ok(Bytecode::default());
        }
        let kept = self.analysed.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = kept.get(&hash) {
            return Ok(code.clone());
        }
        drop(kept);
        let row = self.codes.get(hash.0).map_err(ChainError::store)?;
        let row = row.ok_or_else(|| ChainError::Store {
            message: format!("the code {hash} is missing"),
        })?;
        let code = Bytecode::new_raw(Bytes::copy_from_slice(row.value()));
        let mut kept = self
            .analysed
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CODES_MAX {
            kept.clear();
        }
        kept.insert(hash, code.clone());
        Ok(code)
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, ChainError> {
        let value = self
            .storage
            .get(slot_key(address, slot))
            .map_err(ChainError::store)?;
        Ok(value.map_or(U256::ZERO, |value| U256::from_be_bytes(value.value())))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, ChainError> {
        if number.saturating_add(BLOCK_HASHES) < self.number() {
            return Ok(B256::ZERO);
        }
        Ok(self.block(number)?.map_or(B256::ZERO, |block| block.hash))
    }
}

/// The newest view and some before it: wallets name the block that they last heard of, rather than
/// the newest.
#[derive(Debug, Clone)]
pub(super) struct Views(Arc<RwLock<VecDeque<Arc<View>>>>);

impl Views {
    pub(super) fn of(view: View) -> Self {
        Self(Arc::new(RwLock::new(VecDeque::from([Arc::new(view)]))))
    }

    pub(super) fn newest(&self) -> Arc<View> {
        let views = self.0.read().unwrap_or_else(PoisonError::into_inner);
        // There is one from the start, and the last is never taken away.
        Arc::clone(&views[views.len() - 1])
    }

    pub(super) fn at(&self, number: u64) -> Option<Arc<View>> {
        let views = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut from_newest = views.iter().rev();
        from_newest.find(|view| view.number() == number).cloned()
    }

    pub(super) fn push(&self, view: View) {
        let mut views = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // A view at the same block, after the clock was moved, takes the place of the former.
        if views
            .back()
            .is_some_and(|last| last.number() == view.number())
        {
            views.pop_back();
        } else if views.len() >= VIEWS_MAX {
            views.pop_front();
        }
        views.push_back(Arc::new(view));
    }
}

/// What the miner falls back on for state that it has not touched yet.
#[derive(Debug)]
pub(super) struct Durable(pub(super) Views);

impl DatabaseRef for Durable {
    type Error = ChainError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, ChainError> {
        self.0.newest().basic_ref(address)
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, ChainError> {
        self.0.newest().code_by_hash_ref(hash)
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, ChainError> {
        self.0.newest().storage_ref(address, slot)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, ChainError> {
        self.0.newest().block_hash_ref(number)
    }
}
