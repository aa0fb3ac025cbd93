//! What people were shown is what the task took, and their decisions follow what was asked.

use alloy_primitives::B256;
use daedal_core::engine::Determinism;
use daedal_core::excerpt::Excerpt;
use daedal_core::intent::{
    Disclosure, Domain, Given, Intent, IntentKind, SignedIntent, seen_root, step_word,
};
use daedal_core::receipt::Receipt;
use daedal_core::record::{RecordFault, RunRecord};
use daedal_core::run::EDIT;
use daedal_core::{AssetRef, Digest};

use crate::fixtures::{NOW_MS, asset, given_by, receipt, run_of, studio};

const PICK: usize = 6;

/// The record with other receipts and intents, closed anew.
fn closed(record: &RunRecord, receipts: Vec<Receipt>, intents: Vec<SignedIntent>) -> RunRecord {
    let RunRecord {
        header,
        inputs,
        parameters,
        ..
    } = record.clone();
    RunRecord::close(header, inputs, parameters, receipts, intents)
}

fn words(assets: &[&AssetRef]) -> Vec<B256> {
    assets.iter().map(|asset| asset.digest.0.into()).collect()
}

/// A choice of the first of these options; `change` is made before it is signed.
fn choice(
    record: &RunRecord,
    pick: &Receipt,
    options: Vec<B256>,
    change: impl FnOnce(&mut Intent),
) -> SignedIntent {
    let told = Disclosure::choice(B256::repeat_byte(9), &options[..1], &given_by(pick));
    let run = record.header.run();
    let mut intent = Intent {
        run: run.0.into(),
        step: step_word(&pick.step),
        kind: IntentKind::Choose,
        payload: told.commitment(),
        seen: seen_root(&options),
        prev: pick.asked(run),
        nonce: 1,
        at: NOW_MS / 1_000,
    };
    change(&mut intent);
    let (_, person) = studio();
    let domain = Domain::default();
    person.sign(domain, intent, Some(told), options).unwrap()
}

/// The run with a pick that took `taken`, gave `given` and showed `options`.
fn picked(taken: &[&AssetRef], given: &[&AssetRef], options: Vec<B256>) -> RunRecord {
    let record = run_of(b"poster", "image/png", false);
    let mut receipts = record.receipts.clone();
    let mut pick = receipt("pick", None, taken, given);
    pick.engine = "choose".into();
    let intent = choice(&record, &pick, options, |_| {});
    pick.intents = vec![intent.name()];
    receipts[PICK] = pick;
    closed(&record, receipts, vec![intent])
}

fn drafts() -> Vec<AssetRef> {
    let draft = |i| asset(format!("draft {i}").as_bytes(), "image/png");
    (0..6).map(draft).collect()
}

#[track_caller]
fn hides_something(record: &RunRecord) {
    let faults = record.faults();
    assert!(
        matches!(&faults[..], [RecordFault::IntentShown { label, .. }] if label == "pick"),
        "{faults:?}"
    );
}

#[test]
fn alternatives_that_the_task_took_can_not_be_left_out_of_what_was_shown() {
    let drafts = drafts();
    let all: Vec<&AssetRef> = drafts.iter().collect();
    let given = [all[0]];
    assert_eq!(picked(&all, &given, words(&all)).faults(), []);
    let mut shuffled = words(&all);
    shuffled[1..].reverse();
    assert_eq!(picked(&all, &given, shuffled).faults(), []);
    for shown in 1..6 {
        hides_something(&picked(&all, &given, words(&all[..shown])));
    }
    // A file alone tells it, too.
    let poster = Digest::of(b"poster");
    let mut record = picked(&all, &[all[0]], words(&all[..2]));
    let mut receipts = record.receipts.clone();
    receipts[PICK + 1].inputs = vec![drafts[0].clone()];
    record = closed(&record, receipts, record.intents.clone());
    let faults = Excerpt::of(&record, &poster).unwrap().faults(&poster);
    assert!(
        matches!(faults[..], [RecordFault::IntentShown { .. }]),
        "{faults:?}"
    );
}

#[test]
fn what_a_task_takes_beside_its_options_is_no_alternative() {
    let drafts = drafts();
    let drawing = |i: usize| asset(format!("drawing {i}").as_bytes(), "image/svg+xml");
    let layer = |i: usize| asset(format!("layer {i}").as_bytes(), "image/png");
    for attached in [drawing as fn(usize) -> AssetRef, layer] {
        let attached: Vec<AssetRef> = (0..6).map(attached).collect();
        let taken: Vec<&AssetRef> = drafts
            .iter()
            .zip(&attached)
            .flat_map(|(a, b)| [a, b])
            .collect();
        let options = words(&drafts.iter().collect::<Vec<_>>());
        let record = picked(&taken, &[&drafts[0], &attached[0]], options);
        assert_eq!(record.faults(), []);
    }
    // Ranked by what another step made of each of them.
    let judged: Vec<AssetRef> = (0..6).map(layer).collect();
    let taken: Vec<&AssetRef> = judged.iter().chain(&drafts).collect();
    let options = words(&taken[6..]);
    assert_eq!(picked(&taken, &[taken[6]], options).faults(), []);
    // Nor does what nobody made stand among what was taken.
    let mut invented = words(&drafts.iter().collect::<Vec<_>>());
    invented.push(B256::repeat_byte(7));
    let all: Vec<&AssetRef> = drafts.iter().collect();
    hides_something(&picked(&all, &[all[0]], invented));
    // Three of six are no such thing: one step made all six.
    let all: Vec<&AssetRef> = drafts.iter().collect();
    hides_something(&picked(&all, &[all[3]], words(&all[3..])));
    // Values without bytes are not among what a receipt tells.
    let values = vec![B256::repeat_byte(1), B256::repeat_byte(2)];
    assert_eq!(picked(&[], &[], values).faults(), []);
}

#[test]
fn a_decision_follows_what_was_asked_and_none_is_from_before_the_run() {
    let record = run_of(b"poster", "image/png", true);
    let pick = &record.receipts[PICK];
    let options = words(
        &drafts()[3..4]
            .iter()
            .chain(&drafts()[..3])
            .chain(&drafts()[4..])
            .collect::<Vec<_>>(),
    );
    let with = |change: fn(&mut Intent), edit: fn(&mut Receipt)| {
        let mut receipts = record.receipts.clone();
        let intent = choice(&record, pick, options.clone(), change);
        receipts[PICK].intents = vec![intent.name()];
        edit(&mut receipts[PICK]);
        closed(&record, receipts, vec![intent]).faults()
    };
    assert_eq!(with(|_| {}, |_| {}), []);
    assert!(matches!(
        with(|intent| intent.prev = B256::ZERO, |_| {})[..],
        [RecordFault::IntentLink { .. }]
    ));
    // Put under another round, another item, or another question of the same step.
    let moves: [fn(&mut Receipt); 4] = [
        |receipt| receipt.round = Some(1),
        |receipt| receipt.index = Some(1),
        |receipt| receipt.params = Digest::of(b"others"),
        |receipt| receipt.engine_version = "2".into(),
    ];
    for moved in moves {
        let faults = with(|_| {}, moved);
        assert!(
            matches!(faults[..], [RecordFault::IntentLink { .. }]),
            "{faults:?}"
        );
    }
    assert!(matches!(
        with(|intent| intent.at = NOW_MS / 1_000 - 1, |_| {})[..],
        [RecordFault::IntentTime { .. }]
    ));
    assert!(matches!(
        with(|intent| intent.kind = IntentKind::Edit, |_| {})[..],
        [RecordFault::IntentKind { .. }]
    ));
}

#[test]
fn edits_of_one_task_follow_one_another_in_order_and_time() {
    let mut record = run_of(b"poster", "image/png", false);
    record.header.ended_ms += 60_000;
    let run = record.header.run();
    let value = |text: &str| Digest::of(text.as_bytes());
    let mut by_hand = record.receipts[PICK + 1].clone();
    by_hand.engine = EDIT.into();
    by_hand.determinism = Determinism::Attested;
    by_hand.inputs = by_hand.outputs.clone();
    by_hand.value = value("third");
    let edit = |prev: B256, nonce: u64, later: u64, from: &str, to: &str| {
        let given = Given {
            value: value(to),
            ..given_by(&by_hand)
        };
        let told = Disclosure::edit(B256::repeat_byte(7), value(from), &given);
        let intent = Intent {
            run: run.0.into(),
            step: step_word("finish"),
            kind: IntentKind::Edit,
            payload: told.commitment(),
            seen: B256::ZERO,
            prev,
            nonce,
            at: NOW_MS / 1_000 + later,
        };
        let (_, person) = studio();
        let domain = Domain::default();
        person.sign(domain, intent, Some(told), Vec::new()).unwrap()
    };
    let asked = by_hand.asked(run);
    let with = |intents: Vec<SignedIntent>, named: &[usize]| {
        let mut receipts = record.receipts.clone();
        let mut by_hand = by_hand.clone();
        by_hand.intents = named.iter().map(|at| intents[*at].name()).collect();
        receipts.insert(PICK + 2, by_hand);
        closed(&record, receipts, intents).faults()
    };
    let first = edit(asked, 2, 0, "value", "second");
    let second = edit(first.name(), 3, 5, "second", "third");
    assert_eq!(with(vec![first.clone(), second.clone()], &[0, 1]), []);
    // The first is left out, or put after the second.
    let faults = with(vec![second.clone()], &[0]);
    assert!(!faults.is_empty(), "the second follows nothing");
    assert!(!with(vec![second.clone(), first.clone()], &[0, 1]).is_empty());
    let loose = edit(asked, 3, 5, "second", "third");
    assert!(matches!(
        with(vec![first.clone(), loose], &[0, 1])[..],
        [RecordFault::IntentLink { .. }]
    ));
    let backwards = edit(first.name(), 1, 5, "second", "third");
    assert!(matches!(
        with(vec![first.clone(), backwards], &[0, 1])[..],
        [RecordFault::IntentTime { .. }]
    ));
    let other = edit(first.name(), 3, 5, "value", "third");
    assert!(matches!(
        with(vec![first, other], &[0, 1])[..],
        [RecordFault::IntentOutcome { .. }]
    ));
}

#[test]
fn a_header_names_who_set_a_run_up_and_nobody_who_judged_it() {
    let record = run_of(b"poster", "image/png", true);
    let mut moved = record.clone();
    moved.header.intents = std::mem::take(&mut moved.receipts[PICK].intents);
    let faults = closed(&moved, moved.receipts.clone(), moved.intents.clone()).faults();
    assert!(
        matches!(faults[..], [RecordFault::IntentKind { .. }]),
        "{faults:?}"
    );
}

#[test]
fn whoever_judges_was_asked_and_shown_something_and_gives_what_they_chose() {
    let record = run_of(b"poster", "image/png", true);
    let judged =
        |change: fn(&mut Receipt), intent: fn(&mut Intent), chosen: usize, options: &[B256]| {
            let mut receipts = record.receipts.clone();
            change(&mut receipts[PICK]);
            let pick = &mut receipts[PICK];
            let told =
                Disclosure::choice(B256::repeat_byte(9), &options[..chosen], &given_by(pick));
            let options = match chosen {
                0 => Vec::new(),
                _ => options.to_vec(),
            };
            let mut signed = choice(&record, pick, vec![B256::ZERO], |signed| {
                signed.payload = told.commitment();
                signed.seen = seen_root(&options);
                intent(signed);
            });
            (signed.disclosed, signed.options) = (Some(told), options);
            pick.intents = vec![signed.name()];
            closed(&record, receipts, vec![signed]).faults()
        };
    let drafts = drafts();
    let mut shown = words(&drafts.iter().collect::<Vec<_>>());
    shown.swap(0, 3);
    assert_eq!(judged(|_| {}, |_| {}, 1, &shown), []);
    assert_eq!(
        judged(|pick| pick.engine = "signature".into(), |_| {}, 1, &shown),
        []
    );
    // A program that asks nobody.
    let faults = judged(
        |pick| pick.engine = "grammar".into(),
        |signed| signed.kind = IntentKind::Approve,
        1,
        &shown,
    );
    assert!(
        matches!(faults[..], [RecordFault::IntentKind { .. }]),
        "{faults:?}"
    );
    // Nothing was chosen, and something is given; of nothing that was shown.
    let faults = judged(
        |_| {},
        |signed| signed.seen = B256::repeat_byte(1),
        0,
        &shown,
    );
    assert!(
        matches!(faults[..], [RecordFault::IntentOutcome { .. }]),
        "{faults:?}"
    );
    let nothing: fn(&mut Receipt) = |pick| {
        pick.outputs.clear();
        pick.value = daedal_core::canonical::digest(&serde_json::json!([]));
    };
    assert_eq!(
        judged(
            nothing,
            |signed| signed.seen = B256::repeat_byte(1),
            0,
            &shown
        ),
        []
    );
    let faults = judged(nothing, |_| {}, 0, &shown);
    assert!(
        matches!(faults[..], [RecordFault::IntentShown { .. }]),
        "{faults:?}"
    );
    let faults = judged(nothing, |_| {}, 1, &shown);
    assert!(
        matches!(faults[..], [RecordFault::IntentOutcome { .. }]),
        "{faults:?}"
    );
}

#[test]
fn a_task_is_judged_once() {
    let record = run_of(b"poster", "image/png", true);
    // What somebody chose, and then, by whoever keeps the records, something else.
    let mut first = record.intents[0].clone();
    first.options.clear();
    let mut receipts = record.receipts.clone();
    let pick = &mut receipts[PICK];
    pick.outputs = vec![pick.inputs[1].clone()];
    let mut options = words(&pick.inputs.iter().collect::<Vec<_>>());
    options.swap(0, 1);
    let own = choice(&record, pick, options, |intent| {
        (intent.prev, intent.nonce) = (first.name(), 2);
    });
    pick.intents.push(own.name());
    let label = "pick".to_owned();
    let fault = RecordFault::Judged { label };
    let faults = closed(&record, receipts, vec![first, own]).faults();
    assert_eq!(faults, [fault.clone(), fault]);
}
