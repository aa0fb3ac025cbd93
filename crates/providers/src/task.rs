//! What every engine does with a task.

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Task, TaskContext};
pub(crate) use daedal_core::reading::{label, params};

/// Longest text file that is read, in bytes.
pub(crate) const TEXT_BYTES_MAX: u64 = 512 << 10;

/// Reads a text file.
pub(crate) fn text(
    task: &Task,
    context: &TaskContext<'_>,
    asset: &AssetRef,
) -> Result<String, EngineError> {
    daedal_core::reading::text(task, context, asset, TEXT_BYTES_MAX)
}

/// The beginning of a text, on one line, for messages.
pub(crate) fn excerpt(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.replace(char::is_control, "");
    match line.char_indices().nth(CHARS_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
