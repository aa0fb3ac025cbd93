//! Blocks, transactions, receipts and logs as Ethereum's JSON-RPC has them.

use alloy_consensus::{ReceiptEnvelope, Transaction as _, transaction::Recovered};
use alloy_primitives::U256;
use alloy_rpc_types_eth::{Block, BlockTransactions, Header, Log, Transaction, TransactionReceipt};

use crate::embedded::block::receipt as envelope;
use crate::embedded::{BlockRow, ChainError, EntryRow};

/// A block; `full` with its transactions, otherwise with their hashes.
pub(super) fn block(row: &BlockRow, entries: &[EntryRow], full: bool) -> Result<Block, ChainError> {
    let transactions = if full {
        let numbered = (0..).zip(entries);
        let all = numbered.map(|(index, entry)| transaction(row, entry, index));
        BlockTransactions::Full(all.collect::<Result<_, _>>()?)
    } else {
        let hashes = entries.iter().map(|entry| Ok(*entry.envelope()?.tx_hash()));
        BlockTransactions::Hashes(hashes.collect::<Result<_, ChainError>>()?)
    };
    Ok(Block {
        header: Header {
            hash: row.hash,
            inner: row.header.clone(),
            total_difficulty: Some(U256::ZERO),
            size: Some(U256::from(row.size)),
        },
        uncles: Vec::new(),
        transactions,
        withdrawals: Some(Vec::new().into()),
    })
}

/// A transaction in its block.
pub(super) fn transaction(
    block: &BlockRow,
    entry: &EntryRow,
    index: u32,
) -> Result<Transaction, ChainError> {
    let envelope = entry.envelope()?;
    let price = envelope.effective_gas_price(block.header.base_fee_per_gas);
    Ok(Transaction {
        inner: Recovered::new_unchecked(envelope, entry.sender),
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        transaction_index: Some(u64::from(index)),
        effective_gas_price: Some(price),
        block_timestamp: Some(block.header.timestamp),
    })
}

/// What came of a transaction.
pub(super) fn receipt(
    block: &BlockRow,
    entry: &EntryRow,
    index: u32,
) -> Result<TransactionReceipt<ReceiptEnvelope<Log>>, ChainError> {
    let transaction = entry.envelope()?;
    let hash = *transaction.tx_hash();
    let logs = (0..entry.logs.len())
        .map(|place| log(block, entry, index, place, hash))
        .collect();
    Ok(TransactionReceipt {
        inner: envelope(entry, &transaction, logs),
        transaction_hash: hash,
        transaction_index: Some(u64::from(index)),
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        gas_used: entry.gas_used,
        effective_gas_price: transaction.effective_gas_price(block.header.base_fee_per_gas),
        blob_gas_used: None,
        blob_gas_price: None,
        from: entry.sender,
        to: transaction.to(),
        contract_address: entry.created(&transaction),
    })
}

/// The log at `place` of a transaction.
pub(super) fn log(
    block: &BlockRow,
    entry: &EntryRow,
    index: u32,
    place: usize,
    transaction: alloy_primitives::B256,
) -> Log {
    Log {
        inner: entry.logs[place].clone(),
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        block_timestamp: Some(block.header.timestamp),
        transaction_hash: Some(transaction),
        transaction_index: Some(u64::from(index)),
        log_index: Some(entry.logs_before + place as u64),
        removed: false,
    }
}
