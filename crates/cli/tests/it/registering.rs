//! What a registration takes, and what it refuses before anything is on the chain.

use serde_json::{Value, json};

use crate::studio::{Studio, Told};

const OTHER: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const THIRD: &str = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";

/// A studio whose process may become a token.
fn ready(token: &str) -> Studio {
    let studio = Studio::tide();
    studio.edit("outputs:", &format!("token: {{ {token} }}\noutputs:"));
    studio.account();
    studio.daedal(&["lock"]).ends(0);
    studio
}

/// Adds a process `name` with so much royalty to a studio.
fn beside(studio: &Studio, name: &str, royalty: &str, more: &str) {
    let text = format!(
        "daedal: v1\nname: {name}\ntoken: {{ shares: {{ creator: 100% }}, royalty: {royalty} }}\n{more}\
         steps:\n  say: {{ uses: template, with: {{ text: \"{name}\" }} }}\n\
         outputs: {{ say: \"{{{{ steps.say }}}}\" }}\n"
    );
    studio.write(&format!("{name}/process.yaml"), text);
    studio.daedal(&["lock", name]).ends(0);
}

fn json_of(studio: &Studio, args: &[&str]) -> Value {
    studio.daedal(&[args, &["--json"]].concat()).ends(0).json()
}

fn block(studio: &Studio) -> Value {
    json_of(studio, &["chain", "status"])["block"].clone()
}

#[track_caller]
fn says(told: Told, words: &[&str]) {
    let told = told.ends(1);
    for word in words {
        assert!(told.err.contains(word), "{word:?} is not in\n{}", told.err);
    }
}

#[test]
fn a_registration_that_cannot_be_leaves_no_contracts() {
    let studio = ready("shares: { creator: 100% }, royalty: 5%");
    for (flags, words) in [
        (&["--royalty", "51%"][..], &["royalty of 51%", "50%"][..]),
        (&["--royalty", "5"], &["`5` is not a percentage"]),
        (&["--holder", "creator=60%"], &["sum to 60 %"]),
        (&["--holder", "creator"], &["`creator` names no part"]),
        (&["--holder", "0x12=100%"], &["`0x12` is not an address"]),
        (
            &["--upstream", "the sea"],
            &["`the sea` is no work", "CAIP-19"],
        ),
        (&["--upstream", "99"], &["there is no work 99"]),
        (
            &["--upstream", "eip155:1/erc721:0x12/7"],
            &["there is no work"],
        ),
    ] {
        says(studio.daedal(&[&["register"], flags].concat()), words);
        assert!(!studio.path().join(".daedal/chain/chain.redb").exists() || block(&studio) == 0);
    }
    says(
        studio.daedal(&["publish"]),
        &["not registered", "daedal register"],
    );
    assert_eq!(block(&studio), 0, "publishing makes no contracts either");
    let wrong = studio.write("wrong", "not the password");
    let mut command = studio.command(&["register"]);
    command.env("DAEDAL_PASSWORD_FILE", wrong);
    says(Told::from(command.output().unwrap()), &["password"]);
    assert_eq!(json_of(&studio, &["register"])["work"], 1);
}

#[test]
fn flags_of_a_second_registration_agree_or_are_refused() {
    let studio = ready("shares: { creator: 100% }, royalty: 5%");
    beside(&studio, "spring", "2%", "");
    assert_eq!(json_of(&studio, &["register", "spring"])["work"], 1);
    let half = format!("{OTHER}=50%");
    let flags = [
        "--holder",
        "creator=50%",
        "--holder",
        &half,
        "--royalty",
        "7%",
        "--upstream",
        "1",
    ];
    let register = [&["register"][..], &flags].concat();
    assert_eq!(json_of(&studio, &register)["registered_before"], false);
    let height = block(&studio);
    // Shares that change hands change nothing of what was registered.
    assert_eq!(json_of(&studio, &register)["registered_before"], true);
    assert_eq!(json_of(&studio, &["register"])["registered_before"], true);
    let third = format!("{THIRD}=50%");
    for (flags, words) in [
        (
            &["--royalty", "6%"][..],
            &["with a royalty of 7%, not of 6%", "leave --royalty away"][..],
        ),
        (&["--holder", "creator=100%"], &["other holders", OTHER]),
        (
            &["--holder", "creator=50%", "--holder", &third],
            &["other holders"],
        ),
        (&["--upstream", "2"], &["without work 2 upstream"]),
        (
            &["--royalty", "6%", "--holder", "creator=100%"],
            &["royalty of 7%", "other holders"],
        ),
    ] {
        says(studio.daedal(&[&["register"], flags].concat()), words);
    }
    assert_eq!(block(&studio), height);
}

#[test]
fn works_upstream_are_owed_what_they_asked() {
    let studio = ready("shares: { creator: 100% }, royalty: 5%");
    beside(&studio, "spring", "30%", "");
    beside(&studio, "neap", "2.5%", "");
    beside(&studio, "ebb", "20%", "");
    let spring = json_of(&studio, &["register", "spring"]);
    let token = spring["token"].as_str().unwrap();
    // By its CAIP-19 name in the process, and another one by a flag.
    beside(
        &studio,
        "neap",
        "2.5%",
        &format!("upstream: [ {{ work: \"{token}\" }} ]\n"),
    );
    assert_eq!(json_of(&studio, &["register", "neap"])["work"], 2);
    let register = ["register", "--upstream", "2", "--upstream", "1"];
    assert_eq!(json_of(&studio, &register)["work"], 3);
    let shown = json_of(&studio, &["show", "tide"]);
    // What stands above a work upstream stands above this one, once.
    assert_eq!(shown["stack_bps"], 3_250);
    let mut stack = shown["upstream"].as_array().unwrap().clone();
    stack.sort_by_key(|owed| owed["work"].as_u64());
    assert_eq!(
        stack,
        [
            json!({ "work": 1, "bps": 3_000 }),
            json!({ "work": 2, "bps": 250 })
        ]
    );
    let told = studio.daedal(&["show", "tide"]).ends(0);
    assert!(told.out.contains("30% to work 1"), "{}", told.out);
    // More than half of what a work earns can't be owed.
    assert_eq!(json_of(&studio, &["register", "ebb"])["work"], 4);
    beside(&studio, "flood", "1%", "");
    let height = block(&studio);
    let greedy = [
        "register",
        "flood",
        "--upstream",
        "1",
        "--upstream",
        "4",
        "--upstream",
        "2",
    ];
    says(
        studio.daedal(&greedy),
        &["ask for 52.50% together", "50% at most"],
    );
    says(
        studio.daedal(&["register", "flood", "--upstream", "99"]),
        &["there is no work 99"],
    );
    assert_eq!(block(&studio), height);
    assert_eq!(json_of(&studio, &["register", "flood"])["work"], 5);
}

#[test]
fn governed_dials_are_registered_with_their_bounds() {
    let studio = ready("shares: { creator: 100% }, royalty: 5%");
    let dials = "parameters:\n  warmth: { type: number, min: -1, max: 1.5, default: 0.35, governed: true, max_step: 0.1, cooldown: 1d }\n\
                 \x20 rows: { type: integer, min: 1, max: 9, default: 4, governed: true }\n\
                 \x20 paper: { type: choice, of: [ laid, wove ], default: wove, governed: true }\n\
                 \x20 loose: { type: number, min: 0, max: 1, default: 0.5 }\n";
    studio.edit("steps:\n  words", &format!("{dials}steps:\n  words"));
    studio.daedal(&["lock"]).ends(0);
    studio.daedal(&["register"]).ends(0);
    let shown = json_of(&studio, &["show", "tide"]);
    let mut dials = shown["parameters"].as_array().unwrap().clone();
    dials.sort_by_key(|dial| dial["name"].to_string());
    let dial = |name: &str, value: &str, min: &str, max: &str, step: &str, cooldown: u32| json!({ "name": name, "value": value, "min": min, "max": max, "max_step": step, "cooldown_s": cooldown });
    assert_eq!(
        dials,
        [
            dial("paper", "1", "0", "1", "1", 0),
            dial("rows", "4", "1", "9", "8", 0),
            dial("warmth", "0.35", "-1", "1.5", "0.1", 86_400),
        ]
    );
    let told = studio.daedal(&["show", "tide"]).ends(0);
    let line = "dial       warmth 0.35, from -1 to 1.5, by 0.1 at most every 24 h 0 min";
    assert!(told.out.contains(line), "{}", told.out);
}

#[test]
fn a_chain_that_another_process_has_open_is_not_touched() {
    let studio = ready("shares: { creator: 100% }, royalty: 5%");
    studio.daedal(&["register"]).ends(0);
    let account = studio.account().parse().unwrap();
    let coins = alloy_primitives::U256::from(1_000_000)
        * alloy_primitives::U256::from(10).pow(alloy_primitives::U256::from(18));
    let genesis = daedal_chain::embedded::Genesis::of(account, coins);
    let folder = studio.path().join(".daedal/chain");
    let held = daedal_chain::Chain::open(&folder, &genesis, "a test that holds it").unwrap();
    says(studio.daedal(&["publish"]), &["a test that holds it"]);
    held.close();
    drop(held);
    assert_eq!(json_of(&studio, &["publish"])["published_before"], true);
}

#[test]
fn holders_and_works_upstream_are_named_as_the_studio_knows_them() {
    let studio = ready("shares: { creator: 100% }, royalty: 5%");
    studio.daedal(&["account", "new", "ada"]).ends(0);
    beside(&studio, "spring", "2%", "");
    assert_eq!(json_of(&studio, &["register", "spring"])["work"], 1);
    says(
        studio.daedal(&["register", "--holder", "eve=100%"]),
        &["no account `eve`", "it has ada"],
    );
    says(
        studio.daedal(&["register", "--upstream", "autumn"]),
        &["`autumn` is no registered process of this studio"],
    );
    let flags = [
        "--holder",
        "creator=60%",
        "--holder",
        "ada=40%",
        "--upstream",
        "spring",
    ];
    let register = [&["register"][..], &flags].concat();
    let looked = json_of(&studio, &[&register[..], &["--dry-run"]].concat());
    assert!(looked["gas"].as_u64().unwrap() > 100_000, "{looked}");
    assert_eq!(looked["royalty_bps"], 500);
    assert_eq!(
        looked["upstream"],
        json!([{ "work": 1, "bps": 200, "named": true }])
    );
    let told = studio.daedal(&[&register[..], &["--dry-run"]].concat());
    let told = told.ends(0).out;
    for words in ["royalty  5%", "work 1 gets 2%", "40%"] {
        assert!(told.contains(words), "{words:?} is not in\n{told}");
    }
    assert_eq!(json_of(&studio, &register)["work"], 2);
    let ada = crate::economy::address(&studio, "ada");
    let holders = json_of(&studio, &["shares", "tide"])["holders"].clone();
    assert_eq!(holders[1]["address"], ada.as_str());
    assert_eq!(holders[1]["shares"], format!("4{}", "0".repeat(23)));
    assert_eq!(
        json_of(&studio, &["show", "tide"])["upstream"][0]["work"],
        1
    );
    // Asked again, nothing is to be done, and it is said why.
    let again = studio.daedal(&[&register[..], &["--dry-run"]].concat());
    let again = again.ends(0).out;
    assert!(again.contains("nothing to do: it is work 2"), "{again}");
}

#[test]
fn what_registering_would_do_is_told_where_there_is_no_studio_yet() {
    let studio = ready("shares: { creator: 100% }, royalty: 5%");
    std::fs::remove_dir_all(studio.path().join(".daedal")).unwrap();
    let told = studio.daedal(&["register", "--dry-run"]).ends(0).out;
    assert!(told.contains("make an account for the studio"), "{told}");
    std::fs::remove_file(studio.path().join("daedal.toml")).unwrap();
    let register = ["register", "--dry-run", "--json", "--upstream", "7"];
    let looked = studio.daedal(&register).ends(0).json();
    assert_eq!(looked["acts"].as_array().unwrap().len(), 3, "{looked}");
    assert_eq!(looked["holders"][0]["holder"], "creator");
    assert_eq!(looked["upstream"], json!(["7"]));
    assert!(!studio.path().join("daedal.toml").exists());
    assert!(!studio.path().join(".daedal").exists());
}
