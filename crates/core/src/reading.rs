//! What every engine does with a task: reads its fields and the text files that it names.

use std::fmt::Display;

use serde::de::DeserializeOwned;

use crate::engine::{EngineError, EngineSpec, Task, TaskContext};
use crate::{AssetRef, plan};

/// The resolved `with:` as the engine's own type; where it can't be read, what of it does not fit the schema.
pub fn params<T: DeserializeOwned>(spec: &EngineSpec, task: &Task) -> Result<T, EngineError> {
    T::deserialize(&task.params).map_err(|error| misfit(spec, task, &error))
}

/// Why a `with:` that an expression gave can't be read: what of it does not fit the schema, each with what was
/// expected, or else what the reader said.
pub fn misfit(spec: &EngineSpec, task: &Task, said: &dyn Display) -> EngineError {
    let told: Vec<String> = plan::objections(spec.name, &spec.schema, &task.params)
        .into_iter()
        .map(|wrong| format!("{}: {}", wrong.message, wrong.help))
        .collect();
    EngineError::invalid(match told.is_empty() {
        true => format!("`with` of {}: {said}", spec.name),
        false => told.join("\n"),
    })
}

/// What a person calls `asset`: the path of a bundle file, or the start of its digest.
#[must_use]
pub fn label(task: &Task, asset: &AssetRef) -> String {
    let known = task.labels.get(&asset.digest).cloned();
    known.unwrap_or_else(|| format!("{} {}", asset.media_type, asset.digest.short()))
}

/// Reads a text file of at most `bytes_max` bytes.
pub fn text(
    task: &Task,
    context: &TaskContext<'_>,
    asset: &AssetRef,
    bytes_max: u64,
) -> Result<String, EngineError> {
    let name = label(task, asset);
    if asset.size > bytes_max {
        return Err(EngineError::limit(format!(
            "`{name}` has {} bytes, more than the {bytes_max} that a text may have",
            asset.size
        )));
    }
    utf8(&name, &context.read(asset)?).map_err(EngineError::invalid)
}

/// `bytes` as text without a byte-order mark, or what is wrong with them.
pub fn utf8(name: &str, bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        format!(
            "`{name}` is not UTF-8 text: byte {} is out of place; save it as UTF-8",
            error.valid_up_to()
        )
    })?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_without_its_mark_and_told_where_it_is_none() {
        assert_eq!(utf8("a.txt", "\u{feff}tide".as_bytes()).unwrap(), "tide");
        let told = utf8("a.txt", b"ti\xff").unwrap_err();
        assert!(
            told.contains("`a.txt`") && told.contains("byte 2"),
            "{told}"
        );
    }
}
