//! What a `votes.json` says of the dials of a run: offline, and by the word of a node.

use std::path::{Path, PathBuf};

use daedal_chain::proof::{ConfirmFault, Voted, Votes, VotesProof};
use daedal_core::Governed;
use daedal_core::run::Moment;
use daedal_provenance::AnchorFault;
use daedal_provenance::verdict::Origin;
use serde_json::{Value, json};

use super::Node;
use crate::chain::amount;
use crate::failure::Failure;
use crate::text::{count, moment};
use crate::votes::{said, word_of};

/// Largest `votes.json`: the receipts of some thousand votes.
pub(super) const BYTES_MAX: u64 = 64 << 20;

/// Characters of a proposal's words that are told in a terminal.
const SAID_MAX: usize = 160;

/// The votes that were given for a run, and what came of them.
pub(crate) struct Given {
    /// The proof and what it shows, if it stands by itself.
    proof: Option<(VotesProof, Votes)>,
    pin: Governed,
    /// What is told of it.
    pub(crate) result: Result<String, AnchorFault>,
}

/// The votes beside a file of a run that took dials from a chain: as the site names them, or simply `votes.json`.
pub(super) fn beside(path: &Path, origin: &Origin) -> Option<PathBuf> {
    origin.governed.as_ref()?;
    let run = &origin.run.to_string()[..16];
    [format!("{run}.votes.json"), "votes.json".to_owned()]
        .into_iter()
        .map(|name| path.with_file_name(name))
        .find(|beside| beside != path && beside.is_file())
}

/// What votes show of a run by themselves; nothing of one that took no dials from a chain.
pub(super) fn offline(bytes: &[u8], origin: &Origin) -> Option<Given> {
    let pin = origin.governed.clone()?;
    let judged = VotesProof::read(bytes).and_then(|proof| {
        let votes = proof.check(&pin)?;
        Ok((proof, votes))
    });
    let judged = judged.map_err(|fault| match fault.is_foreign() {
        true => says_nothing(&fault.to_string()),
        false => AnchorFault::Broken(fault.to_string()),
    });
    let result = judged.as_ref().map_err(Clone::clone).map(|(_, votes)| {
        let headers = "headers not independently checked: --rpc confirms";
        format!("{}; {headers}", sentence(votes))
    });
    Some(Given {
        proof: judged.ok(),
        pin,
        result,
    })
}

/// What lies where the votes should, and can be none.
pub(super) fn foreign(detail: &str, origin: &Origin) -> Option<Given> {
    Some(Given {
        proof: None,
        pin: origin.governed.clone()?,
        result: Err(says_nothing(detail)),
    })
}

fn says_nothing(detail: &str) -> AnchorFault {
    AnchorFault::Foreign(format!(
        "what was given as the votes says nothing: {detail}"
    ))
}

/// What decided how many dials.
fn sentence(votes: &Votes) -> String {
    let ballots = votes.proposals.iter().map(|voted| voted.ballots.len());
    let dials = |names: &[String], words: &str| match names {
        [] => None,
        names => Some(format!("{} {words}", names.join(", "))),
    };
    let proposals = match votes.proposals.len() {
        0 => None,
        proposals => Some(format!(
            "{} by {}",
            count(proposals, "proposal"),
            count(ballots.sum(), "vote")
        )),
    };
    let told = [
        proposals,
        dials(&votes.as_registered, "as registered"),
        dials(
            &votes.by_controller,
            "moved by the controller, without a vote",
        ),
    ];
    told.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

impl Given {
    /// Has a node confirm votes that stand offline.
    pub(crate) async fn confirm(&mut self, node: &mut Node) -> Result<(), Failure> {
        let (Some((proof, votes)), Ok(_)) = (&self.proof, &self.result) else {
            return Ok(());
        };
        let confirmed = node.votes(proof, votes, &self.pin).await?;
        let told = sentence(votes);
        self.result = match confirmed {
            Ok(said) => Ok(format!("{told}; {said}")),
            Err(ConfirmFault::Denied(detail)) => Err(AnchorFault::Denied(detail)),
            Err(ConfirmFault::Unsaid(detail)) => Err(AnchorFault::Unconfirmed(format!(
                "{told}, by what the file says alone: {detail}"
            ))),
        };
        Ok(())
    }

    /// What was voted by whom, for people; nothing where it does not stand.
    pub(crate) fn told(&self) -> String {
        let proposals = match (&self.proof, &self.result) {
            (Some((_, votes)), Ok(_) | Err(AnchorFault::Unconfirmed(_))) => &votes.proposals[..],
            _ => &[],
        };
        let mut text = String::new();
        for voted in proposals {
            // Anybody may have written it: nothing of it steers a terminal.
            let words = said(&voted.description).lines().next().unwrap_or_default();
            let words = words.chars().filter(|letter| !letter.is_control());
            let words: String = words.take(SAID_MAX).collect();
            let said = match words.as_str() {
                "" => String::new(),
                words => format!(": “{words}”"),
            };
            text.push_str(&format!(
                "  voted       {}{said}, in block {} on {}\n",
                self.pin.told_of(&voted.dials),
                voted.block,
                moment(Moment(voted.at.saturating_mul(1_000)))
            ));
            text.push_str(&ballots_told(voted));
        }
        text
    }

    /// The votes for machines, as far as they stand.
    pub(crate) fn to_json(&self) -> Option<Value> {
        let (_, votes) = self.proof.as_ref().filter(|_| self.result.is_ok())?;
        let proposals = votes.proposals.iter().map(|voted| {
            let ballots = voted.ballots.iter().map(|ballot| {
                json!({
                    "voter": ballot.voter, "vote": word_of(ballot.vote),
                    "votes": ballot.weight.to_string(), "reason": ballot.reason,
                    "delegators": ballot.delegators,
                })
            });
            json!({
                "id": voted.id.to_string(), "governor": voted.governor, "proposer": voted.proposer,
                "description": said(&voted.description), "dials": voted.dials, "block": voted.block,
                "at": voted.at, "ballots": ballots.collect::<Vec<_>>(),
            })
        });
        Some(json!({
            "proposals": proposals.collect::<Vec<_>>(),
            "as_registered": votes.as_registered, "by_controller": votes.by_controller,
        }))
    }
}

fn ballots_told(voted: &Voted) -> String {
    let mut text = String::new();
    for ballot in &voted.ballots {
        let votes = amount::plain(ballot.weight, 18);
        let voter = ballot.voter.to_checksum(None);
        text.push_str(&format!(
            "              {voter} {} with {votes} votes",
            word_of(ballot.vote)
        ));
        if !ballot.delegators.is_empty() {
            let others = ballot
                .delegators
                .iter()
                .map(|other| other.to_checksum(None));
            let others: Vec<String> = others.collect();
            text.push_str(&format!(", those of {} among them", others.join(", ")));
        }
        text.push('\n');
    }
    text
}
