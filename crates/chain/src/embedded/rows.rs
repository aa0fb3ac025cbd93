//! What the tables hold, and its encoding.

use alloy_consensus::{Header, TxEnvelope, Typed2718};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use redb::TableDefinition;

use super::ChainError;

/// Version of all encodings below.
pub(super) const FORMAT: u64 = 1;

/// Small facts: `format`, `chain_id`, `offset`.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// Address to balance, nonce and hash of code.
pub(super) const ACCOUNTS: TableDefinition<'_, [u8; 20], [u8; 72]> =
    TableDefinition::new("accounts");
/// Address and slot to value; zeros are not kept.
pub(super) const STORAGE: TableDefinition<'_, [u8; 52], [u8; 32]> = TableDefinition::new("storage");
/// Hash to code.
pub(super) const CODES: TableDefinition<'_, [u8; 32], &[u8]> = TableDefinition::new("codes");
/// Number to [`BlockRow`].
pub(super) const BLOCKS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("blocks");
/// Block and place in it to [`EntryRow`].
pub(super) const ENTRIES: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("entries");
/// Hash of a transaction to its block and place; hash of a block to its number and [`NO_INDEX`].
pub(super) const HASHES: TableDefinition<'_, [u8; 32], (u64, u32)> = TableDefinition::new("hashes");
/// Address and block: the blocks in which a contract has logs.
pub(super) const LOGS: TableDefinition<'_, ([u8; 20], u64), ()> = TableDefinition::new("logs");

/// The place of a block's own hash.
pub(super) const NO_INDEX: u32 = u32::MAX;

/// State of an account, without its storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AccountRow {
    pub(super) balance: U256,
    pub(super) nonce: u64,
    pub(super) code_hash: B256,
}

impl AccountRow {
    pub(super) fn encode(&self) -> [u8; 72] {
        let mut row = [0; 72];
        row[..32].copy_from_slice(&self.balance.to_be_bytes::<32>());
        row[32..40].copy_from_slice(&self.nonce.to_be_bytes());
        row[40..].copy_from_slice(self.code_hash.as_slice());
        row
    }

    pub(super) fn decode(row: &[u8; 72]) -> Self {
        let mut nonce = [0; 8];
        nonce.copy_from_slice(&row[32..40]);
        Self {
            balance: U256::from_be_slice(&row[..32]),
            nonce: u64::from_be_bytes(nonce),
            code_hash: B256::from_slice(&row[40..]),
        }
    }
}

/// Key of a slot in [`STORAGE`].
pub(super) fn slot_key(address: Address, slot: U256) -> [u8; 52] {
    let mut key = [0; 52];
    key[..20].copy_from_slice(address.as_slice());
    key[20..].copy_from_slice(&slot.to_be_bytes::<32>());
    key
}

/// A block without its transactions.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct BlockRow {
    /// Keccak of the header.
    pub hash: B256,
    /// The header.
    pub header: Header,
    /// Number of its transactions.
    pub count: u32,
    /// Length of header and transactions, in bytes.
    pub size: u64,
}

/// A transaction in a block, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct EntryRow {
    /// Who signed it.
    pub sender: Address,
    /// Whether it succeeded.
    pub success: bool,
    /// Gas that it used.
    pub gas_used: u64,
    /// Gas that the block had used after it.
    pub gas_used_so_far: u64,
    /// Number of logs before it in the block.
    pub logs_before: u64,
    /// The transaction as it came (EIP-2718).
    pub transaction: Bytes,
    /// What it logged.
    pub logs: Vec<Log>,
}

impl EntryRow {
    /// The transaction, decoded.
    pub fn envelope(&self) -> Result<TxEnvelope, ChainError> {
        TxEnvelope::decode_2718_exact(&self.transaction).map_err(|error| spoilt(&error))
    }

    /// Address of the contract that it made.
    pub fn created(&self, envelope: &TxEnvelope) -> Option<Address> {
        use alloy_consensus::Transaction;
        envelope
            .is_create()
            .then(|| self.sender.create(envelope.nonce()))
    }
}

/// Encodes a row.
pub(super) fn encode(row: &impl Encodable) -> Vec<u8> {
    alloy_rlp::encode(row)
}

/// Decodes a row.
pub(super) fn decode<Row: Decodable>(mut bytes: &[u8]) -> Result<Row, ChainError> {
    Row::decode(&mut bytes).map_err(|error| spoilt(&error))
}

fn spoilt(error: &dyn std::fmt::Display) -> ChainError {
    ChainError::Store {
        message: format!("a row is not as it was written: {error}"),
    }
}

/// Whether transactions of this type are carried out.
pub(super) fn is_supported(envelope: &TxEnvelope) -> bool {
    envelope.ty() != alloy_consensus::TxType::Eip4844 as u8
}
