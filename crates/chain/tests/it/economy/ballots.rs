//! `votes.json`: who voted for the dials of a run, made on a chain, checked without it, confirmed by it.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256, keccak256};
use daedal_chain::Client;
use daedal_chain::client::BlockPin;
use daedal_chain::contracts::ProcessRegistry;
use daedal_chain::operations::{Act, Motion, Vote, Work, dial_name};
use daedal_chain::proof::{ConfirmFault, Votes, VotesFault, VotesProof};
use daedal_core::Governed;
use serde_json::json;

use super::votes::{carry, dialled, governed};
use super::{People, on_anvil, on_the_embedded_chain};
use crate::support::open;

/// What a run reads now.
async fn pinned(people: &People, work: &Work, value: f64) -> Governed {
    let reads = people.operator(1).reads();
    let BlockPin { number, hash } = reads.client().newest().await.unwrap();
    Governed {
        chain: reads.client().chain_id(),
        registry: reads.deployment().registry,
        work: work.work,
        block: number,
        hash,
        dials: BTreeMap::from([("turbulence".to_owned(), json!(value))]),
    }
}

async fn proven(people: &People, pin: &Governed) -> (VotesProof, Votes) {
    let reads = people.operator(1).reads();
    let proof = VotesProof::of(reads, pin).await.unwrap();
    let votes = proof.check(pin).unwrap();
    (proof, votes)
}

/// A work whose dial was moved once by votes: signer 4 has those of signer 1, signer 2 their own.
async fn voted(people: &People) -> (Work, Governed) {
    let work = dialled(people).await;
    let registered = pinned(people, &work, 0.35).await;
    let (_, votes) = proven(people, &registered).await;
    assert_eq!(votes.as_registered, ["turbulence"]);
    assert!(votes.proposals.is_empty());

    let set = |value| Motion::SetParameter {
        work: work.work,
        name: dial_name("turbulence").unwrap(),
        value,
    };
    let call = ProcessRegistry::setParameterCall {
        work: U256::from(work.work),
        name: dial_name("turbulence").unwrap(),
        value: 400_000,
    };
    let registry = people.operator(1).reads().deployment().registry;
    people.act(1, &Act::call(registry, &call)).await;
    let (_, votes) = proven(people, &pinned(people, &work, 0.4).await).await;
    assert_eq!(votes.by_controller, ["turbulence"]);

    let governor = governed(people, &work).await;
    // Signer 3 says otherwise before the vote: the last counts.
    for (number, delegate) in [(3, 2), (1, 4), (2, 2), (3, 3)] {
        let act = work.delegate(people.account(delegate));
        people.act(number, &act).await;
        // Within a second it would cost less, and no estimate of a node knows.
        people.wait(1).await;
    }
    carry(people, &governor, &set(450_000), 4, &[4, 2]).await;
    let pin = pinned(people, &work, 0.45).await;
    (work, pin)
}

async fn shown(people: &People) {
    let (work, pin) = voted(people).await;
    let (proof, votes) = proven(people, &pin).await;
    assert_eq!(VotesProof::read(&proof.to_bytes()).as_ref(), Ok(&proof));
    let [voted] = &votes.proposals[..] else {
        panic!("{votes:?}");
    };
    assert!(votes.as_registered.is_empty() && votes.by_controller.is_empty());
    assert_eq!(
        (voted.proposer, &voted.dials[..]),
        (people.account(4), &["turbulence".to_owned()][..])
    );
    assert!(
        voted.description.contains("450000"),
        "{}",
        voted.description
    );
    let ballots: Vec<_> = voted.ballots.iter().collect();
    let told: Vec<_> = ballots
        .iter()
        .map(|ballot| (ballot.voter, ballot.vote, ballot.weight))
        .collect();
    assert_eq!(
        told,
        [
            (people.account(4), Vote::For, U256::from(600)),
            (people.account(2), Vote::For, U256::from(300)),
        ]
    );
    assert_eq!(ballots[0].delegators, [people.account(1)]);
    assert!(ballots[1].delegators.is_empty(), "signer 3 took it back");
    let client = people.operator(1).reads().client();
    let said = proof.confirm(&votes, &pin, client).await.unwrap();
    assert_eq!(said, format!("confirmed by {}", client.place()));

    // What is voted later changes nothing of what the run took.
    let governor = people
        .operator(1)
        .reads()
        .governor_of(work.work)
        .await
        .unwrap();
    let set = Motion::SetParameter {
        work: work.work,
        name: dial_name("turbulence").unwrap(),
        value: 500_000,
    };
    carry(people, &governor.unwrap(), &set, 4, &[4]).await;
    assert_eq!(proven(people, &pin).await, (proof, votes));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_is_shown_with_its_votes_on_the_embedded_chain() {
    on_the_embedded_chain(shown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_is_shown_with_its_votes_on_anvil() {
    on_anvil(shown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_receipt_can_be_left_out_moved_or_said_twice() {
    on_the_embedded_chain(async |people: &People| {
        let (_, pin) = voted(people).await;
        let (proof, votes) = proven(people, &pin).await;
        let client = people.operator(1).reads().client();
        let mut without_votes = proof.clone();
        for place in 0..proof.receipts.len() {
            let mut less = proof.clone();
            less.receipts.remove(place);
            // Where what is left still stands it tells less, and the chain tells of the votes that are missing.
            if let Ok(others) = less.check(&pin) {
                assert_ne!(others, votes, "receipt {place} shows nothing");
                let told = less.confirm(&others, &pin, client).await.unwrap();
                let is_vote = others.proposals[0].ballots.len() < 2;
                assert_eq!(told.contains("more votes were cast"), is_vote, "{place}");
                let own = &proof.receipts[place];
                without_votes
                    .receipts
                    .retain(|other| !is_vote || other != own);
            }
            let mut twice = proof.clone();
            twice.receipts.insert(place, proof.receipts[place].clone());
            twice.check(&pin).unwrap_err();
            let mut moved = proof.clone();
            moved.receipts.swap(place, 0);
            assert_eq!(moved.check(&pin).is_ok(), place == 0);
        }
        let fault = without_votes.check(&pin).unwrap_err().to_string();
        assert!(fault.ends_with("did not carry the proposal"), "{fault}");
        let missing = |is_missing: fn(&str) -> bool| {
            let mut faults = (0..proof.receipts.len()).map(|place| {
                let mut less = proof.clone();
                less.receipts.remove(place);
                less.check(&pin).err().map(|fault| fault.to_string())
            });
            faults.any(|fault| fault.is_some_and(|fault| is_missing(&fault)))
        };
        assert!(missing(
            |fault| fault.ends_with("that it was registered is not shown")
        ));
        assert!(missing(
            |fault| fault.ends_with("controlled the work is not shown")
        ));
        assert!(missing(|fault| fault.contains("no proposal is shown that")));
        assert!(missing(|fault| fault.contains("and the run took 0.45")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_run_or_work_is_told_apart_from_what_was_changed() {
    on_the_embedded_chain(async |people: &People| {
        let (_, pin) = voted(people).await;
        let (proof, votes) = proven(people, &pin).await;
        let elsewhere: [fn(&mut Governed); 3] = [
            |pin| pin.chain += 1,
            |pin| pin.work += 1,
            |pin| pin.registry = Address::repeat_byte(7),
        ];
        for change in elsewhere {
            let mut other = pin.clone();
            change(&mut other);
            assert!(proof.check(&other).unwrap_err().is_foreign());
        }
        let took: [fn(&mut Governed); 3] = [
            |pin| drop(pin.dials.insert("turbulence".to_owned(), json!(0.5))),
            |pin| drop(pin.dials.insert("turbulence".to_owned(), json!("ember"))),
            |pin| drop(pin.dials.insert("depth".to_owned(), json!(3))),
        ];
        for change in took {
            let mut other = pin.clone();
            change(&mut other);
            let fault = proof.check(&other).unwrap_err();
            assert!(matches!(fault, VotesFault::Dial { .. }), "{fault}");
        }
        // The run read its dials before that vote was carried out, or at another block of that number.
        let last = proof.receipts.last().unwrap().header.number;
        let before = Governed {
            block: last - 1,
            ..pin.clone()
        };
        let fault = proof.check(&before).unwrap_err();
        assert!(matches!(fault, VotesFault::Receipt { .. }), "{fault}");
        let twin = Governed {
            block: last,
            hash: keccak256("another"),
            ..pin.clone()
        };
        proof.check(&twin).unwrap_err();
        for (bytes, is_foreign) in [
            (&b"{}"[..], true),
            (b"{\"daedal\":\"votes/v2\"}", true),
            (&serde_json::to_vec_pretty(&proof).unwrap(), false),
        ] {
            assert_eq!(
                VotesProof::read(bytes).unwrap_err().is_foreign(),
                is_foreign
            );
        }

        // Another chain of that id.
        let folder = tempfile::tempdir().unwrap();
        let other = Client::embedded(&open(folder.path()));
        let fault = proof.confirm(&votes, &pin, &other).await.unwrap_err();
        assert!(
            matches!(&fault, ConfirmFault::Denied(what) if what.contains("there is no block")),
            "{fault}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_any_byte_is_found_offline_or_by_the_chain() {
    on_the_embedded_chain(async |people: &People| {
        let (_, pin) = voted(people).await;
        let (proof, _) = proven(people, &pin).await;
        let client = people.operator(1).reads().client();
        let bytes = proof.to_bytes();
        let mut by_the_chain = 0;
        for place in (0..bytes.len()).step_by(61) {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let Ok(other) = VotesProof::read(&changed) else {
                continue;
            };
            let Ok(votes) = other.check(&pin) else {
                continue;
            };
            // Of a header nothing but its root of receipts is used offline.
            let fault = other.confirm(&votes, &pin, client).await.unwrap_err();
            assert!(matches!(fault, ConfirmFault::Denied(_)), "{place}: {fault}");
            by_the_chain += 1;
        }
        assert!(by_the_chain > 0);
    })
    .await;
}
