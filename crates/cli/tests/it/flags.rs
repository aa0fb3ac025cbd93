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
