//! Notices that somebody is still to get, one file each: they outlive the program that wrote them down.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use daedal_core::run::Moment;
use serde_json::Value;

use crate::failure::Failure;
use crate::text;

/// Notices that may wait; of more the oldest are dropped.
const WAITING_MAX: usize = 64;

/// Notices that wait, in the order in which they were written down.
pub(super) struct Outbox {
    folder: PathBuf,
    written: AtomicU32,
}

impl Outbox {
    pub(super) fn of(folder: PathBuf) -> Self {
        Self {
            folder,
            written: AtomicU32::new(0),
        }
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.waiting().len()
    }

    /// The places of those that wait, the oldest first.
    pub(super) fn waiting(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten();
        let places = entries.flatten().map(|entry| entry.path());
        let is_notice = |place: &PathBuf| place.extension().is_some_and(|kind| kind == "json");
        let mut places: Vec<PathBuf> = places.filter(is_notice).collect();
        places.sort();
        places
    }

    /// Writes one down; gives how many older ones had to make room.
    pub(super) fn add(&self, at: Moment, notice: &Value) -> Result<usize, Failure> {
        let failed = |error: &std::io::Error| {
            Failure::because(format!("{} can't be made", self.folder.display()), error)
        };
        std::fs::create_dir_all(&self.folder).map_err(|error| failed(&error))?;
        let waiting = self.waiting();
        let too_many = (waiting.len() + 1).saturating_sub(WAITING_MAX);
        for place in &waiting[..too_many] {
            self.remove(place);
        }
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let id = notice["id"].as_str().unwrap_or_default();
        let name = format!("{:015}-{number:06}-{id}.json", at.0);
        text::write_whole(&self.folder.join(name), notice.to_string().as_bytes())?;
        Ok(too_many)
    }

    /// One that waits; nothing where it made room meanwhile, or can't be read.
    pub(super) fn read(place: &PathBuf) -> Option<Value> {
        serde_json::from_slice(&std::fs::read(place).ok()?).ok()
    }

    /// Forgets one that somebody has got, or that nobody takes.
    pub(super) fn remove(&self, place: &PathBuf) {
        // One that stays is sent again, under the same id.
        std::fs::remove_file(place).ok();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn notices_wait_in_order_and_the_oldest_make_room() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("notices");
        let outbox = Outbox::of(folder.clone());
        assert_eq!(outbox.count(), 0);
        let mut dropped = 0;
        for number in 0..70_u64 {
            let notice = json!({ "id": format!("msg_{number}"), "number": number });
            dropped += outbox.add(Moment(1_000 + number / 10), &notice).unwrap();
        }
        assert_eq!(dropped, 6);
        // Another program finds them.
        let outbox = Outbox::of(folder);
        let numbers: Vec<u64> = outbox
            .waiting()
            .iter()
            .map(|place| Outbox::read(place).unwrap()["number"].as_u64().unwrap())
            .collect();
        assert_eq!(numbers, (6..70).collect::<Vec<u64>>());
        outbox.remove(&outbox.waiting()[0]);
        assert_eq!(outbox.count(), 63);
    }
}
