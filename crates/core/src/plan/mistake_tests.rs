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
    let mistakes = found.map(|_| ()).unwrap_err();
    mistakes
        .iter()
        .map(|mistake| {
            let (line, column) = mistakes.position(mistake);
            let help = mistake.help.as_deref().unwrap_or_default();
            format!("{line}:{column}: {} ({help})\n", mistake.message)
        })
        .collect()
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
