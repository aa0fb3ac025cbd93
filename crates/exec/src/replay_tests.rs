use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use daedal_core::canonical;
use daedal_core::engine::{EngineSpec, Otherwise, Task};
use daedal_core::run::{Decision, TaskName, TaskResult, records};
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
    tasks[2].task.engine = "brush".to_owned();
    let came = again(&tasks, &all);
    let told = |at: usize| match &came[at].1 {
        Again::Failed(why) => why.clone(),
        other => format!("{other:?}"),
    };
    assert_eq!(told(0), "it was made by version 0 of `echo`, and here is 1");
    assert_eq!(told(2), "there is no engine `brush` here");
    assert_eq!(came[3].1, Again::Exact);
}

/// What came of a task, to be told otherwise.
fn told(task: &mut TaskRecord) -> &mut Outcome {
    match &mut task.result {
        TaskResult::Done(outcome) => outcome,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn of_equal_tasks_each_is_compared_and_one_is_performed() {
    const TWINS: &str = r#"
steps:
  one: { uses: echo, with: { title: "Low" } }
  two: { uses: echo, with: { title: "Low" } }
outputs: { one: "{{ steps.one }}", two: "{{ steps.two }}" }
"#;
    let mut tasks = carried_out(TWINS).await;
    let counts = Counts::default();
    let came = again(&tasks, &engines(&counts));
    assert!(came.iter().all(|(_, again)| *again == Again::Exact));
    assert_eq!((came.len(), counts.of("echo")), (2, 1));
    told(&mut tasks[1]).value = json!({ "title": "High" });
    let came = again(&tasks, &engines(&counts));
    assert!(matches!(came[1].1, Again::Differs(_)), "{came:?}");
}

#[tokio::test]
async fn what_asks_nobody_here_is_compared_though_its_log_tells_of_a_decision() {
    let mut tasks = carried_out(ALMANAC).await;
    let engines = engines(&Counts::default());
    for by in [Decider::Timeout, Decider::Person("0xabc".into())] {
        tasks[1].decision = Some(Decision {
            kept: vec![0],
            by,
            intent: None,
        });
        assert_eq!(again(&tasks, &engines)[1].1, Again::Exact);
    }
    told(&mut tasks[1]).value = json!([{ "number": 1_000 }]);
    let came = again(&tasks, &engines);
    assert!(matches!(came[1].1, Again::Differs(_)), "{came:?}");
}

#[tokio::test]
async fn a_decision_is_attested_where_the_same_is_asked_here() {
    let chosen = chosen("").await;
    let engines = engines(&Counts::default());
    let came = |change: &dyn Fn(&mut TaskRecord)| {
        let mut task = chosen.clone();
        change(&mut task);
        again(&[task], &engines).remove(0).1
    };
    assert_eq!(came(&|_| ()), Again::Attested);
    let changes: [&dyn Fn(&mut TaskRecord); 6] = [
        // Alternatives that nobody was shown, or others.
        &|task| drop(asked(task).options.pop()),
        &|task| asked(task).options[2].value = json!({ "title": "d" }),
        &|task| asked(task).keep = 1,
        &|task| told(task).value = json!([{ "title": "c" }]),
        // Nobody was asked, or nobody in time, though there is no end to the time.
        &|task| (task.request, task.decision) = (None, None),
        &|task| task.decision.as_mut().unwrap().by = Decider::Timeout,
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let came = came(change);
        assert!(matches!(came, Again::Differs(_)), "{at}: {came:?}");
    }
}

#[tokio::test]
async fn what_nobody_decided_in_time_is_what_the_question_says() {
    let engines = engines(&Counts::default());
    let came = |task: &TaskRecord, kept: &[usize]| {
        let mut task = task.clone();
        let value = task.request.as_ref().unwrap().answer(kept).unwrap();
        told(&mut task).value = value;
        task.decision = Some(Decision {
            kept: kept.to_vec(),
            by: Decider::Timeout,
            intent: None,
        });
        again(&[task], &engines).remove(0).1
    };
    let best = chosen(", timeout_ms: 90000, otherwise: best").await;
    assert_eq!(came(&best, &[2, 0]), Again::Attested);
    assert!(matches!(came(&best, &[1]), Again::Differs(_)));
    let mut fail = chosen(", timeout_ms: 90000").await;
    asked(&mut fail).otherwise = Otherwise::Best;
    assert!(matches!(came(&fail, &[2, 0]), Again::Differs(_)));
}

fn asked(task: &mut TaskRecord) -> &mut DecisionRequest {
    task.request.as_mut().unwrap()
}

/// A choice of the second of three, by a person.
async fn chosen(more: &str) -> TaskRecord {
    let rig = Rig::new(1);
    let plan = plan(&format!(
        "steps:\n  pick: {{ uses: ask, with: {{ from: [{{ title: a }}, {{ title: b }}, {{ title: c }}]{more} }} }}\n\
         outputs: {{ picked: \"{{{{ steps.pick }}}}\" }}\n"
    ));
    let run = spec(&plan, json!({}));
    let id = run.id();
    rig.executor.run(&plan, run, &rig.options).await.unwrap();
    let pick = TaskName {
        step: "pick".into(),
        round: 0,
        index: 0,
    };
    let decision = Decision {
        kept: vec![1],
        by: Decider::Person("0xabc".into()),
        intent: None,
    };
    let answered = rig.executor.answer(&plan, id, &pick, decision).await;
    answered.unwrap();
    let (_, events) = rig.executor.replay(&plan, id).await.unwrap();
    records(&plan, &events).remove(0)
}

/// The engine `paint`, of another kind, and with a program that does the work.
struct Painter {
    paint: Arc<dyn Engine>,
    spec: EngineSpec,
    tool: Option<&'static str>,
}

impl Engine for Painter {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let mut performed = self.paint.run(task, context)?;
        if let Performed::Done(outcome) = &mut performed {
            outcome.usage.tool = self.tool.map(str::to_owned);
        }
        Ok(performed)
    }
}

fn painting(determinism: Determinism, tool: Option<&'static str>) -> Engines {
    let engines = engines(&Counts::default());
    let paint = Arc::clone(engines.get("paint").unwrap());
    let spec = EngineSpec {
        determinism,
        ..paint.spec().clone()
    };
    let painter: Arc<dyn Engine> = Arc::new(Painter { paint, spec, tool });
    engines.and(Engines::new([painter]))
}

#[tokio::test]
async fn another_version_of_a_program_is_told_rather_than_its_bytes() {
    let mut tasks = carried_out(ALMANAC).await;
    let engines = painting(Determinism::Exact, Some("ffmpeg 7.1"));
    told(&mut tasks[4]).usage.tool = Some("ffmpeg 4.4".to_owned());
    assert_eq!(
        again(&tasks, &engines)[4].1,
        Again::Exact,
        "the bytes are the same"
    );
    told(&mut tasks[4]).value["$asset"] = json!("00".repeat(32));
    let why = "it was made with ffmpeg 4.4, and here is ffmpeg 7.1";
    assert_eq!(again(&tasks, &engines)[4].1, Again::Failed(why.to_owned()));
    // No program is named for what this one does by itself, and the same one, or none, is no excuse.
    let none = painting(Determinism::Exact, None);
    assert!(matches!(again(&tasks, &none)[4].1, Again::Differs(_)));
    for tool in [Some("ffmpeg 7.1".to_owned()), None] {
        told(&mut tasks[4]).usage.tool = tool;
        assert!(matches!(again(&tasks, &engines)[4].1, Again::Differs(_)));
    }
}

#[tokio::test]
async fn what_is_nearly_the_same_is_within_the_tolerance_of_its_engine() {
    let mut tasks = carried_out(ALMANAC).await;
    let studio = Studio::in_memory();
    let was = studio.blobs.write(b"as it was").unwrap();
    told(&mut tasks[4]).value["$asset"] = json!(was);
    let came = |task: &TaskRecord, own: Determinism, said: Determinism| {
        let replay = Replay {
            engines: &painting(own, None),
            blobs: &*studio.blobs,
            stop: &AtomicBool::new(false),
            compare: &|was, is| (was == b"as it was" && was != is).then_some(0.01),
        };
        replay.of([(task, said)], &mut |_, _| ()).remove(0).1
    };
    let close = |tolerance_ppm| Determinism::Close { tolerance_ppm };
    let (task, exact, attested) = (&tasks[4], Determinism::Exact, Determinism::Attested);
    assert_eq!(came(task, close(10_000), exact), Again::Close(0.01));
    // A receipt can't ask for less, or call attested what is done again here: that would spare it the comparison.
    for said in [exact, close(1_000_000), attested] {
        assert!(matches!(came(task, exact, said), Again::Differs(_)));
        assert!(matches!(came(task, close(9_999), said), Again::Differs(_)));
    }
    let mut edited = tasks[4].clone();
    edited.task.engine = daedal_core::run::EDIT.to_owned();
    assert_eq!(came(&edited, exact, attested), Again::Attested);
}
