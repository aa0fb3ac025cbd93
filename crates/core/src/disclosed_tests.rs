use super::*;
use crate::Seed;
use crate::engine::{Determinism, Usage};
use crate::intent::{Disclosure, Domain, Intent, IntentKind};
use crate::receipt::Receipt;
use crate::record::{Setting, settings_digest};
use alloy_primitives::{Address, Bytes, keccak256};
use serde_json::json;

fn record(intents: Vec<B256>) -> RunRecord {
    let receipt = |step: &str| Receipt {
        step: step.into(),
        round: None,
        index: None,
        engine: "echo".into(),
        engine_version: "1".into(),
        params: Digest::of(b"params"),
        seed: None,
        inputs: Vec::new(),
        from: Vec::new(),
        outputs: Vec::new(),
        value: Digest::of(b"value"),
        determinism: Determinism::Exact,
        usage: Usage::default(),
        intents: Vec::new(),
        of: None,
        prev: B256::ZERO,
    };
    let header = RunHeader {
        process: "poem".into(),
        bundle: Digest::of(b"bundle"),
        inputs: Digest::of(b""),
        parameters: Digest::of(b""),
        seed: Seed(Digest::of(b"seed")),
        nonce: 7,
        started_ms: 1,
        ended_ms: 2,
        tool: "daedal 0.1.0".into(),
        target: "t".into(),
        governed: None,
        intents,
    };
    let inputs = Settings::from([("theme".to_owned(), Setting::private(&json!("low tide")))]);
    let receipts = vec![receipt("idea"), receipt("write")];
    RunRecord::close(header, inputs, Settings::new(), receipts, Vec::new())
}

/// An intent about what was set, which says so many words; nobody has signed it.
fn set(theme: &str) -> (SignedIntent, Openings) {
    let name = "inputs.theme";
    let opening = Disclosure::of(keccak256("inner"), name, &json!(theme));
    let openings = Openings::from([(name.to_owned(), opening)]);
    let disclosed = Disclosure::setting(keccak256("outer")).sealing(&openings);
    let run = record(Vec::new()).header.run();
    let intent = Intent {
        run: run.0.into(),
        step: B256::ZERO,
        kind: IntentKind::Set,
        payload: disclosed.commitment(),
        seen: B256::ZERO,
        prev: crate::receipt::first_link(run),
        nonce: 1,
        at: 1,
    };
    let signed = SignedIntent {
        domain: Domain::default(),
        intent,
        signer: Address::ZERO,
        signature: Bytes::new(),
        accepted: None,
        disclosed: Some(disclosed),
        options: Vec::new(),
    };
    (signed, openings)
}

#[test]
fn a_disclosure_is_read_as_it_was_written_and_unsigned_it_does_not_stand() {
    let (signed, openings) = set("low tide");
    let record = record(vec![signed.name()]);
    assert_eq!(settings_digest(&record.inputs), record.header.inputs);
    let disclosed = Disclosed::of(&record, signed.clone(), openings).unwrap();
    let text = serde_json::to_string(&disclosed).unwrap();
    assert_eq!(serde_json::from_str::<Disclosed>(&text).unwrap(), disclosed);
    let told = disclosed.told().unwrap();
    assert_eq!(told, BTreeMap::from([("inputs.theme", &json!("low tide"))]));
    let signer = Address::ZERO;
    let unsigned = RecordFault::Intent(crate::intent::IntentFault::Signature { signer });
    assert_eq!(disclosed.check(), Err(unsigned.into()));
    assert_eq!(
        Disclosed::of(&self::record(Vec::new()), signed, Openings::new()),
        None
    );
}

#[test]
fn what_is_told_is_what_was_sealed_and_is_bound_to_the_run() {
    let (signed, openings) = set("low tide");
    let record = record(vec![signed.name()]);
    let disclosed = Disclosed::of(&record, signed, openings).unwrap();
    let mut bent = disclosed.clone();
    bent.opened.get_mut("inputs.theme").unwrap().payload = json!({ "inputs.theme": "high tide" });
    let name = "inputs.theme".to_owned();
    assert_eq!(bent.told(), Err(DisclosureFault::Opening { name }));
    let changes: [fn(&mut Disclosed); 5] = [
        |d| d.root.0[0] ^= 1,
        |d| d.count += 1,
        |d| d.header.ended_ms += 1,
        |d| d.receipt.receipt.step.push('x'),
        |d| d.receipt.proof.index = 1,
    ];
    for change in changes {
        let mut bent = disclosed.clone();
        change(&mut bent);
        let root = bent.root;
        assert_eq!(bent.check(), Err(DisclosureFault::Proof { root }));
    }
    let mut bent = disclosed;
    bent.form.push('x');
    assert!(matches!(bent.check(), Err(DisclosureFault::Form { .. })));
}
