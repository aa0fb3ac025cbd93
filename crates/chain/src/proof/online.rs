//! What needs a node: making a proof, and confirming one.

use alloy_eips::Encodable2718;
use alloy_primitives::{B256, Bytes, U256};
use alloy_rpc_types_eth::{Block, Filter, Transaction};
use alloy_sol_types::SolEvent;
use daedal_core::digest::Digest;
use thiserror::Error;

use super::{AnchorBlock, AnchorProof, AnchorTransaction, FORM, ProvenReceipt};
use crate::client::{Client, ClientError};
use crate::contracts::{ProcessRegistry, ReceiptAnchor as contract};
use crate::operations::{Anchored, Ledgers, OperationError, RunReceipt};

/// What a node says of an anchor, which is the same as the proof says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// Who was asked, without what may be a key.
    pub place: String,
    /// The bundle that the registry has for the run's work and version.
    pub bundle: Digest,
}

/// Why an anchor isn't confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfirmFault {
    /// The node tells nothing that can be relied on: it is away, hangs, lies or is of another chain.
    #[error("{0}")]
    Unsaid(String),
    /// The chain says otherwise, by the word of the node.
    #[error("{0}")]
    Denied(String),
}

impl From<ClientError> for ConfirmFault {
    /// Without the advice of [`ClientError`], which is for those who send.
    fn from(error: ClientError) -> Self {
        Self::Unsaid(match error {
            ClientError::Unreachable { place, message, .. } => {
                format!("{place} does not answer ({message})")
            }
            ClientError::Timeout { place, seconds, .. } => {
                format!("{place} has not answered within {seconds} s")
            }
            ClientError::WrongChain {
                place,
                expected,
                found,
            } => wrong_chain(&place, expected, found),
            ClientError::Lie { place, what, .. } => {
                format!("{place} gave an answer that can't be right: {what}")
            }
            error => error.to_string(),
        })
    }
}

fn wrong_chain(place: &str, expected: u64, found: u64) -> String {
    format!(
        "{place} is chain {found}, and the anchor is on chain {expected}: ask a node of that one"
    )
}

impl AnchorProof {
    /// The proof of the run at `index` of an anchored batch. Where the transaction isn't known any more, the chain
    /// is searched for it.
    pub async fn of(
        reads: &Ledgers,
        anchored: &Anchored,
        receipt: &RunReceipt,
        index: usize,
    ) -> Result<Self, OperationError> {
        let client = reads.client();
        let path = anchored.paths.get(index).cloned().ok_or_else(|| {
            let count = anchored.paths.len();
            OperationError::Input(format!("a batch of {count} runs has no run {index}"))
        })?;
        let hash = match anchored.transaction {
            Some(hash) => hash,
            None => found(reads, anchored).await?,
        };
        let unknown = |what: String| OperationError::Unknown {
            what,
            place: client.place().to_owned(),
        };
        let settled = client
            .receipt(hash)
            .await?
            .ok_or_else(|| unknown(format!("transaction {hash}")))?;
        let number = settled.block_number.unwrap_or_default();
        let block = block(client, number)
            .await?
            .ok_or_else(|| unknown(format!("block {number}")))?;
        let proven = ProvenReceipt::of_block(client, number, &[hash]).await;
        let left = match proven {
            Ok(proven) => proven.into_iter().next(),
            // A node that is away may give it the next time; one of another kind of chain never will.
            Err(error @ (ClientError::Unreachable { .. } | ClientError::Timeout { .. })) => {
                return Err(error.into());
            }
            Err(_) => None,
        };
        let proof = Self {
            daedal: FORM.to_owned(),
            chain: client.chain_id(),
            registry: reads.deployment().registry,
            contract: reads.deployment().anchor,
            by: anchored.by,
            root: anchored.root,
            count: anchored.count,
            run: receipt.into(),
            path,
            transaction: AnchorTransaction {
                hash,
                raw: raw(client, hash).await?,
            },
            block: AnchorBlock {
                number,
                hash: block.header.hash,
                timestamp: block.header.inner.timestamp,
                receipt: left,
            },
        };
        proof.check().map_err(|fault| {
            OperationError::Input(format!(
                "the anchor of run {index} of the batch at {} can't be shown: {fault}",
                client.place()
            ))
        })?;
        Ok(proof)
    }

    /// Asks a node whether the chain has what the proof says. Say that it stands only after [`Self::check`].
    pub async fn confirm(&self, client: &Client) -> Result<Confirmed, ConfirmFault> {
        client.check_chain().await?;
        let place = client.place();
        if client.chain_id() != self.chain {
            let told = wrong_chain(place, self.chain, client.chain_id());
            return Err(ConfirmFault::Unsaid(told));
        }
        let denied = |what: String| Err(ConfirmFault::Denied(format!("{place} says that {what}")));
        let code = client.code(self.contract).await?;
        if code != *contract::DEPLOYED_BYTECODE {
            let contract = self.contract;
            return denied(format!("there is no ReceiptAnchor of Daedal at {contract}"));
        }
        let call = contract::anchorOfCall {
            by: self.by,
            root: self.root,
        };
        let anchored = client.read(self.contract, &call).await?;
        let (by, root) = (self.by, self.root);
        if anchored.anchoredAt == U256::ZERO {
            return denied(format!("{by} has not anchored the root {root}"));
        }
        let told = (U256::from(self.block.timestamp), U256::from(self.count));
        if (anchored.anchoredAt, anchored.count) != told {
            let (at, count) = (anchored.anchoredAt, anchored.count);
            return denied(format!(
                "the root {root} was anchored for {count} runs at {at}, not for {} at {}",
                told.1, told.0
            ));
        }
        let hash = self.transaction.hash;
        let Some(receipt) = client.receipt(hash).await? else {
            return denied(format!("there is no transaction {hash}"));
        };
        if !receipt.status() || !self.is_among(receipt.logs().iter().map(|log| &log.inner)) {
            return denied(format!("transaction {hash} did not anchor the root {root}"));
        }
        let number = self.block.number;
        let place_of = (receipt.block_number, receipt.block_hash);
        let Some(block) = block(client, number).await? else {
            return denied(format!("there is no block {number}"));
        };
        if place_of != (Some(number), Some(self.block.hash)) || block.header.hash != self.block.hash
        {
            return denied(format!(
                "transaction {hash} is in another block than {number} with the hash {}",
                self.block.hash
            ));
        }
        if block.header.inner.timestamp != self.block.timestamp {
            let at = block.header.inner.timestamp;
            return denied(format!("block {number} is of {at}"));
        }
        let bundle = self.bundle(client).await?;
        let place = place.to_owned();
        Ok(Confirmed { place, bundle })
    }

    /// The bundle of the run's version, by the registry.
    async fn bundle(&self, client: &Client) -> Result<Digest, ConfirmFault> {
        let (registry, place) = (self.registry, client.place());
        let (work, version) = (self.run.work, self.run.version);
        let no_version = || {
            ConfirmFault::Denied(format!(
                "{place} says that the registry {registry} has no version {version} of work {work}"
            ))
        };
        if client.code(registry).await?.is_empty() {
            return Err(no_version());
        }
        let call = ProcessRegistry::bundleOfCall { work, version };
        match client.read(registry, &call).await {
            Ok(B256::ZERO) | Err(ClientError::Reverted { .. }) => Err(no_version()),
            Ok(bundle) => Ok(Digest(bundle.0)),
            Err(error) => Err(error.into()),
        }
    }
}

pub(super) async fn block(
    client: &Client,
    number: u64,
) -> Result<Option<Block<B256>>, ClientError> {
    let tag = format!("{number:#x}");
    client.request("eth_getBlockByNumber", (tag, false)).await
}

async fn raw(client: &Client, hash: B256) -> Result<Bytes, ClientError> {
    let method = "eth_getTransactionByHash";
    let found: Option<Transaction> = client.request(method, (hash,)).await?;
    match found {
        Some(found) => Ok(found.inner.encoded_2718().into()),
        None => Err(client.lie(
            method,
            format!("it has the receipt of {hash}, and not itself"),
        )),
    }
}

/// The transaction that left a batch's event. Its block is found by its time, since many nodes search few
/// blocks at once.
async fn found(reads: &Ledgers, anchored: &Anchored) -> Result<B256, OperationError> {
    let client = reads.client();
    let newest = client.block_number().await?;
    let first = first_at(client, anchored.at, newest).await?;
    let after = first_at(client, anchored.at.saturating_add(1), newest).await?;
    let filter = Filter::new()
        .address(reads.deployment().anchor)
        .event_signature(contract::Anchored::SIGNATURE_HASH)
        .topic1(anchored.by.into_word())
        .topic2(anchored.root)
        .from_block(first)
        .to_block(after.saturating_sub(1).max(first));
    let logs = client.logs(&filter).await?;
    let mut found = logs.iter().filter_map(|log| log.transaction_hash);
    found.next().ok_or_else(|| OperationError::Unknown {
        what: format!("transaction that anchored the root {}", anchored.root),
        place: client.place().to_owned(),
    })
}

/// The first block that is of `time` or later; the one after the newest if none is.
async fn first_at(client: &Client, time: u64, newest: u64) -> Result<u64, ClientError> {
    let (mut low, mut high) = (0, newest + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found = client.block_time(Some(middle)).await?.ok_or_else(|| {
            let what = format!("there is no block {middle}, and the newest is {newest}");
            client.lie("eth_getBlockByNumber", what)
        })?;
        if found < time {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
