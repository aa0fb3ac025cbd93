//! What happened to the money of a work.

mod native;
mod sorting;

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::{Filter, Log};
use alloy_sol_types::SolEvent;
use daedal_core::economy::Asset;

use self::sorting::{Order, Sorting};
use super::{Ledgers, OperationError, Work, small};
use crate::client::ClientError;
use crate::contracts::{
    Collective, Commissions, Editions, Market, ProcessShares as shares, TestDollar as erc20,
};

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
    Commission {
        /// Who ordered it.
        client: Address,
    },
    /// Somebody paid, for whatever reason.
    Payment {
        /// Who.
        by: Address,
    },
    /// The chain's own coin from nobody knows whom, noted later than it came: it was sent by a contract, or the
    /// chain is too long to be searched for who sent it.
    Noted,
    /// What shares of another work earned that are held for this one: a collective's of the works that it pools.
    Harvest {
        /// Which work.
        from: u64,
    },
    /// What shares of the work itself earned, and whose holder had it paid to the work: a collective's reserve.
    /// It was revenue when it came first, and is none again.
    Around {
        /// Whose part it was.
        of: Address,
    },
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

/// Which way money went, as the work sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// To it.
    In,
    /// From it.
    Out,
    /// From it to itself.
    Around,
}

impl Moved {
    /// Which way it went.
    #[must_use]
    pub fn flow(self) -> Flow {
        match self {
            Self::RoyaltyOut { .. } | Self::Claim { .. } => Flow::Out,
            Self::Around { .. } => Flow::Around,
            _ => Flow::In,
        }
    }
}

impl Ledgers {
    /// All that moved, in order.
    pub async fn movements(&self, work: &Work) -> Result<Vec<Movement>, OperationError> {
        let mut sorting = Sorting::of(work.shares);
        let at = |address| Filter::new().address(address);
        let word = B256::from(U256::from(work.work));
        let sales = at(self.at.editions)
            .event_signature(Editions::EditionSold::SIGNATURE_HASH)
            .topic3(work.shares.into_word());
        sorting.sold(&self.all_logs(sales).await?);
        let orders = at(self.at.commissions)
            .event_signature(Commissions::CommissionOpened::SIGNATURE_HASH)
            .topic2(word);
        let orders = self.all_logs(orders).await?;
        if !orders.is_empty() {
            let ends = at(self.at.commissions).event_signature(vec![
                Commissions::CommissionEnded::SIGNATURE_HASH,
                Commissions::Credited::SIGNATURE_HASH,
            ]);
            sorting.commissioned(&orders, &self.all_logs(ends).await?);
        }
        let own = self.all_logs(at(work.shares)).await?;
        sorting.own(&own);
        let resales = at(self.at.market).event_signature(Market::Sold::SIGNATURE_HASH);
        let resales = self.all_logs(resales).await?;
        sorting.resold(&resales);
        let transfers = at(work.asset)
            .event_signature(erc20::Transfer::SIGNATURE_HASH)
            .topic2(work.shares.into_word());
        let transfers = self.all_logs(transfers).await?;
        let others = self.other_shares(work, &transfers).await?;
        sorting.arrived(&transfers, &others);
        self.resold_in_native(work, &resales, &mut sorting).await?;
        self.harvested_in_native(work, &mut sorting).await?;
        let gross = self.revenue(work, Asset::Native).await?.gross;
        if sorting.is_short_of(gross) {
            let first = own.first().and_then(|log| log.block_number);
            for payment in self.native_payments(work, first.unwrap_or(0)).await? {
                sorting.paid(&payment);
            }
        }
        sorting.noted();
        self.timed(sorting.done()).await
    }

    /// Which of those that sent money are shares of other works, and of which.
    async fn other_shares(
        &self,
        work: &Work,
        transfers: &[Log],
    ) -> Result<BTreeMap<Address, u64>, OperationError> {
        let (mut asked, mut found) = (Vec::new(), BTreeMap::new());
        for log in transfers {
            let Ok(transfer) = erc20::Transfer::decode_log_data(&log.inner.data) else {
                continue;
            };
            let from = transfer.from;
            if asked.contains(&from) || from == work.shares {
                continue;
            }
            asked.push(from);
            // What has no such method is somebody, and what only says so is not what the registry made.
            let Some(number) = self.optional(from, &shares::workCall {}).await? else {
                continue;
            };
            match self.work(small(number)).await {
                Ok(other) if other.shares == from => drop(found.insert(from, other.work)),
                Ok(_) | Err(OperationError::Unknown { .. }) => {}
                Err(OperationError::Client(ClientError::Reverted { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Royalties of resales that were paid in the chain's own coin, which leaves no trace at the shares.
    async fn resold_in_native(
        &self,
        work: &Work,
        resales: &[Log],
        sorting: &mut Sorting,
    ) -> Result<(), OperationError> {
        for log in resales {
            let Ok(sale) = Market::Sold::decode_log_data(&log.inner.data) else {
                continue;
            };
            if sale.asset.is_zero()
                && !sale.royalty.is_zero()
                && self.listing(small(sale.listing)).await?.work == work.work
            {
                let what = Moved::Resale { by: sale.buyer };
                sorting.add(Order::of(log), Asset::Native, sale.royalty, what);
            }
        }
        Ok(())
    }

    /// What a collective passed on to its own shares in the chain's own coin.
    async fn harvested_in_native(
        &self,
        work: &Work,
        sorting: &mut Sorting,
    ) -> Result<(), OperationError> {
        let Some(collective) = self.collective(work.work).await? else {
            return Ok(());
        };
        let filter = Filter::new()
            .address(collective.address)
            .event_signature(Collective::Harvested::SIGNATURE_HASH);
        for log in self.all_logs(filter).await? {
            let Ok(harvest) = Collective::Harvested::decode_log_data(&log.inner.data) else {
                continue;
            };
            let from = small(harvest.work);
            // Of its own work it goes around, which the shares tell themselves.
            if harvest.asset.is_zero() && from != work.work && !harvest.amount.is_zero() {
                let what = Moved::Harvest { from };
                sorting.add(Order::of(&log), Asset::Native, harvest.amount, what);
            }
        }
        Ok(())
    }

    /// Movements with the times of their blocks.
    async fn timed(&self, mut movements: Vec<Movement>) -> Result<Vec<Movement>, OperationError> {
        let mut times = BTreeMap::new();
        for movement in &mut movements {
            movement.at = match times.get(&movement.block) {
                Some(time) => *time,
                None => {
                    let time = self.client.block_time(Some(movement.block)).await?;
                    *times.entry(movement.block).or_insert(time.unwrap_or(0))
                }
            };
        }
        Ok(movements)
    }
}
