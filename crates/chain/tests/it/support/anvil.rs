//! Foundry's node, as a peer.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use alloy_primitives::{Address, U256};
use daedal_chain::Client;
use daedal_chain::client::Remote;

/// A running anvil, ended with this value.
pub(crate) struct Anvil {
    child: Child,
    pub(crate) url: String,
}

/// Where anvil is; none only if the environment says to do without.
fn find() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("DAEDAL_ANVIL") {
        return Some(path.into());
    }
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    // The program itself rather than npm's wrapper, which would leave it running.
    for tools in ["anvil", "contracts"] {
        let modules = home.join(".cache/daedal/tools").join(tools);
        let packages = modules.join("node_modules/@foundry-rs").read_dir();
        for package in packages.into_iter().flatten().flatten() {
            let program = package.path().join("bin/anvil");
            if program.is_file() {
                return Some(program);
            }
        }
    }
    if std::env::var_os("DAEDAL_SKIP_ANVIL").is_some() {
        return None;
    }
    panic!(
        "anvil is missing, which this test compares with: run `npm install --prefix \
         ~/.cache/daedal/tools/anvil @foundry-rs/anvil@1.7.1`, or name it in DAEDAL_ANVIL; \
         DAEDAL_SKIP_ANVIL=1 goes without"
    );
}

impl Anvil {
    /// Starts one with the rules, fees and limits of the embedded chain.
    pub(crate) fn start(chain_id: u64) -> Option<Self> {
        Self::start_at(chain_id, 0)
    }

    /// The same, but a unit of gas costs so many wei.
    pub(crate) fn start_at(chain_id: u64, fee: u64) -> Option<Self> {
        Self::start_with(chain_id, fee, &[])
    }

    /// The same, with its clock beginning at this time, in seconds since 1970: its first block is another one than
    /// at another time.
    #[allow(dead_code)] // Another room needs it.
    pub(crate) fn born(chain_id: u64, time: u64) -> Option<Self> {
        Self::start_with(chain_id, 0, &["--timestamp", &time.to_string()])
    }

    fn start_with(chain_id: u64, fee: u64, more: &[&str]) -> Option<Self> {
        let mut child = Command::new(find()?)
            .args(["--port", "0", "--accounts", "0", "--hardfork", "osaka"])
            .args([
                "--chain-id",
                &chain_id.to_string(),
                "--gas-limit",
                "1000000000",
            ])
            .args(["--block-base-fee-per-gas", &fee.to_string()])
            .args(["--gas-price", &fee.to_string()])
            .args([
                "--disable-min-priority-fee",
                "--disable-default-create2-deployer",
            ])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("anvil starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("anvil says where it listens").unwrap();
            if let Some((_, address)) = line.split_once("Listening on ") {
                break format!("http://{}", address.trim());
            }
        };
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, url })
    }

    /// What it answers, on a runtime of its own.
    #[allow(dead_code)] // Another room needs it.
    pub(crate) fn ask(
        &self,
        method: &'static str,
        params: &[serde_json::Value],
    ) -> serde_json::Value {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let params = params.to_vec();
        runtime.block_on(async { self.client().await.request(method, params).await.unwrap() })
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(&Remote::at(&self.url)).await.unwrap()
    }

    pub(crate) async fn fund(client: &Client, account: Address, balance: U256) {
        let _: Option<bool> = client
            .request("anvil_setBalance", (account, balance))
            .await
            .unwrap();
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
