//! What fails, how, and what becomes of the run.

use daedal_core::run::{Event, RunId};
use daedal_store::ports::MemoEntry;
use serde_json::json;

use super::failure;
use crate::RunStatus;
use crate::testing::{Rig, plan, spec};

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let rig = Rig::new(1);
    let plan = plan(
        r#"
steps:
  call: { uses: flaky, with: { fails: 2 }, retry: { attempts: 3, backoff: 5ms } }
  more: { uses: flaky, with: { fails: 9 }, retry: { attempts: 2, backoff: 5ms }, on_failure: skip }
outputs: { call: "{{ steps.call.fails }}", more: "{{ steps.more }}" }
"#,
    );
    let report = rig
        .executor
        .run(&plan, spec(&plan, json!({})), &rig.options)
        .await
        .unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    assert_eq!(report.outputs, json!({ "call": 2, "more": null }));
    assert_eq!(rig.counts.of("flaky"), 5);
}

#[tokio::test]
async fn a_failed_item_is_left_out_or_ends_the_run() {
    let rig = Rig::new(2);
    let text = |on_failure: &str| {
        format!(
            r#"
steps:
  each:
    uses: broken
    foreach: "{{{{ [false, true, false] }}}}"
    with: {{ broken: "{{{{ item }}}}", place: "{{{{ index }}}}" }}
    on_failure: {on_failure}
outputs: {{ places: "{{{{ steps.each.place }}}}" }}
"#
        )
    };
    let lenient = plan(&text("skip"));
    let report = rig
        .executor
        .run(&lenient, spec(&lenient, json!({})), &rig.options)
        .await
        .unwrap();
    assert_eq!(report.outputs, json!({ "places": [0, 2] }));
    let skipped = serde_json::to_value(&report.skipped).unwrap();
    let expected = json!({ "step": "each", "failed": 1, "tasks": 3, "error": "is broken" });
    assert_eq!(skipped, json!([expected]));
    let strict = plan(&text("stop"));
    let report = rig
        .executor
        .run(&strict, spec(&strict, json!({})), &rig.options)
        .await
        .unwrap();
    assert_eq!(failure(&report.status), (Some("each"), "is broken"));
}

#[tokio::test]
async fn an_engine_that_panics_fails_its_step_and_nothing_else() {
    let rig = Rig::new(1);
    let plan = plan(
        r#"
steps:
  bad: { uses: panic, with: {}, on_failure: skip }
  good: { uses: echo, with: { a: 1 } }
outputs: { bad: "{{ steps.bad }}", good: "{{ steps.good.a }}" }
"#,
    );
    let report = rig
        .executor
        .run(&plan, spec(&plan, json!({})), &rig.options)
        .await
        .unwrap();
    assert_eq!(report.outputs, json!({ "bad": null, "good": 1 }));
    let log = rig.studio.log.read(report.run).await.unwrap();
    let told = log.iter().any(|event| {
        matches!(event, Event::TaskFailed { error, .. } if error.to_string().contains("out of paint"))
    });
    assert!(told, "{log:?}");
}

#[tokio::test]
async fn a_task_that_takes_too_long_fails_even_if_it_does_not_listen() {
    let rig = Rig::new(2);
    for engine in ["sleep", "stubborn"] {
        let plan = plan(&format!(
            r#"
steps:
  slow: {{ uses: {engine}, with: {{ ms: 1500 }}, timeout: 50ms }}
outputs: {{ slow: "{{{{ steps.slow }}}}" }}
"#
        ));
        let report = rig
            .executor
            .run(&plan, spec(&plan, json!({})), &rig.options)
            .await
            .unwrap();
        let (step, message) = failure(&report.status);
        assert_eq!(step, Some("slow"));
        assert!(message.contains("longer than its 0.05 s"), "{message}");
        assert!(report.elapsed_ms < 1_400, "{}", report.elapsed_ms);
    }
}

#[tokio::test]
async fn a_task_that_took_too_long_is_tried_again_where_its_step_says_so() {
    let rig = Rig::new(1);
    let plan = plan(
        r#"
steps:
  slow: { uses: sleep, with: { ms: 5000 }, timeout: 100ms, retry: { attempts: 3, backoff: 5ms } }
outputs: { slow: "{{ steps.slow.ms }}" }
"#,
    );
    let run = spec(&plan, json!({}));
    let report = rig.executor.run(&plan, run, &rig.options).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    let failed = report.events.iter().filter_map(|event| match event {
        Event::TaskFailed { error, .. } => Some(error.to_string()),
        _ => None,
    });
    let failed: Vec<String> = failed.collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].contains("longer than its 0.1 s"), "{failed:?}");
}

#[tokio::test]
async fn waiting_for_a_turn_takes_no_time_and_a_task_knows_its_place() {
    let rig = Rig::new(2);
    let plan = plan(
        r#"
steps:
  call: { uses: line, count: 2, with: { ms: 500, index: "{{ index }}" }, timeout: 100ms }
outputs: { call: "{{ steps.call }}" }
"#,
    );
    let run = spec(&plan, json!({}));
    let id = run.id();
    let report = rig.executor.run(&plan, run, &rig.options).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded, "{:?}", report.events);
    // Nor does it cost what an hour of work does.
    let worked = report.events.iter().filter_map(|event| match event {
        Event::TaskDone { outcome, .. } => Some(outcome.usage.elapsed_ms),
        _ => None,
    });
    assert!(worked.max().is_some_and(|ms| ms < 500));
    let mut places = report.events.iter().filter_map(|event| match event {
        Event::TaskDone { task, outcome, .. } => Some((task.place(id), &outcome.value["place"])),
        _ => None,
    });
    assert!(places.all(|(own, told)| *told == own.to_string()));
}

#[tokio::test]
async fn a_budget_of_money_or_time_stops_the_run_before_it_is_passed() {
    let rig = Rig::new(4);
    let money = plan(
        r#"
budget: { cost: 0.000010 USD }
steps:
  buy: { uses: pay, count: 5, with: { price: 4, place: "{{ index }}" } }
outputs: { buy: "{{ steps.buy }}" }
"#,
    );
    let report = rig
        .executor
        .run(&money, spec(&money, json!({})), &rig.options)
        .await
        .unwrap();
    let (step, message) = failure(&report.status);
    assert_eq!(step, Some("buy"));
    assert!(message.contains("before it passed its budget"), "{message}");
    assert_eq!((report.cost.0, rig.counts.of("pay")), (8, 2));

    let time = plan(
        r#"
budget: { time: 100ms }
steps:
  slow: { uses: sleep, with: { ms: 60000 } }
outputs: { slow: "{{ steps.slow }}" }
"#,
    );
    let report = rig
        .executor
        .run(&time, spec(&time, json!({})), &rig.options)
        .await
        .unwrap();
    assert!(failure(&report.status).1.contains("0.1 s of work"));
}

#[tokio::test]
async fn a_fresh_run_finds_its_own_lost_outcomes_and_no_others() {
    let text =
        "steps: { post: { uses: post, with: { a: 1 } } }\noutputs: { post: '{{ steps.post }}' }";
    let plan = plan(text);
    let mut spec = spec(&plan, json!({}));
    spec.fresh = true;
    let run = spec.id();
    let whole = Rig::new(1);
    let executor = &whole.executor;
    let report = executor.run(&plan, spec.clone(), &whole.options).await;
    let outputs = report.unwrap().outputs;
    let log = whole.studio.log.read(run).await.unwrap();

    for (maker, found) in [(run, true), (RunId(daedal_core::Digest([7; 32])), false)] {
        let rig = Rig::new(1);
        for event in log.clone() {
            match event {
                Event::Created { .. } => {
                    rig.studio.log.create(run, event).await.unwrap();
                }
                Event::EffectStarted { .. } => {
                    rig.studio.log.append(run, vec![event]).await.unwrap();
                }
                Event::TaskDone {
                    key, outcome, at, ..
                } => {
                    let entry = MemoEntry {
                        outcome,
                        run: maker,
                        at,
                    };
                    rig.studio.memo.put(vec![(key, entry)]).await.unwrap();
                }
                _ => {}
            }
        }
        let executor = &rig.executor;
        let report = executor.run(&plan, spec.clone(), &rig.options).await;
        let report = report.unwrap();
        assert_eq!((report.hits, rig.counts.of("post")), (0, 0));
        if found {
            assert_eq!(report.outputs, outputs);
        } else {
            assert_eq!(report.status, RunStatus::Waiting);
            assert_eq!(report.lost.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_run_that_goes_on_can_be_cancelled_for_good() {
    let rig = Rig::new(1);
    let plan = plan(
        r#"
steps:
  slow: { uses: sleep, with: { ms: 60000 } }
outputs: { slow: "{{ steps.slow.ms }}" }
"#,
    );
    let options = rig.options.clone();
    let (report, ()) = tokio::join!(
        rig.executor.run(&plan, spec(&plan, json!({})), &options),
        async {
            tokio::time::sleep(std::time::Duration::from_millis(40)).await;
            options.stop.cancel();
        }
    );
    let report = report.unwrap();
    assert_eq!(report.status, RunStatus::Cancelled);
    let again = crate::Options::default();
    let report = rig.executor.resume(&plan, report.run, &again).await;
    assert_eq!(report.unwrap().status, RunStatus::Cancelled);
}

/// Looks into the log whenever it is told that a task is done.
struct Doubter {
    log: std::sync::Arc<dyn daedal_store::ports::Log>,
    run: RunId,
    told: std::sync::Mutex<Vec<bool>>,
}

impl crate::Progress for Doubter {
    fn update(&self, update: crate::Update) {
        use std::task::{Context, Poll, Waker};
        let crate::Update::Done { task: name, .. } = update else {
            return;
        };
        let mut context = Context::from_waker(Waker::noop());
        // A log in memory answers at once.
        let Poll::Ready(Ok(events)) = self.log.read(self.run).as_mut().poll(&mut context) else {
            panic!("no answer");
        };
        let is_it = |event: &Event| matches!(event, Event::TaskDone { task, .. } if *task == name);
        self.told.lock().unwrap().push(events.iter().any(is_it));
    }
}

#[tokio::test]
async fn what_is_told_is_in_the_log() {
    let rig = Rig::new(2);
    let plan = plan(
        r#"
steps:
  each: { uses: echo, count: 20, with: { place: "{{ index }}" } }
  last: { uses: echo, with: { of: "{{ steps.each.place }}" } }
outputs: { last: "{{ steps.last.of }}" }
"#,
    );
    let spec = spec(&plan, json!({}));
    let doubter = std::sync::Arc::new(Doubter {
        log: std::sync::Arc::clone(&rig.studio.log),
        run: spec.id(),
        told: std::sync::Mutex::default(),
    });
    let options = crate::Options {
        progress: Some(std::sync::Arc::clone(&doubter) as _),
        ..rig.options.clone()
    };
    rig.executor.run(&plan, spec, &options).await.unwrap();
    assert_eq!(*doubter.told.lock().unwrap(), [true; 21]);
}
