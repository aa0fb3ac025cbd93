//! `daedal chain`

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use alloy_primitives::Address;
use clap::Subcommand;
use daedal_chain::deployment::{Deployment, Money};
use daedal_chain::rpc::Rpc;
use daedal_studio::{Options, Serving};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Common;
use crate::chain;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::keys;
use crate::ui::Ui;

/// The chain that the studio's works are on.
#[derive(Debug, clap::Args)]
pub(crate) struct Chain {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show which chain it is, and where the contracts are
    Status,
    /// Serve the embedded chain as JSON-RPC, for wallets and other tools, until Ctrl-C
    Serve(Serve),
    /// Make the contracts on the chain under [chain], from the studio's account
    Deploy(Deploy),
    /// Give an account worthless money, on the embedded chain or one with test money
    Fund(super::fund::Fund),
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// Port to listen on; 0 takes any that is free
    #[arg(long, default_value_t = 8545)]
    port: u16,
    /// Address to listen on; others than loopback let everybody near use the chain
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "ADDRESS")]
    host: IpAddr,
    /// Let pages of this origin use it, such as https://dapp.example
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    public: bool,
}

#[derive(Debug, clap::Args)]
struct Deploy {
    /// Stablecoin that works may account for; the first is the usual one
    #[arg(
        long,
        value_name = "ADDRESS",
        required_unless_present = "test_money",
        requires = "wrapped"
    )]
    stablecoin: Vec<String>,
    /// The chain's wrapped coin
    #[arg(long, value_name = "ADDRESS")]
    wrapped: Option<String>,
    /// Deploy worthless coins along: for trying things out
    #[arg(long, conflicts_with_all = ["stablecoin", "wrapped"])]
    test_money: bool,
}

impl Chain {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        match self.what {
            What::Status => status(&home, ui),
            What::Serve(serve) => serve.run(&home, common, ui),
            What::Deploy(deploy) => deploy.run(&home, common, ui),
            What::Fund(fund) => fund.run(common, ui),
        }
    }
}

fn status(home: &Home, ui: Ui) -> Result<u8, Failure> {
    block_on(async {
        let studio = home.open_to_read().await?;
        let client = chain::reach(home, "daedal chain status").await?;
        let at = chain::deployment(home, &studio, client.chain_id()).await?;
        let block = client.block_number().await.map_err(chain::refused)?;
        let account = chain::account_of(home)?;
        let balance = client.balance(account).await.map_err(chain::refused)?;
        let coins = alloy_primitives::utils::format_ether(balance);
        let mut text = format!(
            "chain       {} ({})\nblock       {block}\naccount     {account}\nbalance     {coins}\n",
            client.chain_id(),
            client.place()
        );
        match &at {
            Some(at) => {
                for (name, address) in named(at) {
                    text.push_str(&format!("{name:<11} {address}\n"));
                }
            }
            None => text.push_str("contracts   none yet\n"),
        }
        let value = json!({
            "chain": client.chain_id(), "place": client.place(), "block": block,
            "account": account, "balance": balance.to_string(), "contracts": at,
        });
        ui.result(&value, &text);
        Ok(0)
    })
}

impl Serve {
    fn run(self, home: &Home, common: &Common, ui: Ui) -> Result<u8, Failure> {
        if !chain::is_embedded(home) {
            return Err(
                Failure::new("the studio's chain is one that others run already")
                    .help("ask it at the address under [chain]"),
            );
        }
        // The chain begins with the studio's account.
        if !daedal_provenance::Keys::at(home.keys()).exist() {
            keys::open(home, common, ui)?;
        }
        block_on(async {
            let chain = chain::open(home, "daedal chain serve").await?;
            let clock_key = key()?;
            let options = Options {
                clock_key: Some(clock_key.clone()),
                network_name: home.name(),
                origins: self.allow_origin,
                beyond_loopback: self.public,
                ..Options::default()
            };
            let stop = CancellationToken::new();
            let address = SocketAddr::new(self.host, self.port);
            let chain_id = chain.chain_id();
            let server =
                daedal_studio::serve(Rpc::new(chain.clone()), address, options, stop.clone())
                    .await
                    .map_err(chain::refused)?;
            let note = Serving {
                url: server.url(),
                pid: std::process::id(),
                chain_id,
                clock_key: Some(clock_key),
            };
            let announced =
                daedal_studio::announce(&chain::serving(home), &note).map_err(chain::refused)?;
            let network = daedal_studio::wallet_network(&home.name(), chain_id, &note.url);
            let text = format!(
                "serving chain {chain_id} at {}\nadd it to a wallet with this address and number; \
                 Ctrl-C ends it",
                note.url
            );
            let value = json!({
                "url": note.url, "chain": chain_id, "pid": note.pid, "wallet": network,
            });
            ui.result(&value, &text);
            ended().await;
            drop(announced);
            stop.cancel();
            server.finished().await;
            chain.close();
            Ok(0)
        })
    }
}

/// What nobody can guess.
fn key() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::because("the system gives no random numbers", &error))?;
    Ok(alloy_primitives::hex::encode(bytes))
}

/// Waits for Ctrl-C, or for the system to end the process.
async fn ended() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    // Without signals the process ends when it is killed.
    let _ = tokio::signal::ctrl_c().await;
}

impl Deploy {
    fn run(self, home: &Home, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let money = match (&self.stablecoin[..], &self.wrapped) {
            (_, Some(wrapped)) => Money::Real {
                stablecoins: self
                    .stablecoin
                    .iter()
                    .map(|address| chain::account(address))
                    .collect::<Result<Vec<Address>, Failure>>()?,
                wrapped_native: chain::account(wrapped)?,
            },
            _ => Money::Test,
        };
        let person = keys::person(home, common, ui)?;
        block_on(async {
            let studio = home.open_to_write("daedal chain deploy").await?;
            let client = chain::reach(home, "daedal chain deploy").await?;
            let chain_id = client.chain_id();
            let outbox = chain::outbox(home, &studio, client, person)?;
            outbox.resume().await.map_err(chain::refused)?;
            let at = chain::deploy(&studio, &outbox, &money).await?;
            studio.close().await.map_err(|error| remembered(&error))?;
            let mut text = format!(
                "the contracts on chain {chain_id}; for other studios, put this under [chain]:\n\n"
            );
            for (name, address) in named(&at) {
                text.push_str(&format!("{name} = \"{address}\"\n"));
            }
            ui.result(&json!({ "chain": chain_id, "contracts": at }), &text);
            Ok(0)
        })
    }
}

/// Contracts by the names that they have under [chain].
fn named(at: &Deployment) -> [(&'static str, Address); 8] {
    [
        ("registry", at.registry),
        ("anchor", at.anchor),
        ("editions", at.editions),
        ("asset", at.asset),
        ("capital", at.capital),
        ("market", at.market),
        ("commissions", at.commissions),
        ("governance", at.governance),
    ]
}
