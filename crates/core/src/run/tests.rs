//! What runs do, by example.

use serde_json::{Value, json};

use super::testing::{Played, plan, play, timer_of};
use super::*;
use crate::plan::Plan;

pub(super) fn outputs(text: &str) -> Value {
    let plan = plan(text);
    play(&plan, json!({})).outputs(&plan)
}

pub(super) fn failure(text: &str) -> (String, String) {
    let plan = plan(text);
    let played = play(&plan, json!({}));
    let (step, message) = played.failure();
    (step.unwrap_or_default().to_owned(), message.to_owned())
}

#[test]
fn steps_see_what_they_refer_to() {
    let given = outputs(
        r#"
steps:
  idea: { uses: echo, with: { title: Low tide, words: [a, b] } }
  print: { uses: echo, with: { text: "{{ steps.idea.title }}!", idea: "{{ steps.idea }}", run: "{{ run.process }}" } }
  each: { uses: echo, foreach: "{{ steps.idea.words }}", with: { word: "{{ item }}", place: "{{ index }}" } }
outputs: { print: "{{ steps.print }}", each: "{{ steps.each }}", words: "{{ steps.each.word }}" }
"#,
    );
    assert_eq!(
        given,
        json!({
            "print": { "text": "Low tide!", "idea": { "title": "Low tide", "words": ["a", "b"] }, "run": "test" },
            "each": [{ "word": "a", "place": 0 }, { "word": "b", "place": 1 }],
            "words": ["a", "b"],
        })
    );
}

#[test]
fn candidates_have_seeds_of_their_own() {
    let plan = plan(
        r#"
steps:
  draft: { uses: dice, count: 3, with: {} }
  other: { uses: dice, with: {} }
  plain: { uses: echo, with: {} }
outputs: { draft: "{{ steps.draft.number }}", other: "{{ steps.other.number }}", p: "{{ steps.plain }}" }
"#,
    );
    let played = play(&plan, json!({}));
    let mut seeds: Vec<_> = played.dispatched.iter().map(|d| d.task.seed).collect();
    seeds.sort();
    seeds.dedup();
    assert_eq!(seeds.len(), 5); // none for `plain`
    let again = play(&plan, json!({}));
    assert_eq!(played.outputs(&plan), again.outputs(&plan));
}

const LOOP: &str = r#"
steps:
  start: { uses: echo, with: { n: 1 } }
  grow:
    repeat:
      until: "{{ check.n >= UNTIL }}"
      best_by: "{{ check.score }}"
      at_most: 5
      steps:
        more: { uses: echo, with: { n: "{{ previous.more.n + 1 if previous else steps.start.n }}", round: "{{ round }}" } }
        check: { uses: echo, with: { n: "{{ more.n }}", score: "{{ 10 - (more.n - 2) * (more.n - 2) }}" } }
  end: { uses: echo, with: { n: "{{ steps.grow.more.n }}" } }
outputs: { grow: "{{ steps.grow }}", end: "{{ steps.end.n }}" }
"#;

#[test]
fn a_loop_goes_round_until_it_is_good_and_its_best_round_stands() {
    let given = outputs(&LOOP.replace("UNTIL", "3"));
    assert_eq!(
        given,
        json!({ "grow": { "more": { "n": 2, "round": 1 }, "check": { "n": 2, "score": 10 } }, "end": 2 })
    );
    let plan = plan(&LOOP.replace("UNTIL", "99"));
    let played = play(&plan, json!({}));
    assert_eq!(played.outputs(&plan), given);
    let rounds: Vec<_> = played.dispatched.iter().map(|d| d.name.round).collect();
    assert_eq!(rounds, [0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 0]);
    let places: Vec<_> = records(&plan, &played.events)
        .iter()
        .map(|record| (record.name.path(), record.round))
        .collect();
    assert_eq!(places[1], ("grow.more#0#0".to_owned(), Some(0)));
    assert_eq!(places[2], ("grow.check#0#0".to_owned(), Some(0)));
    assert_eq!(places[3], ("grow.more#1#0".to_owned(), Some(1)));
    assert_eq!(places[11], ("end#0#0".to_owned(), None));
    let receipt = records(&plan, &played.events)[3]
        .receipt(crate::engine::Determinism::Exact)
        .unwrap();
    assert_eq!(receipt.label(), "grow.more round 2");
}

#[test]
fn a_loop_that_may_fail_keeps_the_rounds_before() {
    let text = |on_failure| {
        format!(
            r#"
steps:
  grow:
    on_failure: {on_failure}
    repeat:
      at_most: 4
      steps:
        a: {{ uses: echo, with: {{ n: "{{{{ round }}}}" }} }}
        b: {{ uses: broken, with: {{ broken: "{{{{ a.n == 2 }}}}", n: "{{{{ a.n }}}}" }} }}
        c: {{ uses: echo, with: {{ n: "{{{{ b.n }}}}" }} }}
outputs: {{ n: "{{{{ steps.grow.c.n }}}}" }}
"#
        )
    };
    assert_eq!(outputs(&text("skip")), json!({ "n": 1 }));
    assert_eq!(
        failure(&text("stop")),
        ("grow.b".into(), "is broken".into())
    );
}

#[test]
fn what_may_pass_is_tried_again_later_and_later() {
    let plan = plan(
        r#"
steps:
  a: { uses: busy, with: { fails: 3 }, retry: { attempts: 4, backoff: 2s } }
outputs: { a: "{{ steps.a.fails }}" }
"#,
    );
    let played = play(&plan, json!({}));
    assert_eq!(played.outputs(&plan), json!({ "a": 3 }));
    let waits: Vec<_> = played
        .events
        .windows(2)
        .filter(|pair| timer_of(&pair[1]).is_some())
        .map(|pair| pair[1].at().ms_since(pair[0].at()))
        .collect();
    // Up to that, so that what failed together does not come back together.
    for (wait, whole) in waits.iter().zip([2_000, 4_000, 8_000]) {
        assert!((whole - whole / 4..=whole).contains(wait), "{waits:?}");
    }
    assert_eq!(waits.len(), 3);
}

#[test]
fn failures_name_the_step_and_what_to_do() {
    let cases = [
        (
            r#"
steps:
  a: { uses: busy, with: { fails: 9 }, retry: { attempts: 3, backoff: 1s } }
outputs: { a: "{{ steps.a }}" }"#,
            "a",
            "the line is busy (after 3 attempts)",
        ),
        (
            r#"
steps:
  a: { uses: echo, with: { x: 1 } }
  b: { uses: echo, with: { y: "{{ steps.a.z }}" } }
outputs: { b: "{{ steps.b }}" }"#,
            "b",
            "`with`: `{{ steps.a.z }}`: `steps.a` has no field `z` (it has x)",
        ),
        (
            r#"
steps:
  a: { uses: echo, with: { x: 0 } }
  b: { uses: echo, count: "{{ steps.a.x }}", with: {} }
outputs: { b: "{{ steps.b }}" }"#,
            "b",
            "`count` is 0, expected a whole number from 1 to 1000: change it or what it refers to",
        ),
        (
            r#"
steps:
  a: { uses: echo, with: { x: 0 } }
  b: { uses: echo, foreach: "{{ steps.a.x }}", with: {} }
outputs: { b: "{{ steps.b }}" }"#,
            "b",
            "`foreach: steps.a.x` is not a list: name a step with a `count` or `foreach` of its own, \
             or a field that is a list",
        ),
    ];
    for (text, step, message) in cases {
        assert_eq!(failure(text), (step.to_owned(), message.to_owned()));
    }
}

#[test]
fn money_that_is_out_is_not_spent() {
    use crate::UsdMicros;
    use crate::run::budget::{Admission, admit};
    let plan = plan(
        "budget: { cost: 1 USD }\nsteps: { a: { uses: echo, with: {} } }\noutputs: { a: '{{ steps.a }}' }",
    );
    let usd = |cents: u64| UsdMicros(cents * 10_000);
    let spent = |cents| Spent {
        cost: usd(cents),
        lost: UsdMicros(0),
        worked_ms: 0,
    };
    assert_eq!(admit(&plan, spent(40), usd(30), usd(30)), Admission::Go);
    assert_eq!(admit(&plan, spent(40), usd(31), usd(30)), Admission::Hold);
    assert_eq!(admit(&plan, spent(100), usd(0), usd(0)), Admission::Go);
    let Admission::Stop(overrun) = admit(&plan, spent(90), usd(0), usd(11)) else {
        panic!("it was let through");
    };
    let Finish::Failed { step, message } = overrun.finish("a") else {
        panic!("it is no failure");
    };
    assert_eq!(step.as_deref(), Some("a"));
    assert_eq!(
        message,
        "stopped before it passed its budget: 0.90 USD of 1.00 USD are spent and the next task may \
         cost 0.11 USD; raise `budget: cost:`, and finished steps are not paid again"
    );
}

#[test]
fn only_work_counts_as_time() {
    let plan = plan(
        r#"
budget: { time: 10s }
steps:
  a: { uses: ask, with: { from: [1, 2] } }
  b: { uses: echo, with: { x: "{{ steps.a }}" } }
outputs: { b: "{{ steps.b }}" }
"#,
    );
    let mut played = Played::new(&plan, json!({}));
    let mut at = |event: &dyn Fn(Moment) -> Event, ms: u64| {
        played.decide(&plan);
        played.record(&plan, event(Moment(ms)));
        played.state.spent().worked_ms
    };
    let task = TaskName {
        step: "a".into(),
        round: 0,
        index: 0,
    };
    let asked = super::testing::ask_for(&[1, 2]);
    let question = |at| Event::DecisionRequested {
        task: task.clone(),
        key: crate::Digest([0; 32]),
        request: asked.clone(),
        at,
    };
    let decided = |at| Event::Decided {
        task: task.clone(),
        decision: Decision {
            kept: vec![0],
            by: Decider::Timeout,
            intent: None,
        },
        at,
    };
    assert_eq!(at(&question, 4_000), 4_000);
    assert_eq!(at(&decided, 1_000_000), 4_000); // a person thought
    assert_eq!(at(&|at| Event::Resumed { at }, 2_000_000), 4_000); // nobody was there
    let over = |at| Event::TimerFired {
        timer: Timer::Budget,
        at,
    };
    assert_eq!(at(&over, 2_006_000), 10_000);
    played.decide(&plan);
    assert!(played.failure().1.contains("its budget of 10 s of work"));
}

#[test]
fn a_run_that_lay_still_has_the_time_that_was_left() {
    let plan = plan(
        "budget: { time: 10s }\nsteps: { a: { uses: echo, with: {} } }\noutputs: { a: '{{ steps.a }}' }",
    );
    let hour = Moment(3_600_000);
    let mut state = Played::new(&plan, json!({})).state;
    fold(&mut state, &plan, &Event::Resumed { at: hour });
    let timers: Vec<_> = decide(&plan, &mut state, hour, 0);
    let left = Action::StartTimer {
        timer: Timer::Budget,
        at: hour.plus_ms(10_000),
    };
    assert_eq!(timers, [left]);
}

#[test]
fn an_effect_whose_outcome_got_lost_is_told_apart() {
    let plan =
        plan("steps: { a: { uses: post, with: { x: 1 } } }\noutputs: { a: '{{ steps.a }}' }");
    let mut played = Played::new(&plan, json!({}));
    played.decide(&plan);
    assert!(played.dispatched[0].effect && !played.dispatched[0].started);
    let begun = Event::EffectStarted {
        task: played.dispatched[0].name.clone(),
        attempt: 1,
        cost_max: crate::UsdMicros(0),
        at: Moment(1),
    };
    played.record(&plan, begun);
    let mut state = State::new(&plan);
    for event in &played.events {
        fold(&mut state, &plan, event);
    }
    let actions = decide(&plan, &mut state, Moment(2), 9);
    assert!(matches!(&actions[..], [Action::Dispatch(dispatch)] if dispatch.started));
}

fn chain(length: usize) -> Plan {
    let mut text = String::from("steps:\n  s0: { uses: echo, with: { n: 0 } }\n");
    for step in 1..length {
        text.push_str(&format!(
            "  s{step}: {{ uses: echo, with: {{ n: \"{{{{ steps.s{}.n }}}}\" }} }}\n",
            step - 1
        ));
    }
    text.push_str(&format!(
        "outputs: {{ n: '{{{{ steps.s{}.n }}}}' }}",
        length - 1
    ));
    plan(&text)
}

#[test]
fn a_long_chain_needs_no_stack() {
    let plan = chain(3_000);
    let played = std::thread::Builder::new()
        .stack_size(256 << 10)
        .spawn(move || play(&plan, json!({})).outputs(&plan))
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(played, json!({ "n": 0 }));
}
