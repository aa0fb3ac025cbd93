//! What `daedal verify` makes of directories that somebody has rearranged.

use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::studio::{Studio, files_below};

fn tide() -> Studio {
    let studio = Studio::tide();
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    studio
}

/// Files of the site that were published of tide with this ending, without what its pages show beside them.
fn published(studio: &Studio, end: &str) -> Vec<String> {
    let files = files_below(&studio.path().join("site/media/tide"));
    let names = files.into_keys().filter(|name| {
        name.ends_with(end) && !name.contains("steps/") && !name.contains(".preview.")
    });
    names
        .map(|name| format!("site/media/tide/{name}"))
        .collect()
}

/// What `verify` of the site tells when it ends so.
#[track_caller]
fn site(studio: &Studio, code: i32) -> String {
    studio.daedal(&["verify", "site"]).ends(code).out
}

#[test]
fn links_to_folders_are_followed_as_far_as_they_stay_inside() {
    let studio = tide();
    let place = |name: &str| studio.path().join(name);
    let (media, aside) = (place("site/media/tide"), place("site/store/tide"));
    std::fs::create_dir(place("site/store")).unwrap();
    std::fs::rename(&media, &aside).unwrap();
    symlink("../store/tide", &media).unwrap();
    // One that leads back to where it is.
    symlink("..", aside.join("again")).unwrap();
    let told = site(&studio, 0);
    assert!(told.contains("2 of 2 files fine"), "{told}");
    studio.write("site/store/tide/evil.png", "nobody sealed it");
    let told = site(&studio, 13);
    assert!(told.contains("incomplete  media/tide/evil.png"), "{told}");
    std::fs::remove_file(aside.join("evil.png")).unwrap();
    std::fs::remove_file(&media).unwrap();
    std::fs::rename(&aside, place("tide")).unwrap();
    symlink("../../tide", &media).unwrap();
    let told = site(&studio, 13);
    for said in [
        "a link that leads out of the directory",
        "the site's own records name it, and nothing verified it",
        "the site has no piece that could be verified",
    ] {
        assert!(told.contains(said), "{said}\n{told}");
    }
    std::fs::remove_file(&media).unwrap();
    symlink("nowhere", &media).unwrap();
    assert!(site(&studio, 13).contains("a link that leads to nothing"));
}

#[test]
fn a_site_without_anything_that_could_be_verified_is_incomplete() {
    let studio = tide();
    std::fs::remove_dir_all(studio.path().join("site/media")).unwrap();
    std::fs::remove_dir_all(studio.path().join("site/data/releases")).unwrap();
    let told = site(&studio, 13);
    assert!(
        told.contains("the site has no piece that could be verified"),
        "{told}"
    );
}

#[test]
fn nobody_hides_files_of_a_site_behind_the_record_of_another() {
    let studio = tide();
    let record = std::fs::read(studio.path().join("site/data/site.json")).unwrap();
    studio.write("site/media/tide/data/site.json", record);
    let told = site(&studio, 13);
    assert!(told.contains("2 of 3 files fine"), "{told}");
}

#[test]
fn pieces_that_changed_places_are_not_what_the_site_names() {
    let studio = tide();
    let posters = published(&studio, ".png");
    let (one, other) = (&posters[0], &posters[1]);
    std::fs::copy(studio.path().join(one), studio.path().join(other)).unwrap();
    let told = site(&studio, 10);
    let name = other.strip_prefix("site/").unwrap();
    let line = told.lines().find(|line| line.starts_with("tampered"));
    let line = line.unwrap_or_else(|| panic!("{told}"));
    assert!(
        line.contains(name) && line.contains("not what the site's own records name"),
        "{told}"
    );
}

#[test]
fn what_strangers_put_into_a_site_is_incomplete_whatever_it_is_called() {
    let studio = tide();
    let poster = published(&studio, ".png").remove(0);
    let preview = poster.replace(".png", ".preview.webp");
    for (name, more) in [
        ("site/media/steps/evil.png", Some("site/media/votes.json")),
        ("site/media/tide/steps/evil.png", None),
        (preview.as_str(), None),
        ("site/media/tide/zzz.attestation.json", None),
        ("site/media/tide/zzz.disclosure.json", None),
        ("site/media/tide/anchor.json", None),
    ] {
        let both = [Some(name), more].into_iter().flatten();
        let places: Vec<_> = both
            .clone()
            .map(|name| studio.write(name, "not one of them"))
            .collect();
        let told = site(&studio, 13);
        for name in both {
            let name = name.strip_prefix("site/").unwrap();
            let line = told.lines().find(|line| line.contains(name));
            let line = line.unwrap_or_else(|| panic!("{name}\n{told}"));
            assert!(line.starts_with("incomplete "), "{name}\n{told}");
        }
        for place in places {
            std::fs::remove_file(place).unwrap();
        }
        site(&studio, 0);
    }
    // The same where the directory is a part of the site.
    studio.write("site/media/tide/steps/evil.png", "not one of them");
    let told = studio.daedal(&["verify", "site/media/tide"]).ends(13).out;
    assert!(told.contains("2 of 3 files fine"), "{told}");
}

#[test]
fn what_a_site_does_not_name_and_has_a_credential_counts() {
    let studio = tide();
    let poster = published(&studio, ".png").remove(0);
    let mut bytes = std::fs::read(studio.path().join(&poster)).unwrap();
    studio.write("site/more.png", &bytes);
    let told = site(&studio, 0);
    assert!(told.contains("3 of 3 files fine"), "{told}");
    let at = bytes.len() - 20;
    bytes[at] ^= 1;
    studio.write("site/more.png", &bytes);
    let told = site(&studio, 10);
    assert!(told.contains("tampered  more.png"), "{told}");
    // Of a studio only the site is looked at, which is said however quiet it has to be.
    std::fs::remove_file(studio.path().join("site/more.png")).unwrap();
    studio.write("evil.png", &bytes);
    studio.write("site/evil.html", "<p>evil");
    for args in [&["verify", "."][..], &["verify", ".", "-q"]] {
        let told = studio.daedal(args).ends(0).out;
        for said in [
            "this is a studio: only its site was looked at",
            "not by it: evil.html",
        ] {
            assert!(told.contains(said), "{told}");
        }
    }
}

#[test]
fn notes_on_a_directory_are_told_to_programs_too() {
    let studio = tide();
    studio.write("site/index.html", "<p>Buy these elsewhere");
    studio.write("site/p/tide/more.html", "<p>more");
    let told = studio.daedal(&["verify", "site", "--json"]).ends(0).json();
    let about = told.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&about["directory"], &about["code"]),
        (&"site".into(), &0.into())
    );
    let notes = about["notes"].as_array().unwrap().iter();
    let notes: Vec<&str> = notes.filter_map(Value::as_str).collect();
    for said in [
        "not covered by any signature: ",
        "written by another version of daedal: index.html",
        "named by nothing of the site, and not by it: p/tide/more.html",
    ] {
        assert!(
            notes.iter().any(|note| note.contains(said)),
            "{said} {notes:?}"
        );
    }
}

#[test]
fn what_is_about_another_file_is_incomplete_in_a_directory() {
    let studio = tide();
    let told = |code: i32| studio.daedal(&["verify", "beside"]).ends(code).out;
    let poster = published(&studio, ".png").remove(0);
    studio.write(
        "beside/a.png",
        std::fs::read(studio.path().join(&poster)).unwrap(),
    );
    assert!(told(0).contains("1 of 1 file fine"));
    // The files of an archive, out of it.
    let receipts = published(&studio, ".receipts.json").remove(0);
    let attestation = published(&studio, ".attestation.json").remove(0);
    for (from, to, said) in [
        (&receipts, "receipts.json", "is the record of run"),
        (&attestation, "attestation.json", "is the record of run"),
    ] {
        let bytes = std::fs::read(studio.path().join(from)).unwrap();
        let place = studio.write(&format!("beside/{to}"), bytes);
        let told = told(13);
        assert!(told.contains(said), "{said}\n{told}");
        std::fs::remove_file(place).unwrap();
    }
    // What only has the name of a disclosure.
    let place = studio.write("beside/run.set.disclosure.json", "{}");
    assert!(told(13).contains("incomplete  run.set.disclosure.json"));
    std::fs::remove_file(place).unwrap();
    // A credential whose file is gone, which by itself stays a mistake in the command.
    let poet = Studio::empty();
    poet.write(
        "process.yaml",
        "daedal: v1\nname: note\nsteps:\n  say: { uses: template, with: { text: \"low tide\" } }\n\
         outputs: { note: \"{{ steps.say }}\" }\n",
    );
    poet.daedal(&["run", "-q"]).ends(0);
    poet.daedal(&["release", "latest", "-q"]).ends(0);
    let files = files_below(&poet.path().join("site/media/note"));
    let mut credentials = files.iter().filter(|(name, _)| name.ends_with(".c2pa"));
    studio.write("beside/poem.txt.c2pa", credentials.next().unwrap().1);
    assert!(told(13).contains("is a credential, and not the file"));
    studio.daedal(&["verify", "beside/poem.txt.c2pa"]).ends(1);
}

#[test]
fn what_is_out_of_reach_in_a_directory_is_incomplete() {
    let studio = tide();
    let poster = published(&studio, ".png").remove(0);
    let bytes = std::fs::read(studio.path().join(&poster)).unwrap();
    for (depth, code) in [(60, 0), (70, 13)] {
        let place = format!("far{depth}/{}a.png", "f/".repeat(depth));
        studio.write(&place, &bytes);
        studio.write(&format!("far{depth}/a.png"), &bytes);
        let told = studio.daedal(&["verify", &format!("far{depth}")]);
        let told = told.ends(code).out;
        let said = "a folder in more than 64 others: nothing in it was verified";
        assert_eq!(told.contains(said), code == 13, "{told}");
    }
}

#[test]
fn a_bare_record_is_no_attestation() {
    let studio = tide();
    let poster = published(&studio, ".png").remove(0);
    let receipts = published(&studio, ".receipts.json").remove(0);
    let record = std::fs::read(studio.path().join(&receipts)).unwrap();
    let name = receipts.rsplit('/').next().unwrap();
    let attestation = name.replace(".receipts", ".attestation");
    studio.write(
        "alone/a.png",
        std::fs::read(studio.path().join(&poster)).unwrap(),
    );
    studio.write(&format!("alone/{attestation}"), &record);
    let told = studio.daedal(&["verify", "alone/a.png"]).ends(13).out;
    assert!(!told.contains("✓ attestation"), "{told}");
    assert!(
        told.contains("bare record, which nobody has signed"),
        "{told}"
    );
    let args = ["verify", "alone/a.png", "--attestation", &receipts];
    let told = studio.daedal(&args).ends(1).err;
    assert!(told.contains("is the bare record of a run"), "{told}");
    // Where it was published, the attestation is missed.
    studio.write(&format!("site/media/tide/{attestation}"), &record);
    studio.daedal(&["verify", &poster]).ends(13);
}
