//! The market: shares and editions at fixed prices.

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::SolEvent;
use daedal_core::economy::Asset;

use super::{Act, Ledgers, OperationError, Receipt, Work, events, narrow, small};
use crate::contracts::{Editions as editions, Market as market, ProcessShares as shares};

/// What is for sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goods {
    /// Shares of a work: how many were listed, and how many are left, in their smallest unit.
    Shares {
        /// As listed.
        amount: U256,
        /// Not sold yet.
        left: U256,
    },
    /// An edition, and whether it is still to be had.
    Edition {
        /// Its token.
        token: U256,
        /// Whether it is.
        left: bool,
    },
}

/// A listing as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// Its number.
    pub number: u64,
    /// Who sells.
    pub seller: Address,
    /// Of which work.
    pub work: u64,
    /// What.
    pub goods: Goods,
    /// What all of it costs, in the asset's smallest unit.
    pub price: U256,
    /// What is paid in.
    pub asset: Asset,
    /// When it ends, in seconds since 1970.
    pub until: u64,
    /// Digest of what is frozen, which a buyer agrees with.
    pub terms: B256,
    /// Whether the seller still has what is listed, and lets the market take it.
    pub is_covered: bool,
}

impl Listing {
    /// How many can be bought, in the smallest unit; editions are 1.
    #[must_use]
    pub fn left(&self) -> U256 {
        match self.goods {
            Goods::Shares { left, .. } => left,
            Goods::Edition { left, .. } => U256::from(u8::from(left)),
        }
    }
}

/// What a purchase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// All of it.
    pub cost: U256,
    /// The part of it that goes to the work.
    pub royalty: U256,
}

impl Ledgers {
    /// Lists shares of the caller, who has approved the market for them.
    pub fn list_shares(
        &self,
        work: &Work,
        amount: U256,
        asset: Asset,
        price: U256,
        until: u64,
    ) -> Result<Act, OperationError> {
        let call = market::listSharesCall {
            shares: work.shares,
            amount: narrow(amount, "a number of shares")?,
            price: narrow(price, "a price")?,
            inNative: asset == Asset::Native,
            until: narrow(U256::from(until), "a time")?,
        };
        Ok(Act::call(self.at.market, &call))
    }

    /// Lists an edition of the caller, who has approved the market for it.
    pub fn list_edition(
        &self,
        edition: U256,
        asset: Asset,
        price: U256,
        until: u64,
    ) -> Result<Act, OperationError> {
        let call = market::listEditionCall {
            edition,
            price: narrow(price, "a price")?,
            inNative: asset == Asset::Native,
            until: narrow(U256::from(until), "a time")?,
        };
        Ok(Act::call(self.at.market, &call))
    }

    /// Lets a contract take an edition of the caller.
    #[must_use]
    pub fn approve_edition(&self, spender: Address, edition: U256) -> Act {
        let call = editions::approveCall {
            to: spender,
            tokenId: edition,
        };
        Act::call(self.at.editions, &call)
    }

    /// Buys some of a listing for `to`, on the terms that were seen.
    pub fn buy_listed(
        &self,
        listing: &Listing,
        amount: U256,
        cost: U256,
        to: Address,
    ) -> Result<Act, OperationError> {
        let call = market::buyCall {
            listing: U256::from(listing.number),
            terms: listing.terms,
            amount: narrow(amount, "a number of shares")?,
            to,
        };
        let value = match listing.asset {
            Asset::Native => cost,
            Asset::Stablecoin => U256::ZERO,
        };
        Ok(Act::call(self.at.market, &call).with_value(value))
    }

    /// Ends a listing. Its seller's.
    #[must_use]
    pub fn cancel_listing(&self, number: u64) -> Act {
        let listing = U256::from(number);
        Act::call(self.at.market, &market::cancelCall { listing })
    }

    /// Number of the listing that a transaction made.
    pub fn listing_made(&self, receipt: &Receipt) -> Result<u64, OperationError> {
        let event: market::Listed = self.event(receipt, self.at.market)?;
        Ok(small(event.listing))
    }

    /// How many listings there ever were; they are numbered from 1.
    pub async fn listings(&self) -> Result<u64, OperationError> {
        let listings = self.read(self.at.market, &market::listingsCall {}).await?;
        Ok(small(listings))
    }

    /// A listing.
    pub async fn listing(&self, number: u64) -> Result<Listing, OperationError> {
        let listing = U256::from(number);
        let at = self.at.market;
        let found = self.read(at, &market::listingOfCall { listing }).await?;
        if found.seller.is_zero() {
            return Err(self.unknown(format!("listing {number}")));
        }
        let is_edition = found.token == self.at.editions;
        let (work, goods, is_covered) = if is_edition {
            let edition = self.edition(found.edition).await?;
            let goods = Goods::Edition {
                token: found.edition,
                left: !found.left.is_zero(),
            };
            let owned = edition.as_ref().is_some_and(|it| it.owner == found.seller);
            let is_covered = owned && self.may_take(found.seller, found.edition).await?;
            (edition.map_or(0, |edition| edition.work), goods, is_covered)
        } else {
            let work = self.read(found.token, &shares::workCall {}).await?;
            let call = shares::balanceOfCall {
                account: found.seller,
            };
            let has = self.read(found.token, &call).await?;
            let may = self.allowed(found.seller, at, found.token).await?;
            let left = U256::from(found.left);
            let goods = Goods::Shares {
                amount: U256::from(found.amount),
                left,
            };
            (small(work), goods, has.min(may) >= left)
        };
        Ok(Listing {
            number,
            seller: found.seller,
            work,
            goods,
            price: U256::from(found.price),
            asset: match found.inNative {
                true => Asset::Native,
                false => Asset::Stablecoin,
            },
            until: found.until.to(),
            terms: self.read(at, &market::termsOfCall { listing }).await?,
            is_covered,
        })
    }

    /// Numbers of listings that their sellers ended.
    pub async fn cancelled_listings(&self) -> Result<Vec<u64>, OperationError> {
        let filter = Filter::new()
            .address(self.at.market)
            .event_signature(market::Cancelled::SIGNATURE_HASH);
        let logs = self.all_logs(filter).await?;
        let logs = logs.iter().map(|log| &log.inner);
        let cancelled = events::<market::Cancelled>(logs, self.at.market);
        Ok(cancelled.map(|event| small(event.listing)).collect())
    }

    /// What some of a listing cost.
    pub async fn cost_of(&self, number: u64, amount: U256) -> Result<Cost, OperationError> {
        let call = market::costOfCall {
            listing: U256::from(number),
            amount,
        };
        let found = self.read(self.at.market, &call).await?;
        Ok(Cost {
            cost: found.cost,
            royalty: found.royalty,
        })
    }

    /// Whether the market may take an edition of `owner`.
    async fn may_take(&self, owner: Address, edition: U256) -> Result<bool, OperationError> {
        let at = self.at.editions;
        let call = editions::getApprovedCall { tokenId: edition };
        if self.read(at, &call).await? == self.at.market {
            return Ok(true);
        }
        let operator = self.at.market;
        let call = editions::isApprovedForAllCall { owner, operator };
        Ok(self.read(at, &call).await?)
    }
}
