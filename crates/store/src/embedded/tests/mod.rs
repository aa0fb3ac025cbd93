//! The adapter against the suite, and against what can go wrong with disks and processes.

use std::process::Command;

use super::*;
use crate::conformance;

mod crash;
mod damage;
#[cfg(unix)]
mod disk;
mod durable;
mod model;
mod sharing;

/// Tells a copy of this test binary where to play its part.
const PART: &str = "DAEDAL_STORE_TEST_PART";

/// A studio in a folder of its own that goes away with it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Studio::create(folder.path()).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file of the studio's memory.
    fn file(&self, name: &str) -> std::path::PathBuf {
        self.path().join(FOLDER).join(name)
    }

    async fn open(&self) -> Studio {
        self.try_open().await.unwrap()
    }

    async fn try_open(&self) -> Result<Studio, StoreError> {
        Studio::open(self.path(), OpenMode::write("a test")).await
    }
}

/// Why a studio did not open.
async fn refusal(place: &Place, mode: OpenMode) -> StoreError {
    match Studio::open(place.path(), mode).await {
        Ok(_) => panic!("the studio opened"),
        Err(error) => error,
    }
}

/// Has `command` run this test binary so that only the test `part` runs, on the studio at `path`.
fn play<'a>(command: &'a mut Command, part: &str, path: &Path) -> &'a mut Command {
    let test = format!("embedded::tests::{part}");
    command
        .args(["--exact", &test, "--ignored", "--nocapture"])
        .env(PART, path)
}

/// The studio to play a part on, in a copy of this test binary.
fn part() -> Option<std::path::PathBuf> {
    std::env::var_os(PART).map(Into::into)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded_conforms() {
    conformance::check(|| {
        let place = Arc::new(Place::new());
        move || {
            let place = Arc::clone(&place);
            Box::pin(async move { place.open().await })
        }
    })
    .await;
}
