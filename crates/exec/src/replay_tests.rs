use std::sync::atomic::AtomicBool;

use daedal_core::canonical;
use daedal_core::run::{TaskRecord, TaskResult, records};
use daedal_store::Studio;
use serde_json::json;

use super::*;
use crate::testing::{Counts, Rig, engines, plan, spec};

const ALMANAC: &str = r#"
steps:
  idea: { uses: echo, with: { title: "Low" } }
  draft: { uses: dice, count: 3, with: { of: "{{ steps.idea.title }}" } }
  print: { uses: paint, foreach: "{{ steps.draft }}", with: { number: "{{ item.number }}" } }
outputs:
  prints: "{{ steps.print }}"
"#;

/// The tasks of a run, as its log tells them.
async fn carried_out(text: &str) -> Vec<TaskRecord> {
    let rig = Rig::new(2);
    let plan = plan(text);
    let spec = spec(&plan, json!({}));
    rig.executor
        .run(&plan, spec.clone(), &rig.options)
        .await
        .unwrap();
    let (_, events) = rig.executor.replay(&plan, spec.id()).await.unwrap();
    records(&plan, &events)
}

fn again(tasks: &[TaskRecord], engines: &Engines) -> Vec<(String, Again)> {
    let studio = Studio::in_memory();
    let replay = Replay {
        engines,
        blobs: &*studio.blobs,
        stop: &AtomicBool::new(false),
        compare: &|_, _| None,
    };
    let tasks = tasks.iter().map(|task| (task, Determinism::Exact));
    let found = replay.of(tasks, &mut |_, _| ());
    found
        .into_iter()
        .map(|(task, again)| (task.name.to_string(), again))
        .collect()
}

#[tokio::test]
async fn tasks_that_give_the_same_are_told_so_and_the_first_difference_ends_it() {
    let mut tasks = carried_out(ALMANAC).await;
    let engines = engines(&Counts::default());
    let came = again(&tasks, &engines);
    assert_eq!(came.len(), 7);
    assert!(
        came.iter().all(|(_, again)| *again == Again::Exact),
        "{came:?}"
    );

    let TaskResult::Done(outcome) = &mut tasks[4].result else {
        panic!("it has an outcome")
    };
    let expected = canonical::digest(&outcome.value);
    outcome.value["$asset"] = json!("00".repeat(32));
    let changed = canonical::digest(&outcome.value);
    let came = again(&tasks, &engines);
    assert_eq!(came.len(), 5, "what stands after it is not looked at");
    let Again::Differs(difference) = &came[4].1 else {
        panic!("{:?}", came[4])
    };
    assert_eq!((difference.expected, difference.found), (changed, expected));
    let (was, is) = &difference.assets[0];
    assert_eq!(was.digest, Digest([0; 32]));
    assert_ne!(is.digest, was.digest);
}

#[tokio::test]
async fn what_cannot_be_done_again_is_never_called_the_same() {
    let mut tasks = carried_out(ALMANAC).await;
    let all = engines(&Counts::default());
    tasks[0].task.engine_version = "0".to_owned();
    tasks[1].decision = Some(daedal_core::run::Decision {
        kept: vec![0],
        by: daedal_core::run::Decider::Timeout,
        intent: None,
    });
    tasks[2].task.engine = "brush".to_owned();
    let came = again(&tasks, &all);
    let told = |at: usize| match &came[at].1 {
        Again::Failed(why) => why.clone(),
        other => format!("{other:?}"),
    };
    assert_eq!(told(0), "it was made by version 0 of `echo`, and here is 1");
    assert_eq!(told(1), "Attested");
    assert_eq!(told(2), "there is no engine `brush` here");
    assert_eq!(came[3].1, Again::Exact);
}

#[tokio::test]
async fn another_version_of_a_program_is_told_rather_than_its_bytes() {
    let mut tasks = carried_out(ALMANAC).await;
    let engines = engines(&Counts::default());
    let TaskResult::Done(outcome) = &mut tasks[4].result else {
        panic!("it has an outcome")
    };
    outcome.usage.tool = Some("ffmpeg 4.4".to_owned());
    assert_eq!(
        again(&tasks, &engines)[4].1,
        Again::Exact,
        "the bytes are the same"
    );
    let TaskResult::Done(outcome) = &mut tasks[4].result else {
        panic!("it has an outcome")
    };
    outcome.value["$asset"] = json!("00".repeat(32));
    let told = "it was made with ffmpeg 4.4, and here is none";
    assert_eq!(again(&tasks, &engines)[4].1, Again::Failed(told.to_owned()));
}

#[tokio::test]
async fn what_is_nearly_the_same_is_within_the_tolerance_of_its_receipt() {
    let mut tasks = carried_out(ALMANAC).await;
    let engines = engines(&Counts::default());
    let studio = Studio::in_memory();
    let was = studio.blobs.write(b"as it was").unwrap();
    let TaskResult::Done(outcome) = &mut tasks[4].result else {
        panic!("it has an outcome")
    };
    outcome.value["$asset"] = json!(was);
    let replay = Replay {
        engines: &engines,
        blobs: &*studio.blobs,
        stop: &AtomicBool::new(false),
        compare: &|was, is| (was == b"as it was" && was != is).then_some(0.01),
    };
    let came = |determinism| {
        replay.of([(&tasks[4], determinism)], &mut |_, _| ())[0]
            .1
            .clone()
    };
    let close = |tolerance_ppm| came(Determinism::Close { tolerance_ppm });
    assert_eq!(close(10_000), Again::Close(0.01));
    assert!(matches!(close(9_999), Again::Differs(_)));
    assert!(matches!(came(Determinism::Exact), Again::Differs(_)));
    // A receipt can't call attested what is done again here: that would spare it the comparison.
    assert!(matches!(came(Determinism::Attested), Again::Differs(_)));
    let mut older = tasks[4].clone();
    older.task.engine_version = "0".to_owned();
    let came = replay.of([(&older, Determinism::Attested)], &mut |_, _| ());
    assert_eq!(came[0].1, Again::Attested);
}
