//! How much is asked of a server at once, how often, and not at all while it fails.
//!
//! One gate for each entry of the settings, shared by everything that this process does.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use crate::SettingsError;

/// Calls at once unless an entry says otherwise.
const CONCURRENCY: usize = 4;

/// Failures in a row after which a server is left alone.
const FAILURES_MAX: u32 = 5;
/// How long it is left alone; then one call tries.
const REST: Duration = Duration::from_secs(30);

/// The way to one server.
pub(crate) struct Gate {
    places: Semaphore,
    spacing: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the next call may begin.
    next: Option<Instant>,
    failures: u32,
    /// Until when the server is left alone.
    shut: Option<Instant>,
}

/// What tells gates apart: entry, address, calls at once, milliseconds between calls.
type Name = (String, String, usize, u64);

static GATES: LazyLock<Mutex<HashMap<Name, Arc<Gate>>>> = LazyLock::new(Mutex::default);

impl Gate {
    /// The gate of the server at `url` that `section` of the settings names, with the `concurrency` and `rate` that
    /// stand there.
    pub(crate) fn of(
        section: &str,
        url: &Url,
        concurrency: Option<usize>,
        rate: Option<&str>,
    ) -> Result<Arc<Self>, SettingsError> {
        let concurrency = concurrency.unwrap_or(CONCURRENCY);
        if !(1..=1_000).contains(&concurrency) {
            return Err(SettingsError::new(
                format!("`concurrency` under [{section}] is {concurrency}"),
                "write how many calls there may be at once, 1 to 1000",
            ));
        }
        let spacing_ms = rate.map_or(Some(0), spacing).ok_or_else(|| {
            SettingsError::new(
                format!("`rate` under [{section}] can't be read"),
                "write calls within a second, minute or hour, such as \"60/m\"",
            )
        })?;
        Ok(Self::shared(section, url.as_str(), concurrency, spacing_ms))
    }

    /// The gate of an entry; the same one for whoever asks.
    fn shared(section: &str, url: &str, concurrency: usize, spacing_ms: u64) -> Arc<Self> {
        let name = (section.to_owned(), url.to_owned(), concurrency, spacing_ms);
        let mut gates = GATES.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates
            .entry(name)
            .or_insert_with(|| Arc::new(Self::new(concurrency, Duration::from_millis(spacing_ms))));
        Arc::clone(gate)
    }

    fn new(concurrency: usize, spacing: Duration) -> Self {
        Self {
            places: Semaphore::new(concurrency),
            spacing,
            state: Mutex::default(),
        }
    }

    /// How long the server is still left alone; nothing when it may be asked. Whoever finds that the rest is over
    /// tries, and the others wait for what comes of it.
    pub(crate) fn shut_for(&self, now: Instant) -> Option<Duration> {
        let mut state = self.state();
        let until = state.shut?;
        if now < until {
            return Some(until - now);
        }
        state.shut = Some(now + REST);
        None
    }

    /// Waits for a place.
    pub(crate) async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        let place = self.places.acquire().await.ok();
        let wait = self.turn(Instant::now());
        tokio::time::sleep(wait).await;
        place
    }

    /// How long a call waits for its turn.
    fn turn(&self, now: Instant) -> Duration {
        let mut state = self.state();
        let turn = state.next.map_or(now, |next| next.max(now));
        state.next = Some(turn + self.spacing);
        turn - now
    }

    /// The server answered.
    pub(crate) fn answered(&self) {
        let mut state = self.state();
        state.failures = 0;
        state.shut = None;
    }

    /// The server can't answer.
    pub(crate) fn failed(&self, now: Instant) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES_MAX {
            state.shut = Some(now + REST);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds between calls, where there may be so many in a time.
fn spacing(text: &str) -> Option<u64> {
    let (calls, unit) = text.split_once('/')?;
    let calls: u64 = calls.trim().parse().ok().filter(|calls| *calls > 0)?;
    let unit_ms: u64 = match unit.trim() {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    Some(unit_ms.div_ceil(calls))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_fails_is_left_alone_and_then_tried_once() {
        let gate = Gate::new(1, Duration::ZERO);
        let now = Instant::now();
        for _ in 1..FAILURES_MAX {
            gate.failed(now);
        }
        assert_eq!(gate.shut_for(now), None);
        gate.failed(now);
        assert_eq!(gate.shut_for(now), Some(REST));
        let later = now + REST;
        assert_eq!(gate.shut_for(later), None);
        assert_eq!(gate.shut_for(later), Some(REST));
        gate.failed(later);
        assert_eq!(gate.shut_for(later), Some(REST));
        gate.answered();
        assert_eq!(gate.shut_for(later), None);
    }

    #[test]
    fn calls_keep_their_distance() {
        let gate = Gate::new(9, Duration::from_secs(1));
        let now = Instant::now();
        let waits: Vec<u64> = (0..4).map(|_| gate.turn(now).as_secs()).collect();
        assert_eq!(waits, [0, 1, 2, 3]);
        assert_eq!(gate.turn(now + Duration::from_secs(60)), Duration::ZERO);
    }

    #[test]
    fn an_entry_has_one_gate() {
        let gate = Gate::shared("tide", "http://127.0.0.1:1/", 2, 0);
        let same = Gate::shared("tide", "http://127.0.0.1:1/", 2, 0);
        let other = Gate::shared("tide", "http://127.0.0.1:2/", 2, 0);
        assert!(Arc::ptr_eq(&gate, &same));
        assert!(!Arc::ptr_eq(&gate, &other));
    }

    #[test]
    fn a_rate_spaces_calls_out() {
        assert_eq!(spacing("60/m"), Some(1_000));
        assert_eq!(spacing("3/s"), Some(334));
        assert_eq!(spacing("1/h"), Some(3_600_000));
        for text in ["0/m", "60", "60/d", "-1/m", "x/m"] {
            assert_eq!(spacing(text), None, "{text}");
        }
    }
}
