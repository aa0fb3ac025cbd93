//! What every engine does with a task.

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Task, TaskContext};
use daedal_core::process::units::parse_duration;
pub(crate) use daedal_core::reading::{label, misfit, params, utf8};
use serde_json::Value;

/// Longest text file that an engine reads, in bytes.
const TEXT_BYTES_MAX: u64 = 4 << 20;

/// Reads a text asset.
pub(crate) fn read_text(
    task: &Task,
    context: &TaskContext<'_>,
    asset: &AssetRef,
) -> Result<String, EngineError> {
    daedal_core::reading::text(task, context, asset, TEXT_BYTES_MAX)
}

/// How long a person is waited for, in milliseconds, from the field `timeout`.
pub(crate) fn patience(text: &str) -> Result<u64, EngineError> {
    parse_duration(text).ok_or_else(|| {
        EngineError::invalid(format!(
            "`timeout: {text}` is not a duration such as 90m or 7d"
        ))
    })
}

/// What is wrong with the field `timeout`, as far as it is written out.
pub(crate) fn patience_problem(with: &Value) -> Option<String> {
    let text = with.get("timeout")?.as_str()?;
    let is_written = !text.contains("{{");
    let error = is_written.then(|| patience(text).err())?;
    error.map(|error| error.to_string())
}
