//! What stands of a work since it was registered, and whether flags that are given again agree with it.

use alloy_primitives::{Address, U256};
use daedal_chain::operations::{Kind, Ledgers};
use daedal_core::units::BasisPoints;

use super::refused;
use super::registration::Wish;
use crate::failure::Failure;

impl Wish {
    /// Refuses flags that say otherwise than the work was registered. `upstream` are the numbers of all
    /// works that it should derive from.
    pub(crate) async fn agrees(
        &self,
        reads: &Ledgers,
        work: u64,
        kind: Kind,
        upstream: &[u64],
        mut holders: Vec<(Address, U256)>,
    ) -> Result<(), Failure> {
        let mut wrong: Vec<(String, String)> = Vec::new();
        let mut differs = |what: String, flag: &str| {
            let help = format!("what is registered stands for ever: leave {flag} away");
            wrong.push((format!("work {work} is registered {what}"), help));
        };
        let stands = reads.work(work).await.map_err(refused)?;
        if stands.kind != kind {
            let what = format!("as a {}, not as a {}", stands.kind.word(), kind.word());
            differs(what, "--kind");
        }
        if self.flags.royalty {
            let stands = stands.royalty;
            if stands != self.royalty {
                let what = format!("with a royalty of {stands}, not of {}", self.royalty);
                differs(what, "--royalty");
            }
        }
        if self.flags.upstream {
            let stands = reads.stack(work).await.map_err(refused)?;
            let others = upstream
                .iter()
                .filter(|named| stands.iter().all(|(known, _)| known != *named));
            for other in others {
                differs(format!("without work {other} upstream"), "--upstream");
            }
        }
        if self.flags.holders {
            let mut stands: Vec<(Address, U256)> = reads
                .first_holders(work)
                .await
                .map_err(refused)?
                .into_iter()
                .map(|holder| (holder.account, holder.shares))
                .collect();
            stands.sort_unstable();
            holders.sort_unstable();
            if stands != holders {
                let told: Vec<String> = parts_told(&stands)
                    .into_iter()
                    .map(|(holder, part)| format!("{holder}={part}"))
                    .collect();
                differs(
                    format!("with other holders: {}", told.join(", ")),
                    "--holder",
                );
            }
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(Failure::several(wrong)),
        }
    }
}

/// Who holds which part, for people.
pub(crate) fn parts_told(holders: &[(Address, U256)]) -> Vec<(String, String)> {
    let all: U256 = holders.iter().map(|(_, shares)| *shares).sum();
    let told = |(holder, shares): &(Address, U256)| {
        let points = *shares * U256::from(10_000) / all.max(U256::ONE);
        (
            holder.to_checksum(None),
            BasisPoints(points.saturating_to()).to_string(),
        )
    };
    holders.iter().map(told).collect()
}
