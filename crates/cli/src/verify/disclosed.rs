//! Decisions that were disclosed, checked against the run that a file is of.

use std::path::Path;

use daedal_core::disclosed::Disclosed;
use daedal_provenance::Verdict;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::text::moment;

/// Largest disclosure: options and a receipt are some hundred thousand bytes.
const BYTES_MAX: u64 = 16 << 20;

/// Reports the disclosure at `path` in the verdict, and gives what it tells. One that is about another run, or is none,
/// says nothing about the file: a mistake in the command.
pub(crate) fn disclosed(path: &Path, verdict: &mut Verdict) -> Result<Option<Value>, Failure> {
    let disclosed = read(path)?;
    let Some(origin) = &verdict.origin else {
        verdict.disclosed(Err(
            "the file tells of no run that it could be of".to_owned()
        ));
        return Ok(None);
    };
    let run = disclosed.header.run();
    if run != origin.run {
        let (run, own) = (run.short(), origin.run.short());
        return Err(Failure::new(format!(
            "{} is about run {run}, and the file is of run {own}",
            path.display()
        ))
        .help("name a disclosure of the file's own run"));
    }
    // Whether its chain has confirmed what a contract signed. The name of an intent is that of its signer, too.
    let (signed, name) = (&disclosed.intent, disclosed.intent.name());
    let mut contracts = origin.contracts.iter();
    let by_contract = contracts
        .find(|known| known.intent == name)
        .filter(|known| Some(known.accepted) == signed.accepted)
        .filter(|known| known.signature == signed.signature)
        .map(|known| known.confirmed);
    let result = match disclosed.check() {
        _ if (disclosed.root, disclosed.count) != (origin.root, origin.receipts) => {
            Err("it tells the run otherwise than the credential".to_owned())
        }
        Err(fault) => Err(fault.to_string()),
        // Nothing but the credential vouches for what a contract is said to have signed.
        Ok(()) if signed.accepted.is_some() && by_contract.is_none() => Err(
            "a contract is said to have signed it, and the credential does not say so".to_owned(),
        ),
        Ok(()) if !origin.named.contains(&name) => Ok(format!(
            "{}; by its credential that did not lead to this file",
            sentence(&disclosed)
        )),
        Ok(()) => Ok(sentence(&disclosed)),
    };
    let stands = result.is_ok();
    match (result, by_contract) {
        (Ok(detail), Some(false)) => verdict.disclosed_unasked(format!(
            "{detail}; that it did is attested by the studio, and only its chain can tell"
        )),
        (result, _) => verdict.disclosed(result),
    }
    Ok(stands.then(|| to_json(&disclosed)))
}

/// Checks the disclosure at `path` against the first of these verdicts that is about its run, and gives that verdict
/// with it.
pub(crate) fn disclosed_among<'v>(
    path: &Path,
    mut verdicts: impl Iterator<Item = &'v Verdict>,
) -> Result<Verdict, Failure> {
    let run = read(path)?.header.run();
    let of_run = |verdict: &&Verdict| {
        verdict
            .origin
            .as_ref()
            .is_some_and(|origin| origin.run == run)
    };
    let Some(mut verdict) = verdicts.find(of_run).cloned() else {
        let shown = path.display();
        return Err(Failure::new(format!(
            "{shown} is about run {}, of which there is no file here",
            run.short()
        ))
        .help(format!(
            "verify it with a file of that run: daedal verify FILE --disclosure {shown}"
        )));
    };
    disclosed(path, &mut verdict)?;
    Ok(verdict)
}

/// Whether a file reads as a disclosure at all.
pub(super) fn is_disclosure(path: &Path) -> bool {
    let bytes = super::read_up_to(path, BYTES_MAX);
    bytes.is_ok_and(|bytes| serde_json::from_slice::<Disclosed>(&bytes).is_ok())
}

fn read(path: &Path) -> Result<Disclosed, Failure> {
    let bytes = super::read_up_to(path, BYTES_MAX)?;
    let refused = |failure: Failure| failure.help("name a file that `daedal disclose` wrote");
    let what = format!("{} is no disclosure", path.display());
    let disclosed: Disclosed =
        serde_json::from_slice(&bytes).map_err(|error| refused(Failure::because(&what, &error)))?;
    // A person who reads the file has to find what was checked, and nothing beside it.
    if serde_json::to_vec_pretty(&disclosed).is_ok_and(|own| own == bytes.trim_ascii_end()) {
        return Ok(disclosed);
    }
    Err(refused(Failure::new(format!(
        "{what}: it does not read as one is written; something was put into it"
    ))))
}

fn sentence(disclosed: &Disclosed) -> String {
    let intent = &disclosed.intent.intent;
    let signer = disclosed.intent.signer.to_checksum(None);
    let kind = serde_json::to_value(intent.kind).unwrap_or_default();
    let kind = kind.as_str().unwrap_or_default();
    let mut text = match disclosed.intent.accepted {
        Some(_) => format!("the contract {signer} signed `{kind}`"),
        None => format!("{signer} signed `{kind}`"),
    };
    if !intent.step.is_zero() {
        text.push_str(&format!(" at {}", disclosed.receipt.receipt.label()));
    }
    let at = daedal_core::run::Moment(intent.at.saturating_mul(1_000));
    text.push_str(&format!(" on {}", moment(at)));
    for (name, value) in disclosed.told().unwrap_or_default() {
        text.push_str(&format!("; {name}: {value}"));
    }
    text
}

fn to_json(disclosed: &Disclosed) -> Value {
    let intent = &disclosed.intent;
    json!({
        "intent": intent.name(),
        "kind": intent.intent.kind,
        "signer": intent.signer.to_checksum(None),
        "at": intent.intent.at,
        "step": (!intent.intent.step.is_zero()).then_some(&disclosed.receipt.receipt.step),
        "decided": intent.disclosed.as_ref().map(|told| &told.payload),
        "told": disclosed.told().unwrap_or_default(),
    })
}
