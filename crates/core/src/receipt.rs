//! What each task consumed and produced.
//!
//! A run's receipts stand in plan order, whatever order the tasks ended in. Each names the one
//! before it by Keccak ([`Receipt::prev`]; the first names the run), so that none can be changed,
//! moved or left out unseen; [`crate::record`] closes them under one root.

use alloy_primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};

use crate::asset::assets_in;
use crate::engine::{Determinism, Outcome, Task, Usage};
use crate::{AssetRef, Digest, Seed, canonical};

/// What one task consumed and produced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Path of the step, such as `draft` or `polish.revise`.
    pub step: String,
    /// Round of the loop around it, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// Place in the step's fan-out, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// Engine name.
    pub engine: String,
    /// Engine version.
    pub engine_version: String,
    /// Digest of the resolved `with:`.
    pub params: Digest,
    /// Present when the engine is seeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// Every asset in the resolved `with:`, in order.
    pub inputs: Vec<AssetRef>,
    /// Labels of the tasks before it whose values became part of what came of it, other than by these assets; a
    /// step's name stands for all of its tasks ([`crate::taken`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
    /// Every asset in what came of it, in order.
    pub outputs: Vec<AssetRef>,
    /// Digest of all that came of it, values without bytes included.
    pub value: Digest,
    /// How well it can be checked by running it again.
    pub determinism: Determinism,
    /// What it used, and the model or tool that did the work.
    pub usage: Usage,
    /// Names of the intents that decided it ([`crate::intent::SignedIntent::name`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<B256>,
    /// The execution that this outcome was taken from, when the task wasn't run again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Origin>,
    /// Hash of the receipt before it; [`first_link`] for the first.
    pub prev: B256,
}

/// The receipt of the execution that an outcome was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The run that it was executed in.
    pub run: Digest,
    /// Hash of its receipt there.
    pub receipt: B256,
}

/// Which of a run's tasks a receipt is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Path of the step.
    pub step: &'a str,
    /// Round of the loop around it, from 0.
    pub round: Option<u32>,
    /// Place in the step's fan-out, from 0.
    pub index: Option<u32>,
}

impl Place<'_> {
    /// How a person names the task: `polish.revise round 2 #3`.
    #[must_use]
    pub fn label(&self) -> String {
        let mut label = self.step.to_owned();
        if let Some(round) = self.round {
            label.push_str(&format!(" round {}", round + 1));
        }
        if let Some(index) = self.index {
            label.push_str(&format!(" #{}", index + 1));
        }
        label
    }
}

impl Receipt {
    /// The receipt of a task that was executed, not yet linked. Intents, [`Receipt::of`] and [`Receipt::from`] are
    /// for the caller to add.
    #[must_use]
    pub fn of_task(
        place: Place<'_>,
        task: &Task,
        outcome: &Outcome,
        determinism: Determinism,
    ) -> Self {
        Self {
            step: place.step.to_owned(),
            round: place.round,
            index: place.index,
            engine: task.engine.clone(),
            engine_version: task.engine_version.clone(),
            params: canonical::digest(&task.params),
            seed: task.seed,
            inputs: assets_in(&task.params),
            from: Vec::new(),
            outputs: assets_in(&outcome.value),
            value: canonical::digest(&outcome.value),
            determinism,
            usage: outcome.usage.clone(),
            intents: Vec::new(),
            of: None,
            prev: B256::ZERO,
        }
    }

    /// Its name: the Keccak of its canonical form.
    #[must_use]
    pub fn hash(&self) -> B256 {
        keccak256(canonical::to_vec(self))
    }

    /// What a decision on its task follows: `prev` of the intent ([`asked`]).
    #[must_use]
    pub fn asked(&self, run: Digest) -> B256 {
        asked(
            run,
            self.place(),
            &self.engine,
            &self.engine_version,
            self.params,
        )
    }

    /// Whether the asset with this digest is among its outputs.
    #[must_use]
    pub fn gives(&self, digest: &Digest) -> bool {
        self.outputs.iter().any(|asset| asset.digest == *digest)
    }

    /// Whether the asset came to be here, and wasn't only passed on.
    #[must_use]
    pub fn makes(&self, digest: &Digest) -> bool {
        self.gives(digest) && !self.inputs.iter().any(|asset| asset.digest == *digest)
    }

    /// Whether both are of the same task, of which a person may have edited what it gave.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        let place = |receipt: &Self| (receipt.round, receipt.index);
        self.step == other.step && place(self) == place(other)
    }

    /// How a person names the task: `polish.revise`, round 2, item 3.
    #[must_use]
    pub fn label(&self) -> String {
        self.place().label()
    }

    fn place(&self) -> Place<'_> {
        Place {
            step: &self.step,
            round: self.round,
            index: self.index,
        }
    }
}

/// What the first receipt of a run names.
#[must_use]
pub fn first_link(run: Digest) -> B256 {
    let mut bytes = b"daedal/run/v1".to_vec();
    bytes.extend(run.0);
    keccak256(bytes)
}

/// What a person decides on, as an intent names it: the task, its round and item, and all that it was given. The
/// receipt of the task tells all of it, so that nobody can put a decision under another question.
#[must_use]
pub fn asked(
    run: Digest,
    place: Place<'_>,
    engine: &str,
    engine_version: &str,
    params: Digest,
) -> B256 {
    let number = |number: Option<u32>| number.map_or(u64::MAX, u64::from).to_be_bytes();
    let digest = Digest::of_parts(
        "daedal/asked/v1",
        &[
            &run.0,
            place.step.as_bytes(),
            &number(place.round),
            &number(place.index),
            engine.as_bytes(),
            engine_version.as_bytes(),
            &params.0,
        ],
    );
    digest.0.into()
}

/// The receipts of a run, linked as they come, in plan order.
#[derive(Debug)]
pub struct Links {
    prev: B256,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) hashes: Vec<B256>,
}

impl Links {
    /// Those of a run that has no receipts yet.
    #[must_use]
    pub fn of(run: Digest) -> Self {
        Self {
            prev: first_link(run),
            receipts: Vec::new(),
            hashes: Vec::new(),
        }
    }

    /// Those of a run that has these.
    #[must_use]
    pub fn all(run: Digest, receipts: Vec<Receipt>) -> Self {
        let mut links = Self::of(run);
        for receipt in receipts {
            links.add(receipt);
        }
        links
    }

    /// The receipts so far.
    #[must_use]
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// Links a receipt to the one before it, and gives its hash; an earlier link is forgotten.
    pub fn add(&mut self, mut receipt: Receipt) -> B256 {
        receipt.prev = self.prev;
        self.prev = receipt.hash();
        self.receipts.push(receipt);
        self.hashes.push(self.prev);
        self.prev
    }
}
