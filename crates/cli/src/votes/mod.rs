//! Votes about works and collectives: what can be proposed, and what becomes of it.

mod motion;
mod next;
mod propose;
mod settings;
mod steps;

use alloy_primitives::{Address, U256};
use daedal_chain::operations::{Governor, Ledgers, Proposal};
use daedal_core::units::BasisPoints;

use crate::chain::{self, refused};
use crate::failure::Failure;

pub(crate) use motion::{Words, to_json as motion_to_json};
pub(crate) use next::{Next, told_at};
pub(crate) use propose::{Asked, Proposing, propose, said};
pub(crate) use settings::{SettingFlags, to_json as settings_to_json, told as settings_told};
pub(crate) use steps::{Step, step, tally_to_json, tally_told, vote, word_of};

/// The governor of a work, which has to have one.
pub(crate) async fn governor_of(reads: &Ledgers, work: u64) -> Result<Governor, Failure> {
    let governor = reads.governor_of(work).await.map_err(refused)?;
    if let Some(governor) = governor {
        return Ok(governor);
    }
    let controller = reads.work(work).await.map_err(refused)?.controller;
    Err(Failure::new(format!(
        "nobody votes on work {work}: its controller, {controller}, decides alone"
    ))
    .help(format!(
        "its controller can let the shares vote: daedal govern enable {work}"
    )))
}

/// Votes that a proposer needs, of a supply that is fixed: the contract's own word is of the second before,
/// in which the shares may not have been there.
pub(crate) async fn threshold(reads: &Ledgers, governor: &Governor) -> Result<U256, Failure> {
    let holders = reads.holders(governor.work).await.map_err(refused)?;
    let supply: U256 = holders.iter().map(|holder| holder.shares).sum();
    let part = supply * U256::from(governor.settings.threshold.0);
    Ok(part.div_ceil(U256::from(BasisPoints::ALL.0)))
}

/// A proposal by its short number or its id, and its short number.
pub(crate) fn find(proposals: Vec<Proposal>, name: &str) -> Result<(usize, Proposal), Failure> {
    let count = proposals.len();
    let id = chain::token(name);
    let place = match name.parse::<usize>() {
        Ok(number) if (1..=count).contains(&number) => Some(number - 1),
        _ => proposals.iter().position(|known| Some(known.id) == id),
    };
    let found = place.and_then(|place| Some((place + 1, proposals.into_iter().nth(place)?)));
    found.ok_or_else(|| {
        let help = match count {
            0 => "none was made yet: daedal govern propose WORK".to_owned(),
            1 => "there is one: 1".to_owned(),
            count => format!("give its number, 1 to {count}, or its id: daedal govern status WORK"),
        };
        Failure::new(format!("there is no proposal `{name}`")).help(help)
    })
}

/// What an account can do with the shares that vote.
pub(crate) struct Standing {
    /// Shares that it has.
    pub(crate) shares: U256,
    /// Who votes with them.
    pub(crate) delegate: Option<Address>,
    /// Votes that it has now, by all who let it vote.
    pub(crate) votes: U256,
}

impl Standing {
    pub(crate) async fn of(
        reads: &Ledgers,
        governor: &Governor,
        account: Address,
    ) -> Result<Self, Failure> {
        Self::of_token(reads, governor.token, account).await
    }

    /// The same, of shares that nobody governs with yet.
    pub(crate) async fn of_token(
        reads: &Ledgers,
        token: Address,
        account: Address,
    ) -> Result<Self, Failure> {
        let shares = reads.money_of(account, token).await;
        let delegate = reads.delegate_of(token, account).await;
        let votes = reads.votes_of(token, account).await;
        Ok(Self {
            shares: shares.map_err(refused)?,
            delegate: delegate.map_err(refused)?,
            votes: votes.map_err(refused)?,
        })
    }

    /// Whether it has shares with which nobody votes.
    pub(crate) fn is_mute(&self) -> bool {
        !self.shares.is_zero() && self.delegate.is_none()
    }
}
