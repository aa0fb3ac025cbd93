//! Whatever happens in whatever order, nobody loses and nobody takes what is not theirs.

use alloy_primitives::{Address, I256, U256};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::BasisPoints;

/// One thing that somebody does. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Pay(u8, bool, u64),
    Transfer(u8, u8, u8, u64),
    Claim(u8, u8, bool),
    Collect(u8, u8, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let (number, flag) = (any::<u8>, any::<bool>);
    prop_oneof![
        (number(), flag(), 0..10_000_000_u64).prop_map(|(w, a, n)| Step::Pay(w, a, n)),
        (number(), number(), number(), 0..700_u64)
            .prop_map(|(w, a, b, n)| Step::Transfer(w, a, b, n)),
        (number(), number(), flag()).prop_map(|(w, a, c)| Step::Claim(w, a, c)),
        (number(), number(), flag()).prop_map(|(w, x, c)| Step::Collect(w, x, c)),
    ]
}

const ACCOUNTS: u8 = 6;

fn account(number: u8) -> Address {
    Address::repeat_byte(1 + number % ACCOUNTS)
}

fn asset(is_native: bool) -> Asset {
    if is_native {
        Asset::Native
    } else {
        Asset::Stablecoin
    }
}

/// Five works: an original, two that derive from it, one of both of these, and one of that.
fn works(supplies: &[u64; 5]) -> Vec<Shares> {
    let royalties = [500, 1_000, 300, 250, 0].map(BasisPoints);
    let parents: [&[usize]; 5] = [&[], &[0], &[0], &[1, 2], &[3, 0]];
    let mut stacks: Vec<Stack> = Vec::new();
    for parents in parents {
        let parents = parents
            .iter()
            .map(|p| (*p as u64, royalties[*p], &stacks[*p]));
        let stack = Stack::of(parents.collect::<Vec<_>>()).unwrap();
        stacks.push(stack);
    }
    let shares = |(stack, supply): (Stack, &u64)| {
        let third = U256::from(supply / 3 + 1);
        Shares::new(&[0, 1, 2].map(|number| (account(number), third)), stack)
    };
    stacks.into_iter().zip(supplies).map(shares).collect()
}

fn carry_out(works: &mut [Shares], step: &Step) {
    let count = works.len();
    let at = |number: u8| usize::from(number) % count;
    match *step {
        Step::Pay(work, native, amount) => works[at(work)].pay(asset(native), U256::from(amount)),
        Step::Transfer(work, from, to, amount) => {
            let shares = &mut works[at(work)];
            let amount = U256::from(amount);
            let had = shares.balance_of(account(from));
            let moved = shares.transfer(account(from), account(to), amount);
            assert_eq!(moved.is_ok(), amount <= had);
        }
        Step::Claim(work, holder, native) => {
            works[at(work)].claim(account(holder), asset(native));
        }
        Step::Collect(work, ancestor, native) => {
            let ancestor = at(ancestor) as u64;
            let asset = asset(native);
            match works[at(work)].collect(ancestor, asset) {
                Ok(amount) => works[ancestor as usize].receive(asset, amount).unwrap(),
                Err(error) => assert_eq!(error, SharesError::NotUpstream(ancestor)),
            }
        }
    }
}

/// All that economy promises of one work, of one asset.
fn check(shares: &Shares, asset: Asset) {
    let owed: U256 = (0..ACCOUNTS)
        .map(|number| shares.owed(account(number), asset))
        .sum();
    let due: U256 = shares
        .stack()
        .entries()
        .map(|(ancestor, _)| shares.due(ancestor, asset).unwrap())
        .sum();
    assert!(shares.balance(asset) >= owed + due, "solvent");
    let net = shares.net(asset);
    let left = (net - shares.claimed(asset)) * shares.supply();
    assert_eq!(shares.unsettled(asset), I256::from_raw(left), "identity");
}

proptest! {
    #[test]
    fn every_work_stays_solvent_and_its_books_add_up(
        supplies in [1..3_000_u64, 1..3_000, 1..3_000, 1..3_000, 1..3_000],
        steps in vec(step(), 0..120),
    ) {
        let mut works = works(&supplies);
        for step in &steps {
            let before: Vec<[Book; 2]> =
                works.iter().map(|work| Asset::ALL.map(|asset| work.book(asset))).collect();
            carry_out(&mut works, step);
            for (work, before) in works.iter().zip(before) {
                for (asset, before) in Asset::ALL.into_iter().zip(before) {
                    prop_assert!(work.book(asset).gross >= before.gross);
                    check(work, asset);
                }
            }
        }
    }

    #[test]
    fn what_everybody_takes_in_the_end_is_all_but_dust(
        payments in vec((any::<u8>(), 0..10_000_000_u64), 1..30),
    ) {
        let mut works = works(&[900, 900, 900, 900, 900]);
        let mut paid = U256::ZERO;
        for (work, amount) in payments {
            paid += U256::from(amount);
            carry_out(&mut works, &Step::Pay(work, true, amount));
        }
        for work in 0..5 {
            for ancestor in 0..5 {
                carry_out(&mut works, &Step::Collect(work, ancestor, true));
            }
        }
        let mut claimed = U256::ZERO;
        for work in &mut works {
            for number in 0..3 {
                claimed += work.claim(account(number), Asset::Native);
            }
        }
        // Each claim, and each royalty, leaves less than a unit.
        prop_assert!(claimed <= paid && paid - claimed <= U256::from(15 + 20), "{} of {}", claimed, paid);
    }

    #[test]
    fn a_stack_holds_every_work_upstream_once(edges in vec((1..12_usize, any::<u8>()), 0..14)) {
        let mut parents: Vec<Vec<usize>> = vec![Vec::new(); 12];
        for (child, parent) in edges {
            parents[child].push(usize::from(parent) % child);
        }
        let mut stacks: Vec<Stack> = Vec::new();
        let mut closures: Vec<std::collections::BTreeSet<u64>> = Vec::new();
        for parents in &parents {
            let stack = Stack::of(parents.iter().map(|p| (*p as u64, BasisPoints(100), &stacks[*p]))).unwrap();
            let mut closure = std::collections::BTreeSet::new();
            for parent in parents {
                closure.insert(*parent as u64);
                closure.extend(closures[*parent].iter().copied());
            }
            prop_assert_eq!(stack.entries().map(|(work, _)| work).collect::<std::collections::BTreeSet<_>>(), closure.clone());
            prop_assert_eq!(stack.entries().count(), closure.len());
            prop_assert_eq!(usize::from(stack.rate().0), 100 * closure.len());
            stacks.push(stack);
            closures.push(closure);
        }
    }
}

/// The example that the design gives: G asks 5 %, P 10 %, C derives from P.
#[test]
fn royalties_reach_each_work_upstream_once() {
    let hundred = |number: u8| [(account(number), U256::from(100))];
    let mut g = Shares::new(&hundred(0), Stack::default());
    let p_stack = Stack::of([(0, BasisPoints(500), &Stack::default())]).unwrap();
    let mut p = Shares::new(&hundred(1), p_stack.clone());
    let c_stack = Stack::of([(1, BasisPoints(1_000), &p_stack)]).unwrap();
    let mut c = Shares::new(&hundred(2), c_stack);
    let asset = Asset::Stablecoin;
    c.pay(asset, U256::from(1_000));
    p.pay(asset, U256::from(500));
    p.transfer(account(1), account(3), U256::from(40)).unwrap();
    let royalty = c.collect(1, asset).unwrap();
    p.receive(asset, royalty).unwrap();
    for from in [&mut c, &mut p] {
        let royalty = from.collect(0, asset).unwrap();
        g.receive(asset, royalty).unwrap();
    }
    let owed = |shares: &Shares, number| shares.owed(account(number), asset).to::<u64>();
    assert_eq!((owed(&p, 1), owed(&p, 3)), (535, 40));
    assert_eq!((owed(&g, 0), owed(&c, 2)), (75, 850));
}

#[test]
fn too_much_upstream_is_refused_with_the_sum() {
    let none = Stack::default();
    let many: Vec<_> = (0..17).map(|work| (work, BasisPoints(1), &none)).collect();
    assert_eq!(Stack::of(many), Err(StackError::TooDeep { count: 17 }));
    let dear = Stack::of([
        (1, BasisPoints(3_000), &none),
        (2, BasisPoints(2_001), &none),
    ]);
    let message = dear.unwrap_err().to_string();
    assert!(
        message.contains("50.01%") && message.contains("50%"),
        "{message}"
    );
}
