//! Numbers and words of others in sentences.

/// `1 file`, `3 files`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

/// `the one receipt`, `all 3 receipts`.
pub(crate) fn all_of(number: usize, thing: &str) -> String {
    match number {
        1 => format!("the one {thing}"),
        _ => format!("all {number} {thing}s"),
    }
}

/// Characters of what somebody else wrote that are told.
const FOREIGN_CHARS_MAX: usize = 200;

/// What somebody else wrote, or an error that repeats it, no longer than a sentence is.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(FOREIGN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
