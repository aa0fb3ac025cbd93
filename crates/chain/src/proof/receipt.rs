//! A receipt in its block, by the Merkle-Patricia trie whose root is in the block's header.

use std::collections::BTreeMap;

use alloy_consensus::{Header, ReceiptEnvelope};
use alloy_eips::{Decodable2718, Encodable2718};
use alloy_primitives::{B256, Bytes, Log};
use alloy_rlp::Decodable;
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_trie::nodes::TrieNode;
use alloy_trie::proof::{ProofRetainer, verify_proof};
use alloy_trie::{HashBuilder, Nibbles};
use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientError};

/// Nodes of a path at most: a key has nine bytes.
const PATH_MAX: usize = 20;

/// That a transaction left these logs in a block. Its receipt is what the last node of the path holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProvenReceipt {
    /// Header of the block, as JSON-RPC has it.
    pub header: Header,
    /// Place of the transaction in the block.
    pub index: u64,
    /// The nodes of the trie of receipts from its root to the receipt, in RLP.
    pub path: Vec<Bytes>,
}

impl ProvenReceipt {
    /// The logs of the transaction; says what is wrong with a path that shows nothing, or that it failed.
    pub(super) fn logs(&self) -> Result<Vec<Log>, String> {
        if self.path.len() > PATH_MAX {
            return Err(format!("its path has {} nodes", self.path.len()));
        }
        let last = self.path.last().map(Bytes::as_ref).unwrap_or_default();
        let Ok(TrieNode::Leaf(leaf)) = TrieNode::decode(&mut &*last) else {
            return Err("its path does not end at a receipt".to_owned());
        };
        let value = Some(leaf.value.clone());
        let root = self.header.receipts_root;
        verify_proof(root, key(self.index), value, &self.path)
            .map_err(|_| "its path does not lead to the header's root of receipts".to_owned())?;
        let receipt = ReceiptEnvelope::<Log>::decode_2718_exact(&leaf.value)
            .map_err(|error| format!("its receipt can't be read ({error})"))?;
        match receipt.is_success() {
            true => Ok(receipt.logs().to_vec()),
            false => Err("its transaction failed".to_owned()),
        }
    }

    /// Proofs of these transactions, by hash, all of the block with the number. A chain whose headers or receipts have
    /// another form than Ethereum's gives none: the error says so.
    pub(super) async fn of_block(
        client: &Client,
        number: u64,
        wanted: &[B256],
    ) -> Result<Vec<Self>, ClientError> {
        let method = "eth_getBlockReceipts";
        let block = super::online::block(client, number).await?;
        let none = || client.lie(method, format!("there is no block {number}"));
        let block = block.ok_or_else(none)?;
        let receipts: Option<Vec<TransactionReceipt>> =
            client.request(method, (block.header.hash,)).await?;
        let receipts = receipts.ok_or_else(none)?;
        let places: Vec<usize> = (0..receipts.len())
            .filter(|place| wanted.contains(&receipts[*place].transaction_hash))
            .collect();
        let encoded: Vec<Vec<u8>> = receipts
            .into_iter()
            .map(|receipt| receipt.into_primitives_receipt().inner.encoded_2718())
            .collect();
        let header = block.header.inner;
        let (root, paths) = paths(&encoded, &places);
        if header.hash_slow() != block.header.hash || root != header.receipts_root {
            let what =
                format!("header or receipts of block {number} have not the form of Ethereum's");
            return Err(client.lie(method, what));
        }
        let proofs = places.into_iter().zip(paths).map(|(place, path)| Self {
            header: header.clone(),
            index: place as u64,
            path,
        });
        Ok(proofs.collect())
    }
}

/// The key of a transaction's receipt: its place, in RLP.
fn key(index: u64) -> Nibbles {
    Nibbles::unpack(alloy_rlp::encode(index))
}

/// The root of a block's receipts, and the paths to those at these places.
fn paths(receipts: &[Vec<u8>], places: &[usize]) -> (B256, Vec<Vec<Bytes>>) {
    let wanted: Vec<Nibbles> = places.iter().map(|place| key(*place as u64)).collect();
    let retainer = ProofRetainer::new(wanted.clone());
    let mut builder = HashBuilder::default().with_proof_retainer(retainer);
    // The builder takes its leaves in the order of their keys.
    let leaves: BTreeMap<Nibbles, &Vec<u8>> = (0..).map(key).zip(receipts).collect();
    for (key, receipt) in leaves {
        builder.add_leaf(key, receipt);
    }
    let root = builder.root();
    let nodes = builder.take_proof_nodes();
    let path = |key: &Nibbles| {
        let nodes = nodes.matching_nodes_sorted(key).into_iter();
        nodes.map(|(_, node)| node).collect()
    };
    (root, wanted.iter().map(path).collect())
}

#[cfg(test)]
mod tests {
    use alloy_consensus::{Eip658Value, Receipt, ReceiptWithBloom};
    use alloy_primitives::{Address, keccak256};

    use super::*;

    /// The receipt of a transaction that left one log of its own.
    fn receipt(number: u64, success: bool) -> Vec<u8> {
        let topics = vec![keccak256(number.to_be_bytes())];
        let log = Log::new(Address::repeat_byte(7), topics, Bytes::new());
        let receipt = Receipt {
            status: Eip658Value::Eip658(success),
            cumulative_gas_used: 21_000 * number,
            logs: vec![log.unwrap()],
        };
        ReceiptEnvelope::Eip1559(ReceiptWithBloom::from(receipt)).encoded_2718()
    }

    /// A block of so many transactions, of which the last failed.
    fn block(count: u64) -> Vec<ProvenReceipt> {
        let receipts: Vec<_> = (0..count)
            .map(|number| receipt(number, number + 1 < count || count == 1))
            .collect();
        let places: Vec<usize> = (0..receipts.len()).collect();
        let (receipts_root, paths) = paths(&receipts, &places);
        let header = Header {
            receipts_root,
            ..Header::default()
        };
        let proofs = (0..).zip(paths).map(|(index, path)| ProvenReceipt {
            header: header.clone(),
            index,
            path,
        });
        proofs.collect()
    }

    #[test]
    fn every_receipt_of_a_block_is_shown_and_the_root_is_ethereums() {
        for count in [1, 2, 16, 17, 127, 128, 129, 300] {
            let proofs = block(count);
            let decoded: Vec<ReceiptEnvelope<Log>> = (0..count)
                .map(|number| receipt(number, number + 1 < count || count == 1))
                .map(|bytes| ReceiptEnvelope::decode_2718_exact(&bytes).unwrap())
                .collect();
            let root = alloy_consensus::proofs::calculate_receipt_root(&decoded);
            assert_eq!(proofs[0].header.receipts_root, root, "{count}");
            for proof in &proofs[..proofs.len().max(2) - 1] {
                let logs = proof.logs().unwrap();
                let topic = keccak256(proof.index.to_be_bytes());
                assert_eq!(logs[0].topics(), [topic], "{} of {count}", proof.index);
            }
        }
        let failed = block(9).pop().unwrap().logs().unwrap_err();
        assert_eq!(failed, "its transaction failed");
    }

    #[test]
    fn no_other_place_path_or_byte_shows_anything() {
        let proofs = block(130);
        for proof in [&proofs[0], &proofs[5], &proofs[128]] {
            for place in 0..proof.path.len() {
                for at in 0..proof.path[place].len() {
                    let mut bent = proof.clone();
                    let mut node = bent.path[place].to_vec();
                    node[at] ^= 1 << (at % 8);
                    bent.path[place] = node.into();
                    bent.logs().unwrap_err();
                }
                let mut short = proof.clone();
                short.path.remove(place);
                short.logs().unwrap_err();
                let mut long = proof.clone();
                long.path.insert(place, proof.path[place].clone());
                long.logs().unwrap_err();
            }
            for index in (0..130).chain([u64::MAX]) {
                let moved = ProvenReceipt {
                    index,
                    ..proof.clone()
                };
                assert_eq!(moved.logs().is_ok(), index == proof.index, "{index}");
            }
            let mut other = proof.clone();
            other.header.receipts_root = B256::repeat_byte(1);
            other.logs().unwrap_err();
            let bare = ProvenReceipt {
                path: Vec::new(),
                ..proof.clone()
            };
            bare.logs().unwrap_err();
        }
    }
}
