//! Decisions that wallets elsewhere sign: of a key, and contracts (ERC-1271).

use alloy_primitives::{Address, Bytes, hex};
use alloy_signer::k256::ecdsa::SigningKey;
use daedal_core::intent::{Domain, Intent};
use serde_json::{Value, json};

use crate::chains::{Act, Elsewhere};
use crate::edits::editor;
use crate::intents::{disclosure, oversight, poem, poet, record, released, verdict};
use crate::studio::{Studio, Told};

const CHOOSE: [&str; 4] = ["choose", "latest", "pick", "2"];

/// What is to be signed for a choice.
fn printed(studio: &Studio) -> Value {
    let print = [&CHOOSE[..], &["--typed-data", "--note", "mine"]].concat();
    studio.daedal(&print).ends(0).json()
}

fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

/// The signature of a key over the choice that was printed.
fn signed(key: &SigningKey, data: &Value) -> Vec<u8> {
    signed_as("choose", key, data)
}

fn signed_as(kind: &str, key: &SigningKey, data: &Value) -> Vec<u8> {
    let mut message = data["message"].clone();
    message["kind"] = kind.into();
    let intent: Intent = serde_json::from_value(message).unwrap();
    let hash = intent.hash(Domain::default());
    let (signature, parity) = key.sign_prehash_recoverable(hash.as_slice()).unwrap();
    let mut bytes = signature.to_bytes().to_vec();
    bytes.push(27 + parity.to_byte());
    bytes
}

fn by(studio: &Studio, choose: &[&str], signature: &[u8], signer: &str) -> Told {
    let signature = Bytes::from(signature.to_vec()).to_string();
    studio.daedal(&[choose, &["--signature", &signature, "--signer", signer]].concat())
}

#[track_caller]
fn refuses(told: Told, words: &str) {
    let told = told.ends(1);
    assert!(
        told.err.contains(words),
        "{words:?} is not in\n{}",
        told.err
    );
}

#[test]
fn a_wallet_elsewhere_signs_what_is_printed() {
    let studio = editor();
    let data = printed(&studio);
    assert_eq!(data["primaryType"], "Intent");
    assert_eq!(data["domain"]["chainId"], 0);
    // Nothing is decided yet.
    studio.daedal(&["resume", "-q"]).ends(3);
    let signature = signed(&key(), &data);
    let signer = Address::from_private_key(&key()).to_checksum(None);
    let me = studio.account();
    refuses(
        by(&studio, &CHOOSE, &signature, &me),
        "the signature is not that of",
    );
    for other in [
        &["choose", "latest", "pick", "1"][..],
        &["reject", "latest", "pick"],
    ] {
        refuses(by(&studio, other, &signature, &signer), "another decision");
    }
    by(&studio, &CHOOSE, &signature, &signer).ends(0);
    studio.daedal(&["resume", "-q"]).ends(0);
    assert_eq!(oversight(&released(&studio)), "human_validated");
    assert_eq!(
        record(&studio)["intents"][0]["signer"],
        signer.to_lowercase().as_str()
    );
    let (pick, _) = disclosure(&studio, "pick", &[]);
    let told = studio
        .daedal(&["verify", &poem(&studio), "--disclosure", &pick])
        .ends(0)
        .out;
    assert!(told.contains("note: \"mine\""), "{told}");
    assert!(
        !studio.path().join(".daedal/chain").exists(),
        "no chain was made"
    );
}

#[test]
fn a_wallet_elsewhere_signs_what_a_run_sets() {
    let studio = poet();
    let signer = Address::from_private_key(&key()).to_checksum(None);
    let run = ["run", "-q", "-i", "lines=3"];
    let print = [&run[..], &["--typed-data", "--note", "three are enough"]].concat();
    let nothing = by(&studio, &run, &[7; 65], &signer);
    refuses(nothing, "of such a run nothing was printed to be signed");
    let none = studio.daedal(&["run", "--typed-data"]);
    refuses(none, "nothing is set by hand");

    let data = studio.daedal(&print).ends(0).json();
    let runs = studio.daedal(&["runs", "--json"]).ends(0).json();
    assert_eq!(runs, json!([]), "nothing is begun yet");
    let signature = signed_as("set", &key(), &data);
    let me = studio.account();
    refuses(
        by(&studio, &run, &signature, &me),
        "the signature is not that of",
    );
    let other = ["run", "-q", "-i", "lines=4"];
    refuses(
        by(&studio, &other, &signature, &signer),
        "of such a run nothing was printed",
    );
    by(&studio, &run, &signature, &signer).ends(0);
    let verdict = released(&studio);
    assert_eq!(oversight(&verdict), "prompt_guided");
    let set = &record(&studio)["intents"][0];
    assert_eq!(set["intent"]["kind"], "set");
    assert_eq!(set["signer"], signer.to_lowercase().as_str());
    assert_eq!(
        set["intent"]["run"].as_str(),
        data["message"]["run"].as_str()
    );
    let (set, _) = disclosure(&studio, "set", &[]);
    let told = studio
        .daedal(&["verify", &poem(&studio), "--disclosure", &set])
        .ends(0)
        .out;
    assert!(told.contains("note: \"three are enough\""), "{told}");
    // It was begun, and is not begun a second time.
    refuses(
        by(&studio, &run, &signature, &signer),
        "or it was begun since",
    );
}

/// The creation code of the chain's `fixtures/Wallet.sol`, which takes what this account's key signed.
fn wallet_of(owner: Address) -> Vec<u8> {
    let code = include_str!("../../../chain/tests/it/fixtures/Wallet.hex");
    [
        hex::decode(code.trim()).unwrap(),
        owner.into_word().to_vec(),
    ]
    .concat()
}

fn check<'v>(verdict: &'v Value, name: &str) -> &'v Value {
    let mut checks = verdict["checks"].as_array().unwrap().iter();
    checks.find(|check| check["name"] == name).unwrap()
}

#[test]
fn a_contract_signs_and_only_its_chain_can_tell() {
    let mut studio = editor();
    let chain = Elsewhere::of(&studio.account());
    let wallet = chain.deploy(&studio, wallet_of(Address::from_private_key(&key())));
    let wallet = wallet.to_checksum(None);
    studio.use_chain(Some(&chain.honest()));
    let data = printed(&studio);
    let mut signature = signed(&key(), &data);
    let other = SigningKey::from_slice(&[8; 32]).unwrap();
    refuses(
        by(&studio, &CHOOSE, &signed(&other, &data), &wallet),
        "does not accept the signature, asked at block 1",
    );
    refuses(
        by(&studio, &CHOOSE, &[7; 4_097], &wallet),
        "has 4097 bytes, more than the 4096",
    );
    refuses(
        by(&studio, &CHOOSE, &signature, &studio.account()),
        "the signature is not that of",
    );
    studio.use_chain(Some("http://127.0.0.1:9"));
    refuses(
        by(&studio, &CHOOSE, &signature, &wallet),
        "the chain can't be asked whether that is a contract",
    );
    studio.use_chain(Some(&chain.honest()));
    // What else the wallet reads in it is its own affair.
    signature.extend([7; 300]);
    by(&studio, &CHOOSE, &signature, &wallet).ends(0);
    studio.daedal(&["resume", "-q"]).ends(0);
    released(&studio);

    let unasked = verdict(&studio);
    assert_eq!(oversight(&unasked), "fully_autonomous");
    assert_eq!(unasked["origin"]["intents"], 0);
    assert_eq!(unasked["origin"]["contracts"][0]["accepted"]["block"], 1);
    assert_eq!(check(&unasked, "contracts")["outcome"], "noted");
    let report = studio.daedal(&["report", "--eu-ai-act", "latest"]).ends(0);
    assert!(
        report
            .out
            .contains(&format!("signed by the contract {wallet}"))
    );

    let (pick, _) = disclosure(&studio, "pick", &[]);
    let file = poem(&studio);
    let verify = |node: &str, code: i32| {
        let args = [
            "verify",
            &file,
            "--disclosure",
            &pick,
            "--json",
            "--rpc",
            node,
        ];
        studio.daedal(&args).ends(code).json()["verdict"].clone()
    };
    let confirmed = verify(&chain.honest(), 0);
    assert_eq!(oversight(&confirmed), "human_validated");
    assert_eq!(check(&confirmed, "contracts")["outcome"], "passed");
    assert_eq!(check(&confirmed, "disclosure")["outcome"], "passed");
    let told = studio.daedal(&["verify", &file, "--rpc", &chain.honest()]);
    let told = told.ends(0).out;
    for said in [
        format!("  chosen by   the contract {wallet} at "),
        "and by a node's word 1 decision that contracts accept\n".to_owned(),
    ] {
        assert!(told.contains(&said), "{said}\n{told}");
    }
    let offline = ["verify", &file, "--disclosure", &pick, "--json"];
    let offline = studio.daedal(&offline).ends(0).json()["verdict"].clone();
    assert_eq!(check(&offline, "disclosure")["outcome"], "noted");

    // A contract that says no, a node that has forgotten, one that is away, and another chain.
    let no = chain.node(|method| match method {
        "eth_call" => Act::Result(json!(format!("0x{}", "f".repeat(64)))),
        _ => Act::Pass,
    });
    let refused = verify(&no, 10);
    assert_eq!(oversight(&refused), "fully_autonomous");
    let forgotten = chain.node(|method| match method {
        "eth_call" => Act::Error(-32_000, "missing trie node"),
        _ => Act::Pass,
    });
    let elsewhere = Elsewhere::of(&Address::repeat_byte(1).to_checksum(None));
    for node in [&forgotten, "http://127.0.0.1:9", &elsewhere.honest()] {
        assert_eq!(oversight(&verify(node, 14)), "fully_autonomous");
    }
    // The archive tells the same.
    studio
        .daedal(&["export", "latest", "--to", "run.zip"])
        .ends(0);
    let told = studio
        .daedal(&["verify", "run.zip", "--json"])
        .ends(0)
        .json();
    assert_eq!(told["oversight"]["most"], "fully_autonomous");
    let args = ["verify", "run.zip", "--json", "--rpc", &chain.honest()];
    let told = studio.daedal(&args).ends(0).json();
    assert_eq!(told["oversight"]["most"], "human_validated");
}
