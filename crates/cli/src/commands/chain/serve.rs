//! `daedal chain serve`

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use daedal_chain::rpc::Rpc;
use daedal_studio::{Options, ServeError, Serving};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Common;
use crate::chain;
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::keys;
use crate::ui::Ui;

/// Serves the embedded chain as JSON-RPC, for wallets and other tools, until Ctrl-C.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Port to listen on; 0 takes any that is free
    #[arg(long, default_value_t = 8545)]
    port: u16,
    /// Address to listen on; others than loopback let everybody near use the chain
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "ADDRESS")]
    host: IpAddr,
    /// Let pages of this origin use it, such as https://dapp.example
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// Let requests call it by this name or address too, without a port, such as studio.example
    #[arg(long, value_name = "HOST")]
    allow_host: Vec<String>,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    public: bool,
}

impl Serve {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = &Home::find(common)?;
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
            if let Some(first) = daedal_studio::find(&chain::serving(home)).await {
                return Err(Failure::new(format!(
                    "the chain is served already, at {} by process {}",
                    first.url, first.pid
                ))
                .help("use that address, or end that process first"));
            }
            let chain = chain::open(home, "daedal chain serve").await?;
            let clock_key = key()?;
            let options = Options {
                clock_key: Some(clock_key.clone()),
                network_name: home.name(),
                origins: self.allow_origin,
                hosts: self.allow_host,
                beyond_loopback: self.public,
                ..Options::default()
            };
            let stop = CancellationToken::new();
            let address = SocketAddr::new(self.host, self.port);
            let chain_id = chain.chain_id();
            let server =
                daedal_studio::serve(Rpc::new(chain.clone()), address, options, stop.clone())
                    .await
                    .map_err(not_served)?;
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

fn not_served(error: ServeError) -> Failure {
    let failure = chain::refused(&error);
    match error {
        ServeError::NotLoopback { .. } => failure
            .help("--public allows it, and --allow-host names what others call this machine by"),
        _ => failure,
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
