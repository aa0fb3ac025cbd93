//! `kill -9` of `daedal release` at any moment: the same command finishes it, and nothing is sealed twice.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::studio::{Dice, Studio, files_below};

const KILLS: usize = 20;

#[test]
fn a_release_killed_at_any_moment_is_finished_by_the_same_command() {
    let ready = Studio::tide();
    ready.daedal(&["run"]).ends(0);
    ready.daedal(&["account"]).ends(0);
    let undisturbed = ready.copied();
    let begun = Instant::now();
    undisturbed.daedal(&["release", "latest"]).ends(0);
    let whole = u64::try_from(begun.elapsed().as_micros()).unwrap();
    let expected = names(&undisturbed);

    let mut dice = Dice::new("killed releases");
    let mut kills = 0;
    while kills < KILLS {
        let studio = ready.copied();
        let mut child = studio
            .command(&["release", "latest", "--quiet"])
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(dice.below(whole + whole / 10)));
        child.kill().unwrap();
        kills += usize::from(child.wait().unwrap().code().is_none());
        let sealed_before = sealed(&studio);

        let released = studio
            .daedal(&["release", "latest", "--json"])
            .ends(0)
            .json();
        let pieces = released[0]["pieces"].as_array().unwrap();
        assert_eq!(pieces.len(), 2);
        assert_eq!(
            names(&studio),
            expected,
            "the site has the files of an undisturbed one"
        );
        let after = sealed(&studio);
        assert_eq!(after.len(), 2, "one sealed file for each piece: {after:?}");
        assert!(
            after.is_superset(&sealed_before),
            "what was published stays"
        );
        for piece in pieces {
            let digest = piece["file"]["$asset"].as_str().unwrap();
            assert!(
                studio
                    .path()
                    .join(".daedal/blobs")
                    .join(&digest[..2])
                    .join(&digest[2..])
                    .exists()
            );
        }
        for name in &after {
            let file = format!("site/media/{}", name.0);
            studio.daedal(&["verify", &file]).ends(0);
        }
        let again = studio
            .daedal(&["release", "latest", "--json"])
            .ends(0)
            .json();
        assert_eq!(
            again[0]["channels"][0]["changed"], 0,
            "nothing is new the second time"
        );
        assert_eq!(again[0]["pieces"], released[0]["pieces"]);
        assert_eq!(sealed(&studio), after);
    }
}

/// Published pictures, by name and length.
fn sealed(studio: &Studio) -> BTreeSet<(String, Vec<u8>)> {
    files_below(&studio.path().join("site/media"))
        .into_iter()
        .filter(|(name, _)| name.ends_with(".png"))
        .collect()
}

/// The files that a site consists of.
fn names(studio: &Studio) -> Vec<String> {
    files_below(&studio.path().join("site"))
        .into_keys()
        .collect()
}
