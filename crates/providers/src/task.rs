//! What every engine does with a task: reads its fields and files.

use daedal_core::engine::{EngineError, EngineSpec, Task, TaskContext};
use daedal_core::{AssetRef, plan};
use serde::de::DeserializeOwned;

/// Longest text file that is read, in bytes.
pub(crate) const TEXT_BYTES_MAX: u64 = 512 << 10;

/// The resolved `with:` as the engine's own type; where it can't be read, what of it does not fit the schema.
pub(crate) fn params<T: DeserializeOwned>(
    spec: &EngineSpec,
    task: &Task,
) -> Result<T, EngineError> {
    T::deserialize(&task.params).map_err(|said| {
        let told: Vec<String> = plan::objections(spec.name, &spec.schema, &task.params)
            .into_iter()
            .map(|wrong| format!("{}: {}", wrong.message, wrong.help))
            .collect();
        EngineError::invalid(match told.is_empty() {
            true => format!("`with` of {}: {said}", spec.name),
            false => told.join("\n"),
        })
    })
}

/// Reads a text file.
pub(crate) fn text(
    task: &Task,
    context: &TaskContext<'_>,
    asset: &AssetRef,
) -> Result<String, EngineError> {
    let name = label(task, asset);
    if asset.size > TEXT_BYTES_MAX {
        return Err(EngineError::limit(format!(
            "`{name}` has {} bytes: at most {TEXT_BYTES_MAX} are allowed",
            asset.size
        )));
    }
    let bytes = context.read(asset)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        EngineError::invalid(format!(
            "`{name}` is not UTF-8 text: byte {} is out of place; save it as UTF-8",
            error.valid_up_to()
        ))
    })?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// What a person calls `asset`: the path of a bundle file, or the start of its digest.
pub(crate) fn label(task: &Task, asset: &AssetRef) -> String {
    let known = task.labels.get(&asset.digest).cloned();
    known.unwrap_or_else(|| format!("{} {}", asset.media_type, asset.digest.short()))
}

/// The beginning of a text, on one line, for messages.
pub(crate) fn excerpt(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(CHARS_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
