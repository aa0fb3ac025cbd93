//! What somebody laid where `daedal verify` looks: pipes and devices, files that are too large, what no record names,
//! archives with the log of another run.

use std::path::Path;

use daedal_core::intent::Domain;
use daedal_core::record::RunRecord;
use daedal_provenance::collection::{Collected, Files, LOG, RECEIPTS, seal_collection, unpack};
use daedal_provenance::{Keys, Password};
use serde_json::Value;

use crate::edits::editor;
use crate::studio::{PASSWORD, Studio, files_below};

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
    studio.daedal(&["verify", "alone"]).ends(0);
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
