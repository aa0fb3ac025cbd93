//! What tasks use that come to nothing, what they say on the way, and what stands behind their names.

use std::sync::{Arc, Mutex};

use daedal_core::UsdMicros;
use daedal_core::engine::Determinism;
use daedal_core::run::{Event, records};
use serde_json::json;

use super::failure;
use crate::testing::{Rig, plan, spec};
use crate::{Progress, RunStatus, Update};

#[tokio::test]
async fn an_attempt_that_failed_is_paid_and_stands_in_the_receipt() {
    let rig = Rig::new(1);
    let plan = plan(
        r#"
steps:
  call: { uses: lose, with: { price: 7, fails: 2 }, retry: { attempts: 3, backoff: 5ms } }
outputs: { call: "{{ steps.call.price }}" }
"#,
    );
    let run = spec(&plan, json!({}));
    let report = rig.executor.run(&plan, run, &rig.options).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    assert_eq!(report.cost, UsdMicros(21));
    let lost: Vec<_> = report
        .events
        .iter()
        .filter_map(|event| match event {
            Event::TaskFailed { spent, .. } => Some((spent.cost, spent.tokens)),
            _ => None,
        })
        .collect();
    assert_eq!(lost, [(UsdMicros(7), Some((3, 2))); 2]);
    let task = records(&plan, &report.events).remove(0);
    let receipt = task.receipt(Determinism::Attested).unwrap();
    assert_eq!(receipt.usage.cost, UsdMicros(21));
    assert_eq!(receipt.usage.tokens, Some((9, 6)));
    // Whoever takes the outcome over pays nothing, and has a receipt of the outcome alone.
    let mut again = spec(&plan, json!({}));
    again.nonce = 1;
    let report = rig.executor.run(&plan, again, &rig.options).await.unwrap();
    assert_eq!(report.cost, UsdMicros(0));
    let task = records(&plan, &report.events).remove(0);
    let receipt = task.receipt(Determinism::Attested).unwrap();
    assert_eq!(receipt.usage.cost, UsdMicros(7));
}

#[tokio::test]
async fn a_budget_counts_what_failed() {
    let rig = Rig::new(1);
    let plan = plan(
        r#"
budget: { cost: 0.000010 USD }
steps:
  call: { uses: lose, with: { price: 4, fails: 9 }, retry: { attempts: 9, backoff: 5ms } }
outputs: { call: "{{ steps.call.price }}" }
"#,
    );
    let run = spec(&plan, json!({}));
    let report = rig.executor.run(&plan, run, &rig.options).await.unwrap();
    let (_, message) = failure(&report.status);
    assert!(message.contains("before it passed its budget"), "{message}");
    assert_eq!(report.cost, UsdMicros(8));
    assert_eq!(rig.counts.of("lose"), 2);
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Progress for Heard {
    fn update(&self, update: Update) {
        if let Update::Said { task, line } = update {
            self.0.lock().unwrap().push(format!("{task}: {line}"));
        }
    }
}

#[tokio::test]
async fn what_a_task_says_reaches_who_follows_its_run() {
    let rig = Rig::new(1);
    let plan = plan(
        "steps:\n  tell: { uses: say, with: {} }\noutputs: { a: \"{{ steps.tell.followed }}\" }\n",
    );
    let run = spec(&plan, json!({}));
    let heard = Arc::new(Heard::default());
    let following = rig.queue.follow(run.id(), Arc::clone(&heard) as _);
    let report = rig.executor.run(&plan, run, &rig.options).await.unwrap();
    drop(following);
    assert_eq!(report.outputs, json!({ "a": true }));
    assert_eq!(*heard.0.lock().unwrap(), ["tell: half of it"]);
    let mut again = spec(&plan, json!({}));
    (again.nonce, again.fresh) = (1, true);
    let report = rig.executor.run(&plan, again, &rig.options).await.unwrap();
    assert_eq!(report.outputs, json!({ "a": false }));
    assert_eq!(heard.0.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_outcome_of_another_model_is_no_outcome_of_this_one() {
    let rig = Rig::new(1);
    let plan = plan(
        "steps:\n  ask: { uses: model, with: { model: writer } }\noutputs: { by: \"{{ steps.ask.by }}\" }\n",
    );
    let mut given = Vec::new();
    for (nonce, behind) in (0..).zip(["gull", "tern", "gull"]) {
        rig.counts.put_behind(behind);
        let mut run = spec(&plan, json!({}));
        run.nonce = nonce;
        let report = rig.executor.run(&plan, run, &rig.options).await.unwrap();
        given.push(report.outputs["by"].clone());
    }
    assert_eq!(given, ["gull", "tern", "gull"]);
    assert_eq!(rig.counts.of("model"), 2);
    // A run that is over stays what it is, whatever stands behind its names now.
    rig.counts.put_behind("auk");
    let run = spec(&plan, json!({})).id();
    let report = rig.executor.resume(&plan, run, &rig.options).await.unwrap();
    assert_eq!(report.outputs["by"], "gull");
}
