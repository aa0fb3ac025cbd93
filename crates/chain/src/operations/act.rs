//! Something to be done on a chain: looked at first, then done once.

use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::SolCall;

use super::{Ledgers, OperationError, Operator};
use crate::client::ClientError;
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

    pub(crate) fn request(&self, from: Address) -> TransactionRequest {
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
    /// Gas that each of these would use from this account, each after those before it, or why the
    /// contracts would refuse one. None where the node can't tell.
    pub async fn gas_of_all(
        &self,
        from: Address,
        acts: &[Act],
    ) -> Result<Vec<Option<u64>>, OperationError> {
        let calls: Vec<TransactionRequest> = acts.iter().map(|act| act.request(from)).collect();
        if let Some(gas) = self.client.simulate(&calls).await? {
            return Ok(gas.into_iter().map(Some).collect());
        }
        let mut gas = Vec::with_capacity(acts.len());
        for (place, act) in acts.iter().enumerate() {
            gas.push(match self.gas_of(from, act).await {
                Ok(gas) => Some(gas),
                // It may need what those before it do.
                Err(OperationError::Client(ClientError::Reverted { .. })) if place > 0 => None,
                Err(error) => return Err(error),
            });
        }
        Ok(gas)
    }

    /// Gas that it would take from this account now, or why the contract would refuse.
    pub async fn gas_of(&self, from: Address, act: &Act) -> Result<u64, OperationError> {
        Ok(self.client.estimate_gas(act.request(from)).await?)
    }
}
