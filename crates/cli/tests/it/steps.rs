//! Processes that are steps of others.

use std::path::Path;

use serde_json::{Value, json};

use crate::intents::oversight;
use crate::studio::{Studio, copy, files_below};

/// A book whose cover is a process: what `process:` names, and what else the file says.
fn book(process: &str, more: &str) -> String {
    format!(
        "daedal: v1\nname: book\n{more}\
         inputs:\n  theme: {{ type: text, default: ebb, max_length: 30 }}\n  bound: {{ type: boolean, default: true }}\n\
         steps:\n  cover: {{ uses: process, when: \"{{{{ inputs.bound }}}}\", with: {{ process: {process:?} }} }}\n  \
         page: {{ uses: template, with: {{ text: \"A book of {{{{ inputs.theme }}}}\" }} }}\n\
         outputs: {{ cover: \"{{{{ steps.cover.poster }}}}\", page: \"{{{{ steps.page }}}}\" }}\n"
    )
}

/// The process `tide` in a directory of its own.
fn tide(studio: &Studio, place: &str) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/tide");
    let place = studio.path().join(place);
    std::fs::create_dir_all(&place).unwrap();
    copy(&fixture, &place);
}

fn bound() -> Studio {
    let studio = Studio::empty();
    tide(&studio, "parts/tide");
    studio.write("process.yaml", book("parts/tide", ""));
    studio
}

fn json_of(studio: &Studio, args: &[&str]) -> Value {
    studio.daedal(&[args, &["--json"]].concat()).ends(0).json()
}

#[test]
fn what_a_process_makes_as_a_step_is_published_proved_and_made_again() {
    let studio = bound();
    let plan = studio.daedal(&["check"]).ends(0);
    insta::assert_snapshot!(plan.out.lines().take(9).collect::<Vec<_>>().join("\n"));
    let report = json_of(&studio, &["run", "--seed", "tide"]);
    assert_eq!(
        (&report["tasks"], &report["reused"]),
        (&31.into(), &0.into())
    );
    assert_eq!(report["outputs"]["cover"].as_array().unwrap().len(), 2);
    let again = json_of(&studio, &["run", "--seed", "tide", "-i", "theme=flood"]);
    assert_eq!(
        (&again["tasks"], &again["reused"]),
        (&31.into(), &30.into())
    );
    studio.daedal(&["account"]).ends(0);
    studio.daedal(&["release", "-q", "latest"]).ends(0);
    studio.daedal(&["verify", "site"]).ends(0);
    let export = ["export", "-q", "latest", "--replayable", "-o", "book.zip"];
    studio.daedal(&export).ends(0);
    let replayed = studio.daedal(&["verify", "--replay", "book.zip"]).ends(0);
    let told = "31 of 31 tasks reproduced";
    assert!(replayed.out.contains(told), "{}", replayed.out);
    // The receipts of both ends name the version of the process.
    let alone = json_of(&studio, &["check", "parts/tide"]);
    let record = crate::intents::record(&studio);
    let receipts = record["receipts"].as_array().unwrap();
    let tool = format!("sha256:{}", alone["bundle"].as_str().unwrap());
    let of_process = receipts
        .iter()
        .filter(|receipt| receipt["engine"] == "process");
    let named: Vec<_> = of_process
        .map(|receipt| (&receipt["step"], &receipt["usage"]["tool"]))
        .collect();
    let (given, gives, tool) = (json!("cover._given"), json!("cover"), json!(tool));
    assert_eq!(named, [(&given, &tool), (&gives, &tool)]);
}

#[test]
fn a_process_that_is_not_wanted_is_skipped_whole() {
    let studio = bound();
    let report = json_of(&studio, &["run", "-i", "bound=false"]);
    assert_eq!(report["tasks"], 1);
    assert_eq!(report["outputs"]["cover"], Value::Null);
    assert_eq!(report["outputs"]["page"]["text"], "A book of ebb");
}

#[test]
fn people_decide_and_edit_inside_of_it() {
    let studio = bound();
    let inner = studio.path().join("parts/tide/process.yaml");
    let text = std::fs::read_to_string(&inner).unwrap();
    std::fs::write(
        &inner,
        text.replace("keep: 2 }", "keep: 2, decider: human }"),
    )
    .unwrap();
    studio.daedal(&["account"]).ends(0);
    let report = studio.daedal(&["run", "-q", "--json"]).ends(3).json();
    assert_eq!(report["questions"][0]["step"], "cover.pick");
    studio
        .daedal(&["choose", "latest", "cover.pick", "3", "7"])
        .ends(0);
    let report = json_of(&studio, &["resume", "-q"]);
    assert_eq!(report["status"], "succeeded");
    studio.daedal(&["release", "-q", "latest"]).ends(0);
    let files = files_below(&studio.path().join("site/media/book"));
    let sealed = files.keys().find(|name| name.ends_with(".png")).unwrap();
    let place = format!("site/media/book/{sealed}");
    let told = json_of(&studio, &["verify", &place]);
    assert_eq!(oversight(&told["verdict"]), "human_validated");
}

#[test]
fn a_loop_calls_it_once_a_round() {
    let studio = Studio::empty();
    studio.write(
        "part/process.yaml",
        "daedal: v1\nname: part\ninputs: { n: { type: integer, min: 0, max: 9 } }\n\
         steps:\n  a: { uses: template, with: { text: \"n{{ inputs.n * 10 }}\" } }\n  \
         b: { uses: template, with: { text: \"{{ steps.a.text }}!\" } }\n\
         outputs: { said: \"{{ steps.b.text }}\" }\n",
    );
    studio.write(
        "process.yaml",
        "daedal: v1\nname: rounds\nsteps:\n  try:\n    repeat:\n      at_most: 4\n      \
         until: \"{{ make.said == 'n20!' }}\"\n      steps:\n        \
         make: { uses: process, with: { process: part, inputs: { n: \"{{ round }}\" } } }\n        \
         note: { uses: template, with: { text: \"{{ make.said }} after {{ previous.make.said if previous else 'none' }}\" } }\n\
         outputs: { said: \"{{ steps.try.make.said }}\", note: \"{{ steps.try.note }}\", all: \"{{ steps.try }}\" }\n",
    );
    let report = json_of(&studio, &["run", "-q"]);
    assert_eq!(report["outputs"]["said"], "n20!");
    assert_eq!(report["outputs"]["note"]["text"], "n20! after n10!");
    let of_loop = report["outputs"]["all"].as_object().unwrap();
    assert_eq!(of_loop.keys().collect::<Vec<_>>(), ["make", "note"]);
    assert_eq!(report["tasks"], 3 * 5);
    // What comes out of its bounds is told where it went in.
    studio.edit("{{ round }}", "{{ round + 9 }}");
    let told = studio.daedal(&["run", "-q"]).ends(1);
    for word in ["try.make._given", "input `n` is `10`", "from 0 to 9"] {
        let text = format!("{}{}", told.out, told.err);
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn a_bundle_is_fetched_by_its_digest() {
    let studio = Studio::empty();
    tide(&studio, "tide");
    studio.daedal(&["run", "-q", "tide"]).ends(0);
    let bundle = json_of(&studio, &["check", "tide"]);
    let digest = bundle["bundle"].as_str().unwrap();
    studio.write("book/process.yaml", book(&format!("sha256:{digest}"), ""));
    let told = studio.daedal(&["check", "book"]).ends(1);
    assert!(told.err.contains("daedal lock"), "{}", told.err);
    let locked = json_of(&studio, &["lock", "book"]);
    let fetched = locked["fetched"][0].as_str().unwrap();
    assert!(fetched.ends_with(&format!("book/bundles/sha256-{digest}")));
    // The versions of its engines are pinned with those of the book.
    assert!(
        locked["content"].as_str().unwrap().contains("sketch:"),
        "{locked}"
    );
    let report = json_of(&studio, &["run", "-q", "book"]);
    assert_eq!(report["outputs"]["cover"].as_array().unwrap().len(), 2);
    assert_eq!(json_of(&studio, &["lock", "book"])["fetched"], json!([]));
    // It stays what it was.
    studio.write(
        &format!("book/bundles/sha256-{digest}/wave.js"),
        "circle(1, 1, 1)",
    );
    let told = studio.daedal(&["check", "book"]).ends(1);
    assert!(told.err.contains(&digest[..12]), "{}", told.err);
    let unknown = "ab".repeat(32);
    studio.write("book/process.yaml", book(&format!("sha256:{unknown}"), ""));
    let told = studio.daedal(&["lock", "book"]).ends(1);
    assert!(told.err.contains("this studio has not got"), "{}", told.err);
}

const TOKEN: &str = "token: { shares: { creator: 100% }, royalty: 10% }\n";

#[test]
fn a_work_that_is_a_step_is_paid_for_ever() {
    let studio = Studio::empty();
    for name in ["tide", "parts/tide"] {
        tide(&studio, name);
    }
    studio.account();
    let inner = studio.path().join("tide/process.yaml");
    let text = std::fs::read_to_string(&inner).unwrap();
    std::fs::write(&inner, format!("{TOKEN}{text}")).unwrap();
    studio.daedal(&["lock", "tide"]).ends(0);
    let work = json_of(&studio, &["register", "tide"]);
    let token = work["token"].as_str().unwrap();
    // By its name.
    studio.write(
        "named/process.yaml",
        book(token, TOKEN).replace("name: book", "name: named"),
    );
    let told = studio.daedal(&["check", "named"]).ends(1);
    assert!(told.err.contains("daedal lock"), "{}", told.err);
    let locked = json_of(&studio, &["lock", "named"]);
    let content = locked["content"].as_str().unwrap();
    assert!(
        content.contains(&format!("{:?}", token.to_lowercase())),
        "{content}"
    );
    let dry = json_of(&studio, &["register", "named", "--dry-run"]);
    assert_eq!(
        dry["upstream"],
        json!([{ "work": 1, "bps": 1_000, "named": true }])
    );
    studio.daedal(&["register", "named"]).ends(0);
    let shown = json_of(&studio, &["show", "named"]);
    assert_eq!(shown["upstream"], json!([{ "work": 1, "bps": 1_000 }]));
    // By its files, which are the version that is registered.
    let files = studio.path().join("copied/parts/tide");
    std::fs::create_dir_all(&files).unwrap();
    copy(&studio.path().join("tide"), &files);
    studio.write(
        "copied/process.yaml",
        book("parts/tide", TOKEN).replace("name: book", "name: copied"),
    );
    studio.daedal(&["lock", "copied"]).ends(0);
    studio.daedal(&["register", "copied"]).ends(0);
    assert_eq!(
        json_of(&studio, &["show", "copied"])["upstream"],
        shown["upstream"]
    );
    // What is no work owes what it owes itself.
    let derived = format!("upstream: [ {{ work: \"{token}\", relation: remix }} ]\n");
    let inner = studio.path().join("parts/tide/process.yaml");
    let text = std::fs::read_to_string(&inner).unwrap();
    std::fs::write(
        &inner,
        format!("{derived}{text}").replace("name: tide", "name: neap"),
    )
    .unwrap();
    std::fs::create_dir_all(studio.path().join("derived/parts/tide")).unwrap();
    copy(
        &studio.path().join("parts/tide"),
        &studio.path().join("derived/parts/tide"),
    );
    studio.write(
        "derived/process.yaml",
        book("parts/tide", TOKEN).replace("name: book", "name: derived"),
    );
    studio.daedal(&["lock", "derived"]).ends(0);
    studio.daedal(&["register", "derived"]).ends(0);
    assert_eq!(
        json_of(&studio, &["show", "derived"])["upstream"],
        shown["upstream"]
    );
    // A newer version is taken when that is asked for.
    let wave = studio.path().join("tide/wave.js");
    let text = std::fs::read_to_string(&wave).unwrap();
    std::fs::write(&wave, format!("{text}\n// a second edition\n")).unwrap();
    studio.daedal(&["publish", "tide"]).ends(0);
    let same = json_of(&studio, &["lock", "named"]);
    assert_eq!(same["content"], locked["content"]);
    let newer = json_of(&studio, &["lock", "named", "--update"]);
    assert_ne!(newer["content"], locked["content"]);
    assert_eq!(newer["fetched"].as_array().unwrap().len(), 1);
    studio.daedal(&["check", "named"]).ends(0);
    // Locked from the outside, too; and what is no version of the work is not pinned.
    studio.write(
        "outer/process.yaml",
        book("named", TOKEN)
            .replace("name: book", "name: outer")
            .replace("steps.cover.poster", "steps.cover.page"),
    );
    std::fs::create_dir_all(studio.path().join("outer/named")).unwrap();
    let text = std::fs::read_to_string(studio.path().join("named/process.yaml")).unwrap();
    studio.write("outer/named/process.yaml", text);
    let locked = json_of(&studio, &["lock", "outer"]);
    let fetched = locked["fetched"][0].as_str().unwrap().to_owned();
    assert!(fetched.contains("outer/named/bundles/eip155-"), "{locked}");
    studio.daedal(&["check", "outer"]).ends(0);
    std::fs::write(Path::new(&fetched).join("wave.js"), "circle(1, 1, 1)").unwrap();
    let told = studio.daedal(&["lock", "outer"]).ends(1);
    assert!(told.err.contains("no version of"), "{}", told.err);
    // A work that comes to derive from another by a new version would owe it nothing.
    studio.write("late/process.yaml", format!("{TOKEN}daedal: v1\nname: late\nsteps: {{ page: {{ uses: template, with: {{ text: x }} }} }}\noutputs: {{ page: \"{{{{ steps.page }}}}\" }}\n"));
    studio.daedal(&["lock", "late"]).ends(0);
    studio.daedal(&["register", "late"]).ends(0);
    studio.write(
        "late/process.yaml",
        book(token, TOKEN).replace("name: book", "name: late"),
    );
    studio.daedal(&["lock", "late"]).ends(0);
    for args in [&["publish", "late"][..], &["publish", "late", "--dry-run"]] {
        let told = studio.daedal(args).ends(1);
        assert!(told.err.contains("was not registered with"), "{}", told.err);
    }
}
