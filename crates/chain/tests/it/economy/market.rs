//! The market: shares in parts, and editions whose royalty reaches every work upstream.

use alloy_primitives::{U256, keccak256};
use daedal_chain::Client;
use daedal_chain::operations::{Goods, MintedRun, Moved, OfferTerms, Output, Terms};
use daedal_core::digest::Digest;
use daedal_core::economy::Asset;
use daedal_core::units::BasisPoints;

use super::capital::dollars_of;
use super::{DAY, People};
use crate::support::anvil::Anvil;
use crate::support::{HUNDRED, open, signer};

/// An edition of a work that derives from two is sold again: its royalty reaches all of them. Shares are
/// sold in parts.
pub(super) async fn resale(people: &People) {
    let reads = people.operator(1).reads();
    let original = people.register(1, "first", 1_000, &[], &[(1, 100)]).await;
    let child = people
        .register(2, "second", 0, &[original.work], &[(2, 1_000)])
        .await;
    let run = MintedRun {
        work: U256::from(child.work),
        version: U256::ONE,
        bundle: Digest::of(b"second").0.into(),
        parameters: keccak256("parameters"),
        inputs: keccak256("inputs"),
        seed: keccak256("seed"),
        runRoot: keccak256("run"),
    };
    let outputs = [Output {
        digest: keccak256("picture"),
        index: U256::ZERO,
    }];
    let terms = Terms {
        to: Some(people.account(3)),
        base_uri: String::new(),
        resale: BasisPoints(750),
        price: 0,
        in_native: false,
    };
    let minted = people
        .operator(2)
        .mint("mint:second", &run, &outputs, &terms);
    let token = minted.await.unwrap()[0].tokens[0];
    let at = reads.deployment().market;
    let until = people.now().await + DAY;
    let price = U256::from(10_007);
    people.act(3, &reads.approve_edition(at, token)).await;
    let list = reads.list_edition(token, Asset::Stablecoin, price, until);
    people.act(3, &list.unwrap()).await;
    let number = reads.listings().await.unwrap();
    let listing = reads.listing(number).await.unwrap();
    assert_eq!(listing.goods, Goods::Edition { token, left: true });
    assert!(listing.is_covered && listing.work == child.work);
    let cost = reads.cost_of(number, U256::ONE).await.unwrap();
    assert_eq!((cost.cost, cost.royalty), (price, U256::from(750)));
    let coin = reads.coin(reads.deployment().asset).await.unwrap();
    people.act(4, &coin.approve(at, price)).await;
    let seller = dollars_of(people, people.account(3)).await;
    let buy = reads.buy_listed(&listing, U256::ONE, cost.cost, people.account(4));
    people.act(4, &buy.unwrap()).await;
    let edition = reads.edition(token).await.unwrap().unwrap();
    assert_eq!(edition.owner, people.account(4));
    assert_eq!(
        dollars_of(people, people.account(3)).await,
        seller + 10_007 - 750
    );
    assert_eq!(dollars_of(people, child.shares).await, 750);
    let movements = reads.movements(&child).await.unwrap();
    let by = people.account(4);
    assert_eq!(movements[0].what, Moved::Resale { by });
    people
        .act(4, &child.collect(original.work, Asset::Stablecoin))
        .await;
    assert_eq!(dollars_of(people, original.shares).await, 75);

    let amount = U256::from(300);
    people.act(2, &child.approve_shares(at, amount)).await;
    let list = reads.list_shares(&child, amount, Asset::Native, U256::from(1_000), until);
    people.act(2, &list.unwrap()).await;
    let number = reads.listings().await.unwrap();
    let listing = reads.listing(number).await.unwrap();
    // A third of a unit is rounded up, for the seller.
    let part = reads.cost_of(number, U256::from(100)).await.unwrap();
    assert_eq!((part.cost, part.royalty), (U256::from(334), U256::ZERO));
    let buy = reads.buy_listed(&listing, U256::from(100), part.cost, by);
    people.act(4, &buy.unwrap()).await;
    let left = reads.listing(number).await.unwrap();
    assert_eq!(left.left(), U256::from(200));
    people
        .act(2, &child.give_shares(people.account(1), U256::from(800)))
        .await;
    assert!(!reads.listing(number).await.unwrap().is_covered);
    people.act(2, &reads.cancel_listing(number)).await;
    assert!(reads.listing(number).await.unwrap().left().is_zero());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_would_use_is_told_alike() {
    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let anvil = anvil.client().await;
    Anvil::fund(&anvil, signer(1).address(), HUNDRED).await;
    let chain = open(&folder.path().join("chain"));
    let embedded = Client::embedded(&chain);
    let mut told = Vec::new();
    for (client, name) in [(&anvil, "anvil"), (&embedded, "embedded")] {
        let place = folder.path().join(name);
        std::fs::create_dir(&place).unwrap();
        let people = People::on(client, &place, 1).await;
        people.dollars(1, 100).await;
        let reads = people.operator(1).reads();
        let coin = reads.coin(reads.deployment().asset).await.unwrap();
        let work = people.register(1, "simulated", 0, &[], &[(1, 100)]).await;
        let capital = reads.deployment().capital;
        // The second needs the first.
        let terms = OfferTerms {
            asset: Asset::Stablecoin,
            lot: U256::from(1),
            price: U256::from(1),
            lots_min: 1,
            lots_max: 1,
            deadline: people.now().await + DAY,
            allow_list: None,
            notice: keccak256("notice"),
        };
        let acts = [
            work.approve_shares(capital, U256::from(1)),
            reads.offer(&work, &terms).unwrap(),
            coin.approve(capital, U256::from(5)),
        ];
        let from = people.account(1);
        told.push(reads.gas_of_all(from, &acts).await.unwrap());
        let alone = reads.gas_of_all(from, &acts[1..2]).await.unwrap_err();
        assert!(
            alone.to_string().contains("insufficient allowance"),
            "{alone}"
        );
        assert!(reads.offerings(None).await.unwrap().is_empty());
    }
    assert_eq!(told[0], told[1]);
    assert!(
        told[0]
            .iter()
            .all(|gas| gas.is_some_and(|gas| gas > 21_000))
    );
}
