use daedal_core::engine::Determinism;
use daedal_core::process::License;
use serde_json::json;

use super::*;
use crate::attest::{Subject, attest};
use crate::fixtures::{content, license, png, run_of, studio};
use crate::manifest::{Content, definition};
use crate::seal::{SealRequest, assembled, put, seal};
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
        ..content(record, bytes, "image/png", &license)
    };
    let (mut definition, claim) = definition(&content).unwrap();
    let actions = definition["assertions"][0]["data"]["actions"].as_array_mut();
    change(actions.unwrap());
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
    let mut record = run_of(bytes, "image/png", false);
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
        (
            &by_model(&bytes, "draft"),
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
            "two things",
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
    for (record, source) in [
        (&trained, Source::Algorithmic),
        (&trained, Source::Composite),
        (&plain, Source::Trained),
    ] {
        let (verdict, failed) = told(record, &bytes, source, false, |_| {});
        assert_eq!(verdict.exit, Exit::Tampered, "{failed:?}");
        assert!(failed[0].starts_with("marked: it says that "), "{failed:?}");
    }
}

#[test]
fn actions_that_speak_against_the_record_are_tampering_where_it_is_there() {
    let bytes = png(9, 9, false);
    let drafted = by_model(&bytes, "draft");
    let by_hand = changed(&bytes, |record| {
        let mut receipts = record.receipts.iter_mut();
        let finish = receipts.find(|receipt| receipt.step == "finish").unwrap();
        finish.engine = EDIT.into();
    });
    type Change = fn(&mut Vec<Value>);
    let nothing: Change = |_| {};
    let other: Change = |actions| actions[0]["description"] = "a walk by the sea".into();
    let drawn: Change = |actions| {
        actions.insert(
            1,
            json!({
                "action": "c2pa.edited", "digitalSourceType": iptc("humanEdits"),
                "description": "finish, edited by hand",
            }),
        );
    };
    for (record, source, change, word) in [
        (&drafted, Source::Algorithmic, nothing, "by the receipts"),
        (&drafted, Source::Composite, other, "“a walk by the sea”"),
        (
            &drafted,
            Source::Composite,
            drawn,
            "“finish, edited by hand”",
        ),
    ] {
        let (verdict, failed) = told(record, &bytes, source, false, change);
        assert_eq!(failed, [""; 0]);
        assert_eq!(verdict.exit, Exit::Fine);
        let (verdict, failed) = told(record, &bytes, source, true, change);
        assert_eq!(verdict.exit, Exit::Tampered, "{word}");
        assert!(failed[0].starts_with("attestation: "), "{failed:?}");
        assert!(failed[0].contains(word), "{failed:?}");
    }
    for with_record in [false, true] {
        // Nobody signed the edit, which is another matter.
        let (verdict, failed) = told(&by_hand, &bytes, Source::Algorithmic, with_record, |_| {});
        assert!(
            !failed.iter().any(|told| told.contains("it says that")),
            "{failed:?}"
        );
        assert!(verdict.marking.unwrap().edited_by_hand);
    }
    let hidden: Change = |actions| {
        actions[1] = json!({
            "action": "c2pa.edited", "description": "finish",
            "softwareAgent": { "name": "sketch", "version": "1" },
        });
    };
    let (_, failed) = told(&by_hand, &bytes, Source::Algorithmic, false, hidden);
    assert!(
        failed.iter().any(|told| told.starts_with("marked: ")),
        "{failed:?}"
    );
}

#[test]
fn who_signed_the_attestation_is_told_where_it_is_another() {
    let bytes = png(9, 9, false);
    let record = run_of(&bytes, "image/png", false);
    let license: License = license();
    let request = SealRequest {
        bytes: &bytes,
        content: content(&record, &bytes, "image/png", &license),
    };
    let sealed = seal(&request, &studio().0).unwrap();
    let subject = Subject::of("poster.png", Digest::of(&bytes), &sealed);
    let issued = crate::chain::issue("Grace", crate::fixtures::NOW_MS).unwrap();
    let other =
        crate::Signer::from_pem(issued.chain.to_pem().as_bytes(), &issued.signing_key_pem())
            .unwrap();
    for (signer, named) in [(&studio().0, None), (&other, Some("Grace Studio"))] {
        let attestation = attest(record.clone(), std::slice::from_ref(&subject), signer);
        let verdict = verify(&Given {
            file: &sealed.file,
            attestation: Some(&Recorded::of(&attestation)),
            ..Given::default()
        });
        assert_eq!(verdict.attested_by.as_deref(), named);
    }
}
