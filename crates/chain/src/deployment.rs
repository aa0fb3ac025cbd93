//! Where the contracts are on a chain, and getting them there.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolConstructor;
use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientError};
use crate::contracts::{Editions, ProcessRegistry, ReceiptAnchor, TestDollar, TestWrappedNative};
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
        let deployment = Self {
            registry,
            anchor,
            editions,
            asset,
        };
        deployment.check(outbox.client()).await?;
        Ok(deployment)
    }

    /// Makes sure that these addresses hold our contracts, and that they belong together.
    pub async fn check(&self, client: &Client) -> Result<(), ClientError> {
        let parts = [
            (
                "process registry",
                self.registry,
                &*ProcessRegistry::DEPLOYED_BYTECODE,
            ),
            (
                "receipt anchor",
                self.anchor,
                &*ReceiptAnchor::DEPLOYED_BYTECODE,
            ),
            (
                "editions contract",
                self.editions,
                &*Editions::DEPLOYED_BYTECODE,
            ),
        ];
        for (name, address, expected) in parts {
            let code = client.code(address).await?;
            if !is_same_code(&code, expected) {
                return Err(no_contract(client, name, address));
            }
        }
        let registry = client
            .read(self.editions, &Editions::REGISTRYCall {})
            .await?;
        let anchor = client.read(self.editions, &Editions::ANCHORCall {}).await?;
        if (registry, anchor) != (self.registry, self.anchor) {
            let name = "editions contract of this registry and anchor";
            return Err(no_contract(client, name, self.editions));
        }
        let allowed = ProcessRegistry::assetAllowedCall { asset: self.asset };
        if !client.read(self.registry, &allowed).await? {
            let name = "stablecoin that the registry allows";
            return Err(no_contract(client, name, self.asset));
        }
        Ok(())
    }
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
