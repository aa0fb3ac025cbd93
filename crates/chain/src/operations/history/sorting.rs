//! Sorts what contracts told into movements, so that nothing is told twice.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::Log;
use alloy_sol_types::SolEvent;
use daedal_core::economy::Asset;

use super::native::NativePayment;
use super::{Moved, Movement};
use crate::contracts::{
    Commissions, Editions, Market, ProcessShares as shares, TestDollar as erc20,
};
use crate::operations::small;

/// Where something stands on the chain: block, transaction, log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order {
    pub(super) block: u64,
    pub(super) transaction: u64,
    pub(super) log: u64,
    pub(super) hash: B256,
}

impl Order {
    pub(super) fn of(log: &Log) -> Self {
        Self {
            block: log.block_number.unwrap_or_default(),
            transaction: log.transaction_index.unwrap_or_default(),
            log: log.log_index.unwrap_or_default(),
            hash: log.transaction_hash.unwrap_or_default(),
        }
    }
}

/// A transfer of the stablecoin that has been told as something: transaction, sender, amount.
type Told = (B256, Address, U256);

/// Movements of the money at one address.
pub(super) struct Sorting {
    shares: Address,
    told: Vec<Told>,
    /// What buyers paid as royalties at the market, by transaction: some are other works'.
    resales: BTreeMap<B256, Vec<(Address, U256)>>,
    /// What was noted of the chain's own coin.
    synced: Vec<(Order, U256)>,
    movements: Vec<(Order, Movement)>,
}

impl Sorting {
    pub(super) fn of(shares: Address) -> Self {
        Self {
            shares,
            told: Vec::new(),
            resales: BTreeMap::new(),
            synced: Vec::new(),
            movements: Vec::new(),
        }
    }

    /// What the shop sold.
    pub(super) fn sold(&mut self, logs: &[Log]) {
        for log in logs {
            if let Ok(sale) = Editions::EditionSold::decode_log_data(&log.inner.data) {
                let what = Moved::Sale { by: sale.buyer };
                self.came(log, sale.asset, sale.price, what, sale.buyer);
            }
        }
    }

    /// What the escrow paid for runs: `orders` are all of the work, `ends` those of any.
    pub(super) fn commissioned(&mut self, orders: &[Log], ends: &[Log]) {
        let orders = orders.iter();
        let orders = orders.filter_map(|log| {
            let opened = Commissions::CommissionOpened::decode_log_data(&log.inner.data).ok()?;
            Some((opened.id, (opened.client, opened.terms.asset)))
        });
        let orders: BTreeMap<B256, (Address, Address)> = orders.collect();
        // What could not be paid has not come.
        let credited: Vec<(B256, U256)> = ends
            .iter()
            .filter_map(|log| {
                let credit = Commissions::Credited::decode_log_data(&log.inner.data).ok()?;
                let hash = log.transaction_hash.unwrap_or_default();
                (credit.account == self.shares).then_some((hash, credit.amount))
            })
            .collect();
        for log in ends {
            let Ok(end) = Commissions::CommissionEnded::decode_log_data(&log.inner.data) else {
                continue;
            };
            let Some((client, asset)) = orders.get(&end.id).copied() else {
                continue;
            };
            let hash = log.transaction_hash.unwrap_or_default();
            if !end.toWork.is_zero() && !credited.contains(&(hash, end.toWork)) {
                let what = Moved::Commission { client };
                self.came(log, asset, end.toWork, what, log.inner.address);
            }
        }
    }

    /// What the market took for the works of editions.
    pub(super) fn resold(&mut self, logs: &[Log]) {
        for log in logs {
            if let Ok(sale) = Market::Sold::decode_log_data(&log.inner.data)
                && !sale.asset.is_zero()
            {
                let hash = log.transaction_hash.unwrap_or_default();
                let of = self.resales.entry(hash).or_default();
                of.push((sale.buyer, sale.royalty));
            }
        }
    }

    /// What the shares tell themselves.
    pub(super) fn own(&mut self, logs: &[Log]) {
        for log in logs {
            let data = &log.inner.data;
            if let Ok(event) = shares::RoyaltyReceived::decode_log_data(data) {
                let from = small(event.descendant);
                self.add(
                    Order::of(log),
                    kind(event.asset),
                    event.amount,
                    Moved::RoyaltyIn { from },
                );
                // The transfer comes from the derivative's shares, whose address is not told here.
                let hash = log.transaction_hash.unwrap_or_default();
                self.told.push((hash, Address::ZERO, event.amount));
            } else if let Ok(event) = shares::RoyaltyPaid::decode_log_data(data) {
                let to = small(event.ancestor);
                self.add(
                    Order::of(log),
                    kind(event.asset),
                    event.amount,
                    Moved::RoyaltyOut { to },
                );
            } else if let Ok(event) = shares::Claimed::decode_log_data(data) {
                if event.to == self.shares {
                    let what = Moved::Around { of: event.account };
                    self.came(log, event.asset, event.amount, what, self.shares);
                    continue;
                }
                let what = Moved::Claim {
                    by: event.account,
                    to: event.to,
                };
                self.add(Order::of(log), kind(event.asset), event.amount, what);
            } else if let Ok(event) = shares::RevenueSynced::decode_log_data(data)
                && event.asset.is_zero()
            {
                self.synced.push((Order::of(log), event.amount));
            }
        }
    }

    /// What the stablecoin tells, but for what was told as something else.
    pub(super) fn arrived(&mut self, logs: &[Log], others: &BTreeMap<Address, u64>) {
        for log in logs {
            let Ok(transfer) = erc20::Transfer::decode_log_data(&log.inner.data) else {
                continue;
            };
            let (by, amount) = (transfer.from, transfer.value);
            let hash = log.transaction_hash.unwrap_or_default();
            if amount.is_zero() || self.was_told(hash, by, amount, others.contains_key(&by)) {
                continue;
            }
            let resold = self.resales.get(&hash);
            let what = match others.get(&by) {
                Some(from) => Moved::Harvest { from: *from },
                None if resold.is_some_and(|sales| sales.contains(&(by, amount))) => {
                    Moved::Resale { by }
                }
                None => Moved::Payment { by },
            };
            self.add(Order::of(log), Asset::Stablecoin, amount, what);
        }
    }

    /// Whether a transfer was told as something; each once.
    fn was_told(&mut self, hash: B256, by: Address, amount: U256, is_shares: bool) -> bool {
        let place = self.told.iter().position(|told| {
            let same = told.1 == by || told.1.is_zero() && is_shares;
            same && told.0 == hash && told.2 == amount
        });
        place.map(|place| self.told.swap_remove(place)).is_some()
    }

    /// A transaction that paid in the chain's own coin.
    pub(super) fn paid(&mut self, payment: &NativePayment) {
        let what = Moved::Payment { by: payment.by };
        self.add(payment.order, Asset::Native, payment.amount, what);
    }

    /// Whether less of the chain's own coin is told than was earned of it.
    pub(super) fn is_short_of(&self, gross: U256) -> bool {
        let told = self.movements.iter().map(|(_, movement)| movement);
        let told: U256 = told.filter(|one| is_gross(one)).map(|one| one.amount).sum();
        told < gross
    }

    /// What was noted of the chain's own coin beyond all that is told of it.
    pub(super) fn noted(&mut self) {
        let mut told: Vec<(u64, U256)> = self
            .movements
            .iter()
            .filter(|(_, movement)| is_gross(movement))
            .map(|(order, movement)| (order.block, movement.amount))
            .collect();
        told.sort_unstable();
        let mut told = told.into_iter().peekable();
        let mut known = U256::ZERO;
        for (order, amount) in std::mem::take(&mut self.synced) {
            while let Some((_, amount)) = told.next_if(|(block, _)| *block <= order.block) {
                known += amount;
            }
            let explained = known.min(amount);
            known -= explained;
            if explained < amount {
                self.add(order, Asset::Native, amount - explained, Moved::Noted);
            }
        }
    }

    pub(super) fn done(mut self) -> Vec<Movement> {
        self.movements.sort_by_key(|(order, _)| *order);
        self.movements.into_iter().map(|(_, one)| one).collect()
    }

    /// Money that came, of which the stablecoin tells once more.
    fn came(&mut self, log: &Log, asset: Address, amount: U256, what: Moved, from: Address) {
        if !asset.is_zero() {
            let hash = log.transaction_hash.unwrap_or_default();
            self.told.push((hash, from, amount));
        }
        self.add(Order::of(log), kind(asset), amount, what);
    }

    pub(super) fn add(&mut self, order: Order, asset: Asset, amount: U256, what: Moved) {
        let movement = Movement {
            at: 0,
            block: order.block,
            transaction: order.hash,
            asset,
            amount,
            what,
        };
        self.movements.push((order, movement));
    }
}

/// Whether the shares count it as revenue of the chain's own coin: royalties are counted apart, and what goes
/// around is counted again.
fn is_gross(movement: &Movement) -> bool {
    let counts = !matches!(
        movement.what,
        Moved::RoyaltyIn { .. } | Moved::RoyaltyOut { .. } | Moved::Claim { .. }
    );
    counts && movement.asset == Asset::Native
}

fn kind(asset: Address) -> Asset {
    match asset.is_zero() {
        true => Asset::Native,
        false => Asset::Stablecoin,
    }
}
