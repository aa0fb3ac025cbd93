//! What a person puts in the place of what a task gave.

use serde_json::Value;

use crate::intents::{holds, oversight, poet, record, released};
use crate::studio::{Studio, files_below};

/// A process of whose drafts a person keeps one; something else is made from each.
const DRAFTS: &str = "daedal: v1
name: poem
title: Poem
steps:
  draft: { uses: template, count: 2, with: { text: \"draft {{ index }}\" } }
  copy: { uses: template, foreach: \"{{ steps.draft }}\", with: { text: \"copy of {{ item.text }}\" } }
  pick: { uses: choose, with: { from: \"{{ steps.draft }}\", keep: 1, decider: human } }
outputs: { poem: \"{{ steps.pick }}\", copy: \"{{ steps.copy.text }}\" }
";

pub(crate) fn editor() -> Studio {
    let studio = poet();
    studio.write("process.yaml", DRAFTS);
    studio.daedal(&["run", "-q"]).ends(3);
    studio
}

#[test]
fn a_persons_text_takes_the_place_of_a_tasks_and_the_credential_says_so() {
    let studio = editor();
    studio.write("mine.txt", "my own words");
    let edit = ["edit", "latest", "draft#2", "mine.txt", "--json"];
    let told = studio.daedal(&edit).ends(0).json();
    assert_eq!(told["task"], "draft #2");
    // What was made from it is made again, and nothing else.
    let report = studio.daedal(&["resume", "--json"]).ends(3).json();
    // The copy of the other draft is the one of before.
    let (tasks, reused) = (&report["tasks"], &report["reused"]);
    assert_eq!((tasks, reused), (&4.into(), &1.into()));
    let again = studio.daedal(&edit).ends(1);
    assert!(again.err.contains("nothing to change"), "{}", again.err);
    studio.daedal(&["choose", "latest", "pick", "2"]).ends(0);
    let report = studio.daedal(&["resume", "--json"]).ends(0).json();
    assert_eq!(report["outputs"]["copy"][1], "copy of my own words");
    let verdict = released(&studio);
    assert_eq!(oversight(&verdict), "human_validated");
    let record = record(&studio);
    let receipts = record["receipts"].as_array().unwrap();
    let edited: Vec<&Value> = receipts.iter().filter(|r| r["engine"] == "edit").collect();
    assert_eq!(edited.len(), 1, "{record}");
    assert_eq!(
        (&edited[0]["step"], &edited[0]["index"]),
        (&"draft".into(), &1.into())
    );
    assert_eq!(edited[0]["intents"][0], told["intent"]);
    assert_eq!(edited[0]["determinism"], "attested");
    let credential = files_below(&studio.path().join("site/media/poem"));
    let credential = credential
        .iter()
        .find(|(name, _)| name.ends_with(".c2pa"))
        .unwrap();
    assert!(holds(credential.1, "digitalsourcetype/humanEdits"));
    assert!(holds(credential.1, "digitalsourcetype/algorithmicMedia"));
    // Whoever runs it again finds the hand, and all else the same.
    let export = ["export", "latest", "--replayable", "-o", "poem.zip"];
    studio.daedal(&export).ends(0);
    studio.daedal(&["verify", "--replay", "poem.zip"]).ends(0);
    // Once it is published it stands.
    let told = studio
        .daedal(&["edit", "latest", "draft#1", "mine.txt"])
        .ends(1);
    assert!(told.err.contains("was released: it stands"), "{}", told.err);
}

#[test]
fn a_run_that_was_over_goes_on_after_an_edit_and_an_edit_can_be_taken_back() {
    let studio = editor();
    studio.daedal(&["choose", "latest", "pick", "1"]).ends(0);
    let first = studio.daedal(&["resume", "--json"]).ends(0).json();
    studio.write("mine.txt", "draft 9");
    studio
        .daedal(&["edit", "latest", "draft#1", "mine.txt"])
        .ends(0);
    let runs = studio.daedal(&["runs", "--json"]).ends(0).json();
    assert_ne!(runs[0]["status"], "succeeded", "{runs}");
    studio.daedal(&["release", "latest"]).ends(1);
    // What was shown is something else now, so that a person is asked again.
    studio.daedal(&["resume", "-q"]).ends(3);
    studio.daedal(&["choose", "latest", "pick", "1"]).ends(0);
    let second = studio.daedal(&["resume", "--json"]).ends(0).json();
    assert_eq!(second["outputs"]["copy"][0], "copy of draft 9");
    let file = second["files"][0].as_str().unwrap();
    let written = std::fs::read_dir(std::path::Path::new(file).parent().unwrap()).unwrap();
    let texts: Vec<String> = written
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert!(texts.iter().any(|text| text == "draft 9"), "{texts:?}");
    studio
        .daedal(&["edit", "latest", "draft#1", "--undo"])
        .ends(0);
    studio.daedal(&["resume", "-q"]).ends(3);
    studio.daedal(&["choose", "latest", "pick", "1"]).ends(0);
    let third = studio.daedal(&["resume", "--json"]).ends(0).json();
    assert_eq!(third["outputs"], first["outputs"]);
    released(&studio);
    let record = record(&studio);
    let receipts = record["receipts"].as_array().unwrap().iter();
    assert_eq!(receipts.filter(|r| r["engine"] == "edit").count(), 0);
    assert_eq!(record["intents"].as_array().unwrap().len(), 1);
}

#[test]
fn an_edit_that_does_not_fit_changes_nothing() {
    let studio = editor();
    studio.write("mine.txt", [0xff, 0xfe]);
    studio.write("good.txt", "words");
    let mut told = String::new();
    for args in [
        &["edit", "latest", "draft", "good.txt"][..],
        &["edit", "latest", "draft#1", "mine.txt"],
        &["edit", "latest", "draft#9", "good.txt"],
        &["edit", "latest", "draft#x", "good.txt"],
        &["edit", "latest", "drafts", "good.txt"],
        &["edit", "latest", "pick", "good.txt"],
        &["edit", "latest", "draft#1", "--undo"],
    ] {
        let refused = studio.daedal(args).ends(1);
        let line = refused.err.lines().next().unwrap();
        let run = studio.daedal(&["runs", "--json"]).ends(0).json();
        let run = run[0]["run"].as_str().unwrap()[..12].to_owned();
        told.push_str(&line.replace(&run, "[run]"));
        told.push('\n');
    }
    insta::assert_snapshot!(told, @r"
    error: `draft` has 2 tasks
    error: mine.txt is no text
    error: `draft` has 2 tasks
    error: `x` is no number of a task
    error: poem has no step `drafts`
    error: what pick of run [run] gave can't be edited: it has given nothing that could be edited
    error: draft #1 gave just that: there is nothing to change
    ");
    studio.daedal(&["resume", "-q"]).ends(3);
}

#[test]
fn what_people_decide_counts_where_the_process_is_registered() {
    let studio = poet();
    studio.edit(
        "title: Poem\n",
        "title: Poem\ntoken: { shares: { creator: 100% } }\n",
    );
    studio.daedal(&["author"]).ends(0);
    studio.daedal(&["lock"]).ends(0);
    let work = studio.daedal(&["register", "--json"]).ends(0).json();
    studio
        .daedal(&["run", "-q", "-i", "lines=3", "--sign"])
        .ends(0);
    let verdict = released(&studio);
    assert_eq!(oversight(&verdict), "prompt_guided");
    let record = record(&studio);
    let intents = record["intents"].as_array().unwrap();
    let kinds: Vec<&str> = intents
        .iter()
        .map(|signed| signed["intent"]["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["author", "set"],
        "registering signs what was locked"
    );
    for signed in intents {
        assert_eq!(signed["domain"]["chain"], work["chain"]);
        let registry = signed["domain"]["registry"].as_str().unwrap();
        let token = work["token"].as_str().unwrap().to_lowercase();
        assert!(token.contains(registry), "{token} {registry}");
    }
}
