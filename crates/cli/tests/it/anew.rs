//! A chain that was made anew, or another one than before: what is on record of the old one is told as such, and
//! nothing of it is lost.

use daedal_core::Digest;
use serde_json::Value;

use crate::chains::{Anvil, Elsewhere, fund};
use crate::studio::{Studio, Told};

const OTHER: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

/// A studio that mints two posters a run.
fn minting() -> Studio {
    let studio = Studio::tide();
    studio.edit("count: 12", "count: 2");
    studio.edit(
        "outputs:",
        "token: { shares: { creator: 100% }, royalty: 5% }\nrelease: { editions: { of: poster } }\noutputs:",
    );
    studio.daedal(&["lock"]).ends(0);
    studio
}

/// Has the studio use this chain, on which it gets coins.
fn move_to(studio: &mut Studio, anvil: &Anvil) {
    studio.use_chain(Some(&anvil.url));
    fund(anvil, &studio.account(), 100);
}

fn json_of(studio: &Studio, args: &[&str]) -> Value {
    studio.daedal(&[args, &["--json"]].concat()).ends(0).json()
}

#[track_caller]
fn says(told: Told, words: &[&str]) {
    let told = told.ends(1);
    for word in words {
        assert!(told.err.contains(word), "{word:?} is not in\n{}", told.err);
    }
}

/// Every command that means something of the old chain says that this is another one.
#[track_caller]
fn is_another(studio: &Studio) {
    let words = [
        "is not the one that the studio has on record",
        "work 1 (tide), 1 released run, ",
        "daedal chain deploy --anew",
    ];
    for command in [
        &["release", "latest"][..],
        &["register"],
        &["publish"],
        &["show"],
        &["show", "tide"],
        &["shares", "tide"],
        &["edition", "list", "tide"],
        &["pay", "tide", "1 ETH"],
        &["chain", "deploy", "--test-money"],
    ] {
        says(studio.daedal(command), &words);
    }
    let status = studio.daedal(&["chain", "status"]).ends(0);
    for word in words {
        assert!(status.out.contains(word), "{}", status.out);
    }
}

#[test]
fn a_chain_that_was_made_anew_is_told_and_begun_again_with_nothing_lost() {
    let (Some(old), Some(new)) = (
        Anvil::born(31_337, 1_800_000_000),
        Anvil::born(31_337, 1_800_000_001),
    ) else {
        return;
    };
    let mut studio = minting();
    move_to(&mut studio, &old);
    studio.daedal(&["chain", "deploy", "--test-money"]).ends(0);
    studio.daedal(&["register"]).ends(0);
    studio.daedal(&["run", "-q"]).ends(0);
    let first = json_of(&studio, &["release", "latest"])[0]["chain"].clone();
    says(
        studio.daedal(&["chain", "deploy", "--test-money", "--anew"]),
        &["nothing is on record of another chain", "leave --anew away"],
    );

    move_to(&mut studio, &new);
    // Something else was done there before, so that the contracts get other addresses.
    new.ask("anvil_setNonce", &[studio.account().into(), "0x7".into()]);
    is_another(&studio);
    let made = json_of(&studio, &["chain", "deploy", "--test-money", "--anew"]);
    let aside = made["anew"]["put_aside"].as_str().unwrap();
    assert!(aside.contains("work 1 (tide)"), "{aside}");
    assert_eq!(made["anew"]["brought_back"], Value::Null);
    let registered = json_of(&studio, &["register"]);
    assert_eq!(registered["registered_before"], false);
    let again = studio.daedal(&["release", "latest", "--json"]).ends(0);
    let second = again.json()[0]["chain"].clone();
    // The pieces named the registry of the old chain.
    assert_ne!(second["work"], first["work"]);
    assert!(again.err.contains("sealed again"), "{}", again.err);
    assert_ne!(
        second["anchor"]["transaction"],
        first["anchor"]["transaction"]
    );
    assert_eq!(
        json_of(&studio, &["edition", "list", "tide"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let verify = ["verify", "site", "--rpc", &new.url];
    studio.daedal(&verify).ends(0);

    // Back on the old one, everything is as it was.
    move_to(&mut studio, &old);
    is_another(&studio);
    let made = json_of(&studio, &["chain", "deploy", "--test-money", "--anew"]);
    assert!(made["anew"]["brought_back"].is_string(), "{made}");
    assert_eq!(json_of(&studio, &["register"])["registered_before"], true);
    assert_eq!(json_of(&studio, &["release", "latest"])[0]["chain"], first);
}

#[test]
fn a_chain_that_has_lost_its_contracts_is_another_one() {
    let mut studio = minting();
    let account = studio.account();
    let chain = Elsewhere::of(&account);
    studio.use_chain(Some(&chain.honest()));
    studio.daedal(&["chain", "deploy", "--test-money"]).ends(0);
    studio.daedal(&["register"]).ends(0);
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest"]).ends(0);
    // It begins with the same block.
    let twin = Elsewhere::of(&account);
    studio.use_chain(Some(&twin.honest()));
    is_another(&studio);
    assert_eq!(twin.height(), 0);
    studio
        .daedal(&["chain", "deploy", "--test-money", "--anew"])
        .ends(0);
    studio.daedal(&["register"]).ends(0);
    studio.daedal(&["release", "latest"]).ends(0);
    studio.daedal(&["verify", "site"]).ends(0);
}

#[test]
fn a_run_that_is_anchored_on_another_chain_is_told_and_stays_there() {
    let mut studio = minting();
    let chain = Elsewhere::of(&studio.account());
    let node = chain.honest();
    studio.use_chain(Some(&node));
    studio.daedal(&["chain", "deploy", "--test-money"]).ends(0);
    studio.daedal(&["register"]).ends(0);
    studio.daedal(&["run", "-q"]).ends(0);
    let first = json_of(&studio, &["release", "latest"])[0].clone();
    let id = json_of(&studio, &["chain", "status"])["chain"].to_string();
    let height = chain.height();

    let empty = Elsewhere::of(OTHER);
    studio.use_chain(Some(&empty.honest()));
    let stays = |studio: &Studio| {
        let told = studio
            .daedal(&["release", first["run"].as_str().unwrap(), "--json"])
            .ends(0);
        assert_eq!(told.json()[0]["chain"], first["chain"]);
        for word in [
            &format!("is anchored on chain {id} ({node})"),
            "it stays anchored there",
        ] {
            assert!(told.err.contains(word), "{word} is not in {}", told.err);
        }
    };
    stays(&studio);
    assert_eq!(empty.height(), 0);

    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    move_to(&mut studio, &anvil);
    studio.daedal(&["chain", "deploy", "--test-money"]).ends(0);
    stays(&studio);
    let elsewhere = format!(
        "tide is not registered on chain 31337 ({}), but on chain {id} as work 1",
        anvil.url
    );
    let seed = Digest::of(b"two").to_string();
    studio.daedal(&["run", "-q", "--seed", &seed]).ends(0);
    for command in [&["release", "latest"][..], &["publish"], &["show", "tide"]] {
        says(studio.daedal(command), &[&elsewhere, "daedal register"]);
    }
    // Once it is a work there too, new runs are anchored there, and the old one stays.
    studio.daedal(&["register"]).ends(0);
    let second = json_of(&studio, &["release", "latest"])[0]["chain"].clone();
    assert!(
        second["work"]
            .as_str()
            .unwrap()
            .starts_with("eip155:31337/"),
        "{second}"
    );
    stays(&studio);
    assert_eq!(chain.height(), height);
}

#[test]
fn an_anchor_that_the_chain_has_lost_is_not_told_as_if_it_were_there() {
    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let mut studio = minting();
    move_to(&mut studio, &anvil);
    studio.daedal(&["chain", "deploy", "--test-money"]).ends(0);
    studio.daedal(&["register"]).ends(0);
    studio.daedal(&["run", "-q"]).ends(0);
    let snapshot = anvil.ask("evm_snapshot", &[]);
    studio.daedal(&["release", "latest"]).ends(0);
    assert_eq!(anvil.ask("evm_revert", &[snapshot]), Value::Bool(true));
    let run = json_of(&studio, &["runs"])[0]["run"].as_str().unwrap()[..8].to_owned();
    let words = format!("does not know the anchor of run {run}");
    says(
        studio.daedal(&["release", "latest"]),
        &[&words, "--no-chain"],
    );
    // Where nobody answers, what is on record is published again, and that is said.
    drop(anvil);
    let told = studio.daedal(&["release", "latest", "--json"]).ends(0);
    assert!(
        told.err
            .contains("was not asked whether the anchors are there"),
        "{}",
        told.err
    );
    let why = told.json()[0]["chain_not_asked"].clone();
    assert!(why.as_str().unwrap().contains("127.0.0.1"), "{why}");
}
