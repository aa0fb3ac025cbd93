//! What is damaged, gone or has no room is noticed, and nothing else is lost.

use crate::bad::says;
use crate::studio::{Studio, Told, files_below};

/// Damages every blob of the studio: what its run made, and the files of its process.
fn damage_all(studio: &Studio, damage: fn(&mut Vec<u8>) -> bool) {
    let blobs = studio.path().join(".daedal/blobs");
    let mut made = files_below(&blobs);
    made.retain(|_, bytes| !bytes.is_empty());
    assert!(made.len() >= 10, "{}", made.len());
    for (name, mut bytes) in made {
        // Blobs are read-only files: replaced, not written into.
        std::fs::remove_file(blobs.join(&name)).unwrap();
        if damage(&mut bytes) {
            std::fs::write(blobs.join(&name), bytes).unwrap();
        }
    }
}

#[test]
fn blobs_that_are_damaged_or_gone_are_made_again_and_the_run_succeeds() {
    let damages: [fn(&mut Vec<u8>) -> bool; 3] = [
        |bytes| {
            bytes.truncate(bytes.len() / 2);
            true
        },
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            true
        },
        |_| false,
    ];
    for damage in damages {
        let studio = Studio::tide();
        let out = studio.path().join("out");
        let gave = || -> Vec<Vec<u8>> { files_below(&out).into_values().collect() };
        studio.daedal(&["run", "-q", "--seed", "tide"]).ends(0);
        let before = gave();
        damage_all(&studio, damage);
        std::fs::remove_dir_all(&out).unwrap();
        studio.daedal(&["run", "-q", "--seed", "tide"]).ends(0);
        assert_eq!(gave(), before);
        studio.daedal(&["release", "latest", "-q"]).ends(0);
        // What was made again is not made a third time.
        std::fs::remove_dir_all(&out).unwrap();
        let told = studio
            .daedal(&["run", "--json", "--seed", "tide"])
            .ends(0)
            .json();
        assert_eq!(told["reused"], told["tasks"]);
        assert_eq!(gave(), before);
    }
}

#[test]
fn what_was_made_again_is_told() {
    let studio = Studio::tide();
    let run = ["run", "--seed", "tide"];
    let told = studio.daedal(&run).ends(0);
    assert!(!told.out.contains("damaged"), "{}", told.out);
    let damage: fn(&mut Vec<u8>) -> bool = |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        true
    };
    damage_all(&studio, damage);
    let told = studio.daedal(&run).ends(0);
    assert!(
        told.err.contains(": its bytes were damaged, made again"),
        "{}",
        told.err
    );
    assert!(
        told.out.contains("warning: the bytes of ") && told.out.contains("look after the disk"),
        "{}",
        told.out
    );
    damage_all(&studio, damage);
    let told = studio.daedal(&["run", "--seed", "tide", "--json"]).ends(0);
    assert_ne!(told.json()["mended"], serde_json::json!([]));
    let told = studio.daedal(&["run", "--seed", "tide", "--json"]).ends(0);
    assert_eq!(told.json()["mended"], serde_json::json!([]));
}

#[test]
fn a_run_waits_for_bytes_that_cannot_be_made_again() {
    let studio = Studio::empty();
    studio.write(
        "process.yaml",
        "daedal: v1\nname: note\ninputs: { page: { type: asset, media_types: [text/plain] } }\nsteps:\n  \
         pick: { uses: choose, with: { from: [\"low\", \"high\"], keep: 1, decider: human } }\n  \
         say: { uses: template, with: { text: \"{{ steps.pick[0] }}\", data: { of: \"{{ inputs.page }}\" } } }\n\
         outputs: { say: \"{{ steps.say }}\" }\n",
    );
    studio.write("page.txt", "the tide is out");
    studio.daedal(&["account"]).ends(0);
    studio
        .daedal(&["run", "-q", "-i", "page=@page.txt"])
        .ends(3);
    let blobs = studio.path().join(".daedal/blobs");
    let kept = files_below(&blobs);
    let is_page = |(_, bytes): &(&String, &Vec<u8>)| bytes.as_slice() == b"the tide is out";
    let (page, whole) = kept.iter().find(is_page).unwrap();
    let place = blobs.join(page);
    std::fs::remove_file(&place).unwrap();
    std::fs::write(&place, "the tide is oud").unwrap();
    studio.daedal(&["choose", "latest", "pick", "2"]).ends(0);
    let told = studio.daedal(&["resume", "latest"]).ends(1).err;
    assert!(
        told.contains("is corrupted") && told.contains("then resume run"),
        "{told}"
    );
    let _ = std::fs::remove_file(&place);
    std::fs::write(&place, whole).unwrap();
    let told = studio
        .daedal(&["resume", "latest", "--json"])
        .ends(0)
        .json();
    assert_eq!(told["outputs"]["say"]["text"], "high");
}

#[test]
fn a_damaged_database_is_said_plainly() {
    let studio = Studio::tide();
    studio.daedal(&["run", "-q"]).ends(0);
    std::fs::write(studio.path().join(".daedal/studio.db"), vec![7; 40_000]).unwrap();
    let _ = std::fs::remove_file(studio.path().join(".daedal/studio.db-wal"));
    says(&studio.daedal(&["run", "-q"]).ends(1), &["studio.db"]);
}

#[test]
fn a_log_that_was_taken_away_from_a_killed_run_is_missed() {
    let studio = Studio::tide();
    studio.daedal(&["run", "-q"]).ends(0);
    // As it is left by `kill -9`: with changes that only the log has.
    let memory = |end: &str| studio.path().join(format!(".daedal/studio.db{end}"));
    let mark = std::fs::read_to_string(memory("-mark")).unwrap();
    let noted: u64 = mark.trim().parse().unwrap();
    std::fs::write(memory("-mark"), format!("{:020}\n", noted + 3)).unwrap();
    for args in [&["run", "-q"][..], &["runs"], &["release", "latest"]] {
        let words = ["lacks the last 3 of", "studio.db-mark away to go on"];
        says(&studio.daedal(args).ends(1), &words);
    }
    std::fs::remove_file(memory("-mark")).unwrap();
    studio.daedal(&["run", "-q"]).ends(0);
}

#[test]
fn a_full_disk_loses_nothing() {
    // A limit on the size of files stands for the disk: it strikes in the middle of writing.
    let studio = Studio::tide();
    let daedal = env!("CARGO_BIN_EXE_daedal");
    let told: Told = std::process::Command::new("bash")
        .args([
            "-c",
            &format!("ulimit -f 16; trap '' XFSZ; {daedal} run -q"),
        ])
        .current_dir(studio.path())
        .output()
        .unwrap()
        .into();
    assert_eq!(told.code, 1, "{}", told.err);
    assert!(!told.err.contains("panicked"), "{}", told.err);
    studio.daedal(&["run", "-q"]).ends(0);
}

#[test]
fn a_disk_that_is_full_after_a_decision_keeps_the_decision() {
    let studio = Studio::tide();
    studio.edit("keep: 2 }", "keep: 2, decider: human }");
    // Larger than the limit below, which the records stay under.
    studio.edit("width: 320", "width: 2400");
    studio.daedal(&["account"]).ends(0);
    studio.daedal(&["run", "-q"]).ends(3);
    studio.daedal(&["approve", "latest", "pick"]).ends(0);
    let daedal = env!("CARGO_BIN_EXE_daedal");
    let command = format!("ulimit -f 64; trap '' XFSZ; {daedal} resume -q");
    let told: Told = std::process::Command::new("bash")
        .args(["-c", &command])
        .current_dir(studio.path())
        .output()
        .unwrap()
        .into();
    assert_eq!(told.code, 1, "{}", told.err);
    let runs = studio.daedal(&["runs", "--json"]).ends(0).json();
    assert_eq!(runs[0]["status"], "stopped", "{}\n{}", told.err, told.out);
    let done = studio.daedal(&["resume", "--json"]).ends(0).json();
    assert_eq!(done["run"], runs[0]["run"]);
    assert_eq!(done["status"], "succeeded");
}
