//! What a credential tells of the run that a file came from.

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256};
use daedal_core::engine::Determinism;
use daedal_core::excerpt::Excerpt;
use daedal_core::intent::{Domain, IntentKind, Oversight, SignedIntent};
use daedal_core::receipt::Receipt;
use daedal_core::{Digest, Governed};
use serde::Serialize;

use crate::contracts::ContractSigned;
use crate::manifest::{Anchoring, Claim};
use crate::verdict::{ANCHOR, Coverage, Exit, Outcome, VOTES, Verdict};

/// Where the file came from, as its credential tells; worth what the checks say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Origin {
    /// Name of the process.
    pub process: String,
    /// Version of the process.
    pub bundle: Digest,
    /// The run.
    pub run: Digest,
    /// SHA-256 of the asset before it was sealed.
    pub unsigned: Digest,
    /// Root of its receipts.
    pub root: B256,
    /// Number of its receipts.
    pub receipts: u64,
    /// When it ended, by its header, in milliseconds since 1970.
    pub ended_ms: u64,
    /// Digest of its inputs.
    pub inputs: Digest,
    /// Dials that votes decided, by its header, and the block at which they were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub governed: Option<Governed>,
    /// Chain and registry that the credential names; none before the process was registered.
    pub registered: Option<Domain>,
    /// Whether an anchor of the run is due, for that registry or for one that the run tells of.
    #[serde(skip)]
    pub(crate) is_due: bool,
    /// Who anchors the run by its credential, and by which contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchoring: Option<Anchoring>,
    /// The task that made the asset, as a person names it.
    pub task: String,
    /// What carried it out: engine and version.
    pub engine: String,
    /// How well that can be checked by running it again.
    pub determinism: Determinism,
    /// Intents that are shared, stand and count for that registry.
    pub intents: usize,
    /// They, one by one, in the order of time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    /// Decisions that contracts are said to have signed; they count above once their chain has confirmed them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contracts: Vec<ContractSigned>,
    /// Names of all intents that its receipts and header name, shared or not.
    #[serde(skip)]
    pub named: BTreeSet<B256>,
    /// How much people steered it, computed from the intents that stand.
    pub human_oversight: Oversight,
    /// How many receipts are exact, close and attested; with a record only.
    pub coverage: Option<Coverage>,
}

/// A decision that is shared, stands and counts. Nothing tells whose account it is: that is for whoever knows the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Of what kind it is.
    pub kind: IntentKind,
    /// The account.
    pub by: Address,
    /// Whether that is a contract, which accepted it by the word of a node.
    pub by_contract: bool,
    /// When, by the signer's word, in seconds since 1970.
    pub at: u64,
    /// The task that it decided, as a person names it; none for what was set up before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
}

pub(crate) fn origin(verdict: &mut Verdict, claim: &Claim) {
    let excerpt = &claim.excerpt;
    let header = &excerpt.header;
    let Some(maker) = excerpt.maker() else {
        let detail = "it has no receipt".to_owned();
        verdict.judge("receipt", Exit::Tampered, Err(detail));
        return;
    };
    let oversight = excerpt.oversight(claim.anchor);
    let result = receipt(claim, maker, oversight);
    let stands = verdict.judge("receipt", Exit::Tampered, result);
    let contracts = match stands {
        true => ContractSigned::among(excerpt, claim.anchor),
        false => Vec::new(),
    };
    let by_keys = excerpt.intents.len() - contracts.len();
    let told = match stands {
        true => told(excerpt, claim.anchor),
        false => Vec::new(),
    };
    if stands {
        decisions(
            verdict,
            excerpt,
            by_keys,
            !contracts.is_empty(),
            claim.anchor,
        );
    }
    verdict.origin = Some(Origin {
        process: header.process.clone(),
        bundle: header.bundle,
        run: claim.run,
        unsigned: claim.unsigned_sha256,
        root: excerpt.root,
        receipts: excerpt.count,
        ended_ms: header.ended_ms,
        inputs: header.inputs,
        governed: header.governed.clone().filter(|_| stands),
        registered: (claim.anchor != Domain::default()).then_some(claim.anchor),
        is_due: due(claim).is_some(),
        anchoring: claim.anchoring,
        task: maker.label(),
        engine: format!("{} {}", maker.engine, maker.engine_version),
        determinism: maker.determinism,
        intents: told.len(),
        decisions: told,
        contracts,
        named: excerpt.names(),
        human_oversight: match stands {
            true => oversight,
            false => Oversight::FullyAutonomous,
        },
        coverage: None,
    });
    verdict.contracts_unasked();
}

/// Whether the run that a credential tells of stands, and gave the file; says which receipt did.
fn receipt(claim: &Claim, maker: &Receipt, oversight: Oversight) -> Result<String, String> {
    let excerpt = &claim.excerpt;
    let place = excerpt
        .receipts
        .first()
        .map_or(0, |proven| proven.proof.index + 1);
    let elsewhere = |pin: &Domain| claim.anchor != Domain::default() && *pin != claim.anchor;
    if claim.run != excerpt.header.run() {
        Err("it names another run than its header".to_owned())
    } else if claim.human_oversight.is_some_and(|told| told != oversight) {
        Err("it tells another oversight than its decisions give".to_owned())
    } else if let Some(fault) = excerpt.faults(&claim.unsigned_sha256).first() {
        Err(fault.to_string())
    } else if let Some(Domain { chain, registry }) = governed(claim).filter(elsewhere) {
        Err(format!(
            "votes in the registry {registry} on chain {chain} decided dials of its run, and it names another to be \
             anchored for"
        ))
    } else {
        let task = maker.label();
        Ok(format!(
            "receipt {place} of {} of run {}: {task}",
            excerpt.count,
            claim.run.short()
        ))
    }
}

/// The decisions that were signed by keys and count here, one by one.
fn told(excerpt: &Excerpt, anchor: Domain) -> Vec<Decision> {
    let intents = excerpt.intents.iter();
    let by_keys = intents.filter(|signed| signed.accepted.is_none() && signed.counts_for(anchor));
    let decision = |signed| Decision::of(excerpt, signed);
    let mut told: Vec<Decision> = by_keys.map(decision).collect();
    told.sort_by_key(|decision| decision.at);
    told
}

impl Decision {
    /// What is told of one of the decisions in a credential.
    pub(crate) fn of(excerpt: &Excerpt, signed: &SignedIntent) -> Self {
        let name = signed.name();
        let mut receipts = excerpt.receipts.iter().map(|proven| &proven.receipt);
        let decided = receipts.find(|receipt| receipt.intents.contains(&name));
        Self {
            kind: signed.intent.kind,
            by: signed.signer,
            by_contract: signed.accepted.is_some(),
            at: signed.intent.at,
            task: decided.map(Receipt::label),
        }
    }
}

/// Says how many decisions stand, and what of them is not told or does not count.
fn decisions(
    verdict: &mut Verdict,
    excerpt: &Excerpt,
    by_keys: usize,
    by_contracts: bool,
    anchor: Domain,
) {
    let mut told = vec![match by_keys {
        0 if by_contracts => "none is signed by a key".to_owned(),
        0 => "none are shared".to_owned(),
        1 => "1 signed decision stands".to_owned(),
        count => format!("{count} signed decisions stand"),
    }];
    let mut outcome = Outcome::Passed;
    let (named, shared) = excerpt.intents_named();
    if shared < named {
        told.push(format!(
            "{named} are named, and {shared} of them shared: of the others nothing can be said"
        ));
        outcome = Outcome::Noted;
    }
    let unseen = excerpt.intents_unseen();
    if unseen > 0 {
        told.push(format!("what was shown is not told for {unseen} of them"));
    }
    let intents = excerpt.intents.iter();
    let elsewhere = intents.clone().filter(|signed| !signed.counts_for(anchor));
    let elsewhere = elsewhere.map(|signed| signed.domain).next();
    let none = Domain::default();
    let before = || {
        let mut own = intents.clone().filter(|signed| signed.domain == none);
        anchor != none && own.next().is_some()
    };
    if let Some(Domain { chain, registry }) = elsewhere {
        told.push(format!(
            "some were signed for the registry {registry} on chain {chain}, which is not the one that the credential \
             names, and count for nothing here"
        ));
        outcome = Outcome::Noted;
    } else if before() {
        told.push("some were signed before the process was registered, for no chain".to_owned());
    }
    if let Some(signed) = intents
        .clone()
        .find(|signed| anchor == none && signed.domain != none)
    {
        told.push(format!(
            "some were signed for chain {}, and the credential names none",
            signed.domain.chain
        ));
    }
    verdict.note("decisions", outcome, told.join("; "));
}

/// What is said of the votes on the run's dials before their proof is reported with [`Verdict::votes`].
pub(crate) fn votes(verdict: &mut Verdict) {
    let governed = verdict
        .origin
        .as_ref()
        .and_then(|origin| origin.governed.as_ref());
    if governed.is_some() {
        let detail = "dials of the run are open to votes, by its word; no proof of any was given";
        verdict.note(VOTES, Outcome::Skipped, detail);
    }
}

/// What is said of the anchor before one is reported with [`Verdict::anchored`].
pub(crate) fn anchor(verdict: &mut Verdict, claim: &Claim) {
    let Some(due) = due(claim) else {
        let detail = "the process is not registered on a chain, so no anchor is due";
        return verdict.note(ANCHOR, Outcome::Noted, detail);
    };
    let chain = due.chain;
    let detail = match due == claim.anchor {
        true => format!("the run is due in the registry on chain {chain}; no anchor was given"),
        false => format!(
            "the process was registered on chain {chain} when it ran, by what decided the run, and the credential names \
             no registry to be anchored for"
        ),
    };
    verdict.judge(ANCHOR, Exit::Unanchored, Err(detail));
}

/// Where the run is due: for the registry that the credential names; where it names none, for the one that decided its dials
/// or that people signed for. Who wrote the process may have registered it for other runs.
fn due(claim: &Claim) -> Option<Domain> {
    let is_some = |domain: &Domain| *domain != Domain::default();
    let named = Some(claim.anchor).filter(is_some);
    let mut intents = claim.excerpt.intents.iter();
    let signed_for = || {
        intents
            .find(|signed| signed.intent.kind != IntentKind::Author && is_some(&signed.domain))
            .map(|signed| signed.domain)
    };
    named.or_else(|| governed(claim)).or_else(signed_for)
}

/// Where votes decided dials of the run.
fn governed(claim: &Claim) -> Option<Domain> {
    let pin = claim.excerpt.header.governed.as_ref()?;
    Some(Domain {
        chain: pin.chain,
        registry: pin.registry,
    })
}

#[cfg(test)]
#[path = "origin_tests.rs"]
mod tests;
