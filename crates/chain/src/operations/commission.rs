//! Commissions: paid runs in escrow.

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::SolEvent;
use daedal_core::digest::Digest;
use daedal_core::units::BasisPoints;
use serde::{Deserialize, Serialize};

use super::{Act, Ledgers, OperationError, Receipt, RunReceipt, narrow, small};
use crate::contracts::Commissions as contract;

/// What a client orders, and who decides if the two do not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommissionTerms {
    /// The work that has to run.
    pub work: u64,
    /// Its published version.
    pub version: u64,
    /// Digest of the parameters.
    pub parameters: Digest,
    /// Digest of the inputs.
    pub inputs: Digest,
    /// Who pays, judges the result, and is refunded.
    pub client: Address,
    /// What is paid in: the work's stablecoin, or zero for the chain's own coin.
    pub asset: Address,
    /// In its smallest unit.
    pub price: U256,
    /// The last second in which the run may be submitted, since 1970.
    pub deadline: u64,
    /// Seconds after a submission in which the client may dispute it.
    pub window: u32,
    /// Who decides about a disputed run.
    pub arbiter: Address,
    /// Seconds after a dispute in which the arbiter may decide.
    pub arbitration: u32,
    /// The work's part when the arbiter stays silent.
    pub split: BasisPoints,
    /// Sets apart commissions that are otherwise the same.
    pub salt: B256,
}

/// Where a commission stands; the last three are ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommissionState {
    /// Nobody opened it.
    None,
    /// Paid, and waiting for a run.
    Funded,
    /// A run was submitted.
    Submitted,
    /// The client disputes it.
    Disputed,
    /// The work was paid, all or in part.
    Completed,
    /// The client got everything back, by decision.
    Rejected,
    /// The client got everything back, as nobody delivered.
    Expired,
}

impl CommissionState {
    /// As people and scripts read it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Funded => "funded",
            Self::Submitted => "submitted",
            Self::Disputed => "disputed",
            Self::Completed => "completed",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }

    /// Whether nothing can happen any more.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Rejected | Self::Expired)
    }

    fn of(number: u8) -> Self {
        match number {
            0 => Self::None,
            1 => Self::Funded,
            2 => Self::Submitted,
            3 => Self::Disputed,
            4 => Self::Completed,
            5 => Self::Rejected,
            _ => Self::Expired,
        }
    }
}

/// A commission as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commission {
    /// The digest that names it.
    pub id: B256,
    /// What was ordered.
    pub terms: CommissionTerms,
    /// Where it stands.
    pub state: CommissionState,
    /// Since when, in seconds since 1970.
    pub since: u64,
    /// What is in escrow for it, or was.
    pub amount: U256,
    /// What the work and the client had of it in the end.
    pub paid: Option<(U256, U256)>,
    /// Root of the run that was submitted.
    pub run_root: Option<B256>,
}

impl Ledgers {
    /// Orders a run. In a stablecoin the commissions contract has to be approved for the price before.
    pub fn open_commission(&self, terms: &CommissionTerms) -> Result<Act, OperationError> {
        let value = match terms.asset.is_zero() {
            true => terms.price,
            false => U256::ZERO,
        };
        let terms = encoded(terms)?;
        Ok(self
            .to_commissions(&contract::openCall { terms })
            .with_value(value))
    }

    /// Submits an anchored run.
    pub fn submit_run(
        &self,
        terms: &CommissionTerms,
        receipt: &RunReceipt,
        path: &[B256],
    ) -> Result<Act, OperationError> {
        let receipt = contract::Receipt {
            work: receipt.work,
            version: receipt.version,
            sequence: receipt.sequence,
            runRoot: receipt.runRoot,
            receiptCount: receipt.receiptCount,
            inputs: receipt.inputs,
            outputsRoot: receipt.outputsRoot,
            payer: receipt.payer,
            paymentNonce: receipt.paymentNonce,
        };
        Ok(self.to_commissions(&contract::submitCall {
            terms: encoded(terms)?,
            receipt,
            path: path.to_vec(),
        }))
    }

    /// Takes a run. The client's.
    pub fn accept_run(&self, terms: &CommissionTerms) -> Result<Act, OperationError> {
        let terms = encoded(terms)?;
        Ok(self.to_commissions(&contract::acceptCall { terms }))
    }

    /// Refuses a run, for the arbiter to decide. The client's.
    pub fn dispute_run(
        &self,
        terms: &CommissionTerms,
        reason: B256,
    ) -> Result<Act, OperationError> {
        let terms = encoded(terms)?;
        Ok(self.to_commissions(&contract::disputeCall { terms, reason }))
    }

    /// Gives the work a part, and the client the rest. The arbiter's.
    pub fn decide_dispute(
        &self,
        terms: &CommissionTerms,
        part: BasisPoints,
    ) -> Result<Act, OperationError> {
        Ok(self.to_commissions(&contract::decideCall {
            terms: encoded(terms)?,
            workBps: U256::from(part.0),
        }))
    }

    /// Ends a commission whose time is over. Anyone's.
    pub fn settle_commission(&self, terms: &CommissionTerms) -> Result<Act, OperationError> {
        let terms = encoded(terms)?;
        Ok(self.to_commissions(&contract::settleCall { terms }))
    }

    /// Refunds one that nobody delivered. Anyone's after the deadline, an operator's before.
    pub fn refund_commission(&self, terms: &CommissionTerms) -> Result<Act, OperationError> {
        let terms = encoded(terms)?;
        Ok(self.to_commissions(&contract::refundCall { terms }))
    }

    /// Takes what is credited to the caller, since a payment to it did not go through.
    #[must_use]
    pub fn withdraw_credit(&self, account: Address, asset: Address, to: Address) -> Act {
        self.to_commissions(&contract::withdrawCall { account, asset, to })
    }

    /// What is credited to an account.
    pub async fn credit_of(
        &self,
        account: Address,
        asset: Address,
    ) -> Result<U256, OperationError> {
        let call = contract::creditOfCall { account, asset };
        Ok(self.read(self.at.commissions, &call).await?)
    }

    /// The digest that names a commission.
    pub async fn commission_id(&self, terms: &CommissionTerms) -> Result<B256, OperationError> {
        let terms = encoded(terms)?;
        let call = contract::idOfCall { terms };
        Ok(self.read(self.at.commissions, &call).await?)
    }

    /// The digest of the commission that a transaction opened.
    pub fn commission_opened(&self, receipt: &Receipt) -> Result<B256, OperationError> {
        let event: contract::CommissionOpened = self.event(receipt, self.at.commissions)?;
        Ok(event.id)
    }

    /// A commission, if somebody opened it.
    pub async fn commission(&self, id: B256) -> Result<Option<Commission>, OperationError> {
        let filter = self.opened().topic1(id);
        Ok(self.commissions_by(filter).await?.pop())
    }

    /// Commissions of a work, in order.
    pub async fn commissions_of(&self, work: u64) -> Result<Vec<Commission>, OperationError> {
        let filter = self.opened().topic2(B256::from(U256::from(work)));
        self.commissions_by(filter).await
    }

    /// Commissions that an account ordered, in order.
    pub async fn commissions_by_client(
        &self,
        client: Address,
    ) -> Result<Vec<Commission>, OperationError> {
        self.commissions_by(self.opened().topic3(client.into_word()))
            .await
    }

    /// All commissions of the chain, in order.
    pub async fn commissions(&self) -> Result<Vec<Commission>, OperationError> {
        self.commissions_by(self.opened()).await
    }

    fn opened(&self) -> Filter {
        Filter::new()
            .address(self.at.commissions)
            .event_signature(contract::CommissionOpened::SIGNATURE_HASH)
    }

    async fn commissions_by(&self, filter: Filter) -> Result<Vec<Commission>, OperationError> {
        let mut commissions: Vec<Commission> = Vec::new();
        for log in self.all_logs(filter).await? {
            // The indexed fields are in the topics.
            let Ok(event) = contract::CommissionOpened::decode_log(&log.inner) else {
                continue;
            };
            let id = event.id;
            let call = contract::commissionOfCall { id };
            let found = self.read(self.at.commissions, &call).await?;
            commissions.push(Commission {
                id,
                terms: decoded(&event.terms),
                state: CommissionState::of(found.state),
                since: found.since.to(),
                amount: U256::from(found.amount),
                paid: None,
                run_root: Some(found.runRoot).filter(|root| !root.is_zero()),
            });
        }
        if commissions.iter().any(|one| one.state.is_end()) {
            let ended = Filter::new()
                .address(self.at.commissions)
                .event_signature(contract::CommissionEnded::SIGNATURE_HASH);
            for log in self.all_logs(ended).await? {
                let Ok(event) = contract::CommissionEnded::decode_log(&log.inner) else {
                    continue;
                };
                if let Some(one) = commissions.iter_mut().find(|one| one.id == event.id) {
                    one.paid = Some((event.toWork, event.toClient));
                }
            }
        }
        Ok(commissions)
    }

    fn to_commissions<C: alloy_sol_types::SolCall>(&self, call: &C) -> Act {
        Act::call(self.at.commissions, call)
    }
}

pub(super) fn encoded(
    terms: &CommissionTerms,
) -> Result<contract::CommissionTerms, OperationError> {
    Ok(contract::CommissionTerms {
        work: U256::from(terms.work),
        version: U256::from(terms.version),
        parameters: terms.parameters.0.into(),
        inputs: terms.inputs.0.into(),
        client: terms.client,
        asset: terms.asset,
        price: narrow(terms.price, "a price")?,
        deadline: narrow(U256::from(terms.deadline), "a deadline")?,
        window: terms.window,
        arbiter: terms.arbiter,
        arbitration: terms.arbitration,
        splitBps: terms.split.0,
        salt: terms.salt,
    })
}

fn decoded(terms: &contract::CommissionTerms) -> CommissionTerms {
    CommissionTerms {
        work: small(terms.work),
        version: small(terms.version),
        parameters: Digest(terms.parameters.0),
        inputs: Digest(terms.inputs.0),
        client: terms.client,
        asset: terms.asset,
        price: U256::from(terms.price),
        deadline: terms.deadline.to(),
        window: terms.window,
        arbiter: terms.arbiter,
        arbitration: terms.arbitration,
        split: BasisPoints(terms.splitBps),
        salt: terms.salt,
    }
}
