//! What every engine does with a task.

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Task, TaskContext};
pub(crate) use daedal_core::reading::{label, misfit, params, utf8};

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
