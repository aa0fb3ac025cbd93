//! What an anchored batch commits to: one leaf a run.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;

use crate::contracts::ReceiptAnchor::Receipt;

/// A run as the leaf of an anchored batch commits to it.
pub type RunReceipt = Receipt;

/// The leaf of a run, as `ReceiptAnchor.leafOf` has it: hashed twice and longer than an inner node, so
/// that neither can pass for the other.
#[must_use]
pub fn leaf_of(chain_id: u64, anchor: Address, receipt: &RunReceipt) -> B256 {
    let row = (U256::from(chain_id), anchor, receipt.clone()).abi_encode_params();
    keccak256(keccak256(row))
}
