//! Capital that pays for runs, from its raising to the last unit drawn, on the embedded chain and on anvil: an
//! offering fills a treasury, a vote says what an operator may draw, and what runs have cost is drawn.

use serde_json::Value;

use crate::chains::{Anvil, fund, mint_dollars};
use crate::studio::Studio;
use crate::voting::forward;

/// A studio that tells what its time costs, an operator (ada) and an investor (bob).
fn studio() -> Studio {
    let studio = Studio::tide();
    studio.edit("count: 12", "count: 3");
    studio.edit(
        "outputs:",
        "token: { shares: { creator: 100% }, royalty: 5% }\noutputs:",
    );
    // Ten cents a second.
    studio.write("daedal.toml", "[run]\ncompute = \"360 USD\"\n");
    for args in [
        &["account"][..],
        &["account", "new", "ada"],
        &["account", "new", "bob"],
        &["lock"],
    ] {
        studio.daedal(args).ends(0);
    }
    studio
}

fn json(studio: &Studio, args: &[&str]) -> Value {
    studio.daedal(&[args, &["--json"]].concat()).ends(0).json()
}

fn refuses(studio: &Studio, args: &[&str], words: &str) {
    let told = studio.daedal(args).ends(1);
    assert!(told.err.contains(words), "{args:?}: {}", told.err);
}

/// Micro-dollars as a number of dollars.
fn dollars(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Forty thousand shares are offered, and bob buys twelve thousand of them for 60 dollars: a treasury is filled.
fn raised(studio: &Studio, anvil: Option<&Anvil>) {
    studio
        .daedal(&[
            "offer", "create", "tide", "--lots", "40", "--lot", "1000", "--price", "5 USDC",
            "--min", "10", "--until", "7d", "--yes",
        ])
        .ends(0);
    let buy = ["offer", "buy", "1", "12", "--account", "bob", "--yes"];
    let bought = json(studio, &buy);
    assert_eq!(bought["cost"], "60000000");
    forward(studio, anvil, "8d");
    let ended = json(studio, &["offer", "finalize", "1"]);
    assert_eq!(ended["raised"], "60000000");
    studio
        .daedal(&["offer", "claim", "1", "--account", "bob"])
        .ends(0);
    let treasury = json(studio, &["treasury", "show", "tide"]);
    assert_eq!(treasury["has"]["TESTUSD"], "60000000");
}

/// Has ada allowed so much in 30 days by a vote in which the investor has a say.
fn allowed(studio: &Studio, anvil: Option<&Anvil>, amount: &str) {
    studio
        .daedal(&["govern", "delegate", "tide", "bob", "--account", "bob"])
        .ends(0);
    studio
        .daedal(&["govern", "enable", "tide", "--yes"])
        .ends(0);
    // Its creator alone cannot any more.
    let alone = ["treasury", "allow", "tide", "ada", amount];
    refuses(studio, &alone, "govern propose");
    let allow = format!("ada={amount}");
    let propose = ["govern", "propose", "tide", "--allow", &allow];
    let made = json(studio, &[&propose[..], &["--per", "30d"]].concat());
    assert_eq!(made["number"], 1);
    forward(studio, anvil, "25h");
    let vote = ["govern", "vote", "tide", "1", "for"];
    let cast = json(studio, &[&vote[..], &["--account", "bob"]].concat());
    assert_eq!(cast["votes"], format!("12{}", "0".repeat(21)));
    studio.daedal(&vote).ends(0);
    // Nobody draws by a vote that is not carried out.
    let draw = ["treasury", "draw", "tide", "--account", "ada"];
    refuses(studio, &draw, "may draw 0 TESTUSD");
    forward(studio, anvil, "6d");
    studio.daedal(&["govern", "queue", "tide", "1"]).ends(0);
    forward(studio, anvil, "25h");
    studio.daedal(&["govern", "execute", "tide", "1"]).ends(0);
}

/// What each run has cost by the ledger, in micro-dollars, the newest first.
fn costs(studio: &Studio) -> Vec<u64> {
    let ledger = json(studio, &["ledger", "tide"]);
    let costs = ledger["costs"].as_array().unwrap().iter();
    costs
        .map(|cost| cost["usd_micros"].as_u64().unwrap())
        .collect()
}

fn whole(studio: &Studio, anvil: Option<&Anvil>) {
    raised(studio, anvil);
    studio.daedal(&["run", "-q"]).ends(0);
    let first = costs(studio)[0];
    assert!(first > 2, "{first}");
    // What the first run has cost, and all but a unit of it again.
    let allowance = 2 * first - 1;
    allowed(studio, anvil, &format!("{} USDC", dollars(allowance)));

    let draw = ["treasury", "draw", "tide", "--account", "ada"];
    let before = json(studio, &["treasury", "show", "tide"]);
    assert_eq!(before["open_usd_micros"], first);
    let drawn = json(studio, &draw);
    assert_eq!(drawn["drawn"].as_array().unwrap().len(), 1);
    assert_eq!(drawn["drawn"][0]["amount"], first.to_string());
    // It went to ada, out of the treasury, and to the last unit.
    let left = 60_000_000 - first;
    let after = json(studio, &["treasury", "show", "tide"]);
    assert_eq!(after["has"]["TESTUSD"], left.to_string());
    assert_eq!(after["open_usd_micros"], 0);
    assert_eq!(after["allowances"][0]["drawn"], first.to_string());
    assert_eq!(after["draws"][0]["amount"], first.to_string());
    let again = json(studio, &draw);
    assert_eq!(again["drawn"].as_array().unwrap().len(), 0);

    // What is left of the allowance is a unit less than was drawn, and not a unit more can be drawn.
    let buy = |amount: u64| {
        let amount = format!("{} USDC", dollars(amount));
        let args = ["treasury", "draw", "tide", &amount, "--for", "a dataset"];
        studio.daedal(&[&args[..], &["--account", "ada"]].concat())
    };
    let more = buy(first).ends(1);
    let words = format!("may draw {} TESTUSD", dollars(first - 1));
    assert!(more.err.contains(&words), "{words}: {}", more.err);
    buy(first - 1).ends(0);
    let none = buy(1).ends(1);
    assert!(none.err.contains("may draw 0 TESTUSD"), "{}", none.err);
    // Nor by anybody else.
    let foreign = ["treasury", "draw", "tide", "0.000001 USDC", "--for", "me"];
    refuses(studio, &foreign, "may draw 0 TESTUSD");

    // A second run costs, too, and waits for the next period.
    studio.daedal(&["run", "-q", "--seed", "other"]).ends(0);
    let second = costs(studio)[0];
    assert!(second > 0);
    let shown = json(studio, &["treasury", "show", "tide"]);
    assert_eq!(shown["open_usd_micros"], second);
    assert_eq!(
        shown["has"]["TESTUSD"],
        (60_000_000 - allowance).to_string()
    );
    refuses(studio, &draw, "may draw 0 TESTUSD");
    // Nobody has counted any of it as revenue.
    let shares = json(studio, &["shares", "tide"]);
    assert_eq!(shares["revenue"][0]["gross"], "0");
}

#[test]
fn an_offering_pays_for_runs_within_what_was_voted_on_the_embedded_chain() {
    let studio = studio();
    studio.daedal(&["register"]).ends(0);
    studio
        .daedal(&["chain", "fund", "bob", "1000 USDC"])
        .ends(0);
    whole(&studio, None);
}

#[test]
fn an_offering_pays_for_runs_within_what_was_voted_on_anvil() {
    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let mut studio = studio();
    let listed = json(&studio, &["account", "list"]);
    let accounts = listed.as_array().unwrap();
    for account in accounts {
        fund(&anvil, account["address"].as_str().unwrap(), 100);
    }
    studio.use_chain(Some(&anvil.url));
    let made = json(&studio, &["chain", "deploy", "--test-money"]);
    let bob = accounts.iter().find(|account| account["name"] == "bob");
    let bob = bob.unwrap()["address"].as_str().unwrap();
    let asset = made["contracts"]["asset"].as_str().unwrap();
    mint_dollars(&anvil, asset, bob, 1_000_000_000);
    studio.daedal(&["register"]).ends(0);
    whole(&studio, Some(&anvil));
}
