//! Who paid in the chain's own coin: contracts are not told, transactions are.

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use serde::Deserialize;

use super::Order;
use crate::operations::{Ledgers, OperationError, Work};

/// Blocks that are searched at most, one request each.
const BLOCKS_MAX: u64 = 10_000;

/// A payment by a transaction.
#[derive(Debug, Clone, Copy)]
pub(super) struct NativePayment {
    pub(super) order: Order,
    pub(super) by: Address,
    pub(super) amount: U256,
}

/// As much of a block as is needed: rollups have kinds of transactions that no library knows.
#[derive(Debug, Deserialize)]
struct Block {
    transactions: Vec<Transaction>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transaction {
    hash: B256,
    from: Address,
    to: Option<Address>,
    value: U256,
    input: Bytes,
    transaction_index: Option<U64>,
}

impl Ledgers {
    /// Transactions that paid a work in the chain's own coin, from a block on. None of a chain that is too long
    /// to be searched.
    pub(super) async fn native_payments(
        &self,
        work: &Work,
        first: u64,
    ) -> Result<Vec<NativePayment>, OperationError> {
        let newest = self.client.block_number().await?;
        let mut payments = Vec::new();
        if newest.saturating_sub(first) >= BLOCKS_MAX {
            return Ok(payments);
        }
        for number in first..=newest {
            let asked = (format!("{number:#x}"), true);
            let block: Option<Block> = self.client.request("eth_getBlockByNumber", asked).await?;
            let transactions = block.map(|block| block.transactions).unwrap_or_default();
            for transaction in transactions {
                let Transaction { hash, value, .. } = transaction;
                let is_plain = transaction.input.is_empty() && !value.is_zero();
                if !is_plain || transaction.to != Some(work.shares) {
                    continue;
                }
                let receipt = self.client.receipt(hash).await?;
                if receipt.is_none_or(|receipt| !receipt.status()) {
                    continue;
                }
                payments.push(NativePayment {
                    order: Order {
                        block: number,
                        transaction: transaction.transaction_index.unwrap_or_default().to(),
                        log: 0,
                        hash,
                    },
                    by: transaction.from,
                    amount: value,
                });
            }
        }
        Ok(payments)
    }
}
