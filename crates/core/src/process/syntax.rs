//! What is no YAML, or more of it than is taken, in the words of people who write process files.

use serde_saphyr::Error;
use serde_saphyr::budget::BudgetBreach;

use super::mistake::{Mistake, Span};
use super::source::{NESTING_MAX, NODES_MAX, span_of};

const YAML: &str = "expected YAML: `key: value`, lists with `- `, indented by spaces";

/// What is wrong, where, and what to do.
pub(super) fn mistake(text: &str, error: &Error) -> Mistake {
    let error = error.without_snippet();
    let (message, help) = told(error);
    Mistake::new(place(text, error), message).help(help)
}

fn told(error: &Error) -> (String, String) {
    let (message, help) = match error {
        Error::MultipleDocuments { .. } => (
            "a second document begins here".to_owned(),
            "a process is one document: take the `---` away, and what follows into another file",
        ),
        Error::NonFiniteFloat { value, .. } => (
            format!("`{value}` is no finite number"),
            "expected a number such as `1.5`; quote it if it is a text",
        ),
        Error::UnknownAnchor { .. } => (
            "this alias refers to no anchor above it".to_owned(),
            "name a value by `&name` before `*name`; quote a text that begins with `*`",
        ),
        Error::RecursiveReferencesRequireWeakTypes { .. } => (
            "this alias stands inside the value that it refers to".to_owned(),
            "write the value out: nothing can contain itself",
        ),
        Error::AliasError { error, .. } => return told(error),
        Error::Budget {
            breach: BudgetBreach::Depth { .. },
            ..
        } => return too_deep(),
        Error::Budget { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => (
            format!("values, those that aliases expand to included, are more than {NODES_MAX}"),
            "repeat less by aliases (`*name`), or move data into files of the bundle",
        ),
        Error::Eof { .. } => ("the file ends too early".to_owned(), YAML),
        other => return scanned(other),
    };
    (message, help.to_owned())
}

fn too_deep() -> (String, String) {
    (
        format!("lists and maps stand in each other more than {NESTING_MAX} deep"),
        "make it flatter, or move it into a file of the bundle".to_owned(),
    )
}

/// What the scanner says comes as text alone: its first line without the place, which we show.
fn scanned(error: &Error) -> (String, String) {
    let told = error.to_string();
    let told = told.lines().next().unwrap_or_default();
    let told = told.split(" at line ").next().unwrap_or(told);
    let told = told.split(", set ").next().unwrap_or(told);
    let says = |words: &[&str]| words.iter().any(|word| told.contains(word));
    if says(&["nesting", "recursion limit"]) {
        return too_deep();
    }
    let help = if says(&["found a tab", "tabs"]) {
        "indent with spaces: a tab can't stand here"
    } else if says(&["mapping values are not allowed"]) {
        "quote a text that has `: ` in it, and let keys of one map begin in one column"
    } else if says(&["unclosed", "unexpected end", "end of stream", "EOF"]) {
        "close what was opened: a quote, `[` or `{`"
    } else if says(&["expected string scalar"]) {
        "a key is a text: write data with other keys into a file of the bundle"
    } else {
        YAML
    };
    let message = format!("this is not well-formed YAML: {told}");
    (message, help.to_owned())
}

/// Where a mistake of syntax stands. The scanner's own errors know line and column only.
fn place(text: &str, error: &Error) -> Span {
    let Some(location) = error.location() else {
        return Span::default();
    };
    let known = span_of(location);
    if known != Span::default() {
        return known;
    }
    let line = usize::try_from(location.line()).unwrap_or(1);
    let column = usize::try_from(location.column()).unwrap_or(1);
    let start = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let into_line = text[start..]
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(0, |(offset, _)| offset);
    Span {
        start: start + into_line,
        length: 1,
    }
}
