//! What somebody laid where `daedal verify` looks: pipes and devices, files that are too large, what no record names,
//! archives with the log of another run.

use std::path::Path;

use daedal_core::intent::Domain;
use daedal_core::record::RunRecord;
use daedal_provenance::collection::{Collected, Files, LOG, RECEIPTS, seal_collection, unpack};
use daedal_provenance::{Keys, Password};
use serde_json::Value;

use crate::edits::editor;
use crate::studio::{PASSWORD, Studio, Told, files_below};

fn tide() -> Studio {
    let studio = Studio::tide();
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    studio
}

/// The place of a piece in the site.
fn piece(studio: &Studio) -> String {
    let files = files_below(&studio.path().join("site/media/tide"));
    let mut names = files.keys();
    let is_piece = |name: &&String| {
        name.ends_with(".png") && !name.contains(".preview.") && !name.contains('/')
    };
    format!("site/media/tide/{}", names.find(is_piece).unwrap())
}

fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

#[test]
fn nothing_that_never_ends_keeps_verify() {
    let studio = tide();
    let piece = piece(&studio);
    let copy = studio.copied();
    let place = copy.path().join(&piece);
    std::fs::remove_file(&place).unwrap();
    pipe(&place);
    let told = copy.daedal(&["verify", "site"]).ends(10).out;
    assert!(
        told.contains("is not what the site's own records name"),
        "{told}"
    );
    copy.daedal(&["verify", &piece]).ends(1);
    std::fs::remove_file(&place).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &place).unwrap();
    copy.daedal(&["verify", "site"]).ends(10);
    copy.daedal(&["verify", &piece]).ends(1);

    // Beside a file: what can't be its anchor says nothing of it.
    std::fs::create_dir(studio.path().join("alone")).unwrap();
    std::fs::copy(
        studio.path().join(&piece),
        studio.path().join("alone/x.png"),
    )
    .unwrap();
    studio.write("alone/anchor.json", vec![b' '; 2 << 20]);
    let told = studio.daedal(&["verify", "alone/x.png"]).ends(0).out;
    assert!(
        told.contains("! anchor") && told.contains("more than the limit"),
        "{told}"
    );
    std::fs::remove_file(studio.path().join("alone/anchor.json")).unwrap();
    for name in ["anchor.json", "x.png.c2pa", "x.disclosure.json"] {
        pipe(&studio.path().join("alone").join(name));
    }
    studio.daedal(&["verify", "alone/x.png"]).ends(0);
    let told = studio.daedal(&["verify", "alone"]).ends(13).out;
    let pipes = told.matches("a pipe, a socket or a device").count();
    assert_eq!(pipes, 3, "{told}");
}

#[test]
fn names_of_files_are_no_orders_and_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let studio = tide();
    let bytes = std::fs::read(studio.path().join(piece(&studio))).unwrap();
    let name = std::ffi::OsStr::from_bytes(b"odd-\xff.png");
    let place = studio.write("odd/x.png", &bytes);
    std::fs::rename(&place, place.with_file_name(name)).unwrap();
    let told = studio.daedal(&["verify", "odd", "--json"]).ends(0).json();
    assert_eq!(told[0]["file"], "odd/odd-\u{fffd}.png");
    let mut command = studio.command(&["verify", "--json"]);
    let told: Told = command
        .arg(place.with_file_name(name))
        .output()
        .unwrap()
        .into();
    told.ends(0).json();

    let red = "red\u{1b}[31m";
    studio.write(&format!("{red}/{red}.png"), &bytes);
    studio.write(&format!("{red}/{red}.preview.png"), "no picture");
    for args in [
        &["verify", red][..],
        &["verify", red, "-q"],
        &["verify", &format!("{red}/{red}.png")],
        &["verify", &format!("{red}/{red}.preview.png")],
        &["verify", &format!("{red}/{red}.preview.png"), "-q"],
        &["verify", &format!("{red}/gone.png")],
        &[
            "verify",
            &format!("{red}/{red}.png"),
            &format!("{red}/gone.png"),
        ],
    ] {
        let told = studio.daedal(args);
        let both = format!("{}{}", told.out, told.err);
        assert!(
            both.contains("red") && !both.contains('\u{1b}'),
            "{args:?}: {both}"
        );
    }
}

#[test]
fn standing_in_a_studio_is_no_reason_to_trust_it() {
    let studio = tide();
    let piece = piece(&studio);
    studio.daedal(&["verify", &piece]).ends(0);
    // To somebody who never signed in it, it is a folder that came along.
    let stranger = |args: &[&str]| -> Told {
        let mut command = studio.command(args);
        command.env("XDG_CONFIG_HOME", studio.path().join("settings"));
        command.output().unwrap().into()
    };
    let told = stranger(&["verify", &piece]).ends(11).out;
    assert!(told.contains("--studio DIR"), "{told}");
    let chain = ".daedal/keys/chain.pem";
    studio.write(
        "daedal.toml",
        format!("[account]\ncertificate = \"{chain}\"\n"),
    );
    stranger(&["verify", &piece]).ends(11);
    stranger(&["verify", &piece, "--studio", "."]).ends(0);
    stranger(&["verify", &piece, "--trust", chain]).ends(0);
}

#[test]
fn an_archive_among_other_files_is_verified_as_one_and_a_file_that_cannot_be_read_is_incomplete() {
    let studio = tide();
    studio.write("all/.keep", "");
    let export = ["export", "latest", "--to", "all/run.zip", "-q"];
    studio.daedal(&export).ends(0);
    let told = studio.daedal(&["verify", "all"]).ends(0).out;
    assert!(told.contains("1 of 1 file fine"), "{told}");
    assert!(told.contains("passed over: 1 hidden"), "{told}");
    let told = studio.daedal(&["verify", "all", "--json"]).ends(0).json();
    assert!(!told[0]["assets"].as_array().unwrap().is_empty());
    let large = std::fs::File::create(studio.path().join("all/large.png")).unwrap();
    large.set_len((1 << 30) + 1).unwrap();
    let told = studio.daedal(&["verify", "all"]).ends(13).out;
    assert!(told.contains("more than the limit of 1073741824"), "{told}");
}

#[test]
fn what_no_record_of_a_site_names_is_told_wherever_it_lies() {
    let studio = tide();
    let told = studio.daedal(&["verify", "site"]).ends(0).out;
    assert!(!told.contains("named by nothing"), "{told}");
    for name in ["evil.html", "n/a.html", "media/tide/.hidden.png"] {
        studio.write(&format!("site/{name}"), "x");
        let told = studio.daedal(&["verify", "site"]).ends(0).out;
        let said = format!("named by nothing of the site, and not by it: {name}");
        assert!(told.contains(&said), "{told}");
        std::fs::remove_file(studio.path().join("site").join(name)).unwrap();
    }
}

/// The archive of a run, as somebody who has the studio's key seals it with other files.
pub(crate) fn sealed(studio: &Studio, files: &Files) -> Vec<u8> {
    let keys = Keys::at(studio.path().join(".daedal/keys"));
    let key = keys.signer(&Password::new(PASSWORD.to_owned())).unwrap();
    let record: RunRecord = serde_json::from_slice(&files[RECEIPTS]).unwrap();
    let collected = Collected::of(&record, Domain::default());
    seal_collection("tide", &collected, "daedal", files, &key).unwrap()
}

#[test]
fn an_archive_with_the_log_of_another_run_is_none_of_its_run() {
    let studio = tide();
    let export = ["export", "latest", "--to", "run.zip", "--replayable", "-q"];
    studio.daedal(&export).ends(0);
    let files = unpack(&std::fs::read(studio.path().join("run.zip")).unwrap()).unwrap();
    studio.write("again.zip", sealed(&studio, &files));
    let told = studio.daedal(&["verify", "again.zip"]).ends(0).out;
    assert!(told.contains("✓ log "), "{told}");

    let mut other = files.clone();
    let mut events: Vec<Value> = serde_json::from_slice(&files[LOG]).unwrap();
    let at = events
        .iter()
        .rposition(|event| event.get("outcome").is_some());
    events.remove(at.unwrap());
    other.insert(LOG.to_owned(), serde_json::to_vec(&events).unwrap());
    studio.write("other.zip", sealed(&studio, &other));
    for args in [
        &["verify", "other.zip"][..],
        &["verify", "--replay", "other.zip"],
    ] {
        let told = studio.daedal(args).ends(10).out;
        assert!(
            told.contains("✗ log ")
                && told.contains("does not tell the run that the receipts are of"),
            "{told}"
        );
    }

    // Where no anchor is due, something else in its place is told, and decides nothing: as of a single file.
    let mut anchored = files;
    anchored.insert("anchor.json".to_owned(), b"{}".to_vec());
    studio.write("anchored.zip", sealed(&studio, &anchored));
    let told = studio.daedal(&["verify", "anchored.zip"]).ends(0).out;
    assert!(told.contains("! anchor "), "{told}");
}

#[test]
fn a_log_that_tells_of_other_decisions_than_the_receipts_name_is_none_of_its_run() {
    let studio = editor();
    studio.daedal(&["choose", "latest", "pick", "2"]).ends(0);
    studio.daedal(&["resume", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    let export = ["export", "latest", "--to", "run.zip", "--replayable", "-q"];
    studio.daedal(&export).ends(0);
    let told = studio
        .daedal(&["verify", "--replay", "run.zip"])
        .ends(0)
        .out;
    assert!(
        told.contains("4 of 5 tasks reproduced, 1 attested"),
        "{told}"
    );
    let files = unpack(&std::fs::read(studio.path().join("run.zip")).unwrap()).unwrap();
    let changes: [fn(&mut Value); 3] = [
        |decision| drop(decision.as_object_mut().unwrap().remove("intent")),
        |decision| decision["intent"]["intent"]["nonce"] = 77.into(),
        |decision| *decision = serde_json::json!({ "kept": [1], "by": "timeout" }),
    ];
    for change in changes {
        let mut events: Vec<Value> = serde_json::from_slice(&files[LOG]).unwrap();
        let decided = events.iter_mut().find(|event| event["event"] == "decided");
        change(&mut decided.unwrap()["decision"]);
        let mut other = files.clone();
        other.insert(LOG.to_owned(), serde_json::to_vec(&events).unwrap());
        studio.write("other.zip", sealed(&studio, &other));
        let told = studio.daedal(&["verify", "--replay", "other.zip"]).ends(10);
        let fault = "does not tell the run that the receipts are of";
        assert!(told.out.contains(fault), "{}", told.out);
    }
}
