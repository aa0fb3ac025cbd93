//! Works upstream of something that is to be registered.

use std::collections::BTreeMap;

use daedal_chain::operations::Ledgers;
use daedal_core::plan::Reference;
use daedal_core::units::BasisPoints;
use daedal_store::Studio;

use super::refused;
use super::registration::{STACK_MAX, Wish};
use super::works::known;
use crate::commands::show;
use crate::failure::Failure;
use crate::home::Home;
use crate::material::Subject;

/// The works upstream of something.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lineage {
    /// Those that it names, in that order.
    pub(crate) works: Vec<u64>,
    /// What each of them, and of those upstream of them, gets of its revenue: once, however many ways lead there.
    pub(crate) owed: BTreeMap<u64, BasisPoints>,
}

/// Refuses a version of a work that derives from works which the work itself was not registered with: what a work owes
/// stands for ever, so they would be paid nothing.
pub(crate) async fn require_upstream(
    home: &Home,
    studio: &Studio,
    reads: &Ledgers,
    subject: &Subject,
    work: u64,
) -> Result<(), Failure> {
    let wish = Wish::upstream_of(subject);
    let lineage = wish.lineage(home, Some((studio, reads))).await?;
    let stack = reads.stack(work).await.map_err(refused)?;
    let paid: BTreeMap<u64, BasisPoints> = stack.into_iter().collect();
    let owed = lineage.owed.iter();
    let missing =
        owed.filter(|(other, rate)| **other != work && rate.0 > 0 && !paid.contains_key(*other));
    let missing: Vec<String> = missing
        .map(|(other, rate)| format!("work {other} ({rate})"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "this version derives from {}, which work {work} was not registered with",
        missing.join(", ")
    ))
    .help(
        "what a work owes stands for ever: register this one as a work of its own, under another `name:`, or take \
         the step or the entry of `upstream:` away",
    ))
}

impl Wish {
    /// The works upstream, which have to be there.
    pub(crate) async fn lineage(
        &self,
        home: &Home,
        opened: Option<(&Studio, &Ledgers)>,
    ) -> Result<Lineage, Failure> {
        let mut lineage = Lineage::default();
        for name in &self.names(opened).await? {
            let Some((studio, reads)) = opened else {
                return Err(Failure::new(format!(
                    "there is no work {name}: nothing is registered in this studio yet"
                ))
                .help("register the work upstream first; to build on one of another chain, set `rpc` under [chain]"));
            };
            let work = show::number(home, studio, reads, name).await?;
            let royalty = reads.work(work).await.map_err(refused)?.royalty;
            lineage.owed.insert(work, royalty);
            lineage
                .owed
                .extend(reads.stack(work).await.map_err(refused)?);
            if !lineage.works.contains(&work) {
                lineage.works.push(work);
            }
        }
        lineage.require_payable()?;
        Ok(lineage)
    }

    /// The same as they are called: where there is nothing to look them up in.
    pub(crate) fn upstream_said(&self) -> Vec<String> {
        let mut names = self.upstream.clone();
        names.extend(self.of_steps(&BTreeMap::new()));
        names
    }

    async fn names(&self, opened: Option<(&Studio, &Ledgers)>) -> Result<Vec<String>, Failure> {
        let mut registered = BTreeMap::new();
        if let Some((studio, reads)) = opened {
            for call in &self.calls {
                let Some(known) = known(studio, reads, &call.process).await? else {
                    continue;
                };
                let version = reads.version_of(known.work, call.bundle).await;
                if version.map_err(refused)?.is_some() {
                    registered.insert(call.step.as_str(), known.work);
                }
            }
        }
        let mut names = self.upstream.clone();
        names.extend(self.of_steps(&registered));
        Ok(names)
    }

    /// Works that processes are that are steps, by the numbers of those that are `registered`; of one that is no
    /// work, those that it derives from itself.
    fn of_steps(&self, registered: &BTreeMap<&str, u64>) -> Vec<String> {
        let mut names = Vec::new();
        // What a work is made of is upstream of it already.
        let mut works: Vec<String> = Vec::new();
        for call in &self.calls {
            if works.iter().any(|work| call.step.starts_with(work)) {
                continue;
            }
            let work = match Reference::parse(&call.reference) {
                Ok(Reference::Token(work)) => Some(work),
                _ => registered.get(&*call.step).map(u64::to_string),
            };
            match work {
                Some(work) => {
                    works.push(format!("{}.", call.step));
                    names.push(work);
                }
                None => names.extend(call.upstream.iter().map(|upstream| upstream.work.clone())),
            }
        }
        names
    }
}

impl Lineage {
    fn require_payable(&self) -> Result<(), Failure> {
        let sum = self
            .owed
            .values()
            .map(|rate| u32::from(rate.0))
            .sum::<u32>();
        if sum <= u32::from(STACK_MAX.0) {
            return Ok(());
        }
        let rates = self.owed.iter();
        let rates = rates.map(|(work, rate)| format!("work {work} {rate}"));
        Err(Failure::new(format!(
            "the works upstream ask for {}.{:02}% together ({})",
            sum / 100,
            sum % 100,
            rates.collect::<Vec<_>>().join(", ")
        ))
        .help(format!(
            "they may have {STACK_MAX} at most: derive from fewer of them"
        )))
    }
}
