//! The dials that votes decide, as a new run takes them.

use daedal_chain::client::BlockPin;
use daedal_chain::operations::dial_name;
use daedal_core::Governed;
use daedal_core::plan::Planned;
use daedal_core::process::Dial;
use daedal_store::Studio;

use crate::chain::dials::{counted, valued};
use crate::chain::{self, Known};
use crate::failure::Failure;
use crate::home::Home;
use crate::ui::Ui;

/// What stands of the governed dials of a process on the studio's chain, at a block that is as settled there
/// as the studio's own transactions have to be. None where the process is no work, or has no such dial: then
/// no chain is asked.
pub(super) async fn governed(
    home: &Home,
    studio: &Studio,
    planned: &Planned,
    ui: Ui,
) -> Result<Option<Governed>, Failure> {
    let process = &planned.plan.process;
    if !planned
        .process
        .parameters
        .iter()
        .any(|(_, dial)| dial.governed)
    {
        return Ok(None);
    }
    if chain::known_anywhere(studio, process).await?.is_empty() {
        return Ok(None);
    }
    match read(home, studio, planned, ui).await {
        Ok(found) => Ok(found),
        Err(Unread::Wrong(failure)) => Err(failure),
        Err(Unread::Chain(error)) => Err(Failure::new(format!(
            "votes decide dials of {process}, and its chain can't be asked for them: {error}"
        ))
        .help(
            "mend that and run again; or run with the values of the process file and of --param, which \
             no edition can be made of: --off-chain",
        )),
    }
}

/// Why the dials were not read.
enum Unread {
    /// Of what the chain, or the way there, is.
    Chain(String),
    /// Of what is asked of it.
    Wrong(Failure),
}

fn unread(error: impl std::fmt::Display) -> Unread {
    Unread::Chain(error.to_string())
}

async fn read(
    home: &Home,
    studio: &Studio,
    planned: &Planned,
    ui: Ui,
) -> Result<Option<Governed>, Unread> {
    let told = |failure: Failure| Unread::Chain(failure.message());
    let client = chain::reach(home, "daedal run").await.map_err(told)?;
    let reads = chain::ledgers(home, studio, &client).await.map_err(told)?;
    let process = &planned.plan.process;
    let known = chain::known(studio, &reads, process).await.map_err(told)?;
    let Some(known) = known else {
        let chain_id = reads.client().chain_id();
        ui.note(format!(
            "{process} is not registered on chain {chain_id}: its dials stand as its file says"
        ));
        return Ok(None);
    };
    let block = chain::settled(home, reads.client()).await.map_err(told)?;
    let mut dials = std::collections::BTreeMap::new();
    for (name, dial) in &planned.process.parameters {
        let Some(word) = dial_name(name) else {
            continue;
        };
        let found = reads.dial_at(block, known.work, word).await;
        if let Some(found) = found.map_err(unread)? {
            let (value, decimals) = (found.spec.value, found.spec.decimals);
            let value = valued(&dial.kind, decimals, value)
                .ok_or_else(|| Unread::Wrong(misfit(&known, name, dial, value, decimals)))?;
            dials.insert(name.clone(), value);
        }
    }
    let pinned = |BlockPin { number, hash }: BlockPin| Governed {
        chain: known.chain,
        registry: known.registry,
        work: known.work,
        block: number,
        hash,
        dials,
    };
    Ok(Some(pinned(block)).filter(|governed| !governed.dials.is_empty()))
}

/// A value that these files don't allow: their bounds are not those that were registered.
fn misfit(known: &Known, name: &str, dial: &Dial, value: i64, decimals: u8) -> Failure {
    let value = match &dial.kind {
        daedal_core::process::DialKind::Choice { of } => {
            format!("choice {} of {}", i128::from(value) + 1, of.len())
        }
        _ => counted(value.into(), decimals),
    };
    Failure::new(format!(
        "`{name}` of work {} stands at {value}, which these files do not allow",
        known.work
    ))
    .help("the bounds of a governed dial stand as they were registered: give it those again, or run --off-chain")
}
