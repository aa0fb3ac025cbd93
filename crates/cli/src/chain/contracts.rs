//! Where the contracts are: set in `daedal.toml`, noted in the studio, or made.

use alloy_primitives::Address;
use daedal_chain::contracts::TestDollar;
use daedal_chain::deployment::{Deployment, Money};
use daedal_chain::operations::Ledgers;
use daedal_chain::outbox::Outbox;
use daedal_chain::{Client, ClientError};
use daedal_store::Studio;
use daedal_store::ports::Document;

use super::{identity, is_embedded, refused};
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, remembered};

pub(super) const KIND: &str = "deployment";

/// Whether `daedal.toml` says where the contracts are.
pub(crate) fn are_set(home: &Home) -> bool {
    let set = &home.settings.chain;
    let named = [
        set.registry,
        set.anchor,
        set.editions,
        set.capital,
        set.market,
        set.commissions,
        set.governance,
    ];
    named.iter().any(Option::is_some)
}

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
    if are_set(home) {
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
    noted(studio, chain_id).await
}

/// The contracts that the studio made on a chain.
async fn noted(studio: &Studio, chain_id: u64) -> Result<Option<Deployment>, Failure> {
    let noted = studio.records.get(KIND, &chain_id.to_string()).await;
    noted
        .map_err(|error| remembered(&error))?
        .filter(|noted| !noted.is_null())
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| Failure::because("the note of the contracts can't be read", &error))
}

/// Makes the contracts on the chain, and notes where they are.
pub(crate) async fn deploy(
    home: &Home,
    studio: &Studio,
    outbox: &Outbox,
    money: &Money,
) -> Result<Deployment, Failure> {
    require_fit(studio, outbox.client(), money).await?;
    identity::note(home, studio, outbox.client()).await?;
    let made = Deployment::deploy(outbox, money).await.map_err(refused)?;
    let document = Document::of(KIND, outbox.client().chain_id().to_string(), &made);
    let noted = studio.records.put(vec![document]).await;
    noted.map_err(|error| remembered(&error))?;
    Ok(made)
}

/// What making the contracts would make, with the gas of each.
pub(crate) async fn deploying(
    studio: &Studio,
    client: &Client,
    from: Address,
    money: &Money,
) -> Result<Vec<(&'static str, Option<u64>)>, Failure> {
    require_fit(studio, client, money).await?;
    Deployment::look(client, from, money).await.map_err(refused)
}

/// Refuses coins that are none, or others than those of the contracts that the studio has on the chain.
async fn require_fit(studio: &Studio, client: &Client, money: &Money) -> Result<(), Failure> {
    if let Money::Real {
        stablecoins,
        wrapped_native,
    } = money
    {
        require_coins(client, stablecoins, *wrapped_native).await?;
    }
    let chain_id = client.chain_id();
    if let Money::Real { stablecoins, .. } = money
        && let Some(at) = noted(studio, chain_id).await?
        && stablecoins.first() != Some(&at.asset)
    {
        return Err(Failure::new(format!(
            "the studio has contracts on chain {chain_id} already, whose works earn {}",
            at.asset
        ))
        .help("a studio has one set of them there; to use others, name them under [chain]"));
    }
    Ok(())
}

/// Refuses what is no token, before anything is made for it.
async fn require_coins(
    client: &Client,
    stablecoins: &[Address],
    wrapped_native: Address,
) -> Result<(), Failure> {
    let wrapped = Some(("--wrapped", wrapped_native)).filter(|(_, address)| !address.is_zero());
    let named = stablecoins.iter().map(|address| ("--stablecoin", *address));
    let mut seen = Vec::new();
    for (flag, address) in named.chain(wrapped) {
        let problem = match client.code(address).await.map_err(refused)? {
            _ if seen.contains(&address) => Some("is given twice".to_owned()),
            code if code.is_empty() => Some(format!(
                "has no contract on chain {} ({})",
                client.chain_id(),
                client.place()
            )),
            _ => match client.read(address, &TestDollar::decimalsCall {}).await {
                Ok(_) => None,
                Err(ClientError::Reverted { .. } | ClientError::Lie { .. }) => {
                    Some("is a contract, but no token (ERC-20) with decimals".to_owned())
                }
                Err(error) => return Err(refused(error)),
            },
        };
        if let Some(problem) = problem {
            return Err(Failure::new(format!("{flag} {address} {problem}")).help(
                "take the address from whoever issues the coin, for this very chain; for trying things \
                 out, --test-money makes worthless coins",
            ));
        }
        seen.push(address);
    }
    Ok(())
}

/// What can be asked of the contracts, known to be what they should be; none where an embedded chain has none
/// yet.
pub(crate) async fn ledgers_if_any(
    home: &Home,
    studio: &Studio,
    client: &Client,
) -> Result<Option<Ledgers>, Failure> {
    let reads = found(home, studio, client).await?;
    let is_old = |reads: &&Ledgers| is_embedded(home) && !reads.deployment().is_whole();
    if let Some(reads) = reads.as_ref().filter(|reads| !is_old(reads)) {
        reads.deployment().check(client).await.map_err(refused)?;
    }
    Ok(reads)
}

/// What can be asked of the contracts, without any key.
pub(crate) async fn ledgers(
    home: &Home,
    studio: &Studio,
    client: &Client,
) -> Result<Ledgers, Failure> {
    let reads = found(home, studio, client).await?;
    reads.ok_or_else(nothing_registered)
}

async fn found(home: &Home, studio: &Studio, client: &Client) -> Result<Option<Ledgers>, Failure> {
    let Some(at) = deployment(home, studio, client.chain_id()).await? else {
        return match is_embedded(home) {
            true => Ok(None),
            false => Err(none(studio, client).await),
        };
    };
    identity::require_same(home, studio, client).await?;
    Ok(Some(Ledgers::new(client.clone(), at)))
}

/// That there are no works yet on the embedded chain.
pub(super) fn nothing_registered() -> Failure {
    Failure::new("nothing is registered in this studio yet").help(format!(
        "register a process: {} register PROCESS",
        hint::daedal()
    ))
}

async fn none(studio: &Studio, client: &Client) -> Failure {
    let mut message = format!(
        "the studio knows of no contracts on chain {} ({})",
        client.chain_id(),
        client.place()
    );
    let noted = studio.records.list(KIND).await.unwrap_or_default();
    let noted = noted.into_iter().filter(|(_, value)| !value.is_null());
    let others: Vec<String> = noted.map(|(chain, _)| chain).collect();
    if !others.is_empty() {
        message.push_str(&format!(
            ", but of some on chain {}: is it the right node?",
            others.join(", ")
        ));
    }
    Failure::new(message).help(format!(
        "set {ALL} under [chain] in daedal.toml, or make contracts of your own there: {} chain deploy \
         --stablecoin ADDRESS --wrapped ADDRESS, or --test-money to try things out",
        hint::daedal()
    ))
}
