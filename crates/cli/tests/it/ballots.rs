//! Who voted for the dials of a run, as whoever has a file of it learns.

use serde_json::Value;

use crate::chains::{Anvil, Server};
use crate::studio::{Studio, files_below};
use crate::voting::address;

fn check<'v>(verified: &'v Value, name: &str) -> &'v Value {
    let mut checks = verified["verdict"]["checks"].as_array().unwrap().iter();
    checks.find(|check| check["name"] == name).unwrap()
}

/// How verifying ends what was anchored once the clock was moved: offline a chain that its studio does not keep by itself
/// has no blocks of a time to come.
pub(crate) fn stands(anvil: Option<&Anvil>) -> i32 {
    if anvil.is_some() { 12 } else { 0 }
}

/// Whoever has a published file learns who voted for what it shows, and the chain confirms it.
pub(crate) fn shown_by_whom(studio: &Studio, anvil: Option<&Anvil>, run: &str, file: &str) {
    let (me, ada) = (address(studio, "studio"), address(studio, "ada"));
    let site = files_below(&studio.path().join("site/media/tide"));
    let of_run = |name: &&String| name.starts_with(&run[..16]) && name.ends_with(".votes.json");
    let proof = site.keys().find(of_run).expect("the proof is published");
    let (place, proof) = (format!("site/media/tide/{proof}"), site[proof].clone());
    let verify = |more: &[&str], code: i32| {
        let told = studio.daedal(&[&["verify", file, "--json"], more].concat());
        told.ends(code).json()
    };
    let stands = stands(anvil);
    let told = verify(&[], stands);
    assert_eq!(check(&told, "votes")["outcome"], "passed");
    let voted = &told["votes"]["proposals"][0];
    assert_eq!(voted["dials"], serde_json::json!(["turbulence"]));
    assert_eq!(voted["description"], "rougher seas");
    let ballot = &voted["ballots"][0];
    assert_eq!(
        (&ballot["voter"], &ballot["vote"]),
        (&me.clone().into(), &"for".into())
    );
    assert_eq!(ballot["votes"], format!("1{}", "0".repeat(24)));
    assert_eq!(ballot["delegators"], serde_json::json!([ada]));
    assert_eq!(
        told["votes"]["as_registered"],
        serde_json::json!(["palette"])
    );
    let words = studio.daedal(&["verify", file]).ends(stands).out;
    for needed in [
        "✓ votes        1 proposal by 1 vote; palette as registered; headers not",
        "voted       turbulence = 0.45: “rougher seas”, in block",
        &format!("{me} for with 1000000 votes, those of {ada} among them"),
    ] {
        assert!(words.contains(needed), "{needed:?} is not in\n{words}");
    }

    let server = anvil.is_none().then(|| Server::of(studio));
    let url = anvil.map_or_else(
        || server.as_ref().unwrap().url.clone(),
        |anvil| anvil.url.clone(),
    );
    let confirmed = verify(&["--rpc", &url], 0);
    let detail = check(&confirmed, "votes")["detail"].as_str().unwrap();
    assert!(detail.contains("; confirmed by http://"), "{detail}");
    let away = verify(&["--rpc", "http://127.0.0.1:9"], 14);
    assert_eq!(check(&away, "votes")["outcome"], "failed");
    drop(server);

    // Of the whole run.
    studio.daedal(&["export", run, "--to", "voted.zip"]).ends(0);
    let archive = studio
        .daedal(&["verify", "voted.zip", "--json"])
        .ends(stands)
        .json();
    assert_eq!(archive["votes"], told["votes"]);
    let archive = std::fs::read(studio.path().join("voted.zip")).unwrap();
    let page = String::from_utf8_lossy(&archive);
    for needed in [
        "votes.json",
        "<p class=\"note\">rougher seas</p>",
        "voted for it with 1000000 votes, those of",
    ] {
        assert!(page.contains(needed), "{needed} is not in the archive");
    }

    // Another byte, and another run's.
    let text = String::from_utf8(proof.clone()).unwrap();
    let at = text.rfind("\"]}").unwrap() - 100;
    let other = if &text[at..=at] == "0" { "1" } else { "0" };
    studio.write(&place, format!("{}{other}{}", &text[..at], &text[at + 1..]));
    let bent = verify(&[], 10);
    let detail = check(&bent, "votes")["detail"].as_str().unwrap();
    assert!(detail.contains("its path does not"), "{detail}");
    studio.write(&place, text.replace("\"work\":1}", "\"work\":2}"));
    assert_eq!(check(&verify(&[], stands), "votes")["outcome"], "noted");
    std::fs::remove_file(studio.path().join(&place)).unwrap();
    assert_eq!(check(&verify(&[], stands), "votes")["outcome"], "skipped");
    studio.write(&place, proof);
    let alone = studio.daedal(&["verify", &place]).ends(1);
    assert!(alone.err.contains("is the proof of votes"), "{}", alone.err);
}
