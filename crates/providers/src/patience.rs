//! Asking a server that may be busy: again after a while, and not at all while it fails.

use std::time::{Duration, Instant};

use daedal_core::UsdMicros;
use daedal_core::engine::EngineError;
use reqwest::header::HeaderMap;

use crate::gate::Gate;
use crate::llm::Meter;

/// How often a busy server is asked.
const ATTEMPTS: u32 = 4;
/// Wait before the second time, doubled each time.
const BACKOFF: Duration = Duration::from_millis(500);
/// A server that wants to be left alone longer is not waited for.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The server did not begin; asking again costs nothing.
    Busy {
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
}

/// The way to a server that is known under a name.
pub(crate) struct Way<'w> {
    pub(crate) alias: &'w str,
    pub(crate) gate: &'w Gate,
    pub(crate) meter: &'w Meter,
}

impl Way<'_> {
    /// Asks by `once`, again while the server is busy; or why it has no answer now. What an answer costs, the meter is
    /// told by whoever reads it.
    pub(crate) async fn ask<T, F>(
        &self,
        mut once: impl FnMut() -> F,
    ) -> Result<Result<T, String>, EngineError>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        let mut attempt = 1;
        loop {
            if let Some(rest) = self.gate.shut_for(Instant::now()) {
                return Ok(Err(format!(
                    "`{}` failed several times in a row and is left alone for {} s",
                    self.alias,
                    rest.as_secs() + 1
                )));
            }
            let (message, after) = match self.through(&mut once).await {
                Ok(reply) => return Ok(Ok(reply)),
                Err(Trouble::Failed(error)) => return Err(error),
                Err(Trouble::Refused { message }) => {
                    return Err(EngineError::Invalid { message });
                }
                Err(Trouble::Lost { message }) => {
                    return Err(EngineError::Transient {
                        message: format!(
                            "{message}. It may have been paid, and is not asked for again by itself; `retry:` does so"
                        ),
                    });
                }
                Err(Trouble::Busy { message, after }) => (message, after),
            };
            let wait = after.unwrap_or_else(|| backoff(attempt));
            if attempt == ATTEMPTS || wait > WAIT_MAX {
                return Ok(Err(match wait > WAIT_MAX {
                    true => format!("{message} (to be asked again in {} s)", wait.as_secs()),
                    false => format!("{message} ({attempt} times)"),
                }));
            }
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// Asks once, when it is its turn.
    async fn through<T, F>(&self, once: &mut impl FnMut() -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        let place = self.gate.enter().await;
        self.meter.begin();
        let asked = once().await;
        drop(place);
        if let Err(Trouble::Busy { .. } | Trouble::Refused { .. }) = &asked {
            self.meter.end(UsdMicros::default(), (0, 0));
        }
        match &asked {
            Err(Trouble::Busy { .. } | Trouble::Lost { .. }) => self.gate.failed(Instant::now()),
            // A server that refuses is a server that answers.
            _ => self.gate.answered(),
        }
        asked
    }
}

/// Why nobody of several had an answer.
pub(crate) fn nobody(told: &[String]) -> EngineError {
    EngineError::Transient {
        message: format!("{}; `retry:` asks again by itself", told.join("; ")),
    }
}

/// How long a server wants to be left alone (RFC 9110, section 10.2.3), in seconds or milliseconds.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| -> Option<f64> {
        let text = headers.get(name)?.to_str().ok()?;
        text.trim().parse().ok().filter(|number| *number >= 0.0)
    };
    let seconds = number("retry-after-ms")
        .map(|ms| ms / 1_000.0)
        .or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
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
}
