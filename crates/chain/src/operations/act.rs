//! Something to be done on a chain: looked at first, then done once.

use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::SolCall;

use super::{Ledgers, OperationError, Operator};
use crate::outbox::{Intended, Settled};

/// A call or a payment that has not been made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Whom it goes to.
    pub to: Address,
    /// The call; nothing for a plain payment.
    pub input: Bytes,
    /// Wei that go along.
    pub value: U256,
}

impl Act {
    /// A call of a contract.
    #[must_use]
    pub fn call<C: SolCall>(to: Address, call: &C) -> Self {
        Self {
            to,
            input: call.abi_encode().into(),
            value: U256::ZERO,
        }
    }

    /// A payment in the chain's own coin.
    #[must_use]
    pub fn payment(to: Address, wei: U256) -> Self {
        Self {
            to,
            input: Bytes::new(),
            value: wei,
        }
    }

    /// The same with wei that go along.
    #[must_use]
    pub fn with_value(self, wei: U256) -> Self {
        Self { value: wei, ..self }
    }

    fn request(&self, from: Address) -> TransactionRequest {
        TransactionRequest {
            from: Some(from),
            to: Some(TxKind::Call(self.to)),
            value: Some(self.value),
            input: self.input.clone().into(),
            ..TransactionRequest::default()
        }
    }
}

impl Operator {
    /// Does it, unless it has been done under this key.
    pub async fn carry_out(&self, key: &str, act: &Act) -> Result<Settled, OperationError> {
        let intended = Intended {
            key: key.to_owned(),
            to: Some(act.to),
            input: act.input.clone(),
            value: act.value,
        };
        Ok(self.outbox.carry_out(&intended).await?)
    }
}

impl Ledgers {
    /// Gas that it would take from this account now, or why the contract would refuse.
    pub async fn gas_of(&self, from: Address, act: &Act) -> Result<u64, OperationError> {
        Ok(self.client.estimate_gas(act.request(from)).await?)
    }
}
