//! Votes about works: governors, what is proposed, and what becomes of it.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::{SolCall, SolEvent};
use daedal_core::units::BasisPoints;

use super::{Act, Ledgers, OperationError, Receipt, events, small};
use crate::client::ClientError;
use crate::contracts::{
    Collective as collective, Governance as governance, ProcessGovernor as governor,
    ProcessRegistry as registry, ProcessShares as shares,
};

/// How a work or a collective is governed, in seconds and parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// From a proposal to its vote.
    pub voting_delay: u32,
    /// In which votes are cast.
    pub voting_period: u32,
    /// That remain to vote once a quorum is reached.
    pub extension: u32,
    /// From a vote that passed to its execution.
    pub timelock_delay: u32,
    /// Votes for or abstaining that a proposal needs, of all shares that are issued.
    pub quorum: BasisPoints,
    /// Votes that a proposer needs, of the supply.
    pub threshold: BasisPoints,
}

/// A governor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Governor {
    /// Its contract.
    pub address: Address,
    /// Who carries out what is voted.
    pub timelock: Address,
    /// The collective whose works it governs, too.
    pub collective: Option<Address>,
    /// The work that it governs.
    pub work: u64,
    /// The shares that vote.
    pub token: Address,
    /// How.
    pub settings: Settings,
}

impl Ledgers {
    /// Makes the governor of a work and its timelock. The controller's.
    #[must_use]
    pub fn govern(&self, work: u64, settings: &Settings) -> Act {
        let call = governance::governCall {
            work: U256::from(work),
            settings: encoded(settings),
        };
        Act::call(self.at.governance, &call)
    }

    /// Governor and timelock that a transaction made.
    pub fn governor_made(&self, receipt: &Receipt) -> Result<(Address, Address), OperationError> {
        let event: governance::GovernorMade = self.event(receipt, self.at.governance)?;
        Ok((event.governor, event.timelock))
    }

    /// Governor and timelock that [`Self::govern`] would make, done by `from`.
    pub async fn would_govern(
        &self,
        from: Address,
        work: u64,
        settings: &Settings,
    ) -> Result<(Address, Address), OperationError> {
        let call = governance::governCall {
            work: U256::from(work),
            settings: encoded(settings),
        };
        let at = self.at.governance;
        let made = self.client.read_as(from, at, &call).await?;
        Ok((made.governor, made.timelock))
    }

    /// Governors that somebody made for a work, in order, whether it was given to them or not.
    pub async fn governors_made(
        &self,
        work: u64,
        by: Address,
    ) -> Result<Vec<Governor>, OperationError> {
        let at = self.at.governance;
        let filter = Filter::new()
            .address(at)
            .event_signature(governance::GovernorMade::SIGNATURE_HASH)
            .topic1(B256::from(U256::from(work)));
        let logs = self.all_logs(filter).await?;
        let made = events::<governance::GovernorMade>(logs.iter().map(|log| &log.inner), at);
        let mut governors = Vec::new();
        for event in made.filter(|event| event.by == by) {
            governors.push(self.governor(event.governor).await?);
        }
        Ok(governors)
    }

    /// Gives control of a work to somebody else. For good: only they can give it back.
    #[must_use]
    pub fn hand_over(&self, work: u64, controller: Address) -> Act {
        let work = U256::from(work);
        let call = registry::setControllerCall { work, controller };
        Act::call(self.at.registry, &call)
    }

    /// Who governs a work by votes: its own governor, or that of the collective that pools it.
    pub async fn governor_of(&self, work: u64) -> Result<Option<Governor>, OperationError> {
        let controller = self.work(work).await?.controller;
        let timelock = match self.timelock_of_collective(controller).await? {
            Some(timelock) => timelock,
            None => controller,
        };
        let call = governance::governorBehindCall { timelock };
        let address = self.read(self.at.governance, &call).await?;
        if address.is_zero() {
            return Ok(None);
        }
        let governor = self.governor(address).await?;
        // Control may have been given to the timelock of another work.
        let governs = governor.work == work || governor.collective == Some(controller);
        Ok(governs.then_some(governor))
    }

    /// A governor that our contracts made.
    pub async fn governor(&self, address: Address) -> Result<Governor, OperationError> {
        let charter = self.read(address, &governor::charterCall {}).await?;
        Ok(Governor {
            address,
            timelock: charter.timelock,
            collective: Some(charter.collective).filter(|address| !address.is_zero()),
            work: small(charter.work),
            token: charter.token,
            settings: Settings {
                voting_delay: charter.settings.votingDelay,
                voting_period: charter.settings.votingPeriod,
                extension: charter.settings.extension,
                timelock_delay: charter.settings.timelockDelay,
                quorum: BasisPoints(charter.settings.quorumBps),
                threshold: BasisPoints(charter.settings.thresholdBps),
            },
        })
    }

    /// The timelock of the collective at an address, if one of ours is there.
    async fn timelock_of_collective(
        &self,
        address: Address,
    ) -> Result<Option<Address>, OperationError> {
        let own = match self.read(address, &collective::ownWorkCall {}).await {
            Ok(own) => own,
            Err(ClientError::Reverted { .. } | ClientError::Lie { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // Anybody may have a contract that answers so.
        let call = governance::collectiveOfCall { work: own };
        if self.read(self.at.governance, &call).await? != address {
            return Ok(None);
        }
        Ok(Some(
            self.read(address, &collective::timelockCall {}).await?,
        ))
    }

    /// Votes of an account now, by what is delegated to it.
    pub async fn votes_of(&self, token: Address, account: Address) -> Result<U256, OperationError> {
        let call = shares::getVotesCall { account };
        Ok(self.read(token, &call).await?)
    }

    /// Votes of an account at a time of the past.
    pub async fn votes_at(
        &self,
        governor: &Governor,
        account: Address,
        at: u64,
    ) -> Result<U256, OperationError> {
        let call = governor::getVotesCall {
            account,
            timepoint: U256::from(at),
        };
        Ok(self.read(governor.address, &call).await?)
    }

    /// Time as a governor counts it, in seconds since 1970.
    pub async fn time_of(&self, governor: &Governor) -> Result<u64, OperationError> {
        let call = governor::clockCall {};
        Ok(self.read(governor.address, &call).await?.to())
    }

    /// Votes that a proposer needs now.
    pub async fn threshold(&self, governor: &Governor) -> Result<U256, OperationError> {
        let call = governor::proposalThresholdCall {};
        Ok(self.read(governor.address, &call).await?)
    }

    /// Whom an account lets vote with its shares; nobody if it never said.
    pub async fn delegate_of(
        &self,
        token: Address,
        account: Address,
    ) -> Result<Option<Address>, OperationError> {
        let found = self.read(token, &shares::delegatesCall { account }).await?;
        Ok(Some(found).filter(|address| !address.is_zero()))
    }
}

pub(super) fn encoded(settings: &Settings) -> governance::GovernanceSettings {
    governance::GovernanceSettings {
        votingDelay: settings.voting_delay,
        votingPeriod: settings.voting_period,
        extension: settings.extension,
        timelockDelay: settings.timelock_delay,
        quorumBps: settings.quorum.0,
        thresholdBps: settings.threshold.0,
    }
}

/// A call, as a proposal carries it.
pub(super) fn call<C: SolCall>(target: Address, call: &C) -> (Address, Bytes) {
    (target, call.abi_encode().into())
}
