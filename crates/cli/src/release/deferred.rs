//! Releases while the chain is away: what is sealed names the registry that the run will be anchored for, and the same
//! command anchors it once the chain answers.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use daedal_core::run::RunId;
use daedal_provenance::manifest::Anchoring;
use daedal_store::Studio;

use super::Subject;
use crate::chain::{self, Known};
use crate::failure::Failure;
use crate::hint;
use crate::home::Home;

/// The works that runs are of, by what is on record; none where that leaves open which one it is.
pub(super) async fn works(
    home: &Home,
    studio: &Studio,
    open: &[&Subject],
) -> Result<Option<BTreeMap<RunId, Known>>, Failure> {
    let settings = &home.settings.chain;
    let mut works = BTreeMap::new();
    for subject in open {
        let mut known = chain::known_anywhere(studio, &subject.spec.process).await?;
        known.retain(|known| {
            settings.chain_id.is_none_or(|chain| chain == known.chain)
                && settings
                    .registry
                    .is_none_or(|registry| registry == known.registry)
        });
        let [known] = known[..] else {
            return Ok(None);
        };
        works.insert(subject.run, known);
    }
    Ok(Some(works))
}

/// Who anchors these runs once the chain answers: `by`, with the contracts that are on record.
pub(super) async fn anchoring(
    home: &Home,
    studio: &Studio,
    due: &BTreeMap<RunId, Known>,
    by: Address,
) -> Result<BTreeMap<RunId, Anchoring>, Failure> {
    let mut anchoring = BTreeMap::new();
    for (run, known) in due {
        if let Some(at) = chain::deployment(home, studio, known.chain).await? {
            let contract = at.anchor;
            anchoring.insert(*run, Anchoring { by, contract });
        }
    }
    Ok(anchoring)
}

/// What is told of a chain that was not asked, and why.
pub(super) fn told(deferred: &BTreeMap<RunId, Known>, why: &str) -> String {
    if deferred.is_empty() {
        return format!("warning: the chain was not asked whether the anchors are there: {why}");
    }
    let runs: Vec<String> = deferred
        .keys()
        .map(|run| run.0.short().to_string())
        .collect();
    let runs = runs.join(" ");
    format!(
        "warning: the chain does not answer, and nothing is anchored or minted yet: {why}\nwhen it does, anchor with: {} \
         release {runs}",
        hint::daedal()
    )
}
