//! A run is an ordered log of events: folded into a state, from which the next tasks are decided.
//!
//! [`fold`] and [`decide`] are all there is to scheduling; whoever carries out a run (one process or
//! many machines) appends events and does what is decided. [`records`] rebuilds from the log what each
//! task was asked and what came of it; [`explain`] compares two such records.

mod answer;
mod backoff;
pub mod budget;
mod calls;
mod cut;
mod decide;
mod edit;
mod event;
mod explain;
mod fold;
mod lost;
mod moment;
mod name;
mod queue;
mod records;
mod scope;
mod settle;
mod skipped;
mod sleep;
mod state;
mod task;
mod took;
mod view;

pub use calls::unsettled_calls;
pub use cut::CutShort;
pub use decide::{Action, Dispatch, decide};
pub use edit::EditRefusal;
pub use event::*;
pub use explain::{Change, explain};
pub use fold::fold;
pub use lost::{Lost, Ruling};
pub use moment::Moment;
pub use name::TaskName;
pub use records::{CAPTION, CAPTIONS, EDIT, TaskRecord, TaskResult, end_of, finish_of, records};
pub use skipped::Skipped;
pub use state::{Question, Spent, State};
pub use took::Took;
pub use view::{StepStatus, StepView};

#[cfg(test)]
mod cut_tests;
#[cfg(test)]
mod edit_tests;
#[cfg(test)]
mod key_tests;
#[cfg(test)]
mod lost_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod skip_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
