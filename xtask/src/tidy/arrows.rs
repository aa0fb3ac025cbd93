//! Which crate may depend on which (ARCHITECTURE.md, "Which way arrows point").

use std::process::Command;

use serde_json::Value;

use crate::{Failure, root};

/// Room, and the rooms of the workspace that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("daedal-core", &[]),
    ("daedal-store", &["daedal-core"]),
    ("daedal-engines", &["daedal-core"]),
    ("daedal-providers", &["daedal-core"]),
    ("daedal-local", &["daedal-core", "daedal-providers"]),
    ("daedal-provenance", &["daedal-core"]),
    ("daedal-chain", &["daedal-core"]),
    ("daedal-channels", &["daedal-core"]),
    ("daedal-exec", &["daedal-core", "daedal-store"]),
    (
        "daedal-cluster",
        &["daedal-core", "daedal-store", "daedal-exec"],
    ),
    (
        "daedal-studio",
        &[
            "daedal-core",
            "daedal-store",
            "daedal-exec",
            "daedal-provenance",
            "daedal-chain",
            "daedal-channels",
        ],
    ),
    (
        "daedal-cli",
        &[
            "daedal-core",
            "daedal-store",
            "daedal-exec",
            "daedal-engines",
            "daedal-providers",
            "daedal-provenance",
            "daedal-chain",
            "daedal-channels",
            "daedal-cluster",
            "daedal-studio",
            "daedal-local",
        ],
    ),
    ("xtask", &[]),
];

/// A library that has one room: nobody else links it.
const WALLS: &[(&str, &str)] = &[
    ("c2pa", "daedal-provenance"),
    ("sqlx", "daedal-store"),
    ("rquickjs", "daedal-engines"),
    ("genai", "daedal-providers"),
    ("feed-rs", "daedal-providers"),
    ("candle-core", "daedal-local"),
    ("croner", "daedal-exec"),
    ("revm", "daedal-chain"),
    ("alloy-evm", "daedal-chain"),
    ("alloy-provider", "daedal-chain"),
    ("redb", "daedal-chain"),
    ("axum", "daedal-studio"),
    ("async-nats", "daedal-cluster"),
];

/// Crates whose dependencies point the wrong way.
pub(super) fn check() -> Result<Vec<String>, Failure> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut findings = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ARROWS.iter().find(|(room, _)| *room == name) else {
            findings.push(format!(
                "{name} has no place in xtask/src/tidy/arrows.rs: a new crate needs a new firewall; \
                 add its arrows there and to ARCHITECTURE.md"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            findings.extend(judge(name, allowed, dependency));
        }
    }
    Ok(findings)
}

fn judge(room: &str, allowed: &[&str], dependency: &Value) -> Option<String> {
    let name = dependency["name"].as_str().unwrap_or_default();
    let in_tests_only = dependency["kind"].as_str() == Some("dev");
    if ARROWS.iter().any(|(room, _)| *room == name) {
        return (!allowed.contains(&name) && !in_tests_only)
            .then(|| format!("{room} must not depend on {name}"));
    }
    WALLS
        .iter()
        .find(|(walled, home)| *walled == name && *home != room && !in_tests_only)
        .map(|(_, home)| format!("{room} must not depend on {name}: its only room is {home}"))
}
