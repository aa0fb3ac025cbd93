//! How much a helper may do, and what it says when it can't go on.

use std::cell::Cell;
use std::rc::Rc;

use rquickjs::{Ctx, Exception};

/// Tells whether the script has to end: somebody stopped the task, or its time is over.
pub(in super::super) type Stop = Rc<dyn Fn() -> bool>;

/// Most points that one call takes or gives.
pub(super) const POINTS_MAX: usize = 2_000_000;

/// Steps between two looks at the stop signal: well under a millisecond of work.
const STEPS: u32 = 1 << 14;

/// Why a helper did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The script has to end.
    Stopped,
    /// A number or a size is out of its bounds.
    Range(String),
    /// A value is of the wrong kind.
    Type(String),
}

impl Trouble {
    /// Throws it as what a script expects: a `RangeError` or a `TypeError`.
    pub(super) fn throw(&self, ctx: &Ctx<'_>) -> rquickjs::Error {
        match self {
            Self::Stopped => Exception::throw_internal(ctx, "interrupted"),
            Self::Range(message) => Exception::throw_range(ctx, message),
            Self::Type(message) => Exception::throw_type(ctx, message),
        }
    }
}

/// Counts steps, and looks at the stop signal now and then.
pub(super) struct Meter {
    stop: Stop,
    left: Cell<u32>,
}

impl Meter {
    pub(super) fn new(stop: Stop) -> Self {
        Self {
            stop,
            left: Cell::new(STEPS),
        }
    }

    /// Counts `steps` small steps.
    ///
    /// # Errors
    /// [`Trouble::Stopped`] when the script has to end.
    pub(super) fn tick(&self, steps: usize) -> Result<(), Trouble> {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        let (left, spent) = self.left.get().overflowing_sub(steps);
        if !spent {
            self.left.set(left);
            return Ok(());
        }
        self.left.set(STEPS);
        if (self.stop)() {
            return Err(Trouble::Stopped);
        }
        Ok(())
    }
}

#[cfg(test)]
impl Meter {
    /// A meter that never stops.
    pub(super) fn free() -> Self {
        Self::new(Rc::new(|| false))
    }
}

/// Refuses more points than one call may hold.
pub(super) fn bound(who: &str, points: usize) -> Result<(), Trouble> {
    if points <= POINTS_MAX {
        return Ok(());
    }
    Err(Trouble::Range(format!(
        "{who}: {points} points, at most {POINTS_MAX}; use a coarser cell or a larger spacing"
    )))
}

/// Refuses, before the work, what would need far more points than one call may hold.
pub(super) fn foresee(who: &str, points: f64) -> Result<(), Trouble> {
    if points <= 4.0 * POINTS_MAX as f64 {
        return Ok(());
    }
    Err(Trouble::Range(format!(
        "{who}: it would take about {} million points, at most {POINTS_MAX}; use a larger spacing \
         or step",
        (points / 1e6).round()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_signal_is_seen_within_a_bounded_number_of_steps() {
        let meter = Meter::new(Rc::new(|| true));
        let ticks = (0..).find(|_| meter.tick(1).is_err());
        assert_eq!(ticks, Some(STEPS as usize));
        assert_eq!(meter.tick(usize::MAX), Err(Trouble::Stopped));
    }

    #[test]
    fn too_many_points_are_refused_with_advice() {
        let trouble = bound("poisson", POINTS_MAX + 1).unwrap_err();
        assert_eq!(
            trouble,
            Trouble::Range(
                "poisson: 2000001 points, at most 2000000; use a coarser cell or a larger spacing"
                    .into()
            )
        );
    }
}
