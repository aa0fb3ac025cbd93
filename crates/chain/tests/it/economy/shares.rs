//! Scenarios of shares and royalties, with amounts to the last unit, on the embedded chain and on anvil.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_signer::SignerSync as _;
use alloy_sol_types::{SolStruct, eip712_domain, sol};
use daedal_chain::contracts::TestDollar;
use daedal_chain::operations::{Act, Ledgers, Moved, Work};
use daedal_core::economy::Asset;

use super::{People, on_anvil, on_the_embedded_chain};
use crate::support::signer;

sol! {
    struct TransferWithAuthorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }
}

/// Pays by an authorization that the payer signs and anybody sends, as x402 does.
async fn pay_by_authorization(people: &People, payer: usize, sender: usize, work: &Work, n: u64) {
    let client = people.operator(1).reads().client();
    let authorization = TransferWithAuthorization {
        from: people.account(payer),
        to: work.shares,
        value: U256::from(1_000_003),
        validAfter: U256::ZERO,
        validBefore: U256::from(u64::MAX),
        nonce: keccak256(n.to_be_bytes()),
    };
    let domain = eip712_domain! {
        name: "Test Dollar (worthless)",
        version: "1",
        chain_id: client.chain_id(),
        verifying_contract: work.asset,
    };
    let hash: B256 = authorization.eip712_signing_hash(&domain);
    let signed = signer(u8::try_from(payer).unwrap())
        .sign_hash_sync(&hash)
        .unwrap();
    let call = TestDollar::transferWithAuthorization_0Call {
        from: authorization.from,
        to: authorization.to,
        value: authorization.value,
        validAfter: authorization.validAfter,
        validBefore: authorization.validBefore,
        nonce: authorization.nonce,
        signature: signed.as_bytes().into(),
    };
    let act = Act::call(work.asset, &call);
    people.act(sender, &act).await;
    let again = people.try_act(sender, &act).await.unwrap_err();
    assert!(again.contains("refuses"), "{again}");
}

/// Ten runs of three creators' work are paid in three ways while shares move; everybody claims.
async fn three_creators(people: &People) {
    let mut works = Vec::new();
    for (creator, title) in [(1, "ebb"), (2, "flood"), (3, "slack")] {
        // Each has shares in the works of the others.
        let (second, third) = (1 + creator % 3, 1 + (creator + 1) % 3);
        let holders = [(creator, 500), (second, 300), (third, 200)];
        let work = people.register(creator, title, 500, &[], &holders).await;
        works.push((work, [U256::ZERO; 2]));
    }
    let reads = people.operator(1).reads();
    for n in 0..10_u64 {
        let place = (n + n / 3) as usize % 3;
        let (work, paid) = &mut works[place];
        match n % 3 {
            0 => {
                let amount = U256::from(1_000_001);
                people.act(4, &work.pay(Asset::Stablecoin, amount)).await;
                paid[1] += amount;
            }
            1 => {
                pay_by_authorization(people, 4, 3, work, n).await;
                paid[1] += U256::from(1_000_003);
            }
            _ => {
                let amount = U256::from(10_u64.pow(15) + 7);
                people.act(4, &work.pay(Asset::Native, amount)).await;
                paid[0] += amount;
            }
        }
        for (work, _) in &works {
            let to = people.account(1 + (n as usize + 1) % 4);
            let from = 1 + n as usize % 3;
            people
                .act(from, &work.give_shares(to, U256::from(17)))
                .await;
        }
    }
    for (at, (work, paid)) in works.iter().enumerate() {
        assert!(paid.iter().all(|paid| !paid.is_zero()), "work {at}");
        everyone_claims(people, work, paid, at as u8).await;
        told_once(reads, work, paid).await;
    }
}

/// What four holders claim is what was paid, but for a unit for each claim.
async fn everyone_claims(people: &People, work: &Work, paid: &[U256; 2], place: u8) {
    let reads = people.operator(1).reads();
    for asset in Asset::ALL {
        let (mut claimed, mut claims) = (U256::ZERO, 0_u64);
        for number in 1..=4 {
            let account = people.account(number);
            let owed = reads.owed(work, account, asset).await.unwrap();
            let to = Address::repeat_byte(0x40 + 8 * place + number as u8);
            let coin = work.address_of(asset);
            let before = reads.money_of(to, coin).await.unwrap();
            people.act(number, &work.claim(asset, to)).await;
            let got = reads.money_of(to, coin).await.unwrap() - before;
            assert_eq!(got, owed);
            claimed += got;
            claims += 1;
        }
        let dust = paid[asset as usize] - claimed;
        assert!(dust <= U256::from(claims), "{dust} left of {claimed}");
        let left = reads.money_of(work.shares, work.address_of(asset)).await;
        assert_eq!(left.unwrap(), dust);
    }
}

/// The ledger tells each payment, and nothing twice.
async fn told_once(reads: &Ledgers, work: &Work, paid: &[U256; 2]) {
    let movements = reads.movements(work).await.unwrap();
    let sum = |asset: Asset, wanted: fn(&Moved) -> bool| -> U256 {
        let of = movements
            .iter()
            .filter(|moved| moved.asset == asset && wanted(&moved.what));
        of.map(|moved| moved.amount).sum()
    };
    let is_paid: fn(&Moved) -> bool = |what| matches!(what, Moved::Payment { .. });
    assert_eq!(sum(Asset::Stablecoin, is_paid), paid[1]);
    // Whoever paid by a transaction is told in the chain's own coin, too.
    assert_eq!(sum(Asset::Native, is_paid), paid[0]);
    assert_eq!(
        sum(Asset::Native, |what| matches!(what, Moved::Noted)),
        U256::ZERO
    );
    assert!(movements.iter().all(|moved| moved.at > 0));
    assert!(movements.windows(2).all(|two| two[0].block <= two[1].block));
}

/// Two derivatives of one original, and a derivative of both: the original is paid once.
async fn diamond(people: &People) {
    let original = people
        .register(1, "original", 1_000, &[], &[(1, 100)])
        .await;
    let left = people
        .register(2, "left", 500, &[original.work], &[(2, 100)])
        .await;
    let right = people
        .register(3, "right", 300, &[original.work], &[(3, 100)])
        .await;
    let parents = [left.work, right.work];
    let child = people.register(4, "child", 0, &parents, &[(4, 100)]).await;
    assert_eq!(child.stack.0, 1_800);
    let reads = people.operator(1).reads();
    let stablecoin = Asset::Stablecoin;
    people
        .act(4, &child.pay(stablecoin, U256::from(10_000)))
        .await;
    // Whoever collects first or twice, each gets its part once.
    for _ in 0..2 {
        for upstream in [left, original, right] {
            people
                .act(1, &child.collect(upstream.work, stablecoin))
                .await;
        }
    }
    let owed = async |work: &Work, number: usize| {
        let owed = reads.owed(work, people.account(number), stablecoin).await;
        owed.unwrap().to::<u64>()
    };
    assert_eq!(owed(&original, 1).await, 1_000);
    assert_eq!((owed(&left, 2).await, owed(&right, 3).await), (500, 300));
    assert_eq!(owed(&child, 4).await, 8_200);
    // What came in as a royalty is not shared upstream a second time.
    assert_eq!(
        reads.due(&left, original.work, stablecoin).await.unwrap(),
        U256::ZERO
    );
    let movements = reads.movements(&original).await.unwrap();
    let from: Vec<Moved> = movements.iter().map(|moved| moved.what).collect();
    assert_eq!(from, [Moved::RoyaltyIn { from: child.work }]);
}

async fn whole(people: &People) {
    people.dollars(4, 10_u64.pow(9)).await;
    three_creators(people).await;
    diamond(people).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revenue_and_royalties_reach_everybody_on_the_embedded_chain() {
    on_the_embedded_chain(whole).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revenue_and_royalties_reach_everybody_on_anvil() {
    on_anvil(whole).await;
}
