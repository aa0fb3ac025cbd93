//! `votes.json`: what shows that votes decided the dials of a run.
//!
//! It holds receipts of transactions, each with the header of its block and its path in the trie of that block's
//! receipts, and nothing else that is told: whatever it shows is read from their logs. The registry tells where a
//! dial was registered, who controls the work and how the dial was moved; the timelock in control, which operation
//! moved it; and an operation's name commits to the governor and the proposal that it is of, of which the governor
//! tells who voted how.
//!
//! [`VotesProof::check`] does all that offline. Whether the blocks are part of the chain, and no vote was left out, only
//! a node can tell, which [`VotesProof::confirm`] asks.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use daedal_core::{Governed, canonical};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::ProvenReceipt;
use crate::contracts::{ProcessRegistry as registry, ProcessTimelock as timelock};
use crate::operations::{Vote, dial_name};

use ballots::{Told, voted};

mod ballots;
mod online;

/// The form of the file that this version writes and reads.
const FORM: &str = "votes/v1";

/// Receipts at most.
const RECEIPTS_MAX: usize = 4_096;

/// That votes decided dials of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VotesProof {
    /// The form of the file.
    pub daedal: String,
    /// The chain.
    pub chain: u64,
    /// The registry of works there.
    pub registry: Address,
    /// Number of the work.
    pub work: u64,
    /// What is shown, in the order of the chain.
    pub receipts: Vec<ProvenReceipt>,
}

/// Where the values of a run's governed dials come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Votes {
    /// Proposals that were carried out, in order.
    pub proposals: Vec<Voted>,
    /// Dials that stand as they were registered.
    pub as_registered: Vec<String>,
    /// Dials that the controller of the work moved, without a vote.
    pub by_controller: Vec<String>,
}

/// A proposal that was carried out, and moved dials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voted {
    /// The digest that names it.
    pub id: U256,
    /// The governor.
    pub governor: Address,
    /// Who made it.
    pub proposer: Address,
    /// In its proposer's words.
    pub description: String,
    /// Names of the dials that it moved.
    pub dials: Vec<String>,
    /// The block in which it was carried out.
    pub block: u64,
    /// When, in seconds since 1970.
    pub at: u64,
    /// Who voted how, in order.
    pub ballots: Vec<Ballot>,
}

/// A vote that was cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballot {
    /// Who voted.
    pub voter: Address,
    /// How.
    pub vote: Vote,
    /// Votes, in the smallest unit of the shares.
    pub weight: U256,
    /// Why, in the voter's words.
    pub reason: String,
    /// Others who let the voter vote with their shares.
    pub delegators: Vec<Address>,
}

/// Why a `votes.json` shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VotesFault {
    /// It is something else.
    #[error("it is no proof of votes ({0}); expected the votes.json of a release")]
    Foreign(String),
    /// It is of a later version.
    #[error("it is a proof of the form `{0}`, and this version reads `{FORM}`; use a newer daedal")]
    Newer(String),
    /// It is about another work, registry or chain.
    #[error(
        "it is about work {work} of the registry {registry} on chain {chain}, and the run read another one's dials"
    )]
    Elsewhere {
        /// Which work.
        work: u64,
        /// Of which registry.
        registry: Address,
        /// On which chain.
        chain: u64,
    },
    /// Its bytes are not as they were written.
    #[error("it is not in canonical form: somebody wrote it anew")]
    Form,
    /// A receipt isn't part of its block, or the blocks are in no order.
    #[error("receipt {place} of it shows nothing: {what}")]
    Receipt {
        /// Which one, from 1.
        place: usize,
        /// What is wrong with it.
        what: String,
    },
    /// It doesn't show how a dial came to its value.
    #[error("it does not show how votes came to `{dial}`: {what}")]
    Dial {
        /// Which dial.
        dial: String,
        /// What is missing or wrong.
        what: String,
    },
}

impl VotesFault {
    /// Whether the file is about something else, rather than a proof that was changed.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        matches!(
            self,
            Self::Foreign(_) | Self::Newer(_) | Self::Elsewhere { .. }
        )
    }
}

/// How a dial came to its value.
struct Moved<'t> {
    /// The value, as the chain counts it.
    value: i64,
    /// The log that says so, and the controller of the work then; none where it stands as registered.
    by: Option<(&'t Told, Option<Address>)>,
}

impl VotesProof {
    /// Reads a `votes.json`, without checking what it says.
    pub fn read(bytes: &[u8]) -> Result<Self, VotesFault> {
        let foreign = |error: serde_json::Error| VotesFault::Foreign(error.to_string());
        let value: Value = serde_json::from_slice(bytes).map_err(foreign)?;
        match value.get("daedal").and_then(Value::as_str) {
            Some(FORM) => {}
            Some(form) if form.starts_with("votes/") => {
                return Err(VotesFault::Newer(form.chars().take(40).collect()));
            }
            _ => {
                let message = format!("it has no `\"daedal\": \"{FORM}\"`");
                return Err(VotesFault::Foreign(message));
            }
        }
        let proof: Self = serde_json::from_value(value).map_err(foreign)?;
        match proof.to_bytes() == bytes {
            true => Ok(proof),
            false => Err(VotesFault::Form),
        }
    }

    /// The content of the file: canonical JSON.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_vec(self)
    }

    /// Checks what can be checked without the chain, and tells where the values that the run took come from.
    pub fn check(&self, pin: &Governed) -> Result<Votes, VotesFault> {
        if (self.chain, self.registry, self.work) != (pin.chain, pin.registry, pin.work) {
            return Err(VotesFault::Elsewhere {
                work: self.work,
                registry: self.registry,
                chain: self.chain,
            });
        }
        let told = self.told(pin)?;
        let mut votes = Votes::default();
        for (name, value) in &pin.dials {
            let wrong = |what: String| VotesFault::Dial {
                dial: name.clone(),
                what,
            };
            let moved = self.moved(&told, name, value).map_err(wrong)?;
            let Some((set, controller)) = moved.by else {
                votes.as_registered.push(name.clone());
                continue;
            };
            let word = dial_name(name).unwrap_or_default();
            let Some((executor, target, operation)) = self.operation(&told, set, word, moved.value)
            else {
                votes.by_controller.push(name.clone());
                continue;
            };
            // In control itself, or through the collective that is.
            if controller != Some(executor) && controller != Some(target) {
                return Err(wrong(format!(
                    "that {executor} controlled the work is not shown"
                )));
            }
            let voted = voted(&told, set, operation, self.shares(&told)).ok_or_else(|| {
                wrong(format!("no proposal is shown that {executor} carried out"))
            })?;
            let (mut yes, mut no) = (U256::ZERO, U256::ZERO);
            for ballot in &voted.ballots {
                match ballot.vote {
                    Vote::For => yes = yes.saturating_add(ballot.weight),
                    Vote::Against => no = no.saturating_add(ballot.weight),
                    Vote::Abstain => {}
                }
            }
            if yes <= no {
                let what = "the votes that are shown did not carry the proposal";
                return Err(wrong(what.to_owned()));
            }
            match votes
                .proposals
                .iter_mut()
                .find(|known| known.id == voted.id)
            {
                Some(known) => known.dials.push(name.clone()),
                None => votes.proposals.push(Voted {
                    dials: vec![name.clone()],
                    ..voted
                }),
            }
        }
        votes.proposals.sort_by_key(|voted| voted.block);
        Ok(votes)
    }

    /// All logs, in order, once every receipt has been found in its block, and none after the run read its dials.
    fn told(&self, pin: &Governed) -> Result<Vec<Told>, VotesFault> {
        let mut told = Vec::new();
        let mut before: Option<(u64, u64, B256)> = None;
        for (place, proven) in self.receipts.iter().enumerate() {
            let wrong = |what: String| VotesFault::Receipt {
                place: place + 1,
                what,
            };
            let (number, hash) = (proven.header.number, proven.header.hash_slow());
            let is_next = before.is_none_or(|(block, index, other)| {
                number > block || number == block && hash == other && proven.index > index
            });
            before = Some((number, proven.index, hash));
            let is_before = number < pin.block || (number, hash) == (pin.block, pin.hash);
            if !is_next || !is_before || place >= RECEIPTS_MAX {
                let what = "its block is not in order, or not before the one at which the run read its dials";
                return Err(wrong(what.to_owned()));
            }
            let logs = proven.logs().map_err(wrong)?;
            told.extend(logs.into_iter().map(|log| Told {
                receipt: place,
                block: number,
                at: proven.header.timestamp,
                log,
            }));
        }
        Ok(told)
    }

    /// How the registry says that a dial came to the value that the run took.
    fn moved<'t>(&self, told: &'t [Told], name: &str, value: &Value) -> Result<Moved<'t>, String> {
        let word = dial_name(name).unwrap_or_default();
        let work = U256::from(self.work);
        let (mut registered, mut controller, mut moved) = (None, None, None);
        for told in told {
            if let Some(event) = told.event::<registry::ParameterRegistered>(self.registry)
                && (event.work, event.name) == (work, word)
            {
                registered = Some(event);
            } else if let Some(event) = told.event::<registry::ControllerSet>(self.registry)
                && event.work == work
            {
                controller = Some(event.controller);
            } else if let Some(event) = told.event::<registry::ParameterSet>(self.registry)
                && (event.work, event.name) == (work, word)
            {
                moved = Some((event.to, told, controller));
            }
        }
        let registered = registered.ok_or("that it was registered is not shown")?;
        let moved = Moved {
            value: moved.map_or(registered.value, |(to, ..)| to),
            by: moved.map(|(_, told, controller)| (told, controller)),
        };
        match fits(value, moved.value, registered.decimals) {
            true => Ok(moved),
            false => Err(format!(
                "the chain has {} with {} digits behind the point, and the run took {value}",
                moved.value, registered.decimals
            )),
        }
    }

    /// The timelock that moved the dial, whom it called to do so, and the name of its operation.
    fn operation(
        &self,
        told: &[Told],
        set: &Told,
        name: B256,
        value: i64,
    ) -> Option<(Address, Address, B256)> {
        let call = registry::setParameterCall {
            work: U256::from(self.work),
            name,
            value,
        };
        let call = call.abi_encode();
        let mut beside = told.iter().filter(|told| told.receipt == set.receipt);
        beside.find_map(|told| {
            let executor = told.log.address;
            let event = told.event::<timelock::CallExecuted>(executor)?;
            (*event.data == *call).then_some((executor, event.target, event.id))
        })
    }

    /// The shares of the work, as the registry made them.
    fn shares(&self, told: &[Told]) -> Option<Address> {
        let mut events = told.iter();
        events.find_map(|told| {
            let event = told.event::<registry::WorkRegistered>(self.registry)?;
            (event.work == U256::from(self.work)).then_some(event.shares)
        })
    }
}

/// Whether a number of the chain is the value that a run took. Which of its choices a number means is up to the process.
fn fits(value: &Value, number: i64, decimals: u8) -> bool {
    match value {
        Value::Bool(value) => number == i64::from(*value),
        Value::Number(value) => {
            // As the run read it: both are exact in a double.
            let read = number as f64 / 10_f64.powi(i32::from(decimals));
            value.as_f64() == Some(read)
        }
        Value::String(_) => number >= 0 && decimals == 0,
        _ => false,
    }
}
