//! Runs that wait for a person, and what the person answers.

use serde_json::Value;

use crate::studio::{Studio, Told, files_below};

/// A studio whose run asks a person which two of twelve to keep, and the parked run's report.
fn asked(settings: &str) -> (Studio, Value) {
    let studio = Studio::tide();
    studio.edit(
        "keep: 2 }",
        &format!("keep: 2, decider: human{settings} }}"),
    );
    studio.daedal(&["account"]).ends(0);
    let report = studio
        .daedal(&["run", "--seed", "tide", "--json"])
        .ends(3)
        .json();
    assert_eq!(report["status"], "waiting");
    (studio, report)
}

fn resumed(studio: &Studio) -> Vec<Value> {
    let report = studio.daedal(&["resume", "--json"]).ends(0).json();
    assert_eq!(report["status"], "succeeded");
    report["outputs"]["poster"].as_array().unwrap().clone()
}

/// The candidates in the order of the contact sheet.
fn options(studio: &Studio, report: &Value) -> usize {
    let question = &report["questions"][0];
    let sheet = question["contact_sheet"].as_str().unwrap();
    let picture = image::open(sheet).unwrap();
    assert!(
        picture.width() > 300 && picture.height() > 200,
        "a sheet to look at"
    );
    assert!(
        sheet.starts_with(studio.path().to_str().unwrap()),
        "{sheet}"
    );
    question["options"].as_u64().unwrap() as usize
}

/// Text of a run, without its digits and times.
fn shown(studio: &Studio, told: &Told) -> String {
    let plain = studio.plain(&format!("{}{}", told.out, told.err));
    let is_digits = |word: &str| word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = plain.split_inclusive([' ', '\n', '-', '/']);
    words
        .map(|word| {
            let bare = word.trim_end_matches([' ', '\n', '-', '/']);
            match bare.len() {
                12 if is_digits(bare) => word.replace(bare, "[run]"),
                64 if is_digits(bare) => word.replace(bare, "[digest]"),
                _ => word.to_owned(),
            }
        })
        .collect()
}

#[test]
fn a_run_waits_with_a_contact_sheet_and_goes_on_by_number() {
    let (studio, report) = asked("");
    assert_eq!(options(&studio, &report), 12);
    studio.daedal(&["resume"]).ends(3);
    studio
        .daedal(&["choose", "latest", "pick", "3", "7"])
        .ends(0);
    assert_eq!(resumed(&studio).len(), 2);
    // Answered once and for all.
    let again = studio.daedal(&["choose", "latest", "pick", "1"]).ends(1);
    insta::assert_snapshot!(shown(&studio, &again), @r#"
    error: `pick` is decided already: 3 7 kept
    help: a decision stands; begin another run to decide anew
    "#);

    let released = studio
        .daedal(&["release", "latest", "--json"])
        .ends(0)
        .json();
    let files = files_below(&studio.path().join("site/media/tide"));
    let posters: Vec<_> = files.keys().filter(|name| name.ends_with(".png")).collect();
    assert_eq!(
        posters.len(),
        released[0]["pieces"].as_array().unwrap().len()
    );
    for poster in posters {
        let file = format!("site/media/tide/{poster}");
        let verdict = studio.daedal(&["verify", &file, "--json"]).ends(0).json();
        let verdict = &verdict["verdict"];
        assert_eq!(
            verdict["origin"]["human_oversight"], "human_validated",
            "{verdict}"
        );
        let decisions = verdict["checks"].as_array().unwrap().iter();
        let mut decisions = decisions.filter(|check| check["name"] == "decisions");
        assert_eq!(decisions.next().unwrap()["outcome"], "passed", "{verdict}");
    }
}

#[test]
fn a_person_chooses_by_digest() {
    let (studio, _) = asked("");
    let told = studio
        .daedal(&["choose", "latest", "pick", "ffffffffffff"])
        .ends(1);
    insta::assert_snapshot!(shown(&studio, &told), @r#"
    error: `ffffffffffff` is none of the 12 options
    help: name them by their numbers on the contact sheet, or by the first digits of their SHA-256
    "#);
    let digests: Vec<String> = files_below(&studio.path().join(".daedal/blobs"))
        .into_iter()
        .filter(|(_, bytes)| {
            bytes.starts_with(b"\x89PNG")
                && image::load_from_memory(bytes).is_ok_and(|picture| picture.width() == 160)
        })
        .map(|(name, _)| name.replace('/', ""))
        .collect();
    assert_eq!(digests.len(), 12);
    studio
        .daedal(&["choose", "latest", "pick", &digests[4][..12]])
        .ends(0);
    assert_eq!(resumed(&studio).len(), 1);
}

#[test]
fn a_person_approves() {
    let (studio, _) = asked("");
    studio.daedal(&["approve", "latest", "pick"]).ends(0);
    let approved = resumed(&studio);
    let best = Studio::tide();
    let report = best
        .daedal(&["run", "--seed", "tide", "--json"])
        .ends(0)
        .json();
    assert_eq!(
        Value::Array(approved),
        report["outputs"]["poster"],
        "what is best by score"
    );
}

#[test]
fn a_person_rejects() {
    let (studio, _) = asked("");
    let told = studio.daedal(&["reject", "latest", "pick"]).ends(0);
    insta::assert_snapshot!(shown(&studio, &told), @r#"
    pick rejected all
    go on with: daedal resume [run]
    "#);
    let told = studio
        .daedal(&["resume", "--quiet", "--json"])
        .ends(1)
        .json();
    assert_eq!(
        (&told["status"], &told["step"]),
        (&"failed".into(), &"pick".into())
    );
    let message = told["message"].as_str().unwrap();
    let plain = "everything was rejected, and output `poster` is empty without it: begin a new run";
    assert!(message.starts_with(plain), "{message}");
    assert_eq!(told["files"], serde_json::json!([]));
    studio.daedal(&["release", "latest"]).ends(1);
    // A new run asks again, and nothing is drawn anew.
    let told = studio
        .daedal(&["run", "--seed", "tide", "--json"])
        .ends(3)
        .json();
    assert_eq!(told["status"], "waiting");
}

#[test]
fn answers_that_fit_nothing_change_nothing() {
    let (studio, _) = asked("");
    let mut told = String::new();
    for args in [
        &["choose", "latest", "pick", "0"][..],
        &["choose", "latest", "pick", "13"],
        &["choose", "latest", "pick", "1", "2", "3"],
        &["choose", "latest", "pick", "1", "1"],
        &["choose", "latest", "draft", "1"],
        &["choose", "nothing", "pick", "1"],
    ] {
        let refused = studio.daedal(args).ends(1);
        told.push_str(&format!(
            "$ daedal {}\n{}\n",
            args.join(" "),
            shown(&studio, &refused)
        ));
    }
    insta::assert_snapshot!(told, @r#"
    $ daedal choose latest pick 0
    error: `0` is none of the 12 options
    help: name them by their numbers on the contact sheet, or by the first digits of their SHA-256

    $ daedal choose latest pick 13
    error: `13` is none of the 12 options
    help: name them by their numbers on the contact sheet, or by the first digits of their SHA-256

    $ daedal choose latest pick 1 2 3
    error: 3 are chosen where 2 may be kept
    help: name fewer

    $ daedal choose latest pick 1 1
    error: option 1 is named twice
    help: name each option once

    $ daedal choose latest draft 1
    error: `draft` asks nothing
    help: these ask: pick

    $ daedal choose nothing pick 1
    error: there is no run `nothing`
    help: name a run by its first digits, by its process, or as `latest`; `daedal runs` lists them
    "#);
    studio.daedal(&["resume"]).ends(3);
}

#[test]
fn a_wrong_password_records_nothing() {
    let (studio, _) = asked("");
    let other = studio.write("other", "wrong horse").display().to_string();
    let args = ["approve", "latest", "pick", "--password-file", &other];
    let told = studio.daedal(&args).ends(1);
    insta::assert_snapshot!(shown(&studio, &told), @r#"
    error: wrong password for the keys in [studio]/.daedal/keys
    help: give the password that the keys were made with: on the terminal, by --password-file or DAEDAL_PASSWORD_FILE; one that is lost can't be recovered: move the keys elsewhere, and the studio makes new ones
    "#);
    studio.daedal(&["resume"]).ends(3);
    let right = studio.path().join("password").display().to_string();
    let mut command = studio.command(&["approve", "latest", "pick", "--password-file", &right]);
    let told: Told = command
        .env_remove("DAEDAL_PASSWORD_FILE")
        .output()
        .unwrap()
        .into();
    told.ends(0);
    resumed(&studio);
}

#[test]
fn without_a_password_it_says_where_to_put_one() {
    let (studio, _) = asked("");
    let mut command = studio.command(&["approve", "latest", "pick"]);
    let told: Told = command
        .env_remove("DAEDAL_PASSWORD_FILE")
        .output()
        .unwrap()
        .into();
    insta::assert_snapshot!(shown(&studio, &told.ends(1)), @r#"
    error: a password is needed, and there is no terminal to ask on
    help: name a file that holds it: --password-file FILE, or DAEDAL_PASSWORD_FILE, or `password_file` under [account] in daedal.toml
    "#);
}

#[test]
fn who_waits_too_long_gets_the_best() {
    let (studio, report) = asked(", timeout: 1s, otherwise: best");
    assert!(report["questions"][0]["due"].is_string());
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    // Too late, however late the run goes on.
    let late = studio.daedal(&["choose", "latest", "pick", "1", "2"]);
    let late = late.ends(1).err;
    assert!(late.contains("could be decided until"), "{late}");
    assert!(late.contains("what was suggested is taken"), "{late}");
    assert_eq!(resumed(&studio).len(), 2);
}

#[test]
fn a_run_in_which_somebody_rejected_is_published_as_it_was() {
    let studio = Studio::empty();
    studio.write(
        "process.yaml",
        "daedal: v1\nname: note\nsteps:\n  say: { uses: template, count: 2, with: { text: \"tide {{ index }}\" } }\n  \
         gate: { uses: choose, with: { from: \"{{ steps.say }}\", keep: 1, decider: human } }\n  \
         other: { uses: template, with: { text: \"ebb\" } }\noutputs: { other: \"{{ steps.other }}\" }\n",
    );
    studio.daedal(&["account"]).ends(0);
    studio.daedal(&["run", "-q"]).ends(3);
    studio.daedal(&["reject", "latest", "gate"]).ends(0);
    studio.daedal(&["resume", "latest", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    studio.daedal(&["verify", "latest"]).ends(0);
    studio.daedal(&["verify", "site"]).ends(0);
    studio
        .daedal(&["export", "latest", "--to", "run.zip", "-q"])
        .ends(0);
    studio.daedal(&["verify", "run.zip"]).ends(0);
    // A whole run has all that belongs to it, and takes what somebody disclosed of it.
    let beside = studio.daedal(&["verify", "run.zip", "--anchor", "password"]);
    assert!(beside.ends(1).err.contains("is a whole run"));
    let other = studio.write("x.disclosure.json", "{}");
    let other = other.to_str().unwrap();
    studio
        .daedal(&["verify", "run.zip", "--disclosure", other])
        .ends(1);
}

#[test]
fn a_run_that_is_over_asks_nothing_any_more() {
    let (studio, _) = asked("");
    let over = studio.daedal(&["cancel", "latest"]).ends(0);
    assert!(!over.out.contains("look at"), "{}", over.out);
    let late = studio.daedal(&["approve", "latest", "pick"]).ends(1).err;
    assert!(late.contains("the run is over"), "{late}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_says_how_to_go_on() {
    let studio = Studio::tide();
    // Long enough to be interrupted in the middle.
    studio.edit("count: 12", "count: 400");
    let mut command = studio.command(&["run", "--jobs", "1"]);
    let child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(400));
    let sent = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let told = Told::from(child.wait_with_output().unwrap()).ends(130);
    assert!(
        told.out.contains("go on with: daedal resume "),
        "{}",
        told.out
    );
    assert!(
        told.err.contains("stopping: what is done is kept"),
        "{}",
        told.err
    );
    assert!(!studio.path().join("out").exists());
    let steps = studio.daedal(&["runs", "latest", "--json"]).ends(0).json()["steps"].clone();
    let draft = &steps
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["step"] == "draft")
        .unwrap();
    assert!(draft["done"].as_u64().unwrap() < 400, "{draft}");
    assert_eq!(resumed(&studio).len(), 2);
}

/// Three drafts of which a person keeps one; all of them, and what is made from the first beside that choice, come out too.
const BESIDE: &str = "daedal: v1
name: beside
steps:
  draft: { uses: template, count: 3, with: { text: \"draft {{ index }}\" } }
  pick: { uses: choose, with: { from: \"{{ steps.draft }}\", keep: 1, decider: human } }
  all: { uses: choose, with: { from: \"{{ steps.draft }}\", keep: 3 } }
  auto: { uses: template, with: { text: \"from {{ steps.draft[0].text }}\" } }
outputs: { picked: \"{{ steps.pick }}\", all: \"{{ steps.all }}\", auto: \"{{ steps.auto }}\" }
";

#[test]
fn what_a_person_passed_over_or_never_saw_is_nobodys_choice() {
    let studio = Studio::empty();
    studio.write("process.yaml", BESIDE);
    studio.account();
    studio.daedal(&["run", "-q"]).ends(3);
    studio.daedal(&["choose", "latest", "pick", "1"]).ends(0);
    studio.daedal(&["resume", "-q"]).ends(0);
    studio.daedal(&["release", "-q", "latest"]).ends(0);
    let files = files_below(&studio.path().join("site/media/beside"));
    let mut found: Vec<(String, String)> = files
        .iter()
        .filter(|(name, _)| name.ends_with(".txt"))
        .map(|(name, bytes)| {
            let place = format!("site/media/beside/{name}");
            let told = studio.daedal(&["verify", &place, "--json"]).ends(0).json();
            let oversight = told["verdict"]["origin"]["human_oversight"].as_str();
            let text = String::from_utf8(bytes.clone()).unwrap();
            (text, oversight.unwrap().to_owned())
        })
        .collect();
    found.sort();
    found.dedup();
    let machine = "fully_autonomous";
    let expected = [
        ("draft 0", "human_validated"),
        ("draft 1", machine),
        ("draft 2", machine),
        ("from draft 0", machine),
    ];
    let expected = expected.map(|(text, by)| (text.to_owned(), by.to_owned()));
    assert_eq!(found, expected);
}
