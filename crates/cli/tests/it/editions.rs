//! Editions that are bought, given away and checked, and works that are no processes.

use serde_json::{Value, json};

use crate::economy::address;
use crate::studio::{Studio, files_below};

fn json(studio: &Studio, args: &[&str]) -> Value {
    studio.daedal(&[args, &["--json"]].concat()).ends(0).json()
}

/// A studio that sells two posters, and `ada` with 1 ETH.
fn selling() -> (Studio, Vec<String>) {
    let studio = Studio::tide();
    studio.edit("count: 12", "count: 3");
    studio.edit(
        "outputs:",
        "license: CC-BY-NC-ND-4.0\ntoken: { shares: { creator: 100% }, royalty: 5% }\n\
         release: { editions: { of: poster, price: 0.25 ETH } }\noutputs:",
    );
    for args in [
        &["account"][..],
        &["account", "new", "ada"],
        &["lock"],
        &["register"],
        &["pay", "tide", "1 ETH"],
        &["claim", "tide", "--to", "ada"],
        &["run", "-q"],
    ] {
        studio.daedal(args).ends(0);
    }
    let released = json(&studio, &["release", "latest"]);
    let editions = released[0]["chain"]["editions"].as_array().unwrap();
    let tokens = editions
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned());
    let tokens = tokens.collect();
    (studio, tokens)
}

/// Published pictures by their place in the studio, in order.
fn posters(studio: &Studio) -> Vec<String> {
    let files = files_below(&studio.path().join("site/media"));
    let names = files.keys().filter(|name| name.ends_with(".png"));
    names.map(|name| format!("site/media/{name}")).collect()
}

#[test]
fn an_edition_is_bought_at_its_price_and_given_away_by_its_owner() {
    let (studio, tokens) = selling();
    let token = tokens[0].as_str();
    let buy = ["edition", "buy", token, "--account", "ada"];
    let looked = studio.daedal(&[&buy[..], &["--dry-run", "--json"]].concat());
    assert!(looked.ends(0).json()["gas"].as_u64().unwrap() > 21_000);
    let bought = json(&studio, &buy);
    assert_eq!(bought["price"], "250000000000000000");
    let again = studio.daedal(&buy).ends(0);
    assert!(again.out.contains("already"), "{}", again.out);
    let other = studio.daedal(&["edition", "buy", token]).ends(1);
    assert!(
        other.err.contains("is not for sale: it belongs to"),
        "{}",
        other.err
    );
    let revenue = json(&studio, &["shares", "tide"])["revenue"].clone();
    let books = revenue.as_array().unwrap();
    let coins = books.iter().find(|book| book["coin"] == "ETH").unwrap();
    assert_eq!(coins["gross"], "1250000000000000000");

    let give = ["edition", "transfer", token, "studio"];
    let stranger = studio.daedal(&give).ends(1);
    assert!(stranger.err.contains("belongs to"), "{}", stranger.err);
    let give = [&give[..], &["--account", "ada"]].concat();
    let looked = json(&studio, &[&give[..], &["--dry-run"]].concat());
    assert!(looked["gas"].as_u64().unwrap() > 21_000, "{looked}");
    let owners = |studio: &Studio| json(studio, &["edition", "list", "tide"])[0]["owner"].clone();
    assert_eq!(
        owners(&studio),
        bought["owner"],
        "to look gives nothing away"
    );
    studio.daedal(&give).ends(0);
    assert_ne!(owners(&studio), bought["owner"]);
}

#[test]
fn a_file_is_attested_as_an_edition_or_told_why_not() {
    let (studio, tokens) = selling();
    let posters = posters(&studio);
    // Which poster is which edition, only the chain's word tells.
    let of_first: Vec<i32> = posters
        .iter()
        .map(|poster| {
            studio
                .daedal(&["edition", "verify", &tokens[0], poster])
                .code
        })
        .collect();
    let place = of_first.iter().position(|code| *code == 0).unwrap();
    assert_eq!(
        of_first[1 - place],
        10,
        "the other poster is not this edition"
    );
    let own = posters[place].as_str();
    let verified = json(&studio, &["edition", "verify", &tokens[0], own]);
    assert_eq!(
        (&verified["code"], &verified["edition"]["attested"]),
        (&json!(0), &json!(true))
    );
    let told = studio
        .daedal(&["edition", "verify", &tokens[0], own])
        .ends(0);
    assert!(told.out.contains("attested: number"), "{}", told.out);
    assert!(
        !told.out.contains("proved") && !told.out.contains("proven"),
        "{}",
        told.out
    );

    let copy = std::fs::read(studio.path().join(own)).unwrap();
    studio.write("alone/poster.png", &copy);
    studio
        .daedal(&["edition", "verify", &tokens[0], "alone/poster.png"])
        .ends(13);
    let mut damaged = copy;
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    studio.write(own, damaged);
    studio
        .daedal(&["edition", "verify", &tokens[0], own])
        .ends(10);
    let unknown = studio
        .daedal(&["edition", "verify", "0x7", posters[1 - place].as_str()])
        .ends(1);
    assert!(
        unknown.err.contains("there is no edition 0x7"),
        "{}",
        unknown.err
    );
}

#[test]
fn metadata_tells_what_the_licence_allows() {
    let (studio, _) = selling();
    let expected = json!({
        "spdx": "CC-BY-NC-ND-4.0", "commercial_use": false, "derivatives": false,
        "share_alike": false, "attribution": true,
    });
    let files = files_below(&studio.path().join("site"));
    let tokens: Vec<Value> = files
        .values()
        .filter_map(|bytes| serde_json::from_slice::<Value>(bytes).ok())
        .filter(|value| value["properties"]["licence"].is_string())
        .collect();
    assert!(tokens.len() >= 3, "two editions and a version of the work");
    for token in tokens {
        assert_eq!(token["properties"]["licenceTerms"], expected, "{token}");
    }
}

#[test]
fn models_and_datasets_are_works_that_others_build_on() {
    let studio = Studio::tide();
    studio.edit("outputs:", "token: { shares: { creator: 100% } }\noutputs:");
    for args in [&["account"][..], &["account", "new", "ada"], &["lock"]] {
        studio.daedal(args).ends(0);
    }
    studio.write("ada lora/weights.bin", "weights");
    studio.write("sea.csv", "tide,height\n");
    let model = [
        "register",
        "ada lora",
        "--kind",
        "model",
        "--account",
        "ada",
        "--royalty",
        "3%",
    ];
    let made = json(&studio, &model);
    assert_eq!(
        (&made["process"], &made["work"]),
        (&json!("ada-lora"), &json!(1))
    );
    assert_eq!(json(&studio, &model)["registered_before"], true);
    let data = [
        "register",
        "sea.csv",
        "--kind",
        "dataset",
        "--holder",
        "creator=60%",
    ];
    let poor = studio.daedal(&data).ends(1);
    assert!(poor.err.contains("sum to 60 %"), "{}", poor.err);
    let share = format!("{}=40%", address(&studio, "ada"));
    let data = [&data[..], &["--holder", &share, "--name", "Sea levels"]].concat();
    let data = studio.daedal(&data).ends(0);
    assert!(
        data.out.contains("sea-levels is registered as work 2"),
        "{}",
        data.out
    );
    let shown = json(&studio, &["show", "sea-levels"]);
    assert_eq!(shown["kind"], "dataset");
    // Of a file it is the file's own SHA-256.
    let sha256 = daedal_core::Digest::of(b"tide,height\n").to_string();
    assert_eq!(shown["versions"][0]["bundle"], sha256.as_str());

    let upstream = ["register", "--upstream", "1", "--upstream", "2"];
    let looked = json(&studio, &[&upstream[..], &["--dry-run"]].concat());
    assert!(looked["gas"].as_u64().unwrap() > 100_000, "{looked}");
    assert!(
        studio.daedal(&["show", "tide"]).code == 1,
        "to look registers nothing"
    );
    studio.daedal(&upstream).ends(0);
    assert_eq!(json(&studio, &["show", "tide"])["stack_bps"], 300);

    studio.write("ada lora/weights.bin", "better weights");
    let other = studio.daedal(&model).ends(1);
    assert!(
        other.err.contains("with other files than these"),
        "{}",
        other.err
    );
    let publish = ["publish", "ada lora", "--kind", "model", "--account", "ada"];
    let looked = json(&studio, &[&publish[..], &["--dry-run"]].concat());
    assert!(looked["gas"].as_u64().unwrap() > 21_000, "{looked}");
    assert_eq!(json(&studio, &publish)["version"], 2);
    let order = ["commission", "open", "1", "1 ETH", "--arbiter", "ada"];
    let order = studio.daedal(&order).ends(1);
    assert!(order.err.contains("is no process"), "{}", order.err);
}
