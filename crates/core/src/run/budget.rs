//! What a run may use.

use std::fmt;

use super::{Finish, Spent};
use crate::UsdMicros;
use crate::plan::Plan;

/// Whether a task may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It fits.
    Go,
    /// It fits only if what is under way costs less than it may.
    Hold,
    /// It does not fit.
    Stop(Overrun),
}

/// A task that a budget has no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overrun {
    budget: UsdMicros,
    spent: Spent,
    cost_max: UsdMicros,
}

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            budget,
            spent,
            cost_max,
        } = self;
        let so_far = spent.cost.saturating_add(spent.lost);
        write!(f, "{so_far} of {budget} are spent")?;
        if !spent.lost.is_nothing() {
            let lost = spent.lost;
            write!(f, " ({lost} of it perhaps, by calls that were interrupted)")?;
        }
        write!(
            f,
            " and the next task may cost {cost_max}; raise `budget: cost:`"
        )
    }
}

impl Overrun {
    /// How a run ends that can't do without the task, which is of this step.
    #[must_use]
    pub fn finish(&self, step: &str) -> Finish {
        Finish::Failed {
            step: Some(step.to_owned()),
            message: format!(
                "stopped before it passed its budget: {self}, and finished steps are not paid again"
            ),
        }
    }
}

/// Whether the budget allows a task that may cost `cost_max`, while what is under way may cost `reserved`.
#[must_use]
pub fn admit(plan: &Plan, spent: Spent, reserved: UsdMicros, cost_max: UsdMicros) -> Admission {
    let Some(budget) = plan.budget.cost else {
        return Admission::Go;
    };
    let so_far = spent.cost.saturating_add(spent.lost);
    let alone = so_far.saturating_add(cost_max);
    if alone.saturating_add(reserved) <= budget || cost_max.is_nothing() {
        Admission::Go
    } else if alone <= budget {
        Admission::Hold
    } else {
        Admission::Stop(Overrun {
            budget,
            spent,
            cost_max,
        })
    }
}

pub(super) fn time_message(plan: &Plan) -> String {
    #[allow(clippy::cast_precision_loss)] // for people
    let seconds = plan.budget.time_ms.unwrap_or_default() as f64 / 1_000.0;
    format!(
        "stopped before it passed its budget of {seconds} s of work; raise `budget: time:`, and \
         finished steps are not run again"
    )
}
