//! Loops that the budget ended, and what was under way in them.

use serde_json::json;

use super::testing::{Played, plan};
use super::*;
use crate::UsdMicros;
use crate::engine::{EngineError, Outcome, Usage};
use crate::plan::Plan;

fn process(more: &str) -> Plan {
    plan(&format!(
        r#"
steps:
  polish:
    repeat:
      best_by: "{{{{ revise.score }}}}"
      at_most: 5
      steps:
        revise: {{ uses: post, with: {{ score: "{{{{ 9 if round == 1 else round }}}}" }} }}
        second: {{ uses: post, with: {{ of: 1 }}{more} }}
  after: {{ uses: echo, with: {{ score: "{{{{ steps.polish.revise.score }}}}" }} }}
outputs: {{ after: "{{{{ steps.after.score }}}}" }}
"#
    ))
}

/// A run in its third round, both tasks of which were announced.
fn in_third_round(plan: &Plan) -> Played {
    let mut played = Played::new(plan, json!({}));
    for _ in 0..2 {
        played.decide(plan);
        for event in std::mem::take(&mut played.pending) {
            played.record(plan, event);
        }
    }
    played.decide(plan);
    for dispatch in played.dispatched.split_off(played.dispatched.len() - 2) {
        assert_eq!(dispatch.name.round, 2);
        let started = Event::EffectStarted {
            task: dispatch.name.clone(),
            attempt: 1,
            cost_max: UsdMicros(40),
            at: Moment(5),
        };
        played.record(plan, started);
        played.dispatched.push(dispatch);
    }
    played
}

fn cut(round: u32) -> Event {
    Event::CutShort {
        step: "polish".into(),
        round,
        message: "no money is left".into(),
        at: Moment(6),
    }
}

#[test]
fn a_loop_that_the_budget_ends_gives_its_best_round_and_the_run_goes_on() {
    let plan = process("");
    let mut played = in_third_round(&plan);
    let before = played.events.len();
    for wrong in [1, 3] {
        played.record(&plan, cut(wrong));
        assert_eq!(played.events.len(), before);
    }
    played.record(&plan, cut(2));
    let late = std::mem::take(&mut played.pending);
    played.decide(&plan);
    let after = played.pending.remove(0);
    played.record(&plan, after);
    // What was under way is paid, whatever it comes to; once.
    let names: Vec<TaskName> = played
        .state
        .adrift()
        .map(|(name, ..)| name.clone())
        .collect();
    assert_eq!(names.len(), 2);
    let mut done = late[0].clone();
    let Event::TaskDone { outcome, .. } = &mut done else {
        panic!("{done:?}");
    };
    outcome.usage.cost = UsdMicros(7);
    for _ in 0..2 {
        played.record(&plan, done.clone());
        assert_eq!(played.state.spent().cost, UsdMicros(7));
    }
    let lost = Event::EffectLost {
        task: names[1].clone(),
        attempt: 1,
        cost_max: UsdMicros(40),
        before: None,
        at: Moment(8),
    };
    for _ in 0..2 {
        played.record(&plan, lost.clone());
        assert_eq!(played.state.spent().lost, UsdMicros(40));
    }
    assert_eq!(played.state.lost().count(), 0);
    played.decide(&plan);
    assert_eq!(played.outputs(&plan), json!({ "after": 9 }));
    let told = played.state.cut_short();
    assert_eq!(
        told,
        [CutShort {
            step: "polish".into(),
            rounds: 2,
            at_most: 5,
            reason: "no money is left".into(),
        }]
    );
    // The receipts have every round that ended, and the log says all there is to say.
    let rounds = records(&plan, &played.events);
    assert_eq!(rounds.len(), 2 * 2 + 1);
    let replayed = State::after(&plan, &played.events);
    assert_eq!(replayed.outputs(&plan), played.state.outputs(&plan));
    assert_eq!(replayed.spent(), played.state.spent());
    assert_eq!(replayed.cut_short(), told);
}

#[test]
fn a_loop_without_a_whole_round_has_nothing_to_give() {
    let plan = process("");
    let mut played = Played::new(&plan, json!({}));
    played.decide(&plan);
    assert_eq!(played.state.standing_loop(&plan, "polish.revise"), None);
    assert_eq!(played.state.standing_loop(&plan, "after"), None);
    let before = played.events.len();
    played.record(&plan, cut(0));
    assert_eq!(played.events.len(), before);
    let played = in_third_round(&plan);
    let standing = played.state.standing_loop(&plan, "polish.revise");
    assert_eq!(standing, Some(("polish".into(), 2)));
}

#[test]
fn a_call_in_a_loop_that_failed_beside_it_is_paid_all_the_same() {
    let text = "
steps:
  polish:
    on_failure: skip
    repeat:
      at_most: 2
      steps:
        say: { uses: post, with: { of: 1 } }
        bad: { uses: broken, with: { broken: true } }
outputs: { polish: \"{{ steps.polish }}\" }
";
    let plan = plan(text);
    let mut played = Played::new(&plan, json!({}));
    played.decide(&plan);
    assert_eq!(&*played.dispatched[0].name.step, "polish.say");
    let started = Event::EffectStarted {
        task: played.dispatched[0].name.clone(),
        attempt: 1,
        cost_max: UsdMicros(40),
        at: Moment(1),
    };
    played.record(&plan, started);
    let failed = played.pending.remove(1);
    played.record(&plan, failed);
    let late = Event::TaskFailed {
        task: played.dispatched[0].name.clone(),
        attempt: 1,
        error: EngineError::invalid("is broken, too"),
        spent: Usage {
            cost: UsdMicros(3),
            ..Usage::default()
        },
        at: Moment(3),
    };
    let other = match late.clone() {
        Event::TaskFailed {
            task, error, spent, ..
        } => Event::TaskFailed {
            task,
            attempt: 2,
            error,
            spent,
            at: Moment(3),
        },
        other => other,
    };
    played.record(&plan, other);
    assert_eq!(played.state.spent().cost, UsdMicros(0));
    played.record(&plan, late);
    assert_eq!(played.state.spent().cost, UsdMicros(3));
    // Reused outcomes of others are free, and so is what nobody announced.
    let free = Event::TaskDone {
        task: played.dispatched[0].name.clone(),
        key: played.dispatched[0].key,
        outcome: Outcome::free(json!({})),
        reused_from: None,
        at: Moment(4),
    };
    let before = played.events.len();
    played.record(&plan, free);
    assert_eq!(played.events.len(), before);
}
