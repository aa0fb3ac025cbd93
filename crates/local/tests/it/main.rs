//! Pictures of tiny models against those that diffusers made of them, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)] // A test that can't go on fails.

mod backend;
mod references;
mod refusals;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use daedal_core::Digest;
use daedal_providers::diffusion::ModelSettings;
use tempfile::TempDir;

/// The folder that `tests/local/make.py` fills.
fn made() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/local")
}

/// The digest of every file below a folder, by its path in it.
fn pins(root: &Path) -> BTreeMap<String, Digest> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            found.insert(
                name.replace('\\', "/"),
                Digest::of(&std::fs::read(&path).unwrap()),
            );
        }
    }
    found
}

fn source(path: &Path) -> ModelSettings {
    ModelSettings {
        name: "pond".to_owned(),
        path: path.to_owned(),
        revision: None,
        sha256: pins(path),
        on_cuda: false,
        memory_max: 1 << 30,
        pixels_max: 1 << 24,
    }
}

/// A copy of a model, to change something in.
fn copy(name: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for path in pins(&made().join(name)).keys() {
        let to = dir.path().join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(made().join(name).join(path), to).unwrap();
    }
    dir
}

/// A copy of a model with the schedule of another.
fn rescheduled(name: &str, schedule: &str) -> TempDir {
    let dir = copy(name);
    let path = "scheduler/scheduler_config.json";
    std::fs::copy(made().join(schedule).join(path), dir.path().join(path)).unwrap();
    dir
}
