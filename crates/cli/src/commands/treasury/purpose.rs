//! What draws were for, in words: the chain keeps their digests only.

use alloy_primitives::B256;
use daedal_store::Studio;
use daedal_store::ports::Document;

use crate::chain::desk::Desk;
use crate::failure::Failure;
use crate::home::remembered;

const KIND: &str = "purpose";

/// Keeps a text that is drawn for, unless that is only looked at.
pub(super) async fn keep(desk: &Desk, digest: B256, text: &str) -> Result<(), Failure> {
    if desk.is_dry() {
        return Ok(());
    }
    let document = Document::of(KIND, digest.to_string(), &text);
    let kept = desk.studio.records.put(vec![document]).await;
    kept.map_err(|error| remembered(&error))
}

/// The text of a digest, where this studio has drawn for it.
pub(super) async fn text(studio: &Studio, digest: B256) -> Result<Option<String>, Failure> {
    let found = studio.records.get(KIND, &digest.to_string()).await;
    let found = found.map_err(|error| remembered(&error))?;
    Ok(found.and_then(|text| text.as_str().map(str::to_owned)))
}
