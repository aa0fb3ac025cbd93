//! Votes from the command line, on the embedded chain and on anvil: what is voted is what the very next run
//! makes, in its picture, its receipts and its credential.

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::ballots::{shown_by_whom, stands};
use crate::chains::{Anvil, fund};
use crate::studio::{Studio, files_below};

/// A studio whose process has two governed dials, which its posters show, and an account more.
fn dialled() -> Studio {
    let studio = Studio::tide();
    studio.edit("count: 12", "count: 2");
    studio.edit(
        "steps:\n",
        "parameters:\n  turbulence: { type: number, default: 0.35, min: 0.1, max: 0.8, max_step: 0.1, \
         governed: true }\n  palette: { type: choice, of: [kelp, ember], default: kelp, cooldown: 30d, \
         governed: true }\nsteps:\n",
    );
    studio.edit(
        "title: \"{{ steps.words.title }}\"",
        "title: \"{{ parameters.palette }} {{ parameters.turbulence }}\"",
    );
    studio.edit(
        "outputs:",
        "token: { shares: { creator: 100% }, royalty: 5% }\nrelease: { editions: { of: poster } }\noutputs:",
    );
    studio.daedal(&["account"]).ends(0);
    studio.daedal(&["account", "new", "ada"]).ends(0);
    studio.daedal(&["lock"]).ends(0);
    studio
}

pub(crate) fn address(studio: &Studio, name: &str) -> String {
    let listed = studio.daedal(&["account", "list", "--json"]).ends(0).json();
    let accounts = listed.as_array().unwrap();
    let found = accounts.iter().find(|account| account["name"] == name);
    found.unwrap()["address"].as_str().unwrap().to_owned()
}

/// Moves the clock of whichever chain it is.
pub(crate) fn forward(studio: &Studio, anvil: Option<&Anvil>, span: &str) {
    let Some(anvil) = anvil else {
        studio.daedal(&["time", span]).ends(0);
        return;
    };
    let (number, unit) = span.split_at(span.len() - 1);
    let each = if unit == "d" { 86_400 } else { 3_600 };
    let seconds = number.parse::<u64>().unwrap() * each;
    Runtime::new().unwrap().block_on(async {
        let client = anvil.client().await;
        let moved = client.request::<_, Value>("evm_increaseTime", (seconds,));
        moved.await.unwrap();
        client.request::<_, Value>("evm_mine", ()).await.unwrap();
    });
}

/// A registered work that its shares govern; a quarter of them is ada's, who lets the studio vote.
fn governed(studio: &Studio) {
    for args in [
        &["register"][..],
        &["transfer", "tide", "250000", "ada"],
        &["govern", "delegate", "tide", "studio", "--account", "ada"],
    ] {
        studio.daedal(args).ends(0);
    }
    let asked = studio.daedal(&["govern", "enable", "tide"]).ends(1);
    assert!(asked.err.contains("cannot be undone"), "{}", asked.err);
    let would = studio.daedal(&["govern", "enable", "tide", "--dry-run", "--json"]);
    assert!(would.ends(0).json()["gas"].as_u64().unwrap() > 100_000);
    studio
        .daedal(&["govern", "enable", "tide", "--yes"])
        .ends(0);
    let again = studio
        .daedal(&["govern", "enable", "tide", "--yes"])
        .ends(0);
    assert!(again.out.contains("vote on it already"), "{}", again.out);
}

fn refuses(studio: &Studio, args: &[&str], words: &str) {
    let told = studio.daedal(args).ends(1);
    assert!(
        told.err.contains(words),
        "{args:?}: {words:?} is not in\n{}",
        told.err
    );
}

/// Has a dial moved by a vote, with every step tried too early.
fn voted(studio: &Studio, anvil: Option<&Anvil>) {
    let propose = |set| ["govern", "propose", "tide", "--set", set];
    for (set, words) in [
        ("turbulence=0.9", "out of the bounds of `turbulence`"),
        ("turbulence=0.5", "from 0.25 to 0.45"),
        ("turbulence=0.35", "is 0.35 already"),
        ("turbulence=rough", "expected a number"),
        ("palette=blue", "expected one of kelp, ember"),
        ("palette=ember", "was moved not long ago: it rests until"),
        ("depth=3", "no governed dial `depth`"),
    ] {
        refuses(studio, &propose(set), words);
    }
    let mut ada = propose("turbulence=0.45").to_vec();
    ada.extend(["--account", "ada"]);
    refuses(studio, &ada, "has 0 votes, and a proposal needs 10000");
    let mut asked = propose("turbulence=0.45").to_vec();
    asked.extend(["--say", "rougher seas", "--json"]);
    let made = studio.daedal(&asked).ends(0).json();
    assert_eq!(
        (&made["number"], &made["state"]),
        (&1.into(), &"pending".into())
    );
    let again = studio.daedal(&propose("turbulence=0.45")).ends(0);
    assert!(again.out.contains("is proposed already"), "{}", again.out);
    refuses(
        studio,
        &["govern", "vote", "tide", "1", "for"],
        "the vote begins",
    );
    refuses(
        studio,
        &["govern", "vote", "tide", "7", "for"],
        "no proposal `7`",
    );
    forward(studio, anvil, "25h");
    let vote = ["govern", "vote", "tide", "1", "for"];
    let cast = studio
        .daedal(&[&vote[..], &["--json"]].concat())
        .ends(0)
        .json();
    assert_eq!(cast["votes"], format!("1{}", "0".repeat(24)));
    let twice = studio.daedal(&vote).ends(0);
    assert!(
        twice.out.contains("has voted `for` on proposal 1 already"),
        "{}",
        twice.out
    );
    // Who let another vote has no votes of their own.
    let mut ada = vote.to_vec();
    ada.extend(["--account", "ada"]);
    refuses(
        studio,
        &ada,
        "had no votes when the vote on proposal 1 began",
    );
    refuses(studio, &["govern", "queue", "tide", "1"], "the vote ends");
    forward(studio, anvil, "6d");
    studio
        .daedal(&["govern", "queue", "tide", "1", "--account", "ada"])
        .ends(0);
    refuses(
        studio,
        &["govern", "execute", "tide", "1"],
        "anyone can execute it at",
    );
    forward(studio, anvil, "25h");
    let status = studio.daedal(&["govern", "status", "tide"]).ends(0).out;
    assert!(
        status.contains("now       daedal govern execute 1 1"),
        "{status}"
    );
    studio.daedal(&["govern", "execute", "tide", "1"]).ends(0);
    let done = studio.daedal(&["govern", "execute", "tide", "1"]).ends(0);
    assert!(done.out.contains("already executed"), "{}", done.out);
}

fn poster(report: &Value) -> Value {
    report["outputs"]["poster"][0].clone()
}

fn whole(studio: &Studio, anvil: Option<&Anvil>) {
    let first = studio.daedal(&["run", "--json"]).ends(0).json();
    let before = studio.daedal(&["runs", "latest", "--json"]).ends(0).json();
    assert_eq!(before["governed"], Value::Null, "it was no work yet");
    governed(studio);
    voted(studio, anvil);

    // The very next run shows it.
    let next = studio.daedal(&["run", "--json"]).ends(0).json();
    let shown = studio.daedal(&["runs", "latest", "--json"]).ends(0).json();
    assert_eq!(shown["parameters"]["turbulence"], 0.45);
    assert_eq!(shown["governed"]["dials"]["turbulence"], 0.45);
    assert_eq!(shown["governed"]["dials"]["palette"], "kelp");
    assert!(shown["governed"]["block"].as_u64().unwrap() > 0);
    assert_ne!(poster(&first), poster(&next), "the picture shows it");
    // Where it was read changes nothing of what is made.
    forward(studio, anvil, "1h");
    let same = studio.daedal(&["run", "--json"]).ends(0).json();
    assert_eq!(poster(&same), poster(&next));
    assert_eq!(same["reused"], same["tasks"]);
    let later = studio.daedal(&["runs", "latest", "--json"]).ends(0).json();
    assert_ne!(later["run"], shown["run"]);

    refuses(
        studio,
        &["run", "-p", "turbulence=0.5"],
        "votes decide `turbulence`",
    );
    studio
        .daedal(&["run", "-q", "-p", "turbulence=0.5", "--off-chain"])
        .ends(0);
    refuses(
        studio,
        &["release", "latest"],
        "did not follow the votes on work 1",
    );
    studio.daedal(&["release", "latest", "--no-chain"]).ends(0);

    let run = later["run"].as_str().unwrap();
    studio.daedal(&["release", run, "-q"]).ends(0);
    let folder = "site/media/tide";
    let (mut found, mut own) = (0, String::new());
    for name in files_below(&studio.path().join(folder)).into_keys() {
        if !name.ends_with(".png") || name.contains(".preview.") {
            continue;
        }
        let file = format!("{folder}/{name}");
        let told = studio.daedal(&["verify", &file, "--json"]);
        let verified = told.json();
        let origin = &verified["verdict"]["origin"];
        told.ends(if origin["run"] == run {
            stands(anvil)
        } else {
            0
        });
        if origin["run"] == run {
            assert_eq!(origin["governed"], later["governed"], "{verified}");
            found += 1;
            own = file;
        }
    }
    assert_eq!(found, 2, "both posters tell the votes in their credentials");
    shown_by_whom(studio, anvil, run, &own);
    let tokens = files_below(&studio.path().join("site"));
    let tells = tokens.iter().any(|(name, bytes)| {
        let text = String::from_utf8_lossy(bytes);
        name.ends_with(".json")
            && text.contains("\"governed\"")
            && text.contains("\"turbulence\": 0.45")
    });
    assert!(tells, "the metadata of editions tells them, too");
}

#[test]
fn what_is_voted_is_what_the_next_run_makes_on_the_embedded_chain() {
    let studio = dialled();
    whole(&studio, None);
}

#[test]
fn what_is_voted_is_what_the_next_run_makes_on_anvil() {
    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let mut studio = dialled();
    for name in ["studio", "ada"] {
        fund(&anvil, &address(&studio, name), 100);
    }
    studio.use_chain(Some(&anvil.url));
    studio.daedal(&["chain", "deploy", "--test-money"]).ends(0);
    whole(&studio, Some(&anvil));

    // A chain that is gone is told, with the ways on; a process without governed dials never asks for it.
    drop(anvil);
    refuses(&studio, &["run"], "--off-chain");
    studio.daedal(&["run", "-q", "--off-chain"]).ends(0);
    studio.edit("governed: true", "governed: false");
    studio.daedal(&["run", "-q"]).ends(0);
}

/// Proposes, votes with all shares, and carries it out.
fn carried(studio: &Studio, number: &str, proposal: &[&str]) {
    let propose = [&["govern", "propose", "tide"], proposal].concat();
    studio.daedal(&propose).ends(0);
    forward(studio, None, "25h");
    studio
        .daedal(&["govern", "vote", "tide", number, "for"])
        .ends(0);
    // Said again it is said once; said otherwise it is refused.
    studio
        .daedal(&["govern", "vote", "tide", number, "for"])
        .ends(0);
    let against = ["govern", "vote", "tide", number, "against"];
    refuses(studio, &against, "cannot change it");
    forward(studio, None, "6d");
    studio.daedal(&["govern", "queue", "tide", number]).ends(0);
    forward(studio, None, "25h");
    studio
        .daedal(&["govern", "execute", "tide", number])
        .ends(0);
}

#[test]
fn a_vote_publishes_versions_and_sets_allowances() {
    let studio = dialled();
    governed(&studio);
    // What votes can move is frozen: its bounds, and what the numbers of the chain stand for.
    for (from, to) in [
        ("max: 0.8", "max: 0.9"),
        ("of: [kelp, ember]", "of: [ember, kelp]"),
    ] {
        studio.edit(from, to);
        let publish = ["govern", "propose", "tide", "--publish", "."];
        refuses(&studio, &publish, "this version says otherwise");
        studio.edit(to, from);
    }
    studio.edit("count: 2", "count: 3");
    refuses(&studio, &["publish"], "its creator alone cannot publish");
    carried(&studio, "1", &["--publish", "."]);
    let shown = studio.daedal(&["show", "tide", "--json"]).ends(0).json();
    assert_eq!(shown["versions"].as_array().unwrap().len(), 2);

    studio.daedal(&["treasury", "open", "tide"]).ends(0);
    let allow = ["treasury", "allow", "tide", "ada", "5 USDC"];
    refuses(&studio, &allow, "govern propose");
    carried(&studio, "2", &["--allow", "ada=5 USDC", "--per", "7d"]);
    let treasury = studio.daedal(&["treasury", "show", "tide", "--json"]);
    let treasury = treasury.ends(0).json();
    assert_eq!(treasury["allowances"][0]["amount"], "5000000");
    let place = treasury["treasury"].as_str().unwrap();
    studio.daedal(&["chain", "fund", place, "9 USDC"]).ends(0);
    let draw = |amount: &'static str| {
        let draw = ["treasury", "draw", "tide", amount, "--for", "compute"];
        studio.daedal(&[&draw[..], &["--account", "ada"]].concat())
    };
    draw("5 USDC").ends(0);
    let more = draw("0.000001 USDC").ends(1);
    assert!(more.err.contains("may draw 0"), "{}", more.err);
}
