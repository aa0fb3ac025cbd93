//! Scenarios of votes: who has how many, what they move, and that borrowed shares and shares in escrow have
//! none; on the embedded chain and on anvil.

use alloy_primitives::U256;
use daedal_chain::operations::{
    Act, Governor, Motion, Operator, ParameterSpec, Proposal, ProposalState, Settings, Vote, Work,
    dial_name,
};
use daedal_core::digest::Digest;
use daedal_core::units::BasisPoints;

use super::{People, on_anvil, on_the_embedded_chain};
use crate::scenario::registration;

/// Rules with short spans.
pub(super) const RULES: Settings = Settings {
    voting_delay: 100,
    voting_period: 1_000,
    extension: 50,
    timelock_delay: 200,
    quorum: BasisPoints(2_000),
    threshold: BasisPoints(100),
};

/// The newest proposal to a governor.
pub(super) async fn newest(operator: &Operator, governor: &Governor) -> Proposal {
    let proposals = operator.reads().proposals(governor).await.unwrap();
    proposals.into_iter().next_back().unwrap()
}

/// Has a motion proposed by one signer and voted for by others, and carried out.
pub(super) async fn carry(
    people: &People,
    governor: &Governor,
    motion: &Motion,
    proposer: usize,
    voters: &[usize],
) {
    let operator = people.operator(1);
    let call = operator.reads().call_of(governor, motion).unwrap();
    let said = format!("{motion:?}");
    // Who got shares within this second has their votes from the next one on.
    people.wait(1).await;
    people.act(proposer, &governor.propose(call, &said)).await;
    people
        .wait(u64::from(governor.settings.voting_delay) + 1)
        .await;
    let id = newest(operator, governor).await.id;
    for voter in voters {
        people.act(*voter, &governor.vote(id, Vote::For, "")).await;
    }
    people
        .wait(u64::from(governor.settings.voting_period) + 1)
        .await;
    let proposal = newest(operator, governor).await;
    assert_eq!(proposal.state, ProposalState::Succeeded);
    people.act(1, &governor.queue(&proposal)).await;
    people
        .wait(u64::from(governor.settings.timelock_delay) + 1)
        .await;
    people.act(1, &governor.execute(&proposal)).await;
    let state = newest(operator, governor).await.state;
    assert_eq!(state, ProposalState::Executed);
}

/// A work of signer 1 with one dial, of which signers 1 to 3 have 600, 300 and 100 shares.
pub(super) async fn dialled(people: &People) -> Work {
    let mut asked = registration("dialled");
    asked.bundle = Digest::of(b"dialled");
    asked.parameters = vec![ParameterSpec {
        name: dial_name("turbulence").unwrap(),
        value: 350_000,
        min: 100_000,
        max: 800_000,
        step: 100_000,
        cooldown: 0,
        decimals: 6,
    }];
    let operator = people.operator(1);
    let made = operator.register("dialled", &asked).await.unwrap();
    operator.reads().work(made.work).await.unwrap()
}

/// Hands a work to its shares.
pub(super) async fn governed(people: &People, work: &Work) -> Governor {
    let reads = people.operator(1).reads();
    let me = people.account(1);
    let would = reads.would_govern(me, work.work, &RULES).await.unwrap();
    people.act(1, &reads.govern(work.work, &RULES)).await;
    // Until control is handed over, nobody votes on the work; what was made can be found.
    assert_eq!(reads.governor_of(work.work).await.unwrap(), None);
    let made = reads.governors_made(work.work, me).await.unwrap();
    assert_eq!(made.len(), 1);
    assert_eq!((made[0].address, made[0].timelock), would);
    assert!(
        reads
            .governors_made(work.work, people.account(2))
            .await
            .unwrap()
            .is_empty()
    );
    people.act(1, &reads.hand_over(work.work, would.1)).await;
    let governor = reads.governor_of(work.work).await.unwrap().unwrap();
    assert_eq!(governor.settings, RULES);
    governor
}

async fn refused(people: &People, number: usize, act: &Act, why: &str) {
    let error = people.try_act(number, act).await.unwrap_err();
    assert!(error.contains(why), "{why:?} is not in: {error}");
}

async fn a_dial_moves(people: &People) {
    let operator = people.operator(1);
    let reads = operator.reads();
    let work = dialled(people).await;
    let governor = governed(people, &work).await;
    let dial = dial_name("turbulence").unwrap();
    let set = |value: i64| Motion::SetParameter {
        work: work.work,
        name: dial,
        value,
    };
    let propose = |motion: Motion, said: &str| {
        let call = reads.call_of(&governor, &motion).unwrap();
        governor.propose(call, said)
    };
    // Signer 4 votes with the shares of signer 1; half of what signer 3 has lies in a contract, the rest is
    // not delegated.
    people.act(1, &work.delegate(people.account(4))).await;
    people.act(2, &work.delegate(people.account(2))).await;
    let escrow = reads.deployment().market;
    people
        .act(3, &work.give_shares(escrow, U256::from(50)))
        .await;
    people.wait(1).await;
    let votes = async |account| reads.votes_of(work.shares, account).await.unwrap();
    assert_eq!(votes(people.account(4)).await, U256::from(600));
    assert_eq!(votes(people.account(1)).await, U256::ZERO);
    assert_eq!(votes(escrow).await, U256::ZERO);

    // What could not be carried out cannot be proposed, nor by somebody without votes.
    refused(people, 4, &propose(set(900_000), "out"), "parameter bounds").await;
    refused(people, 4, &propose(set(460_000), "far"), "parameter step").await;
    refused(
        people,
        1,
        &propose(set(450_000), "mute"),
        "insufficient proposer votes",
    )
    .await;
    let theft = (
        work.shares,
        work.give_shares(people.account(4), U256::ONE).input,
    );
    refused(people, 4, &governor.propose(theft, "theft"), "call refused").await;

    let before = reads.client().newest().await.unwrap();
    people.act(4, &propose(set(450_000), "rougher")).await;
    people.wait(101).await;
    let proposal = newest(operator, &governor).await;
    assert_eq!(proposal.state, ProposalState::Active);
    assert_eq!(proposal.motion, Some(set(450_000)));

    // Shares that are borrowed once the vote has begun come without a vote.
    people
        .act(2, &work.give_shares(people.account(3), U256::from(300)))
        .await;
    people.act(3, &work.delegate(people.account(3))).await;
    assert_eq!(votes(people.account(3)).await, U256::from(350));
    people
        .act(
            3,
            &governor.vote(proposal.id, Vote::Against, "with what I borrowed"),
        )
        .await;
    people
        .act(2, &governor.vote(proposal.id, Vote::Abstain, ""))
        .await;
    people
        .act(4, &governor.vote(proposal.id, Vote::For, ""))
        .await;
    refused(
        people,
        4,
        &governor.vote(proposal.id, Vote::For, ""),
        "already cast vote",
    )
    .await;
    let tally = newest(operator, &governor).await.tally;
    assert_eq!(tally.against, U256::ZERO);
    assert_eq!(tally.abstain, U256::from(300));
    assert_eq!(tally.for_, U256::from(600));
    // Shares in escrow and shares that nobody delegated count in the quorum, as all others.
    assert_eq!(tally.quorum, Some(U256::from(200)));

    // Each step has its time.
    refused(
        people,
        1,
        &governor.queue(&proposal),
        "unexpected proposal state",
    )
    .await;
    people.wait(1_001).await;
    people.act(1, &governor.queue(&proposal)).await;
    refused(
        people,
        1,
        &governor.execute(&proposal),
        "unexpected operation state",
    )
    .await;
    people.wait(201).await;
    people.act(2, &governor.execute(&proposal)).await;

    let now = reads.dial(work.work, dial).await.unwrap().unwrap();
    assert_eq!(now.spec.value, 450_000);
    // A run that has pinned a block keeps what stood there.
    let then = reads
        .dial_at(before, work.work, dial)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(then.spec.value, 350_000);
    let none = reads.dial(work.work, dial_name("palette").unwrap()).await;
    assert_eq!(none.unwrap(), None);
    // Its creator has no way around the votes.
    let call = reads.call_of(&governor, &set(500_000)).unwrap();
    let alone = Act {
        to: call.0,
        input: call.1,
        value: U256::ZERO,
    };
    refused(people, 1, &alone, "not controller").await;
}

async fn whole(people: &People) {
    a_dial_moves(people).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn delegated_shares_move_a_dial_and_borrowed_ones_do_not_on_the_embedded_chain() {
    on_the_embedded_chain(whole).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn delegated_shares_move_a_dial_and_borrowed_ones_do_not_on_anvil() {
    on_anvil(whole).await;
}
