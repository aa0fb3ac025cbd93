use daedal_core::engine::Determinism;
use daedal_core::intent::{Disclosure, Domain, Intent, IntentKind, step_word};
use serde_json::json;

use super::*;
use crate::attest::{Subject, attest};
use crate::container::sniff;
use crate::fixtures::{
    NOW_MS, asset, content, gif, given_by, license, png, receipt, run_of, studio,
};
use crate::manifest::{Content, Ingredient, definition};
use crate::seal::{SealRequest, assembled, put};
use crate::verdict::Outcome;
use crate::verify::{Given, Recorded, verify};

/// The verdict on what a signer seals of a run who tells actions as they please, and what decided it.
fn told(
    record: &RunRecord,
    bytes: &[u8],
    source: Source,
    with_record: bool,
    change: impl FnOnce(&mut Vec<Value>),
) -> (Verdict, Vec<String>) {
    let license = license();
    let content = Content {
        source,
        ..content(record, bytes, sniff(bytes).unwrap(), &license)
    };
    forged(content, bytes, with_record, |actions, _| change(actions))
}

/// The same of any content, with another claim, too.
fn forged(
    content: Content<'_>,
    bytes: &[u8],
    with_record: bool,
    change: impl FnOnce(&mut Vec<Value>, &mut Claim),
) -> (Verdict, Vec<String>) {
    let record = content.record;
    let (mut definition, mut claim) = definition(&content).unwrap();
    let actions = definition["assertions"][0]["data"]["actions"].as_array_mut();
    change(actions.unwrap(), &mut claim);
    let builder = assembled(&content, definition, &claim).unwrap();
    let request = SealRequest { bytes, content };
    let sealed = put(builder, &request, &studio().0).unwrap();
    let subject = Subject::of("poster.png", Digest::of(bytes), &sealed);
    let attestation = attest(record.clone(), &[subject], &studio().0);
    let verdict = verify(&Given {
        file: &sealed.file,
        attestation: with_record.then(|| Recorded::of(&attestation)).as_ref(),
        anchors: &[studio().0.chain().clone()],
        ..Given::default()
    });
    let checks = verdict.checks.iter();
    let failed = checks.filter(|check| check.outcome == Outcome::Failed);
    let failed = failed.map(|check| format!("{}: {}", check.name, check.detail));
    let failed = failed.collect();
    (verdict, failed)
}

fn iptc(name: &str) -> Value {
    format!("http://cv.iptc.org/newscodes/digitalsourcetype/{name}").into()
}

/// The run of the fixtures with other receipts, closed again.
fn changed(bytes: &[u8], change: impl FnOnce(&mut RunRecord)) -> RunRecord {
    let mut record = run_of(bytes, sniff(bytes).unwrap(), false);
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

/// The run with its poster put in by hand, and who did that.
fn edited(bytes: &[u8]) -> RunRecord {
    let RunRecord {
        header,
        inputs,
        parameters,
        mut receipts,
        ..
    } = run_of(b"undone", "image/png", false);
    let run = header.run();
    let finish = receipts.iter().position(|receipt| receipt.step == "finish");
    let finish = finish.unwrap();
    let mut edit = receipts[finish].clone();
    edit.engine = EDIT.into();
    edit.determinism = Determinism::Attested;
    edit.inputs = std::mem::take(&mut edit.outputs);
    edit.outputs = vec![asset(bytes, "image/png")];
    let told = Disclosure::edit(B256::repeat_byte(7), edit.value, &given_by(&edit));
    let intent = Intent {
        run: run.0.into(),
        step: step_word("finish"),
        kind: IntentKind::Edit,
        payload: told.commitment(),
        seen: B256::ZERO,
        prev: edit.asked(run),
        nonce: 2,
        at: NOW_MS / 1_000,
    };
    let (_, person) = studio();
    let signed = person.sign(Domain::default(), intent, Some(told), Vec::new());
    let signed = signed.unwrap();
    edit.intents = vec![signed.name()];
    receipts.insert(finish + 1, edit);
    RunRecord::close(header, inputs, parameters, receipts, vec![signed])
}

/// With a trained model in the place of the task that finished the poster.
fn by_model(bytes: &[u8], step: &str) -> RunRecord {
    changed(bytes, |record| {
        let mut receipts = record.receipts.iter_mut();
        receipts
            .by_ref()
            .filter(|receipt| receipt.step == step)
            .for_each(|receipt| receipt.determinism = Determinism::Attested);
    })
}

/// With a picture by a trained model that was put into the poster.
fn with_part(bytes: &[u8]) -> RunRecord {
    changed(bytes, |record| {
        let painted = asset(b"painted", "image/png");
        let mut paint = receipt("paint", None, &[], &[&painted]);
        paint.usage.by_model = true;
        let steps = record.receipts.iter();
        let at = steps
            .map(|receipt| &*receipt.step)
            .position(|step| step == "finish");
        record.receipts[at.unwrap()].inputs.push(painted);
        record.receipts.insert(0, paint);
    })
}

#[test]
fn a_verdict_tells_what_kind_of_process_made_a_file_by_its_signers_word() {
    let bytes = png(9, 9, false);
    let plain = run_of(&bytes, "image/png", false);
    for (record, source, name) in [
        (&plain, Source::Algorithmic, "algorithmicMedia"),
        // Of material that was brought.
        (
            &plain,
            Source::Composite,
            "compositeWithTrainedAlgorithmicMedia",
        ),
        (
            &by_model(&bytes, "finish"),
            Source::Trained,
            "trainedAlgorithmicMedia",
        ),
        // What a program does to it later changes nothing of that.
        (
            &by_model(&bytes, "draft"),
            Source::Trained,
            "trainedAlgorithmicMedia",
        ),
        (
            &with_part(&bytes),
            Source::Composite,
            "compositeWithTrainedAlgorithmicMedia",
        ),
    ] {
        for with_record in [false, true] {
            let (verdict, failed) = told(record, &bytes, source, with_record, |_| {});
            assert_eq!(failed, [""; 0]);
            let marking = verdict.marking.unwrap();
            assert_eq!(marking.source_type, Some(source));
            assert_eq!(serde_json::to_value(&marking).unwrap()["source_type"], name);
        }
    }
}

#[test]
fn actions_that_speak_against_the_receipts_in_the_credential_are_tampering() {
    let bytes = png(9, 9, false);
    let plain = run_of(&bytes, "image/png", false);
    type Change = fn(&mut Vec<Value>);
    let lies: [(Change, &str); 6] = [
        (
            |actions| actions[0]["digitalSourceType"] = iptc("digitalCapture"),
            "“digitalCapture”",
        ),
        (
            |actions| {
                *actions = vec![json!({
                    "action": "c2pa.created", "digitalSourceType": iptc("humanEdits"),
                    "description": "photographed by hand",
                })];
            },
            "“humanEdits”",
        ),
        (
            |actions| {
                *actions = vec![json!({
                    "action": "c2pa.created", "digitalSourceType": iptc("algorithmicMedia"),
                    "description": "photographed by hand",
                })];
            },
            "“photographed by hand”",
        ),
        (|actions| actions.truncate(1), "do not tell of finish"),
        (
            |actions| {
                drop(
                    actions[0]
                        .as_object_mut()
                        .unwrap()
                        .remove("digitalSourceType"),
                )
            },
            "does not say what made it",
        ),
        (
            |actions| actions[1]["digitalSourceType"] = iptc("trainedAlgorithmicMedia"),
            "it says of finish that a trained model made it, and by its receipt it was sketch",
        ),
    ];
    for (change, word) in lies {
        let (verdict, failed) = told(&plain, &bytes, Source::Algorithmic, false, change);
        assert_eq!(verdict.exit, Exit::Tampered, "{word}: {failed:?}");
        let mut failed_so = failed.iter().filter(|told| told.starts_with("marked: "));
        assert!(failed_so.any(|told| told.contains(word)), "{failed:?}");
        assert_eq!(verdict.marking, None);
    }
    // The model, by the receipt that is in the credential.
    let trained = by_model(&bytes, "finish");
    let lies: [Change; 3] = [
        |actions| actions[1]["digitalSourceType"] = iptc("algorithmicMedia"),
        |actions| actions[1]["digitalSourceType"] = iptc("compositeWithTrainedAlgorithmicMedia"),
        |actions| {
            drop(
                actions[1]
                    .as_object_mut()
                    .unwrap()
                    .remove("digitalSourceType"),
            )
        },
    ];
    for change in lies {
        let (verdict, failed) = told(&trained, &bytes, Source::Trained, false, change);
        assert_eq!(verdict.exit, Exit::Tampered, "{failed:?}");
        assert!(failed[0].starts_with("marked: it says that "), "{failed:?}");
    }
}

#[test]
fn a_packet_of_xmp_that_speaks_against_the_actions_is_tampering() {
    let bytes = png(9, 9, false);
    let drafted = by_model(&bytes, "draft");
    for with_record in [false, true] {
        let (verdict, failed) = told(&drafted, &bytes, Source::Trained, with_record, |actions| {
            actions[0]["digitalSourceType"] = iptc("compositeWithTrainedAlgorithmicMedia");
        });
        assert_eq!(verdict.exit, Exit::Tampered);
        let said = "marked: of what made it, its XMP says “trainedAlgorithmicMedia”, and the credential \
                    “compositeWithTrainedAlgorithmicMedia”";
        assert_eq!(failed[0], said);
    }
}

#[test]
fn each_task_is_told_by_its_own_kind_and_the_model_too_that_many_others_came_after() {
    let bytes = gif();
    let states: Vec<_> = (0..11_u8)
        .map(|state| asset(&[state], "image/png"))
        .collect();
    let record = changed(&bytes, |record| {
        record.receipts = vec![receipt("step 0", None, &[], &[&states[0]])];
        for at in 1..11 {
            let (from, to) = (&states[at - 1], &states[at]);
            record
                .receipts
                .push(receipt(&format!("step {at}"), None, &[from], &[to]));
        }
        record.receipts[2].usage.by_model = true;
        let poster = asset(&bytes, "image/gif");
        record
            .receipts
            .push(receipt("finish", None, &[&states[10]], &[&poster]));
    });
    let mut seen = Vec::new();
    let (verdict, failed) = told(&record, &bytes, Source::Trained, true, |actions| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let both = |action: &Value| {
            (
                text(&action["description"]),
                action["digitalSourceType"].clone(),
            )
        };
        seen = actions.iter().map(both).collect();
    });
    assert_eq!(failed, [""; 0]);
    assert_eq!(verdict.marking.unwrap().source_type, Some(Source::Trained));
    let names: Vec<&str> = seen.iter().map(|(name, _)| &**name).collect();
    let expected = [
        "step 0", "step 2", "step 6", "step 7", "step 8", "step 9", "step 10", "finish",
    ];
    assert_eq!(names, expected);
    assert_eq!(seen[0].1, iptc("algorithmicMedia"));
    assert_eq!(seen[1].1, iptc("trainedAlgorithmicMedia"));
    assert!(seen[2..].iter().all(|(_, source)| source.is_null()));
}

#[test]
fn actions_that_speak_against_the_record_are_tampering_where_it_is_there() {
    // A format that has no packet of XMP, which would have to lie, too.
    let bytes = gif();
    let plain = run_of(&bytes, "image/gif", false);
    let parted = with_part(&bytes);
    let drafted = by_model(&bytes, "draft");
    type Change = fn(&mut Vec<Value>);
    let hers: Change = |actions| actions[0]["digitalSourceType"] = iptc("algorithmicMedia");
    let its: Change = |actions| actions[0]["digitalSourceType"] = iptc("trainedAlgorithmicMedia");
    let whole: Change = |actions| {
        drop(
            actions[1]
                .as_object_mut()
                .unwrap()
                .remove("digitalSourceType"),
        )
    };
    let other: Change = |actions| actions[0]["description"] = "a walk by the sea".into();
    for (record, change, word) in [
        (&drafted, hers, "by the receipts"),
        (&plain, its, "by the receipts"),
        (&parted, whole, "by the receipts"),
        (&drafted, other, "“a walk by the sea”"),
    ] {
        let source = Source::Algorithmic;
        let (verdict, failed) = told(record, &bytes, source, false, change);
        assert_eq!(failed, [""; 0]);
        assert_eq!(verdict.exit, Exit::Fine);
        let (verdict, failed) = told(record, &bytes, source, true, change);
        assert_eq!(verdict.exit, Exit::Tampered, "{word}");
        assert!(failed[0].starts_with("attestation: "), "{failed:?}");
        assert!(failed[0].contains(word), "{failed:?}");
    }
}

#[path = "made_by_tests.rs"]
mod made_by;
