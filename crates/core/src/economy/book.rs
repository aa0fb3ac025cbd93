//! The book of one asset of one work.

use alloy_primitives::{U256, U512};

use crate::BasisPoints;

/// Bits of `gross` and of `inbound` on chain.
const REVENUE_BITS: usize = 88;
/// Bits of `held` on chain.
const HELD_BITS: usize = 80;

/// What has come in and what is still there, in the asset's smallest unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Book {
    /// Own revenue; only grows.
    pub gross: U256,
    /// Royalties from derivatives.
    pub inbound: U256,
    /// The balance that is accounted for: `gross + inbound` without what was paid out.
    pub held: U256,
}

impl Book {
    /// What is left for the holders: inbound royalties, and own revenue without what is upstream's.
    #[must_use]
    pub fn net(&self, stack: BasisPoints) -> U256 {
        self.inbound + self.gross - part(self.gross, stack)
    }

    /// What has left, for holders and for works upstream.
    #[must_use]
    pub fn paid_out(&self) -> U256 {
        self.gross + self.inbound - self.held
    }

    /// Takes what is in `balance` and not accounted for as revenue. `gross` does not shrink when a
    /// token takes balance away: what is missing is made good before it grows again. Gives what is new.
    pub fn settle(&mut self, balance: U256) -> U256 {
        let balance = balance.min(limit(HELD_BITS));
        let added = balance.saturating_sub(self.held);
        let added = added.min(limit(REVENUE_BITS) - self.gross);
        self.gross += added;
        self.held += added;
        added
    }

    /// Notes a payment that leaves.
    pub(super) fn pay_out(&mut self, amount: U256) {
        self.held -= amount;
    }

    /// Notes a royalty from a derivative; false when the book is full.
    #[must_use]
    pub(super) fn take_in(&mut self, amount: U256) -> bool {
        let fits =
            amount <= limit(REVENUE_BITS) - self.inbound && amount <= limit(HELD_BITS) - self.held;
        if fits {
            self.inbound += amount;
            self.held += amount;
        }
        fits
    }
}

/// A part of an amount, rounded down.
pub(super) fn part(amount: U256, rate: BasisPoints) -> U256 {
    let whole = U512::from(BasisPoints::ALL.0);
    // No more than the amount, so that it fits again.
    U256::from(U512::from(amount) * U512::from(rate.0) / whole)
}

fn limit(bits: usize) -> U256 {
    (U256::ONE << bits) - U256::ONE
}
