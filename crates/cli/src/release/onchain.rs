//! What a release writes to the chain: one anchor for all of its runs, and an edition of each piece that
//! the process sells. Only runs of processes that are registered there have it.
//!
//! What is going to be anchored together is kept before it is sent, so that a command that is repeated
//! after a crash sends the same again, which the outbox and the contracts know: nothing is anchored or
//! minted twice.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};
use daedal_chain::operations::{Operator, RunReceipt};
use daedal_chain::proof::{AnchorProof, AnchoredRun};
use daedal_channels::site;
use daedal_core::AssetRef;
use daedal_core::intent::Domain;
use daedal_core::merkle::{self, Tree};
use daedal_core::run::RunId;
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde::{Deserialize, Serialize};

use super::copies::Copies;
use super::minting::{mint, price_of};
use super::{Signing, Subject, kept, mend, site_url};
use crate::chain::{self, Known};
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, remembered};

/// Label of the tree of a run's outputs, as the contract of editions has it.
const OUTPUTS: &str = "daedal/outputs/v1";

/// What of a run is on a chain. Kept once all of it is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OnChain {
    pub(crate) work: Known,
    pub(crate) version: u64,
    pub(crate) anchor: Anchor,
    /// The contract of the editions.
    pub(crate) contract: Address,
    pub(crate) editions: Vec<Minted>,
    /// Where the metadata of the editions begins, as the chain says.
    #[serde(default)]
    pub(crate) base: Option<String>,
}

impl OnChain {
    /// Whether the chain may say otherwise than the site, which is served at `url`.
    fn has_moved(&self, run: RunId, url: Option<&str>) -> bool {
        let due = url.map(|url| site::token_base(Some(url), &run.0));
        !self.editions.is_empty() && due.is_some() && self.base != due
    }
}

/// Where the root of the run's batch stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Anchor {
    pub(crate) contract: Address,
    pub(crate) by: Address,
    pub(crate) root: B256,
    pub(crate) transaction: B256,
    pub(crate) block: u64,
    /// `anchor.json`
    pub(crate) proof: AssetRef,
}

/// The edition of a piece.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Minted {
    /// Place among all pieces of the run.
    pub(crate) index: usize,
    pub(crate) token: U256,
    /// As the process says it, for what is in the shop.
    pub(crate) price: Option<String>,
    /// Whom it was minted for; the contract itself for what is in the shop.
    pub(crate) owner: Address,
}

/// Runs that are anchored together, in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Batch {
    runs: Vec<RunId>,
    leaves: Vec<AnchoredRun>,
}

/// A release as far as it concerns the chain.
pub(super) struct Session {
    operator: Option<Operator>,
    /// Runs that still have to be written to the chain: their work and version.
    due: BTreeMap<RunId, (Known, u64)>,
    done: BTreeMap<RunId, OnChain>,
}

impl Session {
    /// Looks which runs are of registered processes, and reaches the chain if something is due there.
    pub(super) async fn open(
        home: &Home,
        studio: &Studio,
        subjects: &[Subject],
        signing: &Signing<'_>,
        copies: &Copies<'_>,
    ) -> Result<Self, Failure> {
        let mut session = Self::none();
        let mut open = Vec::new();
        for subject in subjects {
            let url = site_url(home, &subject.planned.process)?;
            let process = &subject.spec.process;
            match is_due(studio, subject.run, process, url.as_deref()).await? {
                Due::Never => {}
                Due::Done(known) if !copies.have(studio, &known.anchor.proof) => open.push(subject),
                Due::Done(known) => drop(session.done.insert(subject.run, *known)),
                Due::Open => open.push(subject),
            }
        }
        if open.is_empty() {
            return Ok(session);
        }
        let command = "daedal release";
        let client = chain::reach(home, command).await?;
        let operator = chain::operator(home, studio, client, signing.person()?).await?;
        let reads = operator.reads();
        for subject in open {
            // Before anything is sent: what can't be minted must not be half on the chain.
            price_of(subject)?;
            let process = &subject.spec.process;
            let Some(known) = chain::known(studio, reads, process).await? else {
                continue;
            };
            if let Some(done) = recorded(studio, subject.run, &known).await? {
                session.done.insert(subject.run, done);
                continue;
            }
            let version = reads.version_of(known.work, subject.spec.bundle).await;
            let version = version.map_err(chain::refused)?.ok_or_else(|| {
                Failure::new(format!(
                    "run {} is of files that are no published version of work {}",
                    subject.run.0.short(),
                    known.work
                ))
                .help(format!(
                    "publish them first: {} publish PROCESS; or release the run without the chain: \
                     --no-chain",
                    hint::daedal()
                ))
            })?;
            session.due.insert(subject.run, (known, version));
        }
        session.operator = Some(operator);
        Ok(session)
    }

    /// Nothing of the chain.
    pub(super) fn none() -> Self {
        Self {
            operator: None,
            due: BTreeMap::new(),
            done: BTreeMap::new(),
        }
    }

    /// Chain and registry that the run's credentials name.
    pub(super) fn domain_of(&self, run: RunId) -> Domain {
        self.work_of(run)
            .map_or_else(Domain::default, |known| Domain {
                chain: known.chain,
                registry: known.registry,
            })
    }

    /// The work that the run is of.
    fn work_of(&self, run: RunId) -> Option<&Known> {
        let due = self.due.get(&run).map(|(known, _)| known);
        due.or_else(|| self.done.get(&run).map(|done| &done.work))
    }

    /// Anchors and mints what is due; gives what of each run is on the chain, and how many mints of its
    /// work were told where their metadata is now.
    pub(super) async fn carry_out(
        mut self,
        home: &Home,
        studio: &Studio,
        subjects: &[Subject],
    ) -> Result<(BTreeMap<RunId, OnChain>, BTreeMap<RunId, usize>), Failure> {
        let mut told_anew = BTreeMap::new();
        if let Some(operator) = self.operator.take() {
            for subject in subjects {
                if let Some(known) = self.work_of(subject.run) {
                    let process = &subject.planned.process;
                    let count = mend(home, studio, &operator, process, known).await?;
                    told_anew.insert(subject.run, count);
                }
            }
            self.batch(studio, subjects).await?;
            for subject in subjects {
                if let Some((known, version)) = self.due.get(&subject.run).copied() {
                    let anchor = anchor(home, studio, &operator, subject.run, &known).await?;
                    let url = site_url(home, &subject.planned.process)?;
                    let base = site::token_base(url.as_deref(), &subject.run.0);
                    let editions = mint(&operator, subject, known.work, version, &base).await?;
                    let done = OnChain {
                        work: known,
                        version,
                        anchor,
                        contract: operator.reads().deployment().editions,
                        editions,
                        base: Some(base),
                    };
                    let value = serde_json::to_value(&done).unwrap_or_default();
                    kept::put(studio, "onchain", &key(subject.run, &known), value).await?;
                    self.done.insert(subject.run, done);
                } else if let Some(done) = self.done.get_mut(&subject.run)
                    && !studio.blobs.holds(&done.anchor.proof)
                {
                    // It is on the chain, which is asked for the proof that was lost; nothing is sent.
                    let known = done.work;
                    done.anchor = anchor(home, studio, &operator, subject.run, &known).await?;
                    let value = serde_json::to_value(&*done).unwrap_or_default();
                    kept::put(studio, "onchain", &key(subject.run, &known), value).await?;
                }
            }
        }
        Ok((self.done, told_anew))
    }

    /// Decides what is anchored together, for runs of which that is not decided.
    async fn batch(&self, studio: &Studio, subjects: &[Subject]) -> Result<(), Failure> {
        let mut batch = Batch {
            runs: Vec::new(),
            leaves: Vec::new(),
        };
        let mut keys = Vec::new();
        for subject in subjects {
            let Some((known, version)) = self.due.get(&subject.run) else {
                continue;
            };
            let key = key(subject.run, known);
            if kept::get(studio, "batch", &key).await?.is_some() {
                continue;
            }
            let sequence = format!("release/{}/{}/{}", known.chain, known.registry, known.work);
            let sequence = studio.records.next(&sequence).await;
            let sequence = sequence.map_err(|error| remembered(&error))?;
            let receipt = receipt(subject, known.work, *version, sequence);
            batch.leaves.push(AnchoredRun::from(&receipt));
            batch.runs.push(subject.run);
            keys.push(key);
        }
        if batch.runs.is_empty() {
            return Ok(());
        }
        let value = serde_json::to_value(&batch).unwrap_or_default();
        let documents = keys.into_iter().map(|key| Document {
            kind: "batch".to_owned(),
            key,
            value: value.clone(),
        });
        let put = studio.records.put(documents.collect()).await;
        put.map_err(|error| remembered(&error))
    }
}

/// Whether a run has to be written to a chain.
enum Due {
    Never,
    Open,
    Done(Box<OnChain>),
}

async fn is_due(
    studio: &Studio,
    run: RunId,
    process: &str,
    url: Option<&str>,
) -> Result<Due, Failure> {
    let works = chain::known_anywhere(studio, process).await?;
    match works[..] {
        [] => Ok(Due::Never),
        [work] => Ok(match recorded(studio, run, &work).await? {
            Some(done) if !done.has_moved(run, url) => Due::Done(Box::new(done)),
            _ => Due::Open,
        }),
        // Which of several chains the studio is on, only the chain tells.
        _ => Ok(Due::Open),
    }
}

/// Whether releasing the run takes the account's key.
pub(super) async fn takes_the_key(
    home: &Home,
    studio: &Studio,
    run: RunId,
    process: &str,
) -> Result<bool, Failure> {
    let url = home.settings.site.url.as_deref();
    let due = is_due(studio, run, process, url).await?;
    Ok(matches!(due, Due::Open))
}

pub(super) fn key(run: RunId, known: &Known) -> String {
    format!("{run}/{}/{}", known.chain, known.registry)
}

async fn recorded(studio: &Studio, run: RunId, known: &Known) -> Result<Option<OnChain>, Failure> {
    let found = kept::get(studio, "onchain", &key(run, known)).await?;
    found
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| Failure::because("what is on the chain can't be read", &error))
}

/// The run as its anchor commits to it.
fn receipt(subject: &Subject, work: u64, version: u64, sequence: u64) -> RunReceipt {
    let outputs: Vec<B256> = subject
        .pieces
        .iter()
        .map(|piece| piece.asset.digest.0.into())
        .collect();
    RunReceipt {
        work: U256::from(work),
        version: U256::from(version),
        sequence: U256::from(sequence),
        runRoot: subject.record.root,
        receiptCount: U256::from(subject.record.receipts.len()),
        inputs: subject.record.header.inputs.0.into(),
        outputsRoot: Tree::of(merkle::context(OUTPUTS), &outputs).root(),
        // Nobody bought the run.
        payer: Address::ZERO,
        paymentNonce: B256::ZERO,
    }
}

/// Anchors the batch of a run, unless that has been done, and keeps the proof.
async fn anchor(
    home: &Home,
    studio: &Studio,
    operator: &Operator,
    run: RunId,
    known: &Known,
) -> Result<Anchor, Failure> {
    let damaged = || Failure::bug(format!("run {} has lost its batch", run.0.short()));
    let batch = kept::get(studio, "batch", &key(run, known)).await?;
    let batch: Batch = batch
        .and_then(|batch| serde_json::from_value(batch).ok())
        .ok_or_else(damaged)?;
    let index = batch
        .runs
        .iter()
        .position(|other| *other == run)
        .ok_or_else(damaged)?;
    let first = batch.runs.first().ok_or_else(damaged)?;
    let receipts: Vec<RunReceipt> = batch.leaves.iter().map(AnchoredRun::receipt).collect();
    let url = home.settings.site.url.as_deref().unwrap_or_default();
    let anchored = operator
        .anchor(&format!("anchor:{first}"), &receipts, url)
        .await
        .map_err(chain::refused)?;
    let proof = AnchorProof::of(operator.reads(), &anchored, &receipts[index], index)
        .await
        .map_err(chain::refused)?;
    Ok(Anchor {
        contract: proof.contract,
        by: proof.by,
        root: proof.root,
        transaction: proof.transaction.hash,
        block: proof.block.number,
        proof: kept::write(studio, "application/json", &proof.to_bytes())?,
    })
}
