//! Loops that the budget ended.
//!
//! A loop refines what is there already: where there is no money for another round, the best of those that ended is
//! what it gives, and the run goes on. Where no round has ended there is nothing to give, and the run fails.

use std::sync::Arc;

use serde::Serialize;

use super::state::{Phase, State};
use crate::plan::{NodeId, NodeKind, Plan};

/// A loop that the budget ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CutShort {
    /// The loop.
    pub step: Arc<str>,
    /// Rounds that ended, the best of which stands.
    pub rounds: u32,
    /// Rounds that it might have had.
    pub at_most: u32,
    /// What the budget said.
    pub reason: String,
}

impl State {
    /// The loop around a step, where it has a round that can stand, and the round that it is in.
    #[must_use]
    pub fn standing_loop(&self, plan: &Plan, step: &str) -> Option<(Arc<str>, u32)> {
        let around = plan.nodes[*self.paths.get(step)?].parent?;
        self.has_standing(around).then(|| {
            (
                Arc::clone(&plan.nodes[around].path),
                self.nodes[around].round,
            )
        })
    }

    /// Loops that the budget ended, in plan order.
    #[must_use]
    pub fn cut_short(&self) -> Vec<CutShort> {
        self.cut_short.values().cloned().collect()
    }

    fn has_standing(&self, id: NodeId) -> bool {
        let node = &self.nodes[id];
        let cycle = node.cycle.as_ref();
        node.phase == Phase::Open && cycle.is_some_and(|cycle| cycle.standing.is_some())
    }

    /// Ends a loop with the best round that it has.
    pub(super) fn cut(&mut self, plan: &Plan, step: &Arc<str>, round: u32, message: &str) -> bool {
        let known = self.paths.get(step).copied();
        let Some(id) = known.filter(|id| self.has_standing(*id)) else {
            return false;
        };
        let NodeKind::Repeat(repeat) = &plan.nodes[id].kind else {
            return false;
        };
        if self.nodes[id].round != round || self.failure.is_some() {
            return false;
        }
        let cut = CutShort {
            step: Arc::clone(step),
            rounds: round,
            at_most: repeat.at_most,
            reason: message.to_owned(),
        };
        self.cut_short.insert(id, cut);
        self.abandon(plan, id);
        let standing = self.nodes[id].cycle.take().and_then(|cycle| cycle.standing);
        self.stand(plan, id, standing);
        true
    }
}
