//! What a studio spends on models in a day, and the most that it may.
//!
//! The most that a call can cost is written down before it begins, and what it did cost after it: whatever happens
//! in between, the book never tells too little.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use daedal_core::UsdMicros;
use daedal_core::engine::{EngineError, Usage};
use serde::{Deserialize, Serialize};

/// The most that models may cost in a day (UTC), and the file that says what they did. One program at a time writes
/// it: the one that has the studio open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCap {
    /// The most.
    pub max: UsdMicros,
    /// The book of the day.
    pub book: PathBuf,
}

/// Gives money for calls, up to the cap.
pub(crate) struct Purse {
    cap: Option<DayCap>,
    writing: Mutex<()>,
}

/// The book: days since 1970, and what was spent or is held for calls under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Book {
    day: u64,
    spent: UsdMicros,
}

/// Money that is held for one call.
pub(crate) struct Held<'p> {
    purse: &'p Purse,
    day: u64,
    most: UsdMicros,
}

/// What a call has cost so far.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    cost: AtomicU64,
    read: AtomicU64,
    written: AtomicU64,
    is_under_way: AtomicBool,
}

impl Meter {
    /// Something was asked, and nobody knows yet what it costs.
    pub(crate) fn begin(&self) {
        self.is_under_way.store(true, Ordering::Relaxed);
    }

    /// It cost so much, for so many tokens in and out.
    pub(crate) fn end(&self, cost: UsdMicros, tokens: (u64, u64)) {
        self.cost.fetch_add(cost.0, Ordering::Relaxed);
        self.read.fetch_add(tokens.0, Ordering::Relaxed);
        self.written.fetch_add(tokens.1, Ordering::Relaxed);
        self.is_under_way.store(false, Ordering::Relaxed);
    }

    /// What was used where nothing came of it: where nobody knows, the most that it may have cost.
    pub(crate) fn lost(&self, most: UsdMicros) -> Usage {
        let (read, written) = (&self.read, &self.written);
        let tokens = (
            read.load(Ordering::Relaxed),
            written.load(Ordering::Relaxed),
        );
        Usage {
            cost: self.total().unwrap_or(most),
            tokens: Some(tokens).filter(|tokens| *tokens != (0, 0)),
            ..Usage::default()
        }
    }

    /// What it cost in all; nothing where nobody knows.
    pub(crate) fn total(&self) -> Option<UsdMicros> {
        let is_known = !self.is_under_way.load(Ordering::Relaxed);
        is_known.then(|| UsdMicros(self.cost.load(Ordering::Relaxed)))
    }
}

impl Purse {
    pub(crate) fn new(cap: Option<DayCap>) -> Self {
        Self {
            cap,
            writing: Mutex::default(),
        }
    }

    /// Holds what a call may cost at most.
    pub(crate) fn hold(&self, most: UsdMicros) -> Result<Held<'_>, EngineError> {
        self.hold_on(today(), most)
    }

    fn hold_on(&self, day: u64, most: UsdMicros) -> Result<Held<'_>, EngineError> {
        let held = Held {
            purse: self,
            day,
            most,
        };
        let Some(cap) = self.cap.as_ref().filter(|_| most.0 > 0) else {
            return Ok(held);
        };
        self.change(day, |spent| {
            let after = spent.saturating_add(most);
            match after <= cap.max {
                true => Ok(after),
                false => Err(EngineError::limit(format!(
                    "models have cost {spent} today, and this call may cost {most}: at most {} are allowed in a day. \
                     Go on after midnight UTC, ask for less (`max_tokens`, `count`), or raise `day_max` under [run] in \
                     daedal.toml",
                    cap.max
                ))),
            }
        })?;
        Ok(held)
    }

    /// Changes what the book says of a day.
    fn change(
        &self,
        day: u64,
        to: impl FnOnce(UsdMicros) -> Result<UsdMicros, EngineError>,
    ) -> Result<(), EngineError> {
        let Some(DayCap { book: place, .. }) = &self.cap else {
            return Ok(());
        };
        let failed = |what: &str, error: &dyn std::fmt::Display| {
            EngineError::invalid(format!(
                "the book of what models cost, {}, can't be {what}: {error}. Where it is damaged, delete it; the day \
                 then begins anew",
                place.display()
            ))
        };
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let book: Book = match std::fs::read(place) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed("read", &error))?,
            Err(error) if error.kind() == ErrorKind::NotFound => Book::default(),
            Err(error) => return Err(failed("read", &error)),
        };
        // A call that ends on the next day belongs to the day that it began on, which is closed.
        if book.day > day {
            return Ok(());
        }
        let spent = match book.day == day {
            true => book.spent,
            false => UsdMicros::default(),
        };
        let after = Book {
            day,
            spent: to(spent)?,
        };
        let write = || -> std::io::Result<()> {
            let part = place.with_extension("part");
            let mut file = File::create(&part)?;
            file.write_all(&serde_json::to_vec(&after)?)?;
            file.sync_all()?;
            std::fs::rename(&part, place)
        };
        write().map_err(|error| failed("written", &error))
    }
}

impl Held<'_> {
    /// Gives back what was not spent; where nobody knows, nothing.
    pub(crate) fn settle(self, meter: &Meter) -> Result<(), EngineError> {
        let Some(cost) = meter.total().filter(|_| self.most.0 > 0) else {
            return Ok(());
        };
        self.purse.change(self.day, |spent| {
            let others = spent.0.saturating_sub(self.most.0);
            Ok(UsdMicros(others).saturating_add(cost))
        })
    }
}

/// Days since 1970.
fn today() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() / 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purse(dir: &tempfile::TempDir, max: u64) -> Purse {
        Purse::new(Some(DayCap {
            max: UsdMicros(max),
            book: dir.path().join("spending.json"),
        }))
    }

    fn metered(cost: u64) -> Meter {
        let meter = Meter::default();
        meter.begin();
        meter.end(UsdMicros(cost), (0, 0));
        meter
    }

    #[test]
    fn a_day_has_its_cap_whoever_asks_and_the_next_one_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        let first = purse(&dir, 100);
        let held = first.hold_on(1, UsdMicros(70)).unwrap();
        let told = first.hold_on(1, UsdMicros(31)).map(|_| ()).unwrap_err();
        assert!(told.to_string().contains("day_max"), "{told}");
        held.settle(&metered(10)).unwrap();
        // Another program of the same studio.
        let second = purse(&dir, 100);
        assert!(second.hold_on(1, UsdMicros(91)).is_err());
        second.hold_on(1, UsdMicros(90)).unwrap();
        assert!(second.hold_on(2, UsdMicros(100)).is_ok());
    }

    #[test]
    fn what_nobody_knows_stays_held() {
        let dir = tempfile::tempdir().unwrap();
        let purse = purse(&dir, 100);
        let lost = Meter::default();
        lost.begin();
        purse
            .hold_on(1, UsdMicros(60))
            .unwrap()
            .settle(&lost)
            .unwrap();
        assert!(purse.hold_on(1, UsdMicros(41)).is_err());
        // One that was never asked costs nothing.
        let held = purse.hold_on(1, UsdMicros(40)).unwrap();
        held.settle(&Meter::default()).unwrap();
        assert!(purse.hold_on(1, UsdMicros(40)).is_ok());
    }

    #[test]
    fn a_call_that_ends_on_the_next_day_leaves_that_day_alone() {
        let dir = tempfile::tempdir().unwrap();
        let purse = purse(&dir, 100);
        let yesterday = purse.hold_on(1, UsdMicros(60)).unwrap();
        let today = purse.hold_on(2, UsdMicros(60)).unwrap();
        yesterday.settle(&metered(1)).unwrap();
        assert!(purse.hold_on(2, UsdMicros(41)).is_err());
        today.settle(&metered(60)).unwrap();
        assert!(purse.hold_on(2, UsdMicros(41)).is_err());
    }

    #[test]
    fn a_damaged_book_is_told_and_not_written_over() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("spending.json"), "{").unwrap();
        let told = purse(&dir, 100)
            .hold_on(1, UsdMicros(1))
            .map(|_| ())
            .unwrap_err();
        assert!(told.to_string().contains("spending.json"), "{told}");
        assert_eq!(
            std::fs::read(dir.path().join("spending.json")).unwrap(),
            b"{"
        );
    }
}
