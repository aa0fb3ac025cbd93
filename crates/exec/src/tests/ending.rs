//! What is under way when a run ends: it is paid, and so it is kept, counted, and not done once more by itself.

use std::collections::BTreeMap;
use std::time::Duration;

use daedal_core::UsdMicros;
use daedal_core::run::{Event, Ruling, RunId, unsettled_calls};
use serde_json::json;

use super::{failure, task};
use crate::testing::{Rig, plan, spec};
use crate::{Options, RunReport, RunStatus};

/// A call that takes so long, beside a step that fails at once.
fn beside(ms: u64, more: &str) -> daedal_core::plan::Plan {
    plan(&format!(
        r#"
{more}steps:
  say: {{ uses: call, with: {{ price: 7, ms: {ms} }} }}
  bad: {{ uses: broken, with: {{ broken: true }} }}
outputs: {{ say: "{{{{ steps.say.price }}}}", bad: "{{{{ steps.bad }}}}" }}
"#
    ))
}

fn is_last_the_end(report: &RunReport) -> bool {
    matches!(report.events.last(), Some(Event::Finished { .. }))
}

#[tokio::test]
async fn a_run_that_fails_waits_for_what_is_paid_and_the_next_one_has_it() {
    let rig = Rig::new(2);
    let plan = beside(300, "");
    let first = spec(&plan, json!({}));
    let report = rig.executor.run(&plan, first, &rig.options).await.unwrap();
    assert_eq!(failure(&report.status), (Some("bad"), "is broken"));
    assert_eq!(
        (report.cost, report.cost_lost),
        (UsdMicros(7), UsdMicros(0))
    );
    assert!(report.lost.is_empty() && is_last_the_end(&report));
    let mut next = spec(&plan, json!({}));
    next.nonce = 1;
    let report = rig.executor.run(&plan, next, &rig.options).await.unwrap();
    assert_eq!((report.cost, rig.counts.of("call")), (UsdMicros(0), 1));
}

#[tokio::test]
async fn whoever_stops_a_run_that_fails_is_told_what_may_have_been_paid() {
    let rig = Rig::new(2);
    let plan = beside(60_000, "");
    let options = rig.options.clone();
    let run = spec(&plan, json!({}));
    let (report, ()) = tokio::join!(rig.executor.run(&plan, run, &options), async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        options.stop.request();
    });
    let report = report.unwrap();
    assert_eq!(failure(&report.status), (Some("bad"), "is broken"));
    assert_eq!(
        (report.cost, report.cost_lost),
        (UsdMicros(0), UsdMicros(7))
    );
    assert_eq!(report.lost[0].task, task("say"));
    assert!(is_last_the_end(&report));
}

#[tokio::test]
async fn calls_of_a_run_that_is_cancelled_or_out_of_time_are_stopped_and_counted() {
    let rig = Rig::new(2);
    let slow = |more: &str| {
        plan(&format!(
            "{more}steps:\n  say: {{ uses: call, with: {{ price: 7, ms: 60000 }} }}\noutputs: {{ say: \"{{{{ steps.say }}}}\" }}\n"
        ))
    };
    let cancelled = slow("");
    let options = Options {
        stop: crate::Stop::default(),
        ..rig.options.clone()
    };
    let run = spec(&cancelled, json!({}));
    let (report, ()) = tokio::join!(rig.executor.run(&cancelled, run, &options), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        options.stop.cancel();
    });
    let report = report.unwrap();
    assert_eq!(report.status, RunStatus::Cancelled);
    assert_eq!((report.cost_lost, report.lost.len()), (UsdMicros(7), 1));
    assert!(is_last_the_end(&report));

    let late = slow("budget: { time: 100ms }\n");
    let run = spec(&late, json!({}));
    let report = rig.executor.run(&late, run, &rig.options).await.unwrap();
    assert!(failure(&report.status).1.contains("0.1 s of work"));
    assert_eq!((report.cost_lost, report.lost.len()), (UsdMicros(7), 1));
    assert!(report.elapsed_ms < 5_000);
}

#[tokio::test]
async fn a_run_that_is_stopped_says_at_once_what_may_have_been_paid() {
    let rig = Rig::new(1);
    let plan = plan(
        "steps:\n  say: { uses: call, with: { price: 7, ms: 60000 } }\noutputs: { say: \"{{ steps.say }}\" }\n",
    );
    let options = rig.options.clone();
    let run = spec(&plan, json!({}));
    let (report, ()) = tokio::join!(rig.executor.run(&plan, run, &options), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        options.stop.request();
    });
    let report = report.unwrap();
    assert_eq!(report.status, RunStatus::Interrupted);
    assert_eq!((report.cost_lost, report.lost.len()), (UsdMicros(7), 1));
    let on = Options::default();
    let again = rig.executor.resume(&plan, report.run, &on).await.unwrap();
    assert_eq!(again.status, RunStatus::Waiting);
    assert_eq!(again.cost_lost, UsdMicros(7));
    assert_eq!(rig.counts.of("call"), 1);
}

#[tokio::test]
async fn a_run_that_was_killed_while_it_failed_counts_what_was_under_way() {
    let rig = Rig::new(2);
    let plan = beside(20, "");
    let run = spec(&plan, json!({}));
    let whole = rig.executor.run(&plan, run, &rig.options).await.unwrap();
    // Its log ends where it was killed.
    let is_cut = |event: &&Event| !matches!(event, Event::TaskDone { .. } | Event::Finished { .. });
    let log: Vec<Event> = whole.events.iter().filter(is_cut).cloned().collect();
    let rig = Rig::new(2);
    rig.studio
        .log
        .create(whole.run, log[0].clone())
        .await
        .unwrap();
    rig.studio
        .log
        .append(whole.run, log[1..].to_vec())
        .await
        .unwrap();
    let report = rig
        .executor
        .resume(&plan, whole.run, &rig.options)
        .await
        .unwrap();
    assert_eq!(failure(&report.status), (Some("bad"), "is broken"));
    assert_eq!((report.cost_lost, report.lost.len()), (UsdMicros(7), 1));
    assert_eq!(rig.counts.of("call"), 0);

    // The next run comes to the same call, and asks.
    let made = unsettled_calls(&plan, &report.events);
    assert_eq!(made.len(), 1);
    let made: BTreeMap<_, RunId> = made.into_iter().map(|call| (call, whole.run)).collect();
    let options = Options {
        made,
        ..rig.options.clone()
    };
    let text = r#"
steps:
  say: { uses: call, with: { price: 7, ms: 20 } }
outputs: { say: "{{ steps.say.price }}" }
"#;
    let mended = crate::testing::plan(text);
    let next = spec(&mended, json!({}));
    let report = rig.executor.run(&mended, next, &options).await.unwrap();
    assert_eq!(report.status, RunStatus::Waiting);
    assert_eq!(report.lost[0].before, Some(whole.run));
    assert_eq!((report.cost_lost, rig.counts.of("call")), (UsdMicros(0), 0));
    let ruling = [(task("say"), Ruling::Repeat)];
    rig.executor
        .rule(&mended, report.run, &ruling)
        .await
        .unwrap();
    let report = rig
        .executor
        .resume(&mended, report.run, &options)
        .await
        .unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    assert_eq!(rig.counts.of("call"), 1);
}

#[tokio::test]
async fn a_call_that_got_lost_is_not_made_by_another_task_that_asks_the_same() {
    let rig = Rig::new(1);
    let plan = plan(
        "steps:\n  say: { uses: call, count: 2, with: { price: 7 } }\noutputs: { say: \"{{ steps.say }}\" }\n",
    );
    let spec = spec(&plan, json!({}));
    let (run, at) = (spec.id(), crate::testing::at(1));
    let created = Event::Created {
        spec: spec.clone(),
        at,
    };
    rig.studio.log.create(run, created).await.unwrap();
    let started = Event::EffectStarted {
        task: task("say"),
        attempt: 1,
        cost_max: UsdMicros(7),
        at,
    };
    rig.studio.log.append(run, vec![started]).await.unwrap();
    let report = rig.executor.run(&plan, spec, &rig.options).await.unwrap();
    assert_eq!(report.status, RunStatus::Waiting);
    assert_eq!((report.lost.len(), rig.counts.of("call")), (2, 0));
    let rulings: Vec<_> = report
        .lost
        .iter()
        .map(|lost| (lost.task.clone(), Ruling::Repeat))
        .collect();
    rig.executor.rule(&plan, run, &rulings).await.unwrap();
    let report = rig.executor.resume(&plan, run, &rig.options).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    assert_eq!(rig.counts.of("call"), 1);
}

#[tokio::test]
async fn a_budget_ends_a_loop_with_its_best_round_and_fails_a_run_that_has_none() {
    let rig = Rig::new(2);
    let text = |budget: u32| {
        format!(
            r#"
budget: {{ cost: 0.0000{budget:02} USD }}
steps:
  polish:
    repeat:
      best_by: "{{{{ revise.price }}}}"
      at_most: 5
      steps:
        revise: {{ uses: pay, with: {{ price: 7, round: "{{{{ round }}}}" }} }}
  after: {{ uses: echo, with: {{ of: "{{{{ steps.polish.revise.round }}}}" }} }}
outputs: {{ after: "{{{{ steps.after.of }}}}" }}
"#
        )
    };
    let enough = plan(&text(20));
    let run = spec(&enough, json!({}));
    let report = rig.executor.run(&enough, run, &rig.options).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    assert_eq!(report.outputs, json!({ "after": 0 }));
    assert_eq!(
        (report.cost, report.cut_short[0].rounds),
        (UsdMicros(14), 2)
    );
    let again = rig.executor.resume(&enough, report.run, &rig.options).await;
    assert_eq!(again.unwrap().cut_short, report.cut_short);
    let rig = Rig::new(2);
    let little = plan(&text(5));
    let run = spec(&little, json!({}));
    let report = rig.executor.run(&little, run, &rig.options).await.unwrap();
    let (step, message) = failure(&report.status);
    assert_eq!(step, Some("polish.revise"));
    assert!(message.contains("before it passed its budget"), "{message}");
}
