//! Which chain the studio's records are of. Its number does not tell: a local node that is started again
//! and a test network that is reset are other chains of the same number, with nothing of the old one.

use alloy_primitives::B256;
use daedal_chain::Client;
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{contracts, is_embedded, refused};
use crate::failure::Failure;
use crate::home::{Home, remembered};
use crate::text::count;

const KIND: &str = "chain";

/// What is on record of a chain, and is of no use on another one of its number.
const KINDS: [&str; 6] = [
    KIND,
    contracts::KIND,
    super::works::KIND,
    super::ledger::KIND,
    crate::release::BATCHES,
    crate::release::ON_CHAIN,
];

/// A chain as it was when the studio last acted on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Noted {
    /// Hash of its first block, where its node gives it.
    genesis: Option<B256>,
    /// Where it was reached.
    place: String,
}

/// How the chain that answers differs from the one that is on record by its number.
pub(crate) async fn difference(
    home: &Home,
    studio: &Studio,
    client: &Client,
) -> Result<Option<String>, Failure> {
    let chain_id = client.chain_id();
    if let Some(Noted {
        genesis: Some(old), ..
    }) = noted(studio, chain_id).await?
    {
        let found = client.genesis().await.map_err(refused)?;
        if let Some(found) = found.filter(|found| *found != old) {
            return Ok(Some(format!(
                "it begins with block {found}, and the one on record with {old}"
            )));
        }
    }
    let Some(at) = contracts::deployment(home, studio, chain_id).await? else {
        return Ok(None);
    };
    if !client.code(at.registry).await.map_err(refused)?.is_empty() {
        return Ok(None);
    }
    if contracts::are_set(home) {
        // Perhaps the address is wrong.
        at.check(client).await.map_err(refused)?;
    }
    Ok(Some(format!(
        "there is no contract at {}, where the one on record has its registry",
        at.registry
    )))
}

/// Refuses a chain that is another one than that on record.
pub(super) async fn require_same(
    home: &Home,
    studio: &Studio,
    client: &Client,
) -> Result<(), Failure> {
    match difference(home, studio, client).await? {
        None => Ok(()),
        Some(why) => Err(another(home, studio, client, &why).await),
    }
}

/// That it is another chain, what the studio has of the old one, and what to do.
pub(crate) async fn another(home: &Home, studio: &Studio, client: &Client, why: &str) -> Failure {
    let chain_id = client.chain_id();
    let old = on_record(studio, chain_id).await.unwrap_or_default();
    let (cause, begin) = match is_embedded(home) {
        true => (
            "the folder .daedal/chain was taken away or replaced",
            "to go on with the old chain, put its folder back; to begin anew: DAEDAL chain deploy --anew \
             --test-money",
        ),
        false => (
            "it was made anew (a local node was started again, a test network was reset), or its node is \
             not in step",
            "to go on with the old chain, set `rpc` under [chain] to a node of it; to begin on this one: \
             DAEDAL chain deploy --anew, with --test-money or --stablecoin and --wrapped",
        ),
    };
    Failure::new(format!(
        "chain {chain_id} ({}) is not the one that the studio has on record by this number: {why}\n       \
         {cause}\n       on record of the old chain: {}",
        client.place(),
        told(&old),
    ))
    .help(format!(
        "{}. What is on record of the old chain is put aside then, and nothing of it is deleted; \
         register and release again on the new one",
        begin.replace("DAEDAL", &crate::hint::daedal()),
    ))
}

/// What is on record of a chain: works, released runs, transactions.
fn told(old: &[Document]) -> String {
    let of = |kind: &'static str| old.iter().filter(move |document| document.kind == kind);
    let mut works: Vec<String> = of(super::works::KIND)
        .map(|document| {
            let process = document.key.split('/').next().unwrap_or_default();
            format!("work {} ({process})", document.value()["work"])
        })
        .collect();
    works.push(count(of(crate::release::ON_CHAIN).count(), "released run"));
    works.push(count(of(super::ledger::KIND).count(), "transaction"));
    works.join(", ")
}

/// Notes which chain it is, before something is sent to it.
pub(super) async fn note(home: &Home, studio: &Studio, client: &Client) -> Result<(), Failure> {
    let before = noted(studio, client.chain_id()).await?;
    let place = match is_embedded(home) {
        true => "the embedded chain",
        false => client.place(),
    };
    let known = before.as_ref().and_then(|noted| noted.genesis);
    let genesis = match known {
        Some(genesis) => Some(genesis),
        None => client.genesis().await.map_err(refused)?,
    };
    let now = Noted {
        genesis,
        place: place.to_owned(),
    };
    if before.as_ref() == Some(&now) {
        return Ok(());
    }
    put(
        studio,
        vec![Document::of(KIND, client.chain_id().to_string(), &now)],
    )
    .await
}

/// Where a chain was reached when the studio last acted on it.
pub(crate) async fn place_of(studio: &Studio, chain_id: u64) -> Option<String> {
    let noted = noted(studio, chain_id).await.ok().flatten();
    noted.map(|noted| noted.place)
}

/// What a chain that was made anew did to the studio's records.
#[derive(Debug, Serialize)]
pub(crate) struct Anew {
    /// What was put aside, for people.
    pub(crate) put_aside: String,
    /// What came back, since it was of this very chain.
    pub(crate) brought_back: Option<String>,
}

/// Puts aside what is on record of the chain of this number, and brings back what was put aside of the one that
/// answers, all or nothing.
pub(crate) async fn begin_anew(studio: &Studio, client: &Client) -> Result<Anew, Failure> {
    let chain_id = client.chain_id();
    let genesis = client.genesis().await.map_err(refused)?;
    let returning = put_aside_of(studio, chain_id, genesis).await?;
    let old = on_record(studio, chain_id).await?;
    let number = studio.records.next("chains put aside").await;
    let number = number.map_err(|error| remembered(&error))?;
    let anew = Anew {
        put_aside: told(&old),
        brought_back: (!returning.is_empty()).then(|| told(&returning)),
    };
    let mut documents = Vec::new();
    for old in old {
        // Nothing is on record here any more.
        documents.push(Document::of(&*old.kind, &*old.key, &Value::Null));
        documents.push(Document {
            kind: aside(&old.kind),
            key: format!("{number}/{}", old.key),
            json: old.json,
        });
    }
    // Of two for one key the last stands. What comes back stays put aside, too: it was.
    documents.extend(returning);
    put(studio, documents).await?;
    Ok(anew)
}

/// What was put aside of the chain that begins with this block, the last time.
async fn put_aside_of(
    studio: &Studio,
    chain_id: u64,
    genesis: Option<B256>,
) -> Result<Vec<Document>, Failure> {
    let chains = studio.records.list(&aside(KIND)).await;
    let chains = chains.map_err(|error| remembered(&error))?;
    let number = |(key, value): (String, Value)| {
        let (number, id) = key.split_once('/')?;
        let noted: Noted = serde_json::from_value(value).ok()?;
        let is_this = id == chain_id.to_string() && noted.genesis == genesis;
        number.parse::<u64>().ok().filter(|_| is_this)
    };
    let last = chains.into_iter().filter_map(number).max();
    let Some(last) = last.filter(|_| genesis.is_some()) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for kind in KINDS {
        let all = studio.records.list(&aside(kind)).await;
        for (key, value) in all.map_err(|error| remembered(&error))? {
            if let Some(key) = key.strip_prefix(&format!("{last}/")) {
                found.push(Document::of(kind, key, &value));
            }
        }
    }
    Ok(found)
}

fn aside(kind: &str) -> String {
    format!("old {kind}")
}

async fn on_record(studio: &Studio, chain_id: u64) -> Result<Vec<Document>, Failure> {
    let mut found = Vec::new();
    for kind in KINDS {
        let all = studio.records.list(kind).await;
        for (key, value) in all.map_err(|error| remembered(&error))? {
            if !value.is_null() && chain_of(kind, &key) == Some(chain_id) {
                found.push(Document::of(kind, &*key, &value));
            }
        }
    }
    Ok(found)
}

/// The chain that a document is of, by its key: `RUN/CHAIN/…`, `PROCESS/CHAIN/…`, `CHAIN/…` or `CHAIN`.
fn chain_of(kind: &str, key: &str) -> Option<u64> {
    let place = match kind {
        KIND | contracts::KIND | super::ledger::KIND => 0,
        _ => 1,
    };
    key.split('/').nth(place)?.parse().ok()
}

async fn noted(studio: &Studio, chain_id: u64) -> Result<Option<Noted>, Failure> {
    let found = studio.records.get(KIND, &chain_id.to_string()).await;
    let found = found.map_err(|error| remembered(&error))?;
    Ok(found.and_then(|value| serde_json::from_value(value).ok()))
}

async fn put(studio: &Studio, documents: Vec<Document>) -> Result<(), Failure> {
    let kept = studio.records.put(documents).await;
    kept.map_err(|error| remembered(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_of_the_chain_in_their_key() {
        for (kind, key, chain) in [
            (KIND, "31337", Some(31_337)),
            ("deployment", "31337", Some(31_337)),
            ("transaction", "31337/register:1", Some(31_337)),
            ("work", "tide/31337/0x12", Some(31_337)),
            ("onchain", "12ab/31337/0x12", Some(31_337)),
            ("batch", "31337/1/0x12", Some(1)),
            ("work", "31337", None),
        ] {
            assert_eq!(chain_of(kind, key), chain, "{kind} {key}");
        }
    }
}
