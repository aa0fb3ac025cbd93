//! Where the contracts are: set in `daedal.toml`, noted in the studio, or made.

use alloy_primitives::Address;
use daedal_chain::Client;
use daedal_chain::deployment::{Deployment, Money};
use daedal_chain::operations::Ledgers;
use daedal_chain::outbox::Outbox;
use daedal_store::Studio;
use daedal_store::ports::Document;

use super::{is_embedded, refused};
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, remembered};

const KIND: &str = "deployment";

/// What names the contracts under [chain].
const ALL: &str = "`registry`, `anchor`, `editions`, `asset`, `capital`, `market`, `commissions` and `governance`";

/// The contracts of the studio's chain; none where it has not used any yet.
pub(crate) async fn deployment(
    home: &Home,
    studio: &Studio,
    chain_id: u64,
) -> Result<Option<Deployment>, Failure> {
    let set = &home.settings.chain;
    let address = |name: &str, given: Option<Address>| {
        given.ok_or_else(|| {
            Failure::new(format!("[chain] names some contracts, but no `{name}`"))
                .help(format!("set {ALL} there, or none of them"))
        })
    };
    let named = [
        set.registry,
        set.anchor,
        set.editions,
        set.capital,
        set.market,
        set.commissions,
        set.governance,
    ];
    if named.iter().any(Option::is_some) {
        return Ok(Some(Deployment {
            registry: address("registry", set.registry)?,
            anchor: address("anchor", set.anchor)?,
            editions: address("editions", set.editions)?,
            asset: address("asset", set.asset)?,
            capital: address("capital", set.capital)?,
            market: address("market", set.market)?,
            commissions: address("commissions", set.commissions)?,
            governance: address("governance", set.governance)?,
        }));
    }
    let noted = studio.records.get(KIND, &chain_id.to_string()).await;
    noted
        .map_err(|error| remembered(&error))?
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| Failure::because("the note of the contracts can't be read", &error))
}

/// Makes the contracts on the chain, and notes where they are.
pub(crate) async fn deploy(
    studio: &Studio,
    outbox: &Outbox,
    money: &Money,
) -> Result<Deployment, Failure> {
    let made = Deployment::deploy(outbox, money).await.map_err(refused)?;
    let document = Document {
        kind: KIND.to_owned(),
        key: outbox.client().chain_id().to_string(),
        value: serde_json::to_value(made).unwrap_or_default(),
    };
    let noted = studio.records.put(vec![document]).await;
    noted.map_err(|error| remembered(&error))?;
    Ok(made)
}

/// The contracts to act on, known to be what they should be.
pub(super) async fn of_operator(
    home: &Home,
    studio: &Studio,
    outbox: &Outbox,
) -> Result<Deployment, Failure> {
    let client = outbox.client();
    match deployment(home, studio, client.chain_id()).await? {
        Some(at) if at.is_whole() || !is_embedded(home) => {
            at.check(client).await.map_err(refused)?;
            Ok(at)
        }
        _ if is_embedded(home) => deploy(studio, outbox, &Money::Test).await,
        _ => Err(none(studio, client).await),
    }
}

/// What can be asked of the contracts; none where an embedded chain has none yet.
pub(crate) async fn ledgers_if_any(
    home: &Home,
    studio: &Studio,
    client: &Client,
) -> Result<Option<Ledgers>, Failure> {
    let Some(at) = deployment(home, studio, client.chain_id()).await? else {
        return match is_embedded(home) {
            true => Ok(None),
            false => Err(none(studio, client).await),
        };
    };
    at.check(client).await.map_err(refused)?;
    Ok(Some(Ledgers::new(client.clone(), at)))
}

/// What can be asked of the contracts, without any key.
pub(crate) async fn ledgers(
    home: &Home,
    studio: &Studio,
    client: Client,
) -> Result<Ledgers, Failure> {
    match deployment(home, studio, client.chain_id()).await? {
        Some(at) => Ok(Ledgers::new(client, at)),
        None if is_embedded(home) => Err(Failure::new("nothing is registered in this studio yet")
            .help(format!(
                "register a process: {} register PROCESS",
                hint::daedal()
            ))),
        None => Err(none(studio, &client).await),
    }
}

async fn none(studio: &Studio, client: &Client) -> Failure {
    let mut message = format!(
        "the studio knows of no contracts on chain {} ({})",
        client.chain_id(),
        client.place()
    );
    let noted = studio.records.list(KIND).await.unwrap_or_default();
    let others: Vec<String> = noted.into_iter().map(|(chain, _)| chain).collect();
    if !others.is_empty() {
        message.push_str(&format!(
            ", but of some on chain {}: is it the right node",
            others.join(", ")
        ));
    }
    Failure::new(message).help(format!(
        "set {ALL} under [chain] in daedal.toml, or make contracts of your own there: {} chain deploy \
         --stablecoin ADDRESS --wrapped ADDRESS, or --test-money to try things out",
        hint::daedal()
    ))
}
