//! What is made of the receipts beside a file.

use daedal_core::canonical;

use super::*;
use crate::attest::{Subject, attest};
use crate::fixtures::{content, license, png, run_of, studio};
use crate::seal::{SealRequest, seal};
use crate::verify::verify;

/// What a piece's own credential does not have, the attestation has.
#[test]
fn receipts_tell_no_less_of_decisions_than_the_attestation_beside_them() {
    let bytes = png(9, 9, false);
    let mut record = run_of(&bytes, "image/png", true);
    let note = b"A note.";
    let asset = daedal_core::AssetRef {
        digest: Digest::of(note),
        media_type: "text/plain".into(),
        size: note.len() as u64,
    };
    record.receipts.last_mut().unwrap().outputs = vec![asset];
    let record = RunRecord::close(
        record.header,
        record.inputs,
        record.parameters,
        record.receipts,
        record.intents,
    );
    let license = license();
    let content = content(&record, note, "text/plain", &license);
    let request = SealRequest {
        bytes: note,
        content,
    };
    let sealed = seal(&request, &studio().0).unwrap();
    let subject = Subject::of("note.txt", Digest::of(note), &sealed);
    let attestation = attest(record.clone(), &[subject], &studio().0);
    let attestation = Recorded::of(&attestation);
    let anchors = [studio().0.chain().clone()];
    let with = |record: &RunRecord, attestation: Option<&Recorded>| {
        let verdict = verify(&Given {
            file: note,
            media_type: Some("text/plain"),
            sidecar: sealed.sidecar.as_deref(),
            receipts: Some(&Recorded::beside(&canonical::to_vec(record), attestation)),
            attestation,
            anchors: &anchors,
            ..Given::default()
        });
        let checks = verdict.checks.into_iter();
        let receipts = checks.rev().find(|check| check.name == "receipts");
        (verdict.exit, receipts.unwrap().detail)
    };
    assert_eq!(with(&record, Some(&attestation)).0, Exit::Fine);
    // The same bytes as it attests are not checked again, and said to be what they are.
    let beside = Recorded::beside(&canonical::to_vec(&record), Some(&attestation));
    assert!(matches!(beside.0, Kind::AsAttested(_)), "{beside:?}");
    assert!(beside.attested().is_err() && beside.bare() == Ok(&record));
    assert_eq!(
        with(&record, Some(&attestation)).1,
        with(&record, None).1,
        "checked or not"
    );
    let mut untold = record.clone();
    untold.intents[0].options.clear();
    assert_eq!(with(&untold, Some(&attestation)).0, Exit::Tampered);
    let (exit, alone) = with(&untold, None);
    assert_eq!(exit, Exit::Fine);
    assert!(
        alone.contains("what was shown is not told of 1 of 1 decisions"),
        "{alone}"
    );
}

#[test]
fn who_signed_the_attestation_is_told_where_it_is_another() {
    let bytes = png(9, 9, false);
    let record = run_of(&bytes, "image/png", false);
    let license = license();
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
