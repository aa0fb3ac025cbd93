//! A release whose bytes were damaged or lost in the studio: brought back, sealed again, or named.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::studio::{Studio, Told, files_below};

fn release(studio: &Studio) -> (Value, Told) {
    let told = studio.daedal(&["release", "latest", "--json"]).ends(0);
    (told.json()[0].clone(), told)
}

/// A studio with a released run, and what the release told.
fn released() -> (Studio, Value) {
    let studio = Studio::tide();
    studio.daedal(&["run", "-q"]).ends(0);
    let told = release(&studio).0;
    (studio, told)
}

fn blob(studio: &Studio, digest: &Value) -> PathBuf {
    let digest = digest.as_str().unwrap();
    let blobs = studio.path().join(".daedal/blobs");
    blobs.join(&digest[..2]).join(&digest[2..])
}

/// Changes a byte of a blob, or takes it away.
fn damage(place: &Path, keep: bool) {
    let mut bytes = std::fs::read(place).unwrap();
    // Blobs are read-only files: replaced, not written into.
    std::fs::remove_file(place).unwrap();
    if keep {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(place, bytes).unwrap();
    }
}

/// Damages one sealed file, and loses the other and the attestation.
fn damage_sealed(studio: &Studio, release: &Value) {
    damage(&blob(studio, &release["pieces"][0]["file"]["$asset"]), true);
    damage(
        &blob(studio, &release["pieces"][1]["file"]["$asset"]),
        false,
    );
    damage(&blob(studio, &release["attestation"]["$asset"]), true);
}

fn verify_all(studio: &Studio) -> Vec<Value> {
    let told = studio.daedal(&["verify", "site", "--json"]).ends(0).json();
    let mut files = told.as_array().unwrap().clone();
    files.retain(|file| file.get("verdict").is_some());
    files
}

#[test]
fn sealed_files_that_were_lost_are_brought_back_from_the_site() {
    let (studio, before) = released();
    let site = files_below(&studio.path().join("site"));
    damage_sealed(&studio, &before);
    let (after, told) = release(&studio);
    assert_eq!(
        told.err.matches("brought back from site/").count(),
        3,
        "{}",
        told.err
    );
    assert_eq!(told.err.matches(".damaged/").count(), 2, "{}", told.err);
    assert_eq!(after["pieces"], before["pieces"]);
    assert_eq!(after["attestation"], before["attestation"]);
    assert_eq!(files_below(&studio.path().join("site")), site);
}

#[test]
fn sealed_files_of_which_no_copy_is_left_are_sealed_again() {
    let (studio, before) = released();
    damage_sealed(&studio, &before);
    std::fs::remove_dir_all(studio.path().join("site")).unwrap();
    let (after, told) = release(&studio);
    assert_eq!(told.err.matches("sealed again").count(), 2, "{}", told.err);
    for (old, new) in [0, 1].map(|at| (&before["pieces"][at], &after["pieces"][at])) {
        assert_eq!(old["unsigned"], new["unsigned"]);
        assert_ne!(old["file"], new["file"]);
    }
    let verified = verify_all(&studio);
    assert_eq!(verified.len(), 2);
    for verdict in verified {
        let checks = verdict["verdict"]["checks"].as_array().unwrap().clone();
        let attested = checks.iter().find(|check| check["name"] == "attestation");
        assert_eq!(attested.unwrap()["outcome"], "passed", "{checks:?}");
    }
    // From now on it is as any other.
    let (again, told) = release(&studio);
    assert_eq!(again["pieces"], after["pieces"]);
    assert!(!told.err.contains("sealed"), "{}", told.err);
}

#[test]
fn a_piece_that_is_nowhere_is_named_with_what_helps() {
    let studio = Studio::empty();
    studio.write(
        "process.yaml",
        "daedal: v1\nname: print\ninputs: { photo: { type: asset, media_types: [image/png] } }\nsteps:\n  \
         print: { uses: image, with: { image: \"{{ inputs.photo }}\", operations: [ { resize: { width: 30 } } ] } }\n\
         outputs: { print: \"{{ steps.print }}\" }\n",
    );
    let tide = Studio::tide();
    tide.daedal(&["run", "-q"]).ends(0);
    let out = files_below(&tide.path().join("out"));
    let photo = out.iter().find(|(name, _)| name.ends_with(".png")).unwrap();
    studio.write("photo.png", photo.1);
    studio
        .daedal(&["run", "-q", "--input", "photo=@photo.png"])
        .ends(0);
    let before = release(&studio).0;
    let piece = before["pieces"][0].clone();
    damage(&blob(&studio, &piece["file"]["$asset"]), false);
    damage(&blob(&studio, &piece["unsigned"]), true);
    damage(
        &blob(
            &studio,
            &daedal_core::Digest::of(photo.1).to_string().into(),
        ),
        false,
    );
    let out = files_below(&studio.path().join("out"));
    for folder in ["site", "out"] {
        std::fs::remove_dir_all(studio.path().join(folder)).unwrap();
    }
    let told = studio.daedal(&["release", "latest"]).ends(1);
    for said in [
        "sealed file of “print” is lost",
        ".damaged/",
        "help: put a copy",
        "run `print` once more",
    ] {
        assert!(told.err.contains(said), "{said}\n{}", told.err);
    }
    // A copy of the piece, wherever in out/, is enough.
    studio.write("out/from-a-backup.png", out.values().next().unwrap());
    let (after, told) = release(&studio);
    assert!(
        told.err.contains("brought back from out/from-a-backup.png"),
        "{}",
        told.err
    );
    assert_eq!(after["pieces"][0]["unsigned"], piece["unsigned"]);
}
