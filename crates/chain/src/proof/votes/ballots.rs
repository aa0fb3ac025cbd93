//! A proposal that was carried out and its votes, from the logs that tell of them.

use alloy_primitives::{Address, B256, Log, U256, keccak256};
use alloy_sol_types::{SolEvent, SolValue};

use super::{Ballot, Voted};
use crate::contracts::{ProcessGovernor as governor, ProcessShares as shares};
use crate::operations::Vote;

/// A log, and the block that it is in.
pub(super) struct Told {
    pub(super) receipt: usize,
    pub(super) block: u64,
    pub(super) at: u64,
    pub(super) log: Log,
}

impl Told {
    /// The event of this kind that it is, if it is one of `address`.
    pub(super) fn event<E: SolEvent>(&self, address: Address) -> Option<E> {
        (self.log.address == address)
            .then(|| E::decode_log_data(&self.log.data).ok())
            .flatten()
    }
}

/// The proposal that an operation of a timelock carried out, with its votes.
pub(super) fn voted(
    told: &[Told],
    set: &Told,
    operation: B256,
    shares: Option<Address>,
) -> Option<Voted> {
    let (governor, created) = told.iter().find_map(|told| {
        let governor = told.log.address;
        let event = told.event::<governor::ProposalCreated>(governor)?;
        (operation_of(governor, &event) == operation).then_some((governor, event))
    })?;
    let id = created.proposalId;
    let executed = told.iter().any(|told| {
        let event = told.event::<governor::ProposalExecuted>(governor);
        told.receipt == set.receipt && event.is_some_and(|event| event.proposalId == id)
    });
    let mut ballots: Vec<Ballot> = Vec::new();
    for (voter, support, weight, reason) in told.iter().filter_map(|told| cast(told, governor, id))
    {
        // A governor counts one vote each.
        let is_known = ballots.iter().any(|ballot| ballot.voter == voter);
        ballots.push(Ballot {
            voter,
            vote: Vote::of(support).filter(|_| !is_known)?,
            weight,
            reason,
            delegators: Vec::new(),
        });
    }
    if let Some(shares) = shares {
        delegated(told, shares, created.voteStart, &mut ballots);
    }
    executed.then_some(Voted {
        id,
        governor,
        proposer: created.proposer,
        description: created.description,
        dials: Vec::new(),
        block: set.block,
        at: set.at,
        ballots,
    })
}

/// The vote on a proposal that a log of its governor tells of: voter, support, votes, reason.
fn cast(told: &Told, governor: Address, id: U256) -> Option<(Address, u8, U256, String)> {
    if let Some(event) = told.event::<governor::VoteCast>(governor) {
        let cast = (event.voter, event.support, event.weight, event.reason);
        return (event.proposalId == id).then_some(cast);
    }
    let event = told.event::<governor::VoteCastWithParams>(governor)?;
    let cast = (event.voter, event.support, event.weight, event.reason);
    (event.proposalId == id).then_some(cast)
}

/// Adds who let the voters vote when the vote began, by the last that each of them said before.
fn delegated(told: &[Told], shares: Address, begins: U256, ballots: &mut [Ballot]) {
    let mut delegates: Vec<(Address, Address)> = Vec::new();
    for told in told.iter().filter(|told| U256::from(told.at) <= begins) {
        if let Some(event) = told.event::<shares::DelegateChanged>(shares) {
            delegates.retain(|(delegator, _)| *delegator != event.delegator);
            delegates.push((event.delegator, event.toDelegate));
        }
    }
    for ballot in ballots {
        let own = delegates.iter().filter(|(delegator, delegate)| {
            *delegate == ballot.voter && *delegator != ballot.voter
        });
        ballot.delegators = own.map(|(delegator, _)| *delegator).collect();
    }
}

/// The name of the operation by which a governor has its timelock carry out a proposal: OpenZeppelin's
/// `hashOperationBatch`, with the governor and the proposal's words in its salt.
fn operation_of(governor: Address, proposal: &governor::ProposalCreated) -> B256 {
    let mut salt = keccak256(&proposal.description);
    for (byte, own) in salt.0.iter_mut().zip(governor.0.0) {
        *byte ^= own;
    }
    let operation = (
        proposal.targets.clone(),
        proposal.values.clone(),
        proposal.calldatas.clone(),
        B256::ZERO,
        salt,
    );
    keccak256(operation.abi_encode_params())
}
