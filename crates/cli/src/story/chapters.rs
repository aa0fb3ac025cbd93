//! What was done in a run, step by step, as its receipts tell it.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;
use daedal_channels::site::{Chapter, Seen, Words};
use daedal_channels::{Decider, Decision, LineageStep};
use daedal_core::engine::Determinism;
use daedal_core::intent::{IntentKind, SignedIntent};
use daedal_core::process::Role;
use daedal_core::receipt::Receipt;
use daedal_core::record::RunRecord;
use daedal_core::run::{EDIT, Moment};
use daedal_provenance::Verdict;

use crate::decided::{elsewhere, is_about_outcomes};
use crate::text::{count, moment};

/// Engine that decides among alternatives.
const CHOOSE: &str = "choose";

/// The places of a step's receipts.
#[derive(Default)]
pub(crate) struct Places {
    /// All of them.
    all: Vec<usize>,
    /// Those that are told one by one: behind what was published, or all where none is, and those that people decided.
    pub(crate) told: Vec<usize>,
}

/// Steps in the order of their receipts, and the places of these.
pub(crate) fn told_places<'r>(
    record: &'r RunRecord,
    behind: &BTreeSet<usize>,
) -> Vec<(&'r str, Places)> {
    let mut steps: Vec<(&str, Places)> = Vec::new();
    for (place, receipt) in record.receipts.iter().enumerate() {
        match steps.iter_mut().find(|(step, _)| *step == receipt.step) {
            Some((_, places)) => places.all.push(place),
            None => {
                let all = vec![place];
                let told = Vec::new();
                steps.push((&receipt.step, Places { all, told }));
            }
        }
    }
    for (_, places) in &mut steps {
        let has_behind = places.all.iter().any(|place| behind.contains(place));
        let is_told = |place: &&usize| {
            !has_behind || behind.contains(place) || !record.receipts[**place].intents.is_empty()
        };
        places.told = places.all.iter().filter(is_told).copied().collect();
    }
    steps
}

pub(super) fn chapters(
    record: &RunRecord,
    roles: &BTreeMap<String, Role>,
    behind: &BTreeSet<usize>,
    words: &Words,
) -> Vec<Chapter> {
    let intents = record.intents.iter();
    let intents: BTreeMap<B256, &SignedIntent> =
        intents.map(|signed| (signed.name(), signed)).collect();
    let steps = told_places(record, behind).into_iter();
    steps
        .map(|(step, places)| {
            let mut decisions = Vec::new();
            for place in &places.told {
                let seen = words.tasks.get(place).cloned().unwrap_or_default();
                decisions.extend(decided(&record.receipts[*place], &intents, seen));
            }
            let (decisions, kept): (Vec<_>, Vec<_>) = decisions.into_iter().unzip();
            let step = done(record, step, &places, words);
            Chapter {
                step: LineageStep {
                    role: roles.get(&step.step).copied(),
                    shown: step.shown.filter(|_| decisions.is_empty()),
                    decisions,
                    ..step
                },
                kept,
            }
        })
        .collect()
}

/// What a step did, but for decisions.
fn done(record: &RunRecord, step: &str, places: &Places, words: &Words) -> LineageStep {
    let receipts = places.all.iter().map(|place| &record.receipts[*place]);
    let own = receipts.clone().filter(|receipt| receipt.engine != EDIT);
    let first = own
        .clone()
        .next()
        .unwrap_or(&record.receipts[places.all[0]]);
    let mut usage = first.usage.clone();
    for other in receipts.filter(|other| !std::ptr::eq(*other, first)) {
        usage.cost = usage.cost.saturating_add(other.usage.cost);
        usage.elapsed_ms = usage.elapsed_ms.saturating_add(other.usage.elapsed_ms);
    }
    // Tokens are those of the first task, which would be taken for all.
    usage.tokens = None;
    let mut seen = places
        .told
        .iter()
        .filter_map(|place| words.tasks.get(place));
    // That nobody decided in time is nothing that can be done again, either.
    let determinism = match seen.clone().any(|seen| seen.late) {
        true => Determinism::Attested,
        false => first.determinism,
    };
    let seen = seen.find(|seen| seen.note.is_some() || seen.shown.is_some());
    LineageStep {
        step: step.to_owned(),
        role: None,
        engine: first.engine.clone(),
        engine_version: first.engine_version.clone(),
        determinism,
        tasks: own.clone().count(),
        cached: own.clone().all(|receipt| receipt.of.is_some()),
        seed: first.seed,
        usage,
        note: seen.and_then(|seen| seen.note.clone()),
        shown: seen.and_then(|seen| seen.shown.clone()),
        decisions: Vec::new(),
    }
}

/// A decision, and how many of how many it kept.
type Counted = (Decision, Option<(usize, usize)>);

/// What was decided in a task: by people who signed, or by score. Only the last decision is shown.
fn decided(receipt: &Receipt, intents: &BTreeMap<B256, &SignedIntent>, seen: Seen) -> Vec<Counted> {
    let signed = receipt.intents.iter().filter_map(|hash| intents.get(hash));
    let mut decisions: Vec<Counted> = signed.map(|signed| by_person(signed)).collect();
    if receipt.intents.is_empty() && receipt.engine == CHOOSE {
        let act = match seen.late {
            true => "chose, since nobody decided in time",
            false => "chose",
        };
        decisions.push((decision(Decider::Score, act, None), None));
    }
    if let Some((last, _)) = decisions.last_mut() {
        (last.kept, last.passed_over) = (seen.kept, seen.passed_over);
    }
    decisions
}

fn by_person(signed: &SignedIntent) -> Counted {
    let account = signed.signer.to_checksum(None);
    let name = signed
        .accepted
        .map(|accepted| format!("The contract {account} of chain {}", accepted.chain));
    let chosen = signed.disclosed.as_ref().and_then(|told| told.chosen());
    let kept = chosen.map(|chosen| (chosen.len(), signed.options.len()));
    let kept = match signed.intent.kind {
        IntentKind::Reject | IntentKind::Edit => Some((0, 0)),
        _ => kept,
    };
    let act = act(signed.intent.kind);
    let at = moment(Moment(signed.intent.at.saturating_mul(1_000)));
    let by = Decider::Person { account, name };
    (decision(by, act, Some(at)), kept)
}

/// What somebody did who signed such a decision about what came of a run.
pub(super) fn act(kind: IntentKind) -> &'static str {
    match kind {
        IntentKind::Approve => "approved",
        IntentKind::Reject => "rejected",
        IntentKind::Edit => "edited",
        _ => "chose",
    }
}

fn decision(by: Decider, act: &str, at: Option<String>) -> Decision {
    Decision {
        by,
        act: act.to_owned(),
        at,
        reason: None,
        kept: Vec::new(),
        passed_over: Vec::new(),
    }
}

/// What people signed, in sentences.
pub(super) fn people(record: &RunRecord, assets: &[(String, Verdict)]) -> String {
    let of = |is_about: bool| {
        let intents = record.intents.iter();
        intents.filter(move |signed| is_about_outcomes(signed.intent.kind) == is_about)
    };
    let mut told = match of(true).count() {
        0 => "No person decided anything while it ran.".to_owned(),
        decisions => {
            let contracts = of(true).filter(|signed| signed.accepted.is_some()).count();
            let by_contracts = match contracts {
                0 => String::new(),
                contracts => {
                    format!(", {contracts} of them by contracts, as far as their chain says so")
                }
            };
            let decisions = count(decisions, "decision");
            format!("People made {decisions} while it ran; each is signed{by_contracts}.")
        }
    };
    match elsewhere(record, assets) {
        0 => {}
        decisions => told.push_str(&format!(
            " In no credential of what was published: {decisions} of these, which led to none of it or were \
             made among more than a credential names."
        )),
    }
    match of(false).count() {
        0 => {}
        before => told.push_str(&format!(
            " The process, or what was asked for, was signed before: {}.",
            count(before, "signature")
        )),
    }
    told
}
