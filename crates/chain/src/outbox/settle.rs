//! Finding out what became of a signed transaction, and getting it into a block.

use std::time::Instant;

use alloy_primitives::B256;
use alloy_rpc_types_eth::TransactionReceipt;

use super::{Depth, Entry, Inner, OutboxError, Stage, Turn, says};
use crate::client::ClientError;

/// Looks for a receipt before a transaction counts as overtaken.
const LOOKS: usize = 3;

impl Inner {
    /// Looks after what a former process has left, in the order of its numbers: a later one can't
    /// happen before an earlier one.
    pub(super) async fn resume(&self, turn: &mut Turn) -> Result<(), OutboxError> {
        if turn.is_resumed {
            return Ok(());
        }
        let mut left = self.ledger.unsettled().await?;
        let account = self.signer.address();
        let chain_id = self.client.chain_id();
        left.retain(|entry| entry.from == account && entry.chain_id == chain_id);
        left.sort_by_key(|entry| entry.nonce);
        for entry in left {
            match self.hand_over(&entry).await {
                // What the chain refuses now does not bar others: the next transaction takes its
                // number, so that it can never happen beside a new one of its key.
                Ok(_)
                | Err(
                    OutboxError::Underpriced { .. }
                    | OutboxError::Client(
                        ClientError::Refused { .. }
                        | ClientError::Funds { .. }
                        | ClientError::Reverted { .. },
                    ),
                ) => {}
                Err(error) => return Err(error),
            }
        }
        turn.is_resumed = true;
        Ok(())
    }

    /// Makes sure that the chain knows the transaction, without signing anything.
    pub(super) async fn hand_over(&self, entry: &Entry) -> Result<Stage, OutboxError> {
        if let Some(receipt) = self.client.receipt(entry.hash).await? {
            return self.mark(entry, &receipt).await;
        }
        if self.client.knows(entry.hash).await? {
            return Ok(Stage::Signed);
        }
        let error = match self.send(entry).await {
            Ok(()) => return Ok(Stage::Signed),
            Err(error) => error,
        };
        // Whatever the answer was, it is the chain that says what has happened.
        if self.client.knows(entry.hash).await? {
            return Ok(Stage::Signed);
        }
        let ClientError::Refused { message, .. } = &error else {
            return Err(error.into());
        };
        if says(
            message,
            &["already known", "already imported", "known transaction"],
        ) {
            return Ok(Stage::Signed);
        }
        if says(
            message,
            &[
                "underpriced",
                "max fee per gas less than block base fee",
                "fee cap less than",
            ],
        ) {
            return Err(OutboxError::Underpriced {
                key: entry.key.clone(),
                hash: entry.hash,
                nonce: entry.nonce,
                message: message.clone(),
            });
        }
        if self.client.mined_nonce(entry.from).await? > entry.nonce {
            return self.supersede(entry).await;
        }
        Err(self.funds(error).into())
    }

    async fn send(&self, entry: &Entry) -> Result<(), ClientError> {
        self.client.check_chain().await?;
        let method = "eth_sendRawTransaction";
        let hash: B256 = self.client.request(method, (entry.raw.clone(),)).await?;
        if hash == entry.hash {
            return Ok(());
        }
        let what = format!("it calls transaction {} by the name {hash}", entry.hash);
        Err(self.client.lie(method, what))
    }

    /// Another transaction has taken the number. It is only believed if the chain goes on not knowing
    /// ours: behind one address there may be nodes of which one knows the number and another does not
    /// know the receipt yet.
    async fn supersede(&self, entry: &Entry) -> Result<Stage, OutboxError> {
        for _ in 0..LOOKS {
            tokio::time::sleep(self.patience.poll).await;
            if let Some(receipt) = self.client.receipt(entry.hash).await? {
                return self.mark(entry, &receipt).await;
            }
        }
        self.put(entry, Stage::Superseded).await
    }

    /// Notes that a transaction is in a block, once that is so deep that the chain won't take it back.
    async fn mark(
        &self,
        entry: &Entry,
        receipt: &TransactionReceipt,
    ) -> Result<Stage, OutboxError> {
        if !self.depth(receipt).await?.is_enough() {
            return Ok(Stage::Signed);
        }
        let block = receipt.block_number.unwrap_or_default();
        let success = receipt.status();
        self.put(entry, Stage::Mined { block, success }).await
    }

    async fn put(&self, entry: &Entry, stage: Stage) -> Result<Stage, OutboxError> {
        let entry = Entry {
            stage,
            ..entry.clone()
        };
        self.ledger.put(entry).await?;
        Ok(stage)
    }

    /// Waits until the transaction is deep enough, and marks it.
    pub(super) async fn await_block(
        &self,
        entry: &Entry,
    ) -> Result<TransactionReceipt, OutboxError> {
        let begun = Instant::now();
        loop {
            let receipt = self.client.receipt(entry.hash).await?;
            let depth = match &receipt {
                Some(receipt) => Some(self.depth(receipt).await?),
                None => None,
            };
            if let Some(receipt) = receipt
                && depth.is_some_and(Depth::is_enough)
            {
                if receipt.from != entry.from {
                    let what = format!("it says that {} signed {}", receipt.from, entry.hash);
                    return Err(self.client.lie("eth_getTransactionReceipt", what).into());
                }
                if entry.stage == Stage::Signed {
                    self.mark(entry, &receipt).await?;
                }
                return Ok(receipt);
            }
            if let Stage::Mined { block, .. } = entry.stage {
                return Err(OutboxError::Vanished {
                    key: entry.key.clone(),
                    hash: entry.hash,
                    block,
                    place: self.client.place().to_owned(),
                });
            }
            if begun.elapsed() >= self.patience.wait {
                return Err(OutboxError::Waiting {
                    key: entry.key.clone(),
                    hash: entry.hash,
                    seconds: self.patience.wait.as_secs(),
                    depth,
                });
            }
            tokio::time::sleep(self.patience.poll).await;
        }
    }

    async fn depth(&self, receipt: &TransactionReceipt) -> Result<Depth, ClientError> {
        let needed = self.patience.confirmations.max(1);
        let newest = match needed {
            1 => receipt.block_number,
            _ => Some(self.client.block_number().await?),
        };
        let newest = newest.unwrap_or_default();
        let block = receipt.block_number.unwrap_or(newest);
        Ok(Depth {
            block,
            // A node that is behind the one that gave the receipt knows of its block at least.
            confirmations: (newest + 1).saturating_sub(block).max(1),
            needed,
        })
    }
}
