//! Proposals: what was asked of a governor, how the vote goes, and what becomes of it.

use alloy_primitives::{Address, Bytes, U256, keccak256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::SolEvent;

use super::{Act, Governor, Ledgers, Motion, OperationError, Receipt, events, small};
use crate::client::ClientError;
use crate::contracts::ProcessGovernor as governor;

/// A vote; its number is that of governors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vote {
    /// Against it.
    Against,
    /// For it.
    For,
    /// Neither, but counted for the quorum.
    Abstain,
}

impl Vote {
    /// By the number that governors have for it.
    pub(crate) fn of(support: u8) -> Option<Self> {
        [Self::Against, Self::For, Self::Abstain]
            .into_iter()
            .find(|vote| *vote as u8 == support)
    }
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalState {
    /// The vote has not begun.
    Pending,
    /// Votes are cast.
    Active,
    /// Its proposer took it back.
    Canceled,
    /// Too few were for it.
    Defeated,
    /// It passed, and nobody queued it yet.
    Succeeded,
    /// It waits in the timelock.
    Queued,
    /// It waited too long.
    Expired,
    /// It is done.
    Executed,
}

impl ProposalState {
    /// As people and scripts read it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Canceled => "canceled",
            Self::Defeated => "defeated",
            Self::Succeeded => "succeeded",
            Self::Queued => "queued",
            Self::Expired => "expired",
            Self::Executed => "executed",
        }
    }
}

/// Votes that were cast, in the smallest unit of the shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Against.
    pub against: U256,
    /// For.
    pub for_: U256,
    /// Neither.
    pub abstain: U256,
    /// Needed for and abstaining; unknown before the vote begins.
    pub quorum: Option<U256>,
}

/// A proposal as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The digest that names it.
    pub id: U256,
    /// Who made it.
    pub proposer: Address,
    /// What it would do, where we know how to say it.
    pub motion: Option<Motion>,
    /// In its proposer's words.
    pub description: String,
    /// When the vote begins, in seconds since 1970: shares vote as they were delegated then.
    pub begins: u64,
    /// When it ends.
    pub ends: u64,
    /// When it can be executed, once it is queued.
    pub eta: Option<u64>,
    /// Where it stands.
    pub state: ProposalState,
    /// What was cast.
    pub tally: Tally,
    /// Whom the calls go to, and what they say.
    calls: Vec<(Address, Bytes)>,
}

/// A call that names a proposal as governors want it: by all that it consists of.
macro_rules! named {
    ($call:ident, $proposal:expr) => {
        governor::$call {
            targets: $proposal.targets(),
            values: $proposal.values(),
            calldatas: $proposal.data(),
            descriptionHash: keccak256(&$proposal.description),
        }
    };
}

impl Governor {
    /// Proposes it. Its caller needs enough votes.
    #[must_use]
    pub fn propose(&self, at: (Address, Bytes), description: &str) -> Act {
        let call = governor::proposeCall {
            targets: vec![at.0],
            values: vec![U256::ZERO],
            calldatas: vec![at.1],
            description: description.to_owned(),
        };
        Act::call(self.address, &call)
    }

    /// Votes.
    #[must_use]
    pub fn vote(&self, proposal: U256, vote: Vote, reason: &str) -> Act {
        let support = vote as u8;
        if reason.is_empty() {
            let call = governor::castVoteCall {
                proposalId: proposal,
                support,
            };
            return Act::call(self.address, &call);
        }
        let call = governor::castVoteWithReasonCall {
            proposalId: proposal,
            support,
            reason: reason.to_owned(),
        };
        Act::call(self.address, &call)
    }

    /// Puts a proposal that passed into the timelock.
    #[must_use]
    pub fn queue(&self, proposal: &Proposal) -> Act {
        Act::call(self.address, &named!(queueCall, proposal))
    }

    /// Carries out a proposal whose time in the timelock is over.
    #[must_use]
    pub fn execute(&self, proposal: &Proposal) -> Act {
        Act::call(self.address, &named!(executeCall, proposal))
    }

    /// Takes a proposal back before its vote begins. Its proposer's.
    #[must_use]
    pub fn cancel(&self, proposal: &Proposal) -> Act {
        Act::call(self.address, &named!(cancelCall, proposal))
    }
}

impl Proposal {
    fn targets(&self) -> Vec<Address> {
        self.calls.iter().map(|(target, _)| *target).collect()
    }

    fn values(&self) -> Vec<U256> {
        vec![U256::ZERO; self.calls.len()]
    }

    fn data(&self) -> Vec<Bytes> {
        self.calls.iter().map(|(_, data)| data.clone()).collect()
    }
}

impl Ledgers {
    /// Number of the proposal that a transaction made.
    pub fn proposal_made(
        &self,
        governor: &Governor,
        receipt: &Receipt,
    ) -> Result<U256, OperationError> {
        let event: governor::ProposalCreated = self.event(receipt, governor.address)?;
        Ok(event.proposalId)
    }

    /// Proposals to a governor, in order.
    pub async fn proposals(&self, governor: &Governor) -> Result<Vec<Proposal>, OperationError> {
        let at = governor.address;
        let filter = Filter::new()
            .address(at)
            .event_signature(governor::ProposalCreated::SIGNATURE_HASH);
        let logs = self.all_logs(filter).await?;
        let mut proposals = Vec::new();
        for event in events::<governor::ProposalCreated>(logs.iter().map(|log| &log.inner), at) {
            proposals.push(self.proposal(at, event).await?);
        }
        Ok(proposals)
    }

    async fn proposal(
        &self,
        at: Address,
        event: governor::ProposalCreated,
    ) -> Result<Proposal, OperationError> {
        let id = event.proposalId;
        let state = state_of(self.read(at, &governor::stateCall { proposal: id }).await?);
        let call = governor::proposalVotesCall { proposalId: id };
        let votes = self.read(at, &call).await?;
        // The end may have moved: a late quorum gives more time.
        let call = governor::proposalDeadlineCall { proposal: id };
        let ends = small(self.read(at, &call).await?);
        let call = governor::proposalEtaCall { proposalId: id };
        let eta = small(self.read(at, &call).await?);
        let quorum = match state {
            ProposalState::Pending => None,
            _ => {
                let timepoint = event.voteStart;
                let quorum = self.read(at, &governor::quorumCall { timepoint }).await;
                match quorum {
                    Ok(quorum) => Some(quorum),
                    // Canceled before its vote began.
                    Err(ClientError::Reverted { .. }) => None,
                    Err(error) => return Err(error.into()),
                }
            }
        };
        let calls: Vec<(Address, Bytes)> = event.targets.into_iter().zip(event.calldatas).collect();
        let motion = match calls.as_slice() {
            [(target, data)] => Motion::read(*target, data),
            _ => None,
        };
        Ok(Proposal {
            id,
            proposer: event.proposer,
            motion,
            description: event.description,
            begins: small(event.voteStart),
            ends,
            eta: (eta != 0).then_some(eta),
            state,
            tally: Tally {
                against: votes.againstVotes,
                for_: votes.forVotes,
                abstain: votes.abstainVotes,
                quorum,
            },
            calls,
        })
    }

    /// What an account voted, if it did.
    pub async fn vote_of(
        &self,
        governor: &Governor,
        proposal: U256,
        account: Address,
    ) -> Result<Option<Vote>, OperationError> {
        let filter = Filter::new()
            .address(governor.address)
            .event_signature(governor::VoteCast::SIGNATURE_HASH)
            .topic1(account.into_word());
        let logs = self.all_logs(filter).await?;
        let logs = logs.iter().map(|log| &log.inner);
        let mut cast = events::<governor::VoteCast>(logs, governor.address);
        let cast = cast.find(|vote| vote.proposalId == proposal);
        Ok(cast.and_then(|vote| Vote::of(vote.support)))
    }

    /// Whether an account voted.
    pub async fn has_voted(
        &self,
        governor: &Governor,
        proposal: U256,
        account: Address,
    ) -> Result<bool, OperationError> {
        let call = governor::hasVotedCall {
            proposalId: proposal,
            account,
        };
        Ok(self.read(governor.address, &call).await?)
    }
}

fn state_of(number: u8) -> ProposalState {
    match number {
        0 => ProposalState::Pending,
        1 => ProposalState::Active,
        2 => ProposalState::Canceled,
        3 => ProposalState::Defeated,
        4 => ProposalState::Succeeded,
        5 => ProposalState::Queued,
        6 => ProposalState::Expired,
        _ => ProposalState::Executed,
    }
}
