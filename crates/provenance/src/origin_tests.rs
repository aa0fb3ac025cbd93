use alloy_primitives::Address;
use daedal_core::Digest;
use daedal_core::canonical;
use daedal_core::record::RunRecord;

use super::*;
use crate::attest::{Subject, attest};
use crate::fixtures::{content, license, png, run_in, studio};
use crate::manifest::Anchoring;
use crate::verdict::Check;
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
    for (signed, named, outcome, oversight, said) in [
        (none, none, Outcome::Passed, counts, "stands"),
        (at(1), at(1), Outcome::Passed, counts, "stands"),
        (
            none,
            at(1),
            Outcome::Passed,
            counts,
            "before the process was registered",
        ),
        (
            at(1),
            none,
            Outcome::Passed,
            counts,
            "for chain 1, and the credential names none",
        ),
        (
            at(2),
            at(1),
            Outcome::Noted,
            not,
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
