//! A hand that stays recognisable: its profile, pictures that are tested, outputs that are held to it, and drift.

use std::path::Path;

use serde_json::Value;

use crate::studio::{Studio, Told};

const HELD: &str = "signature: { references: signature/, outside: refuse }\nparameters:";

/// The process `hand`, without references.
fn bare() -> Studio {
    let studio = Studio::empty();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/hand");
    for name in ["process.yaml", "draw.js"] {
        studio.write(name, std::fs::read(fixture.join(name)).unwrap());
    }
    studio
}

/// The same, with six references of three runs, named in the process file.
fn studio() -> Studio {
    let studio = bare();
    let files: Vec<String> = ["one", "two", "three"]
        .iter()
        .flat_map(|seed| plates(&run(&studio, seed, "bars").ends(0)))
        .collect();
    build(&studio, &files).ends(0);
    studio.edit("parameters:", "signature: signature/\nparameters:");
    studio
}

fn run(studio: &Studio, seed: &str, manner: &str) -> Told {
    let manner = format!("manner={manner}");
    studio.daedal(&["run", "--seed", seed, "--param", &manner, "--json"])
}

fn plates(told: &Told) -> Vec<String> {
    let told = told.json();
    let files = told["files"].as_array().unwrap().iter();
    files
        .map(|file| file.as_str().unwrap().to_owned())
        .collect()
}

fn build(studio: &Studio, files: &[String]) -> Told {
    let from = files.iter().map(String::as_str);
    let args: Vec<&str> = ["signature", "build", ".", "--from"]
        .into_iter()
        .chain(from)
        .collect();
    studio.daedal(&args)
}

fn json(studio: &Studio, args: &[&str], code: i32) -> Value {
    studio
        .daedal(&[args, &["--json"]].concat())
        .ends(code)
        .json()
}

#[test]
fn a_profile_is_built_from_files_and_says_what_it_is_like() {
    let studio = bare();
    let none = studio.daedal(&["signature", "show"]).ends(1).err;
    assert!(
        none.contains("hand has no signature yet") && none.contains("--from"),
        "{none}"
    );
    let none = studio.daedal(&["signature", "build"]).ends(1).err;
    assert!(none.contains("there are no pictures in"), "{none}");
    let files = plates(&run(&studio, "one", "bars").ends(0));
    let built = build(&studio, &files).ends(0);
    assert!(
        built.err.contains("2 references tell little"),
        "{}",
        built.err
    );
    assert!(
        built.err.contains("`signature: signature/`"),
        "{}",
        built.err
    );
    let files = plates(&run(&studio, "two", "bars").ends(0));
    build(&studio, &files).ends(0);
    // What is there already is not added again, and the same references give the same bytes.
    let profile = std::fs::read(studio.path().join("signature/profile.json")).unwrap();
    let again = build(&studio, &files).ends(0).out;
    assert!(again.contains("from 4 references\n"), "{again}");
    let place = studio.path().join("signature");
    assert_eq!(std::fs::read(place.join("profile.json")).unwrap(), profile);
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 5);
    // A text is no reference, and leaves nothing behind.
    let note = studio.write("note.png", "words");
    let wrong = build(&studio, &[note.display().to_string()]).ends(1).err;
    assert!(wrong.contains("`note.png` is not a picture"), "{wrong}");
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 5);

    let shown = studio.daedal(&["signature", "show"]).ends(0).out;
    insta::assert_snapshot!(shown);
    for (name, begins) in [("card.svg", &b"<svg"[..]), ("card.png", b"\x89PNG")] {
        studio
            .daedal(&["signature", "show", "--plot", name])
            .ends(0);
        let drawn = std::fs::read(studio.path().join(name)).unwrap();
        assert!(drawn.starts_with(begins));
    }
    let svg = studio
        .daedal(&["signature", "show", "--plot", "-"])
        .ends(0)
        .out;
    assert!(
        svg.contains("The signature of The Hand") && !svg.contains("NaN"),
        "{svg}"
    );
    let told = json(&studio, &["signature", "show"], 0);
    assert_eq!(told["is_built"], true);
    assert_eq!(told["references"].as_array().unwrap().len(), 4);
    let shares: f64 = told["placement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|share| share.as_f64().unwrap())
        .sum();
    assert!((shares - 1.0).abs() < 1e-3, "{shares}");

    // References that change make the profile stale, which is told rather than used.
    std::fs::remove_file(place.join("plate-01.png")).unwrap();
    let stale = studio.daedal(&["signature", "show"]).ends(1).err;
    assert!(
        stale.contains("other references") && stale.contains("signature build"),
        "{stale}"
    );
}

#[test]
fn pictures_of_the_hand_are_inside_and_strangers_outside() {
    let studio = studio();
    let own = plates(&run(&studio, "four", "bars").ends(0));
    let foreign = plates(&run(&studio, "four", "confetti").ends(0));
    std::fs::copy(&own[0], studio.path().join("own.png")).unwrap();
    std::fs::copy(&foreign[0], studio.path().join("foreign.png")).unwrap();
    let told = studio
        .daedal(&["signature", "test", "own.png", "foreign.png"])
        .ends(21)
        .out;
    // The same numbers on every machine.
    insta::assert_snapshot!(told);
    studio.daedal(&["signature", "test", "own.png"]).ends(0);
    let told = json(&studio, &["signature", "test", "own.png"], 0);
    let distance = told["tested"][0]["distance"].as_f64().unwrap();
    assert_eq!(told["tested"][0]["verdict"], "inside");
    // Just below its distance it is near, and far below it outside.
    for (share, code, verdict) in [(0.9, 20, "near"), (0.3, 21, "outside")] {
        let tolerance = (distance * share).to_string();
        let told = json(
            &studio,
            &["signature", "test", "own.png", "--tolerance", &tolerance],
            code,
        );
        assert_eq!(told["tested"][0]["verdict"], verdict);
    }
    studio.edit(
        "signature: signature/",
        "signature: { references: signature, tolerance: 0.01 }",
    );
    studio.daedal(&["signature", "test", "own.png"]).ends(21);
    for (args, why) in [
        (
            &["signature", "test", "nothing.png"][..],
            "nothing.png can't be read",
        ),
        (
            &["signature", "test", "draw.js"],
            "`draw.js` is not a picture",
        ),
    ] {
        let told = studio.daedal(args).ends(1).err;
        assert!(told.contains(why), "{told}");
    }
    studio
        .daedal(&["signature", "test", "own.png", "--tolerance", "0"])
        .ends(2);
}

#[test]
fn outputs_that_leave_the_signature_are_refused() {
    let studio = studio();
    studio.edit("signature: signature/\nparameters:", HELD);
    let plan = studio.daedal(&["check"]).ends(0).out;
    assert!(plan.contains("signature_plate"), "{plan}");
    let own = run(&studio, "five", "bars").ends(0).json();
    assert_eq!(own["files"].as_array().unwrap().len(), 2);
    let refused = run(&studio, "five", "confetti").ends(1).json();
    assert_eq!(refused["step"], "signature_plate", "{refused}");
    let why = refused["message"].as_str().unwrap();
    assert!(
        why.starts_with("outside of the signature, whose tolerance is 2: 1 of 2"),
        "{why}"
    );
    // Of what is left out the rest is given, as long as there is any.
    studio.edit("outside: refuse", "outside: drop");
    let some = run(&studio, "five", "either").ends(0).json();
    assert_eq!(some["files"].as_array().unwrap().len(), 1, "{some}");
    run(&studio, "five", "confetti").ends(1);
    // A lock has to name the engine that the gate is made of.
    studio.daedal(&["lock"]).ends(0);
    let lock = std::fs::read_to_string(studio.path().join("process.lock")).unwrap();
    assert!(lock.contains("signature: \"1\""), "{lock}");
    run(&studio, "six", "bars").ends(0);
}

#[test]
fn a_person_decides_about_outputs_that_leave_the_signature() {
    let studio = studio();
    studio.edit(
        "signature: signature/\nparameters:",
        &HELD.replace("refuse", "ask"),
    );
    run(&studio, "five", "bars").ends(0);
    let asks = run(&studio, "five", "either").ends(3).json();
    assert_eq!(asks["questions"][0]["step"], "signature_plate", "{asks}");
    assert_eq!(
        asks["questions"][0]["suggested"],
        serde_json::json!([2]),
        "{asks}"
    );
    let sheet = asks["questions"][0]["contact_sheet"].as_str().unwrap();
    assert!(Path::new(sheet).is_file(), "{sheet}");
    // The stranger is wanted all the same.
    studio
        .daedal(&["choose", "latest", "signature_plate", "1", "2"])
        .ends(0);
    let done = studio
        .daedal(&["resume", "latest", "--json"])
        .ends(0)
        .json();
    assert_eq!(done["files"].as_array().unwrap().len(), 2, "{done}");
    run(&studio, "six", "confetti").ends(3);
    studio
        .daedal(&["reject", "latest", "signature_plate"])
        .ends(0);
    let gone = studio
        .daedal(&["resume", "latest", "--json"])
        .ends(1)
        .json();
    assert!(
        gone["message"]
            .as_str()
            .unwrap()
            .contains("everything was rejected"),
        "{gone}"
    );
}

#[test]
fn what_a_person_let_through_the_gate_is_released_as_their_decision() {
    let studio = studio();
    studio.edit(
        "signature: signature/\nparameters:",
        &HELD.replace("refuse", "ask"),
    );
    studio.account_that_opens_fast();
    run(&studio, "five", "either").ends(3);
    studio
        .daedal(&["choose", "latest", "signature_plate", "1", "2"])
        .ends(0);
    studio.daedal(&["resume", "latest", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    let site = json(&studio, &["verify", "site"], 0);
    let files = site.as_array().unwrap().iter();
    let files: Vec<&Value> = files.filter(|file| file["verdict"].is_object()).collect();
    assert_eq!(files.len(), 2, "{site}");
    for file in files {
        let origin = &file["verdict"]["origin"];
        assert_eq!(origin["human_oversight"], "human_validated", "{origin}");
    }
}

#[test]
fn what_went_through_the_gate_is_released_and_verified() {
    let studio = studio();
    studio.edit("signature: signature/\nparameters:", HELD);
    studio.account_that_opens_fast();
    let done = run(&studio, "five", "bars").ends(0).json();
    studio.daedal(&["release", "latest"]).ends(0);
    // Made again from what was kept, the gate included.
    let again = studio.daedal(&["verify", done["run"].as_str().unwrap(), "--replay"]);
    let again = again.ends(0).out;
    assert!(
        again.contains("signature_plate") || again.contains("3 tasks"),
        "{again}"
    );
}

#[test]
fn a_loop_refines_until_the_hand_is_recognised() {
    let studio = studio();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/hand/loop.yaml");
    studio.write("process.yaml", std::fs::read(fixture).unwrap());
    let told = studio.daedal(&["run", "--json"]).ends(0).json();
    let distance = told["outputs"]["distance"]["overall"].as_f64().unwrap();
    assert!(distance <= 2.0, "{told}");
    // Two rounds of a stranger, and the first of the hand: drawn and looked at.
    assert_eq!(told["tasks"], 6, "{told}");
}

#[test]
fn drift_is_told_run_by_run() {
    let studio = studio();
    let plate = ["--plot", "drift.png", "--csv", "drift.csv"];
    run(&studio, "four", "bars").ends(0);
    run(&studio, "five", "confetti").ends(0);
    let told = json(&studio, &[&["signature", "drift"][..], &plate].concat(), 0);
    let runs = told["runs"].as_array().unwrap();
    let verdicts: Vec<&str> = runs
        .iter()
        .map(|run| run["verdict"].as_str().unwrap())
        .collect();
    // References are compared with the other references.
    assert_eq!(
        verdicts,
        ["inside", "inside", "inside", "inside", "outside"]
    );
    assert_eq!(runs[4]["pictures"].as_array().unwrap().len(), 2);
    let table = std::fs::read_to_string(studio.path().join("drift.csv")).unwrap();
    assert_eq!(table.lines().count(), 11, "{table}");
    assert!(
        table.starts_with("time,run,picture,sha256,distance,"),
        "{table}"
    );
    let drawn = std::fs::read(studio.path().join("drift.png")).unwrap();
    assert!(drawn.starts_with(b"\x89PNG"));
    let last = studio
        .daedal(&["signature", "drift", "--last", "2"])
        .ends(0)
        .out;
    assert!(
        last.contains("2 runs") && last.contains("✗ outside"),
        "{last}"
    );
    let svg = studio
        .daedal(&["signature", "drift", "--plot", "-"])
        .ends(0)
        .out;
    assert!(svg.starts_with("<svg") && !svg.contains("NaN"), "{svg}");
    let both = studio
        .daedal(&["signature", "drift", "--plot", "-", "--csv", "-"])
        .ends(1)
        .err;
    assert!(both.contains("can't both be written"), "{both}");
}
