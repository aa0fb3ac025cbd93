//! Human decisions, signed by the person's own key (EIP-712).
//!
//! What was decided stays private until it is disclosed: an [`Intent`] holds a salted commitment
//! to it, and the root of everything that was shown, so that what was passed over counts too.

mod contract;
mod disclosure;
mod typed;

use alloy_primitives::{Address, B256, Bytes, Signature, U256, keccak256};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::merkle::{self, Tree};
use crate::{AssetRef, Digest, canonical};

pub use contract::{Accepted, SIGNATURE_BYTES_MAX};
pub use disclosure::{Disclosure, Given, Openings, set_name};
pub use typed::typed_data;

const DOMAIN_TYPE: &str =
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const INTENT_TYPE: &str = "Intent(bytes32 run,bytes32 step,uint8 kind,bytes32 payload,\
                           bytes32 seen,bytes32 prev,uint64 nonce,uint64 at)";

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IntentKind {
    /// Wrote a version of a process.
    Author = 0,
    /// Set inputs or parameters.
    Set = 1,
    /// Chose among candidates.
    Choose = 2,
    /// Let something pass.
    Approve = 3,
    /// Sent something back.
    Reject = 4,
    /// Changed something by hand.
    Edit = 5,
    /// Voted.
    Vote = 6,
    /// Let another key decide.
    Delegate = 7,
}

/// Where an intent counts: chain and registry of the process, zeros before it is registered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// EIP-155 chain id.
    #[serde(deserialize_with = "canonical::read_u64")]
    pub chain: u64,
    /// Address of the registry contract.
    pub registry: Address,
}

/// A human decision, as it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The run; zeros for [`IntentKind::Author`].
    pub run: B256,
    /// Keccak of the step's path; zeros where no step is meant.
    pub step: B256,
    /// What kind of decision it is.
    pub kind: IntentKind,
    /// Salted commitment to what was decided ([`Disclosure::commitment`]).
    pub payload: B256,
    /// Root of everything that was shown ([`seen_root`]); zeros where nothing was.
    pub seen: B256,
    /// The run's head at the moment of deciding.
    pub prev: B256,
    /// Tells apart decisions that are otherwise the same.
    #[serde(deserialize_with = "canonical::read_u64")]
    pub nonce: u64,
    /// When, in seconds since 1970.
    pub at: u64,
}

impl Domain {
    fn separator(self) -> B256 {
        let mut words = [B256::ZERO; 5];
        words[0] = keccak256(DOMAIN_TYPE);
        words[1] = keccak256("Daedal");
        words[2] = keccak256("1");
        words[3] = U256::from(self.chain).into();
        words[4] = self.registry.into_word();
        keccak256(words.concat())
    }
}

impl Intent {
    /// What the person's key signs: the EIP-712 hash.
    #[must_use]
    pub fn hash(&self, domain: Domain) -> B256 {
        let number = |number: u64| B256::from(U256::from(number));
        let fields = [
            keccak256(INTENT_TYPE),
            self.run,
            self.step,
            number(self.kind as u64),
            self.payload,
            self.seen,
            self.prev,
            number(self.nonce),
            number(self.at),
        ];
        let mut message = [0; 66];
        message[..2].copy_from_slice(&[0x19, 0x01]);
        message[2..34].copy_from_slice(domain.separator().as_slice());
        message[34..].copy_from_slice(keccak256(fields.concat()).as_slice());
        keccak256(message)
    }
}

/// The `step` field for the step at `path`, such as `pick` or `polish.revise`.
#[must_use]
pub fn step_word(path: &str) -> B256 {
    keccak256(path)
}

/// How what is shown together is named, in order: assets by their SHA-256; where something else is among them, each by the
/// Keccak of its canonical form, so that what has the name of a file was given as one.
#[must_use]
pub fn shown<'v>(values: impl IntoIterator<Item = &'v Value>) -> Vec<B256> {
    let values: Vec<&Value> = values.into_iter().collect();
    let asset = |value: &&Value| Some(AssetRef::from_value(value)?.digest.0.into());
    let assets: Option<Vec<B256>> = values.iter().map(asset).collect();
    let word = |value: &&Value| keccak256(canonical::value_to_vec(value));
    assets.unwrap_or_else(|| values.iter().map(word).collect())
}

/// Root of everything that was shown, in the order of showing.
#[must_use]
pub fn seen_root(options: &[B256]) -> B256 {
    Tree::of(merkle::context("daedal/seen/v1"), options).root()
}

/// An intent with its signature, and as much of what it means as its owner wants to tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedIntent {
    /// Where it counts.
    pub domain: Domain,
    /// What is signed.
    pub intent: Intent,
    /// Account of the person.
    pub signer: Address,
    /// `r ‖ s ‖ v`, 65 bytes; what the contract takes, if the account is one.
    pub signature: Bytes,
    /// Where the account accepted the signature, if it is a contract (ERC-1271).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
    /// What was decided, if it is disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed: Option<Disclosure>,
    /// Everything that was shown ([`shown`]), if it is disclosed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<B256>,
}

/// Why a signed intent doesn't stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntentFault {
    /// The signature isn't the signer's.
    #[error("the signature is not that of {signer} under this intent")]
    Signature {
        /// Who is said to have signed.
        signer: Address,
    },
    /// No contract can have accepted it.
    #[error(
        "the signature of the contract {signer} is longer than {SIGNATURE_BYTES_MAX} bytes, or was accepted on \
         another chain than the intent counts on"
    )]
    Contract {
        /// Which contract is said to have signed.
        signer: Address,
    },
    /// What is disclosed isn't what was committed to.
    #[error("the disclosed payload is not the one that {signer} committed to")]
    Payload {
        /// Who signed.
        signer: Address,
    },
    /// The options aren't those that were shown.
    #[error("the disclosed options are not those that {signer} was shown")]
    Options {
        /// Who signed.
        signer: Address,
    },
    /// Something was chosen that wasn't shown.
    #[error("{signer} is said to have chosen {item}, which was not shown")]
    NotShown {
        /// Who signed.
        signer: Address,
        /// What was chosen.
        item: B256,
    },
    /// It belongs to another run.
    #[error("the intent of {signer} belongs to run {run}")]
    OtherRun {
        /// Who signed.
        signer: Address,
        /// Where it belongs.
        run: Digest,
    },
}

impl SignedIntent {
    /// What is signed.
    #[must_use]
    pub fn message(&self) -> B256 {
        self.intent.hash(self.domain)
    }

    /// The intent's name in receipts: who signed is part of it, so that a run's root holds that, too.
    #[must_use]
    pub fn name(&self) -> B256 {
        let parts = [
            merkle::context("daedal/intent/v1"),
            self.message(),
            self.signer.into_word(),
        ];
        keccak256(parts.concat())
    }

    /// Whether it counts for what is anchored in `anchor`: what was signed for another registry doesn't, and what was
    /// signed for none, before the process was registered, does. Who wrote a process wrote it wherever it is registered.
    #[must_use]
    pub fn counts_for(&self, anchor: Domain) -> bool {
        let none = Domain::default();
        self.domain == none
            || anchor == none
            || self.domain == anchor
            || self.intent.kind == IntentKind::Author
    }

    /// The bundle that an author's intent discloses.
    #[must_use]
    pub fn authored(&self) -> Option<Digest> {
        let bundle = self.disclosed.as_ref()?.payload.get("bundle")?;
        bundle.as_str()?.parse().ok()
    }

    /// As much of it as is published: what was chosen, approved, edited or written (digests, all of them), but
    /// nothing of what was set.
    #[must_use]
    pub fn published(mut self) -> Self {
        if self.intent.kind == IntentKind::Set {
            self.disclosed = None;
        }
        self
    }

    /// Checks the signature and whatever is disclosed. The signature of a contract is left to whoever can ask its
    /// chain.
    pub fn check(&self) -> Result<(), IntentFault> {
        let signer = self.signer;
        match self.accepted {
            Some(accepted) if accepted.is_possible(self.domain, self.signature.len()) => {}
            Some(_) => return Err(IntentFault::Contract { signer }),
            None if recover(self.message(), &self.signature) == Some(signer) => {}
            None => return Err(IntentFault::Signature { signer }),
        }
        if let Some(disclosed) = &self.disclosed
            && disclosed.commitment() != self.intent.payload
        {
            return Err(IntentFault::Payload { signer });
        }
        if self.options.is_empty() {
            return Ok(());
        }
        if seen_root(&self.options) != self.intent.seen {
            return Err(IntentFault::Options { signer });
        }
        let chosen = self.disclosed.as_ref().and_then(Disclosure::chosen);
        match chosen
            .unwrap_or_default()
            .into_iter()
            .find(|item| !self.options.contains(item))
        {
            Some(item) => Err(IntentFault::NotShown { signer, item }),
            None => Ok(()),
        }
    }

    /// Like [`Self::check`], and that it belongs to `run` (or, for an author's, to no run).
    pub fn check_for(&self, run: Digest) -> Result<(), IntentFault> {
        let own = self.intent.run == B256::from(run.0);
        let authored = self.intent.kind == IntentKind::Author && self.intent.run.is_zero();
        if own || authored {
            return self.check();
        }
        Err(IntentFault::OtherRun {
            signer: self.signer,
            run: Digest(self.intent.run.0),
        })
    }
}

/// The account whose key made `signature` over `hash`; none for a signature in any but the one
/// normal form (65 bytes, low `s`, `v` of 27 or 28).
#[must_use]
pub fn recover(hash: B256, signature: &[u8]) -> Option<Address> {
    if signature.len() != 65 || !matches!(signature[64], 27 | 28) {
        return None;
    }
    let signature = Signature::from_raw(signature).ok()?;
    if signature.normalize_s().is_some() {
        return None;
    }
    signature.recover_address_from_prehash(&hash).ok()
}

/// How much people steered a run, computed from their signed intents and never declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oversight {
    /// Nobody signed anything.
    FullyAutonomous,
    /// People wrote the process or set its inputs.
    PromptGuided,
    /// People chose, approved, rejected or edited what came of it.
    HumanValidated,
}

impl Oversight {
    /// What intents of these kinds amount to.
    #[must_use]
    pub fn of(kinds: impl IntoIterator<Item = IntentKind>) -> Self {
        kinds
            .into_iter()
            .map(|kind| match kind {
                IntentKind::Choose
                | IntentKind::Approve
                | IntentKind::Reject
                | IntentKind::Edit => Self::HumanValidated,
                IntentKind::Author | IntentKind::Set | IntentKind::Vote | IntentKind::Delegate => {
                    Self::PromptGuided
                }
            })
            .max()
            .unwrap_or(Self::FullyAutonomous)
    }
}

#[cfg(test)]
#[path = "intent_tests.rs"]
mod tests;
