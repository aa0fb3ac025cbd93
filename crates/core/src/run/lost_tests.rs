//! Effects of which nobody knows whether they came about.

use serde_json::json;

use super::testing::{Played, plan};
use super::*;
use crate::UsdMicros;
use crate::plan::Plan;

/// A run whose only task announced its effect, and whose program then ended.
fn interrupted(plan: &Plan) -> Played {
    let mut played = Played::new(plan, json!({}));
    played.decide(plan);
    let task = played.dispatched[0].name.clone();
    let at = Moment(1);
    let started = Event::EffectStarted {
        task,
        attempt: 1,
        cost_max: UsdMicros(40),
        at,
    };
    played.record(plan, started);
    played.dispatched.clear();
    played.pending.clear();
    played.state = State::after(plan, &played.events);
    played
}

fn lose(played: &mut Played, plan: &Plan, at: u64) {
    let task = TaskName {
        step: "a".into(),
        round: 0,
        index: 0,
    };
    let lost = Event::EffectLost {
        task,
        attempt: 1,
        cost_max: UsdMicros(40),
        before: None,
        at: Moment(at),
    };
    played.record(plan, lost);
}

fn rule(played: &mut Played, plan: &Plan, ruling: Ruling) {
    let lost = played.state.lost().next().unwrap().clone();
    let ruled = Event::Ruled {
        task: lost.task,
        attempt: lost.attempt,
        ruling,
        at: Moment(9),
    };
    played.record(plan, ruled.clone());
    // Who is not told of it says so again.
    let before = played.events.len();
    played.record(plan, ruled);
    assert_eq!(played.events.len(), before);
}

fn process(more: &str) -> Plan {
    plan(&format!(
        "steps: {{ a: {{ uses: post, with: {{ x: 1 }}{more} }} }}\noutputs: {{ a: '{{{{ steps.a }}}}' }}"
    ))
}

#[test]
fn what_got_lost_waits_for_a_person_and_counts_for_the_budget() {
    let plan = process("");
    let mut played = interrupted(&plan);
    played.decide(&plan);
    assert!(played.dispatched[0].started);
    lose(&mut played, &plan, 2);
    let before = played.events.len();
    lose(&mut played, &plan, 3);
    assert_eq!(played.events.len(), before);
    assert!(played.state.is_waiting());
    assert_eq!(played.state.spent().lost, UsdMicros(40));
    let step = played.state.step(&plan, 0);
    assert_eq!(step.status, StepStatus::Waiting);

    let mut again = played.clone();
    rule(&mut again, &plan, Ruling::Repeat);
    again.dispatched.clear();
    again.pending.clear();
    again.decide(&plan);
    // It begins anew, and is announced anew.
    assert!(!again.dispatched[0].started && again.dispatched[0].effect);
    let started = Event::EffectStarted {
        task: again.dispatched[0].name.clone(),
        attempt: 1,
        cost_max: UsdMicros(40),
        at: Moment(10),
    };
    again.record(&plan, started);
    // Lost once more, it is asked about once more.
    lose(&mut again, &plan, 11);
    assert_eq!(again.state.lost().count(), 1);
    assert_eq!(again.state.spent().lost, UsdMicros(80));
    let replayed = State::after(&plan, &again.events);
    assert_eq!(replayed.lost().count(), 1);

    rule(&mut played, &plan, Ruling::GiveUp);
    played.decide(&plan);
    let (step, why) = played.failure();
    assert_eq!(step, Some("a"));
    assert!(why.contains("given up by hand"), "{why}");
    assert_eq!(played.state.unresolved().count(), 0);
    assert!(unsettled_calls(&plan, &played.events).is_empty());
}

#[test]
fn what_may_be_left_out_is_when_it_is_given_up() {
    let plan = process(", on_failure: skip");
    let mut played = interrupted(&plan);
    lose(&mut played, &plan, 2);
    rule(&mut played, &plan, Ruling::GiveUp);
    played.decide(&plan);
    assert!(played.state.finished().is_some());
    let told = records(&plan, &played.events);
    assert!(matches!(told[0].result, TaskResult::Failed { .. }));
}

#[test]
fn a_step_that_may_be_repeated_is_until_it_gets_lost_too_often() {
    let plan = process(", on_interrupt: repeat");
    let mut played = interrupted(&plan);
    for time in 1..=3 {
        lose(&mut played, &plan, time * 10);
        assert_eq!(played.state.lost().count(), 0);
        played.dispatched.clear();
        played.pending.clear();
        played.decide(&plan);
        assert!(!played.dispatched[0].started);
        let started = Event::EffectStarted {
            task: played.dispatched[0].name.clone(),
            attempt: 1,
            cost_max: UsdMicros(40),
            at: Moment(time * 10 + 1),
        };
        played.record(&plan, started);
    }
    lose(&mut played, &plan, 99);
    assert_eq!(played.state.lost().count(), 1);
    assert_eq!(played.state.spent().lost, UsdMicros(160));
}

#[test]
fn a_run_that_only_the_clock_brings_further_says_when() {
    let plan = plan(
        "steps: { a: { uses: busy, with: { fails: 1 }, retry: { attempts: 2, backoff: 5s } }, b: { uses: echo, with: { x: 1 } } }\noutputs: { a: '{{ steps.a }}' }",
    );
    let mut played = Played::new(&plan, json!({}));
    played.decide(&plan);
    let task = played.dispatched[0].name.clone();
    let failed = Event::TaskFailed {
        task,
        attempt: 1,
        error: crate::engine::EngineError::transient("busy"),
        spent: crate::engine::Usage::default(),
        at: Moment(100),
    };
    played.record(&plan, failed);
    // The other step can begin at once: somebody has to go on.
    assert_eq!(State::after(&plan, &played.events).wakes_at(), None);
    let done = Event::TaskDone {
        task: played.dispatched[1].name.clone(),
        key: played.dispatched[1].key,
        outcome: crate::engine::Outcome::free(json!({ "x": 1 })),
        reused_from: None,
        at: Moment(200),
    };
    played.record(&plan, done);
    let state = State::after(&plan, &played.events);
    let wakes = state.wakes_at().map(|at| at.ms_since(Moment(100)));
    assert!(
        wakes.is_some_and(|ms| (3_750..=5_000).contains(&ms)),
        "{wakes:?}"
    );
    let cancelled = Event::CancelRequested { at: Moment(300) };
    played.record(&plan, cancelled);
    assert_eq!(State::after(&plan, &played.events).wakes_at(), None);
}

#[test]
fn what_is_tried_again_begins_once_however_the_log_is_read() {
    let plan = plan(
        "steps: { a: { uses: busy, with: { fails: 1 }, retry: { attempts: 3, backoff: 5s } } }\noutputs: { a: '{{ steps.a }}' }",
    );
    let mut played = Played::new(&plan, json!({}));
    played.decide(&plan);
    let task = played.dispatched[0].name.clone();
    let failed = Event::TaskFailed {
        task: task.clone(),
        attempt: 1,
        error: crate::engine::EngineError::transient("busy"),
        spent: crate::engine::Usage::default(),
        at: Moment(100),
    };
    played.record(&plan, failed);
    let timer = Timer::Backoff { task, attempt: 1 };
    let at = Moment(5_100);
    played.record(&plan, Event::TimerFired { timer, at });
    let mut state = State::after(&plan, &played.events);
    let actions = decide(&plan, &mut state, Moment(5_200), 9);
    let begun = actions
        .iter()
        .filter(|action| matches!(action, Action::Dispatch(_)));
    assert_eq!(begun.count(), 1, "{actions:?}");
}

#[test]
fn only_what_was_announced_gets_lost() {
    let plan = process("");
    let mut played = Played::new(&plan, json!({}));
    played.decide(&plan);
    let before = played.events.len();
    lose(&mut played, &plan, 2);
    assert_eq!(played.events.len(), before);
}

#[test]
fn what_another_run_did_waits_for_a_person_once_and_costs_nothing_here() {
    let plan = process("");
    let mut played = Played::new(&plan, json!({}));
    played.decide(&plan);
    let dispatch = played.dispatched.remove(0);
    played.pending.clear();
    assert!(!dispatch.is_ruled);
    let other = RunId(crate::Digest([7; 32]));
    let left = Event::EffectLost {
        task: dispatch.name.clone(),
        attempt: 1,
        cost_max: UsdMicros(0),
        before: Some(other),
        at: Moment(2),
    };
    played.record(&plan, left.clone());
    assert_eq!(played.state.lost().next().unwrap().before, Some(other));
    assert_eq!(played.state.spent().lost, UsdMicros(0));
    rule(&mut played, &plan, Ruling::Repeat);
    let before = played.events.len();
    played.record(&plan, left);
    assert_eq!(played.events.len(), before);
    played.decide(&plan);
    assert!(played.dispatched[0].is_ruled && !played.dispatched[0].started);
}

#[test]
fn calls_that_got_lost_and_outcomes_kept_to_the_run_are_not_settled() {
    let plan = plan(
        "steps: { a: { uses: post, with: { x: 1 } }, b: { uses: post, with: { x: 2 }, reuse: run }, c: { uses: post, \
         with: { x: 3, as_of: \"{{ run.id }}\" } }, e: { uses: post, with: { x: 5 } }, d: { uses: post, with: { x: 4 }, on_interrupt: repeat } }\noutputs: { a: '{{ steps.a }}' }",
    );
    let mut played = Played::new(&plan, json!({}));
    played.decide(&plan);
    let dispatched = played.dispatched.clone();
    for dispatch in &dispatched {
        let started = Event::EffectStarted {
            task: dispatch.name.clone(),
            attempt: 1,
            cost_max: UsdMicros(1),
            at: Moment(1),
        };
        played.record(&plan, started);
    }
    let ended = std::mem::take(&mut played.pending);
    for event in ended.into_iter().skip(1).take(3) {
        played.record(&plan, event);
    }
    let finished = Event::Finished {
        status: Finish::Cancelled,
        at: Moment(9),
    };
    let run = played.state.spec().unwrap().id();
    let keys = |names: &[&str]| {
        let of = dispatched.iter();
        of.filter(|dispatch| names.contains(&&*dispatch.name.step))
            .map(|dispatch| dispatch.task.call(run))
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(
        unsettled_calls(&plan, &played.events),
        keys(&["a", "b", "c"])
    );
    lose(&mut played, &plan, 2);
    played.record(&plan, finished);
    assert_eq!(
        unsettled_calls(&plan, &played.events),
        keys(&["a", "b", "c"])
    );
    assert_eq!(played.state.lost().count(), 0);
    assert_eq!(played.state.unresolved().count(), 1);
}
