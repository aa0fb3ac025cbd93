//! What people signed has to agree with what the receipts say came of it.

use alloy_primitives::{Address, B256};
use daedal_core::disclosed::{Disclosed, DisclosureFault};
use daedal_core::engine::Determinism;
use daedal_core::excerpt::Excerpt;
use daedal_core::intent::{
    Disclosure, Domain, Given, Intent, IntentKind, Openings, Oversight, SignedIntent, step_word,
};
use daedal_core::receipt::first_link;
use daedal_core::record::{RecordFault, RunRecord};
use daedal_core::run::EDIT;
use daedal_core::{AssetRef, Digest, Governed};
use serde_json::json;

use crate::fixtures::{NOW_MS, run_of, signed_by_another, studio};
use crate::manifest::Source;

/// The same run with something changed, closed anew.
fn changed(record: &RunRecord, change: impl FnOnce(&mut RunRecord)) -> RunRecord {
    let mut record = record.clone();
    change(&mut record);
    let RunRecord {
        header,
        inputs,
        parameters,
        receipts,
        intents,
        ..
    } = record;
    RunRecord::close(header, inputs, parameters, receipts, intents)
}

/// An edit of `step` that follows `prev`.
fn edit(record: &RunRecord, step: &str, prev: B256, told: Disclosure) -> SignedIntent {
    let intent = Intent {
        run: record.header.run().0.into(),
        step: step_word(step),
        kind: IntentKind::Edit,
        payload: told.commitment(),
        seen: B256::ZERO,
        prev,
        nonce: 2,
        at: NOW_MS / 1_000,
    };
    sign(Domain::default(), intent, told, Vec::new())
}

/// What was set before the run began.
fn set(domain: Domain, record: &RunRecord, told: Disclosure) -> SignedIntent {
    let run = record.header.run();
    let intent = Intent {
        run: run.0.into(),
        step: B256::ZERO,
        kind: IntentKind::Set,
        payload: told.commitment(),
        seen: B256::ZERO,
        prev: first_link(run),
        nonce: 0,
        at: NOW_MS / 1_000 - 1,
    };
    sign(domain, intent, told, Vec::new())
}

fn sign(domain: Domain, intent: Intent, told: Disclosure, options: Vec<B256>) -> SignedIntent {
    let (_, person) = studio();
    person.sign(domain, intent, Some(told), options).unwrap()
}

const PICK: usize = 6;
const FINISH: usize = 7;

#[test]
fn a_choice_is_what_its_receipt_gives() {
    let record = run_of(b"poster", "image/png", true);
    assert_eq!(record.faults(), []);
    let draft = |at: usize| record.receipts[at].outputs[0].clone();
    let outcomes: [fn(&mut RunRecord, AssetRef); 3] = [
        |record, other| record.receipts[PICK].outputs = vec![other],
        |record, other| record.receipts[PICK].outputs.push(other),
        |record, _| record.receipts[PICK].outputs.clear(),
    ];
    for change in outcomes {
        let record = changed(&record, |record| change(record, draft(1)));
        let faults = record.faults();
        assert!(
            matches!(&faults[..], [RecordFault::IntentOutcome { label, .. }] if label == "pick"),
            "{faults:?}"
        );
        let poster = Digest::of(b"poster");
        let faults = Excerpt::of(&record, &poster).unwrap().faults(&poster);
        assert_eq!(
            faults.len(),
            usize::from(record.lineage(&poster).contains(&PICK))
        );
    }
    let other = changed(&record, |record| {
        record.receipts[PICK].step = "choose".into()
    });
    assert!(matches!(
        other.faults()[..],
        [RecordFault::IntentOutcome { .. }]
    ));
}

/// What is wrong with a run whose decision is told otherwise.
fn told(change: impl Fn(&mut SignedIntent)) -> Vec<RecordFault> {
    let record = run_of(b"poster", "image/png", true);
    changed(&record, |record| {
        record.intents.iter_mut().for_each(&change)
    })
    .faults()
}

#[test]
fn a_picture_that_nobody_was_shown_takes_the_place_of_no_other() {
    let record = run_of(b"poster", "image/png", true);
    let other = AssetRef {
        digest: Digest::of(b"never shown"),
        ..record.receipts[PICK].outputs[0].clone()
    };
    // In what the choice took as in what it gave, so that the receipt fits by itself.
    let swapped = changed(&record, |record| {
        record.receipts[PICK].inputs[3] = other.clone();
        record.receipts[PICK].outputs = vec![other.clone()];
        record.receipts[FINISH].inputs = vec![other];
    });
    let faults = swapped.faults();
    assert!(
        matches!(faults[..], [RecordFault::IntentOutcome { .. }]),
        "{faults:?}"
    );
    let texts = changed(&record, |record| {
        record.receipts[PICK].value = Digest::of(b"another text")
    });
    assert!(matches!(
        texts.faults()[..],
        [RecordFault::IntentOutcome { .. }]
    ));
}

#[test]
fn a_judgement_tells_what_was_decided_and_is_from_the_time_of_the_run() {
    assert_eq!(told(|_| ()), []);
    assert!(matches!(
        told(|intent| intent.disclosed = None)[..],
        [RecordFault::IntentUntold { .. }]
    ));
    let record = run_of(b"poster", "image/png", true);
    let late = changed(&record, |record| {
        record.header.started_ms -= 60_000;
        record.header.ended_ms = record.header.started_ms;
    });
    assert!(matches!(
        late.faults()[..],
        [RecordFault::IntentTime { .. }]
    ));
    let backwards = changed(&record, |record| {
        record.header.ended_ms = record.header.started_ms - 1;
    });
    assert!(backwards.faults().contains(&RecordFault::Times));
}

#[test]
fn a_task_has_one_receipt_and_an_edit_is_somebodys() {
    let record = run_of(b"poster", "image/png", true);
    let other = record.receipts[1].outputs[0].clone();
    // Behind what a person chose, an outcome of the same task that nobody did.
    let passed_over = changed(&record, |record| {
        let mut second = record.receipts[PICK].clone();
        second.intents.clear();
        second.outputs = vec![other.clone()];
        record.receipts.insert(PICK + 1, second);
    });
    let label = "pick".to_owned();
    assert_eq!(passed_over.faults(), [RecordFault::Place { label }]);
    let excerpt = Excerpt::of(&passed_over, &other.digest).unwrap();
    let decided = excerpt
        .receipts
        .iter()
        .filter(|proven| !proven.receipt.intents.is_empty());
    assert_eq!(decided.count(), 0, "nobody chose that one");
    let edit = |record: &mut RunRecord, at: usize| {
        let mut edit = record.receipts[FINISH].clone();
        edit.engine = EDIT.to_owned();
        edit.intents.clear();
        record.receipts.insert(at, edit);
    };
    let unsigned = changed(&record, |record| edit(record, FINISH + 1));
    let label = record.receipts[FINISH].label();
    let fault = RecordFault::Unsigned {
        label: label.clone(),
    };
    assert_eq!(unsigned.faults(), std::slice::from_ref(&fault));
    let astray = changed(&record, |record| edit(record, 1));
    assert_eq!(astray.faults(), [RecordFault::Place { label }, fault]);
}

#[test]
fn a_decision_that_is_told_twice_is_no_second_one() {
    let record = run_of(b"poster", "image/png", true);
    let twice = changed(&record, |record| {
        let again = record.intents.clone();
        record.intents.extend(again);
    });
    let faults = twice.faults();
    assert_eq!(faults.len(), record.intents.len(), "{faults:?}");
    let is_twice = |fault: &RecordFault| matches!(fault, RecordFault::IntentTwice { .. });
    assert!(faults.iter().all(is_twice), "{faults:?}");
}

/// The same run with its poster edited to `to`, by an intent that says `said`.
fn edited(record: &RunRecord, to: &str, said: &str) -> RunRecord {
    let value = |text: &str| Digest::of(text.as_bytes());
    let given = Given {
        value: value(said),
        assets: vec![value(said)],
    };
    let told = Disclosure::edit(B256::repeat_byte(7), value("value"), &given);
    let mut by_hand = record.receipts[FINISH].clone();
    by_hand.engine = EDIT.into();
    let asked = by_hand.asked(record.header.run());
    let intent = edit(record, "finish", asked, told);
    changed(record, |record| {
        let mut edit = by_hand;
        edit.determinism = Determinism::Attested;
        edit.inputs = edit.outputs.clone();
        edit.outputs = vec![AssetRef {
            digest: value(to),
            media_type: "image/png".into(),
            size: 9,
        }];
        edit.value = value(to);
        edit.intents = vec![intent.name()];
        record.receipts.insert(FINISH + 1, edit);
        record.intents.push(intent);
    })
}

#[test]
fn an_edit_is_what_its_receipt_gives_and_keeps_the_kind_of_what_was_edited() {
    let record = run_of(b"poster", "image/png", false);
    let value = |text: &str| Digest::of(text.as_bytes());
    let good = edited(&record, "by hand", "by hand");
    assert_eq!(good.faults(), []);
    assert_eq!(good.oversight(Domain::default()), Oversight::HumanValidated);
    let faults = edited(&record, "by hand", "by another").faults();
    assert!(
        matches!(faults[..], [RecordFault::IntentOutcome { .. }]),
        "{faults:?}"
    );
    // Another file under the value that was signed.
    let swapped = changed(&good, |record| {
        record.receipts[FINISH + 1].outputs[0].digest = value("another file");
    });
    let faults = swapped.faults();
    assert!(
        matches!(faults[..], [RecordFault::IntentOutcome { .. }]),
        "{faults:?}"
    );
    let by_hand = Digest::of(b"by hand");
    let of = |step: &str| {
        Source::of(&good, &by_hand, |receipt| {
            receipt.step == step && receipt.engine != EDIT
        })
    };
    assert_eq!(of("finish"), Source::Trained);
    assert_eq!(of("draft"), Source::Trained);
    assert_eq!(of("note"), Source::Algorithmic);
}

#[test]
fn decisions_count_where_the_run_read_its_dials() {
    let plain = run_of(b"poster", "image/png", false);
    let registry = Address::repeat_byte(0xab);
    let governed = changed(&plain, |record| {
        record.header.governed = Some(Governed {
            chain: 8453,
            registry,
            work: 1,
            block: 2,
            hash: B256::repeat_byte(1),
            dials: Default::default(),
        });
    });
    let at = |chain: u64, registry: Address| {
        let domain = Domain { chain, registry };
        let told = Disclosure::setting(B256::repeat_byte(3));
        let intent = set(domain, &governed, told);
        changed(&governed, |record| {
            record.header.intents = vec![intent.name()];
            record.intents = vec![intent];
        })
        .faults()
    };
    assert_eq!(at(8453, registry), []);
    assert_eq!(at(0, Address::ZERO), [], "from before it was registered");
    assert!(matches!(
        at(1, registry)[..],
        [RecordFault::IntentElsewhere { .. }]
    ));
    assert!(matches!(
        at(8453, Address::ZERO)[..],
        [RecordFault::IntentElsewhere { .. }]
    ));
}

#[test]
fn what_was_set_is_disclosed_only_as_the_run_took_it() {
    let record = run_of(b"poster", "image/png", false);
    let disclosed = |theme: &str| {
        let name = "inputs.theme";
        let opening = Disclosure::of(B256::repeat_byte(4), name, &json!(theme));
        let opened = Openings::from([(name.to_owned(), opening)]);
        let told = Disclosure::setting(B256::repeat_byte(5)).sealing(&opened);
        let intent = set(Domain::default(), &record, told);
        let record = changed(&record, |record| {
            record.header.intents = vec![intent.name()]
        });
        Disclosed::of(&record, intent, opened).unwrap()
    };
    let good = disclosed("low tide");
    assert_eq!(good.check(), Ok(()));
    let name = "inputs.theme".to_owned();
    assert_eq!(
        disclosed("high tide").check(),
        Err(DisclosureFault::Setting { name })
    );
    let mut bent = good.clone();
    bent.inputs.clear();
    let what = "inputs";
    assert_eq!(bent.check(), Err(RecordFault::Settings { what }.into()));
    let mut bent = good;
    bent.intent.disclosed = None;
    assert_eq!(bent.check(), Err(DisclosureFault::Nothing));
}

#[test]
fn the_root_tells_who_decided() {
    let record = run_of(b"poster", "image/png", true);
    let mut others = record.clone();
    others.intents = vec![signed_by_another(&record.intents[0])];
    assert_eq!(others.intents[0].check(), Ok(()));
    let hash = others.intents[0].name();
    assert_eq!(others.faults(), [RecordFault::IntentUnnamed { hash }]);
    // Nor does anybody disclose it as their own.
    let mut disclosed = Disclosed::of(&record, record.intents[0].clone(), Openings::new()).unwrap();
    assert_eq!(disclosed.check(), Ok(()));
    disclosed.intent = others.intents[0].clone();
    let fault = RecordFault::IntentUnnamed { hash };
    assert_eq!(disclosed.check(), Err(fault.into()));
}

#[test]
fn what_sets_a_run_up_is_about_no_step_of_it() {
    let record = run_of(b"poster", "image/png", false);
    let about = |change: fn(&mut Intent)| {
        let told = Disclosure::setting(B256::repeat_byte(3));
        let plain = set(Domain::default(), &record, told.clone());
        let mut intent = plain.intent.clone();
        change(&mut intent);
        let intent = sign(Domain::default(), intent, told, Vec::new());
        changed(&record, |record| {
            record.header.intents = vec![intent.name()];
            record.intents = vec![intent.clone()];
        })
        .faults()
    };
    assert_eq!(about(|_| {}), []);
    let changes: [fn(&mut Intent); 2] = [
        |intent| intent.step = step_word("pick"),
        |intent| intent.seen = B256::repeat_byte(1),
    ];
    for change in changes {
        assert!(matches!(
            about(change)[..],
            [RecordFault::IntentKind { .. }]
        ));
    }
}
