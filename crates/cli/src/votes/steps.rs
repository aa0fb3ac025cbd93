//! What becomes of a proposal: votes, the timelock, execution.

use daedal_chain::operations::{Governor, Motion, Proposal, ProposalState, Vote};
use serde_json::{Value, json};

use super::{Next, Words, find, told_at};
use crate::chain::desk::Desk;
use crate::chain::{self, amount, refused};
use crate::failure::Failure;

/// What anyone, or its proposer, can do with a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Puts it into the timelock.
    Queue,
    /// Carries it out.
    Execute,
    /// Takes it back.
    Cancel,
}

/// Votes, unless the account has voted.
pub(crate) async fn vote(
    desk: &Desk,
    governor: &Governor,
    work: u64,
    proposal: &str,
    vote: Vote,
    say: &str,
) -> Result<u8, Failure> {
    let proposals = desk.reads.proposals(governor).await.map_err(refused)?;
    let (number, proposal) = find(proposals, proposal)?;
    let now = desk.reads.time_of(governor).await.map_err(refused)?;
    let has = desk.reads.has_voted(governor, proposal.id, desk.me).await;
    let voted = json!({
        "work": work, "number": number, "id": proposal.id.to_string(), "voter": desk.me,
    });
    if has.map_err(refused)? {
        let cast = desk.reads.vote_of(governor, proposal.id, desk.me).await;
        let cast = cast.map_err(refused)?.unwrap_or(vote);
        if cast != vote {
            return Err(Failure::new(format!(
                "{} has voted `{}` on proposal {number}, and cannot change it",
                desk.me,
                word_of(cast)
            ))
            .help(
                "votes are final; shares that moved since the vote began change nothing, either",
            ));
        }
        let text = format!(
            "{} has voted `{}` on proposal {number} already\n",
            desk.me,
            word_of(cast)
        );
        return desk.result(with_tally(voted, &proposal), &text).await;
    }
    if proposal.state != ProposalState::Active {
        return Err(not_now(desk, &proposal, work, number, now, "voted on"));
    }
    let votes = desk.reads.votes_at(governor, desk.me, proposal.begins);
    let votes = votes.await.map_err(refused)?;
    if votes.is_zero() {
        return Err(Failure::new(format!(
            "{} had no votes when the vote on proposal {number} began, {}",
            desk.me,
            told_at(proposal.begins, now)
        ))
        .help(format!(
            "shares vote as they were delegated then; for the next time: daedal govern delegate {} {}",
            governor.work, desk.me
        )));
    }
    let word = word_of(vote);
    let told = amount::plain(votes, 18);
    let what = format!("vote:{}:{}", governor.address, proposal.id);
    let act = governor.vote(proposal.id, vote, say);
    let words = format!("vote `{word}` on proposal {number} with {told} votes");
    let sent = desk.act(&what, &act, &words).await?;
    if sent.is_none() {
        return desk.result(voted, "").await;
    }
    let proposals = desk.reads.proposals(governor).await.map_err(refused)?;
    let (_, proposal) = find(proposals, &proposal.id.to_string())?;
    let mut value = with_tally(voted, &proposal);
    value["vote"] = word.into();
    value["votes"] = votes.to_string().into();
    let next = Next::of(&proposal, work, number, now);
    let mut text = format!(
        "voted `{word}` on proposal {number} with {told} votes\n  {}\n  {}\n",
        tally_told(&proposal),
        next.words
    );
    if let Some(hint) = next.hint(now, chain::is_embedded(&desk.home)) {
        text.push_str(&format!("  {hint}\n"));
    }
    desk.result(value, &text).await
}

fn with_tally(mut value: Value, proposal: &Proposal) -> Value {
    value["tally"] = tally_to_json(proposal);
    value
}

/// How the vote stands, for programs.
pub(crate) fn tally_to_json(proposal: &Proposal) -> Value {
    let tally = &proposal.tally;
    json!({
        "for": tally.for_.to_string(), "against": tally.against.to_string(),
        "abstain": tally.abstain.to_string(),
        "quorum": tally.quorum.map(|quorum| quorum.to_string()),
    })
}

/// How the vote stands, for people.
pub(crate) fn tally_told(proposal: &Proposal) -> String {
    let tally = &proposal.tally;
    let plain = |votes| amount::plain(votes, 18);
    let mut text = format!(
        "{} for, {} against, {} abstaining",
        plain(tally.for_),
        plain(tally.against),
        plain(tally.abstain)
    );
    if let Some(quorum) = tally.quorum {
        let some = tally.for_.saturating_add(tally.abstain);
        let reached = match some >= quorum {
            true => "reached",
            false => "not reached",
        };
        text.push_str(&format!("; the quorum of {} is {reached}", plain(quorum)));
    }
    text
}

/// Takes a proposal one step further, unless it is there.
pub(crate) async fn step(
    desk: &Desk,
    governor: &Governor,
    work: u64,
    proposal: &str,
    step: Step,
) -> Result<u8, Failure> {
    use ProposalState as S;
    let proposals = desk.reads.proposals(governor).await.map_err(refused)?;
    let (number, proposal) = find(proposals, proposal)?;
    let now = desk.reads.time_of(governor).await.map_err(refused)?;
    let is_there = match step {
        Step::Queue => matches!(proposal.state, S::Queued | S::Executed),
        Step::Execute => proposal.state == S::Executed,
        Step::Cancel => proposal.state == S::Canceled,
    };
    if is_there {
        return told(desk, governor, work, number, "already ").await;
    }
    let (act, verb, done) = match step {
        Step::Queue => (governor.queue(&proposal), "queue", "queued"),
        Step::Execute => (governor.execute(&proposal), "execute", "executed"),
        Step::Cancel => (governor.cancel(&proposal), "take back", "taken back"),
    };
    let can = match step {
        Step::Queue => proposal.state == S::Succeeded,
        Step::Execute => proposal.state == S::Queued && proposal.eta.is_some_and(|eta| eta <= now),
        Step::Cancel => proposal.state == S::Pending,
    };
    if !can {
        return Err(not_now(desk, &proposal, work, number, now, done));
    }
    if step == Step::Cancel && proposal.proposer != desk.me {
        return Err(Failure::new(format!(
            "proposal {number} was made by {}, and not by {}",
            proposal.proposer, desk.me
        ))
        .help("only its proposer can take it back; others vote against it"));
    }
    if let (Step::Execute, Some(Motion::SetParameter { work, name, .. })) = (step, &proposal.motion)
        && let Some(dial) = desk.reads.dial(*work, *name).await.map_err(refused)?
        && dial.movable_at() > now
    {
        return Err(Failure::new(format!(
            "the dial was moved by another vote meanwhile, and rests until {}",
            told_at(dial.movable_at(), now).trim_start_matches("at ")
        ))
        .help("execute it then: its time in the timelock does not end"));
    }
    let what = format!("{verb}:{}:{}", governor.address, proposal.id);
    let sent = desk
        .act(&what, &act, &format!("{verb} proposal {number}"))
        .await?;
    if sent.is_none() {
        return desk.result(json!({}), "").await;
    }
    told(desk, governor, work, number, "").await
}

async fn told(
    desk: &Desk,
    governor: &Governor,
    work: u64,
    number: usize,
    already: &str,
) -> Result<u8, Failure> {
    let proposals = desk.reads.proposals(governor).await.map_err(refused)?;
    let (number, proposal) = find(proposals, &number.to_string())?;
    let now = desk.reads.time_of(governor).await.map_err(refused)?;
    let next = Next::of(&proposal, work, number, now);
    let mut text = format!("proposal {number} is {already}{}", proposal.state.word());
    if proposal.state == ProposalState::Executed
        && let Some(motion) = &proposal.motion
    {
        let did = Words::new(&desk.studio, &desk.reads).of(motion).await?;
        text.push_str(&format!(": {did}"));
    }
    text.push('\n');
    if proposal.state == ProposalState::Queued {
        text.push_str(&format!("  {}\n", next.words));
    }
    if let Some(hint) = next.hint(now, chain::is_embedded(&desk.home)) {
        text.push_str(&format!("  {hint}\n"));
    }
    match &proposal.motion {
        Some(Motion::SetParameter { .. }) if proposal.state == ProposalState::Executed => {
            text.push_str("  the next run uses it: daedal run PROCESS\n");
        }
        Some(Motion::Publish { .. }) if proposal.state == ProposalState::Executed => {
            text.push_str("  tell the site of it, where its files are: daedal publish PROCESS\n");
        }
        _ => {}
    }
    let value = json!({
        "work": work, "number": number, "id": proposal.id.to_string(),
        "state": proposal.state.word(), "eta": proposal.eta,
    });
    desk.result(value, &text).await
}

/// Why a proposal can't be voted on, queued or executed now, and when it can.
fn not_now(
    desk: &Desk,
    proposal: &Proposal,
    work: u64,
    number: usize,
    now: u64,
    what: &str,
) -> Failure {
    let next = Next::of(proposal, work, number, now);
    let mut help = next.words.clone();
    if let Some(command) = &next.command {
        help.push_str(&format!(": {command}"));
    }
    if let Some(hint) = next.hint(now, chain::is_embedded(&desk.home)) {
        help.push_str(&format!("; {hint}"));
    }
    Failure::new(format!(
        "proposal {number} is {}: it can't be {what} now",
        proposal.state.word()
    ))
    .help(help)
}

pub(crate) fn word_of(vote: Vote) -> &'static str {
    match vote {
        Vote::For => "for",
        Vote::Against => "against",
        Vote::Abstain => "abstain",
    }
}
