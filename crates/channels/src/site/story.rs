//! The story of one run as a page by itself, for the archive that the run is exported in: no site around it, no font and
//! no script beside it.
//!
//! Whoever verifies the archive draws the page again, and compares: it is drawn from what the run's record tells, and
//! from [`Words`], which no receipt has and which stand in the page themselves.

use std::collections::BTreeMap;

use askama::Template;
use daedal_core::asset::media_type_of;
use daedal_core::{AssetRef, Digest, Governed, Seed};
use serde::{Deserialize, Serialize};

use super::dates;
use super::making::{self, Picture, Telling, short};
use super::pages::render;
use crate::release::as_text;
use crate::{Ballot, ChannelError, Exhibit, LineageStep, Oversight, Proposal};

/// The form of the page. Another one is drawn otherwise, so that it can't be compared: whatever changes the page, of the
/// same run, changes this.
pub const STORY_FORM: &str = "2";

const FORM_MARK: &str = "<meta name=\"daedal-story\" content=\"";
const WORDS_MARK: &str = "<script type=\"application/json\" id=\"words\">";

/// A page, and the pictures on it.
pub struct Story {
    /// HTML.
    pub page: String,
    /// Paths of small pictures, relative to the page, and their bytes.
    pub pictures: Vec<(String, AssetRef)>,
}

/// What a run's record, bundle, anchor, votes and published assets tell of it.
pub struct Ran {
    /// Identity of the run.
    pub run: Digest,
    /// Name of the process.
    pub process: String,
    /// For people.
    pub title: String,
    /// What it makes, in a sentence.
    pub description: Option<String>,
    /// Digest of the bundle.
    pub version: Digest,
    /// The seed of the run.
    pub seed: Seed,
    /// When it ended.
    pub ended_at: String,
    /// What was set and is public.
    pub settings: Vec<(String, serde_json::Value)>,
    /// Dials that votes decided.
    pub governed: Option<Governed>,
    /// How they were voted.
    pub proposals: Vec<Proposal>,
    /// What people decided, in sentences.
    pub people: String,
    /// What was published.
    pub pieces: Vec<Piece>,
    /// What was done, in order.
    pub chapters: Vec<Chapter>,
    /// Where it was anchored: chain and transaction.
    pub anchor: Option<String>,
}

/// Something that was published.
pub struct Piece {
    /// Path of the file, relative to the page.
    pub path: String,
    /// For people.
    pub title: String,
    /// What people had to do with it, by its credential.
    pub oversight: Option<Oversight>,
    /// What people did on the way to it, by its credential, as verbs in the past: `chose`, `approved`, `edited`.
    pub acts: Vec<&'static str>,
    /// Of the file.
    pub digest: Digest,
}

/// A step, with all its decisions.
pub struct Chapter {
    /// As pages tell it.
    pub step: LineageStep,
    /// How many of how many each decision kept, where that is signed.
    pub kept: Vec<Option<(usize, usize)>>,
}

/// What a page tells and no receipt does: the word of whoever seals the archive.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Visible label of automated making, filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What is to be seen, by the path of the piece.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub alts: BTreeMap<String, String>,
    /// What came of tasks, by the place of their receipt.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tasks: BTreeMap<usize, Seen>,
}

/// What there was to see of a task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// What it gave, in a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What it gave, to look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Exhibit>,
    /// Whether it was decided by score since nobody decided in time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// What was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Exhibit>,
    /// What was passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<Exhibit>,
}

impl Words {
    /// Those that stand in a page; none in one of another form than [`STORY_FORM`], or of no form.
    #[must_use]
    pub fn in_page(page: &str) -> Option<Self> {
        let (_, rest) = page.split_once(FORM_MARK)?;
        rest.strip_prefix(STORY_FORM)?.strip_prefix('"')?;
        let words = page.split_once(WORDS_MARK).map_or("", |(_, rest)| rest);
        let (words, _) = words.split_once("</script>").unwrap_or_default();
        // Whatever else stands there instead: a page without words is another one than this.
        Some(serde_json::from_str(words).unwrap_or_default())
    }

    /// As JSON that no HTML ends.
    fn in_html(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        json.replace('<', "\\u003c")
    }
}

/// Tells how a run went.
pub fn story(ran: &Ran, words: &Words) -> Result<Story, ChannelError> {
    let chapters = ran.chapters.iter();
    let chapters: Vec<Telling<'_>> = chapters
        .map(|chapter| making::tell_step(&ran.process, &chapter.step, &chapter.kept))
        .collect();
    let settings = ran.settings.iter();
    let page = Page {
        ran,
        words,
        day: dates::day(&ran.ended_at),
        settings: settings
            .map(|(name, value)| (name.as_str(), as_text(value)))
            .collect(),
        proposals: proposals(&ran.proposals),
        chapters: &chapters,
        form: STORY_FORM,
        json: words.in_html(),
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

impl Piece {
    fn is_picture(&self) -> bool {
        media_type_of(&self.path).starts_with("image/")
    }
}

#[derive(Template)]
#[template(path = "story.html")]
struct Page<'r> {
    ran: &'r Ran,
    words: &'r Words,
    day: String,
    settings: Vec<(&'r str, String)>,
    proposals: Vec<VotedOn<'r>>,
    chapters: &'r [Telling<'r>],
    form: &'static str,
    json: String,
    frame: Frame,
}

/// A proposal as the page tells it.
struct VotedOn<'r> {
    proposal: &'r Proposal,
    at: String,
    ballots: Vec<String>,
}

/// What was voted before the run, in sentences.
fn proposals(proposals: &[Proposal]) -> Vec<VotedOn<'_>> {
    let proposals = proposals.iter();
    proposals
        .map(|proposal| VotedOn {
            proposal,
            at: dates::moment(&proposal.at),
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
#[path = "story_tests.rs"]
mod tests;
