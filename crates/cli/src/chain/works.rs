//! Which processes of a studio are works, and which numbers they have.

use alloy_primitives::Address;
use daedal_chain::Client;
use daedal_chain::operations::{Ledgers, Registered};
use daedal_core::intent::Domain;
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, remembered};

pub(super) const KIND: &str = "work";

/// A process that is a work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    /// Its chain.
    pub(crate) chain: u64,
    /// The registry there.
    pub(crate) registry: Address,
    /// Its number.
    pub(crate) work: u64,
    /// Its share token.
    pub(crate) shares: Address,
}

impl Known {
    /// Where decisions about its runs count.
    pub(crate) fn domain(&self) -> Domain {
        Domain {
            chain: self.chain,
            registry: self.registry,
        }
    }
}

fn key(process: &str, reads: &Ledgers) -> String {
    let registry = reads.deployment().registry;
    format!("{process}/{}/{registry}", reads.client().chain_id())
}

/// The work that a process is on this chain.
pub(crate) async fn known(
    studio: &Studio,
    reads: &Ledgers,
    process: &str,
) -> Result<Option<Known>, Failure> {
    let found = studio.records.get(KIND, &key(process, reads)).await;
    let found = found.map_err(|error| remembered(&error))?;
    Ok(found.and_then(|value| serde_json::from_value(value).ok()))
}

/// The works that a process is on any chain.
pub(crate) async fn known_anywhere(studio: &Studio, process: &str) -> Result<Vec<Known>, Failure> {
    let all = studio.records.list(KIND).await;
    let all = all.map_err(|error| remembered(&error))?;
    Ok(all
        .into_iter()
        .filter(|(key, _)| key.split('/').next() == Some(process))
        .filter_map(|(_, value)| serde_json::from_value(value).ok())
        .collect())
}

/// The work that a process is at the registry of the chain that answers; where it is none there, what it is
/// elsewhere is told.
pub(crate) async fn known_here(
    home: &Home,
    studio: &Studio,
    client: &Client,
    process: &str,
) -> Result<Known, Failure> {
    let chain_id = client.chain_id();
    let at = super::deployment(home, studio, chain_id).await?;
    let all = known_anywhere(studio, process).await?;
    match at {
        Some(at) => {
            let here = (chain_id, at.registry);
            let found = all
                .iter()
                .find(|known| (known.chain, known.registry) == here);
            found
                .copied()
                .ok_or_else(|| not_here(client, process, &all))
        }
        None if super::is_embedded(home) => Err(not_here(client, process, &all)),
        // That there are no contracts at all says more.
        None => {
            super::ledgers(home, studio, client).await?;
            Err(not_here(client, process, &all))
        }
    }
}

/// That a process is no work on the chain that answers.
fn not_here(client: &Client, process: &str, elsewhere: &[Known]) -> Failure {
    let (chain_id, place) = (client.chain_id(), client.place());
    let mut message = format!("{process} is not registered on chain {chain_id} ({place})");
    let told: Vec<String> = elsewhere
        .iter()
        .map(|known| match known.chain == chain_id {
            true => format!(
                "in the registry {} there as work {}",
                known.registry, known.work
            ),
            false => format!("on chain {} as work {}", known.chain, known.work),
        })
        .collect();
    if told.is_empty() {
        return Failure::new(message).help(format!(
            "register it first: {} register PROCESS",
            hint::daedal()
        ));
    }
    message.push_str(&format!(", but {}", told.join(" and ")));
    Failure::new(message).help(
        "to go on there, set `rpc` under [chain] in daedal.toml to a node of it; to have it here too: \
         daedal register PROCESS",
    )
}

/// The process of this studio that a work on this chain is.
pub(crate) async fn process_of(
    studio: &Studio,
    reads: &Ledgers,
    work: u64,
) -> Result<Option<String>, Failure> {
    let all = studio.records.list(KIND).await;
    let all = all.map_err(|error| remembered(&error))?;
    let here = key("", reads);
    Ok(all.into_iter().find_map(|(key, value)| {
        let process = key.strip_suffix(&here)?.to_owned();
        let known: Known = serde_json::from_value(value).ok()?;
        (known.work == work).then_some(process)
    }))
}

/// Notes that a process is a work.
pub(crate) async fn remember(
    studio: &Studio,
    reads: &Ledgers,
    process: &str,
    registered: &Registered,
) -> Result<Known, Failure> {
    let known = Known {
        chain: reads.client().chain_id(),
        registry: reads.deployment().registry,
        work: registered.work,
        shares: registered.shares,
    };
    remember_known(studio, reads, process, known).await?;
    Ok(known)
}

/// The same of a work that is known.
pub(crate) async fn remember_known(
    studio: &Studio,
    reads: &Ledgers,
    process: &str,
    known: Known,
) -> Result<(), Failure> {
    let document = Document::of(KIND, key(process, reads), &known);
    let kept = studio.records.put(vec![document]).await;
    kept.map_err(|error| remembered(&error))
}
