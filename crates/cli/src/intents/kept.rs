//! Intents as the studio keeps them: with everything that their commitments hide.

use alloy_primitives::B256;
use daedal_core::intent::{Openings, SignedIntent};
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Failure;
use crate::home::remembered;

const KIND: &str = "intent";

/// A signed intent and what it hides. It never leaves the studio but by `daedal disclose`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) signed: SignedIntent,
    /// What is sealed in its payload.
    #[serde(default)]
    pub(crate) openings: Openings,
    /// Path of the step that it is about.
    #[serde(default)]
    pub(crate) step: Option<String>,
}

pub(super) async fn keep(
    studio: &Studio,
    signed: &SignedIntent,
    openings: Openings,
    step: Option<String>,
) -> Result<(), Failure> {
    let kept = Kept {
        signed: signed.clone(),
        openings,
        step,
    };
    let document = Document::of(KIND, signed.name().to_string(), &kept);
    let put = studio.records.put(vec![document]).await;
    put.map_err(|error| remembered(&error))
}

/// The intent of this name; none if another studio signed it.
pub(crate) async fn kept(studio: &Studio, name: &B256) -> Result<Option<Kept>, Failure> {
    let found = studio.records.get(KIND, &name.to_string()).await;
    let found = found.map_err(|error| remembered(&error))?;
    Ok(found.and_then(|value| serde_json::from_value(value).ok()))
}

/// Takes from a signed intent of a run's log what stays in the studio.
pub(crate) fn publish(signed: &mut Value) -> Result<(), Failure> {
    let read: Result<SignedIntent, _> = serde_json::from_value(signed.take());
    let published = read.map(SignedIntent::published);
    *signed = published
        .and_then(serde_json::to_value)
        .map_err(|error| Failure::because("a signed decision can't be read", &error))?;
    Ok(())
}
