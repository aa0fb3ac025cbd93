//! Effects that were announced, and of which nothing is known.

use daedal_core::run::{Event, Ruling};
use daedal_store::ports::MemoEntry;
use serde_json::json;

use super::task;
use crate::testing::{Rig, plan, spec};
use crate::{ExecError, RunStatus};

#[tokio::test]
async fn an_effect_that_may_have_happened_is_not_repeated_until_a_person_says_so() {
    let rig = Rig::new(1);
    let plan = plan(
        r#"
steps:
  post: { uses: post, with: { a: 1, price: 3 } }
outputs: { post: "{{ steps.post }}" }
"#,
    );
    let spec = spec(&plan, json!({}));
    let (run, at) = (spec.id(), crate::testing::at(1));
    let created = Event::Created {
        spec: spec.clone(),
        at,
    };
    rig.studio.log.create(run, created).await.unwrap();
    let post = task("post");
    let started = Event::EffectStarted {
        task: post.clone(),
        attempt: 1,
        cost_max: daedal_core::UsdMicros(0),
        at,
    };
    rig.studio.log.append(run, vec![started]).await.unwrap();
    let executor = &rig.executor;
    let report = executor.run(&plan, spec, &rig.options).await.unwrap();
    assert_eq!(report.status, RunStatus::Waiting);
    assert_eq!(report.lost[0].task, post);
    assert_eq!(rig.counts.of("post"), 0);
    // Asking again leaves no trace.
    let again = executor.resume(&plan, run, &rig.options).await.unwrap();
    assert_eq!(again.events.len(), report.events.len());
    let other = [(task("press"), Ruling::Repeat)];
    let refused = executor.rule(&plan, run, &other).await.unwrap_err();
    assert!(matches!(refused, ExecError::NotLost { .. }), "{refused}");
    let repeat = [(post, Ruling::Repeat)];
    executor.rule(&plan, run, &repeat).await.unwrap();
    assert!(executor.rule(&plan, run, &repeat).await.is_err());
    let report = executor.resume(&plan, run, &rig.options).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    assert_eq!(rig.counts.of("post"), 1);
}

#[tokio::test]
async fn a_step_that_may_be_repeated_is_without_a_person() {
    let rig = Rig::new(1);
    let plan = plan(
        r#"
steps:
  post: { uses: post, with: { a: 1 }, on_interrupt: repeat }
outputs: { post: "{{ steps.post }}" }
"#,
    );
    let spec = spec(&plan, json!({}));
    let (run, at) = (spec.id(), crate::testing::at(1));
    let created = Event::Created {
        spec: spec.clone(),
        at,
    };
    rig.studio.log.create(run, created).await.unwrap();
    let started = Event::EffectStarted {
        task: task("post"),
        attempt: 1,
        cost_max: daedal_core::UsdMicros(0),
        at,
    };
    rig.studio.log.append(run, vec![started]).await.unwrap();
    let report = rig.executor.run(&plan, spec, &rig.options).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    assert_eq!(rig.counts.of("post"), 1);
    // What happened is in the log: lost, then announced anew.
    let is_lost = |event: &&Event| matches!(event, Event::EffectLost { .. });
    assert_eq!(report.events.iter().filter(is_lost).count(), 1);
    let is_started = |event: &&Event| matches!(event, Event::EffectStarted { .. });
    assert_eq!(report.events.iter().filter(is_started).count(), 2);
}

#[tokio::test]
async fn what_got_lost_is_found_before_anybody_goes_on_and_what_is_remembered_is_not_lost() {
    let text =
        "steps: { post: { uses: post, with: { a: 1 } } }\noutputs: { post: '{{ steps.post }}' }";
    let plan = plan(text);
    let spec = spec(&plan, json!({}));
    let run = spec.id();
    let whole = Rig::new(1);
    let done = whole.executor.run(&plan, spec, &whole.options).await;
    let log = done.unwrap().events;
    for remembers in [true, false] {
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
                } if remembers => {
                    let entry = MemoEntry { outcome, run, at };
                    rig.studio.memo.put(vec![(key, entry)]).await.unwrap();
                }
                _ => {}
            }
        }
        let executor = &rig.executor;
        let found = executor.find_lost(&plan, run, &rig.options).await.unwrap();
        assert_eq!(found.lost().count(), usize::from(!remembers));
        let before = rig.studio.log.read(run).await.unwrap();
        executor.find_lost(&plan, run, &rig.options).await.unwrap();
        assert_eq!(rig.studio.log.read(run).await.unwrap(), before);
        let report = executor.resume(&plan, run, &rig.options).await.unwrap();
        let expected = match remembers {
            true => RunStatus::Succeeded,
            false => RunStatus::Waiting,
        };
        assert_eq!(report.status, expected);
        assert_eq!(rig.counts.of("post"), 0);
    }
}
