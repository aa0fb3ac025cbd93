//! What travels in one asset's credential: enough to check from the file alone which task of which
//! run made it, and which shared human decisions led to it.

use std::collections::BTreeSet;

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

use crate::decided::{counted, intent_faults, named};
use crate::intent::{Domain, Oversight, SignedIntent};
use crate::merkle::Proof;
use crate::receipt::Receipt;
use crate::record::{RecordFault, RunHeader, RunRecord};
use crate::run::EDIT;
use crate::shown::is_told;
use crate::{Digest, canonical};

/// A longer list of options stays out of excerpts; the record has it.
const OPTIONS_MAX: usize = 24;
/// A judgement among so much that its receipt is longer, in bytes, stays out of excerpts too, as one among a thousand files
/// and more; an edit doesn't, since the credential names it among the actions.
const DECISION_BYTES_MAX: usize = 131_072;

/// A receipt with the proof that it belongs to a run's root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proven {
    /// The receipt.
    pub receipt: Receipt,
    /// Its place below the root.
    pub proof: Proof,
}

/// What is told in one asset's credential about the run that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excerpt {
    /// What the run was.
    pub header: RunHeader,
    /// Root of all its receipts.
    pub root: B256,
    /// Number of all its receipts.
    pub count: u64,
    /// First the receipt that made the asset, then those behind it that people decided.
    pub receipts: Vec<Proven>,
    /// Intents that are shared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<SignedIntent>,
}

/// Whether a judgement is left out of the excerpts of what it led to, since it was made among so much.
#[must_use]
pub fn is_too_long(judgement: &Receipt) -> bool {
    canonical::to_vec(judgement).len() > DECISION_BYTES_MAX
}

impl Excerpt {
    /// What the credential of the asset tells; none if the run didn't give it.
    #[must_use]
    pub fn of(record: &RunRecord, asset: &Digest) -> Option<Self> {
        Self::by_way_of(record, asset, &|_| true)
    }

    /// The same, of decisions in steps that are on the way to it. By its digest alone an asset that took two ways can't
    /// be told from one that took either.
    #[must_use]
    pub fn by_way_of(
        record: &RunRecord,
        asset: &Digest,
        is_on_way: &dyn Fn(&str) -> bool,
    ) -> Option<Self> {
        let maker = record.maker_of(asset)?;
        let decided = record.lineage(asset).into_iter().filter(|place| {
            let receipt = &record.receipts[*place];
            *place != maker
                && !receipt.intents.is_empty()
                && is_on_way(&receipt.step)
                && (receipt.engine == EDIT || !is_too_long(receipt))
        });
        let tree = record.tree();
        let receipts: Vec<Proven> = std::iter::once(maker)
            .chain(decided)
            .filter_map(|place| {
                Some(Proven {
                    receipt: record.receipts[place].clone(),
                    proof: tree.proof(place as u64)?,
                })
            })
            .collect();
        let named = named(
            &record.header,
            receipts.iter().map(|proven| &proven.receipt),
        );
        let mut intents = record.intents.clone();
        intents.retain(|intent| named.contains(&intent.name()));
        for intent in &mut intents {
            if intent.options.len() > OPTIONS_MAX {
                intent.options.clear();
            }
        }
        Some(Self {
            header: record.header.clone(),
            root: record.root,
            count: record.count,
            receipts,
            intents,
        })
    }

    /// Everything that is wrong with it as the origin of the asset; nothing if it stands.
    #[must_use]
    pub fn faults(&self, asset: &Digest) -> Vec<RecordFault> {
        let mut faults = Vec::new();
        if !self.maker().is_some_and(|receipt| receipt.gives(asset)) {
            faults.push(RecordFault::Output { digest: *asset });
        }
        let context = self.header.context();
        for Proven { receipt, proof } in &self.receipts {
            if proof.count != self.count || !proof.holds(context, self.root, receipt.hash()) {
                faults.push(RecordFault::Proof {
                    label: receipt.label(),
                });
            }
        }
        let receipts = self.receipts.iter().map(|proven| &proven.receipt);
        faults.extend(intent_faults(&self.header, receipts, &self.intents));
        faults
    }

    /// The receipt that made the asset.
    #[must_use]
    pub fn maker(&self) -> Option<&Receipt> {
        self.receipts.first().map(|proven| &proven.receipt)
    }

    /// How much people steered what led to the asset, for a credential that names `anchor`. Call it on an excerpt without
    /// [`Self::faults`].
    #[must_use]
    pub fn oversight(&self, anchor: Domain) -> Oversight {
        Oversight::shown_by(&self.intents, anchor)
    }

    /// How many intents it names, and how many of them it has.
    #[must_use]
    pub fn intents_named(&self) -> (usize, usize) {
        let receipts = self.receipts.iter().map(|proven| &proven.receipt);
        counted(&self.header, receipts, &self.intents)
    }

    /// Names of all intents that it names.
    #[must_use]
    pub fn names(&self) -> BTreeSet<B256> {
        named(
            &self.header,
            self.receipts.iter().map(|proven| &proven.receipt),
        )
    }

    /// How many of its decisions don't tell what was shown, and neither does the receipt that they decided.
    #[must_use]
    pub fn intents_unseen(&self) -> usize {
        let is_unseen = |signed: &&SignedIntent| {
            let name = signed.name();
            let mut receipts = self.receipts.iter().map(|proven| &proven.receipt);
            receipts.any(|receipt| receipt.intents.contains(&name) && !is_told(signed, receipt))
        };
        self.intents.iter().filter(is_unseen).count()
    }

    /// Whether all its receipts are of what led to the asset, and the first is the one that made it, by the record of the
    /// whole run.
    #[must_use]
    pub fn leads_to(&self, asset: &Digest, record: &RunRecord) -> bool {
        let lineage = record.lineage(asset);
        let places = self.receipts.iter();
        let mut places = places.map(|proven| usize::try_from(proven.proof.index).ok());
        let is_makers = places.clone().next().flatten() == record.maker_of(asset);
        is_makers && places.all(|place| place.is_some_and(|at| lineage.binary_search(&at).is_ok()))
    }
}
