//! The studio's chain: how it is reached, who acts on it, and which contracts are there.

mod acting;
pub(crate) mod amount;
mod contracts;
pub(crate) mod desk;
pub(crate) mod dials;
mod identity;
mod ledger;
mod names;
pub(crate) mod notice;
mod planned;
mod registration;
mod standing;
mod upstream;
pub(crate) mod when;
mod works;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use alloy_primitives::{Address, U256};
use daedal_chain::client::{BlockPin, Remote};
use daedal_chain::deployment::Money;
use daedal_chain::embedded::{ChainError, Genesis};
use daedal_chain::operations::{Ledgers, Operator};
use daedal_chain::outbox::{Outbox, Patience};
use daedal_chain::{Chain, Client, ClientError};
use daedal_provenance::{Keys, Person};
use daedal_store::Studio;

use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, remembered};
use crate::keys;
use crate::settings::ChainSettings;

pub(crate) use acting::{Acting, Looking, looking};
pub(crate) use amount::{Price, price};
use contracts::nothing_registered;
pub(crate) use contracts::{are_set, deploy, deploying, deployment, ledgers, ledgers_if_any};
pub(crate) use identity::{Anew, another, begin_anew, difference, place_of};
pub(crate) use names::{account, caip19, chain_name, contracts_among, token, work_number};
pub(crate) use planned::{Step, begun_by, gas_told, planned, told};
pub(crate) use registration::{Overrides, Wish, percent};
pub(crate) use standing::parts_told;
pub(crate) use upstream::{Lineage, require_upstream};
pub(crate) use works::{
    Known, known, known_anywhere, known_here, process_of, remember, remember_known,
};

/// Blocks on a transaction of a chain that others run, unless a studio says otherwise.
const DEPTH: u64 = 3;

/// How long another process may have the embedded chain open before a command gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// A failure of the chain, as it says itself.
pub(crate) fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

/// Where the embedded chain of a studio is.
pub(crate) fn folder(home: &Home) -> PathBuf {
    home.root.join(daedal_store::embedded::FOLDER).join("chain")
}

/// Where a server of the embedded chain leaves its note.
pub(crate) fn serving(home: &Home) -> PathBuf {
    folder(home).join("serving.json")
}

/// Whether the studio has its chain in itself.
pub(crate) fn is_embedded(home: &Home) -> bool {
    home.settings.chain.rpc.is_none()
}

/// The studio's account, whose key the embedded chain begins with.
pub(crate) fn account_of(home: &Home) -> Result<Address, Failure> {
    let keys = Keys::at(home.keys());
    if !keys.exist() {
        return Err(
            Failure::new("the studio has no account yet, so there is no chain")
                .help(format!("make one: {} account", hint::daedal())),
        );
    }
    let account = keys.account().map_err(|error| keys::refused(&error))?;
    Ok(account.address)
}

/// What the studio's account owns on its embedded chain to begin with: a million coins, worth nothing.
fn beginning() -> U256 {
    U256::from(1_000_000) * U256::from(10).pow(U256::from(18))
}

/// Opens the embedded chain in this process.
pub(crate) async fn open(home: &Home, command: &str) -> Result<Chain, Failure> {
    let genesis = Genesis::of(account_of(home)?, beginning());
    let begun = Instant::now();
    loop {
        match Chain::open(&folder(home), &genesis, command) {
            Ok(chain) => return Ok(chain),
            // A command of a moment; a server would have been found.
            Err(ChainError::Busy { .. }) if begun.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => return Err(refused(error)),
        }
    }
}

/// A client of the studio's chain: the one that `[chain] rpc` names, or the embedded one, through a
/// server where one runs.
pub(crate) async fn reach(home: &Home, command: &str) -> Result<Client, Failure> {
    reach_as(home, command, false).await
}

/// The same, allowed to move the embedded chain's clock.
pub(crate) async fn reach_to_move_time(home: &Home, command: &str) -> Result<Client, Failure> {
    reach_as(home, command, true).await
}

async fn reach_as(home: &Home, command: &str, moves_time: bool) -> Result<Client, Failure> {
    if let Some(remote) = remote(&home.settings.chain) {
        return Client::connect(&remote).await.map_err(refused);
    }
    if let Some(client) = served(home, moves_time).await? {
        return Ok(client);
    }
    Ok(Client::embedded(&open(home, command).await?))
}

/// Reaches the chain; what is told where nobody answers stands by itself, since much can be done without.
pub(crate) async fn reach_if_there(
    home: &Home,
    command: &str,
) -> Result<Result<Client, Failure>, Failure> {
    let Some(remote) = remote(&home.settings.chain) else {
        return reach(home, command).await.map(Ok);
    };
    match Client::connect(&remote).await {
        Ok(client) => Ok(Ok(client)),
        Err(away @ (ClientError::Unreachable { .. } | ClientError::Timeout { .. })) => {
            Ok(Err(refused(away)))
        }
        Err(error) => Err(refused(error)),
    }
}

/// The node that the settings name.
fn remote(settings: &ChainSettings) -> Option<Remote> {
    let mut remote = Remote {
        chain_id: settings.chain_id,
        ..Remote::at(settings.rpc.as_ref()?)
    };
    if let Some(seconds) = settings.timeout_s {
        remote.timeout = Duration::from_secs(seconds.max(1));
    }
    Some(remote)
}

/// The embedded chain through its server, where one runs.
async fn served(home: &Home, moves_time: bool) -> Result<Option<Client>, Failure> {
    let Some(serving) = daedal_studio::find(&serving(home)).await else {
        return Ok(None);
    };
    let remote = Remote {
        chain_id: Some(serving.chain_id),
        clock_key: serving.clock_key.filter(|_| moves_time),
        ..Remote::at(serving.url)
    };
    let client = Client::connect(&remote).await.map_err(refused)?;
    Ok(Some(client))
}

/// Sends transactions of `person`, each once: they are written into the studio before.
pub(crate) fn outbox(
    home: &Home,
    studio: &Studio,
    client: Client,
    person: Person,
) -> Result<Outbox, Failure> {
    let mut patience = Patience {
        confirmations: confirmations(&home.settings.chain),
        fee_max: home
            .settings
            .chain
            .max_fee
            .as_deref()
            .map(amount::gwei)
            .transpose()?,
        ..Patience::default()
    };
    if is_embedded(home) {
        patience.poll = Duration::from_millis(20);
    }
    let ledger = ledger::InRecords::of(studio);
    Ok(Outbox::new(client, ledger, person.into_signer(), patience))
}

/// Blocks that have to stand on a transaction: chains that others run can be reorganised.
pub(crate) fn confirmations(settings: &ChainSettings) -> u64 {
    let url = settings
        .rpc
        .as_deref()
        .and_then(|rpc| url::Url::parse(rpc).ok());
    let is_elsewhere =
        url.is_some_and(|url| !matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")));
    settings.confirmations.unwrap_or(match is_elsewhere {
        true => DEPTH,
        false => 1,
    })
}

/// The newest block that is as settled as the studio's own transactions have to be: one that may still go is no block
/// to refer to.
pub(crate) async fn settled(home: &Home, client: &Client) -> Result<BlockPin, Failure> {
    let newest = client.newest().await.map_err(refused)?;
    let behind = confirmations(&home.settings.chain).saturating_sub(1);
    match newest.number.saturating_sub(behind) {
        number if number == newest.number => Ok(newest),
        number => {
            let found = client.block(number).await.map_err(refused)?;
            found.ok_or_else(|| Failure::new(format!("block {number} is missing there")))
        }
    }
}

/// Acts on the contracts that `reads` asks, or on those that an embedded chain gets now.
pub(crate) async fn operator(
    home: &Home,
    studio: &Studio,
    client: Client,
    reads: Option<Ledgers>,
    person: Person,
) -> Result<Operator, Failure> {
    let outbox = outbox(home, studio, client, person)?;
    let at = match reads {
        // What an earlier version noted has fewer contracts.
        Some(reads) if reads.deployment().is_whole() => {
            identity::note(home, studio, outbox.client()).await?;
            *reads.deployment()
        }
        _ => deploy(home, studio, &outbox, &Money::Test).await?,
    };
    // What a killed command left comes first, so that numbers of transactions have no gaps.
    outbox.resume().await.map_err(refused)?;
    Ok(Operator::new(outbox, at))
}

/// Opens studio and chain to look at works. A studio that has done nothing yet can look at a chain that
/// others run.
pub(crate) async fn look(home: &Home, command: &str) -> Result<(Studio, Client), Failure> {
    if is_embedded(home) && !home.is_begun() {
        return Err(nothing_registered());
    }
    look_at_chain(home, command).await
}

/// Opens studio and chain to look at the chain itself.
pub(crate) async fn look_at_chain(home: &Home, command: &str) -> Result<(Studio, Client), Failure> {
    let client = reach(home, command).await?;
    if !home.is_begun() {
        let studio = home.open_to_write(command).await?;
        studio.close().await.map_err(|error| remembered(&error))?;
    }
    Ok((home.open_to_read().await?, client))
}
