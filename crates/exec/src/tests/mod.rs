//! Runs carried out by real workers of this process.

mod ending;
mod failures;
mod lost;
mod spent;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use daedal_core::run::{Decider, Decision, Event, Finish, TaskName, records};
use serde_json::json;

use crate::testing::{Rig, plan, seed, spec};
use crate::{ExecError, Progress, RunStatus, Stop, Update};

const ALMANAC: &str = r#"
inputs:
  n: { type: integer, default: 3 }
steps:
  idea: { uses: echo, with: { title: "Low {{ inputs.n }}" } }
  draft: { uses: dice, count: "{{ inputs.n }}", with: { of: "{{ steps.idea.title }}" } }
  print: { uses: paint, foreach: "{{ steps.draft }}", with: { number: "{{ item.number }}", place: "{{ index }}" } }
outputs:
  prints: "{{ steps.print }}"
  titles: "{{ steps.idea.title }}"
"#;

fn failure(status: &RunStatus) -> (Option<&str>, &str) {
    match status {
        RunStatus::Failed { step, message } => (step.as_deref(), message),
        other => panic!("did not fail: {other:?}"),
    }
}

fn task(step: &str) -> TaskName {
    TaskName {
        step: step.into(),
        round: 0,
        index: 0,
    }
}

#[tokio::test]
async fn a_run_gives_its_outputs_and_the_next_one_executes_nothing() {
    let rig = Rig::new(2);
    let plan = plan(ALMANAC);
    let first = spec(&plan, json!({ "n": 3 }));
    let report = rig
        .executor
        .run(&plan, first.clone(), &rig.options)
        .await
        .unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    assert_eq!((report.tasks, report.hits), (7, 0));
    assert_eq!(report.outputs["titles"], "Low 3");
    assert_eq!(report.outputs["prints"].as_array().unwrap().len(), 3);
    assert_eq!(report.outputs["prints"][1]["of"]["place"], 1);

    let mut second = first.clone();
    second.nonce = 1;
    let again = rig.executor.run(&plan, second, &rig.options).await.unwrap();
    assert_eq!((again.tasks, again.hits), (7, 7));
    assert_eq!(again.outputs, report.outputs);
    assert_eq!(rig.counts.of("dice"), 3);

    let mut fresh = first;
    (fresh.nonce, fresh.fresh) = (2, true);
    let fresh = rig.executor.run(&plan, fresh, &rig.options).await.unwrap();
    assert_eq!((fresh.hits, rig.counts.of("dice")), (0, 6));
    assert_eq!(fresh.outputs, report.outputs);
}

#[tokio::test]
async fn records_stand_in_plan_order_and_name_where_outcomes_came_from() {
    let rig = Rig::new(2);
    let plan = plan(ALMANAC);
    let first = spec(&plan, json!({ "n": 2 }));
    let second = daedal_core::run::RunSpec {
        nonce: 1,
        ..first.clone()
    };
    let one = rig.executor.run(&plan, first, &rig.options).await.unwrap();
    let two = rig.executor.run(&plan, second, &rig.options).await.unwrap();
    let log = rig.studio.log.read(two.run).await.unwrap();
    let records = records(&plan, &log);
    let names: Vec<_> = records.iter().map(|record| record.name.path()).collect();
    assert_eq!(
        names,
        [
            "idea#0#0",
            "draft#0#0",
            "draft#0#1",
            "print#0#0",
            "print#0#1"
        ]
    );
    assert!(
        records
            .iter()
            .all(|record| record.reused_from == Some(one.run))
    );
    assert_eq!(records[1].index, Some(0));
    assert_eq!(records[0].index, None);
    assert_eq!(records[4].task.params["place"], 1);
}

#[tokio::test]
async fn tasks_that_are_the_same_are_executed_once() {
    let rig = Rig::new(4);
    let plan = plan(
        r#"
steps:
  same: { uses: echo, count: 5, with: { a: 1 } }
outputs: { all: "{{ steps.same }}" }
"#,
    );
    let report = rig
        .executor
        .run(&plan, spec(&plan, json!({})), &rig.options)
        .await
        .unwrap();
    assert_eq!(
        (report.tasks, report.hits, rig.counts.of("echo")),
        (5, 4, 1)
    );
}

const ASKS: &str = r#"
steps:
  draft: { uses: dice, count: 3, with: {} }
  pick: { uses: ask, with: { from: "{{ steps.draft }}" } }
  post: { uses: post, with: { of: "{{ steps.pick }}" } }
outputs: { kept: "{{ steps.pick.number }}", drafts: "{{ steps.draft.number }}" }
"#;

#[tokio::test]
async fn a_person_is_waited_for_and_their_answer_stands() {
    let rig = Rig::new(2);
    let plan = plan(ASKS);
    let run = spec(&plan, json!({}));
    let report = rig
        .executor
        .run(&plan, run.clone(), &rig.options)
        .await
        .unwrap();
    assert_eq!(report.status, RunStatus::Waiting);
    assert_eq!(report.questions[0].task, task("pick"));
    let before = rig.studio.log.read(report.run).await.unwrap();
    let asked_again = rig
        .executor
        .run(&plan, run.clone(), &rig.options)
        .await
        .unwrap();
    assert_eq!(asked_again.status, RunStatus::Waiting);
    assert_eq!(rig.studio.log.read(report.run).await.unwrap(), before);

    let decide = |kept: &[usize]| Decision {
        kept: kept.to_vec(),
        by: Decider::Person("0xabc".into()),
        intent: None,
    };
    let (executor, id) = (&rig.executor, report.run);
    for unfit in [&[3][..], &[1, 1], &[0, 1, 2]] {
        let answer = executor
            .answer(&plan, id, &task("pick"), decide(unfit))
            .await;
        assert!(matches!(answer, Err(ExecError::Unfit { .. })), "{answer:?}");
    }
    let nowhere = executor
        .answer(&plan, id, &task("post"), decide(&[0]))
        .await;
    assert!(matches!(nowhere, Err(ExecError::NotAsked { .. })));
    executor
        .answer(&plan, id, &task("pick"), decide(&[2, 0]))
        .await
        .unwrap();
    let again = executor
        .answer(&plan, id, &task("pick"), decide(&[1]))
        .await;
    assert!(matches!(again, Err(ExecError::NotAsked { .. })));

    let report = executor.run(&plan, run, &rig.options).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    let drafts = &report.outputs["drafts"];
    assert_eq!(report.outputs["kept"], json!([drafts[2], drafts[0]]));
    let log = rig.studio.log.read(id).await.unwrap();
    let record = &records(&plan, &log)[3];
    assert_eq!(record.decision, Some(decide(&[2, 0])));
    assert!(log.contains(&Event::Finished {
        status: Finish::Succeeded,
        at: log.last().unwrap().at()
    }));
}

#[tokio::test]
async fn nobody_decides_in_time() {
    let rig = Rig::new(1);
    let text = |otherwise: &str| {
        format!(
            r#"
steps:
  pick: {{ uses: ask, with: {{ from: [a, b, c], timeout_ms: 1, otherwise: {otherwise} }} }}
outputs: {{ kept: "{{{{ steps.pick }}}}" }}
"#
        )
    };
    for (otherwise, end) in [
        ("best", RunStatus::Succeeded),
        ("fail", RunStatus::Cancelled),
    ] {
        let plan = plan(&text(otherwise));
        let report = rig
            .executor
            .run(&plan, spec(&plan, json!({})), &rig.options)
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        let report = rig
            .executor
            .resume(&plan, report.run, &rig.options)
            .await
            .unwrap();
        match end {
            RunStatus::Succeeded => assert_eq!(report.outputs, json!({ "kept": ["c", "a"] })),
            _ => assert!(failure(&report.status).1.contains("nobody decided in time")),
        }
    }
}

#[tokio::test]
async fn a_stop_leaves_a_run_that_can_be_resumed() {
    let rig = Rig::new(1);
    let plan = plan(
        r#"
steps:
  quick: { uses: echo, with: { a: 1 } }
  slow: { uses: sleep, with: { ms: 60000, of: "{{ steps.quick.a }}" } }
outputs: { slow: "{{ steps.slow.of }}" }
"#,
    );
    let stop = Stop::default();
    let options = crate::Options {
        stop: stop.clone(),
        ..rig.options.clone()
    };
    let run = spec(&plan, json!({}));
    let (report, ()) = tokio::join!(rig.executor.run(&plan, run, &options), async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        stop.request();
    });
    let report = report.unwrap();
    assert_eq!(report.status, RunStatus::Interrupted);
    let report = rig
        .executor
        .resume(&plan, report.run, &rig.options)
        .await
        .unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    assert_eq!((rig.counts.of("echo"), rig.counts.of("sleep")), (1, 2));
}

#[tokio::test]
async fn a_run_that_waits_can_be_cancelled_for_good() {
    let rig = Rig::new(1);
    let plan = plan(ASKS);
    let report = rig
        .executor
        .run(&plan, spec(&plan, json!({})), &rig.options)
        .await
        .unwrap();
    let report = rig.executor.cancel(&plan, report.run).await.unwrap();
    assert_eq!(report.status, RunStatus::Cancelled);
    let events = rig.studio.log.read(report.run).await.unwrap().len();
    let report = rig.executor.cancel(&plan, report.run).await.unwrap();
    assert_eq!(report.status, RunStatus::Cancelled);
    let later = rig.studio.log.read(report.run).await.unwrap().len();
    assert_eq!(events, later);
}

#[tokio::test]
async fn a_run_of_other_files_is_refused() {
    let rig = Rig::new(1);
    let (plan, other) = (plan(ASKS), plan(ALMANAC));
    let report = rig
        .executor
        .run(&plan, spec(&plan, json!({})), &rig.options)
        .await
        .unwrap();
    let refused = rig.executor.resume(&other, report.run, &rig.options).await;
    assert!(matches!(refused, Err(ExecError::OtherBundle { .. })));
    let mut nowhere = spec(&plan, json!({}));
    nowhere.seed = seed(9);
    let unknown = rig.executor.resume(&plan, nowhere.id(), &rig.options).await;
    assert!(matches!(unknown, Err(ExecError::NoRun { .. })));
}

#[derive(Default)]
struct Told(Mutex<Vec<Update>>);

impl Progress for Told {
    fn update(&self, update: Update) {
        self.0.lock().unwrap().push(update);
    }
}

#[tokio::test]
async fn what_happens_is_told() {
    let rig = Rig::new(1);
    let told = Arc::new(Told::default());
    let options = crate::Options {
        progress: Some(told.clone()),
        ..rig.options.clone()
    };
    let plan = plan(
        r#"
steps:
  a: { uses: echo, with: { a: 1 } }
  b: { uses: echo, when: "{{ steps.a.a == 2 }}", with: { a: 1 } }
outputs: { a: "{{ steps.a.a }}" }
"#,
    );
    rig.executor
        .run(&plan, spec(&plan, json!({})), &options)
        .await
        .unwrap();
    let told = told.0.lock().unwrap();
    let lines: Vec<_> = told
        .iter()
        .map(|update| {
            let mut line = serde_json::to_value(update).unwrap();
            let fields = line.as_object_mut().unwrap();
            for volatile in ["run", "created", "elapsed_ms", "worked_ms"] {
                fields.shift_remove(volatile);
            }
            line.to_string()
        })
        .collect();
    assert_eq!(
        lines,
        [
            r#"{"update":"run","process":"test","resumed":false,"steps":[{"step":"a","status":"running","round":0,"tasks":1,"done":0,"failed":0},{"step":"b","status":"pending","round":0,"tasks":0,"done":0,"failed":0}]}"#,
            r#"{"update":"started","task":{"step":"a"},"attempt":1,"engine":"echo"}"#,
            r#"{"update":"done","task":{"step":"a"},"reused_from":null,"cost":0}"#,
            r#"{"update":"step","step":"a","status":"done","round":0,"tasks":1,"done":1,"failed":0}"#,
            r#"{"update":"step","step":"b","status":"skipped","round":0,"tasks":0,"done":0,"failed":0}"#,
            r#"{"update":"ended","status":"succeeded","tasks":1,"hits":0,"cost":0}"#,
        ]
    );
}
