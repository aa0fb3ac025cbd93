//! One mistake hides no other.

use super::testing::{engines, files};
use super::*;

fn told(file: &str) -> String {
    let found = build_judged(
        "process.yaml",
        file.as_bytes(),
        &files(),
        &engines(),
        &|process| {
            let named = process.release.iter().flat_map(|release| &release.channels);
            named
                .enumerate()
                .filter(|(_, channel)| channel.uses != "site")
                .map(|(index, channel)| Objection {
                    pointer: format!("/release/channels/{index}/uses"),
                    message: format!("there is no channel `{}`", channel.uses),
                    help: "expected one of: site".into(),
                })
                .collect()
        },
    );
    found.map(|_| ()).unwrap_err().listed()
}

#[test]
fn a_wrong_field_of_a_step_hides_nothing_of_its_with() {
    insta::assert_snapshot!(told(
        r#"daedal: v1
name: x
steps:
  a: { uses: sketch, count: 0, timeout: 3, retry: { attempts: 99 }, with: { script: no.js, widht: 3 } }
  b: { uses: sketch, foreach: [], with: { script: no.js, height: "{{ steps.a.tall }}" } }
  c: { uses: 7, with: { x: "{{ steps.nowhere }}" } }
  d: { uses: sketch, with: [script] }
  e: { with: { script: no.js } }
  F: { uses: sketch, with: { script: no.js } }
  g: { uses: image, with: { image: "{{ steps.F }}", operations: "{{ steps.d.operations }}" } }
  h: { uses: sketch, with: { script: sketches/broken.js, width: wide } }
"#
    ));
}

#[test]
fn candidates_that_an_engine_knows_to_be_the_same_are_refused() {
    let process = |count: &str| {
        format!(
            "daedal: v1\nname: x\nsteps:\n  a: {{ uses: grammar, {count} with: {{ grammar: grammars/concept.json, origin: \
             same }} }}\noutputs: {{ a: \"{{{{ steps.a }}}}\" }}\n"
        )
    };
    insta::assert_snapshot!(told(&process("count: 3,")));
    for fine in ["", "count: 1,"] {
        let text = process(fine);
        let planned = build("process.yaml", text.as_bytes(), &files(), &engines());
        planned.map(|_| ()).unwrap();
    }
}

#[test]
fn an_unknown_engine_hides_no_missing_file() {
    insta::assert_snapshot!(told(
        r#"daedal: v1
name: x
steps:
  near: { uses: skech, with: { script: no.js, width: wide } }
  far: { uses: holography, with: { script: no.js, grammar: grammars/concept.json, depth: 3 } }
  last: { uses: image, with: { image: "{{ steps.near.width }}" } }
"#
    ));
}

#[test]
fn wrong_dials_hide_nothing_and_are_declared_all_the_same() {
    insta::assert_snapshot!(told(
        r#"daedal: v1
name: x
inputs:
  size: { type: integer, min: 5, max: 1, default: a }
  theme: { default: dawn, description: [] }
parameters:
  hue: { type: colour, default: red, governed: yess, cooldown: 3 }
steps:
  a: { uses: sketch, with: { script: sketches/coast.js, width: "{{ inputs.size }}", data: { h: "{{ parameters.hue }}", t: "{{ inputs.theme }}", u: "{{ inputs.tehme }}" } } }
"#
    ));
}

#[test]
fn what_a_release_needs_is_known_before_it() {
    insta::assert_snapshot!(told(
        r#"daedal: v1
name: x
license: { id: CC-BYY-4.0 }
token: { shares: [], royalty: much }
steps:
  a: { uses: sketch, with: { script: sketches/coast.js } }
outputs: { a: "{{ steps.a }}" }
release: { channels: [ { uses: sight }, { uses: site, of: 7 } ] }
"#
    ));
    let fits = "daedal: v1\nname: x\nlicense: LicenseRef-Press\nsteps: { a: { uses: grammar, with: { grammar: grammars/concept.json } } }\n";
    for license in ["LicenseRef-Press", "CC-BY-4.0", "MIT"] {
        let file = fits.replace("LicenseRef-Press", license);
        build("x", file.as_bytes(), &files(), &engines()).unwrap();
    }
}

#[test]
fn no_more_is_kept_than_there_is() {
    insta::assert_snapshot!(told(
        r#"daedal: v1
name: x
inputs: { few: { type: integer, default: 2, min: 1, max: 4 } }
steps:
  draft: { uses: sketch, count: 2, with: { script: sketches/coast.js } }
  tone: { uses: image, foreach: "{{ steps.draft }}" }
  some: { uses: sketch, count: "{{ inputs.few }}", with: { script: sketches/coast.js } }
  a: { uses: choose, with: { from: "{{ steps.draft }}", keep: 5 } }
  b: { uses: choose, with: { from: "{{ steps.tone }}", keep: 3 } }
  c: { uses: choose, with: { from: "{{ steps.some }}", keep: 5 } }
  d: { uses: choose, with: { from: ["{{ steps.a }}"], keep: 2 } }
  e: { uses: choose, with: { from: "{{ steps.b }}", keep: 4 } }
  fits: { uses: choose, with: { from: "{{ steps.some }}", keep: 4 } }
"#
    ));
}

#[test]
fn a_key_that_stands_twice_hides_nothing() {
    insta::assert_snapshot!(told(
        r#"daedal: v1
name: x
name: y
steps:
  a: { uses: sketch, uses: image, count: 0, with: { script: no.js, data: { x: 1, x: 2 } } }
  a: { uses: nothing }
outputs: { a: "{{ steps.b }}" }
"#
    ), @r#"
    3:1: `name` stands twice in this map (keep one `name`: a map has each key once)
    5:22: `uses` stands twice in this map (keep one `uses`: a map has each key once)
    5:42: `count` is the number 0 (expected 1 to 1000)
    5:61: there is no file `no.js` beside the process file (expected one of: frame.svg, grammars/concept.json, signature/.DS_Store, signature/a.png, signature/b.png, sketches/broken.js, sketches/coast.js)
    5:82: `x` stands twice in this map (keep one `x`: a map has each key once)
    6:3: `a` stands twice in this map (keep one `a`: a map has each key once)
    7:19: there is no step `b` (did you mean `a`?)
    "#);
}

#[test]
fn what_an_expression_gives_is_known_from_its_text() {
    insta::assert_snapshot!(told(
        r#"daedal: v1
name: x
inputs: { theme: { type: text, default: a } }
steps:
  a: { uses: sketch, count: "{{ 'abc' }}", with: { script: sketches/coast.js, width: "{{ inputs.theme ~ 1 }}" } }
  b: { uses: sketch, count: "{{ 1 + 'a' }}", with: { script: sketches/coast.js, width: "{{ 1.5 * 2 }}" } }
  c: { uses: sketch, count: "{{ 1.5 }}", with: { script: sketches/coast.js, width: "{{ [1] }}" } }
  d: { uses: sketch, foreach: "{{ 'abc' }}", with: { script: sketches/coast.js, width: "{{ inputs.theme | nofilter }}" } }
  e: { uses: sketch, when: "{{ inputs.theme is notest and inputs.thme }}", with: { script: sketches/coast.js, width: "{{ inputs.theme | uper }}" } }
  f: { uses: sketch, count: "{{ inputs.theme | length + 1 }}", with: { script: sketches/coast.js, width: "{{ inputs.theme == 1 }}" } }
  g: { uses: template, with: { text: "{{ 'a' * 1000000000 }} and {{ inputs.theme | upper }}" } }
"#
    ), @r#"
    5:29: `count` is text (expected a whole number from 1 to 1000)
    5:86: `width` is given text by `inputs.theme ~ 1` (expected a whole number from 1 to 8192)
    6:30: `{{ 1 + 'a' }}`: invalid operation: tried to use + operator on unsupported types number and string (expected an expression such as `{{ steps.draft }}`)
    7:29: `count` is a fraction (expected a whole number from 1 to 1000)
    7:84: `width` is given a list by `[1]` (expected a whole number from 1 to 8192)
    8:31: `foreach` is given text by `'abc'` (expected a list, such as what a step with `count:` or `foreach:` gives)
    8:89: `{{ inputs.theme | nofilter }}`: names a filter `nofilter`, which there is not: 43 are known, such as abs, attr, batch, bool, capitalize, chain, count, default, dictsort, escape, first, float (expected an expression such as `{{ steps.draft }}`)
    9:28: `{{ inputs.theme is notest and inputs.thme }}`: names a test `notest`, which there is not: 27 are known, such as boolean, defined, divisibleby, endingwith, eq, even, false, float, ge, gt, in, integer (expected an expression such as `{{ steps.draft }}`)
    9:59: `inputs.thme` names an input that is not declared (did you mean `theme`?)
    9:119: `{{ inputs.theme | uper }}`: names a filter `uper`, which there is not: did you mean `upper`? (expected an expression such as `{{ steps.draft }}`)
    10:106: `width` is given true or false by `inputs.theme == 1` (expected a whole number from 1 to 8192)
    11:39: `{{ 'a' * 1000000000 }}`: does more than one expression may: expected at most 1000000 steps and 64 MB of text or list items; make it smaller, or have a step do it (expected an expression such as `{{ steps.draft }}`)
    "#);
}

#[test]
fn expressions_that_cannot_be_read_are_shown_as_they_were_written() {
    insta::assert_snapshot!(told(
        r#"daedal: v1
name: x
steps:
  a: { uses: template, with: { text: "{{ {{ 1 }}", data: { a: "{{ {{ 1 }} }}", b: "{{ 1", c: "{% if 1 %}" } } }
  b: { uses: sketch, with: { script: "sketches/{{ 1 + }}.js" } }
  c: { uses: sketch, when: "{{ 1 + }}", with: { script: sketches/coast.js } }
"#
    ));
}

#[test]
fn all_mistakes_of_one_string_are_told_each_in_its_own_place() {
    insta::assert_snapshot!(told(
        r#"daedal: v1
name: x
steps:
  a: { uses: template, with: { text: "{{ steps[inputs.q] }} \"{{ steps.nope }}\" {{ steps.b.text ~ inputs.qq }} {{ 1 + }}" } }
  b:
    uses: template
    when: "{{ steps.nowhere and steps[index] }}"
    with:
      text: |
        First {{ inputs.one }},
          then {{ parameters.two }} and {{ steps }}.
      data:
        folded: >-
          and {{ inputs.three }}
          and {{ steps.four.x if run.five }}
        plain: also {{ steps['six'] }}
          and {{ inputs.seven }}
        quoted: 'it''s {{ inputs.eight }}'
outputs: { page: "{{ steps.a }} of {{ steps.bb }}" }
"#
    ));
}

#[test]
fn what_is_passed_on_is_known_by_where_it_comes_from() {
    insta::assert_snapshot!(told(
        r#"daedal: v1
name: x
steps:
  idea: { uses: grammar, count: 3, with: { grammar: grammars/concept.json } }
  draft: { uses: sketch, count: 3, with: { script: sketches/coast.js } }
  some: { uses: choose, with: { from: "{{ steps.idea }}", keep: 2 } }
  best: { uses: choose, with: { from: "{{ steps.some }}" } }
  good: { uses: choose, with: { from: "{{ steps.draft }}" } }
  cover: { uses: image, with: { image: "{{ steps.best[0] }}" } }
  tiles: { uses: image, foreach: "{{ steps.best }}" }
  judge: { uses: score, with: { image: "{{ steps.good[0] }}", signature: "{{ steps.some }}" } }
  round: { uses: choose, with: { from: "{{ steps.trip }}" } }
  trip: { uses: choose, with: { from: "{{ steps.round }}" } }
outputs: { all: "{{ steps.good.titel }}" }
"#
    ));
}

#[test]
fn no_file_of_the_process_itself_is_offered_for_a_missing_one() {
    let mut own = files();
    for name in [
        "process.yaml",
        "process.lock",
        "process.schema.json",
        "prose.yaml",
    ] {
        own.0.insert(name.into(), b"engines: {}".to_vec());
    }
    let advice = |named: &str, label: &str| {
        let file = format!(
            "daedal: v1\nname: x\nsteps: {{ a: {{ uses: grammar, with: {{ grammar: {named} }} }} }}\n"
        );
        let found = build(label, file.as_bytes(), &own, &engines());
        let mistakes = found.map(|_| ()).unwrap_err();
        let missing = mistakes
            .iter()
            .find(|mistake| mistake.message.contains("no file"));
        missing.and_then(|mistake| mistake.help.clone()).unwrap()
    };
    for label in ["process.yaml", "./books/process.yaml"] {
        assert_eq!(advice("proces.yaml", label), "did you mean `prose.yaml`?");
    }
    let others = advice("proces.yaml", "C:\\books\\prose.yaml");
    assert!(
        !others.contains("prose.yaml") && !others.contains("process."),
        "{others}"
    );
}
