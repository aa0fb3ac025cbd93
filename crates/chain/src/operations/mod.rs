//! What a studio does with its contracts: works, anchors, editions.
//!
//! [`Ledgers`] asks, and needs no key; [`Operator`] acts with one. Every act takes a key of its own
//! for the outbox, and asks the chain first whether it has been done, so that it can be repeated
//! after any crash, even with a new ledger.

use alloy_primitives::{Address, B256, Log, U256};
use alloy_rpc_types_eth::{Filter, TransactionReceipt};
use alloy_sol_types::{SolCall, SolEvent};

use crate::client::{Client, ClientError};
use crate::deployment::Deployment;
use crate::outbox::{Intended, Outbox, Settled};

pub use self::anchor::{Anchored, anchored_proof};
pub use self::batch::{RunReceipt, leaf_of};
pub use self::edition::{Edition, MintedBatch, MintedRun, Output, Terms, prompt_of, token_of};
pub use self::error::OperationError;
pub use self::transfer::Holder;
pub use self::work::{Derivatives, Kind, ParameterSpec, Registration};
pub use self::work::{Registered, Version, Work};

mod anchor;
mod batch;
mod edition;
mod error;
mod transfer;
mod work;

/// Blocks that are asked for logs at once on chains that others run, to begin with.
const LOG_BLOCKS: u64 = 10_000;

/// Pieces that a search for logs is cut into at most.
const LOG_QUERIES_MAX: usize = 10_000;

/// Reads the contracts of one chain.
#[derive(Debug, Clone)]
pub struct Ledgers {
    client: Client,
    at: Deployment,
}

/// Acts on the contracts of one chain with the key of an outbox.
#[derive(Debug, Clone)]
pub struct Operator {
    outbox: Outbox,
    reads: Ledgers,
}

impl Operator {
    /// Acts with the key of `outbox` on the contracts of `at`.
    #[must_use]
    pub fn new(outbox: Outbox, at: Deployment) -> Self {
        let reads = Ledgers::new(outbox.client().clone(), at);
        Self { outbox, reads }
    }

    /// What can be asked.
    #[must_use]
    pub fn reads(&self) -> &Ledgers {
        &self.reads
    }

    /// Whose key acts.
    #[must_use]
    pub fn account(&self) -> Address {
        self.outbox.account()
    }

    async fn act<C: SolCall>(
        &self,
        key: &str,
        to: Address,
        call: &C,
    ) -> Result<Settled, OperationError> {
        let intended = Intended {
            key: key.to_owned(),
            to: Some(to),
            input: call.abi_encode().into(),
            value: U256::ZERO,
        };
        Ok(self.outbox.carry_out(&intended).await?)
    }

    /// The event that a transaction of ours had to leave at `address`.
    fn event<E: SolEvent>(
        &self,
        receipt: &TransactionReceipt,
        address: Address,
    ) -> Result<E, OperationError> {
        let logs = receipt.logs().iter().map(|log| &log.inner);
        let mut events = events::<E>(logs, address);
        events.next().ok_or_else(|| OperationError::NoEvent {
            place: self.reads.client.place().to_owned(),
            hash: receipt.transaction_hash,
            event: E::SIGNATURE,
        })
    }
}

impl Ledgers {
    /// Reads the contracts of `at`.
    #[must_use]
    pub fn new(client: Client, at: Deployment) -> Self {
        Self { client, at }
    }

    /// The chain.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Where the contracts are.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.at
    }

    async fn read<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, ClientError> {
        self.client.read(to, call).await
    }

    /// Logs of a contract from the first block on, in order. Where a node refuses long ranges, it is
    /// asked for shorter ones.
    async fn all_logs(&self, filter: Filter) -> Result<Vec<Log>, OperationError> {
        let newest = self.client.block_number().await?;
        let whole = newest + 1;
        let mut step = if self.client.is_embedded() {
            whole
        } else {
            LOG_BLOCKS.min(whole)
        };
        let mut from = 0;
        let mut logs = Vec::new();
        for _ in 0..LOG_QUERIES_MAX {
            if from > newest {
                return Ok(logs);
            }
            let to = (from + step - 1).min(newest);
            let part = filter.clone().from_block(from).to_block(to);
            match self.client.logs(&part).await {
                Ok(found) => {
                    logs.extend(found.into_iter().map(|log| log.inner));
                    from = to + 1;
                }
                Err(ClientError::Refused { .. }) if step > 1 => step /= 2,
                Err(error) => return Err(error.into()),
            }
        }
        Err(OperationError::Input(format!(
            "{} gives logs of {step} blocks at a time, which is too few to search {newest} blocks; \
             use another node",
            self.client.place()
        )))
    }

    fn unknown(&self, what: String) -> OperationError {
        OperationError::Unknown {
            what,
            place: self.client.place().to_owned(),
        }
    }
}

/// Events of one kind at one address.
fn events<'a, E: SolEvent>(
    logs: impl Iterator<Item = &'a Log>,
    address: Address,
) -> impl Iterator<Item = E> {
    logs.filter(move |log| log.address == address)
        .filter_map(|log| E::decode_log_data(&log.data).ok())
}

/// A number of the chain that we count with.
fn small(number: U256) -> u64 {
    number.saturating_to()
}

fn hash_of(settled: &Settled) -> B256 {
    settled.receipt.transaction_hash
}
