//! The market: shares in parts, and editions whose royalty reaches every work upstream.

use alloy_primitives::{Address, Bytes, U256, keccak256};
use alloy_sol_types::SolCall as _;
use daedal_chain::Client;
use daedal_chain::contracts::Editions;
use daedal_chain::operations::{Goods, MintedRun, Moved, OfferTerms, Output, Terms, Work};
use daedal_core::digest::Digest;
use daedal_core::economy::Asset;
use daedal_core::units::BasisPoints;
use serde_json::json;

use super::capital::dollars_of;
use super::{DAY, People};
use crate::support::anvil::Anvil;
use crate::support::{HUNDRED, open, signer};

/// Whom ERC-2981 has a marketplace pay, and how much, when an edition is sold for `price`.
async fn royalty_info(people: &People, token: U256, price: U256) -> (Address, U256) {
    let reads = people.operator(1).reads();
    let call = Editions::royaltyInfoCall {
        tokenId: token,
        salePrice: price,
    };
    let data = Bytes::from(call.abi_encode());
    let asked = json!({ "to": reads.deployment().editions, "data": data });
    let answer = reads.client().request("eth_call", (asked, "latest")).await;
    let answer: Bytes = answer.unwrap();
    let told = Editions::royaltyInfoCall::abi_decode_returns(&answer).unwrap();
    (told._0, told._1)
}

/// Sells an edition from one to another at 10,007 of the stablecoin, of which 750 are the work's.
async fn sell_edition(people: &People, child: &Work, token: U256, seller: usize, buyer: usize) {
    let reads = people.operator(1).reads();
    let (at, price) = (reads.deployment().market, U256::from(10_007));
    let until = people.now().await + DAY;
    let owed = royalty_info(people, token, price).await;
    assert_eq!(owed, (child.shares, U256::from(750)));
    people.act(seller, &reads.approve_edition(at, token)).await;
    let list = reads.list_edition(token, Asset::Stablecoin, price, until);
    people.act(seller, &list.unwrap()).await;
    let number = reads.listings().await.unwrap();
    let listing = reads.listing(number).await.unwrap();
    assert_eq!(listing.goods, Goods::Edition { token, left: true });
    assert!(listing.is_covered && listing.work == child.work);
    let cost = reads.cost_of(number, U256::ONE).await.unwrap();
    assert_eq!((cost.cost, cost.royalty), (price, owed.1));
    let coin = reads.coin(reads.deployment().asset).await.unwrap();
    people.act(buyer, &coin.approve(at, price)).await;
    let (from, to) = (people.account(seller), people.account(buyer));
    let before = dollars_of(people, from).await;
    let shared = dollars_of(people, child.shares).await;
    let buy = reads.buy_listed(&listing, U256::ONE, cost.cost, to);
    people.act(buyer, &buy.unwrap()).await;
    let edition = reads.edition(token).await.unwrap().unwrap();
    assert_eq!(edition.owner, to);
    assert_eq!(dollars_of(people, from).await, before + 10_007 - 750);
    assert_eq!(dollars_of(people, child.shares).await, shared + 750);
    let movements = reads.movements(child).await.unwrap();
    let newest = movements.last().map(|moved| moved.what);
    assert_eq!(newest, Some(Moved::Resale { by: to }));
}

/// A diamond: an edition of a derivative of two derivatives of one original is sold again and again. Its
/// royalty reaches all three, the original once. Shares are sold in parts.
pub(super) async fn resale(people: &People) {
    let reads = people.operator(1).reads();
    let original = people.register(1, "top", 1_000, &[], &[(1, 100)]).await;
    let above = [original.work];
    let left = people.register(3, "left", 500, &above, &[(3, 100)]).await;
    let right = people.register(4, "right", 300, &above, &[(4, 100)]).await;
    let parents = [left.work, right.work];
    let child = people.register(2, "below", 0, &parents, &[(2, 1_000)]);
    let child = child.await;
    assert_eq!(child.stack, BasisPoints(1_800), "the original counts once");
    let run = MintedRun {
        work: U256::from(child.work),
        version: U256::ONE,
        bundle: Digest::of(b"below").0.into(),
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
        .mint("mint:below", &run, &outputs, &terms);
    let token = minted.await.unwrap()[0].tokens[0];
    let at = reads.deployment().market;
    let until = people.now().await + DAY;

    let stablecoin = Asset::Stablecoin;
    let upstream = [&original, &left, &right];
    // What each has got in all after each sale: what the first left over by rounding down comes with the second.
    for (sale, got) in [[75, 37, 22], [150, 75, 45]].into_iter().enumerate() {
        let (seller, buyer) = [(3, 4), (4, 3)][sale];
        sell_edition(people, &child, token, seller, buyer).await;
        // Whoever collects, from whom, and however often: each gets its part once, and nothing cascades.
        for _ in 0..2 {
            for work in upstream {
                people.act(4, &child.collect(work.work, stablecoin)).await;
            }
            for middle in [&left, &right] {
                people
                    .act(4, &middle.collect(original.work, stablecoin))
                    .await;
            }
        }
        for (work, got) in upstream.into_iter().zip(got) {
            assert_eq!(dollars_of(people, work.shares).await, got);
            let due = reads.due(&child, work.work, stablecoin).await.unwrap();
            assert_eq!(due, U256::ZERO);
        }
        let gross = 750 * (sale as u64 + 1);
        let kept = dollars_of(people, child.shares).await;
        assert_eq!(kept, gross - got.iter().sum::<u64>());
        let owed = reads.owed(&child, people.account(2), stablecoin).await;
        assert_eq!(owed.unwrap().to::<u64>(), gross - gross * 1_800 / 10_000);
    }
    let from: Vec<Moved> = (reads.movements(&original).await.unwrap().iter())
        .map(|moved| moved.what)
        .collect();
    assert_eq!(from, [Moved::RoyaltyIn { from: child.work }; 2]);
    let before = dollars_of(people, people.account(1)).await;
    let claim = original.claim(stablecoin, people.account(1));
    people.act(1, &claim).await;
    assert_eq!(dollars_of(people, people.account(1)).await, before + 150);

    let by = people.account(4);
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
