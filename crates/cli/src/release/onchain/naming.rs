//! What credentials name of the chain.

use daedal_core::intent::Domain;
use daedal_core::run::RunId;
use daedal_provenance::manifest::Anchoring;

use super::Session;
use crate::chain::Known;

impl Session {
    /// Chain and registry that the run's credentials name.
    pub(in crate::release) fn domain_of(&self, run: RunId) -> Domain {
        self.work_of(run)
            .map_or_else(Domain::default, |known| Domain {
                chain: known.chain,
                registry: known.registry,
            })
    }

    /// Who anchors the run, by the run's credentials.
    pub(in crate::release) fn anchoring_of(&self, run: RunId) -> Option<Anchoring> {
        let operator = self
            .operator
            .as_ref()
            .filter(|_| self.due.contains_key(&run));
        let due = operator.map(|operator| Anchoring {
            by: operator.account(),
            contract: operator.reads().deployment().anchor,
        });
        let done = || self.done.get(&run).map(|done| done.anchor.anchoring());
        due.or_else(done)
            .or_else(|| self.anchoring.get(&run).copied())
    }

    /// The work that the run is of.
    pub(super) fn work_of(&self, run: RunId) -> Option<&Known> {
        let due = self.due.get(&run).map(|(known, _)| known);
        let done = || self.done.get(&run).map(|done| &done.work);
        due.or_else(done).or_else(|| self.deferred.get(&run))
    }
}
