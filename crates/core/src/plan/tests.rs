use super::testing::{engines, files};
use serde_json::{Value, json};

use super::*;

const ALMANAC: &[u8] = include_bytes!("../../tests/fixtures/almanac.yaml");

fn planned(text: &[u8]) -> Planned {
    build("process.yaml", text, &files(), &engines())
        .unwrap_or_else(|mistakes| panic!("{}", mistakes.listed()))
}

#[test]
fn a_whole_process_is_planned() {
    let planned = planned(ALMANAC);
    let plan = &planned.plan;
    let shown: Vec<String> = plan
        .nodes
        .iter()
        .map(|node| {
            let names = |ids: &[NodeId]| -> Vec<&str> {
                ids.iter().map(|&id| &*plan.nodes[id].path).collect()
            };
            format!("{} {:?}", node.path, names(&node.dependencies))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    concept []
    draft ["concept"]
    judge ["draft"]
    pick ["draft", "judge"]
    finish ["pick"]
    polish.revise []
    polish.review ["polish.revise"]
    polish []
    film ["concept"]
    "#);
    let bundled: Vec<_> = plan.files.keys().map(String::as_str).collect();
    assert_eq!(
        bundled,
        [
            "grammars/concept.json",
            "signature/a.png",
            "signature/b.png",
            "sketches/coast.js"
        ]
    );
    assert_eq!(plan.signature.len(), 2);
    assert!(!plan.wants_earlier);
}
#[test]
fn the_tree_says_what_a_run_will_do() {
    insta::assert_snapshot!(tree(&planned(ALMANAC)).to_string());
}

#[test]
fn every_mistake_of_a_plan_is_told_at_once_in_its_place() {
    let file = r##"daedal: v1
name: wrong
signature: signatures/
inputs:
  theme: { type: text, default: dawn }
  edition: { type: integer, default: 1 }
  photo: { type: asset }
parameters:
  palette: { type: choice, of: [kelp], default: kelp }
steps:
  concept: { uses: gramar, with: { x: "{{ stps.draft }}" } }
  idea: { uses: grammar, with: { grammar: grammars/concept.jsn, orgin: x } }
  long: { uses: grammar, with: { grammar: /etc/passwd, origin: "{{ index }}" } }
  draft:
    uses: sketch
    count: "{{ inputs.theme }}"
    with:
      width: wide
      height: 9000
      data: { a: "{{ steps.idea.titel }}", b: "{{ item }}", c: "{{ inputs.palette }}", d: "{{ theme }}" }
  computed: { uses: sketch, with: { script: "{{ inputs.theme }}", width: "{{ inputs.theme }}" } }
  broken: { uses: sketch, with: { script: sketches/broken.js } }
  judge:
    uses: score
    foreach: "{{ steps.idea }}"
    with: { weights: { contrast: -1, balance: much } }
  pick:
    uses: choose
    with: { from: "{{ steps.idea.text }}", by: "{{ steps.drft.score }}", keep: 1.5, decider: humn }
  finish:
    uses: image
    when: "{{ index == 0 }}"
    with:
      image: "{{ steps.idea }}"
      operations:
        - resise: { width: 2400 }
        - resize: { width: 0, filter: lanczos }
        - blur: {}
        - overlay: { template: frames.svg, data: "{{ inputs.photo }}" }
  self: { uses: sketch, with: { script: sketches/coast.js, data: { x: "{{ steps.self.width }}" } } }
  egg: { uses: sketch, with: { script: sketches/coast.js, data: { x: "{{ steps.hen }}" } } }
  hen: { uses: sketch, with: { script: sketches/coast.js, data: { x: "{{ steps.egg.width + 1 }}" } } }
  polish:
    repeat:
      until: "{{ reviw.score > 1 }}"
      best_by: "{{ revise }}"
      at_most: 3
      steps:
        revise: { uses: image, with: { image: "{{ previous.revis }}" } }
        review: { uses: score, with: { image: "{{ steps.revise }}" } }
        again: { uses: score, with: { image: "{{ again }}" } }
        outer: { uses: image, with: { image: "{{ steps.polish.revise }}" } }
  lost: { uses: score, foreach: "{{ steps.nowhere }}" }
  late: { uses: image, with: { image: "{{ steps.revise }}" } }
  page: { uses: template, with: { text: a, template: frame.svg, size: smal } }
  blank: { uses: template, with: { size: "{{ inputs.photo }}" } }
  tinted: { uses: sketch, with: { script: sketches/coast.js, background: red } }
  label: { uses: template, with: { text: a, data: { x: "see {{ inputs.photo }}", y: "{{ run.sed }}", z: "{{ 1 + }}" } } }
"##;
    let mistakes = build("process.yaml", file.as_bytes(), &files(), &engines()).unwrap_err();
    let file = r##"daedal: v1
name: wrong
license: { file: ../LICENSE }
disclosure: { label: "of {{ inputs.them }}" }
steps:
  finish: { uses: grammar, with: { grammar: grammars/concept.json } }
outputs:
  poster: "{{ steps.finsh }}"
  theme: "{{ run.seed }}"
release:
  editions: { of: postr }
  channels: [ { uses: site, of: [poster, film] } ]
"##;
    let others = build("process.yaml", file.as_bytes(), &files(), &engines()).unwrap_err();
    insta::assert_snapshot!(mistakes.listed() + "\n" + &others.listed());
}

/// Keeps the blobs of a plan.
pub(super) struct Kept(pub(super) BTreeMap<crate::Digest, Arc<[u8]>>);

impl BlobRead for Kept {
    fn read(&self, digest: &crate::Digest) -> Result<Arc<[u8]>, crate::blob::BlobError> {
        self.0
            .get(digest)
            .cloned()
            .ok_or(crate::blob::BlobError::Missing { digest: *digest })
    }
}

#[test]
fn a_frozen_process_gives_the_same_plan() {
    let first = planned(ALMANAC);
    let kept = first
        .contents
        .iter()
        .map(|(path, bytes)| (first.bundle.files[path].digest, Arc::clone(bytes)))
        .collect();
    let stored = Bundle::from_bytes(&first.bundle.to_bytes()).unwrap();
    let again = of_bundle(&stored, &Kept(kept), &engines()).unwrap();
    assert_eq!(format!("{:?}", again.plan), format!("{:?}", first.plan));
    assert_eq!(again.plan.bundle, stored.digest());
    assert_eq!(again.process, first.process);
    assert_eq!(again.estimates, first.estimates);
}

#[test]
fn a_lock_pins_engines_and_belongs_to_the_bundle() {
    let text = lock("process.yaml", ALMANAC, &files(), &engines()).unwrap();
    let with_lock = |text: &str| {
        let mut files = files();
        files
            .0
            .insert("process.lock".into(), text.as_bytes().to_vec());
        build("process.yaml", ALMANAC, &files, &engines())
    };
    let locked = with_lock(&text).unwrap();
    assert!(locked.bundle.files.contains_key("process.lock"));
    assert_ne!(locked.plan.bundle, planned(ALMANAC).plan.bundle);
    let other = text
        .replace("sketch: \"1\"", "sketch: \"7\"")
        .replace("  image: \"1\"\n", "");
    let wrong = with_lock(&other).unwrap_err().listed()
        + &with_lock("engines: [").unwrap_err().listed()
        + &with_lock("daedal: v1\nengines: { sketch: 1 }")
            .unwrap_err()
            .listed();
    insta::assert_snapshot!(format!("{text}\n{wrong}"));
}

#[test]
fn a_fan_out_names_its_item_and_what_is_implied_is_added() {
    let file = "daedal: v1\nname: x\nsignature: signature\nsteps:\n  \
        draft: { uses: sketch, count: 2, with: { script: ./sketches/coast.js } }\n  \
        judge: { uses: score, foreach: \"{{ steps.draft }}\", with: { weights: { novelty: 1 } } }\n";
    let plan = planned(file.as_bytes()).plan;
    assert!(plan.wants_earlier);
    let NodeKind::Perform(judge) = &plan.nodes[1].kind else {
        panic!("no engine")
    };
    let names: Vec<String> = judge
        .with
        .references()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["item", "run.earlier", "run.signature"]);
    let NodeKind::Perform(draft) = &plan.nodes[0].kind else {
        panic!("no engine")
    };
    let labels: Vec<_> = draft.labels.values().map(String::as_str).collect();
    assert_eq!(labels, ["./sketches/coast.js"]);
    assert_eq!(plan.nodes[0].dependents, [1]);
}

#[test]
fn whatever_may_fit_is_taken() {
    let file = r##"daedal: v1
name: fits
signature: signature
inputs:
  photo: { type: asset }
  many: { type: integer, default: 2, min: 2, max: 5 }
  width: { type: number, default: 640 }
steps:
  idea: { uses: grammar, with: { grammar: grammars/concept.json, origin: "{{ inputs.photo.media_type }}" } }
  draft:
    uses: sketch
    count: "{{ inputs.many }}"
    with:
      script: sketches/coast.js
      width: "{{ inputs.width }}"
      data: { all: "{{ inputs }}", at: "{{ index + 1 }}", field: "{{ steps.idea.fields.anything }}" }
  judge: { uses: score, foreach: "{{ steps.draft }}" }
  pick: { uses: choose, with: { from: "{{ steps.draft }}", by: "{{ steps.judge.score }}", keep: 2 } }
  first: { uses: image, with: { image: "{{ steps.pick[0] }}" } }
  second: { uses: image, with: { image: "{{ steps.draft[-1] if inputs.many > 2 else inputs.photo }}" } }
  word: { uses: image, foreach: "{{ [steps.first, steps.second] }}" }
  tile: { uses: image, foreach: "{{ run.signature }}", with: { operations: [ { resize: { width: "{{ item.width }}" } } ] } }
  stamp: { uses: image, with: { image: frame.svg, operations: "{{ steps.pick.features.operations }}" } }
  polish:
    when: "{{ steps.draft.features.tide | length > 1 }}"
    repeat:
      until: "{{ review.score > 0.5 or round == 2 }}"
      best_by: review.score
      at_most: 3
      steps:
        revise: { uses: image, with: { image: "{{ previous.revise if previous else steps.first }}" } }
        review: { uses: score, with: { image: "{{ revise }}", weights: { contrast: "{{ previous.review.score }}" } } }
  page: { uses: template, with: { text: "{{ steps.polish.review.score }} of {{ steps.draft.width }}" } }
outputs:
  all: { best: "{{ steps.polish.revise }}", page: "{{ steps.page }}", tiles: "{{ steps.tile }}" }
"##;
    let planned = planned(file.as_bytes());
    let tasks: Vec<_> = tree(&planned)
        .steps
        .iter()
        .map(|step| (step.name.clone(), step.tasks.min, step.tasks.max))
        .collect();
    let expected = [
        ("idea", 1, 1),
        ("draft", 2, 5),
        ("judge", 2, 5),
        ("pick", 1, 1),
        ("first", 1, 1),
        ("second", 1, 1),
        ("word", 2, 2),
        ("tile", 2, 2),
        ("stamp", 1, 1),
        ("polish", 0, 6),
        ("page", 1, 1),
    ];
    assert_eq!(
        tasks,
        expected.map(|(name, min, max)| (name.to_owned(), min, max))
    );
}

#[test]
fn a_process_that_gives_nothing_is_warned_of() {
    let file = "daedal: v1\nname: x\nsteps: { a: { uses: grammar, with: { grammar: grammars/concept.json } } }\n";
    insta::assert_debug_snapshot!(planned(file.as_bytes()).warnings, @r#"
    [
        Warning {
            message: "the process has no `outputs:`, so its runs have nothing to show or to release",
            help: "name what a run gives: `outputs: { a: \"{{ steps.a }}\" }`",
        },
    ]
    "#);
    let file = format!("{file}outputs: {{ a: \"{{{{ steps.a }}}}\" }}\n");
    assert_eq!(planned(file.as_bytes()).warnings, []);
}

fn chain(length: usize) -> String {
    let mut text = String::from("daedal: v1\nname: chain\nsteps:\n");
    text.push_str("  s0: { uses: sketch, with: { script: sketches/coast.js } }\n");
    for number in 1..length {
        text.push_str(&format!(
            "  s{number}: {{ uses: image, with: {{ image: \"{{{{ steps.s{} }}}}\" }} }}\n",
            number - 1
        ));
    }
    text
}

#[test]
fn long_chains_are_planned_without_recursion_and_limits_are_told() {
    let plan = planned(chain(10_000).as_bytes()).plan;
    assert_eq!(plan.nodes[9_999].dependencies, [9_998]);
    let wrong = |text: &str| {
        build("process.yaml", text.as_bytes(), &files(), &engines())
            .unwrap_err()
            .listed()
    };
    let many: String = (0..101)
        .map(|step| format!("  m{step}: {{ uses: sketch, count: 1000, with: {{ script: sketches/coast.js }} }}\n"))
        .collect();
    let looped =
        "  l: { repeat: { at_most: 2, steps: { a: { uses: grammar }, b: { uses: grammar } } } }\n";
    let mut told = wrong(&format!("daedal: v1\nname: many\nsteps:\n{many}"));
    told.push_str(&wrong(&(chain(19_999) + looped)));
    insta::assert_snapshot!(told);
}

#[test]
fn the_schema_takes_what_can_be_planned_and_no_more() {
    let schema = schema(&engines());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value = |text: &[u8]| -> Value {
        serde_saphyr::from_str(std::str::from_utf8(text).unwrap()).unwrap()
    };
    let almanac = value(ALMANAC);
    let told: Vec<String> = validator
        .iter_errors(&almanac)
        .map(|error| error.to_string())
        .collect();
    assert!(told.is_empty(), "{told:#?}");
    assert!(validator.is_valid(&value(chain(3).as_bytes())));
    for (pointer, wrong) in [
        ("/name", json!("No Name")),
        ("/steps/draft/with/widht", json!(3)),
        ("/steps/draft/with/width", json!("wide")),
        ("/steps/draft/uses", json!("sketsh")),
        ("/steps/draft/count", json!(0)),
        ("/steps/draft/foreach", json!("{{ steps.concept }}")),
        ("/steps/finish/with/operations/0", json!({"resise": {}})),
        ("/steps/polish/repeat/at_most", json!(1_000)),
        ("/steps/polish/repeat/steps/revise/role", json!("reviser")),
        ("/parameters/turbulence/media_types", json!([])),
        ("/inputs/theme/type", json!("string")),
        ("/budget/time", json!("20 minutes")),
    ] {
        let mut broken = almanac.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match broken.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = wrong,
            fields => fields[key] = wrong,
        }
        assert!(!validator.is_valid(&broken), "{pointer}");
    }
}
