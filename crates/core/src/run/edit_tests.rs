//! Edits, by example.

use serde_json::{Value, json};

use super::testing::{Played, plan};
use super::*;
use crate::plan::Plan;

const PROCESS: &str = r#"
steps:
  idea: { uses: echo, with: { title: Low } }
  draft: { uses: dice, count: 3, with: { of: "{{ steps.idea.title }}" } }
  polish:
    repeat:
      at_most: 2
      steps:
        revise: { uses: echo, with: { of: "{{ steps.idea.title }}" } }
  pick: { uses: ask, with: { from: "{{ steps.draft }}" } }
  post: { uses: post, foreach: "{{ steps.pick }}", with: { of: "{{ item.number }}" } }
  last: { uses: broken, with: { broken: "{{ steps.idea.title == 'Low' }}", of: "{{ steps.idea.title }}" } }
outputs: { pick: "{{ steps.pick }}", last: "{{ steps.last.of }}" }
"#;

fn task(step: &str, index: u32) -> TaskName {
    TaskName {
        step: step.into(),
        round: 0,
        index,
    }
}

fn edited(step: &str, index: u32, value: Value) -> Event {
    Event::Edited {
        task: task(step, index),
        value,
        intent: Value::Null,
        at: Moment(1),
    }
}

fn played(text: &str) -> (Plan, Played) {
    let plan = plan(text);
    let played = Played::new(&plan, json!({})).play(&plan, |_| 0);
    (plan, played)
}

#[test]
fn what_failed_because_of_what_was_given_goes_on_with_something_else() {
    let (plan, mut played) =
        played(&PROCESS.replace("  post: { uses: post,", "  post: { uses: echo,"));
    assert_eq!(played.failure(), (Some("last"), "is broken"));
    assert_eq!(
        played.state.editable(&plan, &task("draft", 0)),
        Err(EditRefusal::Over),
        "that does not lead to what failed"
    );
    played.record(&plan, edited("idea", 0, json!({ "title": "High" })));
    assert_eq!(played.state.finished(), None);
    assert_eq!(finish_of(&played.events), None);
    let played = played.play(&plan, |_| 0);
    assert_eq!(played.outputs(&plan)["last"], "High");
}

#[test]
fn what_can_not_be_taken_back_is_not_edited() {
    let (plan, played) = played(&PROCESS.replace("== 'Low'", "== 'No'"));
    played.outputs(&plan);
    let refused = |step: &str, index| {
        played
            .state
            .editable(&plan, &task(step, index))
            .unwrap_err()
    };
    let step = "post".into();
    assert_eq!(refused("draft", 0), EditRefusal::TookEffect { step });
    assert_eq!(refused("nothing", 0), EditRefusal::NoTask);
    assert_eq!(refused("draft", 3), EditRefusal::NoTask);
    assert_eq!(refused("polish.revise", 0), EditRefusal::InLoop);
    assert_eq!(refused("polish", 0), EditRefusal::InLoop);
    assert!(played.state.editable(&plan, &task("last", 0)).is_ok());
    let mut state = played.state.clone();
    assert!(!fold(&mut state, &plan, &edited("draft", 0, json!({}))));
    let text = PROCESS.replace("== 'Low'", "== 'No'");
    let (plan, played) = self::played(&text.replace("uses: post,", "uses: echo,"));
    let refused = |step: &str| played.state.editable(&plan, &task(step, 0)).unwrap_err();
    assert_eq!(refused("pick"), EditRefusal::List);
}

#[test]
fn what_came_of_a_task_before_an_edit_comes_too_late_after_it() {
    let text = PROCESS
        .replace("== 'Low'", "== 'No'")
        .replace("uses: post,", "uses: echo,");
    let (plan, played) = played(&text);
    let mut state = played.state.clone();
    assert!(fold(
        &mut state,
        &plan,
        &edited("idea", 0, json!({ "title": "High" }))
    ));
    let late = played.events.iter().filter(|event| match event {
        Event::TaskDone { task, .. } => ["draft", "last", "pick"].contains(&&*task.step),
        Event::DecisionRequested { .. } => true,
        _ => false,
    });
    for event in late {
        assert!(!fold(&mut state, &plan, event), "{event:?}");
    }
    assert_eq!(state.questions().count(), 0);
    assert!(!state.is_waiting());
}
