//! What of a run is on a chain, as it is kept.

use alloy_primitives::{Address, B256, U256};
use daedal_channels::site;
use daedal_core::AssetRef;
use daedal_core::run::RunId;
use daedal_provenance::manifest::Anchoring;
use serde::{Deserialize, Serialize};

use crate::chain::Known;

/// What of a run is on a chain. Kept once all of it is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OnChain {
    pub(crate) work: Known,
    pub(crate) version: u64,
    pub(crate) anchor: Anchor,
    /// The contract of the editions.
    pub(crate) contract: Address,
    pub(crate) editions: Vec<Minted>,
    /// Where the metadata of the editions begins, as the chain says.
    #[serde(default)]
    pub(crate) base: Option<String>,
}

impl OnChain {
    /// Whether the chain may say otherwise than the site, which is served at `url`.
    pub(super) fn has_moved(&self, run: RunId, url: Option<&str>) -> bool {
        let due = url.map(|url| site::token_base(Some(url), &run.0));
        !self.editions.is_empty() && due.is_some() && self.base != due
    }
}

/// Where the root of the run's batch stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Anchor {
    pub(crate) contract: Address,
    pub(crate) by: Address,
    pub(crate) root: B256,
    pub(crate) transaction: B256,
    pub(crate) block: u64,
    /// `anchor.json`
    pub(crate) proof: AssetRef,
}

impl Anchor {
    /// Who anchored, and by which contract, as credentials tell it.
    pub(super) fn anchoring(&self) -> Anchoring {
        Anchoring {
            by: self.by,
            contract: self.contract,
        }
    }
}

/// The edition of a piece.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Minted {
    /// Place among all pieces of the run.
    pub(crate) index: usize,
    pub(crate) token: U256,
    /// As the process says it, for what is in the shop.
    pub(crate) price: Option<String>,
    /// Whom it was minted for; the contract itself for what is in the shop.
    pub(crate) owner: Address,
}
