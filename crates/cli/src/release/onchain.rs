//! What a release writes to the chain: one anchor for all of its runs, and an edition of each piece that
//! the process sells. Only runs of processes that are registered there have it.
//!
//! What is going to be anchored together is kept before it is sent, so that a command that is repeated
//! after a crash sends the same again, which the outbox and the contracts know: nothing is anchored or
//! minted twice.

mod naming;

use std::collections::{BTreeMap, BTreeSet};

use daedal_chain::Client;
use daedal_chain::operations::{Ledgers, Operator};
use daedal_channels::site;
use daedal_core::run::RunId;
use daedal_provenance::manifest::Anchoring;
use daedal_store::Studio;

use super::batches::{self, anchor};
use super::copies::Copies;
use super::minting::{mint, price_of};
use super::written::{Anchor, OnChain};
use super::{Payment, Signing, Subject, deferred, kept, mend, site_url, voted};
use crate::chain::{self, Known};
use crate::failure::Failure;
use crate::hint;
use crate::home::Home;

/// What can be done with a run that can't be written to the chain.
const NO_CHAIN: &str = "or release the run without the chain: --no-chain";

/// Kind of the records of what of runs is on a chain.
pub(crate) const KIND: &str = "onchain";

/// A release as far as it concerns the chain.
pub(super) struct Session {
    operator: Option<Operator>,
    /// Runs that still have to be written to the chain: their work and version.
    due: BTreeMap<RunId, (Known, u64)>,
    done: BTreeMap<RunId, OnChain>,
    /// Runs that are written to the chain later, since it does not answer.
    deferred: BTreeMap<RunId, Known>,
    /// Who anchors those then, as far as that is on record.
    anchoring: BTreeMap<RunId, Anchoring>,
    /// Those of `done` that are on another chain than the studio is at, and stay there.
    elsewhere: BTreeSet<RunId>,
    /// Why the chain was not asked whether what is done is there.
    pub(super) unasked: Option<String>,
}

impl Session {
    /// Looks which runs are of registered processes, and asks the chain about them. What is on record as done has to
    /// be there.
    pub(super) async fn open(
        home: &Home,
        studio: &Studio,
        subjects: &[Subject],
        signing: &Signing<'_>,
        copies: &Copies<'_>,
    ) -> Result<Self, Failure> {
        let mut session = Self::none();
        let (mut open, mut stale) = (Vec::new(), BTreeSet::new());
        for subject in subjects {
            let url = site_url(home, &subject.planned.process)?;
            match is_due(studio, subject.run, &subject.spec.process, url.as_deref()).await? {
                Due::Never => {}
                Due::Open => open.push(subject),
                Due::Done { known, has_moved } => {
                    if has_moved || !copies.have(studio, &known.anchor.proof) {
                        stale.insert(subject.run);
                    }
                    session.done.insert(subject.run, *known);
                }
            }
        }
        if open.is_empty() && session.done.is_empty() {
            return Ok(session);
        }
        let client = match chain::reach_if_there(home, "daedal release").await {
            Ok(Ok(client)) => client,
            Ok(Err(away)) if stale.is_empty() => {
                let due = match deferred::works(home, studio, &open).await? {
                    Some(works) => works,
                    None => return Err(away),
                };
                let why = away.message();
                // Whoever reads only results has to know it, too.
                signing.ui.ask(&deferred::told(&due, &why));
                session.unasked = Some(why);
                session.anchoring =
                    deferred::anchoring(home, studio, &due, signing.actor()?).await?;
                session.deferred = due;
                return Ok(session);
            }
            Err(failure) if open.is_empty() && stale.is_empty() => {
                let why = failure.message();
                signing.ui.ask(&deferred::told(&BTreeMap::new(), &why));
                session.unasked = Some(why);
                return Ok(session);
            }
            Ok(Err(failure)) | Err(failure) => return Err(failure),
        };
        session
            .find_elsewhere(home, studio, &client, signing)
            .await?;
        stale.retain(|run| !session.elsewhere.contains(run));
        if open.is_empty() && session.done.len() == session.elsewhere.len() {
            return Ok(session);
        }
        let mut works = Vec::new();
        for subject in open {
            // Before anything is sent: what can't be minted must not be half on the chain.
            price_of(subject)?;
            let known = chain::known_here(home, studio, &client, &subject.spec.process).await;
            works.push((subject, known.map_err(|failure| failure.or_help(NO_CHAIN))?));
        }
        let reads = chain::ledgers(home, studio, &client).await?;
        session.require_anchors(&reads).await?;
        for (subject, known) in works {
            let version = version_of(&reads, subject, &known).await?;
            // What a release that was stopped has begun is finished, whatever is voted meanwhile.
            let begun = kept::get(studio, batches::KIND, &key(subject.run, &known)).await?;
            // Who orders a run says which dials it has.
            if begun.is_none() && !Payment::is_made(studio, subject.run).await? {
                voted::require(&reads, &known, subject).await?;
            }
            if begun.is_none() {
                require_operator(&reads, &known, subject, signing).await?;
            }
            session.due.insert(subject.run, (known, version));
        }
        for subject in subjects {
            voted::show(studio, &reads, subject, signing.ui).await?;
        }
        if !session.due.is_empty() || !stale.is_empty() {
            let person = signing.person()?;
            let reads = chain::ledgers_if_any(home, studio, &client).await?;
            let operator = chain::operator(home, studio, client, reads, person).await?;
            session.operator = Some(operator);
        }
        Ok(session)
    }

    /// Finds the runs that are anchored on another chain than the studio is at, or for another registry of it, and
    /// tells of them: a run is anchored once.
    async fn find_elsewhere(
        &mut self,
        home: &Home,
        studio: &Studio,
        client: &Client,
        signing: &Signing<'_>,
    ) -> Result<(), Failure> {
        let here = client.chain_id();
        let at = chain::deployment(home, studio, here).await?;
        let registry = at.map(|at| at.registry);
        for (run, done) in &self.done {
            let Known {
                chain,
                registry: of,
                ..
            } = done.work;
            if (chain, Some(of)) == (here, registry) {
                continue;
            }
            let place = match chain::place_of(studio, chain).await {
                Some(place) => format!(" ({place})"),
                None => String::new(),
            };
            signing.ui.note(format!(
                "run {} is anchored on chain {chain}{place} for the registry {of}, and the studio is at \
                 chain {here} ({}) now: it stays anchored there, and nothing is sent",
                run.0.short(),
                client.place()
            ));
            if !studio.blobs.holds(&done.anchor.proof) {
                return Err(Failure::new(format!(
                    "the proof of that anchor is lost, and only chain {chain} can give it again"
                ))
                .help("set `rpc` under [chain] to a node of it, and run the same command again"));
            }
            self.elsewhere.insert(*run);
        }
        Ok(())
    }

    /// Refuses a chain that does not know what is on record as anchored on it.
    async fn require_anchors(&self, reads: &Ledgers) -> Result<(), Failure> {
        let mut asked = BTreeSet::new();
        for (run, done) in &self.done {
            let Anchor {
                by, root, block, ..
            } = done.anchor;
            if self.elsewhere.contains(run) || !asked.insert((by, root)) {
                continue;
            }
            if reads
                .anchored(by, root)
                .await
                .map_err(chain::refused)?
                .is_none()
            {
                return Err(Failure::new(format!(
                    "chain {} ({}) does not know the anchor of run {}, which is on record for block {block}: \
                     its node is not in step, or the chain was put back",
                    reads.client().chain_id(),
                    reads.client().place(),
                    run.0.short()
                ))
                .help(format!("ask another node: `rpc` under [chain]; {NO_CHAIN}")));
            }
        }
        Ok(())
    }

    /// Nothing of the chain.
    pub(super) fn none() -> Self {
        Self {
            operator: None,
            due: BTreeMap::new(),
            done: BTreeMap::new(),
            deferred: BTreeMap::new(),
            anchoring: BTreeMap::new(),
            elsewhere: BTreeSet::new(),
            unasked: None,
        }
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
            let mut mended = Vec::new();
            for subject in subjects {
                if let Some(known) = self.work_of(subject.run)
                    && !self.elsewhere.contains(&subject.run)
                    && !mended.contains(known)
                {
                    let process = &subject.planned.process;
                    let count = mend(home, studio, &operator, process, known).await?;
                    told_anew.insert(subject.run, count);
                    mended.push(*known);
                }
            }
            batches::decide(studio, subjects, &self.due).await?;
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
                    kept::put(studio, KIND, &key(subject.run, &known), value).await?;
                    self.done.insert(subject.run, done);
                } else if let Some(done) = self.done.get_mut(&subject.run)
                    && !studio.blobs.holds(&done.anchor.proof)
                {
                    // It is on the chain, which is asked for the proof that was lost; nothing is sent.
                    let known = done.work;
                    done.anchor = anchor(home, studio, &operator, subject.run, &known).await?;
                    let value = serde_json::to_value(&*done).unwrap_or_default();
                    kept::put(studio, KIND, &key(subject.run, &known), value).await?;
                }
            }
        }
        Ok((self.done, told_anew))
    }
}

/// Refuses an account that does not speak for the work, before it has anchored the run: what others anchor is
/// nobody's word, and can't mint editions.
async fn require_operator(
    reads: &Ledgers,
    known: &Known,
    subject: &Subject,
    signing: &Signing<'_>,
) -> Result<(), Failure> {
    let release = subject.planned.process.release.as_ref();
    let mints = release.is_some_and(|release| release.editions.is_some());
    let (work, actor) = (known.work, signing.actor()?);
    let operates = reads.is_operator(work, actor).await;
    match operates.map_err(chain::refused)? {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "{actor} does not operate work {work}, so it can't {}",
            match mints {
                true => "mint its editions",
                false => "anchor its runs",
            }
        ))
        .help(format!(
            "act as its owner, its controller, or whom they approved: --account NAME; {NO_CHAIN}"
        ))),
    }
}

/// The version of the work that a run is of.
async fn version_of(reads: &Ledgers, subject: &Subject, known: &Known) -> Result<u64, Failure> {
    let version = reads.version_of(known.work, subject.spec.bundle).await;
    version.map_err(chain::refused)?.ok_or_else(|| {
        Failure::new(format!(
            "run {} is of files that are no published version of work {}",
            subject.run.0.short(),
            known.work
        ))
        .help(format!(
            "publish them first: {} publish PROCESS; {NO_CHAIN}",
            hint::daedal()
        ))
    })
}

/// Whether a run has to be written to a chain.
enum Due {
    Never,
    Open,
    /// It was, on this chain or another; and whether the chain may say otherwise than the site.
    Done {
        known: Box<OnChain>,
        has_moved: bool,
    },
}

async fn is_due(
    studio: &Studio,
    run: RunId,
    process: &str,
    url: Option<&str>,
) -> Result<Due, Failure> {
    let works = chain::known_anywhere(studio, process).await?;
    for work in &works {
        if let Some(done) = recorded(studio, run, work).await? {
            return Ok(Due::Done {
                has_moved: done.has_moved(run, url),
                known: Box::new(done),
            });
        }
    }
    Ok(match works.is_empty() {
        true => Due::Never,
        false => Due::Open,
    })
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
    Ok(matches!(
        due,
        Due::Open
            | Due::Done {
                has_moved: true,
                ..
            }
    ))
}

pub(super) fn key(run: RunId, known: &Known) -> String {
    format!("{run}/{}/{}", known.chain, known.registry)
}

pub(super) async fn recorded(
    studio: &Studio,
    run: RunId,
    known: &Known,
) -> Result<Option<OnChain>, Failure> {
    let found = kept::get(studio, KIND, &key(run, known)).await?;
    found
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| Failure::because("what is on the chain can't be read", &error))
}
