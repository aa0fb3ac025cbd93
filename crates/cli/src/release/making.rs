//! How the pieces were made, in the words of channels.

use std::collections::BTreeSet;

use daedal_channels::{
    Anchor, Attachment, Credential, Decider, Decision, Edition, Exhibit, Item, LineageStep,
    Oversight, Release, Work,
};
use daedal_core::asset::media_type_of;
use daedal_core::canonical;
use daedal_core::engine::{Determinism, Engines};
use daedal_core::intent::{self, IntentKind, SignedIntent};
use daedal_core::record::Settings;
use daedal_core::run::{self, TaskRecord};
use daedal_core::{AssetRef, Digest};
use daedal_store::Studio;
use serde_json::{Map, Value};

use super::copies::Copies;
use super::exhibit::{self, Size};
use super::label::label;
use super::lineage::{CHOOSE, Telling};
use super::private::Private;
use super::{Made, OnChain, SealedPiece, Subject, kept, voted};
use crate::chain::{caip19, chain_name};
use crate::failure::Failure;
use crate::text;

/// Alternatives that are shown beside a decision; the rest are in the receipts.
const SHOWN_MAX: usize = 24;

/// The whole release, as channels are given it.
pub(super) async fn release(
    studio: &Studio,
    engines: &Engines,
    subject: &Subject,
    made: &Made<'_>,
) -> Result<Release, Failure> {
    let receipts = canonical::to_vec(&subject.record);
    let mut items = Vec::with_capacity(made.pieces.len());
    for (index, piece) in made.pieces.iter().enumerate() {
        let mut item = item(studio, engines, subject, piece, made.copies).await?;
        item.edition = made.on_chain.and_then(|on_chain| edition(on_chain, index));
        items.push(item);
    }
    let public = |settings: &Settings| -> Map<String, Value> {
        let told = settings.iter();
        told.filter_map(|(name, setting)| Some((name.clone(), setting.value.clone()?)))
            .collect()
    };
    Ok(Release {
        run: subject.run.0,
        process: label(subject),
        version: subject.spec.bundle,
        released_at: kept::released_at(studio, subject.run).await?,
        seed: subject.spec.seed,
        inputs: public(&subject.record.inputs),
        parameters: public(&subject.record.parameters),
        governed: subject.spec.governed.clone(),
        votes: voted::told(studio, subject).await?,
        items,
        attestation: Some(made.attestation.clone()),
        receipts: Some(kept::write(studio, "application/json", &receipts)?),
        work: made.on_chain.map(work),
        anchor: made.on_chain.map(anchor),
    })
}

fn work(on_chain: &OnChain) -> Work {
    let known = &on_chain.work;
    Work {
        token: caip19(known.chain, known.registry, known.work),
        version: on_chain.version,
        shares: known.shares.to_checksum(None),
    }
}

fn anchor(on_chain: &OnChain) -> Anchor {
    let anchor = &on_chain.anchor;
    Anchor {
        chain: chain_name(on_chain.work.chain),
        contract: anchor.contract.to_checksum(None),
        transaction: anchor.transaction.to_string(),
        root: anchor.root.to_string(),
        by: anchor.by.to_checksum(None),
        block: Some(anchor.block),
        proof: Some(anchor.proof.clone()),
    }
}

fn edition(on_chain: &OnChain, index: usize) -> Option<Edition> {
    let minted = on_chain.editions.iter();
    let minted = minted.clone().find(|minted| minted.index == index)?;
    Some(Edition {
        token: caip19(on_chain.work.chain, on_chain.contract, minted.token),
        index: index as u64,
        price: minted.price.clone(),
        owner: Some(minted.owner.to_checksum(None)),
    })
}

async fn item(
    studio: &Studio,
    engines: &Engines,
    subject: &Subject,
    sealed: &SealedPiece,
    copies: &Copies<'_>,
) -> Result<Item, Failure> {
    let piece = &sealed.piece;
    let telling = Telling::of(subject, piece);
    let preview = exhibit::small(studio, engines, &piece.asset, Size::Preview).await?;
    let mut lineage = Vec::new();
    for (node, shown, all) in telling.by_step() {
        lineage.push(step(studio, engines, subject, &telling, node, &shown, &all).await?);
    }
    Ok(Item {
        output: piece.output.clone(),
        index: piece.index.unwrap_or(0),
        title: sealed.title.clone(),
        alt: telling.alt(),
        asset: sealed.sealed.file.clone(),
        unsigned: sealed.sealed.unsigned.digest,
        sidecar: sealed.sealed.sidecar.clone(),
        attachments: attachments(sealed),
        preview: preview.map(|(asset, _)| asset),
        fields: telling.fields(),
        text: words(studio, subject, sealed, copies)?,
        lineage,
        credential: credential(subject, sealed),
        edition: None,
    })
}

/// What was made with a piece, sealed like it.
fn attachments(sealed: &SealedPiece) -> Vec<Attachment> {
    let attached = sealed.attachments.iter();
    attached
        .map(|(name, sealed)| Attachment {
            name: name.clone(),
            asset: sealed.file.clone(),
            unsigned: sealed.unsigned.digest,
            sidecar: sealed.sidecar.clone(),
        })
        .collect()
}

/// What is written in a text asset.
fn words(
    studio: &Studio,
    subject: &Subject,
    sealed: &SealedPiece,
    copies: &Copies<'_>,
) -> Result<Option<String>, Failure> {
    let asset = &sealed.piece.asset;
    let essence = asset.media_type.split(';').next().unwrap_or_default();
    if !essence.starts_with("text/") && essence != media_type_of("x.json") {
        return Ok(None);
    }
    let bytes = copies.read(studio, asset).map_err(|error| {
        copies.lost(
            &format!("“{}”", sealed.title),
            &subject.spec.process,
            &error,
        )
    })?;
    Ok(std::str::from_utf8(&bytes).ok().map(str::to_owned))
}

fn credential(subject: &Subject, sealed: &SealedPiece) -> Option<Credential> {
    let excerpt = subject.excerpt(&sealed.piece.asset)?;
    let proof = excerpt.receipts.first().map(|proven| &proven.proof);
    Some(Credential {
        signer: sealed.sealed.signer.clone(),
        root: excerpt.root.to_string(),
        proof: proof
            .map(|proof| proof.path.iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
        receipts: subject.record.receipts.len(),
        oversight: match excerpt.oversight(sealed.sealed.domain.unwrap_or_default()) {
            intent::Oversight::FullyAutonomous => Oversight::FullyAutonomous,
            intent::Oversight::PromptGuided => Oversight::PromptGuided,
            intent::Oversight::HumanValidated => Oversight::HumanValidated,
        },
    })
}

async fn step(
    studio: &Studio,
    engines: &Engines,
    subject: &Subject,
    telling: &Telling<'_>,
    node: usize,
    shown: &[&TaskRecord],
    all: &[&TaskRecord],
) -> Result<LineageStep, Failure> {
    let node = &subject.planned.plan.nodes[node];
    let first = shown.first().copied().or_else(|| all.first().copied());
    let task = first.map(|record| &record.task);
    let spec = task
        .and_then(|task| engines.get(&task.engine))
        .map(|engine| engine.spec());
    // What people were asked is theirs to say, also that nobody decided in time: nothing gives it again.
    let was_asked = shown.iter().any(|record| record.decision.is_some());
    let spec = spec.filter(|_| !was_asked);
    let mut decisions = Vec::new();
    for record in shown {
        decisions.extend(decision(studio, engines, telling, record).await?);
    }
    let mut usage = daedal_core::engine::Usage::default();
    for record in all {
        usage.cost = usage.cost.saturating_add(record.lost.cost);
        if let Some(outcome) = record.outcome() {
            usage.cost = usage.cost.saturating_add(outcome.usage.cost);
            usage.elapsed_ms += outcome.usage.elapsed_ms;
        }
    }
    let value = first
        .and_then(TaskRecord::outcome)
        .map(|outcome| &outcome.value);
    let picture = match value {
        Some(value) if decisions.is_empty() => {
            let alt = format!("What {} gave", node.path);
            exhibit::of_value(studio, engines, value, &alt, None).await?
        }
        _ => None,
    };
    Ok(LineageStep {
        step: node.path.to_string(),
        role: node.role,
        engine: task.map(|task| task.engine.clone()).unwrap_or_default(),
        engine_version: task
            .map(|task| task.engine_version.clone())
            .unwrap_or_default(),
        determinism: spec.map_or(Determinism::Attested, |spec| spec.determinism),
        tasks: all.iter().filter(|record| record.edits.is_empty()).count(),
        cached: all
            .iter()
            .all(|record| record.reused_from.is_some() || !record.edits.is_empty()),
        seed: task.and_then(|task| task.seed),
        usage,
        note: value
            .filter(|_| all.iter().all(|record| record.edits.is_empty()))
            .and_then(|value| Private::of(&subject.spec).note(value)),
        shown: picture,
        decisions,
    })
}

/// Small pictures of what was kept, and of what was passed over.
type Pictures = (Vec<Exhibit>, Vec<Exhibit>);

/// Pictures of what a person or a score decided in a task; none where nothing was decided. Of several that were kept, a
/// piece shows the one that it was made from: one of `own`.
pub(super) async fn pictures(
    studio: &Studio,
    engines: &Engines,
    own: Option<&BTreeSet<Digest>>,
    record: &TaskRecord,
) -> Result<Option<Pictures>, Failure> {
    let (options, kept): (Vec<(Value, Option<f64>)>, Vec<usize>) =
        match (&record.request, &record.decision) {
            (Some(request), Some(decision)) => (
                request
                    .options
                    .iter()
                    .map(|option| (option.value.clone(), option.score))
                    .collect(),
                decision.kept.clone(),
            ),
            _ if !record.edits.is_empty() => edited(record),
            _ if record.task.engine == CHOOSE => by_score(record),
            _ => return Ok(None),
        };
    let mut shown = Pictures::default();
    for (at, (value, score)) in options.iter().enumerate() {
        let is_kept = kept.contains(&at);
        let is_own = own.is_none_or(|own| {
            AssetRef::from_value(value).is_some_and(|asset| own.contains(&asset.digest))
        });
        let place = if is_kept { &mut shown.0 } else { &mut shown.1 };
        if place.len() >= SHOWN_MAX || (is_kept && !is_own && kept.len() > 1) {
            continue;
        }
        let alt = format!("Option {}", at + 1);
        place.extend(exhibit::of_value(studio, engines, value, &alt, *score).await?);
    }
    Ok(Some(shown))
}

/// What was decided in a task: by a person who was asked, or by score.
async fn decision(
    studio: &Studio,
    engines: &Engines,
    telling: &Telling<'_>,
    record: &TaskRecord,
) -> Result<Option<Decision>, Failure> {
    let own = telling.assets();
    let Some(shown) = pictures(studio, engines, Some(&own), record).await? else {
        return Ok(None);
    };
    let (by, act, at) = match &record.decision {
        Some(decision) => match &decision.by {
            run::Decider::Person(account) => (
                Decider::Person {
                    account: account.clone(),
                    name: None,
                },
                act(decision),
                Some(text::moment(record.at)),
            ),
            run::Decider::Timeout => (Decider::Score, "chose, since nobody decided in time", None),
        },
        None => match record.edits.last().and_then(signer_of) {
            Some(account) => {
                let by = Decider::Person {
                    account,
                    name: None,
                };
                (by, "edited", Some(text::moment(record.at)))
            }
            None => (Decider::Score, "chose", None),
        },
    };
    Ok(Some(Decision {
        by,
        act: act.to_owned(),
        at,
        reason: None,
        kept: shown.0,
        passed_over: shown.1,
    }))
}

/// What a person did, by the intent that they signed.
fn act(decision: &run::Decision) -> &'static str {
    let signed = decision
        .intent
        .clone()
        .map(serde_json::from_value::<SignedIntent>);
    match signed {
        Some(Ok(signed)) if signed.intent.kind == IntentKind::Approve => "approved",
        _ if decision.kept.is_empty() => "rejected",
        _ => "chose",
    }
}

/// What a person made of what a task gave: their version is kept, the other passed over.
fn edited(record: &TaskRecord) -> (Vec<(Value, Option<f64>)>, Vec<usize>) {
    let new = record.outcome().map(|outcome| outcome.value.clone());
    let options = [record.task.params["from"].clone(), new.unwrap_or_default()];
    (options.map(|value| (value, None)).into(), vec![1])
}

fn signer_of(signed: &Value) -> Option<String> {
    let signed: SignedIntent = serde_json::from_value(signed.clone()).ok()?;
    Some(signed.signer.to_checksum(None))
}

/// The options of a choice that nobody was asked about, and the positions of those that were kept.
fn by_score(record: &TaskRecord) -> (Vec<(Value, Option<f64>)>, Vec<usize>) {
    let params: &Map<String, Value> = match record.task.params.as_object() {
        Some(params) => params,
        None => return Default::default(),
    };
    let list = |name: &str| params.get(name).and_then(Value::as_array).cloned();
    let scores = list("by").unwrap_or_default();
    let options: Vec<(Value, Option<f64>)> = list("from")
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(at, value)| (value, scores.get(at).and_then(Value::as_f64)))
        .collect();
    let chosen = record.outcome().map(|outcome| match &outcome.value {
        Value::Array(items) => items.clone(),
        value => vec![value.clone()],
    });
    let kept = chosen
        .unwrap_or_default()
        .iter()
        .filter_map(|value| options.iter().position(|(option, _)| option == value))
        .collect();
    (options, kept)
}
