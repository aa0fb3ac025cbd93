//! What every engine does with a task: reads its fields and the text files that it names.

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Task, TaskContext};
use serde::de::DeserializeOwned;

/// Longest text file that an engine reads, in bytes.
const TEXT_BYTES_MAX: u64 = 4 << 20;

/// The resolved `with:` as the engine's own type.
pub(crate) fn params<T: DeserializeOwned>(task: &Task) -> Result<T, EngineError> {
    T::deserialize(&task.params)
        .map_err(|error| EngineError::invalid(format!("`with` of {}: {error}", task.engine)))
}

/// What a person calls `asset`: the path of a bundle file, or the start of its digest.
pub(crate) fn label(task: &Task, asset: &AssetRef) -> String {
    task.labels
        .get(&asset.digest)
        .cloned()
        .unwrap_or_else(|| format!("{} {}", asset.media_type, asset.digest.short()))
}

/// Reads a text asset.
pub(crate) fn read_text(
    task: &Task,
    context: &TaskContext<'_>,
    asset: &AssetRef,
) -> Result<String, EngineError> {
    let name = label(task, asset);
    if asset.size > TEXT_BYTES_MAX {
        return Err(EngineError::limit(format!(
            "`{name}` has {} bytes, more than the {TEXT_BYTES_MAX} that a text may have",
            asset.size
        )));
    }
    utf8(&name, &context.read(asset)?).map_err(EngineError::invalid)
}

/// `bytes` as text, or what is wrong with them.
pub(crate) fn utf8(name: &str, bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        format!(
            "`{name}` is not UTF-8 text: byte {} is out of place; save it as UTF-8",
            error.valid_up_to()
        )
    })?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}
