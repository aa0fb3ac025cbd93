//! A run that is over: its header and its receipts, closed under one root.
//!
//! The root is a [`merkle`] tree of the receipts' hashes in a context that holds the
//! header's hash, so that root and count commit to all of it. What travels in one
//! asset's credential is an [`Excerpt`](crate::excerpt::Excerpt).

use std::collections::BTreeMap;

use alloy_primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::behind::Behind;
use crate::decided::{counted, intent_faults};
use crate::intent::{Domain, Oversight, SignedIntent};
use crate::merkle::Tree;
use crate::receipt::{Links, Receipt, first_link};
use crate::run::EDIT;
use crate::taken::Places;
use crate::{Digest, Governed, Seed, canonical};

pub use crate::decided::SETTING_UP_MAX;
pub use crate::fault::RecordFault;

/// What a run was, apart from its tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunHeader {
    /// Name of the process.
    pub process: String,
    /// Its version.
    pub bundle: Digest,
    /// Digest of the inputs' digests by name ([`settings_digest`]).
    pub inputs: Digest,
    /// Digest of the parameters' digests by name.
    pub parameters: Digest,
    /// Seed of the run.
    pub seed: Seed,
    /// Tells apart runs of a studio that are otherwise the same.
    #[serde(deserialize_with = "canonical::read_u64")]
    pub nonce: u64,
    /// When it started, in milliseconds since 1970.
    pub started_ms: u64,
    /// When it ended, in milliseconds since 1970.
    pub ended_ms: u64,
    /// What carried it out: name and version, such as `daedal 0.1.0`.
    pub tool: String,
    /// Build target of the tool, such as `x86_64-unknown-linux-gnu`.
    pub target: String,
    /// Dials that votes decided, and the block at which they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governed: Option<Governed>,
    /// Names of the intents that set it up (authors', and of those who set inputs).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<B256>,
}

/// One input or parameter: its digest, and its value if it is public.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Digest of the canonical value. It doesn't hide a value that can be guessed.
    pub digest: Digest,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// Inputs or parameters by name.
pub type Settings = BTreeMap<String, Setting>;

impl Setting {
    /// A value that everyone may know.
    #[must_use]
    pub fn public(value: Value) -> Self {
        Self {
            digest: canonical::digest(&value),
            value: Some(value),
        }
    }

    /// A value that stays with the studio.
    #[must_use]
    pub fn private(value: &Value) -> Self {
        Self {
            digest: canonical::digest(value),
            value: None,
        }
    }
}

/// The inputs or parameters of a run, which are an object, all public.
#[must_use]
pub fn settings(values: &Value) -> Settings {
    settings_but(values, |_| false)
}

/// The inputs or parameters of a run, public but for those that `is_private` names.
pub fn settings_but(values: &Value, is_private: impl Fn(&str) -> bool) -> Settings {
    let setting = |(name, value): (&String, &Value)| {
        let setting = match is_private(name) {
            true => Setting::private(value),
            false => Setting::public(value.clone()),
        };
        (name.clone(), setting)
    };
    values
        .as_object()
        .into_iter()
        .flatten()
        .map(setting)
        .collect()
}

/// The one digest of inputs or parameters, whether public or not.
#[must_use]
pub fn settings_digest(settings: &Settings) -> Digest {
    let digests: BTreeMap<&String, Digest> = settings
        .iter()
        .map(|(name, setting)| (name, setting.digest))
        .collect();
    canonical::digest(&digests)
}

/// The identity of a run: what it was asked to do, and the studio's nonce.
#[must_use]
pub fn run_id(
    bundle: Digest,
    inputs: Digest,
    parameters: Digest,
    seed: Seed,
    nonce: u64,
) -> Digest {
    Digest::of_parts(
        "daedal/run/v1",
        &[
            &bundle.0,
            &inputs.0,
            &parameters.0,
            &seed.0.0,
            &nonce.to_be_bytes(),
        ],
    )
}

impl RunHeader {
    /// The identity of the run.
    #[must_use]
    pub fn run(&self) -> Digest {
        run_id(
            self.bundle,
            self.inputs,
            self.parameters,
            self.seed,
            self.nonce,
        )
    }

    /// What the leaves of the run's tree are bound to.
    #[must_use]
    pub fn context(&self) -> B256 {
        let mut bytes = b"daedal/receipt/v1".to_vec();
        bytes.extend(keccak256(canonical::to_vec(self)));
        keccak256(bytes)
    }
}

/// A run that is over. Written once, as canonical JSON; read by anyone who checks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// What the run was.
    pub header: RunHeader,
    /// Inputs by name.
    pub inputs: Settings,
    /// Parameters by name.
    pub parameters: Settings,
    /// Every task, in plan order.
    pub receipts: Vec<Receipt>,
    /// Intents that are shared; others are only named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<SignedIntent>,
    /// Root of the receipts.
    pub root: B256,
    /// Number of receipts.
    pub count: u64,
    /// Looked up when it is first asked for: a record is written once.
    #[serde(skip)]
    behind: Behind,
}

impl RunRecord {
    /// Closes a run: links the receipts (in plan order) and computes the root.
    #[must_use]
    pub fn close(
        mut header: RunHeader,
        inputs: Settings,
        parameters: Settings,
        receipts: Vec<Receipt>,
        intents: Vec<SignedIntent>,
    ) -> Self {
        header.inputs = settings_digest(&inputs);
        header.parameters = settings_digest(&parameters);
        let links = Links::all(header.run(), receipts);
        Self::close_linked(header, inputs, parameters, links, intents)
    }

    /// The same for receipts that are linked already.
    #[must_use]
    pub fn close_linked(
        mut header: RunHeader,
        inputs: Settings,
        parameters: Settings,
        links: Links,
        intents: Vec<SignedIntent>,
    ) -> Self {
        header.inputs = settings_digest(&inputs);
        header.parameters = settings_digest(&parameters);
        let root = Tree::of(header.context(), &links.hashes).root();
        Self {
            count: links.receipts.len() as u64,
            header,
            inputs,
            parameters,
            receipts: links.receipts,
            intents,
            root,
            behind: Behind::default(),
        }
    }

    /// Everything that is wrong with it; nothing if it stands.
    #[must_use]
    pub fn faults(&self) -> Vec<RecordFault> {
        let mut faults = Vec::new();
        for (what, settings, digest) in [
            ("inputs", &self.inputs, self.header.inputs),
            ("parameters", &self.parameters, self.header.parameters),
        ] {
            let told = settings.values().all(|setting| {
                let value = setting.value.as_ref();
                value.is_none_or(|value| canonical::digest(value) == setting.digest)
            });
            if !told || settings_digest(settings) != digest {
                faults.push(RecordFault::Settings { what });
            }
        }
        let governed = self.header.governed.as_ref();
        if !governed.is_none_or(|governed| governed.is_among(&self.parameters)) {
            let what = "governed dials";
            faults.push(RecordFault::Settings { what });
        }
        let mut prev = first_link(self.header.run());
        for (index, receipt) in self.receipts.iter().enumerate() {
            if receipt.prev != prev {
                faults.push(RecordFault::Link {
                    index: index as u64,
                    label: receipt.label(),
                });
            }
            prev = receipt.hash();
        }
        let tree = tree(&self.header, &self.receipts);
        if tree.count() != self.count {
            faults.push(RecordFault::Count {
                found: tree.count(),
                count: self.count,
            });
        }
        if tree.root() != self.root {
            faults.push(RecordFault::Root {
                found: tree.root(),
                root: self.root,
            });
        }
        if self.header.started_ms > self.header.ended_ms {
            faults.push(RecordFault::Times);
        }
        let stray = self.receipts.iter().enumerate().filter(|(index, receipt)| {
            let before = index.checked_sub(1).map(|before| &self.receipts[before]);
            let follows =
                before.is_some_and(|before| before.engine != EDIT && before.is_beside(receipt));
            receipt.engine == EDIT && !follows
        });
        faults.extend(stray.map(|(_, receipt)| RecordFault::Place {
            label: receipt.label(),
        }));
        let places = Places::of(&self.receipts);
        for (place, receipt) in self.receipts.iter().enumerate() {
            let is_made_up = |name: &&String| {
                let mut named = places.named(name, place);
                named.next().is_none()
            };
            let made_up = receipt.from.iter().filter(is_made_up);
            faults.extend(made_up.map(|name| RecordFault::From {
                label: receipt.label(),
                name: name.clone(),
            }));
        }
        let receipts = self.receipts.iter();
        faults.extend(intent_faults(&self.header, receipts, &self.intents));
        faults
    }

    /// Place of the receipt that made the asset: the first that made it, else the first that gave it.
    #[must_use]
    pub fn maker_of(&self, digest: &Digest) -> Option<usize> {
        self.behind.index(&self.receipts).maker_of(digest)
    }

    /// The tree of the receipts' hashes, of which the root is.
    pub(crate) fn tree(&self) -> &Tree {
        self.behind.tree(&self.header, &self.receipts)
    }

    /// Places of all receipts behind an asset, ascending: those that gave it, and those that gave what went into it
    /// before, as assets or as other values. What passes an asset on leads to that asset alone, not to others that it
    /// took beside it.
    #[must_use]
    pub fn lineage(&self, digest: &Digest) -> Vec<usize> {
        self.behind.index(&self.receipts).lineage(digest)
    }

    /// How much people steered the run, for a credential that names `anchor`. Call it on a record without
    /// [`Self::faults`].
    #[must_use]
    pub fn oversight(&self, anchor: Domain) -> Oversight {
        Oversight::shown_by(&self.intents, anchor)
    }

    /// How many intents it names, and how many of them it has.
    #[must_use]
    pub fn intents_named(&self) -> (usize, usize) {
        counted(&self.header, self.receipts.iter(), &self.intents)
    }
}

pub(crate) fn tree(header: &RunHeader, receipts: &[Receipt]) -> Tree {
    let hashes: Vec<B256> = receipts.iter().map(Receipt::hash).collect();
    Tree::of(header.context(), &hashes)
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
