//! Money of works: the contracts against the arithmetic of core, and to the last unit.

mod ballots;
mod capital;
mod collective;
mod commissions;
mod market;
mod model;
mod random;
mod shares;
mod votes;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use alloy_primitives::{Address, U256};
use daedal_chain::Client;
use daedal_chain::contracts::TestDollar;
use daedal_chain::deployment::{Deployment, Money};
use daedal_chain::operations::{Act, Operator, Work};
use daedal_core::digest::Digest;
use daedal_core::units::BasisPoints;

use crate::scenario::registration;
use crate::support::anvil::Anvil;
use crate::support::{HUNDRED, open, outbox, signer};

pub(crate) const DAY: u64 = 86_400;

/// Four people, with coins for gas, on the embedded chain.
pub(crate) async fn on_the_embedded_chain(scenario: impl AsyncFnOnce(&People)) {
    let folder = tempfile::tempdir().unwrap();
    let chain = open(&folder.path().join("chain"));
    scenario(&People::of_four(&Client::embedded(&chain), folder.path()).await).await;
}

/// The same on anvil.
pub(crate) async fn on_anvil(scenario: impl AsyncFnOnce(&People)) {
    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let client = anvil.client().await;
    Anvil::fund(&client, signer(1).address(), HUNDRED).await;
    scenario(&People::of_four(&client, folder.path()).await).await;
}

/// Some people on one chain, each with a key and an outbox.
pub(crate) struct People {
    operators: Vec<Operator>,
    acts: std::sync::atomic::AtomicUsize,
    /// What each has paid for gas, in wei.
    fees: Mutex<BTreeMap<usize, U256>>,
}

impl People {
    /// Signers 1 to `count`; the first deploys the contracts.
    pub(crate) async fn on(client: &Client, folder: &Path, count: u8) -> Self {
        let outboxes: Vec<_> = (1..=count)
            .map(|number| outbox(client, folder, number))
            .collect();
        let at = Deployment::deploy(&outboxes[0], &Money::Test)
            .await
            .unwrap();
        Self {
            operators: outboxes
                .into_iter()
                .map(|outbox| Operator::new(outbox, at))
                .collect(),
            acts: 0.into(),
            fees: Mutex::default(),
        }
    }

    /// Signers 1 to 4, each with coins for gas.
    async fn of_four(client: &Client, folder: &Path) -> Self {
        let people = Self::on(client, folder, 4).await;
        for number in 2..=4 {
            let gift = Act::payment(people.account(number), U256::from(10_u64.pow(18)));
            people.act(1, &gift).await;
        }
        people
    }

    /// The chain's clock.
    pub(crate) async fn now(&self) -> u64 {
        self.operator(1).reads().now().await.unwrap()
    }

    /// Puts it forward.
    pub(crate) async fn wait(&self, seconds: u64) {
        let client = self.operator(1).reads().client();
        let moved = client.request::<_, serde_json::Value>("evm_increaseTime", (seconds,));
        moved.await.unwrap();
        let mined = client.request::<_, serde_json::Value>("evm_mine", ());
        mined.await.unwrap();
    }

    /// Signer `number`, from 1.
    pub(crate) fn operator(&self, number: usize) -> &Operator {
        &self.operators[number - 1]
    }

    pub(crate) fn account(&self, number: usize) -> Address {
        signer(u8::try_from(number).unwrap()).address()
    }

    /// Does something that has to go well.
    pub(crate) async fn act(&self, number: usize, act: &Act) {
        self.try_act(number, act).await.unwrap();
    }

    /// Does something; in words why not.
    pub(crate) async fn try_act(&self, number: usize, act: &Act) -> Result<(), String> {
        let turn = self.acts.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let key = format!("act:{turn}");
        let done = self.operator(number).carry_out(&key, act).await;
        let receipt = done.map_err(|error| error.to_string())?.receipt;
        let fee = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
        *self.fees.lock().unwrap().entry(number).or_default() += fee;
        Ok(())
    }

    /// What signer `number` has paid for gas until now, in wei.
    pub(crate) fn fees(&self, number: usize) -> U256 {
        let fees = self.fees.lock().unwrap();
        fees.get(&number).copied().unwrap_or_default()
    }

    /// Gives somebody worthless dollars.
    pub(crate) async fn dollars(&self, number: usize, amount: u64) {
        let call = TestDollar::mintCall {
            to: self.account(number),
            amount: U256::from(amount),
        };
        let asset = self.operator(number).reads().deployment().asset;
        self.act(number, &Act::call(asset, &call)).await;
    }

    /// Registers a work of signer `number` that asks `royalty`, with shares for these.
    pub(crate) async fn register(
        &self,
        number: usize,
        name: &str,
        royalty: u16,
        upstream: &[u64],
        holders: &[(usize, u64)],
    ) -> Work {
        let mut asked = registration(name);
        asked.bundle = Digest::of(name.as_bytes());
        asked.royalty = BasisPoints(royalty);
        asked.upstream = upstream.to_vec();
        asked.holders = holders
            .iter()
            .map(|(holder, shares)| (self.account(*holder), U256::from(*shares)))
            .collect();
        let operator = self.operator(number);
        let key = format!("register:{name}");
        let made = operator.register(&key, &asked).await.unwrap();
        operator.reads().work(made.work).await.unwrap()
    }
}
