//! Processes that are steps of processes that are steps.

use std::collections::BTreeMap;

use super::call_tests::{BOOK, POSTER, planned, told, with_poster};
use super::*;
use crate::bundle::MemoryFiles;

#[test]
fn processes_stand_in_each_other() {
    let mut files = with_poster(POSTER);
    let shelf = r#"
daedal: v1
name: shelf
parameters: { haze: { type: number, default: 0.2, min: 0.1, max: 0.5 } }
steps:
  one: { uses: process, with: { process: book, inputs: { theme: "of {{ parameters.haze }}" } } }
  two: { uses: process, with: { process: book } }
outputs: { covers: [ "{{ steps.one.cover }}", "{{ steps.two.cover }}" ] }
"#;
    for (path, bytes) in files.0.clone() {
        files.0.insert(format!("book/{path}"), bytes);
    }
    files
        .0
        .insert("book/process.yaml".into(), BOOK.as_bytes().to_vec());
    let planned = planned(shelf, &files);
    let calls: Vec<_> = planned.plan.calls.iter().map(|call| &*call.step).collect();
    assert_eq!(calls, ["one", "one.cover", "two", "two.cover"]);
    let paths: Vec<_> = planned.plan.nodes.iter().map(|node| &*node.path).collect();
    assert!(paths.contains(&"two.cover.polish.review"), "{paths:?}");
    let given = planned
        .plan
        .nodes
        .iter()
        .find(|node| &*node.path == "one.cover._given");
    let NodeKind::Perform(given) = &given.unwrap().kind else {
        panic!()
    };
    let named = given.with.references();
    assert_eq!(named[0].to_string(), "steps.one._given.inputs.theme");
}

#[test]
fn processes_stand_in_each_other_only_so_far() {
    let step = "daedal: v1\nname: x\nsteps: { a: { uses: process, with: { process: a } } }\n";
    // As a link to itself would give them, without an end.
    let files = (1..40).map(|depth| format!("{}process.yaml", "a/".repeat(depth)));
    let files = MemoryFiles(files.map(|path| (path, step.into())).collect());
    let found = told(step, &files);
    assert!(found.contains("a/process.yaml can't be a step"), "{found}");
    assert!(found.len() < 1_000, "{found}");
}

#[test]
fn mistakes_far_inside_are_not_told_at_length() {
    let uses = |name: &str| {
        format!(
            "daedal: v1\nname: x\nsteps:\n  a: {{ uses: process, with: {{ process: {name} }} }}\n  b: {{ uses: process, with: {{ process: {name} }} }}\n  c: {{ uses: process, with: {{ process: {name} }} }}\n"
        )
    };
    let mut files: BTreeMap<String, Vec<u8>> = (1..12)
        .map(|depth| {
            (
                format!("{}process.yaml", "a/".repeat(depth)),
                uses("a").into(),
            )
        })
        .collect();
    let last = format!("{}process.yaml", "a/".repeat(12));
    files.insert(
        last,
        b"daedal: v1\nname: x\nsteps: { a: { uses: nothing } }\n".to_vec(),
    );
    let found = told(&uses("a"), &MemoryFiles(files));
    assert!(found.len() < 10_000, "{} bytes", found.len());
}
