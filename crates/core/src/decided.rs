//! Whether the intents of a run stand for what its receipts say came of them.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;
use serde_json::{Value, json};

use crate::engine::ASKING;
use crate::intent::{Domain, IntentKind, SignedIntent, step_word};
use crate::receipt::{Receipt, first_link};
use crate::record::{RecordFault, RunHeader};
use crate::run::EDIT;
use crate::shown::is_all_that_was_taken;
use crate::{Digest, canonical};

/// The longest time between the signature of what is set and the run, in seconds.
pub const SETTING_UP_MAX: u64 = 7 * 24 * 3_600;

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

/// How many intents are named, and how many of those there are.
pub(crate) fn counted<'a>(
    header: &RunHeader,
    receipts: impl Iterator<Item = &'a Receipt>,
    intents: &[SignedIntent],
) -> (usize, usize) {
    let named = named(header, receipts);
    let there: BTreeSet<B256> = intents.iter().map(SignedIntent::name).collect();
    (named.len(), named.intersection(&there).count())
}

/// Where a receipt names an intent.
struct Named<'a> {
    receipt: &'a Receipt,
    /// What the intent has to follow.
    link: B256,
    /// Whether it is the last one that the receipt names.
    is_last: bool,
    /// The value that an edit found, where that is known.
    found: Option<Digest>,
}

pub(crate) fn intent_faults<'a>(
    header: &RunHeader,
    receipts: impl Iterator<Item = &'a Receipt> + Clone,
    intents: &[SignedIntent],
) -> Vec<RecordFault> {
    let run = header.run();
    let names: Vec<B256> = intents.iter().map(SignedIntent::name).collect();
    let places = places(run, &receipts, intents, &names);
    let mut faults = Vec::new();
    let mut told = BTreeSet::new();
    let beginnings: BTreeSet<&B256> = header.intents.iter().collect();
    for (intent, &hash) in intents.iter().zip(&names) {
        if !told.insert(hash) {
            faults.push(RecordFault::IntentTwice { hash });
            continue;
        }
        let is_authors = intent.intent.kind == IntentKind::Author;
        let places = places.get(&hash).map(Vec::as_slice).unwrap_or_default();
        let sets_up = beginnings.contains(&hash);
        if let Err(fault) = intent.check_for(run) {
            faults.push(fault.into());
        } else if places.is_empty() && !sets_up {
            faults.push(RecordFault::IntentUnnamed { hash });
        } else if sets_up && !can_set_up(intent) {
            faults.push(RecordFault::IntentKind { hash });
        } else if is_authors && intent.authored() != Some(header.bundle) {
            faults.push(RecordFault::IntentBundle { hash });
        } else if !is_authors && !counts_in(header, intent.domain) {
            faults.push(RecordFault::IntentElsewhere { hash });
        } else if sets_up && !is_authors && intent.intent.prev != first_link(run) {
            faults.push(RecordFault::IntentLink { hash });
        } else {
            let mut places = places.iter();
            faults.extend(places.find_map(|named| fault_at(named, intent, hash, &receipts)));
        }
    }
    faults.extend(untimely(header, intents, &names));
    faults.extend(misplaced(receipts));
    faults
}

/// Receipts of a task that has one already, so that a decision about it could be told for another outcome, and edits
/// that nobody signed.
fn misplaced<'a>(receipts: impl Iterator<Item = &'a Receipt>) -> Vec<RecordFault> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for receipt in receipts {
        let is_edit = receipt.engine == EDIT;
        let label = || receipt.label();
        if !seen.insert((&receipt.step, receipt.round, receipt.index, is_edit)) {
            faults.push(RecordFault::Place { label: label() });
        }
        if is_edit && receipt.intents.is_empty() {
            faults.push(RecordFault::Unsigned { label: label() });
        }
    }
    faults
}

/// Where each intent is named by a receipt, by its name.
fn places<'a>(
    run: Digest,
    receipts: &(impl Iterator<Item = &'a Receipt> + Clone),
    intents: &[SignedIntent],
    names: &[B256],
) -> BTreeMap<B256, Vec<Named<'a>>> {
    let by_name: BTreeMap<&B256, &SignedIntent> = names.iter().zip(intents).collect();
    let mut places: BTreeMap<B256, Vec<Named<'a>>> = BTreeMap::new();
    let place = |receipt: &'a Receipt| (&receipt.step, receipt.round, receipt.index);
    let tasks = receipts.clone().filter(|receipt| receipt.engine != EDIT);
    let given: BTreeMap<_, Digest> = tasks.map(|task| (place(task), task.value)).collect();
    for receipt in receipts.clone() {
        let edited = given.get(&place(receipt)).copied();
        let mut found = edited.filter(|_| receipt.engine == EDIT);
        let mut link = None;
        for hash in &receipt.intents {
            let named = Named {
                receipt,
                link: link.unwrap_or_else(|| receipt.asked(run)),
                is_last: receipt.intents.last() == Some(hash),
                found,
            };
            places.entry(*hash).or_default().push(named);
            link = Some(*hash);
            let told = by_name
                .get(hash)
                .and_then(|signed| signed.disclosed.as_ref());
            found = told.and_then(|told| told.given()).map(|given| given.value);
        }
    }
    places
}

/// Whoever wrote a process or set its dials did so before the run: about no step of it, and shown nothing.
fn can_set_up(signed: &SignedIntent) -> bool {
    let intent = &signed.intent;
    let kinds = [IntentKind::Author, IntentKind::Set];
    kinds.contains(&intent.kind) && intent.step.is_zero() && intent.seen.is_zero()
}

/// A run that read dials from a registry is decided under that one, or before its process was registered.
fn counts_in(header: &RunHeader, domain: Domain) -> bool {
    let governed = header.governed.as_ref();
    domain == Domain::default()
        || governed.is_none_or(|pin| (pin.chain, pin.registry) == (domain.chain, domain.registry))
}

/// What is wrong with an intent where a receipt names it, as far as it is disclosed.
fn fault_at<'a>(
    named: &Named<'_>,
    intent: &SignedIntent,
    hash: B256,
    receipts: &(impl Iterator<Item = &'a Receipt> + Clone),
) -> Option<RecordFault> {
    let receipt = named.receipt;
    let label = || receipt.label();
    let kind = intent.intent.kind;
    let is_edit = kind == IntentKind::Edit;
    let judges = matches!(
        kind,
        IntentKind::Choose | IntentKind::Approve | IntentKind::Reject
    );
    let fits = is_edit && receipt.engine == EDIT || judges && ASKING.contains(&&*receipt.engine);
    if !fits {
        return Some(RecordFault::IntentKind { hash });
    }
    // What comes of a task is held against the last that it names: one that is asked once has no other.
    if judges && receipt.intents.len() > 1 {
        return Some(RecordFault::Judged { label: label() });
    }
    // Else whoever keeps what it says could have it stand for anything.
    if intent.disclosed.is_none() {
        return Some(RecordFault::IntentUntold { hash });
    }
    let contradicts = intent.intent.step != step_word(&receipt.step)
        // Nothing comes of what was rejected, but for what somebody put in its place.
        || kind == IntentKind::Reject && !gives_nothing(receipt)
        // What is chosen is passed on, never made.
        || judges && receipt.outputs.iter().any(|asset| !receipt.inputs.contains(asset))
        || !chosen_is_given(intent, receipt)
        || !is_what_was_signed(intent, named);
    if contradicts {
        let label = label();
        return Some(RecordFault::IntentOutcome { hash, label });
    }
    if judges && !is_all_that_was_taken(intent, receipt, receipts) {
        let label = label();
        return Some(RecordFault::IntentShown { hash, label });
    }
    (intent.intent.prev != named.link).then_some(RecordFault::IntentLink { hash })
}

/// Whether nothing came of a task: no choice of several, or none at all.
fn gives_nothing(receipt: &Receipt) -> bool {
    let is_empty = |value: Value| canonical::digest(&value) == receipt.value;
    receipt.outputs.is_empty() && (is_empty(json!([])) || is_empty(Value::Null))
}

/// Of the assets that were shown, those that were chosen are given, and no others; nothing is where nothing was.
fn chosen_is_given(intent: &SignedIntent, receipt: &Receipt) -> bool {
    let Some(chosen) = intent.disclosed.as_ref().and_then(|told| told.chosen()) else {
        return true;
    };
    if chosen.is_empty() != gives_nothing(receipt) {
        return false;
    }
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

/// What is told of a decision says what was decided; of the last one comes what is given, to the last file of it, and what
/// was edited is what was there.
fn is_what_was_signed(intent: &SignedIntent, named: &Named<'_>) -> bool {
    let told = intent.disclosed.as_ref();
    let Some((told, given)) = told.and_then(|told| Some((told, told.given()?))) else {
        return false;
    };
    let says_what = match intent.intent.kind {
        IntentKind::Edit => told
            .edited()
            .is_some_and(|from| named.found.is_none_or(|found| found == from)),
        _ => told.chosen().is_some(),
    };
    let outputs = named.receipt.outputs.iter().map(|asset| asset.digest);
    let is_given = given.value == named.receipt.value && outputs.eq(given.assets);
    says_what && (!named.is_last || is_given)
}

/// The decisions of a run in the order in which they were drawn up are in the order of time too, none of them from
/// before the run began or from after its end. Authors signed before it, and elsewhere.
fn untimely(header: &RunHeader, intents: &[SignedIntent], names: &[B256]) -> Vec<RecordFault> {
    let mut ordered: Vec<(&SignedIntent, B256)> =
        intents.iter().zip(names.iter().copied()).collect();
    let is_authors = |signed: &SignedIntent| signed.intent.kind == IntentKind::Author;
    let late = ordered.iter().filter(|(signed, _)| {
        is_authors(signed) && signed.intent.at > header.started_ms.div_ceil(1_000)
    });
    let late = late.map(|(_, hash)| RecordFault::IntentTime { hash: *hash });
    let mut faults: Vec<RecordFault> = late.collect();
    ordered.retain(|(signed, _)| !is_authors(signed));
    ordered.sort_by_key(|(signed, hash)| (signed.intent.nonce, *hash));
    let mut last = 0;
    for (signed, hash) in ordered {
        let at = signed.intent.at;
        // What is set is signed just before the run begins, which may take a person some time.
        let began = header.started_ms / 1_000;
        let from = match signed.intent.kind {
            IntentKind::Set => began.saturating_sub(SETTING_UP_MAX),
            _ => began,
        };
        if at < last.max(from) || at > header.ended_ms.div_ceil(1_000) {
            faults.push(RecordFault::IntentTime { hash });
        }
        last = last.max(at);
    }
    faults
}
