//! A client and an operator in studios of their own, on a chain that others run.

use serde_json::{Value, json};

use crate::chains::{Anvil, fund, mint_dollars};
use crate::commissions::{registered, revenue};
use crate::studio::Studio;

/// A client in a studio of its own, on the chain and the contracts of another.
fn elsewhere(studio: &Studio, anvil: &Anvil, contracts: &Value) -> Studio {
    let mut client = Studio::empty();
    let mut text = String::from("[chain]\n");
    for (name, address) in contracts.as_object().unwrap() {
        if let Some(address) = address.as_str() {
            text.push_str(&format!("{name} = \"{address}\"\n"));
        }
    }
    client.write("daedal.toml", text);
    client.use_chain(Some(&anvil.url));
    fund(anvil, &client.account(), 5);
    assert_ne!(client.account(), studio.account());
    client
}

#[test]
fn a_client_and_an_operator_in_studios_of_their_own_hand_over_a_file() {
    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let mut studio = Studio::tide();
    studio.use_chain(Some(&anvil.url));
    fund(&anvil, &studio.account(), 5);
    let made = studio
        .daedal(&["chain", "deploy", "--test-money", "--json"])
        .ends(0)
        .json();
    registered(&studio, "");
    let client = elsewhere(&studio, &anvil, &made["contracts"]);
    let arbiter = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    let place = studio.path().display().to_string();
    let base = [
        "commission",
        "open",
        "1",
        "--arbiter",
        arbiter,
        "-i",
        "name=Ebb",
        "--json",
    ];
    let unknown = client.daedal(&[&base[..], &["0.5 ETH"]].concat()).ends(1);
    assert!(unknown.err.contains("--from PROCESS"), "{}", unknown.err);

    // Paid in coins by the client itself.
    let rest = ["0.5 ETH", "--from", &place, "--out", "one.json"];
    let opened = client.daedal(&[&base[..], &rest].concat()).ends(0).json();
    let id = opened["commission"].as_str().unwrap();
    let without = studio.daedal(&["commission", "deliver", id]).ends(1);
    assert!(without.err.contains("--order FILE"), "{}", without.err);
    let order = std::fs::read_to_string(client.path().join("one.json")).unwrap();
    studio.write("changed.json", order.replace("Ebb", "Mud"));
    let changed = ["commission", "deliver", id, "--order", "changed.json"];
    let changed = studio.daedal(&changed).ends(1);
    assert!(
        changed
            .err
            .contains("the inputs of the order have the digest"),
        "{}",
        changed.err
    );
    studio.write("one.json", order);
    let args = ["commission", "deliver", id, "--order", "one.json", "--json"];
    let delivered = studio.daedal(&args).ends(0).json();
    assert_eq!(delivered["state"], "submitted");
    let accepted = client
        .daedal(&["commission", "accept", id, "--json"])
        .ends(0)
        .json();
    assert_eq!(accepted["state"], "completed");

    // Paid in dollars by a signature that the operator brings.
    let asset = made["contracts"]["asset"].as_str().unwrap();
    let signed = [
        "5.000001 USDC",
        "--from",
        &place,
        "--out",
        "two.json",
        "--authorize",
    ];
    let poor = client.daedal(&[&base[..], &signed].concat()).ends(1);
    assert!(poor.err.contains("which is less than"), "{}", poor.err);
    mint_dollars(&anvil, asset, &client.account(), 5_000_001);
    let opened = client.daedal(&[&base[..], &signed].concat()).ends(0).json();
    let id = opened["commission"].as_str().unwrap();
    let order = std::fs::read(client.path().join("two.json")).unwrap();
    studio.write("two.json", order);
    let early = ["commission", "deliver", id, "--order", "two.json"];
    let early = studio.daedal(&early).ends(1);
    assert!(
        early.err.contains("daedal commission bring"),
        "{}",
        early.err
    );
    for _ in 0..2 {
        studio.daedal(&["commission", "bring", "two.json"]).ends(0);
    }
    studio.daedal(&["commission", "deliver", id]).ends(0);
    let shown = client
        .daedal(&["commission", "show", id, "--json"])
        .ends(0)
        .json();
    assert_eq!(
        (&shown["amount"], &shown["state"]),
        (&json!("5000001"), &json!("submitted"))
    );
    client.daedal(&["commission", "accept", id]).ends(0);
    assert_eq!(revenue(&studio, "TESTUSD"), 5_000_001);
}

#[test]
fn a_file_that_an_input_is_given_comes_along_with_the_order() {
    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let mut studio = Studio::empty();
    studio.write(
        "process.yaml",
        "daedal: v1\nname: tide\ninputs: { photo: { type: asset, media_types: [image/svg+xml] } }\n\
         steps: { small: { uses: image, with: { image: \"{{ inputs.photo }}\", operations: [] } } }\n\
         token: { shares: { creator: 100% } }\noutputs: { picture: \"{{ steps.small }}\" }\n",
    );
    studio.use_chain(Some(&anvil.url));
    fund(&anvil, &studio.account(), 5);
    let deployed = ["chain", "deploy", "--test-money", "--json"];
    let made = studio.daedal(&deployed).ends(0).json();
    studio.daedal(&["lock"]).ends(0);
    studio.daedal(&["register"]).ends(0);
    let client = elsewhere(&studio, &anvil, &made["contracts"]);
    let photo = "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='30'/>";
    client.write("photo.svg", photo);
    let (place, me) = (studio.path().display().to_string(), studio.account());
    let order = [
        "commission",
        "open",
        "1",
        "1 ETH",
        "--from",
        &place,
        "--arbiter",
        &me,
    ];
    let order = [
        &order[..],
        &["-i", "photo=@photo.svg", "--out", "order.json", "--json"],
    ]
    .concat();
    let looked = client
        .daedal(&[&order[..], &["--dry-run"]].concat())
        .ends(0);
    assert!(looked.json()["gas"].as_u64().unwrap() > 50_000);
    client.daedal(&order).ends(0);
    // Given once more it costs nothing, and no order takes the place of another.
    let again = client.daedal(&order).ends(0).json();
    assert_eq!(again["opened_before"], true, "{again}");
    let another = client.daedal(&[&order[..], &["--another"]].concat());
    let told = another.ends(1).err;
    assert!(told.contains("order.json is there already"), "{told}");
    let file = client.path().join("order.json").display().to_string();
    let delivered = ["commission", "deliver", "--order", &file, "--json"];
    let delivered = studio.daedal(&delivered).ends(0).json();
    assert_eq!(delivered["state"], "submitted");
}
