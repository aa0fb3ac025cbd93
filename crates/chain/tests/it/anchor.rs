//! `anchor.json`: made on the embedded chain, checked without it, confirmed by it.

use std::time::Duration;

use alloy_primitives::{Address, B256, U256, keccak256};
use daedal_chain::client::Remote;
use daedal_chain::deployment::{Deployment, Money};
use daedal_chain::embedded::Genesis;
use daedal_chain::operations::{Anchored, Operator, RunReceipt};
use daedal_chain::proof::{AnchorProof, ConfirmFault, ProofFault};
use daedal_chain::rpc::Rpc;
use daedal_chain::{Chain, Client};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::scenario::registration;
use crate::support::anvil::Anvil;
use crate::support::node::{Act, start};
use crate::support::{HUNDRED, open, outbox, signer};

struct Batch {
    operator: Operator,
    receipts: Vec<RunReceipt>,
    anchored: Anchored,
    proofs: Vec<AnchorProof>,
}

fn receipts(work: u64) -> Vec<RunReceipt> {
    let run = |number: u64| RunReceipt {
        work: U256::from(work),
        version: U256::ONE,
        sequence: U256::from(number),
        runRoot: keccak256(number.to_be_bytes()),
        receiptCount: U256::from(31 + number),
        inputs: keccak256("inputs"),
        outputsRoot: keccak256("outputs"),
        payer: Address::repeat_byte(9),
        paymentNonce: B256::repeat_byte(5),
    };
    (1..=3).map(run).collect()
}

/// Three runs of a work, anchored together.
async fn batch(client: &Client, folder: &TempDir) -> Batch {
    let outbox = outbox(client, folder.path(), 1);
    let at = Deployment::deploy(&outbox, &Money::Test).await.unwrap();
    let operator = Operator::new(outbox, at);
    let work = operator.register("register", &registration("tide")).await;
    let receipts = receipts(work.unwrap().work);
    let anchored = operator.anchor("anchor", &receipts, "").await.unwrap();
    let mut proofs = Vec::new();
    for (index, receipt) in receipts.iter().enumerate() {
        let proof = AnchorProof::of(operator.reads(), &anchored, receipt, index).await;
        proofs.push(proof.unwrap());
    }
    Batch {
        operator,
        receipts,
        anchored,
        proofs,
    }
}

async fn embedded() -> (TempDir, Chain, Batch) {
    let folder = tempfile::tempdir().unwrap();
    let chain = open(&folder.path().join("chain"));
    let batch = batch(&Client::embedded(&chain), &folder).await;
    (folder, chain, batch)
}

async fn shown(client: &Client, folder: &TempDir) {
    let batch = batch(client, folder).await;
    let (reads, by) = (batch.operator.reads(), batch.operator.account());
    for (receipt, proof) in batch.receipts.iter().zip(&batch.proofs) {
        proof.check().unwrap();
        let bytes = proof.to_bytes();
        assert_eq!(AnchorProof::read(&bytes).as_ref(), Ok(proof));
        assert!(proof.block.receipt.is_some());
        assert_eq!((proof.by, proof.block.timestamp), (by, batch.anchored.at));
        assert_eq!(proof.run.receipt(), *receipt);
        let on_chain = reads.verify_anchor(proof.by, receipt, &proof.path).await;
        assert!(on_chain.unwrap());
        let confirmed = proof.confirm(client).await.unwrap();
        assert_eq!(confirmed.bundle, registration("tide").bundle);
        assert_eq!(confirmed.place, client.place());
    }
    // Found again by an operator who has forgotten the transaction.
    let mut forgotten = batch.anchored.clone();
    (forgotten.transaction, forgotten.block) = (None, None);
    let found = AnchorProof::of(reads, &forgotten, &batch.receipts[2], 2).await;
    assert_eq!(found.unwrap(), batch.proofs[2]);
    // No proof of what is not in the batch.
    for (receipt, index) in [(&batch.receipts[1], 2), (&batch.receipts[1], 3)] {
        let refused = AnchorProof::of(reads, &batch.anchored, receipt, index).await;
        refused.unwrap_err();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_run_of_a_batch_is_shown_without_the_chain_and_confirmed_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let chain = open(&folder.path().join("chain"));
    shown(&Client::embedded(&chain), &folder).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_run_of_a_batch_is_shown_and_confirmed_on_anvil() {
    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let client = anvil.client().await;
    Anvil::fund(&client, signer(1).address(), HUNDRED).await;
    shown(&client, &folder).await;
}

fn fault(bytes: &[u8]) -> Option<ProofFault> {
    AnchorProof::read(bytes)
        .and_then(|proof| proof.check())
        .err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_any_byte_is_found_but_of_the_registry_which_the_credential_names() {
    let (_folder, _chain, batch) = embedded().await;
    for proof in &batch.proofs {
        let bytes = proof.to_bytes();
        let text = std::str::from_utf8(&bytes).unwrap();
        let registry = text.find("\"registry\":\"0x").unwrap() + 14;
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            // Another digit, letter or sign of the same kind, which leaves the form as it is.
            changed[place] ^= 1;
            let is_registry = (registry..registry + 40).contains(&place);
            match fault(&changed) {
                None => assert!(is_registry, "byte {place} of {text}"),
                Some(fault) => assert!(!is_registry || fault.is_foreign(), "{place}: {fault}"),
            }
            changed[place] = b' ';
            assert!(fault(&changed).is_some(), "byte {place} of {text}");
            changed.remove(place);
            assert!(fault(&changed).is_some(), "byte {place} of {text}");
        }
    }
}

/// Changes a field of a proof, and says how the fault begins.
type Change = (&'static str, Value, &'static str);

#[tokio::test(flavor = "multi_thread")]
async fn each_field_fails_with_a_reason_of_its_own() {
    let (_folder, _chain, batch) = embedded().await;
    let proof = &batch.proofs[0];
    let whole = serde_json::to_value(proof).unwrap();
    let word = json!(B256::repeat_byte(3));
    let who = json!(Address::repeat_byte(3));
    let root = "the run and its path lead to the root";
    let transaction = "its transaction does not anchor this batch: ";
    let header = "its block header does not fit: the header's hash is";
    let receipt = "it does not show the anchor in its block: ";
    let changes: [Change; 37] = [
        ("/chain", json!(1), root),
        ("/contract", who.clone(), root),
        ("/root", word.clone(), root),
        ("/path/0", word.clone(), root),
        ("/path", json!([]), root),
        (
            "/path",
            json!(vec![word.clone(); 65]),
            "its path has 65 nodes",
        ),
        ("/run/work", json!("0x5"), root),
        ("/run/version", json!("0x5"), root),
        ("/run/sequence", json!("0x5"), root),
        ("/run/runRoot", word.clone(), root),
        ("/run/receiptCount", json!("0x5"), root),
        ("/run/inputs", word.clone(), root),
        ("/run/outputsRoot", word.clone(), root),
        ("/run/payer", who.clone(), root),
        ("/run/paymentNonce", word.clone(), root),
        ("/count", json!(4), transaction),
        ("/by", who.clone(), transaction),
        ("/transaction/hash", word.clone(), transaction),
        ("/transaction/raw", json!("0x"), transaction),
        ("/block/hash", word.clone(), header),
        (
            "/block/number",
            json!(9_999),
            "its block header does not fit: the header's number is",
        ),
        (
            "/block/timestamp",
            json!(1),
            "its block header does not fit: the header's timestamp is",
        ),
        ("/block/receipt/header/parentHash", word.clone(), header),
        ("/block/receipt/header/stateRoot", word.clone(), header),
        (
            "/block/receipt/header/transactionsRoot",
            word.clone(),
            header,
        ),
        ("/block/receipt/header/receiptsRoot", word.clone(), header),
        ("/block/receipt/header/number", json!("0x5"), header),
        ("/block/receipt/header/timestamp", json!("0x5"), header),
        ("/block/receipt/header/gasUsed", json!("0x5"), header),
        ("/block/receipt/header/extraData", json!("0x05"), header),
        (
            "/daedal",
            json!("anchor/v1"),
            "it is a proof of the form `anchor/v1`",
        ),
        ("/block/receipt/index", json!(1), receipt),
        ("/block/receipt/path", json!([]), receipt),
        ("/block/receipt/path/0", json!("0x00"), receipt),
        ("/daedal", json!("run/v1"), "it is no proof of an anchor"),
        ("/count", json!("three"), "it is no proof of an anchor"),
        ("/by", json!(null), "it is no proof of an anchor"),
    ];
    for (field, value, expected) in changes {
        let mut changed = whole.clone();
        *changed.pointer_mut(field).unwrap() = value;
        let bytes = daedal_core::canonical::value_to_vec(&changed);
        let told = fault(&bytes).map(|fault| fault.to_string());
        let told = told.unwrap_or_else(|| panic!("{field} can be changed"));
        assert!(told.starts_with(expected), "{field}: {told}");
    }
    let pretty = serde_json::to_vec_pretty(&whole).unwrap();
    assert_eq!(fault(&pretty), Some(ProofFault::Form));
    assert!(fault(b"not JSON").is_some_and(|fault| fault.is_foreign()));
    // Where hashes can't be computed again nothing of the block is there, and the node alone tells of it.
    let mut bare = proof.clone();
    bare.block.receipt = None;
    bare.check().unwrap();
    // What another transaction left shows nothing of this one.
    let others = receipts(9);
    let another = batch.operator.anchor("another", &others, "").await.unwrap();
    let other = AnchorProof::of(batch.operator.reads(), &another, &others[0], 0);
    let mut mixed = proof.clone();
    mixed.block = other.await.unwrap().block;
    assert_ne!(mixed.block.number, proof.block.number);
    let told = mixed.check().unwrap_err().to_string();
    assert!(told.starts_with(receipt), "{told}");
}

async fn refused(proof: &AnchorProof, client: &Client) -> ConfirmFault {
    proof.confirm(client).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_denies_what_it_does_not_have() {
    let (_folder, chain, batch) = embedded().await;
    let client = Client::embedded(&chain);
    let proof = &batch.proofs[1];
    type Change = fn(&mut AnchorProof);
    let changes: [(Change, &str); 8] = [
        (
            |proof| proof.contract = proof.registry,
            "there is no ReceiptAnchor of Daedal at",
        ),
        (
            |proof| proof.by = Address::repeat_byte(3),
            "has not anchored the root",
        ),
        (
            |proof| proof.root = B256::repeat_byte(3),
            "has not anchored the root",
        ),
        (|proof| proof.count = 4, "was anchored for 3 runs at"),
        (
            |proof| proof.block.timestamp += 1,
            "was anchored for 3 runs at",
        ),
        (
            |proof| proof.transaction.hash = B256::repeat_byte(3),
            "there is no transaction",
        ),
        (
            |proof| proof.block.hash = B256::repeat_byte(3),
            "is in another block than",
        ),
        (
            |proof| proof.run.version = U256::from(7),
            "has no version 7 of work 1",
        ),
    ];
    for (change, expected) in changes {
        let mut changed = proof.clone();
        change(&mut changed);
        match refused(&changed, &client).await {
            ConfirmFault::Denied(told) => assert!(told.contains(expected), "{told}"),
            fault => panic!("{expected}: {fault:?}"),
        }
    }
    let mut elsewhere = proof.clone();
    elsewhere.registry = Address::repeat_byte(3);
    assert!(matches!(
        refused(&elsewhere, &client).await,
        ConfirmFault::Denied(_)
    ));
    // Another chain of the same number, where nothing was anchored.
    let folder = tempfile::tempdir().unwrap();
    let genesis = Genesis::of(signer(1).address(), HUNDRED);
    let empty = Chain::open(folder.path(), &genesis, "daedal test").unwrap();
    let fault = refused(proof, &Client::embedded(&empty)).await;
    assert!(matches!(fault, ConfirmFault::Denied(_)), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_away_hangs_lies_or_is_of_another_chain_confirms_and_denies_nothing() {
    let (_folder, chain, batch) = embedded().await;
    let proof = &batch.proofs[1];
    let rpc = Rpc::new(chain);
    type Case = (&'static str, fn() -> Act, &'static str);
    let cases: [Case; 6] = [
        ("eth_getCode", || Act::Hang, "has not answered within 1 s"),
        ("eth_getCode", || Act::Die, "does not answer"),
        (
            "eth_call",
            || Act::Result(json!("0x1234")),
            "can't be right",
        ),
        (
            "eth_getTransactionReceipt",
            || Act::Text("<html>"),
            "can't be right",
        ),
        (
            "eth_getBlockByNumber",
            || Act::Error(-32_000, "pruned"),
            "refuses eth_getBlockByNumber: pruned",
        ),
        (
            "eth_chainId",
            || Act::Result(json!("0x1")),
            "is chain 1, and the anchor is on chain",
        ),
    ];
    for (method, act, expected) in cases {
        let url = start(rpc.clone(), move |asked| match asked {
            asked if asked == method => act(),
            _ => Act::Pass,
        })
        .await;
        let remote = Remote {
            timeout: Duration::from_secs(1),
            ..Remote::at(url)
        };
        let client = Client::connect(&remote).await.unwrap();
        match refused(proof, &client).await {
            ConfirmFault::Unsaid(told) => assert!(told.contains(expected), "{method}: {told}"),
            fault => panic!("{method}: {fault:?}"),
        }
    }
    let url = start(rpc, |_| Act::Pass).await;
    let client = Client::connect(&Remote::at(url)).await.unwrap();
    proof.confirm(&client).await.unwrap();
}
