//! What a command would do, and which gas that takes.

use alloy_primitives::Address;
use daedal_chain::deployment::{Deployment, Money};
use daedal_chain::embedded::Genesis;
use daedal_chain::operations::{Act, Ledgers};
use daedal_chain::{Chain, Client};
use serde_json::{Value, json};

use super::{beginning, refused};
use crate::failure::Failure;

/// A step of what a command would do.
pub(crate) struct Step {
    pub(crate) words: String,
    /// None where nobody can tell yet.
    pub(crate) gas: Option<u64>,
    /// Of steps on the chain, but for the making of contracts.
    pub(crate) act: Option<Act>,
}

/// Acts with the words for them, as a program and a person read them; where there are none, `why` says why
/// nothing is to be done.
pub(crate) async fn planned(
    reads: &Ledgers,
    me: Address,
    acts: Vec<(Act, String)>,
    why: &str,
) -> Result<(Value, String), Failure> {
    let (acts, words): (Vec<Act>, Vec<String>) = acts.into_iter().unzip();
    if acts.is_empty() {
        return Ok(nothing(me, why));
    }
    let gas = reads.gas_of_all(me, &acts).await;
    let gas = gas.map_err(refused)?;
    let steps = words.into_iter().zip(gas).zip(acts);
    let steps: Vec<Step> = steps
        .map(|((words, gas), act)| Step {
            words,
            gas,
            act: Some(act),
        })
        .collect();
    Ok(told(Some(me), &steps))
}

/// The contracts of an embedded chain that has none, and an act on them: tried on a chain that begins like it,
/// and is forgotten.
pub(crate) async fn begun_by(
    me: Address,
    words: String,
    act: impl FnOnce(&Ledgers) -> Act,
) -> Result<[Step; 2], Failure> {
    let folder = tempfile::tempdir().map_err(|error| {
        Failure::because("there is no place for a chain to try it on", &error)
            .help("make room in the folder for temporary files, or name another one by TMPDIR")
    })?;
    let genesis = Genesis::of(me, beginning());
    let chain = Chain::open(folder.path(), &genesis, "daedal --dry-run").map_err(refused)?;
    let client = Client::embedded(&chain);
    let looked = Deployment::look_beyond(&client, me, &Money::Test, act).await;
    let (act, gas) = looked.map_err(refused)?;
    let (contracts, gas) = gas.unzip();
    Ok([
        Step {
            words: "make the contracts of the embedded chain, where gas is free".to_owned(),
            gas: contracts,
            act: None,
        },
        Step {
            words,
            gas,
            act: Some(act),
        },
    ])
}

/// Steps as a program and a person read them.
pub(crate) fn told(me: Option<Address>, steps: &[Step]) -> (Value, String) {
    let mut text = "nothing was done; it would\n".to_owned();
    let mut acts = Vec::with_capacity(steps.len());
    for Step { words, gas, act } in steps {
        text.push_str(&format!("  {words}  ({})\n", gas_told(*gas)));
        let mut value = json!({ "would": words, "gas": gas });
        if let Some(act) = act {
            value["to"] = json!(act.to);
            value["value"] = act.value.to_string().into();
        }
        acts.push(value);
    }
    // None where a part is not known.
    let gas: Option<u64> = steps.iter().map(|step| step.gas).sum();
    let value = json!({ "dry_run": true, "account": me, "acts": acts, "gas": gas });
    (value, text)
}

/// That there is nothing to do, and why.
fn nothing(me: Address, why: &str) -> (Value, String) {
    let why = why.trim();
    let mut value = json!({ "dry_run": true, "account": me, "acts": [], "gas": 0 });
    let mut text = "nothing to do".to_owned();
    if !why.is_empty() {
        value["because"] = why.into();
        text.push_str(&format!(": {why}"));
    }
    text.push('\n');
    (value, text)
}

/// Gas of an act, for people.
pub(crate) fn gas_told(gas: Option<u64>) -> String {
    gas.map_or_else(
        || "gas known once the former is done".to_owned(),
        |gas| format!("{gas} gas"),
    )
}
