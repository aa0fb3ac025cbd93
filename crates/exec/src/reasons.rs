//! Why jobs fail, in words.

use std::any::Any;

use daedal_core::asset::assets_in;
use daedal_core::engine::{EngineError, Task};

/// Files that a message names.
const NAMED_MAX: usize = 3;

/// Only who is told to stop may say that it stopped.
pub(crate) fn unasked(error: EngineError) -> EngineError {
    match error {
        EngineError::Stopped => EngineError::invalid(
            "its engine stopped without being told to, which is a bug in the engine",
        ),
        other => other,
    }
}

/// Of a job whose time was over before it told so itself.
pub(crate) fn timed_out(task: &Task, effect: bool) -> EngineError {
    #[allow(clippy::cast_precision_loss)] // for people
    let seconds = task.limits.timeout_ms_max as f64 / 1_000.0;
    let mut files = Vec::new();
    for asset in assets_in(&task.params) {
        let name = task.labels.get(&asset.digest);
        files.extend(name.filter(|name| !files.contains(name)));
    }
    files.truncate(NAMED_MAX);
    let files: Vec<_> = files.into_iter().map(String::as_str).collect();
    let with = match &files[..] {
        [] => String::new(),
        files => format!(" with {}", files.join(", ")),
    };
    let engine = &task.engine;
    let message = format!(
        "`{engine}`{with} took longer than its {seconds} s: raise `timeout:`, or ask for less"
    );
    late(EngineError::Limit { message }, effect)
}

/// What a limit is that was reached when the time was over: it may be kept on a machine with less to do, and so it
/// is worth another try where the step asks for that. What is visible outside may have happened, and stands as it is.
pub(crate) fn late(error: EngineError, effect: bool) -> EngineError {
    match error {
        EngineError::Limit { message } if !effect => EngineError::transient(message),
        error => error,
    }
}

pub(crate) fn panicked(panic: &(dyn Any + Send)) -> EngineError {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let message = text
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it did not say why".into());
    EngineError::invalid(format!(
        "its engine broke down, which is a bug in the engine: {message}"
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use daedal_core::engine::Limits;
    use daedal_core::{AssetRef, Digest};
    use serde_json::json;

    use super::*;

    #[test]
    fn what_took_too_long_is_named_with_its_files_and_not_repeated_where_it_shows_outside() {
        let digest = Digest::of(b"script");
        let script = AssetRef {
            digest,
            media_type: "text/javascript".into(),
            size: 6,
        };
        let mut task = Task {
            engine: "sketch".into(),
            engine_version: "1".into(),
            params: json!({ "script": script.to_value(), "include": [script.to_value()] }),
            seed: None,
            limits: Limits {
                timeout_ms_max: 1_500,
                ..Limits::default()
            },
            labels: BTreeMap::from([(digest, "art.js".to_owned())]),
        };
        let computes = timed_out(&task, false);
        let told =
            "`sketch` with art.js took longer than its 1.5 s: raise `timeout:`, or ask for less";
        assert_eq!(computes.to_string(), told);
        assert!(computes.is_retryable());
        task.labels.clear();
        let posts = timed_out(&task, true);
        assert!(
            posts.to_string().starts_with("`sketch` took longer"),
            "{posts}"
        );
        assert!(!posts.is_retryable());
        assert_eq!(late(EngineError::Stopped, false), EngineError::Stopped);
    }
}
