//! What needs a node: making a proof of votes, and confirming one.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::{Filter, Log};
use alloy_sol_types::SolEvent;
use daedal_core::Governed;

use super::{FORM, RECEIPTS_MAX, Votes, VotesProof, fits};
use crate::client::{BlockPin, Client, ClientError};
use crate::contracts::{
    ProcessGovernor as governor, ProcessRegistry as registry, ProcessShares as shares,
};
use crate::operations::{Ledgers, OperationError, dial_name};
use crate::proof::{ConfirmFault, ProvenReceipt};

/// Votes on a proposal that are shown at most: those with the most shares.
const BALLOTS_MAX: usize = 256;

/// Hashes of transactions by the numbers of their blocks.
#[derive(Default)]
struct Wanted(BTreeMap<u64, BTreeSet<B256>>);

impl Wanted {
    fn add(&mut self, log: &Log) {
        if let (Some(block), Some(hash)) = (log.block_number, log.transaction_hash) {
            self.0.entry(block).or_default().insert(hash);
        }
    }
}

/// The event that a log is.
fn event<E: SolEvent>(log: &Log) -> Option<E> {
    E::decode_log_data(&log.inner.data).ok()
}

impl VotesProof {
    /// The proof of where the dials come from that a run read at this pin. The chain is searched for it.
    pub async fn of(reads: &Ledgers, pin: &Governed) -> Result<Self, OperationError> {
        let (client, at) = (reads.client(), reads.deployment().registry);
        let filter = Filter::new()
            .address(at)
            .event_signature(vec![
                registry::WorkRegistered::SIGNATURE_HASH,
                registry::ParameterRegistered::SIGNATURE_HASH,
                registry::ControllerSet::SIGNATURE_HASH,
                registry::ParameterSet::SIGNATURE_HASH,
            ])
            .topic1(B256::from(U256::from(pin.work)));
        let (mut wanted, mut moved) = (Wanted::default(), BTreeMap::new());
        for log in until(pin, reads.all_logs(filter).await?) {
            match event::<registry::ParameterSet>(&log) {
                // The last one counts.
                Some(set) => drop(moved.insert(set.name, log)),
                None => wanted.add(&log),
            }
        }
        moved.retain(|name, _| pin.dials.keys().any(|dial| dial_name(dial) == Some(*name)));
        let mut known = BTreeSet::new();
        for log in moved.into_values() {
            wanted.add(&log);
            let receipt = client.receipt(log.transaction_hash.unwrap_or_default());
            for log in receipt.await?.iter().flat_map(|receipt| receipt.logs()) {
                let executed = event::<governor::ProposalExecuted>(log);
                if let Some(executed) = executed
                    && known.insert((log.inner.address, executed.proposalId))
                {
                    let (at, id) = (log.inner.address, executed.proposalId);
                    proposal(reads, pin, at, id, &mut wanted).await?;
                }
            }
        }
        let mut receipts = Vec::new();
        for (number, hashes) in wanted.0 {
            let hashes: Vec<B256> = hashes.into_iter().collect();
            receipts.extend(ProvenReceipt::of_block(client, number, &hashes).await?);
        }
        receipts.truncate(RECEIPTS_MAX);
        let proof = Self {
            daedal: FORM.to_owned(),
            chain: client.chain_id(),
            registry: at,
            work: pin.work,
            receipts,
        };
        proof.check(pin).map_err(|fault| {
            let place = client.place();
            OperationError::Input(format!("the votes at {place} can't be shown: {fault}"))
        })?;
        Ok(proof)
    }

    /// Asks a node whether the blocks are the chain's, whether the dials stood as the run took them, and whether all
    /// votes are shown; tells what it said. Say that it stands only after [`Self::check`], which gave `votes`.
    pub async fn confirm(
        &self,
        votes: &Votes,
        pin: &Governed,
        client: &Client,
    ) -> Result<String, ConfirmFault> {
        client.check_chain().await?;
        let place = client.place();
        if client.chain_id() != self.chain {
            return Err(ConfirmFault::Unsaid(format!(
                "{place} is chain {}, and the votes are on chain {}: ask a node of that one",
                client.chain_id(),
                self.chain
            )));
        }
        let denied = |what: String| Err(ConfirmFault::Denied(format!("{place} says that {what}")));
        let headers = self.receipts.iter().map(|proven| &proven.header);
        let mut blocks: BTreeMap<u64, B256> = headers
            .map(|header| (header.number, header.hash_slow()))
            .collect();
        blocks.insert(pin.block, pin.hash);
        for (number, hash) in blocks {
            let pinned = BlockPin { number, hash };
            if client.block(number).await? != Some(pinned) {
                return denied(format!("there is no block {number} with the hash {hash}"));
            }
        }
        let at = BlockPin {
            number: pin.block,
            hash: pin.hash,
        };
        for (dial, value) in &pin.dials {
            let call = registry::parameterOfCall {
                work: U256::from(self.work),
                name: dial_name(dial).unwrap_or_default(),
            };
            match client.read_at(at, self.registry, &call).await {
                Ok(found) if fits(value, found.value, found.decimals) => {}
                Ok(found) => {
                    return denied(format!(
                        "`{dial}` stood at {} with {} digits behind the point at block {}",
                        found.value, found.decimals, pin.block
                    ));
                }
                Err(ClientError::Reverted { .. }) => {
                    return denied(format!("the work has no dial `{dial}`"));
                }
                // A node need not keep the state of all blocks, and that of the headers is enough.
                Err(ClientError::Refused { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let mut are_all_shown = true;
        for voted in &votes.proposals {
            let call = governor::proposalVotesCall {
                proposalId: voted.id,
            };
            let tally = client.read(voted.governor, &call).await?;
            let counted = [tally.againstVotes, tally.forVotes, tally.abstainVotes];
            let mut shown = [U256::ZERO; 3];
            for ballot in &voted.ballots {
                let sum = &mut shown[ballot.vote as usize];
                *sum = sum.saturating_add(ballot.weight);
            }
            if shown
                .iter()
                .zip(&counted)
                .any(|(shown, counted)| shown > counted)
            {
                return denied(format!("fewer votes were cast on proposal {}", voted.id));
            }
            are_all_shown &= shown == counted;
        }
        let all = match are_all_shown {
            true => "",
            false => ", where more votes were cast than are shown",
        };
        Ok(format!("confirmed by {place}{all}"))
    }
}

/// Logs that were there when the run read its dials.
fn until(pin: &Governed, logs: Vec<Log>) -> impl Iterator<Item = Log> {
    let block = pin.block;
    logs.into_iter()
        .filter(move |log| log.block_number.is_some_and(|number| number <= block))
}

/// Adds what shows a proposal: that it was made, who voted, and who had let them.
async fn proposal(
    reads: &Ledgers,
    pin: &Governed,
    at: Address,
    id: U256,
    wanted: &mut Wanted,
) -> Result<(), OperationError> {
    let of = |event: B256| Filter::new().address(at).event_signature(event);
    let created = of(governor::ProposalCreated::SIGNATURE_HASH);
    let mut begins = U256::ZERO;
    for log in until(pin, reads.all_logs(created).await?) {
        if let Some(created) = event::<governor::ProposalCreated>(&log)
            && created.proposalId == id
        {
            begins = created.voteStart;
            wanted.add(&log);
        }
    }
    let votes = Filter::new().address(at).event_signature(vec![
        governor::VoteCast::SIGNATURE_HASH,
        governor::VoteCastWithParams::SIGNATURE_HASH,
    ]);
    let mut cast = Vec::new();
    for log in until(pin, reads.all_logs(votes).await?) {
        let plain = event::<governor::VoteCast>(&log)
            .map(|event| (event.proposalId, event.weight, event.voter));
        let with_params = || {
            event::<governor::VoteCastWithParams>(&log)
                .map(|event| (event.proposalId, event.weight, event.voter))
        };
        if let Some((of, weight, voter)) = plain.or_else(with_params)
            && of == id
        {
            cast.push((weight, voter, log));
        }
    }
    cast.sort_by_key(|(weight, ..)| std::cmp::Reverse(*weight));
    cast.truncate(BALLOTS_MAX);
    let voters: BTreeSet<Address> = cast.iter().map(|(_, voter, _)| *voter).collect();
    cast.iter().for_each(|(.., log)| wanted.add(log));
    for log in delegations(reads, pin, begins).await?.values() {
        let delegated = event::<shares::DelegateChanged>(log);
        if delegated.is_some_and(|event| {
            event.delegator != event.toDelegate && voters.contains(&event.toDelegate)
        }) {
            wanted.add(log);
        }
    }
    Ok(())
}

/// The last that each holder of the work's shares said before the vote began about who votes with theirs.
async fn delegations(
    reads: &Ledgers,
    pin: &Governed,
    begins: U256,
) -> Result<BTreeMap<Address, Log>, OperationError> {
    let filter = Filter::new()
        .address(reads.work(pin.work).await?.shares)
        .event_signature(shares::DelegateChanged::SIGNATURE_HASH);
    let mut last = BTreeMap::new();
    for log in until(pin, reads.all_logs(filter).await?) {
        let at = match log.block_timestamp {
            Some(at) => Some(at),
            None => reads.client().block_time(log.block_number).await?,
        };
        if at.is_some_and(|at| U256::from(at) <= begins)
            && let Some(delegated) = event::<shares::DelegateChanged>(&log)
        {
            last.insert(delegated.delegator, log);
        }
    }
    Ok(last)
}
