//! What is published: one run, and the assets that it gave to the audience.
//!
//! Plain data, filled by the caller and kept by channels as it is. Every time is RFC 3339 in UTC,
//! such as `2026-03-01T09:30:00Z`; every amount, digest and name is final.

use daedal_core::engine::{Determinism, Usage};
use daedal_core::process::{DerivativeTerms, Role, Training};
use daedal_core::{AssetRef, Digest, Governed, Seed};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One run and what of it is published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// Identity of the run.
    pub run: Digest,
    /// The process that was run.
    pub process: ProcessLabel,
    /// Digest of the bundle: the version of the process.
    pub version: Digest,
    /// What the process is on a chain, where it has been registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
    /// When the run was first released.
    pub released_at: String,
    /// The seed of the run.
    pub seed: Seed,
    /// What the caller set for this run, in the order of the process file.
    pub inputs: Map<String, Value>,
    /// Where the dials of the style stood, in the order of the process file.
    pub parameters: Map<String, Value>,
    /// Those of them that votes decided, and the block at which they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governed: Option<Governed>,
    /// Who voted for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<crate::Votes>,
    /// The published assets.
    pub items: Vec<Item>,
    /// The run's attestation (DSSE envelope).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<AssetRef>,
    /// The run's receipts (canonical JSON).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipts: Option<AssetRef>,
    /// Where the run's root was anchored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
}

/// A process as a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// CAIP-19 name of the token, such as `eip155:8453/erc721:0x…/12`.
    pub token: String,
    /// Number of the version that was run, from 1.
    pub version: u64,
    /// Address of its shares, to which everything is paid.
    pub shares: String,
}

/// A version of a work, whether anything of it has been released or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkVersion {
    /// The process.
    pub process: ProcessLabel,
    /// The bundle.
    pub bundle: Digest,
    /// The work and the number of the version.
    pub work: Work,
}

/// What the audience is told about a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessLabel {
    /// `[a-z0-9-]`, at most 64.
    pub name: String,
    /// For people.
    pub title: String,
    /// What it makes, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Terms of use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<Licence>,
    /// Visible label of automated making, with its expressions already filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<String>,
    /// Whether assets may be used to train models.
    pub training: Training,
}

/// Terms of use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Licence {
    /// SPDX id, or the title of the text.
    pub name: String,
    /// The text, where the process brings its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<AssetRef>,
    /// Whether commercial use is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commercial: Option<bool>,
    /// Under what terms derivatives may be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derivatives: Option<DerivativeTerms>,
    /// Whether its makers have to be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<bool>,
}

/// One published asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Name of the output.
    pub output: String,
    /// Position in the output, from 0.
    pub index: usize,
    /// For people; never empty.
    pub title: String,
    /// What is to be seen or heard, for those who can't.
    pub alt: String,
    /// The sealed bytes.
    pub asset: AssetRef,
    /// SHA-256 of the bytes before sealing.
    pub unsigned: Digest,
    /// The credential, where the bytes can't carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidecar: Option<AssetRef>,
    /// What the piece brings along: further assets that were made with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// A small picture of the asset for overviews; the asset itself if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<AssetRef>,
    /// What the engine reported beside the bytes. `width` and `height` (pixels) reserve room,
    /// `features` is an object of named traits, `body` is the text of a text asset.
    #[serde(default)]
    pub fields: Map<String, Value>,
    /// What is written in a text asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// How it was made, from the first step to the last.
    #[serde(default)]
    pub lineage: Vec<LineageStep>,
    /// What its credential says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// Its edition on a chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<Edition>,
}

/// An asset that was made with a piece, published beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// What the engine calls it, such as `plotter.svg`; the only one of its name in the item.
    pub name: String,
    /// The sealed bytes.
    pub asset: AssetRef,
    /// SHA-256 of the bytes before sealing.
    pub unsigned: Digest,
    /// The credential, where the bytes can't carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidecar: Option<AssetRef>,
}

impl Item {
    /// Width and height in pixels, where the engine reported them.
    #[must_use]
    pub fn dimensions(&self) -> Option<(u64, u64)> {
        let side = |name| self.fields.get(name)?.as_u64().filter(|side| *side > 0);
        Some((side("width")?, side("height")?))
    }

    /// Named traits as a person reads them, in the order of the report.
    #[must_use]
    pub fn features(&self) -> Vec<(String, String)> {
        let features = self.fields.get("features").and_then(Value::as_object);
        features
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), trait_text(value)))
            .collect()
    }
}

/// A trait as a person reads it: what was measured is rounded, since nobody tells 0.4731 from 0.47.
pub(crate) fn trait_text(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(String::new, rounded)
        }
        Value::Array(items) => items.iter().map(trait_text).collect::<Vec<_>>().join(", "),
        _ => as_text(value),
    }
}

/// A measure to two digits behind the point, or two that count where it is smaller than a tenth.
pub(crate) fn rounded(measure: f64) -> String {
    let (size, mut digits) = (measure.abs(), 2);
    let mut tenth = 0.1;
    while size > 0.0 && size < tenth && digits < 8 {
        digits += 1;
        tenth /= 10.0;
    }
    let text = format!("{measure:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
#[test]
fn measures_are_short() {
    let told = [0.4731, 0.5, 12.0, 3.14259, 0.004_26, 0.0, -0.25, 1e-30].map(rounded);
    assert_eq!(
        told,
        ["0.47", "0.5", "12", "3.14", "0.0043", "0", "-0.25", "0"]
    );
}

/// A JSON value as a person reads it: text without quotes, lists with commas.
pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Null => "none".into(),
        Value::Array(items) => items.iter().map(as_text).collect::<Vec<_>>().join(", "),
        Value::Number(number) => number.to_string(),
        Value::Object(_) => match AssetRef::from_value(value) {
            Some(asset) => format!("{} {}", asset.media_type, asset.digest.short()),
            None => value.to_string(),
        },
    }
}

/// One step on the way to an asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineageStep {
    /// Name in the process.
    pub step: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The engine that performed it.
    pub engine: String,
    /// Its version.
    pub engine_version: String,
    /// How well its results can be checked.
    pub determinism: Determinism,
    /// Tasks of this step in the run; more than one for candidates and fan-outs.
    pub tasks: usize,
    /// Whether its outcome came from an earlier run of the same task.
    pub cached: bool,
    /// Present when the engine is seeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// What it used.
    #[serde(default)]
    pub usage: Usage,
    /// What it gave, in a line: the words of a concept, a score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What it gave, to look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Exhibit>,
    /// What was decided here, by a person or by score.
    #[serde(default)]
    pub decisions: Vec<Decision>,
}

/// A picture beside the telling of how something was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exhibit {
    /// A small picture, or a text.
    pub asset: AssetRef,
    /// What is to be seen.
    pub alt: String,
    /// Width and height in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<(u64, u64)>,
    /// How it was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

/// A choice, an approval, an edit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Who decided.
    pub by: Decider,
    /// What was done, as a verb in the past: `chose`, `approved`, `edited`.
    pub act: String,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Why, where it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was kept.
    #[serde(default)]
    pub kept: Vec<Exhibit>,
    /// The alternatives that were seen and passed over.
    #[serde(default)]
    pub passed_over: Vec<Exhibit>,
}

/// Who decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    /// A person, who signed with this account.
    Person {
        /// Address of the account.
        account: String,
        /// How they want to be called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// The machine, by score.
    Score,
}

/// What the credential of an asset says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Credential {
    /// Name of the signer's certificate.
    pub signer: String,
    /// Root of the run's receipts.
    pub root: String,
    /// From the asset's receipt up to the root.
    #[serde(default)]
    pub proof: Vec<String>,
    /// Receipts under the root.
    pub receipts: usize,
    /// How much people had to do with it.
    pub oversight: Oversight,
}

/// How much people had to do with an asset, computed from signed decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oversight {
    /// Nobody decided anything in the run.
    FullyAutonomous,
    /// A person set what was to be made.
    PromptGuided,
    /// A person chose or approved what was made.
    HumanValidated,
}

/// Where the root of a batch of runs stands on a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// CAIP-2 name of the chain.
    pub chain: String,
    /// Address of the anchoring contract.
    pub contract: String,
    /// Hash of the transaction.
    pub transaction: String,
    /// The anchored root, as `0x` and 64 digits.
    #[serde(default)]
    pub root: String,
    /// Address of the account that anchored it.
    #[serde(default)]
    pub by: String,
    /// Number of the block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<u64>,
    /// The proof that verifiers take (`anchor.json`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<AssetRef>,
}

/// An asset's edition on a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edition {
    /// CAIP-19 name of the token.
    pub token: String,
    /// The number that it was minted with: its place among all outputs of the run.
    #[serde(default)]
    pub index: u64,
    /// Amount with unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// Address of the account that it was minted for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}
