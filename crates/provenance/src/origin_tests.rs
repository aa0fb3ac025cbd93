use alloy_primitives::{Address, B256};
use daedal_core::canonical;
use daedal_core::record::RunRecord;
use daedal_core::{Digest, Governed};

use super::*;
use crate::attest::{Subject, attest};
use crate::fixtures::{content, license, png, run_in, studio};
use crate::manifest::Anchoring;
use crate::verdict::{AnchorFault, Check};
use crate::verify::{Given, Recorded, verify};
use crate::{SealRequest, Sealed, seal};

fn at(chain: u64) -> Domain {
    Domain {
        chain,
        registry: Address::repeat_byte(0xab),
    }
}

fn sealed(bytes: &[u8], record: &RunRecord, anchor: Domain) -> Sealed {
    let license = license();
    let mut content = content(record, bytes, "image/png", &license);
    content.anchor = anchor;
    content.anchoring = Some(Anchoring {
        by: Address::repeat_byte(1),
        contract: Address::repeat_byte(2),
    });
    seal(&SealRequest { bytes, content }, &studio().0).unwrap()
}

fn verdict_on(file: &[u8], attestation: Option<&[u8]>) -> Verdict {
    verify(&Given {
        file,
        attestation: attestation.map(Recorded::of).as_ref(),
        anchors: &[studio().0.chain().clone()],
        ..Given::default()
    })
}

fn check<'v>(verdict: &'v Verdict, name: &str) -> &'v Check {
    let mut checks = verdict.checks.iter();
    checks.find(|check| check.name == name).unwrap()
}

#[test]
fn a_decision_counts_for_the_registry_that_it_was_signed_for() {
    let bytes = png(9, 9, false);
    let none = Domain::default();
    let (counts, not) = (Oversight::HumanValidated, Oversight::FullyAutonomous);
    let (fine, unanchored) = (Exit::Fine, Exit::Unanchored);
    for (signed, named, outcome, oversight, exit, said) in [
        (none, none, Outcome::Passed, counts, fine, "stands"),
        (at(1), at(1), Outcome::Passed, counts, unanchored, "stands"),
        (
            none,
            at(1),
            Outcome::Passed,
            counts,
            unanchored,
            "before the process was registered",
        ),
        (
            at(1),
            none,
            Outcome::Passed,
            counts,
            unanchored,
            "for chain 1, and the credential names none",
        ),
        (
            at(2),
            at(1),
            Outcome::Noted,
            not,
            unanchored,
            "on chain 2, which is not the one",
        ),
    ] {
        let record = run_in(&bytes, "image/png", Some(signed));
        let verdict = verdict_on(&sealed(&bytes, &record, named).file, None);
        let told = check(&verdict, "decisions");
        assert_eq!(told.outcome, outcome, "{told:?}");
        assert!(told.detail.contains(said), "{told:?}");
        let origin = verdict.origin.as_ref().unwrap();
        assert_eq!(origin.human_oversight, oversight, "{signed:?} {named:?}");
        assert_eq!(origin.anchoring.unwrap().by, Address::repeat_byte(1));
        assert_eq!(check(&verdict, "receipt").outcome, Outcome::Passed);
        assert_eq!(verdict.exit, exit, "{signed:?} {named:?}");
        // What counts for nothing here is not told as somebody's decision about it.
        let told = usize::from(oversight == counts);
        assert_eq!((origin.intents, origin.decisions.len()), (told, told));
    }
}

#[test]
fn a_run_is_due_where_votes_decided_its_dials() {
    let bytes = png(9, 9, false);
    let RunRecord {
        mut header,
        inputs,
        parameters,
        receipts,
        ..
    } = run_in(&bytes, "image/png", None);
    header.governed = Some(Governed {
        chain: 1,
        registry: at(1).registry,
        work: 4,
        block: 2,
        hash: B256::repeat_byte(1),
        dials: Default::default(),
    });
    let record = RunRecord::close(header, inputs, parameters, receipts, Vec::new());
    assert_eq!(record.faults(), []);
    let none = Domain::default();
    for (named, exit) in [
        (at(1), Exit::Unanchored),
        (none, Exit::Unanchored),
        (at(2), Exit::Tampered),
    ] {
        let mut verdict = verdict_on(&sealed(&bytes, &record, named).file, None);
        assert_eq!(verdict.exit, exit, "{:#?}", verdict.checks);
        // Nor does an anchor of something else make up for it.
        let foreign = AnchorFault::Foreign("it is about another run".to_owned());
        verdict.anchored(Err(foreign));
        assert_eq!(verdict.exit, exit, "{:#?}", verdict.checks);
    }
}

#[test]
fn decisions_that_are_named_and_not_told_are_missed() {
    let bytes = png(9, 9, false);
    let mut record = run_in(&bytes, "image/png", Some(Domain::default()));
    record.intents.clear();
    let sealed = sealed(&bytes, &record, Domain::default());
    let verdict = verdict_on(&sealed.file, None);
    let told = check(&verdict, "decisions");
    assert_eq!(told.outcome, Outcome::Noted);
    assert!(told.detail.contains("1 are named, and 0 of them shared"));
    assert_eq!(verdict.exit, Exit::Fine);
    // Who tells the whole run has to tell them.
    let subject = Subject::of("poster.png", Digest::of(&bytes), &sealed);
    let attestation = attest(record.clone(), &[subject], &studio().0);
    for told in [attestation, canonical::to_vec(&record)] {
        let verdict = verdict_on(&sealed.file, Some(&told));
        assert_eq!(verdict.exit, Exit::Incomplete, "{:?}", verdict.checks);
    }
}
