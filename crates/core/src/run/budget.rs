//! What a run may use.

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
    /// It does not fit: the run ends so.
    Stop(Finish),
}

/// Whether the budget allows a task of `step` that may cost `cost_max`, while what is under way may
/// cost `reserved`.
#[must_use]
pub fn admit(
    plan: &Plan,
    spent: Spent,
    reserved: UsdMicros,
    step: &str,
    cost_max: UsdMicros,
) -> Admission {
    let Some(budget) = plan.budget.cost else {
        return Admission::Go;
    };
    let so_far = spent.cost.saturating_add(spent.lost);
    let alone = so_far.saturating_add(cost_max);
    if alone.saturating_add(reserved) <= budget || cost_max == UsdMicros(0) {
        Admission::Go
    } else if alone <= budget {
        Admission::Hold
    } else {
        let lost = match spent.lost {
            UsdMicros(0) => String::new(),
            lost => format!(" ({lost} of it perhaps, by calls that were interrupted)"),
        };
        Admission::Stop(Finish::Failed {
            step: Some(step.to_owned()),
            message: format!(
                "stopped before it passed its budget: {so_far} of {budget} are spent{lost} and the \
                 next task may cost {cost_max}; raise `budget: cost:`, and finished steps are not \
                 paid again"
            ),
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
