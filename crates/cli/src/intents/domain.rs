//! Where a decision counts.

use alloy_primitives::U256;
use daedal_chain::embedded::Genesis;
use daedal_core::Governed;
use daedal_core::intent::Domain;
use daedal_store::Studio;

use crate::chain;
use crate::failure::Failure;
use crate::home::Home;

/// Chain and registry that a run read its dials from.
fn governed_domain(governed: Option<&Governed>) -> Option<Domain> {
    governed.map(|pin| Domain {
        chain: pin.chain,
        registry: pin.registry,
    })
}

/// Chain and registry of a process, by the studio's records; zeros before it is registered on the chain that the
/// studio is set to. No chain is asked: deciding takes no network.
pub(crate) async fn domain_of(
    home: &Home,
    studio: &Studio,
    process: &str,
    governed: Option<&Governed>,
) -> Result<Domain, Failure> {
    if let Some(pinned) = governed_domain(governed) {
        return Ok(pinned);
    }
    let set = match chain::is_embedded(home) {
        // Its id follows from the account that it begins with.
        true => match chain::account_of(home) {
            Ok(account) => Some(Genesis::of(account, U256::ZERO).chain_id),
            Err(_) => return Ok(Domain::default()),
        },
        false => home.settings.chain.chain_id,
    };
    for known in chain::known_anywhere(studio, process).await? {
        if set.is_some_and(|chain| chain != known.chain) {
            continue;
        }
        // Of several registries there, the one that the studio uses.
        let at = chain::deployment(home, studio, known.chain).await?;
        if at.is_some_and(|at| at.registry == known.registry) {
            return Ok(known.domain());
        }
    }
    Ok(Domain::default())
}
