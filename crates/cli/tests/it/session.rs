//! A newcomer's session, and what programs get from each command.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::studio::{Studio, Told};

/// A new process in a studio of its own.
fn first() -> Studio {
    let studio = Studio::empty();
    studio.daedal(&["new", "first"]).ends(0);
    studio
}

#[test]
fn a_new_process_is_checked_run_and_reused() {
    let studio = first();
    let told = studio.daedal(&["check", "first"]).ends(0);
    insta::assert_snapshot!(told.out.lines().take(6).collect::<Vec<_>>().join("\n"), @r"
    first: 5 steps, 11 tasks
    ├─ words   conceive  grammar  1 task
    ├─ draft   generate  sketch   4 tasks  candidates
    ├─ judge   critique  score    4 tasks  each of draft; after draft
    ├─ pick    curate    choose   1 task   after draft, judge
    └─ finish  refine    image    1 task   each of pick; after words, pick
    ");
    let run = studio.daedal(&["run", "first", "--json"]).ends(0).json();
    assert_eq!((&run["tasks"], &run["reused"]), (&11.into(), &0.into()));
    assert!(Path::new(run["files"][0].as_str().unwrap()).is_file());
    let again = studio.daedal(&["run", "first", "--json"]).ends(0).json();
    assert_eq!(
        (&again["tasks"], &again["reused"]),
        (&11.into(), &11.into())
    );
    assert_eq!(again["outputs"], run["outputs"]);
    let fresh = studio
        .daedal(&["run", "first", "--fresh", "--json"])
        .ends(0)
        .json();
    assert_eq!(fresh["reused"], 0);
    assert_eq!(fresh["outputs"], run["outputs"], "engines are exact");
}

#[cfg(unix)]
#[test]
fn commands_that_are_told_work_where_they_are_pasted() {
    let studio = Studio::tide();
    studio.edit("keep: 2 }", "keep: 2, decider: human }");
    let outside = tempfile::tempdir().unwrap();
    // A name that a shell would take apart.
    let place = outside.path().join("Ada's studio");
    let copied = Command::new("cp")
        .arg("-r")
        .args([studio.path(), &place])
        .status();
    assert!(copied.unwrap().success());
    let own = Path::new(env!("CARGO_BIN_EXE_daedal")).parent().unwrap();
    let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap());
    let pasted = |line: &str, code: i32| -> Told {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(outside.path());
        command
            .env("PATH", &path)
            .env("NO_COLOR", "1")
            .env_remove("DAEDAL_STUDIO");
        command.env("DAEDAL_PASSWORD_FILE", place.join("password"));
        Told::from(command.output().unwrap()).ends(code)
    };
    let command = |told: &str, word: &str| {
        let line = told
            .lines()
            .find(|line| line.contains(&format!(" {word} ")));
        let line = line.unwrap_or_else(|| panic!("no {word} in\n{told}"));
        line[line.find("daedal ").unwrap()..].to_owned()
    };
    let told = pasted("daedal run \"Ada's studio\" --seed tide", 3).out;
    assert!(!outside.path().join("daedal.toml").exists());
    let told = pasted(&command(&told, "choose"), 0).out;
    let told = pasted(&command(&told, "resume"), 0).out;
    pasted(&command(&told, "release"), 0);
    let told = pasted("daedal --studio \"Ada's studio\" runs nothing", 1).err;
    let listed = told
        .split('`')
        .find(|part| part.ends_with(" runs"))
        .unwrap();
    pasted(listed, 0);
    // Where the studio is found by itself, nothing is said of it.
    let here = pasted("cd \"Ada's studio\" && daedal resume latest", 0).out;
    assert!(here.contains("with: daedal release "), "{here}");
}

#[test]
fn why_names_the_part_of_the_key_that_changed() {
    let studio = first();
    studio.daedal(&["run", "first", "-q"]).ends(0);
    studio
        .daedal(&["run", "first", "-q", "--seed", "x", "--param", "hills=8"])
        .ends(0);
    let told = studio.daedal(&["why", "latest", "draft"]).ends(0);
    assert!(told.out.contains("hills: 5 → 8"), "{}", told.out);
    assert!(told.out.contains("seed"), "{}", told.out);
    let told = studio.daedal(&["why", "latest", "draf"]).ends(1);
    assert!(told.err.contains("did you mean `draft`?"), "{}", told.err);
}

#[test]
fn every_answer_is_json_when_asked() {
    let studio = first();
    studio.daedal(&["run", "first", "-q"]).ends(0);
    for args in [
        &["check", "first"][..],
        &["runs"],
        &["runs", "latest"],
        &["why", "latest", "draft"],
        &["engines"],
        &["engines", "sketch"],
        &["schema"],
        &["account"],
        &["lock", "first"],
        &["release", "latest"],
    ] {
        let args = [args, &["--json"]].concat();
        studio.daedal(&args).ends(0).json();
    }
    let told = studio.daedal(&["check", "nowhere", "--json"]).ends(1);
    assert!(told.json()["error"].is_string());
    let events = studio.daedal(&["run", "first", "--events"]).ends(0).out;
    let events: Vec<Value> = events
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events.first().unwrap()["update"], "run");
    assert_eq!(events.last().unwrap()["report"]["status"], "succeeded");
}

#[test]
fn the_schema_validates_every_example_and_refuses_a_broken_one() {
    let studio = Studio::empty();
    let schema = studio.daedal(&["schema"]).ends(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut seen = 0;
    for entry in std::fs::read_dir(examples).unwrap() {
        let place = entry.unwrap().path().join("process.yaml");
        let text = std::fs::read_to_string(&place).unwrap();
        let mut file: Value = serde_saphyr::from_str(&text).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&file)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", place.display());
        file["steps"]["draft"] = serde_json::json!({ "uses": "sketch", "with": { "scirpt": 1 } });
        assert!(!validator.is_valid(&file), "{}", place.display());
        seen += 1;
    }
    assert!(seen >= 4, "{seen} examples");
}

#[test]
fn a_failing_item_is_left_out_where_the_step_says_so() {
    let studio = Studio::empty();
    studio.write(
        "process.yaml",
        "daedal: v1\nname: some\nsteps:\n  draw:\n    uses: sketch\n    count: 4\n    on_failure: skip\n    \
         with: { script: draw.js, width: 20, height: 20, data: { index: \"{{ index }}\" } }\n\
         outputs: { picture: \"{{ steps.draw }}\" }\n",
    );
    studio.write(
        "draw.js",
        "if (params.index === 2) throw new Error('not this one');\n",
    );
    let run = studio.daedal(&["run", "--json"]).ends(0).json();
    let kept = run["outputs"]["picture"].as_array().unwrap();
    let kept = kept.iter().filter(|value| !value.is_null()).count();
    assert_eq!(kept, 3);
    assert_eq!(
        (&run["skipped"][0]["failed"], &run["skipped"][0]["tasks"]),
        (&1.into(), &4.into())
    );
    let told = studio.daedal(&["run"]).ends(0).out;
    let warning = "warning: 1 of 4 tasks of `draw` failed and left out; the first: ";
    assert!(
        told.contains(warning) && told.contains("not this one"),
        "{told}"
    );
    studio.edit("on_failure: skip", "on_failure: stop");
    let run = studio.daedal(&["run", "--json"]).ends(1).json();
    assert!(run["message"].as_str().unwrap().contains("not this one"));
}

#[test]
fn a_run_of_which_every_item_failed_has_failed() {
    let studio = Studio::empty();
    studio.write(
        "process.yaml",
        "daedal: v1\nname: none\nsteps:\n  draw:\n    uses: sketch\n    count: 3\n    on_failure: skip\n    \
         with: { script: draw.js, width: 20, height: 20 }\noutputs: { picture: \"{{ steps.draw }}\" }\n",
    );
    studio.write("draw.js", "throw new Error('no ink');\n");
    let told = studio.daedal(&["run"]).ends(1).out;
    let why = "failed in `draw`: all of its 3 tasks failed, and output `picture` is empty without them; the first: ";
    assert!(told.contains(why) && told.contains("no ink"), "{told}");
    let run = studio.daedal(&["run", "--json"]).ends(1).json();
    assert_eq!(
        (&run["status"], &run["skipped"][0]["failed"]),
        (&"failed".into(), &3.into())
    );
    studio.daedal(&["release", "latest"]).ends(1);
}

#[test]
fn a_run_that_has_ended_is_not_resumed_and_says_what_can_be_done() {
    let studio = Studio::tide();
    studio.daedal(&["run", "-q"]).ends(0);
    std::fs::remove_dir_all(studio.path().join("out")).unwrap();
    let told = studio.daedal(&["resume"]).ends(0);
    for said in [
        "is over, it is done: there is nothing to resume",
        "daedal release ",
        "--fresh",
    ] {
        assert!(told.out.contains(said), "{}", told.out);
    }
    assert!(!told.out.contains("reused"), "{}", told.out);
    assert!(
        studio.path().join("out/tide").is_dir(),
        "what it gave is written again"
    );
    studio.edit("keep: 2 }", "keep: 2, decider: human }");
    studio.daedal(&["run", "-q"]).ends(3);
    studio.daedal(&["cancel", "latest"]).ends(0);
    let told = studio.daedal(&["resume"]).ends(1).out;
    assert!(
        told.contains("is over, it was cancelled\nbegin a new run: daedal run PROCESS"),
        "{told}"
    );
}

#[test]
fn runs_say_how_they_stand() {
    let studio = Studio::tide();
    studio.edit("keep: 2 }", "keep: 2, decider: human }");
    studio.daedal(&["account"]).ends(0);
    studio.daedal(&["run", "--seed", "waits"]).ends(3);
    studio.edit("decider: human", "decider: best");
    studio.daedal(&["run", "--seed", "done"]).ends(0);
    studio.daedal(&["run", "--seed", "ended"]).ends(0);
    studio.edit("decider: best", "decider: human");
    studio.daedal(&["run", "--seed", "given up"]).ends(3);
    studio.daedal(&["cancel", "latest"]).ends(0);
    let listed = studio.daedal(&["runs", "--json"]).ends(0).json();
    let listed: Vec<&str> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["status"].as_str().unwrap())
        .collect();
    assert_eq!(listed, ["cancelled", "succeeded", "succeeded", "waiting"]);
}

#[cfg(unix)]
#[test]
fn a_run_of_another_process_is_seen_running_and_then_stopped() {
    let studio = Studio::tide();
    studio.edit("count: 12", "count: 400");
    let mut child = studio
        .command(&["run", "--jobs", "1", "-q"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let status = |studio: &Studio| {
        let told = studio.daedal(&["runs", "--json"]);
        (told.code == 0).then(|| told.json()[0]["status"].clone())
    };
    let patience = std::time::Instant::now();
    while status(&studio) != Some("running".into()) {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it was seen"
        );
        assert!(patience.elapsed().as_secs() < 60, "{:?}", status(&studio));
    }
    let busy = studio.daedal(&["run"]).ends(1).err;
    assert!(busy.contains("`daedal run (run "), "{busy}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(status(&studio), Some("stopped".into()));
}

#[cfg(unix)]
#[test]
fn a_run_of_another_process_is_cancelled() {
    let studio = Studio::tide();
    studio.edit("count: 12", "count: 400");
    let child = studio
        .command(&["run", "--jobs", "1", "-q", "--json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let patience = std::time::Instant::now();
    let running =
        |told: &crate::studio::Told| told.code == 0 && told.json()[0]["status"] == "running";
    while !running(&studio.daedal(&["runs", "--json"])) {
        assert!(patience.elapsed().as_secs() < 60);
    }
    studio.daedal(&["cancel", "latest"]).ends(0);
    let told = crate::studio::Told::from(child.wait_with_output().unwrap()).ends(1);
    assert_eq!(told.json()["status"], "cancelled");
    let again = studio.daedal(&["cancel", "latest"]).ends(1);
    assert!(again.err.contains("over already"), "{}", again.err);
}

#[test]
fn why_explains_steps_without_tasks() {
    let studio = Studio::empty();
    studio.write(
        "process.yaml",
        "daedal: v1
name: some
parameters: { loud: { type: boolean, default: false } }
steps:
  say: { uses: template, when: \"{{ parameters.loud }}\", with: { text: hey } }
  polish:
    repeat:
      until: \"{{ line.text == 'x' }}\"
      at_most: 2
      steps:
        line: { uses: template, with: { text: x } }
outputs: { line: \"{{ steps.polish.line }}\" }
",
    );
    studio.daedal(&["run"]).ends(0);
    let skipped = studio.daedal(&["why", "latest", "say"]).ends(1).err;
    let looped = studio.daedal(&["why", "latest", "polish"]).ends(1).err;
    insta::assert_snapshot!(format!("{skipped}{looped}"), @r"
    error: `say` was skipped in this run
    help: its `when` was false, or nothing came of what it takes
    error: `polish` is a loop: its steps have the tasks
    help: ask about one of them: polish.line
    ");
}
