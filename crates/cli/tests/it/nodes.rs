//! Chains that are the wrong one, poor, slow, dishonest or gone in the middle of a release: each is told,
//! and the same command finishes what was begun, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use daedal_core::Digest;
use serde_json::{Value, json};

use crate::chains::{Act, Anvil, BATCH, Elsewhere, fund};
use crate::studio::{Studio, Told};

/// A studio that sells two posters a run.
fn selling() -> Studio {
    let studio = Studio::tide();
    studio.edit("count: 12", "count: 2");
    studio.edit(
        "outputs:",
        "token: { shares: { creator: 100% }, royalty: 5% }\nrelease: { editions: { of: poster } }\noutputs:",
    );
    studio.write("daedal.toml", "[chain]\ntimeout_s = 1\n");
    studio
}

fn json_of(studio: &Studio, args: &[&str]) -> Value {
    studio.daedal(&[args, &["--json"]].concat()).ends(0).json()
}

/// A studio on a chain elsewhere, where its process is registered, with a run.
fn registered() -> (Studio, Elsewhere) {
    let mut studio = selling();
    let chain = Elsewhere::of(&studio.account());
    studio.use_chain(Some(&chain.honest()));
    studio.daedal(&["chain", "deploy", "--test-money"]).ends(0);
    studio.daedal(&["lock"]).ends(0);
    studio.daedal(&["register"]).ends(0);
    studio.daedal(&["run", "-q"]).ends(0);
    (studio, chain)
}

#[track_caller]
fn says(told: Told, words: &[&str]) {
    let told = told.ends(1);
    for word in words {
        assert!(told.err.contains(word), "{word:?} is not in\n{}", told.err);
    }
}

/// The release is finished on an honest node, with one anchor and one mint since block `before`.
#[track_caller]
fn finishes(studio: &mut Studio, chain: &Elsewhere, before: u64) {
    studio.use_chain(Some(&chain.honest()));
    let release = studio
        .daedal(&["release", "latest", "--json"])
        .ends(0)
        .json();
    assert_eq!(chain.height(), before + 2, "an anchor and a mint");
    let editions = release[0]["chain"]["editions"].as_array().unwrap();
    let listed = studio
        .daedal(&["edition", "list", "tide", "--json"])
        .ends(0)
        .json();
    let listed: Vec<&Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|listed| &listed["id"])
        .collect();
    for edition in editions {
        let same = listed.iter().filter(|id| **id == &edition["id"]).count();
        assert_eq!(same, 1, "{edition}");
    }
}

/// Where no chain answers.
const NOBODY: &str = "http://127.0.0.1:9";

#[test]
fn while_the_chain_is_away_a_run_is_published_and_it_is_anchored_later() {
    let (mut studio, chain) = registered();
    let before = chain.height();
    studio.use_chain(Some(NOBODY));
    let told = studio.daedal(&["release", "latest", "--json"]).ends(0);
    assert!(
        told.err.contains("nothing is anchored or minted yet"),
        "{}",
        told.err
    );
    let released = told.json();
    assert_eq!(released[0]["chain"], Value::Null);
    assert!(released[0]["chain_not_asked"].is_string(), "{released:#}");
    assert_eq!(chain.height(), before);
    // What is published names the registry already, and says that the anchor is missing.
    studio.daedal(&["verify", "site"]).ends(12);
    let sealed = crate::studio::files_below(&studio.path().join("site/media/tide"));
    finishes(&mut studio, &chain, before);
    studio.daedal(&["verify", "site"]).ends(0);
    let again = crate::studio::files_below(&studio.path().join("site/media/tide"));
    for (name, bytes) in sealed.iter().filter(|(name, _)| name.ends_with(".png")) {
        assert_eq!(again.get(name), Some(bytes), "{name} is not sealed again");
    }
}

#[test]
fn a_chain_that_is_another_one_is_told() {
    let (mut studio, chain) = registered();
    let before = chain.height();
    let other = Elsewhere::of("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
    studio.use_chain(Some(&other.honest()));
    says(
        studio.daedal(&["release", "latest"]),
        &[
            "knows of no contracts on chain",
            "but of some on chain",
            "right node",
        ],
    );
    studio.write("daedal.toml", "[chain]\nchain_id = 5\n");
    studio.use_chain(Some(&chain.honest()));
    for command in [&["release", "latest"][..], &["show"], &["register"]] {
        says(
            studio.daedal(command),
            &["but chain 5 is expected", "chain_id"],
        );
    }
    studio.write("daedal.toml", "");
    assert_eq!(chain.height(), before);
    finishes(&mut studio, &chain, before);
}

#[test]
fn a_node_that_does_not_answer_is_told_and_the_release_goes_on_later() {
    let (mut studio, chain) = registered();
    let before = chain.height();
    for hangs in ["eth_chainId", "eth_getCode", "eth_sendRawTransaction"] {
        let node = chain.node(move |method| match method == hangs {
            true => Act::Hang,
            false => Act::Pass,
        });
        studio.use_chain(Some(&node));
        let expected = format!("has not answered {hangs} within 1 s");
        let told = studio.daedal(&["release", "latest"]);
        // One that is away from the beginning does not keep a run from being published.
        let is_away = hangs == "eth_chainId";
        let told = told.ends(i32::from(!is_away)).err;
        for words in [&expected, "goes on"] {
            assert!(told.contains(words), "{words:?} is not in\n{told}");
        }
        assert_eq!(
            is_away,
            told.contains("nothing is anchored or minted yet"),
            "{told}"
        );
        assert_eq!(chain.height(), before);
    }
    finishes(&mut studio, &chain, before);
}

#[test]
fn a_node_that_lies_is_told_and_the_release_goes_on_elsewhere() {
    let (mut studio, chain) = registered();
    let before = chain.height();
    let lies: [(&str, Value, &str); 4] = [
        ("eth_call", json!("0x"), "no result of"),
        ("eth_getCode", json!("0x00"), "there is no"),
        ("eth_feeHistory", json!("many"), "can't be right"),
        (
            "eth_sendRawTransaction",
            json!(format!("0x{}", "09".repeat(32))),
            "by the name 0x0909",
        ),
    ];
    for (liar, answer, words) in lies {
        let node = chain.node(move |method| match method == liar {
            true => Act::Result(answer.clone()),
            false => Act::Pass,
        });
        studio.use_chain(Some(&node));
        says(studio.daedal(&["release", "latest"]), &[words]);
        assert_eq!(chain.height(), before, "{liar}");
    }
    finishes(&mut studio, &chain, before);
}

/// The node breaks off at each of the requests of a release in turn, with what it was asked done and not
/// answered; each time another run is released.
#[test]
fn a_node_that_dies_in_the_middle_of_a_release_mints_nothing_twice() {
    const STEP: usize = 3;
    let (mut studio, chain) = registered();
    let mut last = 0;
    loop {
        let seed = Digest::of(format!("{last}").as_bytes()).to_string();
        studio.daedal(&["run", "-q", "--seed", &seed]).ends(0);
        let before = chain.height();
        studio.use_chain(Some(&chain.dying_at(last)));
        let told = studio.daedal(&["release", "latest", "-q"]);
        match told.err.contains("nothing is anchored or minted yet") {
            // It was dead from the beginning.
            true => assert_eq!((told.code, last), (0, 0), "{}", told.err),
            false if told.code == 0 => {
                assert_eq!(chain.height(), before + 2);
                break;
            }
            false => says(told, &["no answer from http://127.0.0.1"]),
        }
        finishes(&mut studio, &chain, before);
        last += STEP;
    }
    assert!(last > 20, "a release asks more than {last} times");
}

#[test]
fn an_account_without_coins_is_told_and_its_release_goes_on_once_it_has_some() {
    let Some(anvil) = Anvil::start_at(31_337, 1_000_000_000) else {
        return;
    };
    let mut studio = selling();
    let account = studio.account();
    studio.use_chain(Some(&anvil.url));
    let poor = &[account.as_str(), "has not got enough"][..];
    says(studio.daedal(&["chain", "deploy", "--test-money"]), poor);
    fund(&anvil, &account, 100);
    studio.daedal(&["chain", "deploy", "--test-money"]).ends(0);
    studio.daedal(&["lock"]).ends(0);
    // What could not be paid for is not sent later, by a command that means something else.
    fund(&anvil, &account, 0);
    says(studio.daedal(&["register", "--royalty", "7%"]), poor);
    fund(&anvil, &account, 100);
    studio.daedal(&["register", "--royalty", "2%"]).ends(0);
    let works = studio.daedal(&["show", "--json"]).ends(0).json();
    let works: Vec<&Value> = works
        .as_array()
        .unwrap()
        .iter()
        .map(|work| &work["royalty_bps"])
        .collect();
    assert_eq!(works, [&Value::from(200)]);
    studio.daedal(&["run", "-q"]).ends(0);
    fund(&anvil, &account, 0);
    says(studio.daedal(&["release", "latest"]), poor);
    fund(&anvil, &account, 100);
    let release = studio
        .daedal(&["release", "latest", "--json"])
        .ends(0)
        .json();
    assert_eq!(release[0]["chain"]["editions"].as_array().unwrap().len(), 2);
    let shown = studio.daedal(&["show", "tide", "--json"]).ends(0).json();
    assert_eq!(shown["editions"], 2);
}

#[test]
fn coins_that_are_none_are_told_before_contracts_are_made_for_them() {
    let (studio, chain) = registered();
    let before = chain.height();
    let contracts = json_of(&studio, &["chain", "status"])["contracts"].clone();
    let (dollar, registry) = (&contracts["asset"], &contracts["registry"]);
    let (dollar, registry) = (dollar.as_str().unwrap(), registry.as_str().unwrap());
    let nobody = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    let none = "0x0000000000000000000000000000000000000000";
    for (flags, words) in [
        (&[][..], &["which coins works may earn", "--test-money"][..]),
        (
            &["--stablecoin", "0x12", "--wrapped", none],
            &["--stablecoin: `0x12` is not an address"],
        ),
        (
            &["--stablecoin", dollar, "--wrapped", "WETH"],
            &["--wrapped: `WETH` is not an address"],
        ),
        (
            &["--stablecoin", nobody, "--wrapped", none],
            &["--stablecoin", nobody, "has no contract on chain"],
        ),
        (
            &["--stablecoin", registry, "--wrapped", none],
            &["--stablecoin", "no token (ERC-20)"],
        ),
        (
            &["--stablecoin", dollar, "--wrapped", nobody],
            &["--wrapped", nobody, "has no contract on chain"],
        ),
        (
            &["--stablecoin", dollar, "--wrapped", dollar],
            &["--wrapped", "is given twice"],
        ),
    ] {
        says(
            studio.daedal(&[&["chain", "deploy"], flags].concat()),
            words,
        );
    }
    for half in [["--stablecoin", dollar], ["--wrapped", dollar]] {
        studio
            .daedal(&[&["chain", "deploy"][..], &half].concat())
            .ends(2);
    }
    assert_eq!(chain.height(), before);
    let fresh = Studio::tide();
    let account = fresh.account();
    let other = Elsewhere::of(&account);
    let mut fresh = fresh;
    fresh.use_chain(Some(&other.honest()));
    fresh.daedal(&["chain", "deploy", "--test-money"]).ends(0);
    let asset = json_of(&fresh, &["chain", "status"])["contracts"]["asset"].clone();
    let real = [
        "chain",
        "deploy",
        "--stablecoin",
        asset.as_str().unwrap(),
        "--wrapped",
        none,
    ];
    fresh.daedal(&real).ends(0);
    // Once there are contracts, others are not made over them.
    let wrapped = ["chain", "deploy", "--stablecoin", nobody, "--wrapped", none];
    says(fresh.daedal(&wrapped), &["has no contract"]);
}

#[test]
fn a_studio_that_has_done_nothing_looks_at_the_works_of_others() {
    let (studio, chain) = registered();
    let contracts = json_of(&studio, &["chain", "status"])["contracts"].clone();
    let mut looking = Studio::empty();
    let address = |name: &str| format!("{name} = {}\n", contracts[name]);
    let named: String = [
        "registry",
        "anchor",
        "editions",
        "asset",
        "capital",
        "market",
        "commissions",
        "governance",
    ]
    .map(address)
    .concat();
    looking.write("daedal.toml", format!("[chain]\n{named}"));
    looking.use_chain(Some(&chain.honest()));
    says(looking.daedal(&["runs"]), &["has not run anything yet"]);
    assert_eq!(json_of(&looking, &["show", "1"])["work"], 1);
    assert_eq!(json_of(&looking, &["shares", "1"])["work"], 1);
    // An address that is wrong is not the node's fault.
    let wrong = named.replace(
        contracts["registry"].as_str().unwrap(),
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    );
    looking.write("daedal.toml", format!("[chain]\n{wrong}"));
    says(
        looking.daedal(&["show", "1"]),
        &[
            "there is no process registry at 0x5aAeb6",
            "check the addresses under [chain]",
        ],
    );
}

#[test]
fn where_metadata_is_said_to_be_is_asked_together_however_many_runs_there_are() {
    let (mut studio, chain) = registered();
    studio.write(
        "daedal.toml",
        "[site]\nurl = \"https://example.org\"\n[chain]\ntimeout_s = 10\n",
    );
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let node = chain.node(move |method| {
        if matches!(method, "eth_call" | BATCH) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        Act::Pass
    });
    let mut calls = Vec::new();
    for seed in 0..4 {
        studio.use_chain(Some(&chain.honest()));
        let seed = Digest::of(format!("{seed}").as_bytes()).to_string();
        studio.daedal(&["run", "-q", "--seed", &seed]).ends(0);
        studio.daedal(&["release", "latest"]).ends(0);
        studio.use_chain(Some(&node));
        asked.store(0, Ordering::Relaxed);
        studio.daedal(&["publish"]).ends(0);
        calls.push(asked.load(Ordering::Relaxed));
    }
    assert!(calls.iter().all(|some| *some == calls[0]), "{calls:?}");
    // A node that takes no batches is asked one by one.
    let alone = chain.node(|method| match method {
        BATCH => Act::Error(-32_600, "one at a time"),
        _ => Act::Pass,
    });
    studio.use_chain(Some(&alone));
    studio.daedal(&["publish"]).ends(0);
}
