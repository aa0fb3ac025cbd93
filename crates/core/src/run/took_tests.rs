//! Whose values a task took, by example.

use serde_json::json;

use super::super::records;
use super::super::testing::{Played, plan, plan_among};
use crate::bundle::MemoryFiles;
use crate::plan::Plan;

/// Of each task, what it took.
fn told(text: &str) -> Vec<String> {
    told_of(&plan(text))
}

fn told_of(plan: &Plan) -> Vec<String> {
    let played = Played::new(plan, json!({})).play(plan, |_| 0);
    let records = records(plan, &played.events);
    records
        .iter()
        .map(|task| {
            let took: Vec<String> = task.took.iter().map(ToString::to_string).collect();
            format!("{} < {}", task.name, took.join(", "))
        })
        .collect()
}

#[test]
fn a_task_took_from_those_that_its_expressions_name() {
    let told = told(
        r#"
steps:
  idea: { uses: echo, with: { title: Low } }
  word: { uses: echo, count: 3, with: { of: "{{ steps.idea.title }} {{ index }}" } }
  order: { uses: echo, with: { at: [2, 0] } }
  own: { uses: echo, foreach: "{{ steps.word }}", with: { text: "{{ item.of }}" } }
  shorter: { uses: echo, foreach: "{{ steps.word.of }}", with: { text: "{{ item }}" } }
  counted: { uses: echo, foreach: "{{ steps.word | list }}", with: { text: "{{ item.of }}" } }
  second: { uses: echo, with: { text: "{{ steps.word[1].of }} and {{ steps.own.text[-1] }}" } }
  all: { uses: echo, with: { of: "{{ steps.word | map(attribute='of') | join(' ') }}", idea: "{{ steps.idea }}" } }
  own_item: { uses: echo, count: 3, with: { text: "{{ steps.word[index].of }} {{ steps.word[index].of | upper }}" } }
  computed: { uses: echo, count: 2, with: { text: "{{ steps.word[steps.order.at[index]] }}" } }
  gated: { uses: echo, when: "{{ steps.idea.title == 'Low' }}", with: { text: alone } }
outputs: { all: "{{ steps.all.of }}" }
"#,
    );
    insta::assert_snapshot!(told.join("\n"), @r#"
    idea < 
    word < idea
    word #2 < idea
    word #3 < idea
    order < 
    own < word #1
    own #2 < word #2
    own #3 < word #3
    shorter < word #1
    shorter #2 < word #2
    shorter #3 < word #3
    counted < word
    counted #2 < word
    counted #3 < word
    second < own #3, word #2
    all < idea, word
    own_item < word #1
    own_item #2 < word #2
    own_item #3 < word #3
    computed < order[0], word
    computed #2 < order[1], word
    gated <
    "#);
}

#[test]
fn in_a_loop_it_took_from_its_round_and_the_one_before_and_from_a_loop_what_stands() {
    let told = told(
        r#"
steps:
  idea: { uses: echo, with: { title: Low } }
  polish:
    repeat:
      at_most: 3
      best_by: "{{ 0 - round }}"
      steps:
        revise: { uses: echo, count: 2, with: { of: "{{ steps.idea.title }} {{ previous.judge.note if previous else 'none' }}" } }
        judge: { uses: echo, with: { note: "{{ revise[0].of }}", score: "{{ round }}" } }
  last: { uses: echo, with: { of: "{{ steps.polish.judge.note }}" } }
  whole: { uses: echo, with: { of: "{{ steps.polish }}" } }
outputs: { last: "{{ steps.last.of }}" }
"#,
    );
    insta::assert_snapshot!(told.join("\n"), @r#"
    idea < 
    polish.revise < idea
    polish.revise #2 < idea
    polish.judge < polish.revise round 1 #1
    polish.revise round 2 < idea, polish.judge round 1
    polish.revise round 2 #2 < idea, polish.judge round 1
    polish.judge round 2 < polish.revise round 2 #1
    polish.revise round 3 < idea, polish.judge round 2
    polish.revise round 3 #2 < idea, polish.judge round 2
    polish.judge round 3 < polish.revise round 3 #1
    last < polish.judge round 1
    whole < polish.judge round 1, polish.revise round 1
    "#);
}

#[test]
fn a_process_that_is_a_step_hands_on_what_its_steps_gave_item_by_item() {
    let words = r#"
daedal: v1
name: words
inputs: { theme: { type: text } }
steps:
  word: { uses: echo, count: 3, with: { of: "{{ inputs.theme }}" } }
  all: { uses: echo, with: { of: "{{ steps.word.of | join(' ') }}" } }
outputs:
  words: "{{ steps.word }}"
  cards: [ { title: "{{ steps.word[2].of }}", all: "{{ steps.all }}" }, { title: "{{ steps.word[0].of }}" } ]
  joined: "{{ steps.word | list }}"
"#;
    let mut files = MemoryFiles::default();
    files
        .0
        .insert("words/process.yaml".into(), words.as_bytes().to_vec());
    let plan = plan_among(
        r#"
steps:
  idea: { uses: echo, with: { title: Low } }
  inner: { uses: process, with: { process: words, inputs: { theme: "{{ steps.idea.title }}" } } }
  second: { uses: echo, with: { text: "{{ steps.inner.words[1].of }}" } }
  last: { uses: echo, with: { text: "{{ steps.inner.words.of[-1] }}" } }
  each: { uses: echo, foreach: "{{ steps.inner.words }}", with: { text: "{{ item.of }}" } }
  own: { uses: echo, count: 2, with: { text: "{{ steps.inner.words[index].of }}" } }
  card: { uses: echo, with: { text: "{{ steps.inner.cards[0].title }}" } }
  titles: { uses: echo, with: { text: "{{ steps.inner.cards.title }}" } }
  joined: { uses: echo, with: { text: "{{ steps.inner.joined[1] }}" } }
  whole: { uses: echo, with: { text: "{{ steps.inner }}" } }
outputs: { own: "{{ steps.own }}" }
"#,
        &files,
    );
    insta::assert_snapshot!(told_of(&plan).join("\n"), @r"
    idea < 
    inner._given < idea
    inner.word < idea
    inner.word #2 < idea
    inner.word #3 < idea
    inner.all < inner.word
    inner < inner.all, inner.word, inner.word #1, inner.word #3
    second < inner.word #2
    last < inner.word #3
    each < inner.word #1
    each #2 < inner.word #2
    each #3 < inner.word #3
    own < inner.word #1
    own #2 < inner.word #2
    card < inner.word #3
    titles < inner.all, inner.word #1, inner.word #3
    joined < inner.word
    whole < inner.all, inner.word, inner.word #1, inner.word #3
    ");
}
