//! What the contracts compile to is committed: a change of theirs without it is noticed here, without any
//! compiler of theirs.

use std::path::{Path, PathBuf};

use daedal_core::Digest;
use serde_json::Value;

/// Everything beside `src/` that decides what the compiler makes, in the order of `cargo xtask contracts`.
const SETTINGS: [&str; 4] = [
    "foundry.toml",
    "package-lock.json",
    "package.json",
    "tools/compile.cjs",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "sol") {
            found.push(path);
        }
    }
}

#[test]
fn the_artifacts_of_the_contracts_are_those_of_their_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    sources(&root.join("contracts/src"), &mut files);
    let mut names: Vec<String> = files
        .iter()
        .map(|path| {
            path.strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    names.sort();
    names.extend(SETTINGS.map(|name| format!("contracts/{name}")));
    let mut all = Vec::new();
    for name in names {
        let bytes = std::fs::read(root.join(&name)).unwrap();
        all.extend(format!("{name}\n{}\n", bytes.len()).into_bytes());
        all.extend(bytes);
    }
    let artifacts = root.join("crates/chain/artifacts");
    let told: Value =
        serde_json::from_slice(&std::fs::read(artifacts.join("digest.json")).unwrap()).unwrap();
    let forgotten = "run `cargo xtask contracts`, and commit what it writes";
    assert_eq!(told["sources"], Digest::of(&all).to_string(), "{forgotten}");
    for (name, digest) in told["artifacts"].as_object().unwrap() {
        let bytes = std::fs::read(artifacts.join(name)).unwrap();
        assert_eq!(
            *digest,
            Digest::of(&bytes).to_string(),
            "{name}: {forgotten}"
        );
    }
}
