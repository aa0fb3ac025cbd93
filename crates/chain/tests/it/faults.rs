//! Nodes that hang, lie and die, and people who have nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use daedal_chain::client::Remote;
use daedal_chain::outbox::{Intended, Outbox, OutboxError};
use daedal_chain::rpc::Rpc;
use daedal_chain::{Client, ClientError};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::anvil::Anvil;
use crate::support::node::{self, Act};
use crate::support::{HUNDRED, open, outbox, signer};

const SOMEBODY: Address = Address::repeat_byte(0xaa);

fn gift(key: &str, value: U256) -> Intended {
    Intended {
        key: key.to_owned(),
        to: Some(SOMEBODY),
        input: Bytes::new(),
        value,
    }
}

fn remote(url: &str) -> Remote {
    Remote {
        timeout: Duration::from_millis(500),
        ..Remote::at(url)
    }
}

/// A chain, a node in front of it that keeps to `rule`, and an outbox that goes through the node.
async fn behind(
    folder: &Path,
    rule: impl Fn(&str) -> Act + Send + Sync + 'static,
) -> (Rpc, Outbox) {
    let rpc = Rpc::new(open(&folder.join("chain")));
    let url = node::start(rpc.clone(), rule).await;
    let client = Client::connect(&remote(&url)).await.unwrap();
    (rpc, outbox(&client, folder, 1))
}

fn received(rpc: &Rpc) -> U256 {
    rpc.chain().view().account(SOMEBODY).unwrap().0
}

#[tokio::test]
async fn a_node_of_another_chain_is_refused_at_once_and_later() {
    let folder = tempfile::tempdir().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let rpc = Rpc::new(open(&folder.path().join("chain")));
    let id = rpc.chain().chain_id();
    let url = node::start(rpc.clone(), move |method| match method {
        "eth_chainId" if count.fetch_add(1, Ordering::SeqCst) >= 2 => Act::Result(json!("0x1")),
        _ => Act::Pass,
    })
    .await;
    let expected = Remote {
        chain_id: Some(5),
        ..remote(&url)
    };
    let error = Client::connect(&expected).await.unwrap_err();
    assert!(matches!(error, ClientError::WrongChain { expected: 5, found, .. } if found == id));
    let client = Client::connect(&remote(&url)).await.unwrap();
    let outbox = outbox(&client, folder.path(), 1);
    let error = outbox
        .carry_out(&gift("gift", U256::ONE))
        .await
        .unwrap_err();
    let OutboxError::Client(ClientError::WrongChain { found: 1, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(received(&rpc), U256::ZERO);
}

#[tokio::test]
async fn a_node_that_hangs_is_told_apart_from_one_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let (_, outbox) = behind(folder.path(), |method| match method {
        "eth_getBalance" => Act::Hang,
        "eth_getCode" => Act::Die,
        _ => Act::Pass,
    })
    .await;
    let client = outbox.client();
    assert!(!client.has_hung());
    let error = client.balance(SOMEBODY).await.unwrap_err();
    assert!(matches!(error, ClientError::Timeout { .. }), "{error}");
    assert!(client.clone().has_hung());
    let error = client.code(SOMEBODY).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    let nobody = Client::connect(&remote("http://127.0.0.1:1"))
        .await
        .unwrap_err();
    assert!(
        matches!(nobody, ClientError::Unreachable { .. }),
        "{nobody}"
    );
    for url in ["nonsense", "ftp://example.org", "file:///etc"] {
        let error = Client::connect(&remote(url)).await.unwrap_err();
        assert!(matches!(error, ClientError::Url { .. }), "{error}");
    }
    // A key in an address is not shown.
    let secret = Client::connect(&remote("http://me:key@127.0.0.1:1/v3/key")).await;
    let message = secret.unwrap_err().to_string();
    assert!(
        message.contains("http://127.0.0.1:1 ") && !message.contains("key@"),
        "{message}"
    );
    assert!(!message.contains("/v3/"), "{message}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4_096]).await.unwrap() > 0);
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n\"0x";
        stream.write_all(head).await.unwrap();
        while stream.write_all(&[b'0'; 1 << 16]).await.is_ok() {}
    });
    let error = Client::connect(&Remote::at(&url)).await.unwrap_err();
    assert!(error.to_string().contains("64 MiB"), "{error}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_right_is_called_so() {
    let folder = tempfile::tempdir().unwrap();
    let (rpc, outbox) = behind(folder.path(), |method| match method {
        "eth_sendRawTransaction" => Act::Result(json!(B256::repeat_byte(9))),
        "eth_blockNumber" => Act::Result(json!("many")),
        "eth_getBalance" => Act::Text("<html>502 Bad Gateway</html>"),
        "eth_getCode" => Act::Error(-32005, "daily limit reached"),
        _ => Act::Pass,
    })
    .await;
    let client = outbox.client();
    let error = client.block_number().await.unwrap_err();
    assert!(matches!(error, ClientError::Lie { .. }), "{error}");
    let error = client.balance(SOMEBODY).await.unwrap_err();
    assert!(matches!(error, ClientError::Lie { .. }), "{error}");
    let error = client.code(SOMEBODY).await.unwrap_err();
    assert!(
        matches!(error, ClientError::Refused { code: -32005, .. }),
        "{error}"
    );
    assert_eq!(received(&rpc), U256::ZERO);
}

#[tokio::test]
async fn a_wrong_name_for_a_transaction_or_its_receipt_is_a_lie() {
    let folder = tempfile::tempdir().unwrap();
    let (rpc, outbox) = behind(folder.path(), |method| match method {
        "eth_sendRawTransaction" => Act::Result(json!(B256::repeat_byte(9))),
        "eth_blockNumber" | "eth_feeHistory" => Act::Pass,
        _ => Act::Pass,
    })
    .await;
    let error = outbox
        .carry_out(&gift("gift", U256::ONE))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("by the name 0x0909"), "{error}");
    let mined = Client::embedded(rpc.chain());
    let honest = crate::support::outbox(&mined, folder.path(), 1);
    let settled = honest.carry_out(&gift("gift", U256::ONE)).await.unwrap();
    // The record was made before the lie, and the same bytes were sent.
    assert!(!settled.is_new);
    assert_eq!(received(&rpc), U256::ONE);

    let receipt = serde_json::to_value(&settled.receipt).unwrap();
    let url = node::start(rpc, move |method| match method {
        "eth_getTransactionReceipt" => Act::Result(receipt.clone()),
        _ => Act::Pass,
    })
    .await;
    let client = Client::connect(&remote(&url)).await.unwrap();
    let error = client.receipt(keccak256("another")).await.unwrap_err();
    assert!(matches!(error, ClientError::Lie { .. }), "{error}");
}

#[tokio::test]
async fn a_send_whose_answer_is_lost_is_looked_up_and_not_repeated() {
    for lost in [
        "eth_sendRawTransaction",
        "eth_getTransactionReceipt",
        "eth_getTransactionByHash",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let failures = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&failures);
        let (rpc, outbox) = behind(folder.path(), move |method| {
            if method == lost && count.fetch_add(1, Ordering::SeqCst) < 3 {
                Act::PassAndDie
            } else {
                Act::Pass
            }
        })
        .await;
        let mut tries = 0;
        let settled = loop {
            tries += 1;
            match outbox.carry_out(&gift("gift", U256::from(5))).await {
                Ok(settled) => break settled,
                Err(error) if tries < 10 => {
                    let text = error.to_string();
                    assert!(text.contains("goes on where it stopped"), "{text}");
                }
                Err(error) => panic!("{error}"),
            }
        };
        assert!(failures.load(Ordering::SeqCst) >= 1, "{lost}");
        assert_eq!(received(&rpc), U256::from(5), "{lost}");
        let again = outbox
            .carry_out(&gift("gift", U256::from(5)))
            .await
            .unwrap();
        assert_eq!(
            again.receipt.transaction_hash,
            settled.receipt.transaction_hash
        );
        assert_eq!(received(&rpc), U256::from(5), "{lost}");
    }
}

#[tokio::test]
async fn a_transaction_that_the_node_loses_is_sent_again_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let sends = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sends);
    let (rpc, outbox) = behind(folder.path(), move |method| match method {
        "eth_sendRawTransaction" if count.fetch_add(1, Ordering::SeqCst) == 0 => Act::Die,
        _ => Act::Pass,
    })
    .await;
    let first = outbox.carry_out(&gift("gift", U256::ONE)).await;
    assert!(first.is_err());
    // Another operation first settles what is left, in its place.
    outbox
        .carry_out(&gift("other", U256::from(10)))
        .await
        .unwrap();
    let settled = outbox.carry_out(&gift("gift", U256::ONE)).await.unwrap();
    assert_eq!(received(&rpc), U256::from(11));
    assert_eq!(
        rpc.chain().view().account(signer(1).address()).unwrap().1,
        2
    );
    assert!(settled.receipt.status());
}

#[tokio::test]
async fn a_number_that_somebody_else_used_is_noticed_and_signed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = Arc::new(AtomicUsize::new(1));
    let gate = Arc::clone(&blocked);
    let (rpc, outbox) = behind(folder.path(), move |method| match method {
        "eth_sendRawTransaction" if gate.load(Ordering::SeqCst) == 1 => Act::Die,
        _ => Act::Pass,
    })
    .await;
    outbox
        .carry_out(&gift("gift", U256::ONE))
        .await
        .unwrap_err();
    // The same key elsewhere, with another ledger, takes the number.
    let elsewhere = tempfile::tempdir().unwrap();
    let direct = Client::embedded(rpc.chain());
    let other = crate::support::outbox(&direct, elsewhere.path(), 1);
    other
        .carry_out(&gift("elsewhere", U256::from(100)))
        .await
        .unwrap();
    blocked.store(0, Ordering::SeqCst);
    let settled = outbox.carry_out(&gift("gift", U256::ONE)).await.unwrap();
    assert!(settled.is_new);
    assert_eq!(received(&rpc), U256::from(101));
}

#[tokio::test]
async fn a_fee_that_is_too_low_is_explained_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let busy = Arc::new(AtomicUsize::new(1));
    let gate = Arc::clone(&busy);
    let (rpc, outbox) = behind(folder.path(), move |method| match method {
        "eth_sendRawTransaction" if gate.load(Ordering::SeqCst) == 1 => {
            Act::Error(-32000, "transaction underpriced")
        }
        _ => Act::Pass,
    })
    .await;
    let error = outbox
        .carry_out(&gift("gift", U256::ONE))
        .await
        .unwrap_err();
    assert!(
        matches!(error, OutboxError::Underpriced { nonce: 0, .. }),
        "{error}"
    );
    busy.store(0, Ordering::SeqCst);
    outbox.carry_out(&gift("gift", U256::ONE)).await.unwrap();
    assert_eq!(received(&rpc), U256::ONE);
}

#[tokio::test]
async fn nobody_gives_what_they_have_not() {
    let folder = tempfile::tempdir().unwrap();
    let chain = open(&folder.path().join("chain"));
    let client = Client::embedded(&chain);
    let poor = outbox(&client, folder.path(), 9);
    let error = poor.carry_out(&gift("gift", U256::ONE)).await.unwrap_err();
    let text = error.to_string();
    assert!(
        matches!(&error, OutboxError::Client(ClientError::Funds { account, .. }) if *account == signer(9).address()),
        "{text}"
    );
    assert!(
        text.contains("has not got enough of the chain's coin"),
        "{text}"
    );
    // It costs nothing to act without a coin there.
    poor.carry_out(&gift("nothing", U256::ZERO)).await.unwrap();

    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let client = anvil.client().await;
    let folder = tempfile::tempdir().unwrap();
    let poor = outbox(&client, folder.path(), 9);
    let error = poor.carry_out(&gift("gift", HUNDRED)).await.unwrap_err();
    assert!(
        matches!(error, OutboxError::Client(ClientError::Funds { .. })),
        "{error}"
    );
}
