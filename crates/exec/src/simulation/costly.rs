//! Runs that pay: whatever happens, what was paid is told, no budget is passed, and a loop that has no money left gives
//! the best that it has.

use daedal_core::run::{Event, RunId};

use super::*;
use crate::testing::plan;

/// Nine are paid before the loop, whose rounds cost four each: five of them fit.
const REFINES: &str = r#"
budget: { cost: 0.000030 USD }
steps:
  say: { uses: call, count: 3, with: { price: 3, place: "{{ index }}" } }
  polish:
    repeat:
      best_by: "{{ revise.number }}"
      at_most: 9
      steps:
        revise: { uses: call, when: "{{ steps.say[0].price == 3 }}", with: { price: 4, number: "{{ round }}" } }
        note: { uses: echo, with: { of: "{{ revise.number }}" } }
  after: { uses: echo, with: { of: "{{ steps.polish.note.of }}" } }
outputs: { after: "{{ steps.after.of }}" }
"#;
const BUDGET: u64 = 30;

/// Fails while calls are under way.
const FAILS: &str = r#"
steps:
  say: { uses: call, count: 3, with: { price: 3, place: "{{ index }}" } }
  slow: { uses: dice, count: 2, with: {} }
  bad: { uses: broken, with: { broken: true } }
outputs: { say: "{{ steps.say.place }}", slow: "{{ steps.slow.number }}", bad: "{{ steps.bad }}" }
"#;

/// Loops that may fail lose what is under way in them, and the run goes on.
const FORGIVES: &str = r#"
steps:
  polish:
    on_failure: skip
    repeat:
      at_most: 3
      steps:
        say: { uses: call, with: { price: 3, round: "{{ round }}" } }
        bad: { uses: broken, with: { broken: "{{ round == 1 }}" } }
  after: { uses: call, with: { price: 2, of: "{{ steps.polish.say.round }}" } }
outputs: { after: "{{ steps.after.of }}" }
"#;

fn troubles(polls: usize) -> impl Iterator<Item = Trouble> {
    let crashes = (0..polls).map(Trouble::CrashAt);
    crashes.chain((0..600).map(Trouble::Seed))
}

fn played(plan: &Plan, trouble: Trouble) -> (Simulation, RunReport) {
    let mut simulation = Simulation::of(plan, trouble);
    // Nothing is edited here.
    simulation.edits = EDITS.len();
    let report = simulation.play();
    let told = report.cost.saturating_add(report.cost_lost);
    let paid = simulation.world.paid();
    assert!(
        paid <= told.0,
        "{paid} paid, {told} told: {}",
        simulation.world.dump()
    );
    // A person who says that a call is made again is one who knows that it may be paid twice.
    simulation.world.check();
    assert_eq!(report.events, simulation.world.events(report.run));
    let is_end = |event: &Event| matches!(event, Event::Finished { .. });
    assert_eq!(
        report.events.iter().position(is_end),
        Some(report.events.len() - 1)
    );
    (simulation, report)
}

#[test]
fn a_loop_without_money_for_another_round_gives_its_best_whatever_happens() {
    let plan = plan(REFINES);
    let (simulation, report) = played(&plan, Trouble::None);
    assert_eq!(report.status, RunStatus::Succeeded);
    assert_eq!(report.outputs, json!({ "after": 4 }));
    assert_eq!((report.cost.0, report.cost_lost.0), (29, 0));
    let cut = &report.cut_short[0];
    assert_eq!((&*cut.step, cut.rounds, cut.at_most), ("polish", 5, 9));
    assert_eq!(
        cut.reason,
        "0.000029 USD of 0.000030 USD are spent and the next task may cost 0.000004 USD; raise `budget: cost:`"
    );
    let mut whole = 0;
    for trouble in troubles(simulation.polls) {
        let (simulation, report) = played(&plan, trouble);
        let told = report.cost.saturating_add(report.cost_lost);
        assert!(told.0 <= BUDGET, "{told}");
        match &report.status {
            RunStatus::Succeeded if report.cost_lost.0 == 0 => {
                assert_eq!(report.outputs, json!({ "after": 4 }));
                whole += 1;
            }
            // What got lost leaves fewer rounds.
            RunStatus::Succeeded => assert_eq!(report.cut_short.len(), 1),
            RunStatus::Failed { message, .. } => {
                assert!(
                    report.cost_lost.0 > 0,
                    "{message}: {}",
                    simulation.world.dump()
                );
            }
            other => panic!("ended as {other:?}"),
        }
    }
    assert!(whole > 100, "{whole}");
}

#[test]
fn a_run_that_fails_beside_calls_keeps_them_or_says_that_they_got_lost() {
    let plan = plan(FAILS);
    let (simulation, report) = played(&plan, Trouble::None);
    assert_eq!(report.cost_lost.0, 0);
    for trouble in troubles(simulation.polls) {
        let (simulation, report) = played(&plan, trouble);
        let dump = || simulation.world.dump();
        match &report.status {
            RunStatus::Failed { step, .. } => {
                assert!(matches!(step.as_deref(), Some("bad" | "say")), "{}", dump());
            }
            other => panic!("ended as {other:?}"),
        }
        // Every call that was announced has an end.
        let ended = |name: &TaskName| {
            report.events.iter().any(|event| match event {
                Event::TaskDone { task, .. }
                | Event::TaskFailed { task, .. }
                | Event::EffectLost { task, .. } => task == name,
                _ => false,
            })
        };
        for event in &report.events {
            if let Event::EffectStarted { task, .. } = event {
                assert!(ended(task), "{task}: {}", dump());
            }
        }
    }
}

#[test]
fn a_call_in_a_loop_that_failed_is_paid_whatever_happens() {
    let plan = plan(FORGIVES);
    let (simulation, report) = played(&plan, Trouble::None);
    assert_eq!(report.status, RunStatus::Succeeded);
    assert_eq!(report.outputs, json!({ "after": 0 }));
    for trouble in troubles(simulation.polls) {
        let (_, report) = played(&plan, trouble);
        let is_given_up = |event: &Event| {
            matches!(
                event,
                Event::Ruled {
                    ruling: Ruling::GiveUp,
                    ..
                }
            )
        };
        match &report.status {
            RunStatus::Succeeded if !report.events.iter().any(is_given_up) => {
                assert_eq!(report.outputs, json!({ "after": 0 }));
            }
            RunStatus::Succeeded => {}
            RunStatus::Failed { message, .. } => {
                assert!(message.contains("given up by hand"), "{message}");
            }
            other => panic!("ended as {other:?}"),
        }
    }
}

#[test]
fn what_a_run_may_have_done_is_not_done_by_the_next_until_a_person_says_so() {
    let plan = plan(FAILS);
    let mut simulation = Simulation::of(&plan, Trouble::None);
    simulation.edits = EDITS.len();
    let other = RunId(daedal_core::Digest([7; 32]));
    // As if another run had been cut off at all of them.
    let mut calls = std::collections::BTreeSet::new();
    for place in 0..3 {
        let params = json!({ "price": 3, "place": place });
        calls.insert(
            daedal_core::engine::Task {
                engine: "call".into(),
                engine_version: "1".into(),
                params,
                seed: None,
                limits: daedal_core::engine::Limits::default(),
                labels: std::collections::BTreeMap::new(),
            }
            .call(other),
        );
    }
    simulation.options.made = calls.into_iter().map(|call| (call, other)).collect();
    simulation.options.jobs = 1;
    let report = simulation.play();
    assert_eq!(simulation.world.paid(), 0);
    assert!(
        report.lost.iter().all(|lost| lost.before == Some(other)),
        "{:?}",
        report.lost
    );
    assert!(!report.lost.is_empty());
}
