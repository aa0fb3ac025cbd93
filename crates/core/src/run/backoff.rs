//! How long a task that failed is left alone.

use crate::Digest;
use crate::engine::EngineError;

/// The longest wait that somebody who failed can ask for, in milliseconds.
const AFTER_MS_MAX: u64 = 3_600_000;

/// How long a task waits before it is tried again: up to what the step says, doubled each time, and not less than
/// who failed has asked for. Each place waits a little less than the whole, each differently, so that those that failed
/// together do not come back together.
pub(super) fn backoff(
    backoff_ms: u64,
    attempt: u32,
    place: Option<Digest>,
    error: &EngineError,
) -> u64 {
    let doubled = 1_u64.checked_shl(attempt - 1).unwrap_or(u64::MAX);
    let whole = backoff_ms.saturating_mul(doubled);
    let chance = place.map_or(0, |place| {
        let drawn = Digest::of_parts("daedal/backoff/v1", &[&place.0, &attempt.to_be_bytes()]);
        u64::from(u16::from_be_bytes([drawn.0[0], drawn.0[1]]))
    });
    let less = (whole / 4).saturating_mul(chance) / u64::from(u16::MAX);
    let asked = match error {
        EngineError::Transient {
            after_ms: Some(after),
            ..
        } => (*after).min(AFTER_MS_MAX).saturating_add(less),
        _ => 0,
    };
    (whole - less).max(asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asking(after_ms: Option<u64>) -> EngineError {
        EngineError::Transient {
            message: "busy".to_owned(),
            after_ms,
        }
    }

    #[test]
    fn places_that_fail_together_come_back_apart() {
        let wait = |place: &[u8]| backoff(4_000, 1, Some(Digest::of(place)), &asking(None));
        assert_eq!(wait(b"a"), wait(b"a"));
        assert_ne!(wait(b"a"), wait(b"b"));
    }

    proptest! {
        #[test]
        fn a_wait_is_up_to_what_the_step_says_and_not_less_than_was_asked(
            backoff_ms in 0_u64..99_999_999, attempt in 1_u32..=20, place: [u8; 32], after in proptest::option::of(any::<u64>()),
        ) {
            let whole = backoff_ms << (attempt - 1);
            let wait = backoff(backoff_ms, attempt, Some(Digest(place)), &asking(None));
            prop_assert!(wait <= whole && wait >= whole - whole / 4);
            let asked = backoff(backoff_ms, attempt, Some(Digest(place)), &asking(after));
            let after = after.unwrap_or_default().min(AFTER_MS_MAX);
            prop_assert!(asked >= wait.max(after) && asked <= whole.max(after + whole / 4));
        }
    }
}
