//! The works that a derivative owes, each once.

use thiserror::Error;

use crate::BasisPoints;

/// Works upstream of a work at most.
pub const ANCESTORS_MAX: usize = 16;

/// What a work may owe to all works upstream together.
pub const STACK_MAX: BasisPoints = BasisPoints(5_000);

/// What a work may ask of each derivative.
pub const ROYALTY_MAX: BasisPoints = STACK_MAX;

/// Works upstream with the rates that they asked when they were registered, in the registry's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stack(Vec<(u64, BasisPoints)>);

/// Why a work can't derive from all of its parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StackError {
    /// Too many works upstream.
    #[error("{count} works stand upstream of it, and {ANCESTORS_MAX} may; derive from fewer")]
    TooDeep {
        /// How many.
        count: usize,
    },
    /// They ask too much together.
    #[error(
        "the works upstream of it ask {rate} of its revenue together, and {STACK_MAX} is the most; \
         derive from fewer, or from works with lower royalties"
    )]
    TooHigh {
        /// How much, in hundredths of a percent; may be more than a whole.
        rate: Rate,
    },
}

/// A sum of rates, which may be more than a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(pub u32);

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02}%", self.0 / 100, self.0 % 100)
    }
}

impl Stack {
    /// The union of the parents and of their stacks, so that a work that is reached twice is owed
    /// once. A parent is its number, the royalty that it asks, and its own stack.
    pub fn of<'a>(
        parents: impl IntoIterator<Item = (u64, BasisPoints, &'a Self)>,
    ) -> Result<Self, StackError> {
        let mut union = Self::default();
        for (work, royalty, stack) in parents {
            union.add(work, royalty);
            for (ancestor, rate) in &stack.0 {
                union.add(*ancestor, *rate);
            }
        }
        let rate = Rate(union.0.iter().map(|(_, rate)| u32::from(rate.0)).sum());
        if union.0.len() > ANCESTORS_MAX {
            return Err(StackError::TooDeep {
                count: union.0.len(),
            });
        }
        if rate.0 > u32::from(STACK_MAX.0) {
            return Err(StackError::TooHigh { rate });
        }
        Ok(union)
    }

    /// A stack as a registry gives it.
    #[must_use]
    pub fn from_entries(entries: Vec<(u64, BasisPoints)>) -> Self {
        Self(entries)
    }

    /// Each work upstream, and what it is owed.
    pub fn entries(&self) -> impl Iterator<Item = (u64, BasisPoints)> + '_ {
        self.0.iter().copied()
    }

    /// What a work upstream is owed; none if it does not stand there.
    #[must_use]
    pub fn rate_of(&self, work: u64) -> Option<BasisPoints> {
        let found = self.0.iter().find(|(known, _)| *known == work);
        found.map(|(_, rate)| *rate)
    }

    /// What all works upstream are owed together.
    #[must_use]
    pub fn rate(&self) -> BasisPoints {
        BasisPoints(self.0.iter().map(|(_, rate)| rate.0).sum())
    }

    fn add(&mut self, work: u64, rate: BasisPoints) {
        if self.rate_of(work).is_none() {
            self.0.push((work, rate));
        }
    }
}
