//! What an `anchor.json` says of a file: offline, and by the word of a node.

use std::path::{Path, PathBuf};

use alloy_primitives::U256;
use daedal_chain::embedded::is_embedded;
use daedal_chain::proof::{AnchorProof, ConfirmFault, Confirmed};
use daedal_core::Digest;
use daedal_core::run::Moment;
use daedal_provenance::AnchorFault;
use daedal_provenance::verdict::Origin;
use serde_json::{Value, json};

use super::Node;
use crate::failure::Failure;
use crate::text;

/// How far the clock of a studio may be ahead of a chain's.
const CLOCKS_APART_MS: u64 = 60 * 60 * 1_000;

/// The anchor that was given for a file, and what came of it.
pub(crate) struct Given {
    /// The proof, if it stands by itself.
    proof: Option<AnchorProof>,
    /// Who has confirmed it.
    confirmed: Option<String>,
    /// Whether a node was asked.
    asked: bool,
    /// What is told of it.
    pub(crate) result: Result<String, AnchorFault>,
}

/// The anchor beside a file: as the site names it, or simply `anchor.json`.
pub(super) fn beside(path: &Path, origin: &Origin) -> Option<PathBuf> {
    let run = &origin.run.to_string()[..16];
    [format!("{run}.anchor.json"), "anchor.json".to_owned()]
        .into_iter()
        .map(|name| path.with_file_name(name))
        .find(|beside| beside != path && beside.is_file())
}

/// What a person has to name as `--anchor` for a file of this origin; an error says why these bytes are not it.
pub(super) fn named(path: &Path, bytes: &[u8], origin: Option<&Origin>) -> Result<(), Failure> {
    let problem = match (AnchorProof::read(bytes), origin) {
        (Err(fault), _) if fault.is_foreign() => fault.to_string(),
        (Ok(proof), Some(origin)) if proof.run.run_root != origin.root => format!(
            "it is about the run with the root {}, and the file is of run {} with the root {}",
            proof.run.run_root,
            origin.run.short(),
            origin.root
        ),
        _ => return Ok(()),
    };
    let name = origin.map_or_else(
        || "RUN.anchor.json".to_owned(),
        |origin| format!("{}.anchor.json", &origin.run.to_string()[..16]),
    );
    let message = format!("{} can't be the file's anchor: {problem}", path.display());
    Err(Failure::new(message).help(format!("name the {name} that was published with the file")))
}

/// What an anchor shows of a file by itself. Where the block's header is not there, or the credential does not say who
/// anchors, it is no more than a claim: anybody can write such a file.
pub(super) fn offline(bytes: &[u8], origin: &Origin) -> Given {
    judged_at(bytes, origin, text::now())
}

fn judged_at(bytes: &[u8], origin: &Origin, now: Moment) -> Given {
    let judged = judge(bytes, origin);
    let result = judged.as_ref().map_err(Clone::clone).and_then(|proof| {
        let text = told(proof);
        let text = match origin.registered {
            Some(_) => text,
            None => format!("{text}; the credential itself names no chain"),
        };
        let unproven = |why: &str| {
            let text = format!("said to be {text}; {why}: --rpc asks a node");
            Err(AnchorFault::Unproven(text))
        };
        if is_to_come(proof.chain, at_ms(proof), now) {
            return unproven("by the clock here that is yet to come, so that nobody can have anchored it then");
        }
        match (&proof.block.receipt, origin.anchoring) {
            (None, _) => unproven(
                "what the transaction left in that block is not there, so that nothing shows block and date",
            ),
            (_, None) => unproven(
                "the credential does not say who anchors the run, so that anybody may have sent this",
            ),
            // A header needs no key: whoever writes one chooses its number and its time.
            (Some(_), Some(_)) => Ok(format!(
                "anchored on chain {} by {}, as the credential says, and signed by that account; said to be in {}: anybody \
                 can write the header that says so, and --rpc asks a node",
                proof.chain,
                proof.by,
                block_of(proof)
            )),
        }
    });
    Given {
        proof: judged.ok(),
        confirmed: None,
        asked: false,
        result,
    }
}

/// What lies where an anchor should, and can be none.
pub(super) fn foreign(detail: &str) -> Given {
    Given {
        proof: None,
        confirmed: None,
        asked: false,
        result: Err(says_nothing(detail)),
    }
}

fn says_nothing(detail: &str) -> AnchorFault {
    AnchorFault::Foreign(format!(
        "what was given as the anchor says nothing: {detail}"
    ))
}

fn judge(bytes: &[u8], origin: &Origin) -> Result<AnchorProof, AnchorFault> {
    let proof = AnchorProof::read(bytes).map_err(|fault| match fault.is_foreign() {
        true => says_nothing(&fault.to_string()),
        false => AnchorFault::Broken(fault.to_string()),
    })?;
    if proof.run.run_root != origin.root {
        let (run, own) = (proof.run.run_root, origin.root);
        let detail = format!("it is about the run with the root {run}, and the file's has {own}");
        return Err(AnchorFault::Foreign(detail));
    }
    let check = proof.check();
    check.map_err(|fault| AnchorFault::Broken(fault.to_string()))?;
    let said = (proof.run.receipt_count, proof.run.inputs.0);
    if said != (U256::from(origin.receipts), origin.inputs.0) {
        let detail = "it tells the run otherwise than the credential: another number of receipts, or other inputs";
        return Err(AnchorFault::Broken(detail.to_owned()));
    }
    let at_ms = at_ms(&proof);
    if at_ms.saturating_add(CLOCKS_APART_MS) < origin.ended_ms {
        return Err(AnchorFault::Broken(format!(
            "its block is of {}, and the run ended at {}: nobody can have anchored it then",
            text::moment(Moment(at_ms)),
            text::moment(Moment(origin.ended_ms))
        )));
    }
    if let Some(due) = origin.anchoring
        && (due.by, due.contract) != (proof.by, proof.contract)
    {
        return Err(AnchorFault::Foreign(format!(
            "it was sent by {} to the contract {}, and by the credential {} anchors the run with {}",
            proof.by, proof.contract, due.by, due.contract
        )));
    }
    let place = (proof.chain, proof.registry);
    match origin.registered {
        Some(due) if (due.chain, due.registry) != place => Err(AnchorFault::Foreign(format!(
            "it is on chain {} for the registry {}, and the run is due on chain {} in {}",
            proof.chain, proof.registry, due.chain, due.registry
        ))),
        _ => Ok(proof),
    }
}

/// Where, when and by whom a batch was anchored, by its proof.
fn told(proof: &AnchorProof) -> String {
    let AnchorProof { chain, by, .. } = proof;
    format!("anchored on chain {chain} in {} by {by}", block_of(proof))
}

/// The block of an anchor and its time, by its proof.
fn block_of(proof: &AnchorProof) -> String {
    let own = match is_embedded(proof.chain) {
        true => " (a chain that its studio keeps by itself, which shows nobody else when that was)",
        false => "",
    };
    let at = text::moment(Moment(at_ms(proof)));
    format!("block {} at {at}{own}", proof.block.number)
}

/// Whether a block is of a time at which nobody can have anchored anything yet. Whoever keeps a chain by themselves may move
/// its clock.
fn is_to_come(chain: u64, at_ms: u64, now: Moment) -> bool {
    at_ms > now.0.saturating_add(CLOCKS_APART_MS) && !is_embedded(chain)
}

fn at_ms(proof: &AnchorProof) -> u64 {
    proof.block.timestamp.saturating_mul(1_000)
}

impl Given {
    /// The proof, if it stands by itself.
    pub(crate) fn proof(&self) -> Option<&AnchorProof> {
        self.proof.as_ref()
    }

    /// Whether it is worth asking a node about.
    pub(crate) fn can_be_asked(&self) -> bool {
        self.proof.is_some() && matches!(self.result, Ok(_) | Err(AnchorFault::Unproven(_)))
    }

    /// Whether a node was asked about it.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked
    }

    /// Has a node confirm an anchor that stands offline, or claims to, of a run of this bundle.
    pub(crate) async fn confirm(&mut self, node: &mut Node, bundle: Digest) -> Result<(), Failure> {
        let can_be_asked = self.can_be_asked();
        let Some(proof) = self.proof.as_ref().filter(|_| can_be_asked) else {
            return Ok(());
        };
        self.asked = true;
        self.result = match node.anchor(proof).await? {
            Ok(Confirmed { place, bundle: own }) if own == bundle => {
                let text = format!("{}; confirmed by {place}", told(proof));
                self.confirmed = Some(place);
                Ok(text)
            }
            Ok(confirmed) => Err(AnchorFault::Denied(format!(
                "{} says that version {} of work {} is bundle {}, and the run is of {}",
                confirmed.place,
                proof.run.version,
                proof.run.work,
                confirmed.bundle.short(),
                bundle.short()
            ))),
            Err(ConfirmFault::Denied(detail)) => Err(AnchorFault::Denied(detail)),
            Err(ConfirmFault::Unsaid(detail)) => Err(AnchorFault::Unconfirmed(format!(
                "{}, by what the file says alone: {detail}",
                told(proof)
            ))),
        };
        Ok(())
    }

    /// The anchor for machines, as far as it stands.
    pub(crate) fn to_json(&self) -> Option<Value> {
        let proof = self.proof.as_ref()?;
        Some(json!({
            "chain": proof.chain, "registry": proof.registry, "contract": proof.contract,
            "by": proof.by, "root": proof.root, "count": proof.count,
            "work": proof.run.work.to_string(), "version": proof.run.version.to_string(),
            "transaction": proof.transaction.hash, "block": proof.block.number,
            "at": proof.block.timestamp, "confirmed_by": self.confirmed,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_a_time_that_is_yet_to_come_shows_no_anchor() {
        let now = Moment(1_790_000_000_000);
        let last = now.0 + CLOCKS_APART_MS;
        assert!(!is_to_come(1, 0, now) && !is_to_come(1, last, now));
        assert!(is_to_come(1, last + 1, now) && is_to_come(1, u64::MAX, now));
        let own = daedal_chain::embedded::chain_id_of(alloy_primitives::Address::ZERO);
        assert!(!is_to_come(own, u64::MAX, now));
    }
}
