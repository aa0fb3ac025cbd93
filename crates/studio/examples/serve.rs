//! Serves a new chain in a folder, for trying clients: `serve FOLDER PRIVATE_KEY [ADDRESS]`. Prints
//! its address, and ends when its input does.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::Read;
use std::path::PathBuf;

use alloy_primitives::U256;
use alloy_signer_local::PrivateKeySigner;
use daedal_chain::Chain;
use daedal_chain::embedded::Genesis;
use daedal_chain::rpc::Rpc;
use daedal_studio::{Options, Serving, announce, serve};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: serve FOLDER PRIVATE_KEY [ADDRESS]";
    let folder = PathBuf::from(arguments.next().ok_or(usage)?);
    let signer: PrivateKeySigner = arguments.next().ok_or(usage)?.parse()?;
    let address = arguments.next().unwrap_or("127.0.0.1:0".to_owned());
    let coins = U256::from(10).pow(U256::from(20));
    let chain = Chain::open(&folder, &Genesis::of(signer.address(), coins), "serve")?;
    let stop = CancellationToken::new();
    let rpc = Rpc::new(chain.clone());
    let server = serve(rpc, address.parse()?, Options::default(), stop.clone()).await?;
    let serving = Serving {
        url: server.url(),
        pid: std::process::id(),
        chain_id: chain.chain_id(),
        clock_key: None,
    };
    let announcement = announce(&folder.join("serving.json"), &serving)?;
    println!("{}", server.url());
    let until_closed = || std::io::stdin().read_to_end(&mut Vec::new());
    tokio::task::spawn_blocking(until_closed).await??;
    drop(announcement);
    stop.cancel();
    server.finished().await;
    chain.close();
    Ok(())
}
