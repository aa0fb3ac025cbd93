//! Sizes of files, and things that a room must not do.

use std::path::Path;

use crate::{Failure, files, root};

/// Longest source file, in lines; a longer one does two jobs.
const LINES_MAX: usize = 400;

/// Names that `core` must not know: it is given time, randomness and bytes as values.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "SystemTime",
    "Instant",
    "tokio",
    "HashMap",
    "HashSet",
    ".sin()",
    ".cos()",
    ".powf(",
    ".exp()",
    ".ln()",
];

/// Names that a library must not know: only the command line and the studio meet a person.
const LOUD: &[&str] = &["println!", "eprintln!", "std::env::", "std::process::exit"];

/// Rooms that speak with people and read the environment.
const SPEAKERS: &[&str] = &["crates/cli/", "crates/studio/", "xtask/"];

/// Files that are too long, impure or loud.
pub(super) fn check() -> Result<Vec<String>, Failure> {
    let mut findings = Vec::new();
    for path in files(".rs")? {
        let text = std::fs::read_to_string(root().join(&path))?;
        let lines = text.lines().count();
        if lines > LINES_MAX {
            findings.push(format!(
                "{}: {lines} lines, at most {LINES_MAX}: split it by what it does",
                path.display()
            ));
        }
        if is_test(&path) {
            continue;
        }
        let shown = path.to_string_lossy();
        let banned: &[&[&str]] = if shown.starts_with("crates/core/") {
            &[IMPURE, LOUD]
        } else if SPEAKERS.iter().any(|room| shown.starts_with(room)) {
            &[]
        } else {
            &[LOUD]
        };
        findings.extend(uses(&shown, &text, &banned.concat()));
    }
    Ok(findings)
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| {
        let part = part.as_os_str();
        part == "tests" || part == "benches" || part == "examples"
    }) || path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name == "tests.rs" || name.ends_with("_tests.rs") || name == "build.rs"
    })
}

/// Lines before the file's own tests that name something banned, unless the line says why it may:
/// `// tidy: allowed, because …`.
fn uses(path: &str, text: &str, banned: &[&str]) -> Vec<String> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//") && !line.contains("tidy: allowed"))
        .filter_map(|(number, line)| {
            let name = banned.iter().find(|name| line.contains(**name))?;
            Some(format!("{path}:{}: `{name}` has no place here", number + 1))
        })
        .collect()
}
