//! Whether a run had the dials that votes decide, before an edition is made of it; and who voted for them.

use daedal_chain::client::BlockPin;
use daedal_chain::operations::{Ledgers, dial_name};
use daedal_chain::proof::{Voted, Votes as Shown, VotesProof};
use daedal_channels::{Ballot, Proposal, Votes};
use daedal_core::run::Moment;
use daedal_core::{AssetRef, Governed};
use daedal_store::Studio;

use super::{Subject, kept};
use crate::chain::dials::valued;
use crate::chain::{Known, amount, refused};
use crate::failure::Failure;
use crate::text::moment;
use crate::ui::Ui;
use crate::votes::{said, word_of};

/// Kind of the records of the proofs.
const KIND: &str = "votes";

/// Refuses a run that did not follow the votes on its work. A run that read its dials at a block of the chain
/// did, whatever was voted since; any other had to have what stands now.
pub(super) async fn require(
    reads: &Ledgers,
    known: &Known,
    subject: &Subject,
) -> Result<(), Failure> {
    let run = subject.run.0.short();
    let pin = subject.spec.governed.as_ref().filter(|pin| {
        (pin.chain, pin.registry, pin.work) == (known.chain, known.registry, known.work)
    });
    if let Some(pin) = pin {
        let pinned = BlockPin {
            number: pin.block,
            hash: pin.hash,
        };
        let stands = reads.client().block(pin.block).await.map_err(refused)?;
        return match stands == Some(pinned) {
            true => Ok(()),
            false => Err(Failure::new(format!(
                "run {run} read its dials at block {} with the hash {}, which the chain does not have any more",
                pin.block, pin.hash
            ))
            .help("run it again, which takes what stands now: daedal run PROCESS")),
        };
    }
    let mut wrong = Vec::new();
    for (name, dial) in &subject.planned.process.parameters {
        let Some(word) = dial_name(name).filter(|_| dial.governed) else {
            continue;
        };
        let found = reads.dial(known.work, word).await.map_err(refused)?;
        let Some(spec) = found.map(|dial| dial.spec) else {
            continue;
        };
        let voted = valued(&dial.kind, spec.decimals, spec.value).unwrap_or_default();
        let had = &subject.spec.parameters[name];
        if voted != *had {
            wrong.push(format!("`{name}` was {had} in it, and stands at {voted}"));
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "run {run} did not follow the votes on work {}: {}",
            known.work,
            wrong.join("; ")
        ))
        .help(
            "run it again without --off-chain, what need not change is not made again; or release it without \
             the chain: --no-chain",
        )),
    }
}

/// Keeps the proof of the votes that decided dials of a run, unless it is there. A chain that does not give it (one
/// whose blocks have another form than Ethereum's, say) is told, and keeps nothing from being released.
pub(super) async fn show(
    studio: &Studio,
    reads: &Ledgers,
    subject: &Subject,
    ui: Ui,
) -> Result<(), Failure> {
    let here = (reads.client().chain_id(), reads.deployment().registry);
    let pin = subject.spec.governed.as_ref();
    let Some(pin) = pin.filter(|pin| (pin.chain, pin.registry) == here) else {
        return Ok(());
    };
    if proof(studio, subject).await?.is_some() {
        return Ok(());
    }
    match VotesProof::of(reads, pin).await {
        Ok(proof) => {
            let asset = kept::write(studio, "application/json", &proof.to_bytes())?;
            kept::put(studio, KIND, &subject.run.to_string(), asset.to_value()).await
        }
        Err(error) => {
            ui.note(format!(
                "who voted for the dials of run {} is not shown: {error}",
                subject.run.0.short()
            ));
            Ok(())
        }
    }
}

/// The proof of the votes on the run's dials, if there is one.
async fn proof(studio: &Studio, subject: &Subject) -> Result<Option<AssetRef>, Failure> {
    let known = kept::asset(studio, KIND, &subject.run.to_string()).await?;
    Ok(known.filter(|asset| studio.blobs.holds(asset)))
}

/// Who voted for the run's dials, in the words of channels.
pub(super) async fn told(studio: &Studio, subject: &Subject) -> Result<Option<Votes>, Failure> {
    let (Some(pin), Some(proof)) = (&subject.spec.governed, proof(studio, subject).await?) else {
        return Ok(None);
    };
    let bytes = studio.blobs.read(&proof.digest);
    let bytes =
        bytes.map_err(|error| Failure::because("the proof of the votes can't be read", &error))?;
    let votes = VotesProof::read(&bytes).and_then(|proof| proof.check(pin));
    let votes =
        votes.map_err(|fault| Failure::because("the proof of the votes does not stand", &fault))?;
    Ok(Some(Votes {
        proof,
        proposals: proposals(pin, &votes),
    }))
}

/// The proposals that moved dials of a run, in the words of channels.
pub(crate) fn proposals(pin: &Governed, shown: &Shown) -> Vec<Proposal> {
    let proposals = shown.proposals.iter();
    proposals.map(|voted| proposal(pin, voted)).collect()
}

fn proposal(pin: &Governed, voted: &Voted) -> Proposal {
    let ballots = voted.ballots.iter().map(|ballot| Ballot {
        voter: ballot.voter.to_checksum(None),
        vote: word_of(ballot.vote).to_owned(),
        votes: amount::plain(ballot.weight, 18),
        delegators: ballot
            .delegators
            .iter()
            .map(|other| other.to_checksum(None))
            .collect(),
        reason: ballot.reason.clone(),
    });
    Proposal {
        moved: pin.told_of(&voted.dials),
        description: said(&voted.description).to_owned(),
        at: moment(Moment(voted.at.saturating_mul(1_000))),
        block: voted.block,
        ballots: ballots.collect(),
    }
}
