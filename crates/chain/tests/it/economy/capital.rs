//! Capital and trade to the last unit, on the embedded chain and on anvil: offerings that fail and succeed,
//! and a treasury under votes.

use alloy_primitives::{Address, B256, U256, keccak256};
use daedal_chain::operations::{
    Motion, OfferTerms, Offering, OfferingState, ProposalState, Settings, Vote, Work, allowed_leaf,
};
use daedal_core::economy::Asset;
use daedal_core::merkle::Tree;
use daedal_core::units::BasisPoints;

use super::{DAY, People, on_anvil, on_the_embedded_chain};

/// Forty lots of ten shares at 5,000,001 of the stablecoin, for a day.
async fn offered(people: &People, work: &Work, min: u32, only: Option<B256>) -> Offering {
    let reads = people.operator(1).reads();
    let terms = OfferTerms {
        asset: Asset::Stablecoin,
        lot: U256::from(10),
        price: U256::from(5_000_001),
        lots_min: min,
        lots_max: 40,
        deadline: people.now().await + DAY,
        allow_list: only,
        notice: keccak256("read this"),
    };
    let capital = reads.deployment().capital;
    people
        .act(1, &work.approve_shares(capital, U256::from(400)))
        .await;
    let act = reads.offer(work, &terms).unwrap();
    let before = reads.offerings(None).await.unwrap().len();
    people.act(1, &act).await;
    let offerings = reads.offerings(Some(work.work)).await.unwrap();
    let offering = *offerings.last().unwrap();
    assert_eq!(offering.number as usize, before + 1);
    assert_eq!(
        (offering.terms, offering.state),
        (terms, OfferingState::Open)
    );
    offering
}

async fn buy(people: &People, number: usize, offering: &Offering, lots: u32) {
    let reads = people.operator(1).reads();
    let coin = reads.coin(reads.deployment().asset).await.unwrap();
    let cost = offering.cost(lots);
    people
        .act(number, &coin.approve(offering.address, cost))
        .await;
    people.act(number, &offering.buy(lots, Vec::new())).await;
}

pub(super) async fn dollars_of(people: &People, account: Address) -> u64 {
    let reads = people.operator(1).reads();
    let money = reads.money_of(account, reads.deployment().asset).await;
    money.unwrap().to()
}

/// An offering of which too little is sold: everybody has back what they paid, and what they offered.
async fn offering_that_fails(people: &People) {
    let reads = people.operator(1).reads();
    let work = people.register(1, "fails", 0, &[], &[(1, 1_000)]).await;
    let offering = offered(people, &work, 5, None).await;
    let before = [2, 3].map(|number| people.account(number));
    let before = [
        dollars_of(people, before[0]).await,
        dollars_of(people, before[1]).await,
    ];
    buy(people, 2, &offering, 3).await;
    buy(people, 3, &offering, 1).await;
    assert_eq!(dollars_of(people, offering.address).await, 4 * 5_000_001);
    let early = people.try_act(4, &offering.finalize()).await.unwrap_err();
    assert!(early.contains("not over"), "{early}");
    people.wait(DAY).await;
    let late = people.try_act(2, &offering.buy(1, Vec::new())).await;
    assert!(late.unwrap_err().contains("over"));
    people.act(4, &offering.finalize()).await;
    let ended = reads.offering(offering.number).await.unwrap();
    assert_eq!(ended.state, OfferingState::Failed);
    for (number, before) in [(2, before[0]), (3, before[1])] {
        let account = people.account(number);
        let refund = offering.refund(account);
        people.act(number, &refund).await;
        assert_eq!(dollars_of(people, account).await, before);
        let twice = people.try_act(number, &refund).await.unwrap_err();
        assert!(twice.contains("nothing bought"), "{twice}");
    }
    assert_eq!(dollars_of(people, offering.address).await, 0);
    let issuer = reads.shares_of(work.work, people.account(1)).await.unwrap();
    assert_eq!(issuer, U256::from(1_000));
    let proceeds = people.try_act(1, &offering.withdraw()).await.unwrap_err();
    assert!(proceeds.contains("not in state"), "{proceeds}");
}

/// One that is sold out: shares with the revenue since its end for buyers, until then for the issuer; all
/// of the money for the treasury.
async fn offering_that_succeeds(people: &People) {
    let reads = people.operator(1).reads();
    let work = people.register(1, "succeeds", 0, &[], &[(1, 1_000)]).await;
    let pay = work.pay(Asset::Stablecoin, U256::from(10_000));
    people.act(4, &pay).await;
    let offering = offered(people, &work, 5, None).await;
    people.act(4, &pay).await;
    buy(people, 2, &offering, 30).await;
    buy(people, 3, &offering, 10).await;
    people.act(4, &offering.finalize()).await;
    people.act(4, &pay).await;
    let asset = reads.deployment().asset;
    let due = async |number: usize| {
        let account = people.account(number);
        let revenue = reads.offered_revenue_of(&offering, account, asset).await;
        revenue.unwrap().to::<u64>()
    };
    assert_eq!(
        (due(1).await, due(2).await, due(3).await),
        (4_000, 3_000, 1_000)
    );
    for (number, shares, revenue) in [(2, 300, 3_000), (3, 100, 1_000), (1, 0, 4_000)] {
        let to = Address::repeat_byte(0x60 + number as u8);
        if shares > 0 {
            people.act(number, &offering.claim(to)).await;
            let got = reads.shares_of(work.work, to).await.unwrap();
            assert_eq!(got, U256::from(shares));
        }
        people.act(number, &offering.claim_revenue(asset, to)).await;
        assert_eq!(dollars_of(people, to).await, revenue);
    }
    // What the issuer kept has earned as ever.
    let owed = reads
        .owed(&work, people.account(1), Asset::Stablecoin)
        .await;
    assert_eq!(owed.unwrap(), U256::from(10_000 + 6_000 + 6_000));
    people.act(4, &offering.withdraw()).await;
    assert_eq!(dollars_of(people, offering.treasury).await, 40 * 5_000_001);
    assert_eq!(dollars_of(people, offering.address).await, 0);
    let ended = reads.offering(offering.number).await.unwrap();
    assert_eq!((ended.withdrawn, ended.lots_sold), (true, 40));
    assert_eq!(
        reads.treasury_of(work.work).await.unwrap(),
        Some(offering.treasury)
    );
}

/// Only who is on the list can buy, with a proof of our tree.
async fn offering_for_some(people: &People) {
    let work = people.register(1, "some", 0, &[], &[(1, 1_000)]).await;
    let listed = [2, 3, 4].map(|number| people.account(number));
    let leaves = listed.map(allowed_leaf);
    let tree = Tree::over(&leaves);
    let offering = offered(people, &work, 1, Some(tree.root())).await;
    let reads = people.operator(1).reads();
    let coin = reads.coin(reads.deployment().asset).await.unwrap();
    let proof = tree.path(1).unwrap();
    let approve = coin.approve(offering.address, offering.cost(1));
    people.act(3, &approve).await;
    people.act(2, &approve).await;
    let foreign = people.try_act(2, &offering.buy(1, proof.clone())).await;
    assert!(foreign.unwrap_err().contains("not allowed"));
    people.act(3, &offering.buy(1, proof)).await;
}

/// An offering fills the treasury, a vote lets an operator draw, and the operator draws not a unit more.
async fn capital_under_votes(people: &People) {
    let reads = people.operator(1).reads();
    let work = people
        .register(1, "capital", 0, &[], &[(1, 600), (2, 400)])
        .await;
    let offering = offered(people, &work, 1, None).await;
    buy(people, 3, &offering, 40).await;
    people.act(3, &offering.finalize()).await;
    people.act(3, &offering.withdraw()).await;
    people.act(3, &offering.claim(people.account(3))).await;
    let treasury = offering.treasury;

    let settings = Settings {
        voting_delay: 60,
        voting_period: 3_600,
        extension: 600,
        timelock_delay: 60,
        quorum: BasisPoints(2_000),
        threshold: BasisPoints(100),
    };
    people.act(1, &reads.govern(work.work, &settings)).await;
    let behind = reads.governor_of(work.work).await.unwrap();
    assert!(behind.is_none(), "it governs once it controls");
    let made = reads.governors_made(work.work, people.account(1)).await;
    let made = made.unwrap().remove(0);
    people
        .act(1, &reads.hand_over(work.work, made.timelock))
        .await;
    let governor = reads.governor_of(work.work).await.unwrap().unwrap();
    assert_eq!((governor, governor.settings), (made, settings));
    for number in 1..=3 {
        people
            .act(number, &work.delegate(people.account(number)))
            .await;
    }
    people.wait(1).await;

    let asset = reads.deployment().asset;
    let operator = people.account(4);
    let own = reads.allow(treasury, operator, asset, U256::from(5_000), 86_400);
    let own = people.try_act(1, &own.unwrap()).await.unwrap_err();
    assert!(own.contains("not controller"), "{own}");
    let motion = Motion::Allow {
        treasury,
        operator,
        asset,
        amount: U256::from(5_000),
        period: 86_400,
    };
    let call = reads.call_of(&governor, &motion).unwrap();
    people.act(1, &governor.propose(call, "compute")).await;
    let proposed = reads.proposals(&governor).await.unwrap().remove(0);
    assert_eq!(proposed.motion, Some(motion));
    assert_eq!(proposed.state, ProposalState::Pending);
    people.wait(61).await;
    people
        .act(3, &governor.vote(proposed.id, Vote::For, "yes"))
        .await;
    people
        .act(2, &governor.vote(proposed.id, Vote::Against, ""))
        .await;
    let twice = people
        .try_act(2, &governor.vote(proposed.id, Vote::Against, ""))
        .await;
    assert!(twice.unwrap_err().contains("already cast vote"));
    people
        .act(1, &governor.vote(proposed.id, Vote::For, ""))
        .await;
    people.wait(3_601).await;
    let passed = reads.proposals(&governor).await.unwrap().remove(0);
    assert_eq!(passed.state, ProposalState::Succeeded);
    assert_eq!(
        passed.tally.for_,
        U256::from(600),
        "200 of the issuer's, 400 bought"
    );
    assert_eq!(passed.tally.against, U256::from(400));
    people.act(4, &governor.queue(&passed)).await;
    let early = people.try_act(4, &governor.execute(&passed)).await;
    assert!(early.is_err());
    people.wait(61).await;
    people.act(4, &governor.execute(&passed)).await;

    let allowed = reads.allowance(treasury, operator, asset).await.unwrap();
    assert_eq!(
        (allowed.amount, allowed.left),
        (U256::from(5_000), U256::from(5_000))
    );
    let to = Address::repeat_byte(0x77);
    let run = keccak256("a run");
    let draw = |amount: u64| reads.draw(treasury, asset, U256::from(amount), to, run);
    people.act(4, &draw(3_000).unwrap()).await;
    let more = people.try_act(4, &draw(2_001).unwrap()).await.unwrap_err();
    assert!(
        more.contains("allowance exceeded (amount 2001, left 2000)"),
        "{more}"
    );
    people.act(4, &draw(2_000).unwrap()).await;
    assert!(people.try_act(4, &draw(1).unwrap()).await.is_err());
    assert!(people.try_act(1, &draw(1).unwrap()).await.is_err());
    people.wait(DAY).await;
    people.act(4, &draw(5_000).unwrap()).await;
    assert_eq!(dollars_of(people, to).await, 10_000);
    assert_eq!(dollars_of(people, treasury).await, 40 * 5_000_001 - 10_000);
    let draws = reads.draws(treasury).await.unwrap();
    let told: Vec<u64> = draws.iter().map(|draw| draw.amount.to()).collect();
    assert_eq!(told, [3_000, 2_000, 5_000]);
    assert!(draws.iter().all(|draw| draw.purpose == run && draw.at > 0));
}

async fn whole(people: &People) {
    for number in 2..=4 {
        people.dollars(number, 10_u64.pow(12)).await;
    }
    offering_that_fails(people).await;
    offering_that_succeeds(people).await;
    offering_for_some(people).await;
    capital_under_votes(people).await;
    super::market::resale(people).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn capital_and_trade_are_exact_on_the_embedded_chain() {
    on_the_embedded_chain(whole).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn capital_and_trade_are_exact_on_anvil() {
    on_anvil(whole).await;
}
