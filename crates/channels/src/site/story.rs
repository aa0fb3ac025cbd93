//! The story of one run as a page by itself, for the archive that the run is exported in: no site around it, no font and
//! no script beside it.

use askama::Template;
use daedal_core::AssetRef;

use super::dates;
use super::gallery::count;
use super::making::{self, Picture, Telling, short};
use super::pages::render;
use crate::release::as_text;
use crate::{Ballot, ChannelError, Item, Proposal, Release};

/// A page, and the pictures on it.
pub struct Story {
    /// HTML.
    pub page: String,
    /// Paths of small pictures, relative to the page, and their bytes.
    pub pictures: Vec<(String, AssetRef)>,
}

/// Tells how a run went. `files` are the paths of the published assets, relative to the page, in the order of
/// [`Release::items`].
pub fn story(release: &Release, files: &[String]) -> Result<Story, ChannelError> {
    let process = &release.process.name;
    // Pieces of one run have most of their steps in common; each is told once, where it first stands.
    let mut chapters: Vec<Telling<'_>> = Vec::new();
    for told in release
        .items
        .iter()
        .flat_map(|item| making::tell(process, item))
    {
        if !chapters.iter().any(|known| known.step == told.step) {
            chapters.push(told);
        }
    }
    let page = Page {
        release,
        day: dates::day(&release.released_at),
        pieces: release
            .items
            .iter()
            .zip(files)
            .map(|(item, path)| Piece { item, path })
            .collect(),
        inputs: told(&release.inputs),
        parameters: told(&release.parameters),
        people: people(&chapters),
        proposals: proposals(release),
        chapters: &chapters,
        frame: Frame { root: "" },
    };
    let pictures = chapters
        .iter()
        .flat_map(pictures)
        .map(|picture| (picture.path.clone(), picture.exhibit.asset.clone()))
        .collect();
    Ok(Story {
        page: render(&page)?,
        pictures,
    })
}

/// What exhibits take from the page around them.
struct Frame {
    root: &'static str,
}

struct Piece<'r> {
    item: &'r Item,
    path: &'r str,
}

impl Piece<'_> {
    fn is_picture(&self) -> bool {
        self.item.asset.media_type.starts_with("image/")
    }
}

#[derive(Template)]
#[template(path = "story.html")]
struct Page<'r> {
    release: &'r Release,
    day: String,
    pieces: Vec<Piece<'r>>,
    inputs: Vec<(String, String)>,
    parameters: Vec<(String, String)>,
    people: String,
    proposals: Vec<VotedOn<'r>>,
    chapters: &'r [Telling<'r>],
    frame: Frame,
}

fn told(values: &serde_json::Map<String, serde_json::Value>) -> Vec<(String, String)> {
    let named = values.iter();
    named
        .map(|(name, value)| (name.clone(), as_text(value)))
        .collect()
}

/// Who decided how often, in a sentence.
fn people(chapters: &[Telling<'_>]) -> String {
    let decisions = chapters.iter().flat_map(|chapter| &chapter.decisions);
    match decisions.filter(|choice| choice.human).count() {
        0 => "No person decided anything while it ran.".to_owned(),
        decisions => format!(
            "People made {} while it ran; each is signed.",
            count(decisions, "decision")
        ),
    }
}

/// A proposal as the page tells it.
struct VotedOn<'r> {
    proposal: &'r Proposal,
    day: String,
    ballots: Vec<String>,
}

/// What was voted before the run, in sentences.
fn proposals(release: &Release) -> Vec<VotedOn<'_>> {
    let proposals = release.votes.iter().flat_map(|votes| &votes.proposals);
    proposals
        .map(|proposal| VotedOn {
            proposal,
            day: dates::day(&proposal.at),
            ballots: proposal.ballots.iter().map(sentence).collect(),
        })
        .collect()
}

fn sentence(ballot: &Ballot) -> String {
    let how = match ballot.vote.as_str() {
        "abstain" => "abstained",
        "against" => "voted against it",
        _ => "voted for it",
    };
    let mut told = format!("{} {how} with {} votes", short(&ballot.voter), ballot.votes);
    if !ballot.delegators.is_empty() {
        let others: Vec<String> = ballot.delegators.iter().map(|other| short(other)).collect();
        told.push_str(&format!(", those of {} among them", others.join(", ")));
    }
    if !ballot.reason.is_empty() {
        told.push_str(&format!(": “{}”", ballot.reason));
    }
    told
}

fn pictures<'t>(told: &'t Telling<'_>) -> impl Iterator<Item = &'t Picture<'t>> {
    let decided = told
        .decisions
        .iter()
        .flat_map(|choice| choice.kept.iter().chain(&choice.passed_over));
    told.shown.iter().chain(decided)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{self, Blobs};
    use super::*;
    use crate::Votes;

    #[test]
    fn votes_stand_on_the_timeline_before_what_they_decided() {
        let blobs = Blobs::default();
        let mut release = fixture::release(&blobs, "tidal", 3);
        let files: Vec<String> = release
            .items
            .iter()
            .map(|item| item.title.clone())
            .collect();
        let page = |release: &Release| story(release, &files).unwrap().page;
        assert!(!page(&release).contains(">Vote<"));
        let ballot = |vote: &str, delegators: &[&str], reason: &str| Ballot {
            voter: format!("0x{}", "a1".repeat(20)),
            vote: vote.to_owned(),
            votes: "250.5".to_owned(),
            delegators: delegators.iter().map(|other| (*other).to_owned()).collect(),
            reason: reason.to_owned(),
        };
        release.votes = Some(Votes {
            proof: blobs.keep("application/json", b"{}"),
            proposals: vec![Proposal {
                moved: "turbulence = 0.45".into(),
                description: "rougher <seas>".into(),
                at: "2026-02-27T09:30:00Z".into(),
                block: 12,
                ballots: vec![
                    ballot("for", &["0xada"], ""),
                    ballot("against", &[], "too rough"),
                    ballot("abstain", &[], ""),
                ],
            }],
        });
        let page = page(&release);
        let flow = &page[page.find("<ol class=\"flow\">").unwrap()..];
        let mut rest = flow;
        for told in [
            "<span class=\"role\">Vote</span>turbulence = 0.45",
            "rougher &#60;seas&#62;",
            "0xa1a1a1…a1a1a1 voted for it with 250.5 votes, those of 0xada among them<",
            "0xa1a1a1…a1a1a1 voted against it with 250.5 votes: “too rough”<",
            "0xa1a1a1…a1a1a1 abstained with 250.5 votes<",
            "carried out on 27 February 2026 · block 12",
            "<span class=\"role\">",
        ] {
            let at = rest.find(told);
            let at = at.unwrap_or_else(|| panic!("{told:?} is not, in order, in {flow}"));
            rest = &rest[at + told.len()..];
        }
    }
}
