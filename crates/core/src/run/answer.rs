//! What comes of a question.

use serde_json::Value;

use crate::engine::{DecisionRequest, Otherwise};

impl DecisionRequest {
    /// What the step gives when these options are kept, in this order; `None` if they don't fit the
    /// question: beyond its options, twice the same, or more than it keeps.
    #[must_use]
    pub fn answer(&self, kept: &[usize]) -> Option<Value> {
        let mut seen = vec![false; self.options.len()];
        let fits = kept.len() <= self.keep
            && kept.iter().all(|&position| {
                seen.get_mut(position)
                    .is_some_and(|seen| !std::mem::replace(seen, true))
            });
        fits.then(|| {
            kept.iter()
                .map(|&position| self.options[position].value.clone())
                .collect()
        })
    }

    /// What is kept when nobody decides in time; `None` if that is a failure.
    #[must_use]
    pub fn by_default(&self) -> Option<Vec<usize>> {
        match self.otherwise {
            Otherwise::Best => Some(self.suggested.iter().copied().take(self.keep).collect()),
            Otherwise::Fail => None,
        }
    }
}
