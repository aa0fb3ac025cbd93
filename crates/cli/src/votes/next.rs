//! What happens to a proposal next, when, and what can be done about it.

use daedal_chain::operations::{Proposal, ProposalState};
use daedal_core::run::Moment;

use crate::text;

/// What comes next.
pub(crate) struct Next {
    /// In words.
    pub(crate) words: String,
    /// The command that can be given now.
    pub(crate) command: Option<String>,
    /// When something changes by itself, in seconds since 1970.
    pub(crate) at: Option<u64>,
}

impl Next {
    /// Of a proposal at a time. `work` and `number` are what commands call it.
    pub(crate) fn of(proposal: &Proposal, work: u64, number: usize, now: u64) -> Self {
        let with =
            |words: String, command: Option<String>, at: Option<u64>| Self { words, command, at };
        match proposal.state {
            ProposalState::Pending => {
                // The first second after the one whose shares are counted.
                let begins = proposal.begins + 1;
                with(
                    format!("the vote begins {}", told_at(begins, now)),
                    None,
                    Some(begins),
                )
            }
            ProposalState::Active => {
                let ends = proposal.ends + 1;
                with(
                    format!("the vote ends {}", told_at(ends, now)),
                    Some(format!(
                        "daedal govern vote {work} {number} for|against|abstain"
                    )),
                    Some(ends),
                )
            }
            ProposalState::Succeeded => with(
                "it passed, and waits to be queued by anyone".to_owned(),
                Some(format!("daedal govern queue {work} {number}")),
                None,
            ),
            ProposalState::Queued => {
                let eta = proposal.eta.unwrap_or_default();
                let command = format!("daedal govern execute {work} {number}");
                match eta <= now {
                    true => with("anyone can execute it".to_owned(), Some(command), None),
                    false => {
                        let words = format!("anyone can execute it {}", told_at(eta, now));
                        with(words, None, Some(eta))
                    }
                }
            }
            ProposalState::Executed => with("it is done".to_owned(), None, None),
            ProposalState::Defeated => with(defeat(proposal), None, None),
            ProposalState::Canceled => with("it was taken back".to_owned(), None, None),
            ProposalState::Expired => with("it waited too long".to_owned(), None, None),
        }
    }

    /// How to get there sooner where the clock is ours.
    pub(crate) fn hint(&self, now: u64, is_embedded: bool) -> Option<String> {
        let wait = self.at?.saturating_sub(now);
        (is_embedded && wait > 0).then(|| {
            let span = span(wait);
            format!("`daedal time {span}` puts the embedded chain's clock forward")
        })
    }
}

fn defeat(proposal: &Proposal) -> String {
    let tally = &proposal.tally;
    let quorum = tally.quorum.unwrap_or_default();
    match tally.for_.saturating_add(tally.abstain) < quorum {
        true => "it failed: too few voted".to_owned(),
        false => "it failed: no more were for it than against".to_owned(),
    }
}

/// A time, and how far it is.
pub(crate) fn told_at(at: u64, now: u64) -> String {
    let time = text::moment(Moment(at * 1_000));
    match at > now {
        true => format!("at {time}, in {}", text::duration((at - now) * 1_000)),
        false => format!("at {time}"),
    }
}

/// A duration that is as long as this, or a little longer, as commands take it.
fn span(seconds: u64) -> String {
    match seconds {
        0..7_200 => format!("{seconds}s"),
        _ => format!("{}m", seconds.div_ceil(60)),
    }
}
