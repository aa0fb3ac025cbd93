//! What a task took, and the size of what it says.

use std::io;
use std::time::Duration;

use daedal_core::UsdMicros;
use daedal_core::engine::{EngineError, Outcome, Performed};
use serde_json::Value;

/// Size of what an engine says beside its assets, as JSON.
const VALUE_BYTES_MAX: usize = 4 << 20;

/// Takes the time, reckons what it cost, and checks the size of what the engine says.
pub(crate) fn measure(
    performed: Performed,
    elapsed: Duration,
    rate: UsdMicros,
) -> Result<Performed, EngineError> {
    let check = |value: &Value| match size_of(value) {
        size if size > VALUE_BYTES_MAX => Err(EngineError::limit(format!(
            "gave a value of {size} bytes: at most {VALUE_BYTES_MAX} are allowed; put more into an \
             asset"
        ))),
        _ => Ok(()),
    };
    Ok(match performed {
        Performed::Done(Outcome { value, mut usage }) => {
            check(&value)?;
            usage.elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            usage.cost = usage.cost.saturating_add(rate.of_time(usage.elapsed_ms));
            Performed::Done(Outcome { value, usage })
        }
        Performed::Asked(request) => {
            request
                .options
                .iter()
                .try_for_each(|option| check(&option.value))?;
            Performed::Asked(request)
        }
    })
}

/// Length of the value as JSON.
fn size_of(value: &Value) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}
