use daedal_core::engine::{Limits, Outcome, Task};
use daedal_core::run::{Decision, TaskName, TaskResult};

use super::*;

/// A choice from something, decided by somebody who signed that this was shown to them.
fn decided(from: &Value, by: Decider, seen: Option<&[Value]>) -> TaskRecord {
    let zeros = "0x".to_owned() + &"00".repeat(32);
    let account = "0x".to_owned() + &"00".repeat(20);
    let intent = seen.map(|seen| {
        json!({
            "domain": { "chain": 0, "registry": account },
            "intent": {
                "run": zeros, "step": zeros, "kind": "choose", "payload": zeros,
                "seen": seen_root(&shown(seen)), "prev": zeros, "nonce": 0, "at": 0,
            },
            "signer": account,
            "signature": "0x",
        })
    });
    let task = Task {
        engine: "choose".to_owned(),
        engine_version: "1".to_owned(),
        params: json!({ "from": from }),
        seed: None,
        limits: Limits::default(),
        labels: BTreeMap::new(),
    };
    TaskRecord {
        name: TaskName {
            step: "pick".into(),
            round: 0,
            index: 0,
        },
        round: None,
        index: None,
        key: task.key(None),
        took: Vec::new(),
        own_options: Value::Null,
        task,
        result: TaskResult::Done(Outcome::free(Value::Null)),
        lost: Default::default(),
        reused_from: None,
        request: None,
        decision: Some(Decision {
            kept: vec![0],
            by,
            intent,
        }),
        edits: Vec::new(),
        at: Moment::default(),
    }
}

fn stands(from: &Value, by: Decider, seen: Option<&[Value]>) -> bool {
    is_signed_for(&decided(from, by, seen))
}

#[test]
fn who_decided_signed_for_just_what_there_was_to_choose_from() {
    let person = || Decider::Person("0xabc".to_owned());
    let (low, high) = (json!("low"), json!({ "text": "high" }));
    let from = json!([low, null, high]);
    assert!(stands(&from, person(), Some(&[low.clone(), high.clone()])));
    assert!(stands(&low, person(), Some(std::slice::from_ref(&low))));
    assert!(stands(&from, Decider::Timeout, None));
    for by in [person(), Decider::Timeout] {
        for seen in [&[low.clone()][..], &[high.clone(), low.clone()], &[]] {
            assert!(!stands(&from, by.clone(), Some(seen)));
        }
        assert!(!stands(&low, by, Some(std::slice::from_ref(&high))));
    }
    assert!(!stands(&from, person(), None));
}
