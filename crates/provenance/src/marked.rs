//! What a credential says of how its asset came to be, for everybody's readers: its actions and their IPTC source types,
//! which are how what a trained model made is marked. They are its signer's word; what receipts show must not speak
//! against them.

use std::collections::BTreeSet;

use alloy_primitives::B256;
use c2pa::Reader;
use daedal_core::Digest;
use daedal_core::excerpt::Excerpt;
use daedal_core::intent::SignedIntent;
use daedal_core::receipt::Receipt;
use daedal_core::record::RunRecord;
use daedal_core::run::{CAPTION, EDIT};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::line::{Makers, main_line};
use crate::made_of::MadeOf;
use crate::manifest::{ACTIONS_MAX, CAPTIONED, Claim, Relation, by_hand};
use crate::source::{Source, human_edits, is_by_model, worked_on};
use crate::verdict::{Exit, Verdict};
use crate::xmp::Said;

const CREATED: &str = "c2pa.created";
const EDITED: &str = "c2pa.edited";

/// What kind of process gave an asset, by its credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Marking {
    /// IPTC's digital source type; none of what was passed on as it was brought, or edited by people alone.
    #[serde(serialize_with = "named")]
    pub source_type: Option<Source>,
    /// Whether people edited it by hand.
    pub edited_by_hand: bool,
    /// The same in words.
    pub told: String,
}

fn named<S: Serializer>(source: &Option<Source>, to: S) -> Result<S::Ok, S::Error> {
    source.map(Source::name).serialize(to)
}

impl Marking {
    fn of(source_type: Option<Source>, edited_by_hand: bool) -> Self {
        let made = match source_type {
            None => None,
            Some(Source::Algorithmic) => Some("rules and code made it and no trained model"),
            Some(Source::Trained) => Some("a trained model made it"),
            Some(Source::Composite) => {
                Some("rules and code made it, with parts or of material that a trained model made")
            }
        };
        let edited = edited_by_hand.then_some("people edited it by hand, nobody knows with what");
        let told: Vec<&str> = made.into_iter().chain(edited).collect();
        Self {
            source_type,
            edited_by_hand,
            told: match &told[..] {
                [] => "it was passed on as it was brought".to_owned(),
                told => told.join(", and "),
            },
        }
    }
}

/// An action, as far as it tells how the asset came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Action {
    name: String,
    source: Option<String>,
    agent: Option<(String, String)>,
    description: Option<String>,
}

impl Action {
    fn of(value: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let agent = match &value["softwareAgent"] {
            Value::Null => None,
            Value::String(name) => Some((name.clone(), String::new())),
            agent => Some((
                text(&agent["name"]).unwrap_or_default(),
                text(&agent["version"]).unwrap_or_default(),
            )),
        };
        Self {
            name: text(&value["action"]).unwrap_or_default(),
            source: text(&value["digitalSourceType"]),
            agent,
            description: text(&value["description"]),
        }
    }

    fn is_by_hand(&self) -> bool {
        self.source == Some(human_edits())
    }

    /// Whether it is the drawing of a label, which says nothing of what it was drawn into.
    fn is_caption(&self) -> bool {
        let agent = self.agent.as_ref();
        self.name == EDITED && agent.is_some_and(|(name, _)| name == CAPTION)
    }

    /// Whether it names what kind of process made the asset or a state of it; a person's edit and a label do not.
    fn is_of_making(&self) -> bool {
        let is_edit = self.is_by_hand() && self.name == EDITED;
        let is_label = self.is_caption() && self.source == Some(Source::Algorithmic.uri());
        self.source.is_some() && !is_edit && !is_label
    }

    /// That kind.
    fn kind(&self) -> Option<Source> {
        let source = self.source.as_deref().filter(|_| self.is_of_making());
        source.and_then(Source::from_uri)
    }

    /// Whether it tells of this receipt.
    fn tells(&self, receipt: &Receipt) -> bool {
        let is = |words: &str| self.description.as_deref() == Some(words);
        let by_it = self.agent.as_ref().is_some_and(|(name, version)| {
            *name == receipt.engine && *version == receipt.engine_version
        });
        match receipt.engine.as_str() {
            EDIT if self.name == EDITED => {
                self.agent.is_none() && self.is_by_hand() && is(&by_hand(receipt))
            }
            CAPTION if self.name == EDITED => by_it && is(CAPTIONED),
            _ => by_it && is(&receipt.label()),
        }
    }
}

/// What a file says of how it came to be: its credential, and our packet of XMP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    actions: Vec<Action>,
    packet: Option<Said>,
}

/// What kind of process actions name.
pub(crate) fn kind_told(actions: &[Value]) -> Option<Source> {
    let actions: Vec<Action> = actions.iter().map(Action::of).collect();
    source(&actions).ok().flatten()
}

/// The actions of a credential, of all its assertions that have some.
fn actions(reader: &Reader) -> Vec<Action> {
    let manifest = reader.active_manifest();
    let assertions = manifest.map(|manifest| manifest.assertions());
    let assertions = assertions.unwrap_or_default().iter();
    let told = assertions.filter(|assertion| assertion.label().starts_with("c2pa.actions"));
    let told = told.filter_map(|assertion| assertion.value().ok());
    told.flat_map(|value| ["actions", "templates"].map(|name| value[name].as_array()))
        .flatten()
        .flatten()
        .map(Action::of)
        .collect()
}

/// Says what a credential says of how its asset was made, or how the receipts in it, or our packet of XMP under its seal,
/// speak against that.
pub(crate) fn marking(verdict: &mut Verdict, reader: &Reader, claim: &Claim, packet: Option<Said>) {
    let actions = actions(reader);
    verdict.told = Told { actions, packet };
    let found = judged(verdict, &claim.excerpt, &claim.unsigned_sha256)
        .and_then(|marking| Said::held(verdict.told.packet.as_ref(), reader, marking));
    match found {
        Ok(marking) => verdict.marking = Some(marking),
        Err(detail) => {
            verdict.judge("marked", Exit::Tampered, Err(detail));
        }
    }
}

fn judged(verdict: &Verdict, excerpt: &Excerpt, asset: &Digest) -> Result<Marking, String> {
    let Told { actions, packet } = &verdict.told;
    let source = source(actions)?;
    let is_version = has_parent(verdict);
    if is_version == actions.iter().any(|action| action.name == CREATED) {
        return Err(match is_version {
            true => {
                "it says that it was made anew, and that it is a version of something".to_owned()
            }
            false => {
                "it does not say that it was made anew, nor what it is a version of".to_owned()
            }
        });
    }
    let mut unnamed = actions.iter().filter(|action| action.source.is_none());
    if !is_version && unnamed.any(|action| action.name == CREATED) {
        return Err("it does not say what made it, person, model or code".to_owned());
    }
    // Whatever was done, somebody did it: an engine, or a person by hand.
    let nobodys = actions.iter().find(|action| {
        action.agent.is_none() && action.description.is_some() && !action.is_by_hand()
    });
    if let Some(action) = nobodys {
        return Err(format!(
            "it says “{}”, and not what did it",
            action.description.as_deref().unwrap_or_default()
        ));
    }
    let Some(maker) = excerpt.maker() else {
        return Err("it has no receipt".to_owned());
    };
    let receipts = || excerpt.receipts.iter().map(|proven| &proven.receipt);
    if !maker.makes(asset) {
        passed_on(verdict, asset, source)?;
    } else if !actions.iter().any(|action| action.tells(maker)) {
        return Err(format!(
            "its actions do not tell of {}, which made it by its receipt",
            maker.label()
        ));
    }
    let by_hand: Vec<&Action> = actions.iter().filter(|one| one.is_by_hand()).collect();
    if !by_hand.is_empty() {
        signed(&by_hand, excerpt)?;
    }
    let machine = machine_of(maker, asset, receipts);
    let least = match machine {
        Some(machine) if is_by_model(machine) => Some(Source::Trained),
        _ if receipts().any(is_by_model) => Some(Source::Composite),
        _ => None,
    };
    match (least, source) {
        (Some(Source::Trained), Some(Source::Algorithmic | Source::Composite)) => Err(format!(
            "it says that {}, and by its receipt a trained model did",
            words(source)
        )),
        (Some(Source::Composite), Some(Source::Algorithmic)) => Err(format!(
            "it says that {}, and by its receipts one had a part in it",
            words(source)
        )),
        (None, Some(Source::Trained)) if machine.is_some() => Err(format!(
            "it says that {}, and by its receipt it was {}",
            words(source),
            maker.engine
        )),
        _ => {
            lie(actions, receipts()).map_or(Ok(()), Err)?;
            packet
                .as_ref()
                .map_or(Ok(()), |packet| packet.agrees(source))?;
            Ok(Marking::of(source, !by_hand.is_empty()))
        }
    }
}

/// Whatever is told to have been edited by hand is an edit of the run, and somebody's whose signatures are there.
fn signed(by_hand: &[&Action], excerpt: &Excerpt) -> Result<(), String> {
    let there: BTreeSet<B256> = excerpt.intents.iter().map(SignedIntent::name).collect();
    let receipts = excerpt.receipts.iter().map(|proven| &proven.receipt);
    let edits = receipts.filter(|receipt| receipt.engine == EDIT);
    let is_signed = |edit: &&Receipt| edit.intents.iter().all(|name| there.contains(name));
    let edits: Vec<&Receipt> = edits.filter(is_signed).collect();
    let is_edit = |action: &&&Action| edits.iter().any(|edit| action.tells(edit));
    match by_hand.iter().find(|action| !is_edit(action)) {
        None => Ok(()),
        Some(action) => Err(format!(
            "it says “{}”, and no edit that somebody signed stands in it",
            action.description.as_deref().unwrap_or(&action.name)
        )),
    }
}

/// What only passed through a run is told as that, and not as made by anybody: else any receipt that it passed by could stand
/// for the one that made it.
fn passed_on(verdict: &Verdict, asset: &Digest, source: Option<Source>) -> Result<(), String> {
    let is_own = |part: &MadeOf| (part.relation, part.sha256) == (Relation::Parent, Some(*asset));
    match (verdict.ingredients.iter().any(is_own), source) {
        (true, None) => Ok(()),
        (false, _) => Err(
            "its receipt only passes it on, and it does not say that it is what was brought"
                .to_owned(),
        ),
        (true, Some(_)) => Err(format!(
            "it says that {}, and by its receipt it was passed on as it was brought",
            words(source)
        )),
    }
}

/// How the receipt of a task speaks against the kind of process that its action names.
fn lie<'r>(actions: &[Action], mut receipts: impl Iterator<Item = &'r Receipt>) -> Option<String> {
    receipts.find_map(|receipt| {
        let own = actions.iter().filter(|action| action.tells(receipt));
        let mut told = own.filter_map(Action::kind);
        let told = told.find(|told| (*told == Source::Trained) != is_by_model(receipt))?;
        Some(format!(
            "it says of {} that {}, and by its receipt it was {}",
            receipt.label(),
            words(Some(told)),
            receipt.engine
        ))
    })
}

fn words(source: Option<Source>) -> String {
    Marking::of(source, false).told
}

fn has_parent(verdict: &Verdict) -> bool {
    let mut parts = verdict.ingredients.iter();
    parts.any(|part| part.relation == Relation::Parent)
}

/// What kind of process the actions name: the last that says.
fn source(actions: &[Action]) -> Result<Option<Source>, String> {
    let mut found = None;
    for action in actions.iter().filter(|action| action.is_of_making()) {
        let told = action.source.as_deref().unwrap_or_default();
        let word = || told.rsplit('/').next().unwrap_or_default();
        let kind = action.kind();
        found =
            Some(kind.ok_or_else(|| format!("it says “{}”, which no task of a run is", word()))?);
    }
    Ok(found)
}

/// The receipt of the machine that made an asset, or what was changed into it and nothing else went into; none where it is
/// not among these.
fn machine_of<'a, R: Iterator<Item = &'a Receipt>>(
    maker: &'a Receipt,
    asset: &Digest,
    receipts: impl Fn() -> R,
) -> Option<&'a Receipt> {
    let (mut machine, mut made) = (maker, *asset);
    let mut left = receipts().count();
    while !is_by_model(machine)
        && let Some(from) = worked_on(machine, &made)
    {
        left = left.checked_sub(1)?;
        made = from.digest;
        machine = receipts().find(|receipt| receipt.makes(&made))?;
    }
    Some(machine)
}

/// How a run's record speaks against what the credential of an asset says of how it was made.
pub(crate) fn contradicted(
    verdict: &Verdict,
    record: &RunRecord,
    asset: &Digest,
) -> Option<String> {
    let Told { actions, packet } = &verdict.told;
    let line = main_line(record, &Makers::of(record), asset);
    let along = Source::along(record, &line, is_by_model);
    let shown = along.last().copied().unwrap_or(Source::Algorithmic);
    let source = source(actions).ok().flatten();
    // Material that was brought can be a model's: that is told by its own marks, and not by the record.
    let agrees = |told: Option<Source>, shown: Source| match told {
        None => true,
        Some(Source::Composite) => shown != Source::Trained,
        Some(told) => told == shown,
    };
    let line: Vec<&Receipt> = line.iter().map(|(at, _)| &record.receipts[*at]).collect();
    let states = line.iter().zip(&along).flat_map(|(receipt, shown)| {
        let own = actions.iter().filter(move |action| action.tells(receipt));
        own.map(move |action| (action.kind(), *shown))
    });
    let mut states = states.chain([(source, shown)]);
    if let Some((told, shown)) = states.find(|(told, shown)| !agrees(*told, *shown)) {
        return Some(format!(
            "the credential says that {}, and by the receipts {}",
            words(told),
            words(Some(shown))
        ));
    }
    if let Some(fault) = packet
        .as_ref()
        .and_then(|packet| packet.fault(record, asset))
    {
        return Some(fault);
    }
    let is_told = |action: &&Action| action.agent.is_some() || action.is_by_hand();
    let untrue = actions.iter().filter(is_told);
    let mut untrue = untrue.filter(|action| !line.iter().any(|receipt| action.tells(receipt)));
    if let Some(action) = untrue.next() {
        return Some(format!(
            "the credential says “{}”, and no task that led to this file was that",
            action.description.as_deref().unwrap_or(&action.name)
        ));
    }
    let told_before = usize::from(!has_parent(verdict));
    let edits = line.iter().skip(told_before).rev().take(ACTIONS_MAX);
    let mut by_hand = edits.filter(|receipt| receipt.engine == EDIT);
    match by_hand.next() {
        Some(edit) if !actions.iter().any(Action::is_by_hand) => Some(format!(
            "by it people edited {} by hand, and the credential does not say so",
            edit.label()
        )),
        _ => None,
    }
}

#[cfg(test)]
#[path = "marked_tests.rs"]
mod tests;
