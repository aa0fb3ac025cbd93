//! Money of a work from the command line: paid, shared, claimed, collected, and told.

use serde_json::Value;

use crate::studio::Studio;

/// A studio with two more accounts and a registered process, of which `ada` has a part.
fn shared() -> Studio {
    let studio = Studio::tide();
    studio.edit(
        "outputs:",
        "token: { shares: { creator: 100% }, royalty: 5% }\noutputs:",
    );
    for args in [
        &["account"][..],
        &["account", "new", "ada"],
        &["account", "new", "bob"],
        &["lock"],
        &["register"],
        &["transfer", "tide", "250000", "ada"],
    ] {
        studio.daedal(args).ends(0);
    }
    studio
}

fn holders(studio: &Studio, work: &str) -> Vec<Value> {
    let told = studio.daedal(&["shares", work, "--json"]).ends(0).json();
    told["holders"].as_array().unwrap().clone()
}

pub(crate) fn address(studio: &Studio, name: &str) -> String {
    let listed = studio.daedal(&["account", "list", "--json"]).ends(0).json();
    let accounts = listed.as_array().unwrap();
    let found = accounts.iter().find(|account| account["name"] == name);
    found.unwrap()["address"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_paid_is_claimed_by_holders_and_by_nobody_twice() {
    let studio = shared();
    // Only to look takes no password and changes nothing.
    let looked = studio.daedal(&["pay", "tide", "0.4 ETH", "--dry-run", "--json"]);
    let looked = looked.ends(0).json();
    assert!(looked["gas"].as_u64().unwrap() >= 21_000, "{looked}");
    studio.daedal(&["pay", "tide", "0.4 ETH"]).ends(0);
    let ada = address(&studio, "ada");
    let owed = |studio: &Studio| {
        let holders = holders(studio, "tide");
        let holder = holders
            .iter()
            .find(|holder| holder["address"] == ada.as_str());
        holder.unwrap()["owed"]["ETH"].as_str().unwrap().to_owned()
    };
    assert_eq!(owed(&studio), format!("1{}", "0".repeat(17)));
    let claimed = studio
        .daedal(&["claim", "tide", "--account", "ada", "--json"])
        .ends(0)
        .json();
    assert_eq!(claimed["claimed"]["ETH"], format!("1{}", "0".repeat(17)));
    assert_eq!(owed(&studio), "0");
    let again = studio
        .daedal(&["claim", "tide", "--account", "ada"])
        .ends(0);
    assert!(again.out.contains("nothing to claim"), "{}", again.out);
    // Who has nothing of it can claim nothing of it.
    let nothing = studio
        .daedal(&["claim", "tide", "--account", "bob"])
        .ends(0);
    assert!(nothing.out.contains("nothing to claim"), "{}", nothing.out);
    let ledger = studio.daedal(&["ledger", "tide", "--json"]).ends(0).json();
    let kinds: Vec<&str> = ledger["movements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|movement| movement["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["payment", "claim"]);
    // The chain's own coin says who sent it, too.
    let who = ledger["movements"][0]["who"].as_str().unwrap();
    assert!(
        who.eq_ignore_ascii_case(&address(&studio, "studio")),
        "{who}"
    );
    let csv = studio.daedal(&["ledger", "tide", "--csv", "-"]).ends(0);
    assert!(csv.out.starts_with("time,block,transaction"), "{}", csv.out);
    assert_eq!(csv.out.lines().count(), 3);
    studio
        .daedal(&["ledger", "tide", "--plot", "revenue.svg"])
        .ends(0);
    let drawn = std::fs::read_to_string(studio.path().join("revenue.svg")).unwrap();
    assert!(drawn.contains("0.4 ETH"), "{drawn}");
}

#[test]
fn a_fork_pays_its_original() {
    let studio = shared();
    let looked = studio.daedal(&["fork", "tide", "ebb", "--dry-run"]).ends(0);
    assert!(looked.out.contains("which gets 5%"), "{}", looked.out);
    assert!(!studio.path().join("ebb").exists(), "to look makes nothing");
    let told = studio.daedal(&["fork", "tide", "ebb"]).ends(0);
    assert!(told.out.contains("gets 5%"), "{}", told.out);
    studio.daedal(&["check", "ebb"]).ends(0);
    studio.daedal(&["lock", "ebb"]).ends(0);
    studio.daedal(&["register", "ebb"]).ends(0);
    let shown = studio.daedal(&["show", "ebb", "--json"]).ends(0).json();
    assert_eq!(
        (&shown["upstream"][0]["work"], &shown["stack_bps"]),
        (&1.into(), &500.into())
    );
    studio.daedal(&["pay", "ebb", "1 ETH"]).ends(0);
    let paid = studio.daedal(&["collect", "ebb", "--json"]).ends(0).json();
    assert_eq!(paid["paid"][0]["amount"], format!("5{}", "0".repeat(16)));
    let none = studio.daedal(&["collect", "ebb"]).ends(0);
    assert!(none.out.contains("owes nothing"), "{}", none.out);
    let ledger = studio.daedal(&["ledger", "tide", "--json"]).ends(0).json();
    assert_eq!(ledger["movements"][0]["kind"], "royalty in");
    // A place that is taken is left alone.
    let taken = studio.daedal(&["fork", "tide", "ebb"]).ends(1);
    assert!(taken.err.contains("exists already"), "{}", taken.err);
}

#[test]
fn amounts_accounts_and_holders_that_cannot_be_meant_are_told() {
    let studio = shared();
    for (args, expected) in [
        (&["pay", "tide", "5"][..], "has no unit"),
        (&["pay", "tide", "5 EUR"], "TESTUSD and ETH"),
        (&["pay", "tide", "0 ETH"], "nothing to pay"),
        (&["pay", "tide", "5 USDC"], "which is less than 5 TESTUSD"),
        (&["pay", "nowhere", "1 ETH"], "no registered process"),
        (
            &["transfer", "tide", "900000", "ada"],
            "which is less than 900000",
        ),
        (&["transfer", "tide", "0", "ada"], "nothing to give"),
        (
            &["show", "eip155:1/erc721:0x12/7"],
            "to look at another one, set `rpc`",
        ),
        (
            &["chain", "serve", "--host", "0.0.0.0"],
            "--public allows it, and --allow-host",
        ),
        (
            &["transfer", "tide", "1", "eve"],
            "the studio has no account `eve`; it has ada, bob",
        ),
        (&["claim", "tide", "--account", "eve"], "no account `eve`"),
        (&["account", "new", "ada"], "an account `ada` already"),
        (&["account", "new", "../x"], "can't be the name"),
        (
            &["collect", "tide", "--for", "1"],
            "does not stand upstream",
        ),
    ] {
        let told = studio.daedal(args).ends(1);
        assert!(told.err.contains(expected), "{args:?}: {}", told.err);
    }
}
