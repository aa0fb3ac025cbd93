//! Why a task was not taken from an earlier run: what is different about it.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::TaskRecord;
use crate::expression::with_segment;
use crate::{AssetRef, Digest, Seed};

/// A part of a memo key that differs between two tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "changed", rename_all = "snake_case")]
pub enum Change {
    /// Another engine does it.
    Engine {
        /// Before.
        was: String,
        /// Now.
        is: String,
    },
    /// The engine's output changed with its version.
    EngineVersion {
        /// Before.
        was: String,
        /// Now.
        is: String,
    },
    /// The seed.
    Seed {
        /// Before.
        was: Option<Seed>,
        /// Now.
        is: Option<Seed>,
    },
    /// An asset that it takes has other bytes.
    Asset {
        /// JSON pointer into the resolved `with:`.
        pointer: String,
        /// Before.
        was: Digest,
        /// Now.
        is: Digest,
    },
    /// A value that it takes.
    Parameter {
        /// JSON pointer into the resolved `with:`.
        pointer: String,
        /// Before; absent if it was not there.
        was: Option<Value>,
        /// Now; absent if it is not there.
        is: Option<Value>,
    },
    /// Nothing that the task says: the step keeps its outcomes to one run (`reuse: run`).
    OnlyOneRun,
}

/// What is different about the key of `current`; nothing if the keys are equal.
#[must_use]
pub fn explain(previous: &TaskRecord, current: &TaskRecord) -> Vec<Change> {
    if previous.key == current.key {
        return Vec::new();
    }
    let (was, is) = (&previous.task, &current.task);
    let mut changes = Vec::new();
    if was.engine != is.engine {
        changes.push(Change::Engine {
            was: was.engine.clone(),
            is: is.engine.clone(),
        });
    } else if was.engine_version != is.engine_version {
        changes.push(Change::EngineVersion {
            was: was.engine_version.clone(),
            is: is.engine_version.clone(),
        });
    }
    if was.seed != is.seed {
        changes.push(Change::Seed {
            was: was.seed,
            is: is.seed,
        });
    }
    compare(
        Some(&was.params),
        Some(&is.params),
        &mut String::new(),
        &mut changes,
    );
    if changes.is_empty() {
        changes.push(Change::OnlyOneRun);
    }
    changes
}

/// Depth is bounded by that of `with:` (32) and of outcomes.
fn compare(was: Option<&Value>, is: Option<&Value>, at: &mut String, changes: &mut Vec<Change>) {
    match (was, is) {
        (was, is) if was == is => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let assets = was.zip(is).and_then(|(was, is)| {
                Some((AssetRef::from_value(was)?, AssetRef::from_value(is)?))
            });
            if let Some((was, is)) = assets
                && was.digest != is.digest
            {
                changes.push(Change::Asset {
                    pointer: at.clone(),
                    was: was.digest,
                    is: is.digest,
                });
                return;
            }
            let gone = old.keys().filter(|name| !new.contains_key(*name));
            for name in new.keys().chain(gone) {
                with_segment(at, name, |at| {
                    compare(old.get(name), new.get(name), at, changes);
                });
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                with_segment(at, &index.to_string(), |at| {
                    compare(old.get(index), new.get(index), at, changes);
                });
            }
        }
        (was, is) => changes.push(Change::Parameter {
            pointer: at.clone(),
            was: was.cloned(),
            is: is.cloned(),
        }),
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seed = |seed: &Option<Seed>| seed.map_or("none".to_owned(), |seed| seed.0.short());
        match self {
            Self::Engine { was, is } => write!(f, "engine: {was} → {is}"),
            Self::EngineVersion { was, is } => write!(f, "engine version: {was} → {is}"),
            Self::Seed { was, is } => write!(f, "seed: {} → {}", seed(was), seed(is)),
            Self::Asset { pointer, was, is } => {
                write!(f, "with{pointer}: asset {} → {}", was.short(), is.short())
            }
            Self::Parameter { pointer, was, is } => {
                write!(f, "with{pointer}: {} → {}", brief(was), brief(is))
            }
            Self::OnlyOneRun => f.write_str("`reuse: run` keeps its outcomes to one run"),
        }
    }
}

/// A value in at most 60 characters.
fn brief(value: &Option<Value>) -> String {
    let Some(value) = value else {
        return "nothing".into();
    };
    let text = value.to_string();
    if text.chars().count() <= 60 {
        return text;
    }
    let mut short: String = text.chars().take(59).collect();
    short.push('…');
    short
}
