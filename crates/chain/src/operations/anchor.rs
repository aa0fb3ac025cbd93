//! Anchors: one root for the runs of a release.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::{SolEvent, SolValue};
use daedal_core::merkle::Tree;

use super::{Act, Ledgers, OperationError, Operator, RunReceipt, events, hash_of, leaf_of, small};
use crate::contracts::ReceiptAnchor as contract;

/// Text beside an anchor, in bytes.
const URI_MAX: usize = 512;

/// A batch that is anchored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchored {
    /// Root of the batch.
    pub root: B256,
    /// Runs in it.
    pub count: u64,
    /// Who anchored it.
    pub by: Address,
    /// When, in seconds since 1970.
    pub at: u64,
    /// The transaction, if it was found or sent by this outbox.
    pub transaction: Option<B256>,
    /// Its block.
    pub block: Option<u64>,
    /// For each run, the nodes beside its way to the root.
    pub paths: Vec<Vec<B256>>,
}

impl Operator {
    /// Anchors a batch of runs by their common root, unless this account has.
    pub async fn anchor(
        &self,
        key: &str,
        receipts: &[RunReceipt],
        uri: &str,
    ) -> Result<Anchored, OperationError> {
        if receipts.is_empty() || uri.len() > URI_MAX {
            return Err(OperationError::Input(format!(
                "a batch of {} runs with a text of {} bytes can't be anchored: it takes a run at \
                 least, and a text of {URI_MAX} bytes at most",
                receipts.len(),
                uri.len()
            )));
        }
        let leaves: Vec<B256> = receipts
            .iter()
            .map(|receipt| self.reads.leaf(receipt))
            .collect();
        let tree = Tree::over(&leaves);
        let (root, by) = (tree.root(), self.account());
        let count = tree.count();
        let paths = (0..count).filter_map(|index| tree.path(index)).collect();
        let mut anchored = Anchored {
            root,
            count,
            by,
            at: 0,
            transaction: None,
            block: None,
            paths,
        };
        if let Some((at, _)) = self.reads.anchored(by, root).await? {
            anchored.at = at;
            return Ok(anchored);
        }
        let at = self.reads.at.anchor;
        let act = self.reads.anchoring(root, count, uri);
        let settled = self.carry_out(key, &act).await?;
        let _: contract::Anchored = self.event(&settled.receipt, at)?;
        anchored.transaction = Some(hash_of(&settled));
        anchored.block = settled.receipt.block_number;
        anchored.at = self.reads.anchored(by, root).await?.map_or(0, |(at, _)| at);
        Ok(anchored)
    }
}

impl Ledgers {
    /// The leaf of a run on this chain.
    #[must_use]
    pub fn leaf(&self, receipt: &RunReceipt) -> B256 {
        leaf_of(self.client.chain_id(), self.at.anchor, receipt)
    }

    /// Anchors a batch of `count` runs by its root, as the caller.
    #[must_use]
    pub fn anchoring(&self, root: B256, count: u64, uri: &str) -> Act {
        let call = contract::anchorCall {
            root,
            count: U256::from(count),
            uri: uri.to_owned(),
        };
        Act::call(self.at.anchor, &call)
    }

    /// When `by` anchored `root`, in seconds since 1970, and how many runs it covers.
    pub async fn anchored(
        &self,
        by: Address,
        root: B256,
    ) -> Result<Option<(u64, u64)>, OperationError> {
        let call = contract::anchorOfCall { by, root };
        let found = self.read(self.at.anchor, &call).await?;
        let (at, count) = (small(found.anchoredAt), small(found.count));
        Ok((at != 0).then_some((at, count)))
    }

    /// Roots that `by` anchored and how many runs each covers, in order.
    pub async fn anchors_of(&self, by: Address) -> Result<Vec<(B256, u64)>, OperationError> {
        let filter = Filter::new()
            .address(self.at.anchor)
            .event_signature(contract::Anchored::SIGNATURE_HASH)
            .topic1(by.into_word());
        let logs = self.all_logs(filter).await?;
        let logs = logs.iter().map(|log| &log.inner);
        let anchored = events::<contract::Anchored>(logs, self.at.anchor);
        Ok(anchored
            .map(|event| (event.root, small(event.count)))
            .collect())
    }

    /// Whether `by` anchored a batch with this run in it. The chain computes the leaf itself.
    pub async fn verify_anchor(
        &self,
        by: Address,
        receipt: &RunReceipt,
        path: &[B256],
    ) -> Result<bool, OperationError> {
        let call = contract::verifyCall {
            by,
            receipt: receipt.clone(),
            path: path.to_vec(),
        };
        Ok(self.read(self.at.anchor, &call).await?)
    }
}

/// The proof that `Editions.verify` and `addAigcData` take: that an output belongs to a run in an
/// anchored batch.
#[must_use]
pub fn anchored_proof(
    by: Address,
    receipt: &RunReceipt,
    path: &[B256],
    outputs: u64,
    output_path: &[B256],
) -> Bytes {
    const ANCHORED: u8 = 1;
    let parts = (
        by,
        receipt.clone(),
        path.to_vec(),
        U256::from(outputs),
        output_path.to_vec(),
    );
    [&[ANCHORED][..], &parts.abi_encode_params()]
        .concat()
        .into()
}
