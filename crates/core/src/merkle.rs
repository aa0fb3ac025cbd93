//! Keccak-256 trees of sorted pairs, whose proofs OpenZeppelin's `MerkleProof` checks on chain.
//!
//! A leaf is `keccak256(keccak256(abi.encode(context, count, index, item)))`: hashed twice and
//! longer than an inner node, so that neither can pass for the other; it names its context (which
//! tree), the number of leaves and its place among them, because sorted pairs commit to no order.
//! The tree is the one that `StandardMerkleTree` of `@openzeppelin/merkle-tree` builds from the same
//! rows with the types `bytes32, uint256, uint256, bytes32`.

use alloy_primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};

/// Length of the longest path that is looked at: no tree has 2^64 leaves.
const PATH_MAX: usize = 64;

/// A tree over items in a given order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// All nodes: the root first, the leaves last, children of `i` at `2i + 1` and `2i + 2`.
    nodes: Vec<B256>,
    /// Node of each item, in the order of the items.
    places: Vec<usize>,
}

/// Why an item belongs to a root: its place, and the nodes beside its way up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Place of the item, from 0.
    pub index: u64,
    /// Number of items in the tree.
    pub count: u64,
    /// Sibling nodes, from the leaf upwards.
    pub path: Vec<B256>,
}

impl Tree {
    /// Builds the tree of `items`.
    #[must_use]
    pub fn of(context: B256, items: &[B256]) -> Self {
        let count = items.len() as u64;
        let place = |(index, item): (u64, &B256)| leaf(context, count, index, *item);
        let leaves: Vec<B256> = (0..).zip(items).map(place).collect();
        Self::over(&leaves)
    }

    /// Builds the tree over leaves that have been hashed already, as another schema has them.
    #[must_use]
    pub fn over(leaves: &[B256]) -> Self {
        let count = leaves.len();
        let mut sorted: Vec<(B256, usize)> = leaves.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let mut nodes = vec![B256::ZERO; (2 * count).saturating_sub(1)];
        let mut places = vec![0; count];
        for (rank, (leaf, index)) in sorted.into_iter().enumerate() {
            let place = nodes.len() - 1 - rank;
            nodes[place] = leaf;
            places[index] = place;
        }
        for place in (0..nodes.len() - count.min(nodes.len())).rev() {
            nodes[place] = pair(nodes[2 * place + 1], nodes[2 * place + 2]);
        }
        Self { nodes, places }
    }

    /// What commits to all items and their number; zeros for no items.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.nodes.first().copied().unwrap_or_default()
    }

    /// Number of items.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.places.len() as u64
    }

    /// The nodes beside the way up from an item.
    #[must_use]
    pub fn path(&self, index: u64) -> Option<Vec<B256>> {
        let mut place = *self.places.get(usize::try_from(index).ok()?)?;
        let mut path = Vec::new();
        while place > 0 {
            // An even place is a right child.
            path.push(self.nodes[if place % 2 == 0 { place - 1 } else { place + 1 }]);
            place = (place - 1) / 2;
        }
        Some(path)
    }

    /// Why the item at `index` belongs to the root.
    #[must_use]
    pub fn proof(&self, index: u64) -> Option<Proof> {
        Some(Proof {
            index,
            count: self.count(),
            path: self.path(index)?,
        })
    }
}

impl Proof {
    /// Whether `item` stands at this place below `root`.
    #[must_use]
    pub fn holds(&self, context: B256, root: B256, item: B256) -> bool {
        self.index < self.count
            && self.path.len() <= PATH_MAX
            && climb(leaf(context, self.count, self.index, item), &self.path) == root
    }
}

/// The root that a leaf and its path lead to.
#[must_use]
pub fn climb(leaf: B256, path: &[B256]) -> B256 {
    path.iter().fold(leaf, |node, beside| pair(node, *beside))
}

/// A context that is named by a label alone.
#[must_use]
pub fn context(label: &str) -> B256 {
    keccak256(label.as_bytes())
}

fn leaf(context: B256, count: u64, index: u64, item: B256) -> B256 {
    let mut row = [0; 128];
    row[..32].copy_from_slice(context.as_slice());
    row[56..64].copy_from_slice(&count.to_be_bytes());
    row[88..96].copy_from_slice(&index.to_be_bytes());
    row[96..].copy_from_slice(item.as_slice());
    keccak256(keccak256(row))
}

fn pair(a: B256, b: B256) -> B256 {
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    let mut both = [0; 64];
    both[..32].copy_from_slice(low.as_slice());
    both[32..].copy_from_slice(high.as_slice());
    keccak256(both)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;
    use proptest::prelude::*;

    fn items(count: usize) -> Vec<B256> {
        (0..count)
            .map(|i| keccak256(format!("item {i}").as_bytes()))
            .collect()
    }

    /// Made with `@openzeppelin/merkle-tree` 1.0.
    #[test]
    fn roots_and_proofs_are_those_of_openzeppelin() {
        let context = context("context");
        let expected = [
            (
                1,
                b256!("73e25984dea6dfc2b512cc2aaac214a612bcc6bc58de7ec8406253ed70ef22c0"),
            ),
            (
                2,
                b256!("e9d0ab6e922066363f857841bf22b46696b3d71e9476fba191a57786993b796a"),
            ),
            (
                3,
                b256!("62bd7184f8acb927bb28f101c7e4eb1366dfafd19f791f9c608a356af049b5bf"),
            ),
            (
                7,
                b256!("36a8b81591dbd2412b654d7b5d480fd32c2692e2814cae7487356731052fe9cc"),
            ),
        ];
        for (count, root) in expected {
            assert_eq!(Tree::of(context, &items(count)).root(), root, "{count}");
        }
        let path = Tree::of(context, &items(7)).proof(3).unwrap().path;
        assert_eq!(
            path,
            [
                b256!("cd4e8f8ef3593bb7e7fd92f196ec6b4195f60c936ba411292d561545d5327b3e"),
                b256!("1f08a22495ac721d4344af848867ec3b82265985772e5b32a55eae7eb451256f"),
            ]
        );
    }

    #[test]
    fn nothing_has_a_root_of_zeros_and_no_proof() {
        let tree = Tree::of(B256::ZERO, &[]);
        assert_eq!((tree.root(), tree.count()), (B256::ZERO, 0));
        assert_eq!(tree.proof(0), None);
    }

    proptest! {
        #[test]
        fn every_leaf_of_any_schema_climbs_to_the_root_and_no_other_does(count in 1_usize..70, at in any::<prop::sample::Index>()) {
            let leaves = items(count);
            let tree = Tree::over(&leaves);
            let at = at.index(count);
            let path = tree.path(at as u64).unwrap();
            prop_assert_eq!(climb(leaves[at], &path), tree.root());
            prop_assert_ne!(climb(keccak256(leaves[at]), &path), tree.root());
            prop_assert_eq!(tree.path(count as u64), None);
        }

        #[test]
        fn every_item_proves_and_only_in_its_place(count in 1_usize..70, at in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
            let items = items(count);
            let tree = Tree::of(B256::ZERO, &items);
            let (at, other) = (at.index(count), other.index(count));
            let proof = tree.proof(at as u64).unwrap();
            prop_assert!(proof.holds(B256::ZERO, tree.root(), items[at]));
            prop_assert_eq!(proof.holds(B256::ZERO, tree.root(), items[other]), at == other);
            let moved = Proof { index: other as u64, ..proof.clone() };
            prop_assert_eq!(moved.holds(B256::ZERO, tree.root(), items[at]), at == other);
            prop_assert!(!proof.holds(context("other"), tree.root(), items[at]));
        }

        #[test]
        fn a_changed_proof_does_not_hold(count in 1_usize..70, at in any::<prop::sample::Index>(), byte in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let items = items(count);
            let tree = Tree::of(B256::ZERO, &items);
            let at = at.index(count);
            let proof = tree.proof(at as u64).unwrap();
            if !proof.path.is_empty() {
                let mut bent = proof.clone();
                let byte = byte.index(32 * bent.path.len());
                bent.path[byte / 32].0[byte % 32] ^= 1 << bit;
                prop_assert!(!bent.holds(B256::ZERO, tree.root(), items[at]));
                let mut short = proof.clone();
                short.path.pop();
                prop_assert!(!short.holds(B256::ZERO, tree.root(), items[at]));
                // An inner node passes for no item, since a leaf is hashed from 128 bytes.
                let beside = short.path.first().copied().unwrap_or(tree.root());
                prop_assert!(!short.holds(B256::ZERO, tree.root(), beside));
            }
            let mut long = proof;
            long.path.push(tree.root());
            prop_assert!(!long.holds(B256::ZERO, tree.root(), items[at]));
        }

        #[test]
        fn omission_order_and_addition_show(count in 1_usize..70, at in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
            let items = items(count);
            let root = Tree::of(B256::ZERO, &items).root();
            let mut fewer = items.clone();
            fewer.remove(at.index(count));
            prop_assert_ne!(Tree::of(B256::ZERO, &fewer).root(), root);
            let mut swapped = items.clone();
            swapped.swap(at.index(count), other.index(count));
            prop_assert_eq!(Tree::of(B256::ZERO, &swapped).root() == root, at.index(count) == other.index(count));
            let mut more = items.clone();
            more.push(items[at.index(count)]);
            prop_assert_ne!(Tree::of(B256::ZERO, &more).root(), root);
        }
    }
}
