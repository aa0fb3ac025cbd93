//! Whether a run had the dials that votes decide, before an edition is made of it.

use daedal_chain::client::BlockPin;
use daedal_chain::operations::{Ledgers, dial_name};

use super::Subject;
use crate::chain::dials::valued;
use crate::chain::{Known, refused};
use crate::failure::Failure;

/// Refuses a run that did not follow the votes on its work. A run that read its dials at a block of the chain
/// did, whatever was voted since; any other had to have what stands now.
pub(super) async fn require(
    reads: &Ledgers,
    known: &Known,
    subject: &Subject,
) -> Result<(), Failure> {
    let run = subject.run.0.short();
    let pin = subject.spec.governed.as_ref().filter(|pin| {
        (pin.chain, pin.registry, pin.work) == (known.chain, known.registry, known.work)
    });
    if let Some(pin) = pin {
        let pinned = BlockPin {
            number: pin.block,
            hash: pin.hash,
        };
        let stands = reads.client().block(pin.block).await.map_err(refused)?;
        return match stands == Some(pinned) {
            true => Ok(()),
            false => Err(Failure::new(format!(
                "run {run} read its dials at block {} with the hash {}, which the chain does not have any more",
                pin.block, pin.hash
            ))
            .help("run it again, which takes what stands now: daedal run PROCESS")),
        };
    }
    let mut wrong = Vec::new();
    for (name, dial) in &subject.planned.process.parameters {
        let Some(word) = dial_name(name).filter(|_| dial.governed) else {
            continue;
        };
        let found = reads.dial(known.work, word).await.map_err(refused)?;
        let Some(spec) = found.map(|dial| dial.spec) else {
            continue;
        };
        let voted = valued(&dial.kind, spec.decimals, spec.value).unwrap_or_default();
        let had = &subject.spec.parameters[name];
        if voted != *had {
            wrong.push(format!("`{name}` was {had} in it, and stands at {voted}"));
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "run {run} did not follow the votes on work {}: {}",
            known.work,
            wrong.join("; ")
        ))
        .help(
            "run it again without --off-chain, what need not change is not made again; or release it without \
             the chain: --no-chain",
        )),
    }
}
