//! What is skipped or left out, and what of a run stands without it.

use serde_json::json;

use super::testing::{plan, play};
use super::tests::{failure, outputs};
use super::*;

#[test]
fn a_skipped_step_gives_nothing_and_so_does_what_goes_over_it() {
    let given = outputs(
        r#"
steps:
  a: { uses: echo, when: "{{ 1 == 2 }}", with: { list: [1] } }
  b: { uses: echo, foreach: "{{ steps.a.list }}", with: { x: "{{ item }}" } }
  c: { uses: echo, with: { a: "{{ steps.a }}", b: "{{ steps.b }}" } }
outputs: { a: "{{ steps.a }}", b: "{{ steps.b }}", c: "{{ steps.c }}" }
"#,
    );
    assert_eq!(
        given,
        json!({ "a": null, "b": null, "c": { "a": null, "b": null } })
    );
}

#[test]
fn lists_stay_parallel_when_items_fail() {
    let text = |broken: &str| {
        format!(
            r#"
steps:
  draft: {{ uses: broken, count: 3, with: {{ broken: "{{{{ {broken} }}}}", n: "{{{{ index }}}}" }}, on_failure: skip }}
  judge: {{ uses: echo, foreach: "{{{{ steps.draft }}}}", with: {{ of: "{{{{ item.n }}}}", place: "{{{{ index }}}}" }} }}
  pair: {{ uses: echo, with: {{ from: "{{{{ steps.draft.n }}}}", by: "{{{{ steps.judge.of }}}}", best: "{{{{ steps.judge.of | max }}}}" }} }}
outputs: {{ judge: "{{{{ steps.judge }}}}", pair: "{{{{ steps.pair }}}}" }}
"#
        )
    };
    let some = plan(&text("index == 1"));
    let played = play(&some, json!({}));
    assert_eq!(
        played.outputs(&some),
        json!({
            "judge": [{ "of": 0, "place": 0 }, { "of": 2, "place": 2 }],
            "pair": { "from": [0, null, 2], "by": [0, null, 2], "best": 2 },
        })
    );
    let judge = played.state.steps(&some).nth(1).unwrap();
    assert_eq!((judge.tasks, judge.done, judge.failed), (2, 2, 0));
    assert_eq!(played.state.task_count(), 6);
    let none = plan(&text("true").replace(", best: \"{{ steps.judge.of | max }}\"", ""));
    let played = play(&none, json!({}));
    assert_eq!(
        played.state.outputs(&none).unwrap(),
        json!({ "judge": [], "pair": { "from": [null, null, null], "by": [null, null, null] } })
    );
    let why =
        "all of its 3 tasks failed, and output `judge` is empty without them; the first: is broken";
    assert_eq!(played.failure(), (Some("draft"), why));
}

#[test]
fn what_is_left_out_is_counted_and_a_run_of_which_nothing_is_left_has_failed() {
    let text = |of: &str, rest: &str, outputs: &str| {
        let broken = match of.starts_with("count") {
            true => "index > 0",
            false => "1 == 1",
        };
        format!(
            r#"
steps:
  draft: {{ uses: broken, {of}, with: {{ broken: "{{{{ {broken} }}}}" }}, on_failure: skip }}
  {rest}
outputs: {{ {outputs} }}
"#
        )
    };
    let some = plan(&text("count: 3", "", r#"draft: "{{ steps.draft }}""#));
    let played = play(&some, json!({}));
    assert_eq!(played.outputs(&some)["draft"].as_array().unwrap().len(), 1);
    let skipped = Skipped {
        step: "draft".into(),
        failed: 2,
        tasks: 3,
        error: "is broken".into(),
    };
    assert_eq!(played.state.skipped(&some), [skipped]);
    let more = r#"more: { uses: echo, with: { n: 1 } }"#;
    let with_more = r#"draft: "{{ steps.draft }}", more: "{{ steps.more.n }}""#;
    // One that may be missing.
    let given = outputs(&text("timeout: 5s", more, with_more));
    assert_eq!(given, json!({ "draft": null, "more": 1 }));
    let (step, message) = failure(&text("timeout: 5s", "", r#"draft: "{{ steps.draft }}""#));
    assert_eq!(step, "draft");
    assert_eq!(
        message,
        "failed, and output `draft` is empty without it: is broken"
    );
    // What a person or a condition left out is no failure.
    let unwanted = r#"more: { uses: echo, when: "{{ 1 == 2 }}", with: { n: 1 } }"#;
    let given = outputs(&text("count: 2", unwanted, r#"more: "{{ steps.more }}""#));
    assert_eq!(given, json!({ "more": null }));
}
