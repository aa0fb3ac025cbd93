//! How many durable mints a second the embedded chain takes, beside anvil over HTTP where there is
//! one; how many calls; and how long a long chain takes to open. Prints a line of JSON:
//! `cargo run --release -p daedal-chain --example throughput -- MINTS ANVIL`, with the path of anvil
//! or nothing.
#![allow(clippy::print_stdout, clippy::unwrap_used)] // a measurement

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_network::TxSignerSync;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use daedal_chain::client::Remote;
use daedal_chain::contracts::{Editions, ProcessRegistry};
use daedal_chain::deployment::{Deployment, Money};
use daedal_chain::embedded::Genesis;
use daedal_chain::operations::{Derivatives, Kind, Operator, Registration};
use daedal_chain::outbox::{FileLedger, Outbox, Patience};
use daedal_chain::rpc::Rpc;
use daedal_chain::{Chain, Client};
use daedal_core::digest::Digest;
use daedal_core::units::BasisPoints;
use serde_json::{json, value::to_raw_value};

/// Senders at a time.
const SENDERS: u8 = 32;
/// Whose chain it is.
const OPERATOR: u8 = 200;
const BLOCK: usize = 200;
const BLOCKS: u64 = 10_000;
const CALLS: u32 = 100_000;
const COINS: U256 = U256::from_limbs([7_766_279_631_452_241_920, 5, 0, 0]);

fn signer(number: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_slice(&[number; 32]).unwrap()
}

fn sign(signer: &PrivateKeySigner, chain_id: u64, nonce: u64, to: Address, input: Bytes) -> Bytes {
    let mut transaction = TxEip1559 {
        chain_id,
        nonce,
        gas_limit: 500_000,
        max_fee_per_gas: 1_000_000_000,
        to: TxKind::Call(to),
        input,
        ..TxEip1559::default()
    };
    let signature = signer.sign_transaction_sync(&mut transaction).unwrap();
    TxEnvelope::Eip1559(transaction.into_signed(signature))
        .encoded_2718()
        .into()
}

/// A chain with a registered work whose senders may mint.
struct Stage {
    client: Client,
    at: Deployment,
}

impl Stage {
    async fn set(client: Client, folder: &Path, senders: &[u8]) -> Self {
        let ledger = Arc::new(FileLedger::open(&folder.join("ledger")).unwrap());
        let patience = Patience {
            poll: Duration::from_millis(5),
            ..Patience::default()
        };
        let outbox = Outbox::new(client.clone(), ledger, signer(OPERATOR), patience);
        let at = Deployment::deploy(&outbox, &Money::Test).await.unwrap();
        let operator = Operator::new(outbox.clone(), at);
        let registration = Registration {
            kind: Kind::Process,
            derivatives: Derivatives::Open,
            royalty: BasisPoints(0),
            bundle: Digest::of(b"bundle"),
            name: "Work".to_owned(),
            symbol: "WORK".to_owned(),
            uri: String::new(),
            upstream: Vec::new(),
            holders: vec![(operator.account(), U256::from(100))],
            parameters: Vec::new(),
            asset: None,
        };
        operator.register("register", &registration).await.unwrap();
        for sender in senders {
            let call = ProcessRegistry::setOperatorCall {
                work: U256::ONE,
                operator: signer(*sender).address(),
                appointed: true,
            };
            let intended = daedal_chain::outbox::Intended {
                key: format!("appoint:{sender}"),
                to: Some(at.registry),
                input: call.abi_encode().into(),
                value: U256::ZERO,
            };
            outbox.carry_out(&intended).await.unwrap();
        }
        Self { client, at }
    }

    /// Mints of one edition each, signed.
    fn mints(&self, sender: u8, from: u64, count: u64) -> Vec<Bytes> {
        let signer = signer(sender);
        (from..from + count)
            .map(|number| {
                let call = Editions::mintCall {
                    run: Editions::Run {
                        work: U256::ONE,
                        version: U256::ONE,
                        bundle: Digest::of(b"bundle").0.into(),
                        parameters: B256::ZERO,
                        inputs: B256::ZERO,
                        seed: B256::ZERO,
                        runRoot: keccak256([&[sender][..], &number.to_be_bytes()].concat()),
                    },
                    outputs: vec![Editions::Output {
                        digest: B256::ZERO,
                        index: U256::ZERO,
                    }],
                    terms: Editions::Terms {
                        to: signer.address(),
                        baseUri: "ipfs://work/".to_owned(),
                        resaleBps: 500,
                        inNative: true,
                        price: Default::default(),
                    },
                };
                let input = call.abi_encode().into();
                sign(
                    &signer,
                    self.client.chain_id(),
                    number,
                    self.at.editions,
                    input,
                )
            })
            .collect()
    }

    /// All senders at once, each waiting for a receipt before it sends the next. Mints a second.
    async fn race(&self, mints: Vec<Vec<Bytes>>) -> f64 {
        let count: usize = mints.iter().map(Vec::len).sum();
        let begun = Instant::now();
        let tasks: Vec<_> = mints
            .into_iter()
            .map(|mints| {
                let client = self.client.clone();
                tokio::spawn(async move {
                    for raw in mints {
                        let receipt = send(&client, raw).await;
                        assert!(receipt.status(), "{receipt:?}");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        per_second(count, begun)
    }
}

/// A receipt comes with the answer where the node has a method for that.
async fn send(client: &Client, raw: Bytes) -> TransactionReceipt {
    if let Ok(receipt) = client
        .request("eth_sendRawTransactionSync", (raw.clone(),))
        .await
    {
        return receipt;
    }
    let hash: B256 = client
        .request("eth_sendRawTransaction", (raw,))
        .await
        .unwrap();
    loop {
        if let Some(receipt) = client.receipt(hash).await.unwrap() {
            return receipt;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[allow(clippy::cast_precision_loss)] // few
fn per_second(count: usize, begun: Instant) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64()
}

fn open(folder: &Path) -> Chain {
    let genesis = Genesis::of(signer(OPERATOR).address(), COINS);
    Chain::open(folder, &genesis, "throughput").unwrap()
}

struct Anvil(Child);

impl Drop for Anvil {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

async fn anvil(program: &str, folder: &Path, mints: u64) -> f64 {
    let mut command = Command::new(program);
    command
        .args(["--port", "0", "--accounts", "0", "--hardfork", "osaka"])
        .args(["--block-base-fee-per-gas", "0", "--gas-price", "0"])
        .arg("--disable-min-priority-fee")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = Anvil(command.spawn().unwrap());
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let url = loop {
        let line = lines.next().unwrap().unwrap();
        if let Some((_, address)) = line.split_once("Listening on ") {
            break format!("http://{}", address.trim());
        }
    };
    std::thread::spawn(move || lines.for_each(drop));
    let client = Client::connect(&Remote::at(url)).await.unwrap();
    let senders: Vec<u8> = (1..=SENDERS).collect();
    for number in senders.iter().copied().chain([OPERATOR]) {
        let params = (signer(number).address(), COINS);
        let _: Option<bool> = client.request("anvil_setBalance", params).await.unwrap();
    }
    let stage = Stage::set(client, folder, &senders).await;
    let each = mints / u64::from(SENDERS);
    let all = senders
        .iter()
        .map(|sender| stage.mints(*sender, 0, each))
        .collect();
    stage.race(all).await
}

async fn measure(mints: u64, program: Option<String>) {
    std::fs::create_dir_all("target").unwrap();
    // Beside the build: where temporary files live in memory, durability costs nothing.
    let folder = tempfile::tempdir_in("target").unwrap();
    let path = folder.path();
    let chain = open(&path.join("chain"));
    let senders: Vec<u8> = (1..=SENDERS).collect();
    let stage = Stage::set(Client::embedded(&chain), path, &senders).await;
    let each = mints / u64::from(SENDERS);
    let all = senders
        .iter()
        .map(|sender| stage.mints(*sender, 0, each))
        .collect();
    let apart = stage.race(all).await;
    let alone = stage.race(vec![stage.mints(1, each, mints / 8)]).await;

    let (together, cpu_us) = lanes(&chain, &stage, each, mints).await;
    let calls = calls(&chain, &stage).await;
    let opening = opening(path).await;
    let other = tempfile::tempdir_in("target").unwrap();
    let peer = match program {
        Some(program) => Some(anvil(&program, other.path(), mints.min(2_000)).await),
        None => None,
    };
    let line = json!({
        "senders": SENDERS,
        "mints_per_s": apart,
        "mints_per_s_one_sender": alone,
        "mints_per_s_in_blocks_of_200": together,
        "block_mint_cpu_us": cpu_us,
        "calls_per_s": calls,
        "open_ms": opening.0,
        "open_after_kill_ms": opening.1,
        "anvil_mints_per_s": peer,
        "times_anvil": peer.map(|peer| apart / peer),
    });
    println!("{line}");
}

/// Blocks of 200 from two senders in turn: while one block is written, the other is carried out.
/// Mints a second, and microseconds of computing for each.
async fn lanes(chain: &Chain, stage: &Stage, from: u64, count: u64) -> (f64, f64) {
    let lanes = [2, 3].map(|sender| stage.mints(sender, from, count));
    let total = 2 * usize::try_from(count).unwrap();
    let (begun, before) = (Instant::now(), cpu_us());
    let tasks = lanes.map(|mints| {
        let chain = chain.clone();
        tokio::spawn(async move {
            for block in mints.chunks(BLOCK) {
                let outcomes = chain.mine_many(block).await.unwrap();
                assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
            }
        })
    });
    for task in tasks {
        task.await.unwrap();
    }
    #[allow(clippy::cast_precision_loss)] // few
    (per_second(total, begun), (cpu_us() - before) / total as f64)
}

/// What this process has computed so far, by Linux: its clock ticks a hundred times a second.
fn cpu_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        * 10_000.0
}

/// `eth_call` of a view, by JSON-RPC in process, on one thread.
async fn calls(chain: &Chain, stage: &Stage) -> f64 {
    let rpc = Rpc::new(chain.clone());
    let call = ProcessRegistry::sharesOfCall { work: U256::ONE }.abi_encode();
    let call = json!([{ "to": stage.at.registry, "data": Bytes::from(call) }, "latest"]);
    let params = to_raw_value(&call).unwrap();
    let begun = Instant::now();
    for _ in 0..CALLS {
        let answer = rpc.call("eth_call", Some(&params)).await.unwrap();
        assert!(answer.get().len() > 60);
    }
    per_second(CALLS as usize, begun)
}

/// Milliseconds to open a chain of ten thousand blocks that was closed, and one that was not.
async fn opening(path: &Path) -> (f64, f64) {
    let (long, copy) = (path.join("long"), path.join("copy"));
    let chain = open(&long);
    let to = Address::repeat_byte(1);
    let signer = signer(OPERATOR);
    let id = chain.chain_id();
    for nonce in 0..BLOCKS {
        chain
            .send(&sign(&signer, id, nonce, to, Bytes::new()))
            .await
            .unwrap();
    }
    std::fs::create_dir_all(&copy).unwrap();
    std::fs::copy(long.join("chain.redb"), copy.join("chain.redb")).unwrap();
    drop(chain);
    let time = |folder: &Path| {
        let begun = Instant::now();
        let chain = open(folder);
        let took = begun.elapsed().as_secs_f64() * 1_000.0;
        assert_eq!(chain.view().number(), BLOCKS);
        took
    };
    (time(&long), time(&copy))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mints = arguments.next().map_or(6_400, |text| text.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure(mints, arguments.next()));
}
