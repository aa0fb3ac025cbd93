//! Where the contracts are on a chain, and getting them there.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolConstructor;
use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientError};
use crate::contracts::{
    Capital, Collective, Commissions, Editions, Governance, Market, ProcessGovernor,
    ProcessRegistry, ProcessTimelock, ReceiptAnchor, TestDollar, TestWrappedNative,
};
use crate::outbox::{Intended, Outbox, OutboxError};

/// Addresses of the contracts on one chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// The works.
    pub registry: Address,
    /// The roots of runs.
    pub anchor: Address,
    /// The editions.
    pub editions: Address,
    /// The stablecoin that works account for, unless they say another.
    pub asset: Address,
    /// Treasuries and offerings of shares.
    #[serde(default)]
    pub capital: Address,
    /// Listings of shares and editions.
    #[serde(default)]
    pub market: Address,
    /// Paid runs in escrow.
    #[serde(default)]
    pub commissions: Address,
    /// Governors and collectives.
    #[serde(default)]
    pub governance: Address,
}

/// Money of a chain that the contracts work with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Money {
    /// Worthless coins, which are deployed along: for the embedded chain, and for trying things out.
    Test,
    /// Coins that the chain has.
    Real {
        /// Stablecoins that works may account for; the first is the usual one.
        stablecoins: Vec<Address>,
        /// The chain's wrapped coin.
        wrapped_native: Address,
    },
}

impl Deployment {
    /// Deploys what isn't there yet. On a chain where this key has done so before, and with the same
    /// ledger, it only finds the addresses.
    pub async fn deploy(outbox: &Outbox, money: &Money) -> Result<Self, OutboxError> {
        let (stablecoins, wrapped_native) = match money {
            Money::Test => {
                let dollar = TestDollar::BYTECODE.clone();
                let dollar = create(outbox, "deploy:test-dollar", dollar, &[]).await?;
                let wrapped = TestWrappedNative::BYTECODE.clone();
                let wrapped = create(outbox, "deploy:test-wrapped", wrapped, &[]).await?;
                (vec![dollar], wrapped)
            }
            Money::Real {
                stablecoins,
                wrapped_native,
            } => (stablecoins.clone(), *wrapped_native),
        };
        let asset = stablecoins.first().copied().unwrap_or_default();
        let arguments = ProcessRegistry::constructorCall {
            assets: stablecoins,
            wrappedNative: wrapped_native,
        };
        let code = ProcessRegistry::BYTECODE.clone();
        let arguments = arguments.abi_encode();
        let registry = create(outbox, "deploy:registry", code, &arguments).await?;
        let code = ReceiptAnchor::BYTECODE.clone();
        let anchor = create(outbox, "deploy:anchor", code, &[]).await?;
        let code = Editions::BYTECODE.clone();
        let arguments = Editions::constructorCall { registry, anchor }.abi_encode();
        let editions = create(outbox, "deploy:editions", code, &arguments).await?;
        let code = Capital::BYTECODE.clone();
        let arguments = Capital::constructorCall { registry }.abi_encode();
        let capital = create(outbox, "deploy:capital", code, &arguments).await?;
        let code = Market::BYTECODE.clone();
        let arguments = Market::constructorCall { registry, editions }.abi_encode();
        let market = create(outbox, "deploy:market", code, &arguments).await?;
        let code = Commissions::BYTECODE.clone();
        let arguments = Commissions::constructorCall { registry, anchor }.abi_encode();
        let commissions = create(outbox, "deploy:commissions", code, &arguments).await?;
        let deployment = Self {
            registry,
            anchor,
            editions,
            asset,
            capital,
            market,
            commissions,
            governance: governance(outbox, registry, capital).await?,
        };
        deployment.check(outbox.client()).await?;
        Ok(deployment)
    }

    /// Whether it has all contracts: what earlier versions noted has fewer.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let later = [self.capital, self.market, self.commissions, self.governance];
        !later.iter().any(|address| address.is_zero())
    }

    /// Whether the stablecoin is ours, and worth nothing.
    pub async fn has_test_money(&self, client: &Client) -> Result<bool, ClientError> {
        let code = client.code(self.asset).await?;
        Ok(is_same_code(&code, &TestDollar::DEPLOYED_BYTECODE))
    }

    /// Makes sure that these addresses hold our contracts, and that they belong together.
    pub async fn check(&self, client: &Client) -> Result<(), ClientError> {
        let (registry, anchor, editions) = (self.registry, self.anchor, self.editions);
        let code = |address| client.code(address);
        let (works, roots, tokens, capital, market, escrow, votes) = tokio::try_join!(
            code(registry),
            code(anchor),
            code(editions),
            code(self.capital),
            code(self.market),
            code(self.commissions),
            code(self.governance),
        )?;
        // Constructors write into the code what a contract belongs to.
        let parts: [(&'static str, Address, &Bytes, &Bytes, &[Address]); 7] = [
            (
                "process registry",
                registry,
                &works,
                &ProcessRegistry::DEPLOYED_BYTECODE,
                &[],
            ),
            (
                "receipt anchor",
                anchor,
                &roots,
                &ReceiptAnchor::DEPLOYED_BYTECODE,
                &[],
            ),
            (
                "editions contract of this registry and anchor",
                editions,
                &tokens,
                &Editions::DEPLOYED_BYTECODE,
                &[registry, anchor],
            ),
            (
                "capital contract of this registry",
                self.capital,
                &capital,
                &Capital::DEPLOYED_BYTECODE,
                &[registry],
            ),
            (
                "market of this registry and these editions",
                self.market,
                &market,
                &Market::DEPLOYED_BYTECODE,
                &[registry, editions],
            ),
            (
                "commissions contract of this registry and anchor",
                self.commissions,
                &escrow,
                &Commissions::DEPLOYED_BYTECODE,
                &[registry, anchor],
            ),
            (
                "governance contract of this registry",
                self.governance,
                &votes,
                &Governance::DEPLOYED_BYTECODE,
                &[registry],
            ),
        ];
        for (name, address, found, compiled, belongs_to) in parts {
            let belongs = belongs_to.iter().all(|other| holds(found, *other));
            if !is_same_code(found, compiled) || !belongs {
                return Err(no_contract(client, name, address));
            }
        }
        let allowed = ProcessRegistry::assetAllowedCall { asset: self.asset };
        if !client.read(registry, &allowed).await? {
            let name = "stablecoin that the registry allows";
            return Err(no_contract(client, name, self.asset));
        }
        Ok(())
    }
}

async fn governance(
    outbox: &Outbox,
    registry: Address,
    capital: Address,
) -> Result<Address, OutboxError> {
    let code = ProcessGovernor::BYTECODE.clone();
    let arguments = ProcessGovernor::constructorCall { registry, capital }.abi_encode();
    let governor = create(outbox, "deploy:governor", code, &arguments).await?;
    let code = ProcessTimelock::BYTECODE.clone();
    let timelock = create(outbox, "deploy:timelock", code, &[]).await?;
    let code = Collective::BYTECODE.clone();
    let arguments = Collective::constructorCall { registry }.abi_encode();
    let collective = create(outbox, "deploy:collective", code, &arguments).await?;
    let arguments = Governance::constructorCall {
        registry,
        governor,
        timelock,
        collective,
    };
    let (code, arguments) = (Governance::BYTECODE.clone(), arguments.abi_encode());
    create(outbox, "deploy:governance", code, &arguments).await
}

fn no_contract(client: &Client, name: &'static str, address: Address) -> ClientError {
    ClientError::NoContract {
        name,
        address,
        place: client.place().to_owned(),
    }
}

/// Whether code is the compiler's, but for the words that a constructor fills in, which are zeros
/// there.
fn is_same_code(code: &[u8], compiled: &[u8]) -> bool {
    code.len() == compiled.len()
        && code
            .iter()
            .zip(compiled)
            .all(|(code, compiled)| code == compiled || *compiled == 0)
}

/// Whether a constructor wrote this address into the code.
fn holds(code: &[u8], address: Address) -> bool {
    let word = address.into_word();
    code.windows(word.len())
        .any(|window| window == word.as_slice())
}

async fn create(
    outbox: &Outbox,
    key: &str,
    code: Bytes,
    arguments: &[u8],
) -> Result<Address, OutboxError> {
    let intended = Intended {
        key: key.to_owned(),
        to: None,
        input: [&code, arguments].concat().into(),
        value: U256::ZERO,
    };
    let settled = outbox.carry_out(&intended).await?;
    settled.receipt.contract_address.ok_or_else(|| {
        let what = "a contract was made, and it gives no address".to_owned();
        outbox
            .client()
            .lie("eth_getTransactionReceipt", what)
            .into()
    })
}
