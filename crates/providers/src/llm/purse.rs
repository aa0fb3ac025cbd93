//! What a studio spends on models, in a day and in all, and the most that it may.
//!
//! The most that a call can cost is written down before it begins, and what it did cost after it: whatever happens
//! in between, the book never tells too little.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use daedal_core::UsdMicros;
use daedal_core::engine::{EngineError, TaskContext};
use serde::{Deserialize, Serialize};

use super::meter::Meter;

/// The file of the book, in the studio's folder.
const FILE: &str = "spending.json";
/// How often a call that waits for money looks whether it should stop.
const ROUND: Duration = Duration::from_millis(50);

/// The most that models may cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// In a day (UTC).
    pub day: Option<UsdMicros>,
    /// In all, as long as the studio is there.
    pub studio: Option<UsdMicros>,
}

/// Gives money for calls, up to the caps. One program at a time writes the book: the one that has the studio open.
pub(crate) struct Purse {
    book: Option<PathBuf>,
    caps: Caps,
    /// What is held for calls of this program that are under way. Who has it writes the book.
    under_way: Mutex<UsdMicros>,
    /// One of them is over.
    settled: Condvar,
}

/// The book: days since 1970, and what was spent or is held for calls under way, that day and in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Book {
    day: u64,
    spent: UsdMicros,
    #[serde(default)]
    total: UsdMicros,
}

/// Money that is held for one call.
pub(crate) struct Held<'p> {
    purse: &'p Purse,
    day: u64,
    most: UsdMicros,
}

/// A cap that a call would pass.
struct Passed {
    error: EngineError,
    /// Whether it fits where those under way turn out to cost nothing.
    may_fit_later: bool,
}

impl Purse {
    /// The purse of a studio whose own folder is this; nothing is written where there is none.
    pub(crate) fn new(folder: Option<&Path>, caps: Caps) -> Self {
        Self {
            book: folder.map(|folder| folder.join(FILE)),
            caps,
            under_way: Mutex::default(),
            settled: Condvar::new(),
        }
    }

    /// Holds what a call may cost at most; where others hold what they may not need, it waits for them.
    pub(crate) fn hold(
        &self,
        most: UsdMicros,
        context: &TaskContext<'_>,
    ) -> Result<Held<'_>, EngineError> {
        let mut is_told = false;
        let held = self.hold_on(today, most, &mut || {
            if !std::mem::replace(&mut is_told, true) {
                context.rest(true);
                context.tell("waits for what other calls leave of `day_max` or `studio_max`");
            }
            context.check_stop()
        });
        if is_told {
            context.rest(false);
        }
        held
    }

    fn hold_on(
        &self,
        day: impl Fn() -> u64,
        most: UsdMicros,
        wait: &mut dyn FnMut() -> Result<(), EngineError>,
    ) -> Result<Held<'_>, EngineError> {
        let mut under_way = self.under_way();
        loop {
            let day = day();
            let mut passed = None;
            if most.0 > 0 {
                self.change(day, |book| {
                    passed = self.objection(book, most, *under_way);
                    if passed.is_none() {
                        book.spent = book.spent.saturating_add(most);
                        book.total = book.total.saturating_add(most);
                    }
                })?;
            }
            match passed {
                None => {
                    *under_way = under_way.saturating_add(most);
                    return Ok(Held {
                        purse: self,
                        day,
                        most,
                    });
                }
                Some(passed) if passed.may_fit_later => {
                    wait()?;
                    let waited = self.settled.wait_timeout(under_way, ROUND);
                    under_way = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                Some(passed) => return Err(passed.error),
            }
        }
    }

    /// The cap that a call would pass.
    fn objection(&self, book: &Book, most: UsdMicros, under_way: UsdMicros) -> Option<Passed> {
        let over = |spent: UsdMicros, cap: Option<UsdMicros>| {
            let cap = cap.filter(|cap| spent.saturating_add(most) > *cap)?;
            let sure = spent.0.saturating_sub(under_way.0).saturating_add(most.0);
            Some((cap, under_way.0 > 0 && sure <= cap.0))
        };
        if let Some((cap, may_fit_later)) = over(book.total, self.caps.studio) {
            let error = EngineError::limit(format!(
                "models have cost {} in this studio, and this call may cost {most}: at most {cap} are allowed in all. Ask \
                 for less (`max_tokens`, `count`), or raise `studio_max` under [run] in daedal.toml",
                book.total
            ));
            return Some(Passed {
                error,
                may_fit_later,
            });
        }
        let (cap, may_fit_later) = over(book.spent, self.caps.day)?;
        let error = EngineError::limit(format!(
            "models have cost {} today, and this call may cost {most}: at most {cap} are allowed in a day. Go on after \
             midnight UTC, ask for less (`max_tokens`, `count`), or raise `day_max` under [run] in daedal.toml",
            book.spent
        ));
        Some(Passed {
            error,
            may_fit_later,
        })
    }

    fn under_way(&self) -> MutexGuard<'_, UsdMicros> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what the book says; where no cap stands, it is kept as well as it can be.
    fn change(&self, day: u64, to: impl FnOnce(&mut Book)) -> Result<(), EngineError> {
        match &self.book {
            Some(place) => change(place, day, to).or_else(|error| match self.caps {
                Caps {
                    day: None,
                    studio: None,
                } => Ok(()),
                _ => Err(error),
            }),
            None => Ok(()),
        }
    }
}

impl Held<'_> {
    /// Gives back what was not spent; where nobody knows, nothing.
    pub(crate) fn settle(self, meter: &Meter) -> Result<(), EngineError> {
        let Some(cost) = meter.total().filter(|_| self.most.0 > 0) else {
            return Ok(());
        };
        let settle = |sum: UsdMicros| {
            let others = sum.0.saturating_sub(self.most.0);
            UsdMicros(others).saturating_add(cost)
        };
        let _writing = self.purse.under_way();
        self.purse.change(self.day, |book| {
            book.total = settle(book.total);
            // A call that ends on the next day belongs to the day that it began on, which is closed.
            if book.day == self.day {
                book.spent = settle(book.spent);
            }
        })
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.most.0 > 0 {
            let mut under_way = self.purse.under_way();
            *under_way = UsdMicros(under_way.0.saturating_sub(self.most.0));
            self.purse.settled.notify_all();
        }
    }
}

/// Changes the book at `place` on a day.
fn change(place: &Path, day: u64, to: impl FnOnce(&mut Book)) -> Result<(), EngineError> {
    let failed = |what: &str, error: &dyn std::fmt::Display| {
        EngineError::invalid(format!(
            "the book of what models cost, {}, can't be {what}: {error}. Where it is damaged, delete it; the day then \
             begins anew, and so does what counts for `studio_max`",
            place.display()
        ))
    };
    let before: Option<Book> = match std::fs::read(place) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).map_err(|error| failed("read", &error))?),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(failed("read", &error)),
    };
    let mut book = before.unwrap_or_default();
    // A book that knows of a day only.
    book.total.0 = book.total.0.max(book.spent.0);
    if book.day < day {
        book.day = day;
        book.spent = UsdMicros::default();
    }
    to(&mut book);
    if before == Some(book) {
        return Ok(());
    }
    let write = || -> std::io::Result<()> {
        let part = place.with_extension("part");
        let mut file = File::create(&part)?;
        file.write_all(&serde_json::to_vec(&book)?)?;
        file.sync_all()?;
        std::fs::rename(&part, place)
    };
    write().map_err(|error| failed("written", &error))
}

/// Days since 1970.
fn today() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() / 86_400)
}

#[cfg(test)]
mod tests;
