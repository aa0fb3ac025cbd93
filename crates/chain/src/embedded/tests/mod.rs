//! The embedded chain by itself, through its JSON-RPC as others would.

use std::sync::atomic::{AtomicU64, Ordering};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_network::TxSignerSync;
use alloy_primitives::{Address, Bytes, TxKind, U256, address, bytes, hex};
use alloy_signer_local::PrivateKeySigner;
use serde_json::{Value, json};

use super::*;
use crate::rpc::Rpc;

mod answers;

const ETHER: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

struct Bench {
    folder: tempfile::TempDir,
    signer: PrivateKeySigner,
    clock: Arc<AtomicU64>,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            signer: PrivateKeySigner::from_slice(&[7; 32]).unwrap(),
            clock: Arc::new(AtomicU64::new(1_800_000_000)),
        }
    }

    fn genesis(&self) -> Genesis {
        Genesis::of(self.signer.address(), ETHER)
    }

    fn open(&self) -> Result<Chain, ChainError> {
        let clock = Arc::clone(&self.clock);
        let clock = Arc::new(move || clock.load(Ordering::SeqCst));
        Chain::open_at(self.folder.path(), &self.genesis(), "daedal test", clock)
    }

    fn sign(&self, nonce: u64, to: TxKind, value: U256, input: &Bytes) -> Bytes {
        self.sign_with(|transaction| {
            transaction.nonce = nonce;
            transaction.to = to;
            transaction.value = value;
            transaction.input = input.clone();
        })
    }

    fn sign_with(&self, change: impl FnOnce(&mut TxEip1559)) -> Bytes {
        let mut transaction = TxEip1559 {
            chain_id: self.genesis().chain_id,
            gas_limit: 500_000,
            ..TxEip1559::default()
        };
        change(&mut transaction);
        let signature = self.signer.sign_transaction_sync(&mut transaction).unwrap();
        TxEnvelope::Eip1559(transaction.into_signed(signature))
            .encoded_2718()
            .into()
    }

    fn transfer(&self, nonce: u64, to: Address, value: u64) -> Bytes {
        self.sign(nonce, TxKind::Call(to), U256::from(value), &Bytes::new())
    }
}

async fn ask(rpc: &Rpc, method: &str, params: Value) -> Result<Value, Value> {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let bytes = rpc.answer(request.to_string().as_bytes()).await;
    let mut answer: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(answer["id"], 1);
    match answer.get_mut("error") {
        Some(error) => Err(error.take()),
        None => Ok(answer["result"].take()),
    }
}

const SOMEBODY: Address = address!("00000000000000000000000000000000000000aa");

/// Creation code of a contract that stores what it is given at slot 0 and logs it; it reverts with
/// the word `ff…` if it is given nothing, and answers the block's time if it is given one byte.
///
/// ```text
/// CALLDATASIZE ISZERO fail JUMPI  CALLDATASIZE 1 EQ time JUMPI
/// 0 CALLDATALOAD DUP1 0 SSTORE 0 MSTORE 0x42 32 0 LOG1 STOP
/// fail: 0 NOT 0 MSTORE 32 0 REVERT   time: TIMESTAMP 0 MSTORE 32 0 RETURN
/// ```
fn keeper() -> Bytes {
    let code = hex!(
        "3615601e5736600114602a5760003580600055600052604260206000a100"
        "5b60001960005260206000fd5b4260005260206000f3"
    );
    deploying(&code)
}

/// Creation code that returns `code`.
fn deploying(code: &[u8]) -> Bytes {
    let length = u8::try_from(code.len()).unwrap();
    let mut all = hex!("6000600060003960006000f3").to_vec();
    all[1] = length;
    all[3] = 12;
    all[8] = length;
    all.extend_from_slice(code);
    all.into()
}

#[tokio::test]
async fn a_transaction_is_in_a_block_of_its_own_and_stays_there() {
    let bench = Bench::new();
    let chain = bench.open().unwrap();
    let mined = chain.send(&bench.transfer(0, SOMEBODY, 5)).await.unwrap();
    assert_eq!((mined.block, mined.index), (1, 0));
    let again = chain
        .send(&bench.transfer(0, SOMEBODY, 5))
        .await
        .unwrap_err();
    assert!(
        matches!(
            again,
            ChainError::Rejected(Rejection::Known { block: 1, .. })
        ),
        "{again}"
    );
    chain.close();
    let closed = chain
        .send(&bench.transfer(1, SOMEBODY, 5))
        .await
        .unwrap_err();
    assert!(matches!(closed, ChainError::Closed { reason: None }));
    drop(chain);

    let chain = bench.open().unwrap();
    let rpc = Rpc::new(chain);
    let balance = ask(&rpc, "eth_getBalance", json!([SOMEBODY, "latest"])).await;
    assert_eq!(balance.unwrap(), "0x5");
    let receipt = ask(&rpc, "eth_getTransactionReceipt", json!([mined.hash]))
        .await
        .unwrap();
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["gasUsed"], "0x5208");
    let block = ask(&rpc, "eth_getBlockByNumber", json!(["0x1", true]))
        .await
        .unwrap();
    assert_eq!(block["hash"], receipt["blockHash"]);
    assert_eq!(block["transactions"][0]["hash"], json!(mined.hash));
    let parent = ask(
        &rpc,
        "eth_getBlockByHash",
        json!([block["parentHash"], false]),
    )
    .await;
    assert_eq!(parent.unwrap()["number"], "0x0");
}

#[tokio::test]
async fn fees_are_accepted_and_not_charged() {
    let bench = Bench::new();
    let chain = bench.open().unwrap();
    let tipping = bench.sign_with(|transaction| {
        transaction.to = TxKind::Call(SOMEBODY);
        transaction.value = ETHER;
        transaction.max_fee_per_gas = 2_000_000_000;
        transaction.max_priority_fee_per_gas = 1;
    });
    chain.send(&tipping).await.unwrap();
    let view = chain.view();
    assert_eq!(
        view.account(bench.signer.address()).unwrap(),
        (U256::ZERO, 1)
    );
    assert_eq!(view.account(SOMEBODY).unwrap().0, ETHER);
    assert_eq!(view.account(Address::ZERO).unwrap().0, U256::ZERO);
}

#[tokio::test]
async fn contracts_run_log_and_revert_with_their_data() {
    let bench = Bench::new();
    let rpc = Rpc::new(bench.open().unwrap());
    let create = bench.sign(0, TxKind::Create, U256::ZERO, &keeper());
    let receipt = ask(&rpc, "eth_sendRawTransactionSync", json!([create]))
        .await
        .unwrap();
    assert_eq!(receipt["status"], "0x1", "{receipt}");
    let contract: Address = serde_json::from_value(receipt["contractAddress"].clone()).unwrap();
    let word = format!("0x{:064x}", 9);
    let store = bench.sign(
        1,
        TxKind::Call(contract),
        U256::ZERO,
        &word.parse().unwrap(),
    );
    let receipt = ask(&rpc, "eth_sendRawTransactionSync", json!([store]))
        .await
        .unwrap();
    assert_eq!(receipt["logs"][0]["data"], word);
    let slot = ask(&rpc, "eth_getStorageAt", json!([contract, "0x0", "latest"])).await;
    assert_eq!(slot.unwrap(), word);

    let call = json!({ "to": contract });
    let error = ask(&rpc, "eth_call", json!([call, "latest"]))
        .await
        .unwrap_err();
    assert_eq!(error["code"], 3);
    assert_eq!(error["data"], format!("0x{}", "ff".repeat(32)));
    assert_eq!(error["message"], "execution reverted");
    let error = ask(&rpc, "eth_estimateGas", json!([call]))
        .await
        .unwrap_err();
    assert_eq!(error["code"], 3);

    // Reverted on the chain, too: with a receipt.
    let failing = bench.sign(2, TxKind::Call(contract), U256::ZERO, &Bytes::new());
    let receipt = ask(&rpc, "eth_sendRawTransactionSync", json!([failing]))
        .await
        .unwrap();
    assert_eq!(receipt["status"], "0x0");

    let filter = json!([{ "address": contract, "fromBlock": "earliest" }]);
    let logs = ask(&rpc, "eth_getLogs", filter).await.unwrap();
    assert_eq!(logs.as_array().unwrap().len(), 1);
    assert_eq!(logs[0]["blockNumber"], "0x2");
    let topic = format!("0x{:064x}", 0x42);
    let by_topic = json!([{ "topics": [topic], "fromBlock": "0x0", "toBlock": "latest" }]);
    assert_eq!(ask(&rpc, "eth_getLogs", by_topic).await.unwrap(), logs);
    let elsewhere = json!([{ "address": SOMEBODY, "fromBlock": "0x0" }]);
    assert_eq!(
        ask(&rpc, "eth_getLogs", elsewhere).await.unwrap(),
        json!([])
    );
    let backwards = json!([{ "fromBlock": "0x3", "toBlock": "0x1" }]);
    let error = ask(&rpc, "eth_getLogs", backwards).await.unwrap_err();
    assert_eq!(error["code"], -32602);
}

#[tokio::test]
async fn an_estimate_suffices_and_is_not_much_too_high() {
    let bench = Bench::new();
    let chain = bench.open().unwrap();
    let create = bench.sign(0, TxKind::Create, U256::ZERO, &keeper());
    chain.send(&create).await.unwrap();
    let contract = bench.signer.address().create(0);
    let rpc = Rpc::new(chain);
    let call = json!({
        "from": bench.signer.address(), "to": contract, "data": format!("0x{:064x}", 1),
    });
    let estimate = ask(&rpc, "eth_estimateGas", json!([call])).await.unwrap();
    let gas = u64::from_str_radix(estimate.as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
    let exact = bench.sign_with(|transaction| {
        transaction.nonce = 1;
        transaction.gas_limit = gas;
        transaction.to = TxKind::Call(contract);
        transaction.input = format!("0x{:064x}", 1).parse().unwrap();
    });
    let receipt = ask(&rpc, "eth_sendRawTransactionSync", json!([exact]))
        .await
        .unwrap();
    assert_eq!(receipt["status"], "0x1");
    let used = receipt["gasUsed"]
        .as_str()
        .unwrap()
        .trim_start_matches("0x");
    let used = u64::from_str_radix(used, 16).unwrap();
    // The stipend that a storage write has to leave (EIP-2200), and what a search leaves.
    assert!(gas >= used && gas < used + 3_000, "{gas} for {used}");
}

#[tokio::test]
async fn time_goes_forward_by_clock_and_shift_and_the_shift_stays() {
    let bench = Bench::new();
    let chain = bench.open().unwrap();
    let create = bench.sign(0, TxKind::Create, U256::ZERO, &keeper());
    chain.send(&create).await.unwrap();
    let contract = bench.signer.address().create(0);
    let rpc = Rpc::new(chain.clone());
    let seen = async |rpc: &Rpc| {
        let call = json!([{ "to": contract, "data": "0x01" }, "latest"]);
        let answer = ask(rpc, "eth_call", call).await.unwrap();
        let word = answer.as_str().unwrap().trim_start_matches("0x").to_owned();
        u64::from_str_radix(&word[48..], 16).unwrap()
    };
    assert_eq!(seen(&rpc).await, 1_800_000_000);
    // A call sees the clock, not the newest block.
    bench.clock.store(1_800_000_100, Ordering::SeqCst);
    assert_eq!(seen(&rpc).await, 1_800_000_100);
    ask(&rpc, "evm_increaseTime", json!([3600])).await.unwrap();
    assert_eq!(seen(&rpc).await, 1_800_003_700);
    ask(&rpc, "evm_mine", json!([])).await.unwrap();
    // The real clock going back does not take blocks back.
    bench.clock.store(1_700_000_000, Ordering::SeqCst);
    chain.send(&bench.transfer(1, SOMEBODY, 1)).await.unwrap();
    assert_eq!(chain.view().head.header.timestamp, 1_800_003_700);
    let future = 1_900_000_000;
    ask(&rpc, "evm_setNextBlockTimestamp", json!([future]))
        .await
        .unwrap();
    let past = ask(&rpc, "evm_setNextBlockTimestamp", json!([5]))
        .await
        .unwrap_err();
    assert_eq!(past["code"], -32602);
    drop((rpc, chain));

    let chain = bench.open().unwrap();
    chain.send(&bench.transfer(2, SOMEBODY, 1)).await.unwrap();
    assert_eq!(chain.view().head.header.timestamp, future);
    let rpc = Rpc::new(chain.clone()).with_fixed_time();
    let refused = ask(&rpc, "evm_increaseTime", json!([1])).await.unwrap_err();
    assert!(refused["message"].as_str().unwrap().contains("daedal time"));
    assert!(chain.shift_time(i64::MAX).await.is_err());
}

#[tokio::test]
async fn many_share_a_block_and_the_refused_are_left_out() {
    let bench = Bench::new();
    let chain = bench.open().unwrap();
    let raw: Vec<Bytes> = [0, 1, 1, 2]
        .map(|nonce| bench.transfer(nonce, SOMEBODY, 1))
        .into_iter()
        .chain([bytes!("00")])
        .collect();
    let outcomes = chain.mine_many(&raw).await.unwrap();
    let places: Vec<Option<(u64, u32)>> = outcomes
        .iter()
        .map(|outcome| {
            outcome
                .as_ref()
                .ok()
                .map(|mined| (mined.block, mined.index))
        })
        .collect();
    assert_eq!(
        places,
        [Some((1, 0)), Some((1, 1)), None, Some((1, 2)), None]
    );
    let rpc = Rpc::new(chain);
    let receipts = ask(&rpc, "eth_getBlockReceipts", json!(["0x1"]))
        .await
        .unwrap();
    let sums: Vec<&str> = receipts
        .as_array()
        .unwrap()
        .iter()
        .map(|receipt| receipt["cumulativeGasUsed"].as_str().unwrap())
        .collect();
    assert_eq!(sums, ["0x5208", "0xa410", "0xf618"]);
}

#[tokio::test]
async fn a_chain_has_one_owner_and_is_not_taken_for_another() {
    let bench = Bench::new();
    let chain = bench.open().unwrap();
    let busy = bench.open().unwrap_err();
    assert!(matches!(busy, ChainError::Busy { .. }));
    let words = busy.to_string();
    let pid = std::process::id();
    assert!(
        words.contains(&format!("pid {pid}, `daedal test`")),
        "{words}"
    );
    drop(chain);
    let other = Genesis::of(SOMEBODY, U256::ZERO);
    let error = Chain::open(bench.folder.path(), &other, "daedal test").unwrap_err();
    assert!(matches!(error, ChainError::OtherChain { .. }), "{error}");
    bench.open().unwrap();
}
