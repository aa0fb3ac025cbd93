//! Asking a server that may be busy: again after a while, and not at all while it fails.

mod told;

use std::time::{Duration, SystemTime};

use daedal_core::UsdMicros;
use daedal_core::engine::EngineError;
use daedal_core::process::units::parse_duration;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

pub(crate) use told::{Miss, Told};

use crate::SettingsError;
use crate::gate::Gate;
use crate::llm::Meter;
use crate::time::Time;

/// How often a busy server is asked.
const ATTEMPTS: u32 = 4;
/// Wait before the second time, doubled each time.
const BACKOFF: Duration = Duration::from_millis(500);
/// A server that wants to be left alone longer is not waited for.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// The longest wait for a turn.
const TURN_MAX: Duration = Duration::from_secs(86_400);

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The server did not begin; asking again costs nothing.
    Busy {
        message: String,
        /// When it wants to be asked again.
        after: Option<Duration>,
    },
    /// It failed, and may have begun before it did: it is asked again with the same key only, by which it knows that
    /// it is the same.
    Failing {
        message: String,
        /// When it wants to be asked again.
        after: Option<Duration>,
    },
    /// It may have answered, and the answer is lost.
    Lost { message: String },
    /// It will not answer this.
    Refused { message: String },
    /// It did something, which may cost, and nothing came of it.
    Failed(EngineError),
    /// The time of the task was over before it answered.
    Late,
}

/// The way to a server that is known under a name.
pub(crate) struct Way<'w> {
    pub(crate) alias: &'w str,
    pub(crate) gate: &'w Gate,
    pub(crate) meter: &'w Meter,
    pub(crate) time: &'w Time<'w>,
    /// The most that one answer costs.
    pub(crate) most: UsdMicros,
    /// The most that one answer may take, where the settings say so.
    pub(crate) timeout: Option<Duration>,
    /// How many others could be asked if this one was silent: time is left for them.
    pub(crate) others: u32,
}

impl Way<'_> {
    /// Asks by `once`, again while the server is busy; or why it has no answer now. What an answer costs, the meter is
    /// told by whoever reads it; what may have been paid for none, it is told here.
    pub(crate) async fn ask<T, F>(
        &self,
        mut once: impl FnMut() -> F,
    ) -> Result<Result<T, Miss>, EngineError>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        let (mut attempt, mut may_be_paid) = (1, false);
        loop {
            if let Some(rest) = self.gate.shut_for(SystemTime::now()) {
                let message = format!(
                    "`{}` failed several times in a row and is left alone for {} s",
                    self.alias,
                    rest.as_secs() + 1
                );
                return Ok(Err(self.miss(message, Some(rest), may_be_paid)));
            }
            let entered = tokio::time::timeout(TURN_MAX, self.gate.enter());
            let turn = format!("waits for its turn at `{}`", self.alias);
            let Ok(place) = self.time.aside(&turn, entered).await else {
                let message = format!(
                    "`{}` was not asked: it had no place for it within a day (`concurrency`, `rate`)",
                    self.alias
                );
                return Ok(Err(self.miss(message, None, may_be_paid)));
            };
            if self.time.left().is_zero() {
                self.settle(may_be_paid);
                return Err(self.time.late());
            }
            let asked = self.once(&mut once).await;
            drop(place);
            let (message, after) = match asked {
                Ok(reply) => return Ok(Ok(reply)),
                Err(Trouble::Failed(error)) => {
                    self.meter.lose(self.most);
                    return Err(error);
                }
                Err(Trouble::Late) => {
                    let late = self.time.late();
                    self.meter.lose(self.most);
                    return Err(late);
                }
                Err(Trouble::Refused { message }) => {
                    self.settle(may_be_paid);
                    return Err(EngineError::Invalid { message });
                }
                Err(Trouble::Lost { message }) => return Ok(Err(self.miss(message, None, true))),
                Err(Trouble::Failing { message, after }) => {
                    may_be_paid = true;
                    (message, after)
                }
                Err(Trouble::Busy { message, after }) => (message, after),
            };
            if !may_be_paid {
                self.meter.end(UsdMicros::default(), (0, 0));
            }
            let wait = after.unwrap_or_else(|| backoff(attempt));
            if attempt == ATTEMPTS || wait > WAIT_MAX || wait >= self.time.left() {
                let message = match attempt == ATTEMPTS && wait <= WAIT_MAX {
                    true => format!("{message} ({attempt} times)"),
                    false => format!("{message} (to be asked again in {} s)", wait.as_secs()),
                };
                return Ok(Err(self.miss(message, after, may_be_paid)));
            }
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// Asks once, for as long as that may take.
    async fn once<T, F>(&self, once: &mut impl FnMut() -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        self.meter.begin();
        let left = self.time.left();
        let share = left / (self.others + 1);
        let bound = match self.timeout {
            Some(timeout) => timeout.min(left),
            None => share,
        };
        let asked = match tokio::time::timeout(bound, once()).await {
            Ok(asked) => asked,
            Err(_) if bound == left => Err(Trouble::Late),
            Err(_) => {
                #[allow(clippy::cast_precision_loss)] // for people
                let seconds = (bound.as_millis() / 100) as f64 / 10.0;
                let message = format!(
                    "`{}` did not answer within {seconds} s (`timeout` of its entry)",
                    self.alias
                );
                Err(Trouble::Lost { message })
            }
        };
        match &asked {
            Err(
                Trouble::Busy { .. }
                | Trouble::Failing { .. }
                | Trouble::Lost { .. }
                | Trouble::Late,
            ) => self.gate.failed(SystemTime::now()),
            // A server that refuses is a server that answers.
            _ => self.gate.answered(),
        }
        asked
    }

    /// Tells the meter what it may cost that there is no answer.
    fn settle(&self, may_be_paid: bool) {
        match may_be_paid {
            true => self.meter.lose(self.most),
            false => self.meter.end(UsdMicros::default(), (0, 0)),
        }
    }

    /// Gives up.
    fn miss(&self, message: String, after: Option<Duration>, may_be_paid: bool) -> Miss {
        self.settle(may_be_paid);
        Miss {
            message,
            after,
            is_lost: may_be_paid && self.most.0 > 0,
        }
    }
}

/// What `timeout` says under `section` of the settings.
pub(crate) fn timeout(
    section: &str,
    text: Option<&str>,
) -> Result<Option<Duration>, SettingsError> {
    let read = |text: &str| {
        let ms = parse_duration(text).filter(|ms| *ms > 0);
        ms.map(Duration::from_millis).ok_or_else(|| {
            SettingsError::new(
                format!("`timeout` under [{section}] is `{text}`, which is no time"),
                "write how long one answer may take, such as \"90s\" or \"5m\"",
            )
        })
    };
    text.map(read).transpose()
}

/// What an answer is that may be another one a little later; nothing where it stays.
pub(crate) fn passing(status: StatusCode, message: String, headers: &HeaderMap) -> Option<Trouble> {
    let after = retry_after(headers);
    match status.as_u16() {
        // It did not begin: too early, too many, or too busy (529 is Anthropic's).
        425 | 429 | 503 | 529 => Some(Trouble::Busy { message, after }),
        // It took too long, is still at it under this key (409), or failed, and nobody knows how far it came.
        408 | 409 | 500.. => Some(Trouble::Failing { message, after }),
        _ => None,
    }
}

/// How long a server wants to be left alone (RFC 9110, section 10.2.3): in seconds, in milliseconds, or until a day and
/// time.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    after_at(headers, SystemTime::now())
}

/// The same in milliseconds, for an error.
pub(crate) fn after_ms(headers: &HeaderMap) -> Option<u64> {
    let after = retry_after(headers)?;
    Some(u64::try_from(after.as_millis()).unwrap_or(u64::MAX))
}

fn after_at(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number =
        |name: &str| -> Option<f64> { text(name)?.parse().ok().filter(|number| *number >= 0.0) };
    let seconds = number("retry-after-ms")
        .map(|ms| ms / 1_000.0)
        .or_else(|| number("retry-after"));
    if let Some(seconds) = seconds {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = httpdate::parse_http_date(text("retry-after")?).ok()?;
    // What is over already may be asked at once.
    Some(until.duration_since(now).unwrap_or_default())
}

/// Wait before the next attempt: between half and all of what is doubled each time.
fn backoff(attempt: u32) -> Duration {
    let whole = BACKOFF * 2_u32.saturating_pow(attempt - 1);
    let mut byte = [128];
    // Without chance everybody comes back at once, and that is all.
    getrandom::fill(&mut byte).ok();
    whole / 2 + (whole / 2) * u32::from(byte[0]) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_differ() {
        for attempt in 1..=4 {
            let whole = BACKOFF * 2_u32.pow(attempt - 1);
            for _ in 0..50 {
                let wait = backoff(attempt);
                assert!(wait >= whole / 2 && wait <= whole, "{wait:?}");
            }
        }
    }

    #[test]
    fn a_server_says_when_to_come_back_in_seconds_or_by_the_clock() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        let said = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            after_at(&headers, now).map(|after| after.as_millis())
        };
        assert_eq!(said("retry-after", "2"), Some(2_000));
        assert_eq!(said("retry-after-ms", "20"), Some(20));
        // The three forms of RFC 9110, section 5.6.7.
        for day in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(said("retry-after", day), Some(7_000), "{day}");
        }
        assert_eq!(
            said("retry-after", "Sat, 05 Nov 1994 08:49:37 GMT"),
            Some(0)
        );
        assert_eq!(said("retry-after", "soon"), None);
    }
}
