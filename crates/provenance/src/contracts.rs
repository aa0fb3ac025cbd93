//! Decisions that contracts signed (ERC-1271): only their chain can tell whether they did.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, Bytes};
use daedal_core::excerpt::Excerpt;
use daedal_core::intent::{Accepted, Domain, IntentKind, Oversight, SignedIntent};
use serde::Serialize;

use crate::verdict::{Decision, Exit, Outcome, Verdict};

/// Name of the check that tells of them.
const CONTRACTS: &str = "contracts";

/// A decision that a contract is said to have signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContractSigned {
    /// Name of the intent.
    pub intent: B256,
    /// What is signed.
    pub message: B256,
    /// What was decided.
    pub kind: IntentKind,
    /// The contract.
    pub signer: Address,
    /// What it is said to have accepted.
    pub signature: Bytes,
    /// Where.
    pub accepted: Accepted,
    /// Whether its chain has said so, too.
    pub confirmed: bool,
    /// Whether it was signed for the registry that the credential names.
    pub counts: bool,
    /// What is told of it once that counts; none if it was signed for another registry than the credential names.
    #[serde(skip)]
    pub(crate) decision: Option<Decision>,
}

/// Why the signature of a contract is not confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContractFault {
    /// The contract does not accept it, by the word of a node.
    Refused(String),
    /// The node tells nothing that can be relied on.
    Unsaid(String),
}

/// What a node said of them, by the names of the intents.
pub type Answers = BTreeMap<B256, Result<String, ContractFault>>;

impl ContractSigned {
    /// Those among the decisions in a credential.
    pub(crate) fn among(excerpt: &Excerpt, anchor: Domain) -> Vec<Self> {
        let by_contract = |signed: &SignedIntent| {
            Some(Self {
                intent: signed.name(),
                message: signed.message(),
                kind: signed.intent.kind,
                signer: signed.signer,
                signature: signed.signature.clone(),
                accepted: signed.accepted?,
                confirmed: false,
                counts: signed.counts_for(anchor),
                decision: signed
                    .counts_for(anchor)
                    .then(|| Decision::of(excerpt, signed)),
            })
        };
        excerpt.intents.iter().filter_map(by_contract).collect()
    }
}

impl Verdict {
    /// Says of the decisions of contracts that nobody has asked their chain.
    pub(crate) fn contracts_unasked(&mut self) {
        let contracts = self.origin.iter().flat_map(|origin| &origin.contracts);
        let told: BTreeSet<String> = contracts
            .map(|signed| {
                let Accepted { chain, block, .. } = signed.accepted;
                format!("{} at block {block} of chain {chain}", signed.signer)
            })
            .collect();
        if !told.is_empty() {
            let told: Vec<String> = told.into_iter().collect();
            let detail = format!(
                "said to have been signed by a contract, {}: attested by the studio, and not counted, since only \
                 that chain can tell: --rpc asks it",
                told.join("; ")
            );
            self.note(CONTRACTS, Outcome::Noted, detail);
        }
    }

    /// Reports what a node said of the decisions of contracts, in the place of what was said without one. Those that
    /// it confirms count as decisions of people.
    pub fn contracts(&mut self, answers: &Answers) {
        let Some(origin) = self.origin.as_mut() else {
            return;
        };
        let asked = origin.contracts.iter();
        let asked = asked.filter_map(|signed| answers.get(&signed.intent));
        let (mut told, mut refused, mut unsaid) = (BTreeSet::new(), None, None);
        for answer in asked {
            match answer {
                Ok(said) => drop(told.insert(said.as_str())),
                Err(ContractFault::Refused(detail)) => refused = Some(detail.clone()),
                Err(ContractFault::Unsaid(detail)) => unsaid = Some(detail.clone()),
            }
        }
        let (exit, result) = match (refused, unsaid) {
            (Some(detail), _) => (Exit::Tampered, Err(detail)),
            (None, Some(detail)) => (Exit::Unconfirmed, Err(detail)),
            _ if told.is_empty() => return,
            _ => (Exit::Fine, Ok(Vec::from_iter(told).join("; "))),
        };
        for signed in &mut origin.contracts {
            signed.confirmed =
                exit != Exit::Tampered && answers.get(&signed.intent).is_some_and(Result::is_ok);
            if let Some(decision) = signed.decision.clone().filter(|_| signed.confirmed) {
                origin.intents += 1;
                origin.decisions.push(decision);
                origin.decisions.sort_by_key(|decision| decision.at);
                let oversight = Oversight::of([signed.kind]);
                origin.human_oversight = origin.human_oversight.max(oversight);
            }
        }
        self.forget(CONTRACTS);
        self.judge(CONTRACTS, exit, result);
    }

    /// Reports a decision that was disclosed, and that a contract is said to have signed, which nobody has asked.
    pub fn disclosed_unasked(&mut self, detail: String) {
        self.note("disclosure", Outcome::Noted, detail);
    }
}

#[cfg(test)]
#[path = "contracts_tests.rs"]
mod tests;
