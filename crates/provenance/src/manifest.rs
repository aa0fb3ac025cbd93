//! What a credential says: the C2PA manifest of one asset, from a run's record.

use alloy_primitives::Address;
use daedal_core::Digest;
use daedal_core::asset::extension_of;
use daedal_core::excerpt::Excerpt;
use daedal_core::intent::{Domain, Oversight};
use daedal_core::process::{License, Training};
use daedal_core::receipt::Receipt;
use daedal_core::record::RunRecord;
use daedal_core::run::{CAPTION, EDIT};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::collection::{self, Collected};
use crate::line::{Makers, main_line};
use crate::source::human_edits;
use crate::when::rfc3339;

pub use crate::source::{Source, is_by_model};

/// Label of the assertion that holds [`Claim`].
pub const LABEL: &str = "org.daedal.intent";
/// Steps that are told as actions; earlier ones are in the receipts.
pub(crate) const ACTIONS_MAX: usize = 6;
/// What a drawn caption is told as.
pub(crate) const CAPTIONED: &str = "a visible label was drawn into it";

/// What the assertion [`LABEL`] says: where the asset came from, and the digest of the asset
/// before it was sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Claim {
    /// Identity of the run.
    pub run: Digest,
    /// SHA-256 of the asset without its credential.
    pub unsigned_sha256: Digest,
    /// Where the run's root is (or will be) anchored: zeros before the process is registered.
    pub anchor: Domain,
    /// Who anchors the run, and by which contract, where it is due on a chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchoring: Option<Anchoring>,
    /// How much people steered what led to the asset, for readers that do not compute it from the decisions: they are
    /// what it follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_oversight: Option<Oversight>,
    /// The run's header and root, the receipt of this asset, and the decisions behind it; packed.
    #[serde(with = "crate::packed")]
    pub excerpt: Excerpt,
}

/// Who anchors a run: so that nobody else's anchor can pass for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchoring {
    /// The account that sends the anchor.
    pub by: Address,
    /// The contract that it is sent to.
    pub contract: Address,
}

/// Something from outside the run that an asset was made from.
#[derive(Debug, Clone)]
pub struct Ingredient {
    /// What people call it.
    pub title: String,
    /// Its media type.
    pub media_type: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Its own bytes, with its own credential if it has one: it is validated and kept.
    pub bytes: Option<Vec<u8>>,
    /// The credential that it came with, where none is inside.
    pub beside: Option<Vec<u8>>,
    /// What became of it.
    pub relation: Relation,
}

/// What became of an ingredient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It was opened and edited: the asset is a version of it. At most one.
    Parent,
    /// It is part of the asset.
    Component,
    /// It went into making it (a prompt, a reference).
    Input,
}

/// What a credential is made from, besides the bytes.
pub struct Content<'a> {
    /// What people call the asset.
    pub title: &'a str,
    /// What is to be seen or heard, for those who can't.
    pub alt: Option<&'a str>,
    /// Its media type.
    pub media_type: &'a str,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// The run that made it.
    pub record: &'a RunRecord,
    /// Where the run's root is or will be anchored.
    pub anchor: Domain,
    /// Who anchors it, and by which contract.
    pub anchoring: Option<Anchoring>,
    /// What kind of process gave it, with what it was made of.
    pub source: Source,
    /// Whether it may be used to train models.
    pub training: Training,
    /// Terms of use.
    pub license: Option<&'a License>,
    /// Who made it, as they want to be called.
    pub creator: Option<&'a str>,
    /// What it was made from, besides the run.
    pub ingredients: &'a [Ingredient],
    /// Which steps are on the way to it: decisions elsewhere did not lead to it.
    pub is_on_way: &'a dyn Fn(&str) -> bool,
}

/// The manifest as the C2PA library reads it, ingredients and what [`LABEL`] says apart; none if the run didn't give
/// the asset.
#[must_use]
pub fn definition(content: &Content<'_>) -> Option<(Value, Claim)> {
    let record = content.record;
    let line = main_line(record, &Makers::of(record), &content.digest);
    let line: Vec<&Receipt> = line
        .iter()
        .map(|(place, _)| &record.receipts[*place])
        .collect();
    // Edits on the main line are told as actions, which only their receipts bear out.
    let is_edited = |step: &str| {
        let mut edits = line.iter().filter(|receipt| receipt.engine == EDIT);
        edits.any(|edit| edit.step == step)
    };
    let is_on_way = |step: &str| (content.is_on_way)(step) || is_edited(step);
    let excerpt = Excerpt::by_way_of(record, &content.digest, &is_on_way)?;
    let claim = Claim {
        run: record.header.run(),
        unsigned_sha256: content.digest,
        anchor: content.anchor,
        anchoring: content.anchoring,
        human_oversight: Some(excerpt.oversight(content.anchor)),
        excerpt,
    };
    let created =
        |label: &str, data: Value| json!({ "label": label, "data": data, "created": true });
    let mut assertions = vec![
        created("c2pa.actions.v2", json!({ "actions": actions(content) })),
        created("cawg.training-mining", training(content.training)),
    ];
    if let Some(metadata) = metadata(content) {
        let data =
            json!({ "label": "cawg.metadata", "data": metadata, "kind": "Json", "created": true });
        assertions.push(data);
    }
    let (name, version) = tool(&record.header.tool);
    let definition = json!({
        "title": content.title,
        "format": content.media_type,
        "instance_id": format!("xmp:iid:{}", content.digest.short()),
        "claim_generator_info": [{ "name": name, "version": version }],
        "assertions": assertions,
    });
    Some((definition, claim))
}

/// The manifest of an archive of a whole run.
#[must_use]
pub fn of_collection(title: &str, collected: &Collected, tool_name: &str) -> Value {
    let (name, version) = tool(tool_name);
    let action = json!({
        "action": "c2pa.created",
        "digitalSourceType": Source::Algorithmic.uri(),
        "softwareAgent": { "name": name, "version": version },
        "description": "a run with everything that it left behind",
    });
    json!({
        "title": title,
        "format": collection::MEDIA_TYPE,
        "instance_id": format!("xmp:iid:{}", collected.run.short()),
        "claim_generator_info": [{ "name": name, "version": version }],
        "assertions": [
            { "label": "c2pa.actions.v2", "data": { "actions": [action] }, "created": true },
            { "label": collection::LABEL, "data": collected, "kind": "Json", "created": true },
        ],
    })
}

/// The id by which actions name an ingredient.
#[must_use]
pub fn ingredient_id(place: usize) -> String {
    format!("i{place}")
}

fn tool(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, "0"))
}

/// The asset's main line as actions: how it came to be, what was placed in it, how it was changed.
pub(crate) fn actions(content: &Content<'_>) -> Vec<Value> {
    let receipts = &content.record.receipts;
    let makers = Makers::of(content.record);
    let line = main_line(content.record, &makers, &content.digest);
    let mut along = Source::along(content.record, &line, is_by_model);
    if along.last() == Some(&Source::Algorithmic) {
        // Where a model had part in it, that came with what it was made of.
        along.fill(content.source);
    }
    let line: Vec<&Receipt> = line.iter().map(|(place, _)| &receipts[*place]).collect();
    let when = rfc3339(content.record.header.ended_ms);
    let ids = |relation: Relation| -> Vec<String> {
        let ingredients = content.ingredients.iter().enumerate();
        let related = ingredients.filter(|(_, ingredient)| ingredient.relation == relation);
        related.map(|(place, _)| ingredient_id(place)).collect()
    };
    let parents = ids(Relation::Parent);
    let mut first = if parents.is_empty() {
        described("c2pa.created", line.first().copied())
    } else {
        described("c2pa.opened", None)
    };
    let inputs = ids(Relation::Input);
    if parents.is_empty() {
        let source = along.first().unwrap_or(&content.source);
        first.insert("digitalSourceType".into(), source.uri().into());
        if !inputs.is_empty() {
            first.insert("parameters".into(), json!({ "ingredientIds": inputs }));
        }
    } else {
        first.insert("parameters".into(), json!({ "ingredientIds": parents }));
    }
    first.insert("when".into(), when.into());
    let mut actions = vec![first];
    actions.extend(edits(&line, &along, usize::from(parents.is_empty())));
    for id in ids(Relation::Component) {
        let mut placed = described("c2pa.placed", None);
        placed.insert("parameters".into(), json!({ "ingredientIds": [id] }));
        actions.push(placed);
    }
    actions.into_iter().map(Value::Object).collect()
}

fn described(action: &str, receipt: Option<&Receipt>) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("action".into(), action.into());
    if let Some(receipt) = receipt {
        let agent = json!({ "name": receipt.engine, "version": receipt.engine_version });
        fields.insert("softwareAgent".into(), agent);
        fields.insert("description".into(), receipt.label().into());
    }
    fields
}

/// The last tasks of a line from its place `begin` on, the last one before them that made another kind of thing of it, so
/// that the last of them that names a kind of source names that of the asset, and whatever people edited.
fn edits(line: &[&Receipt], along: &[Source], begin: usize) -> Vec<Map<String, Value>> {
    let differs = |at: &usize| {
        let before = at.checked_sub(1).map(|before| along[before]);
        is_by_model(line[*at]) || before != Some(along[*at])
    };
    let from = line.len().saturating_sub(ACTIONS_MAX).max(begin);
    let earlier = (begin..from).rev().find(differs);
    let is_told = |at: &usize| Some(*at) == earlier || line[*at].engine == EDIT;
    let told = (begin..from).filter(is_told).chain(from..line.len());
    told.map(|at| {
        let receipt = line[at];
        let mut edit = described("c2pa.edited", Some(receipt));
        if receipt.engine == EDIT {
            // No program did it.
            edit.remove("softwareAgent");
            edit.insert("description".into(), by_hand(receipt).into());
            edit.insert("digitalSourceType".into(), human_edits().into());
        } else if receipt.engine == CAPTION {
            edit.insert("description".into(), CAPTIONED.into());
            let source = Source::Algorithmic.uri();
            edit.insert("digitalSourceType".into(), source.into());
        } else if differs(&at) {
            edit.insert("digitalSourceType".into(), along[at].uri().into());
        }
        edit
    })
    .collect()
}

/// What an edit by hand is told as.
pub(crate) fn by_hand(receipt: &Receipt) -> String {
    format!("{}, edited by hand", receipt.label())
}

/// The choice of the CAWG training and data mining assertion 1.1.
fn training(training: Training) -> Value {
    let usage = match training {
        Training::Allowed => "allowed",
        Training::NotAllowed => "notAllowed",
        Training::Constrained => "constrained",
    };
    let entry = |name: &str| (format!("cawg.{name}"), json!({ "use": usage }));
    let entries: Map<String, Value> = ["ai_training", "ai_generative_training", "data_mining"]
        .map(entry)
        .into_iter()
        .collect();
    json!({ "entries": entries })
}

/// Title, maker and terms in Dublin Core.
fn metadata(content: &Content<'_>) -> Option<Value> {
    let mut fields = Map::new();
    if let Some(creator) = content.creator {
        fields.insert("dc:creator".into(), json!([creator]));
    }
    let license = content.license;
    if let Some(rights) = license.and_then(|own| own.id.as_ref().or(own.file.as_ref())) {
        fields.insert("dc:rights".into(), json!(rights));
    }
    if fields.is_empty() {
        return None;
    }
    let context = json!({ "dc": "http://purl.org/dc/elements/1.1/" });
    fields.insert("@context".into(), context);
    fields.insert("dc:title".into(), content.title.into());
    Some(Value::Object(fields))
}

/// A file name for the title of an asset without one.
#[must_use]
pub fn default_title(process: &str, digest: &Digest, media_type: &str) -> String {
    format!("{process}-{}.{}", digest.short(), extension_of(media_type))
}
