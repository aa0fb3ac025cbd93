//! Who has shares of a work.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::SolEvent;

use super::{Ledgers, OperationError, Work, events};
use crate::contracts::ProcessShares as shares;

/// Who has shares of a work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub account: Address,
    /// How many.
    pub shares: U256,
}

impl Ledgers {
    /// Who has shares of a work, the largest holder first.
    pub async fn holders(&self, work: u64) -> Result<Vec<Holder>, OperationError> {
        let mut holders = self.holders_ever(work).await?;
        holders.retain(|holder| !holder.shares.is_zero());
        Ok(holders)
    }

    /// Who has or had shares of a work, the largest holder first: whoever has none any more may still be owed what they
    /// earned. Reckoned from all transfers there have been, and compared with the supply.
    pub async fn holders_ever(&self, work: u64) -> Result<Vec<Holder>, OperationError> {
        let token = self.work(work).await?.shares;
        let mut balances: BTreeMap<Address, U256> = BTreeMap::new();
        for event in self.share_transfers(token).await? {
            if !event.from.is_zero() {
                let balance = balances.entry(event.from).or_default();
                *balance = balance.saturating_sub(event.value);
            }
            if !event.to.is_zero() {
                let balance = balances.entry(event.to).or_default();
                *balance = balance.saturating_add(event.value);
            }
        }
        let supply = self.read(token, &shares::totalSupplyCall {}).await?;
        let sum = balances
            .values()
            .fold(U256::ZERO, |sum, balance| sum.saturating_add(*balance));
        if sum != supply {
            let what = format!("the transfers of {token} add up to {sum} of {supply} shares");
            return Err(self.client.lie("eth_getLogs", what).into());
        }
        let mut holders: Vec<Holder> = balances
            .into_iter()
            .map(|(account, shares)| Holder { account, shares })
            .collect();
        holders.sort_by(|a, b| b.shares.cmp(&a.shares).then(a.account.cmp(&b.account)));
        Ok(holders)
    }

    /// Who got shares of a work when it was registered, in the order of the registration.
    pub async fn first_holders(&self, work: u64) -> Result<Vec<Holder>, OperationError> {
        let token = self.work(work).await?.shares;
        let transfers = self.share_transfers(token).await?.into_iter();
        Ok(transfers
            .filter(|event| event.from.is_zero())
            .map(|event| Holder {
                account: event.to,
                shares: event.value,
            })
            .collect())
    }

    async fn share_transfers(
        &self,
        token: Address,
    ) -> Result<Vec<shares::Transfer>, OperationError> {
        let filter = Filter::new()
            .address(token)
            .event_signature(shares::Transfer::SIGNATURE_HASH);
        let logs = self.all_logs(filter).await?;
        Ok(events::<shares::Transfer>(logs.iter().map(|log| &log.inner), token).collect())
    }

    /// All shares of a work, in their smallest unit.
    pub async fn supply_of(&self, work: &Work) -> Result<U256, OperationError> {
        Ok(self.read(work.shares, &shares::totalSupplyCall {}).await?)
    }

    /// Shares of a work that an account has.
    pub async fn shares_of(&self, work: u64, account: Address) -> Result<U256, OperationError> {
        let token = self.work(work).await?.shares;
        Ok(self.read(token, &shares::balanceOfCall { account }).await?)
    }
}
