//! What happened to the money of a work.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::{Filter, Log};
use alloy_sol_types::SolEvent;
use daedal_core::economy::Asset;

use super::{Ledgers, OperationError, Work, small};
use crate::contracts::{Editions, Market, ProcessShares as shares, TestDollar as erc20};

/// Money of a work that moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// When, in seconds since 1970.
    pub at: u64,
    /// In which block.
    pub block: u64,
    /// By which transaction.
    pub transaction: B256,
    /// Of which asset.
    pub asset: Asset,
    /// How much, in the asset's smallest unit.
    pub amount: U256,
    /// What it was.
    pub what: Moved,
}

/// What money moved for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moved {
    /// Somebody bought an edition.
    Sale {
        /// Who paid.
        by: Address,
    },
    /// Somebody bought an edition of a former owner: the work's part of the price.
    Resale {
        /// Who paid.
        by: Address,
    },
    /// The escrow paid for a run.
    Commission,
    /// Somebody paid, for whatever reason.
    Payment {
        /// Who.
        by: Address,
    },
    /// The chain's own coin, which says not from whom; noted later than it came.
    Noted,
    /// A derivative paid its royalty.
    RoyaltyIn {
        /// Which work.
        from: u64,
    },
    /// A work upstream got its royalty.
    RoyaltyOut {
        /// Which work.
        to: u64,
    },
    /// A holder took their part.
    Claim {
        /// Whose part.
        by: Address,
        /// Where it went.
        to: Address,
    },
}

impl Moved {
    /// Whether it came in.
    #[must_use]
    pub fn is_income(self) -> bool {
        !matches!(self, Self::RoyaltyOut { .. } | Self::Claim { .. })
    }
}

impl Ledgers {
    /// All that moved, in order. Revenue in the chain's own coin is seen once somebody has noted it.
    pub async fn movements(&self, work: &Work) -> Result<Vec<Movement>, OperationError> {
        let own = self.all_logs(Filter::new().address(work.shares)).await?;
        let transfers = Filter::new()
            .address(work.asset)
            .event_signature(erc20::Transfer::SIGNATURE_HASH)
            .topic2(work.shares.into_word());
        let arrived = self.all_logs(transfers).await?;
        let sales = Filter::new()
            .address(self.at.editions)
            .event_signature(Editions::EditionSold::SIGNATURE_HASH)
            .topic3(work.shares.into_word());
        let sold = self.all_logs(sales).await?;
        let resales = Filter::new()
            .address(self.at.market)
            .event_signature(Market::Sold::SIGNATURE_HASH);
        let resold = self.all_logs(resales).await?;
        let mut found = Found {
            escrow: self.at.commissions,
            ..Found::default()
        };
        found.sold(&sold);
        found.resold(&resold);
        found.own(&own);
        found.arrived(&arrived);
        let mut movements = found.movements;
        movements.sort_by_key(|(order, _)| *order);
        let mut times = BTreeMap::new();
        let mut told = Vec::with_capacity(movements.len());
        for (_, mut movement) in movements {
            movement.at = match times.get(&movement.block) {
                Some(time) => *time,
                None => {
                    let time = self.client.block_time(Some(movement.block)).await?;
                    *times.entry(movement.block).or_insert(time.unwrap_or(0))
                }
            };
            told.push(movement);
        }
        Ok(told)
    }
}

#[derive(Default)]
struct Found {
    /// Transactions and amounts of royalties that came in: no revenue of its own.
    royalties: BTreeSet<(B256, U256)>,
    /// What buyers paid for editions, by transaction.
    sales: BTreeMap<B256, Vec<(Address, U256)>>,
    /// Royalties that buyers paid at the market, by transaction: some are other works'.
    resales: BTreeMap<B256, Vec<(Address, U256)>>,
    escrow: Address,
    movements: Vec<((u64, u64), Movement)>,
}

impl Found {
    fn sold(&mut self, logs: &[Log]) {
        for log in logs {
            let Ok(sale) = Editions::EditionSold::decode_log_data(&log.inner.data) else {
                continue;
            };
            let hash = log.transaction_hash.unwrap_or_default();
            let of = self.sales.entry(hash).or_default();
            of.push((sale.buyer, sale.price));
            if sale.asset.is_zero() {
                let what = Moved::Sale { by: sale.buyer };
                self.add(log, Asset::Native, sale.price, what);
            }
        }
    }

    fn resold(&mut self, logs: &[Log]) {
        for log in logs {
            if let Ok(sale) = Market::Sold::decode_log_data(&log.inner.data) {
                let hash = log.transaction_hash.unwrap_or_default();
                let of = self.resales.entry(hash).or_default();
                of.push((sale.buyer, sale.royalty));
            }
        }
    }

    /// What the shares tell themselves.
    fn own(&mut self, logs: &[Log]) {
        // Sales in the chain's coin are told one by one; what is noted beyond them came otherwise.
        let mut told: U256 = self.movements.iter().map(|(_, sale)| sale.amount).sum();
        for log in logs {
            let data = &log.inner.data;
            if let Ok(event) = shares::RoyaltyReceived::decode_log_data(data) {
                let hash = log.transaction_hash.unwrap_or_default();
                self.royalties.insert((hash, event.amount));
                let from = small(event.descendant);
                self.of(log, event.asset, event.amount, Moved::RoyaltyIn { from });
            } else if let Ok(event) = shares::RoyaltyPaid::decode_log_data(data) {
                let to = small(event.ancestor);
                self.of(log, event.asset, event.amount, Moved::RoyaltyOut { to });
            } else if let Ok(event) = shares::Claimed::decode_log_data(data) {
                let what = Moved::Claim {
                    by: event.account,
                    to: event.to,
                };
                self.of(log, event.asset, event.amount, what);
            } else if let Ok(event) = shares::RevenueSynced::decode_log_data(data)
                && event.asset.is_zero()
            {
                let sold = told.min(event.amount);
                told -= sold;
                if sold < event.amount {
                    self.add(log, Asset::Native, event.amount - sold, Moved::Noted);
                }
            }
        }
    }

    /// What the stablecoin tells.
    fn arrived(&mut self, logs: &[Log]) {
        for log in logs {
            let Ok(transfer) = erc20::Transfer::decode_log_data(&log.inner.data) else {
                continue;
            };
            let hash = log.transaction_hash.unwrap_or_default();
            if transfer.value.is_zero() || self.royalties.remove(&(hash, transfer.value)) {
                continue;
            }
            let paid = (transfer.from, transfer.value);
            let by = transfer.from;
            let holds = |of: &BTreeMap<B256, Vec<(Address, U256)>>| {
                of.get(&hash).is_some_and(|sales| sales.contains(&paid))
            };
            let what = match () {
                () if holds(&self.sales) => Moved::Sale { by },
                () if holds(&self.resales) => Moved::Resale { by },
                () if by == self.escrow => Moved::Commission,
                () => Moved::Payment { by },
            };
            self.add(log, Asset::Stablecoin, transfer.value, what);
        }
    }

    fn of(&mut self, log: &Log, asset: Address, amount: U256, what: Moved) {
        let asset = match asset {
            Address::ZERO => Asset::Native,
            _ => Asset::Stablecoin,
        };
        self.add(log, asset, amount, what);
    }

    fn add(&mut self, log: &Log, asset: Asset, amount: U256, what: Moved) {
        let block = log.block_number.unwrap_or_default();
        let order = (block, log.log_index.unwrap_or_default());
        let movement = Movement {
            at: 0,
            block,
            transaction: log.transaction_hash.unwrap_or_default(),
            asset,
            amount,
            what,
        };
        self.movements.push((order, movement));
    }
}
