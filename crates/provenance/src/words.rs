//! Numbers in sentences.

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
