//! Runs that begin by themselves: which, when, and when no more do.
//!
//! What is decided here follows from what is remembered and from the time alone. Whoever tends processes writes
//! [`Memory`] down before it acts on it: a firing that is written down is carried out once, however often the program
//! is killed, for the seed and the nonce of its run follow from it.

mod clocks;
mod schedule;
#[cfg(test)]
mod simulation;

use std::collections::BTreeMap;

use daedal_core::run::{Moment, RunId};
use daedal_core::{Digest, Seed, UsdMicros};
use serde::{Deserialize, Serialize};

pub use schedule::{Feed, Occurrence, Schedule, ScheduleError};

const DAY_MS: u64 = 86_400_000;

/// What is remembered of processes that are tended, by their names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    processes: BTreeMap<String, Tended>,
    #[serde(default)]
    day: Day,
}

/// What is remembered of one process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tended {
    /// Up to when its schedule was followed.
    seen: Moment,
    /// What it watches, as it was when a run last began by it: `files`, or the address of a feed.
    #[serde(default)]
    watched: BTreeMap<String, Digest>,
    /// When a feed was last looked at.
    #[serde(default)]
    looked: BTreeMap<String, Moment>,
    /// The firing that is not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<Open>,
    /// Firings that failed, in a row.
    #[serde(default)]
    failures: u32,
    /// Since when nothing is fired any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stopped: Option<Moment>,
}

/// Why a run begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its time has come.
    Schedule,
    /// What it watches has changed: `files`, or the address of a feed.
    Change(String),
}

/// A run that begins by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    /// When it was due.
    pub due: Moment,
    /// Why.
    pub cause: Cause,
    /// Times before it that passed by.
    #[serde(default)]
    pub missed: u64,
}

/// A firing that is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Which.
    pub firing: Firing,
    /// Its run, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// What of its cost counts for a day already.
    #[serde(default)]
    counted: UsdMicros,
    /// Whether somebody carries it on, or was killed at it.
    #[serde(default)]
    is_carried: bool,
    /// Times that somebody was killed at it.
    #[serde(default)]
    crashes: u32,
}

/// What firings cost in one day (UTC).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Day {
    /// Since 1970.
    day: u64,
    spent: UsdMicros,
}

/// How a firing stands after somebody carried it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It is done.
    Succeeded,
    /// It failed, or could not begin.
    Failed,
    /// A person ended it.
    Cancelled,
    /// It goes on later: a person has to decide, or the program was asked to stop.
    Open,
}

impl Firing {
    /// What the run's tasks draw from: other firings give other works.
    #[must_use]
    pub fn seed(&self, process: &str) -> Seed {
        Seed(self.digest("daedal/firing-seed/v1", process))
    }

    /// What tells its run apart from others: 53 bits, as JSON readers keep them.
    #[must_use]
    pub fn nonce(&self, process: &str) -> u64 {
        let digest = self.digest("daedal/firing-nonce/v1", process);
        Seed(digest).as_u64() >> 11
    }

    fn digest(&self, what: &str, process: &str) -> Digest {
        let (kind, name) = match &self.cause {
            Cause::Schedule => ("schedule", ""),
            Cause::Change(name) => ("change", name.as_str()),
        };
        let due = self.due.0.to_be_bytes();
        Digest::of_parts(
            what,
            &[process.as_bytes(), &due, kind.as_bytes(), name.as_bytes()],
        )
    }
}

impl Memory {
    /// What is remembered of a process.
    #[must_use]
    pub fn of(&self, process: &str) -> Option<&Tended> {
        self.processes.get(process)
    }

    /// Every process that is remembered.
    pub fn processes(&self) -> impl Iterator<Item = (&str, &Tended)> {
        let each = self.processes.iter();
        each.map(|(name, tended)| (name.as_str(), tended))
    }

    /// The run of the process that begins now by itself, if one does; it is open from then on. `watched` is what its
    /// schedule watches, as it is now. What is seen for the first time begins nothing. At most one run of a process
    /// is open; times that pass by meanwhile come to one.
    pub fn fire(
        &mut self,
        process: &str,
        schedule: &Schedule,
        watched: &BTreeMap<String, Digest>,
        now: Moment,
    ) -> Option<&Open> {
        if !self.processes.contains_key(process) {
            let tended = Tended {
                seen: now,
                watched: watched.clone(),
                ..Tended::default()
            };
            self.processes.insert(process.to_owned(), tended);
            return None;
        }
        let tended = self.processes.get_mut(process)?;
        if tended.open.is_some() || tended.stopped.is_some() {
            return None;
        }
        let firing = tended.due(schedule, watched, now)?;
        tended.open = Some(Open {
            firing,
            run: None,
            counted: UsdMicros(0),
            is_carried: false,
            crashes: 0,
        });
        tended.open.as_ref()
    }

    /// Lets everything pass by that has come by `now`, as while nothing is to begin: times, and what has changed, which is
    /// looked at anew.
    pub fn pass(&mut self, now: Moment) {
        for tended in self.processes.values_mut() {
            tended.seen = tended.seen.max(now);
            tended.watched.clear();
            tended.looked.clear();
        }
    }

    /// Takes what a process watches for what it was when a run last began, where nothing is known of that.
    pub fn see(&mut self, process: &str, watched: &BTreeMap<String, Digest>) {
        if let Some(tended) = self.processes.get_mut(process) {
            for (name, digest) in watched {
                tended.watched.entry(name.clone()).or_insert(*digest);
            }
        }
    }

    /// Notes that a feed is looked at.
    pub fn looked(&mut self, process: &str, url: &str, now: Moment) {
        if let Some(tended) = self.processes.get_mut(process) {
            tended.looked.insert(url.to_owned(), now);
        }
    }

    /// Somebody begins to carry the open firing on. Gives the most that its run may cost in all, where a day has a
    /// cap; `None` where it must not be carried on any more: it has brought the program down so often.
    pub fn carry(
        &mut self,
        process: &str,
        day_max: Option<UsdMicros>,
        crashes_max: u32,
        now: Moment,
    ) -> Option<Option<UsdMicros>> {
        let left = day_max.map(|max| self.left(max, now));
        let open = self.processes.get_mut(process)?.open.as_mut()?;
        if std::mem::replace(&mut open.is_carried, true) {
            open.crashes += 1;
        }
        if open.crashes >= crashes_max {
            return None;
        }
        Some(left.map(|left| open.counted.saturating_add(left)))
    }

    /// The run of the open firing is this one.
    pub fn begun(&mut self, process: &str, run: RunId) {
        let open = self.processes.get_mut(process);
        if let Some(open) = open.and_then(|tended| tended.open.as_mut()) {
            open.run = Some(run);
        }
    }

    /// Somebody has carried the open firing on, and its run has cost so much in all. Gives whether the process is
    /// stopped by this: so many firings failed in a row.
    pub fn ended(
        &mut self,
        process: &str,
        ending: Ending,
        cost: UsdMicros,
        failures_max: u32,
        now: Moment,
    ) -> bool {
        let Some(tended) = self.processes.get_mut(process) else {
            return false;
        };
        let Some(open) = &mut tended.open else {
            return false;
        };
        let news = UsdMicros(cost.0.saturating_sub(open.counted.0));
        open.counted = open.counted.max(cost);
        open.is_carried = false;
        let crashes = std::mem::take(&mut open.crashes);
        if ending != Ending::Open {
            tended.open = None;
        }
        match ending {
            Ending::Succeeded => tended.failures = 0,
            // Each time that it brought the program down is a failure of its own.
            Ending::Failed => tended.failures += crashes.max(1),
            Ending::Cancelled | Ending::Open => {}
        }
        let stops = ending == Ending::Failed && tended.failures >= failures_max;
        if stops {
            tended.stopped = Some(now);
        }
        let day = self.today(now);
        day.spent = day.spent.saturating_add(news);
        stops
    }

    /// Has stopped processes go on.
    pub fn release(&mut self, now: Moment) -> Vec<String> {
        let mut released = Vec::new();
        for (name, tended) in &mut self.processes {
            if tended.stopped.take().is_some() {
                tended.failures = 0;
                tended.seen = tended.seen.max(now);
                released.push(name.clone());
            }
        }
        released
    }

    /// What may be spent today, of so much a day.
    pub fn left(&mut self, max: UsdMicros, now: Moment) -> UsdMicros {
        UsdMicros(max.0.saturating_sub(self.today(now).spent.0))
    }

    /// A clock that goes back opens no day again that was closed.
    fn today(&mut self, now: Moment) -> &mut Day {
        let day = now.0 / DAY_MS;
        if day > self.day.day {
            self.day = Day {
                day,
                spent: UsdMicros(0),
            };
        }
        &mut self.day
    }
}

impl Tended {
    /// The firing that is not over.
    #[must_use]
    pub fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// Firings that failed, in a row.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Since when nothing is fired any more.
    #[must_use]
    pub fn stopped(&self) -> Option<Moment> {
        self.stopped
    }

    /// Whether nothing is known of what it watches.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.watched.is_empty()
    }

    /// When the next run begins by the schedule.
    #[must_use]
    pub fn next(&self, schedule: &Schedule) -> Option<Moment> {
        schedule.next(self.seen)
    }

    /// Whether it is time to look at a feed.
    #[must_use]
    pub fn is_to_look(&self, feed: &Feed, now: Moment) -> bool {
        let looked = self.looked.get(&feed.url);
        looked.is_none_or(|looked| looked.plus_ms(feed.every_ms) <= now || *looked > now)
    }

    fn due(
        &mut self,
        schedule: &Schedule,
        watched: &BTreeMap<String, Digest>,
        now: Moment,
    ) -> Option<Firing> {
        if let Some(Occurrence { due, missed }) = schedule.last(self.seen, now) {
            self.seen = due;
            // A run that begins takes in what has changed.
            self.watched.extend(watched.clone());
            return Some(Firing {
                due,
                cause: Cause::Schedule,
                missed,
            });
        }
        for (name, digest) in watched {
            match self.watched.insert(name.clone(), *digest) {
                Some(before) if before != *digest => {
                    return Some(Firing {
                        due: now,
                        cause: Cause::Change(name.clone()),
                        missed: 0,
                    });
                }
                // What is watched from now on begins nothing.
                _ => {}
            }
        }
        None
    }
}
