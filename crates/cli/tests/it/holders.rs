//! Who holds shares, as `daedal shares` tells it.

use serde_json::Value;

use crate::studio::Studio;

#[test]
fn holders_are_told_by_what_they_are() {
    let studio = Studio::tide();
    studio.edit("outputs:", "token: { shares: { creator: 100% } }\noutputs:");
    for args in [
        &["account"][..],
        &["account", "new", "ada"],
        &["lock"],
        &["register"],
    ] {
        studio.daedal(args).ends(0);
    }
    let json = |args: &[&str]| studio.daedal(&[args, &["--json"]].concat()).ends(0).json();
    let contracts = json(&["chain", "status"])["contracts"].clone();
    let treasury = json(&["treasury", "open", "tide"])["treasury"].clone();
    let offer = ["offer", "create", "tide", "--lots", "4", "--lot", "1000"];
    let terms = ["--price", "5 USDC", "--until", "7d", "--yes"];
    let offering = json(&[&offer[..], &terms].concat())["offering"].clone();
    let founder = ["--founder", "tide=studio:3000:500", "--reserve", "100"];
    let collective = json(&[&["collective", "create", "coast", "--yes"][..], &founder].concat());
    for (who, shares) in [
        (&contracts["market"], "100"),
        (&contracts["commissions"], "200"),
        (&contracts["registry"], "300"),
        (&treasury, "400"),
        (&"ada".into(), "500"),
    ] {
        let who: &Value = who;
        json(&["transfer", "tide", shares, who.as_str().unwrap()]);
    }
    json(&["collective", "pool", "coast", "tide", "--yes"]);
    assert_eq!((&offering, &collective["work"]), (&1.into(), &2.into()));

    let told = studio.daedal(&["shares", "tide"]).ends(0).out;
    let named: Vec<(&str, &str)> = told
        .lines()
        .filter_map(|line| line.strip_prefix("holder "))
        .map(|line| {
            let shares = line.split_whitespace().nth(2).unwrap();
            let name = line.rsplit_once('(').unwrap().1;
            (shares, name.trim_end_matches(')'))
        })
        .collect();
    assert_eq!(
        named,
        [
            ("991500", "you"),
            ("4000", "offering 1"),
            ("3000", "the collective of work 2"),
            ("500", "ada"),
            ("400", "the treasury of work 1"),
            ("300", "a contract"),
            ("200", "the escrow of commissions"),
            ("100", "the market"),
        ]
    );
    let holders = json(&["shares", "tide"])["holders"].clone();
    let of = |place: usize| (&holders[place]["account"], &holders[place]["contract"]);
    assert_eq!(of(0), (&"studio".into(), &Value::Null));
    assert_eq!(of(1), (&Value::Null, &"offering 1".into()));
    let coast = studio.daedal(&["shares", "coast"]).ends(0).out;
    assert!(coast.contains("(the collective's reserve)"), "{coast}");
}
