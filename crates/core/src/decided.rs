//! Whether the intents of a run stand for what its receipts say came of them.

use std::collections::BTreeSet;

use alloy_primitives::B256;

use crate::intent::{Domain, IntentKind, SignedIntent, step_word};
use crate::receipt::Receipt;
use crate::record::{RecordFault, RunHeader};

/// The names of all intents that the header and these receipts name.
pub(crate) fn named<'a>(
    header: &RunHeader,
    receipts: impl Iterator<Item = &'a Receipt>,
) -> BTreeSet<B256> {
    receipts
        .flat_map(|receipt| &receipt.intents)
        .chain(&header.intents)
        .copied()
        .collect()
}

pub(crate) fn intent_faults<'a>(
    header: &RunHeader,
    receipts: impl Iterator<Item = &'a Receipt> + Clone,
    intents: &[SignedIntent],
) -> Vec<RecordFault> {
    let named = named(header, receipts.clone());
    let run = header.run();
    let mut faults = Vec::new();
    for intent in intents {
        let hash = intent.hash();
        let is_authors = intent.intent.kind == IntentKind::Author;
        if let Err(fault) = intent.check_for(run) {
            faults.push(fault.into());
        } else if !named.contains(&hash) {
            faults.push(RecordFault::IntentUnnamed { hash });
        } else if is_authors && intent.authored() != Some(header.bundle) {
            faults.push(RecordFault::IntentBundle { hash });
        } else if !is_authors && !counts_in(header, intent.domain) {
            faults.push(RecordFault::IntentElsewhere { hash });
        } else if let Some(label) = contradicted(intent, hash, receipts.clone()) {
            faults.push(RecordFault::IntentOutcome { hash, label });
        }
    }
    faults
}

/// A run that read dials from a registry is decided under that one, or before its process was registered.
fn counts_in(header: &RunHeader, domain: Domain) -> bool {
    let governed = header.governed.as_ref();
    domain == Domain::default()
        || governed.is_none_or(|pin| (pin.chain, pin.registry) == (domain.chain, domain.registry))
}

/// The task whose receipt names the intent and says something else than what was decided, as far as that is
/// disclosed.
fn contradicted<'a>(
    intent: &SignedIntent,
    hash: B256,
    mut receipts: impl Iterator<Item = &'a Receipt>,
) -> Option<String> {
    let contradicts = |receipt: &&Receipt| {
        let last = receipt.intents.last() == Some(&hash);
        receipt.intents.contains(&hash)
            && (intent.intent.step != step_word(&receipt.step)
                // Nothing comes of what was rejected, but for what somebody put in its place.
                || last && intent.intent.kind == IntentKind::Reject
                || !chosen_is_given(intent, receipt)
                || last && !edit_is_given(intent, receipt))
    };
    receipts.find(contradicts).map(Receipt::label)
}

/// Of the assets that were shown, those that were chosen are given, and no others.
fn chosen_is_given(intent: &SignedIntent, receipt: &Receipt) -> bool {
    let Some(chosen) = intent.disclosed.as_ref().and_then(|told| told.chosen()) else {
        return true;
    };
    let given: BTreeSet<B256> = receipt
        .outputs
        .iter()
        .map(|asset| B256::from(asset.digest.0))
        .collect();
    let mut taken = receipt.inputs.iter().map(|asset| asset.digest.0.into());
    let all_given = taken.all(|asset| !chosen.contains(&asset) || given.contains(&asset));
    let mut shown = intent.options.iter();
    all_given && shown.all(|option| !given.contains(option) || chosen.contains(option))
}

/// What was edited last is what is given.
fn edit_is_given(intent: &SignedIntent, receipt: &Receipt) -> bool {
    let edited = intent.disclosed.as_ref().and_then(|told| told.edited());
    edited.is_none_or(|(_, to)| to == receipt.value)
}
