//! Who voted for the dials of a run.

use daedal_core::AssetRef;
use serde::{Deserialize, Serialize};

/// The votes that decided dials of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Votes {
    /// The proof that verifiers take (`votes.json`).
    pub proof: AssetRef,
    /// What was carried out, in order.
    pub proposals: Vec<Proposal>,
}

/// A proposal that was carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The dials that it moved, and where to: `turbulence = 0.45`.
    pub moved: String,
    /// In its proposer's words.
    pub description: String,
    /// When it was carried out (RFC 3339, UTC).
    pub at: String,
    /// In which block.
    pub block: u64,
    /// Who voted how.
    pub ballots: Vec<Ballot>,
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ballot {
    /// Address of the account.
    pub voter: String,
    /// `for`, `against` or `abstain`.
    pub vote: String,
    /// How many votes, in shares.
    pub votes: String,
    /// Addresses of others who let the voter vote with their shares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delegators: Vec<String>,
    /// Why, in the voter's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}
