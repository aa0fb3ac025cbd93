//! Collectives: works that are owned and moved together.

use alloy_primitives::{Address, U256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::SolEvent;
use daedal_core::digest::Digest;
use daedal_core::units::BasisPoints;

use super::governance::encoded as settings_encoded;
use super::{Act, Ledgers, OperationError, Receipt, Settings, events, narrow, small};
use crate::contracts::{Collective as collective, Governance as governance};

/// What a collective offers to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatOffer {
    /// Who pools the work: the owner of its token.
    pub member: Address,
    /// The work.
    pub work: u64,
    /// How many of its shares the member brings, in their smallest unit.
    pub work_shares: U256,
    /// How many shares of the collective the member gets for them.
    pub shares: U256,
    /// The last second in which the member may take the seat, since 1970.
    pub until: u64,
}

/// A seat as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// What was offered.
    pub offer: SeatOffer,
    /// Whether the member took it.
    pub is_pooled: bool,
}

/// What a collective is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charter {
    /// Of the collective and its shares.
    pub name: String,
    /// Of its shares.
    pub symbol: String,
    /// Digest of its statutes.
    pub bundle: Digest,
    /// Its metadata.
    pub uri: String,
    /// The stablecoin of all its works.
    pub asset: Address,
    /// What works that name the collective upstream owe to it.
    pub royalty: BasisPoints,
    /// All its shares: the founders' and the reserve for later members.
    pub supply: U256,
    /// The first members.
    pub founders: Vec<SeatOffer>,
}

/// A collective as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collective {
    /// Its contract.
    pub address: Address,
    /// Its own work, whose shares are the collective's.
    pub work: u64,
    /// Its shares.
    pub shares: Address,
    /// Who carries out what it votes.
    pub timelock: Address,
    /// Whether all founders have pooled once, so that it votes.
    pub is_founded: bool,
    /// Founders who have not pooled.
    pub missing: u32,
}

impl SeatOffer {
    pub(super) fn encoded(&self) -> Result<collective::SeatOffer, OperationError> {
        Ok(collective::SeatOffer {
            member: self.member,
            work: U256::from(self.work),
            workShares: narrow(self.work_shares, "a number of shares")?,
            shares: narrow(self.shares, "a number of shares")?,
            until: narrow(U256::from(self.until), "a time")?,
        })
    }
}

impl Collective {
    /// Takes the caller's seat with a work.
    #[must_use]
    pub fn pool(&self, work: u64) -> Act {
        let work = U256::from(work);
        Act::call(self.address, &collective::poolCall { work })
    }

    /// Gives the caller's seat up, and takes the work back.
    #[must_use]
    pub fn leave_with(&self, work: u64) -> Act {
        let work = U256::from(work);
        Act::call(self.address, &collective::leaveWithCall { work })
    }

    /// Gives control of a work that is not pooled back to the owner of its token.
    #[must_use]
    pub fn release(&self, work: u64) -> Act {
        let work = U256::from(work);
        Act::call(self.address, &collective::releaseCall { work })
    }

    /// Passes on what the shares of a work owe to the collective.
    #[must_use]
    pub fn harvest(&self, work: u64, asset: Address) -> Act {
        let work = U256::from(work);
        Act::call(self.address, &collective::harvestCall { work, asset })
    }
}

impl Ledgers {
    /// Makes a collective with its shares and its governor.
    pub fn form(&self, charter: &Charter, settings: &Settings) -> Result<Act, OperationError> {
        let founders = charter.founders.iter();
        let founders: Result<Vec<_>, OperationError> = founders
            .map(|offer| {
                let offer = offer.encoded()?;
                Ok(governance::SeatOffer {
                    member: offer.member,
                    work: offer.work,
                    workShares: offer.workShares,
                    shares: offer.shares,
                    until: offer.until,
                })
            })
            .collect();
        let call = governance::formCall {
            charter: governance::CollectiveCharter {
                name: charter.name.clone(),
                symbol: charter.symbol.clone(),
                bundle: charter.bundle.0.into(),
                uri: charter.uri.clone(),
                asset: charter.asset,
                royaltyBps: charter.royalty.0,
                supply: narrow(charter.supply, "a supply")?,
                founders: founders?,
            },
            settings: settings_encoded(settings),
        };
        Ok(Act::call(self.at.governance, &call))
    }

    /// Number of the own work of the collective that a transaction made.
    pub fn collective_made(&self, receipt: &Receipt) -> Result<u64, OperationError> {
        let event: governance::CollectiveMade = self.event(receipt, self.at.governance)?;
        Ok(small(event.work))
    }

    /// Numbers of the own works of all collectives, in order.
    pub async fn collectives(&self) -> Result<Vec<u64>, OperationError> {
        let filter = Filter::new()
            .address(self.at.governance)
            .event_signature(governance::CollectiveMade::SIGNATURE_HASH);
        let logs = self.all_logs(filter).await?;
        let logs = logs.iter().map(|log| &log.inner);
        let made = events::<governance::CollectiveMade>(logs, self.at.governance);
        Ok(made.map(|event| small(event.work)).collect())
    }

    /// The same of those that an account made.
    pub async fn collectives_of(&self, by: Address) -> Result<Vec<u64>, OperationError> {
        let filter = Filter::new()
            .address(self.at.governance)
            .event_signature(governance::CollectiveMade::SIGNATURE_HASH)
            .topic3(by.into_word());
        let logs = self.all_logs(filter).await?;
        let logs = logs.iter().map(|log| &log.inner);
        let made = events::<governance::CollectiveMade>(logs, self.at.governance);
        Ok(made.map(|event| small(event.work)).collect())
    }

    /// The collective whose own work this is.
    pub async fn collective(&self, work: u64) -> Result<Option<Collective>, OperationError> {
        let call = governance::collectiveOfCall {
            work: U256::from(work),
        };
        let address = self.read(self.at.governance, &call).await?;
        if address.is_zero() {
            return Ok(None);
        }
        Ok(Some(Collective {
            address,
            work,
            shares: self.read(address, &collective::sharesCall {}).await?,
            timelock: self.read(address, &collective::timelockCall {}).await?,
            is_founded: self.read(address, &collective::foundedCall {}).await?,
            missing: self.read(address, &collective::missingCall {}).await?,
        }))
    }

    /// The seat of a work; none was offered if absent.
    pub async fn seat(
        &self,
        collective: &Collective,
        work: u64,
    ) -> Result<Option<Seat>, OperationError> {
        let call = collective::seatOfCall {
            work: U256::from(work),
        };
        let found = self.read(collective.address, &call).await?;
        if found.member.is_zero() {
            return Ok(None);
        }
        Ok(Some(Seat {
            offer: SeatOffer {
                member: found.member,
                work,
                work_shares: U256::from(found.workShares),
                shares: U256::from(found.shares),
                until: found.until.to(),
            },
            is_pooled: found.pooled,
        }))
    }

    /// Works that a seat was ever offered for, in the order in which that was first done.
    pub async fn offered(&self, collective: &Collective) -> Result<Vec<u64>, OperationError> {
        let filter = Filter::new()
            .address(collective.address)
            .event_signature(collective::SeatOffered::SIGNATURE_HASH);
        let logs = self.all_logs(filter).await?;
        let logs = logs.iter().map(|log| &log.inner);
        let mut works: Vec<u64> = Vec::new();
        for event in events::<collective::SeatOffered>(logs, collective.address) {
            let work = small(event.work);
            if !works.contains(&work) {
                works.push(work);
            }
        }
        Ok(works)
    }

    /// Seats as they stand, in the order in which they were first offered.
    pub async fn seats(&self, collective: &Collective) -> Result<Vec<Seat>, OperationError> {
        let mut seats = Vec::new();
        for work in self.offered(collective).await? {
            seats.extend(self.seat(collective, work).await?);
        }
        Ok(seats)
    }
}
