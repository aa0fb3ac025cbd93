//! How much is asked of a server at once, how often, and not at all while it fails.
//!
//! One gate for each server and key, whichever entries of the settings name them. When a server was asked last, and how
//! often it failed, stands in a file of the studio, so that the next program keeps to it; one program at a time has a
//! studio open.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use daedal_core::Digest;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use url::Url;

use crate::SettingsError;

/// Calls at once unless an entry says otherwise.
const CONCURRENCY: usize = 4;
/// Failures in a row after which a server is left alone.
const FAILURES_MAX: u32 = 5;
/// How long it is left alone, in milliseconds; then one call tries.
const REST_MS: u64 = 30_000;
/// How often somebody who waits looks for a place by himself.
const ROUND: Duration = Duration::from_millis(100);
/// The folder of the files, in that of the studio.
const FOLDER: &str = "gates";

/// The gates of a studio as its settings are.
#[derive(Default)]
pub(crate) struct Gates {
    folder: Option<PathBuf>,
    known: Mutex<HashMap<Name, Arc<Gate>>>,
}

/// What tells gates apart: the studio's folder, the server's address, and the name of its key.
type Name = (Option<PathBuf>, String, Option<String>);

/// The way to one server.
pub(crate) struct Gate {
    limits: Mutex<Limits>,
    common: Arc<Common>,
}

/// What entries say; of several the least.
#[derive(Debug, Clone, Copy, Default)]
struct Limits {
    concurrency: Option<usize>,
    spacing_ms: u64,
}

/// What everybody who goes through shares, however often the settings are read.
struct Common {
    server: String,
    file: Option<PathBuf>,
    inside: Mutex<usize>,
    left: Notify,
    state: Mutex<State>,
}

/// How a server was asked before; times are milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// Whose it is, for people.
    server: String,
    /// When the last call began, where calls are spaced out.
    last_ms: u64,
    failures: u32,
    /// Until when the server is left alone.
    shut_ms: u64,
}

/// A place at a server.
pub(crate) struct Place<'g>(&'g Common);

static COMMON: LazyLock<Mutex<HashMap<Name, Arc<Common>>>> = LazyLock::new(Mutex::default);

impl Gates {
    /// The gates of a studio whose own folder is this.
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        Self {
            folder: folder.map(Path::to_owned),
            known: Mutex::default(),
        }
    }

    /// The gate of the server at `url`, asked with the secret `key`, that `section` of the settings names, with the
    /// `concurrency` and `rate` that stand there.
    pub(crate) fn of(
        &self,
        section: &str,
        url: &Url,
        key: Option<&str>,
        concurrency: Option<usize>,
        rate: Option<&str>,
    ) -> Result<Arc<Gate>, SettingsError> {
        if let Some(concurrency) = concurrency.filter(|number| !(1..=1_000).contains(number)) {
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
        let limits = Limits {
            concurrency,
            spacing_ms,
        };
        let name = (
            self.folder.clone(),
            url.as_str().to_owned(),
            key.map(str::to_owned),
        );
        let mut known = lock(&self.known);
        let gate = known.entry(name.clone());
        let gate = gate.or_insert_with(|| Arc::new(Gate::new(common(name))));
        gate.tighten(limits);
        Ok(Arc::clone(gate))
    }
}

/// What is shared under a name.
fn common(name: Name) -> Arc<Common> {
    let mut all = lock(&COMMON);
    let shared = all.entry(name).or_insert_with_key(|(folder, url, key)| {
        let file = folder.as_ref().map(|folder| {
            let key = key.as_deref().unwrap_or_default();
            let digest = Digest::of_parts("daedal/gate/v1", &[url.as_bytes(), key.as_bytes()]);
            folder.join(FOLDER).join(format!("{}.json", digest.short()))
        });
        Arc::new(Common {
            server: url.clone(),
            file,
            inside: Mutex::default(),
            left: Notify::new(),
            state: Mutex::default(),
        })
    });
    Arc::clone(shared)
}

impl Gate {
    fn new(common: Arc<Common>) -> Self {
        Self {
            limits: Mutex::default(),
            common,
        }
    }

    /// Of two entries for one server, what is less holds for both.
    fn tighten(&self, limits: Limits) {
        let mut own = lock(&self.limits);
        own.spacing_ms = own.spacing_ms.max(limits.spacing_ms);
        own.concurrency = match (own.concurrency, limits.concurrency) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// How long the server is still left alone; nothing when it may be asked. Whoever finds that the rest is over
    /// tries, and the others wait for what comes of it.
    pub(crate) fn shut_for(&self, now: SystemTime) -> Option<Duration> {
        let now = since_1970(now);
        self.common.change(|state| {
            let left = state.shut_ms.saturating_sub(now);
            if state.shut_ms == 0 || (1..=REST_MS).contains(&left) {
                return (left > 0).then(|| Duration::from_millis(left));
            }
            state.shut_ms = now + REST_MS;
            None
        })
    }

    /// Waits for a place.
    pub(crate) async fn enter(&self) -> Place<'_> {
        let place = loop {
            // Whoever leaves before this one waits is heard all the same.
            let left = self.common.left.notified();
            if let Some(place) = self.place() {
                break place;
            }
            tokio::time::timeout(ROUND, left).await.ok();
        };
        while let Some(wait) = self.turn(SystemTime::now()) {
            tokio::time::sleep(wait).await;
        }
        place
    }

    fn place(&self) -> Option<Place<'_>> {
        let most = lock(&self.limits).concurrency.unwrap_or(CONCURRENCY);
        let mut inside = lock(&self.common.inside);
        if *inside >= most {
            return None;
        }
        *inside += 1;
        Some(Place(&self.common))
    }

    /// Takes the turn, or says how long it is until there may be one. Nobody takes one before it is there, so that
    /// who goes away leaves no gap.
    fn turn(&self, now: SystemTime) -> Option<Duration> {
        let spacing = lock(&self.limits).spacing_ms;
        if spacing == 0 {
            return None;
        }
        let now = since_1970(now);
        self.common.change(|state| {
            // A clock that was put back waits once, and not for the difference.
            state.last_ms = state.last_ms.min(now);
            let next = state.last_ms + spacing;
            if next > now {
                return Some(Duration::from_millis(next - now));
            }
            state.last_ms = now;
            None
        })
    }

    /// The server answered.
    pub(crate) fn answered(&self) {
        self.common.change(|state| {
            state.failures = 0;
            state.shut_ms = 0;
        });
    }

    /// The server can't answer.
    pub(crate) fn failed(&self, now: SystemTime) {
        self.common.change(|state| {
            state.failures = state.failures.saturating_add(1);
            if state.failures >= FAILURES_MAX {
                state.shut_ms = since_1970(now) + REST_MS;
            }
        });
    }
}

impl Common {
    /// Changes what is known of the server. What can't be read or kept is known to this program only.
    fn change<T>(&self, to: impl FnOnce(&mut State) -> T) -> T {
        let mut state = lock(&self.state);
        if let Some(kept) = self.file.as_ref().and_then(|file| std::fs::read(file).ok()) {
            *state = serde_json::from_slice(&kept).unwrap_or_else(|_| state.clone());
        }
        let before = state.clone();
        let told = to(&mut state);
        if let Some(file) = self.file.as_ref().filter(|_| *state != before) {
            state.server.clone_from(&self.server);
            keep(file, &state).ok();
        }
        told
    }
}

fn keep(file: &Path, state: &State) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let part = file.with_extension("part");
    std::fs::write(&part, serde_json::to_vec(state)?)?;
    std::fs::rename(&part, file)
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *lock(&self.0.inside) -= 1;
        self.0.left.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn since_1970(now: SystemTime) -> u64 {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX / 2)
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
mod tests;
