//! What a command would do, and which gas that takes.

use alloy_primitives::Address;
use daedal_chain::operations::{Act, Ledgers};
use serde_json::{Value, json};

use crate::failure::Failure;

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
    let gas = gas.map_err(super::refused)?;
    let mut text = String::from("nothing was done; it would\n");
    for (words, gas) in words.iter().zip(&gas) {
        text.push_str(&format!("  {words}  ({})\n", gas_told(*gas)));
    }
    let told = acts.iter().zip(&words).zip(&gas);
    let told: Vec<Value> = told
        .map(|((act, words), gas)| {
            json!({ "would": words, "gas": gas, "to": act.to, "value": act.value.to_string() })
        })
        .collect();
    let value = json!({
        "dry_run": true, "account": me, "acts": told, "gas": gas.iter().flatten().sum::<u64>(),
    });
    Ok((value, text))
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
