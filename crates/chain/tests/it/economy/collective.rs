//! A collective of three, to the last unit: what pooled works earn reaches the members, a fourth is admitted
//! by vote, one leaves; on the embedded chain and on anvil.

use alloy_primitives::U256;
use daedal_chain::operations::{
    Act, Charter, Coin, Collective, Flow, Motion, Moved, SeatOffer, Work,
};
use daedal_core::digest::Digest;
use daedal_core::economy::Asset;
use daedal_core::units::BasisPoints;

use super::votes::{RULES, carry};
use super::{People, on_anvil, on_the_embedded_chain};

const STABLECOIN: Asset = Asset::Stablecoin;

fn seat(people: &People, number: usize, work: &Work, gets: u64) -> SeatOffer {
    SeatOffer {
        member: people.account(number),
        work: work.work,
        work_shares: U256::from(500),
        shares: U256::from(gets),
        until: 4_000_000_000,
    }
}

fn approve(shares: alloy_primitives::Address, to: alloy_primitives::Address, amount: u64) -> Act {
    let coin = Coin {
        address: shares,
        ..Coin::native()
    };
    coin.approve(to, U256::from(amount))
}

/// Takes the seat of a signer's work, and votes with what it gives.
async fn pool(people: &People, number: usize, collective: &Collective, own: &Work, work: &Work) {
    let reads = people.operator(1).reads();
    let control = reads.hand_over(work.work, collective.address);
    people
        .act(number, &approve(work.shares, collective.address, 500))
        .await;
    people.act(number, &control).await;
    people.act(number, &collective.pool(work.work)).await;
    people
        .act(number, &own.delegate(people.account(number)))
        .await;
}

async fn owed(people: &People, work: &Work, account: alloy_primitives::Address) -> u64 {
    let reads = people.operator(1).reads();
    let owed = reads.owed(work, account, STABLECOIN).await.unwrap();
    owed.to()
}

async fn of_three(people: &People) {
    let reads = people.operator(1).reads();
    let mut works = Vec::new();
    for number in 1..=4 {
        let name = format!("pooled {number}");
        works.push(
            people
                .register(number, &name, 0, &[], &[(number, 1_000)])
                .await,
        );
    }
    let charter = Charter {
        name: "coast".to_owned(),
        symbol: "COAST".to_owned(),
        bundle: Digest::of(b"statutes"),
        uri: String::new(),
        asset: reads.deployment().asset,
        royalty: BasisPoints(0),
        supply: U256::from(1_000),
        founders: (1..=3)
            .map(|n| seat(people, n, &works[n - 1], 300))
            .collect(),
    };
    people.act(1, &reads.form(&charter, &RULES).unwrap()).await;
    let made = reads.collectives_of(people.account(1)).await.unwrap();
    assert_eq!(made.len(), 1);
    assert!(
        reads
            .collectives_of(people.account(2))
            .await
            .unwrap()
            .is_empty()
    );
    let own = reads.work(made[0]).await.unwrap();
    let collective = reads.collective(own.work).await.unwrap().unwrap();
    let governor = reads.governor_of(own.work).await.unwrap().unwrap();
    for number in 1..=3 {
        let founded = reads
            .collective(own.work)
            .await
            .unwrap()
            .unwrap()
            .is_founded;
        assert!(!founded, "not before all founders have pooled");
        pool(people, number, &collective, &own, &works[number - 1]).await;
    }
    assert!(
        reads
            .collective(own.work)
            .await
            .unwrap()
            .unwrap()
            .is_founded
    );
    // Each pooled work is moved by the collective's votes.
    let behind = reads.governor_of(works[1].work).await.unwrap().unwrap();
    assert_eq!(behind, governor);
    let members = |people: &People| [1, 2, 3, 4].map(|number| people.account(number));
    let all = async |work: &Work| {
        let mut sums = Vec::new();
        for account in members(people) {
            sums.push(owed(people, work, account).await);
        }
        sums
    };

    // Work 1 earns 10,001: half is its creator's, half, rounded down, the collective's; of that each member
    // has 30 %, the reserve 10 %, which goes around once more.
    people
        .act(4, &works[0].pay(STABLECOIN, U256::from(10_001)))
        .await;
    let harvest = |work: &Work| collective.harvest(work.work, work.asset);
    people.act(4, &harvest(&works[0])).await;
    assert_eq!(owed(people, &works[0], people.account(1)).await, 5_000);
    assert_eq!(all(&own).await, [1_500, 1_500, 1_500, 0]);
    people.act(4, &harvest(&own)).await;
    assert_eq!(all(&own).await, [1_650, 1_650, 1_650, 0]);
    assert_eq!(owed(people, &own, collective.address).await, 50);

    // A fourth is admitted by vote, and has no part of what came before.
    let offer = seat(people, 4, &works[3], 100);
    carry(people, &governor, &Motion::Admit(offer), 1, &[1, 2]).await;
    pool(people, 4, &collective, &own, &works[3]).await;
    assert_eq!(all(&own).await, [1_650, 1_650, 1_650, 0]);
    people
        .act(1, &works[3].pay(STABLECOIN, U256::from(2_000)))
        .await;
    people.act(1, &harvest(&works[3])).await;
    assert_eq!(all(&own).await, [1_950, 1_950, 1_950, 100]);

    // One leaves with their work: what they earned until then stays theirs, what comes later is not.
    people
        .act(2, &approve(own.shares, collective.address, 300))
        .await;
    people.act(2, &collective.leave_with(works[1].work)).await;
    people.wait(1).await;
    let left = reads.work(works[1].work).await.unwrap();
    assert_eq!(left.controller, people.account(2));
    let back = reads.shares_of(left.work, people.account(2)).await.unwrap();
    assert_eq!(back, U256::from(1_000));
    assert_eq!(reads.seat(&collective, left.work).await.unwrap(), None);
    assert_eq!(reads.offered(&collective).await.unwrap().len(), 4);
    people.act(1, &left.pay(STABLECOIN, U256::from(700))).await;
    assert_eq!(owed(people, &left, collective.address).await, 0);
    people
        .act(1, &works[2].pay(STABLECOIN, U256::from(1_000)))
        .await;
    people.act(1, &harvest(&works[2])).await;
    assert_eq!(all(&own).await, [2_100, 1_950, 2_100, 150]);

    // Everybody takes what is theirs, and nothing more is there than the part of the reserve.
    for number in 1..=4 {
        let account = people.account(number);
        let due = owed(people, &own, account).await;
        let before = reads.money_of(account, own.asset).await.unwrap();
        people.act(number, &own.claim(STABLECOIN, account)).await;
        let after = reads.money_of(account, own.asset).await.unwrap();
        assert_eq!(after - before, U256::from(due));
    }
    // 5,000 + 1,000 + 500 came in from works, 2,100 + 1,950 + 2,100 + 150 went out.
    let left = reads.money_of(own.shares, own.asset).await.unwrap();
    assert_eq!(left, U256::from(6_500 - 6_300));
    // The ledger tells the same: where it came from, and that what went around is not earned twice.
    let movements = reads.movements(&own).await.unwrap();
    let told: Vec<(Moved, U256)> = movements
        .iter()
        .filter(|movement| movement.what.flow() != Flow::Out)
        .map(|movement| (movement.what, movement.amount))
        .collect();
    let from = |work: &Work, amount| (Moved::Harvest { from: work.work }, U256::from(amount));
    let around = Moved::Around {
        of: collective.address,
    };
    assert_eq!(
        told,
        [
            from(&works[0], 5_000),
            (around, U256::from(500)),
            from(&works[3], 1_000),
            from(&works[2], 500),
        ]
    );
    let out: U256 = movements
        .iter()
        .filter(|movement| movement.what.flow() == Flow::Out)
        .map(|movement| movement.amount)
        .sum();
    assert_eq!(out, U256::from(6_300));
    assert_eq!(owed(people, &own, collective.address).await, 200);
}

async fn whole(people: &People) {
    for number in [1, 4] {
        people.dollars(number, 10_u64.pow(9)).await;
    }
    of_three(people).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collective_shares_what_it_earns_admits_and_lets_go_on_the_embedded_chain() {
    on_the_embedded_chain(whole).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collective_shares_what_it_earns_admits_and_lets_go_on_anvil() {
    on_anvil(whole).await;
}
