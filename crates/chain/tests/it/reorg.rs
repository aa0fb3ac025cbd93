//! Blocks that a chain takes back: what is not deep enough doesn't count, and is sent again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::{Address, Bytes, U256};
use daedal_chain::Client;
use daedal_chain::outbox::{
    FileLedger, Intended, Ledger as _, Outbox, OutboxError, Patience, Settled, Stage,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::anvil::Anvil;
use crate::support::{HUNDRED, signer};

const SOMEBODY: Address = Address::repeat_byte(0xaa);
const POLL: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(200);

fn gift() -> Intended {
    Intended {
        key: "gift".to_owned(),
        to: Some(SOMEBODY),
        input: Bytes::new(),
        value: U256::ONE,
    }
}

/// Foundry's node, on which every transaction has a block of its own, and a ledger.
struct Place {
    _anvil: Anvil,
    client: Client,
    folder: TempDir,
}

impl Place {
    /// With a block already, that is never taken back.
    async fn new() -> Option<Self> {
        let anvil = Anvil::start(31_337)?;
        let client = anvil.client().await;
        Anvil::fund(&client, signer(1).address(), HUNDRED).await;
        let place = Self {
            _anvil: anvil,
            client,
            folder: tempfile::tempdir().unwrap(),
        };
        place.mine().await;
        Some(place)
    }

    /// An outbox that wants three blocks, its own counted, as a process has it that starts now.
    fn outbox(&self, wait: Duration) -> Outbox {
        let patience = Patience {
            wait,
            poll: POLL,
            confirmations: 3,
            fee_max: None,
        };
        let ledger = Arc::new(ledger(self.folder.path()));
        Outbox::new(self.client.clone(), ledger, signer(1), patience)
    }

    async fn ask(&self, method: &'static str, params: Value) -> Value {
        self.client.request(method, params).await.unwrap()
    }

    async fn mine(&self) {
        self.ask("evm_mine", json!([])).await;
    }

    async fn received(&self) -> U256 {
        self.client.balance(SOMEBODY).await.unwrap()
    }

    /// Waits until the gift is in a block.
    async fn is_in_a_block(&self) {
        while self.received().await.is_zero() {
            tokio::time::sleep(POLL).await;
        }
    }

    /// Goes back to a snapshot, as if the gift had never been heard of.
    async fn go_back(&self, snapshot: Value) {
        let is_back = self.ask("evm_revert", json!([snapshot])).await;
        assert_eq!(is_back, json!(true));
        assert_eq!(self.received().await, U256::ZERO, "the gift is gone");
    }

    async fn stage(&self) -> Stage {
        let entry = ledger(self.folder.path()).get("31337/gift").await;
        entry.unwrap().unwrap().stage
    }
}

fn ledger(folder: &Path) -> FileLedger {
    FileLedger::open(&folder.join("ledger")).unwrap()
}

/// Asks for the gift again, and has blocks come once it is in one.
async fn give_in_the_end(place: &Place) -> Settled {
    let outbox = place.outbox(LONG);
    let giving = tokio::spawn(async move { outbox.carry_out(&gift()).await });
    while !giving.is_finished() {
        if !place.received().await.is_zero() {
            place.mine().await;
        }
        tokio::time::sleep(POLL).await;
    }
    match giving.await.unwrap() {
        Ok(settled) => settled,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_counts_once_it_is_as_deep_as_asked() {
    let Some(place) = Place::new().await else {
        return;
    };
    let outbox = place.outbox(LONG);
    let giving = tokio::spawn(async move { outbox.carry_out(&gift()).await });
    place.is_in_a_block().await;
    for _depth in 1..3 {
        // It looks again and again meanwhile, and goes on waiting.
        tokio::time::sleep(10 * POLL).await;
        assert!(!giving.is_finished());
        assert_eq!(place.stage().await, Stage::Signed);
        place.mine().await;
    }
    let settled = giving.await.unwrap().unwrap();
    let block = settled.receipt.block_number.unwrap();
    assert_eq!(place.client.block_number().await.unwrap(), block + 2);
    let success = true;
    assert_eq!(place.stage().await, Stage::Mined { block, success });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reorganisation_takes_back_too_early_to_count_is_sent_again() {
    let Some(place) = Place::new().await else {
        return;
    };
    let snapshot = place.ask("evm_snapshot", json!([])).await;
    let outbox = place.outbox(Duration::from_secs(1));
    let giving = tokio::spawn(async move { outbox.carry_out(&gift()).await });
    place.is_in_a_block().await;
    place.go_back(snapshot).await;
    // Nobody is told that it is done.
    let told = giving.await.unwrap().unwrap_err();
    assert!(
        told.to_string().contains("is not in a block after 1 s"),
        "{told}"
    );
    let OutboxError::Waiting { hash, .. } = told else {
        panic!("{told}");
    };
    assert_eq!(place.stage().await, Stage::Signed);
    let settled = give_in_the_end(&place).await;
    // The same bytes in another block, and once.
    assert_eq!(settled.receipt.transaction_hash, hash);
    assert!(!settled.is_new);
    assert_eq!(place.received().await, U256::ONE);
    assert!(matches!(place.stage().await, Stage::Mined { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_again_before_it_is_deep_enough_is_told_to_wait() {
    let Some(place) = Place::new().await else {
        return;
    };
    for _ in 0..3 {
        let told = place.outbox(SHORT).carry_out(&gift()).await.unwrap_err();
        // It is in the newest block, and that is said.
        let block = place.client.block_number().await.unwrap();
        let expected = format!("is in block {block}, with 1 of 3 confirmations after 0 s");
        assert!(told.to_string().contains(&expected), "{told}");
        assert_eq!(place.stage().await, Stage::Signed);
    }
    give_in_the_end(&place).await;
    assert_eq!(place.received().await, U256::ONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_after_it_was_asked_for_again_is_sent_again() {
    let Some(place) = Place::new().await else {
        return;
    };
    let snapshot = place.ask("evm_snapshot", json!([])).await;
    place.outbox(SHORT).carry_out(&gift()).await.unwrap_err();
    // Another process looks after what was left, while one block stands on it.
    place.outbox(SHORT).resume().await.unwrap();
    place.go_back(snapshot).await;
    give_in_the_end(&place).await;
    assert_eq!(place.received().await, U256::ONE);
}
