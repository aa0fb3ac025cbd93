//! What every command of the economy takes: a chain, an account, and only to look.

use serde_json::Value;

use crate::chains::{Elsewhere, Server};
use crate::economy::address;
use crate::studio::Studio;

/// A registered process, of whose shares `ada` has a part.
fn studio() -> Studio {
    let studio = Studio::tide();
    studio.edit("outputs:", "token: { shares: { creator: 100% } }\noutputs:");
    for args in [
        &["account"][..],
        &["account", "new", "ada"],
        &["lock"],
        &["register"],
        &["transfer", "tide", "25%", "ada"],
        &["treasury", "open", "tide"],
    ] {
        studio.daedal(args).ends(0);
    }
    studio
}

fn json(studio: &Studio, args: &[&str]) -> Value {
    studio.daedal(&[args, &["--json"]].concat()).ends(0).json()
}

#[test]
fn commands_that_look_take_a_chain_and_an_account() {
    let studio = studio();
    let server = Server::of(&studio);
    let ada = address(&studio, "ada");
    for command in [
        &["show", "tide"][..],
        &["shares", "tide"],
        &["ledger", "tide"],
        &["offer", "show"],
        &["market", "show"],
        &["treasury", "show", "tide"],
        &["edition", "list", "tide"],
        &["commission", "list"],
        &["govern", "status", "tide"],
        &["collective", "show"],
        &["chain", "status"],
        &["fork", "tide", "ebb", "--dry-run"],
    ] {
        let there = ["--rpc", &server.url, "--account", "ada"];
        studio.daedal(&[command, &there].concat()).ends(0);
        // It is this chain and this account that are used, and no others.
        let nobody = studio.daedal(&[command, &["--rpc", "http://127.0.0.1:1"]].concat());
        let nobody = nobody.ends(1).err;
        assert!(nobody.contains("127.0.0.1:1"), "{command:?}: {nobody}");
        let unknown = studio.daedal(&[command, &["--account", "eve"]].concat());
        let unknown = unknown.ends(1).err;
        assert!(
            unknown.contains("no account `eve`"),
            "{command:?}: {unknown}"
        );
    }
    let shares = json(&studio, &["shares", "tide", "--account", "ada"]);
    let holders = shares["holders"].as_array().unwrap();
    let you: Vec<&Value> = holders.iter().filter(|one| one["you"] == true).collect();
    assert_eq!(you.len(), 1, "{shares}");
    assert_eq!(you[0]["address"], ada.as_str());
    assert_eq!(you[0]["shares"], format!("25{}", "0".repeat(22)));
}

#[test]
fn contracts_are_looked_at_before_they_are_made() {
    let mut studio = Studio::tide();
    let embedded = studio.daedal(&["chain", "deploy", "--test-money"]).ends(1);
    assert!(
        embedded.err.contains("has its contracts already"),
        "{}",
        embedded.err
    );
    let chain = Elsewhere::of(&studio.account());
    studio.use_chain(Some(&chain.honest()));
    let deploy = ["chain", "deploy", "--test-money"];
    let look = [&deploy[..], &["--dry-run"]].concat();
    let looked = json(&studio, &look);
    let acts = looked["acts"].as_array().unwrap();
    assert_eq!(acts.len(), 12, "{looked}");
    assert!(acts.iter().all(|act| act["gas"].as_u64() > Some(100_000)));
    assert_eq!(chain.height(), 0, "to look makes nothing");
    studio.daedal(&deploy).ends(0);
    assert_eq!(chain.height(), 12);
    let again = studio.daedal(&look).ends(0).out;
    assert!(again.contains("are there already"), "{again}");
    assert_eq!(json(&studio, &look)["acts"].as_array().unwrap().len(), 0);
}

#[test]
fn a_release_takes_a_chain_and_an_account_and_the_clock_is_of_the_embedded_chain() {
    let mut studio = Studio::tide();
    studio.edit("count: 12", "count: 2");
    studio.edit(
        "outputs:",
        "token: { shares: { creator: 100% } }\n\
         release: { editions: { of: poster }, channels: [ { uses: site } ] }\noutputs:",
    );
    for args in [
        &["account"][..],
        &["account", "new", "ada"],
        &["lock"],
        &["register"],
        &["run", "-q"],
    ] {
        studio.daedal(args).ends(0);
    }
    let release = |more: &[&str]| studio.daedal(&[&["release", "latest"], more].concat());
    let unknown = release(&["--account", "eve"]).ends(1).err;
    assert!(unknown.contains("no account `eve`"), "{unknown}");
    // Who can't mint does not anchor, either.
    let stranger = release(&["--account", "ada"]).ends(1).err;
    assert!(stranger.contains("can't mint its editions"), "{stranger}");
    release(&["--no-chain", "--rpc", "http://127.0.0.1:1"]).ends(2);
    let server = Server::of(&studio);
    let released = release(&["--rpc", &server.url, "--json"]).ends(0).json();
    assert_eq!(released[0]["chain"]["anchor"]["by"], studio.account());
    let editions = released[0]["chain"]["editions"].as_array().unwrap();
    assert_eq!(editions.len(), 2);

    let would = json(&studio, &["time", "7d", "--dry-run"]);
    assert_eq!(
        (&would["gas"], &would["dry_run"]),
        (&0.into(), &true.into())
    );
    assert_eq!(json(&studio, &["time"])["time"], would["time"]);
    let named = studio.daedal(&["time", "--rpc", &server.url]).ends(1).err;
    assert!(named.contains("only the embedded chain's"), "{named}");
    assert!(named.contains("leave --rpc away"), "{named}");
    studio.use_chain(Some(&server.url));
    let set = studio.daedal(&["time"]).ends(1).err;
    assert!(set.contains("take `rpc` under [chain] away"), "{set}");
}

#[test]
fn the_notice_is_told_without_a_terminal_and_yes_is_for_scripts() {
    let studio = studio();
    let until = ["--until", "7d"];
    let offer = [
        "offer", "create", "tide", "--lots", "4", "--price", "5 USDC",
    ];
    let seat = "tide=studio:1000:500";
    for (command, words) in [
        (&[&offer[..], &until].concat()[..], "as securities"),
        (
            &["market", "list", "tide", "30 USDC", "--shares", "300"],
            "as securities",
        ),
        (
            &["collective", "create", "coast", "--founder", seat],
            "as a company",
        ),
    ] {
        for more in [&[][..], &["-q"], &["--json"]] {
            let asked = studio.daedal(&[command, more].concat()).ends(1);
            for words in [words, "Nobody has checked that", "give --yes"] {
                assert!(asked.err.contains(words), "{command:?}: {}", asked.err);
            }
            // A program reads why, and nothing else.
            if more == ["--json"] {
                let help = asked.json().to_string();
                assert!(help.contains("--yes"), "{help}");
            }
        }
        let done = studio.daedal(&[command, &["--yes", "--json"]].concat());
        let done = done.ends(0);
        assert!(!done.err.contains(words), "{}", done.err);
        done.json();
    }
}

#[test]
fn what_begins_a_chain_is_looked_at_with_its_gas() {
    let studio = Studio::tide();
    studio.edit("outputs:", "token: { shares: { creator: 100% } }\noutputs:");
    studio.daedal(&["lock"]).ends(0);
    let looks = |args: &[&str], acts: usize| {
        let looked = json(&studio, &[args, &["--dry-run"]].concat());
        let gas = |act: &Value| act["gas"].as_u64().unwrap();
        let told = looked["acts"].as_array().unwrap();
        assert_eq!(told.len(), acts, "{looked}");
        assert!(gas(&told[acts - 2]) > 1_000_000, "{looked}");
        assert_eq!(gas(&looked), told.iter().map(gas).sum::<u64>());
        gas(&told[acts - 1])
    };
    // Before there is an account, and before there are contracts, as after.
    let before = looks(&["register"], 3);
    studio.daedal(&["account"]).ends(0);
    let fresh = looks(&["register"], 2);
    assert!(looks(&["chain", "fund", "studio", "7 USDC"], 2) > 21_000);
    studio
        .daedal(&["chain", "fund", "studio", "7 USDC"])
        .ends(0);
    let known = json(&studio, &["register", "--dry-run"]);
    assert_eq!(known["acts"][0]["gas"], fresh);
    assert!(before.abs_diff(fresh) < 2_000, "{before}, {fresh}");
    let told = studio.daedal(&["register", "--dry-run"]).ends(0).out;
    assert!(told.contains("holder   0x"), "{told}");
}
