//! A work's way from registration to the hands of others, on both kinds of chain.

use std::path::Path;

use alloy_primitives::{B256, U256, keccak256};
use daedal_chain::Client;
use daedal_chain::deployment::{Deployment, Money};
use daedal_chain::operations::{
    Derivatives, Holder, Kind, MintedRun, Operator, Output, Registration, RunReceipt, Terms,
    anchored_proof,
};
use daedal_core::digest::Digest;
use daedal_core::merkle::{self, Tree};
use daedal_core::units::BasisPoints;

use crate::support::anvil::Anvil;
use crate::support::{HUNDRED, open, outbox, signer};

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

pub(crate) fn registration(name: &str) -> Registration {
    Registration {
        kind: Kind::Process,
        derivatives: Derivatives::Open,
        royalty: BasisPoints(500),
        bundle: digest(name),
        name: format!("Work {name}"),
        symbol: "WORK".to_owned(),
        uri: format!("ipfs://{name}"),
        upstream: Vec::new(),
        holders: vec![
            (signer(1).address(), U256::from(600)),
            (signer(2).address(), U256::from(300)),
            (signer(3).address(), U256::from(100)),
        ],
        parameters: Vec::new(),
        asset: None,
    }
}

/// A run with two outputs, as its receipt and as the editions see it.
struct Release {
    receipt: RunReceipt,
    run: MintedRun,
    outputs: Vec<Output>,
    tree: Tree,
}

fn release(work: u64, bundle: Digest, name: &str) -> Release {
    let digests = [digest("first"), digest("second")].map(|digest| B256::from(digest.0));
    let tree = Tree::of(merkle::context("daedal/outputs/v1"), &digests);
    let root = keccak256(name);
    let inputs = keccak256("inputs");
    Release {
        receipt: RunReceipt {
            work: U256::from(work),
            version: U256::ONE,
            sequence: U256::from(7),
            runRoot: root,
            receiptCount: U256::from(3),
            inputs,
            outputsRoot: tree.root(),
            payer: Default::default(),
            paymentNonce: B256::ZERO,
        },
        run: MintedRun {
            work: U256::from(work),
            version: U256::ONE,
            bundle: bundle.0.into(),
            parameters: keccak256("parameters"),
            inputs,
            seed: keccak256("seed"),
            runRoot: root,
        },
        outputs: (0..)
            .zip(digests)
            .map(|(index, digest)| Output {
                digest,
                index: U256::from(index),
            })
            .collect(),
        tree,
    }
}

async fn operator(client: &Client, folder: &Path) -> Operator {
    let outbox = outbox(client, folder, 1);
    let at = Deployment::deploy(&outbox, &Money::Test).await.unwrap();
    // Again: it finds what is there.
    assert_eq!(Deployment::deploy(&outbox, &Money::Test).await.unwrap(), at);
    at.check(client).await.unwrap();
    Operator::new(outbox, at)
}

async fn whole(client: &Client, folder: &Path) {
    let operator = operator(client, folder).await;
    let reads = operator.reads();
    let first = register(&operator).await;
    versions(&operator, first).await;
    let bundle = registration("tide").bundle;
    let release = release(first, bundle, "run");
    let path = anchor(&operator, &release).await;
    let terms = Terms {
        to: Some(operator.account()),
        base_uri: "https://example.org/tide/".to_owned(),
        resale: BasisPoints(750),
        price: 0,
        in_native: true,
    };
    let minted = operator
        .mint("mint:run", &release.run, &release.outputs, &terms)
        .await
        .unwrap();
    let again = operator
        .mint("mint:run", &release.run, &release.outputs, &terms)
        .await
        .unwrap();
    assert_eq!(minted[0].tokens, again[0].tokens);
    assert_eq!((minted.len(), again[0].batch), (1, minted[0].batch));

    let editions = reads.editions(first).await.unwrap();
    assert_eq!(editions.len(), 2);
    assert_eq!(editions[1].uri, "https://example.org/tide/1.json");
    assert_eq!(editions[1].owner, operator.account());
    let token = editions[1].token;
    let give = reads.give_edition(&editions[1], signer(4).address());
    operator.carry_out("sell:1", &give).await.unwrap();
    let sold = reads.edition(token).await.unwrap().unwrap();
    assert_eq!(sold.owner, signer(4).address());
    assert!(reads.edition(U256::from(5)).await.unwrap().is_none());

    let output = &release.outputs[1];
    let inclusion = release.tree.proof(1).unwrap();
    let by = operator.account();
    let proof = anchored_proof(by, &release.receipt, &path, 2, &inclusion.path);
    let verify = async |output: &Output| {
        let data = output.digest.as_slice();
        let run = &release.run;
        reads
            .verify_edition(run, output, data, &proof)
            .await
            .unwrap()
    };
    assert!(verify(output).await);
    let forged = Output {
        digest: keccak256("forged"),
        index: output.index,
    };
    assert!(!verify(&forged).await);
    shares(&operator, first).await;
    refusals(&operator, first).await;
}

async fn register(operator: &Operator) -> u64 {
    let tide = registration("tide");
    let registered = operator.register("register:tide", &tide).await.unwrap();
    let again = operator.register("register:tide", &tide).await.unwrap();
    assert_eq!(
        (again.work, again.shares),
        (registered.work, registered.shares)
    );
    let reads = operator.reads();
    let mut child = registration("ebb");
    child.upstream = vec![registered.work];
    let child = operator.register("register:ebb", &child).await.unwrap();
    let stack = reads.stack(child.work).await.unwrap();
    assert_eq!(stack, [(registered.work, BasisPoints(500))]);
    assert_eq!(reads.works().await.unwrap(), 2);
    let work = reads.work(child.work).await.unwrap();
    assert_eq!(
        (work.stack, work.owner),
        (BasisPoints(500), operator.account())
    );
    registered.work
}

async fn versions(operator: &Operator, work: u64) {
    let next = digest("tide 2");
    for _ in 0..2 {
        let version = operator
            .publish("publish:tide 2", work, next, "ipfs://2")
            .await;
        assert_eq!(version.unwrap(), 2);
    }
    let versions = operator.reads().versions(work).await.unwrap();
    let bundles: Vec<Digest> = versions.iter().map(|version| version.bundle).collect();
    assert_eq!(bundles, [registration("tide").bundle, next]);
    assert_eq!(versions[1].uri, "ipfs://2");
    assert!(versions[1].published_at >= versions[0].published_at);
}

/// Anchors three runs, the second of which is the release. Gives its path.
async fn anchor(operator: &Operator, made: &Release) -> Vec<B256> {
    let bundle = registration("tide").bundle;
    let work = made.receipt.work.to();
    let others = ["before", "after"].map(|name| release(work, bundle, name).receipt);
    let batch = [others[0].clone(), made.receipt.clone(), others[1].clone()];
    let anchored = operator
        .anchor("anchor:batch", &batch, "ipfs://batch")
        .await
        .unwrap();
    let again = operator
        .anchor("anchor:batch", &batch, "ipfs://batch")
        .await
        .unwrap();
    assert_eq!((again.root, again.at), (anchored.root, anchored.at));
    let (reads, by) = (operator.reads(), operator.account());
    assert_eq!(
        reads.anchored(by, anchored.root).await.unwrap(),
        Some((anchored.at, 3))
    );
    for (receipt, path) in batch.iter().zip(&anchored.paths) {
        assert!(reads.verify_anchor(by, receipt, path).await.unwrap());
    }
    let path = anchored.paths[1].clone();
    let mut changed = made.receipt.clone();
    changed.receiptCount += U256::ONE;
    assert!(!reads.verify_anchor(by, &changed, &path).await.unwrap());
    assert!(
        !reads
            .verify_anchor(signer(2).address(), &made.receipt, &path)
            .await
            .unwrap()
    );
    path
}

async fn shares(operator: &Operator, work: u64) {
    let give = operator.reads().work(work).await.unwrap();
    let give = give.give_shares(signer(3).address(), U256::from(150));
    let first = operator.carry_out("give:3", &give).await.unwrap();
    let again = operator.carry_out("give:3", &give).await.unwrap();
    assert_eq!(
        first.receipt.transaction_hash,
        again.receipt.transaction_hash
    );
    assert!(first.is_new && !again.is_new);
    let holders = operator.reads().holders(work).await.unwrap();
    let holder = |number: u8, shares: u64| Holder {
        account: signer(number).address(),
        shares: U256::from(shares),
    };
    assert_eq!(holders[0], holder(1, 450));
    assert!(holders[1..].contains(&holder(2, 300)) && holders[1..].contains(&holder(3, 250)));
    assert_eq!(holders.len(), 3);
}

/// What the contracts refuse, in words, and without anything being sent.
async fn refusals(operator: &Operator, work: u64) {
    let client = operator.reads().client();
    let before = client.mined_nonce(operator.account()).await.unwrap();
    let mut greedy = registration("greedy");
    greedy.royalty = BasisPoints(6_000);
    let mut orphan = registration("orphan");
    orphan.upstream = vec![99];
    let mut release = release(work, digest("never published"), "run 2");
    release.run.version = U256::from(2);
    let terms = Terms {
        to: None,
        base_uri: String::new(),
        resale: BasisPoints(0),
        price: 0,
        in_native: true,
    };
    let greedy = operator
        .register("register:greedy", &greedy)
        .await
        .unwrap_err();
    let orphan = operator
        .register("register:orphan", &orphan)
        .await
        .unwrap_err();
    let unpublished = operator
        .mint("mint:run 2", &release.run, &release.outputs, &terms)
        .await
        .unwrap_err();
    let errors = [
        (
            greedy.to_string(),
            "the contract refuses: registry: royalty too high (bps 6000, max 5000)",
        ),
        (orphan.to_string(), "work 99"),
        (
            unpublished.to_string(),
            "editions: unpublished bundle (work 1, version 2",
        ),
    ];
    for (error, expected) in errors {
        assert!(error.contains(expected), "{error}");
    }
    let missing = operator.reads().work(99).await.unwrap_err().to_string();
    assert!(missing.contains("there is no work 99 on"), "{missing}");
    assert_eq!(
        client.mined_nonce(operator.account()).await.unwrap(),
        before
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_is_registered_published_anchored_minted_and_given_away_on_the_embedded_chain() {
    let folder = tempfile::tempdir().unwrap();
    let chain = open(&folder.path().join("chain"));
    whole(&Client::embedded(&chain), folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_is_registered_published_anchored_minted_and_given_away_on_anvil() {
    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let client = anvil.client().await;
    Anvil::fund(&client, signer(1).address(), HUNDRED).await;
    whole(&client, folder.path()).await;
}
