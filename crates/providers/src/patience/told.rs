//! Several who may be asked, one after the other: what became of those before.

use std::time::Duration;

use daedal_core::UsdMicros;
use daedal_core::engine::EngineError;

use crate::llm::Meter;

/// Why one had no answer.
#[derive(Debug)]
pub(crate) struct Miss {
    pub(super) message: String,
    /// When it may be asked again, where that is known.
    pub(super) after: Option<Duration>,
    /// Whether it may be paid all the same.
    pub(super) is_lost: bool,
}

/// What became of those who were asked before.
pub(crate) struct Told<'t> {
    meter: &'t Meter,
    /// The most that all of it may cost.
    most: UsdMicros,
    told: Vec<String>,
    is_lost: bool,
    after: Option<Duration>,
}

impl<'t> Told<'t> {
    pub(crate) fn new(meter: &'t Meter, most: UsdMicros) -> Self {
        Self {
            meter,
            most,
            told: Vec::new(),
            is_lost: false,
            after: None,
        }
    }

    /// Whether somebody may be asked whose answer costs `next` at most: where one before may have been paid, both
    /// together have to stay within what was held for all of it, so that nothing is paid twice that counted once.
    pub(crate) fn allows(&self, next: UsdMicros) -> bool {
        !self.is_lost || self.meter.spent().saturating_add(next) <= self.most
    }

    /// How many of those that follow could be asked if one whose answer costs `own` was silent.
    pub(crate) fn others(&self, own: UsdMicros, following: impl Iterator<Item = UsdMicros>) -> u32 {
        let spent = self.meter.spent().saturating_add(own);
        let is_free = own.0 == 0 && !self.is_lost;
        let fits = |next: &UsdMicros| is_free || spent.saturating_add(*next) <= self.most;
        u32::try_from(following.filter(fits).count()).unwrap_or(u32::MAX - 1)
    }

    pub(crate) fn add(&mut self, miss: Miss) {
        self.is_lost |= miss.is_lost;
        self.after = match (self.after, miss.after) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.told.push(miss.message);
    }

    /// Why nobody had an answer.
    pub(crate) fn nobody(self) -> EngineError {
        let told = self.told.join("; ");
        let after = self.after.map(|after| after.as_millis());
        EngineError::Transient {
            message: match self.is_lost {
                true => format!(
                    "{told}. It may have been paid, and is not asked for again by itself; `retry:` does so"
                ),
                false => format!("{told}; `retry:` asks again by itself"),
            },
            after_ms: after.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
        }
    }
}
