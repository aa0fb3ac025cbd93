//! Accounts that are contracts (ERC-1271): what they accept, and when.

use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use alloy_signer::SignerSync as _;
use alloy_sol_types::{SolCall, SolValue, sol};
use daedal_chain::Client;
use daedal_chain::client::{Accepts, BlockPin};
use daedal_chain::outbox::{Intended, Outbox};

use crate::support::anvil::Anvil;
use crate::support::{HUNDRED, open, outbox, signer};

sol! {
    function own(address next) external;
}

/// The creation code of `fixtures/Wallet.sol`.
const WALLET: &str = include_str!("fixtures/Wallet.hex");

async fn sent(outbox: &Outbox, key: &str, to: Option<Address>, input: Vec<u8>) -> Option<Address> {
    let intended = Intended {
        key: key.to_owned(),
        to,
        input: input.into(),
        value: U256::ZERO,
    };
    let settled = outbox.carry_out(&intended).await.unwrap();
    settled.receipt.contract_address
}

/// A wallet's signature: its owner's, and more that only the wallet knows the meaning of.
fn signed(owner: u8, hash: B256) -> Bytes {
    let mut signature = signer(owner)
        .sign_hash_sync(&hash)
        .unwrap()
        .as_bytes()
        .to_vec();
    signature.extend([7; 100]);
    signature.into()
}

async fn accepted_by_contracts_alone(client: &Client, folder: &std::path::Path) {
    let outbox = outbox(client, folder, 1);
    let owner = signer(2).address();
    let code = [hex::decode(WALLET.trim()).unwrap(), owner.abi_encode()].concat();
    let wallet = sent(&outbox, "wallet", None, code).await.unwrap();
    let hash = keccak256("decided");
    let accepts = async |account, signature: &Bytes, block: Option<BlockPin>| {
        let asked = client.accepts(account, hash, signature, block);
        asked.await.unwrap()
    };
    let (mine, others) = (signed(2, hash), signed(3, hash));
    let then = client.newest().await.unwrap();
    assert_eq!(accepts(wallet, &mine, None).await, Accepts::Yes);
    assert_eq!(accepts(wallet, &mine, Some(then)).await, Accepts::Yes);
    assert_eq!(accepts(wallet, &others, None).await, Accepts::No);
    // It reverts.
    assert_eq!(accepts(wallet, &Bytes::new(), None).await, Accepts::No);
    assert_eq!(accepts(owner, &mine, None).await, Accepts::NoContract);
    let first = client.block(0).await.unwrap();
    assert_eq!(accepts(wallet, &mine, first).await, Accepts::NoContract);

    // Another owner signs from now on; what was accepted then stays accepted then.
    let next = ownCall {
        next: signer(3).address(),
    };
    sent(&outbox, "own", Some(wallet), next.abi_encode()).await;
    assert_eq!(accepts(wallet, &mine, None).await, Accepts::No);
    assert_eq!(accepts(wallet, &others, None).await, Accepts::Yes);
    assert_eq!(accepts(wallet, &mine, Some(then)).await, Accepts::Yes);
    assert_eq!(accepts(wallet, &others, Some(then)).await, Accepts::No);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_accepts_what_its_owner_signed_on_the_embedded_chain() {
    let folder = tempfile::tempdir().unwrap();
    let chain = open(&folder.path().join("chain"));
    accepted_by_contracts_alone(&Client::embedded(&chain), folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_accepts_what_its_owner_signed_on_anvil() {
    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let client = anvil.client().await;
    Anvil::fund(&client, signer(1).address(), HUNDRED).await;
    accepted_by_contracts_alone(&client, folder.path()).await;
}
