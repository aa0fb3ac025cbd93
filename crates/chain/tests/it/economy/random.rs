//! Random works upstream of each other, and random batches of receipts: the contracts against core.

use alloy_primitives::{Address, B256, U256};
use daedal_chain::Client;
use daedal_chain::operations::RunReceipt;
use daedal_core::digest::Digest;
use daedal_core::economy::{Stack, StackError};
use daedal_core::merkle::{Tree, climb};
use daedal_core::units::BasisPoints;

use super::People;
use crate::scenario::registration;
use crate::support::{Chance, open, seed};

const WORKS: usize = 90;
const BATCHES: usize = 12;
const RECEIPTS_MAX: u64 = 40;

/// Has nearly every work derive from some that there are already, mostly young ones, and compares its stack.
/// Those that would be owed by too many or owe too much are refused by both.
#[tokio::test(flavor = "multi_thread")]
async fn random_works_owe_upstream_what_core_says_and_the_rest_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let chain = open(&folder.path().join("chain"));
    let people = People::on(&Client::embedded(&chain), folder.path(), 1).await;
    let operator = people.operator(1);
    let mut chance = Chance::new(seed("DAEDAL_STACKS_SEED"));
    let mut works: Vec<(BasisPoints, Stack)> = Vec::new();
    let (mut refused, mut reached_twice) = (0, 0);
    for turn in 0..WORKS {
        let mut upstream: Vec<u64> = Vec::new();
        let mut parents = Vec::new();
        for _ in 0..chance.below(5) {
            // The younger of two, as a rule: long lines of descent.
            let young = |chance: &mut Chance| chance.below(works.len().max(1) as u64);
            let at = young(&mut chance).max(young(&mut chance));
            if let Some((royalty, stack)) = works.get(at as usize) {
                // Now and then the same parent twice.
                upstream.push(at + 1);
                parents.push((at + 1, *royalty, stack));
            }
        }
        let together: usize = parents
            .iter()
            .map(|(_, _, stack)| 1 + stack.entries().count())
            .sum();
        let expected = Stack::of(parents);
        let name = format!("work {turn}");
        let mut asked = registration(&name);
        asked.bundle = Digest::of(name.as_bytes());
        // Many ask for little and few for much, so that either limit is met.
        let most = [300, 900][usize::from(chance.below(4) == 0)];
        asked.royalty = BasisPoints(chance.below(most) as u16);
        asked.upstream = upstream;
        let told = operator.register(&name, &asked).await;
        let stack = match expected {
            Ok(stack) => stack,
            Err(error) => {
                let reason = match error {
                    StackError::TooDeep { .. } => "stack too deep",
                    StackError::TooHigh { .. } => "stack too high",
                };
                let told = told.unwrap_err().to_string();
                assert!(told.contains(reason), "{reason}: {told}");
                refused += 1;
                continue;
            }
        };
        let work = operator.reads().work(told.unwrap().work).await.unwrap();
        works.push((asked.royalty, stack));
        let (royalty, stack) = works.last().unwrap();
        assert_eq!(work.work as usize, works.len());
        assert_eq!((work.royalty, work.stack), (*royalty, stack.rate()));
        let found = operator.reads().stack(work.work).await.unwrap();
        let entries: Vec<_> = stack.entries().collect();
        assert_eq!(found, entries, "work {}", work.work);
        reached_twice += usize::from(entries.len() < together);
    }
    println!(
        "{} works, {refused} refused, {reached_twice} with diamonds",
        works.len()
    );
    assert!(refused > 0 && reached_twice > 0 && works.len() > WORKS / 4);
}

fn word(chance: &mut Chance) -> B256 {
    B256::from_slice(&chance.bytes(32))
}

fn receipt(chance: &mut Chance) -> RunReceipt {
    RunReceipt {
        work: U256::from(1 + chance.below(5)),
        version: U256::from(1 + chance.below(3)),
        sequence: U256::from(chance.next()),
        runRoot: word(chance),
        receiptCount: U256::from(chance.below(1_000)),
        inputs: word(chance),
        outputsRoot: word(chance),
        payer: Address::from_slice(&chance.bytes(20)),
        paymentNonce: word(chance),
    }
}

/// Runs and paths that somebody could try to show for a batch, and whether each is of it.
fn tries(
    chance: &mut Chance,
    receipts: &[RunReceipt],
    tree: &Tree,
) -> Vec<(RunReceipt, Vec<B256>, bool)> {
    let mut tries = Vec::new();
    for (index, receipt) in (0..).zip(receipts) {
        let path = tree.path(index).unwrap();
        tries.push((receipt.clone(), path.clone(), true));
        let mut other = receipt.clone();
        match chance.below(4) {
            0 => other.runRoot.0[chance.below(32) as usize] ^= 1 << chance.below(8),
            1 => other.sequence += U256::ONE,
            2 => other.outputsRoot = word(chance),
            _ => other.work += U256::from(5),
        }
        tries.push((other, path.clone(), false));
        let mut long = path.clone();
        long.insert(chance.below(path.len() as u64 + 1) as usize, tree.root());
        tries.push((receipt.clone(), long, false));
        if !path.is_empty() {
            let at = chance.below(path.len() as u64) as usize;
            let mut bent = path.clone();
            bent[at].0[chance.below(32) as usize] ^= 1 << chance.below(8);
            tries.push((receipt.clone(), bent, false));
            let mut short = path;
            short.remove(at);
            tries.push((receipt.clone(), short, false));
        }
    }
    tries
}

#[tokio::test(flavor = "multi_thread")]
async fn random_batches_of_receipts_are_proved_by_the_contract_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let chain = open(&folder.path().join("chain"));
    let people = People::on(&Client::embedded(&chain), folder.path(), 2).await;
    let reads = people.operator(1).reads();
    let mut chance = Chance::new(seed("DAEDAL_TREES_SEED"));
    for turn in 0..BATCHES {
        // A batch of one is there always, and one of two.
        let count = match turn {
            0 | 1 => 1 + turn as u64,
            _ => 1 + chance.below(RECEIPTS_MAX),
        };
        let mut receipts: Vec<_> = (0..count).map(|_| receipt(&mut chance)).collect();
        if chance.below(3) == 0 {
            receipts.push(receipts[0].clone());
        }
        let leaves: Vec<B256> = receipts.iter().map(|receipt| reads.leaf(receipt)).collect();
        let tree = Tree::over(&leaves);
        let by = 1 + chance.below(2) as usize;
        let (account, other) = (people.account(by), people.account(3 - by));
        let first = tree.path(0).unwrap();
        let early = reads.verify_anchor(account, &receipts[0], &first).await;
        assert!(!early.unwrap(), "it is not anchored yet");
        let act = reads.anchoring(tree.root(), tree.count(), "");
        people.act(by, &act).await;
        let anchored = reads.anchored(account, tree.root()).await.unwrap();
        assert_eq!(anchored.unwrap().1, receipts.len() as u64);
        for (receipt, path, holds) in tries(&mut chance, &receipts, &tree) {
            let here = climb(reads.leaf(&receipt), &path) == tree.root();
            assert_eq!(here, holds, "core, batch {turn}: {receipt:?} {path:?}");
            let there = reads.verify_anchor(account, &receipt, &path).await;
            assert_eq!(there.unwrap(), holds, "batch {turn}: {receipt:?} {path:?}");
        }
        let foreign = reads.verify_anchor(other, &receipts[0], &first).await;
        assert!(!foreign.unwrap(), "somebody else has not anchored it");
    }
}
