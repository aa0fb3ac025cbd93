//! Treasuries: the capital of works and collectives, and what operators may draw of it.

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::SolEvent;

use super::{Act, Ledgers, OperationError, events};
use crate::contracts::{Capital as capital, Treasury as treasury};

/// What an operator may draw from a treasury.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Who may.
    pub operator: Address,
    /// In which money; zero is the chain's own coin.
    pub asset: Address,
    /// At most in a period.
    pub amount: U256,
    /// In the running period.
    pub drawn: U256,
    /// What can be drawn now.
    pub left: U256,
    /// When the running period began, in seconds since 1970.
    pub start: u64,
    /// Seconds.
    pub period: u64,
}

/// Capital that left a treasury.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// When, in seconds since 1970.
    pub at: u64,
    /// By whom.
    pub operator: Address,
    /// In which money.
    pub asset: Address,
    /// Where it went.
    pub to: Address,
    /// How much.
    pub amount: U256,
    /// What for: the root of a run, or the digest of a text.
    pub purpose: B256,
    /// The transaction.
    pub transaction: B256,
}

impl Ledgers {
    /// Opens the treasury of a work.
    #[must_use]
    pub fn open_treasury(&self, work: u64) -> Act {
        let work = U256::from(work);
        Act::call(self.at.capital, &capital::openTreasuryCall { work })
    }

    /// The treasury of a work, if it is open.
    pub async fn treasury_of(&self, work: u64) -> Result<Option<Address>, OperationError> {
        let call = capital::treasuryOfCall {
            work: U256::from(work),
        };
        let treasury = self.read(self.at.capital, &call).await?;
        Ok(Some(treasury).filter(|address| !address.is_zero()))
    }

    /// Lets an operator draw from a treasury. The controller's.
    pub fn allow(
        &self,
        treasury: Address,
        operator: Address,
        asset: Address,
        amount: U256,
        period: u32,
    ) -> Result<Act, OperationError> {
        let call = treasury::setAllowanceCall {
            operator,
            asset,
            amount: counted(amount)?,
            period,
        };
        Ok(Act::call(treasury, &call))
    }

    /// Draws within the caller's allowance.
    pub fn draw(
        &self,
        treasury: Address,
        asset: Address,
        amount: U256,
        to: Address,
        purpose: B256,
    ) -> Result<Act, OperationError> {
        let call = treasury::drawCall {
            asset,
            amount: counted(amount)?,
            to,
            purpose,
        };
        Ok(Act::call(treasury, &call))
    }

    /// What an operator may draw: nothing if the present controller never allowed any.
    pub async fn allowance(
        &self,
        treasury: Address,
        operator: Address,
        asset: Address,
    ) -> Result<Allowance, OperationError> {
        let call = treasury::allowanceOfCall { operator, asset };
        let found = self.read(treasury, &call).await?;
        let call = treasury::drawableCall { operator, asset };
        Ok(Allowance {
            operator,
            asset,
            amount: U256::from(found.amount),
            drawn: U256::from(found.drawn),
            left: self.read(treasury, &call).await?,
            start: found.start.to(),
            period: u64::from(found.period),
        })
    }

    /// All allowances that the present controller gave.
    pub async fn allowances(&self, treasury: Address) -> Result<Vec<Allowance>, OperationError> {
        let filter = Filter::new()
            .address(treasury)
            .event_signature(treasury::AllowanceSet::SIGNATURE_HASH);
        let logs = self.all_logs(filter).await?;
        let mut seen = Vec::new();
        let mut allowances = Vec::new();
        let logs = logs.iter().map(|log| &log.inner);
        for event in events::<treasury::AllowanceSet>(logs, treasury) {
            let who = (event.operator, event.asset);
            if seen.contains(&who) {
                continue;
            }
            seen.push(who);
            let allowance = self.allowance(treasury, who.0, who.1).await?;
            if allowance.period != 0 {
                allowances.push(allowance);
            }
        }
        Ok(allowances)
    }

    /// What left a treasury, in order.
    pub async fn draws(&self, treasury: Address) -> Result<Vec<Draw>, OperationError> {
        let filter = Filter::new()
            .address(treasury)
            .event_signature(treasury::Drawn::SIGNATURE_HASH);
        let mut draws = Vec::new();
        for log in self.all_logs(filter).await? {
            let Ok(event) = treasury::Drawn::decode_log_data(&log.inner.data) else {
                continue;
            };
            draws.push(Draw {
                at: self.client.block_time(log.block_number).await?.unwrap_or(0),
                operator: event.operator,
                asset: event.asset,
                to: event.to,
                amount: event.amount,
                purpose: event.purpose,
                transaction: log.transaction_hash.unwrap_or_default(),
            });
        }
        Ok(draws)
    }
}

/// An amount as treasuries count it.
pub(super) fn counted(amount: U256) -> Result<u128, OperationError> {
    u128::try_from(amount).map_err(|_| {
        OperationError::Input(format!(
            "{amount} is too large for a treasury: it has to be less than 2^128"
        ))
    })
}
