//! Runs that a client orders and pays for, from the command line.

use serde_json::{Value, json};

use crate::studio::Studio;

/// What a commission costs here, in wei.
pub(crate) const PRICE: u64 = 40_000_000_000_000_001;
const TOLD: &str = "0.040000000000000001 ETH";

/// A studio whose process takes an input and a parameter, and is registered; `settings` go to its choice.
pub(crate) fn registered(studio: &Studio, settings: &str) {
    studio.edit("count: 12", "count: 3");
    studio.edit("keep: 2 }", &format!("keep: 2{settings} }}"));
    studio.edit(
        "steps:",
        "inputs: { name: { type: text, default: Tide } }\n\
         parameters:\n\
           \x20 width: { type: integer, min: 100, max: 400, default: 320 }\n\
           \x20 height: { type: number, min: 0.5, max: 2, default: 0.75, governed: true }\n\
         license: CC-BY-NC-4.0\nsteps:",
    );
    studio.edit("width: 320", "width: \"{{ parameters.width }}\"");
    studio.edit("{{ steps.words.title }}", "{{ inputs.name }}");
    studio.edit(
        "outputs:",
        "token: { shares: { creator: 100% }, royalty: 5% }\noutputs:",
    );
    for args in [&["account"][..], &["lock"], &["register"]] {
        studio.daedal(args).ends(0);
    }
}

/// The same with a client, who has coins, and an arbiter.
pub(crate) fn with_client(settings: &str) -> Studio {
    let studio = Studio::tide();
    registered(&studio, settings);
    for args in [
        &["account", "new", "ada"][..],
        &["account", "new", "bob"],
        &["pay", "tide", "1 ETH"],
        &["claim", "tide", "--to", "ada"],
    ] {
        studio.daedal(args).ends(0);
    }
    studio
}

/// Ada orders; gives the commission.
pub(crate) fn open(studio: &Studio, args: &[&str]) -> String {
    let order = ["commission", "open", "tide", TOLD, "--account", "ada"];
    // Each in the place of the one before.
    let place = studio.path().join("order.json");
    if place.exists() {
        std::fs::remove_file(&place).unwrap();
    }
    let rest = [
        "--arbiter",
        "bob",
        "--another",
        "--out",
        "order.json",
        "--json",
    ];
    let opened = studio.daedal(&[&order, args, &rest].concat()).ends(0);
    opened.json()["commission"].as_str().unwrap().to_owned()
}

fn step(studio: &Studio, what: &str, id: &str, account: &str) -> Value {
    let args = ["commission", what, id, "--account", account, "--json"];
    studio.daedal(&args).ends(0).json()
}

#[track_caller]
fn refused(studio: &Studio, args: &[&str], why: &str) {
    let told = studio.daedal(&[&["commission"], args].concat()).ends(1);
    assert!(told.err.contains(why), "{args:?}: {}", told.err);
    assert!(told.err.contains("help:"), "{args:?}: {}", told.err);
}

/// Own revenue of the work in a coin, in its smallest unit.
pub(crate) fn revenue(studio: &Studio, coin: &str) -> u128 {
    let shares = studio.daedal(&["shares", "tide", "--json"]).ends(0).json();
    let mut books = shares["revenue"].as_array().unwrap().iter();
    let book = books.find(|book| book["coin"] == coin).unwrap();
    book["gross"].as_str().unwrap().parse().unwrap()
}

fn gross(studio: &Studio) -> u128 {
    revenue(studio, "ETH")
}

#[test]
fn what_is_ordered_is_delivered_and_accepted_once() {
    let studio = with_client("");
    let before = gross(&studio);
    let dry = [
        "commission",
        "open",
        "tide",
        TOLD,
        "--arbiter",
        "bob",
        "--account",
        "ada",
    ];
    let looked = studio.daedal(&[&dry[..], &["--dry-run", "--json"]].concat());
    assert!(looked.ends(0).json()["gas"].as_u64().unwrap() > 50_000);
    let none = studio.daedal(&["commission", "list", "--json"]).ends(0);
    assert_eq!(none.json(), json!([]), "to look is not to order");

    let id = open(&studio, &["--input", "name=Ebb", "--set", "width=200"]);
    let listed = studio
        .daedal(&["commission", "list", "--json"])
        .ends(0)
        .json();
    assert_eq!(listed[0]["you_are"], "operator");
    assert_eq!(listed[0]["waits_for"], "the work's operator");
    let short = &id[2..10];
    let shown = studio.daedal(&["commission", "show", short, "--json"]);
    let shown = shown.ends(0).json();
    assert_eq!(shown["order"]["inputs"], json!({ "name": "Ebb" }));
    assert_eq!(
        shown["order"]["parameters"],
        json!({ "height": 0.75, "width": 200 })
    );

    refused(
        &studio,
        &["accept", &id, "--account", "ada"],
        "can't be accepted: it is funded",
    );
    refused(&studio, &["accept", &id], "only the client of commission");
    refused(&studio, &["settle", &id], "can't be settled");
    refused(
        &studio,
        &["refund", &id, "--account", "ada"],
        "can't be refunded",
    );
    refused(
        &studio,
        &["deliver", &id, "--account", "bob"],
        "does not operate work 1",
    );
    refused(&studio, &["deliver", "0xffff"], "there is no commission");

    // Files that have been changed since do not matter: the ordered version runs.
    studio.edit("count: 3", "count: 5");
    let looked = studio
        .daedal(&["commission", "deliver", &id, "--dry-run"])
        .ends(0);
    assert!(looked.out.contains("\"name\":\"Ebb\""), "{}", looked.out);
    let looked = studio.daedal(&["commission", "deliver", &id, "--dry-run", "--json"]);
    let looked = looked.ends(0).json();
    let gas = |act: usize| looked["acts"][act]["gas"].as_u64().unwrap_or_default();
    // Its anchor, and its submission, which needs the anchor.
    assert!(gas(0) > 40_000 && gas(1) > 40_000, "{looked}");
    let delivered = studio.daedal(&["commission", "deliver", &id, "--json"]);
    let delivered = delivered.ends(0).json();
    assert_eq!(delivered["state"], "submitted");
    let pieces = delivered["released"]["pieces"].as_array().unwrap();
    assert_eq!(pieces.len(), 2);
    let run = delivered["released"]["run"].as_str().unwrap();
    let of_run = studio.daedal(&["runs", run, "--json"]).ends(0).json();
    assert_eq!(of_run["inputs"], json!({ "name": "Ebb" }), "{of_run}");
    let again = studio.daedal(&["commission", "deliver", &id, "--json"]);
    assert_eq!(again.ends(0).json()["delivered_before"], true);

    // The anchor says who paid, and for which commission.
    let proof = anchor_of(&studio);
    assert_eq!(proof["run"]["paymentNonce"], id.as_str());
    let client = delivered["client"].as_str().unwrap();
    assert!(client.eq_ignore_ascii_case(proof["run"]["payer"].as_str().unwrap()));

    assert_eq!(step(&studio, "accept", &id, "ada")["state"], "completed");
    assert_eq!(step(&studio, "accept", &id, "ada")["done_before"], true);
    assert_eq!(gross(&studio) - before, u128::from(PRICE));
    refused(&studio, &["settle", &id], "every commission ends once");
    refused(
        &studio,
        &["dispute", &id, "--account", "ada"],
        "every commission ends once",
    );
    refused(
        &studio,
        &["deliver", &id, "--order", "process.yaml"],
        "is no order",
    );
}

/// The proof of the only anchor that was published.
fn anchor_of(studio: &Studio) -> Value {
    let files = crate::studio::files_below(&studio.path().join("site"));
    let mut proofs = files
        .iter()
        .filter(|(name, _)| name.ends_with("anchor.json"));
    let (_, bytes) = proofs.next().unwrap();
    assert!(proofs.next().is_none());
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn late_undisputed_and_disputed_runs_end_as_they_were_ordered() {
    let studio = with_client("");
    let mut due = gross(&studio);
    let forward = |time: &str| drop(studio.daedal(&["time", time]).ends(0));

    let late = open(&studio, &["--deadline", "1d"]);
    forward("25h");
    refused(
        &studio,
        &["deliver", &late],
        "the time is over; anyone may refund",
    );
    assert_eq!(step(&studio, "refund", &late, "bob")["state"], "expired");
    assert_eq!(step(&studio, "refund", &late, "bob")["done_before"], true);

    let silent = open(&studio, &["--input", "name=a"]);
    studio.daedal(&["commission", "deliver", &silent]).ends(0);
    refused(&studio, &["settle", &silent], "can't be settled");
    forward("49h");
    refused(
        &studio,
        &["dispute", &silent, "--account", "ada"],
        "can't be disputed",
    );
    assert_eq!(
        step(&studio, "settle", &silent, "bob")["state"],
        "completed"
    );
    due += u128::from(PRICE);
    assert_eq!(gross(&studio), due);

    let decided = open(&studio, &["--input", "name=b"]);
    studio.daedal(&["commission", "deliver", &decided]).ends(0);
    let reason = [
        "commission",
        "dispute",
        &decided,
        "--account",
        "ada",
        "--reason",
        "dark",
    ];
    studio.daedal(&reason).ends(0);
    refused(
        &studio,
        &["decide", &decided, "37%"],
        "only the arbiter of commission",
    );
    let decide = ["commission", "decide", &decided, "37%", "--account", "bob"];
    studio.daedal(&decide).ends(0);
    due += u128::from(PRICE) * 37 / 100;
    assert_eq!(gross(&studio), due);

    let split = open(&studio, &["--input", "name=c", "--split", "25%"]);
    studio.daedal(&["commission", "deliver", &split]).ends(0);
    step(&studio, "dispute", &split, "ada");
    assert_eq!(step(&studio, "dispute", &split, "ada")["done_before"], true);
    forward("8d");
    refused(
        &studio,
        &["decide", &split, "90%", "--account", "bob"],
        "can't be decided",
    );
    assert_eq!(step(&studio, "settle", &split, "ada")["state"], "completed");
    due += u128::from(PRICE) * 25 / 100;
    assert_eq!(gross(&studio), due);

    let given_back = open(&studio, &["--input", "name=d"]);
    assert_eq!(
        step(&studio, "refund", &given_back, "studio")["state"],
        "expired"
    );
    let all = studio
        .daedal(&["commission", "list", "tide", "--json"])
        .ends(0)
        .json();
    let states: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    let expected = ["expired", "completed", "completed", "completed", "expired"];
    assert_eq!(states, expected);
    let nothing = studio.daedal(&["commission", "withdraw"]).ends(0);
    assert!(
        nothing.out.contains("nothing is credited"),
        "{}",
        nothing.out
    );
}

#[test]
fn a_delivery_waits_for_a_person_and_goes_on() {
    let studio = with_client(", decider: human");
    let id = open(&studio, &[]);
    let waits = studio.daedal(&["commission", "deliver", &id]).ends(3);
    assert!(
        waits.err.contains("daedal commission deliver"),
        "{}",
        waits.err
    );
    studio.daedal(&["commission", "deliver", &id]).ends(3);
    studio
        .daedal(&["choose", "latest", "pick", "1", "3"])
        .ends(0);
    studio.daedal(&["commission", "deliver", &id]).ends(0);
    let runs = studio.daedal(&["runs", "--json"]).ends(0).json();
    assert_eq!(runs.as_array().unwrap().len(), 1, "{runs}");
}

#[test]
fn orders_that_cannot_be_meant_are_told() {
    let studio = with_client("");
    let with = |args: &[&str], why: &str| {
        let order = ["commission", "open", "tide", TOLD, "--account", "ada"];
        let told = studio.daedal(&[&order, args].concat()).ends(1);
        assert!(told.err.contains(why), "{args:?}: {}", told.err);
    };
    with(&["--arbiter", "eve"], "no account `eve`");
    with(&["--arbiter", "bob", "--version", "7"], "has no version 7");
    with(
        &["--arbiter", "bob", "--deadline", "2020-01-01"],
        "is over on this chain",
    );
    with(
        &["--arbiter", "bob", "--window", "soon"],
        "is not a duration",
    );
    with(
        &["--arbiter", "bob", "--split", "half"],
        "is not a percentage",
    );
    with(
        &["--arbiter", "bob", "--input", "nam=x"],
        "there is no input `nam`",
    );
    with(&["--arbiter", "bob", "--set", "width=4"], "width");
    with(
        &["--arbiter", "bob", "--set", "height=1"],
        "votes decide `height`: it stands at 0.75",
    );
    with(
        &["--arbiter", "bob", "--authorize"],
        "can't be paid by a signature",
    );
    let poor = [
        "commission",
        "open",
        "tide",
        "2 ETH",
        "--account",
        "ada",
        "--arbiter",
        "bob",
    ];
    let poor = studio.daedal(&poor).ends(1);
    assert!(
        poor.err.contains("which is less than 2 ETH"),
        "{}",
        poor.err
    );
}
