//! What every engine does with a task.

use daedal_core::engine::{EngineError, Task, TaskContext};
pub(crate) use daedal_core::reading::{label, params};
use daedal_core::{AssetRef, Digest};

use crate::server::unique;

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

/// What `who` knows a call of a task by: the same whenever the task makes this call at its place of its run, be it
/// after a failure or after the program was killed, so that a provider which knows keys is paid once. Calls of one task
/// are told apart by their `number`, and what is asked is part of it: an edit makes it another call.
pub(crate) fn call_key(task: &Task, context: &TaskContext<'_>, who: &str, number: u32) -> String {
    let Some(place) = context.place else {
        return unique();
    };
    let parts: [&[u8]; 4] = [
        &place.0,
        &task.key(None).0,
        who.as_bytes(),
        &number.to_be_bytes(),
    ];
    let mut key = Digest::of_parts("daedal/call/v1", &parts).to_string();
    key.truncate(32);
    key
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
