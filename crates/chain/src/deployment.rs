//! Where the contracts are on a chain, and getting them there.

use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::SolConstructor;
use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientError};
use crate::contracts::{
    Capital, Collective, Commissions, Editions, Governance, Market, ProcessGovernor,
    ProcessRegistry, ProcessTimelock, ReceiptAnchor, TestDollar, TestWrappedNative,
};
use crate::operations::{Act, Ledgers};
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
        let deployment = Self::make(&mut Maker::Sends(outbox), money).await?;
        deployment.check(outbox.client()).await?;
        Ok(deployment)
    }

    /// What deploying would make from an account that has deployed nothing there: each contract's name, and
    /// the gas that it takes where the node can tell.
    pub async fn look(
        client: &Client,
        from: Address,
        money: &Money,
    ) -> Result<Vec<(&'static str, Option<u64>)>, OutboxError> {
        let (_, made) = Self::planned(client, from, money).await?;
        let (names, calls): (Vec<_>, Vec<_>) = made.into_iter().unzip();
        if let Some(gas) = client.simulate(&calls).await? {
            return Ok(names.into_iter().zip(gas.into_iter().map(Some)).collect());
        }
        let mut told = Vec::with_capacity(names.len());
        for (name, call) in names.into_iter().zip(calls) {
            // What needs nothing of those before it can be told alone.
            let gas = client.estimate_gas(call).await;
            told.push((name, gas.ok()));
        }
        Ok(told)
    }

    /// What comes after deploying from an account that has deployed nothing there: the act, and the gas of all
    /// contracts and of it where the node can tell, or why the contracts would refuse it.
    pub async fn look_beyond(
        client: &Client,
        from: Address,
        money: &Money,
        act: impl FnOnce(&Ledgers) -> Act,
    ) -> Result<(Act, Option<(u64, u64)>), OutboxError> {
        let (at, made) = Self::planned(client, from, money).await?;
        let act = act(&Ledgers::new(client.clone(), at));
        let mut calls: Vec<TransactionRequest> = made.into_iter().map(|(_, call)| call).collect();
        calls.push(act.request(from));
        let gas = client.simulate(&calls).await?.and_then(|gas| {
            let (last, contracts) = gas.split_last()?;
            Some((contracts.iter().sum(), *last))
        });
        Ok((act, gas))
    }

    /// Where the contracts would be, and what makes them.
    async fn planned(
        client: &Client,
        from: Address,
        money: &Money,
    ) -> Result<(Self, Vec<(&'static str, TransactionRequest)>), OutboxError> {
        let mut maker = Maker::Looks {
            from,
            nonce: client.next_nonce(from).await?,
            made: Vec::new(),
        };
        let at = Self::make(&mut maker, money).await?;
        match maker {
            Maker::Looks { made, .. } => Ok((at, made)),
            Maker::Sends(_) => Ok((at, Vec::new())),
        }
    }

    async fn make(maker: &mut Maker<'_>, money: &Money) -> Result<Self, OutboxError> {
        let (stablecoins, wrapped_native) = match money {
            Money::Test => {
                let dollar = maker
                    .create("test-dollar", &TestDollar::BYTECODE, &[])
                    .await?;
                let code = &TestWrappedNative::BYTECODE;
                let wrapped = maker.create("test-wrapped", code, &[]).await?;
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
        let (code, arguments) = (&ProcessRegistry::BYTECODE, arguments.abi_encode());
        let registry = maker.create("registry", code, &arguments).await?;
        let anchor = maker
            .create("anchor", &ReceiptAnchor::BYTECODE, &[])
            .await?;
        let arguments = Editions::constructorCall { registry, anchor }.abi_encode();
        let editions = maker
            .create("editions", &Editions::BYTECODE, &arguments)
            .await?;
        let arguments = Capital::constructorCall { registry }.abi_encode();
        let capital = maker
            .create("capital", &Capital::BYTECODE, &arguments)
            .await?;
        let arguments = Market::constructorCall { registry, editions }.abi_encode();
        let market = maker
            .create("market", &Market::BYTECODE, &arguments)
            .await?;
        let arguments = Commissions::constructorCall { registry, anchor }.abi_encode();
        let code = &Commissions::BYTECODE;
        let commissions = maker.create("commissions", code, &arguments).await?;
        Ok(Self {
            registry,
            anchor,
            editions,
            asset,
            capital,
            market,
            commissions,
            governance: governance(maker, registry, capital).await?,
        })
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
    maker: &mut Maker<'_>,
    registry: Address,
    capital: Address,
) -> Result<Address, OutboxError> {
    let arguments = ProcessGovernor::constructorCall { registry, capital }.abi_encode();
    let code = &ProcessGovernor::BYTECODE;
    let governor = maker.create("governor", code, &arguments).await?;
    let timelock = maker
        .create("timelock", &ProcessTimelock::BYTECODE, &[])
        .await?;
    let arguments = Collective::constructorCall { registry }.abi_encode();
    let code = &Collective::BYTECODE;
    let collective = maker.create("collective", code, &arguments).await?;
    let arguments = Governance::constructorCall {
        registry,
        governor,
        timelock,
        collective,
    };
    let arguments = arguments.abi_encode();
    maker
        .create("governance", &Governance::BYTECODE, &arguments)
        .await
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

/// Makes contracts, or says what would be made.
enum Maker<'a> {
    Sends(&'a Outbox),
    Looks {
        from: Address,
        /// Of the next contract.
        nonce: u64,
        made: Vec<(&'static str, TransactionRequest)>,
    },
}

impl Maker<'_> {
    /// Address of the contract with this code.
    async fn create(
        &mut self,
        name: &'static str,
        code: &Bytes,
        arguments: &[u8],
    ) -> Result<Address, OutboxError> {
        let input: Bytes = [code, arguments].concat().into();
        let outbox = match self {
            Self::Sends(outbox) => outbox,
            Self::Looks { from, nonce, made } => {
                let address = from.create(*nonce);
                *nonce += 1;
                let request = TransactionRequest {
                    from: Some(*from),
                    to: Some(TxKind::Create),
                    input: input.into(),
                    ..TransactionRequest::default()
                };
                made.push((name, request));
                return Ok(address);
            }
        };
        let intended = Intended {
            key: format!("deploy:{name}"),
            to: None,
            input,
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
}
