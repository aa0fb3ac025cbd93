//! What a verdict makes of the proof of votes.

use alloy_primitives::{Address, B256};
use daedal_core::Governed;
use daedal_core::intent::Domain;
use daedal_core::record::RunRecord;

use super::tests::{anchors, outcomes};
use super::*;
use crate::fixtures::{content, license, png, run_of, studio};
use crate::seal::{SealRequest, seal};
use crate::verdict::AnchorFault;

/// A file of a run that took dials from a chain, or of one that took none.
fn verdict(is_governed: bool) -> Verdict {
    let bytes = png(9, 9, false);
    let mut record = run_of(&bytes, "image/png", false);
    record.header.governed = is_governed.then(|| Governed {
        chain: 8453,
        registry: Address::repeat_byte(7),
        work: 1,
        block: 2,
        hash: B256::repeat_byte(1),
        dials: Default::default(),
    });
    let RunRecord {
        header,
        inputs,
        parameters,
        receipts,
        ..
    } = record;
    let record = RunRecord::close(header, inputs, parameters, receipts, Vec::new());
    let license = license();
    let mut content = content(&record, &bytes, "image/png", &license);
    if let Some(pin) = &record.header.governed {
        content.anchor = Domain {
            chain: pin.chain,
            registry: pin.registry,
        };
    }
    let request = SealRequest {
        bytes: &bytes,
        content,
    };
    let sealed = seal(&request, &studio().0).unwrap();
    let anchors = anchors();
    let mut verdict = verify(&Given {
        file: &sealed.file,
        anchors: &anchors,
        ..Given::default()
    });
    verdict.anchored(Ok("anchored".to_owned()));
    verdict
}

#[test]
fn a_proof_of_votes_is_told_of_a_run_that_took_its_dials_from_them() {
    let told = || "told".to_owned();
    let results = [
        (Ok(told()), Outcome::Passed, Exit::Fine),
        (
            Err(AnchorFault::Foreign(told())),
            Outcome::Noted,
            Exit::Fine,
        ),
        (
            Err(AnchorFault::Broken(told())),
            Outcome::Failed,
            Exit::Tampered,
        ),
        (
            Err(AnchorFault::Denied(told())),
            Outcome::Failed,
            Exit::Tampered,
        ),
        (
            Err(AnchorFault::Unconfirmed(told())),
            Outcome::Failed,
            Exit::Unconfirmed,
        ),
    ];
    for (result, outcome, exit) in results {
        let mut governed = verdict(true);
        assert_eq!(governed.exit, Exit::Fine);
        assert!(outcomes(&governed).contains(&("votes", Outcome::Skipped)));
        governed.votes(result.clone());
        assert!(
            outcomes(&governed).contains(&("votes", outcome)),
            "{result:?}"
        );
        assert_eq!(governed.exit, exit, "{result:?}");
        let mut plain = verdict(false);
        plain.votes(result);
        assert!(plain.checks.iter().all(|check| check.name != "votes"));
        assert_eq!(plain.exit, Exit::Fine, "it is about another run");
    }
}
