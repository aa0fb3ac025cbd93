//! Small pictures of assets, for overviews and for telling how something was made.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use daedal_channels::Exhibit;
use daedal_core::AssetRef;
use daedal_core::engine::{Engines, Limits, Performed, Task, TaskContext};
use daedal_store::Studio;
use serde_json::{Value, json};

use super::kept;
use crate::failure::Failure;

/// Longest side of a small picture, in pixels.
const SIDE: u64 = 720;
/// Longest side of a picture of an alternative.
const SIDE_SMALL: u64 = 320;

/// How large a small picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// For overviews.
    Preview,
    /// For alternatives.
    Thumbnail,
}

/// A small picture of a still image; `None` for anything else.
pub(super) async fn small(
    studio: &Studio,
    engines: &Engines,
    asset: &AssetRef,
    size: Size,
) -> Result<Option<(AssetRef, Option<(u64, u64)>)>, Failure> {
    let is_still = matches!(
        asset.media_type.as_str(),
        "image/png" | "image/jpeg" | "image/webp" | "image/svg+xml"
    );
    let Some(engine) = engines.get("image").filter(|_| is_still) else {
        return Ok(None);
    };
    let side = match size {
        Size::Preview => SIDE,
        Size::Thumbnail => SIDE_SMALL,
    };
    let key = format!("{}/{side}", asset.digest);
    if let Some(known) = kept::get(studio, "preview", &key).await?
        && let Some(small) = AssetRef::from_value(&known)
        && studio.blobs.read(&small.digest).is_ok()
    {
        return Ok(Some((small, dimensions(&known))));
    }
    let task = Task {
        engine: engine.spec().name.to_owned(),
        engine_version: engine.spec().version.to_owned(),
        params: json!({
            "image": asset.to_value(),
            "operations": [{ "resize": { "width": side, "height": side, "fit": "inside" } }],
            "format": "jpeg",
            "quality": 84,
        }),
        seed: None,
        limits: Limits::default(),
        labels: BTreeMap::new(),
    };
    let stop = AtomicBool::new(false);
    let context = TaskContext::new(&*studio.blobs, &stop);
    match engine.run(&task, &context) {
        Ok(Performed::Done(outcome)) => {
            kept::put(studio, "preview", &key, outcome.value.clone()).await?;
            Ok(AssetRef::from_value(&outcome.value)
                .map(|small| (small, dimensions(&outcome.value))))
        }
        Ok(Performed::Asked(_)) => Ok(None),
        Err(error) => Err(Failure::because("a preview can't be made", &error)),
    }
}

/// A picture of a value beside the telling of how something was made.
pub(super) async fn of_value(
    studio: &Studio,
    engines: &Engines,
    value: &Value,
    alt: &str,
    score: Option<f64>,
) -> Result<Option<Exhibit>, Failure> {
    let Some(asset) = AssetRef::from_value(value) else {
        return Ok(None);
    };
    let small = small(studio, engines, &asset, Size::Thumbnail).await?;
    Ok(small.map(|(asset, dimensions)| Exhibit {
        asset,
        alt: alt.to_owned(),
        dimensions,
        score,
    }))
}

fn dimensions(value: &Value) -> Option<(u64, u64)> {
    Some((value["width"].as_u64()?, value["height"].as_u64()?))
}
