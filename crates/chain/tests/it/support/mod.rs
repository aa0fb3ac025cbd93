//! What the tests share.

pub(crate) mod anvil;
pub(crate) mod node;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::U256;
use alloy_signer_local::PrivateKeySigner;
use daedal_chain::embedded::Genesis;
use daedal_chain::outbox::{FileLedger, Outbox, Patience};
use daedal_chain::{Chain, Client};

/// A hundred coins, in wei.
pub(crate) const HUNDRED: U256 = U256::from_limbs([7_766_279_631_452_241_920, 5, 0, 0]);

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn bytes(&mut self, length: u64) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

/// The seed from the environment, or a new one. Printed, so that a failure can be replayed.
pub(crate) fn seed(variable: &str) -> u64 {
    let given = std::env::var(variable).ok();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let fresh = now.map_or(1, |time| u64::from(time.subsec_nanos()));
    let seed = given.map_or(fresh, |text| text.parse().expect("a number"));
    println!("replay with {variable}={seed}");
    seed
}

pub(crate) fn signer(number: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_slice(&[number; 32]).unwrap()
}

/// The embedded chain in `folder`, of signer 1.
pub(crate) fn open(folder: &Path) -> Chain {
    let genesis = Genesis::of(signer(1).address(), HUNDRED);
    Chain::open(folder, &genesis, "daedal test").unwrap()
}

/// An outbox of signer `number`, with its ledger in `folder`.
pub(crate) fn outbox(client: &Client, folder: &Path, number: u8) -> Outbox {
    let ledger = FileLedger::open(&folder.join(format!("ledger-{number}"))).unwrap();
    let patience = Patience {
        wait: Duration::from_secs(20),
        poll: Duration::from_millis(20),
        confirmations: 1,
        fee_max: None,
    };
    Outbox::new(client.clone(), Arc::new(ledger), signer(number), patience)
}
