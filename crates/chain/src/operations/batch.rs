//! The tree whose root is anchored: one leaf a run.

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

/// The tree of a batch: sorted pairs, as OpenZeppelin's `MerkleProof` checks them, in the shape of
/// `StandardMerkleTree` of `@openzeppelin/merkle-tree`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchTree {
    /// The root first, the leaves last, children of `i` at `2i + 1` and `2i + 2`.
    nodes: Vec<B256>,
    /// Node of each leaf, in the order given.
    places: Vec<usize>,
}

impl BatchTree {
    /// Builds the tree of `leaves`.
    #[must_use]
    pub fn of(leaves: &[B256]) -> Self {
        let count = leaves.len();
        let mut sorted: Vec<(B256, usize)> = leaves.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let mut nodes = vec![B256::ZERO; (2 * count).saturating_sub(1)];
        let mut places = vec![0; count];
        let last = nodes.len();
        for (rank, (leaf, index)) in sorted.into_iter().enumerate() {
            let place = last - 1 - rank;
            nodes[place] = leaf;
            places[index] = place;
        }
        for place in (0..last - count.min(last)).rev() {
            nodes[place] = pair(nodes[2 * place + 1], nodes[2 * place + 2]);
        }
        Self { nodes, places }
    }

    /// What commits to all leaves; zeros for none.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.nodes.first().copied().unwrap_or_default()
    }

    /// The nodes beside the way up from a leaf.
    #[must_use]
    pub fn path(&self, index: usize) -> Option<Vec<B256>> {
        let mut place = *self.places.get(index)?;
        let mut path = Vec::new();
        while place > 0 {
            // An even place is a right child.
            path.push(self.nodes[if place % 2 == 0 { place - 1 } else { place + 1 }]);
            place = (place - 1) / 2;
        }
        Some(path)
    }
}

/// The root that a leaf and its path lead to.
#[must_use]
pub fn root_of(leaf: B256, path: &[B256]) -> B256 {
    path.iter().fold(leaf, |node, beside| pair(node, *beside))
}

fn pair(a: B256, b: B256) -> B256 {
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    keccak256([low.as_slice(), high.as_slice()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_a_batch_leads_to_its_root_and_to_no_other() {
        assert_eq!(BatchTree::of(&[]).root(), B256::ZERO);
        for count in 1..40_u8 {
            let leaves: Vec<B256> = (0..count).map(|n| keccak256([n])).collect();
            let tree = BatchTree::of(&leaves);
            for (index, leaf) in leaves.iter().enumerate() {
                let path = tree.path(index).unwrap();
                assert_eq!(root_of(*leaf, &path), tree.root());
                assert_ne!(root_of(keccak256(leaf), &path), tree.root());
            }
            assert_eq!(tree.path(leaves.len()), None);
        }
    }
}
