//! One decision of a run, told by whoever keeps what its commitments hide: enough to check it against the credential
//! of anything that the run made.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::decided::intent_faults;
use crate::excerpt::Proven;
use crate::intent::{IntentKind, Openings, SignedIntent, set_name};
use crate::record::{RecordFault, RunHeader, RunRecord, Settings, tree};
use crate::{Digest, canonical};

/// What a disclosure calls its form.
pub const FORM: &str = "disclosure/v1";

/// A decision, and as much of what it hides as is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosed {
    /// [`FORM`].
    pub form: String,
    /// What the run was.
    pub header: RunHeader,
    /// Root of its receipts.
    pub root: B256,
    /// Number of its receipts.
    pub count: u64,
    /// The receipt that names the intent; any, where the header does.
    pub receipt: Proven,
    /// Digests of the run's inputs by name, which the header commits to.
    pub inputs: BTreeMap<String, Digest>,
    /// Digests of its parameters.
    pub parameters: BTreeMap<String, Digest>,
    /// The decision.
    pub intent: SignedIntent,
    /// What of it was sealed and is told.
    #[serde(default, skip_serializing_if = "Openings::is_empty")]
    pub opened: Openings,
}

/// Why a disclosure doesn't stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureFault {
    /// It has another form.
    #[error("it has the form `{found}`, expected `{FORM}`")]
    Form {
        /// What it says.
        found: String,
    },
    /// It doesn't belong to the run that it tells, or tells it wrong.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// The receipt isn't part of the root.
    #[error("its receipt is not part of the root {root}")]
    Proof {
        /// Which root.
        root: B256,
    },
    /// Nothing is told of what was decided.
    #[error("it tells nothing of what was decided")]
    Nothing,
    /// What is told isn't what was sealed.
    #[error("what it tells of `{name}` is not what was signed")]
    Opening {
        /// Its name.
        name: String,
    },
    /// What is told to have been set isn't what the run took.
    #[error("the run took another `{name}` than was signed")]
    Setting {
        /// Its name.
        name: String,
    },
}

impl Disclosed {
    /// Tells an intent of a run; none if nothing of the run names it.
    #[must_use]
    pub fn of(record: &RunRecord, intent: SignedIntent, opened: Openings) -> Option<Self> {
        let name = intent.name();
        let mut receipts = record.receipts.iter();
        let place = match record.header.intents.contains(&name) {
            true => 0,
            false => receipts.position(|receipt| receipt.intents.contains(&name))?,
        };
        let tree = tree(&record.header, &record.receipts);
        let digests = |settings: &Settings| {
            let settings = settings.iter();
            settings
                .map(|(name, setting)| (name.clone(), setting.digest))
                .collect()
        };
        Some(Self {
            form: FORM.to_owned(),
            header: record.header.clone(),
            root: record.root,
            count: record.count,
            receipt: Proven {
                receipt: record.receipts.get(place)?.clone(),
                proof: tree.proof(place as u64)?,
            },
            inputs: digests(&record.inputs),
            parameters: digests(&record.parameters),
            intent,
            opened,
        })
    }

    /// The first thing that is wrong with it, if anything is. That the run's root is that of a credential is for
    /// whoever has the credential to look at.
    pub fn check(&self) -> Result<(), DisclosureFault> {
        if self.form != FORM {
            let found = self.form.clone();
            return Err(DisclosureFault::Form { found });
        }
        let Proven { receipt, proof } = &self.receipt;
        let holds = proof.holds(self.header.context(), self.root, receipt.hash());
        if !holds || proof.count != self.count {
            return Err(DisclosureFault::Proof { root: self.root });
        }
        let intents = std::slice::from_ref(&self.intent);
        if let Some(fault) = intent_faults(&self.header, std::iter::once(receipt), intents).pop() {
            return Err(fault.into());
        }
        for (what, digests, digest) in [
            ("inputs", &self.inputs, self.header.inputs),
            ("parameters", &self.parameters, self.header.parameters),
        ] {
            if canonical::digest(digests) != digest {
                return Err(RecordFault::Settings { what }.into());
            }
        }
        let is_set = self.intent.intent.kind == IntentKind::Set;
        for (name, value) in self.told()? {
            // What was set is a dial of the run; other names tell of something else.
            let is_dial = ["inputs.", "parameters."]
                .iter()
                .any(|of| name.starts_with(of));
            let own = self.setting(name);
            let is_missing = own.is_none() && is_set && is_dial;
            if is_missing || own.is_some_and(|own| own != canonical::digest(value)) {
                let name = name.to_owned();
                return Err(DisclosureFault::Setting { name });
            }
        }
        Ok(())
    }

    /// What is told of what was sealed, by name.
    pub fn told(&self) -> Result<BTreeMap<&str, &Value>, DisclosureFault> {
        let payload = self.intent.disclosed.as_ref();
        let payload = payload.ok_or(DisclosureFault::Nothing)?;
        let told = self.opened.iter().map(|(name, opening)| {
            let value = payload.opened(name, opening);
            let name = name.as_str();
            value
                .map(|value| (name, value))
                .ok_or(DisclosureFault::Opening {
                    name: name.to_owned(),
                })
        });
        told.collect()
    }

    /// The digest that the run has of a dial, as [`set_name`] calls it.
    fn setting(&self, name: &str) -> Option<Digest> {
        let find = |of: &'static str, digests: &BTreeMap<String, Digest>| {
            let mut digests = digests.iter();
            digests.find_map(|(dial, digest)| (set_name(of, dial) == name).then_some(*digest))
        };
        find("inputs", &self.inputs).or_else(|| find("parameters", &self.parameters))
    }
}

#[cfg(test)]
#[path = "disclosed_tests.rs"]
mod tests;
