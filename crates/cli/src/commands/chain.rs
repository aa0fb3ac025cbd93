//! `daedal chain`

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use alloy_primitives::Address;
use clap::Subcommand;
use daedal_chain::Client;
use daedal_chain::deployment::{Deployment, Money};
use daedal_chain::rpc::Rpc;
use daedal_store::Studio;
use daedal_studio::{Options, ServeError, Serving};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Common;
use crate::chain::{self, Anew};
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
    /// Let requests call it by this name or address too, without a port, such as studio.example
    #[arg(long, value_name = "HOST")]
    allow_host: Vec<String>,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    public: bool,
}

#[derive(Debug, clap::Args)]
struct Deploy {
    /// Contract of a stablecoin of the chain, such as USDC, that works may earn; can be given several times, the
    /// first is what works earn unless they say otherwise. Goes with --wrapped
    #[arg(long, value_name = "ADDRESS", requires = "wrapped")]
    stablecoin: Vec<String>,
    /// Contract of the chain's own coin as a token, such as WETH; 0x and forty zeros where the chain has none.
    /// Goes with --stablecoin
    #[arg(long, value_name = "ADDRESS", requires = "stablecoin")]
    wrapped: Option<String>,
    /// Make worthless coins along, in the place of both: for trying things out
    #[arg(long, conflicts_with_all = ["stablecoin", "wrapped"])]
    test_money: bool,
    /// The chain was made anew, by the same number: put aside what the studio has on record of the old one. Where
    /// [chain] names contracts there already, no others are made
    #[arg(long)]
    anew: bool,
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
        let (studio, client) = chain::look_at_chain(home, "daedal chain status").await?;
        let difference = chain::difference(home, &studio, &client).await?;
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
        if let Some(why) = &difference {
            let failure = chain::another(home, &studio, &client, why).await;
            text.push_str(&format!("\n{}", failure.render()));
        }
        let value = json!({
            "chain": client.chain_id(), "place": client.place(), "block": block,
            "account": account, "balance": balance.to_string(), "contracts": at,
            "differs_from_record": difference,
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

impl Deploy {
    fn run(self, home: &Home, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let money = self.money(home)?;
        let person = keys::person(home, common, ui)?;
        block_on(async {
            let studio = home.open_to_write("daedal chain deploy").await?;
            let client = chain::reach(home, "daedal chain deploy").await?;
            let chain_id = client.chain_id();
            let anew = self.anew(home, &studio, &client).await?;
            if let Some(anew) = &anew {
                let aside = &anew.put_aside;
                ui.note(format!("put aside, of the old chain: {aside}"));
                if let Some(back) = &anew.brought_back {
                    ui.note(format!(
                        "brought back, since it is of this very chain: {back}"
                    ));
                }
            }
            let at = match &money {
                Some(money) => {
                    let outbox = chain::outbox(home, &studio, client, person)?;
                    outbox.resume().await.map_err(chain::refused)?;
                    chain::deploy(home, &studio, &outbox, money).await?
                }
                None => *chain::ledgers(home, &studio, &client).await?.deployment(),
            };
            studio.close().await.map_err(|error| remembered(&error))?;
            let mut text = format!(
                "the contracts on chain {chain_id}; for other studios, put this under [chain]:\n\n"
            );
            for (name, address) in named(&at) {
                text.push_str(&format!("{name} = \"{address}\"\n"));
            }
            let value = json!({ "chain": chain_id, "contracts": at, "anew": anew });
            ui.result(&value, &text);
            Ok(0)
        })
    }

    /// None where the contracts are there already: on a chain made anew, by what `daedal.toml` says.
    fn money(&self, home: &Home) -> Result<Option<Money>, Failure> {
        let address =
            |flag: &str, text: &String| chain::account(text).map_err(|failure| failure.about(flag));
        match &self.wrapped {
            Some(wrapped) => Ok(Some(Money::Real {
                stablecoins: self
                    .stablecoin
                    .iter()
                    .map(|text| address("--stablecoin", text))
                    .collect::<Result<Vec<Address>, Failure>>()?,
                wrapped_native: address("--wrapped", wrapped)?,
            })),
            None if self.test_money => Ok(Some(Money::Test)),
            None if self.anew && chain::are_set(home) => Ok(None),
            None => Err(Failure::new(
                "the contracts need to know which coins works may earn",
            )
            .help(
                "name the chain's: --stablecoin ADDRESS (such as USDC's) and --wrapped ADDRESS (such as \
                 WETH's); or --test-money, which makes worthless ones, to try things out",
            )),
        }
    }

    /// Puts aside what is on record of a chain that is gone, if that was asked for.
    async fn anew(
        &self,
        home: &Home,
        studio: &Studio,
        client: &Client,
    ) -> Result<Option<Anew>, Failure> {
        match (chain::difference(home, studio, client).await?, self.anew) {
            (None, false) => Ok(None),
            (Some(_), true) => chain::begin_anew(studio, client).await.map(Some),
            (Some(why), false) => Err(chain::another(home, studio, client, &why).await),
            (None, true) => Err(Failure::new(format!(
                "nothing is on record of another chain than this one: {} ({})",
                client.chain_id(),
                client.place()
            ))
            .help("leave --anew away: there is nothing to put aside")),
        }
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
