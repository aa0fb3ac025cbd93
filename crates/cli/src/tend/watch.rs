//! What schedules watch: files of a process, and feeds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use daedal_core::engine::{Engine, Engines, Limits, Performed, Task, TaskContext};
use daedal_core::run::Moment;
use daedal_core::{Digest, canonical};
use daedal_exec::tend::{Memory, Schedule};
use daedal_store::Studio;
use serde_json::json;

use crate::process::Loaded;

/// Longest time to look at a feed, in milliseconds.
const LOOK_MS_MAX: u64 = 30_000;

/// What the files of a process are called among what is watched.
pub(super) const FILES: &str = "files";

/// What the schedule of a process watches, as it is now; feeds only where it is time to look at them. What can't be
/// looked at is told.
pub(super) async fn watched(
    loaded: &Loaded,
    schedule: &Schedule,
    engines: &Engines,
    memory: &mut Memory,
    now: Moment,
) -> (BTreeMap<String, Digest>, Vec<String>) {
    let (mut found, mut wrong) = (BTreeMap::new(), Vec::new());
    if schedule.watches_files() {
        found.insert(FILES.to_owned(), loaded.planned.bundle.digest());
    }
    let process = &loaded.planned.plan.process;
    for feed in schedule.feeds() {
        let tended = memory.of(process);
        if tended.is_some_and(|tended| !tended.is_to_look(&feed, now)) {
            continue;
        }
        memory.looked(process, &feed.url, now);
        match look(engines, &feed.url).await {
            Ok(digest) => {
                found.insert(feed.url, digest);
            }
            Err(told) => wrong.push(told),
        }
    }
    (found, wrong)
}

/// The digest of what a feed tells.
async fn look(engines: &Engines, url: &str) -> Result<Digest, String> {
    let engine = engines
        .get("feed")
        .ok_or("there is no engine `feed` here")?;
    let engine: Arc<dyn Engine> = Arc::clone(engine);
    let task = Task {
        engine: "feed".to_owned(),
        engine_version: engine.spec().version.to_owned(),
        params: json!({ "url": url }),
        seed: None,
        limits: Limits {
            timeout_ms_max: LOOK_MS_MAX,
            ..Limits::default()
        },
        labels: BTreeMap::new(),
    };
    let looked = tokio::task::spawn_blocking(move || {
        // Nothing of it is kept.
        let nowhere = Studio::in_memory();
        let stop = AtomicBool::new(false);
        let context = TaskContext::new(&*nowhere.blobs, &stop);
        engine.run(&task, &context)
    });
    match looked.await.map_err(|error| error.to_string())? {
        Ok(Performed::Done(outcome)) => Ok(canonical::digest(&outcome.value["entries"])),
        Ok(Performed::Asked(_)) => Err(format!("{url} asks a question")),
        Err(error) => Err(error.to_string()),
    }
}
