//! Signatures of contract accounts (ERC-1271), such as a Safe or a wallet of a passkey.

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

use super::{Domain, IntentKind, Oversight, SignedIntent};
use crate::canonical;

/// Longest signature of a contract account, in bytes: of a Safe of sixty owners.
pub const SIGNATURE_BYTES_MAX: usize = 4_096;

/// The block at which a contract account accepted a signature, by the word of whoever asked it. Nobody can
/// check that without the chain, so what is signed this way shows nothing by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The chain that the contract is on.
    #[serde(deserialize_with = "canonical::read_u64")]
    pub chain: u64,
    /// Number of the block.
    #[serde(deserialize_with = "canonical::read_u64")]
    pub block: u64,
    /// Hash of that block.
    pub hash: B256,
}

impl Accepted {
    /// Whether a signature of this length can have been accepted there for an intent that counts in `domain`.
    pub(super) fn is_possible(self, domain: Domain, length: usize) -> bool {
        let is_there = domain == Domain::default() || domain.chain == self.chain;
        is_there && length <= SIGNATURE_BYTES_MAX
    }
}

impl Oversight {
    /// What these intents amount to by themselves. Those of contracts count for nothing, since only their chain can
    /// tell whether they were signed; nor do judgements that nobody tells, since then nobody can tell either whether
    /// they were followed, nor decisions for another registry than the one that the credential names, if it names one.
    #[must_use]
    pub fn shown_by(intents: &[SignedIntent], anchor: Domain) -> Self {
        let by_keys = intents
            .iter()
            .filter(|signed| signed.accepted.is_none() && signed.counts_for(anchor));
        let told = by_keys.filter(|signed| match signed.intent.kind {
            IntentKind::Choose | IntentKind::Approve | IntentKind::Reject | IntentKind::Edit => {
                signed.disclosed.is_some()
            }
            _ => true,
        });
        Self::of(told.map(|signed| signed.intent.kind))
    }
}
