//! What a studio does with its contracts: works, anchors, editions, money.
//!
//! [`Ledgers`] asks, and needs no key; [`Operator`] acts with one. Every act takes a key of its own
//! for the outbox, and asks the chain first whether it has been done, so that it can be repeated
//! after any crash, even with a new ledger.

use alloy_primitives::{Address, B256, U256, Uint};
use alloy_sol_types::{SolCall, SolEvent};

use crate::client::{Client, ClientError};
use crate::deployment::Deployment;
use crate::outbox::{Outbox, Settled};

use self::logs::events;

pub use alloy_rpc_types_eth::TransactionReceipt as Receipt;

pub use self::act::Act;
pub use self::anchor::{Anchored, anchored_proof};
pub use self::authorization::Authorization;
pub use self::batch::{RunReceipt, leaf_of};
pub use self::collective::{Charter, Collective, Seat, SeatOffer};
pub use self::commission::{Commission, CommissionState, CommissionTerms};
pub use self::dial::Dial;
pub use self::edition::{
    Edition, MINT_MAX, Mint, MintedBatch, MintedRun, Output, Terms, prompt_of, token_of,
};
pub use self::error::OperationError;
pub use self::governance::{Governor, Settings};
pub use self::history::{Flow, Moved, Movement};
pub use self::holders::Holder;
pub use self::market::{Cost, Goods, Listing};
pub use self::motion::{Motion, dial_name};
pub use self::offering::{OfferTerms, Offering, OfferingState, allowed_leaf};
pub use self::proposal::{Proposal, ProposalState, Tally, Vote};
pub use self::revenue::{Coin, Revenue};
pub use self::treasury::{Allowance, Draw};
pub use self::work::{Derivatives, Kind, ParameterSpec, Registration};
pub use self::work::{Registered, Version, Work};

mod act;
mod anchor;
mod authorization;
mod batch;
mod collective;
mod commission;
mod dial;
mod edition;
mod error;
mod governance;
mod history;
mod holders;
mod logs;
mod market;
mod motion;
mod offering;
mod proposal;
mod revenue;
mod treasury;
mod work;

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
        self.carry_out(key, &Act::call(to, call)).await
    }

    fn event<E: SolEvent>(&self, receipt: &Receipt, address: Address) -> Result<E, OperationError> {
        self.reads.event(receipt, address)
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

    /// The chain's clock, in seconds since 1970.
    pub async fn now(&self) -> Result<u64, OperationError> {
        Ok(self.client.block_time(None).await?.unwrap_or_default())
    }

    async fn read<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, ClientError> {
        self.client.read(to, call).await
    }

    /// The event that a transaction of ours had to leave at `address`.
    fn event<E: SolEvent>(&self, receipt: &Receipt, address: Address) -> Result<E, OperationError> {
        let logs = receipt.logs().iter().map(|log| &log.inner);
        let mut events = events::<E>(logs, address);
        events.next().ok_or_else(|| OperationError::NoEvent {
            place: self.client.place().to_owned(),
            hash: receipt.transaction_hash,
            event: E::SIGNATURE,
        })
    }

    fn unknown(&self, what: String) -> OperationError {
        OperationError::Unknown {
            what,
            place: self.client.place().to_owned(),
        }
    }
}

/// A number of the chain that we count with.
fn small(number: U256) -> u64 {
    number.saturating_to()
}

/// A number as the contracts take it, in fewer bits; `what` is told with its article.
fn narrow<const BITS: usize, const LIMBS: usize>(
    number: U256,
    what: &str,
) -> Result<Uint<BITS, LIMBS>, OperationError> {
    Uint::checked_from_limbs_slice(number.as_limbs()).ok_or_else(|| {
        OperationError::Input(format!(
            "{number} is too large for {what}: it has to be less than 2^{BITS}"
        ))
    })
}

fn hash_of(settled: &Settled) -> B256 {
    settled.receipt.transaction_hash
}
