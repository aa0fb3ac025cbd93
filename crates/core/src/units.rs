//! Quantities with their units in the type.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// What makes one task's randomness differ from another's: 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub Digest);

impl Seed {
    /// The seed of one task: H(run seed, task path). The path carries round and index.
    #[must_use]
    pub fn of_task(self, path: &str) -> Self {
        Self(Digest::of_parts(
            "daedal/seed/v1",
            &[&self.0.0, path.as_bytes()],
        ))
    }

    /// The first eight bytes as a number, for generators with a 64-bit state.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.0.0[..8]);
        u64::from_be_bytes(first)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An amount of money: millionths of a US dollar.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UsdMicros(pub u64);

impl UsdMicros {
    /// The sum, or the largest amount if it does not fit.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Whether it is no money at all.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.0 == 0
    }

    /// What so many milliseconds cost where this is the price of an hour; parts of a millionth count whole.
    #[must_use]
    pub fn of_time(self, ms: u64) -> Self {
        let cost = (u128::from(self.0) * u128::from(ms)).div_ceil(3_600_000);
        Self(u64::try_from(cost).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for UsdMicros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, micros) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if micros.is_multiple_of(10_000) {
            write!(f, "{whole}.{:02} USD", micros / 10_000)
        } else {
            write!(f, "{whole}.{micros:06} USD")
        }
    }
}

/// A share of a whole in hundredths of a percent: 10,000 is all of it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct BasisPoints(pub u16);

impl BasisPoints {
    /// The whole.
    pub const ALL: Self = Self(10_000);
}

impl fmt::Display for BasisPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match rest {
            0 => write!(f, "{whole}%"),
            rest if rest.is_multiple_of(10) => write!(f, "{whole}.{}%", rest / 10),
            rest => write!(f, "{whole}.{rest:02}%"),
        }
    }
}
