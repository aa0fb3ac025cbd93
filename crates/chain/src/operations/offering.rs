//! Offerings of shares at a fixed price.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::SolEvent;
use daedal_core::economy::Asset;

use super::{Act, Ledgers, OperationError, Receipt, Work, events, narrow, small};
use crate::contracts::{Capital as capital, ProcessShares as shares, ShareOffering as offering};

/// What an issuer chooses for an offering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferTerms {
    /// What is paid in.
    pub asset: Asset,
    /// Shares in a lot, in their smallest unit.
    pub lot: U256,
    /// What a lot costs, in the asset's smallest unit.
    pub price: U256,
    /// With fewer lots sold at the deadline, everybody is refunded.
    pub lots_min: u32,
    /// Lots on offer.
    pub lots_max: u32,
    /// When buying ends, in seconds since 1970.
    pub deadline: u64,
    /// Root of the tree of accounts that may buy; anyone if absent.
    pub allow_list: Option<B256>,
    /// Digest of what buyers have to be told.
    pub notice: B256,
}

/// Where an offering stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferingState {
    /// Lots are sold, until the deadline or until somebody finalizes.
    Open,
    /// Buyers have shares to claim.
    Succeeded,
    /// Buyers have refunds to claim.
    Failed,
}

/// An offering as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offering {
    /// Its number.
    pub number: u64,
    /// Its contract, which holds the shares and the money.
    pub address: Address,
    /// Whose shares are sold.
    pub work: u64,
    /// Who sells them.
    pub issuer: Address,
    /// The shares.
    pub shares: Address,
    /// Where the proceeds go.
    pub treasury: Address,
    /// What it says.
    pub terms: OfferTerms,
    /// Where it stands.
    pub state: OfferingState,
    /// Lots that are sold.
    pub lots_sold: u32,
    /// Whether the proceeds went to the treasury.
    pub withdrawn: bool,
}

impl Work {
    /// Lets a contract take shares of the caller.
    #[must_use]
    pub fn approve_shares(&self, spender: Address, amount: U256) -> Act {
        let value = amount;
        Act::call(self.shares, &shares::approveCall { spender, value })
    }
}

impl Offering {
    /// Buys lots. Stablecoins have to be approved for the offering before.
    #[must_use]
    pub fn buy(&self, lots: u32, proof: Vec<B256>) -> Act {
        let notice = self.terms.notice;
        let call = offering::buyCall {
            lots,
            notice,
            proof,
        };
        let value = match self.terms.asset {
            Asset::Native => self.cost(lots),
            Asset::Stablecoin => U256::ZERO,
        };
        Act::call(self.address, &call).with_value(value)
    }

    /// What lots cost.
    #[must_use]
    pub fn cost(&self, lots: u32) -> U256 {
        self.terms.price.saturating_mul(U256::from(lots))
    }

    /// Ends it.
    #[must_use]
    pub fn finalize(&self) -> Act {
        Act::call(self.address, &offering::finalizeCall {})
    }

    /// Takes the caller's shares to `to`.
    #[must_use]
    pub fn claim(&self, to: Address) -> Act {
        Act::call(self.address, &offering::claimCall { to })
    }

    /// Takes the caller's money back to `to`.
    #[must_use]
    pub fn refund(&self, to: Address) -> Act {
        Act::call(self.address, &offering::refundCall { to })
    }

    /// Sends the proceeds to the treasury.
    #[must_use]
    pub fn withdraw(&self) -> Act {
        Act::call(self.address, &offering::withdrawCall {})
    }

    /// Takes what the caller's part of the shares earned while they were held here.
    #[must_use]
    pub fn claim_revenue(&self, asset: Address, to: Address) -> Act {
        Act::call(self.address, &offering::claimRevenueCall { asset, to })
    }
}

impl Ledgers {
    /// Offers shares of the caller, who has approved the capital contract for them.
    pub fn offer(&self, work: &Work, terms: &OfferTerms) -> Result<Act, OperationError> {
        let call = capital::offerCall {
            shares: work.shares,
            terms: capital::OfferTerms {
                inNative: terms.asset == Asset::Native,
                lot: narrow(terms.lot, "a lot")?,
                price: narrow(terms.price, "a price")?,
                lotsMin: terms.lots_min,
                lotsMax: terms.lots_max,
                deadline: narrow(U256::from(terms.deadline), "a deadline")?,
                allowList: terms.allow_list.unwrap_or_default(),
                notice: terms.notice,
            },
        };
        Ok(Act::call(self.at.capital, &call))
    }

    /// Number of the offering that a transaction created.
    pub fn offering_made(&self, receipt: &Receipt) -> Result<u64, OperationError> {
        let event: capital::OfferingCreated = self.event(receipt, self.at.capital)?;
        Ok(small(event.number))
    }

    /// Offerings of a work, or all, in order.
    pub async fn offerings(&self, work: Option<u64>) -> Result<Vec<Offering>, OperationError> {
        let mut filter = Filter::new()
            .address(self.at.capital)
            .event_signature(capital::OfferingCreated::SIGNATURE_HASH);
        if let Some(work) = work {
            filter = filter.topic3(B256::from(U256::from(work)));
        }
        let logs = self.all_logs(filter).await?;
        let logs = logs.iter().map(|log| &log.inner);
        let mut offerings = Vec::new();
        for event in events::<capital::OfferingCreated>(logs, self.at.capital) {
            offerings.push(self.offering(small(event.number)).await?);
        }
        Ok(offerings)
    }

    /// An offering.
    pub async fn offering(&self, number: u64) -> Result<Offering, OperationError> {
        let call = capital::offeringOfCall {
            number: U256::from(number),
        };
        let address = self.read(self.at.capital, &call).await?;
        if address.is_zero() {
            return Err(self.unknown(format!("offering {number}")));
        }
        let found = self.read(address, &offering::offerCall {}).await?;
        let state = self.read(address, &offering::stateCall {}).await?;
        let work = self.read(found.shares, &shares::workCall {}).await?;
        Ok(Offering {
            number,
            address,
            work: small(work),
            issuer: found.issuer,
            shares: found.shares,
            treasury: found.treasury,
            terms: OfferTerms {
                asset: match found.terms.inNative {
                    true => Asset::Native,
                    false => Asset::Stablecoin,
                },
                lot: U256::from(found.terms.lot),
                price: U256::from(found.terms.price),
                lots_min: found.terms.lotsMin,
                lots_max: found.terms.lotsMax,
                deadline: found.terms.deadline.to(),
                allow_list: Some(found.terms.allowList).filter(|root| !root.is_zero()),
                notice: found.terms.notice,
            },
            state: match state {
                0 => OfferingState::Open,
                1 => OfferingState::Succeeded,
                _ => OfferingState::Failed,
            },
            lots_sold: self.read(address, &offering::lotsSoldCall {}).await?,
            withdrawn: self.read(address, &offering::withdrawnCall {}).await?,
        })
    }

    /// Lots of an account that it has neither claimed nor got back.
    pub async fn lots_of(
        &self,
        offering: &Offering,
        account: Address,
    ) -> Result<u32, OperationError> {
        let lots = self
            .read(offering.address, &offering::lotsOfCall { account })
            .await?;
        Ok(lots.saturating_to())
    }

    /// What an account can claim of the revenue of shares that an offering holds or held.
    pub async fn offered_revenue_of(
        &self,
        offering: &Offering,
        account: Address,
        asset: Address,
    ) -> Result<U256, OperationError> {
        let call = offering::revenueOfCall { account, asset };
        Ok(self.read(offering.address, &call).await?)
    }
}

/// The leaf of an account in an allow-list, as `ShareOffering.leafOf` has it.
#[must_use]
pub fn allowed_leaf(account: Address) -> B256 {
    keccak256(keccak256(account.into_word()))
}
