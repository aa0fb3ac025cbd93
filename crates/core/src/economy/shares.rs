//! Shares of a work, and what their holders and the works upstream are owed.

use std::collections::BTreeMap;

use alloy_primitives::{Address, I256, U256};
use thiserror::Error;

use super::book::{Book, part};
use super::stack::Stack;

/// What a work accounts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asset {
    /// The chain's own coin.
    Native,
    /// The stablecoin that the work chose.
    Stablecoin,
}

impl Asset {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Native, Self::Stablecoin];
}

/// Why shares refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SharesError {
    /// More shares than the account has.
    #[error("{account} has {balance} shares, and {amount} were to move")]
    TooFew {
        /// Whose.
        account: Address,
        /// How many it has.
        balance: U256,
        /// How many were asked for.
        amount: U256,
    },
    /// The work is not upstream of this one.
    #[error("work {0} does not stand upstream of this one")]
    NotUpstream(u64),
    /// More than can be counted.
    #[error("the book can't hold {0} more")]
    Full(U256),
}

/// Shares of one work with the books of its assets. Per asset:
///
/// ```text
/// net     = inbound + gross - floor(gross * stack)
/// owed(a) = floor((net * balance(a) - debt(a)) / supply)
/// due(x)  = floor(gross * rate(x)) - taken(x)
/// ```
///
/// A holder's debt is what was settled with it, scaled by the supply, so that nothing is rounded
/// before it is paid. A transfer of shares carries `net * amount` of debt along: past revenue stays
/// with who held them then, at the same cost for any number of holders.
#[derive(Debug, Clone)]
pub struct Shares {
    supply: U256,
    stack: Stack,
    balances: BTreeMap<Address, U256>,
    money: [Money; 2],
}

/// One asset of a work.
#[derive(Debug, Clone, Default)]
struct Money {
    /// What stands at the work's address, noted or not.
    balance: U256,
    book: Book,
    debts: BTreeMap<Address, I256>,
    taken: BTreeMap<u64, U256>,
    claimed: U256,
}

impl Shares {
    /// The shares of a new work.
    #[must_use]
    pub fn new(holders: &[(Address, U256)], stack: Stack) -> Self {
        let mut balances: BTreeMap<Address, U256> = BTreeMap::new();
        for (account, shares) in holders {
            *balances.entry(*account).or_default() += *shares;
        }
        Self {
            supply: balances.values().sum(),
            stack,
            balances,
            money: Default::default(),
        }
    }

    /// Number of shares there are.
    #[must_use]
    pub fn supply(&self) -> U256 {
        self.supply
    }

    /// Shares of an account.
    #[must_use]
    pub fn balance_of(&self, account: Address) -> U256 {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    /// What stands at the work's address.
    #[must_use]
    pub fn balance(&self, asset: Asset) -> U256 {
        self.money[asset as usize].balance
    }

    /// The book with everything that has arrived.
    #[must_use]
    pub fn book(&self, asset: Asset) -> Book {
        let money = &self.money[asset as usize];
        let mut book = money.book;
        book.settle(money.balance);
        book
    }

    /// What of it is the holders'.
    #[must_use]
    pub fn net(&self, asset: Asset) -> U256 {
        self.book(asset).net(self.stack.rate())
    }

    /// The works upstream.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// What an account can claim.
    #[must_use]
    pub fn owed(&self, account: Address, asset: Asset) -> U256 {
        let net = self.net(asset);
        let debts = &self.money[asset as usize].debts;
        let debt = debts.get(&account).copied().unwrap_or_default();
        let earned = signed(net * self.balance_of(account)) - debt;
        // Never negative: net only grows, and debt follows it through every transfer.
        earned.into_raw() / self.supply
    }

    /// What a work upstream can collect.
    pub fn due(&self, ancestor: u64, asset: Asset) -> Result<U256, SharesError> {
        let rate = self.stack.rate_of(ancestor);
        let rate = rate.ok_or(SharesError::NotUpstream(ancestor))?;
        let taken = self.money[asset as usize].taken.get(&ancestor).copied();
        Ok(part(self.book(asset).gross, rate) - taken.unwrap_or_default())
    }

    /// Money arrives, from anyone: revenue.
    pub fn pay(&mut self, asset: Asset, amount: U256) {
        self.money[asset as usize].balance += amount;
    }

    /// Shares change hands.
    pub fn transfer(
        &mut self,
        from: Address,
        to: Address,
        amount: U256,
    ) -> Result<(), SharesError> {
        let balance = self.balance_of(from);
        let left = balance.checked_sub(amount);
        let left = left.ok_or(SharesError::TooFew {
            account: from,
            balance,
            amount,
        })?;
        if amount.is_zero() || from == to {
            return Ok(());
        }
        for asset in Asset::ALL {
            let book = self.settle(asset);
            let moved = signed(book.net(self.stack.rate()) * amount);
            let debts = &mut self.money[asset as usize].debts;
            *debts.entry(from).or_default() -= moved;
            *debts.entry(to).or_default() += moved;
        }
        self.balances.insert(from, left);
        *self.balances.entry(to).or_default() += amount;
        Ok(())
    }

    /// An account takes what it is owed. Gives how much.
    pub fn claim(&mut self, account: Address, asset: Asset) -> U256 {
        self.settle(asset);
        let amount = self.owed(account, asset);
        let scaled = signed(amount * self.supply);
        let money = &mut self.money[asset as usize];
        *money.debts.entry(account).or_default() += scaled;
        money.claimed += amount;
        money.leave(amount);
        amount
    }

    /// A work upstream takes what is due to it. Gives how much, which arrives there by
    /// [`Shares::receive`].
    pub fn collect(&mut self, ancestor: u64, asset: Asset) -> Result<U256, SharesError> {
        let amount = self.due(ancestor, asset)?;
        self.settle(asset);
        let money = &mut self.money[asset as usize];
        *money.taken.entry(ancestor).or_default() += amount;
        money.leave(amount);
        Ok(amount)
    }

    /// A royalty arrives from a derivative. It is the holders' alone: the derivative pays every work
    /// upstream itself.
    pub fn receive(&mut self, asset: Asset, amount: U256) -> Result<(), SharesError> {
        let money = &mut self.money[asset as usize];
        if !money.book.take_in(amount) {
            return Err(SharesError::Full(amount));
        }
        money.balance += amount;
        Ok(())
    }

    fn settle(&mut self, asset: Asset) -> Book {
        let money = &mut self.money[asset as usize];
        money.book.settle(money.balance);
        money.book
    }
}

impl Money {
    fn leave(&mut self, amount: U256) {
        self.book.pay_out(amount);
        self.balance -= amount;
    }
}

/// Products of revenue and shares have no more than 184 bits.
fn signed(product: U256) -> I256 {
    I256::from_raw(product)
}

#[cfg(test)]
impl Shares {
    /// What holders have claimed.
    pub(super) fn claimed(&self, asset: Asset) -> U256 {
        self.money[asset as usize].claimed
    }

    /// `sum(net * balance - debt)` over all accounts.
    pub(super) fn unsettled(&self, asset: Asset) -> I256 {
        let net = self.net(asset);
        let debts = &self.money[asset as usize].debts;
        let earned = self.balances.values().map(|shares| signed(net * *shares));
        earned.sum::<I256>() - debts.values().copied().sum::<I256>()
    }
}
