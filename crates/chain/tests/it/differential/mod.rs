//! The same random transactions on the embedded chain and on anvil: same receipts, same reads.

use alloy_primitives::{Address, B256};
use daedal_chain::embedded::Genesis;
use daedal_chain::{Chain, Client, ClientError};
use serde_json::{Value, json};

use self::attempt::Attempt;
use crate::support::anvil::Anvil;
use crate::support::{Chance, HUNDRED, seed, signer};

mod attempt;

const TRANSACTIONS: usize = 500;
const SIGNERS: u8 = 4;

/// What differs between two nodes for good reason: time and what depends on it.
const BLOCK_BOUND: &[&str] = &["blockHash", "blockTimestamp"];

struct Pair {
    ours: Client,
    anvil: Client,
    nonces: Vec<u64>,
    contracts: Vec<Address>,
    chance: Chance,
}

impl Pair {
    /// Asks both.
    async fn both(&self, method: &'static str, params: Value) -> (Value, Value) {
        let ask = async |client: &Client| -> Value {
            let answer: Result<Option<Value>, ClientError> =
                client.request(method, params.clone()).await;
            match answer {
                Ok(result) => json!({ "result": result }),
                Err(ClientError::Reverted { data, .. }) => json!({ "reverted": data }),
                Err(ClientError::Refused { .. }) => json!("refused"),
                Err(error) => panic!("{method}: {error}"),
            }
        };
        (ask(&self.ours).await, ask(&self.anvil).await)
    }

    async fn same(&self, method: &'static str, params: Value) {
        let (ours, anvil) = self.both(method, params.clone()).await;
        assert_eq!(ours, anvil, "{method} {params}");
    }

    /// Carries it out on both, and compares what came of it. Gives whether there is a receipt.
    async fn carry_out(&mut self, attempt: &Attempt) -> bool {
        let send = async |client: &Client| -> Result<B256, ClientError> {
            client
                .request("eth_sendRawTransaction", (attempt.raw.clone(),))
                .await
        };
        if attempt.is_early {
            // anvil would keep it and carry it out later.
            let refused = send(&self.ours).await.unwrap_err();
            assert!(refused.to_string().contains("nonce too high"), "{refused}");
            return false;
        }
        let (ours, anvil) = (send(&self.ours).await, send(&self.anvil).await);
        let hash = match (ours, anvil) {
            (Ok(ours), Ok(anvil)) => {
                assert_eq!(ours, anvil);
                ours
            }
            (Err(ours), Err(anvil)) => {
                let key = |error: &ClientError| -> String {
                    let text = error.to_string().to_lowercase();
                    let known = [
                        "nonce too low",
                        "insufficient funds",
                        "chain id",
                        "intrinsic gas",
                        "gas floor",
                    ];
                    known
                        .iter()
                        .find(|word| text.contains(*word))
                        .map_or(text.clone(), |word| (*word).to_owned())
                };
                let (ours, anvil) = (key(&ours), key(&anvil));
                assert!(
                    ours == anvil || (ours.starts_with("intrinsic") && anvil.contains("gas")),
                    "{ours} | {anvil}"
                );
                return false;
            }
            (ours, anvil) => panic!("{:?}: {ours:?} here, {anvil:?} on anvil", attempt.raw),
        };
        self.nonces[attempt.from] += 1;
        // anvil mines after it has answered.
        while self.anvil.receipt(hash).await.unwrap().is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        let (ours, anvil) = self.both("eth_getTransactionReceipt", json!([hash])).await;
        let (ours, anvil) = (comparable(ours), comparable(anvil));
        assert_eq!(ours, anvil, "receipt of {hash}, sent as {}", attempt.raw);
        let receipt = &ours["result"];
        if let Ok(made) = serde_json::from_value::<Address>(receipt["contractAddress"].clone())
            && receipt["status"] == "0x1"
        {
            self.contracts.push(made);
        }
        for field in ["from", "to", "contractAddress"] {
            if !receipt[field].is_null() {
                self.same("eth_getBalance", json!([receipt[field], "latest"]))
                    .await;
                self.same("eth_getTransactionCount", json!([receipt[field], "latest"]))
                    .await;
                self.same("eth_getStorageAt", json!([receipt[field], "0x0", "latest"]))
                    .await;
            }
        }
        true
    }
}

/// Without what two nodes can't agree on.
fn comparable(mut answer: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                BLOCK_BOUND
                    .iter()
                    .for_each(|field| drop(map.remove(*field)));
                // Absent and null are the same.
                map.retain(|_, value| !value.is_null());
                map.values_mut().for_each(strip);
            }
            Value::Array(list) => list.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut answer);
    for field in ["blobGasPrice", "blobGasUsed"] {
        if let Some(receipt) = answer["result"].as_object_mut() {
            receipt.remove(field);
        }
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_transactions_come_to_the_same_on_anvil() {
    let folder = tempfile::tempdir().unwrap();
    let genesis = Genesis {
        chain_id: 31_337,
        accounts: (1..=SIGNERS)
            .map(|number| (signer(number).address(), HUNDRED))
            .collect(),
    };
    let Some(anvil) = Anvil::start(genesis.chain_id) else {
        return;
    };
    let chain = Chain::open(folder.path(), &genesis, "daedal test").unwrap();
    let mut pair = Pair {
        ours: Client::embedded(&chain),
        anvil: anvil.client().await,
        nonces: vec![0; usize::from(SIGNERS)],
        contracts: Vec::new(),
        chance: Chance::new(seed("DAEDAL_DIFFERENTIAL_SEED")),
    };
    for (account, balance) in &genesis.accounts {
        Anvil::fund(&pair.anvil, *account, *balance).await;
    }
    let mut mined = 0;
    for _ in 0..TRANSACTIONS {
        let attempt = pair.attempt();
        mined += usize::from(pair.carry_out(&attempt).await);
        let call = json!({
            "from": signer(1).address(), "to": pair.target(), "data": pair.input(), "gas": "0x200000",
        });
        pair.same("eth_call", json!([call, "latest"])).await;
    }
    assert!(mined >= 300, "{mined} of {TRANSACTIONS} have receipts");
    for number in 1..=mined {
        let (ours, anvil) = pair
            .both(
                "eth_getBlockByNumber",
                json!([format!("{number:#x}"), false]),
            )
            .await;
        for field in [
            "number",
            "gasUsed",
            "transactionsRoot",
            "receiptsRoot",
            "logsBloom",
            "transactions",
        ] {
            assert_eq!(
                ours["result"][field], anvil["result"][field],
                "{field} of block {number}"
            );
        }
    }
    for contract in pair.contracts.clone() {
        pair.same("eth_getCode", json!([contract, "latest"])).await;
        for slot in 0..4 {
            let slot = format!("{slot:#x}");
            pair.same("eth_getStorageAt", json!([contract, slot, "latest"]))
                .await;
        }
        let filter = json!([{ "address": contract, "fromBlock": "0x0", "toBlock": "latest" }]);
        let (ours, anvil) = pair.both("eth_getLogs", filter).await;
        assert_eq!(comparable(ours), comparable(anvil));
    }
}
