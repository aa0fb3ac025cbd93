//! What every engine does with a task: reads its fields and the text files that it names.

use std::fmt::Display;

use daedal_core::engine::{EngineError, EngineSpec, Task, TaskContext};
use daedal_core::{AssetRef, plan};
use serde::de::DeserializeOwned;

/// Longest text file that an engine reads, in bytes.
const TEXT_BYTES_MAX: u64 = 4 << 20;

/// The resolved `with:` as the engine's own type.
pub(crate) fn params<T: DeserializeOwned>(
    spec: &EngineSpec,
    task: &Task,
) -> Result<T, EngineError> {
    T::deserialize(&task.params).map_err(|error| misfit(spec, task, &error))
}

/// Why a `with:` that an expression gave can't be read: what of it does not fit the schema, each
/// with what was expected, or else what the reader said.
pub(crate) fn misfit(spec: &EngineSpec, task: &Task, said: &dyn Display) -> EngineError {
    let told: Vec<String> = plan::objections(spec.name, &spec.schema, &task.params)
        .into_iter()
        .map(|wrong| format!("{}: {}", wrong.message, wrong.help))
        .collect();
    EngineError::invalid(if told.is_empty() {
        format!("`with` of {}: {said}", spec.name)
    } else {
        told.join("\n")
    })
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
