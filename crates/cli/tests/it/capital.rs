//! Capital of a work from the command line: shares on offer, a treasury, the market.

use serde_json::Value;

use crate::studio::Studio;

/// A registered process, and two people with money.
fn studio() -> Studio {
    let studio = Studio::tide();
    studio.edit("count: 12", "count: 3");
    studio.edit(
        "outputs:",
        "token: { shares: { creator: 100% }, royalty: 5% }\n\
         release: { editions: { of: poster }, channels: [ { uses: site } ] }\noutputs:",
    );
    for args in [
        &["account"][..],
        &["account", "new", "ada"],
        &["account", "new", "bob"],
        &["lock"],
        &["register"],
        &["chain", "fund", "ada", "1000 USDC"],
        &["chain", "fund", "bob", "1000 USDC"],
    ] {
        studio.daedal(args).ends(0);
    }
    studio
}

fn json(studio: &Studio, args: &[&str]) -> Value {
    studio.daedal(&[args, &["--json"]].concat()).ends(0).json()
}

const OFFER: &[&str] = &[
    "offer", "create", "tide", "--lots", "40", "--lot", "1000", "--price", "5 USDC", "--min", "10",
    "--until", "7d",
];

#[test]
fn shares_are_offered_bought_and_claimed_and_the_money_waits_in_the_treasury() {
    let studio = studio();
    let asked = studio.daedal(OFFER).ends(1);
    assert!(asked.err.contains("as securities"), "{}", asked.err);
    assert!(asked.err.contains("--yes"), "{}", asked.err);
    let looked = json(&studio, &[OFFER, &["--dry-run"]].concat());
    let acts = looked["acts"].as_array().unwrap();
    assert_eq!(acts.len(), 2, "{looked}");
    // The second needs the first, and its gas is told all the same.
    assert!(acts[1]["gas"].as_u64().unwrap() > 100_000, "{looked}");
    assert_eq!(
        json(&studio, &["offer", "show"]).as_array().unwrap().len(),
        0
    );

    let made = json(&studio, &[OFFER, &["--yes"]].concat());
    assert_eq!((&made["offering"], &made["work"]), (&1.into(), &1.into()));
    studio
        .daedal(&["offer", "buy", "1", "9", "--account", "ada", "--yes"])
        .ends(0);
    let early = studio.daedal(&["offer", "finalize", "1"]).ends(1);
    assert!(early.err.contains("goes on until"), "{}", early.err);
    let bought = json(
        &studio,
        &["offer", "buy", "1", "3", "--account", "bob", "--yes"],
    );
    assert_eq!(bought["cost"], "15000000");
    studio.daedal(&["time", "7d"]).ends(0);
    let late = studio
        .daedal(&["offer", "buy", "1", "1", "--account", "bob", "--yes"])
        .ends(1);
    assert!(late.err.contains("is over"), "{}", late.err);
    let ended = json(&studio, &["offer", "finalize", "1", "--account", "bob"]);
    assert_eq!(
        (&ended["succeeded"], &ended["raised"]),
        (&true.into(), &"60000000".into())
    );
    let claimed = json(&studio, &["offer", "claim", "1", "--account", "ada"]);
    assert_eq!(claimed["shares"], "9000000000000000000000");
    let twice = studio
        .daedal(&["offer", "claim", "1", "--account", "ada"])
        .ends(0);
    assert!(twice.out.contains("nothing to claim"), "{}", twice.out);
    let refund = studio
        .daedal(&["offer", "refund", "1", "--account", "bob"])
        .ends(1);
    assert!(refund.err.contains("succeeded"), "{}", refund.err);
    let treasury = json(&studio, &["treasury", "show", "tide"]);
    assert_eq!(treasury["has"]["TESTUSD"], "60000000");
    // Nobody's revenue: it is not shared.
    let shares = json(&studio, &["shares", "tide"]);
    assert_eq!(shares["revenue"][0]["gross"], "0");
}

#[test]
fn a_failed_offering_gives_everything_back() {
    let studio = studio();
    json(&studio, &[OFFER, &["--yes"]].concat());
    json(
        &studio,
        &["offer", "buy", "1", "9", "--account", "ada", "--yes"],
    );
    studio.daedal(&["time", "8d"]).ends(0);
    let early = studio
        .daedal(&["offer", "refund", "1", "--account", "ada"])
        .ends(1);
    assert!(early.err.contains("not over"), "{}", early.err);
    let ended = json(&studio, &["offer", "finalize", "1"]);
    assert_eq!(ended["succeeded"], false);
    let back = json(&studio, &["offer", "refund", "1", "--account", "ada"]);
    assert_eq!(back["amount"], "45000000");
    let twice = studio
        .daedal(&["offer", "refund", "1", "--account", "ada"])
        .ends(0);
    assert!(twice.out.contains("has nothing"), "{}", twice.out);
    let funded = json(&studio, &["chain", "fund", "ada", "1 USDC"]);
    assert_eq!(funded["has"], "1001000000");
    let holders = json(&studio, &["shares", "tide"]);
    assert_eq!(holders["holders"].as_array().unwrap().len(), 1);
}

#[test]
fn runs_are_paid_from_the_treasury_once_and_within_the_allowance() {
    let studio = studio();
    studio.write("daedal.toml", "[run]\ncompute = \"3600 USD\"\n");
    studio.daedal(&["run", "-q"]).ends(0);
    let ledger = json(&studio, &["ledger", "tide"]);
    let cost = ledger["costs"][0]["usd_micros"].as_u64().unwrap();
    assert!(cost > 0, "{ledger}");
    let closed = studio.daedal(&["treasury", "draw", "tide"]).ends(1);
    assert!(closed.err.contains("no treasury yet"), "{}", closed.err);
    let opened = json(&studio, &["treasury", "open", "tide"]);
    let treasury = opened["treasury"].as_str().unwrap();
    studio
        .daedal(&["chain", "fund", treasury, "900 USDC"])
        .ends(0);
    let none = studio
        .daedal(&["treasury", "draw", "tide", "--account", "ada"])
        .ends(1);
    assert!(none.err.contains("may draw 0 TESTUSD"), "{}", none.err);
    let not_ours = studio
        .daedal(&[
            "treasury",
            "allow",
            "tide",
            "ada",
            "9 USDC",
            "--account",
            "ada",
        ])
        .ends(1);
    assert!(
        not_ours.err.contains("is controlled by"),
        "{}",
        not_ours.err
    );
    json(
        &studio,
        &[
            "treasury", "allow", "tide", "ada", "800 USDC", "--per", "7d",
        ],
    );
    let drawn = json(&studio, &["treasury", "draw", "tide", "--account", "ada"]);
    assert_eq!(drawn["drawn"][0]["amount"], cost.to_string());
    let again = json(&studio, &["treasury", "draw", "tide", "--account", "ada"]);
    assert_eq!(again["drawn"].as_array().unwrap().len(), 0);
    let named = studio
        .daedal(&[
            "treasury",
            "draw",
            "tide",
            "--run",
            "latest",
            "--account",
            "ada",
        ])
        .ends(0);
    assert!(named.out.contains("drawn for already"), "{}", named.out);
    let more = studio
        .daedal(&[
            "treasury",
            "draw",
            "tide",
            "800 USDC",
            "--for",
            "data",
            "--account",
            "ada",
        ])
        .ends(1);
    assert!(more.err.contains("the next period begins"), "{}", more.err);
    let shown = json(&studio, &["treasury", "show", "tide"]);
    assert_eq!(shown["draws"][0]["amount"], cost.to_string());
    assert_eq!(shown["allowances"][0]["drawn"], cost.to_string());
    assert_eq!(shown["open_usd_micros"], 0);
    // A run that is found in the memo costs nothing, so nothing is open.
    studio.daedal(&["run", "-q"]).ends(0);
    let shown = json(&studio, &["treasury", "show", "tide"]);
    assert_eq!(shown["open_usd_micros"], 0);
}

#[test]
fn shares_and_editions_change_hands_for_their_price() {
    let studio = studio();
    studio.daedal(&["run", "-q"]).ends(0);
    let released = json(&studio, &["release", "latest"])[0].clone();
    let token = released["chain"]["editions"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let asked = studio
        .daedal(&["market", "list", "tide", "30 USDC", "--shares", "300"])
        .ends(1);
    assert!(asked.err.contains("as securities"), "{}", asked.err);
    let listed = json(
        &studio,
        &[
            "market", "list", "tide", "30 USDC", "--shares", "300", "--yes",
        ],
    );
    assert_eq!(listed["listing"], 1);
    json(&studio, &["market", "list", &token, "100 USDC"]);
    // Asked again, it is the same listing; and nobody sells what is promised already.
    let again = json(&studio, &["market", "list", &token, "100 USDC"]);
    assert_eq!(again["listing"], 2);
    let dearer = studio
        .daedal(&["market", "list", &token, "200 USDC"])
        .ends(1);
    assert!(dearer.err.contains("for another price"), "{}", dearer.err);
    let promised = [
        "market", "list", "tide", "1 ETH", "--shares", "999701", "--yes",
    ];
    let promised = studio.daedal(&promised).ends(1);
    assert!(
        promised.err.contains("are listed already"),
        "{}",
        promised.err
    );
    assert_eq!(
        json(&studio, &["market", "show"]).as_array().unwrap().len(),
        2
    );
    let part = json(
        &studio,
        &[
            "market",
            "buy",
            "1",
            "--shares",
            "100",
            "--account",
            "ada",
            "--yes",
        ],
    );
    assert_eq!(
        (&part["cost"], &part["royalty"]),
        (&"10000000".into(), &"0".into())
    );
    let edition = json(&studio, &["market", "buy", "2", "--account", "bob"]);
    assert_eq!(edition["royalty"], "5000000");
    // It is bob's now, and sold again: the work has its part again.
    let again = json(
        &studio,
        &["market", "list", &token, "200 USDC", "--account", "bob"],
    );
    assert_eq!(again["listing"], 3);
    json(&studio, &["market", "buy", "3", "--account", "ada"]);
    let ledger = json(&studio, &["ledger", "tide"]);
    let kinds: Vec<(&str, &str)> = ledger["movements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["kind"].as_str().unwrap(),
                one["amount"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(kinds, [("resale", "5000000"), ("resale", "10000000")]);
    let gone = studio
        .daedal(&["market", "buy", "3", "--account", "bob"])
        .ends(1);
    assert!(gone.err.contains("listing 3 is sold"), "{}", gone.err);
    let own = studio.daedal(&["market", "buy", "1", "--yes"]).ends(1);
    assert!(own.err.contains("your own"), "{}", own.err);
    let foreign = studio
        .daedal(&["market", "cancel", "1", "--account", "ada"])
        .ends(1);
    assert!(foreign.err.contains("act as its seller"), "{}", foreign.err);
    json(&studio, &["market", "cancel", "1"]);
    assert_eq!(
        json(&studio, &["market", "show"]).as_array().unwrap().len(),
        0
    );
    assert_eq!(
        json(&studio, &["market", "show", "tide", "--all"])
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn what_cannot_be_offered_or_sold_is_told() {
    let studio = studio();
    let offer =
        |lots: &'static str, price: &'static str, min: &'static str, until: &'static str| {
            [
                "offer", "create", "tide", "--lots", lots, "--price", price, "--min", min,
                "--until", until, "--yes",
            ]
            .to_vec()
        };
    for (args, expected) in [
        (offer("40", "5", "1", "7d"), "has no unit"),
        (offer("40", "0 USDC", "1", "7d"), "a price of nothing"),
        (offer("0", "5 USDC", "0", "7d"), "no lots"),
        (offer("4", "5 USDC", "5", "7d"), "at least 5 lots"),
        (offer("4", "5 USDC", "1", "tomorrow"), "is no time"),
        (
            offer("4", "5 USDC", "1", "2020-01-01"),
            "is over on this chain",
        ),
        (offer("4", "5 USDC", "1", "400d"), "give 366 days at most"),
        (offer("4", "5 USDC", "1", "0d"), "is over on this chain"),
        (
            offer("4000000", "5 USDC", "1", "7d"),
            "which is less than 4000000",
        ),
        (vec!["offer", "buy", "7", "1", "--yes"], "no offering 7"),
        (vec!["market", "buy", "7", "--yes"], "no listing 7"),
        (vec!["market", "list", "tide", "5 USDC"], "say how many"),
        (
            vec!["market", "list", "tide", "0 USDC", "--shares", "1"],
            "for nothing",
        ),
        (vec!["treasury", "show", "tide"], "no treasury yet"),
        (
            vec!["treasury", "allow", "tide", "ada", "5 USDC", "--per", "1h"],
            "too short",
        ),
    ] {
        let told = studio.daedal(&args).ends(1);
        assert!(told.err.contains(expected), "{args:?}: {}", told.err);
    }
    // Who does not operate the work raises no capital for it.
    let foreign = studio
        .daedal(&[OFFER, &["--yes", "--account", "ada"]].concat())
        .ends(1);
    assert!(foreign.err.contains("does not operate"), "{}", foreign.err);
}

#[test]
fn a_royalty_above_what_resales_may_owe_is_minted_with_the_most_they_may() {
    let studio = Studio::tide();
    studio.edit("count: 12", "count: 2");
    studio.edit(
        "outputs:",
        "token: { shares: { creator: 100% }, royalty: 30% }\n\
         release: { editions: { of: poster, price: \"5 USDC\" }, channels: [ { uses: site } ] }\noutputs:",
    );
    for args in [&["account"][..], &["lock"], &["register"], &["run", "-q"]] {
        studio.daedal(args).ends(0);
    }
    let released = json(&studio, &["release", "latest"])[0].clone();
    assert_eq!(released["chain"]["editions"].as_array().unwrap().len(), 2);
    let listed = json(&studio, &["edition", "list", "tide"]);
    assert_eq!(
        (&listed[0]["price"], &listed[0]["coin"]),
        (&"5000000".into(), &"TESTUSD".into())
    );
}

#[test]
fn worthless_money_is_given_before_anything_is_registered() {
    let studio = Studio::tide();
    studio.daedal(&["account", "new", "ada"]).ends(0);
    studio.daedal(&["account"]).ends(0);
    let funded = json(&studio, &["chain", "fund", "ada", "7 USDC"]);
    assert_eq!(funded["has"], "7000000");
}
