//! What a release has made so far, in the studio's records.

use daedal_core::AssetRef;
use daedal_core::run::RunId;
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::home::remembered;
use crate::text;

/// A record; none where it has been taken back.
pub(super) async fn get(studio: &Studio, kind: &str, key: &str) -> Result<Option<Value>, Failure> {
    let found = studio.records.get(kind, key).await;
    let found = found.map_err(|error| remembered(&error))?;
    Ok(found.filter(|value| !value.is_null()))
}

pub(super) async fn put(
    studio: &Studio,
    kind: &str,
    key: &str,
    value: Value,
) -> Result<(), Failure> {
    put_all(studio, vec![Document::of(kind, key, &value)]).await
}

/// Keeps all of them, or none.
pub(super) async fn put_all(studio: &Studio, documents: Vec<Document>) -> Result<(), Failure> {
    let put = studio.records.put(documents).await;
    put.map_err(|error| remembered(&error))
}

pub(super) async fn asset(
    studio: &Studio,
    kind: &str,
    key: &str,
) -> Result<Option<AssetRef>, Failure> {
    let value = get(studio, kind, key).await?;
    Ok(value.as_ref().and_then(AssetRef::from_value))
}

pub(super) fn write(studio: &Studio, media_type: &str, bytes: &[u8]) -> Result<AssetRef, Failure> {
    let digest = studio
        .blobs
        .write(bytes)
        .map_err(|error| Failure::because("what was sealed can't be kept", &error))?;
    Ok(AssetRef {
        digest,
        media_type: media_type.to_owned(),
        size: bytes.len() as u64,
    })
}

/// When the run was first released.
pub(super) async fn released_at(studio: &Studio, run: RunId) -> Result<String, Failure> {
    let key = run.to_string();
    if let Some(known) = get(studio, "release", &key).await?
        && let Some(at) = known["released_at"].as_str()
    {
        return Ok(at.to_owned());
    }
    let at = text::moment(text::now());
    put(studio, "release", &key, json!({ "released_at": at })).await?;
    Ok(at)
}
