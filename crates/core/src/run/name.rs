//! What tasks are called.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::RunId;
use crate::Digest;

/// Which task: the step's path, the round of its loop (0 outside of loops) and its place in the
/// fan-out (0 outside of fan-outs).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskName {
    /// `draft`, or `polish.revise` inside a loop.
    pub step: std::sync::Arc<str>,
    /// From 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
    /// From 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub index: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl TaskName {
    /// Its place in a run: the same however often it is performed there, and that of nothing else.
    #[must_use]
    pub fn place(&self, run: RunId) -> Digest {
        Digest::of_parts("daedal/place/v1", &[&run.0.0, self.path().as_bytes()])
    }

    /// What its seed derives from, and how a log line names it: `polish.revise#2#0`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}#{}#{}", self.step, self.round, self.index)
    }
}

/// As a person names it: `draft #3`, `polish.revise round 2`; first rounds and items go unsaid.
impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.step)?;
        if self.round > 0 {
            write!(f, " round {}", self.round + 1)?;
        }
        if self.index > 0 {
            write!(f, " #{}", self.index + 1)?;
        }
        Ok(())
    }
}
