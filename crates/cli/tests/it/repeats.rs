//! What is asked twice is told as what it is: done before, or done once more.

use daedal_store::ports::Document;
use daedal_store::{OpenMode, Studio as Store};
use serde_json::{Value, json};

use crate::chains::Elsewhere;
use crate::studio::Studio;

/// A registered process whose creator and `ada` have money.
fn studio() -> Studio {
    let studio = Studio::tide();
    studio.edit("outputs:", "token: { shares: { creator: 100% } }\noutputs:");
    for args in [
        &["account"][..],
        &["account", "new", "ada"],
        &["lock"],
        &["register"],
        &["chain", "fund", "ada", "1000 USDC"],
    ] {
        studio.daedal(args).ends(0);
    }
    studio
}

fn json(studio: &Studio, args: &[&str]) -> Value {
    studio.daedal(&[args, &["--json"]].concat()).ends(0).json()
}

#[test]
fn a_text_that_was_drawn_for_before_is_told_and_shown() {
    let studio = studio();
    let opened = json(&studio, &["treasury", "open", "tide"]);
    let treasury = opened["treasury"].as_str().unwrap();
    studio
        .daedal(&["chain", "fund", treasury, "900 USDC"])
        .ends(0);
    let draw = [
        "treasury",
        "draw",
        "tide",
        "10 USDC",
        "--for",
        "data",
        "--account",
        "ada",
    ];
    let nobody = studio.daedal(&draw).ends(1).err;
    assert!(nobody.contains("nobody may draw yet"), "{nobody}");
    json(
        &studio,
        &["treasury", "allow", "tide", "ada", "15 USDC", "--per", "7d"],
    );
    let stranger = studio.daedal(&draw[..6]).ends(1).err;
    assert!(stranger.contains("these may draw: 0x"), "{stranger}");
    assert_eq!(json(&studio, &draw)["drawn"][0]["drawn_for_before"], 0);
    let more = studio.daedal(&draw).ends(1).err;
    assert!(more.contains("the next period begins"), "{more}");
    studio.daedal(&["time", "8d"]).ends(0);
    let again = studio.daedal(&draw).ends(0).out;
    assert!(again.contains("it was drawn for before: 1 draw"), "{again}");
    let shown = json(&studio, &["treasury", "show", "tide"]);
    let purposes: Vec<&Value> = shown["draws"]
        .as_array()
        .unwrap()
        .iter()
        .map(|draw| &draw["for"])
        .collect();
    assert_eq!(purposes, ["\"data\"", "\"data\""]);
}

#[test]
fn a_listing_is_taken_back_once_and_what_is_sold_is_not() {
    let studio = studio();
    let list = [
        "market", "list", "tide", "30 USDC", "--shares", "300", "--yes",
    ];
    assert_eq!(json(&studio, &list)["listing"], 1);
    let buy = |count: &'static str| {
        let buy = [
            "market",
            "buy",
            "1",
            "--account",
            "ada",
            "--yes",
            "--shares",
            count,
        ];
        studio.daedal(&buy).ends(0);
    };
    buy("293");
    let shown = studio.daedal(&["market", "show"]).ends(0).out;
    let left = "7 shares left of 300 of work 1, for 0.7 TESTUSD together (all of it was listed for 30 TESTUSD)";
    assert!(shown.contains(left), "{shown}");
    assert_eq!(
        json(&studio, &["market", "show"])[0]["price_of_left"],
        "700000"
    );
    buy("7");
    let sold = studio.daedal(&["market", "cancel", "1"]).ends(1).err;
    assert!(sold.contains("listing 1 is sold"), "{sold}");
    assert_eq!(json(&studio, &list)["listing"], 2);
    assert_eq!(
        json(&studio, &["market", "cancel", "2"])["cancelled_before"],
        false
    );
    assert_eq!(
        json(&studio, &["market", "cancel", "2"])["cancelled_before"],
        true
    );
    let states: Vec<String> = json(&studio, &["market", "show", "--all"])
        .as_array()
        .unwrap()
        .iter()
        .map(|listing| listing["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states, ["sold", "taken back"]);
    let gone = ["market", "buy", "2", "--account", "ada", "--yes"];
    let gone = studio.daedal(&gone).ends(1).err;
    assert!(gone.contains("listing 2 is taken back"), "{gone}");
}

#[test]
fn what_is_offered_on_the_same_terms_is_told_and_another_is_asked_for() {
    let studio = studio();
    let offer = [
        "offer", "create", "tide", "--lots", "4", "--lot", "1000", "--price", "5 USDC", "--yes",
    ];
    let offer = |more: &[&str]| json(&studio, &[&offer[..], &["--until", "7d"], more].concat());
    let made = |more: &[&str]| {
        let told = offer(more);
        (told["offering"].clone(), told["made_before"] == true)
    };
    assert_eq!(made(&[]), (1.into(), false));
    assert_eq!(made(&[]), (1.into(), true));
    let looked = offer(&["--dry-run"]);
    assert_eq!(looked["acts"], serde_json::json!([]), "{looked}");
    let why = looked["because"].as_str().unwrap();
    assert!(why.contains("--another"), "{why}");
    // Other terms are another offering, and as much is offered again if that is meant.
    assert_eq!(made(&["--min", "2"]), (2.into(), false));
    assert_eq!(made(&["--another"]), (3.into(), false));
    // What is over does not stand in the way.
    studio.daedal(&["time", "8d"]).ends(0);
    assert_eq!(made(&[]), (4.into(), false));
    let end = ["offer", "finalize", "1"];
    assert_eq!(json(&studio, &end)["ended_before"], false);
    let again = studio.daedal(&end).ends(0).out;
    assert!(again.contains("was ended before: it failed"), "{again}");
    let list = [
        "market", "list", "tide", "30 USDC", "--shares", "300", "--yes",
    ];
    let list = |more: &[&str]| {
        let told = json(&studio, &[&list[..], more].concat());
        (told["listing"].clone(), told["listed_before"] == true)
    };
    assert_eq!(list(&[]), (1.into(), false));
    assert_eq!(list(&[]), (1.into(), true));
    assert_eq!(list(&["--another"]), (2.into(), false));
}

#[test]
fn contracts_that_were_there_are_not_said_to_be_made() {
    let mut studio = Studio::tide();
    let chain = Elsewhere::of(&studio.account());
    studio.use_chain(Some(&chain.honest()));
    let deploy = ["chain", "deploy", "--test-money"];
    let made = studio.daedal(&deploy).ends(0).out;
    assert!(made.contains("the contracts are made"), "{made}");
    let again = studio.daedal(&deploy).ends(0).out;
    assert!(again.contains("were there already"), "{again}");
    let again = json(&studio, &deploy);
    assert_eq!(again["made_before"], true);
    assert_eq!(chain.height(), 12);
}

#[test]
fn what_has_nothing_to_do_says_why() {
    let studio = studio();
    for (args, why) in [
        (
            &["claim", "tide", "--account", "ada"][..],
            "has nothing to claim of work 1",
        ),
        (&["collect", "tide"], "owes nothing upstream"),
    ] {
        studio.daedal(args).ends(0);
        let looked = studio.daedal(&[args, &["--dry-run"]].concat()).ends(0).out;
        assert!(looked.contains("nothing to do: "), "{looked}");
        assert!(looked.contains(why), "{looked}");
        let looked = json(&studio, &[args, &["--dry-run"]].concat());
        assert!(
            looked["because"].as_str().unwrap().contains(why),
            "{looked}"
        );
    }
    let shares = json(&studio, &["shares", "tide"])["shares"].clone();
    let lost = ["transfer", "tide", "40%", shares.as_str().unwrap()];
    let lost = studio.daedal(&lost).ends(1).err;
    assert!(lost.contains("daedal pay"), "{lost}");
}

/// Has the studio forget that acts of this kind were done, as a kill between the answer of the chain and the note of it
/// does.
fn forget(studio: &Studio, kind: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let opened = Store::open(studio.path(), OpenMode::write("the test"));
        let opened = opened.await.unwrap();
        let notes = opened.records.list("turn").await.unwrap();
        let notes = notes.into_iter().filter(|(name, _)| name.contains(kind));
        let notes: Vec<Document> = notes
            .map(|(name, _)| Document::of("turn", name, &0))
            .collect();
        assert!(!notes.is_empty(), "{kind}");
        opened.records.put(notes).await.unwrap();
        opened.close().await.unwrap();
    });
}

#[test]
fn what_a_killed_command_had_done_is_not_the_answer_to_what_is_asked_later() {
    let studio = studio();
    let delegate = |to: &str| {
        json(&studio, &["govern", "delegate", "tide", to]);
        // The chain has it: there is nothing left to do.
        let dry = json(&studio, &["govern", "delegate", "tide", to, "--dry-run"]);
        assert_eq!(dry["acts"], json!([]), "{to}");
    };
    delegate("ada");
    forget(&studio, "delegate:");
    delegate("creator");
    forget(&studio, "delegate:");
    delegate("ada");
    delegate("creator");
    let earn = |amount: &str| {
        json(&studio, &["pay", "tide", amount, "--account", "ada"]);
    };
    let claim = || json(&studio, &["claim", "tide"])["claimed"].clone();
    earn("5 USDC");
    let first = claim();
    forget(&studio, "claim:");
    assert_ne!(claim(), first, "nothing is left");
    earn("7 USDC");
    let second = claim();
    assert_ne!(second, first);
    let nothing = claim();
    let sums: u64 = [&second, &nothing]
        .iter()
        .flat_map(|claimed| claimed.as_object().unwrap().values())
        .map(|amount| amount.as_str().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(sums, 7_000_000);
}
