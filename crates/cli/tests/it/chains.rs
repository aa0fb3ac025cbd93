//! Chains outside of a studio: anvil, the studio's own behind its server, and nodes that misbehave.

use std::io::BufRead as _;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use alloy_primitives::{Address, U256};
use daedal_chain::client::Remote;
use daedal_chain::embedded::Genesis;
use daedal_chain::outbox::{FileLedger, Intended, Outbox, Patience};
use daedal_chain::rpc::Rpc;
use daedal_chain::{Chain, Client};
use daedal_provenance::{Keys, Password};
use tokio::runtime::Runtime;

use crate::studio::{PASSWORD, Studio};

#[path = "../../../chain/tests/it/support/anvil.rs"]
mod anvil;
#[allow(dead_code)] // Its room needs more of it.
#[path = "../../../chain/tests/it/support/node.rs"]
mod node;

pub(crate) use anvil::Anvil;
pub(crate) use node::{Act, BATCH};

/// Has an account own so many coins of anvil's.
pub(crate) fn fund(anvil: &Anvil, account: &str, coins: u64) {
    let coins = U256::from(coins) * U256::from(10).pow(U256::from(18));
    Runtime::new().unwrap().block_on(async {
        let client = anvil.client().await;
        Anvil::fund(&client, account.parse().unwrap(), coins).await;
    });
}

/// Makes worthless dollars, in millionths, for an account.
pub(crate) fn mint_dollars(anvil: &Anvil, token: &str, account: &str, amount: u64) {
    let from: Address = account.parse().unwrap();
    // mint(address,uint256)
    let data = format!("0x40c10f19{:0>64}{amount:064x}", hex(from));
    let call = serde_json::json!({ "from": from, "to": token, "data": data, "maxFeePerGas": "0x1", "maxPriorityFeePerGas": "0x1" });
    Runtime::new().unwrap().block_on(async {
        let client = anvil.client().await;
        let request = client.request::<_, serde_json::Value>("anvil_impersonateAccount", (from,));
        request.await.unwrap();
        let request = client.request::<_, serde_json::Value>("eth_sendTransaction", (call,));
        request.await.unwrap();
    });
}

fn hex(address: Address) -> String {
    format!("{address:x}").trim_start_matches("0x").to_owned()
}

/// `daedal chain serve`, ended with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn of(studio: &Studio) -> Self {
        let mut child = studio
            .command(&["chain", "serve", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut first).unwrap();
        let url = first.split_whitespace().last().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{first}");
        Self { child, url }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as Ctrl-C does.
    #[cfg(unix)]
    pub(crate) fn interrupt(mut self) {
        let stopped = std::process::Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        assert!(stopped.unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A chain that others run, behind nodes that can be made to misbehave.
pub(crate) struct Elsewhere {
    runtime: Runtime,
    rpc: Rpc,
    _folder: tempfile::TempDir,
}

impl Elsewhere {
    /// A chain on which `account` has coins.
    pub(crate) fn of(account: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let account: Address = account.parse().unwrap();
        let genesis = Genesis::of(account, U256::from(10).pow(U256::from(20)));
        let chain = Chain::open(folder.path(), &genesis, "daedal test").unwrap();
        Self {
            runtime: Runtime::new().unwrap(),
            rpc: Rpc::new(chain),
            _folder: folder,
        }
    }

    /// The address of a node that does with each method as `rule` says.
    pub(crate) fn node(&self, rule: impl Fn(&str) -> Act + Send + Sync + 'static) -> String {
        self.runtime.block_on(node::start(self.rpc.clone(), rule))
    }

    /// Makes a contract of this creation code with the account of `studio`; gives its address.
    pub(crate) fn deploy(&self, studio: &Studio, code: Vec<u8>) -> Address {
        let keys = Keys::at(studio.path().join(".daedal/keys"));
        let person = keys.person(&Password::new(PASSWORD.to_owned())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ledger = FileLedger::open(&folder.path().join("ledger")).unwrap();
        let intended = Intended {
            key: "contract".to_owned(),
            to: None,
            input: code.into(),
            value: U256::ZERO,
        };
        let url = self.honest();
        let settled = self.runtime.block_on(async {
            let client = Client::connect(&Remote::at(url)).await.unwrap();
            let signer = person.into_signer();
            let outbox = Outbox::new(client, Arc::new(ledger), signer, Patience::default());
            outbox.carry_out(&intended).await.unwrap()
        });
        settled.receipt.contract_address.unwrap()
    }

    /// The address of a node that answers so many requests, and breaks off with the last of them: carried
    /// out, and not answered.
    pub(crate) fn dying_at(&self, last: usize) -> String {
        let asked = AtomicUsize::new(0);
        self.node(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
            earlier if earlier < last => Act::Pass,
            now if now == last => Act::PassAndDie,
            _ => Act::Die,
        })
    }

    /// The address of an honest node.
    pub(crate) fn honest(&self) -> String {
        self.node(|_| Act::Pass)
    }

    /// How many transactions there have been: each has a block.
    pub(crate) fn height(&self) -> u64 {
        let ask = br#"{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}"#;
        let answer = self.runtime.block_on(self.rpc.answer(ask));
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        let number = answer["result"].as_str().unwrap().trim_start_matches("0x");
        u64::from_str_radix(number, 16).unwrap()
    }
}
