//! Money of a work: what came in, what holders and works upstream are owed, and paying it.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolEvent};
use daedal_core::economy::Asset;

use super::{Act, Ledgers, OperationError, Receipt, Work};
use crate::client::ClientError;
use crate::contracts::{ProcessShares as shares, TestDollar as erc20};

/// The books of one asset of a work, in its smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revenue {
    /// Own revenue, with what nobody has noted yet.
    pub gross: U256,
    /// Royalties from derivatives.
    pub inbound: U256,
    /// What of both is the holders'.
    pub net: U256,
    /// What has left, for holders and for works upstream.
    pub paid_out: U256,
}

/// What money is called and how it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coin {
    /// The token's contract; zero for the chain's own coin.
    pub address: Address,
    /// Such as `USDC`.
    pub symbol: String,
    /// Digits behind the point.
    pub decimals: u8,
}

impl Coin {
    /// Lets a contract take as much of the caller's, of a token.
    #[must_use]
    pub fn approve(&self, spender: Address, value: U256) -> Act {
        Act::call(self.address, &erc20::approveCall { spender, value })
    }

    /// The coin of an Ethereum-like chain.
    #[must_use]
    pub fn native() -> Self {
        Self {
            address: Address::ZERO,
            symbol: "ETH".to_owned(),
            decimals: 18,
        }
    }
}

impl Work {
    /// Address of an asset as the shares name it: zero for the chain's own coin.
    #[must_use]
    pub fn address_of(&self, asset: Asset) -> Address {
        match asset {
            Asset::Native => Address::ZERO,
            Asset::Stablecoin => self.asset,
        }
    }

    /// Pays the work: revenue, of which everybody has their part.
    #[must_use]
    pub fn pay(&self, asset: Asset, amount: U256) -> Act {
        match asset {
            Asset::Native => Act::payment(self.shares, amount),
            Asset::Stablecoin => {
                let to = self.shares;
                Act::call(self.asset, &erc20::transferCall { to, value: amount })
            }
        }
    }

    /// Takes what the caller is owed to `to`.
    #[must_use]
    pub fn claim(&self, asset: Asset, to: Address) -> Act {
        let asset_ = self.address_of(asset);
        Act::call(self.shares, &shares::claimCall { asset_, to })
    }

    /// What a claim of an asset that was carried out has taken: revenue may have come in since anybody looked.
    #[must_use]
    pub fn claimed(&self, receipt: &Receipt, asset: Asset) -> U256 {
        let asset = self.address_of(asset);
        let own = receipt
            .logs()
            .iter()
            .filter(|log| log.address() == self.shares);
        let claims = own.filter_map(|log| shares::Claimed::decode_log_data(log.data()).ok());
        claims
            .filter(|claim| claim.asset == asset)
            .map(|claim| claim.amount)
            .sum()
    }

    /// Takes what `account` is owed to `to`; the caller is its operator.
    #[must_use]
    pub fn claim_for(&self, account: Address, asset: Asset, to: Address) -> Act {
        let asset_ = self.address_of(asset);
        let call = shares::claimForCall {
            account,
            asset_,
            to,
        };
        Act::call(self.shares, &call)
    }

    /// Takes what is due to a work upstream to it.
    #[must_use]
    pub fn collect(&self, ancestor: u64, asset: Asset) -> Act {
        let call = shares::collectCall {
            ancestor: U256::from(ancestor),
            asset_: self.address_of(asset),
        };
        Act::call(self.shares, &call)
    }

    /// Notes what has arrived.
    #[must_use]
    pub fn sync(&self, asset: Asset) -> Act {
        let asset_ = self.address_of(asset);
        Act::call(self.shares, &shares::syncCall { asset_ })
    }

    /// Gives shares of the caller to `to`.
    #[must_use]
    pub fn give_shares(&self, to: Address, amount: U256) -> Act {
        Act::call(self.shares, &shares::transferCall { to, value: amount })
    }

    /// Lets `to` vote with the caller's shares; the caller itself to vote with them.
    #[must_use]
    pub fn delegate(&self, to: Address) -> Act {
        Act::call(self.shares, &shares::delegateCall { delegatee: to })
    }
}

impl Ledgers {
    /// The books of an asset of a work.
    pub async fn revenue(&self, work: &Work, asset: Asset) -> Result<Revenue, OperationError> {
        let asset_ = work.address_of(asset);
        let call = shares::revenueCall { asset_ };
        let found = self.read(work.shares, &call).await?;
        Ok(Revenue {
            gross: found.gross,
            inbound: found.inbound,
            net: found.net,
            paid_out: found.paidOut,
        })
    }

    /// What an account can claim.
    pub async fn owed(
        &self,
        work: &Work,
        account: Address,
        asset: Asset,
    ) -> Result<U256, OperationError> {
        let asset_ = work.address_of(asset);
        Ok(self
            .read(work.shares, &shares::owedCall { account, asset_ })
            .await?)
    }

    /// What a work upstream can collect from `work`.
    pub async fn due(
        &self,
        work: &Work,
        ancestor: u64,
        asset: Asset,
    ) -> Result<U256, OperationError> {
        let call = shares::dueCall {
            ancestor: U256::from(ancestor),
            asset_: work.address_of(asset),
        };
        Ok(self.read(work.shares, &call).await?)
    }

    /// What money is called that is at `address`; zero is the chain's own coin.
    pub async fn coin(&self, address: Address) -> Result<Coin, OperationError> {
        if address.is_zero() {
            return Ok(Coin::native());
        }
        // Some tokens have neither; they are shown by their address then.
        let symbol = self.optional(address, &erc20::symbolCall {}).await?;
        let decimals = self.optional(address, &erc20::decimalsCall {}).await?;
        Ok(Coin {
            address,
            symbol: symbol.map_or_else(|| address.to_string(), |symbol| tidy(&symbol)),
            decimals: decimals.unwrap_or_default(),
        })
    }

    /// Money of an account.
    pub async fn money_of(&self, account: Address, coin: Address) -> Result<U256, OperationError> {
        if coin.is_zero() {
            return Ok(self.client.balance(account).await?);
        }
        Ok(self.read(coin, &erc20::balanceOfCall { account }).await?)
    }

    /// What `spender` may take of the money of `owner`.
    pub async fn allowed(
        &self,
        owner: Address,
        spender: Address,
        coin: Address,
    ) -> Result<U256, OperationError> {
        let call = erc20::allowanceCall { owner, spender };
        Ok(self.read(coin, &call).await?)
    }

    pub(super) async fn optional<C: SolCall>(
        &self,
        at: Address,
        call: &C,
    ) -> Result<Option<C::Return>, OperationError> {
        match self.read(at, call).await {
            Ok(found) => Ok(Some(found)),
            Err(ClientError::Reverted { .. } | ClientError::Lie { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// A token's own words, without what would confuse a terminal or a reader.
fn tidy(symbol: &str) -> String {
    let plain = |c: &char| c.is_ascii_graphic();
    symbol.chars().filter(plain).take(16).collect()
}
