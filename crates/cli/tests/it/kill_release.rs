//! `kill -9` of `daedal release` at any moment: the same command finishes it, and nothing is sealed, anchored
//! or minted twice.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::studio::{Dice, Studio, files_below};

/// Without a chain.
const KILLS: usize = 20;

const KILLS_ON_CHAIN: usize = 100;
/// Kills of one studio before it is left in peace, at most.
const KILLS_OF_ONE: u64 = 4;

#[test]
fn a_release_killed_at_any_moment_is_finished_by_the_same_command() {
    let ready = Studio::tide();
    ready.daedal(&["run"]).ends(0);
    ready.account_that_opens_fast();
    let undisturbed = ready.copied();
    let begun = Instant::now();
    undisturbed.daedal(&["release", "latest"]).ends(0);
    let whole = u64::try_from(begun.elapsed().as_micros()).unwrap();
    let expected = names(&undisturbed);

    let mut dice = Dice::new("killed releases");
    let mut kills = 0;
    while kills < KILLS {
        let studio = ready.copied();
        let mut child = quiet(&studio);
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

/// The embedded chain has a block for each transaction, so its height tells how many there were.
#[test]
fn a_release_on_the_chain_killed_at_any_moment_is_anchored_and_minted_once() {
    let ready = Studio::tide();
    ready.edit("count: 12", "count: 3");
    ready.edit(
        "outputs:",
        "token: { shares: { creator: 100% } }\nrelease: { editions: { of: poster } }\noutputs:",
    );
    ready.account_that_opens_fast();
    ready.daedal(&["lock"]).ends(0);
    ready.daedal(&["register"]).ends(0);
    ready.daedal(&["run", "-q"]).ends(0);
    let before = block(&ready);
    let undisturbed = ready.copied();
    let (mut to_chain, mut whole) = paces(&undisturbed);
    let again = undisturbed.daedal(&["release", "latest", "--json"]);
    let release = again.ends(0).json();
    assert_eq!(block(&undisturbed), before + 2, "an anchor and a mint");
    let expected = names(&undisturbed);
    let tokens = tokens(&release);
    assert_eq!(tokens.len(), 2);

    let mut dice = Dice::new("killed releases on a chain");
    let (mut kills, mut left_at) = (0, [0; 3]);
    while kills < KILLS_ON_CHAIN {
        let studio = ready.copied();
        for nth in 0..=dice.below(KILLS_OF_ONE) {
            // Half of them while the chain is at work.
            let delay = match dice.below(2) {
                0 => dice.below(whole),
                _ => to_chain - dice.below(to_chain / 3),
            };
            let mut child = quiet(&studio);
            std::thread::sleep(Duration::from_micros(delay));
            child.kill().unwrap();
            let is_killed = child.wait().unwrap().code().is_none();
            kills += usize::from(is_killed);
            if !is_killed && nth == 0 {
                // The machine has less to do than it had.
                (to_chain, whole) = paces(&ready.copied());
            }
        }
        let left = block(&studio);
        left_at[usize::try_from(left - before).unwrap()] += 1;

        let again = studio
            .daedal(&["release", "latest", "--json"])
            .ends(0)
            .json();
        assert_eq!(block(&studio), before + 2, "left at block {left}");
        assert_eq!(self::tokens(&again), tokens);
        let listed = studio
            .daedal(&["edition", "list", "tide", "--json"])
            .ends(0)
            .json();
        assert_eq!(ids(&listed), tokens, "one token for each edition");
        assert_eq!(names(&studio), expected, "the site is whole");
        for (name, _) in sealed(&studio) {
            let file = format!("site/media/{name}");
            let verdict = studio.daedal(&["verify", &file, "--json"]).ends(0).json();
            let root = &verdict["anchor"]["root"];
            assert_eq!(*root, again[0]["chain"]["anchor"]["root"], "{verdict}");
        }
    }
    println!("{kills} kills; with nothing, an anchor, all on the chain: {left_at:?}");
}

fn quiet(studio: &Studio) -> Child {
    studio
        .command(&["release", "latest", "--quiet"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// How long a release takes in microseconds: until the chain has all of it, and to the end.
fn paces(studio: &Studio) -> (u64, u64) {
    let begun = Instant::now();
    let micros = || u64::try_from(begun.elapsed().as_micros()).unwrap();
    let store = studio.path().join(".daedal/chain/chain.redb");
    let written = || store.metadata().unwrap().modified().unwrap();
    let (mut last, mut to_chain) = (written(), 0);
    let mut child = quiet(studio);
    loop {
        if written() != last {
            (last, to_chain) = (written(), micros());
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return (to_chain, micros());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn block(studio: &Studio) -> u64 {
    let shown = studio.daedal(&["chain", "status", "--json"]).ends(0).json();
    shown["block"].as_u64().unwrap()
}

/// The editions that a release tells of, in order.
fn tokens(release: &Value) -> Vec<String> {
    ids(&release[0]["chain"]["editions"])
}

fn ids(editions: &Value) -> Vec<String> {
    let editions = editions.as_array().unwrap().iter();
    editions
        .map(|edition| edition["id"].as_str().unwrap().to_owned())
        .collect()
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
