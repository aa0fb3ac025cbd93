//! Transactions that are sent once, whatever happens.
//!
//! A transaction is signed, written down, sent, looked for and marked, in this order:
//!
//! ```text
//! estimate ─► sign ─► ledger: signed ─► send ─► in a block? ─► ledger: mined
//! ```
//!
//! Each operation has a key. Whoever wants the same again, after a crash between any two of these
//! steps or after an answer that was lost, finds the signed bytes: they are looked up by their hash,
//! and the same bytes are sent again if the chain does not know them. Nothing is ever signed with a
//! new number while the old transaction may still happen.

use std::sync::Arc;
use std::time::Duration;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_network::TxSigner;
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256};
use alloy_provider::Provider;
use alloy_rpc_types_eth::{TransactionReceipt, TransactionRequest};
use serde_json::json;
use tokio::sync::Mutex;

use crate::client::{Client, ClientError};

pub use self::error::{Depth, OutboxError};
pub use self::file::FileLedger;
pub use self::ledger::{Entry, Ledger, LedgerError, Reply, Stage};

mod error;
mod file;
mod ledger;
mod settle;
#[cfg(test)]
mod tests;

/// Gas that is allowed beyond the estimate, in percent: state may change meanwhile.
const GAS_MARGIN_PERCENT: u64 = 20;

/// Gas that a transaction may use (EIP-7825).
const GAS_MAX: u64 = 1 << 24;

/// How often a transaction is signed anew because another one took its number.
const ATTEMPTS_MAX: usize = 5;

/// How a sender waits.
#[derive(Debug, Clone)]
pub struct Patience {
    /// How long to wait for a transaction to be in a block.
    pub wait: Duration,
    /// How long between two looks.
    pub poll: Duration,
    /// Blocks that have to stand on a transaction, its own counted.
    pub confirmations: u64,
    /// Most that a unit of gas may cost, in wei; whatever it takes if absent.
    pub fee_max: Option<u128>,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(180),
            poll: Duration::from_secs(2),
            confirmations: 1,
            fee_max: None,
        }
    }
}

/// What is to be done on the chain.
#[derive(Debug, Clone)]
pub struct Intended {
    /// What it is for, such as `anchor:BATCH`; the same for the same.
    pub key: String,
    /// The contract; none to make one.
    pub to: Option<Address>,
    /// Call, or code of the new contract.
    pub input: Bytes,
    /// Wei that go along.
    pub value: U256,
}

/// A transaction in a block.
#[derive(Debug, Clone)]
pub struct Settled {
    /// What came of it.
    pub receipt: TransactionReceipt,
    /// Whether it was sent now, or had been before.
    pub is_new: bool,
}

/// Sends the transactions of one key. Clones share the key's numbers.
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

pub(super) struct Inner {
    client: Client,
    ledger: Arc<dyn Ledger>,
    signer: Box<dyn TxSigner<Signature> + Send + Sync>,
    patience: Patience,
    /// Whoever holds it is the only one to sign.
    turn: Mutex<Turn>,
}

#[derive(Debug, Default)]
struct Turn {
    /// Whether what a former process left has been looked after.
    is_resumed: bool,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Outbox").field(&self.account()).finish()
    }
}

impl Outbox {
    /// An outbox for the key of `signer`. There must be one outbox for a key and a chain at a time.
    pub fn new(
        client: Client,
        ledger: Arc<dyn Ledger>,
        signer: impl TxSigner<Signature> + Send + Sync + 'static,
        patience: Patience,
    ) -> Self {
        Self(Arc::new(Inner {
            client,
            ledger,
            signer: Box::new(signer),
            patience,
            turn: Mutex::default(),
        }))
    }

    /// Whose key it is.
    #[must_use]
    pub fn account(&self) -> Address {
        self.0.signer.address()
    }

    /// The chain.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Settles what a former process has left: sends again what was signed and perhaps not sent, and
    /// marks what is in blocks. [`Outbox::carry_out`] does it by itself before anything new.
    pub async fn resume(&self) -> Result<(), OutboxError> {
        let mut turn = self.0.turn.lock().await;
        self.0.resume(&mut turn).await
    }

    /// Has the chain do what is intended, unless it has been done. Returns once it is in a block and
    /// the ledger says so.
    pub async fn carry_out(&self, intended: &Intended) -> Result<Settled, OutboxError> {
        let inner = &self.0;
        let key = format!("{}/{}", inner.client.chain_id(), intended.key);
        let mut turn = inner.turn.lock().await;
        inner.resume(&mut turn).await?;
        let (entry, is_new) = inner.get_going(&key, intended).await?;
        drop(turn);
        let receipt = inner.await_block(&entry).await?;
        if !receipt.status() {
            return Err(inner.failed(&entry, &receipt, intended).await.into());
        }
        Ok(Settled { receipt, is_new })
    }
}

/// Whether what is written down has come to nothing.
fn may_be_signed_anew(entry: &Entry) -> bool {
    matches!(
        entry.stage,
        Stage::Superseded | Stage::Mined { success: false, .. }
    )
}

impl Inner {
    /// The transaction for `key`, which the chain knows; and whether it has just been signed.
    async fn get_going(
        &self,
        key: &str,
        intended: &Intended,
    ) -> Result<(Entry, bool), OutboxError> {
        let mut is_new = false;
        for _ in 0..ATTEMPTS_MAX {
            let entry = match self.ledger.get(key).await? {
                Some(entry) if !may_be_signed_anew(&entry) => entry,
                _ => {
                    is_new = true;
                    self.sign(key.to_owned(), intended).await?
                }
            };
            if entry.stage != Stage::Signed {
                return Ok((entry, is_new));
            }
            let stage = self.hand_over(&entry).await?;
            let entry = Entry { stage, ..entry };
            // One that has just failed on the chain is told about; one that failed before is not.
            if stage != Stage::Superseded && (is_new || !may_be_signed_anew(&entry)) {
                return Ok((entry, is_new));
            }
        }
        Err(OutboxError::Overtaken {
            account: self.signer.address(),
            attempts: ATTEMPTS_MAX,
        })
    }

    /// Signs, and writes it down.
    async fn sign(&self, key: String, intended: &Intended) -> Result<Entry, OutboxError> {
        let from = self.signer.address();
        let client = &self.client;
        client.check_chain().await?;
        let call = TransactionRequest {
            from: Some(from),
            to: Some(intended.to.map_or(TxKind::Create, TxKind::Call)),
            value: Some(intended.value),
            input: intended.input.clone().into(),
            ..TransactionRequest::default()
        };
        let gas = client
            .estimate_gas(call)
            .await
            .map_err(|error| self.funds(error))?;
        let (max_fee_per_gas, max_priority_fee_per_gas) = self.fees().await?;
        let gas_limit = (gas + gas * GAS_MARGIN_PERCENT / 100).min(GAS_MAX).max(gas);
        let fee = U256::from(gas_limit) * U256::from(max_fee_per_gas);
        self.require(from, intended.value.saturating_add(fee))
            .await?;
        let mut transaction = TxEip1559 {
            chain_id: client.chain_id(),
            nonce: client.next_nonce(from).await?,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to: intended.to.map_or(TxKind::Create, TxKind::Call),
            value: intended.value,
            access_list: Default::default(),
            input: intended.input.clone(),
        };
        let signature = self
            .signer
            .sign_transaction(&mut transaction)
            .await
            .map_err(|error| OutboxError::Signing {
                account: from,
                message: error.to_string(),
            })?;
        let nonce = transaction.nonce;
        let envelope = TxEnvelope::Eip1559(transaction.into_signed(signature));
        let entry = Entry {
            key,
            chain_id: client.chain_id(),
            from,
            nonce,
            hash: *envelope.tx_hash(),
            raw: envelope.encoded_2718().into(),
            stage: Stage::Signed,
        };
        self.ledger.put(entry.clone()).await?;
        Ok(entry)
    }

    /// Highest fee and tip, in wei of a unit of gas.
    async fn fees(&self) -> Result<(u128, u128), OutboxError> {
        if self.client.is_embedded() {
            return Ok((0, 0));
        }
        let fees = self.client.provider().estimate_eip1559_fees().await;
        let fees = fees.map_err(|error| self.client.error("eth_feeHistory", error))?;
        let (fee, tip) = (fees.max_fee_per_gas, fees.max_priority_fee_per_gas);
        // A wei is the least that is estimated, also where gas is free.
        if fee <= 1 {
            let price: U256 = self.client.request("eth_gasPrice", json!([])).await?;
            if price.is_zero() {
                return Ok((0, 0));
            }
        }
        let Some(most) = self.patience.fee_max else {
            return Ok((fee, tip));
        };
        // Twice the base fee is offered by custom, of which half is given back: the base fee has to fit.
        let needed = fee.saturating_sub(tip) / 2 + tip;
        match needed <= most {
            true => Ok((fee.min(most), tip)),
            false => Err(OutboxError::Fee { needed, most }),
        }
    }

    /// Makes sure that the sender can pay, before anything is written down: what is written down will be
    /// sent, perhaps when nobody wants it any more.
    async fn require(&self, from: Address, needed: U256) -> Result<(), ClientError> {
        let balance = self.client.balance(from).await?;
        if balance >= needed {
            return Ok(());
        }
        let coins = alloy_primitives::utils::format_ether;
        Err(ClientError::Funds {
            account: from,
            message: format!(
                "it has {}, and up to {} may be needed; nothing was signed",
                coins(balance),
                coins(needed)
            ),
        })
    }

    /// A refusal for want of funds as such.
    fn funds(&self, error: ClientError) -> ClientError {
        match error {
            ClientError::Refused { message, .. }
                if says(&message, &["insufficient funds", "insufficient balance"]) =>
            {
                ClientError::Funds {
                    account: self.signer.address(),
                    message,
                }
            }
            error => error,
        }
    }

    /// Why a transaction failed on the chain: what the same call says now.
    async fn failed(
        &self,
        entry: &Entry,
        receipt: &TransactionReceipt,
        intended: &Intended,
    ) -> ClientError {
        let call = TransactionRequest {
            from: Some(entry.from),
            to: Some(intended.to.map_or(TxKind::Create, TxKind::Call)),
            value: Some(intended.value),
            input: intended.input.clone().into(),
            ..TransactionRequest::default()
        };
        let reason = match self.client.estimate_gas(call).await {
            Err(ClientError::Reverted { reason, .. }) => reason,
            _ => format!("it used {} gas", receipt.gas_used),
        };
        ClientError::Failed {
            hash: entry.hash,
            reason,
        }
    }
}

/// Whether a node's message contains one of these.
fn says(message: &str, words: &[&str]) -> bool {
    let message = message.to_lowercase();
    words.iter().any(|word| message.contains(word))
}
