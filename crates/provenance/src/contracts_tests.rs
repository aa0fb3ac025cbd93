//! What a verdict makes of decisions that contracts signed.

use daedal_core::canonical;
use daedal_core::intent::{Accepted, Oversight};
use daedal_core::record::RunRecord;

use super::*;
use crate::chain::Chain;
use crate::fixtures::{content, license, png, run_of, signed_by_another, studio};
use crate::seal::{SealRequest, seal};
use crate::verdict::Check;
use crate::verify::{Given, Recorded, verify};

const WALLET: Address = Address::repeat_byte(0xc0);
const ACCEPTED: Accepted = Accepted {
    chain: 8453,
    block: 12,
    hash: B256::repeat_byte(1),
};

/// The choice of a run, signed by a contract.
fn chosen_by_a_contract(bytes: &[u8]) -> RunRecord {
    let RunRecord {
        header,
        inputs,
        parameters,
        mut receipts,
        mut intents,
        ..
    } = run_of(bytes, "image/png", true);
    let (own, choice) = (intents[0].name(), &mut intents[0]);
    choice.signer = WALLET;
    choice.signature = Bytes::from(vec![7; 500]);
    choice.accepted = Some(ACCEPTED);
    let mut named = receipts.iter_mut().flat_map(|receipt| &mut receipt.intents);
    *named.find(|name| **name == own).unwrap() = choice.name();
    RunRecord::close(header, inputs, parameters, receipts, intents)
}

fn sealed(bytes: &[u8], record: &RunRecord) -> Vec<u8> {
    let license = license();
    let content = content(record, bytes, "image/png", &license);
    let sealed = seal(&SealRequest { bytes, content }, &studio().0);
    sealed.unwrap().file
}

fn verdict(file: &[u8], receipts: Option<&[u8]>) -> Verdict {
    let anchors = vec![Chain::from_pem(studio().0.chain().anchor_pem().as_bytes()).unwrap()];
    verify(&Given {
        file,
        receipts: receipts.map(Recorded::of).as_ref(),
        anchors: &anchors,
        ..Given::default()
    })
}

fn told(verdict: &Verdict) -> &Check {
    let mut checks = verdict.checks.iter();
    checks.find(|check| check.name == CONTRACTS).unwrap()
}

fn oversight(verdict: &Verdict) -> Oversight {
    verdict.origin.as_ref().unwrap().human_oversight
}

/// The verdict once a node has answered so.
fn answered(answer: Result<String, ContractFault>) -> Verdict {
    let bytes = png(9, 9, false);
    let record = chosen_by_a_contract(&bytes);
    let mut verdict = verdict(&sealed(&bytes, &record), None);
    assert_eq!(verdict.exit, Exit::Fine);
    let name = record.intents[0].name();
    verdict.contracts(&Answers::from([(name, answer)]));
    verdict
}

#[test]
fn what_a_contract_signed_is_attested_and_counts_once_its_chain_confirms_it() {
    let bytes = png(9, 9, false);
    let record = chosen_by_a_contract(&bytes);
    assert_eq!(record.faults(), []);
    assert_eq!(
        record.oversight(Domain::default()),
        Oversight::FullyAutonomous
    );
    let unasked = verdict(&sealed(&bytes, &record), None);
    assert_eq!(unasked.exit, Exit::Fine, "{:#?}", unasked.checks);
    assert_eq!(told(&unasked).outcome, Outcome::Noted);
    let detail = &told(&unasked).detail;
    assert!(detail.contains("at block 12 of chain 8453"), "{detail}");
    assert!(detail.contains("attested by the studio, and not counted"));
    assert_eq!(oversight(&unasked), Oversight::FullyAutonomous);
    let origin = unasked.origin.as_ref().unwrap();
    assert_eq!((origin.intents, origin.contracts.len()), (0, 1));

    let confirmed = answered(Ok("it accepts".to_owned()));
    assert_eq!(confirmed.exit, Exit::Fine);
    assert_eq!(told(&confirmed).outcome, Outcome::Passed);
    assert_eq!(oversight(&confirmed), Oversight::HumanValidated);
    let origin = confirmed.origin.unwrap();
    assert_eq!(origin.intents, 1);
    let [decision] = &origin.decisions[..] else {
        panic!("{:?}", origin.decisions);
    };
    assert!(decision.by_contract);
    assert_eq!(
        (decision.by, decision.task.as_deref()),
        (origin.contracts[0].signer, Some("pick"))
    );
}

#[test]
fn what_its_contract_refuses_is_tampered_with_and_what_nobody_can_say_is_not_confirmed() {
    for (fault, exit) in [
        (ContractFault::Refused("no".to_owned()), Exit::Tampered),
        (ContractFault::Unsaid("away".to_owned()), Exit::Unconfirmed),
    ] {
        let verdict = answered(Err(fault));
        assert_eq!(verdict.exit, exit);
        assert_eq!(told(&verdict).outcome, Outcome::Failed);
        assert_eq!(oversight(&verdict), Oversight::FullyAutonomous);
    }
}

#[test]
fn no_record_beside_the_file_says_otherwise_who_signed() {
    let bytes = png(9, 9, false);
    let record = run_of(&bytes, "image/png", true);
    let file = sealed(&bytes, &record);
    let receipts = |record: &RunRecord| canonical::to_vec(record);
    assert_eq!(verdict(&file, Some(&receipts(&record))).exit, Exit::Fine);
    // Who signed is part of the name, and so of the root.
    let mut other = record.clone();
    other.intents = vec![signed_by_another(&record.intents[0])];
    assert_ne!(other.faults(), []);
    // That the account is a contract is not.
    let mut contracts = record.clone();
    contracts.intents[0].accepted = Some(ACCEPTED);
    assert_eq!(contracts.faults(), []);
    for bent in [other, contracts] {
        let bent = verdict(&file, Some(&receipts(&bent)));
        assert_eq!(bent.exit, Exit::Tampered, "{:#?}", bent.checks);
    }
}

#[test]
fn no_record_beside_the_file_tells_a_decision_otherwise_than_the_credential() {
    let bytes = png(9, 9, false);
    let own = chosen_by_a_contract(&bytes);
    let file = sealed(&bytes, &own);
    let mut emptied = own.clone();
    emptied.intents[0].signature = Bytes::from(vec![0]);
    let mut untold = own.clone();
    untold.intents[0].options.clear();
    for bent in [emptied, untold] {
        // By itself the record stands: its root holds the names of decisions, and their signers, and no more of them.
        assert_eq!((bent.root, bent.faults()), (own.root, Vec::new()));
        let verdict = verdict(&file, Some(&canonical::to_vec(&bent)));
        assert_eq!(verdict.exit, Exit::Tampered, "{:#?}", verdict.checks);
    }
    let fine = verdict(&file, Some(&canonical::to_vec(&own)));
    assert_eq!(fine.exit, Exit::Fine, "{:#?}", fine.checks);
}
