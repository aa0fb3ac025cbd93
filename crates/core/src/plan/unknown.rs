//! Names that stand for nothing, and what was most likely meant.

use super::names::Context;
use super::types::Type;
use crate::expression::{Path, Segment};
use crate::process::suggestion;

/// A name that stands for nothing.
pub(super) struct Unknown {
    pub(super) message: String,
    pub(super) help: String,
}

impl Unknown {
    /// A step of a process that is a step itself.
    pub(super) fn inside(step: &str) -> Self {
        let call = step.split('.').next().unwrap_or(step);
        Self {
            message: format!("`{step}` is inside of a process"),
            help: format!("name what the process gives, such as `steps.{call}.poster`"),
        }
    }
}

pub(super) fn unknown<T>(
    message: impl Into<String>,
    help: impl Into<String>,
) -> Result<T, Unknown> {
    Err(Unknown {
        message: message.into(),
        help: help.into(),
    })
}

/// What `item` stands for.
pub(super) fn item(context: Context<'_>) -> Result<Type<'_>, Unknown> {
    match (context.item, context.index) {
        (Some(item), _) => Ok(item),
        (None, true) => unknown(
            "a step with `count:` has no items",
            "`index` tells its candidates apart; for one task per item, use `foreach:`",
        ),
        (None, false) => unknown(
            "`item` has no meaning here",
            "it is the item of a step with `foreach:`, in its `with:`",
        ),
    }
}

/// What a value has not got.
pub(super) fn missing(path: &Path, position: usize, known: Type<'_>, names: &[&str]) -> Unknown {
    let before = Path {
        root: path.root.clone(),
        segments: path.segments[..position].to_vec(),
    };
    let kinds = known.kinds().describe();
    let (message, help) = match &path.segments[position] {
        Segment::Item(_) => (
            format!("`{before}` is {kinds}, not a list"),
            format!("expected `{before}` without a number"),
        ),
        Segment::Field(name) if names.is_empty() => (
            format!("`{before}` is {kinds}, which has no field `{name}`"),
            format!("expected `{before}` by itself"),
        ),
        Segment::Field(name) => {
            let mut names = names.to_vec();
            names.sort_unstable();
            names.dedup();
            (
                format!("`{before}` has no field `{name}`"),
                suggestion(name, names),
            )
        }
    };
    Unknown { message, help }
}
