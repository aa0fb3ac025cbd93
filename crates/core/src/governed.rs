//! Dials that votes decide, as a run took them from a chain.
//!
//! What a run takes is what stood at one block, which is pinned by its hash: a run that is resumed, or
//! checked years later, has the same values, whatever was voted since. The pin is part of the run's
//! header, so that every receipt's leaf commits to it; it is not part of a run's name, of seeds or of
//! memo keys, which follow from the values alone.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical;
use crate::record::Settings;

/// Values of governed dials, and where they were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Governed {
    /// The chain's id.
    #[serde(deserialize_with = "canonical::read_u64")]
    pub chain: u64,
    /// The registry of works there.
    pub registry: Address,
    /// Number of the work.
    #[serde(deserialize_with = "canonical::read_u64")]
    pub work: u64,
    /// Number of the block at which the dials were read.
    #[serde(deserialize_with = "canonical::read_u64")]
    pub block: u64,
    /// Hash of that block.
    pub hash: B256,
    /// The dials by name, in the units of the process file.
    pub dials: BTreeMap<String, Value>,
}

impl Governed {
    /// Whether a run had these values among its parameters.
    #[must_use]
    pub fn is_among(&self, parameters: &Settings) -> bool {
        self.dials.iter().all(|(name, value)| {
            let setting = parameters.get(name);
            setting.is_some_and(|setting| setting.digest == canonical::digest(value))
        })
    }

    /// The dials in words: `palette = "ember", turbulence = 0.45`.
    #[must_use]
    pub fn told(&self) -> String {
        self.told_of(self.dials.keys())
    }

    /// Those of them that have these names.
    #[must_use]
    pub fn told_of<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> String {
        let dials = names.into_iter();
        let told: Vec<String> = dials
            .filter_map(|name| Some(format!("{name} = {}", self.dials.get(name)?)))
            .collect();
        told.join(", ")
    }
}
