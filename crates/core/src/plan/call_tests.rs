//! Processes that are steps of others.

use serde_json::json;

use super::testing::{engines, files};
use super::*;
use crate::bundle::MemoryFiles;

pub(super) const POSTER: &str = r##"
daedal: v1
name: poster
signature: hand
inputs:
  theme: { type: text, max_length: 40 }
  number: { type: integer, default: 2, min: 1, max: 3 }
parameters:
  haze: { type: number, default: 0.3, min: 0.1, max: 0.5 }
upstream: [ { work: "eip155:1/erc721:0x5fbdb2315678afecb367f032d93f642f64180aa3/7", relation: remix } ]
steps:
  concept: { uses: grammar, with: { grammar: grammars/concept.json } }
  draft:
    uses: sketch
    count: "{{ inputs.number }}"
    with: { script: coast.js, data: { theme: "{{ inputs.theme }}", haze: "{{ parameters.haze * 2 }}" } }
  judge: { uses: score, foreach: "{{ steps.draft }}", with: {} }
  polish:
    repeat:
      at_most: 2
      until: "{{ review.score > 0.5 }}"
      steps:
        revise: { uses: image, with: { image: "{{ steps.draft[0] }}", operations: [ { blur: { radius: "{{ round }}" } } ] } }
        review: { uses: score, with: { image: "{{ revise }}" } }
outputs:
  poster: "{{ steps.polish.revise }}"
  drafts: "{{ steps.draft }}"
  title: "{{ steps.concept.title }} by {{ inputs.theme }}"
"##;

pub(super) const BOOK: &str = r#"
daedal: v1
name: book
inputs: { theme: { type: text, default: ebb, max_length: 30 }, cover: { type: boolean, default: true } }
steps:
  cover:
    role: generate
    uses: process
    when: "{{ inputs.cover }}"
    with: { process: parts/poster, inputs: { theme: "{{ inputs.theme }}" }, parameters: { haze: 0.4 } }
  framed: { uses: image, with: { image: "{{ steps.cover.poster }}", operations: [ { blur: { radius: 1 } } ] } }
  best: { uses: score, foreach: "{{ steps.cover.drafts }}", with: { signature: [] } }
outputs: { cover: "{{ steps.framed }}", title: "{{ steps.cover.title }}" }
"#;

pub(super) fn with_poster(poster: &str) -> MemoryFiles {
    let mut files = files();
    let add = [
        ("process.yaml", poster),
        ("grammars/concept.json", "{}"),
        ("coast.js", "draw()"),
        ("hand/a.png", "a"),
        ("hand/b.png", "c"),
    ];
    for (path, text) in add {
        files
            .0
            .insert(format!("parts/poster/{path}"), text.as_bytes().to_vec());
    }
    files
}

pub(super) fn planned(book: &str, files: &MemoryFiles) -> Planned {
    match build("process.yaml", book.as_bytes(), files, &engines()) {
        Ok(planned) => planned,
        Err(mistakes) => panic!("{}", mistakes.listed()),
    }
}

pub(super) fn told(book: &str, files: &MemoryFiles) -> String {
    let found = build("process.yaml", book.as_bytes(), files, &engines());
    found.map(|_| ()).unwrap_err().listed()
}

#[test]
fn its_steps_stand_in_the_plan_under_longer_names() {
    let planned = planned(BOOK, &with_poster(POSTER));
    insta::assert_snapshot!(tree(&planned));
    let files: Vec<&String> = planned.bundle.files.keys().collect();
    assert_eq!(
        files,
        [
            "parts/poster/coast.js",
            "parts/poster/grammars/concept.json",
            "parts/poster/hand/a.png",
            "parts/poster/hand/b.png",
            "parts/poster/process.yaml",
        ]
    );
    assert!(
        files
            .iter()
            .all(|path| planned.contents.contains_key(*path))
    );
}

#[test]
fn it_is_told_which_version_of_which_process_a_step_is() {
    let files = with_poster(POSTER);
    let calls = planned(BOOK, &files).plan.calls;
    let own = files.0.iter().filter_map(|(path, bytes)| {
        Some((
            path.strip_prefix("parts/poster/")?.to_owned(),
            bytes.clone(),
        ))
    });
    let alone = build(
        "process.yaml",
        POSTER.as_bytes(),
        &MemoryFiles(own.collect()),
        &engines(),
    );
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].step, "cover");
    assert_eq!(calls[0].bundle, alone.unwrap().plan.bundle);
    assert_eq!(calls[0].upstream.len(), 1);
}

#[test]
fn a_frozen_process_has_those_that_it_uses() {
    let first = planned(BOOK, &with_poster(POSTER));
    let kept = first.contents.iter();
    let kept = kept.map(|(path, bytes)| (first.bundle.files[path].digest, Arc::clone(bytes)));
    let kept = super::tests::Kept(kept.collect());
    let stored = Bundle::from_bytes(&first.bundle.to_bytes()).unwrap();
    let again = of_bundle(&stored, &kept, &engines()).unwrap();
    assert_eq!(format!("{:?}", again.plan), format!("{:?}", first.plan));
    assert_eq!(again.estimates, first.estimates);
}

#[test]
fn names_and_files_are_those_of_the_process() {
    let planned = planned(BOOK, &with_poster(POSTER));
    let node = |path: &str| {
        let found = planned.plan.nodes.iter().find(|node| &*node.path == path);
        match &found.unwrap().kind {
            NodeKind::Perform(perform) => perform.clone(),
            NodeKind::Repeat(_) => panic!("{path} is a loop"),
        }
    };
    let references = |path: &str| -> Vec<String> {
        let named = node(path).with.references();
        named.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        references("cover.draft"),
        [
            "steps.cover._given.inputs.theme",
            "steps.cover._given.parameters.haze"
        ]
    );
    assert_eq!(
        references("cover.judge"),
        ["item", "steps.cover._given.signature"]
    );
    assert_eq!(
        references("cover.polish.revise"),
        ["steps.cover.draft[0]", "round"]
    );
    assert_eq!(references("cover._given"), ["inputs.theme"]);
    let labels = node("cover.draft").labels;
    assert_eq!(
        labels.values().collect::<Vec<_>>(),
        ["parts/poster/coast.js"]
    );
}

#[test]
fn what_it_is_given_and_gives_is_checked() {
    let book = BOOK
        .replace(r#"theme: "{{ inputs.theme }}" }"#, "thema: 3, number: 9 }")
        .replace("haze: 0.4", "haze: 4")
        .replace("steps.cover.poster", "steps.cover.postr")
        .replace(
            "foreach: \"{{ steps.cover.drafts }}\"",
            "foreach: \"{{ steps.cover.title }}\"",
        )
        .replace(
            "title: \"{{ steps.cover.title }}\"",
            "title: \"{{ steps.cover.draft }} {{ steps.judge }}\"",
        );
    insta::assert_snapshot!(told(&book, &with_poster(POSTER)));
}

#[test]
fn what_can_t_be_a_step_is_told_where_it_is_used() {
    let with = |with: &str| {
        format!(
            "daedal: v1\nname: x\nsteps:\n  a: {{ uses: process, {with} }}\noutputs: {{ a: \"{{{{ steps.a }}}}\" }}\n"
        )
    };
    let digest = "ab".repeat(32);
    let token = "eip155:1/erc721:0x5fbdb2315678afecb367f032d93f642f64180aa3/7";
    let cases = [
        "with: {}".to_owned(),
        "with: { process: parts/postr }".to_owned(),
        "with: { process: ../elsewhere }".to_owned(),
        "with: { process: process.yaml }".to_owned(),
        "with: { process: \"{{ inputs.which }}\" }".to_owned(),
        "with: { process: sha256:12 }".to_owned(),
        format!("with: {{ process: sha256:{digest} }}"),
        format!("with: {{ process: {token:?} }}"),
        "count: 3, retry: { attempts: 2 }, timeout: 1m, on_failure: skip, with: { process: parts/poster, input: {}, inputs: { theme: x } }".to_owned(),
    ];
    let mut listed = String::new();
    for case in cases {
        let text = with(&case);
        let mut files = with_poster(POSTER);
        files
            .0
            .insert("process.yaml".into(), text.clone().into_bytes());
        listed.push_str(&format!("{case}\n{}\n", told(&text, &files)));
    }
    let broken = with_poster(
        &POSTER
            .replace("coast.js", "coats.js")
            .replace("inputs.number", "inputs.count"),
    );
    listed.push_str(&told(
        &with("with: { process: parts/poster, inputs: { theme: x } }"),
        &broken,
    ));
    insta::assert_snapshot!(listed);
}

#[test]
fn loops_hold_processes_without_loops() {
    let book = |process: &str| {
        format!(
            r#"
daedal: v1
name: x
steps:
  try:
    repeat:
      at_most: 3
      best_by: "{{{{ rate.score }}}}"
      steps:
        make: {{ uses: process, with: {{ process: {process}, inputs: {{ theme: "round {{{{ round }}}}" }} }} }}
        rate: {{ uses: score, with: {{ image: "{{{{ make.poster }}}}", signature: [] }} }}
outputs: {{ best: "{{{{ steps.try.make.poster }}}}" }}
"#
        )
    };
    let start = POSTER.find("  polish:").unwrap();
    let end = POSTER.find("outputs:").unwrap();
    let plain = format!("{}{}", &POSTER[..start], &POSTER[end..])
        .replace("steps.polish.revise", "steps.draft[0]");
    insta::assert_snapshot!(tree(&planned(&book("parts/poster"), &with_poster(&plain))));
    insta::assert_snapshot!(told(&book("parts/poster"), &with_poster(POSTER)));
}

#[test]
fn what_looks_like_an_expression_in_a_process_is_none_around_it() {
    let poster = POSTER.replace(
        "theme: { type: text, max_length: 40 }",
        "theme: { type: text, default: \"of {{ inputs.secret }}\", max_length: 40 }",
    );
    let book = BOOK
        .replacen(
            "inputs: {",
            "inputs: { secret: { type: text, default: x },",
            1,
        )
        .replace(
            "inputs: { theme: \"{{ inputs.theme }}\" }, parameters",
            "parameters",
        );
    let planned = planned(&book, &with_poster(&poster));
    let given = planned
        .plan
        .nodes
        .iter()
        .find(|node| &*node.path == "cover._given");
    let NodeKind::Perform(given) = &given.unwrap().kind else {
        panic!()
    };
    assert_eq!(given.with.references(), []);
}

#[test]
fn of_a_process_what_it_gives_is_seen() {
    let inside = BOOK.replace("steps.cover.title", "steps['cover.concept'].title");
    let found = told(&inside, &with_poster(POSTER));
    assert!(
        found.contains("`cover.concept` is inside of a process"),
        "{found}"
    );
    let more = BOOK.replace("parameters: { haze: 0.4 }", "bundle: x, signature: []");
    let found = told(&more, &with_poster(POSTER));
    assert!(found.contains("`process` takes no `bundle`"), "{found}");
    // And of its outputs those that are named.
    let behind = planned(BOOK, &with_poster(POSTER))
        .plan
        .behind(|name| name == "title");
    let behind: Vec<&str> = behind.iter().map(|path| &**path).collect();
    assert_eq!(behind, ["cover", "cover._given", "cover.concept"]);
}

#[test]
fn a_work_is_the_version_that_the_lock_says() {
    let token = "eip155:1/erc721:0x5fbdb2315678afecb367f032d93f642f64180aa3/7";
    let folder = Reference::parse(token).unwrap().folder();
    let book = BOOK.replace("parts/poster", &format!("{token:?}"));
    let mut files = MemoryFiles(
        with_poster(POSTER)
            .0
            .into_iter()
            .map(|(path, bytes)| (path.replace("parts/poster", &folder), bytes))
            .collect(),
    );
    let text = lock("process.yaml", book.as_bytes(), &files, &engines()).unwrap();
    assert!(text.contains("  \"eip155:1/erc721:0x"), "{text}");
    assert!(text.contains("  grammar: \"1\""), "{text}");
    files.0.insert("process.lock".into(), text.into_bytes());
    assert_eq!(planned(&book, &files).plan.calls[0].reference, token);
    files
        .0
        .insert(format!("{folder}/coast.js"), b"other()".to_vec());
    insta::assert_snapshot!(told(&book, &files));
}

#[test]
fn what_it_can_cost_follows_from_what_it_is_given() {
    let planned = planned(BOOK, &with_poster(POSTER));
    let engines = engines();
    let schema = |name: &str| engines.get(name).map(|engine| &engine.spec().schema);
    let bounds = bounds(
        &planned,
        &json!({ "theme": "ebb", "cover": true }),
        &json!({}),
        &schema,
    );
    let mut nodes = planned.plan.nodes.iter().zip(bounds);
    let (_, draft) = nodes
        .find(|(node, _)| &*node.path == "cover.draft")
        .unwrap();
    let draft = draft.unwrap();
    assert_eq!(draft.width, 2);
    assert_eq!(draft.params["data"], json!({ "theme": "ebb", "haze": 0.8 }));
}
