//! Many clients at once, and the end of a server.

use std::sync::Arc;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_network::TxSignerSync;
use alloy_primitives::{Address, TxKind, U256, hex};
use daedal_studio::Options;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{CHAIN_ID, Served, reply, signer, start};

const SENDS: u64 = 64;

fn sending(chain_id: u64, nonce: u64) -> String {
    let mut transaction = TxEip1559 {
        chain_id,
        nonce,
        gas_limit: 21_000,
        to: TxKind::Call(Address::repeat_byte(7)),
        value: U256::from(nonce + 1),
        ..TxEip1559::default()
    };
    let signature = signer().sign_transaction_sync(&mut transaction).unwrap();
    let envelope = TxEnvelope::from(transaction.into_signed(signature));
    let raw = hex::encode_prefixed(envelope.encoded_2718());
    let method = "eth_sendRawTransactionSync";
    json!({"jsonrpc": "2.0", "id": nonce, "method": method, "params": [raw]}).to_string()
}

async fn ask(served: &Served, method: &str, params: Value) -> Value {
    let asked = json!({"jsonrpc": "2.0", "id": 0, "method": method, "params": params});
    served.post(&[], &asked.to_string()).await.json()["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_send_at_once_and_each_gets_its_own_answer() {
    // Fewer connections than clients: some have to wait for their turn.
    let options = Options {
        connections_max: 5,
        ..Options::default()
    };
    let served = Arc::new(start(options).await);
    let chain_id = served.chain.chain_id();
    let mut clients = tokio::task::JoinSet::new();
    for nonce in 0..SENDS {
        let served = Arc::clone(&served);
        clients.spawn(async move {
            // One that comes before its turn is refused, and tries again.
            let body = sending(chain_id, nonce);
            loop {
                let answer = served.post(&[], &body).await.json();
                assert_eq!(answer["id"], nonce);
                let error = answer["error"]["message"].as_str().unwrap_or_default();
                if error.contains("nonce too high") {
                    continue;
                }
                assert_eq!(answer["result"]["status"], "0x1", "{nonce}: {answer}");
                break answer["result"]["transactionHash"].to_string();
            }
        });
    }
    let mut hashes = clients.join_all().await;
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len() as u64, SENDS);
    let sum = format!("{:#x}", SENDS * (SENDS + 1) / 2);
    let balance = ask(
        &served,
        "eth_getBalance",
        json!([Address::repeat_byte(7), "latest"]),
    );
    assert_eq!(balance.await, sum);
    assert_eq!(
        ask(&served, "eth_blockNumber", json!([])).await,
        format!("{SENDS:#x}")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_stopped_finishes_what_it_has_begun() {
    let served = start(Options::default()).await;
    let address = served.server.address();
    let half = CHAIN_ID.len() / 2;
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        CHAIN_ID.len()
    );
    let mut begun = TcpStream::connect(address).await.unwrap();
    begun.write_all(head.as_bytes()).await.unwrap();
    // The server says that it is waiting for the rest.
    let mut heard = vec![0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    begun.read_exact(&mut heard).await.unwrap();
    begun.write_all(&CHAIN_ID.as_bytes()[..half]).await.unwrap();
    // One that only keeps its connection must not be waited for; that it is open on the server's side
    // too shows by an answer on a later one.
    let silent = TcpStream::connect(address).await.unwrap();
    assert_eq!(served.post(&[], CHAIN_ID).await.status, 200);
    served.stop.cancel();
    let finished = tokio::spawn(served.server.finished());
    begun.write_all(&CHAIN_ID.as_bytes()[half..]).await.unwrap();
    let answer = reply(begun).await;
    assert_eq!(answer.status, 200);
    assert!(answer.json()["result"].is_string());
    finished.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    drop(silent);
}

#[tokio::test]
async fn a_server_that_is_dropped_stops() {
    let served = start(Options::default()).await;
    let address = served.server.address();
    drop(served.server);
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
