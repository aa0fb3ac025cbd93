//! A process as a token: registered, published, released with an anchor and editions, verified, given away.

use serde_json::Value;

use crate::chains::Server;
use crate::studio::{Studio, Told};

const OTHER: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

/// A studio whose process sells its posters, with a lock.
fn selling() -> Studio {
    let studio = Studio::tide();
    studio.edit(
        "outputs:",
        &format!(
            "token: {{ shares: {{ creator: 60%, \"{OTHER}\": 30%, treasury: 10% }}, royalty: 5% }}\n\
             release: {{ editions: {{ of: poster, price: 5 USDC }}, channels: [ {{ uses: site }} ] }}\noutputs:"
        ),
    );
    studio.daedal(&["account"]).ends(0);
    studio
}

pub(crate) fn registered() -> Studio {
    let studio = selling();
    studio.daedal(&["lock"]).ends(0);
    studio.daedal(&["register"]).ends(0);
    studio
}

pub(crate) fn released(studio: &Studio) -> Value {
    studio.daedal(&["run", "-q"]).ends(0);
    studio
        .daedal(&["release", "latest", "--json"])
        .ends(0)
        .json()[0]
        .clone()
}

/// The published files with a credential in them.
pub(crate) fn posters(studio: &Studio) -> Vec<String> {
    let files = crate::studio::files_below(&studio.path().join("site/media/tide"));
    files
        .keys()
        .filter(|name| name.ends_with(".png") && !name.contains(".preview."))
        .map(|name| format!("site/media/tide/{name}"))
        .collect()
}

fn anchor_of(studio: &Studio, file: &str) -> Value {
    let verdict = studio.daedal(&["verify", file, "--json"]).ends(0).json();
    verdict["anchor"].clone()
}

#[test]
fn a_registered_process_is_shown_with_its_holders() {
    let studio = selling();
    let told = studio.daedal(&["register"]).ends(1);
    assert!(told.err.contains("daedal lock"), "{}", told.err);
    studio.daedal(&["lock"]).ends(0);
    let first = studio.daedal(&["register", "--json"]).ends(0).json();
    assert_eq!(first["registered_before"], false);
    // The creator's part, and that of the treasury which is theirs until there is one.
    assert_eq!(first["holders"][0]["part"], "70%");
    assert_eq!(first["holders"][1]["part"], "30%");
    let again = studio.daedal(&["register", "--json"]).ends(0).json();
    assert_eq!(again["registered_before"], true);
    assert_eq!(again["work"], first["work"]);
    let shown = studio.daedal(&["show", "tide", "--json"]).ends(0).json();
    assert_eq!(shown["royalty_bps"], 500);
    assert_eq!(shown["token"], first["token"]);
    let holders = shown["holders"].as_array().unwrap();
    let other = holders.iter().find(|holder| {
        let address = holder["address"].as_str().unwrap();
        address.eq_ignore_ascii_case(OTHER)
    });
    assert_eq!(other.unwrap()["shares"], format!("3{}", "0".repeat(23)));
}

#[test]
fn what_a_release_lost_comes_back_and_the_chain_is_left_alone() {
    let studio = registered();
    let release = released(&studio);
    let proofs = crate::studio::files_below(&studio.path().join("site/media/tide"));
    let proof = proofs
        .iter()
        .find(|(name, _)| name.ends_with(".anchor.json"))
        .unwrap()
        .1;
    let blob = |digest: &str| {
        studio
            .path()
            .join(".daedal/blobs")
            .join(&digest[..2])
            .join(&digest[2..])
    };
    std::fs::remove_file(blob(
        release["pieces"][0]["file"]["$asset"].as_str().unwrap(),
    ))
    .unwrap();
    std::fs::remove_file(blob(&daedal_core::Digest::of(proof).to_string())).unwrap();
    std::fs::remove_dir_all(studio.path().join("site")).unwrap();
    let before = studio.daedal(&["chain", "status", "--json"]).ends(0).json();
    let told = studio.daedal(&["release", "latest", "--json"]).ends(0);
    assert!(told.err.contains("sealed again"), "{}", told.err);
    assert_eq!(told.json()[0]["chain"], release["chain"]);
    let after = studio.daedal(&["chain", "status", "--json"]).ends(0).json();
    assert_eq!(before, after, "nothing was sent");
    let proofs = crate::studio::files_below(&studio.path().join("site/media/tide"));
    assert!(
        proofs.values().any(|file| file == proof),
        "it is the same proof"
    );
    studio.daedal(&["verify", "site"]).ends(0);
}

#[test]
fn a_release_is_anchored_and_minted_once_and_verified_with_its_anchor() {
    let studio = registered();
    let release = released(&studio);
    let editions = release["chain"]["editions"].as_array().unwrap().clone();
    assert_eq!(editions.len(), release["pieces"].as_array().unwrap().len());
    // Again, with nothing remembered of what is on the chain but the chain itself.
    let again = studio
        .daedal(&["release", "latest", "--json"])
        .ends(0)
        .json();
    assert_eq!(again[0]["chain"], release["chain"]);
    let listed = studio
        .daedal(&["edition", "list", "tide", "--json"])
        .ends(0)
        .json();
    assert_eq!(listed.as_array().unwrap().len(), editions.len());
    let files = posters(&studio);
    assert_eq!(files.len(), editions.len());
    for file in &files {
        let anchor = anchor_of(&studio, file);
        assert_eq!(anchor["root"], release["chain"]["anchor"]["root"], "{file}");
    }
    let run = release["run"].as_str().unwrap();
    let metadata = std::fs::read(studio.path().join(format!("site/tokens/{run}/0.json"))).unwrap();
    let metadata: Value = serde_json::from_slice(&metadata).unwrap();
    assert!(
        metadata["image"].is_string() && metadata["name"].is_string(),
        "{metadata}"
    );
    // A proof that was changed says so.
    let proofs = crate::studio::files_below(&studio.path().join("site/media/tide"));
    let (name, proof) = proofs
        .iter()
        .find(|(name, _)| name.ends_with("anchor.json"))
        .unwrap();
    let forged = String::from_utf8(proof.clone())
        .unwrap()
        .replace("\"count\":1", "\"count\":2");
    let place = studio.path().join("site/media/tide").join(name);
    std::fs::write(place, forged).unwrap();
    studio.daedal(&["verify", &files[0]]).ends(10);
}

#[test]
fn files_that_are_no_version_are_not_released_on_the_chain() {
    let studio = registered();
    studio.edit("count: 12", "count: 11");
    studio.daedal(&["run", "-q"]).ends(0);
    let told = studio.daedal(&["release", "latest"]).ends(1);
    assert!(told.err.contains("daedal publish"), "{}", told.err);
    let told = studio.daedal(&["register"]).ends(1);
    assert!(told.err.contains("daedal publish"), "{}", told.err);
    let version = studio.daedal(&["publish", "--json"]).ends(0).json();
    assert_eq!(version["version"], 2);
    let again = studio.daedal(&["publish", "--json"]).ends(0).json();
    assert_eq!(
        (&again["version"], &again["published_before"]),
        (&2.into(), &true.into())
    );
    let release = released(&studio);
    assert_eq!(release["chain"]["version"], 2);
}

#[test]
fn runs_released_together_share_an_anchor() {
    let studio = registered();
    studio.daedal(&["run", "-q", "--seed", "one"]).ends(0);
    studio.daedal(&["run", "-q", "--seed", "two"]).ends(0);
    let runs = studio.daedal(&["runs", "--json"]).ends(0).json();
    let runs: Vec<&str> = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["run"].as_str().unwrap())
        .collect();
    let args = [&["release", "--json"][..], &runs].concat();
    let released = studio.daedal(&args).ends(0).json();
    let anchors = [&released[0], &released[1]].map(|release| release["chain"]["anchor"].clone());
    assert_eq!(anchors[0], anchors[1]);
}

#[test]
fn a_price_that_cannot_be_meant_is_told_before_anything_is_sent() {
    let studio = selling();
    studio.edit("price: 5 USDC", "price: 5 shells");
    studio.daedal(&["lock"]).ends(0);
    studio.daedal(&["register"]).ends(0);
    studio.daedal(&["run", "-q"]).ends(0);
    let block = |studio: &Studio| {
        let shown = studio.daedal(&["chain", "status", "--json"]).ends(0).json();
        shown["block"].clone()
    };
    let before = block(&studio);
    let told = studio.daedal(&["release", "latest"]).ends(1);
    assert!(told.err.contains("`SHELLS` is no unit"), "{}", told.err);
    assert_eq!(block(&studio), before);
}

#[test]
fn an_unregistered_process_is_released_without_a_chain() {
    let studio = selling();
    let release = released(&studio);
    assert_eq!(release["chain"], Value::Null);
    assert!(!studio.path().join(".daedal/chain").exists());
}

#[test]
fn a_released_poster_is_given_away_once_it_is_out_of_the_shop() {
    let studio = selling();
    studio.edit(", price: 5 USDC", "");
    studio.daedal(&["lock"]).ends(0);
    studio.daedal(&["register"]).ends(0);
    let release = released(&studio);
    let token = release["chain"]["editions"][0]["token"].as_str().unwrap();
    let block = |studio: &Studio| {
        let shown = studio.daedal(&["chain", "status", "--json"]).ends(0).json();
        shown["block"].as_u64().unwrap()
    };
    let height = block(&studio);
    let dry = studio.daedal(&["edition", "transfer", token, OTHER, "--dry-run"]);
    let dry = dry.ends(0);
    assert!(
        dry.out.contains("nothing was done; it would"),
        "{}",
        dry.out
    );
    assert_eq!(block(&studio), height);
    for _ in 0..2 {
        let give = studio.daedal(&["edition", "transfer", token, OTHER]);
        give.ends(0);
    }
    assert_eq!(block(&studio), height + 1, "once");
    let told = studio
        .daedal(&["edition", "transfer", token, "0x12"])
        .ends(1);
    assert!(told.err.contains("not an address"), "{}", told.err);
    let listed = studio
        .daedal(&["edition", "list", "tide", "--json"])
        .ends(0)
        .json();
    let owner = listed[0]["owner"].as_str().unwrap();
    assert!(owner.eq_ignore_ascii_case(OTHER), "{owner}");
}

#[test]
fn the_clock_of_the_embedded_chain_goes_forward() {
    let studio = registered();
    let before = studio.daedal(&["time", "--json"]).ends(0).json();
    let after = studio.daedal(&["time", "7d", "--json"]).ends(0).json();
    let seconds = |told: &Value| told["time"].as_u64().unwrap();
    assert!(seconds(&after) >= seconds(&before) + 7 * 86_400);
    studio.daedal(&["time", "soon"]).ends(1);
}

#[cfg(unix)]
#[test]
fn other_commands_go_through_a_server_of_the_chain() {
    let studio = registered();
    let server = Server::of(&studio);
    let shown = studio.daedal(&["chain", "status", "--json"]).ends(0).json();
    assert!(
        shown["place"].as_str().unwrap().contains("127.0.0.1"),
        "{shown}"
    );
    // A second server is told where the first one is.
    let second = studio.daedal(&["chain", "serve", "--port", "0"]).ends(1);
    let words = format!(
        "is served already, at {} by process {}",
        server.url,
        server.id()
    );
    assert!(second.err.contains(&words), "{}", second.err);
    let release = released(&studio);
    assert!(release["chain"]["anchor"]["block"].is_u64());
    let ahead = studio.daedal(&["time", "7d", "--json"]).ends(0).json();
    assert!(ahead["ahead_seconds"].as_u64().unwrap() > 6 * 86_400);
    let poster = &posters(&studio)[0];
    let verify = ["verify", poster, "--rpc", &server.url, "--json"];
    let verdict = studio.daedal(&verify).ends(0).json();
    assert!(verdict["anchor"]["confirmed_by"].is_string(), "{verdict}");
    server.interrupt();
    // The chain is this process's again.
    let shown = studio.daedal(&["chain", "status", "--json"]).ends(0).json();
    assert_eq!(shown["place"], "the embedded chain");
}

#[test]
fn a_studio_without_works_says_that_nothing_is_registered() {
    let studio = selling();
    for begun in [false, true] {
        for command in [
            &["show"][..],
            &["show", "tide"],
            &["shares", "tide"],
            &["edition", "list", "tide"],
            &["ledger", "tide"],
            &["fork", "tide", "ebb"],
            &["pay", "tide", "1 ETH", "--dry-run"],
            &["pay", "tide", "1 ETH"],
        ] {
            let told = studio.daedal(command).ends(1);
            for words in [
                "nothing is registered in this studio yet",
                "daedal register",
            ] {
                assert!(
                    told.err.contains(words),
                    "{command:?}, {begun}: {}",
                    told.err
                );
            }
        }
        studio.daedal(&["run", "-q"]).ends(0);
    }
    let fresh = Studio::tide();
    let told = fresh.daedal(&["chain", "status"]).ends(1);
    assert!(told.err.contains("daedal account"), "{}", told.err);
    fresh.account();
    fresh.daedal(&["chain", "status"]).ends(0);
}

#[test]
fn an_embedded_chain_that_was_taken_away_is_told_and_begun_again() {
    let studio = registered();
    let release = released(&studio);
    let kept = studio.path().join("chain");
    std::fs::rename(studio.path().join(".daedal/chain"), &kept).unwrap();
    for command in [&["release", "latest"][..], &["show"], &["publish"]] {
        let told = studio.daedal(command).ends(1);
        for words in [".daedal/chain was taken away", "work 1 (tide)", "--anew"] {
            assert!(told.err.contains(words), "{}", told.err);
        }
    }
    // Put back, it goes on as if nothing had been.
    std::fs::remove_dir_all(studio.path().join(".daedal/chain")).unwrap();
    std::fs::rename(&kept, studio.path().join(".daedal/chain")).unwrap();
    let again = studio.daedal(&["release", "latest", "--json"]).ends(0);
    assert_eq!(again.json()[0]["chain"], release["chain"]);
    std::fs::remove_dir_all(studio.path().join(".daedal/chain")).unwrap();
    let anew = ["chain", "deploy", "--anew", "--test-money"];
    studio.daedal(&anew).ends(0);
    studio.daedal(&["register"]).ends(0);
    studio.daedal(&["release", "latest"]).ends(0);
    studio.daedal(&["verify", "site"]).ends(0);
}

#[test]
fn a_chain_that_is_away_is_told_and_nothing_is_lost() {
    let studio = registered();
    studio.daedal(&["run", "-q"]).ends(0);
    let away = |args: &[&str]| {
        let mut command = studio.command(args);
        command.env("DAEDAL__CHAIN__RPC", "http://127.0.0.1:9");
        Told::from(command.output().unwrap())
    };
    let told = away(&["release", "latest"]).ends(0);
    for words in ["no answer from", "nothing is anchored or minted yet"] {
        assert!(told.err.contains(words), "{}", told.err);
    }
    // What is registered where it can't be asked is not acted upon.
    let told = away(&["publish"]).ends(1);
    assert!(told.err.contains("no answer from"), "{}", told.err);
    let told = studio.daedal(&["release", "latest"]).ends(0);
    assert!(told.out.contains("anchored on chain"), "{}", told.out);
}
